//! The vocabulary: every change with its arguments, declared once, by system. The text of a change, its entry in the manual and
//! the match that carries it out all follow from this list. It never looks at a policy.
#![forbid(unsafe_code)]

use super::RuleParts;
use super::argument::{Argument, Exempted, Form, Parameter, Words, split};
use crate::calendar::When;
use crate::error::Result;
use crate::policy::Area;
use crate::policy::codes::Function;
use crate::system::System;
use crate::system::estos::{Grant, Level, Release};
use crate::system::keevio::{NewUsers, State};
use crate::system::pascom::{PickupNotification, RoleType};
use crate::system::words;
use crate::system::xphone::{Agreement, Label, TransferRole};

/// A viewer's relation to an owner's site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum Scope {
    SameSite,
    OtherSites,
    Outside,
}

words!(Scope: SameSite = "same_site", OtherSites = "other_sites", Outside = "outside");

/// A direction in a monitoring group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum Direction {
    ObserversToMembers,
    MembersToObservers,
    AmongObservers,
    AmongMembers,
}

words!(Direction:
    ObserversToMembers = "observers_to_members", MembersToObservers = "members_to_observers",
    AmongObservers = "among_observers", AmongMembers = "among_members",
);

/// A list of parties; the change also names the group, permission or team that the list belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum List {
    Workgroup,
    Observers,
    Monitored,
    AuthorizationGroup,
    Leaders,
    Permission,
    Agents,
    Group,
}

words!(List:
    Workgroup = "workgroup", Observers = "observers", Monitored = "monitored",
    AuthorizationGroup = "authorization_group", Leaders = "leaders", Permission = "permission", Agents = "agents", Group = "group",
);

/// The kinds a permission assigns automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum Assigned {
    Users,
    Teams,
    Devices,
    Locations,
}

words!(Assigned: Users = "users", Teams = "teams", Devices = "devices", Locations = "locations");

/// Whether deleting a contact also blocks it (E16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words below are their documentation")]
pub enum Deletion {
    Keep,
    Block,
}

words!(Deletion: Keep = "keep", Block = "block");

