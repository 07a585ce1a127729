//! Where the named things of a domain lie in their lists, while a long change set is made: without it each change looks through the
//! whole list. It must never be kept from one change set to the next.
#![forbid(unsafe_code)]

use crate::id::DomainId;
use std::cell::RefCell;
use std::collections::HashMap;

/// The lists that a domain has once. A site's groups are not among them: each site has such a list.
const ONCE: &[&str] = &["site", "workgroup", "monitoring group", "authorization group", "permission", "group", "rule"];

/// Change sets of fewer changes are made faster without.
pub(super) const WORTH_IT: usize = 64;

/// The lists that were looked through, by their domain and what they hold.
#[derive(Debug, Default)]
pub(super) struct Indices(RefCell<HashMap<(DomainId, &'static str), Known>>);

#[derive(Debug, Default)]
struct Known {
    /// By name; of things that were removed, too, so what is found is compared.
    indices: HashMap<Box<str>, usize>,
    /// So many things of the list are known. Things are added at its end; no name is ever altered.
    count: usize,
}

impl Indices {
    /// The index of that name in the list of what `what` says.
    pub fn find<T>(
        &self,
        domain: DomainId,
        what: &str,
        list: &[T],
        name_of: fn(&T) -> &String,
        name: &str,
    ) -> Option<usize> {
        let Some(what) = ONCE.iter().find(|once| **once == what) else { return scan(list, name_of, name) };
        let mut lists = self.0.borrow_mut();
        let known = lists.entry((domain, what)).or_default();
        if list.len() < known.count {
            *known = Known::default();
        }
        // A slice, as an iterator would step over what is known already.
        for (thing, index) in list.get(known.count..).unwrap_or_default().iter().zip(known.count..) {
            step();
            known.indices.insert(name_of(thing).as_str().into(), index);
        }
        known.count = list.len();
        let index = *known.indices.get(name)?;
        step();
        match list.get(index) {
            Some(thing) if name_of(thing) == name => Some(index),
            _ => scan(list, name_of, name),
        }
    }

    /// Discards everything: something was removed from a list.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

/// The same without any knowledge.
pub(super) fn scan<T>(list: &[T], name_of: fn(&T) -> &String, name: &str) -> Option<usize> {
    list.iter().position(|thing| {
        step();
        name_of(thing) == name
    })
}

#[cfg(not(test))]
fn step() {}

#[cfg(test)]
use tests::step;

#[cfg(test)]
mod tests {
    use crate::directory::Directory;
    use crate::policy::Policy;
    use crate::policy::change::parse;
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<u64> = const { Cell::new(0) });

    /// Counts the names that were looked at.
    pub(super) fn step() {
        STEPS.with(|steps| steps.set(steps.get() + 1));
    }

    fn policy() -> (Policy, Directory) {
        let (mut policy, mut names) = (Policy::default(), Directory::default());
        let text = "in x.example\nadd domain xphone estos pascom linewarden\nadd user alice\n";
        let _ = policy.apply(&mut names, None, &parse(text, None).unwrap()).unwrap();
        (policy, names)
    }

    const LINES: [&str; 6] = [
        "add site # employee employee external",
        "add workgroup # assistant\nadd member workgroup # alice",
        "add monitoring_group #\nadd member observers # alice",
        "add authorization_group #\nadd member authorization_group # alice",
        "add permission #\nadd role_type # pickup.group",
        "add group #",
    ];

    /// Change sets that add things of one kind, and name them again: names looked at, for each change.
    #[test]
    fn long_change_sets_look_at_each_name_a_few_times() {
        for line in LINES {
            let (mut policy, mut names) = policy();
            let text: String =
                (0..3000).map(|number| format!("{}\n", line.replace('#', &format!("n{number}")))).collect();
            let entries = parse(&text, Some("x.example")).unwrap();
            let before = STEPS.with(Cell::get);
            let done = policy.apply(&mut names, None, &entries).unwrap();
            assert!(done.changed());
            let steps = STEPS.with(Cell::get) - before;
            assert!(steps <= 4 * entries.len() as u64, "{line}: {steps} steps of {} changes", entries.len());
        }
    }

    /// Removed, added again and named in between, in one long change set: as in many short ones.
    #[test]
    fn long_change_sets_do_what_short_ones_do() {
        for line in LINES {
            let verb = line.split_whitespace().nth(1).unwrap();
            let add = |number: usize| line.split('\n').next().unwrap().replace('#', &format!("n{number}"));
            let mut changes: Vec<String> = (0..80).map(add).collect();
            for number in [5, 79, 0, 40] {
                changes.push(format!("remove {verb} n{number}"));
                changes.push(format!("remove {verb} n{number}"));
                changes.push(add(number));
                changes.push(add(number + 1));
                changes.push(line.replace('#', &format!("n{}", 78 - number / 2)));
            }
            let text = changes.join("\n");
            let entries = parse(&text, Some("x.example")).unwrap();
            let ((mut one, mut its), (mut other, mut theirs)) = (policy(), policy());
            let _ = one.apply(&mut its, None, &entries).unwrap();
            for entry in &entries {
                let _ = other.apply(&mut theirs, None, std::slice::from_ref(entry)).unwrap();
            }
            let [one, other] = [&one, &other].map(|policy| format!("{:?}", policy.domains.first()));
            assert!(one == other, "{line}");
        }
    }
}
