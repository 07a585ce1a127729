//! Files and memory that others have written to: a packed snapshot, a store, an image at rest, in use, and as its words. Bytes choose
//! where something is changed, and to what.

use super::entries::Input;
use super::grammar::contract;
use linewarden::internals::directory::{Directory, UnlistedContacts};
use linewarden::internals::image::evaluate::delta::of_images;
use linewarden::internals::image::publish::{self, published::Published};
use linewarden::internals::image::{Image, One};
use linewarden::internals::system::xphone::TransferRole;
use linewarden::internals::{document, packed, store::Store};
use linewarden::{Author, Document, DomainId, Engine, Party, Right, RightSet};
use std::fs;
use std::os::unix::fs::FileExt;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, OnceLock, PoisonError};

/// A packed snapshot with bytes changed anywhere, as if its hash still fitted: it is none, or a policy that is packed to the same
/// bytes again and again, and that can be asked and written. True if it was one.
pub fn packed(data: &[u8]) -> bool {
    static WHOLE: OnceLock<Vec<u8>> = OnceLock::new();
    let whole = WHOLE.get_or_init(|| {
        let mut names = Directory::default();
        let documents = [Document { name: "fuzz.toml".into(), text: contract().into() }];
        let policy = document::load(&documents, &mut names).expect("a policy");
        packed::pack(&policy, &names)
    });
    let mut bytes = whole.clone();
    let mut input = Input(data);
    while !input.0.is_empty() {
        let [low, high, value, cut] = input.take();
        let at = (usize::from(low) | usize::from(high) << 8) % bytes.len();
        bytes[at] ^= value;
        if cut == 255 && at > 0 {
            bytes.truncate(at);
        }
    }
    let Some((policy, names)) = packed::unpack(&bytes, &Directory::default()) else { return false };
    let again = packed::pack(&policy, &names);
    let (twin, twin_names) = packed::unpack(&again, &Directory::default()).expect("what was packed");
    assert!(packed::pack(&twin, &twin_names) == again);
    for domain in &policy.domains {
        document::write(domain, &names, &mut Vec::new()).expect("memory");
    }
    if let Ok(engine) = Engine::from_policy(policy, names) {
        engine.lint();
        let parties: Vec<_> = engine.domains().into_iter().flat_map(|(domain, _)| engine.parties(domain)).collect();
        for pair in parties.windows(2).take(8) {
            engine.explain(pair[0], linewarden::Right::CALL_PICKUP, pair[1], None);
        }
    }
    true
}

/// A store with bytes changed anywhere in its file: it opens and is whole, or the damage is reported. Nothing is read that was not
/// written. True if it was found whole.
pub fn store_file(data: &[u8]) -> bool {
    static WHOLE: OnceLock<(Vec<u8>, String)> = OnceLock::new();
    let folder = std::env::temp_dir().join(format!("linewarden-fuzz-{}", std::process::id()));
    let (whole, log) = WHOLE.get_or_init(|| {
        let origin = folder.join("whole.db");
        fs::create_dir_all(&folder).expect("a folder");
        let documents = [Document { name: "fuzz.toml".into(), text: contract().into() }];
        let (engine, _) = Engine::create_from(&origin, &documents, None).expect("a store");
        for line in ["set vip bob yes", "add user dave 130", "set relationship alice bob blocked"] {
            engine.apply_text(Author::Administrator, None, line).expect("a change");
        }
        drop(engine);
        (fs::read(&origin).expect("the store"), said(&Store::open(&origin).expect("a store")).expect("a whole log"))
    });
    let path = folder.join("damaged.db");
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("damaged.db{ending}")));
    }
    let mut bytes = whole.clone();
    let mut input = Input(data);
    while !input.0.is_empty() {
        let [low, middle, high, value] = input.take();
        let at = usize::from(low) | usize::from(middle) << 8 | usize::from(high & 15) << 16;
        let length = bytes.len();
        bytes[at % length] ^= value;
    }
    fs::write(&path, &bytes).expect("a file");
    let Ok(store) = Store::open(&path) else { return false };
    let read = said(&store);
    if store.verify().is_err() {
        return false;
    }
    assert_eq!(read.expect("verify found it whole"), *log, "verify passed what was not written");
    true
}

