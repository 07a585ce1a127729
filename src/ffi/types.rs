//! The types and constants of the C interface. The members of a struct with public fields must never be moved, removed or resized.
#![forbid(unsafe_code)]

use super::rights::lw_right;
use crate::engine::Engine;
use std::ffi::{CString, c_char, c_void};
use std::mem::{MaybeUninit, offset_of};

/// # Limits
///
/// Longest accepted text in bytes, without the terminating NUL. Longer text is refused.
pub const LW_TEXT_MAX: usize = 4096;
/// Longest text of changes that lw_apply accepts, in bytes, without the terminating NUL: 16 MiB.
pub const LW_CHANGES_MAX: usize = 16_777_216;
/// Size of `lw_dialled.digits` in bytes, with the terminating NUL.
pub const LW_DIGITS_SIZE: usize = 256;

/// The most bytes that the log of a shadow grows to: 64 MiB.
pub const LW_SHADOW_LOG_MAX: usize = 67_108_864;

/// # Types
///
/// An open source: one document, a folder of documents or a store, with the rights of all its domains. Opaque; made by lw_open,
/// ended by lw_close, shared by all threads in between.
pub struct lw_engine {
    /// Debug builds only: whether the engine is open. A closed engine keeps this word, so that the check reads live memory.
    #[cfg(debug_assertions)]
    pub(super) open: std::sync::atomic::AtomicBool,
    /// Initialised until the engine is closed.
    pub(super) engine: MaybeUninit<Engine>,
    /// The threads of its watchers, to be ended before the engine.
    pub(super) followers: parking_lot::Mutex<Vec<std::sync::Arc<super::follower::Follower>>>,
}

/// A running callback for the changes of an engine. Opaque; made by lw_watch or lw_on_revision, ended by lw_watch_end.
pub struct lw_watcher {
    pub(super) follower: std::sync::Arc<super::follower::Follower>,
    pub(super) revision: u64,
}

/// A shadow: what a domain's policy would refuse. Opaque; made by lw_shadow_begin, ended by lw_shadow_end.
pub struct lw_shadow {
    pub(super) engine: *const lw_engine,
    pub(super) shadow: std::sync::Arc<crate::shadow::Shadow>,
    pub(super) follower: std::sync::Arc<super::follower::Follower>,
    pub(super) log: String,
}

/// Why a call failed, as a code for programs and a message for people. Opaque; the caller frees it with lw_error_free.
pub struct lw_error {
    pub(super) code: lw_status,
    pub(super) message: CString,
}

/// The number of a party (user, outside contact, team, location or device). It is stable while the engine that gave it is open,
/// across reloads and changes, and is never reused for another party. 0 is no party. In another engine the same number is another
/// party: never mix the numbers of two engines.
pub type lw_party = u32;

/// # Authors of changes
///
/// The administrator, as author of a change. The author 0, the result of a failed lookup, may change nothing.
pub const LW_ADMINISTRATOR: lw_party = u32::MAX;

/// The kind of a party: one of the LW_KIND_ constants; 0 is none.
pub type lw_kind = u32;
/// # Kinds of parties
///
/// A user: a person with a login and lines in the domain.
pub const LW_KIND_USER: lw_kind = 1;
/// An outside contact, known by a `sip:` address.
pub const LW_KIND_CONTACT: lw_kind = 2;
/// A pascom team or queue.
pub const LW_KIND_TEAM: lw_kind = 3;
/// A location where users log in.
pub const LW_KIND_LOCATION: lw_kind = 4;
/// A device.
pub const LW_KIND_DEVICE: lw_kind = 5;

