//! Rights that depend on the line, for people.
#![forbid(unsafe_code)]

use linewarden::{Right, RightSet};

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
