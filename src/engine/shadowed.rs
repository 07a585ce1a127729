//! The reasons of refusals for shadow mode, by numbers and by names. They must never read anything but the image, take a lock or
//! allocate.
#![forbid(unsafe_code)]

use super::Engine;
use super::queries::{Decision, Text, Why};
use crate::address::split;
use crate::explain;
use crate::id::{DomainId, Party};
use crate::image::{Image, Query, ReadMode, Resolved};
use crate::right::Right;

/// A question by names, answered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NamedDecision {
    pub decision: Decision,
    /// The domain that the target is or would be of; `None` if the engine has no such domain.
    pub domain: Option<DomainId>,
    /// Actor and target; `None` for a name that is unknown, and for an unlisted contact.
    pub parties: [Option<Party>; 2],
}

/// The same question by names, with the reason.
struct WhyNamed<'t> {
    domain: Option<&'t str>,
    texts: [&'t str; 2],
    right: Right,
}

impl Query for WhyNamed<'_> {
    type Answer = NamedDecision;

    fn run<L: ReadMode>(&mut self, image: &Image<'_, L>) -> NamedDecision {
        let [actor, target] = self.texts.map(|text| Text { domain: self.domain, text }.run(image));
        let numbered = |found: Option<Resolved>| match found {
            Some(Resolved::Party(party)) => Some(party),
            _ => None,
        };
        let domain = match split(self.texts[1]).0.or(self.domain) {
            Some(name) => image.find_domain(name),
            None => image.only_domain(),
        };
        let revision = image.revision();
        let why = actor.zip(target).and_then(|pair| explain::decide(image, pair, self.right, None));
        let decision = Decision::of(why, self.right, revision);
        NamedDecision { decision, domain, parties: [numbered(actor), numbered(target)] }
    }
}

impl Engine {
    /// The answer with its reason, of documents and stores alike without a line.
    pub(crate) fn reason(&self, actor: Party, right: Right, target: Party) -> Decision {
        self.published.query(Why { engine: self, actor, right, target })
    }

    /// The same by names.
    pub(crate) fn reason_named(&self, domain: Option<&str>, texts: [&str; 2], right: Right) -> NamedDecision {
        self.published.query(WhyNamed { domain, texts, right })
    }

    /// Where the engine was opened from, as a path that does not depend on the folder of the process; `None` for memory.
    pub(crate) fn source(&self) -> Option<std::path::PathBuf> {
        let path = match &self.opened_from {
            super::OpenedFrom::Memory => return None,
            super::OpenedFrom::Documents(path) => path.as_path(),
            #[cfg(any(target_os = "linux", windows))]
            super::OpenedFrom::Store(store) => store.path(),
        };
        std::path::absolute(path).ok()
    }
}
