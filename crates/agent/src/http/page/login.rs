//! Login with a token, language, domain, and the end of a session. A person whom a provider, a proxy or the system names needs no token. A token must
//! never stand in an address or an answer.
#![forbid(unsafe_code)]

use super::super::caller::Peer;
use super::super::problem::{Problem, Refusable};
use super::super::{Service, Shared};
use super::frame;
use super::provided;
use super::session::{Proof, random};
use super::shell;
use super::visit::{self, Post, cookie, spoken};
use super::words::Say;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use linewarden_report::Lang;
use maud::html;

/// The cookie that a login form must come back with.
const BEFORE: &str = "linewarden_login";

/// The login form.
pub async fn show(State(service): State<Shared>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let lang = spoken(&parts.headers);
    if let Err(problem) = visit::shared(&parts, &service) {
        return problem.into_response();
    }
    if visit::Visit::from_request_parts(&mut parts, &service).await.is_ok() {
        return Redirect::to("/page/").into_response();
    }
    form(&service, lang, StatusCode::OK, "")
}

fn form(service: &Service, lang: Lang, status: StatusCode, wrong: &str) -> Response {
    let Some(once) = random() else { return Problem::internal("no random numbers").into_response() };
    let content = html! {
        @if !wrong.is_empty() { p.bad role="alert" { (wrong) } }
        @if let Some(provider) = &service.oidc {
            p { a.button.main href="/page/login/oidc" { (Say::LoginBy.with(lang, &[provider.name()])) } }
        }
        form.card method="post" action="/page/login" {
            input type="hidden" name="once" value=(once);
            label for="token" { (Say::Token.of(lang)) }
            input #token name="token" type="password" autocomplete="current-password" required autofocus;
            p.hint { (Say::TokenHint.of(lang)) }
            button.main { (Say::Login.of(lang)) }
        }
    };
    let mut response = frame::alone(lang, status, Say::Login.of(lang), &content);
    let secure = frame::secure(service.config.tls.is_some());
    let cookie = format!("{BEFORE}={once}; Path=/page/login; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Begins a session.
pub async fn begin(State(service): State<Shared>, request: Request) -> Response {
    let lang = spoken(request.headers());
    let secure = service.config.tls.is_some();
    match logged_in(&service, request).await {
        Ok(cookie) => {
            let mut response = Redirect::to("/page/").into_response();
            frame::set_cookie(&mut response, &cookie, secure);
            response
        }
        Err(problem) if problem.status == StatusCode::NOT_FOUND => problem.into_response(),
        Err(problem) => form(&service, lang, problem.status, &problem.detail),
    }
}

async fn logged_in(service: &Shared, request: Request) -> Refusable<String> {
    let (parts, body) = request.into_parts();
    let pages = visit::shared(&parts, service)?;
    let lang = spoken(&parts.headers);
    let before = cookie(&parts.headers, BEFORE).map(str::to_owned);
    let fields = visit::fields(Request::from_parts(parts, body), service).await?;
    if before.is_none_or(|before| before.len() != 64 || fields.get("once") != Ok(before.as_str())) {
        return Err(Problem::forbidden(Say::Again.of(lang)));
    }
    let wrong = || Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", Say::WrongToken.of(lang));
    let mut headers = HeaderMap::new();
    let token = format!("Bearer {}", fields.get("token")?);
    headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&token).map_err(|_| wrong())?);
    let found = service.callers.find(&headers, &Peer::default()).map_err(|_| wrong())?;
    let caller = found.ok_or_else(wrong)?;
    let begun = pages.sessions.begin(caller, Proof::Token, None);
    begun.map(|(cookie, _)| cookie).ok_or_else(|| Problem::internal("no random numbers"))
}

/// Ends the session.
pub async fn end(Post { visit, .. }: Post) -> Response {
    let proof = visit.pages.sessions.end(&visit.cookie);
    let provider = visit.service.oidc.as_ref().filter(|_| proof == Some(Proof::Provider));
    let mut response = match provider {
        Some(provider) => provided::left(visit.lang, provider).await,
        None => Redirect::to("/page/login").into_response(),
    };
    frame::set_cookie(&mut response, "", visit.service.config.tls.is_some());
    response
}

/// Chooses the language.
pub async fn language(Post { visit, form }: Post) -> Response {
    let read = || Ok::<_, Problem>((Lang::of(form.get("lang")?), form.get("back")?.to_owned()));
    match read() {
        Ok((lang, back)) => {
            visit.pages.sessions.change(&visit.cookie, |session| session.lang = lang.or(session.lang));
            // Only to an address of this page that a link may open: never to another site.
            // What no header can hold is none either.
            let is_written = back.bytes().all(|byte| byte.is_ascii_graphic());
            let inside = back.starts_with("/page/") && !back.contains("//") && !back.contains('\\') && is_written;
            let form = ["/page/change/", "/page/history/undo"].iter().any(|path| back.starts_with(path));
            shell::onward(&visit, if inside && !form { &back } else { "/page/" })
        }
        Err(problem) => shell::answer(&visit, "", "", Err(problem)),
    }
}

/// Chooses the domain, of a caller of all domains.
pub async fn domain(Post { visit, form }: Post) -> Response {
    let chosen = form.get("domain").and_then(|domain| {
        let _ = visit.caller.domain(&visit.service.engine, Some(domain))?;
        Ok(domain.to_owned())
    });
    match chosen {
        Ok(domain) => {
            visit.pages.sessions.change(&visit.cookie, |session| session.domain = Some(domain.as_str().into()));
            shell::onward(&visit, "/page/")
        }
        Err(problem) => shell::answer(&visit, "", "", Err(problem)),
    }
}
