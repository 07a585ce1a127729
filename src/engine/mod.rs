//! The engine: one source opened, questions answered, changed as a whole or not at all.
//!
//! Checks read the published image and nothing else. Whatever needs words (explanations, lists of parties, nearest names) also
//! reads the policy behind it, under a lock that a change holds only for the moment of the change.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
mod admin;
mod change;
mod dial;
mod named;
#[cfg(target_os = "linux")]
mod older;
mod queries;
mod questions;
mod replica;
mod snapshot;
#[cfg(target_os = "linux")]
mod store;

use crate::address;
use crate::directory::{Directory, Outsiders};
use crate::document::{self, Document};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Kind, Party};
use crate::image::publish::cache::PairCache;
use crate::image::publish::published::Published;
use crate::image::{Image, ReadMode, Resolved};
use crate::policy::Policy;
use crate::right::{Right, RightSet};
use crate::system::xphone::TransferRole;
use parking_lot::{Mutex, RwLock};
use queries::{Cacheable, Pair, Panel, Text, Texts};
use replica::Replica;
use snapshot::Snapshot;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use crate::explain::{Explanation, Reason, Source, Suggestion};
pub(crate) use crate::image::publish::published::Bell;
pub use crate::lint::Finding;
#[cfg(target_os = "linux")]
pub use admin::{ChangeSet, Filter, Verified, restore};
pub use dial::{DialAnswer, DialExplanation};
pub use questions::{Decision, Export, PairRights};
pub(crate) use replica::{Cursor, Views};

/// How long one waits for others that change a store. Publishing a million users anew takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// The rights of every domain of one source. Shared by all threads; checks take no lock and allocate nothing.
#[derive(Debug)]
pub struct Engine {
    origin: Origin,
    published: Published,
    cache: PairCache,
    outsiders: Arc<Outsiders>,
    /// What the image in force was compiled from. Nobody may lock them twice: a change that waits in between would wait for ever,
    /// and so would everybody.
    snapshot: RwLock<Snapshot>,
    /// What those compare with who want to know what changed.
    replica: Mutex<Option<Replica>>,
    /// How often the policy was read from a store.
    policy_reads: AtomicU64,
    /// Held by whoever changes what is in force.
    writer: Mutex<()>,
}

/// Where the policy comes from.
#[derive(Debug)]
enum Origin {
    /// Put together in memory; what is changed is lost with the engine.
    Memory,
    /// A document or a folder of documents, which are changed by editing them.
    Documents(PathBuf),
    /// A store: changes are durable, and other processes see them.
    #[cfg(target_os = "linux")]
    Store(crate::store::Store),
}

impl Engine {
    /// Opens a document, a folder of documents, or a store.
    ///
    /// # Errors
    /// `File` when it cannot be read, `Document` with every fault of every document, `Limit` when it is too big.
    pub fn open(source: impl AsRef<Path>) -> Result<Engine> {
        let source = source.as_ref();
        #[cfg(target_os = "linux")]
        if crate::store::is_store(source) {
            return Engine::open_store(source);
        }
        #[cfg(not(target_os = "linux"))]
        refuse_store(source)?;
        let documents = document::read(source)?;
        Engine::load(Origin::Documents(source.to_path_buf()), &documents)
    }

    /// An engine over documents in memory; it cannot be reloaded, and changes of it are not durable.
    ///
    /// # Errors
    /// As for [`Engine::open`].
    pub fn from_documents(documents: &[Document]) -> Result<Engine> {
        Engine::load(Origin::Memory, documents)
    }

    fn load(origin: Origin, documents: &[Document]) -> Result<Engine> {
        let mut names = Directory::default();
        let policy = document::load(documents, &mut names)?;
        Engine::assemble(origin, policy, names)
    }

    /// An engine over a policy that was put together in memory, with the directory its parties are named in.
    ///
    /// # Errors
    /// `Limit` when it is too big.
    pub fn from_policy(policy: Policy, names: Directory) -> Result<Engine> {
        Engine::assemble(Origin::Memory, policy, names)
    }

    fn assemble(origin: Origin, policy: Policy, names: Directory) -> Result<Engine> {
        let engine = Engine::over(origin, Published::private()?, &names);
        engine.publish_snapshot(Snapshot { policy, names, revision: 1, ..Snapshot::default() }, |_| Ok(0))?;
        Ok(engine)
    }

