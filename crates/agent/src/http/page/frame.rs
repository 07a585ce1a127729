//! The HTML document of every page, the cookie of a session, and the page of a refusal. Text may get into it through the template engine only.
#![forbid(unsafe_code)]

use super::super::problem::Problem;
use super::words::Say;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use linewarden_report::{Lang, document};
use maud::{Markup, html};

/// The cookie of a session.
pub const COOKIE: &str = "linewarden";

/// The whole document.
pub fn whole(lang: Lang, title: &str, shown: &Markup) -> Html<String> {
    let head = html! {
        meta name="color-scheme" content="light dark";
        link rel="stylesheet" href="/page/style.css";
    };
    Html(document(lang, &format!("{title} – linewarden"), &head, shown).into_string())
}

/// A page without a visit: the login.
pub fn alone(lang: Lang, status: StatusCode, title: &str, content: &Markup) -> Response {
    let shown = html! {
        header.top { div.brand { a href="/page/" { "linewarden" } } }
        main #main.narrow { h1 { (title) } (content) }
    };
    (status, whole(lang, title, &shown)).into_response()
}

/// The page of a refusal without a visit.
pub fn refused(lang: Lang, problem: &Problem) -> Response {
    let content = html! {
        p.bad role="alert" { (lang.quoted(&problem.detail)) }
        p { a href="/page/login" { (Say::Login.of(lang)) } }
    };
    alone(lang, problem.status, Say::Refused.of(lang), &content)
}

/// Gives the browser the cookie of a session; an empty one takes it away.
pub fn set_cookie(response: &mut Response, cookie: &str, secure: bool) {
    let end = if cookie.is_empty() { "; Max-Age=0" } else { "" };
    let text = format!("{COOKIE}={cookie}; Path=/page; HttpOnly; SameSite=Strict{}{end}", self::secure(secure));
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The word of a cookie that goes over TLS only, where the service has it.
pub fn secure(secure: bool) -> &'static str {
    if secure { "; Secure" } else { "" }
}
