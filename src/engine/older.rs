//! Addresses in a log: written in canonical form, and read from logs of older versions. Replaying must never fail for an address
//! that an older version accepted, and must never apply it to another party.
//!
//! Older versions took each spelling of an address for a separate contact. On replay, spellings of one address are one contact, and
//! the last entry about it holds. An address that is no longer valid becomes a contact that cannot call.
#![forbid(unsafe_code)]

use super::snapshot::Snapshot;
use crate::address::{self, Room, address_of, is_same_domain, sip_address};
use crate::error::Result;
use crate::id::{Kind, Party};
use crate::policy::change::{self, Entry};
use crate::store::PartyNumber;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Arguments of changes that never name a party.
const NO_PARTIES: &[&str] = &["call", "company", "container"];

/// The text of changes for the log.
pub(super) fn print(entries: &[Entry]) -> String {
    let mut entries = entries.to_vec();
    replace(&mut entries, |argument, text, _| match is_party(argument, text) {
        true => sip_address(text).map(|address| address.text),
        false => None,
    });
    change::print(&entries)
}

/// So many changes of a set are in memory at a time, with what would undo them.
const AT_ONCE: usize = 4096;

/// Parses the text of a change set.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>> {
    let mut entries = change::parse(text, None)?;
    to_current_form(&mut entries);
    Ok(entries)
}

/// The same for a long text: calls `each` with its changes, some at a time.
pub(super) fn parse_in_parts(text: &str, mut each: impl FnMut(&[Entry]) -> Result<()>) -> Result<()> {
    change::parse_in_parts(text, None, AT_ONCE, |mut entries| {
        to_current_form(&mut entries);
        each(&entries)
    })
}

fn to_current_form(entries: &mut [Entry]) {
    replace(entries, |argument, text, domain| match argument {
        "pattern" => current_pattern(text, domain),
        _ if is_party(argument, text) => current_form(text, domain),
        _ => None,
    });
}

/// Replaces arguments of changes; `with` gets the argument's name, its text and the domain.
fn replace(entries: &mut [Entry], with: impl Fn(&str, &str, &str) -> Option<String>) {
    for Entry { domain, change } in entries {
        change.texts(&mut |argument, text| {
            if let Some(other) = with(argument, text, domain) {
                *text = other;
            }
        });
    }
}

/// Whether an argument may be an address. Quick test: an address has a colon, and few other texts do.
fn is_party(argument: &str, text: &str) -> bool {
    text.contains(':') && !NO_PARTIES.contains(&argument)
}

/// The current form of a federation's pattern. One that is no longer valid becomes a host that no contact can have.
fn current_pattern(text: &str, domain: &str) -> Option<String> {
    match address::pattern(text) {
        Some(pattern) if !is_same_domain(&pattern, domain) => None,
        _ => Some(format!("{}.older.invalid", digest(&[text]).get(..32).unwrap_or_default())),
    }
}

