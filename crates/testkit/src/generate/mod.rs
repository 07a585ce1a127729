//! Companies made up from a seed: realistic in shape, of any size, the same on every platform. For benches, tests and
//! trying out. It must never read anything but its options: no clock, no environment, no disk.
//!
//! `company` holds the outline (names, sites, departments, teams), which `draw` draws; `xphone`, `estos`, `pascom`,
//! `keevio` and `rules` derive each system's facts from it, one entry at a time; `facts` collects the entries into a policy and
//! `text` writes them as a document. Entries are the policy's own types. Inside this folder a [`linewarden::Party`] is a
//! number of the outline: users first, then contacts, teams, locations and devices; `facts` replaces it by the
//! directory's number, `text` by the name.
#![forbid(unsafe_code)]

mod company;
mod draw;
mod estos;
mod facts;
mod keevio;
mod names;
mod outline;
mod pascom;
mod random;
mod rules;
mod text;
mod xphone;

use linewarden::internals::directory::Directory;
use linewarden::internals::error::{Error, ErrorKind, Result};
use linewarden::internals::policy::Policy;
use linewarden::internals::system::{System, Systems};
use std::io;

/// What company to make up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many users it has; at most [`Options::MAX_USERS`].
    pub users: u32,
    /// The same seed gives the same company.
    pub seed: u64,
    /// The systems it runs; only their facts are made up.
    pub systems: Systems,
    /// The domain's name.
    pub domain: String,
}

impl Options {
    /// The most users a company can have: with more, sites would outgrow their numbers.
    pub const MAX_USERS: u32 = 10_000_000;
}

impl Default for Options {
    fn default() -> Options {
        let systems = Systems::default().with(System::Xphone).with(System::Pascom);
        Options { users: 60, seed: 1, systems, domain: "company.example".into() }
    }
}

/// The company as facts; names get their numbers in `directory`.
pub fn policy(options: &Options, directory: &mut Directory) -> Result<Policy> {
    check(options)?;
    facts::policy(&company::Company::new(options), directory)
}

/// The same company as a policy document, written part by part.
pub fn write(options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    check(options).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    text::write(&company::Company::new(options), out)
}

fn check(options: &Options) -> Result<()> {
    if options.users > Options::MAX_USERS {
        let message = format!("`{}` users are too many: at most {} can be made up", options.users, Options::MAX_USERS);
        return Err(Error::new(ErrorKind::Limit, message));
    }
    Ok(())
}