/// Makes the enum of changes, its forms, the way from words to a change and back, and one enum of borrowed arguments for each
/// section, so that each file of `edit/` matches all changes of its system and no other.
macro_rules! vocabulary {
    ($($(#[$about:meta])* $section:ident($borrowed:ident) {
        $($(#[$doc:meta])* $variant:ident = $verb:literal { $($field:ident: $type:ty),* $(,)? })+
    })+) => {
        /// An alteration of one fact, or an act of a person with what follows from it. Parties are named as documents name
        /// them: `alice`, `110`, `team:support`, `sip:bob@partner.example`.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "the fields' names are the arguments of the forms in docs/changes.md")]
        #[non_exhaustive]
        pub enum Change {
            $($($(#[$doc])* $variant { $($field: $type),* },)+)+
        }

        /// A change by the section of the vocabulary it stands in.
        pub(super) enum Section<'c> {
            $($(#[$about])* $section($borrowed<'c>),)+
        }

        $(
            $(#[$about])*
            pub(super) enum $borrowed<'c> {
                $($(#[$doc])* $variant { $($field: &'c $type),* },)+
            }
        )+

        impl Change {
            /// Every form, in the order of docs/changes.md.
            pub const FORMS: &'static [Form] = &[$($(Form {
                section: stringify!($section),
                verb: $verb,
                arguments: &[$(Parameter {
                    name: stringify!($field),
                    shape: <$type as Argument>::SHAPE,
                    words: <$type as Argument>::words,
                }),*],
            }),+),+];

            /// The words it begins with.
            pub fn verb(&self) -> &'static str {
                match self { $($(Change::$variant { .. } => $verb),+),+ }
            }

            /// Its arguments in order: each with its name and its words.
            pub fn arguments(&self) -> Vec<(&'static str, Vec<String>)> {
                match self {
                    $($(Change::$variant { $($field),* } => vec![$((stringify!($field), split($field))),*],)+)+
                }
            }

            /// The change and its arguments, by section.
            pub(super) fn section(&self) -> Section<'_> {
                match self {
                    $($(Change::$variant { $($field),* } => Section::$section($borrowed::$variant { $($field),* }),)+)+
                }
            }

            /// Reads the arguments of the change of that verb.
            pub(super) fn read(verb: &str, words: &mut Words<'_>) -> Result<Option<Change>> {
                Ok(Some(match verb {
                    $($($verb => Change::$variant {
                        $($field: Argument::read(words, stringify!($field))?),*
                    },)+)+
                    _ => return Ok(None),
                }))
            }

            /// Shows every text among the arguments with the argument's name, to be replaced.
            pub(crate) fn texts(&mut self, each: &mut dyn FnMut(&'static str, &mut String)) {
                match self {
                    $($(Change::$variant { $($field),* } => {
                        $(Argument::texts($field, &mut |text| each(stringify!($field), text));)*
                    })+)+
                }
            }

            /// Adds the change to a line, as [`Change::read`] reads it.
            pub(super) fn write(&self, line: &mut String) {
                line.push_str(self.verb());
                match self {
                    $($(Change::$variant { $($field),* } => {
                        $(Argument::write($field, line);)*
                    })+)+
                }
            }
        }
    };
}

vocabulary! {
    /// Whole domains: applied to the policy, not to a domain.
    Policy(PolicyChange) {
        /// A new domain that runs these systems.
        AddDomain = "add domain" { systems: Vec<System> }
        /// The domain with everything in it goes.
        RemoveDomain = "remove domain" {}
    }

    /// What holds for a domain as a whole.
    Domain(DomainChange) {
        /// The systems the domain runs.
        SetSystems = "set systems" { systems: Vec<System> }
        /// A function's code.
        SetCode = "set code" { function: Function, code: String }
        /// So long after the last word from its cluster a node still allows anything, in seconds; 0: it goes on.
        SetLongestAge = "set longest_age" { seconds: u32 }
        /// The levels that have a row of a matrix.
        SetMatrix = "set matrix" { system: System, right: String, levels: Vec<String> }
        /// A row of a matrix back to the vendor's.
        ClearMatrix = "clear matrix" { system: System, right: String }
    }

    /// Users, contacts, teams, places, and the lists they are on.
    Directory(DirectoryChange) {
        /// A new user, towards whom keevio's policy for new users is carried out (K1 to K3).
        AddUser = "add user" { name: String, lines: Vec<String> }
        /// A user from a document, for whom no subscriptions are made.
        ImportUser = "import user" { name: String, lines: Vec<String> }
        /// A user goes, with everything that names the user.
        RemoveUser = "remove user" { name: String }
        /// The extensions of a user or team; a private line that is none of them any more is private no longer.
        SetLines = "set lines" { party: String, lines: Vec<String> }
        /// An outside contact becomes known.
        AddContact = "add contact" { address: String }
        /// An outside contact goes, with everything that names it.
        RemoveContact = "remove contact" { address: String }
        /// A new team.
        AddTeam = "add team" { name: String, lines: Vec<String> }
        /// A team goes.
        RemoveTeam = "remove team" { name: String }
        /// A new location.
        AddLocation = "add location" { name: String }
        /// A location goes.
        RemoveLocation = "remove location" { name: String }
        /// A new device.
        AddDevice = "add device" { name: String }
        /// A device goes.
        RemoveDevice = "remove device" { name: String }
        /// Parties are put on a list.
        AddMember = "add member" { list: List, of: String, parties: Vec<String> }
        /// Parties are taken off a list.
        RemoveMember = "remove member" { list: List, of: String, parties: Vec<String> }
        /// What a user may administer of one area, in place of what was there (R8).
        SetAdministrator = "set administrator" { user: String, area: Area, names: Vec<String> }
        /// The user administers nothing any more.
        ClearAdministrator = "clear administrator" { user: String }
    }

    /// XPhone.
    Xphone(XphoneChange) {
        /// The user's site, and group in it.
        SetSite = "set site" { user: String, site: String, group: Option<String> }
        /// The user is in no site.
        ClearSite = "clear site" { user: String }
        /// The VIP flag.
        SetVip = "set vip" { user: String, on: bool }
        /// The assistant flag.
        SetAssistant = "set assistant" { user: String, on: bool }
        /// A new site with its three defaults.
        AddSite = "add site" { name: String, same_site: Label, other_sites: Label, outside: Label }
        /// An empty site is removed.
        RemoveSite = "remove site" { name: String }
        /// A default of a site.
        SetDefault = "set default" { site: String, scope: Scope, label: Label }
        /// The company agreement of a site.
        SetAgreement = "set agreement" { site: String, agreement: Agreement }
        /// A new configuration group of a site.
        AddSiteGroup = "add site_group" { site: String, name: String }
        /// An empty configuration group is removed.
        RemoveSiteGroup = "remove site_group" { site: String, name: String }
        /// A default of a configuration group.
        SetGroupDefault = "set group_default" { site: String, group: String, scope: Scope, label: Label }
        /// The group takes that default from its site again.
        ClearGroupDefault = "clear group_default" { site: String, group: String, scope: Scope }
        /// The company agreement of a configuration group.
        SetGroupAgreement = "set group_agreement" { site: String, group: String, agreement: Agreement }
        /// The group takes the agreement from its site again.
        ClearGroupAgreement = "clear group_agreement" { site: String, group: String }
        /// A new workgroup.
        AddWorkgroup = "add workgroup" { name: String, label: Label }
        /// A workgroup goes.
        RemoveWorkgroup = "remove workgroup" { name: String }
        /// A workgroup's label.
        SetWorkgroup = "set workgroup" { name: String, label: Label }
        /// A new monitoring group.
        AddMonitoringGroup = "add monitoring_group" { name: String }
        /// A monitoring group goes.
        RemoveMonitoringGroup = "remove monitoring_group" { name: String }
        /// A label of a monitoring group.
        SetMonitoringGroup = "set monitoring_group" { name: String, direction: Direction, label: Label }
        /// No such label.
        ClearMonitoringGroup = "clear monitoring_group" { name: String, direction: Direction }
        /// An owner's own setting for a viewer (X6).
        SetRelationship = "set relationship" { owner: String, viewer: String, label: Label }
        /// Back to the default relationship (X13).
        ClearRelationship = "clear relationship" { owner: String, viewer: String }
        /// The administrator's reset of what an owner has set (X14).
        ResetRelationships = "reset relationships" { owner: String }
        /// A viewer gets a part in a transfer (X7).
        BeginTransfer = "begin transfer" { call: String, viewer: String, owner: String, role: TransferRole }
        /// All parts in the transfers of that call end.
        EndTransfer = "end transfer" { call: String }
    }

    /// estos.
    Estos(EstosChange) {
        /// What estos may show of the calendar.
        SetRelease = "set release" { user: String, release: Release }
        /// Whether a user's line hides the numbers of its calls from others.
        SetPrivateLine = "set private_line" { user: String, line: String, on: bool }
        /// The global preset.
        SetAuthorization = "set authorization" { grant: Grant }
        /// No global preset.
        ClearAuthorization = "clear authorization" {}
        /// Whether users may grant (E7).
        SetUsersMayGrant = "set users_may_grant" { on: bool }
        /// A new authorization group, active and giving nothing yet.
        AddAuthorizationGroup = "add authorization_group" { name: String }
        /// An authorization group goes.
        RemoveAuthorizationGroup = "remove authorization_group" { name: String }
        /// What members have towards each other.
        SetGroupGrant = "set group_grant" { group: String, grant: Grant }
        /// Members have nothing towards each other by the group.
        ClearGroupGrant = "clear group_grant" { group: String }
        /// What leaders have towards members.
        SetLeaderGrant = "set leader_grant" { group: String, grant: Grant }
        /// Leaders have nothing by the group.
        ClearLeaderGrant = "clear leader_grant" { group: String }
        /// Whether the group has any effect.
        SetActive = "set active" { group: String, on: bool }
        /// The most that contacts of a domain can get.
        SetFederation = "set federation" { pattern: String, maximum: Level }
        /// No entry for that domain.
        ClearFederation = "clear federation" { pattern: String }
        /// An owner's own grant to a viewer.
        SetGrant = "set grant" { owner: String, viewer: String, grant: Grant }
        /// No own grant.
        ClearGrant = "clear grant" { owner: String, viewer: String }
        /// The administrator's grant to a viewer, a floor for the owner's own one (R6).
        SetAdministrativeGrant = "set administrative_grant" { owner: String, viewer: String, grant: Grant }
        /// No grant by the administrator to that viewer.
        ClearAdministrativeGrant = "clear administrative_grant" { owner: String, viewer: String }
        /// A user adds a contact to the Favorites and asks it for its presence (E9).
        Ask = "ask" { requester: String, owner: String }
        /// A requester takes back an inquiry that the owner has not decided; the owner leaves the requester's Favorites.
        Withdraw = "withdraw" { requester: String, owner: String }
        /// An owner gives a level to pending requesters (E11).
        Answer = "answer" { owner: String, level: Level, requesters: Vec<String> }
        /// An owner blocks pending requesters (E12).
        Reject = "reject" { owner: String, requesters: Vec<String> }
        /// An owner deletes a contact, and blocks it or not (E16).
        Delete = "delete" { owner: String, contact: String, deletion: Deletion }
        /// A pending inquiry as a fact.
        SetInquiry = "set inquiry" { owner: String, requester: String }
        /// No such inquiry.
        ClearInquiry = "clear inquiry" { owner: String, requester: String }
        /// A contact in a user's Favorites, without asking.
        AddFavourite = "add favourite" { owner: String, contact: String }
        /// The contact leaves the Favorites; what the owner granted stays.
        RemoveFavourite = "remove favourite" { owner: String, contact: String }
    }

    /// pascom.
    Pascom(PascomChange) {
        /// Which users are notified of a team's waiting calls.
        SetNotification = "set notification" { team: String, notification: PickupNotification }
        /// An agent logs in to a team.
        LogIn = "login" { team: String, agent: String }
        /// An agent logs out of a team.
        LogOut = "logout" { team: String, agent: String }
        /// An agent pauses in a team.
        Pause = "pause" { team: String, agent: String }
        /// An agent ends the pause in a team.
        Resume = "resume" { team: String, agent: String }
        /// A new permission without role types.
        AddPermission = "add permission" { name: String }
        /// A permission goes; `All` never does (P1).
        RemovePermission = "remove permission" { name: String }
        /// A role type on a permission.
        AddRoleType = "add role_type" { permission: String, role_type: RoleType }
        /// A role type off a permission.
        RemoveRoleType = "remove role_type" { permission: String, role_type: RoleType }
        /// Automatic assignment of a kind (P2).
        SetAutomatic = "set automatic" { permission: String, kind: Assigned, on: bool }
        /// Whether clients show who talks to whom.
        SetShowNumbers = "set show_numbers" { on: bool }
    }

    /// keevio.
    Keevio(KeevioChange) {
        /// keevio's company of a user.
        SetCompany = "set company" { user: String, company: String }
        /// No company.
        ClearCompany = "clear company" { user: String }
        /// keevio's container of a user.
        SetContainer = "set container" { user: String, container: String }
        /// No container.
        ClearContainer = "clear container" { user: String }
        /// What happens when a user is created.
        SetNewUsers = "set new_users" { policy: NewUsers }
        /// Whether permission realms are in use.
        SetRealm = "set realm" { on: bool }
        /// The administrator's Add or Request: the viewer asks for the owner's presence.
        Subscribe = "subscribe" { viewer: String, owner: String }
        /// The administrator's Accept: the owner grants what the viewer asked for.
        Accept = "accept" { owner: String, viewer: String }
        /// The administrator declines for the owner what the viewer asked for (K5).
        Decline = "decline" { owner: String, viewer: String }
        /// The client's Request (K4).
        Request = "request" { viewer: String, owner: String }
        /// The client's Accept (K4).
        Confirm = "confirm" { owner: String, viewer: String }
        /// A subscription as a fact.
        SetSubscription = "set subscription" { viewer: String, owner: String, state: State }
        /// No such subscription.
        ClearSubscription = "clear subscription" { viewer: String, owner: String }
        /// A consent in advance as a fact: `party` has agreed to what `other` will ask.
        SetConsent = "set consent" { party: String, other: String }
        /// No such consent.
        ClearConsent = "clear consent" { party: String, other: String }
        /// When a user was created and under which policy, as a fact.
        SetCreated = "set created" { user: String, order: u64, policy: NewUsers }
        /// A user that no policy for new users concerns.
        ClearCreated = "clear created" { user: String }
    }

    /// Facts with dates. WHEN is `FROM/UNTIL; HOURS; HOURS`, with `..` where there is no beginning or end.
    Dated(DatedChange) {
        /// An owner's own setting for a viewer that counts at some times only.
        SetDatedRelationship = "set dated_relationship" { owner: String, viewer: String, label: Label, when: When }
        /// No such setting with dates.
        ClearDatedRelationship = "clear dated_relationship" { owner: String, viewer: String }
        /// An owner's own grant to a viewer that counts at some times only.
        SetDatedGrant = "set dated_grant" { owner: String, viewer: String, when: When, grant: Grant }
        /// No such grant with dates.
        ClearDatedGrant = "clear dated_grant" { owner: String, viewer: String }
        /// The administrator's grant to a viewer that counts at some times only.
        SetDatedAdministrativeGrant = "set dated_administrative_grant" {
            owner: String, viewer: String, when: When, grant: Grant
        }
        /// No grant by the administrator with dates.
        ClearDatedAdministrativeGrant = "clear dated_administrative_grant" { owner: String, viewer: String }
        /// A member of a workgroup or permission that is one at some times only.
        SetDatedMember = "set dated_member" { list: List, of: String, party: String, when: When }
        /// No such member with dates.
        ClearDatedMember = "clear dated_member" { list: List, of: String, party: String }
    }

    /// linewarden's own system.
    Linewarden(LinewardenChange) {
        /// A new group without members.
        AddGroup = "add group" { name: String }
        /// A group goes that no rule and no other group names.
        RemoveGroup = "remove group" { name: String }
        /// A new rule.
        AddRule = "add rule" { name: String, parts: RuleParts }
        /// Parts of a rule, each in place of what was there.
        SetRule = "set rule" { name: String, parts: RuleParts }
        /// A rule goes.
        RemoveRule = "remove rule" { name: String }
        /// The rights that no party has on the user, in place of those that were set (L11).
        SetExempt = "set exempt" { user: String, rights: Vec<Exempted> }
        /// The user is exempt from nothing.
        ClearExempt = "clear exempt" { user: String }
        /// Where numbers lead, in place of all that was said: `country: DE trunk_prefix: 0 blocked: +53 +87 premium: 0137`.
        SetDestinations = "set destinations" { settings: Vec<String> }
        /// Nothing is said about where numbers lead.
        ClearDestinations = "clear destinations" {}
    }
}
