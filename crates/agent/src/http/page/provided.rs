//! Login by an OpenID provider: to it, and back from it. The code that the browser comes back with must never begin a session in another browser.
#![forbid(unsafe_code)]

use super::super::Shared;
use super::super::oidc::begun::LONGEST;
use super::super::oidc::{Provider, Returned};
use super::super::problem::{Problem, Refusable};
use super::form::Form;
use super::frame;
use super::session::Proof;
use super::visit::{self, cookie, spoken};
use super::words::Say;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use linewarden_report::Lang;
use maud::html;

/// The cookie of a login that has begun.
const BEGUN: &str = "linewarden_oidc";

/// Sends the browser to the provider.
pub async fn begin(State(service): State<Shared>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let begun = async {
        let _ = visit::shared(&parts, &service)?;
        let provider = provider(&service)?;
        let (cookie, secrets) = provider.begun.begin().ok_or_else(|| Problem::internal("no random numbers"))?;
        Ok((cookie, provider.begin(&secrets).await?))
    };
    match begun.await {
        Ok((cookie, to)) => {
            let mut response = Redirect::to(&to).into_response();
            set_begun(&mut response, &cookie, service.config.tls.is_some());
            response
        }
        Err(problem) => refused(&parts, &problem),
    }
}

/// Begins the session of the person that the provider names.
pub async fn back(State(service): State<Shared>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let secure = service.config.tls.is_some();
    let mut response = match returned(&service, &parts).await {
        Ok(session) => {
            let lang = spoken(&parts.headers);
            // The way here began at another site, so the browser would not send the new cookie along a redirect: this page leads on.
            let content = html! { p { a.button.main href="/page/" { (Say::Onward.of(lang)) } } };
            let mut response = frame::alone(lang, StatusCode::OK, Say::LoggedIn.of(lang), &content);
            response.headers_mut().insert(header::REFRESH, HeaderValue::from_static("0; url=/page/"));
            frame::set_cookie(&mut response, &session, secure);
            response
        }
        Err(problem) => refused(&parts, &problem),
    };
    set_begun(&mut response, "", secure);
    response
}

async fn returned(service: &Shared, parts: &Parts) -> Refusable<String> {
    let pages = visit::shared(parts, service)?;
    let provider = provider(service)?;
    let fields = Form::parse(parts.uri.query().unwrap_or_default().as_bytes())?;
    match fields.get("error")? {
        "" => {}
        error => {
            let detail = format!("the login service refuses this login: {error}");
            return Err(Problem::new(StatusCode::FORBIDDEN, "login", detail));
        }
    }
    let returned = Returned {
        code: fields.get("code")?,
        state: fields.get("state")?,
        issuer: fields.get("iss")?,
        cookie: cookie(&parts.headers, BEGUN).unwrap_or_default(),
    };
    let caller = provider.finish(&service.engine, returned).await?;
    let begun = pages.sessions.begin(caller, Proof::Provider, None);
    begun.map(|(cookie, _)| cookie).ok_or_else(|| Problem::internal("no random numbers"))
}

/// The page after the end of such a session: at the provider it goes on.
pub async fn left(lang: Lang, provider: &Provider) -> Response {
    let content = html! {
        p { (Say::LoggedOutHint.with(lang, &[provider.name()])) }
        p.links {
            @if let Some(to) = provider.end().await { a.button.main href=(to) { (Say::LogoutAt.with(lang, &[provider.name()])) } }
            a.button href="/page/login" { (Say::Login.of(lang)) }
        }
    };
    frame::alone(lang, StatusCode::OK, Say::LoggedOut.of(lang), &content)
}

fn provider(service: &Shared) -> Refusable<&Provider> {
    service
        .oidc
        .as_ref()
        .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "no_route", "there is nothing at this path"))
}

fn refused(parts: &Parts, problem: &Problem) -> Response {
    match problem.status {
        StatusCode::NOT_FOUND => problem.clone().into_response(),
        _ => frame::refused(spoken(&parts.headers), problem),
    }
}

/// Gives the browser the cookie of a login; an empty one takes it away. The provider's site leads back here, so it is not a strict one.
fn set_begun(response: &mut Response, cookie: &str, secure: bool) {
    let age = if cookie.is_empty() { 0 } else { LONGEST.as_secs() };
    let secure = frame::secure(secure);
    let text = format!("{BEGUN}={cookie}; Path=/page/login/oidc; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
