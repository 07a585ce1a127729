//! Candidates in estos: own grants, calendar release, groups, federation, the preset, and the tables. It knows no other system.
#![forbid(unsafe_code)]

use super::super::Answered;
use super::super::sources::{grant_words, when_words};
use super::{Candidates, FEW, Reach, free_name, one, parts, row_words};
use crate::calendar::When;
use crate::id::{Kind, Line, Party};
use crate::image::evaluate::check::TraceEvent;
use crate::policy::User;
use crate::policy::change::{Change, List};
use crate::policy::dated::Fact;
use crate::right::{Right, RightSet};
use crate::rule::Origin;
use crate::system::System;
use crate::system::estos::{AuthorizationGroup, COMPOSED, Grant, Level, Release, withheld_on_private_lines};

/// The owner, if estos has rights between the pair.
fn owner<'a>(answered: &Answered<'a>) -> Option<&'a User> {
    answered.domain.user(answered.question.target).filter(|_| answered.person_to_user())
}

/// The right, or the rights it is composed of.
fn wanted(answered: &Answered<'_>) -> RightSet {
    parts(answered.question.right.mask(), &COMPOSED)
}

/// The lowest level from `floor` up that has the right by the tables, or else the lowest of all.
fn least(answered: &Answered<'_>, floor: Option<Level>) -> Option<Level> {
    let (tables, inside) = (&answered.domain.estos.tables, answered.inside());
    let has = |level: &&Level| tables.rights(**level, inside).has(answered.question.right);
    let above = Level::ALL.iter().filter(|level| floor.is_none_or(|floor| **level >= floor));
    above.chain(Level::ALL).find(has).copied()
}

/// The level of a new grant if no level has the right: the lowest whose cells are complete. Below Team there are stars and the
/// note's limit (E18, E21), below Personal masked appointments.
fn base(answered: &Answered<'_>) -> Level {
    match answered.question.right {
        Right::CALENDAR_PRIVATE_SUBJECT_READ => Level::Personal,
        _ if answered.inside() => Level::Public,
        _ => Level::Team,
    }
}

/// The wanted rights, if all of them can be given as single rights.
fn single(answered: &Answered<'_>) -> Option<RightSet> {
    let wanted = wanted(answered);
    answered.domain.estos.tables.single_rights().contains(wanted).then_some(wanted)
}

fn host<'a>(answered: &'a Answered<'_>) -> Option<std::borrow::Cow<'a, str>> {
    if answered.inside() {
        return None;
    }
    match answered.domain.contact(answered.actor) {
        Some(contact) => Some((&*contact.host).into()),
        None => answered.actor_name().rsplit_once('@').map(|(_, host)| host.to_ascii_lowercase().into()),
    }
}

pub(super) fn own_grant(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(person) = owner(answered).map(|user| &user.estos) else { return };
    let (own, dated) = (person.grant(answered.actor), answered.dated_grant(false));
    let now = own.map(|own| own.grant).or(dated.map(|(grant, ..)| grant));
    let line = own.map(|own| own.line).or(dated.map(|(.., line)| line)).unwrap_or_default();
    let floor = match now {
        Some(Grant::Level(level)) => Some(level),
        _ => None,
    };
    let base = Some(base(answered)).filter(|base| floor.is_none_or(|floor| floor < *base));
    let level = least(answered, floor).or(base);
    let held = match now {
        Some(Grant::Rights(held)) => Some(held),
        None => Some(RightSet::EMPTY),
        Some(Grant::Level(_)) => None,
    };
    let rights = held.and_then(|held| Some(held | single(answered)?));
    let grants = rights.map(Grant::Rights).into_iter().chain(level.map(Grant::Level));
    let holds = is_held(answered, dated);
    for grant in grants.filter(|grant| !holds || Some(*grant) != now) {
        let names = || (answered.target_name(), answered.actor_name());
        let (owner, viewer) = names();
        let words = format!("own grant of {owner} to {viewer}: {}", changed(answered, now, dated, grant));
        if let Some((_, when, _)) = dated.filter(|(_, when, _)| when.in_force(answered.now())) {
            let ((owner, viewer), when, words) = (names(), when.clone(), format!("{words} with the same dates"));
            candidates.add(Reach::Pair, words, line, one(Change::SetDatedGrant { owner, viewer, when, grant }));
        }
        candidates.add(Reach::Pair, words, line, one(Change::SetGrant { owner, viewer, grant }));
        if !answered.domain.estos.users_may_grant {
            candidates.forbid(); // E7: the administrator's grant is the way
        }
    }
}

