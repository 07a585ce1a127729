//! The C interface: an adapter over [`crate::Engine`]. `build.rs` makes `include/linewarden.h`, the manual for C programmers, from
//! the documentation of each item. The list below is everything the library exports.
//!
//! - The rest of the crate uses nothing of this module. It only fixes numbers for it: those of `ErrorKind`, `Reason`, `Right`,
//!   `Function` and `TransferRole` are part of the ABI.
//! - Every function runs behind `guard`, with one exception: the seven questions of `check.rs` that go through `may` answer a hit
//!   in the pair cache first. That lookup cannot panic, and the guard would double its cost.
//! - Every pointer is handled in `ptr`. A refusal is the zero value.
//! - Parameters are plain numbers and pointers, never Rust enums: C can pass any bit pattern.
#![allow(non_camel_case_types, reason = "these are C's names")]
#![allow(rustdoc::broken_intra_doc_links, reason = "`out[i]` is C, not a link")]
#![allow(clippy::missing_safety_doc, reason = "each function says in the header's words what it asks of its caller")]

mod admin;
mod batch;
mod change;
mod check;
mod destination;
mod dial;
mod engine;
mod error;
mod explain;
mod follower;
mod fresh;
mod guard;
mod list;
mod messages;
mod named;
mod names;
#[cfg(feature = "panic-probe")]
mod probe;
mod ptr;
mod rights;
mod shadow;
#[cfg(unix)]
mod signals;
mod stack;
mod thread;
mod types;
mod version;
mod watch;

pub use admin::{lw_backup, lw_diff, lw_export, lw_import, lw_verify};
pub use batch::{lw_may_each_actor, lw_may_each_target};
pub use change::{
    lw_answer_request, lw_apply, lw_begin_transfer, lw_clear_level, lw_clear_relationship, lw_end_transfer, lw_pending,
    lw_request_access, lw_set_level, lw_set_relationship, lw_subscription_state, lw_wait_for,
};
pub use check::{
    lw_may, lw_may_bypass_forward, lw_may_in_call, lw_may_log_in, lw_may_pick_up, lw_may_see_busy, lw_may_see_caller,
    lw_may_set_forward, lw_rights_has, lw_rights_of,
};
pub use destination::{lw_decide_call, lw_decide_forward_to, lw_may_call, lw_may_forward_to};
pub use dial::lw_dial;
pub use engine::{
    engine_from_c, engine_to_c, lw_close, lw_open, lw_open_with, lw_reload, lw_revision, lw_survive_truncation,
};
pub use error::{lw_error_code, lw_error_free, lw_error_message, lw_reason_text, lw_status_text, lw_string_free};
pub use explain::{lw_decide, lw_decision_file, lw_explain, lw_explain_in_call, lw_history, lw_lint, lw_pair};
pub use fresh::{lw_is_fresh, lw_state, lw_token, lw_wait_for_token};
pub use list::{lw_notified, lw_parties, lw_who, lw_who_after, lw_whom, lw_whom_after};
pub use messages::lw_set_log;
pub use named::lw_may_named;
pub use names::{
    lw_domain_count, lw_domain_name, lw_find, lw_line_of, lw_party_domain, lw_party_kind, lw_resolve, lw_right_at,
    lw_right_by_name, lw_right_name, lw_text,
};
#[cfg(feature = "panic-probe")]
pub use probe::lw_test_panic;
pub use rights::*;
pub use shadow::{lw_may_or_shadow, lw_may_or_shadow_named, lw_shadow_begin, lw_shadow_end, lw_shadow_status};
pub use types::*;
pub use version::{lw_abi_version, lw_version, lw_version_number};
pub use watch::{lw_on_revision, lw_watch, lw_watch_end, lw_watch_revision};
