//! What was changed and by whom, what waits for an answer, and where the store is.
//!
//! A change of another domain must never be shown, nor its author.
#![forbid(unsafe_code)]

use super::body::{Answer, Asked};
use super::caller::Caller;
use super::changes::{Rendered, rendered};
use super::config::Role;
use super::front::AtLeast;
use super::names::{Names, Part};
use super::problem::{Problem, Refusable};
use super::{Service, Shared};
use crate::node::LONGEST_AGE;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use linewarden::agent::{is_same_domain, split};
use linewarden::{ChangeSet, Filter};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How many change sets are read at once.
const AT_ONCE: usize = 1000;

/// The routes.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/history", get(history))
        .route("/v1/pending", get(pending))
        .route("/v1/status", get(status))
        .route("/v1/wait", get(wait))
}

/// Which change sets, latest first.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryAsked {
    /// Only revisions above this one.
    pub since: Option<u64>,
    /// Only revisions below this one: where the last answer went on.
    pub below: Option<u64>,
    /// Only those of this user, or of `administrator`.
    pub by: Option<String>,
    /// Only those with this in a line.
    pub r#match: Option<String>,
    /// At most so many.
    pub limit: Option<usize>,
}

/// A change set, as far as the caller sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Set {
    /// Its revision.
    pub revision: u64,
    /// When, as `2026-12-24T18:00:00Z`.
    pub at: String,
    /// Its author: empty for the administrator.
    pub by: String,
    /// Its changes in the caller's domain.
    pub changes: Vec<Rendered>,
    /// Its hash.
    pub hash: String,
}

/// Change sets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct History {
    /// Latest first.
    pub sets: Vec<Set>,
    /// Where the next part begins: `below` of the next request. Without it there is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below: Option<u64>,
}

/// The history as a caller sees it.
///
/// # Errors
/// 403 and 500 as for [`Names::of`], and what the log's reading returns.
pub fn read(service: &Service, caller: &Caller, asked: &HistoryAsked) -> Refusable<History> {
    let names = Names::of(caller, &service.engine)?;
    let most = asked.limit.unwrap_or(service.config.limits.page).min(service.config.limits.page);
    let mut below = asked.below;
    let mut sets = Vec::new();
    loop {
        let above = asked.since.unwrap_or(0);
        let filter = Filter { above, below, limit: AT_ONCE, ..Filter::default() };
        let read = service.engine.history(&filter)?;
        let Some(last) = read.last().map(|set| set.revision) else { return Ok(History { sets, below: None }) };
        for set in &read {
            if sets.len() == most {
                return Ok(History { sets, below: Some(set.revision + 1) });
            }
            sets.extend(seen(&names, asked, set)?);
        }
        below = Some(last);
    }
}

/// A change set as the caller sees it; `None` where it sees nothing of it.
fn seen(names: &Names<'_>, asked: &HistoryAsked, set: &ChangeSet) -> Refusable<Option<Set>> {
    let mut entries = linewarden::parse_changes(&set.text, None)?;
    let (domain, login) = split(&set.author);
    let mut by = set.author.clone();
    if let Some(own) = names.own_name() {
        entries.retain(|entry| is_same_domain(&entry.domain, own));
        by = if domain.is_some_and(|domain| is_same_domain(domain, own)) { login.to_owned() } else { String::new() };
    }
    let is_own = || names.user().is_none_or(|user| !by.is_empty() && names.text(user) == by);
    let is_by = |wanted: &String| *wanted == by || (by.is_empty() && wanted == "administrator");
    if entries.is_empty() || !is_own() || !asked.by.as_ref().is_none_or(is_by) {
        return Ok(None);
    }
    let changes = rendered(&entries);
    if let Some(text) = &asked.r#match
        && !changes.iter().any(|change| change.change.contains(text))
    {
        return Ok(None);
    }
    let hash = set.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let at = linewarden::instant_text(set.at.div_euclid(1000));
    Ok(Some(Set { revision: set.revision, at, by, changes, hash }))
}

async fn history(
    State(service): State<Shared>,
    caller: Caller,
    Asked(asked): Asked<HistoryAsked>,
) -> Refusable<Answer<History>> {
    caller.needs(Role::Reasons)?;
    service.heavy(move |service| read(service, &caller, &asked).map(Answer)).await
}

/// Whose inquiries.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingAsked {
    domain: Option<String>,
    owner: String,
}

/// The parties that wait for an answer.
#[derive(Debug, Serialize)]
pub struct Pending {
    owner: String,
    pending: Vec<String>,
    revision: u64,
}

async fn pending(
    State(service): State<Shared>,
    caller: Caller,
    Asked(asked): Asked<PendingAsked>,
) -> Refusable<Answer<Pending>> {
    caller.needs(Role::Reasons)?;
    let work = move |service: &Service| {
        let names = Names::of(&caller, &service.engine)?;
        let owner = names.party(asked.domain.as_deref(), &asked.owner, Part::Target)?;
        if !names.concerns(&[owner]) {
            return Err(Problem::forbidden("this caller may only ask about its own user"));
        }
        let revision = service.engine.revision();
        let pending = service.engine.pending(owner).into_iter().map(|party| names.text(party)).collect();
        Ok(Answer(Pending { owner: names.text(owner), pending, revision }))
    };
    service.heavy(work).await
}

/// Where the store is.
#[derive(Debug, Serialize)]
pub struct Status {
    state: &'static str,
    revision: u64,
    epoch: u64,
    hash: String,
    lag: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_ms: Option<u128>,
    token: String,
}

/// Where the store is.
///
/// # Errors
/// `File` when it cannot be read.
pub fn state(service: &Service) -> Refusable<Status> {
    let here = service.engine.upstream()?;
    Ok(Status {
        state: here.kind(LONGEST_AGE).word(),
        revision: here.revision,
        epoch: here.epoch,
        hash: here.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
        lag: here.lag,
        age_ms: here.age.map(|age| age.as_millis()),
        token: here.token().to_string(),
    })
}

async fn status(State(service): State<Shared>, _caller: Caller) -> Refusable<Answer<Status>> {
    service.light(|service| state(service).map(Answer)).await
}

/// What to wait for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaitAsked {
    at_least: String,
    seconds: Option<u64>,
}

async fn wait(
    State(service): State<Shared>,
    _caller: Caller,
    Asked(asked): Asked<WaitAsked>,
) -> Refusable<Answer<Status>> {
    let at_least: AtLeast = asked.at_least.parse()?;
    let most = service.config.limits.wait_seconds;
    let seconds = asked.seconds.unwrap_or(most).min(most);
    match at_least.waited_for(&service, Duration::from_secs(seconds)).await? {
        true => service.light(|service| state(service).map(Answer)).await,
        false => {
            let detail = format!("`{}` is not in force here after {seconds} s", asked.at_least);
            Err(Problem::new(StatusCode::PRECONDITION_FAILED, "too_old", detail))
        }
    }
}