pub(super) fn release(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(owner) = owner(answered) else { return };
    let (now, wanted) = (owner.estos.release, wanted(answered));
    let enough = |release: &&Release| **release > now && (release.withheld() & wanted).is_empty();
    if (now.withheld() & wanted).is_empty() {
        return;
    }
    if let Some(release) = Release::ALL.iter().find(enough).copied() {
        let user = answered.target_name();
        let words = format!("calendar_release of {user}: {} -> {}", now.word(), release.word());
        candidates.add(Reach::Party, words, owner.line, one(Change::SetRelease { user, release }));
    }
}

/// The administrator's grant to this actor, which adds to an own grant.
pub(super) fn administrative_grant(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(user) = owner(answered).filter(|_| answered.inside()) else { return };
    let (given, dated) = (user.estos.administrative_grant(answered.actor), answered.dated_grant(true));
    let now = given.map(|given| given.grant).or(dated.map(|(grant, ..)| grant));
    let grant = match now {
        None => single(answered).map(Grant::Rights),
        Some(Grant::Rights(held)) => single(answered).map(|rights| Grant::Rights(held | rights)),
        Some(Grant::Level(level)) => least(answered, Some(level)).map(Grant::Level),
    };
    let holds = is_held(answered, dated);
    let Some(grant) = grant.filter(|grant| !holds || Some(*grant) != now) else { return };
    let names = || (answered.target_name(), answered.actor_name());
    let (owner, viewer) = names();
    let words = format!("administrative grant of {owner} to {viewer}: {}", changed(answered, now, dated, grant));
    let line = given.map(|given| given.line).or(dated.map(|(.., line)| line)).unwrap_or_default();
    if let Some((_, when, _)) = dated.filter(|(_, when, _)| when.in_force(answered.now())) {
        let ((owner, viewer), when, words) = (names(), when.clone(), format!("{words} with the same dates"));
        let edit = Change::SetDatedAdministrativeGrant { owner, viewer, when, grant };
        candidates.add(Reach::Pair, words, line, one(edit));
    }
    candidates.add(Reach::Pair, words, line, one(Change::SetAdministrativeGrant { owner, viewer, grant }));
}

/// What a grant becomes, in words: `team, until today 18:00 UTC -> personal`.
fn changed(answered: &Answered<'_>, now: Option<Grant>, dated: Option<DatedGrant<'_>>, grant: Grant) -> String {
    let dates = dated.map_or_else(String::new, |(_, when, _)| when_words(&[when], answered.now()));
    format!("{}{dates} -> {}", grant_words(now), grant_words(Some(grant)))
}

/// Whether what is granted is given: always, but for a grant whose dates do not hold now.
fn is_held(answered: &Answered<'_>, dated: Option<DatedGrant<'_>>) -> bool {
    dated.is_none_or(|(_, when, _)| when.in_force(answered.now()))
}

/// A grant of the target to the actor that has dates, its dates, and its line.
type DatedGrant<'a> = (Grant, &'a When, Line);

impl Answered<'_> {
    fn dated_grant(&self, administrative: bool) -> Option<DatedGrant<'_>> {
        self.dated_grant_of((self.question.target, self.actor), administrative)
    }

    fn dated_grant_of(&self, (owner, viewer): (Party, Party), administrative: bool) -> Option<DatedGrant<'_>> {
        let wanted = Fact::Grant { owner, viewer, grant: Grant::Level(Level::Blocked), administrative };
        let held = self.dated(&wanted)?;
        match held.fact {
            Fact::Grant { grant, .. } => Some((grant, &held.when, held.line)),
            _ => None,
        }
    }
}

/// The owner's private lines that withhold the right.
pub(super) fn private_lines(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(owner) = owner(answered) else { return };
    let wanted = wanted(answered);
    let withholds = |index: usize| !(withheld_on_private_lines(1 << index.min(2)) & wanted).is_empty();
    let lines = owner.lines.iter().enumerate().filter(|(index, _)| withholds(*index)).map(|(_, line)| line);
    let lines: Vec<&String> = lines.filter(|line| owner.estos.private_lines.contains(line)).collect();
    if lines.is_empty() {
        return;
    }
    let user = answered.target_name();
    let named: Vec<&str> = lines.iter().map(|line| line.as_str()).collect();
    let words = format!("private_lines of {user} without {}", named.join(" and "));
    let edit =
        lines.into_iter().map(|line| Change::SetPrivateLine { user: user.clone(), line: line.clone(), on: false });
    candidates.add(Reach::Party, words, owner.line, edit.collect::<Vec<_>>());
}

