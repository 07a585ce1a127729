//! pascom: permissions that carry role types and hold users, teams, locations and devices. It must never know another system.
#![forbid(unsafe_code)]

use super::words;
use crate::id::{Kind, Line, Party};
use crate::right::{Right, RightSet};
use crate::rule::{Origin, Outcome};

/// A role type: what a permission that carries it does for its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum RoleType {
    PickupGroup,
    LocationGroup,
    XmppGroup,
    RedirectChoice,
    RedirectGroup,
    XmppSupervisor,
    ProfilePersonal,
    BillingGroup,
}

words!(RoleType:
    PickupGroup = "pickup.group", LocationGroup = "location.group", XmppGroup = "xmpp.group",
    RedirectChoice = "redirect.choice", RedirectGroup = "redirect.group", XmppSupervisor = "xmpp.supervisor",
    ProfilePersonal = "profile.personal", BillingGroup = "billing.group",
);

impl RoleType {
    /// The actor's right a role type gives whatever the target, if it is of that sort.
    pub fn actor_right(self) -> Option<Right> {
        match self {
            RoleType::RedirectChoice => Some(Right::FORWARDING_BYPASS),
            RoleType::RedirectGroup => Some(Right::FORWARDING_SET),
            RoleType::XmppSupervisor => Some(Right::CALL_CONTROL),
            RoleType::ProfilePersonal => Some(Right::PROFILE_MANAGE_OWN),
            _ => None,
        }
    }
}

/// Which users are notified of a waiting call of a team.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum PickupNotification {
    #[default]
    Nobody,
    AvailableAgentsAndOthers,
    UnavailableAgentsAndOthers,
    Others,
    PickupGroup,
}

words!(PickupNotification:
    Nobody = "nobody", AvailableAgentsAndOthers = "available_agents_and_others",
    UnavailableAgentsAndOthers = "unavailable_agents_and_others", Others = "others", PickupGroup = "pickup_group",
);

/// A set of role types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoleTypes(u8);

impl RoleTypes {
    /// With `role_type` added.
    #[must_use]
    pub fn with(self, role_type: RoleType) -> RoleTypes {
        RoleTypes(self.0 | 1 << role_type as u8)
    }

    /// Without `role_type`.
    #[must_use]
    pub fn without(self, role_type: RoleType) -> RoleTypes {
        RoleTypes(self.0 & !(1 << role_type as u8))
    }

    /// Whether the set has `role_type`.
    pub fn has(self, role_type: RoleType) -> bool {
        self.0 & (1 << role_type as u8) != 0
    }

    /// The role types in the set.
    pub fn iter(self) -> impl Iterator<Item = RoleType> {
        RoleType::ALL.iter().copied().filter(move |role_type| self.has(*role_type))
    }
}

impl FromIterator<RoleType> for RoleTypes {
    fn from_iter<I: IntoIterator<Item = RoleType>>(role_types: I) -> RoleTypes {
        role_types.into_iter().fold(RoleTypes::default(), RoleTypes::with)
    }
}

/// A permission.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Permission {
    /// The permission's name.
    pub name: String,
    /// The role types it carries.
    pub types: RoleTypes,
    /// The kinds of which every party is a member, now and in future (P2).
    pub automatic: Automatic,
    /// The manual list of users, used where users are not automatic; likewise the lists below. Each party once.
    pub users: Vec<Party>,
    /// See [`Permission::users`].
    pub teams: Vec<Party>,
    /// See [`Permission::users`].
    pub locations: Vec<Party>,
    /// See [`Permission::users`].
    pub devices: Vec<Party>,
    /// Where the document says so; 0 for an unwritten `All`.
    pub line: Line,
}

/// The automatic-assignment switches of a permission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Automatic {
    pub users: bool,
    pub teams: bool,
    pub locations: bool,
    pub devices: bool,
}

impl Automatic {
    /// All four.
    pub const ALL: Automatic = Automatic { users: true, teams: true, locations: true, devices: true };

    /// The switch of `kind`; contacts are never members.
    pub fn of(self, kind: Kind) -> bool {
        match kind {
            Kind::User => self.users,
            Kind::Team => self.teams,
            Kind::Location => self.locations,
            Kind::Device => self.devices,
            Kind::Contact => false,
        }
    }
}

impl Permission {
    /// The name of the permission that is always there (P1).
    pub const ALL: &'static str = "All";

    /// The permission `All` as delivered: users and teams are visible to each other, and users manage their own profiles.
    pub fn all_as_delivered() -> Permission {
        Permission {
            name: Permission::ALL.into(),
            types: RoleTypes::default().with(RoleType::XmppGroup).with(RoleType::ProfilePersonal),
            automatic: Automatic::ALL,
            ..Permission::default()
        }
    }

    /// The manual list of `kind`.
    pub fn manual(&self, kind: Kind) -> &[Party] {
        match kind {
            Kind::User => &self.users,
            Kind::Team => &self.teams,
            Kind::Location => &self.locations,
            Kind::Device => &self.devices,
            Kind::Contact => &[],
        }
    }

    /// The manual list of `kind`, to change; contacts have none.
    pub fn manual_mut(&mut self, kind: Kind) -> Option<&mut Vec<Party>> {
        match kind {
            Kind::User => Some(&mut self.users),
            Kind::Team => Some(&mut self.teams),
            Kind::Location => Some(&mut self.locations),
            Kind::Device => Some(&mut self.devices),
            Kind::Contact => None,
        }
    }

