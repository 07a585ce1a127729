//! The engine: opens one source, answers questions and applies changes.
//!
//! Checks read only the published image: they must never take a lock or allocate. Questions in words (explanations, suggestions)
//! also read the policy snapshot, under a lock that a change holds only for microseconds.
#![forbid(unsafe_code)]

#[cfg(any(target_os = "linux", windows))]
mod admin;
mod change;
#[cfg(any(target_os = "linux", windows))]
mod cluster;
#[cfg(any(target_os = "linux", windows))]
mod compact;
mod destination;
mod dial;
mod exchange;
#[cfg(any(target_os = "linux", windows))]
mod follow;
mod named;
mod numbers;
#[cfg(any(target_os = "linux", windows))]
mod older;
mod options;
#[cfg(any(target_os = "linux", windows))]
mod packed;
#[cfg(any(target_os = "linux", windows))]
mod past;
mod queries;
mod questions;
mod replica;
mod settings;
mod shadowed;
mod snapshot;
#[cfg(any(target_os = "linux", windows))]
mod store;
#[cfg(any(target_os = "linux", windows))]
mod trail;
mod upcoming;

use crate::address;
use crate::directory::{Directory, UnlistedContacts};
use crate::document::{self, Document, Fingerprints};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Kind, Party};
use crate::image::publish::cache::PairCache;
use crate::image::publish::published::Published;
use crate::image::{Image, One, ReadMode, Resolved};
use crate::policy::Policy;
use crate::right::{Right, RightSet};
use crate::system::xphone::TransferRole;
use parking_lot::{Mutex, RwLock};
use queries::{Cacheable, Pair, Panel, Quick, Text, Texts};
use replica::Replica;
use snapshot::Snapshot;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use crate::explain::{Explanation, Reason, Source, Suggestion};
pub(crate) use crate::image::publish::published::Bell;
pub use crate::lint::{Finding, Severity};
#[cfg(any(target_os = "linux", windows))]
pub use crate::store::{
    Answer, Batch, BatchSet, DomainNumber, Following, Numbers, PartyNumber, Request, Token, Upstream,
};
#[cfg(any(target_os = "linux", windows))]
pub use admin::{ChangeSet, Filter, Verified, restore};
#[cfg(any(target_os = "linux", windows))]
pub use cluster::Trial;
#[cfg(any(target_os = "linux", windows))]
pub use compact::{Compacted, Cut, Keep};
pub use destination::{Destination, DestinationReason};
pub use dial::{DialAnswer, DialExplanation};
pub use exchange::{Export, STATE_FILE, read_source};
pub use numbers::DestinationExplanation;
pub use options::OpenOptions;
pub use queries::Decision;
pub use questions::PairRights;
pub(crate) use replica::{Cursor, Views};
pub use settings::{Group, Settings};
#[cfg(any(target_os = "linux", windows))]
pub use trail::{Held, Since, Trail, Turn};
pub use upcoming::Upcoming;

/// The rights of every domain of one source. Shared by all threads; checks take no lock and allocate nothing.
///
/// ```
/// use linewarden::{Engine, Right};
///
/// let engine = Engine::open("examples/companies/mixed.toml")?;
/// let (alice, diana) = (engine.resolve(None, "alice")?, engine.resolve(None, "101")?);
/// let pickup: Right = "call.pickup.first".parse()?;
/// assert!(engine.may(alice, pickup, diana));
/// assert!(!engine.may(diana, pickup, alice), "rights are directed");
/// # Ok::<(), linewarden::Error>(())
/// ```
#[derive(Debug)]
pub struct Engine {
    opened_from: OpenedFrom,
    options: OpenOptions,
    published: Published,
    cache: PairCache,
    unlisted: Arc<UnlistedContacts>,
    /// What the published image was compiled from. Not reentrant: a nested read lock deadlocks behind a waiting writer.
    snapshot: RwLock<Snapshot>,
    /// The copy that streams compare with; `None` while there is no stream.
    replica: Mutex<Option<Replica>>,
    /// How often the policy was read from a store.
    policy_reads: AtomicU64,
    /// Held while this process changes the image.
    writer: Mutex<()>,
    /// Over documents: those that the snapshot was loaded from.
    read_last: Mutex<Fingerprints>,
    /// Over a store: that this process uses its image. Dropped after the store and the image, as its file must be closed last.
    #[cfg(any(target_os = "linux", windows))]
    _presence: Option<crate::store::Presence>,
}

