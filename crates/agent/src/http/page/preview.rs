//! Previews, which in a big company take longer than a page may: made on another thread for each form of a session, and shown when ready. A
//! preview must never be shown to another session, nor be of an older revision than that at which it was asked for.
#![forbid(unsafe_code)]

use super::super::problem::{Problem, Refusable};
use super::cache::Found;
use super::form::link;
use super::gains::{parsed, previewed};
use super::previews::Asked;
use super::search::query;
use super::shell::{Again, asked_again, being_made, soon};
use super::visit::Visit;
use super::words::Say;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use linewarden::{Engine, Entry, Right};
use maud::Markup;
use std::time::Duration;

/// The preview of these changes, or a note that it is being made, and how the page is loaded again.
///
/// # Errors
/// As for [`Engine::preview`].
pub fn preview(
    visit: &Visit,
    engine: &Engine,
    text: &str,
    entries: Vec<Entry>,
    (title, note): (&'static str, &'static str),
    right: Option<Right>,
) -> Refusable<(Markup, Again)> {
    let (domain, _) = visit.domain()?;
    let asked =
        Asked { csrf: visit.csrf.clone(), domain, lang: visit.lang.code(), title, text: text.into(), note, right };
    shown(visit, engine, asked, entries, engine.revision())
}

fn shown(visit: &Visit, engine: &Engine, asked: Asked, entries: Vec<Entry>, since: u64) -> Refusable<(Markup, Again)> {
    let (visiting, text, note, right) = (visit.clone(), asked.text.clone(), asked.note, asked.right);
    let make = move || previewed(&visiting, &visiting.service.engine, &text, &entries, note, right);
    let waited = match visit.pages.previews.made.get(&asked, engine.revision(), make)? {
        Found::Now(preview) => return Ok((Markup::clone(&preview), Again::No)),
        // Where changes come all the time there is never one of the last revision. It says which revision it is of, and applying it looks.
        Found::Older(of, preview) if of >= since => return Ok((Markup::clone(&preview), Again::No)),
        Found::Older(..) => Duration::ZERO,
        Found::Soon(waited) => waited,
    };
    let to = link("/page/change/preview", &[("of", &visit.pages.previews.remember(&asked, since))]);
    Ok((being_made(visit.lang, &to, &soon(visit.lang, waited)), Again::At(to)))
}

/// The preview that a page waits for.
pub async fn again(visit: Visit, raw: RawQuery) -> Response {
    let content = visit.heavy(move |visit, engine| {
        let form = query(&raw)?;
        let gone = || Problem::new(StatusCode::NOT_FOUND, "unknown", Say::Again.of(visit.lang));
        let (asked, since) = visit.pages.previews.find(form.get("of")?, &visit.csrf).ok_or_else(gone)?;
        let entries = parsed(visit, engine, &asked.text)?;
        let title = asked.title;
        Ok((title, shown(visit, engine, asked, entries, since)?))
    });
    match content.await {
        Ok((title, content)) => asked_again(&visit, "/page/change", title, Ok(content)),
        Err(problem) => asked_again(&visit, "/page/change", "", Err(problem)),
    }
}