/// The result of a call that can fail: LW_OK, which is 0, or one of the negative LW_ERROR_ constants. Never use a status as a
/// truth value: a negative error is true in C. Codes may be added, so treat any negative number as a failure.
pub type lw_status = i32;
/// # Statuses
///
/// Success.
pub const LW_OK: lw_status = 0;
/// An argument is NULL, not UTF-8, longer than LW_TEXT_MAX, or outside its range.
pub const LW_ERROR_ARGUMENT: lw_status = -1;
/// An unknown name, number, id or right.
pub const LW_ERROR_UNKNOWN: lw_status = -2;
/// A document has faults; the message lists each with file, line and column.
pub const LW_ERROR_DOCUMENT: lw_status = -3;
/// A file or folder cannot be read, or a store cannot be written.
pub const LW_ERROR_FILE: lw_status = -4;
/// The digits after a dialled function code are malformed.
pub const LW_ERROR_CODE: lw_status = -5;
/// A documented limit would be exceeded.
pub const LW_ERROR_LIMIT: lw_status = -6;
/// A name or number matches several parties.
pub const LW_ERROR_AMBIGUOUS: lw_status = -7;
/// The engine has been closed (debug builds only; in release builds a closed engine must not be used).
pub const LW_ERROR_CLOSED: lw_status = -8;
/// The author may not make this change; the message names the rule. Nothing was changed.
pub const LW_ERROR_REFUSED: lw_status = -9;
/// The dialled text begins with no function code of the domain: an ordinary number, or a code of the PBX itself.
pub const LW_ERROR_UNASSIGNED: lw_status = -10;
/// The store holds a change set that its upstream does not, or a token names one that the store does not hold.
pub const LW_ERROR_FORKED: lw_status = -11;
/// The store follows another one: make the change there. Nothing was changed.
pub const LW_ERROR_FOLLOWS: lw_status = -12;
/// The store belongs to a cluster, and cannot reach it now. Nothing was changed.
pub const LW_ERROR_CUT_OFF: lw_status = -13;
/// It is not known whether the cluster made the change: an answer was lost on its way.
pub const LW_ERROR_UNSETTLED: lw_status = -14;
/// A defect of this library: a panic was caught and the call refused. The next call works.
pub const LW_ERROR_INTERNAL: lw_status = -99;

/// The direction of a call: LW_INCOMING, LW_OUTGOING or LW_IN_CALL. Any other number is refused.
pub type lw_direction = u32;
/// # Directions of a call
///
/// The call rings at the target.
pub const LW_INCOMING: lw_direction = 1;
/// The target is calling.
pub const LW_OUTGOING: lw_direction = 2;
/// The call is established.
pub const LW_IN_CALL: lw_direction = 3;

/// The actor's role in a running transfer: one of the LW_ROLE_ constants. Any other number is refused.
pub type lw_call_role = u32;
/// # Roles in a transfer
///
/// No role in a transfer: the ordinary question.
pub const LW_ROLE_NONE: lw_call_role = 0;
/// The actor is consulted (XPhone's system label "forwarding participant").
pub const LW_ROLE_CONSULTED: lw_call_role = 1;
/// The actor transfers the call (XPhone's system label "forwarder").
pub const LW_ROLE_TRANSFERRING: lw_call_role = 2;

/// The function of a function code: one of the LW_FUNCTION_ constants; 0 is none.
pub type lw_function = u32;
/// # Functions that can be dialled
///
/// Pick up the call that rings at an extension.
pub const LW_FUNCTION_PICKUP: lw_function = 1;
/// Activate the forwarding of an extension; the PBX asks for its target by voice.
pub const LW_FUNCTION_FORWARD_ASK: lw_function = 2;
/// Switch the forwarding of an extension off, or the stored one on again.
pub const LW_FUNCTION_FORWARD_TOGGLE: lw_function = 3;
/// Set the forwarding of an extension to the dialled digits.
pub const LW_FUNCTION_FORWARD_SET: lw_function = 4;
/// Log in at the terminal that dials, or log out of it.
pub const LW_FUNCTION_LOGIN: lw_function = 5;

/// The state of a keevio subscription: one of the LW_SUBSCRIPTION_ constants.
pub type lw_subscription_kind = u32;
/// # States of a keevio subscription
///
/// The viewer has not asked for the owner's presence.
pub const LW_SUBSCRIPTION_NONE: lw_subscription_kind = 0;
/// The viewer has asked; the owner has not answered.
pub const LW_SUBSCRIPTION_PENDING: lw_subscription_kind = 1;
/// The owner has agreed.
pub const LW_SUBSCRIPTION_GRANTED: lw_subscription_kind = 2;

/// An answer of a shadow: one of the LW_SHADOW_ constants. As a condition in C it says whether the PBX goes on.
pub type lw_shadow_answer = u32;
/// # Answers of a shadow
///
/// No, and the shadow is not about it: another domain or right, a party that is none, or its end has come. Refuse.
pub const LW_SHADOW_NO: lw_shadow_answer = 0;
/// Yes by the policy.
pub const LW_SHADOW_YES: lw_shadow_answer = 1;
/// The policy says no. Do as the PBX did before; it is written into the log.
pub const LW_SHADOW_WOULD_REFUSE: lw_shadow_answer = 2;