    /// An engine that has nothing in its snapshot yet.
    fn over(origin: Origin, published: Published, names: &Directory) -> Engine {
        let snapshot = Snapshot { names: Directory::beside(names), ..Snapshot::default() };
        Engine {
            origin,
            cache: PairCache::new(published.epochs()),
            published,
            outsiders: names.outsiders().clone(),
            snapshot: RwLock::new(snapshot),
            replica: Mutex::new(None),
            policy_reads: AtomicU64::new(0),
            writer: Mutex::new(()),
        }
    }

    /// Reads the source again and returns the revision then in force. Checks go on meanwhile; on failure the old answers stay in
    /// force. A store is never behind what is in force, so there it only makes sure of that.
    ///
    /// # Errors
    /// As for [`Engine::open`]; `Argument` when the engine was not opened from anything.
    pub fn reload(&self) -> Result<u64> {
        let _turn = self.writer.lock();
        match &self.origin {
            Origin::Memory => {
                Err(Error::new(ErrorKind::Argument, "this engine was not opened from a file, folder or store"))
            }
            Origin::Documents(source) => {
                let documents = document::read(source)?;
                let snapshot = self.snapshot.read();
                let (mut names, revision) = (snapshot.names.clone(), snapshot.revision + 1);
                drop(snapshot);
                let policy = document::load(&documents, &mut names)?;
                self.publish_snapshot(Snapshot { policy, names, revision, ..Snapshot::default() }, |_| Ok(0))
            }
            #[cfg(target_os = "linux")]
            Origin::Store(store) => self.catch_up(store),
        }
    }

