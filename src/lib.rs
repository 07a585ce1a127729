//! May this person do this to that person's line? Rights on a telephone system, answered in nanoseconds.
//!
//! An [`Engine`] opens a policy document, a folder of documents or a store, and answers for pairs of parties: users, outside
//! contacts, teams, locations and devices. An answer is no unless a rule of one of the five systems (XPhone Connect, estos
//! UCServer, pascom, keevio, linewarden's own) gives a yes.
//!
//! ```
//! use linewarden::{Document, Engine, Right};
//!
//! let document = Document {
//!     name: "acme.toml".into(),
//!     text: r#"
//!         domain = "acme.example"
//!         systems = ["xphone"]
//!         user = [{ name = "alice", lines = ["100"] }, { name = "bob", lines = ["110"] }]
//!         relationship = [{ owner = "alice", viewer = "bob", level = "assistant" }]
//!     "#
//!     .into(),
//! };
//! let engine = Engine::from_documents(&[document])?;
//! let (alice, bob) = (engine.resolve(None, "alice")?, engine.resolve(None, "110")?);
//! let pickup: Right = "call.pickup.first".parse()?;
//! assert!(engine.may(bob, pickup, alice));
//! assert!(!engine.may(alice, pickup, bob));
//! println!("{}", engine.explain(bob, pickup, alice, None).summary);
//! # Ok::<(), linewarden::Error>(())
//! ```
//!
//! # What may be asked where
//!
//! Checks ([`Engine::may`], [`Engine::rights`] and those beside them) read the compiled image: they allocate nothing, take no lock
//! and make no system call, on any thread. [`Engine::find`] is the same for a name that a document or the store has; a new `sip:`
//! address waits for a lock. [`Engine::decide`] is the same over a store; over documents it takes a lock and may allocate.
//! [`Engine::dial`] and [`Engine::text`] read the image too, and allocate. [`Engine::who`], [`Engine::whom`] and
//! [`Engine::parties`] visit every party of a domain, so they belong off the call path. So do explanations, lint, export, changes,
//! [`Engine::notified`] and [`Engine::pending`]: they read the policy behind the image, and over a store of 100,000 users the first
//! of them takes 0.2 s, or 3 s where the packed snapshot is missing.
//!
//! # Features
//!
//! `capi` (on by default) is the C interface, `include/linewarden.h`. Rust programs switch it off with
//! `default-features = false`. Stores need Linux or Windows.
//!
//! # Inside
//!
//! Data goes one way, and a file imports only from lower floors (`tests/floors.rs` holds the map):
//!
//! ```text
//! 0  address, error, keyed, simd, tick,      how addresses are written; errors and their words; hashes of maps; many
//!    win32, wording                          comparisons at once; the clock
//! 1  calendar, destinations, heard, id,      dates; where numbers lead; how old a store is; words: handles, rights, sets
//!    right, memory                           of rights; the memory an image lies in
//! 2  directory, files, rule, sync            names and their numbers; files safely opened; rules; locks of processes
//! 3  system/{xphone, estos, pascom,          the five systems; none knows another
//!    keevio, linewarden}
//! 4  policy                                  all facts of all domains, and changes of them
//! 5  document, fncode, lint,                 trades side by side; none knows another
//!    notified, packed, store, image/format
//! 6  image/{compile, evaluate}               policy to words; words to rights
//! 7  image/publish                           the words in force, and answers given lately
//! 8  explain                                 why an answer is what it is
//! 9  engine                                  the one meeting point
//! 10 diff                                    from one engine's answers to another's
//! 11 shadow, stream                          what would be refused; which answers flip as an engine is changed
//! 12 ffi                                     the C face
//! ```
//!
//! The command is `crates/cli`, the importers are `crates/convert`, made-up companies and what tests share are `crates/testkit`.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests may fail"
    )
)]
#![cfg_attr(not(feature = "capi"), allow(dead_code, reason = "what only the C interface uses"))]
#![cfg_attr(not(any(target_os = "linux", windows)), allow(dead_code, reason = "what only stores use"))]

