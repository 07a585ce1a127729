//! The difference of domain-wide facts and of the directory: systems, codes, the longest age, matrix rows, parties, extensions.
#![forbid(unsafe_code)]

use super::Delta;
use crate::id::{Kind, Party};
use crate::policy::Override;
use crate::policy::change::Change;
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Delta<'a> {
    pub fn settings(&mut self) {
        if self.old.systems != self.new.systems {
            self.push(Change::SetSystems { systems: self.new.systems.iter().collect() });
        }
        self.codes();
        if self.old.longest_age != self.new.longest_age {
            self.push(Change::SetLongestAge { seconds: self.new.longest_age });
        }
        let key = |row: &Override| (row.system, row.key.clone());
        let levels = |row: &Override| row.levels.iter().cloned().collect::<BTreeSet<_>>();
        let old: BTreeMap<_, _> = self.old.overrides.iter().map(|row| (key(row), levels(row))).collect();
        let new: BTreeMap<_, _> = self.new.overrides.iter().map(|row| (key(row), levels(row))).collect();
        for (system, right) in old.keys().filter(|key| !new.contains_key(*key)) {
            self.push(Change::ClearMatrix { system: *system, right: right.clone() });
        }
        for row in &self.new.overrides {
            if old.get(&key(row)) != Some(&levels(row)) {
                let (right, levels) = (row.key.clone(), row.levels.clone());
                self.push(Change::SetMatrix { system: row.system, right, levels });
            }
        }
    }

    /// Codes may swap, and no code may be the prefix of another meanwhile: if any would be, all are parked first.
    fn codes(&mut self) {
        let changed: Vec<_> =
            self.new.codes.iter().filter(|(function, code)| self.old.codes.code(*function) != *code).collect();
        let alike = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
        let crossing = |(function, code): &(_, &str)| {
            self.old.codes.iter().any(|(other, held)| other != *function && alike(code, held))
        };
        if changed.iter().any(crossing) {
            // Codes of 32 characters that nothing short can begin like, unless a code is `#` and digits of its beginning.
            let all: Vec<&str> = self.old.codes.iter().chain(self.new.codes.iter()).map(|(_, code)| code).collect();
            let mut free = (0..10_000u32).map(|number| format!("#{number:05}{}", "0".repeat(20)));
            let mut parked: Vec<String> = Vec::new();
            for (function, _) in &changed {
                let fits = |code: &String| !all.iter().any(|held| alike(held, code)) && !parked.contains(code);
                if let Some(code) = free.find(fits) {
                    parked.push(code.clone());
                    self.push(Change::SetCode { function: *function, code });
                }
            }
        }
        for (function, code) in changed {
            self.push(Change::SetCode { function, code: code.into() });
        }
    }

    /// Removed parties, and extensions that must be free before another party gets them.
    pub fn gone(&mut self) {
        for (party, kind) in self.old.parties().filter(|(party, _)| self.new.kind(*party).is_none()) {
            let name = self.name(party);
            self.push(match kind {
                Kind::User => Change::RemoveUser { name },
                Kind::Contact => Change::RemoveContact { address: name },
                Kind::Team => Change::RemoveTeam { name },
                Kind::Location => Change::RemoveLocation { name },
                Kind::Device => Change::RemoveDevice { name },
            });
        }
        for (party, old, new) in self.lines() {
            let freed = old.iter().any(|line| !new.contains(line));
            if freed {
                let lines = old.iter().filter(|line| new.contains(line)).cloned().collect();
                self.push(Change::SetLines { party: self.text(party), lines });
            }
        }
    }

    /// Users and teams that stay, with their extensions before and after.
    fn lines(&self) -> Vec<(Party, &'a [String], &'a [String])> {
        let users = self.old.users.iter().filter_map(|user| {
            let new = self.new.user(user.party)?;
            Some((user.party, user.lines.as_slice(), new.lines.as_slice()))
        });
        let teams = self.old.teams.iter().filter_map(|team| {
            let new = self.new.team(team.party)?;
            Some((team.party, team.lines.as_slice(), new.lines.as_slice()))
        });
        users.chain(teams).filter(|(_, old, new)| old != new).collect()
    }

    /// Added parties, extensions, and the facts of users and teams.
    pub fn people(&mut self) {
        let (old, new) = (self.old, self.new);
        for user in new.users.iter().filter(|user| old.user(user.party).is_none()) {
            self.push(Change::ImportUser { name: self.name(user.party), lines: Vec::new() });
        }
        for team in new.teams.iter().filter(|team| old.team(team.party).is_none()) {
            self.push(Change::AddTeam { name: self.name(team.party), lines: Vec::new() });
        }
        for station in new.stations.iter().filter(|station| old.kind(station.party).is_none()) {
            let name = self.name(station.party);
            self.push(match station.kind {
                Kind::Device => Change::AddDevice { name },
                _ => Change::AddLocation { name },
            });
        }
        for contact in new.contacts.iter().filter(|contact| old.contact(contact.party).is_none()) {
            self.push(Change::AddContact { address: self.name(contact.party) });
        }
        for (party, _, lines) in self.lines() {
            self.push(Change::SetLines { party: self.text(party), lines: lines.to_vec() });
        }
        let fresh = new.users.iter().map(|user| (user.party, &user.lines));
        let fresh = fresh.chain(new.teams.iter().map(|team| (team.party, &team.lines)));
        for (party, lines) in fresh.filter(|(party, lines)| old.kind(*party).is_none() && !lines.is_empty()) {
            self.push(Change::SetLines { party: self.text(party), lines: lines.clone() });
        }
        new.teams.iter().for_each(|team| self.pascom_team(team));
        for user in &new.users {
            let old = old.user(user.party);
            self.xphone_user(old, user);
            self.estos_user(old, user);
            self.keevio_user(old, user);
            self.linewarden_user(old, user);
        }
    }
}
