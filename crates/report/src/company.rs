//! The report for a whole company: rights that reveal behaviour, counted; exemptions; settings that a works agreement fixes; what
//! changed. A count that is not of all pairs must say that it is an estimate.
#![forbid(unsafe_code)]

use crate::personal::{By, Origin};
use crate::rights::BEHAVIOUR;
use linewarden::{DecisionDiff, DomainId, Engine, Filter, Group, Party, Result, Right, RightSet, Settings, diff};
use serde::Serialize;
use std::collections::BTreeMap;

/// The most pairs that one count evaluates; of more, a sample.
pub const PAIRS: usize = 1_000_000;
/// The most groups that a report counts by.
const GROUPS: usize = 100;
/// Lines of one change set.
const LINES: usize = 100;
/// The most people that are listed with a right to listen in.
const LISTED: usize = 200;

/// How many pairs have a right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Count {
    /// Pairs that have it, of those that were asked.
    pub yes: u64,
    /// Pairs that were asked.
    pub asked: u64,
    /// All pairs.
    pub of: u64,
}

impl Count {
    /// Whether not all pairs were asked.
    pub fn is_estimate(&self) -> bool {
        self.asked < self.of
    }

    /// Of all pairs, from 0 to 1.
    pub fn share(&self) -> f64 {
        if self.asked == 0 { 0.0 } else { self.yes as f64 / self.asked as f64 }
    }
}

/// One right, counted over all users.
#[derive(Clone, Debug, Serialize)]
pub struct Counted {
    /// The right by name.
    pub right: &'static str,
    /// Pairs of two users.
    pub count: Count,
}

/// One group as targets of all users.
#[derive(Clone, Debug, Serialize)]
pub struct OfGroup {
    /// What it is, as `site`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// How many users it has.
    pub members: u64,
    /// In the order of the report's rights.
    pub counts: Vec<Count>,
}

/// A user who may listen in on others.
#[derive(Clone, Debug, Serialize)]
pub struct Listener {
    /// Who.
    pub actor: String,
    /// The rights by name.
    pub rights: Vec<&'static str>,
    /// On how many users, of those that were asked about.
    pub targets: u64,
}

/// A user's exemptions.
#[derive(Clone, Debug, Serialize)]
pub struct Exemption {
    /// Whose.
    pub user: String,
    /// The rights by name.
    pub rights: Vec<&'static str>,
}

/// What is set.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Agreed {
    /// Users flagged as VIP.
    pub vips: Vec<String>,
    /// Users flagged as assistant.
    pub assistants: Vec<String>,
    /// Site, group, agreement.
    pub agreements: Vec<(String, String, &'static str)>,
    /// How many users release how much of their calendar.
    pub releases: Vec<(&'static str, u64)>,
    /// Users with a private line.
    pub private_lines: Vec<String>,
    /// Whether users may grant.
    pub users_may_grant: Option<bool>,
    /// Whether clients show who talks to whom.
    pub show_numbers: Option<bool>,
    /// Users who administer a part.
    pub administrators: Vec<String>,
}

/// A change set of the log.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// Which, when and by whom.
    pub by: By,
    /// Its first lines of this domain.
    pub changes: Vec<String>,
    /// How many more there are.
    pub more: u64,
}

/// The report for a company.
#[derive(Clone, Debug, Serialize)]
pub struct Company {
    /// Where it comes from.
    pub origin: Origin,
    /// How many users there are.
    pub users: u64,
    /// Rights that reveal behaviour.
    pub rights: Vec<Counted>,
    /// The same by group.
    pub groups: Vec<OfGroup>,
    /// Who may listen in, barge in, whisper or record.
    pub listeners: Vec<Listener>,
    /// Towards how many users that was asked: in a big company not all.
    pub listeners_asked: u64,
    /// Exemptions.
    pub exempt: Vec<Exemption>,
    /// Settings that a works agreement usually fixes.
    pub agreed: Agreed,
    /// The first change set of the log that is left.
    pub begins: Option<By>,
    /// The revision that changes are counted from.
    pub above: Option<u64>,
    /// Change sets above that revision, the newest first.
    pub made: Vec<Made>,
    /// Who gained and lost what from that revision to now.
    pub gained_and_lost: DecisionDiff,
}

