//! `notified`: the users notified of a waiting call of a team.
#![forbid(unsafe_code)]

use crate::options::{Json, Status};
use crate::output::{Failure, Out};
use crate::source::{Source, SourceArgs};
use linewarden::{Party, Result as Answered};
use serde::Serialize;

/// List the users notified of a waiting call of a team (pascom's pickup control)
///
/// The team's `pickup_notification` decides, together with which of its agents are logged out or paused just now.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden notified examples/companies/mixed.toml support
  linewarden notified examples/companies/mixed.toml team:support --logged-out carol,cem \\
      --paused clara

EXIT STATUS
  0 done, also when no user is notified; 2 error

JSON
  {\"domain\":\"brenner.example\",\"team\":\"team:support\",\"notified\":[\"bob\",\"carol\"]}
")]
pub struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// The team: support, team:support, or its extension
    team: String,
    /// Agents who are logged out, separated by commas
    #[arg(long, value_name = "USERS", value_delimiter = ',')]
    logged_out: Vec<String>,
    /// Agents who are paused, separated by commas
    #[arg(long, value_name = "USERS", value_delimiter = ',')]
    paused: Vec<String>,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    domain: &'a str,
    team: String,
    notified: Vec<String>,
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let source = Source::open(&args.source)?;
    let team = source.team(&args.team)?;
    let users = |names: &[String]| names.iter().map(|name| source.party(name)).collect::<Answered<Vec<Party>>>();
    let notified = source.engine.notified(team, &users(&args.logged_out)?, &users(&args.paused)?)?;
    if args.json.json {
        out.json(&Answer {
            domain: source.domain_of(team),
            team: source.engine.text(team),
            notified: notified.iter().map(|user| source.engine.text(*user)).collect(),
        })?;
    } else {
        out.lines(&source.texts(&notified))?;
    }
    Ok(Status::Yes)
}
