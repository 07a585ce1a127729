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

/// The question of `check` and `explain`.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
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