/// The report for a domain. `above` is the revision after which changes are listed; it needs a store.
///
/// # Errors
/// `File` when the store cannot be read, `Argument` for a revision that was cut off.
pub fn company(engine: &Engine, domain: DomainId, above: Option<u64>) -> Result<Company> {
    let name = engine.domains().into_iter().find(|(id, _)| *id == domain).map(|(_, name)| name).unwrap_or_default();
    let users = users(engine, domain);
    let rights = BEHAVIOUR.iter().map(|right| right.mask()).collect::<Vec<_>>();
    let counted = counts(engine, &users, &users, &rights, PAIRS);
    let groups = engine.groups(domain).into_iter().filter(|group| !group.members.is_empty());
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by_key(|group| (group.kind != "site", std::cmp::Reverse(group.members.len())));
    groups.truncate(GROUPS);
    let each = PAIRS / groups.len().max(1);
    let groups = groups.into_iter().map(|group| OfGroup {
        kind: group.kind,
        counts: counts(engine, &users, &group.members, &rights, each),
        members: group.members.len() as u64,
        name: group.name,
    });
    let (listeners, listeners_asked) = listeners(engine, &users);
    let settings = engine.settings(domain);
    let origin = Origin::of(engine, &name)?;
    let above = above.filter(|_| origin.logged);
    let (made, gained_and_lost) = match above {
        Some(above) => (made(engine, &name, above)?, since(engine, &name, above)?),
        None => (Vec::new(), DecisionDiff::default()),
    };
    Ok(Company {
        users: users.len() as u64,
        rights: BEHAVIOUR.iter().zip(counted).map(|(right, count)| Counted { right: right.name(), count }).collect(),
        groups: groups.collect(),
        listeners,
        listeners_asked,
        exempt: exempt(engine, &settings),
        agreed: agreed(engine, settings),
        begins: first(engine, &origin)?,
        origin,
        above,
        made,
        gained_and_lost,
    })
}

/// The users of a domain.
pub fn users(engine: &Engine, domain: DomainId) -> Vec<Party> {
    engine.users(domain)
}

/// How many pairs of an actor and another target have each of these sets of rights; at most `most` pairs are asked, spread over all.
pub fn counts(engine: &Engine, actors: &[Party], targets: &[Party], rights: &[RightSet], most: usize) -> Vec<Count> {
    let of = (actors.len() * targets.len()) as u64;
    let mut found = vec![Count { of, ..Count::default() }; rights.len()];
    let mut ask = |actor: Party, target: Party| {
        if actor == target {
            return;
        }
        let held = engine.evaluate(actor, target);
        for (count, wanted) in found.iter_mut().zip(rights) {
            count.asked += 1;
            count.yes += u64::from(held.contains(*wanted));
        }
    };
    let all = actors.len().saturating_mul(targets.len());
    if all <= most {
        actors.iter().for_each(|actor| targets.iter().for_each(|target| ask(*actor, *target)));
    } else {
        // Steps of the golden ratio over all pairs: spread evenly, the same in each run.
        let step = ((all as f64 * 0.618_033_988_749_895) as usize) | 1;
        let mut at = 0_usize;
        for _ in 0..most {
            at = (at + step) % all;
            if let (Some(actor), Some(target)) = (actors.get(at / targets.len()), targets.get(at % targets.len())) {
                ask(*actor, *target);
            }
        }
    }
    // A pair of a party with itself is no pair.
    let members: std::collections::HashSet<&Party> = actors.iter().collect();
    let same = targets.iter().filter(|target| members.contains(target)).count() as u64;
    found.iter_mut().for_each(|count| count.of -= same);
    found
}

fn listeners(engine: &Engine, users: &[Party]) -> (Vec<Listener>, u64) {
    const RIGHTS: [Right; 4] = [Right::CALL_LISTEN, Right::CALL_BARGE, Right::CALL_WHISPER, Right::CALL_RECORD];
    let all = RIGHTS.iter().fold(RightSet::EMPTY, |all, right| all | right.mask());
    let asked = users.len().min(PAIRS * 4 / users.len().max(1)).max(1);
    let every = (users.len() / asked).max(1);
    let targets: Vec<Party> = users.iter().copied().step_by(every).take(asked).collect();
    let mut found = Vec::new();
    for actor in users {
        let mut held = RightSet::EMPTY;
        let mut count = 0;
        for target in targets.iter().filter(|target| *target != actor) {
            let rights = engine.evaluate(*actor, *target) & all;
            count += u64::from(!rights.is_empty());
            held |= rights;
        }
        if count > 0 {
            found.push(Listener { actor: engine.text(*actor), rights: held.shortest(), targets: count });
        }
    }
    found.sort_by_key(|listener| std::cmp::Reverse(listener.targets));
    found.truncate(LISTED);
    (found, targets.len() as u64)
}

fn exempt(engine: &Engine, settings: &Settings) -> Vec<Exemption> {
    let entry = |(user, rights): &(Party, RightSet)| Exemption { user: engine.text(*user), rights: rights.shortest() };
    settings.exempt.iter().map(entry).collect()
}

fn agreed(engine: &Engine, settings: Settings) -> Agreed {
    let texts = |parties: &[Party]| parties.iter().map(|party| engine.text(*party)).collect();
    Agreed {
        vips: texts(&settings.vips),
        assistants: texts(&settings.assistants),
        private_lines: texts(&settings.private_lines),
        administrators: texts(&settings.administrators),
        agreements: settings.agreements,
        releases: settings.releases,
        users_may_grant: settings.users_may_grant,
        show_numbers: settings.show_numbers,
    }
}

