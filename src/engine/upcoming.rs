//! What begins and ends next: facts with dates in the order of their next change. For people: it reads the whole policy,
//! and must never be asked on a call.
#![forbid(unsafe_code)]

use super::Engine;
use crate::calendar::{When, clock};
use crate::directory::Directory;
use crate::error::Result;
use crate::id::Party;
use crate::policy::dated::Fact;
use crate::wording::quote;

/// A fact with dates that begins or ends to count.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upcoming {
    /// When, in seconds since 1970.
    pub at: i64,
    /// The same as `2027-01-08T00:00:00+01:00`: in the time zone of the fact's hours, else with the offset that its dates are written with.
    pub local: String,
    /// Whether it begins; else it ends.
    pub begins: bool,
    /// The domain's name.
    pub domain: String,
    /// The fact: `rule `cover for alice``.
    pub what: String,
}

impl Engine {
    /// The next change of every fact with dates after `from`, in seconds since 1970, or after now; the soonest first, at most `limit`.
    /// Facts of systems that the domain does not run are left out.
    ///
    /// # Errors
    /// `File` when the store cannot be read.
    pub fn upcoming(&self, from: Option<i64>, limit: usize) -> Result<Vec<Upcoming>> {
        self.require_snapshot()?;
        let from = from.unwrap_or_else(clock::now);
        let mut found = self.with_snapshot(|snapshot, _| {
            let mut found = Vec::new();
            for domain in &snapshot.policy.domains {
                let mut add = |when: &When, what: &dyn Fn() -> String| {
                    if let Some(at) = when.next_change(from) {
                        found.push(Upcoming {
                            at,
                            local: when.own(at).to_string(),
                            begins: when.in_force(at),
                            domain: domain.name.clone(),
                            what: what(),
                        });
                    }
                };
                if domain.systems.has(crate::system::System::Linewarden) {
                    for rule in &domain.linewarden.rules {
                        add(&rule.when, &|| format!("rule {}", quote(&rule.name)));
                    }
                }
                for dated in domain.dated.iter().filter(|dated| domain.systems.has(dated.fact.system())) {
                    add(&dated.when, &|| words(&dated.fact, &snapshot.names));
                }
            }
            found
        });
        found.sort_by(|one, other| (one.at, &one.domain, &one.what).cmp(&(other.at, &other.domain, &other.what)));
        found.truncate(limit);
        Ok(found)
    }
}

fn words(fact: &Fact, names: &Directory) -> String {
    let name = |party: &Party| names.text(*party);
    match fact {
        Fact::Setting { owner, viewer, label } => {
            format!("relationship of {} to {}: {}", name(viewer), name(owner), label.word())
        }
        Fact::Grant { owner, viewer, administrative: false, .. } => {
            format!("grant by {} to {}", name(owner), name(viewer))
        }
        Fact::Grant { owner, viewer, administrative: true, .. } => {
            format!("grant by the administrator to {} on {}", name(viewer), name(owner))
        }
        Fact::WorkgroupMember { group, member } => format!("{} in workgroup {}", name(member), quote(group)),
        Fact::PermissionMember { permission, member, .. } => {
            format!("{} in permission {}", name(member), quote(permission))
        }
    }
}
