//! The policy at one instant, for the naive evaluators: dates are resolved here and nowhere behind.
#![forbid(unsafe_code)]

use linewarden::internals::policy::Policy;
use linewarden::internals::policy::dated::{Dated, Fact};
use linewarden::internals::system::estos::OwnGrant;
use linewarden::internals::system::xphone::Setting;

/// The policy as it is at its instant: facts with dates that count then are facts like all others, and the rest is gone.
pub fn in_force(policy: &Policy) -> Policy {
    let at = policy.at.unwrap_or_else(now);
    let mut policy = Policy { at: Some(at), ..policy.clone() };
    for domain in &mut policy.domains {
        for Dated { fact, when, line } in std::mem::take(&mut domain.dated) {
            if !when.in_force(at) {
                continue;
            }
            match fact {
                Fact::Setting { owner, viewer, label } => {
                    let settings = &mut domain.user_mut(owner).unwrap().xphone.settings;
                    settings.push(Setting { viewer, label, line });
                    settings.sort_by_key(|setting| setting.viewer);
                }
                Fact::Grant { owner, viewer, grant, administrative } => {
                    let estos = &mut domain.user_mut(owner).unwrap().estos;
                    let grants = if administrative { &mut estos.administrative } else { &mut estos.grants };
                    grants.push(OwnGrant { viewer, grant, line });
                    grants.sort_by_key(|grant| grant.viewer);
                }
                Fact::WorkgroupMember { group, member } => {
                    domain.xphone.workgroups.iter_mut().find(|known| known.name == group).unwrap().members.push(member);
                }
                Fact::PermissionMember { permission, kind, member } => {
                    let permissions = &mut domain.pascom.permissions;
                    let permission = permissions.iter_mut().find(|known| known.name == permission).unwrap();
                    permission.manual_mut(kind).unwrap().push(member);
                }
            }
        }
    }
    policy
}

/// The instant of a question that names none.
pub(super) fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}
