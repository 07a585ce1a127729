//! JSON of a request, read strictly: its type, its length, its time, a key that stands twice, too deep nesting. What is not understood is
//! an error.
#![forbid(unsafe_code)]

use super::Shared;
use super::problem::Problem;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The body of a request, of that type.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Shared) -> Result<Json<T>, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            // The AuthZEN profile asks for 400 here, not 415.
            return Err(Problem::not_understood("expected `Content-Type: application/json`"));
        }
        let limits = &service.config.limits;
        let bytes = bytes(request, limits.body, Duration::from_secs(limits.transfer_seconds)).await?;
        serde_json::from_slice(&bytes).map(Json).map_err(|error| Problem::not_understood(error.to_string()))
    }
}

/// The bytes of a body, of a limited length and in limited time.
///
/// # Errors
/// 413, 408, or 400 where the caller ends in the middle.
pub async fn bytes(request: Request, longest: usize, patience: Duration) -> Result<Vec<u8>, Problem> {
    let large = || {
        let detail = format!("the body has more than {longest} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    };
    let body = request.into_body();
    // What says that it is too long is not read.
    if http_body::Body::size_hint(&body).lower() > longest as u64 {
        return Err(large());
    }
    let read = tokio::time::timeout(patience, Limited::new(body, longest).collect()).await;
    match read {
        Ok(Ok(read)) => Ok(read.to_bytes().to_vec()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(large()),
        Ok(Err(_)) => Err(Problem::not_understood("the body is not whole")),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", "the body took too long")),
    }
}
