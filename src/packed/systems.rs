//! The facts of the systems as bytes, and dates. Lists that are searched must come in their order: otherwise a setting could be there
//! and not be found.
#![forbid(unsafe_code)]

use super::bytes::{Bytes, Packed, number, packed};
use crate::calendar::{Bound, Hours, When};
use crate::destinations::Settings;
use crate::id::{Line, Party};
use crate::right::RightSet;
use crate::rule::OfViewer;
use crate::system::estos::{self, AuthorizationGroup, Estos, Federation, Grant, OwnGrant};
use crate::system::keevio::{self, Keevio, Subscription};
use crate::system::linewarden::{self, Everyone, Group, Linewarden, List, Numbers, Rule, Words};
use crate::system::pascom::{Automatic, Pascom, Permission, RoleType, RoleTypes};
use crate::system::xphone::{self, Defaults, Label, MonitoringGroup, Setting, Site, SiteGroup, Workgroup, XPhone};

impl Packed for RightSet {
    fn pack(&self, out: &mut Vec<u8>) {
        self.bits().pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<RightSet> {
        let bits = u128::unpack(from)?;
        Some(RightSet::from_bits(bits)).filter(|set| set.bits() == bits)
    }
}

packed! {
    Site { name, defaults, groups, line }
    Defaults { same_site, other_sites, outside, agreement }
    SiteGroup { name, same_site, other_sites, outside, agreement, line }
    Workgroup { name, label, members, line }
    MonitoringGroup {
        name, observers, members, observers_to_members, members_to_observers, among_observers, among_members, line,
    }
    AuthorizationGroup { name, members, grant, leaders, leader_grant, active, line }
    Federation { maximum, line }
    Permission { name, types, automatic, users, teams, locations, devices, line }
    Automatic { users, teams, locations, devices }
    Pascom { permissions, show_numbers }
    keevio::Person { company, container }
    Subscription { state, line }
    Keevio { new_users, realm, subscriptions }
    linewarden::Person { exempt }
    List { parties, groups, words }
    Group { name, members, line }
    Rule { name, actors, except_actors, rights, targets, except, when, line }
    Linewarden { groups, rules, numbers }
    Settings {
        country, trunk_prefix, national_prefix, international_prefix, area, blocks, prefixes, blocked, emergency, forwarding, calls,
    }
}

/// An entry of a list that is sorted by viewer, after the viewer's distance to the one before.
trait PackedOfViewer: OfViewer + Copy {
    fn pack_rest(&self, out: &mut Vec<u8>);
    fn unpack_rest(viewer: Party, from: &mut Bytes<'_>) -> Option<Self>;
}

impl PackedOfViewer for Setting {
    fn pack_rest(&self, out: &mut Vec<u8>) {
        let Setting { viewer: _, label, line } = self;
        label.pack(out);
        line.pack(out);
    }

    #[inline]
    fn unpack_rest(viewer: Party, from: &mut Bytes<'_>) -> Option<Setting> {
        // There are more of these than of all else.
        let label = Label::from_step(from.byte()?)?;
        Some(Setting { viewer, label, line: Line::unpack(from)? })
    }
}

impl PackedOfViewer for OwnGrant {
    fn pack_rest(&self, out: &mut Vec<u8>) {
        let OwnGrant { viewer: _, grant, line } = self;
        grant.pack(out);
        line.pack(out);
    }