/// An image with bytes changed anywhere in its file. At rest, it is made anew and says what the log says. In use, no question ends
/// the process or goes on for ever, a flipped bit of the control words brings no yes that the log has not, and the next opening says what
/// the log says. True if it was mapped while it was damaged.
pub fn image_file(data: &[u8]) -> bool {
    /// Bytes of the control words that say which image is in force, and where.
    const CONTROL: usize = 2720;
    // All inputs of a process have one store.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    static WHOLE: OnceLock<(Vec<u8>, Vec<u8>, Vec<RightSet>)> = OnceLock::new();
    let folder = std::env::temp_dir().join(format!("linewarden-image-{}", std::process::id()));
    let (store, image) = (folder.join("rights.db"), folder.join("rights.db-image"));
    let said = |engine: &Engine| -> Vec<RightSet> {
        let parties = (1..=12).map(Party);
        parties
            .flat_map(|actor| (1..=12).map(move |target| (actor, Party(target))))
            .map(|(a, b)| engine.rights(a, b))
            .collect()
    };
    let (whole_store, whole, right) = WHOLE.get_or_init(|| {
        fs::create_dir_all(&folder).expect("a folder");
        let documents = [Document { name: "fuzz.toml".into(), text: contract().into() }];
        let (engine, _) = Engine::create_from(&store, &documents, None).expect("a store");
        for line in ["set vip bob yes", "set relationship alice bob blocked", "add user dave 130"] {
            engine.apply_text(Author::Administrator, None, line).expect("a change");
        }
        let right = said(&engine);
        drop(engine);
        (fs::read(&store).expect("the store"), fs::read(&image).expect("its image"), right)
    });
    let mut input = Input(data);
    let in_use = input.byte() % 2 == 1;
    let mut bytes = whole.clone();
    while !input.0.is_empty() {
        let [low, middle, high, value] = input.take();
        // Half of them in what says where things lie, which is a small part of the file.
        let at = usize::from(low) | usize::from(middle) << 8 | usize::from(high & 15) << 16;
        let at = if high & 16 == 0 { at % CONTROL } else { at % bytes.len() };
        bytes[at] ^= value;
    }
    for (path, content) in [(&store, whole_store), (&image, whole)] {
        let _ = fs::remove_file(path);
        fs::write(path, content).expect("a file");
    }
    for ending in ["-wal", "-shm", "-image.damaged-1"] {
        let _ = fs::remove_file(folder.join(format!("rights.db{ending}")));
    }
    if !in_use {
        fs::write(&image, &bytes).expect("a file");
    }
    let engine = Engine::open(&store).expect("a store whose image is damaged opens");
    assert!(said(&engine) == *right, "another answer than the log's");
    if in_use {
        // As long as it is, so that no page goes away.
        let file = fs::OpenOptions::new().write(true).open(&image).expect("the image");
        file.write_all_at(&bytes, 0).expect("room");
        let flips = bytes.iter().zip(whole).map(|(is, was)| (is ^ was).count_ones());
        let one_of_control = flips.clone().sum::<u32>() == 1 && flips.take(CONTROL).sum::<u32>() == 1;
        let now = said(&engine);
        if one_of_control {
            let more = now.iter().zip(right).find(|(now, right)| !now.without(**right).is_empty());
            assert!(more.is_none(), "a yes that the log has not: {more:?}");
        }
        (1..=12).for_each(|party| drop((engine.text(Party(party)), engine.who(Right::CALL_PICKUP, Party(party)))));
        let _ = (engine.dial(Party(1), "*8100"), engine.find(None, "alice"), engine.domains(), engine.revision());
        drop(engine);
        assert!(said(&Engine::open(&store).expect("it is made anew")) == *right, "another answer than the log's");
    }
    in_use
}

