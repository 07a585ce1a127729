//! The actor's level towards the target in each system that has levels or states. It must never decide a right.
#![forbid(unsafe_code)]

use super::Answered;
use crate::id::Kind;
use crate::image::evaluate::check::TraceEvent;
use crate::right::RightSet;
use crate::system::estos::{Grant, Level};
use crate::system::keevio::State;
use crate::system::xphone::Label;
use crate::system::{System, estos};

impl Answered<'_> {
    /// The actor's level in each system of the target's domain that has levels or states. None towards oneself, and none in a system
    /// that has no rights between such parties.
    pub fn levels(&self) -> Vec<(System, String)> {
        let systems = self.domain.systems;
        let target = self.domain.kind(self.question.target);
        let mut levels = Vec::new();
        if self.actor == self.question.target {
            return levels;
        }
        if systems.has(System::Xphone) && target == Some(Kind::User) {
            levels.extend(self.label().map(|label| (System::Xphone, label.word().to_string())));
        }
        if systems.has(System::Estos) && target == Some(Kind::User) {
            levels.push((System::Estos, self.estos_level()));
        }
        if systems.has(System::Keevio) && matches!(target, Some(Kind::User | Kind::Contact)) {
            levels.push((System::Keevio, self.roster_state()));
        }
        levels
    }

    /// XPhone: the label in force.
    pub(super) fn label(&self) -> Option<Label> {
        self.events.iter().find_map(|event| match event {
            TraceEvent::Label(label, _) => Label::from_step(*label),
            _ => None,
        })
    }

    /// estos: the highest level whose rights the actor has, with a note of further single rights.
    fn estos_level(&self) -> String {
        let inside = self.kind == Kind::User;
        let held = self.events.iter().fold(RightSet::EMPTY, |set, event| match event {
            TraceEvent::Global(rights, _) => set | *rights,
            TraceEvent::Group(_, outcome) => set | outcome.graded,
            TraceEvent::PairEntry(graded, _) => set | *graded,
            _ => set,
        });
        let held = estos::complete(held);
        if held.is_empty() {
            let own = self.domain.user(self.question.target).and_then(|owner| owner.estos.grant(self.actor));
            let blocked = own.is_some_and(|own| own.grant == Grant::Level(Level::Blocked));
            return if blocked { Level::Blocked.word().into() } else { "none".into() };
        }
        let rights = |level: &Level| self.domain.estos.tables.rights(*level, inside);
        let level = Level::ALL.iter().rev().find(|level| held.contains(rights(level)) && !rights(level).is_empty());
        match level {
            Some(level) if held == rights(level) => level.word().into(),
            Some(level) => format!("{} and single rights", level.word()),
            None => "single rights".into(),
        }
    }

    /// keevio: the subscription state of the target in the actor's contact list, in XMPP's terms.
    fn roster_state(&self) -> String {
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
