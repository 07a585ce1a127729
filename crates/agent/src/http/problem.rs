//! Problem documents (RFC 9457): how a request is refused. The answer to a question is never one.
//!
//! A detail must never say anything about a domain that is not the caller's.
#![forbid(unsafe_code)]

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use linewarden::{Error, ErrorKind, Right};
use serde::Serialize;

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The status of the answer.
    pub status: StatusCode,
    /// A word that programs may rely on.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

/// The right of that name.
///
/// # Errors
/// 400 with the nearest name.
pub fn right(name: &str) -> Refusable<Right> {
    name.parse().map_err(|error: Error| Problem::not_understood(error.message()))
}

/// What a handler returns.
pub type Refusable<T> = Result<T, Problem>;

#[derive(Serialize)]
struct Written<'a> {
    r#type: &'static str,
    title: &'a str,
    status: u16,
    code: &'static str,
    detail: &'a str,
}

impl Problem {
    /// A problem of that status.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem { status, code, detail: detail.into() }
    }

    /// The request is not understood.
    pub fn not_understood(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "not_understood", detail)
    }

    /// The caller may not.
    pub fn forbidden(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// It is a fault of the service.
    pub fn internal(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        let (status, code) = match error.kind() {
            ErrorKind::Unknown | ErrorKind::Unassigned => (StatusCode::NOT_FOUND, "unknown"),
            ErrorKind::Ambiguous => (StatusCode::BAD_REQUEST, "ambiguous"),
            ErrorKind::Argument | ErrorKind::Document | ErrorKind::Code => (StatusCode::BAD_REQUEST, "not_understood"),
            ErrorKind::Refused => (StatusCode::FORBIDDEN, "refused"),
            ErrorKind::Limit => (StatusCode::SERVICE_UNAVAILABLE, "limit"),
            ErrorKind::CutOff => (StatusCode::SERVICE_UNAVAILABLE, "cut_off"),
            ErrorKind::Forked => (StatusCode::CONFLICT, "forked"),
            ErrorKind::Follows => (StatusCode::CONFLICT, "follows"),
            ErrorKind::Unsettled => (StatusCode::GATEWAY_TIMEOUT, "unsettled"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        Problem::new(status, code, error.message())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or_default();
        let (code, detail) = (self.code, self.detail.as_str());
        let written = Written { r#type: "about:blank", title, status: self.status.as_u16(), code, detail };
        let text = serde_json::to_string(&written).unwrap_or_default();
        let mut response = (self.status, text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