fn first(engine: &Engine, origin: &Origin) -> Result<Option<By>> {
    if !origin.logged {
        return Ok(None);
    }
    let filter = Filter { above: origin.cut, below: Some(origin.cut + 2), limit: 1, ..Filter::default() };
    let set = engine.history(&filter)?.into_iter().next();
    Ok(set.map(|set| By { revision: set.revision, at: set.at, author: set.author }))
}

/// The first lines of a domain in the text of a change set, and how many more there are. The text is not parsed: it may be a whole company.
pub fn lines(text: &str, domain: &str, most: usize) -> (Vec<String>, u64) {
    let (mut kept, mut more, mut is_here) = (Vec::new(), 0, false);
    for line in text.lines() {
        match line.strip_prefix("in ") {
            Some(of) => is_here = of.trim() == domain,
            None if is_here && kept.len() < most => kept.push(line.to_owned()),
            None => more += u64::from(is_here),
        }
    }
    (kept, more)
}

fn made(engine: &Engine, domain: &str, above: u64) -> Result<Vec<Made>> {
    let sets = engine.history(&Filter { above, ..Filter::default() })?;
    let mut found = Vec::new();
    for set in sets {
        let (changes, more) = lines(&set.text, domain, LINES);
        if !changes.is_empty() {
            let by = By { revision: set.revision, at: set.at, author: set.author };
            found.push(Made { by, changes, more });
        }
    }
    Ok(found)
}

/// Who gained and lost what in a domain since a revision.
fn since(engine: &Engine, domain: &str, above: u64) -> Result<DecisionDiff> {
    let mut found = diff(&engine.as_of(above)?, engine);
    found.groups.retain(|group| group.domain == domain);
    let pairs = |gains| found.groups.iter().filter(|group| group.gains == gains).map(|group| group.pairs).sum();
    (found.gained, found.lost) = (pairs(true), pairs(false));
    Ok(found)
}

/// A cell of a picture of groups by groups.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// The index of the actors' group.
    pub actors: usize,
    /// The index of the targets' group.
    pub targets: usize,
    /// Pairs.
    pub count: Count,
}

/// Which part of each group has a right towards which other, as counts.
#[derive(Clone, Debug, Serialize)]
pub struct Picture {
    /// The right by name.
    pub right: String,
    /// The groups: kind, name, number of users.
    pub groups: Vec<(String, String, u64)>,
    /// All cells, row by row.
    pub cells: Vec<Cell>,
}

/// The picture of a right over groups of one kind, at most `most` of them, the biggest first; `pairs` is how many pairs may be asked.
pub fn picture(engine: &Engine, groups: &[(String, String, Vec<Party>)], right: Right, pairs: usize) -> Picture {
    let each = pairs / (groups.len() * groups.len()).max(1);
    let mut cells = Vec::new();
    for (row, (_, _, actors)) in groups.iter().enumerate() {
        for (column, (_, _, targets)) in groups.iter().enumerate() {
            let count = counts(engine, actors, targets, &[right.mask()], each.max(16)).pop().unwrap_or_default();
            cells.push(Cell { actors: row, targets: column, count });
        }
    }
    let groups = groups.iter().map(|(kind, name, members)| (kind.clone(), name.clone(), members.len() as u64));
    Picture { right: right.name().to_owned(), groups: groups.collect(), cells }
}

/// The groups that a picture has: of all those of a domain, those of the kind that covers most users, the biggest first; the rest as one
/// without a name.
pub fn groups(
    engine: &Engine,
    domain: DomainId,
    all: &[Group],
    kind: Option<&str>,
    most: usize,
) -> Vec<(String, String, Vec<Party>)> {
    let mut covered: BTreeMap<&str, usize> = BTreeMap::new();
    all.iter().for_each(|group| *covered.entry(group.kind).or_default() += group.members.len());
    let widest = covered.iter().max_by_key(|(_, count)| **count).map(|(kind, _)| *kind);
    let wanted = kind.or(widest).unwrap_or_default();
    let mut chosen: Vec<_> = all.iter().filter(|group| group.kind == wanted && !group.members.is_empty()).collect();
    chosen.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    chosen.truncate(most);
    let named: std::collections::HashSet<Party> =
        chosen.iter().flat_map(|group| group.members.iter().copied()).collect();
    let rest: Vec<Party> = users(engine, domain).into_iter().filter(|user| !named.contains(user)).collect();
    let mut found: Vec<_> =
        chosen.iter().map(|group| (group.kind.to_owned(), group.name.clone(), group.members.clone())).collect();
    if !rest.is_empty() {
        found.push((String::new(), String::new(), rest));
    }
    found
}
