//! A right from its name, with an error for people. Questions on calls use [`Right::parse`], which makes no text.
#![forbid(unsafe_code)]

use super::Right;
use crate::error::{Error, ErrorKind};
use crate::wording::{did_you_mean, nearest, quote};
use std::str::FromStr;

impl FromStr for Right {
    type Err = Error;

    /// # Errors
    /// `Unknown` when no right has this name; the message names the nearest one.
    fn from_str(name: &str) -> Result<Right, Error> {
        Right::parse(name).ok_or_else(|| {
            let near = nearest(name, Right::names()).map(did_you_mean);
            let near = near.unwrap_or_else(|| ", expected one that `linewarden right-names` lists".into());
            Error::new(ErrorKind::Unknown, format!("unknown right {}{near}", quote(name)))
        })
    }
}
