//! Searches: who may, on whom, and what. They are the engine's `who`, `whom` and rights, of one type of parties and in pages.
//!
//! A page must never be of another revision than the one before it.
#![forbid(unsafe_code)]

use super::model::{Page, Search, kind, needed, right};
use crate::http::body::{Answer, Json};
use crate::http::caller::{Caller, digest};
use crate::http::names::{Names, Part};
use crate::http::problem::{Problem, Refusable};
use crate::http::{Service, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use linewarden::{Kind, Party, Right};
use serde::Serialize;

/// The results.
#[derive(Serialize)]
pub struct Found<T> {
    results: Vec<T>,
    page: Next,
}

/// Where they go on.
#[derive(Serialize)]
struct Next {
    next_token: String,
    count: usize,
    total: usize,
}

/// A party that was found.
#[derive(Serialize)]
pub struct FoundParty {
    r#type: &'static str,
    id: String,
}

/// A right that was found.
#[derive(Serialize)]
pub struct FoundRight {
    name: &'static str,
}

/// The part of the results that a request asks for. A token names the revision, the index and the search that it is of.
fn page<T>(service: &Service, asked: &Search, revision: u64, results: Vec<T>) -> Refusable<Found<T>> {
    let Page { token, limit } = asked.page.clone().unwrap_or_default();
    let most = service.config.limits.page;
    let hash = digest(format!("{:?}", asked.tuple).as_bytes()).0;
    let search: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let wrong = || Problem::not_understood("the page's token is not of this search");
    let from = match token.as_deref().filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => {
            let mut parts = token.split('.');
            let (of, from, same) = (parts.next(), parts.next(), parts.next() == Some(&search));
            let number = |text: Option<&str>| text.and_then(|text| text.parse::<u64>().ok()).ok_or_else(wrong);
            let (of, from) = (number(of)?, number(from)?);
            if !same {
                return Err(wrong());
            }
            if of != revision {
                let detail = "other rights are in force since the first page: begin anew";
                return Err(Problem::new(StatusCode::CONFLICT, "changed", detail));
            }
            usize::try_from(from).map_err(|_| wrong())?
        }
    };
    let total = results.len();
    let results: Vec<T> = results.into_iter().skip(from).take(limit.unwrap_or(most).min(most)).collect();
    let (count, end) = (results.len(), from.saturating_add(results.len()));
    let next_token = if end < total { format!("{revision}.{end}.{search}") } else { String::new() };
    Ok(Found { results, page: Next { next_token, count, total } })
}

/// Looks until it has seen one revision from beginning to end.
fn of_one_revision<T>(service: &Service, look: impl Fn() -> T) -> Refusable<(u64, T)> {
    for _ in 0..100 {
        let revision = service.engine.revision();
        let found = look();
        if service.engine.revision() == revision {
            return Ok((revision, found));
        }
    }
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "changes come all the time"))
}

/// Those of the parties that are of a type, as the caller writes them.
fn of_type(names: &Names<'_>, of: Option<Kind>, parties: Vec<Party>, service: &Service) -> Vec<FoundParty> {
    let found = |party: Party| {
        let (domain, kind) = service.engine.kind(party)?;
        let kind = if names.own().is_some_and(|own| own != domain) { Kind::Contact } else { kind };
        if Some(kind) != of {
            return None;
        }
        let text = names.text(party);
        let id = text.strip_prefix(kind.prefix()).unwrap_or(&text).to_owned();
        Some(FoundParty { r#type: kind.word(), id })
    };
    parties.into_iter().filter_map(found).collect()
}

/// Those on the other side of the entity that has that part.
async fn others(service: Shared, caller: Caller, asked: Search, part: Part) -> Refusable<Answer<Found<FoundParty>>> {
    let work = move |service: &Service| {
        let names = Names::of(&caller, &service.engine)?;
        let subject = (asked.tuple.subject.as_ref(), "subject");
        let resource = (asked.tuple.resource.as_ref(), "resource");
        let (wanted, given) = match part {
            Part::Target => (subject, resource),
            Part::Actor => (resource, subject),
        };
        // Of the entity that is searched only the type counts.
        let of = kind(needed(wanted.0, wanted.1)?.needs_type(wanted.1)?);
        let right = right(asked.tuple.action.as_ref())?;
        let given = needed(given.0, given.1)?;
        let (revision, found) = of_one_revision(service, || -> Refusable<_> {
            let Some(given) = given.party(&names, part)? else { return Ok(Vec::new()) };
            Ok(of_type(&names, of, names.others(right, given, part), service))
        })?;
        page(service, &asked, revision, found?)
    };
    service.heavy(work).await.map(Answer)
}

/// Who may.
pub async fn subject(
    State(service): State<Shared>,
    caller: Caller,
    Json(asked): Json<Search>,
) -> Refusable<Answer<Found<FoundParty>>> {
    others(service, caller, asked, Part::Target).await
}

/// On whom.
pub async fn resource(
    State(service): State<Shared>,
    caller: Caller,
    Json(asked): Json<Search>,
) -> Refusable<Answer<Found<FoundParty>>> {
    others(service, caller, asked, Part::Actor).await
}

/// What.
pub async fn action(
    State(service): State<Shared>,
    caller: Caller,
    Json(asked): Json<Search>,
) -> Refusable<Answer<Found<FoundRight>>> {
    let names = Names::of(&caller, &service.engine)?;
    let subject = needed(asked.tuple.subject.as_ref(), "subject")?;
    let resource = needed(asked.tuple.resource.as_ref(), "resource")?;
    let (revision, found) = of_one_revision(&service, || {
        let actor = subject.party(&names, Part::Actor)?;
        let target = resource.party(&names, Part::Target)?;
        let (Some(actor), Some(target)) = (actor, target) else { return Ok(Vec::new()) };
        if !names.concerns(&[actor, target]) {
            return Err(Problem::forbidden("this caller may only ask about its own user"));
        }
        let rights = service.engine.rights(actor, target);
        let held = Right::names().filter(|name| Right::parse(name).is_some_and(|right| rights.has(right)));
        Ok(held.map(|name| FoundRight { name }).collect())
    })?;
    page(&service, &asked, revision, found?).map(Answer)
}
