//! The sources of one question, system by system, in the order of evaluation. It must never decide a right.
#![forbid(unsafe_code)]

use super::reason::of_group;
use super::{Answered, Reason, Source};
use crate::id::{Kind, Line, Party};
use crate::image::evaluate::check::TraceEvent;
use crate::policy::dated::Fact;
use crate::right::{Right, RightSet};
use crate::rule::{Origin, Side};
use crate::system::estos::{self, Grant, Level};
use crate::system::xphone::{Label, TransferRole};
use crate::system::{System, keevio};
use std::ops::ControlFlow;

/// A source before it is known whether it decides. Its words are built only when needed.
pub(super) struct LazySource<'a> {
    pub system: Option<System>,
    pub reason: Reason,
    pub line: Line,
    /// The rights it gives.
    pub rights: RightSet,
    /// Its kind and name, and the level it gives.
    pub words: &'a dyn Fn() -> (String, String),
}

/// Called with one source after another; it can stop early.
pub(super) type Visitor<'v> = dyn FnMut(LazySource<'_>) -> ControlFlow<()> + 'v;

impl Answered<'_> {
    /// Every source, in order; the first that gives the right decides.
    pub(super) fn sources(&self) -> Vec<Source> {
        let right = self.question.right;
        let allowed = self.allowed();
        let mut sources = Vec::new();
        let mut decided = false;
        let _ = self.visit(&mut |source| {
            let gives = allowed && source.rights.has(right);
            let decides = gives && !decided;
            decided |= decides;
            let (what, level) = (source.words)();
            sources.push(Source {
                system: source.system,
                what,
                place: self.place(source.line),
                level,
                cell: source.system.map_or_else(String::new, |system| self.cell(system, gives)),
                gives,
                decides,
                reason: source.reason,
            });
            ControlFlow::Continue(())
        });
        if !decided && self.domain.systems.has(System::Linewarden) {
            self.missed_rules(&mut sources);
        }
        sources
    }

    /// The line of the deciding source; builds no words.
    pub fn line(&self) -> Line {
        let mut deciding = Line::default();
        if self.allowed() {
            let _ = self.visit(&mut |source| {
                if !source.rights.has(self.question.right) {
                    return ControlFlow::Continue(());
                }
                deciding = source.line;
                ControlFlow::Break(())
            });
        }
        deciding
    }

    /// Whether the sources of other systems give the right too.
    pub(super) fn gives_without(&self, system: System) -> bool {
        let mut given = RightSet::EMPTY;
        let _ = self.visit(&mut |source| {
            if source.system != Some(system) {
                given |= source.rights;
            }
            ControlFlow::Continue(())
        });
        estos::complete(given).has(self.question.right)
    }

    fn visit(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        self.oneself(visitor)?;
        let systems = self.domain.systems;
        let is_user = self.domain.kind(self.question.target) == Some(Kind::User);
        let other = self.actor != self.question.target;
        if systems.has(System::Xphone) && is_user && other {
            self.xphone(visitor)?;
        }
        if systems.has(System::Estos) && is_user && other {
            self.estos(visitor)?;
        }
        if systems.has(System::Pascom) && self.kind == Kind::User {
            self.pascom(visitor)?;
        }
        if systems.has(System::Keevio) && other {
            self.keevio(visitor)?;
        }
        if systems.has(System::Linewarden) {
            self.linewarden(visitor)?;
        }
        self.relation(visitor)
    }

    /// The levels that have the right in the system's matrix. A right that no level has but a source gives is a single right.
    fn cell(&self, system: System, gives: bool) -> String {
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
            System::Pascom | System::Keevio | System::Linewarden => return String::new(),
        };
        match (words.is_empty(), gives) {
            (true, true) => format!("{right}: a single right"),
            (true, false) => format!("{right}: no {} has it", of.trim_end_matches('s')),
            (false, _) => format!("{right}: {of} {}", words.join(", ")),
        }
    }

    fn oneself(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        for event in self.events.iter() {
            if let TraceEvent::Oneself(rights) = event {
                visitor(LazySource {
                    system: None,
                    reason: Reason::Oneself,
                    line: Line::default(),
                    rights: *rights,
                    words: &|| ("towards oneself".into(), String::new()),
                })?;
            }
        }
        ControlFlow::Continue(())
    }

    fn xphone(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        let owner = self.domain.user(self.question.target);
        let label_in_force = self.events.iter().find_map(|event| match event {
            TraceEvent::Label(label, rights) => Some((*label, *rights)),
            _ => None,
        });
        let mut show = |reason, label: u8, line: Line, what: &dyn Fn() -> String| {
            // A label other than the one in force gives nothing.
            let rights =
                label_in_force.filter(|(in_force, _)| *in_force == label).map_or(RightSet::EMPTY, |(_, set)| set);
            let level = || Label::from_step(label).map_or("none", Label::word).into();
            visitor(LazySource { system: Some(System::Xphone), reason, line, rights, words: &|| (what(), level()) })
        };
        let own = owner.and_then(|owner| owner.xphone.setting(self.actor));
        let own_words = || "own setting of the target".into();
        let dated = self.domain.dated.iter().find(|dated| {
            matches!(dated.fact, Fact::Setting { owner, viewer, .. }
                if owner == self.question.target && viewer == self.actor)
        });
        let own_line = own.map(|own| own.line).or(dated.map(|dated| dated.line)).unwrap_or_default();
        if own.is_none() && dated.is_none() {
            show(Reason::OwnSetting, 0, Line::default(), &own_words)?;
        }
        let unknown = Label::Unknown as u8;
        for event in self.events.iter() {
            match *event {
                TraceEvent::OwnSetting(label) => {
                    show(Reason::OwnSetting, label, own_line, &own_words)?;
                }
                TraceEvent::DecidesAlone(label) => {
                    let line = owner.map_or(Line::default(), |user| user.line);
                    let lower = if label < unknown { ", and its own default is lower" } else { "" };
                    show(Reason::UnknownLabel, label, line, &|| format!("the target is a VIP{lower}"))?;
                }
                TraceEvent::SameSite(label) => self.site_default("viewers of the same site", label, &mut show)?,
                TraceEvent::OtherSites(label) => self.site_default("viewers of other sites", label, &mut show)?,
                TraceEvent::Outside(label) => self.site_default("viewers outside", label, &mut show)?,
                TraceEvent::Raised => {
                    let line = self.domain.user(self.actor).map_or(Line::default(), |user| user.line);
                    let what = || "the actor is flagged as assistant".into();
                    show(Reason::Assistant, Label::Assistant as u8, line, &what)?;
                }
                TraceEvent::Transfer(label) => {
                    let consulted = label == TransferRole::Consulted.label() as u8;
                    let part = if consulted { "is consulted" } else { "transfers" };
                    let what = || format!("the actor {part} in a transfer");
                    show(Reason::Transfer, label, Line::default(), &what)?;
                }
                TraceEvent::NoLabel => {
                    let what = || "no relationship applies".into();
                    show(Reason::UnknownLabel, unknown, Line::default(), &what)?;
                }
                TraceEvent::Group(key, outcome) if outcome.label != 0 => {
                    let (reason, line) = self.group(key);
                    show(reason, outcome.label, line, &|| self.group_words(key))?;
                }
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn site_default(
        &self,
        whom: &str,
        label: u8,
        show: &mut impl FnMut(Reason, u8, Line, &dyn Fn() -> String) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let person = self.domain.user(self.question.target).map(|user| &user.xphone);
        let site = person.and_then(|person| self.domain.xphone.sites.get(usize::from(person.site?)));
        let group = person.and_then(|person| site?.groups.get(usize::from(person.group?)));
        let line = group.map(|group| group.line).or(site.map(|site| site.line)).unwrap_or_default();
        show(Reason::SiteDefault, label, line, &|| match (site, group) {
            (Some(site), Some(group)) => {
                format!("default of group `{}` of site `{}` for {whom}", group.name, site.name)
            }
            (Some(site), None) => format!("default of site `{}` for {whom}", site.name),
            (None, _) => format!("default: the target has no site for {whom}"),
        })
    }

    /// Reason and line of a group rule.
    pub(super) fn group(&self, key: u32) -> (Reason, Line) {
        let Some(origin) = self.origin(key) else { return (Reason::NotGranted, Line::default()) };
        let (xphone, groups) = (&self.domain.xphone, &self.domain.estos.groups);
        let line = match origin {
            Origin::Workgroup(place) => xphone.workgroups.get(place as usize).map(|group| group.line),
            Origin::MonitoringGroup(place, ..) => xphone.monitoring_groups.get(place as usize).map(|group| group.line),
            Origin::AuthorizationGroup(place) | Origin::Leaders(place) | Origin::LeadersFixed(place) => {
                groups.get(place as usize).map(|group| group.line)
            }
            Origin::Permission(place) => {
                self.domain.pascom.permissions.get(place as usize).map(|permission| permission.line)
            }
            Origin::Rule(place) => self.domain.linewarden.rules.get(place as usize).map(|rule| rule.line),
            Origin::OwnSetting(place) | Origin::OwnGrant(place) | Origin::AdministrativeGrant(place) => {
                self.domain.dated.get(place as usize).map(|dated| dated.line)
            }
            Origin::Realm(_) | Origin::Team(_) => None,
        };
        (of_group(origin.sort()), line.unwrap_or_default())
    }

    /// The kind and name of a group rule.
    pub(super) fn group_words(&self, key: u32) -> String {
        let side = |side| match side {
            Side::Observers => "observers",
            Side::Members => "members",
        };
        let (xphone, groups) = (&self.domain.xphone, &self.domain.estos.groups);
        let words = match self.origin(key) {
            Some(Origin::Workgroup(place)) => {
                xphone.workgroups.get(place as usize).map(|group| format!("workgroup `{}`", group.name))
            }
            Some(Origin::MonitoringGroup(place, from, to)) => {
                let group = xphone.monitoring_groups.get(place as usize);
                group.map(|group| format!("monitoring group `{}`, {} to {}", group.name, side(from), side(to)))
            }
            Some(Origin::AuthorizationGroup(place)) => {
                groups.get(place as usize).map(|group| format!("authorization group `{}`", group.name))
            }
            Some(Origin::Leaders(place) | Origin::LeadersFixed(place)) => {
                groups.get(place as usize).map(|group| format!("leader of authorization group `{}`", group.name))
            }
            Some(Origin::Permission(place)) => {
                let permission = self.domain.pascom.permissions.get(place as usize);
                permission.map(|permission| format!("permission `{}`", permission.name))
            }
            Some(Origin::Realm(_)) => Some("permission realm".to_string()),
            Some(Origin::Rule(place)) => {
                self.domain.linewarden.rules.get(place as usize).map(|rule| format!("rule `{}`", rule.name))
            }
            Some(Origin::OwnSetting(_)) => Some("own setting of the target".into()),
            Some(Origin::OwnGrant(_)) => Some("own grant of the target".into()),
            Some(Origin::AdministrativeGrant(_)) => Some("grant by the administrator".into()),
            Some(Origin::Team(_)) | None => None,
        };
        words.unwrap_or_else(|| "a group".into())
    }

    fn estos(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        let (mut withheld, mut private) = (RightSet::EMPTY, RightSet::EMPTY);
        for event in self.events.iter() {
            match event {
                TraceEvent::Withheld(rights) => withheld = *rights,
                TraceEvent::LinesWithheld(rights) => private = *rights,
                _ => {}
            }
        }
        let withheld = withheld | private;
        let mut show = |reason, line: Line, rights: RightSet, words: &dyn Fn() -> (String, String)| {
            let rights = estos::complete(rights).without(withheld);
            visitor(LazySource { system: Some(System::Estos), reason, line, rights, words })
        };
        let estos = &self.domain.estos;
        for event in self.events.iter() {
            match *event {
                TraceEvent::Global(rights, _) => {
                    let words = || ("global preset".into(), grant_words(estos.global));
                    show(Reason::GlobalAuthorization, estos.global_line, rights, &words)?;
                }
                TraceEvent::Group(key, outcome) if !outcome.graded.is_empty() => {
                    let (reason, line) = self.group(key);
                    show(reason, line, outcome.graded, &|| {
                        let grant = match self.origin(key) {
                            Some(Origin::AuthorizationGroup(place)) => {
                                estos.groups.get(place as usize).map(|group| group.grant)
                            }
                            Some(Origin::Leaders(place)) => {
                                estos.groups.get(place as usize).map(|group| group.leader_grant)
                            }
                            _ => None,
                        };
                        (self.group_words(key), grant_words(grant.flatten()))
                    })?;
                }
                TraceEvent::PairEntry(graded, _) => {
                    let owner = self.domain.user(self.question.target).map(|owner| &owner.estos);
                    let own = owner.and_then(|owner| owner.grant(self.actor));
                    let mut rights = graded;
                    if let Some(given) = owner.and_then(|owner| owner.administrative_grant(self.actor)) {
                        // The pair's entry unites the two grants: split it again. Only users have both.
                        let words = || ("grant by the administrator".into(), grant_words(Some(given.grant)));
                        let administrative = graded & estos.rights(given.grant);
                        show(Reason::AdministrativeGrant, given.line, administrative, &words)?;
                        rights = graded & own.map_or(RightSet::EMPTY, |own| estos.rights(own.grant));
                    }
                    show(Reason::OwnGrant, own.map_or(Line::default(), |own| own.line), rights, &|| {
                        let mut level = grant_words(own.map(|own| own.grant));
                        if let Some(contact) = self.domain.contact(self.actor).filter(|_| own.is_some()) {
                            level = match estos.federation(&contact.host) {
                                Some((pattern, entry)) => {
                                    format!("{level}, at most {} for `{pattern}`", entry.maximum.word())
                                }
                                None => format!("{level}, but `{}` has no domain authorization", contact.host),
                            };
                        }
                        ("own grant of the target".into(), level)
                    })?;
                }
                _ => {}
            }
        }
        let wanted = self.question.right.mask().bits();
        if private.bits() & wanted != 0 {
            let owner = self.domain.user(self.question.target);
            let lines = || owner.map_or_else(String::new, |owner| owner.estos.private_lines.join(", "));
            let words = || ("private lines of the target".into(), format!("{}: the numbers are withheld", lines()));
            show(Reason::PrivateLine, owner.map_or(Line::default(), |owner| owner.line), RightSet::EMPTY, &words)?;
        }
        if withheld.without(private).bits() & wanted != 0 {
            let release = self.domain.user(self.question.target).map(|owner| (owner.estos.release.word(), owner.line));
            let (word, line) = release.unwrap_or(("nothing", Line::default()));
            let words = || ("calendar release of the target".into(), format!("{word}: withholds it"));
            show(Reason::NotGranted, line, RightSet::EMPTY, &words)?;
        }
        ControlFlow::Continue(())
    }

    fn keevio(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        let keevio = &self.domain.keevio;
        let target = self.question.target;
        let mut show = |reason, line: Line, rights: RightSet, words: &dyn Fn() -> (String, String)| {
            visitor(LazySource { system: Some(System::Keevio), reason, line, rights, words })
        };
        if keevio.realm {
            let realm = |party: Party| self.domain.user(party).and_then(|user| user.keevio.realm());
            let (mine, theirs) = (realm(self.actor), realm(target));
            let same = mine.is_some() && mine == theirs;
            let level = if same { "the same for both" } else { "not shared" };
            let rights = if same { keevio::realm_rights() } else { RightSet::EMPTY };
            show(Reason::Realm, Line::default(), rights, &|| ("permission realm".into(), level.into()))?;
        }
        let entry = |viewer, owner| keevio.subscriptions.get(&(viewer, owner));
        let (own, other) = (entry(self.actor, target), entry(target, self.actor));
        let line = own.or(other).map_or(Line::default(), |entry| entry.line);
        show(Reason::Subscription, line, keevio.rights(self.actor, target), &|| {
            let word = |entry: Option<&keevio::Subscription>| entry.map_or("none", |entry| entry.state.word());
            let level = format!("{}, the target's to the actor {}", word(own), word(other));
            ("subscription to the target".into(), level)
        })
    }

    fn relation(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        const RELATIONS: RightSet =
            RightSet::of(&[Right::RELATION_ASK, Right::RELATION_ANSWER, Right::RELATION_CHANGE]);
        if !RELATIONS.contains(self.question.right.mask()) {
            return ControlFlow::Continue(());
        }
        let given = self.domain.user(self.actor).and_then(|user| user.estos.administrative_grant(self.question.target));
        let single = given.filter(|given| matches!(given.grant, Grant::Rights(_))).map(|given| given.line);
        for event in self.events.iter() {
            let (level, line, rights) = match event {
                TraceEvent::Fixed => {
                    let line = single.unwrap_or_default();
                    ("the administrator gave the target single rights", line, RightSet::EMPTY)
                }
                TraceEvent::Relation(rights) => ("changes the domain's systems allow", Line::default(), *rights),
                _ => continue,
            };
            visitor(LazySource {
                system: None,
                reason: Reason::RelationRule,
                line,
                rights,
                words: &|| ("changes of relations".into(), level.into()),
            })?;
        }
        ControlFlow::Continue(())
    }
}

/// A grant in words.
pub(super) fn grant_words(grant: Option<Grant>) -> String {
    match grant {
        None => "none".into(),
        Some(Grant::Level(level)) => level.word().into(),
        Some(Grant::Rights(rights)) => format!("single rights {}", rights.shortest().join(", ")),
    }
}
