//! The Authorization API 1.0 of OpenID's AuthZEN: evaluation, evaluations, search, and the document that says where they are. Subjects and
//! resources are parties, of the types `user`, `team`, `location`, `device` and `contact`; actions are rights.
//!
//! What the specification leaves open is decided towards no: an unknown party is a no, an unknown action is not understood.
#![forbid(unsafe_code)]

mod discovery;
mod evaluation;
mod model;
mod search;

use super::Shared;
use axum::Router;
use axum::routing::{get, post};

/// The paths, which the discovery document names.
pub const EVALUATION: &str = "/access/v1/evaluation";
const EVALUATIONS: &str = "/access/v1/evaluations";
const SUBJECT: &str = "/access/v1/search/subject";
const RESOURCE: &str = "/access/v1/search/resource";
const ACTION: &str = "/access/v1/search/action";

/// The routes.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route(EVALUATION, post(evaluation::evaluation))
        .route(EVALUATIONS, post(evaluation::evaluations))
        .route(SUBJECT, post(search::subject))
        .route(RESOURCE, post(search::resource))
        .route(ACTION, post(search::action))
        .route("/.well-known/authzen-configuration", get(discovery::document))
}