/// What the engine was opened with.
#[derive(Debug)]
enum OpenedFrom {
    /// Memory: changes are lost when the engine is closed.
    Memory,
    /// A document or a folder of documents. Only editing the files changes them.
    Documents(PathBuf),
    /// A store: changes are durable and visible in other processes.
    #[cfg(any(target_os = "linux", windows))]
    Store(crate::store::Store),
}

impl Engine {
    /// Opens a document, a folder of documents, or a store.
    ///
    /// # Errors
    /// `File` when it cannot be read, `Document` with every fault of every document, `Limit` when it is too big.
    pub fn open(source: impl AsRef<Path>) -> Result<Engine> {
        Engine::open_with(source.as_ref(), OpenOptions::default())
    }

    fn open_with(source: &Path, options: OpenOptions) -> Result<Engine> {
        #[cfg(any(target_os = "linux", windows))]
        if crate::store::is_store(source) {
            return Engine::open_store(source, options);
        }
        #[cfg(not(any(target_os = "linux", windows)))]
        refuse_store(source)?;
        let documents = document::read(source)?;
        let mut names = Directory::default();
        let policy = document::load(&documents, &mut names)?;
        let read_last = Mutex::new(Fingerprints::new(&documents, &policy));
        // Compiling takes memory, too.
        drop(documents);
        let engine = Engine::assemble(OpenedFrom::Documents(source.to_path_buf()), policy, names, 1)?;
        Ok(Engine { options, read_last, ..engine })
    }

    /// An engine over documents in memory. It cannot be reloaded, and its changes are not durable.
    ///
    /// # Errors
    /// As for [`Engine::open`].
    pub fn from_documents(documents: &[Document]) -> Result<Engine> {
        let mut names = Directory::default();
        let policy = document::load(documents, &mut names)?;
        Engine::assemble(OpenedFrom::Memory, policy, names, 1)
    }

    /// An engine without a domain: every answer is no. What a new store begins with can be compared with it.
    ///
    /// # Errors
    /// `Limit` when there is no memory.
    pub fn empty() -> Result<Engine> {
        Engine::assemble(OpenedFrom::Memory, Policy::default(), Directory::default(), 1)
    }

    /// An engine over a policy in memory; `names` is the directory of its parties.
    ///
    /// # Errors
    /// `Limit` when it is too big.
    #[doc(hidden)]
    pub fn from_policy(policy: Policy, names: Directory) -> Result<Engine> {
        Engine::assemble(OpenedFrom::Memory, policy, names, 1)
    }

    /// A copy of this engine in memory whose facts with dates count as at `instant`, in seconds since 1970. It has the same domains and
    /// parties with the same numbers, and does not follow changes of this one. For people: over a store it reads the whole policy.
    ///
    /// # Errors
    /// `File` when the store cannot be read, `Limit` when there is no memory.
    pub fn at(&self, instant: i64) -> Result<Engine> {
        self.require_snapshot()?;
        let (mut policy, names) = self.with_snapshot(|snapshot, _| (snapshot.policy.clone(), snapshot.names.clone()));
        policy.at = Some(instant);
        let engine = Engine::over(OpenedFrom::Memory, Published::private()?, &names);
        engine
            .publish_snapshot(Snapshot { policy, names, revision: self.revision(), ..Snapshot::default() }, |_| {
                Ok(0)
            })?;
        Ok(engine)
    }

    /// An engine over that policy in private memory, whose answers are of `revision`.
    fn assemble(opened_from: OpenedFrom, policy: Policy, names: Directory, revision: u64) -> Result<Engine> {
        let engine = Engine::over(opened_from, Published::private()?, &names);
        engine.publish_snapshot(Snapshot { policy, names, revision, ..Snapshot::default() }, |_| Ok(0))?;
        Ok(engine)
    }

    /// An engine with an empty snapshot.
    fn over(opened_from: OpenedFrom, published: Published, names: &Directory) -> Engine {
        let snapshot = Snapshot { names: Directory::sharing_unlisted(names), ..Snapshot::default() };
        Engine {
            opened_from,
            options: OpenOptions::default(),
            cache: PairCache::new(published.epochs()),
            published,
            unlisted: names.unlisted().clone(),
            snapshot: RwLock::new(snapshot),
            replica: Mutex::new(None),
            policy_reads: AtomicU64::new(0),
            writer: Mutex::new(()),
            read_last: Mutex::default(),
            #[cfg(any(target_os = "linux", windows))]
            _presence: None,
        }
    }

