//! Batches as text, one JSON object a line: a header, a line for each change set, an end. The end has a sum over all lines before it; a
//! batch without it, with a byte altered, or with an unknown key must never be taken.
#![forbid(unsafe_code)]

use super::follow::{Batch, BatchSet};
use super::token::{bytes, hex};
use super::{ChangeSet, DomainNumber, Numbers, PartyNumber};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Kind, Party};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::BufRead;

/// What the first line is, and in which version of this form.
const FORM: &str = "linewarden batch 1";
/// The longest line: a change set's text may be long, but no file must fill the memory.
const LONGEST: u64 = 1 << 30;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    form: Cow<'a, str>,
    store: Cow<'a, str>,
    epoch: u64,
    after: u64,
    hash: Cow<'a, str>,
    head: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    revision: u64,
    at: i64,
    author: Cow<'a, str>,
    text: Cow<'a, str>,
    /// Number and name.
    domains: Vec<(u16, Cow<'a, str>)>,
    /// Number, domain, kind and name.
    parties: Vec<(u32, u16, Cow<'a, str>, Cow<'a, str>)>,
    hash: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End<'a> {
    end: u64,
    /// SHA-256 of all lines before this one.
    sum: Cow<'a, str>,
}

impl Batch {
    /// The batch as lines of JSON: header, change sets, end; each ends with a newline.
    pub fn print(&self) -> String {
        let mut text = String::new();
        let mut line = |value: serde_json::Result<String>| {
            // Numbers and texts can always be written.
            text.push_str(&value.unwrap_or_default());
            text.push('\n');
        };
        line(serde_json::to_string(&Header {
            form: FORM.into(),
            store: hex(&self.store).into(),
            epoch: self.epoch,
            after: self.after,
            hash: hex(&self.before).into(),
            head: self.head,
        }));
        for BatchSet { set, numbers } in &self.sets {
            let domain = |domain: &DomainNumber| (domain.id.0, domain.name.clone().into());
            let party = |party: &PartyNumber| {
                (party.party.0, party.domain.0, party.kind.word().into(), party.name.clone().into())
            };
            line(serde_json::to_string(&Line {
                revision: set.revision,
                at: set.at,
                author: set.author.as_str().into(),
                text: set.text.as_str().into(),
                domains: numbers.domains.iter().map(domain).collect(),
                parties: numbers.parties.iter().map(party).collect(),
                hash: hex(&set.hash).into(),
            }));
        }
        let end = self.sets.last().map_or(self.after, |last| last.set.revision);
        let sum = hex(&Sha256::digest(&text)).into();
        text.push_str(&serde_json::to_string(&End { end, sum }).unwrap_or_default());
        text.push('\n');
        text
    }

    /// Reads one batch; `None` at the end of the input.
    ///
    /// # Errors
    /// `Argument` for a line that does not belong there, and for an input that ends inside a batch; `File` when it cannot be read.
    pub fn read(input: &mut impl BufRead) -> Result<Option<Batch>> {
        let Some(first) = next(input)? else { return Ok(None) };
        let mut sum = Sha256::new().chain_update(&first);
        let header: Header<'_> = parsed(&first, "the first line of a batch")?;
        if header.form != FORM {
            return Err(argument(format!("a batch of the form `{}`, expected `{FORM}`", header.form)));
        }
        let mut batch = Batch {
            store: digits(&header.store)?,
            epoch: header.epoch,
            after: header.after,
            before: digits(&header.hash)?,
            sets: Vec::new(),
            head: header.head,
        };
        let mut last = batch.after;
        loop {
            let Some(text) = next(input)? else {
                return Err(argument(format!(
                    "the batch ends after revision {last} without its last line: it was cut off"
                )));
            };
            if text.starts_with("{\"end\"") {
                let end: End<'_> = parsed(&text, "the last line of a batch")?;
                if end.end != last || digits(&end.sum)? != <[u8; 32]>::from(sum.finalize()) {
                    let message = format!(
                        "the batch that ends at revision {last} was altered on its way: its sum does not match"
                    );
                    return Err(argument(message));
                }
                return Ok(Some(batch));
            }
            sum.update(&text);
            let line: Line<'_> = parsed(&text, "a change set")?;
            let numbered = line.numbered()?;
            last = numbered.set.revision;
            batch.sets.push(numbered);
        }
    }
}