    /// Whether the policy is in a store.
    fn has_store(&self) -> bool {
        #[cfg(target_os = "linux")]
        return matches!(self.origin, Origin::Store(_));
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// The revision in force: of documents 1 after opening and one more with every reload, of a store the number of the last change
    /// set.
    pub fn revision(&self) -> u64 {
        self.published.read(|image| image.revision())
    }

    /// How often the policy was read from the store, wholly or what came since: what calls ask never reads it.
    pub fn policy_reads(&self) -> u64 {
        self.policy_reads.load(Ordering::Relaxed)
    }

    /// Bytes of the image in force.
    pub fn image_bytes(&self) -> usize {
        self.published.read(|image| image.used_words()) as usize * size_of::<u64>()
    }

    /// The party of that name or extension. `domain` may be `None` when the engine has one domain or `text` is
    /// `domain/name`. A `sip:` address nobody names gets a number of its own (at most 65,536 of them in a process's life).
    /// Takes no lock and allocates nothing unless such a number has to be given; that waits at most a tenth of a second for
    /// others that give numbers, and then says `None`.
    pub fn find(&self, domain: Option<&str>, text: &str) -> Option<Party> {
        match self.published.query(Text { domain, text })? {
            Resolved::Party(party) => Some(party),
            Resolved::Unlisted(domain) => self.admit(domain, text),
        }
    }

    /// The number of an outside address that no policy names.
    #[cold]
    fn admit(&self, domain: DomainId, text: &str) -> Option<Party> {
        let mut room = address::Room::new();
        self.outsiders.admit(domain, address::address(address::split(text).1, &mut room)?.text())
    }

    /// A party's domain and kind; `None` for nobody and for whoever the policy no longer has.
    pub fn kind(&self, party: Party) -> Option<(DomainId, Kind)> {
        self.published.read(|image| match image.resolve(&self.outsiders, party) {
            Resolved::Party(party) => image.party(party),
            Resolved::Unlisted(domain) => Some((domain, Kind::Contact)),
        })
    }

    /// May `actor` do `right` to `target`?
    #[inline]
    pub fn may(&self, actor: Party, right: Right, target: Party) -> bool {
        self.rights(actor, target).has(right)
    }

    /// The same while the actor has a part in a transfer with the target.
    #[inline]
    pub fn may_in_call(&self, actor: Party, right: Right, target: Party, role: TransferRole) -> bool {
        self.published.query(Pair { engine: self, actor, target, role: Some(role) }).has(right)
    }

    /// All rights of the pair.
    #[inline]
    pub fn rights(&self, actor: Party, target: Party) -> RightSet {
        self.cache.get_or_evaluate(actor, target, || self.evaluate_cacheable(actor, target))
    }

    /// The rights of a pair that was asked lately, if nothing has changed since. It cannot panic.
    #[inline]
    pub fn cached(&self, actor: Party, target: Party) -> Option<RightSet> {
        self.cache.get(actor, target)
    }

    /// The same without the pair cache.
    #[inline(never)]
    pub fn evaluate(&self, actor: Party, target: Party) -> RightSet {
        self.published.query(Pair { engine: self, actor, target, role: None })
    }

    /// The rights of the pair, and whether they may be kept: not while they are being changed, and not for an address that may
    /// come to be somebody else's.
    #[inline(never)]
    fn evaluate_cacheable(&self, actor: Party, target: Party) -> (RightSet, bool) {
        self.published.query(Cacheable(Pair { engine: self, actor, target, role: None }))
    }

    #[inline(always)]
    fn ask<L: ReadMode>(
        &self,
        image: &Image<'_, L>,
        actor: Party,
        target: Party,
        role: Option<TransferRole>,
    ) -> RightSet {
        if Outsiders::is_outsider(actor) || Outsiders::is_outsider(target) {
            return self.ask_of_outsiders(*image, actor, target, role);
        }
        image.rights(actor, target, role)
    }

    #[cold]
    #[inline(never)]
    fn ask_of_outsiders<L: ReadMode>(
        &self,
        image: Image<'_, L>,
        actor: Party,
        target: Party,
        role: Option<TransferRole>,
    ) -> RightSet {
        let of = |party| image.resolve(&self.outsiders, party);
        image.between(of(actor), of(target), role, &mut ())
    }

    /// Many targets at once, answered from one revision; `out` gets one answer for each target that fits. Returns how many are
    /// yes.
    pub fn may_many(&self, actor: Party, right: Right, targets: &[Party], out: &mut [bool]) -> usize {
        self.many(targets.iter().take(out.len()).map(|target| (actor, *target)), right, out)
    }

    /// Many actors at once, likewise.
    pub fn many_may(&self, actors: &[Party], right: Right, target: Party, out: &mut [bool]) -> usize {
        self.many(actors.iter().take(out.len()).map(|actor| (*actor, target)), right, out)
    }

    #[inline]
    fn many(&self, pairs: impl Iterator<Item = (Party, Party)> + Clone, right: Right, out: &mut [bool]) -> usize {
        self.published.query(Panel { engine: self, pairs, right, out })
    }

    /// The same question by names or extensions; unknown names are refused. An unlisted `sip:` address is an outside contact
    /// without entries and gets no number. Takes no lock and allocates nothing.
    pub fn may_named(&self, domain: Option<&str>, actor: &str, right: &str, target: &str) -> bool {
        let Some(right) = Right::parse(right) else { return false };
        self.published.query(Texts { domain, actor, target }).has(right)
    }

    /// Waits until `revision` or a later one is in force, here or in the process that changes it; false when it has not come
    /// within `patience`.
    pub fn wait_for(&self, revision: u64, patience: Duration) -> bool {
        self.published.wait_for(revision, patience)
    }

    /// The same for as long as it is wanted; whoever makes it unwanted rings the bell until this has returned.
    pub(crate) fn wait_while(&self, revision: u64, wanted: impl Fn() -> bool) -> bool {
        self.published.wait_while(revision, wanted)
    }

    /// What wakes those who wait for a revision.
    pub(crate) fn bell(&self) -> Bell {
        self.published.bell()
    }
}

/// Says plainly what a document's parser would not.
#[cfg(not(target_os = "linux"))]
fn refuse_store(source: &Path) -> Result<()> {
    use std::io::Read;
    let mut head = [0; 16];
    let read = std::fs::File::open(source).and_then(|mut file| file.read_exact(&mut head));
    match read.is_ok() && &head == b"SQLite format 3\0" {
        true => Err(Error::new(ErrorKind::Argument, format!("`{}` is a store: stores need Linux", source.display()))),
        false => Ok(()),
    }
}