/// A new group that the actor leads and whose only member is the target: so the administrator adds single rights to an own and an
/// administrative grant that have a level each.
pub(super) fn new_group(answered: &Answered<'_>, candidates: &mut Candidates) {
    let (Some(rights), Some(user)) = (single(answered), owner(answered).filter(|_| answered.inside())) else { return };
    let given = user.estos.administrative_grant(answered.actor);
    if !given.is_some_and(|given| matches!(given.grant, Grant::Level(_))) {
        return; // the administrative entry takes them
    }
    let groups = answered.domain.estos.groups.iter().map(|group| group.name.as_str());
    let (viewer, owner) = (answered.actor_name(), answered.target_name());
    let name = free_name(&format!("{viewer} for {owner}"), groups);
    let grant = Grant::Rights(rights);
    let words = format!(
        "add an authorization group in which {viewer} leads {owner}, leader_rights: {}",
        grant_words(Some(grant))
    );
    let edit = [
        Change::AddAuthorizationGroup { name: name.clone() },
        Change::SetLeaderGrant { group: name.clone(), grant },
        Change::AddMember { list: List::AuthorizationGroup, of: name.clone(), parties: vec![owner] },
        Change::AddMember { list: List::Leaders, of: name, parties: vec![viewer] },
    ];
    candidates.add(Reach::Pair, words, Line::default(), edit);
}

/// Groups of both: a higher level or more rights, or switching an inactive one on.
pub(super) fn groups(answered: &Answered<'_>, candidates: &mut Candidates) {
    if owner(answered).is_none() || !answered.inside() {
        return;
    }
    let estos = &answered.domain.estos;
    let raised = |now: Grant| match now {
        Grant::Level(level) => least(answered, Some(level)).filter(|_| level >= Level::Public).map(Grant::Level),
        Grant::Rights(held) => single(answered).map(|rights| Grant::Rights(held | rights)),
    };
    let mut found = 0;
    for event in answered.events.iter() {
        let TraceEvent::Group(key, _) = event else { continue };
        let (group, leads) = match answered.origin(*key) {
            Some(Origin::AuthorizationGroup(index)) => (estos.groups.get(index as usize), false),
            Some(Origin::Leaders(index)) => (estos.groups.get(index as usize), true),
            _ => continue,
        };
        let Some(group) = group else { continue };
        let now = if leads { group.leader_grant } else { group.grant };
        let Some((now, grant)) = now.and_then(|now| Some((now, raised(now)?))) else { continue };
        let (name, of) = (group.name.clone(), if leads { "leaders" } else { "members" });
        let words = format!(
            "grant of authorization group `{name}` to its {of}: {} -> {}",
            grant_words(Some(now)),
            grant_words(Some(grant))
        );
        let edit = match leads {
            true => Change::SetLeaderGrant { group: name, grant },
            false => Change::SetGroupGrant { group: name, grant },
        };
        candidates.add(Reach::Group, words, group.line, one(edit));
        found += 1;
        if found == FEW {
            break;
        }
    }
    let (actor, target) = (answered.actor, answered.question.target);
    let idle = |group: &&AuthorizationGroup| {
        !group.active
            && group.members.contains(&target)
            && (group.members.contains(&actor) || group.leaders.contains(&actor))
    };
    for group in estos.groups.iter().filter(idle).take(FEW) {
        let name = group.name.clone();
        let words = format!("active of authorization group `{name}`: false -> true");
        candidates.add(Reach::Group, words, group.line, one(Change::SetActive { group: name, on: true }));
    }
}