    /// Reads the source again and returns the new revision. Checks continue meanwhile; on failure the old answers stay. For a store
    /// this only catches up with the log.
    ///
    /// # Errors
    /// As for [`Engine::open`]; `Argument` when the engine has no source.
    pub fn reload(&self) -> Result<u64> {
        let _turn = self.writer.lock();
        match &self.opened_from {
            OpenedFrom::Memory => {
                Err(Error::new(ErrorKind::Argument, "this engine was not opened from a file, folder or store"))
            }
            OpenedFrom::Documents(source) => {
                let documents = document::read(source)?;
                let snapshot = self.snapshot.read();
                let (mut names, revision) = (snapshot.names.clone(), snapshot.revision + 1);
                let mut read_last = self.read_last.lock();
                let policy = document::load_again(&documents, &mut names, (&snapshot.policy, &read_last))?;
                drop(snapshot);
                let fingerprints = Fingerprints::new(&documents, &policy);
                drop(documents);
                let snapshot = Snapshot { policy, names, revision, ..Snapshot::default() };
                let revision = self.publish_snapshot(snapshot, |_| Ok(0))?;
                *read_last = fingerprints;
                Ok(revision)
            }
            #[cfg(any(target_os = "linux", windows))]
            OpenedFrom::Store(store) => self.catch_up(store),
        }
    }

    /// Whether the policy is in a store.
    fn has_store(&self) -> bool {
        #[cfg(any(target_os = "linux", windows))]
        return matches!(self.opened_from, OpenedFrom::Store(_));
        #[cfg(not(any(target_os = "linux", windows)))]
        false
    }

    /// The current revision. Over documents it is 1 after opening and grows by one with every reload; over a store it is the number of
    /// the last change set.
    pub fn revision(&self) -> u64 {
        self.published.read(|image| image.revision())
    }

    /// How often the policy was read from the store, in full or in part. Questions on calls never read it.
    #[doc(hidden)]
    pub fn policy_reads(&self) -> u64 {
        self.policy_reads.load(Ordering::Relaxed)
    }