/// The reason of an answer: one of the LW_REASON_ constants. Numbers below 16 say no, from 16 on yes; more may be added.
pub type lw_reason = u32;
/// # Reasons
///
/// Actor, right or target is unknown, or the engine is closed.
pub const LW_REASON_UNKNOWN: lw_reason = 0;
/// No: no source gives the right.
pub const LW_REASON_NOT_GRANTED: lw_reason = 1;
/// No: the right does not apply between these kinds of parties.
pub const LW_REASON_NOT_APPLICABLE: lw_reason = 2;
/// No: the owner's own XPhone setting decides, and its label lacks the right.
pub const LW_REASON_OWN_SETTING_LACKS: lw_reason = 3;
/// No: the owner is a VIP and has no setting for the actor.
pub const LW_REASON_VIP: lw_reason = 4;
/// No: the owner's line is private (estos), so only the owner sees the numbers of its calls.
pub const LW_REASON_PRIVATE_LINE: lw_reason = 5;
/// No: the target is exempt from the right, whatever a rule says.
pub const LW_REASON_EXEMPT: lw_reason = 6;
/// No: the store has not heard from the log that it follows for longer than the domain allows (`longest_age`).
pub const LW_REASON_TOO_OLD: lw_reason = 7;
/// Yes: towards oneself.
pub const LW_REASON_ONESELF: lw_reason = 16;
/// Yes: the owner's own XPhone setting.
pub const LW_REASON_OWN_SETTING: lw_reason = 17;
/// Yes: the default of the owner's XPhone site or configuration group.
pub const LW_REASON_SITE_DEFAULT: lw_reason = 18;
/// Yes: an XPhone workgroup.
pub const LW_REASON_WORKGROUP: lw_reason = 19;
/// Yes: an XPhone monitoring group.
pub const LW_REASON_MONITORING_GROUP: lw_reason = 20;
/// Yes: the actor is flagged as assistant.
pub const LW_REASON_ASSISTANT: lw_reason = 21;
/// Yes: the actor's role in a transfer.
pub const LW_REASON_TRANSFER: lw_reason = 22;
/// Yes: the XPhone label Unknown, which applies where no other label does, has the right.
pub const LW_REASON_UNKNOWN_LABEL: lw_reason = 23;
/// Yes: the estos global preset.
pub const LW_REASON_GLOBAL_AUTHORIZATION: lw_reason = 32;
/// Yes: an estos authorization group.
pub const LW_REASON_AUTHORIZATION_GROUP: lw_reason = 33;
/// Yes: the actor leads an estos authorization group.
pub const LW_REASON_GROUP_LEADER: lw_reason = 34;
/// Yes: the owner's own estos grant.
pub const LW_REASON_OWN_GRANT: lw_reason = 35;
/// Yes: several sources together give the right, none of them all of it.
pub const LW_REASON_SOURCES_TOGETHER: lw_reason = 36;
/// Yes: the administrator's grant to this actor towards the owner (estos).
pub const LW_REASON_ADMINISTRATIVE_GRANT: lw_reason = 37;
/// Yes: a pascom permission.
pub const LW_REASON_PERMISSION: lw_reason = 48;
/// Yes: pascom's open default, in force until the first permission carries the role type.
pub const LW_REASON_OPEN_DEFAULT: lw_reason = 49;
/// Yes: the actor is an agent of the team (pascom).
pub const LW_REASON_AGENT: lw_reason = 50;
/// Yes: keevio subscriptions.
pub const LW_REASON_SUBSCRIPTION: lw_reason = 64;
/// Yes: a keevio permission realm.
pub const LW_REASON_REALM: lw_reason = 65;
/// Yes: a setting of the domain allows such a change of relations.
pub const LW_REASON_RELATION_RULE: lw_reason = 80;
/// Yes: a rule of linewarden's own system.
pub const LW_REASON_RULE: lw_reason = 96;
/// Yes: the forwarding may be set, and the domain opens this class of destinations to every forwarding.
pub const LW_REASON_DESTINATION: lw_reason = 97;

/// How a store stands towards its log: one of the LW_STATE_ constants; 0 is unknown.
pub type lw_state_kind = u32;
/// # States of a store
///
/// It follows no other store: changes are made here.
pub const LW_STATE_ALONE: lw_state_kind = 1;
/// It follows another store and heard from it lately.
pub const LW_STATE_FOLLOWING: lw_state_kind = 2;
/// It follows another store and heard nothing for too long.
pub const LW_STATE_CUT_OFF: lw_state_kind = 3;
/// It has change sets that the store it follows does not have. Put a backup of that store in its place.
pub const LW_STATE_FORKED: lw_state_kind = 4;