/// SHA-256 of texts, in hexadecimal digits.
fn digest(texts: &[&str]) -> String {
    let mut digits = String::new();
    for byte in Sha256::digest(texts.concat()) {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Whether a text is an address in canonical form.
fn is_canonical(text: &str) -> bool {
    address::plain(text).is_some() || address::address(text, &mut Room::new()).is_some_and(|found| found.text() == text)
}

/// The current form of an address that an older version wrote in `domain`; `None` if it is the same.
fn current_form(text: &str, domain: &str) -> Option<String> {
    let rest = text.get(4..).filter(|_| text.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("sip:")))?;
    let (user, host) = rest.rsplit_once('@').filter(|_| !is_canonical(text))?;
    let host = host.to_ascii_lowercase();
    if host == domain || (!host.is_ascii() && is_same_domain(&host, domain)) {
        return Some(address_of(user, domain));
    }
    match sip_address(text).filter(|address| address.domain != domain) {
        Some(address) => Some(address.text),
        None => Some(format!("sip:{}@older.invalid", digest(&["sip:", user, "@", &host]))),
    }
}

impl Snapshot {
    /// Registers a party under its number in the store. Of several spellings of one contact the first number counts; the others stay
    /// taken by names that no party can have.
    pub(super) fn number(&mut self, of: &PartyNumber) -> Result<Party> {
        let name = match of.kind {
            Kind::Contact => current_form(&of.name, self.names.domain_name(of.domain)),
            _ => None,
        };
        self.older |= name.is_some();
        let name = name.as_deref().unwrap_or(&of.name);
        let taken = self.names.party(of.domain, of.kind, name).is_some_and(|known| known != of.party);
        match taken && of.kind == Kind::Contact && self.older {
            // No party's name begins with a slash.
            true => self.names.add_party(of.domain, of.kind, &format!("/{}", of.name)),
            false => self.names.add_party(of.domain, of.kind, name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::id::DomainId;
    use crate::policy::change::Author;
    use crate::right::Right;
    use crate::store::{Checkpoint, CheckpointDocument, DomainNumber, Numbers, Store, Written};
    use std::path::Path;

    const LOG: &str = "in acme.example
add domain xphone
add user alice 100
add user bob 110
add site munich employee employee employee
set site alice munich
set relationship alice sip:carl@partner.example blocked
set relationship alice sip:%62ob@partner.example blocked
set relationship alice sip:dan@partner.example;user=phone blocked
set relationship alice sip:dan@partner.example employee
set relationship alice sip:eve:secret@partner.example employee
set relationship alice sip:f%00@x!y employee
set relationship alice sip:bob@acme.example. employee
set relationship alice SIP:bob@ACME.example team_colleague
";

    /// A store as an older version wrote it: a contact for each spelling.
    fn older_store(path: &Path, checkpoint: bool) {
        let contacts = [
            "sip:carl@partner.example",
            "sip:%62ob@partner.example",
            "sip:dan@partner.example;user=phone",
            "sip:dan@partner.example",
            "sip:eve:secret@partner.example",
            "sip:f%00@x!y",
            "sip:bob@acme.example.",
        ];
        let users = ["alice", "bob"].map(|name| (Kind::User, name));
        let named = users.into_iter().chain(contacts.map(|name| (Kind::Contact, name)));
        let parties = named.zip(1..).map(|((kind, name), number)| PartyNumber {
            party: Party(number),
            domain: DomainId(0),
            kind,
            name: name.into(),
        });
        let numbers = Numbers {
            domains: vec![DomainNumber { id: DomainId(0), name: "acme.example".into() }],
            parties: parties.collect(),
        };
        let store = Store::create_with(path, |store| {
            assert!(matches!(store.append(0, 1, "", LOG, &numbers)?, Written::Done(_)));
            let document = "domain = \"acme.example\"\nsystems = [\"xphone\"]\n[[user]]\nname = \"alice\"\n\
                            [[user]]\nname = \"bob\"\n[[relationship]]\nowner = \"alice\"\nviewer = \"sip:f%00@x!y\"\n\
                            level = \"assistant\"\n";
            let documents = vec![CheckpointDocument {
                domain: DomainId(0),
                name: "acme.example.toml".into(),
                document: document.into(),
                state: String::new(),
            }];
            if checkpoint {
                let _ = store.set_checkpoint(1, &Checkpoint { revision: 1, documents }, &Numbers::default())?;
            }
            Ok(())
        });
        drop(store.unwrap());
    }

    #[test]
    fn a_log_of_an_older_version_means_what_it_said() {
        for checkpoint in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("rights.db");
            older_store(&path, checkpoint);
            let engine = Engine::open(&path).unwrap();
            let may = |engine: &Engine, actor: &str| engine.may_named(None, actor, "presence.status.read", "alice");
            let answers = |engine: &Engine| {
                // The block is of every spelling, and what was said last of two spellings holds.
                for blocked in ["sip:carl@partner.example", "sip:bob@partner.example", "sip:%62ob@partner.example"] {
                    assert!(!may(engine, blocked), "{blocked}");
                }
                assert!(may(engine, "sip:dan@partner.example") && may(engine, "sip:dan@partner.example;user=phone"));
                assert!(may(engine, "sip:stranger@partner.example"), "employee from outside");
                for none in ["sip:eve:secret@partner.example", "sip:f%00@x!y"] {
                    assert!(!may(engine, none), "{none}");
                }
                // The user has what was said of the user, not what was said of a contact whose address was like it.
                let [bob, alice] = ["bob", "alice"].map(|name| engine.find(None, name).unwrap());
                assert!(engine.may(bob, Right::CALL_PICKUP, alice));
                assert!(!engine.may(bob, Right::FORWARDING_SET, alice), "a team colleague, no assistant");
            };
            answers(&engine);
            assert_eq!(engine.find(None, "sip:bob@partner.example"), Some(Party(4)), "numbers stay");
            // What comes new keeps the numbers of all processes in step.
            let other = Engine::open(&path).unwrap();
            engine.apply_text(Author::Administrator, None, "add contact \"Zoe <sip:%7aoe@Far.example.;a=b>\"").unwrap();
            other.apply_text(Author::Administrator, None, "add user zed").unwrap();
            assert_eq!(engine.find(None, "zed"), other.find(None, "zed"));
            for engine in [&engine, &other, &Engine::open(&path).unwrap()] {
                answers(engine);
                assert_eq!(engine.verify().unwrap().revision, 3);
            }
            let history = engine.history(&crate::engine::Filter::default()).unwrap();
            assert!(history[1].text.contains("add contact sip:zoe@far.example"), "{}", history[1].text);
        }
    }

    #[test]
    fn a_pattern_that_is_no_longer_valid_does_not_stop_replay() {
        for (pattern, with_checkpoint) in
            [("half..example", false), ("half..example", true), ("b\u{fffd}d.example", true), ("ACME.example.", false)]
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("rights.db");
            let log = format!(
                "in acme.example\nadd domain estos\nadd user alice\nset federation {pattern} team\n\
                 set federation {pattern} business\nset federation partner.example business\n"
            );
            let numbers = Numbers {
                domains: vec![DomainNumber { id: DomainId(0), name: "acme.example".into() }],
                parties: vec![PartyNumber {
                    party: Party(1),
                    domain: DomainId(0),
                    kind: Kind::User,
                    name: "alice".into(),
                }],
            };
            let store = Store::create_with(&path, |store| {
                assert!(matches!(store.append(0, 1, "", &log, &numbers)?, Written::Done(_)));
                let document = format!(
                    "domain = \"acme.example\"\nsystems = [\"estos\"]\n[[user]]\nname = \"alice\"\n\
                     [[federation]]\ndomain = \"{pattern}\"\nmaximum = \"business\"\n\
                     [[federation]]\ndomain = \"partner.example\"\nmaximum = \"business\"\n"
                );
                let documents = vec![CheckpointDocument {
                    domain: DomainId(0),
                    name: "acme.example.toml".into(),
                    document,
                    state: String::new(),
                }];
                if with_checkpoint {
                    let _ = store.set_checkpoint(1, &Checkpoint { revision: 1, documents }, &Numbers::default())?;
                }
                Ok(())
            });
            drop(store.unwrap());
            let engine = Engine::open(&path).unwrap_or_else(|error| panic!("{pattern} {with_checkpoint}: {error}"));
            engine.apply_text(Author::Administrator, None, "add user bob").unwrap();
            assert_eq!(engine.verify().unwrap().revision, 2, "{pattern}");
            let written = engine.export(None).unwrap().documents;
            let text = &written[0].text;
            assert!(text.contains("\"partner.example\"") && text.matches("older.invalid").count() == 1, "{text}");
            Engine::from_documents(&written).unwrap();
        }
    }
}
