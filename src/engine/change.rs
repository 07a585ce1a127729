//! Changes: tried on the policy, appended to the log, then published; all or nothing.
//!
//! A small change is applied under the snapshot's lock to work out a patch, undone while the log is written, and applied again with
//! the patch. So a slow disk never blocks questions in words, and snapshot and image always have the same revision. A change must
//! never be visible before the log has it.
#![forbid(unsafe_code)]

use super::snapshot::Snapshot;
use super::{Engine, OpenedFrom};
use crate::directory::Directory;
use crate::document::{self, Document};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Kind, Party};
use crate::image::compile::patch::{self, Invalidate, Patch};
use crate::image::publish::published::Published;
use crate::image::{Image, head_hash_word};
use crate::memory::Words;
use crate::policy::change::{self, Author, Change, DirtyPart, Entry};
use crate::policy::{Domain, Policy};
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest change set for which a patch is tried: recompiling is as fast for more changes.
pub(super) const FEW: usize = 256;

/// The result of trying changes.
pub(super) enum Attempt {
    /// The changes alter nothing; the current revision.
    Same(u64),
    /// A patch of the image.
    Small(Patch),
    /// The image has to be recompiled.
    Big,
}

impl Engine {
    /// Applies all changes or none, with the permissions of `author`, and returns the revision that has them. When it returns, they
    /// are durable and visible in every process that has the store open. Changes that alter nothing make no revision.
    ///
    /// # Errors
    /// `Refused` when the author may not, `Unknown` for an unknown name, `Argument` and `Limit` when a change is impossible, `File`
    /// when the store cannot be written, `Follows` or `Forked` when it follows another one, `CutOff` when its cluster cannot be reached.
    /// Nothing is changed then. `Argument` also for an engine over documents. `Unsettled` when it is not known whether a cluster made it.
    pub fn apply(&self, author: Author, entries: &[Entry]) -> Result<u64> {
        self.change(Some(author), || Ok(Cow::Borrowed(entries))).map(|(revision, _)| revision)
    }

