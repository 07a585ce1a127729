//! Groups and rules of linewarden's own system that are legal but likely wrong. It knows no other system.
#![forbid(unsafe_code)]

use super::Report;
use crate::policy::Domain;
use crate::system::linewarden::{CALL_TO, Everyone, Linewarden, Rule};
use crate::wording::quote;
use std::collections::HashSet;

pub(super) fn check(report: &mut Report<'_>) {
    words_as_logins(report);
    let own = &report.domain.linewarden;
    for rule in &own.rules {
        beyond_forwarding(report, rule);
        let lacks = match (rule.actors.is_empty(), rule.targets.is_empty()) {
            (true, true) => "actors and targets",
            (true, false) => "actors",
            (false, true) => "targets",
            (false, false) => {
                let only_oneself = !rule.targets.names_any() && rule.targets.words.iter().count() == 1;
                let oneself = rule.targets.words.has(Everyone::Oneself);
                // Classes of numbers are given towards oneself, all other rights towards others (L8).
                let none = match oneself {
                    true if only_oneself => (rule.rights & CALL_TO).is_empty(),
                    true => false,
                    false => rule.rights.without(CALL_TO).is_empty(),
                };
                if none {
                    report.add(
                        "rule-without-effect",
                        rule.line,
                        "rules have only rights that nothing has towards their targets",
                        || quote(&rule.name),
                        || format!("rule `{}` has only rights that nothing has towards its targets", rule.name),
                    );
                }
                continue;
            }
        };
        report.add(
            "rule-without-parties",
            rule.line,
            format!("rules have no {lacks}, so they give nothing"),
            || quote(&rule.name),
            || format!("rule `{}` has no {lacks}, so it gives nothing", rule.name),
        );
    }
    let rules = own.rules.iter().flat_map(|rule| rule.lists().map(|(_, list)| list));
    let lists = rules.chain(own.groups.iter().map(|group| &group.members));
    let used: HashSet<&str> = lists.flat_map(|list| &list.groups).map(String::as_str).collect();
    for group in &own.groups {
        if group.members.is_empty() {
            report.small_group("group", &group.name, 0, group.line);
        }
        if !used.contains(group.name.as_str()) {
            report.add(
                "unused-group",
                group.line,
                "groups are named by no rule and no group",
                || quote(&group.name),
                || format!("group `{}` is named by no rule and no group", group.name),
            );
        }
    }
}

/// Users who have the name of a word for many: in a rule it means the many.
fn words_as_logins(report: &mut Report<'_>) {
    let domain = report.domain;
    for user in &domain.users {
        let Some(word) = report.directory.named(user.party).and_then(|named| Everyone::parse(&named.name)) else {
            continue;
        };
        let word = word.word();
        report.add(
            "word-as-login",
            user.line,
            "users have the name of a word: in a rule it does not mean the user",
            || quote(word),
            || format!("user `{word}` has the name of a word: in a rule `{word}` does not mean this user"),
        );
    }
}

/// A rule about single owners or teams, as these may have made it themselves, that names a class of numbers which the document has taken
/// from the forwardings of all: the rule goes on to give it.
fn beyond_forwarding(report: &mut Report<'_>, rule: &Rule) {
    let targets = &rule.targets;
    if !targets.groups.is_empty() || !targets.words.is_empty() || targets.parties.is_empty() {
        return;
    }
    let taken = Linewarden::default().forwarding().without(report.domain.linewarden.forwarding());
    let kept = rule.rights & taken;
    if kept.is_empty() {
        return;
    }
    let (kept, name) = (kept.shortest().join("`, `"), quote(&rule.name));
    report.add(
        "class-beyond-forwarding",
        rule.line,
        "rules give classes of numbers that `forwarding` of [destinations] does not have: the rules count",
        || name.clone(),
        || format!("rule {name} gives `{kept}`, which `forwarding` of [destinations] does not have: the rule counts"),
    );
}

/// Its keys of a document, each with whether there are facts.
pub(super) fn facts(domain: &Domain) -> [(&'static str, bool); 4] {
    let own = &domain.linewarden;
    [
        ("group", !own.groups.is_empty()),
        ("rule", !own.rules.is_empty()),
        ("destinations", own.destinations().is_some_and(|held| held.gives_classes())),
        ("exempt", domain.users.iter().any(|user| !user.linewarden.exempt.is_empty())),
    ]
}
