//! Settings of keevio that are legal but likely wrong. It knows no other system.
#![forbid(unsafe_code)]

use super::Report;
use crate::policy::Domain;
use crate::system::keevio::NewUsers;

pub(super) fn check(report: &mut Report<'_>) {
    let domain = report.domain;
    if !domain.keevio.realm {
        return;
    }
    for ((viewer, owner), subscription) in &domain.keevio.subscriptions {
        let (Some(one), Some(other)) = (domain.user(*viewer), domain.user(*owner)) else {
            continue;
        };
        // Person::realm would allocate for every subscription.
        let (one, other) = (&one.keevio, &other.keevio);
        let shared = match (&one.container, &other.container) {
            (Some(one), Some(other)) => one == other,
            (None, None) => one.company.is_some() && one.company == other.company,
            _ => false,
        };
        if shared {
            let pair = format!("{} and {}", report.name(*viewer), report.name(*owner));
            let state = subscription.state.word();
            report.add(
                "subscription-within-realm",
                subscription.line,
                "subscriptions have no effect, for the two are in one permission realm",
                || pair.clone(),
                || format!("{pair} are in one permission realm, so this {state} subscription has no effect"),
            );
        }
    }
}

/// Its keys of a document, each with whether there are facts.
pub(super) fn facts(domain: &Domain) -> [(&'static str, bool); 4] {
    let (keevio, users) = (&domain.keevio, &domain.users);
    [
        ("presence", keevio.realm || keevio.new_users != NewUsers::default()),
        ("subscription", !keevio.subscriptions.is_empty()),
        ("company", users.iter().any(|user| user.keevio.company.is_some())),
        ("container", users.iter().any(|user| user.keevio.container.is_some())),
    ]
}
