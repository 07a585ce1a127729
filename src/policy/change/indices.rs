//! Where the named things of a domain lie in their lists, and which parties are on a list, while a long change set is made: without it
//! each change looks through the whole list. It must never be kept from one change set to the next.
#![forbid(unsafe_code)]

use super::{Change, Entry, List};
use crate::id::{DomainId, Kind, Party};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// The lists that a domain has once. A site's groups are not among them: each site has such a list.
const ONCE: &[&str] = &["site", "workgroup", "monitoring group", "authorization group", "permission", "group", "rule"];

/// Change sets of fewer changes are made faster without, and shorter lists of parties are looked through faster.
const WORTH_IT: usize = 64;

/// A list of parties of one domain: what it is, of which group or permission (its index) or team (its number), and of which kind of
/// parties where there is one for each.
pub(super) type ListId = (List, usize, Kind);

/// The lists that were looked through.
#[derive(Debug, Default)]
pub(super) struct Indices {
    /// By their domain and what they hold.
    named: RefCell<HashMap<(DomainId, &'static str), Known>>,
    /// Who is on a list. Every party of a set is on its list, so one of equal length is whole.
    parties: RefCell<HashMap<(DomainId, ListId), HashSet<Party>>>,
}

#[derive(Debug, Default)]
struct Known {
    /// By name; of things that were removed, too, so what is found is compared.
    indices: HashMap<Box<str>, usize>,
    /// So many things of the list are known. Things are added at its end; no name is ever altered.
    count: usize,
}

impl Indices {
    /// Those of a change set, if it is long enough.
    pub fn worth_it(entries: &[Entry]) -> Option<Indices> {
        let length = |entry: &Entry| match &entry.change {
            Change::AddMember { parties, .. } | Change::RemoveMember { parties, .. } => parties.len(),
            _ => 1,
        };
        (entries.iter().map(length).sum::<usize>() >= WORTH_IT).then(Indices::default)
    }

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
        let mut lists = self.named.borrow_mut();
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

    /// Whether the party is on that list.
    pub fn holds(&self, domain: DomainId, id: ListId, list: &[Party], party: Party) -> bool {
        let mut sets = self.parties.borrow_mut();
        let known = match sets.get_mut(&(domain, id)) {
            Some(known) => known,
            None if list.len() < WORTH_IT => return list.contains(&party),
            None => sets.entry((domain, id)).or_default(),
        };
        if known.len() != list.len() {
            list.iter().for_each(|_| step());
            *known = list.iter().copied().collect();
        }
        step();
        known.contains(&party)
    }

    /// Notes that a party has come to a list.
    pub fn came(&self, domain: DomainId, id: ListId, party: Party) {
        if let Some(known) = self.parties.borrow_mut().get_mut(&(domain, id)) {
            known.insert(party);
        }
    }

    /// Notes that a party has left a list.
    pub fn left(&self, domain: DomainId, id: ListId, party: Party) {
        if let Some(known) = self.parties.borrow_mut().get_mut(&(domain, id)) {
            known.remove(&party);
        }
    }

    /// Discards everything: something was removed from a list of named things, and other indices name the rest.
    pub fn clear(&self) {
        self.named.borrow_mut().clear();
        self.clear_parties();
    }

    /// Discards who is on which list: a party was removed from one.
    pub fn clear_parties(&self) {
        self.parties.borrow_mut().clear();
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

    const LISTS: [&str; 9] = [
        "add workgroup all assistant\nadd member workgroup all",
        "add monitoring_group all\nadd member observers all",
        "add monitoring_group all\nadd member monitored all",
        "add authorization_group all\nadd member authorization_group all",
        "add authorization_group all\nadd member leaders all",
        "add permission all\nadd member permission all",
        "add team all\nadd member agents all",
        "add group all\nadd member group all",
        "add rule all actors: alice rights: call.pickup targets: bob\nset rule all actors:",
    ];

    /// A policy with that many users, a list of the last of `line`, and the change that `line` ends with.
    fn users_and_list(line: &str, users: usize) -> (Policy, Directory, String) {
        let (mut policy, mut names) = policy();
        let (made, list) = line.split_once('\n').unwrap();
        let text: String = (0..users).map(|number| format!("add user n{number}\n")).collect();
        let entries = parse(&format!("add user bob\n{text}{made}"), Some("x.example")).unwrap();
        let _ = policy.apply(&mut names, None, &entries).unwrap();
        (policy, names, list.into())
    }

    fn steps(policy: &mut Policy, names: &mut Directory, text: &str) -> u64 {
        let entries = parse(text, Some("x.example")).unwrap();
        let before = STEPS.with(Cell::get);
        assert!(policy.apply(names, None, &entries).unwrap().changed());
        STEPS.with(Cell::get) - before
    }

    /// Members of one list, one by one, all in one change, and once more: entries looked at, for each member.
    #[test]
    fn members_of_a_long_list_are_looked_at_a_few_times() {
        const MANY: usize = 3000;
        for line in LISTS {
            let (mut policy, mut names, list) = users_and_list(line, MANY);
            if !list.starts_with("set rule") {
                let one_by_one: String = (0..MANY / 2).map(|number| format!("{list} n{number}\n")).collect();
                let looks = steps(&mut policy, &mut names, &one_by_one);
                assert!(looks <= 4 * MANY as u64 / 2, "{line}: {looks} looks, one by one");
            }
            let all: String = (0..MANY).map(|number| format!(" n{number}")).collect();
            let looks = steps(&mut policy, &mut names, &format!("{list}{all}"));
            assert!(looks <= 4 * MANY as u64, "{line}: {looks} looks, in one change");
        }
    }

    /// Members that come, leave and come again, and users who go meanwhile, in one long change set: as in many short ones.
    #[test]
    fn long_lists_of_members_are_what_short_change_sets_make() {
        for line in LISTS.into_iter().filter(|line| !line.contains("set rule")) {
            let ((mut one, mut its, add), (mut other, mut theirs, _)) =
                (users_and_list(line, 200), users_and_list(line, 200));
            let remove = add.replace("add", "remove");
            let mut changes: Vec<String> = (0..150).map(|number| format!("{add} n{number}")).collect();
            for number in [5, 149, 0, 40, 90] {
                let after = number + 1;
                changes.extend([
                    format!("{remove} n{number}"),
                    format!("{add} n{after} n{number} n{after}"),
                    format!("{add} n{number}"),
                    format!("remove user n{after}"),
                    format!("{add} n{} n{number}", 199 - number),
                    format!("add user n{after}"),
                    format!("{add} n{after}"),
                    format!("{add} n{after}"),
                ]);
            }
            // Below the length that is worth a set, and above it again.
            changes.extend((3..140).map(|number| format!("{remove} n{number}")));
            changes.extend((0..140).map(|number| format!("{add} n{}", 139 - number)));
            changes.extend((0..140).map(|number| format!("{add} n{number}")));
            let entries = parse(&changes.join("\n"), Some("x.example")).unwrap();
            let _ = one.apply(&mut its, None, &entries).unwrap();
            for entry in &entries {
                let _ = other.apply(&mut theirs, None, std::slice::from_ref(entry)).unwrap();
            }
            let [one, other] = [&one, &other].map(|policy| format!("{:?}", policy.domains.first()));
            assert!(one == other, "{line}");
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
