//! Which of the three lines a bare right holds on, in words: a bare yes or no asks for all lines at once, and would hide that
//! the first one is allowed.
#![forbid(unsafe_code)]

use linewarden::{Engine, Party, Right, RightSet, TransferRole};

/// What the lines of a bare right have where they differ: `first yes, second yes, additional no`. `None` where all say the same, and
/// for a right that does not depend on the line.
pub fn split(given: RightSet, right: Right) -> Option<String> {
    let held = right.mask() & given;
    if held.is_empty() || held == right.mask() {
        return None;
    }
    let line = |single: Right| {
        let line = single.name().rsplit('.').next().unwrap_or_default();
        format!("{line} {}", if given.has(single) { "yes" } else { "no" })
    };
    Some(right.mask().iter().map(line).collect::<Vec<_>>().join(", "))
}

/// The same of a question, asked of each line.
pub fn of_question(
    engine: &Engine,
    actor: Party,
    right: Right,
    target: Party,
    role: Option<TransferRole>,
) -> Option<String> {
    let may = |single: &Right| match role {
        Some(role) => engine.may_in_call(actor, *single, target, role),
        None => engine.may(actor, *single, target),
    };
    split(RightSet::of(&right.mask().iter().filter(may).collect::<Vec<_>>()), right)
}

/// Of those who may, or on whom, for some lines of a bare right only: each with its lines. `pair` makes actor and target of one.
pub fn of_list(
    engine: &Engine,
    right: Right,
    list: impl Fn(Right) -> Vec<Party>,
    pair: impl Fn(Party) -> (Party, Party),
) -> Vec<(Party, String)> {
    if right.mask().iter().count() == 1 {
        return Vec::new();
    }
    let mut seen = std::collections::HashSet::new();
    let any = right.mask().iter().flat_map(list).filter(|party| seen.insert(*party)).collect::<Vec<_>>();
    let of = |party: Party| {
        let (actor, target) = pair(party);
        Some((party, of_question(engine, actor, right, target, None)?))
    };
    let mut found: Vec<_> = any.into_iter().filter_map(of).collect();
    found.sort_by_cached_key(|(party, _)| engine.text(*party));
    found
}
