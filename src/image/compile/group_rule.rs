//! A group rule as the image keeps it: members on two sides of a key, what the key gives, and when.
#![forbid(unsafe_code)]

use crate::calendar::When;
use crate::id::Party;
use crate::rule::condition::Condition;
use crate::rule::{Origin, Outcome};
use std::borrow::Cow;

/// A group rule: a key that counts for some as actors and for some as targets. A permission may have several rules of one key.
pub(crate) struct Rule<'a> {
    pub key: u32,
    pub actors: Cow<'a, [Party]>,
    pub targets: Cow<'a, [Party]>,
    pub outcome: Outcome,
    pub origin: Origin,
    pub condition: Condition,
    /// When it counts: where all of these do.
    pub when: [Option<&'a When>; 2],
}

impl<'a> Rule<'a> {
    /// A rule of these members, without a condition.
    pub(super) fn of(
        key: u32,
        actors: &'a [Party],
        targets: &'a [Party],
        outcome: Outcome,
        origin: Origin,
    ) -> Rule<'a> {
        Rule {
            key,
            actors: actors.into(),
            targets: targets.into(),
            outcome,
            origin,
            condition: Condition::NONE,
            when: [None; 2],
        }
    }
}
