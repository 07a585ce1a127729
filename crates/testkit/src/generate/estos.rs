//! estos' facts of a company. It must never look at another system's.
#![forbid(unsafe_code)]

use super::company::Company;
use super::random::Purpose;
use linewarden::internals::id::Line;
use linewarden::internals::right::{Right, RightSet};
use linewarden::internals::system::estos::{AuthorizationGroup, Federation, Grant, Level, OwnGrant, Release};
use std::collections::BTreeMap;

impl Company<'_> {
    /// What all users have towards each other.
    pub fn global_authorization(&self) -> Grant {
        Grant::Level(Level::Public)
    }

    pub fn authorization_group(&self, team: u32) -> AuthorizationGroup {
        let mut random = self.random(Purpose::Groups, u32::MAX / 2 + team);
        let pick_up = Grant::Rights(RightSet::of(&[Right::LINE_BUSY_READ, Right::CALL_PICKUP.on_line(1)]));
        let levels = [(250, Grant::Level(Level::Business)), (50, Grant::Level(Level::Personal)), (80, pick_up)];
        let grant = random.choose(Grant::Level(Level::Team), &levels);
        let members: Vec<_> = self.members(team).iter().map(|user| self.user(*user)).collect();
        let mut leaders = Vec::new();
        if random.chance(700) {
            leaders.extend(members.first());
            // The deputy may come from anywhere.
            let deputy = self.user(random.below(self.user_count()));
            if random.chance(500) && !leaders.contains(&deputy) {
                leaders.push(deputy);
            }
        }
        let serve = Grant::Rights(Right::CALL_PICKUP.mask() | Right::FORWARDING_SET.on_line(1).mask());
        let over = random.choose(Grant::Level(Level::Personal), &[(200, Grant::Level(Level::Team)), (100, serve)]);
        AuthorizationGroup {
            name: self.team_name(team),
            leader_grant: (!leaders.is_empty()).then_some(over),
            members,
            grant: Some(grant),
            leaders,
            active: random.chance(950),
            line: Line::default(),
        }
    }

    /// What partners can get at most.
    pub fn federation(&self) -> BTreeMap<String, Federation> {
        const MAXIMA: [(&str, Level); 5] = [
            ("partner.example", Level::Team),
            ("*.partner.example", Level::Business),
            ("*.supplier.example", Level::Business),
            ("agency.example", Level::Personal),
            ("*", Level::Public),
        ];
        let entry = |(pattern, maximum): (&str, Level)| (pattern.into(), Federation { maximum, line: Line(0) });
        MAXIMA.map(entry).into()
    }

    pub fn calendar_release(&self, user: u32) -> Release {
        let table = [(150, Release::Public), (100, Release::Everything), (50, Release::Nothing)];
        self.random(Purpose::Grants, u32::MAX - user).choose(Release::default(), &table)
    }

    /// One user in five of those with several lines keeps the last one private.
    pub fn private_lines(&self, user: u32) -> Vec<String> {
        let mut lines = self.lines(user);
        let private = lines.len() > 1 && self.random(Purpose::Lines, u32::MAX - user).chance(200);
        lines.split_off(if private { lines.len() - 1 } else { lines.len() })
    }

    /// What the administrator entered for one user in ten: one or two viewers whom the user cannot set lower, sorted by
    /// viewer.
    pub fn administrative_grants(&self, user: u32, found: &mut Vec<u32>) -> Vec<OwnGrant> {
        let mut random = self.random(Purpose::Grants, u32::MAX / 2 + user);
        let wanted = random.choose(0, &[(70, 1), (30, 2)]);
        self.acquaintances(&mut random, user, wanted, found);
        let serve = Grant::Rights(Right::CALL_PICKUP.on_line(1).mask() | Right::FORWARDING_SET.on_line(1).mask());
        let table = [(300, Grant::Level(Level::Personal)), (200, serve)];
        let entry = |other: &u32| OwnGrant {
            viewer: self.user(*other),
            grant: random.choose(Grant::Level(Level::Team), &table),
            line: Line::default(),
        };
        found.iter().map(entry).collect()
    }

    /// The user's own grants, about twenty, sorted by viewer. No user of the domain is blocked: the global preset is a floor.
    pub fn grants(&self, user: u32, found: &mut Vec<u32>) -> Vec<OwnGrant> {
        const INSIDE: [(u32, Level); 2] = [(300, Level::Team), (100, Level::Personal)];
        const OUTSIDE: [(u32, Level); 4] =
            [(250, Level::Public), (200, Level::Team), (50, Level::Personal), (100, Level::Blocked)];
        let mut random = self.random(Purpose::Grants, user);
        let wanted = random.between(0, 40);
        self.acquaintances(&mut random, user, wanted, found);
        let contacts = self.contacts_of(user);
        let mut grants = Vec::with_capacity(found.len() + contacts.len());
        let line = Line::default();
        for other in found {
            let single = Grant::Rights(Right::NOTE_READ.mask() | Right::LINE_BUSY_READ.mask());
            let level = Grant::Level(random.choose(Level::Business, &INSIDE));
            grants.push(OwnGrant { viewer: self.user(*other), grant: random.choose(level, &[(20, single)]), line });
        }
        for contact in contacts {
            let level = random.choose(Level::Business, &OUTSIDE);
            grants.push(OwnGrant { viewer: self.contact(contact), grant: Grant::Level(level), line });
        }
        grants
    }
}