    fn unpack_rest(viewer: Party, from: &mut Bytes<'_>) -> Option<OwnGrant> {
        let grant = Grant::unpack(from)?;
        Some(OwnGrant { viewer, grant, line: Line::unpack(from)? })
    }
}

fn pack_sorted<T: PackedOfViewer>(entries: &[T], out: &mut Vec<u8>) {
    number(out, entries.len() as u64);
    let mut last = 0;
    for entry in entries {
        number(out, u64::from(entry.viewer().0.wrapping_sub(last)));
        last = entry.viewer().0;
        entry.pack_rest(out);
    }
}

fn unpack_sorted<T: PackedOfViewer>(from: &mut Bytes<'_>) -> Option<Vec<T>> {
    let count = from.count()?;
    // Each has three bytes at least.
    let mut entries = Vec::with_capacity(count.min(from.left() / 3));
    let mut last = 0u32;
    for _ in 0..count {
        let further = u32::unpack(from).filter(|further| *further > 0)?;
        last = last.checked_add(further)?;
        entries.push(T::unpack_rest(Party(last), from)?);
    }
    Some(entries)
}

impl Packed for xphone::Person {
    fn pack(&self, out: &mut Vec<u8>) {
        let xphone::Person { site, group, vip, assistant, settings } = self;
        site.pack(out);
        group.pack(out);
        vip.pack(out);
        assistant.pack(out);
        pack_sorted(settings, out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<xphone::Person> {
        let (site, group) = Packed::unpack(from)?;
        let (vip, assistant) = Packed::unpack(from)?;
        Some(xphone::Person { site, group, vip, assistant, settings: unpack_sorted(from)? })
    }
}

impl Packed for estos::Person {
    fn pack(&self, out: &mut Vec<u8>) {
        let estos::Person { release, grants, administrative, private_lines } = self;
        release.pack(out);
        pack_sorted(grants, out);
        pack_sorted(administrative, out);
        private_lines.pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<estos::Person> {
        let release = Packed::unpack(from)?;
        let (grants, administrative) = (unpack_sorted(from)?, unpack_sorted(from)?);
        Some(estos::Person { release, grants, administrative, private_lines: Packed::unpack(from)? })
    }
}

/// The matrix follows from the domain's overrides: what is read has the vendor's.
impl Packed for XPhone {
    fn pack(&self, out: &mut Vec<u8>) {
        let XPhone { sites, workgroups, monitoring_groups, matrix: _ } = self;
        sites.pack(out);
        workgroups.pack(out);
        monitoring_groups.pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<XPhone> {
        let (sites, workgroups) = Packed::unpack(from)?;
        Some(XPhone { sites, workgroups, monitoring_groups: Packed::unpack(from)?, ..XPhone::default() })
    }
}

/// The tables follow from the domain's overrides: what is read has the vendor's.
impl Packed for Estos {
    fn pack(&self, out: &mut Vec<u8>) {
        let Estos { global, global_line, users_may_grant, groups, federation, tables: _ } = self;
        global.pack(out);
        global_line.pack(out);
        users_may_grant.pack(out);
        groups.pack(out);
        federation.pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Estos> {
        let (global, global_line) = Packed::unpack(from)?;
        let (users_may_grant, groups) = Packed::unpack(from)?;
        let federation = Packed::unpack(from)?;
        Some(Estos { global, global_line, users_may_grant, groups, federation, ..Estos::default() })
    }
}

impl Packed for Grant {
    fn pack(&self, out: &mut Vec<u8>) {
        match self {
            Grant::Level(level) => level.pack(out),
            Grant::Rights(rights) => {
                out.push(0);
                rights.pack(out);
            }
        }
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Grant> {
        match from.byte()? {
            0 => RightSet::unpack(from).map(Grant::Rights),
            step => estos::Level::ALL.iter().copied().find(|level| *level as u8 == step).map(Grant::Level),
        }
    }
}

impl Packed for RoleTypes {
    fn pack(&self, out: &mut Vec<u8>) {
        self.iter().collect::<Vec<RoleType>>().pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<RoleTypes> {
        Some(Vec::unpack(from)?.into_iter().fold(RoleTypes::default(), RoleTypes::with))
    }
}

impl Packed for Words {
    fn pack(&self, out: &mut Vec<u8>) {
        self.iter().collect::<Vec<Everyone>>().pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Words> {
        Some(Vec::unpack(from)?.into_iter().fold(Words::default(), Words::with))
    }
}

/// What was built from the settings is built anew, with the plans of the program that reads.
impl Packed for Numbers {
    fn pack(&self, out: &mut Vec<u8>) {
        self.destinations().map(|destinations| destinations.settings().clone()).pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Numbers> {
        match Option::<Settings>::unpack(from)? {
            Some(settings) => settings.build().ok().map(|destinations| Numbers::from(Some(destinations))),
            None => Some(Numbers::default()),
        }
    }
}

impl Packed for Bound {
    fn pack(&self, out: &mut Vec<u8>) {
        (self.instant, i64::from(self.offset)).pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Bound> {
        let (instant, offset): (i64, i64) = Packed::unpack(from)?;
        Some(Bound { instant, offset: offset.try_into().ok()? })
    }
}

/// Hours are packed as a document writes them: their zone is looked up when they are read.
impl Packed for When {
    fn pack(&self, out: &mut Vec<u8>) {
        self.ends().iter().for_each(|end| end.pack(out));
        self.hours().iter().map(Hours::to_string).collect::<Vec<String>>().pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<When> {
        let (first, until) = Packed::unpack(from)?;
        let hours = Vec::<String>::unpack(from)?;
        let hours = hours.iter().map(|text| Hours::parse(text).ok()).collect::<Option<Vec<Hours>>>()?;
        When::between(first, until, hours).ok()
    }
}
