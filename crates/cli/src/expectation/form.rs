//! The file of expectations: its keys, and the line of each value. A key that is not known is refused, and so is a file that expects
//! nothing: it would pass for ever.
#![forbid(unsafe_code)]

use linewarden::{Document, Error, ErrorKind, Result};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// A text and where it stands.
pub type Text = Spanned<String>;

/// A file, read.
pub struct File {
    /// Its name as it was given.
    pub name: String,
    text: String,
    pub(super) form: Form,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    #[serde(default, rename = "source")]
    _source: IgnoredAny,
    #[serde(default, rename = "note")]
    _note: IgnoredAny,
    #[serde(default)]
    pub ask: Vec<Spanned<Ask>>,
    #[serde(default)]
    pub list: Vec<Spanned<List>>,
    #[serde(default)]
    pub dial: Vec<Spanned<Dial>>,
    #[serde(default)]
    pub notified: Vec<Spanned<Notified>>,
    /// Names of no party.
    #[serde(default)]
    pub unknown: Vec<Text>,
}

/// Which rights a pair has and lacks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    pub actor: Text,
    pub target: Text,
    pub role: Option<Role>,
    #[serde(default)]
    pub yes: Vec<Text>,
    #[serde(default)]
    pub no: Vec<Text>,
    /// Every right that `yes` does not name is a no.
    pub only: Option<Spanned<bool>>,
    /// The level of the pair in a system.
    #[serde(default)]
    pub levels: BTreeMap<String, Text>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    Consulted,
    Transferring,
}

/// All who have a right on `target`, or all on whom `actor` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    pub right: Text,
    pub target: Option<Text>,
    pub actor: Option<Text>,
    pub are: Spanned<Vec<Text>>,
}

/// What a dialled code means, and whether the actor may.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dial {
    pub actor: Text,
    pub code: Text,
    pub function: Text,
    pub subject: Text,
    pub digits: Option<Text>,
    pub allowed: Spanned<bool>,
    pub right: Option<Text>,
}

/// The users notified of a team's waiting call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Notified {
    pub team: Text,
    #[serde(default)]
    pub logged_out: Vec<Text>,
    #[serde(default)]
    pub paused: Vec<Text>,
    pub who: Spanned<Vec<Text>>,
}

impl File {
    /// Reads a file of expectations.
    ///
    /// # Errors
    /// `Document` with file, line and column.
    pub fn read(document: Document) -> Result<File> {
        let Document { name, text } = document;
        let form: Form = toml::from_str(&text).map_err(|error| {
            let (line, column) = place(&text, error.span().map_or(0, |span| span.start));
            let message = error.message().lines().next().unwrap_or_default();
            Error::new(ErrorKind::Document, format!("{name}:{line}:{column}: {message}"))
        })?;
        let file = File { name, text, form };
        if file.form.is_empty() {
            let message = "expects nothing; expected `[[ask]]`, `[[list]]`, `[[dial]]`, `[[notified]]` or `unknown`";
            return Err(Error::new(ErrorKind::Document, format!("{}:1: {message}", file.name)));
        }
        if let Some(ask) = file.form.ask.iter().find(|ask| ask.get_ref().expects_nothing()) {
            let message = "expects nothing; expected `yes`, `no`, `only = true` or `levels`";
            return Err(Error::new(ErrorKind::Document, format!("{}: {message}", file.place(ask.span()))));
        }
        Ok(file)
    }

    /// The line of what stands there, from 1.
    pub(super) fn line(&self, span: Range<usize>) -> usize {
        place(&self.text, span.start).0
    }

    /// `file:line` of what stands there.
    pub(super) fn place(&self, span: Range<usize>) -> String {
        format!("{}:{}", self.name, self.line(span))
    }
}

impl Form {
    fn is_empty(&self) -> bool {
        let Form { ask, list, dial, notified, unknown, .. } = self;
        ask.is_empty() && list.is_empty() && dial.is_empty() && notified.is_empty() && unknown.is_empty()
    }
}

impl Ask {
    /// Whether only what does not belong under `yes` is a no.
    pub fn is_only(&self) -> bool {
        self.only.as_ref().is_some_and(|only| *only.get_ref())
    }

    fn expects_nothing(&self) -> bool {
        self.yes.is_empty() && self.no.is_empty() && self.levels.is_empty() && !self.is_only()
    }
}

/// Line and column of a byte, from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}