    /// Calls `read` with the image in force; it may run several times and must not keep what an earlier run saw.
    pub(crate) fn with_image<R>(&self, read: impl FnMut(Image<'_>) -> R) -> R {
        self.published.read(read)
    }

    /// The size of the published image in bytes.
    #[doc(hidden)]
    pub fn image_bytes(&self) -> usize {
        self.published.read(|image| image.used_words()) as usize * size_of::<u64>()
    }

    /// The party with that name or extension. `domain` may be `None` if the engine has one domain or `text` is `domain/name`. An
    /// unlisted `sip:` address gets a number; the last 65,536 found have one, and a number that had to go names no party. Takes no
    /// lock and allocates nothing, except for such an address: then it waits at most 0.1 s for other threads that look one up, and
    /// returns `None` after that.
    pub fn find(&self, domain: Option<&str>, text: &str) -> Option<Party> {
        match self.published.query(Text { domain, text })? {
            Resolved::Party(party) => Some(party),
            Resolved::Unlisted(domain) => self.admit(domain, text),
        }
    }

    /// Gives a number to an unlisted contact.
    #[cold]
    fn admit(&self, domain: DomainId, text: &str) -> Option<Party> {
        let mut room = address::Room::new();
        self.unlisted.admit(domain, address::address(address::split(text).1, &mut room)?.text())
    }

    /// A party's domain and kind; `None` for an unknown or removed party.
    pub fn kind(&self, party: Party) -> Option<(DomainId, Kind)> {
        self.published.read(|image| match image.resolve(&self.unlisted, party) {
            Resolved::Party(party) => image.party(party),
            Resolved::Unlisted(domain) => Some((domain, Kind::Contact)),
        })
    }

    /// May `actor` do `right` to `target`?
    #[inline]
    pub fn may(&self, actor: Party, right: Right, target: Party) -> bool {
        self.rights(actor, target).has(right)
    }

    /// The same for an actor with a role in a transfer with the target.
    #[inline]
    pub fn may_in_call(&self, actor: Party, right: Right, target: Party, role: TransferRole) -> bool {
        self.published.query(Pair { engine: self, actor, target, role: Some(role) }).has(right)
    }

    /// All rights of the pair.
    #[inline]
    pub fn rights(&self, actor: Party, target: Party) -> RightSet {
        self.cache.get_or_evaluate(actor, target, || self.evaluate_cacheable(actor, target))
    }

    /// The cached rights of a pair; `None` if they are not cached or outdated. It cannot panic.
    #[inline]
    pub(crate) fn cached(&self, actor: Party, target: Party) -> Option<RightSet> {
        self.cache.get(actor, target)
    }

    /// The same without the pair cache.
    #[inline(never)]
    pub fn evaluate(&self, actor: Party, target: Party) -> RightSet {
        match self.quick_rights(actor, target) {
            Some(rights) => rights,
            None => self.evaluate_whole(actor, target),
        }
    }

    /// The rights of the pair where they are found at once; they may be cached.
    #[inline(always)]
    fn quick_rights(&self, actor: Party, target: Party) -> Option<RightSet> {
        self.published.look(Quick { actor, target })
    }

    #[inline(never)]
    fn evaluate_whole(&self, actor: Party, target: Party) -> RightSet {
        self.published.query(Pair { engine: self, actor, target, role: None })
    }

    /// The rights of the pair, and whether they may be cached.
    #[inline(never)]
    fn evaluate_cacheable(&self, actor: Party, target: Party) -> (RightSet, bool) {
        match self.quick_rights(actor, target) {
            Some(rights) => (rights, true),
            None => self.published.query(Cacheable(Pair { engine: self, actor, target, role: None })),
        }
    }

    #[inline(always)]
    fn ask<L: ReadMode>(
        &self,
        image: &Image<'_, L>,
        actor: Party,
        target: Party,
        role: Option<TransferRole>,
    ) -> RightSet {
        if UnlistedContacts::is_unlisted(actor) || UnlistedContacts::is_unlisted(target) {
            return self.ask_of_unlisted(*image, actor, target, role);
        }
        image.rights(actor, target, role)
    }

    #[cold]
    #[inline(never)]
    fn ask_of_unlisted<L: ReadMode>(
        &self,
        image: Image<'_, L>,
        actor: Party,
        target: Party,
        role: Option<TransferRole>,
    ) -> RightSet {
        let of = |party| image.resolve(&self.unlisted, party);
        image.between(of(actor), of(target), role, &mut ())
    }

    /// One right on many targets, from one revision. `out` gets one answer for each target that fits. Returns how many are yes.
    pub fn may_each_target(&self, actor: Party, right: Right, targets: &[Party], out: &mut [bool]) -> usize {
        self.many(One::Actor(actor), targets, right, out)
    }

    /// One right of many actors on one target, likewise.
    pub fn may_each_actor(&self, actors: &[Party], right: Right, target: Party, out: &mut [bool]) -> usize {
        self.many(One::Target(target), actors, right, out)
    }

    #[inline]
    fn many(&self, one: One, others: &[Party], right: Right, out: &mut [bool]) -> usize {
        let others = others.get(..out.len()).unwrap_or(others);
        self.published.query(Panel { engine: self, one, others, right, out })
    }

    /// The same question by names or extensions; an unknown name is a no. An unlisted `sip:` address is a contact without entries and
    /// gets no number. Takes no lock and allocates nothing.
    pub fn may_named(&self, domain: Option<&str>, actor: &str, right: &str, target: &str) -> bool {
        let Some(right) = Right::parse(right) else { return false };
        self.published.query(Texts { domain, actor, target }).has(right)
    }

    /// Whether no document names this contact: it was only asked about.
    pub fn is_unlisted(&self, party: Party) -> bool {
        self.kind(party).is_some() && UnlistedContacts::is_unlisted(party)
    }

    /// Waits until `revision` or a later one is published by any process. False if `patience` passes first.
    pub fn wait_for(&self, revision: u64, patience: Duration) -> bool {
        self.published.wait_for(revision, patience)
    }

    /// The same while `wanted` returns true, and until the clock reaches `instant`. To end the wait, make `wanted` false and ring the bell
    /// until this returns.
    pub(crate) fn wait_while_before(&self, revision: u64, instant: Option<i64>, wanted: impl Fn() -> bool) -> bool {
        self.published.wait_while_before(revision, instant, wanted)
    }

    /// The next instant after `t` at which an answer can change without a change of the policy. It walks all dated facts.
    pub(crate) fn next_change(&self, t: i64) -> Option<i64> {
        self.published.read(|image| image.next_change(t))
    }

    /// Wakes threads that wait for a revision.
    pub(crate) fn bell(&self) -> Bell {
        self.published.bell()
    }
}

/// Refuses a store with a clear message, which the document parser could not give.
#[cfg(not(any(target_os = "linux", windows)))]
fn refuse_store(source: &Path) -> Result<()> {
    use std::io::Read;
    let mut head = [0; 16];
    let read = std::fs::File::open(source).and_then(|mut file| file.read_exact(&mut head));
    match read.is_ok() && &head == b"SQLite format 3\0" {
        true => Err(Error::new(
            ErrorKind::Argument,
            format!("`{}` is a store: stores need Linux or Windows", source.display()),
        )),
        false => Ok(()),
    }
}
