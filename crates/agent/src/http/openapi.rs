//! The description of the routes in OpenAPI 3.1, as a file of this crate. A test holds it against the routes.
#![forbid(unsafe_code)]

use super::Shared;
use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// The file.
pub const TEXT: &str = include_str!("openapi.json");

/// The route, for every caller.
pub fn routes() -> Router<Shared> {
    Router::new().route("/v1/openapi.json", get(file))
}

async fn file() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], TEXT).into_response()
}
