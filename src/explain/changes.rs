//! What would make a no a yes: likely changes, smallest first, each tried in a world of two before it is suggested.
#![forbid(unsafe_code)]

use super::mini::Mini;
use super::sources::grant_words;
use super::{Answered, Suggestion};
use crate::id::{Kind, Line, Party};
use crate::image::check::Piece;
use crate::policy::change::{Change, List, Scope};
use crate::right::Right;
use crate::rule::Origin;
use crate::system::System;
use crate::system::estos::{Grant, Level, Release};
use crate::system::keevio::State;
use crate::system::pascom::RoleType;
use crate::system::xphone::Label;

/// Suggestions of one answer at most: the rest would be noise.
const MOST: usize = 8;

/// One change, or several that belong together.
trait Edit {
    fn changes(self) -> Vec<Change>;
}

impl Edit for Change {
    fn changes(self) -> Vec<Change> {
        vec![self]
    }
}

impl Edit for Vec<Change> {
    fn changes(self) -> Vec<Change> {
        self
    }
}

impl Answered<'_> {
    /// The changes that would each turn the answer into a yes.
    pub(super) fn changes(&self) -> Vec<Suggestion> {
        let Ok(mini) = Mini::new(self) else { return Vec::new() };
        let mut likely = Vec::new();
        let systems = self.domain.systems;
        let is_user = self.domain.kind(self.question.target) == Some(Kind::User);
        let known = self.actor != Party::NOBODY && self.actor != self.question.target;
        if systems.has(System::Xphone) && is_user && known {
            self.xphone_changes(&mut likely);
        }
        if systems.has(System::Estos) && is_user && known {
            self.estos_changes(&mut likely);
        }
        if systems.has(System::Pascom) && self.kind == Kind::User {
            self.pascom_changes(&mut likely);
        }
        if systems.has(System::Keevio) && known {
            self.keevio_changes(&mut likely);
        }
        if systems.has(System::Estos) && !self.domain.estos.users_may_grant {
            let edit = Change::SetUsersMayGrant { on: true };
            likely.push(self.suggestion("users_may_grant = true", Line::default(), edit));
        }
        likely.retain(|suggestion| mini.flips(&suggestion.edit, self.question.right));
        likely.truncate(MOST);
        likely
    }

    fn suggestion(&self, change: impl Into<String>, line: Line, edit: impl Edit) -> Suggestion {
        let place = if line == Line::default() { self.domain.file.to_string() } else { self.place(line) };
        Suggestion { change: change.into(), place, edit: edit.changes() }
    }

    fn named(&self, party: Party) -> String {
        self.question.names.text(party)
    }

    /// A name for a new permission that none bears yet.
    fn free_name(&self, wanted: &str) -> String {
        let taken = |name: &String| self.domain.pascom.permissions.iter().any(|permission| permission.name == *name);
        let more = (2..u32::MAX).map(|number| format!("{wanted} {number}"));
        std::iter::once(wanted.to_owned()).chain(more).find(|name| !taken(name)).unwrap_or_default()
    }

    fn xphone_changes(&self, likely: &mut Vec<Suggestion>) {
        let (owner, viewer) = (self.question.target, self.actor);
        let inside = self.kind == Kind::User;
        let matrix = &self.domain.xphone.matrix;
        let offered = if inside { Label::FOR_INSIDERS } else { Label::FOR_OUTSIDERS };
        let least = |offered: &[Label]| {
            offered.iter().copied().find(|label| matrix.rights(*label, inside).has(self.question.right))
        };
        let Some(person) = self.domain.user(owner).map(|user| &user.xphone) else { return };
        let own = person.setting(viewer);
        let who = format!("{} for {}", self.named(owner), self.named(viewer));
        if let Some(label) = least(offered) {
            let edit = Change::SetRelationship { owner: self.named(owner), viewer: self.named(viewer), label };
            let text = match own {
                Some(own) => format!("own setting of {who}: {} -> {}", own.label.word(), label.word()),
                None => format!("own setting of {who}: {}", label.word()),
            };
            likely.push(self.suggestion(text, own.map_or(Line::default(), |own| own.line), edit));
        }
        if let Some(own) = own {
            let edit = Change::ClearRelationship { owner: self.named(owner), viewer: self.named(viewer) };
            likely.push(self.suggestion(format!("remove the own setting of {who}"), own.line, edit));
            return;
        }
        let Some(label) = least(Label::FOR_GROUPS) else { return };
        for piece in self.pieces.iter() {
            match *piece {
                Piece::Group(key, _) => {
                    let Some(Origin::Workgroup(place)) = self.origin(key) else { continue };
                    let Some(group) = self.domain.xphone.workgroups.get(place as usize) else { continue };
                    let text =
                        format!("level of workgroup `{}`: {} -> {}", group.name, group.label.word(), label.word());
                    let edit = Change::SetWorkgroup { name: group.name.clone(), label };
                    likely.push(self.suggestion(text, group.line, edit));
                }
                Piece::SameSite(_) => self.default_change(Scope::SameSite, least(offered), likely),
                Piece::OtherSites(_) => self.default_change(Scope::OtherSites, least(offered), likely),
                Piece::Outside(_) => self.default_change(Scope::Outside, least(offered), likely),
                _ => {}
            }
        }
    }

    fn default_change(&self, scope: Scope, label: Option<Label>, likely: &mut Vec<Suggestion>) {
        let Some(person) = self.domain.user(self.question.target).map(|user| &user.xphone) else { return };
        let (Some(site), Some(label), Some(now)) = (person.site, label, self.domain.xphone.defaults(person)) else {
            return;
        };
        let Some(entry) = self.domain.xphone.sites.get(usize::from(site)) else { return };
        let (key, now) = match scope {
            Scope::SameSite => ("same_site", now.same_site),
            Scope::OtherSites => ("other_sites", now.other_sites),
            Scope::Outside => ("outside", now.outside),
        };
        let group = person.group.and_then(|group| Some((group, entry.groups.get(usize::from(group))?)));
        let (name, line) = match group {
            Some((_, group)) => (format!("group `{}` of site `{}`", group.name, entry.name), group.line),
            None => (format!("site `{}`", entry.name), entry.line),
        };
        let text = format!("{key} of {name}: {} -> {}", now.word(), label.word());
        let site = entry.name.clone();
        let edit = match group {
            Some((_, group)) => Change::SetGroupDefault { site, group: group.name.clone(), scope, label },
            None => Change::SetDefault { site, scope, label },
        };
        likely.push(self.suggestion(text, line, edit));
    }

    fn estos_changes(&self, likely: &mut Vec<Suggestion>) {
        let (owner, viewer, right) = (self.question.target, self.actor, self.question.right);
        let estos = &self.domain.estos;
        let Some(person) = self.domain.user(owner).map(|user| &user.estos) else { return };
        let own = person.grant(viewer);
        let now = grant_words(own.map(|own| own.grant));
        let line = own.map_or(Line::default(), |own| own.line);
        let who = format!("{} to {}", self.named(owner), self.named(viewer));
        let host = self.domain.contact(viewer).map(|contact| &*contact.host);
        let gives = |level: Level| match host {
            Some(host) => estos.rights_of_contact(Grant::Level(level), host),
            None => estos.rights(Grant::Level(level)),
        };
        let least = Level::ALL.iter().copied().find(|level| gives(*level).has(right));
        let mut grants: Vec<Grant> = least.map(Grant::Level).into_iter().collect();
        if estos.tables.single_rights().contains(right.mask()) {
            let held = match own.map(|own| own.grant) {
                Some(Grant::Rights(held)) => Some(held),
                None => Some(Default::default()),
                Some(Grant::Level(_)) => None,
            };
            grants.extend(held.map(|held| Grant::Rights(held | right.mask())));
        }
        for grant in grants {
            let edit = Change::SetGrant { owner: self.named(owner), viewer: self.named(viewer), grant };
            let text = format!("own grant of {who}: {now} -> {}", grant_words(Some(grant)));
            likely.push(self.suggestion(text, line, edit));
        }
        if let Some(given) = person.administrative_grant(viewer) {
            let more = match given.grant {
                Grant::Level(_) => least.map(Grant::Level),
                Grant::Rights(held) => Some(Grant::Rights(held | (right.mask() & estos.tables.single_rights()))),
            };
            if let Some(grant) = more {
                let (now, new) = (grant_words(Some(given.grant)), grant_words(Some(grant)));
                let edit =
                    Change::SetAdministrativeGrant { owner: self.named(owner), viewer: self.named(viewer), grant };
                likely.push(self.suggestion(
                    format!("administrative grant of {who}: {now} -> {new}"),
                    given.line,
                    edit,
                ));
            }
        }
        let back = self.domain.user(viewer).and_then(|user| user.estos.administrative_grant(owner));
        if let Some(given) = back.filter(|given| matches!(given.grant, Grant::Rights(_))) {
            let text = format!("remove the administrative grant of {} to {}", self.named(viewer), self.named(owner));
            let edit = Change::ClearAdministrativeGrant { owner: self.named(viewer), viewer: self.named(owner) };
            likely.push(self.suggestion(text, given.line, edit));
        }
        for piece in self.pieces.iter() {
            let Piece::Group(key, _) = piece else { continue };
            let Some(Origin::AuthorizationGroup(place)) = self.origin(*key) else { continue };
            let (Some(group), Some(level)) = (estos.groups.get(place as usize), least) else { continue };
            if let Some(Grant::Level(now)) = group.grant {
                let text = format!("level of authorization group `{}`: {} -> {}", group.name, now.word(), level.word());
                let edit = Change::SetGroupGrant { group: group.name.clone(), grant: Grant::Level(level) };
                likely.push(self.suggestion(text, group.line, edit));
            }
        }
        if let Some(release) = Release::ALL
            .iter()
            .copied()
            .find(|release| *release > person.release && release.withheld().bits() & right.mask().bits() == 0)
        {
            let text =
                format!("calendar_release of {}: {} -> {}", self.named(owner), person.release.word(), release.word());
            let line = self.domain.user(owner).map_or(Line::default(), |user| user.line);
            let edit = Change::SetRelease { user: self.named(owner), release };
            likely.push(self.suggestion(text, line, edit));
        }
        self.federation_change(host, likely);
    }

    fn federation_change(&self, host: Option<&str>, likely: &mut Vec<Suggestion>) {
        let Some(host) = host else { return };
        let estos = &self.domain.estos;
        let entry = estos.federation(host);
        let maximum = Level::ALL.iter().copied().find(|level| {
            let rights = estos.tables.rights(*level, false);
            let note = *level >= Level::Team || self.question.right != Right::NOTE_READ;
            rights.has(self.question.right) && note
        });
        let Some(maximum) = maximum else { return };
        let pattern = entry.map_or(host, |entry| &entry.pattern).to_string();
        let now = entry.map_or("none", |entry| entry.maximum.word());
        let text = format!("maximum of federation `{pattern}`: {now} -> {}", maximum.word());
        let line = entry.map_or(Line::default(), |entry| entry.line);
        likely.push(self.suggestion(text, line, Change::SetFederation { pattern, maximum }));
    }

    fn pascom_changes(&self, likely: &mut Vec<Suggestion>) {
        let (actor, target, wanted) = (self.actor, self.question.target, self.question.right.mask());
        let Some(kind) = self.domain.kind(target) else { return };
        let pascom = &self.domain.pascom;
        let gives = |role_type: RoleType| {
            let acting = role_type.actor_right().map_or(Default::default(), Right::mask);
            (pascom.shared_right(role_type, kind) | acting).contains(wanted)
        };
        let Some(role_type) = RoleType::ALL.iter().copied().find(|role_type| gives(*role_type)) else {
            if !pascom.show_numbers {
                likely.push(self.suggestion(
                    "show_numbers = true",
                    Line::default(),
                    Change::SetShowNumbers { on: true },
                ));
            }
            return;
        };
        let alone = role_type.actor_right().is_some();
        let mut found = Vec::new();
        for permission in pascom.permissions.iter().filter(|entry| entry.types.has(role_type)) {
            let mut missing = Vec::new();
            if !permission.holds(Kind::User, actor) {
                missing.push(actor);
            }
            if !alone && !permission.holds(kind, target) && !missing.contains(&target) {
                missing.push(target);
            }
            let names: Vec<_> = missing.iter().map(|party| self.named(*party)).collect();
            let text = format!("add {} to permission `{}`", names.join(" and "), permission.name);
            let (list, of) = (List::Permission, permission.name.clone());
            let edit = Change::AddMember { list, of, parties: names };
            found.push((missing.len(), self.suggestion(text, permission.line, edit)));
        }
        found.sort_by_key(|(missing, _)| *missing);
        likely.extend(found.into_iter().map(|(_, suggestion)| suggestion));
        if !pascom.carries(role_type) {
            let parties = if alone || actor == target { vec![actor] } else { vec![actor, target] };
            let names: Vec<_> = parties.iter().map(|party| self.named(*party)).collect();
            let text = format!("add a permission with `{}` that holds {}", role_type.word(), names.join(" and "));
            let name = self.free_name(role_type.word());
            let edit = vec![
                Change::AddPermission { name: name.clone() },
                Change::AddRoleType { permission: name.clone(), role_type },
                Change::AddMember { list: List::Permission, of: name, parties: names },
            ];
            likely.push(self.suggestion(text, Line::default(), edit));
        }
    }

    fn keevio_changes(&self, likely: &mut Vec<Suggestion>) {
        let (viewer, owner) = (self.actor, self.question.target);
        let line = self.domain.keevio.subscriptions.get(&(viewer, owner)).map_or(Line::default(), |entry| entry.line);
        let text = |viewer, owner, word: &str| {
            format!("subscription of {} to {}: {word}", self.named(viewer), self.named(owner))
        };
        for state in [State::Pending, State::Granted] {
            let edit = Change::SetSubscription { viewer: self.named(viewer), owner: self.named(owner), state };
            likely.push(self.suggestion(text(viewer, owner, state.word()), line, edit));
        }
        let (back, state) = ((self.named(owner), self.named(viewer)), State::Granted);
        let edit = Change::SetSubscription { viewer: back.0, owner: back.1, state };
        likely.push(self.suggestion(text(owner, viewer, "granted"), Line::default(), edit));
    }
}