impl Line<'_> {
    fn numbered(self) -> Result<BatchSet> {
        let domain = |(id, name): (u16, Cow<'_, str>)| DomainNumber { id: DomainId(id), name: name.into_owned() };
        let party = |(number, domain, kind, name): (u32, u16, Cow<'_, str>, Cow<'_, str>)| {
            let found = Kind::ALL.into_iter().find(|known| known.word() == kind);
            let kind = found.ok_or_else(|| argument(format!("`{kind}` is no kind of party")))?;
            Ok(PartyNumber { party: Party(number), domain: DomainId(domain), kind, name: name.into_owned() })
        };
        let numbers = Numbers {
            domains: self.domains.into_iter().map(domain).collect(),
            parties: self.parties.into_iter().map(party).collect::<Result<_>>()?,
        };
        let set = ChangeSet {
            revision: self.revision,
            at: self.at,
            author: self.author.into_owned(),
            text: self.text.into_owned(),
            hash: digits(&self.hash)?,
        };
        Ok(BatchSet { set, numbers })
    }
}

fn argument(message: String) -> Error {
    Error::new(ErrorKind::Argument, message)
}

/// The next line; `None` at the end of the input. A last line without its newline was cut off.
fn next(input: &mut impl BufRead) -> Result<Option<String>> {
    let mut text = String::new();
    let read = std::io::Read::take(&mut *input, LONGEST).read_line(&mut text);
    match read {
        Ok(0) => Ok(None),
        Ok(_) if text.ends_with('\n') => Ok(Some(text)),
        Ok(_) => Err(argument("the batch ends in the middle of a line: it was cut off".into())),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Err(argument("a line of the batch is not UTF-8".into()))
        }
        Err(error) => Err(Error::new(ErrorKind::File, format!("the batch cannot be read: {error}"))),
    }
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a str, what: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| argument(format!("expected {what}: {error}")))
}

fn digits<const N: usize>(text: &str) -> Result<[u8; N]> {
    bytes(text).ok_or_else(|| argument(format!("`{text}` is not {} lower-case hexadecimal digits", 2 * N)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let numbers = Numbers {
            domains: vec![DomainNumber { id: DomainId(0), name: "acme.example".into() }],
            parties: vec![PartyNumber {
                party: Party(1),
                domain: DomainId(0),
                kind: Kind::User,
                name: "zo\u{eb}".into(),
            }],
        };
        let set = |revision, text: &str| ChangeSet {
            revision,
            at: 1_700_000_000_000,
            author: "acme.example/alice".into(),
            text: text.into(),
            hash: [revision as u8; 32],
        };
        let first = BatchSet { set: set(8, "in acme.example\nset vip \"a b\" yes\n"), numbers };
        let second = BatchSet { set: set(9, ""), numbers: Numbers::default() };
        Batch { store: [3; 16], epoch: 2, after: 7, before: [7; 32], sets: vec![first, second], head: 11 }
    }

    #[test]
    fn what_is_written_is_read() {
        let empty = Batch { sets: Vec::new(), ..batch() };
        let text = batch().print() + &empty.print();
        let mut input = text.as_bytes();
        assert_eq!(Batch::read(&mut input).unwrap(), Some(batch()));
        assert_eq!(Batch::read(&mut input).unwrap(), Some(empty));
        assert_eq!(Batch::read(&mut input).unwrap(), None);
    }

    #[test]
    fn an_altered_or_shortened_batch_is_not_read() {
        let text = batch().print();
        for length in 1..text.len() {
            assert!(Batch::read(&mut &text.as_bytes()[..length]).is_err(), "{length} bytes");
        }
        for bit in 0..text.len() * 8 {
            let mut altered = text.clone().into_bytes();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert!(Batch::read(&mut altered.as_slice()).is_err(), "bit {bit}");
        }
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for (from, to) in [(1, 2), (0, 1), (2, 3)] {
            let mut moved = lines.clone();
            moved.swap(from, to);
            assert!(Batch::read(&mut moved.concat().as_bytes()).is_err(), "lines {from} and {to}");
        }
        let more = text.replacen("\"epoch\"", "\"more\":1,\"epoch\"", 1);
        assert!(Batch::read(&mut more.as_bytes()).is_err());
    }
}
