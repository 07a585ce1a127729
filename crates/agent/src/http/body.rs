//! JSON of a request and of its answer, and the query of a path, read strictly: type, length, time, a key that stands
//! twice, too deep nesting. What is not understood is an error.
#![forbid(unsafe_code)]

use super::Shared;
use super::problem::Problem;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, Limited};
use serde::Serialize;
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

/// The query of a path, as that type.
#[derive(Clone, Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asked<T>, Problem> {
        let read = Query::try_from_uri(&parts.uri);
        read.map(|Query(asked)| Asked(asked)).map_err(|error| {
            let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
            Problem::not_understood(why)
        })
    }
}

/// An answer in JSON.
#[derive(Clone, Debug)]
pub struct Answer<T>(pub T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let mut response = bytes.into_response();
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            Err(error) => Problem::internal(error.to_string()).into_response(),
        }
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
    // A body that announces too great a length is not read.
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