/// Groups that give the right and lack one of the two.
pub(super) fn membership(answered: &Answered<'_>, candidates: &mut Candidates) {
    if owner(answered).is_none() || !answered.inside() {
        return;
    }
    let (actor, target) = (answered.actor, answered.question.target);
    let estos = &answered.domain.estos;
    let gives = |grant: Option<Grant>| grant.is_some_and(|grant| estos.rights(grant).contains(wanted(answered)));
    let mut found = 0;
    for group in estos.groups.iter().filter(|group| group.active) {
        let (has_actor, has_target) = (group.members.contains(&actor), group.members.contains(&target));
        let (list, who) = match (has_actor, has_target) {
            (_, true) if gives(group.leader_grant) && !group.leaders.contains(&actor) => {
                (List::Leaders, answered.actor_name())
            }
            (false, true) if gives(group.grant) => (List::AuthorizationGroup, answered.actor_name()),
            (true, false) if gives(group.grant) => (List::AuthorizationGroup, answered.target_name()),
            _ => continue,
        };
        let name = group.name.clone();
        let of = if list == List::Leaders { "leaders" } else { "members" };
        let words = format!("add {who} to the {of} of authorization group `{name}`");
        candidates.add(Reach::Party, words, group.line, one(Change::AddMember { list, of: name, parties: vec![who] }));
        found += 1;
        if found == FEW {
            break;
        }
    }
}

pub(super) fn federation(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(host) = host(answered).filter(|_| owner(answered).is_some()) else { return };
    let (estos, right) = (&answered.domain.estos, answered.question.right);
    let entry = estos.federation(&host);
    let enough = |level: &&Level| {
        let note = **level >= Level::Team || right != Right::NOTE_READ;
        note && estos.tables.rights(**level, false).has(right)
    };
    let now = entry.map(|(_, entry)| entry.maximum);
    let above = Level::ALL.iter().filter(|level| now.is_none_or(|now| **level > now));
    let base = base(answered);
    let maximum = above.clone().find(enough).or_else(|| above.clone().find(|level| **level >= base));
    let Some(maximum) = maximum.copied() else { return };
    let pattern = entry.map_or(&*host, |(pattern, _)| pattern).to_string();
    let now = now.map_or("none", Level::word);
    let words = format!("maximum of federation `{pattern}`: {now} -> {}", maximum.word());
    let line = entry.map_or(Line::default(), |(_, entry)| entry.line);
    candidates.add(Reach::Group, words, line, one(Change::SetFederation { pattern, maximum }));
}

pub(super) fn preset(answered: &Answered<'_>, candidates: &mut Candidates) {
    if owner(answered).is_none() || !answered.inside() {
        return;
    }
    let estos = &answered.domain.estos;
    let grant = match estos.global {
        Some(Grant::Level(now)) => least(answered, Some(now)).filter(|level| *level > now).map(Grant::Level),
        Some(Grant::Rights(held)) => single(answered).map(|rights| Grant::Rights(held | rights)),
        None => None,
    };
    if let Some(grant) = grant {
        let words = format!("global preset: {} -> {}", grant_words(estos.global), grant_words(Some(grant)));
        candidates.add(Reach::Domain, words, estos.global_line, one(Change::SetAuthorization { grant }));
    }
}

/// Rows of the tables, for the actor's level or the level of the smallest grant.
pub(super) fn matrix(answered: &Answered<'_>, candidates: &mut Candidates) {
    let Some(person) = owner(answered).map(|user| &user.estos) else { return };
    let estos = &answered.domain.estos;
    let level_of = |grant: Option<Grant>| match grant {
        Some(Grant::Level(level)) => Some(level),
        _ => None,
    };
    let dated = answered.dated_grant(false).filter(|(_, when, _)| when.in_force(answered.now()));
    let own = person.grant(answered.actor).map(|own| own.grant).or(dated.map(|(grant, ..)| grant));
    let held = match host(answered) {
        Some(host) => {
            estos.federation(&host).map(|(_, entry)| level_of(own).unwrap_or(entry.maximum).min(entry.maximum))
        }
        None => {
            let groups = answered.events.iter().filter_map(|event| match event {
                TraceEvent::Group(key, _) => match answered.origin(*key)? {
                    Origin::AuthorizationGroup(index) => level_of(estos.groups.get(index as usize)?.grant),
                    Origin::Leaders(index) => level_of(estos.groups.get(index as usize)?.leader_grant),
                    _ => None,
                },
                _ => None,
            });
            groups.chain(level_of(own)).chain(level_of(estos.global)).max()
        }
    };
    let base = base(answered);
    row_of(answered, held.unwrap_or(base), candidates);
    if held.is_some_and(|held| held != base) && least(answered, None).is_none() {
        row_of(answered, base, candidates);
    }
}

