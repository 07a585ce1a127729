//! The page: what administrators and users see and change in a browser. Plain forms, made on the server; no script. All of it is on the
//! engine's own answers: it must never decide anything, nor show a user what only concerns others.
//!
//! ```text
//! visit     who it is, in which language, about which domain; forms and where they come from
//! session   who is logged in
//! login     by token; language, domain, end
//! provided  login by an OpenID provider
//! frame     the document, the cookie, the page of a refusal
//! shell     navigation, language and domain around every page of a visit
//! words     all phrases, in two languages
//! form      fields, links
//! trails    since when answers hold
//! cache     what takes longer than a page may
//! people    the parties of a domain, to search
//! search    people, whom one may reach and who may reach one
//! pair      a pair: every right, and why
//! gains     what changes would do: who gains, who loses
//! change    forms for changes, preview, apply
//! previews  the cached previews, and what waits for one
//! preview   the page of a preview, and the wait for it
//! history   what was changed, and taking it back
//! pending   inquiries that wait for an answer
//! checks    lint, function codes, the state of the store
//! picture   groups by groups, before and after a change
//! about     what a report is about
//! paper     the report
//! ```
#![forbid(unsafe_code)]

mod about;
mod cache;
mod change;
mod checks;
mod form;
mod forms;
mod frame;
mod gains;
mod history;
mod login;
mod pair;
mod paper;
mod pending;
mod people;
mod picture;
mod preview;
mod previews;
mod provided;
mod search;
mod session;
mod shell;
mod trails;
mod visit;
mod words;

use super::Shared;
use super::oidc::BACK;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};

/// The style sheet.
const STYLE: &str = include_str!("style.css");

/// The routes of the page. Without `[page]` in the configuration each of them is not there.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/page/") }))
        .route("/page", get(|| async { Redirect::to("/page/") }))
        .route("/page/style.css", get(style))
        .route("/page/login", get(login::show).post(login::begin))
        .route("/page/login/oidc", get(provided::begin))
        .route(BACK, get(provided::back))
        .route("/page/logout", post(login::end))
        .route("/page/language", post(login::language))
        .route("/page/domain", post(login::domain))
        .route("/page/", get(search::show))
        .route("/page/person", get(search::person))
        .route("/page/pair", get(pair::show))
        .route("/page/change", get(change::show))
        .route("/page/change/preview", get(preview::again).post(change::preview))
        .route("/page/change/apply", post(change::apply))
        .route("/page/history", get(history::show))
        .route("/page/history/undo", post(history::undo))
        .route("/page/pending", get(pending::show))
        .route("/page/lint", get(checks::lint))
        .route("/page/codes", get(checks::codes))
        .route("/page/status", get(checks::status))
        .route("/page/picture", get(picture::show))
        .route("/page/report", get(paper::show))
        .layer(from_fn(guarded))
        .layer(Extension(visit::Lazy::default()))
}

async fn style() -> Response {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    let kept = (header::CACHE_CONTROL, HeaderValue::from_static("max-age=600"));
    ([kind, kept], STYLE).into_response()
}

/// What a browser may do with the page: run nothing, load nothing from elsewhere, send forms nowhere else, show it in no frame.
async fn guarded(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    response
}
