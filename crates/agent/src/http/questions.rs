//! Questions beside AuthZEN's: why, all rights of a pair, who, on whom, as the command answers them. A party that is not the caller's must
//! never be named.
#![forbid(unsafe_code)]

use super::body::{Answer, Asked};
use super::caller::Caller;
use super::config::Role;
use super::names::{Names, Part};
use super::problem::{self, Problem, Refusable};
use super::{Service, Shared};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use linewarden::{Certainty, Explanation, Party, Reason, Source, TransferRole};
use serde::{Deserialize, Serialize};

/// The routes.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1/explain", get(explain))
        .route("/v1/rights", get(rights))
        .route("/v1/who", get(who))
        .route("/v1/whom", get(whom))
}

/// A question about a pair.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairAsked {
    domain: Option<String>,
    actor: String,
    right: String,
    target: String,
    in_transfer: Option<InTransfer>,
}

/// The actor's part in a transfer between the two.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum InTransfer {
    Consulted,
    Transferring,
}

/// An explanation, as `linewarden explain --json` has it, with the lines of each suggested change.
#[derive(Debug, Serialize)]
pub struct Explained {
    allowed: bool,
    domain: String,
    actor: String,
    right: String,
    target: String,
    reason: Reason,
    why: String,
    certainty: Certainty,
    rests_on: String,
    sources: Vec<Source>,
    changes: Vec<Suggested>,
    no_change: String,
    revision: u64,
}

/// A change that would turn a no into a yes.
#[derive(Debug, Serialize)]
struct Suggested {
    change: String,
    place: String,
    lines: Vec<String>,
}

impl From<Explanation> for Explained {
    fn from(answer: Explanation) -> Explained {
        let changes = answer.changes.into_iter().map(|suggestion| Suggested {
            lines: suggestion.edit.iter().map(ToString::to_string).collect(),
            change: suggestion.change,
            place: suggestion.place,
        });
        Explained {
            changes: changes.collect(),
            allowed: answer.allowed,
            domain: answer.domain,
            actor: answer.actor,
            right: answer.right,
            target: answer.target,
            reason: answer.reason,
            why: answer.summary,
            certainty: answer.certainty,
            rests_on: answer.rests_on,
            sources: answer.sources,
            no_change: answer.no_change,
            revision: answer.revision,
        }
    }
}

fn pair(names: &Names<'_>, domain: Option<&str>, actor: &str, target: &str) -> Refusable<(Party, Party)> {
    let (actor, target) = (names.party(domain, actor, Part::Actor)?, names.party(domain, target, Part::Target)?);
    match names.concerns(&[actor, target]) {
        true => Ok((actor, target)),
        false => Err(Problem::forbidden("this caller may only ask about its own user")),
    }
}

async fn explain(
    State(service): State<Shared>,
    caller: Caller,
    Asked(asked): Asked<PairAsked>,
) -> Refusable<Answer<Explained>> {
    caller.needs(Role::Reasons)?;
    let work = move |service: &Service| {
        let names = Names::of(&caller, &service.engine)?;
        let (actor, target) = pair(&names, asked.domain.as_deref(), &asked.actor, &asked.target)?;
        let right = problem::right(&asked.right)?;
        let role = asked.in_transfer.map(|part| match part {
            InTransfer::Consulted => TransferRole::Consulted,
            InTransfer::Transferring => TransferRole::Transferring,
        });
        let answer = service.engine.explain(actor, right, target, role);
        let allowed = match role {
            Some(role) => service.engine.may_in_call(actor, right, target, role),
            None => service.engine.may(actor, right, target),
        };
        if answer.allowed != allowed && answer.revision == service.engine.revision() {
            return Err(Problem::internal("a defect of the service: the check and its explanation differ"));
        }
        Ok(Answer(Explained::from(answer)))
    };
    service.heavy(work).await
}

/// A question about all rights of a pair.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RightsAsked {
    domain: Option<String>,
    actor: String,
    target: String,
}

/// All rights of a pair.
#[derive(Debug, Serialize)]
pub struct Held {
    actor: String,
    target: String,
    rights: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inferred: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<Vec<Level>>,
    revision: u64,
}

/// The level of a system.
#[derive(Debug, Serialize)]
struct Level {
    system: &'static str,
    level: String,
}

async fn rights(
    State(service): State<Shared>,
    caller: Caller,
    Asked(asked): Asked<RightsAsked>,
) -> Refusable<Answer<Held>> {
    let work = move |service: &Service| {
        let names = Names::of(&caller, &service.engine)?;
        let (actor, target) = pair(&names, asked.domain.as_deref(), &asked.actor, &asked.target)?;
        let revision = service.engine.revision();
        let (held, inferred, levels) = match caller.role >= Role::Reasons {
            false => (service.engine.rights(actor, target), None, None),
            true => {
                let pair = service.engine.pair(actor, target);
                let levels = pair.levels.into_iter().map(|(system, level)| Level { system: system.name(), level });
                (pair.rights, Some(pair.inferred.names()), Some(levels.collect()))
            }
        };
        let rights = held.names();
        Ok(Answer(Held { actor: names.text(actor), target: names.text(target), rights, inferred, levels, revision }))
    };
    service.heavy(work).await
}

/// A question who may.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhoAsked {
    domain: Option<String>,
    right: String,
    target: String,
    from: Option<usize>,
    limit: Option<usize>,
}

/// A question on whom.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhomAsked {
    domain: Option<String>,
    actor: String,
    right: String,
    from: Option<usize>,
    limit: Option<usize>,
}

/// The parties that were found, in order.
#[derive(Debug, Serialize)]
pub struct Parties {
    parties: Vec<String>,
    total: usize,
    revision: u64,
}

/// One side of a question, and which part of the answer.
struct Given {
    domain: Option<String>,
    right: String,
    party: String,
    from: Option<usize>,
    limit: Option<usize>,
}

/// Those on the other side of the party that is given, which has that part.
async fn others(service: Shared, caller: Caller, given: Given, part: Part) -> Refusable<Answer<Parties>> {
    let work = move |service: &Service| {
        let names = Names::of(&caller, &service.engine)?;
        let party = names.party(given.domain.as_deref(), &given.party, part)?;
        let (right, revision) = (problem::right(&given.right)?, service.engine.revision());
        let found = names.others(right, party, part);
        let most = service.config.limits.page;
        let shown = found.iter().skip(given.from.unwrap_or(0)).take(given.limit.unwrap_or(most).min(most));
        let parties = shown.map(|party| names.text(*party)).collect();
        Ok(Answer(Parties { parties, total: found.len(), revision }))
    };
    service.heavy(work).await
}

async fn who(
    State(service): State<Shared>,
    caller: Caller,
    Asked(asked): Asked<WhoAsked>,
) -> Refusable<Answer<Parties>> {
    let WhoAsked { domain, right, target: party, from, limit } = asked;
    others(service, caller, Given { domain, right, party, from, limit }, Part::Target).await
}

async fn whom(
    State(service): State<Shared>,
    caller: Caller,
    Asked(asked): Asked<WhomAsked>,
) -> Refusable<Answer<Parties>> {
    let WhomAsked { domain, actor: party, right, from, limit } = asked;
    others(service, caller, Given { domain, right, party, from, limit }, Part::Actor).await
}
