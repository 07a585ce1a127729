//! The sources of one question, system by system, in the order the evaluation looks at them.
#![forbid(unsafe_code)]

use super::{Answered, Reason, Source};
use crate::id::{Kind, Line, Party};
use crate::image::check::Piece;
use crate::right::{Right, RightSet};
use crate::rule::{Origin, Side};
use crate::system::estos::{self, Grant, Level};
use crate::system::pascom::{Permission, RoleType};
use crate::system::xphone::{Label, TransferRole};
use crate::system::{System, keevio};

/// A source before it is known whether it decides.
struct Draft {
    system: Option<System>,
    reason: Reason,
    what: String,
    level: String,
    line: Line,
    /// What it gives.
    rights: RightSet,
}

impl Answered<'_> {
    /// Every source that was looked at, in order; the first that gives the right decides.
    pub(super) fn sources(&self) -> Vec<Source> {
        let mut drafts = Vec::new();
        self.oneself(&mut drafts);
        let systems = self.domain.systems;
        let is_user = self.domain.kind(self.question.target) == Some(Kind::User);
        let other = self.actor != self.question.target;
        if systems.has(System::Xphone) && is_user && other {
            self.xphone(&mut drafts);
        }
        if systems.has(System::Estos) && is_user && other {
            self.estos(&mut drafts);
        }
        if systems.has(System::Pascom) && self.kind == Kind::User {
            self.pascom(&mut drafts);
        }
        if systems.has(System::Keevio) && other {
            self.keevio(&mut drafts);
        }
        self.relation(&mut drafts);
        let right = self.question.right;
        let allowed = self.allowed();
        let mut decided = false;
        let finish = |draft: Draft| {
            let gives = allowed && draft.rights.has(right);
            let decides = gives && !decided;
            decided |= decides;
            let cell = draft.system.map_or_else(String::new, |system| self.cell(system));
            Source {
                system: draft.system,
                what: draft.what,
                place: self.place(draft.line),
                level: draft.level,
                cell,
                gives,
                decides,
                reason: draft.reason,
                line: draft.line,
            }
        };
        drafts.into_iter().map(finish).collect()
    }

    /// Who has the right by the system's matrix.
    fn cell(&self, system: System) -> String {
        let right = self.question.right;
        let inside = self.kind == Kind::User;
        let (words, of): (Vec<&str>, &str) = match system {
            System::Xphone => {
                let matrix = &self.domain.xphone.matrix;
                let has = Label::ALL.iter().filter(|label| matrix.rights(**label, inside).has(right));
                (has.map(|label| label.word()).collect(), "labels")
            }
            System::Estos => {
                let tables = &self.domain.estos.tables;
                let has = Level::ALL.iter().filter(|level| tables.rights(**level, inside).has(right));
                (has.map(|level| level.word()).collect(), "levels")
            }
            System::Pascom | System::Keevio => return String::new(),
        };
        if words.is_empty() { format!("{right}: no {of}") } else { format!("{right}: {of} {}", words.join(", ")) }
    }

    fn oneself(&self, drafts: &mut Vec<Draft>) {
        for piece in &self.pieces {
            if let Piece::Oneself(rights) = piece {
                drafts.push(Draft {
                    system: None,
                    reason: Reason::Oneself,
                    what: "towards oneself".into(),
                    level: String::new(),
                    line: Line::default(),
                    rights: *rights,
                });
            }
        }
    }

    fn xphone(&self, drafts: &mut Vec<Draft>) {
        let owner = self.domain.user(self.question.target);
        let label_in_force = self.pieces.iter().find_map(|piece| match piece {
            Piece::Label(label, rights) => Some((*label, *rights)),
            _ => None,
        });
        let mut draft = |reason, what: String, label: u8, line: Line| {
            // A candidate below the label in force is looked at, but gives nothing.
            let rights =
                label_in_force.filter(|(in_force, _)| *in_force == label).map_or(RightSet::EMPTY, |(_, set)| set);
            let level = Label::from_step(label).map_or("none", Label::word).into();
            drafts.push(Draft { system: Some(System::Xphone), reason, what, level, line, rights });
        };
        let own = owner.and_then(|owner| owner.xphone.setting(self.actor));
        if own.is_none() {
            draft(Reason::OwnSetting, "own setting of the target".into(), 0, Line::default());
        }
        let unknown = Label::Unknown as u8;
        for piece in &self.pieces {
            match *piece {
                Piece::OwnSetting(label) => {
                    let line = own.map_or(Line::default(), |own| own.line);
                    draft(Reason::OwnSetting, "own setting of the target".into(), label, line);
                }
                Piece::Vip => {
                    draft(
                        Reason::UnknownLabel,
                        "the target is a VIP".into(),
                        unknown,
                        owner.map_or(Line::default(), |user| user.line),
                    );
                }
                Piece::SameSite(label) => self.site_default("viewers of the same site", label, &mut draft),
                Piece::OtherSites(label) => self.site_default("viewers of other sites", label, &mut draft),
                Piece::Outside(label) => self.site_default("viewers outside", label, &mut draft),
                Piece::Assistant => {
                    let line = self.domain.user(self.actor).map_or(Line::default(), |user| user.line);
                    draft(Reason::Assistant, "the actor is flagged as assistant".into(), Label::Assistant as u8, line);
                }
                Piece::Transfer(label) => {
                    let consulted = label == TransferRole::Consulted.label() as u8;
                    let what = if consulted { "the actor is consulted" } else { "the actor transfers" };
                    draft(Reason::Transfer, format!("{what} in a transfer"), label, Line::default());
                }
                Piece::NoLabel => {
                    draft(Reason::UnknownLabel, "no relationship applies".into(), unknown, Line::default());
                }
                Piece::Group(key, outcome) if outcome.label != 0 => {
                    let (reason, what, line) = self.group_words(key);
                    draft(reason, what, outcome.label, line);
                }
                _ => {}
            }
        }
    }

    fn site_default(&self, whom: &str, label: u8, draft: &mut impl FnMut(Reason, String, u8, Line)) {
        let person = self.domain.user(self.question.target).map(|user| &user.xphone);
        let site = person.and_then(|person| self.domain.xphone.sites.get(usize::from(person.site?)));
        let group = person.and_then(|person| site?.groups.get(usize::from(person.group?)));
        let (what, line) = match (site, group) {
            (Some(site), Some(group)) => {
                (format!("default of group `{}` of site `{}`", group.name, site.name), group.line)
            }
            (Some(site), None) => (format!("default of site `{}`", site.name), site.line),
            (None, _) => ("default: the target has no site".to_string(), Line::default()),
        };
        draft(Reason::SiteDefault, format!("{what} for {whom}"), label, line);
    }

    /// Reason, words and line of a group rule.
    fn group_words(&self, key: u32) -> (Reason, String, Line) {
        let side = |side| match side {
            Side::Observers => "observers",
            Side::Members => "members",
        };
        let xphone = &self.domain.xphone;
        let words =
            match self.origin(key) {
                Some(Origin::Workgroup(place)) => xphone
                    .workgroups
                    .get(place as usize)
                    .map(|group| (Reason::Workgroup, format!("workgroup `{}`", group.name), group.line)),
                Some(Origin::MonitoringGroup(place, from, to)) => {
                    xphone.monitoring_groups.get(place as usize).map(|group| {
                        let what = format!("monitoring group `{}`, {} to {}", group.name, side(from), side(to));
                        (Reason::MonitoringGroup, what, group.line)
                    })
                }
                Some(Origin::AuthorizationGroup(place)) => self.domain.estos.groups.get(place as usize).map(|group| {
                    (Reason::AuthorizationGroup, format!("authorization group `{}`", group.name), group.line)
                }),
                Some(Origin::Leaders(place) | Origin::LeadersFixed(place)) => {
                    self.domain.estos.groups.get(place as usize).map(|group| {
                        (Reason::GroupLeader, format!("leader of authorization group `{}`", group.name), group.line)
                    })
                }
                Some(Origin::Permission(place)) => {
                    self.domain.pascom.permissions.get(place as usize).map(|permission| {
                        (Reason::Permission, format!("permission `{}`", permission.name), permission.line)
                    })
                }
                Some(Origin::Realm(_)) => Some((Reason::Realm, "permission realm".to_string(), Line::default())),
                None => None,
            };
        words.unwrap_or((Reason::NotGranted, "a group".into(), Line::default()))
    }

    fn estos(&self, drafts: &mut Vec<Draft>) {
        let withheld = self.pieces.iter().find_map(|piece| match piece {
            Piece::Withheld(rights) => Some(*rights),
            _ => None,
        });
        let withheld = withheld.unwrap_or(RightSet::EMPTY);
        let mut draft = |reason, what: String, level: String, line: Line, rights: RightSet| {
            let rights = estos::complete(rights).without(withheld);
            drafts.push(Draft { system: Some(System::Estos), reason, what, level, line, rights });
        };
        let estos = &self.domain.estos;
        for piece in &self.pieces {
            match *piece {
                Piece::Global(rights, _) => {
                    let level = grant_words(estos.global);
                    draft(Reason::GlobalAuthorization, "global preset".into(), level, estos.global_line, rights);
                }
                Piece::Group(key, outcome) if !outcome.graded.is_empty() => {
                    let (reason, what, line) = self.group_words(key);
                    let group = match self.origin(key) {
                        Some(Origin::AuthorizationGroup(place)) => {
                            estos.groups.get(place as usize).map(|group| group.grant)
                        }
                        Some(Origin::Leaders(place)) => {
                            estos.groups.get(place as usize).map(|group| group.leader_grant)
                        }
                        _ => None,
                    };
                    draft(reason, what, grant_words(group.flatten()), line, outcome.graded);
                }
                Piece::Cell(graded, _) => {
                    let own = self.domain.user(self.question.target).and_then(|owner| owner.estos.grant(self.actor));
                    let line = own.map_or(Line::default(), |own| own.line);
                    let mut level = grant_words(own.map(|own| own.grant));
                    if let Some(contact) = self.domain.contact(self.actor).filter(|_| own.is_some()) {
                        level = match estos.federation(&contact.host) {
                            Some(entry) => format!("{level}, at most {} for `{}`", entry.maximum.word(), entry.pattern),
                            None => format!("{level}, but `{}` has no domain authorization", contact.host),
                        };
                    }
                    draft(Reason::OwnGrant, "own grant of the target".into(), level, line, graded);
                }
                _ => {}
            }
        }
        if withheld.bits() & self.question.right.mask().bits() != 0 {
            let release = self.domain.user(self.question.target).map(|owner| (owner.estos.release.word(), owner.line));
            let (word, line) = release.unwrap_or(("nothing", Line::default()));
            let what = "calendar release of the target".to_string();
            draft(Reason::NotGranted, what, format!("{word}: withholds it"), line, RightSet::EMPTY);
        }
    }

    fn pascom(&self, drafts: &mut Vec<Draft>) {
        let (right, target) = (self.question.right, self.question.target);
        let Some(kind) = self.domain.kind(target) else { return };
        let pascom = &self.domain.pascom;
        let mut draft = |reason, what: String, level: String, line: Line, rights: RightSet| {
            drafts.push(Draft { system: Some(System::Pascom), reason, what, level, line, rights });
        };
        let wanted = right.mask().bits();
        for permission in &pascom.permissions {
            let what = format!("permission `{}`", permission.name);
            for role_type in permission.types.iter() {
                let shared = pascom.shared_right(role_type, kind);
                let acting = role_type.actor_right().map_or(RightSet::EMPTY, Right::mask);
                let concerns = match kind {
                    Kind::User if role_type == RoleType::ProfilePersonal => self.actor == target,
                    Kind::User => true,
                    _ => acting.is_empty(),
                };
                if !concerns || (shared | acting).bits() & wanted == 0 {
                    continue;
                }
                let holds_actor = permission.holds(Kind::User, self.actor);
                let holds_target = permission.holds(kind, target);
                let level = membership_words(permission, role_type, holds_actor, holds_target, !acting.is_empty());
                let mut rights = if holds_actor && holds_target { shared } else { RightSet::EMPTY };
                if holds_actor {
                    rights |= acting;
                }
                draft(Reason::Permission, what.clone(), level, permission.line, rights);
            }
        }
        let open = match kind {
            Kind::User | Kind::Team if right.mask().bits() & Right::CALL_PICKUP.mask().bits() != 0 => {
                Some((RoleType::PickupGroup, self.domain.pickup_is_open(), Right::CALL_PICKUP))
            }
            Kind::Location if right == Right::LOCATION_LOGIN => {
                Some((RoleType::LocationGroup, self.domain.login_is_open(), Right::LOCATION_LOGIN))
            }
            _ => None,
        };
        if let Some((role_type, is_open, gives)) = open {
            let level = match (is_open, pascom.carries(role_type)) {
                (true, _) => "open: no permission carries it yet".to_string(),
                (false, true) => "closed: a permission carries it".to_string(),
                (false, false) => "not open: another system of the domain covers the right".to_string(),
            };
            let rights = if is_open { gives.mask() } else { RightSet::EMPTY };
            draft(Reason::OpenDefault, format!("default of `{}`", role_type.word()), level, Line::default(), rights);
        }
    }

    fn keevio(&self, drafts: &mut Vec<Draft>) {
        let keevio = &self.domain.keevio;
        let target = self.question.target;
        let mut draft = |reason, what: &str, level: String, line: Line, rights: RightSet| {
            drafts.push(Draft { system: Some(System::Keevio), reason, what: what.into(), level, line, rights });
        };
        if keevio.realm {
            let realm = |party: Party| self.domain.user(party).and_then(|user| user.keevio.realm());
            let (mine, theirs) = (realm(self.actor), realm(target));
            let same = mine.is_some() && mine == theirs;
            let level = if same { "the same for both" } else { "not shared" };
            let rights = if same { keevio::realm_rights() } else { RightSet::EMPTY };
            draft(Reason::Realm, "permission realm", level.into(), Line::default(), rights);
        }
        let entry = |viewer, owner| keevio.subscriptions.get(&(viewer, owner));
        let (own, other) = (entry(self.actor, target), entry(target, self.actor));
        let word = |entry: Option<&keevio::Subscription>| entry.map_or("none", |entry| entry.state.word());
        let line = own.or(other).map_or(Line::default(), |entry| entry.line);
        let level = format!("{}, the target's to the actor {}", word(own), word(other));
        draft(Reason::Subscription, "subscription to the target", level, line, keevio.rights(self.actor, target));
    }

    fn relation(&self, drafts: &mut Vec<Draft>) {
        const RELATIONS: RightSet =
            RightSet::of(&[Right::RELATION_ASK, Right::RELATION_ANSWER, Right::RELATION_CHANGE]);
        if !RELATIONS.contains(self.question.right.mask()) {
            return;
        }
        for piece in &self.pieces {
            let (level, rights) = match piece {
                Piece::Fixed => ("the administrator gave the target single rights", RightSet::EMPTY),
                Piece::Relation(rights) => ("changes the domain's systems allow", *rights),
                _ => continue,
            };
            drafts.push(Draft {
                system: None,
                reason: Reason::RelationRule,
                what: "changes of relations".into(),
                level: level.into(),
                line: Line::default(),
                rights,
            });
        }
    }
}

/// A grant in a word.
pub(super) fn grant_words(grant: Option<Grant>) -> String {
    match grant {
        None => "none".into(),
        Some(Grant::Level(level)) => level.word().into(),
        Some(Grant::Rights(rights)) => format!("single rights {}", rights.names().join(", ")),
    }
}

fn membership_words(
    permission: &Permission,
    role_type: RoleType,
    holds_actor: bool,
    holds_target: bool,
    actor_alone: bool,
) -> String {
    let holds = match (holds_actor, holds_target) {
        (true, _) if actor_alone => "holds the actor",
        (false, _) if actor_alone => "does not hold the actor",
        (true, true) => "holds both",
        (true, false) => "does not hold the target",
        (false, true) => "does not hold the actor",
        (false, false) => "holds neither",
    };
    let automatic = if permission.automatic.users { ", users automatic" } else { "" };
    format!("`{}` {holds}{automatic}", role_type.word())
}
