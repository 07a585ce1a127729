//! One exchange with the agent of a cluster's node: a change goes to its socket, the revision comes back. The answer is one line of JSON,
//! like the question. A lost answer must never be taken for a refusal: the change may have been made.
#![forbid(unsafe_code)]

use super::Store;
use crate::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read, Write};
#[cfg(windows)]
use std::net::TcpStream as Stream;
#[cfg(unix)]
use std::os::unix::net::UnixStream as Stream;
use std::path::Path;
use std::time::Duration;

/// How long an answer may take: the agent waits for the database for less than that.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest answer.
const LONGEST: u64 = 1 << 20;
/// What a question is, and in which version of this form.
const FORM: &str = "linewarden agent 1";

/// A change for the agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `linewarden agent 1`.
    form: String,
    /// The author: empty for the administrator, else `domain/name`.
    pub author: String,
    /// Whether the author's permissions are checked. An import states what is in force, whose permissions are not.
    pub checked: bool,
    /// The changes, one a line.
    pub text: String,
    /// The revision that the changes were worked out for; at another one they are not made.
    pub after: Option<u64>,
}

impl Request {
    /// A change for the agent.
    pub fn new(author: String, checked: bool, text: String, after: Option<u64>) -> Request {
        Request { form: FORM.into(), author, checked, text, after }
    }

    /// Reads a question.
    ///
    /// # Errors
    /// `Argument` for another text.
    pub fn parse(line: &str) -> Result<Request> {
        let wrong = |message| Error::new(ErrorKind::Argument, message);
        let request: Request =
            serde_json::from_str(line).map_err(|error| wrong(format!("expected a change for the agent: {error}")))?;
        match request.form == FORM {
            true => Ok(request),
            false => Err(wrong(format!("a question of the form `{}`, expected `{FORM}`", request.form))),
        }
    }
}

/// What the agent answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The changes are durable, and in force on this node with that revision; its token.
    Done {
        /// The revision.
        revision: u64,
        /// Its token.
        token: String,
    },
    /// The log has another revision than the changes were worked out for. Nothing was changed.
    Behind,
    /// Nothing was changed.
    Refused {
        /// The number of the error's kind.
        kind: i32,
        /// Its message.
        message: String,
    },
    /// Whether the changes were made is not known.
    Unknown {
        /// What was lost.
        message: String,
    },
}

impl Answer {
    /// The answer for an error.
    pub fn refused(error: &Error) -> Answer {
        Answer::Refused { kind: error.code(), message: error.message().to_owned() }
    }

    /// One line.
    pub fn print(&self) -> String {
        // Numbers and texts can always be written.
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }
}

/// The error for a change of which no one knows whether it was made.
fn unknown(why: &str) -> Error {
    let message =
        format!("it is not known whether the change was made: {why}; look at `linewarden history` before trying again");
    Error::new(ErrorKind::Unsettled, message)
}

#[cfg(unix)]
fn connected(path: &Path) -> std::io::Result<Stream> {
    Stream::connect(path)
}

/// There is no agent for Windows.
#[cfg(windows)]
fn connected(_: &Path) -> std::io::Result<Stream> {
    Err(std::io::ErrorKind::Unsupported.into())
}

impl Store {
    /// Hands a change to the agent of the cluster that the store belongs to, and waits. Returns the revision; `None` where the log has
    /// another one than `request.after`.
    ///
    /// # Errors
    /// `CutOff` when no agent answers; `Unsettled` when it is not known whether the change was made; else the agent's own error. But for
    /// `Unsettled` nothing was changed.
    pub fn ask_agent(&self, request: &Request) -> Result<Option<u64>> {
        let path = self.agent_path();
        let mut stream = connected(&path).map_err(|error| self.no_agent(&error))?;
        let lost = |error: std::io::Error| unknown(&format!("`{}`: {error}", path.display()));
        stream
            .set_read_timeout(Some(PATIENCE))
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
            .map_err(lost)?;
        let mut line = serde_json::to_string(request).unwrap_or_default();
        line.push('\n');
        // The agent takes a line only when it is whole.
        stream.write_all(line.as_bytes()).map_err(|error| self.no_agent(&error))?;
        let mut text = String::new();
        BufReader::new(stream.take(LONGEST)).read_line(&mut text).map_err(lost)?;
        if !text.ends_with('\n') {
            return Err(unknown("the agent ended before it answered"));
        }
        match serde_json::from_str(&text) {
            Ok(Answer::Done { revision, .. }) => Ok(Some(revision)),
            Ok(Answer::Behind) => Ok(None),
            Ok(Answer::Refused { kind, message }) => {
                Err(Error::new(ErrorKind::from_code(kind).unwrap_or(ErrorKind::Internal), message))
            }
            Ok(Answer::Unknown { message }) => Err(unknown(&message)),
            Err(error) => Err(unknown(&format!("the agent's answer cannot be read: {error}"))),
        }
    }

    /// The error for a store whose agent does not answer.
    fn no_agent(&self, error: &std::io::Error) -> Error {
        let state = self.upstream().ok();
        let cluster = state.as_ref().and_then(|state| state.cluster.clone()).unwrap_or_default();
        let since = match state.and_then(|state| state.age) {
            Some(age) => format!("cut off since {} s", age.as_secs()),
            None => "cut off".to_owned(),
        };
        let message = format!(
            "`{}` belongs to the cluster `{cluster}`, whose agent takes no changes here ({}: {error}): {since}; nothing was changed, \
             start linewarden-agent or make the change on another node",
            self.location.shown.display(),
            self.agent_path().display()
        );
        Error::new(ErrorKind::CutOff, message).caused_by_system(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_as_it_was_written() {
        let request = Request::new("acme.example/alice".into(), true, "set vip \"a b\" yes\nx".into(), Some(7));
        let line = serde_json::to_string(&request).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(Request::parse(&line), Ok(request));
        for (from, to) in [("agent 1", "agent 2"), ("\"checked\"", "\"checks\""), ("true", "1"), ("7}", "-7}")] {
            assert!(Request::parse(&line.replacen(from, to, 1)).is_err(), "{to}");
        }
    }

    #[test]
    fn every_kind_of_error_comes_through() {
        for code in -99..0 {
            let Some(kind) = ErrorKind::from_code(code) else { continue };
            let answer = Answer::refused(&Error::new(kind, "why"));
            assert_eq!(serde_json::from_str::<Answer>(&answer.print()).unwrap(), answer);
            assert_eq!(kind as i32, code);
        }
        assert_eq!(ErrorKind::from_code(-9), Some(ErrorKind::Refused));
        assert_eq!(ErrorKind::from_code(0), None);
    }
}
