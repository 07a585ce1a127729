//! A right from its name, with an error for people. Questions on calls use [`Right::parse`], which makes no text.
#![forbid(unsafe_code)]

use super::Right;
use crate::error::{Error, ErrorKind};
use crate::wording::{meant_right, quote};
use std::str::FromStr;

impl FromStr for Right {
    type Err = Error;

    /// # Errors
    /// `Unknown` when no right has this name; the message names the nearest one.
    fn from_str(name: &str) -> Result<Right, Error> {
        Right::parse(name).ok_or_else(|| {
            let near = meant_right(name, &Right::names().collect::<Vec<_>>());
            Error::new(ErrorKind::Unknown, format!("unknown right {}{near}", quote(name)))
        })
    }
}
