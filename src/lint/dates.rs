//! Facts with dates that do not count any more, or never do, in every system. It must never report a fact that counts now or will.
#![forbid(unsafe_code)]

use super::Report;
use crate::calendar::When;
use crate::id::Line;
use crate::policy::dated::Fact;
use crate::wording::quote;

/// Reports the facts that are over at an instant.
pub(super) fn check(report: &mut Report<'_>, at: i64) {
    let domain = report.domain;
    for rule in &domain.linewarden.rules {
        over(report, "rules", || format!("rule {}", quote(&rule.name)), &rule.when, rule.line, at);
    }
    for dated in &domain.dated {
        let name = |party| report.name(party);
        let (many, one) = match &dated.fact {
            Fact::Setting { owner, viewer, .. } => ("relationships", format!("{} for {}", name(*owner), name(*viewer))),
            Fact::Grant { owner, viewer, .. } => ("grants", format!("{} to {}", name(*owner), name(*viewer))),
            Fact::WorkgroupMember { group, member } => {
                ("members of workgroups", format!("{} in {}", name(*member), quote(group)))
            }
            Fact::PermissionMember { permission, member, .. } => {
                ("members of permissions", format!("{} in {}", name(*member), quote(permission)))
            }
        };
        let what =
            || format!("{} {one}", many.strip_suffix('s').filter(|_| !many.starts_with("members")).unwrap_or("member"));
        over(report, many, what, &dated.when, dated.line, at);
    }
}

fn over(report: &mut Report<'_>, many: &str, what: impl Fn() -> String, when: &When, line: Line, at: i64) {
    if !when.is_over(at) {
        return;
    }
    match when.until().filter(|until| *until <= at) {
        Some(until) => {
            let end = when.moment(until, at);
            report.add("ended", line, format!("{many} have ended"), &what, || format!("{} ended {end}", what()));
        }
        None => {
            let sentence = || format!("{} counts at no time: its hours do not occur", what());
            report.add("never", line, format!("{many} count at no time: their hours do not occur"), &what, sentence);
        }
    }
}
