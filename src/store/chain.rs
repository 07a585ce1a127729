//! The hash chain of the log. Its input must never change: existing stores would become unreadable.
//!
//! Numbers are hashed as eight bytes, big endian. Each text follows its length in bytes, so that different change sets are
//! different bytes.
//!
//! ```text
//! hash(0)    = SHA-256("linewarden log" id)                     id: the store's 16 random bytes
//! hash(n)    = SHA-256(hash(n-1) n at author text)               sets of table version 1
//! hash(n)    = SHA-256(hash(n-1) n at author text numbers)       sets of table version 2 on
//! numbers    = domains (number name)... parties (number domain kind name)...
//! checkpoint = SHA-256("linewarden base" id revision hash(revision) documents (domain name document state)...)
//! domains(0) = SHA-256("linewarden domain" id)
//! domains(n) = SHA-256(domains(n-1) number name)                number: n - 1
//! parties(0) = SHA-256("linewarden party" id)
//! parties(n) = SHA-256(parties(n-1) number domain kind name)     number: n
//! meta       = SHA-256("linewarden meta" id (key value)...)       keys in order, but for its own
//! ```
//!
//! `numbers` are those that no hash of the log covers yet, each list after its length: those the set brings, and with the first set of
//! version 2 in an older store all that it has. So one head hash stands for the log and for all numbers. The text's length says where
//! it ends, so a set of one version is never taken for one of the other.
#![forbid(unsafe_code)]

use super::{Checkpoint, Hash, Numbers};
use sha2::{Digest, Sha256};

pub(super) mod meta;
pub(super) mod numbers;

/// The hash before revision 1.
pub(super) fn start(id: &[u8; 16]) -> Hash {
    Sha256::new().chain_update("linewarden log").chain_update(id).finalize().into()
}

/// The end of a part of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// The hash of the last change set.
    pub hash: Hash,
    /// How many domains and parties the hashes of the log cover.
    pub covered: (i64, i64),
}

impl Link {
    /// The link before revision 1.
    pub(super) fn start(id: &[u8; 16]) -> Link {
        Link { hash: start(id), covered: (0, 0) }
    }
}

/// The hash of a change set that follows the one whose hash is `before`; without `numbers` that of an older version.
pub(super) fn link(before: &Hash, revision: u64, at: i64, author: &str, text: &str, numbers: Option<&Numbers>) -> Hash {
    let mut sum =
        Sha256::new().chain_update(before).chain_update(revision.to_be_bytes()).chain_update(at.to_be_bytes());
    add(&mut sum, author);
    add(&mut sum, text);
    if let Some(numbers) = numbers {
        sum.update((numbers.domains.len() as u64).to_be_bytes());
        for domain in &numbers.domains {
            sum.update(u64::from(domain.id.0).to_be_bytes());
            add(&mut sum, &domain.name);
        }
        sum.update((numbers.parties.len() as u64).to_be_bytes());
        for party in &numbers.parties {
            let words = [u64::from(party.party.0), u64::from(party.domain.0), party.kind as u64];
            words.iter().for_each(|word| sum.update(word.to_be_bytes()));
            add(&mut sum, &party.name);
        }
    }
    sum.finalize().into()
}

/// The hash of a checkpoint of the store `id`; `at` is the hash of the checkpoint's revision.
pub(super) fn checkpoint(id: &[u8; 16], at: &Hash, checkpoint: &Checkpoint) -> Hash {
    let mut sum = Sha256::new().chain_update("linewarden base").chain_update(id);
    sum.update(checkpoint.revision.to_be_bytes());
    sum.update(at);
    sum.update((checkpoint.documents.len() as u64).to_be_bytes());
    for document in &checkpoint.documents {
        sum.update(u64::from(document.domain.0).to_be_bytes());
        add(&mut sum, &document.name);
        add(&mut sum, &document.document);
        add(&mut sum, &document.state);
    }
    sum.finalize().into()
}

/// The hash of no domains.
pub(super) fn domains_start(id: &[u8; 16]) -> Hash {
    Sha256::new().chain_update("linewarden domain").chain_update(id).finalize().into()
}

