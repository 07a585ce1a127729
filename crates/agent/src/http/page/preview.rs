//! Previews, which in a big company take longer than a page may: worked out beside, by form of a session, and shown when they are there. A
//! preview must never be shown to another session, nor be of an older revision than that at which it was asked for.
#![forbid(unsafe_code)]

use super::super::caller::digest;
use super::super::metrics::Metrics;
use super::super::problem::{Problem, Refusable};
use super::change::{parsed, previewed};
use super::form::link;
use super::kept::{Found, Kept};
use super::search::query;
use super::shell::{Again, asked_again, being_made, soon};
use super::visit::Visit;
use super::words::Say;
use crate::random::hex;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use linewarden::{DomainId, Engine, Entry};
use maud::Markup;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Previews that are kept.
const MOST: usize = 32;

/// What is previewed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Asked {
    /// The session, by what its forms carry.
    csrf: Arc<str>,
    domain: DomainId,
    lang: &'static str,
    text: Arc<str>,
    /// What is said above it.
    note: &'static str,
}

/// All previews.
#[derive(Debug)]
pub struct Previews {
    kept: Arc<Kept<Asked, Markup>>,
    /// What the pages that wait ask for again, by its name, with the revision at which it was asked for first.
    waiting: Mutex<VecDeque<(String, Asked, u64)>>,
}

impl Previews {
    /// None yet.
    pub fn new(metrics: &Metrics) -> Previews {
        Previews { kept: Arc::new(Kept::new(MOST, &metrics.previews)), waiting: Mutex::default() }
    }

    fn remember(&self, asked: &Asked, since: u64) -> String {
        let name = hex(&digest(format!("{}\n{}\n{}", asked.csrf, asked.text, asked.note).as_bytes()).0);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(known, ..)| *known != name);
        waiting.push_back((name.clone(), asked.clone(), since));
        if waiting.len() > MOST {
            waiting.pop_front();
        }
        name
    }

    fn find(&self, name: &str, csrf: &str) -> Option<(Asked, u64)> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.iter().find(|(known, asked, _)| known == name && *asked.csrf == *csrf);
        found.map(|(_, asked, since)| (asked.clone(), *since))
    }
}

/// The preview of these changes, or that it is being worked out, and how the page is asked for again.
///
/// # Errors
/// As for [`Engine::preview`].
pub fn preview(
    visit: &Visit,
    engine: &Engine,
    text: &str,
    entries: Vec<Entry>,
    note: &'static str,
) -> Refusable<(Markup, Again)> {
    let (domain, _) = visit.domain()?;
    let asked = Asked { csrf: visit.csrf.clone(), domain, lang: visit.lang.code(), text: text.into(), note };
    shown(visit, engine, asked, entries, engine.revision())
}

fn shown(visit: &Visit, engine: &Engine, asked: Asked, entries: Vec<Entry>, since: u64) -> Refusable<(Markup, Again)> {
    let (visiting, text, note) = (visit.clone(), asked.text.clone(), asked.note);
    let make = move || previewed(&visiting, &visiting.service.engine, &text, &entries, note);
    let waited = match visit.pages.previews.kept.get(&asked, engine.revision(), make)? {
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
        shown(visit, engine, asked, entries, since)
    });
    let content = content.await;
    asked_again(&visit, "/page/change", Say::PreviewTitle.of(visit.lang), content)
}
