//! The text of changes: one line a change, words separated by blanks, `"..."` around any word that is not plain, `#` before a
//! comment. It never looks at a policy.
#![forbid(unsafe_code)]

use super::argument::{Form, Words, word};
use super::{Change, Entry};
use crate::address::domain_name;
use crate::error::{Error, Result};
use crate::wording::{did_you_mean, expected, nearest, quote};
use once_cell::sync::Lazy;
use std::collections::HashMap;
use std::fmt::{self, Write};

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        self.write(&mut line);
        f.write_str(&line)
    }
}

/// Reads changes: one a line, empty lines and comments left out. `in DOMAIN` says which domain the lines after it are about;
/// before the first such line it is `domain`.
///
/// # Errors
/// `Argument`, with line and column, what was found and what was expected.
///
/// ```
/// let entries = linewarden::parse_changes("in acme.example\nset vip alice yes  # the manager", None)?;
/// assert_eq!((entries[0].domain.as_str(), entries[0].change.to_string().as_str()), ("acme.example", "set vip alice yes"));
/// # Ok::<(), linewarden::Error>(())
/// ```
pub fn parse(text: &str, domain: Option<&str>) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    parse_in_parts(text, domain, usize::MAX, |part| {
        entries = part;
        Ok(())
    })?;
    Ok(entries)
}

/// The same for a long text: calls `each` with at most so many changes at a time, in order.
///
/// # Errors
/// As for [`parse`], after the changes before it; those of `each`.
pub fn parse_in_parts(
    text: &str,
    domain: Option<&str>,
    most: usize,
    mut each: impl FnMut(Vec<Entry>) -> Result<()>,
) -> Result<()> {
    let mut domain = domain.map(domain_name);
    let mut entries = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let mut words = Words::new(line, number)?;
        if words.peek() == Some("in") {
            words.next();
            domain = Some(domain_name(&words.need("domain")?));
            words.end("in DOMAIN")?;
            continue;
        }
        if words.peek().is_none() {
            continue;
        }
        let Some(domain) = &domain else {
            return Err(words.fault(0, "a change without its domain, expected a line `in DOMAIN` before it"));
        };
        entries.push(Entry { domain: domain.clone(), change: read(&mut words)? });
        if entries.len() >= most {
            each(std::mem::take(&mut entries))?;
        }
    }
    if entries.is_empty() { Ok(()) } else { each(entries) }
}

/// Reads one change.
///
/// # Errors
/// As for [`parse`].
#[cfg(feature = "internals")]
pub fn parse_line(line: &str) -> Result<Change> {
    let mut words = Words::new(line, 1)?;
    read(&mut words)
}

/// Writes changes, so that [`parse`] reads them again.
pub fn print(entries: &[Entry]) -> String {
    let mut text = String::new();
    let mut domain = None;
    for entry in entries {
        if domain != Some(&entry.domain) {
            text.push_str("in");
            word(&entry.domain, &mut text);
            text.push('\n');
            domain = Some(&entry.domain);
        }
        let _ = writeln!(text, "{}", entry.change);
    }
    text
}

fn read(words: &mut Words<'_>) -> Result<Change> {
    let of = |first: &str, second: &str| FORMS.get(&(first, second)).copied();
    let (first, second) = (words.peek().unwrap_or_default(), words.peek_second().unwrap_or_default());
    let (form, length) = match (of(first, second), of(first, "")) {
        (Some(form), _) => (form, 2),
        (None, Some(form)) => (form, 1),
        (None, None) => {
            let (first, two) = (first.to_owned(), format!("{first} {second}"));
            return Err(unknown_verb(words, &first, &two));
        }
    };
    (0..length).for_each(|_| drop(words.next()));
    words.form = Some(form);
    let change = Change::read(form.verb, words)?;
    words.end(form)?;
    change.ok_or_else(|| {
        let first = form.verb.split(' ').next().unwrap_or_default();
        unknown_verb(words, first, form.verb)
    })
}

/// Each form by the one word or the two words that it begins with.
static FORMS: Lazy<HashMap<(&str, &str), &Form>> = Lazy::new(|| {
    let forms = Change::FORMS.iter();
    forms.map(|form| (form.verb.split_once(' ').unwrap_or((form.verb, "")), form)).collect()
});

fn unknown_verb(words: &Words<'_>, first: &str, two: &str) -> Error {
    let same: Vec<&str> = Change::FORMS.iter().map(|form| form.verb).collect();
    let near = nearest(two, same.iter().copied()).or_else(|| nearest(first, same.iter().copied()));
    let begins = |verb: &&&str| verb.split(' ').next() == Some(first);
    let known: Vec<&str> = same.iter().filter(begins).copied().collect();
    let end = match (near, known.is_empty()) {
        (Some(near), _) => did_you_mean(near),
        (None, false) => expected(&known),
        (None, true) => ", expected a change as in `set vip alice yes`".into(),
    };
    let found = if known.is_empty() { first } else { two };
    words.fault(words.first_column(), format!("unknown change {}{end}", quote(found.trim())))
}
