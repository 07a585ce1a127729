//! Shadows: engines in memory that follow another one from revision to revision, for whoever wants to know what changed.
#![forbid(unsafe_code)]

use super::books::Books;
use super::{Engine, Origin};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Party};
use crate::image::published::Published;
use crate::policy::change::Entry;
#[cfg(target_os = "linux")]
use crate::policy::{Policy, change::Effect};
use crate::right::RightSet;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What happened after a revision.
#[derive(Debug)]
pub(crate) struct News {
    /// The revision in force after it.
    pub revision: u64,
    /// The changes, where they are known one by one.
    pub entries: Vec<Entry>,
    /// Whose answers they can have flipped.
    pub scope: Scope,
    /// The books after it, where the changes are not known.
    books: Option<Books>,
}

/// Whose answers changes can have flipped.
#[derive(Debug)]
pub(crate) enum Scope {
    /// Those of these pairs, in the target's domain.
    Pairs(BTreeSet<(DomainId, Party, Party)>),
    /// Any of these domains.
    Domains(BTreeSet<DomainId>),
}

impl Engine {
    /// An engine in memory with what is in force here, or was at a revision, and which revision that is.
    pub(crate) fn shadow(&self, revision: Option<u64>) -> Result<(Engine, u64)> {
        self.look_at_books()?;
        let in_force = self.with_books(|books, _| books.clone());
        let books = match revision {
            None => in_force,
            Some(revision) if revision == in_force.revision => in_force,
            #[cfg(target_os = "linux")]
            Some(revision) if revision < in_force.revision && matches!(self.origin, Origin::Store(_)) => {
                let Origin::Store(store) = &self.origin else { return Err(too_old(revision)) };
                Books::at(store, revision)?
            }
            Some(revision) => return Err(too_old(revision)),
        };
        let revision = books.revision;
        Ok((Engine::shadow_of(books)?, revision))
    }

    fn shadow_of(books: Books) -> Result<Engine> {
        let engine = Engine::over(Origin::Memory, Published::private()?, &books.names);
        // Its own revisions are nobody's business, but 0 is that of an empty image.
        engine.publish_books(Books { revision: 1, ..books }, |_| Ok(0))?;
        Ok(engine)
    }

    /// What happened here since the shadow was as it is, which was at `revision`.
    pub(crate) fn news_for(&self, shadow: &Engine, revision: u64) -> Result<News> {
        #[cfg(target_os = "linux")]
        if let Origin::Store(store) = &self.origin {
            let last = self.revision();
            let mut entries = Vec::new();
            let mut upto = revision;
            // Whoever is named in a change set has got a number before.
            shadow.books.write().learn(store)?;
            store.since(revision, last, |set| {
                entries.extend(super::older::parse(&set.text)?);
                upto = set.revision;
                Ok(())
            })?;
            let scope = shadow.scope(&entries)?;
            return Ok(News { revision: upto, entries, scope, books: None });
        }
        let _ = revision;
        let books = self.with_books(|books, _| books.clone());
        let domains = |engine: &Engine| engine.domains().into_iter().map(|(id, _)| id);
        let domains = domains(shadow).chain(books.policy.domains.iter().map(|domain| domain.id)).collect();
        Ok(News { revision: books.revision, entries: Vec::new(), scope: Scope::Domains(domains), books: Some(books) })
    }

    /// Whose answers changes can flip here.
    #[cfg(target_os = "linux")]
    fn scope(&self, entries: &[Entry]) -> Result<Scope> {
        let mut shelf = self.books.write();
        let Books { policy, names, .. } = &mut *shelf;
        let done = policy.apply(names, None, entries)?;
        let (mut pairs, mut touched, mut domains) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (domain, effect) in &done.effects {
            let Some(domain) = domain else { continue };
            match effect {
                Effect::Nothing | Effect::State => {}
                Effect::Pairs(these) => pairs.extend(these.iter().map(|(actor, target)| (*domain, *actor, *target))),
                Effect::Parties(these) => touched.extend(these.iter().map(|party| (*domain, *party))),
                Effect::Domain => drop(domains.insert(*domain)),
            }
        }
        // Whoever came or went is among the parties on one side or the other.
        let mut parties: Vec<(DomainId, Party)> = touched.iter().copied().collect();
        let mut count = 0;
        let mut note = |policy: &Policy| {
            for domain in policy.domains.iter().filter(|domain| touched.iter().any(|(of, _)| *of == domain.id)) {
                parties.extend(domain.parties().map(|(party, _)| (domain.id, party)));
            }
        };
        note(policy);
        policy.undo(done);
        note(policy);
        parties.sort_unstable();
        parties.dedup();
        for (domain, party) in &touched {
            count += parties.iter().filter(|(of, _)| of == domain).count();
            if count > MOST_ONE_BY_ONE {
                domains.insert(*domain);
                continue;
            }
            for (_, other) in parties.iter().filter(|(of, _)| of == domain) {
                pairs.extend([(*domain, *party, *other), (*domain, *other, *party)]);
            }
        }
        if domains.is_empty() {
            return Ok(Scope::Pairs(pairs));
        }
        domains.extend(pairs.iter().map(|(domain, ..)| *domain));
        Ok(Scope::Domains(domains))
    }

    /// The rights of these pairs; none where one of the two is not, or no longer, in the domain: an address that nobody names has
    /// answers, but none that a stream tells of.
    pub(crate) fn rights_of_the_living(&self, pairs: &BTreeSet<(DomainId, Party, Party)>) -> Vec<RightSet> {
        self.with_books(|books, image| {
            let rights = |(domain, actor, target): &(DomainId, Party, Party)| {
                let domain = books.policy.domain(*domain)?;
                let both = domain.kind(*actor).is_some() && domain.kind(*target).is_some();
                both.then(|| image.rights(*actor, *target, None))
            };
            pairs.iter().map(|pair| rights(pair).unwrap_or(RightSet::EMPTY)).collect()
        })
    }

    /// Makes changes here that were made there.
    pub(crate) fn repeat(&self, entries: &[Entry]) -> Result<()> {
        self.change(None, || Ok(Cow::Borrowed(entries))).map(drop)
    }

    /// Another shadow, with the news.
    pub(crate) fn shadow_after(&self, news: News) -> Result<Engine> {
        let books = match news.books {
            Some(books) => books,
            None => {
                let mut books = self.books.read().clone();
                let _ = books.policy.apply(&mut books.names, None, &news.entries)?;
                books
            }
        };
        Engine::shadow_of(books)
    }
}

/// Pairs that are noted one by one; beyond that a whole domain is as good.
#[cfg(target_os = "linux")]
const MOST_ONE_BY_ONE: usize = 1 << 20;

fn too_old(revision: u64) -> Error {
    Error::new(ErrorKind::Argument, format!("revision {revision} cannot be had, expected one of the log of a store"))
}