/// The words of a compiled image with some of them changed to anything, as a process has them mapped that did not look at them before: no
/// question reads outside of them or goes on for ever. What it answers is not promised.
pub fn image_words(data: &[u8]) {
    static WHOLE: OnceLock<Vec<u64>> = OnceLock::new();
    let whole = WHOLE.get_or_init(|| {
        let mut names = Directory::default();
        let documents = [Document { name: "fuzz.toml".into(), text: contract().into() }];
        let policy = document::load(&documents, &mut names).expect("a policy");
        let published = Published::private().expect("memory");
        published.publish(publish::prepare(&published, &policy, &names, 4, 1).expect("it compiles").0, || ());
        published.read(|image| (0..image.used_words() as usize).map(|at| image.word(at)).collect())
    });
    let mut words = whole.clone();
    let mut input = Input(data);
    let questions = input.byte();
    while !input.0.is_empty() {
        let [how, low, high] = input.take();
        // Half of them in the header, which says where everything else lies.
        let at = usize::from(low) | usize::from(high) << 8;
        let at = if how & 1 == 0 { at % 24 } else { at % words.len() };
        words[at] = match how >> 1 & 7 {
            0 => words[at] ^ 1 << (high & 63),
            1 => u64::from_le_bytes(input.take()),
            2 => u64::MAX,
            3 => words[at] ^ 0xffff_ffff_0000_0000,
            4 => words[at] ^ 0xffff_ffff,
            5 => words[usize::from(input.byte()) % words.len()],
            6 => words[at].wrapping_add(u64::from(input.byte())),
            _ => u64::from(u32::from_le_bytes(input.take())) << 32 | words[at] >> 32,
        };
    }
    let [words, whole] = [&words, whole].map(|words| words.iter().copied().map(AtomicU64::new).collect::<Vec<_>>());
    let (image, before): (Image<'_>, Image<'_>) = (Image::new(&words), Image::new(&whole));
    let parties: Vec<Party> = (0..16).chain([1 << 25, UNLISTED.0, u32::MAX]).map(Party).collect();
    let roles = [None, Some(TransferRole::Consulted), Some(TransferRole::Transferring)];
    let unlisted = UnlistedContacts::default();
    for (actor, role) in parties.iter().zip(roles.into_iter().cycle()) {
        for target in &parties {
            std::hint::black_box((image.rights(*actor, *target, role), image.quick_rights(*actor, *target)));
            std::hint::black_box(image.grants(*actor, *target));
        }
        image.rights_of_many(One::Actor(*actor), &parties, |rights| _ = std::hint::black_box(rights));
        image.rights_of_many(One::Target(*actor), &parties, |rights| _ = std::hint::black_box(rights));
        std::hint::black_box((image.named(*actor), image.party(*actor), image.resolve(&unlisted, *actor)));
    }
    let texts = ["alice", "bob", "100", "team:support", "sip:bob@partner.example", "SIP:Zoe@far.example", "nobody", ""];
    for domain in [0, 1, u16::MAX].map(DomainId) {
        for text in texts {
            std::hint::black_box((image.find(domain, text), image.extension(domain, text), image.find_domain(text)));
            std::hint::black_box((image.lead(domain, text), image.needs_class(domain)));
        }
        std::hint::black_box((image.codes(domain), image.domain_name(domain), image.has_domain(domain)));
        if questions & 7 == 0 {
            // They walk whatever the image says it has.
            std::hint::black_box((image.locations(domain), image.parties(domain).count(), image.domains()));
            std::hint::black_box(image.next_change(1_795_000_000));
        }
        if questions & 7 == 0 && domain.0 == 0 {
            let mut delta = of_images(&before, &image);
            delta.add_clock(&image, 1_795_000_000, 1_796_000_000);
            std::hint::black_box(delta);
        }
    }
}

/// A number above those of all parties.
const UNLISTED: Party = Party(1 << 26);

/// Everything that a load takes from a store.
fn said(store: &Store) -> Option<String> {
    let mut log = Vec::new();
    let mut each = |set| {
        log.push(set);
        Ok(())
    };
    store.since(0, u64::MAX, &mut each).ok()?;
    let numbers = (store.domains().ok()?, store.parties_above(linewarden::Party::NONE).ok()?);
    Some(format!("{log:?} {numbers:?} {:?}", store.checkpoint().ok()?))
}
