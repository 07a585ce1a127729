//! The rooms behind the facade, for this repository's tests, benches and generator (feature `internals`). Not part of the
//! interface: a program that is published must never use it.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "each room has its own head")]

macro_rules! rooms {
    ($($(#[$attribute:meta])* $room:ident)*) => {$(
        $(#[$attribute])*
        pub mod $room {
            pub use crate::$room::*;
        }
    )*};
}

rooms! {
    address calendar destinations diff directory document engine error explain fncode heard id image lint memory notified packed policy right rule simd
    stream sync system wording
    #[cfg(any(target_os = "linux", windows))] store
}
