//! Settings of keevio that are legal but likely wrong. It knows no other system.
#![forbid(unsafe_code)]

use super::Report;

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