/// The hash of the domains up to this one; `before` is that of those before it.
pub(super) fn domain(before: &Hash, number: i64, name: &str) -> Hash {
    let mut sum = Sha256::new().chain_update(before).chain_update(number.to_be_bytes());
    add(&mut sum, name);
    sum.finalize().into()
}

/// The hash of no parties.
pub(super) fn parties_start(id: &[u8; 16]) -> Hash {
    Sha256::new().chain_update("linewarden party").chain_update(id).finalize().into()
}

/// The hash of the parties up to this one; `before` is that of those before it.
pub(super) fn party(before: &Hash, number: i64, domain: i64, kind: i64, name: &str) -> Hash {
    let mut sum = Sha256::new().chain_update(before);
    [number, domain, kind].iter().for_each(|number| sum.update(number.to_be_bytes()));
    add(&mut sum, name);
    sum.finalize().into()
}

fn add(sum: &mut Sha256, text: &str) {
    add_bytes(sum, text.as_bytes());
}

fn add_bytes(sum: &mut Sha256, bytes: &[u8]) {
    sum.update((bytes.len() as u64).to_be_bytes());
    sum.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{DomainId, Kind, Party};
    use crate::store::{CheckpointDocument, DomainNumber, PartyNumber};

    fn hex(hash: Hash) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Worked out by another program (`sha256sum`); a store written by any version must be readable by every later one.
    #[test]
    fn hashes_are_what_they_always_were() {
        let id = *b"0123456789abcdef";
        let first = link(&start(&id), 1, 1_700_000_000_000, "acme.example/alice", "in acme.example\n", None);
        let checkpoint_hash = checkpoint(&id, &start(&id), &Checkpoint::default());
        assert_eq!(hex(start(&id)), "35a9d12569ab6c0889c500ddc2cc64948ddd32e9f4b4a5431ecbcac76f675043");
        assert_eq!(hex(first), "16d0bb275789a67c96592d6256d29c9d7545dd715456828700d698ba570cdfc4");
        let number_hashes =
            (domain(&domains_start(&id), 0, "acme.example"), party(&parties_start(&id), 1, 0, 1, "alice"));
        assert_eq!(hex(number_hashes.0), "70f7c6b8bfea7cace4f350ba35b3e76b66bf95bf03f9cf285af4f62e3de693fd");
        assert_eq!(hex(number_hashes.1), "999b666b32e7106b9bee881736cfb07f436c2f29c254fe12b2559329698fbc83");
        assert_eq!(hex(checkpoint_hash), "26937da7f90e3616bac3d72db14ffb6be3d4c0b6dc4eca48e45d4a1959daa146");
    }

    #[test]
    fn nothing_can_move_from_one_part_to_the_next() {
        let before = [7; 32];
        let of = |author, text, numbers: Option<&Numbers>| link(&before, 1, 2, author, text, numbers);
        assert_ne!(of("ab", "c", None), of("a", "bc", None));
        assert_ne!(of("a", "b", None), of("a", "b", Some(&Numbers::default())));
        let numbers = |domains: &[&str], parties: &[&str]| {
            let domain = |(id, name): (u16, &&str)| DomainNumber { id: DomainId(id), name: name.to_string() };
            let party = |(number, name): (u32, &&str)| PartyNumber {
                party: Party(number),
                domain: DomainId(0),
                kind: Kind::User,
                name: name.to_string(),
            };
            let numbers = Numbers {
                domains: (0..).zip(domains).map(domain).collect(),
                parties: (1..).zip(parties).map(party).collect(),
            };
            of("a", "b", Some(&numbers))
        };
        assert_ne!(numbers(&["x", "y"], &[]), numbers(&["x"], &["y"]));
        assert_ne!(numbers(&["x"], &["ab", "c"]), numbers(&["x"], &["a", "bc"]));
        let checkpoint_of = |name: &str, document: &str, state: &str| Checkpoint {
            revision: 0,
            documents: vec![CheckpointDocument {
                domain: DomainId(0),
                name: name.into(),
                document: document.into(),
                state: state.into(),
            }],
        };
        let hashes = [("ab", "c", "d"), ("a", "bc", "d"), ("a", "b", "cd"), ("a", "b", "c")]
            .map(|(name, document, state)| checkpoint(&[0; 16], &before, &checkpoint_of(name, document, state)));
        for (place, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..place].contains(hash));
        }
    }
}
