//! A party as the naive evaluators see it.
#![forbid(unsafe_code)]

use linewarden::internals::directory::Named;
use linewarden::internals::policy::{Domain, User};
use linewarden::{Kind, Party};

/// A party as one domain sees it. A contact that the domain's document does not name has no number there.
pub(super) struct Someone {
    pub kind: Kind,
    pub party: Option<Party>,
    pub host: String,
}

impl Someone {
    pub fn new(party: Option<Party>, named: &Named) -> Someone {
        Someone { kind: named.kind, party, host: host(&named.name) }
    }
}

pub(super) fn host(address: &str) -> String {
    address.rsplit('@').next().unwrap_or("").to_string()
}

pub(super) fn user<'a>(domain: &'a Domain, who: &Someone) -> Option<&'a User> {
    if who.kind != Kind::User {
        return None;
    }
    domain.users.iter().find(|user| Some(user.party) == who.party)
}

pub(super) fn is_oneself(viewer: &Someone, owner: &Someone) -> bool {
    viewer.kind == Kind::User && owner.kind == Kind::User && viewer.party == owner.party
}
