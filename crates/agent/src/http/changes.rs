//! Changes: making them, and what they would do. Each has an author, whose permissions the library checks; a caller changes as its user, as
//! the user it names, or as the administrator of its domain.
//!
//! A change of another domain than the caller's must never reach the library.
#![forbid(unsafe_code)]

use super::body::{Answer, Json};
use super::caller::{Caller, Peer};
use super::config::Role;
use super::names::{Names, Part};
use super::problem::{Problem, Refusable};
use super::{Service, Shared};
use axum::extract::State;
use axum::routing::post;
use axum::{Extension, Router};
use linewarden::agent::is_same_domain;
use linewarden::{Author, DecisionDiff, Entry, Party};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Shared> {
    Router::new().route("/v1/changes", post(apply)).route("/v1/preview", post(preview))
}

/// Changes that are asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangesAsked {
    domain: Option<String>,
    changes: Lines,
    user: Option<String>,
}

/// Lines of changes, or one text of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Lines {
    Text(String),
    Each(Vec<String>),
}

/// A change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rendered {
    /// Its domain.
    pub domain: String,
    /// Its line.
    pub change: String,
}

/// Changes that were made.
#[derive(Debug, Serialize)]
pub struct Made {
    revision: u64,
    token: String,
    changes: Vec<Rendered>,
}

/// What changes would do.
#[derive(Debug, Serialize)]
pub struct Previewed {
    revision: u64,
    changes: Vec<Rendered>,
    #[serde(flatten)]
    answers: DecisionDiff,
    gained_rights: u64,
    lost_rights: u64,
}

/// Changes as they are answered.
pub fn rendered(entries: &[Entry]) -> Vec<Rendered> {
    let one = |entry: &Entry| Rendered { domain: entry.domain.clone(), change: entry.change.to_string() };
    entries.iter().map(one).collect()
}

/// A defect between the library's versions must not become a change of another domain.
fn only_of(entries: &[Entry], own: &str) -> Refusable<()> {
    match entries.iter().all(|entry| is_same_domain(&entry.domain, own)) {
        true => Ok(()),
        false => Err(Problem::forbidden("this caller may not change another domain")),
    }
}

/// The changes of a request, and their author.
pub fn read(
    service: &Service,
    caller: &Caller,
    (domain, text, user): (Option<&str>, &str, Option<&str>),
) -> Refusable<(Author, Vec<Entry>)> {
    caller.needs(Role::Change)?;
    let names = Names::of(caller, &service.engine)?;
    caller.domain(&service.engine, domain)?;
    let within = names.own_name().or(domain);
    if let Some(own) = names.own_name() {
        // Checked before any name is looked up.
        only_of(&linewarden::parse_changes(text, Some(own))?, own)?;
    }
    let entries = service.engine.entries(within, text)?;
    if let Some(own) = names.own_name() {
        only_of(&entries, own)?;
    }
    if entries.is_empty() {
        return Err(Problem::not_understood("no change, expected one as in `set vip alice yes`"));
    }
    let named = |text: &str| -> Refusable<Party> { names.party(domain, text, Part::Target) };
    let author = match (names.user(), user) {
        (Some(own), Some(text)) if named(text)? != own => {
            return Err(Problem::forbidden("this caller may only change as its own user"));
        }
        (Some(own), _) => Author::User(own),
        (None, Some(text)) => Author::User(named(text)?),
        (None, None) if caller.role >= Role::Administer => Author::Administrator,
        (None, None) => {
            return Err(Problem::not_understood("`user` is missing: as whom this caller makes the change"));
        }
    };
    Ok((author, entries))
}

/// What changes would do in the caller's domain, as `linewarden diff` says it.
///
/// # Errors
/// As for [`linewarden::Engine::preview`].
pub fn difference(
    service: &Service,
    caller: &Caller,
    author: Author,
    entries: &[Entry],
) -> Refusable<(u64, DecisionDiff)> {
    let revision = service.engine.revision();
    let new = service.engine.preview(Some(author), entries)?;
    let mut answers = linewarden::diff(&service.engine, &new);
    if let Some(own) = &caller.domain {
        answers.groups.retain(|group| is_same_domain(&group.domain, own));
        let pairs = |gains| answers.groups.iter().filter(|group| group.gains == gains).map(|group| group.pairs).sum();
        (answers.gained, answers.lost) = (pairs(true), pairs(false));
    }
    Ok((revision, answers))
}

impl ChangesAsked {
    fn text(&self) -> String {
        match &self.changes {
            Lines::Text(text) => text.clone(),
            Lines::Each(lines) => lines.join("\n"),
        }
    }

    fn read(&self, service: &Service, caller: &Caller) -> Refusable<(Author, Vec<Entry>)> {
        read(service, caller, (self.domain.as_deref(), &self.text(), self.user.as_deref()))
    }
}

async fn apply(
    State(service): State<Shared>,
    Extension(peer): Extension<Arc<Peer>>,
    caller: Caller,
    Json(asked): Json<ChangesAsked>,
) -> Refusable<Answer<Made>> {
    let work = move |service: &Service| {
        let (author, entries) = asked.read(service, &caller)?;
        let made = service.engine.apply(author, &entries);
        let made = made.map_err(Problem::from);
        service.audit.requested(service, &caller, peer.uid, made.as_ref().copied());
        let revision = made?;
        let token = service.engine.token(revision)?.to_string();
        Ok(Answer(Made { revision, token, changes: rendered(&entries) }))
    };
    service.heavy(work).await
}

async fn preview(
    State(service): State<Shared>,
    caller: Caller,
    Json(asked): Json<ChangesAsked>,
) -> Refusable<Answer<Previewed>> {
    let work = move |service: &Service| {
        let (author, entries) = asked.read(service, &caller)?;
        let (revision, answers) = difference(service, &caller, author, &entries)?;
        let rights = |gains| {
            let groups = answers.groups.iter().filter(|group| group.gains == gains);
            groups.map(|group| group.pairs * group.rights.len() as u64).sum()
        };
        let (gained_rights, lost_rights) = (rights(true), rights(false));
        Ok(Answer(Previewed { revision, changes: rendered(&entries), answers, gained_rights, lost_rights }))
    };
    service.heavy(work).await
}