    /// What its role types give its users whatever the target.
    pub fn actor_rights(&self) -> RightSet {
        let rights = self.types.iter().filter_map(RoleType::actor_right);
        rights.fold(RightSet::EMPTY, |set, right| set | right.mask())
    }

    /// Whether the permission gives listed users something towards listed parties.
    pub fn has_listed_pairs(&self) -> bool {
        let seen = self.types.has(RoleType::PickupGroup) || self.types.has(RoleType::XmppGroup);
        let reached = |kind| match kind {
            Kind::User | Kind::Team => seen,
            _ => self.types.has(RoleType::LocationGroup),
        };
        let listed = |kind| !self.automatic.of(kind);
        listed(Kind::User)
            && [Kind::User, Kind::Team, Kind::Location].into_iter().any(|kind| listed(kind) && reached(kind))
    }

    /// Whether `party` of `kind` is a member.
    pub fn holds(&self, kind: Kind, party: Party) -> bool {
        self.automatic.of(kind) || self.manual(kind).contains(&party)
    }
}

/// pascom's part of a domain's policy.
#[derive(Clone, Debug)]
pub struct Pascom {
    /// The permissions; the first is `All`.
    pub permissions: Vec<Permission>,
    /// Whether clients show who talks to whom (P9).
    pub show_numbers: bool,
}

impl Default for Pascom {
    fn default() -> Pascom {
        Pascom { permissions: vec![Permission::all_as_delivered()], show_numbers: false }
    }
}

/// Members of a permission as a rule sees them: every party of a kind, or a list.
#[derive(Clone, Copy, Debug)]
pub enum Members<'a> {
    /// Every party of the kind, now and in future.
    Every,
    /// These.
    These(&'a [Party]),
}

impl Pascom {
    /// What an agent has towards the own team, whatever the permissions say (R5).
    pub const AGENT: RightSet = Right::CALL_PICKUP.mask();

    /// Whether any permission carries `role_type`, members or not (P4).
    pub fn carries(&self, role_type: RoleType) -> bool {
        self.permissions.iter().any(|permission| permission.types.has(role_type))
    }

    /// What a role type gives between members of one permission: users towards parties of `kind`.
    pub fn shared_right(&self, role_type: RoleType, kind: Kind) -> RightSet {
        const SEEN: [Right; 6] = [
            Right::CONTACT_NAME_READ,
            Right::PRESENCE_SYMBOL_READ,
            Right::PRESENCE_STATUS_READ,
            Right::PRESENCE_TEXT_READ,
            Right::LINE_BUSY_READ,
            Right::ROSTER_SEE_USER,
        ];
        const NUMBERS: [Right; 4] = [
            Right::CALL_DETAIL_READ,
            Right::CALL_NUMBER_INCOMING_READ,
            Right::CALL_NUMBER_OUTGOING_READ,
            Right::CALL_NUMBER_IN_CALL_READ,
        ];
        match (role_type, kind) {
            (RoleType::PickupGroup, Kind::User | Kind::Team) => Right::CALL_PICKUP.mask(),
            (RoleType::LocationGroup, Kind::Location) => Right::LOCATION_LOGIN.mask(),
            (RoleType::XmppGroup, Kind::Team) => Right::ROSTER_SEE_TEAM.mask(),
            (RoleType::XmppGroup, Kind::User) if self.show_numbers => RightSet::of(&SEEN) | RightSet::of(&NUMBERS),
            (RoleType::XmppGroup, Kind::User) => RightSet::of(&SEEN),
            _ => RightSet::EMPTY,
        }
    }

    /// What all role types of a permission give between its members: users towards parties of `kind`.
    pub fn shared_rights(&self, permission: &Permission, kind: Kind) -> RightSet {
        permission.types.iter().fold(RightSet::EMPTY, |set, role_type| set | self.shared_right(role_type, kind))
    }

    /// Lowers what permissions give between their members: calls `rule` with the users who act, the kind of the targets, the
    /// targets, what it gives, and its origin.
    pub fn lower_shared<'a>(&'a self, mut rule: impl FnMut(Members<'a>, Kind, Members<'a>, Outcome, Origin)) {
        for (permission, index) in self.permissions.iter().zip(0..) {
            self.lower_permission(permission, index, &mut rule);
        }
    }

    /// Lowers what one of the permissions, at that index, gives between its members.
    pub fn lower_permission<'a>(
        &self,
        permission: &'a Permission,
        index: u32,
        mut rule: impl FnMut(Members<'a>, Kind, Members<'a>, Outcome, Origin),
    ) {
        let members = |kind| match permission.automatic.of(kind) {
            true => Members::Every,
            false => Members::These(permission.manual(kind)),
        };
        for kind in [Kind::User, Kind::Team, Kind::Location] {
            let given = self.shared_rights(permission, kind);
            if !given.is_empty() {
                rule(members(Kind::User), kind, members(kind), Outcome::plain(given), Origin::Permission(index));
            }
        }
    }

    /// Lowers the role types that are properties of the actor alone: calls `rule` with the users who have them and the rights.
    pub fn lower_actors<'a>(&'a self, mut rule: impl FnMut(Members<'a>, RightSet)) {
        for permission in &self.permissions {
            let rights = permission.actor_rights();
            if !rights.is_empty() {
                let users = if permission.automatic.users { Members::Every } else { Members::These(&permission.users) };
                rule(users, rights);
            }
        }
    }
}
