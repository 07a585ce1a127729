//! The difference of estos' facts as changes: release, private lines, global authorization, groups, grants. It must never look at
//! another system's facts.
#![forbid(unsafe_code)]

use crate::policy::User;
use crate::policy::change::delta::{Delta, by_name};
use crate::policy::change::{Change, List};
use crate::system::estos::Grant;

impl Delta<'_> {
    /// Release and private lines of a user.
    pub fn estos_user(&mut self, old: Option<&User>, new: &User) {
        let user = self.name(new.party);
        if old.map(|old| old.estos.release).unwrap_or_default() != new.estos.release {
            self.push(Change::SetRelease { user: user.clone(), release: new.estos.release });
        }
        let private = |user: &User, line: &String| user.estos.private_lines.contains(line);
        for line in &new.lines {
            let (held, on) = (old.is_some_and(|old| private(old, line)), private(new, line));
            if held != on {
                self.push(Change::SetPrivateLine { user: user.clone(), line: line.clone(), on });
            }
        }
    }

    pub fn estos(&mut self) {
        let (old, new) = (&self.old.estos, &self.new.estos);
        if old.global != new.global {
            self.push(new.global.map_or(Change::ClearAuthorization {}, |grant| Change::SetAuthorization { grant }));
        }
        if old.users_may_grant != new.users_may_grant {
            self.push(Change::SetUsersMayGrant { on: new.users_may_grant });
        }
        self.authorization_groups();
        self.federation();
        self.grants();
    }

    fn authorization_groups(&mut self) {
        let (old, new) = (&self.old.estos, &self.new.estos);
        let (held, kept) = (by_name(&old.groups, |group| &group.name), by_name(&new.groups, |group| &group.name));
        for name in held.keys().filter(|name| !kept.contains_key(*name)) {
            self.push(Change::RemoveAuthorizationGroup { name: (*name).into() });
        }
        for group in &new.groups {
            let held = held.get(group.name.as_str()).copied();
            let name = || group.name.clone();
            if held.is_none() {
                self.push(Change::AddAuthorizationGroup { name: name() });
            }
            let grant: Option<Grant> = held.and_then(|held| held.grant);
            if grant != group.grant {
                self.push(match group.grant {
                    Some(grant) => Change::SetGroupGrant { group: name(), grant },
                    None => Change::ClearGroupGrant { group: name() },
                });
            }
            if held.and_then(|held| held.leader_grant) != group.leader_grant {
                self.push(match group.leader_grant {
                    Some(grant) => Change::SetLeaderGrant { group: name(), grant },
                    None => Change::ClearLeaderGrant { group: name() },
                });
            }
            if held.is_none_or(|held| held.active) != group.active {
                self.push(Change::SetActive { group: name(), on: group.active });
            }
            self.members(List::AuthorizationGroup, &group.name, held.map_or(&[], |held| &held.members), &group.members);
            self.members(List::Leaders, &group.name, held.map_or(&[], |held| &held.leaders), &group.leaders);
        }
    }

    fn federation(&mut self) {
        let (old, new) = (&self.old.estos.federation, &self.new.estos.federation);
        for pattern in old.keys().filter(|pattern| !new.contains_key(*pattern)) {
            self.push(Change::ClearFederation { pattern: pattern.clone() });
        }
        for (pattern, entry) in new {
            if old.get(pattern).map(|held| held.maximum) != Some(entry.maximum) {
                self.push(Change::SetFederation { pattern: pattern.clone(), maximum: entry.maximum });
            }
        }
    }

    /// The owners' grants and the administrator's grants to single viewers.
    fn grants(&mut self) {
        for user in &self.new.users {
            let old = self.old.user(user.party);
            for own in old.map_or(&[][..], |old| &old.estos.grants) {
                if self.new.kind(own.viewer).is_some() && user.estos.grant(own.viewer).is_none() {
                    let (owner, viewer) = (self.name(user.party), self.text(own.viewer));
                    self.push(Change::ClearGrant { owner, viewer });
                }
            }
            for own in &user.estos.grants {
                if old.and_then(|old| old.estos.grant(own.viewer)).map(|held| held.grant) != Some(own.grant) {
                    let (owner, viewer) = (self.name(user.party), self.text(own.viewer));
                    self.push(Change::SetGrant { owner, viewer, grant: own.grant });
                }
            }
            for given in old.map_or(&[][..], |old| &old.estos.administrative) {
                if self.new.kind(given.viewer).is_some() && user.estos.administrative_grant(given.viewer).is_none() {
                    let (owner, viewer) = (self.name(user.party), self.text(given.viewer));
                    self.push(Change::ClearAdministrativeGrant { owner, viewer });
                }
            }
            for given in &user.estos.administrative {
                let held = old.and_then(|old| old.estos.administrative_grant(given.viewer)).map(|held| held.grant);
                if held != Some(given.grant) {
                    let (owner, viewer) = (self.name(user.party), self.text(given.viewer));
                    self.push(Change::SetAdministrativeGrant { owner, viewer, grant: given.grant });
                }
            }
        }
    }
}
