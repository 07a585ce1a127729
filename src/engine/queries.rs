//! The queries of the call path. They must never read anything but the image, the clock and the addresses of unlisted contacts, take a
//! lock or allocate.
#![forbid(unsafe_code)]

use super::Engine;
use crate::address::split;
use crate::directory::UnlistedContacts;
use crate::explain::{self, Decided, Reason};
use crate::id::{DomainId, Party};
use crate::image::evaluate::check::Clocked;
use crate::image::{Image, One, Query, ReadMode, Resolved};
use crate::right::{Right, RightSet};
use crate::system::xphone::TransferRole;

/// A yes or no with its reason; all zero is a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct Decision {
    /// The answer.
    pub allowed: bool,
    /// The reason.
    pub reason: Reason,
    /// The revision of the answer.
    pub revision: u64,
    /// The line of the deciding entry in the document of the target's domain; 0 if no single entry decided, and over a store, which
    /// has no documents.
    pub line: u32,
}

impl Decision {
    /// What was decided of that right; a refusal where the question cannot be decided.
    pub(super) fn of(decided: Option<Decided>, right: Right, revision: u64) -> Decision {
        match decided {
            Some(Decided { rights, reason, .. }) => Decision { allowed: rights.has(right), reason, revision, line: 0 },
            None => Decision { revision, ..Decision::default() },
        }
    }
}

/// All rights of a pair.
pub(super) struct Pair<'e> {
    pub engine: &'e Engine,
    pub actor: Party,
    pub target: Party,
    pub role: Option<TransferRole>,
}

impl Query for Pair<'_> {
    type Answer = RightSet;

    #[inline(always)]
    fn run<L: ReadMode>(&mut self, image: &Image<'_, L>) -> RightSet {
        self.engine.ask(image, self.actor, self.target, self.role)
    }
}

/// The same where it is found at once. Such an answer may be cached: of listed parties, and by no rule that rests on the clock.
pub(super) struct Quick {
    pub actor: Party,
    pub target: Party,
}

impl Query for Quick {
    type Answer = Option<RightSet>;

    #[inline(always)]
    fn run<L: ReadMode>(&mut self, image: &Image<'_, L>) -> Option<RightSet> {
        image.quick_rights(self.actor, self.target)
    }
}

/// All rights of a pair, and whether the answer may be cached: not while a patch is being applied, not where it rests on the clock, and not for an
/// unlisted contact, whose number may later stand for a listed one.
pub(super) struct Cacheable<'e>(pub Pair<'e>);

impl Query for Cacheable<'_> {
    type Answer = (RightSet, bool);

    #[inline(always)]
    fn run<L: ReadMode>(&mut self, image: &Image<'_, L>) -> (RightSet, bool) {
        let lasting = !UnlistedContacts::is_unlisted(self.0.actor) && !UnlistedContacts::is_unlisted(self.0.target);
        if !lasting {
            return (self.0.run(image), false);
        }
        let mut clocked = Clocked::default();
        let rights = image.evaluate(self.0.actor, self.0.target, self.0.role, &mut clocked);
        (rights, !clocked.0 && image.is_clean())
    }
}

/// Whether the actor may, and why.
pub(super) struct Why<'e> {
    pub engine: &'e Engine,
    pub actor: Party,
    pub right: Right,
    pub target: Party,
}

impl Query for Why<'_> {
    type Answer = Decision;

    fn run<L: ReadMode>(&mut self, image: &Image<'_, L>) -> Decision {
        let of = |party| image.resolve(&self.engine.unlisted, party);
        let revision = image.revision();
        let why = explain::decide(image, (of(self.actor), of(self.target)), self.right, None);
        Decision::of(why, self.right, revision)
    }
}

/// One right of one party and many others; the answer is how many have it.
pub(super) struct Panel<'e, 'o> {
    pub engine: &'e Engine,
    pub one: One,
    pub others: &'o [Party],
    pub right: Right,
    pub out: &'o mut [bool],
}

impl Query for Panel<'_, '_> {
    type Answer = usize;

    #[inline(always)]
    fn run<L: ReadMode>(&mut self, image: &Image<'_, L>) -> usize {
        let (One::Actor(party) | One::Target(party)) = self.one;
        let (mut answers, mut allowed) = (self.out.iter_mut(), 0);
        let mut answer = |rights: RightSet| {
            let answer = rights.has(self.right);
            allowed += usize::from(answer);
            answers.next().into_iter().for_each(|held| *held = answer);
        };
        if UnlistedContacts::is_unlisted(party) || self.others.iter().copied().any(UnlistedContacts::is_unlisted) {
            for other in self.others {
                let (actor, target) = match self.one {
                    One::Actor(actor) => (actor, *other),
                    One::Target(target) => (*other, target),
                };
                answer(self.engine.ask_of_unlisted(*image, actor, target, None));
            }
        } else {
            // Each of the two is compiled for itself.
            match self.one {
                One::Actor(actor) => image.rights_of_many(One::Actor(actor), self.others, answer),
                One::Target(target) => image.rights_of_many(One::Target(target), self.others, answer),
            }
        }
        allowed
    }
}

/// The party of a text: `domain/name`, or a name in `domain`, or in the only domain.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    pub domain: Option<&'t str>,
    pub text: &'t str,
}

impl Query for Text<'_> {
    type Answer = Option<Resolved>;

    #[inline]
    fn run<L: ReadMode>(&mut self, image: &Image<'_, L>) -> Option<Resolved> {
        find(image, self.text, default_domain(image, self.domain))
    }
}

/// The domain of that name, or the only one.
#[inline]
fn default_domain<L: ReadMode>(image: &Image<'_, L>, name: Option<&str>) -> Option<DomainId> {
    match name {
        Some(name) => image.find_domain(name),
        None => image.only_domain(),
    }
}

/// The party of a text, which may name its own domain.
#[inline]
fn find<L: ReadMode>(image: &Image<'_, L>, text: &str, default_domain: Option<DomainId>) -> Option<Resolved> {
    match split(text) {
        // A second slash would look in the index of logins.
        (Some(_), text) if text.starts_with('/') => None,
        (Some(name), text) => image.find(image.find_domain(name)?, text),
        (None, text) => image.find(default_domain?, text),
    }
}

/// All rights of a pair given by two texts; none if one of the names is unknown.
pub(super) struct Texts<'t> {
    pub domain: Option<&'t str>,
    pub actor: &'t str,
    pub target: &'t str,
}

impl Query for Texts<'_> {
    type Answer = RightSet;

    #[inline]
    fn run<L: ReadMode>(&mut self, image: &Image<'_, L>) -> RightSet {
        // The domain is looked up once for both.
        let domain = default_domain(image, self.domain);
        let find = |text| find(image, text, domain);
        let (Some(actor), Some(target)) = (find(self.actor), find(self.target)) else { return RightSet::EMPTY };
        let at_once = match (actor, target) {
            (Resolved::Party(actor), Resolved::Party(target)) => image.quick_rights(actor, target),
            _ => None,
        };
        at_once.unwrap_or_else(|| image.between(actor, target, None, &mut ()))
    }
}
