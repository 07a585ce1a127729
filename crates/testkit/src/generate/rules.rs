//! The groups and rules of a company in linewarden's own system. It must never look at another system's facts.
#![forbid(unsafe_code)]

use super::company::Company;
use super::random::Purpose;
use linewarden::internals::calendar::{When, instant};
use linewarden::internals::id::{Line, Party};
use linewarden::internals::system::linewarden::{Everyone, Group, List, Person, Rule, Words};
use linewarden::{Right, RightSet};

/// When covers begin and end. Some have ended by now, some never will while this program is used.
const TIMES: [(&str, &str); 3] = [
    ("2026-07-01T00:00:00Z", "2026-09-01T00:00:00Z"),
    ("2026-12-21T00:00:00Z", "2027-01-08T00:00:00Z"),
    ("2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"),
];

impl Company<'_> {
    /// What no other party has on a user: one in a hundred is of the works council.
    pub fn linewarden_person(&self, user: u32) -> Person {
        let exempt = RightSet::of(&[Right::CALL_LISTEN, Right::CALL_WHISPER]);
        let council = self.random(Purpose::Rules, user).chance(10);
        Person { exempt: if council { exempt } else { RightSet::EMPTY } }
    }

    /// A group for each department.
    pub fn groups(&self) -> impl Iterator<Item = Group> + '_ {
        (0..self.departments.len() as u32).filter_map(|department| {
            let users = self.departments.get(department as usize)?.users.clone();
            let members = List { parties: self.users(users), ..List::default() };
            Some(Group { name: self.group_name(department)?, members, line: Line::default() })
        })
    }

    /// Rules of the company, of each department, and of one user in thirty who is covered by another.
    pub fn rules(&self) -> impl Iterator<Item = Rule> + '_ {
        let everyone = List { words: Words::default().with(Everyone::Users), ..List::default() };
        let lamps = Rule {
            actors: everyone.clone(),
            targets: List { words: Words::default().with(Everyone::UsersAndTeams), ..List::default() },
            ..rule("lamps", &[Right::LINE_BUSY_READ, Right::CALL_RETRIEVE])
        };
        let departments = (0..self.departments.len() as u32).filter_map(|department| self.pickup_rule(department));
        let covers = (0..self.user_count()).filter_map(|user| self.cover(user));
        std::iter::once(lamps).chain(departments).chain(covers)
    }

    fn group_name(&self, department: u32) -> Option<String> {
        let outline = self.departments.get(department as usize)?;
        Some(format!("{} {}", self.sites.get(outline.site as usize)?.name, outline.name))
    }

    /// The people of a department pick up for each other, but not for a boss.
    fn pickup_rule(&self, department: u32) -> Option<Rule> {
        let name = self.group_name(department)?;
        let users = self.departments.get(department as usize)?.users.clone();
        let bosses: Vec<Party> = users.filter(|user| self.is_boss(*user)).map(|user| self.user(user)).collect();
        let group = List { groups: vec![name.clone()], ..List::default() };
        Some(Rule {
            actors: group.clone(),
            targets: group,
            except: List { parties: bosses, ..List::default() },
            ..rule(&format!("pickup {name}"), &[Right::CALL_PICKUP])
        })
    }

    fn cover(&self, user: u32) -> Option<Rule> {
        let mut random = self.random(Purpose::Rules, u32::MAX - user);
        if !random.chance(33) {
            return None;
        }
        let other = random.below(self.user_count());
        let (from, until) = TIMES.get(random.below(TIMES.len() as u32) as usize)?;
        let when = When::new(instant(from).ok(), instant(until).ok(), Vec::new()).ok()?;
        let one = |user| List { parties: vec![self.user(user)], ..List::default() };
        let rights = [Right::CALL_PICKUP, Right::FORWARDING_SET];
        let named = format!("cover for {}", self.name(self.user(user)));
        (other != user).then(|| Rule { actors: one(other), targets: one(user), when, ..rule(&named, &rights) })
    }
}

fn rule(name: &str, rights: &[Right]) -> Rule {
    Rule { name: name.into(), rights: RightSet::of(rights), ..Rule::default() }
}
