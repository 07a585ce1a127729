//! Whether the service lives, and whether its rights are what they should be. Every caller is answered, so it must never say more than one
//! word.
#![forbid(unsafe_code)]

use super::Shared;
use super::problem::Problem;
use crate::node::LONGEST_AGE;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use linewarden::Following;

/// The routes.
pub fn routes() -> Router<Shared> {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz))
}

async fn healthz() -> &'static str {
    "ok\n"
}

/// Not ready: forked, or the store cannot be read. A node that is cut off answers by what it has, and is ready.
async fn readyz(State(service): State<Shared>) -> Result<&'static str, Problem> {
    let unready = |why: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", why);
    let here = service.light(|service| Ok(service.engine.upstream()?)).await;
    match here.map(|here| here.kind(LONGEST_AGE)) {
        Ok(Following::Forked) => Err(unready("forked")),
        Ok(_) => Ok("ready\n"),
        Err(_) => Err(unready("the store cannot be read")),
    }
}
