//! Candidates in keevio: the two subscriptions of the pair. It knows no other system.
#![forbid(unsafe_code)]

use super::super::Answered;
use super::{Candidates, Reach, one};
use crate::id::{Kind, Line};
use crate::policy::change::Change;
use crate::system::keevio::State;

pub(super) fn subscriptions(answered: &Answered<'_>, candidates: &mut Candidates) {
    let (actor, target) = (answered.actor, answered.question.target);
    let kinds = (answered.kind, answered.domain.kind(target));
    let people = matches!(kinds, (Kind::User, Some(Kind::User | Kind::Contact)) | (Kind::Contact, Some(Kind::User)));
    if !people || actor == target {
        return;
    }
    let keevio = &answered.domain.keevio;
    let line = keevio.subscriptions.get(&(actor, target)).map_or(Line::default(), |entry| entry.line);
    let back_line = keevio.subscriptions.get(&(target, actor)).map_or(Line::default(), |entry| entry.line);
    let mut add = |viewer: String, owner: String, state: State, line| {
        let words = format!("subscription of {viewer} to {owner}: {}", state.word());
        candidates.add(Reach::Pair, words, line, one(Change::SetSubscription { viewer, owner, state }));
    };
    let (viewer, owner) = (answered.actor_name(), answered.target_name());
    for state in [State::Pending, State::Granted] {
        add(viewer.clone(), owner.clone(), state, line);
    }
    add(owner, viewer, State::Granted, back_line);
}
