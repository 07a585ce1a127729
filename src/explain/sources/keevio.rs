//! The sources of keevio: the permission realm and subscriptions. It must never decide a right.
#![forbid(unsafe_code)]

use super::{LazySource, Visitor};
use crate::explain::{Answered, Reason};
use crate::id::{Line, Party};
use crate::right::RightSet;
use crate::system::keevio::State;
use crate::system::{System, keevio};
use std::ops::ControlFlow;

impl Answered<'_> {
    pub(super) fn keevio(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        let keevio = &self.domain.keevio;
        let target = self.question.target;
        let mut show = |reason, line: Line, rights: RightSet, words: &dyn Fn() -> (String, String)| {
            visitor(LazySource { system: Some(System::Keevio), reason, line, rights, words, awaits: false })
        };
        if keevio.realm {
            let realm = |party: Party| self.domain.user(party).and_then(|user| user.keevio.realm());
            let (mine, theirs) = (realm(self.actor), realm(target));
            let same = mine.is_some() && mine == theirs;
            let level = if same { "the same for both" } else { "not shared" };
            let rights = if same { keevio::realm_rights() } else { RightSet::EMPTY };
            show(Reason::Realm, Line::default(), rights, &|| ("permission realm".into(), level.into()))?;
        }
        let entry = |viewer, owner| keevio.subscriptions.get(&(viewer, owner));
        let (own, other) = (entry(self.actor, target), entry(target, self.actor));
        let line = own.or(other).map_or(Line::default(), |entry| entry.line);
        show(Reason::Subscription, line, keevio.rights(self.actor, target), &|| {
            let word = |entry: Option<&keevio::Subscription>| entry.map_or("none", |entry| entry.state.word());
            let level = format!("{}, the target's to the actor {}", word(own), word(other));
            ("subscription to the target".into(), level)
        })
    }

    /// keevio: the subscription state of the target in the actor's contact list, in XMPP's terms.
    pub(in crate::explain) fn roster_state(&self) -> String {
        let keevio = &self.domain.keevio;
        let realm = |party| self.domain.user(party).and_then(|user| user.keevio.realm());
        if keevio.realm && realm(self.actor).is_some() && realm(self.actor) == realm(self.question.target) {
            return "both (same permission realm)".into();
        }
        let own = keevio.state(self.actor, self.question.target);
        let other = keevio.state(self.question.target, self.actor);
        match (own, other) {
            (None, None) => "none",
            (Some(State::Pending), None) => "none + pending out",
            (None, Some(State::Pending)) => "none + pending in",
            (Some(State::Pending), Some(State::Pending)) => "none + pending out/in",
            (Some(State::Granted), None) => "to",
            (Some(State::Granted), Some(State::Pending)) => "to + pending in",
            (None, Some(State::Granted)) => "from",
            (Some(State::Pending), Some(State::Granted)) => "from + pending out",
            (Some(State::Granted), Some(State::Granted)) => "both",
        }
        .into()
    }
}