/// How a store stands towards the log it belongs to. All zero is unknown.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct lw_store_state {
    /// The state.
    pub kind: lw_state_kind,
    /// The epoch; it rises where a store that followed becomes a store of its own.
    pub epoch: u64,
    /// The last revision of the log here.
    pub revision: u64,
    /// How many revisions the other store had more when it was last heard from.
    pub lag: u64,
    /// Milliseconds since the other store was last heard from; 0 for a store that stands alone, UINT64_MAX if it is not known.
    pub age: u64,
}

/// The class of a number: one of the LW_CLASS_ constants; 0 is none.
pub type lw_class = u32;
/// # Classes of numbers
///
/// An extension of the domain.
pub const LW_CLASS_INTERNAL: lw_class = 1;
/// The own area.
pub const LW_CLASS_LOCAL: lw_class = 2;
/// The own country, where no other class holds.
pub const LW_CLASS_NATIONAL: lw_class = 3;
/// Mobile numbers of the own country.
pub const LW_CLASS_MOBILE: lw_class = 4;
/// Another country.
pub const LW_CLASS_INTERNATIONAL: lw_class = 5;
/// What costs more than a call: premium rate, satellites, directories, carrier selection.
pub const LW_CLASS_PREMIUM: lw_class = 6;
/// An emergency number.
pub const LW_CLASS_EMERGENCY: lw_class = 7;
/// Forbidden by the document.
pub const LW_CLASS_BLOCKED: lw_class = 8;

/// Why a forwarding or a call may lead to a number or not: one of the LW_DESTINATION_ constants. Numbers below 16 say no, from 16 on
/// yes; more may be added.
pub type lw_destination_reason = u32;
/// # Reasons about numbers
///
/// A party is unknown, or the engine is closed.
pub const LW_DESTINATION_UNKNOWN: lw_destination_reason = 0;
/// No: the right to set the forwarding is missing on that line.
pub const LW_DESTINATION_NOT_GRANTED: lw_destination_reason = 1;
/// No: the right for the class of the number is missing.
pub const LW_DESTINATION_CLASS_NOT_GRANTED: lw_destination_reason = 2;
/// No: it is no number, or where it leads is not known.
pub const LW_DESTINATION_NO_CLASS: lw_destination_reason = 3;
/// No: an emergency number is never the target of a forwarding.
pub const LW_DESTINATION_EMERGENCY: lw_destination_reason = 4;
/// No: the forwarding would lead back to the party whose calls are forwarded.
pub const LW_DESTINATION_ONESELF: lw_destination_reason = 5;
/// No: the document forbids the number.
pub const LW_DESTINATION_BLOCKED: lw_destination_reason = 6;
/// Yes: all rights that are needed are there.
pub const LW_DESTINATION_GRANTED: lw_destination_reason = 16;
/// Yes: a call to an emergency number needs no right.
pub const LW_DESTINATION_EMERGENCY_CALL: lw_destination_reason = 17;

/// Options of lw_open_with. All zero but size is what lw_open does.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lw_options {
    /// sizeof(lw_options).
    pub size: usize,
    /// How many milliseconds opening, a change and a reload wait for another thread or process that changes the store, before they fail
    /// with LW_ERROR_FILE; 0 for 60,000. Checks never wait.
    pub patience: u32,
    /// Not 0: every change through this engine fails with LW_ERROR_ARGUMENT. It follows the changes of others, and may still make the
    /// store's image anew, which is not the policy.
    pub read_only: u32,
}

/// All rights of a pair. All zero is no right. Query it with lw_rights_has; the words are public so that a program can store,
/// compare and combine sets.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct lw_rights {
    /// Bit r % 64 of word r / 64 is set if the pair has the right with number r. Rights that depend on the line have no bit under
    /// their bare names (numbers from 128 on): the pair has such a right if it has it on all three lines.
    pub words: [u64; 2],
}

/// A yes or no with its reason. All zero is a refusal.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct lw_decision {
    /// The answer.
    pub allowed: bool,
    /// The reason.
    pub reason: lw_reason,
    /// The revision of the answer; see lw_revision.
    pub revision: u64,
    /// Line number of the deciding entry in the document of the target's domain, from 1; 0 if no single entry decided, and always
    /// over a store, whose entries have no line in a document.
    pub line: u32,
}