/// The rows that `level` lacks for the right.
fn row_of(answered: &Answered<'_>, level: Level, candidates: &mut Candidates) {
    let (inside, wanted) = (answered.inside(), wanted(answered));
    let mut words = Vec::new();
    let mut edit = Vec::new();
    let mut line = Line::default();
    for row in answered.domain.estos.tables.rows() {
        let (Some(key), cell) = (row.rights.first(), row.cell(level)) else { continue };
        let whole = !cell.masked || (RightSet::of(&row.rights) & wanted) == key.mask();
        if (RightSet::of(&row.rights) & wanted).is_empty() || cell.given && whole && (inside || !cell.local) {
            continue;
        }
        let has = |held: &Level| row.cell(*held).given;
        let now: Vec<&str> = Level::ALL.iter().filter(|held| has(held)).map(|held| held.word()).collect();
        let then = Level::ALL.iter().filter(|held| has(held) || **held == level);
        let levels: Vec<String> = then.map(|held| held.word().to_string()).collect();
        words.push(row_words(System::Estos, key.name(), &now, &levels));
        line = answered.row_line(System::Estos, key.name()).unwrap_or(line);
        edit.push(Change::SetMatrix { system: System::Estos, right: key.to_string(), levels });
    }
    if !edit.is_empty() {
        candidates.add(Reach::Domain, words.join(" and "), line, edit);
    }
}

pub(super) fn users_may_grant(answered: &Answered<'_>, candidates: &mut Candidates) {
    let relations = [Right::RELATION_ANSWER, Right::RELATION_CHANGE];
    if !answered.domain.estos.users_may_grant && relations.contains(&answered.question.right) {
        let edit = one(Change::SetUsersMayGrant { on: true });
        candidates.add(Reach::Domain, "users_may_grant = true", Line::default(), edit);
    }
}

/// Single rights by the administrator keep the actor from changing the target's level (E4): replace them by a level that has them.
pub(super) fn single_rights(answered: &Answered<'_>, candidates: &mut Candidates) {
    let (actor, target) = (answered.actor, answered.question.target);
    if answered.question.right != Right::RELATION_CHANGE || answered.domain.kind(target) != Some(Kind::User) {
        return;
    }
    let estos = &answered.domain.estos;
    let level = |rights: RightSet| {
        let has = |level: &&Level| estos.tables.rights(**level, true).contains(rights);
        Level::ADMINISTRATIVE.iter().find(has).copied()
    };
    let word = |level: Option<Level>| level.map_or("none", Level::word);
    let given = answered.domain.user(actor).and_then(|user| user.estos.administrative_grant(target));
    let dated = answered.dated_grant_of((actor, target), true).map(|(grant, _, line)| (grant, line));
    let given = given.map(|given| (given.grant, given.line)).or(dated);
    if let Some((_, line)) = given.filter(|(grant, _)| matches!(grant, Grant::Rights(_))) {
        let (owner, viewer) = (answered.actor_name(), answered.target_name());
        let words = format!("remove the administrative grant of {owner} to {viewer}");
        candidates.add(Reach::Pair, words, line, one(Change::ClearAdministrativeGrant { owner, viewer }));
    }
    if let Some(Grant::Rights(rights)) = estos.global {
        let words = format!("global preset: {} -> {}", grant_words(estos.global), word(level(rights)));
        let edit = match level(rights) {
            Some(level) => Change::SetAuthorization { grant: Grant::Level(level) },
            None => Change::ClearAuthorization {},
        };
        candidates.add(Reach::Domain, words, estos.global_line, one(edit));
    }
    for group in estos.groups.iter().filter(|group| group.active && group.members.contains(&actor)) {
        let name = || group.name.clone();
        if let Some(Grant::Rights(rights)) = group.grant.filter(|_| group.members.contains(&target)) {
            let words = format!("rights of authorization group `{}`: -> {}", group.name, word(level(rights)));
            let edit = match level(rights) {
                Some(level) => Change::SetGroupGrant { group: name(), grant: Grant::Level(level) },
                None => Change::ClearGroupGrant { group: name() },
            };
            candidates.add(Reach::Group, words, group.line, one(edit));
        }
        if let Some(Grant::Rights(rights)) = group.leader_grant.filter(|_| group.leaders.contains(&target)) {
            let words = format!("leader_rights of authorization group `{}`: -> {}", group.name, word(level(rights)));
            let edit = match level(rights) {
                Some(level) => Change::SetLeaderGrant { group: name(), grant: Grant::Level(level) },
                None => Change::ClearLeaderGrant { group: name() },
            };
            candidates.add(Reach::Group, words, group.line, one(edit));
        }
    }
}