    /// The same from text: one change a line, `in DOMAIN` before those of a domain; `domain` is that of the first.
    ///
    /// # Errors
    /// As for [`Engine::apply`]; `Argument` with line and column for a line that is no change.
    ///
    /// ```
    /// # #[cfg(any(target_os = "linux", windows))] {
    /// use linewarden::{Author, Engine, read_documents};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let documents = read_documents("examples/companies/mixed.toml")?;
    /// let (engine, _) = Engine::create_from(folder.path().join("rights.db"), &documents, None)?;
    /// let (diana, bob) = (engine.resolve(None, "diana")?, engine.resolve(None, "bob")?);
    /// assert!(!engine.may(bob, "forwarding.set.first".parse()?, diana));
    /// engine.apply_text(Author::User(diana), None, "set relationship diana bob assistant_plus")?;
    /// assert!(engine.may(bob, "forwarding.set.first".parse()?, diana));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn apply_text(&self, author: Author, domain: Option<&str>, text: &str) -> Result<u64> {
        self.apply(author, &self.entries(domain, text)?)
    }

    /// Parses changes. `domain` is the domain of the first; it may be `None` if the engine has only one domain.
    ///
    /// # Errors
    /// `Argument` with line and column for a line that is no change; `File` when the image was damaged.
    pub fn entries(&self, domain: Option<&str>, text: &str) -> Result<Vec<Entry>> {
        let only = self.published.read(|image| image.only_domain());
        if self.has_store() && self.published.is_stuck() {
            // No image, no domain: it is made anew, and the error says so.
            self.reload()?;
        }
        let only = match domain {
            Some(_) => None,
            None => only.and_then(|only| self.domains().into_iter().find(|(id, _)| *id == only)),
        };
        change::parse(text, domain.or(only.as_ref().map(|(_, name)| name.as_str())))
    }

    /// The changes that make the domains of these documents equal to the documents. `state` (changes as text) is the target for what
    /// documents cannot express; without it that part stays.
    ///
    /// # Errors
    /// `Document` with every fault of every document; as for [`Engine::apply_text`] for a fault in `state`.
    pub fn difference(&self, documents: &[Document], state: Option<&str>) -> Result<Vec<Entry>> {
        self.require_snapshot()?;
        self.with_snapshot(|snapshot, _| difference(&snapshot.policy, &mut snapshot.names.clone(), documents, state))
    }

    /// Makes the domains of these documents equal to the documents, in one change set. Other domains stay. Returns the revision and
    /// the changes.
    ///
    /// # Errors
    /// As for [`Engine::apply`] and [`Engine::difference`].
    pub fn import(&self, documents: &[Document], state: Option<&str>) -> Result<(u64, Vec<Entry>)> {
        // A document states what is in force, so no author is checked. The difference is taken under the writer's lock, so that no
        // other change comes in between.
        let (revision, entries) = self.change(None, || self.difference(documents, state).map(Cow::Owned))?;
        Ok((revision, entries.into_owned()))
    }

    /// A new engine in memory with these changes applied. This engine is not changed.
    ///
    /// # Errors
    /// As for [`Engine::apply`]; without an author no permission is checked.
    pub fn preview(&self, author: Option<Author>, entries: &[Entry]) -> Result<Engine> {
        self.require_snapshot()?;
        let mut snapshot = self.with_snapshot(|snapshot, _| snapshot.clone());
        let before = std::mem::replace(&mut snapshot.revision, 1);
        let done = snapshot.policy.apply(&mut snapshot.names, author, entries)?;
        if entries.len() <= FEW
            && let Some(words) = self.patched(&mut snapshot, before, &done.dirty)
        {
            return Engine::copied(snapshot, &words);
        }
        let Snapshot { policy, names, .. } = snapshot;
        Engine::assemble(OpenedFrom::Memory, policy, names, 1)
    }

    /// A copy of the image with the patch that makes it one of `snapshot`, in which these parts were changed since revision `before`;
    /// `None` where it has to be compiled.
    fn patched(&self, snapshot: &mut Snapshot, before: u64, dirty: &[(DomainId, DirtyPart)]) -> Option<Words> {
        let (words, _) = self.published.copy().ok()?;
        let image = Image::new(&words);
        // Without dates: those of a copy may be asked about another instant.
        let fits = image.revision() == before && image.keys() == snapshot.origins.fingerprint();
        if !fits || snapshot.policy.at.is_some() {
            return None;
        }
        let beside = (&snapshot.names, &snapshot.origins);
        let patch = patch::update(&image, &snapshot.policy, beside, dirty, snapshot.revision)?;
        for (offset, word) in patch.words {
            words.get(offset as usize)?.store(word, Ordering::Relaxed);
        }
        snapshot.origins.set(patch.origins);
        Some(words)
    }

    /// An engine in memory with that snapshot, and with these words as its image.
    fn copied(snapshot: Snapshot, words: &[AtomicU64]) -> Result<Engine> {
        let engine = Engine::over(OpenedFrom::Memory, Published::private()?, &snapshot.names);
        let copy = |memory: &[AtomicU64]| {
            let each = memory.iter().zip(words);
            each.for_each(|(to, from)| to.store(from.load(Ordering::Relaxed), Ordering::Relaxed));
            Ok(())
        };
        let (prepared, ()) = engine.published.prepare(words.len(), copy)?;
        engine.published.publish(prepared, || engine.cache.invalidate_all());
        *engine.snapshot.write() = snapshot;
        Ok(engine)
    }

    pub(super) fn change<'e>(
        &self,
        author: Option<Author>,
        entries: impl Fn() -> Result<Cow<'e, [Entry]>>,
    ) -> Result<(u64, Cow<'e, [Entry]>)> {
        self.may_change_source()?;
        #[cfg(any(target_os = "linux", windows))]
        if let OpenedFrom::Store(store) = &self.opened_from
            && store.cluster()?.is_some()
        {
            return self.change_by_agent(store, author, entries);
        }
        let _turn = self.writer.lock();
        match &self.opened_from {
            OpenedFrom::Documents(source) => {
                let message = format!(
                    "`{}` is changed by editing it; a store can be changed: `linewarden import STORE.db SOURCE` makes one",
                    source.display()
                );
                Err(Error::new(ErrorKind::Argument, message))
            }
            OpenedFrom::Memory => {
                let entries = entries()?;
                Ok((self.make(author, &entries, |_, _| Ok(0))?, entries))
            }
            #[cfg(any(target_os = "linux", windows))]
            OpenedFrom::Store(store) => {
                store.writable()?;
                store.may_change()?;
                let _held = self.published.lock(self.options.patience)?;
                let revision = self.catch_up_locked(store)?;
                self.follow_log(store, revision)?;
                let entries = entries()?;
                let made = self.make(author, &entries, |numbers, author| {
                    use crate::store::Written;
                    let text = super::older::print(&entries);
                    match store.append(revision, now(), author, &text, &numbers)? {
                        Written::Done(head) => Ok(super::store::head_hash(&head)),
                        Written::Behind => Err(Error::new(
                            ErrorKind::File,
                            "the store was changed by a program that is not linewarden",
                        )),
                    }
                })?;
                // What was written meanwhile may be gone from what the others read.
                self.published.has_its_file()?;
                if made > revision && (entries.len() > FEW || super::store::wants_checkpoint(made)) {
                    // A checkpoint loads faster than many changes. Its failure is no error: the log already has the changes.
                    self.checkpoint_if_possible(store);
                }
                Ok((made, entries))
            }
        }
    }

    /// Applies changes. The caller holds `writer`, and the snapshot has the revision in force. `keep` makes the changes durable and
    /// returns the new head hash.
    fn make(
        &self,
        author: Option<Author>,
        entries: &[Entry],
        keep: impl FnOnce(Numbers, &str) -> Result<u64>,
    ) -> Result<u64> {
        let by = self.author_text(author)?;
        if entries.len() <= FEW {
            let (known, domains) = {
                let snapshot = self.snapshot.read();
                (snapshot.names.last_party(), snapshot.names.domain_count())
            };
            match self.try_small(author, entries, (known, domains))? {
                Attempt::Same(revision) => return Ok(revision),
                Attempt::Small(patch) => {
                    let numbers = self.snapshot.read().numbers_beyond(known, domains);
                    let chain = keep(numbers, &by).inspect_err(|_| {
                        self.snapshot.write().names.truncate(known, domains);
                    })?;
                    return self.make_small(entries, patch, chain);
                }
                Attempt::Big => {}
            }
        }
        let mut snapshot = self.snapshot.read().clone();
        let (known, domains) = (snapshot.names.last_party(), snapshot.names.domain_count());
        let done = snapshot.policy.apply(&mut snapshot.names, author, entries)?;
        if !done.changed() {
            return Ok(snapshot.revision);
        }
        snapshot.revision += 1;
        self.publish_snapshot(snapshot, |snapshot| keep(snapshot.numbers_beyond(known, domains), &by))
    }

    /// Works out a patch and undoes the changes in the snapshot. After `Small`, new names keep their numbers until the log decides.
    pub(super) fn try_small(
        &self,
        author: Option<Author>,
        entries: &[Entry],
        known: (Party, usize),
    ) -> Result<Attempt> {
        let mut guard = self.snapshot.write();
        let Snapshot { policy, names, origins, revision, .. } = &mut *guard;
        let done = match policy.apply(names, author, entries) {
            Ok(done) => done,
            Err(error) => {
                names.truncate(known.0, known.1);
                return Err(error);
            }
        };
        if !done.changed() {
            let revision = *revision;
            policy.undo(done);
            names.truncate(known.0, known.1);
            return Ok(Attempt::Same(revision));
        }
        let keys = origins.fingerprint();
        let patch = self.published.read(|image| {
            let same = image.keys() == keys && image.is_clean();
            same.then(|| patch::update(&image, policy, (names, origins), &done.dirty, *revision + 1)).flatten()
        });
        policy.undo(done);
        Ok(match patch {
            Some(patch) => Attempt::Small(patch),
            None => {
                names.truncate(known.0, known.1);
                Attempt::Big
            }
        })
    }

    /// Publishes a small change that the log has.
    pub(super) fn make_small(&self, entries: &[Entry], mut patch: Patch, chain: u64) -> Result<u64> {
        let mut guard = self.snapshot.write();
        let Snapshot { policy, names, origins, revision, head, .. } = &mut *guard;
        let _ = policy.apply(names, None, entries)?;
        origins.set(std::mem::take(&mut patch.origins));
        *revision += 1;
        *head = chain;
        patch.words.push(head_hash_word(chain));
        let revision = *revision;
        let patched = self.published.patch(&patch.words, || match &patch.invalidate {
            Invalidate::Nothing => {}
            Invalidate::Parties(parties) => parties.iter().for_each(|party| self.cache.invalidate(*party)),
            Invalidate::All => self.cache.invalidate_all(),
        });
        if patched.is_ok() {
            return Ok(revision);
        }
        // The log has the change, so it must become visible: recompile.
        let snapshot = guard.clone();
        drop(guard);
        self.publish_snapshot(snapshot, |_| Ok(chain))
    }

    /// The author as the log names it: empty for the administrator.
    pub(super) fn author_text(&self, author: Option<Author>) -> Result<String> {
        let Some(Author::User(party)) = author else { return Ok(String::new()) };
        let snapshot = self.snapshot.read();
        let named = snapshot.names.named(party).filter(|named| named.kind == Kind::User);
        match named {
            Some(named) => Ok(format!("{}/{}", snapshot.names.domain_name(named.domain), named.name)),
            None => Err(Error::new(ErrorKind::Unknown, "the author is no user")),
        }
    }
}

