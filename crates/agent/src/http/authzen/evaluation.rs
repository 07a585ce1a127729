//! Decisions: one, or many of one request. Each is that of the engine; what is not understood is never a yes.
#![forbid(unsafe_code)]

use super::model::{Boxcar, Semantic, Tuple, merged, needed, right};
use crate::http::body::{Answer, Json};
use crate::http::caller::Caller;
use crate::http::config::Role;
use crate::http::names::{Names, Part};
use crate::http::problem::{Problem, Refusable};
use crate::http::{Service, Shared};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use linewarden::{Decision, Party, Reason, Right};
use serde::Serialize;

/// A decision as it is answered.
#[derive(Debug, Serialize)]
pub struct Decided {
    decision: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context>,
}

/// What is said beside a decision.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Context {
    /// To callers that see reasons.
    Reason { reason: Reason, revision: u64 },
    /// The question was not understood, within a request that was.
    Error { error: Fault },
}

#[derive(Debug, Serialize)]
struct Fault {
    status: u16,
    message: String,
}

/// Answers to many questions.
#[derive(Serialize)]
pub struct DecidedAll {
    evaluations: Vec<Decided>,
}

/// A question of numbers; a party that the caller does not have is none.
struct Asked {
    actor: Party,
    right: Right,
    target: Party,
}

fn asked(names: &Names<'_>, tuple: &Tuple) -> Refusable<Asked> {
    let actor = needed(tuple.subject.as_ref(), "subject")?.party(names, Part::Actor)?;
    let target = needed(tuple.resource.as_ref(), "resource")?.party(names, Part::Target)?;
    let right = right(tuple.action.as_ref())?;
    let (actor, target) = (actor.unwrap_or(Party::NONE), target.unwrap_or(Party::NONE));
    if !names.concerns(&[actor, target]) {
        return Err(Problem::forbidden("this caller may only ask about its own user"));
    }
    Ok(Asked { actor, right, target })
}

/// Decides one question.
fn decide(service: &Service, caller: &Caller, names: &Names<'_>, tuple: &Tuple) -> Refusable<Decided> {
    let Asked { actor, right, target } = asked(names, tuple)?;
    let decision = service.engine.decide(actor, right, target);
    service.decided(caller, (actor, right, target), &decision);
    let Decision { allowed, reason, revision, .. } = decision;
    let context = (caller.role >= Role::Reasons).then_some(Context::Reason { reason, revision });
    Ok(Decided { decision: allowed, context })
}

/// One question.
pub async fn evaluation(
    State(service): State<Shared>,
    caller: Caller,
    Json(tuple): Json<Tuple>,
) -> Refusable<Answer<Decided>> {
    let names = Names::of(&caller, &service.engine)?;
    decide(&service, &caller, &names, &tuple).map(Answer)
}

/// Many questions.
pub async fn evaluations(
    State(service): State<Shared>,
    caller: Caller,
    Json(mut boxcar): Json<Boxcar>,
) -> Refusable<Response> {
    let names = Names::of(&caller, &service.engine)?;
    let semantic = boxcar.options.unwrap_or_default().evaluations_semantic;
    let common = boxcar.common();
    let questions = boxcar.evaluations.unwrap_or_default();
    if questions.is_empty() {
        return decide(&service, &caller, &names, &common).map(|decided| Answer(decided).into_response());
    }
    let most = service.config.limits.batch;
    if questions.len() > most {
        return Err(Problem::not_understood(format!("{} questions in one request, at most {most}", questions.len())));
    }
    let mut evaluations = Vec::with_capacity(questions.len());
    for (index, own) in questions.into_iter().enumerate() {
        let tuple = Tuple {
            subject: merged(own.subject, common.subject.as_ref()),
            action: own.action.or_else(|| common.action.clone()),
            resource: merged(own.resource, common.resource.as_ref()),
            ..Tuple::default()
        };
        let decided = decide(&service, &caller, &names, &tuple).unwrap_or_else(|problem| {
            let error = Fault { status: problem.status.as_u16(), message: problem.detail };
            Decided { decision: false, context: Some(Context::Error { error }) }
        });
        let last = match semantic {
            Semantic::ExecuteAll => false,
            Semantic::DenyOnFirstDeny => !decided.decision,
            Semantic::PermitOnFirstPermit => decided.decision,
        };
        evaluations.push(decided);
        if last {
            break;
        }
        // Other requests of this thread have their turn.
        if index % 256 == 255 {
            tokio::task::yield_now().await;
        }
    }
    Ok(Answer(DecidedAll { evaluations }).into_response())
}
