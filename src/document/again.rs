//! Documents that were read before: one whose text is unchanged gives the domain that it gave. It must never take a changed text for an
//! unchanged one.
#![forbid(unsafe_code)]

use super::{Document, load};
use crate::directory::Directory;
use crate::error::Result;
use crate::id::DomainId;
use crate::policy::Policy;
use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// What stands for the documents of a policy: 128 bits of each text, by keys that are chosen anew in each process, so that no text can
/// be made that is taken for another.
#[derive(Debug, Default)]
pub struct Fingerprints {
    keys: [RandomState; 2],
    documents: HashMap<String, ([u64; 2], DomainId)>,
}

impl Fingerprints {
    /// Those of the documents that this policy was loaded from.
    pub fn new(documents: &[Document], policy: &Policy) -> Fingerprints {
        let mut all = Fingerprints::default();
        for (document, domain) in documents.iter().zip(&policy.domains) {
            let fingerprint = all.fingerprint(document);
            all.documents.insert(document.name.clone(), (fingerprint, domain.id));
        }
        all
    }

    fn fingerprint(&self, document: &Document) -> [u64; 2] {
        self.keys.each_ref().map(|key| key.hash_one(&document.text))
    }

    /// The domain of a document of the same name with the same text.
    fn domain(&self, document: &Document) -> Option<DomainId> {
        let (held, domain) = self.documents.get(&document.name)?;
        (*held == self.fingerprint(document)).then_some(*domain)
    }
}

/// As [`super::load`], but takes the domains of unchanged documents from `before`, which `fingerprints` and `directory` belong to.
///
/// # Errors
/// As for [`super::load`].
pub fn load_again(
    documents: &[Document],
    directory: &mut Directory,
    (before, fingerprints): (&Policy, &Fingerprints),
) -> Result<Policy> {
    let is_any_known = Cell::new(false);
    let known = |document: &Document| {
        let domain = before.domain(fingerprints.domain(document)?)?.clone();
        is_any_known.set(true);
        Some(domain)
    };
    let loaded = load::load(documents, directory, known);
    match loaded {
        // A fault can name a place in an unchanged document.
        Err(_) if is_any_known.get() => load::load(documents, directory, |_| None),
        loaded => loaded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(name: &str, text: &str) -> Document {
        Document { name: name.into(), text: text.into() }
    }

    fn company(domain: &str, users: &[&str]) -> String {
        let users: String = users.iter().map(|user| format!("[[user]]\nname = \"{user}\"\n")).collect();
        format!("domain = \"{domain}\"\nsystems = [\"xphone\"]\n{users}")
    }

    #[test]
    fn unchanged_documents_give_what_they_gave_and_changed_ones_are_read() {
        let mut names = Directory::default();
        let first = [document("a", &company("a.example", &["alice"])), document("b", &company("b.example", &["bob"]))];
        let before = load::load(&first, &mut names, |_| None).unwrap();
        let fingerprints = Fingerprints::new(&first, &before);
        let again = |documents: &[Document]| {
            let (mut names, mut others) = (names.clone(), names.clone());
            let loaded = load_again(documents, &mut names, (&before, &fingerprints));
            let fresh = load::load(documents, &mut others, |_| None);
            assert_eq!(names.last_party(), others.last_party());
            let printed = |policy: Result<Policy>| {
                policy.map(|policy| format!("{:?}", policy.domains)).map_err(|error| error.to_string())
            };
            let (loaded, fresh) = (printed(loaded), printed(fresh));
            assert_eq!(loaded, fresh);
            loaded
        };
        assert!(again(&first).is_ok());
        let [a, b] = &first;
        let changed = document("b", &company("b.example", &["bob", "carol"]));
        assert!(again(&[a.clone(), changed.clone()]).unwrap().contains("DomainId"));
        assert!(again(&[changed, a.clone()]).is_ok());
        assert!(again(std::slice::from_ref(b)).is_ok());
        // Names that are exchanged, a domain twice, and a fault: as if nothing had been read before.
        assert!(again(&[document("a", &b.text), document("b", &a.text)]).is_ok());
        assert!(again(&[a.clone(), document("c", &company("a.example", &[]))]).unwrap_err().contains("already in a:1"));
        assert!(again(&[document("0", &company("a.example", &[])), a.clone()]).unwrap_err().contains("already in 0:1"));
        assert!(again(&[a.clone(), document("b", "domain = 1")]).is_err());
        assert!(again(&[]).is_err());
    }

    #[test]
    fn another_text_has_another_fingerprint() {
        let document = document("a", &company("a.example", &["alice"]));
        let mut names = Directory::default();
        let policy = load::load(std::slice::from_ref(&document), &mut names, |_| None).unwrap();
        let fingerprints = Fingerprints::new(std::slice::from_ref(&document), &policy);
        assert!(fingerprints.domain(&document).is_some());
        for at in 0..document.text.len() {
            let mut text = document.text.clone();
            text.replace_range(at..=at, "~");
            assert_eq!(fingerprints.domain(&Document { name: document.name.clone(), text }), None, "byte {at}");
        }
    }
}
