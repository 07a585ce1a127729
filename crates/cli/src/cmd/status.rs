//! `status`: how a store stands towards the log it belongs to.
#![forbid(unsafe_code)]

use crate::options::{Json, Status, seconds};
use crate::output::{Failure, Out};
use crate::source::{Source, StoreArgs};
use linewarden::Following;
use serde::Serialize;
use std::io::Write;

/// Show whether a store stands alone or follows another one, how far behind, and when it last heard from it
///
/// `cut_off`: it follows, and heard nothing for longer than --longest-age; it answers on, by its last revision. `forked`: it has change
/// sets that the store it follows does not have; put a backup of that store in its place.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden status rights.db
  linewarden status rights.db --longest-age 60 --json

EXIT STATUS
  0 alone or following, 1 cut off or forked, 2 error

JSON
  {\"state\":\"following\",\"store\":\"...\",\"epoch\":0,\"revision\":12,\"hash\":\"...\",\"lag\":0,\"age\":420,\"upstream\":\"leader\",
   \"token\":\"lw1....\"}
  `age` is in milliseconds, null where it is not known and for a store that stands alone. `forked` says why.
")]
pub struct Args {
    #[command(flatten)]
    store: StoreArgs,
    /// After so long without a word a store is cut off
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    longest_age: std::time::Duration,
    #[command(flatten)]
    json: Json,
}

/// The JSON answer; its keys are promised in the help.
#[derive(Serialize)]
struct Answer<'a> {
    state: &'a str,
    store: String,
    epoch: u64,
    revision: u64,
    hash: String,
    lag: u64,
    age: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forked: Option<&'a str>,
    token: String,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Answers.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let state = Source::store(&args.store)?.engine.upstream()?;
    let kind = state.kind(args.longest_age);
    let age = state.age.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
    let answer = Answer {
        state: kind.word(),
        store: hex(&state.store),
        epoch: state.epoch,
        revision: state.revision,
        hash: hex(&state.hash),
        lag: state.lag,
        age,
        upstream: state.name.as_deref(),
        forked: state.forked.as_deref(),
        token: state.token().to_string(),
    };
    if args.json.json {
        out.json(&answer)?;
    } else {
        writeln!(out, "{}", answer.state)?;
        let age = age.map_or("not known".to_owned(), |age| format!("{age} ms"));
        let follows = answer.upstream.is_some();
        let rows = [
            ("follows", answer.upstream.map(str::to_owned)),
            ("forked", answer.forked.map(str::to_owned)),
            ("age", Some(age).filter(|_| follows)),
            ("lag", Some(answer.lag.to_string()).filter(|_| follows)),
            ("store", Some(answer.store)),
            ("epoch", Some(answer.epoch.to_string())),
            ("revision", Some(answer.revision.to_string())),
            ("hash", Some(answer.hash)),
            ("token", Some(answer.token)),
        ];
        for (label, value) in rows {
            if let Some(value) = value {
                writeln!(out, "  {label:10}{value}")?;
            }
        }
    }
    Ok(Status::of(matches!(kind, Following::Alone | Following::Following)))
}
