//! The sources of XPhone: own settings, defaults of sites, groups, flags and transfers. It must never decide a right.
#![forbid(unsafe_code)]

use super::{LazySource, Visitor, when_words};
use crate::explain::{Answered, Reason};
use crate::id::{Kind, Line};
use crate::image::evaluate::check::TraceEvent;
use crate::policy::dated::Fact;
use crate::right::RightSet;
use crate::rule::{Origin, Side};
use crate::system::System;
use crate::system::xphone::{Label, TransferRole};
use std::ops::ControlFlow;

impl Answered<'_> {
    pub(super) fn xphone(&self, visitor: &mut Visitor<'_>) -> ControlFlow<()> {
        let owner = self.domain.user(self.question.target);
        let label_in_force = self.events.iter().find_map(|event| match event {
            TraceEvent::Label(label, rights) => Some((*label, *rights)),
            _ => None,
        });
        let mut show = |reason, label: u8, line: Line, what: &dyn Fn() -> String, dates: &dyn Fn() -> String| {
            // A label other than the one in force gives nothing.
            let rights =
                label_in_force.filter(|(in_force, _)| *in_force == label).map_or(RightSet::EMPTY, |(_, set)| set);
            let words = || (what(), format!("{}{}", label_word(label), dates()));
            visitor(LazySource { system: Some(System::Xphone), reason, line, rights, words: &words, awaits: false })
        };
        let always = || String::new();
        let own = owner.and_then(|owner| owner.xphone.setting(self.actor));
        let own_words = || "own setting of the target".into();
        let dated = self.domain.dated.iter().find(|dated| {
            matches!(dated.fact, Fact::Setting { owner, viewer, .. }
                if owner == self.question.target && viewer == self.actor)
        });
        let own_line = own.map(|own| own.line).or(dated.map(|dated| dated.line)).unwrap_or_default();
        let own_dates = || dated.map_or_else(String::new, |dated| when_words(&[&dated.when], self.now()));
        if own.is_none() && dated.is_none() {
            show(Reason::OwnSetting, 0, Line::default(), &own_words, &always)?;
        }
        let unknown = Label::Unknown as u8;
        for event in self.events.iter() {
            match *event {
                TraceEvent::OwnSetting(label) => {
                    show(Reason::OwnSetting, label, own_line, &own_words, &own_dates)?;
                }
                TraceEvent::DecidesAlone(label) => {
                    let line = owner.map_or(Line::default(), |user| user.line);
                    let lower = if label < unknown { ", and its own default is lower" } else { "" };
                    show(Reason::UnknownLabel, label, line, &|| format!("the target is a VIP{lower}"), &always)?;
                }
                TraceEvent::SameSite(label) => self.site_default("viewers of the same site", label, &mut show)?,
                TraceEvent::OtherSites(label) => self.site_default("viewers of other sites", label, &mut show)?,
                TraceEvent::Outside(label) => self.site_default("viewers outside", label, &mut show)?,
                TraceEvent::Raised => {
                    let line = self.domain.user(self.actor).map_or(Line::default(), |user| user.line);
                    let what = || "the actor is flagged as assistant".into();
                    show(Reason::Assistant, Label::Assistant as u8, line, &what, &always)?;
                }
                TraceEvent::Transfer(label) => {
                    let consulted = label == TransferRole::Consulted.label() as u8;
                    let part = if consulted { "is consulted" } else { "transfers" };
                    let what = || format!("the actor {part} in a transfer");
                    show(Reason::Transfer, label, Line::default(), &what, &always)?;
                }
                TraceEvent::NoLabel => {
                    let what = || "no relationship applies".into();
                    show(Reason::UnknownLabel, unknown, Line::default(), &what, &always)?;
                }
                TraceEvent::Group(key, outcome) if outcome.label != 0 => {
                    let (reason, line) = self.group(key);
                    show(reason, outcome.label, line, &|| self.group_words(key), &|| self.until_words(key))?;
                }
                _ => {}
            }
        }
        self.not_now(System::Xphone, visitor, &|key| {
            let label = match self.origin(key)? {
                Origin::Workgroup(index) => self.domain.xphone.workgroups.get(index as usize)?.label,
                Origin::OwnSetting(_) => match dated?.fact {
                    Fact::Setting { label, .. } => label,
                    _ => return None,
                },
                _ => return None,
            };
            let gives = self.domain.xphone.matrix.rights(label, self.kind == Kind::User);
            Some((label.word().to_owned(), gives))
        })
    }

    fn site_default(
        &self,
        whom: &str,
        label: u8,
        show: &mut impl FnMut(Reason, u8, Line, &dyn Fn() -> String, &dyn Fn() -> String) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let person = self.domain.user(self.question.target).map(|user| &user.xphone);
        let site = person.and_then(|person| self.domain.xphone.sites.get(usize::from(person.site?)));
        let group = person.and_then(|person| site?.groups.get(usize::from(person.group?)));
        let line = group.map(|group| group.line).or(site.map(|site| site.line)).unwrap_or_default();
        let what = || match (site, group) {
            (Some(site), Some(group)) => {
                format!("default of group `{}` of site `{}` for {whom}", group.name, site.name)
            }
            (Some(site), None) => format!("default of site `{}` for {whom}", site.name),
            (None, _) => format!("default: the target has no site for {whom}"),
        };
        show(Reason::SiteDefault, label, line, &what, &|| String::new())
    }

    /// XPhone: the label in force.
    pub(in crate::explain) fn label(&self) -> Option<Label> {
        self.events.iter().find_map(|event| match event {
            TraceEvent::Label(label, _) => Label::from_step(*label),
            _ => None,
        })
    }

    /// The labels that have the right in the matrix.
    pub(super) fn labels_with_it(&self, inside: bool) -> Vec<&'static str> {
        let matrix = &self.domain.xphone.matrix;
        let has = Label::ALL.iter().filter(|label| matrix.rights(**label, inside).has(self.question.right));
        has.map(|label| label.word()).collect()
    }

    /// The line of one of its groups.
    pub(super) fn xphone_group_line(&self, origin: Origin) -> Option<Line> {
        let xphone = &self.domain.xphone;
        match origin {
            Origin::Workgroup(index) => xphone.workgroups.get(index as usize).map(|group| group.line),
            Origin::MonitoringGroup(index, ..) => xphone.monitoring_groups.get(index as usize).map(|group| group.line),
            _ => None,
        }
    }

    /// The kind and name of one of its groups.
    pub(super) fn xphone_group_words(&self, origin: Origin) -> Option<String> {
        let side = |side| match side {
            Side::Observers => "observers",
            Side::Members => "members",
        };
        let xphone = &self.domain.xphone;
        match origin {
            Origin::Workgroup(index) => {
                xphone.workgroups.get(index as usize).map(|group| format!("workgroup `{}`", group.name))
            }
            Origin::MonitoringGroup(index, from, to) => {
                let group = xphone.monitoring_groups.get(index as usize);
                group.map(|group| format!("monitoring group `{}`, {} to {}", group.name, side(from), side(to)))
            }
            Origin::OwnSetting(_) => Some("own setting of the target".into()),
            _ => None,
        }
    }
}

fn label_word(step: u8) -> &'static str {
    Label::from_step(step).map_or("none", Label::word)
}
