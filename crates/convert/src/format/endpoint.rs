//! An endpoint of Asterisk, in one form for all its sources: the configurations of both drivers, a realtime table. It must never read a
//! source itself.
#![forbid(unsafe_code)]

use crate::model::{At, Place};

/// What an endpoint says.
pub struct Endpoint {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// Its call groups, pickup groups, then the named ones, as written.
    pub lists: [Option<At<String>>; 4],
    /// Its caller ID.
    pub callerid: Option<At<String>>,
    /// Its context.
    pub context: Option<At<String>>,
    /// Whether it signs in elsewhere, as trunks do.
    pub trunk: Option<Place>,
}

/// The names of the four lists, as in the configuration; without `_` they are the older ones.
pub const LISTS: [&str; 4] = ["call_group", "pickup_group", "named_call_group", "named_pickup_group"];
