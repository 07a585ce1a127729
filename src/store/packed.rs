//! The packed snapshot: a file beside the store with names and policy of one revision in a form that loads fast. It only has what the
//! store says, and is never trusted: SHA-256 over all of it, the store's id, and the head hash of its revision say whether it is what
//! was written for this log. Whatever is wrong with it, it counts as missing, and the documents are read instead.
//!
//! The file is read as a whole and never mapped, so that nothing is lost where another program cuts it off meanwhile. It comes
//! complete under another name first. What it holds is the caller's business.
#![forbid(unsafe_code)]

use super::location::sibling;
use super::read::{self, Counted};
use super::{Hash, Store};
use crate::files::{self, Lock};
use crate::sync;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the file is called: the store's name, and this.
pub(super) const ENDING: &str = "-packed";
/// Its name while it is written.
pub(super) const NEW: &str = "-packed.new";

/// What every such file begins with. The program's version follows in the hash: another one's file is written anew.
const MAGIC: &[u8; 8] = b"lwpacked";
/// Magic, id of the store, revision, head hash, and the hash over these and all that follows.
const HEAD: usize = 8 + 16 + 8 + 32 + 32;
/// The longest file that is read.
const LONGEST: u64 = 4 << 30;

/// A packed snapshot that was written for this log.
#[derive(Debug)]
pub struct PackedSnapshot {
    /// Its revision.
    pub revision: u64,
    /// How many domains and parties have numbers there.
    pub numbered: Counted,
    /// The file; see [`PackedSnapshot::bytes`].
    file: Vec<u8>,
}

impl PackedSnapshot {
    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        self.file.get(HEAD..).unwrap_or_default()
    }
}

impl Store {
    /// The path of this store's packed snapshot.
    pub fn packed_path(&self) -> PathBuf {
        sibling(&self.location.place, ENDING)
    }

    /// The packed snapshot beside this store, in the caller's form; `None` where there is none of this log, or it is damaged, of another
    /// form, version or store, later than `upto`, or what was cut off.
    pub fn packed(&self, form: u8, upto: u64) -> Option<PackedSnapshot> {
        let mut file = files::open(&self.packed_path(), &self.location.place, false).ok()??;
        let length = file.metadata().ok()?.len();
        if !(HEAD as u64..=LONGEST).contains(&length) {
            return None;
        }
        let mut head = [0; HEAD];
        file.read_exact(&mut head).ok()?;
        let said = Said::read(&head)?;
        // Is it of this log? That is cheap to know, and needs none of its contents.
        let (id, link) = self.read(|conn| Ok((read::id(conn)?, read::link_at(conn, said.revision)?))).ok()?;
        let link = link.filter(|link| said.id == id && said.at == link.hash && said.revision <= upto)?;
        let mut whole = Vec::new();
        whole.try_reserve_exact(usize::try_from(length).ok()?).ok()?;
        whole.extend_from_slice(&head);
        (&file).take(length - HEAD as u64).read_to_end(&mut whole).ok()?;
        let packed = PackedSnapshot { revision: said.revision, numbered: link.covered, file: whole };
        let is_whole = said.sum == sum(form, head.get(..HEAD - 32)?, packed.bytes());
        is_whole.then_some(packed)
    }

    /// Writes the packed snapshot of a revision, in place of an older one. It is a copy for speed: where it cannot be written,
    /// nothing is lost, and false is returned. Two writers do not disturb each other: one of them gives up.
    pub fn keep_packed(&self, form: u8, revision: u64, bytes: &[u8]) -> bool {
        let found = self.read(|conn| Ok((read::id(conn)?, read::link_at(conn, revision)?)));
        let Ok((id, Some(link))) = found else { return false };
        let mut head = MAGIC.to_vec();
        head.extend(id);
        head.extend(revision.to_be_bytes());
        head.extend(link.hash);
        let sum = sum(form, &head, bytes);
        head.extend(sum);
        let (path, new) = (self.packed_path(), sibling(&self.location.place, NEW));
        let Some(mut file) = place_for(&new, &self.location.place) else { return false };
        let written = sync::without_size_signal(|| {
            file.rewind()?;
            file.set_len(0)?;
            file.write_all(&head)?;
            file.write_all(bytes)
        });
        // Without a flush to the disk: after a power failure the hash does not fit, at worst.
        let done = written.is_ok() && is_replaceable(&path, &self.location.place) && fs::rename(&new, &path).is_ok();
        if !done {
            let _ = fs::remove_file(&new);
        }
        done
    }
}

/// The file to be, locked by this writer alone. One that a killed writer left behind is taken.
fn place_for(new: &Path, beside: &Path) -> Option<File> {
    files::folder_not_world_writable(new).ok()?;
    let file = match files::create(new) {
        Ok(file) => file,
        Err(_) => files::open(new, beside, true).ok()?.filter(|file| files::begins_with(file, MAGIC))?,
    };
    if !files::lock(&file, new, Lock::Exclusive, Duration::ZERO).ok()? {
        return None;
    }
    // Another writer may have given it its final name meanwhile.
    let (mine, there) = (file.metadata().ok()?, new.symlink_metadata().ok()?);
    let (mine, there) = (files::identity_of(&file, &mine).ok()?, files::identity(new, &there).ok()?);
    (mine == there).then_some(file)
}

/// Whether nothing of another program stands there.
fn is_replaceable(path: &Path, beside: &Path) -> bool {
    match files::open(path, beside, false) {
        Ok(Some(file)) => files::begins_with(&file, MAGIC),
        Ok(None) => true,
        Err(_) => false,
    }
}

/// What the beginning of a file says.
struct Said {
    id: [u8; 16],
    revision: u64,
    at: Hash,
    sum: Hash,
}

impl Said {
    fn read(head: &[u8; HEAD]) -> Option<Said> {
        let rest = head.strip_prefix(MAGIC)?;
        let (id, rest) = rest.split_first_chunk()?;
        let (revision, rest) = rest.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let sum = rest.first_chunk()?;
        Some(Said { id: *id, revision: u64::from_be_bytes(*revision), at: *at, sum: *sum })
    }
}

fn sum(form: u8, head: &[u8], bytes: &[u8]) -> Hash {
    let sum = Sha256::new().chain_update([form]).chain_update(env!("CARGO_PKG_VERSION")).chain_update([0]);
    sum.chain_update(head).chain_update(bytes).finalize().into()
}
