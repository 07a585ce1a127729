//! The frame of every page of a visit: links to the other pages, language and domain. Text may get into it through the template engine only.
#![forbid(unsafe_code)]

use super::super::problem::Refusable;
use super::cache::Found;
use super::frame::{set_cookie, whole};
use super::visit::Visit;
use super::words::Say;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use linewarden_report::Lang;
use maud::{Markup, html};
use std::sync::Arc;
use std::time::Duration;

/// The linked pages in order: path, name, whether users may see it.
const PARTS: &[(&str, Say, bool)] = &[
    ("/page/", Say::Search, true),
    ("/page/change", Say::Change, true),
    ("/page/pending", Say::Pending, true),
    ("/page/history", Say::History, false),
    ("/page/picture", Say::Picture, false),
    ("/page/report", Say::Report, true),
    ("/page/lint", Say::Lint, false),
    ("/page/codes", Say::Codes, true),
    ("/page/status", Say::Status, false),
];

/// A page of a visit, or the page of its refusal. `path` is that of the link that is marked as current.
pub fn answer(visit: &Visit, path: &str, title: &str, content: Refusable<Markup>) -> Response {
    match content {
        Ok(content) => page(visit, path, title, StatusCode::OK, &content),
        Err(problem) => {
            let said = html! {
                p.bad role="alert" { (visit.lang.quoted(&problem.detail)) }
                p { a href="/page/" { (Say::Back.of(visit.lang)) } }
            };
            page(visit, path, Say::Refused.of(visit.lang), problem.status, &said)
        }
    }
}

/// The same for a page that makes its own title.
pub fn titled(visit: &Visit, path: &str, found: Refusable<(String, Markup)>) -> Response {
    match found {
        Ok((title, content)) => answer(visit, path, &title, Ok(content)),
        Err(problem) => answer(visit, path, "", Err(problem)),
    }
}

/// Whether the browser loads a page again, because it does not show everything yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// No: it shows everything.
    No,
    /// The same page.
    Same,
    /// A page at this address.
    At(String),
}

/// The same for a page that the browser may have to load again, by a `Refresh` header.
pub fn asked_again(visit: &Visit, path: &str, title: &str, found: Refusable<(Markup, Again)>) -> Response {
    let again = found.as_ref().map_or(Again::No, |(_, again)| again.clone());
    let mut response = answer(visit, path, title, found.map(|(content, _)| content));
    let refresh = match again {
        Again::No => return response,
        Again::Same => "1".to_owned(),
        Again::At(to) => format!("1; url={to}"),
    };
    if let Ok(refresh) = HeaderValue::from_str(&refresh) {
        response.headers_mut().insert(header::REFRESH, refresh);
    }
    response
}

/// A note that something is being made, with a link to load the page again.
pub fn being_made(lang: Lang, to: &str, said: &str) -> Markup {
    html! {
        p.hint.waiting role="status" { (said) " " a href=(to) { (Say::LookAgain.of(lang)) } }
    }
}

/// The words of such a note where there is nothing to show yet.
pub fn soon(lang: Lang, since: Duration) -> String {
    Say::BeingMade.with(lang, &[&since.as_secs().to_string()])
}

/// A cache entry as a page shows it: the entry, a note if it is old or missing, and whether the page is loaded again. `to` is the page's
/// address.
pub fn shown<T>(found: Found<T>, lang: Lang, to: &str) -> (Option<Arc<T>>, Markup, Again) {
    let (thing, said) = match found {
        Found::Now(thing) => return (Some(thing), html! {}, Again::No),
        Found::Older(revision, thing) => (Some(thing), Say::Meanwhile.with(lang, &[&revision.to_string()])),
        Found::Soon(since) => (None, soon(lang, since)),
    };
    (thing, being_made(lang, to, &said), Again::Same)
}

/// Redirects to `to` after a form.
pub fn onward(visit: &Visit, to: &str) -> Response {
    with_cookie(visit, Redirect::to(to).into_response())
}

fn page(visit: &Visit, path: &str, title: &str, status: StatusCode, content: &Markup) -> Response {
    let lang = visit.lang;
    let engine = &visit.service.engine;
    let domain = visit.domain().ok();
    let domains = if visit.caller.domain.is_none() { engine.domains() } else { Vec::new() };
    let shown = html! {
        header.top {
            a.skip href="#main" { (Say::Skip.of(lang)) }
            div.brand {
                a href="/page/" { "linewarden" }
                @if let Some((_, name)) = &domain { span.company { (name) } }
            }
            div.who {
                @if domains.len() > 1 {
                    form method="post" action="/page/domain" {
                        (hidden(visit))
                        label for="domain" { (Say::Company.of(lang)) }
                        select #domain name="domain" {
                            @for (_, name) in &domains {
                                option value=(name) selected[domain.as_ref().is_some_and(|(_, now)| now == name)] { (name) }
                            }
                        }
                        button { (Say::Choose.of(lang)) }
                    }
                }
                form method="post" action="/page/language" {
                    (hidden(visit))
                    input type="hidden" name="back" value=(visit.here);
                    @match lang {
                        Lang::En => button name="lang" value="de" lang="de" { "Deutsch" },
                        Lang::De => button name="lang" value="en" lang="en" { "English" },
                    }
                }
                form method="post" action="/page/logout" {
                    (hidden(visit))
                    span.name { (visit.caller.name) }
                    button { (Say::Logout.of(lang)) }
                }
            }
        }
        nav aria-label=(Say::Parts.of(lang)) {
            ul {
                @for (to, name, _) in PARTS.iter().filter(|(.., users)| *users || !visit.is_user()) {
                    li { a href=(to) aria-current=[(*to == path).then_some("page")] { (name.of(lang)) } }
                }
            }
        }
        main #main tabindex="-1" {
            h1 { (title) }
            (content)
        }
        footer {
            (Say::Revision.with(lang, &[&engine.revision().to_string()]))
        }
    };
    with_cookie(visit, (status, whole(lang, title, &shown)).into_response())
}

/// What every form of a session carries.
pub fn hidden(visit: &Visit) -> Markup {
    html! { input type="hidden" name="csrf" value=(visit.csrf); }
}

fn with_cookie(visit: &Visit, mut response: Response) -> Response {
    if visit.is_new {
        set_cookie(&mut response, &visit.cookie, visit.service.config.tls.is_some());
    }
    response
}

/// Links to the parts of a list. `from` is the index of the first row shown, `shown` how many rows are, `count` how many the list has.
pub fn pager(lang: Lang, from: usize, shown: usize, count: usize, to: impl Fn(usize) -> String, each: usize) -> Markup {
    let number = |number: usize| lang.number(number as u64);
    html! {
        @if count > shown {
            div.pager role="group" aria-label=(Say::Pages.of(lang)) {
                @if from > 0 { a rel="prev" href=(to(from.saturating_sub(each))) { (Say::Previous.of(lang)) } }
                span { (Say::Range.with(lang, &[&number(from + 1), &number(from + shown), &number(count)])) }
                @if from + shown < count { a rel="next" href=(to(from + each)) { (Say::Next.of(lang)) } }
            }
        }
    }
}
