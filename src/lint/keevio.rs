//! What is legal but likely wrong in keevio's settings.
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
        // Compared in parts: Person::realm would copy a name for every subscription.
        let (one, other) = (&one.keevio, &other.keevio);
        let shared = match (&one.container, &other.container) {
            (Some(one), Some(other)) => one == other,
            (None, None) => one.company.is_some() && one.company == other.company,
            _ => false,
        };
        if shared {
            let message = format!(
                "`{}` and `{}` are in one permission realm, so this {} subscription has no effect",
                report.name(*viewer),
                report.name(*owner),
                subscription.state.word()
            );
            report.add("subscription-within-realm", subscription.line, message);
        }
    }
}