/// The changes that make the domains of these documents equal to the documents.
pub(super) fn difference(
    policy: &Policy,
    names: &mut Directory,
    documents: &[Document],
    state: Option<&str>,
) -> Result<Vec<Entry>> {
    let mut new = document::load(documents, names)?;
    if let Some(state) = state {
        let _ = new.apply(names, None, &change::parse(state, None)?)?;
    }
    let mut entries = Vec::new();
    for domain in &new.domains {
        to_domain(policy, domain, names, state.is_some(), &mut entries);
    }
    Ok(entries)
}

/// Adds the changes that make the domain of that name in `policy` equal to this one; where the policy has none it is added. What
/// documents do not express stays as it is, or is made equal, too, `with_state`.
pub(super) fn to_domain(
    policy: &Policy,
    domain: &Domain,
    names: &Directory,
    with_state: bool,
    entries: &mut Vec<Entry>,
) {
    let empty;
    let old = match policy.domain_named(&domain.name) {
        Some(old) => old,
        None => {
            empty = Domain { systems: domain.systems, ..Domain::new(domain.id, &domain.name, "") };
            let add = Change::AddDomain { systems: domain.systems.iter().collect() };
            entries.push(Entry { domain: domain.name.clone(), change: add });
            &empty
        }
    };
    entries.extend(change::difference(old, domain, names));
    if with_state {
        entries.extend(change::difference_of_state(old, domain, names));
    }
}

/// Milliseconds since 1970.
#[cfg(any(target_os = "linux", windows))]
pub(super) fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(any(target_os = "linux", windows))]
use crate::store::Numbers;
/// Without stores, numbers are not stored.
#[cfg(not(any(target_os = "linux", windows)))]
type Numbers = ();

#[cfg(not(any(target_os = "linux", windows)))]
impl Snapshot {
    fn numbers_beyond(&self, _known: Party, _domains: usize) -> Numbers {}
}
