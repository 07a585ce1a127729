//! What several commands have in common: their options, the names they read, and how they end. It knows no command.
#![forbid(unsafe_code)]

use clap::builder::{PossibleValue, TypedValueParser};
use linewarden::Right;
use std::ffi::OsStr;

/// How a command ends when nothing went wrong; an error is status 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Status {
    /// Yes, or done.
    Yes = 0,
    /// No.
    No = 1,
}

impl Status {
    /// The status of an answer.
    pub fn of(answer: bool) -> Status {
        if answer { Status::Yes } else { Status::No }
    }
}

/// The option of everything that lists something.
#[derive(Debug, clap::Args)]
pub struct Json {
    /// Answer in JSON, for programs
    #[arg(long)]
    pub json: bool,
}

/// The question of `explain`.
#[derive(Debug, clap::Args)]
pub struct Question {
    #[command(flatten)]
    pub source: crate::source::SourceArgs,
    /// Who would act or look: carol, 301, sip:laura@lawfirm.example
    pub actor: String,
    /// What: call.pickup, presence.status.read.first ... (see `linewarden right-names`)
    #[arg(value_parser = RightName, hide_possible_values = true)]
    pub right: Right,
    /// Whose line or data, or which team or location it is about
    pub target: String,
    /// The actor's part in a transfer that is going on between the two (XPhone)
    #[arg(long, value_name = "PART")]
    pub in_transfer: Option<Part>,
}

/// A part in a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The actor is asked whether they take the call
    Consulted,
    /// The actor transfers the call
    Transferring,
}

/// Reads the name of a right; also tells the shells' completions which there are.
#[derive(Clone, Debug)]
pub struct RightName;

impl TypedValueParser for RightName {
    type Value = Right;

    fn parse_ref(&self, _: &clap::Command, _: Option<&clap::Arg>, value: &OsStr) -> Result<Right, clap::Error> {
        let name = value.to_string_lossy();
        name.parse().map_err(|error| clap::Error::raw(clap::error::ErrorKind::InvalidValue, format!("{error}\n")))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Right::names().map(PossibleValue::new)))
    }
}

/// The option of what makes changes.
#[cfg(any(target_os = "linux", windows))]
#[derive(Debug, clap::Args)]
pub struct WithToken {
    /// Print the token of the revision, too: `linewarden wait` and programs take it
    #[arg(long)]
    pub token: bool,
}

#[cfg(any(target_os = "linux", windows))]
impl WithToken {
    /// The token of the revision, if it was asked for.
    pub fn of(&self, engine: &linewarden::Engine, revision: u64) -> linewarden::Result<Option<String>> {
        self.token.then(|| engine.token(revision).map(|token| token.to_string())).transpose()
    }
}

/// Seconds as in `2.5`.
#[cfg(any(target_os = "linux", windows))]
pub fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| "expected seconds as in `2.5`".to_owned())
}