#[cfg(all(panic = "abort", not(test)))]
compile_error!("linewarden needs panic = \"unwind\": an abort would end every call in the PBX that has loaded it");

mod address;
mod calendar;
mod destinations;
mod diff;
mod directory;
mod document;
mod engine;
mod error;
mod explain;
#[cfg(feature = "capi")]
#[doc(hidden)]
pub mod ffi;
#[cfg(any(target_os = "linux", windows))]
mod files;
mod fncode;
mod heard;
mod id;
mod image;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod keyed;
mod lint;
mod memory;
mod notified;
mod packed;
mod policy;
mod right;
mod rule;
mod shadow;
mod simd;
#[cfg(any(target_os = "linux", windows))]
mod store;
mod stream;
mod sync;
mod system;
mod tick;
#[cfg(windows)]
mod win32;
mod wording;

pub use calendar::instant_text;
pub use destinations::Class;
pub use diff::{DecisionDiff, DiffExemption, DiffGroup, NamedGroup, diff, diff_named};
pub use document::{Document, read as read_documents};
#[cfg(any(target_os = "linux", windows))]
pub use engine::{
    Batch, BatchSet, ChangeSet, Compacted, Cut, Filter, Following, Held, Keep, Since, Token, Trail, Turn, Upstream,
    Verified, restore,
};
pub use engine::{
    Decision, Destination, DestinationExplanation, DestinationReason, DialAnswer, DialExplanation, Engine, Explanation,
    Export, Finding, Group, OpenOptions, PairRights, Reason, STATE_FILE, Settings, Severity, Source, Suggestion,
    Upcoming, read_source,
};
pub use error::{Error, ErrorKind, Result};
pub use id::{DomainId, Kind, Party};
pub use policy::change::{Author, Change, Entry, line as change_line, parse as parse_changes};
pub use policy::codes::Function;
pub use right::{Right, RightSet};
pub use shadow::{Shadow, ShadowAnswer, ShadowLog};
#[cfg(any(target_os = "linux", windows))]
pub use store::is_store;
pub use stream::{FlipSet, Flips, Stream};
pub use system::System;
pub use system::keevio::State as SubscriptionState;
pub use system::xphone::{Certainty, TransferRole};

/// From here on this process survives when `rights.db-image` of a store that it has open is made shorter, or cannot be read any more:
/// every check of that store is a no, and every change an error, until the program has closed the store and opened it again. Without
/// this the system ends the process (`SIGBUS`).
///
/// It installs a handler for `SIGBUS`, so call it once, after the program has installed its own: what this one is not for goes there.
/// On Windows it does nothing: no program can make a mapped file shorter there.
///
/// ```
/// # #[cfg(any(target_os = "linux", windows))]
/// linewarden::survive_truncation()?;
/// # Ok::<(), linewarden::Error>(())
/// ```
///
/// # Errors
/// `Internal` when the system takes no handler.
#[cfg(any(target_os = "linux", windows))]
pub fn survive_truncation() -> Result<()> {
    memory::survive()
}

/// What `linewarden-agent` needs beside the facade. Not part of the interface: it changes without notice.
#[cfg(any(target_os = "linux", windows))]
#[doc(hidden)]
pub mod agent {
    pub use crate::address::{is_same_domain, split};
    pub use crate::engine::{Answer, DomainNumber, Numbers, PartyNumber, Request, Trial};
    pub use crate::policy::change::{Form, Parameter, Shape};
}

/// Reads an instant, as `2026-12-24T18:00:00+01:00`: seconds since 1970, as [`Engine::at`] takes them.
///
/// ```
/// assert_eq!(linewarden::instant("2026-12-18T18:00:00+01:00")?, 1_797_613_200);
/// assert!(linewarden::instant("Friday").is_err());
/// # Ok::<(), linewarden::Error>(())
/// ```
///
/// # Errors
/// `Argument`, with what was found and what was expected.
pub fn instant(text: &str) -> Result<i64> {
    calendar::instant(text).map_err(|fault| Error::new(ErrorKind::Argument, fault.message))
}