/// Whether a forwarding or a call may lead to a number, with the reason. All zero is a refusal.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct lw_destination {
    /// The answer.
    pub allowed: bool,
    /// The class of the number; 0 if it has none.
    pub number_class: lw_class,
    /// The reason.
    pub reason: lw_destination_reason,
    /// The revision of the answer; see lw_revision.
    pub revision: u64,
}

/// The meaning of a dialled function code, and whether the actor may use it. All zero is a refusal.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lw_dialled {
    /// The function.
    pub function: lw_function,
    /// The party whose call, forwarding or login it concerns.
    pub subject: lw_party,
    /// The right that was checked, on the dialled line; 0 if the function needs none.
    pub right: lw_right,
    /// Whether the actor may use it. For a forwarding with a target, whether the target may be set, too.
    pub allowed: bool,
    /// The target of the forwarding as dialled, NUL-terminated; empty if the function takes none.
    pub digits: [c_char; LW_DIGITS_SIZE],
    /// The line of the dialled extension: 1 the first, 2 the second, 3 an additional one; 0 if no extension was dialled, or that of a
    /// team.
    pub line: u8,
}

/// A block of changed decisions: for every actor, right and target (except an actor towards itself) the decision is now `allowed`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct lw_flips {
    /// The domain's name.
    pub domain: *const c_char,
    /// The changed rights.
    pub rights: lw_rights,
    /// The actors; NULL if any decision of the domain may have changed (the change concerns more parties than are compared): then
    /// ask again about everything.
    pub actors: *const lw_party,
    /// The number of actors.
    pub actor_count: usize,
    /// The targets; NULL if each actor towards itself is meant, and if actors is NULL.
    pub targets: *const lw_party,
    /// The number of targets.
    pub target_count: usize,
    /// The new decision.
    pub allowed: bool,
}

/// The callback of lw_watch: reports which answers flipped.
///
/// data: the pointer given to lw_watch.
/// revision: the revision in force. All flips up to it have been reported with this call.
/// flips: the flipped answers, each in exactly one set; valid during the call only.
/// count: the number of sets; 0 where the revision flipped no answer about the watched rights.
pub type lw_watch_callback =
    Option<unsafe extern "C" fn(data: *mut c_void, revision: u64, flips: *const lw_flips, count: usize)>;

/// The callback of lw_on_revision: reports that another revision is in force.
///
/// data: the pointer given to lw_on_revision.
/// revision: the revision in force.
pub type lw_revision_callback = Option<unsafe extern "C" fn(data: *mut c_void, revision: u64)>;

/// How important a message is: one of the LW_LOG_ constants.
pub type lw_log_level = u32;
/// # Levels of the log
///
/// Something is wrong, and answers may be refused until it is mended.
pub const LW_LOG_ERROR: lw_log_level = 1;
/// Something went wrong, and was mended or is tried again.
pub const LW_LOG_WARNING: lw_log_level = 2;
/// What the library has done.
pub const LW_LOG_INFO: lw_log_level = 3;

/// The callback of lw_set_log.
///
/// data: the pointer given to lw_set_log.
/// level: one of the LW_LOG_ constants.
/// message: one line or more, UTF-8; valid during the call only.
pub type lw_log_callback = Option<unsafe extern "C" fn(data: *mut c_void, level: lw_log_level, message: *const c_char)>;

// The layouts that C programs were compiled with.
const _: () = {
    assert!(size_of::<lw_rights>() == 16);
    assert!(size_of::<lw_decision>() == 24 && offset_of!(lw_decision, reason) == 4);
    assert!(offset_of!(lw_decision, revision) == 8 && offset_of!(lw_decision, line) == 16);
    assert!(size_of::<lw_store_state>() == 40 && offset_of!(lw_store_state, epoch) == 8);

    assert!(size_of::<lw_destination>() == 24 && offset_of!(lw_destination, number_class) == 4);
    assert!(offset_of!(lw_destination, reason) == 8 && offset_of!(lw_destination, revision) == 16);
    assert!(size_of::<lw_options>() == 16 || size_of::<usize>() != 8);
    assert!(size_of::<lw_flips>() == 64 || size_of::<usize>() != 8);
    assert!(size_of::<lw_dialled>() == 272 && offset_of!(lw_dialled, digits) == 13);
    // In former padding: programs compiled before it have room for it.
    assert!(offset_of!(lw_dialled, line) == 269);
};

// Many threads ask one engine at once.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<Engine>();
};
