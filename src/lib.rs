//! linewarden answers one question for a telephone system, in nanoseconds: may this person do this to that person's line?
//!
//! Data goes one way, and a file imports only from lower floors (`tests/floors.rs` holds the map):
//!
//! ```text
//! 0  address, error, simd, wording           how addresses are written; errors and their words; many small comparisons at once
//! 1  id, right, memory                       words: handles, rights, sets of rights; the memory an image lies in
//! 2  cache, directory, rule, sync            answers given lately; names and their numbers; rules; locks of processes
//! 3  system/{xphone, estos, pascom, keevio}  the four systems; none knows another
//! 4  policy                                  all facts of all domains, and changes of them
//! 5  document, fncode, generate, image,      trades side by side; none knows another
//!    lint, notified, store
//! 6  explain                                 why an answer is what it is
//! 7  engine                                  the one meeting point
//! 8  diff                                    from one engine's answers to another's
//! 9  stream                                  which answers flip as an engine is changed
//! 10 ffi, the command                        faces
//! ```
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
#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "what only stores use"))]

#[cfg(all(panic = "abort", not(test)))]
compile_error!("linewarden needs panic = \"unwind\": an abort would end every call in the PBX that has loaded it");

pub mod address;
pub mod cache;
pub mod diff;
pub mod directory;
pub mod document;
pub mod engine;
pub mod error;
pub mod explain;
pub mod ffi;
pub mod fncode;
pub mod generate;
pub mod id;
pub mod image;
pub mod lint;
pub mod memory;
pub mod notified;
pub mod policy;
pub mod right;
pub mod rule;
pub mod simd;
#[cfg(target_os = "linux")]
pub mod store;
pub mod stream;
pub mod sync;
pub mod system;
pub mod wording;

pub use engine::Engine;
pub use error::{Error, ErrorKind, Result};
pub use id::{DomainId, Kind, Party};
pub use right::{Right, RightSet};
