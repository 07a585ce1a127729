//! The packed snapshot beside a store: what it says is what the documents say, and whatever is wrong with it, the documents are read.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document::{self, Document};
use linewarden::internals::packed;
use linewarden::internals::policy::Policy;
use linewarden::internals::policy::change::{self, Author};
use linewarden::internals::store::{self, Store};
use linewarden::internals::system::System;
use linewarden::{Engine, Party, Right};
use linewarden_testkit::changes::{Pools, line};
use linewarden_testkit::generate::{self, Options};
use linewarden_testkit::random::{companies, dated_companies};
use linewarden_testkit::stores::{arguments, given, program, scratch};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count.max(1)
    }
}

/// Everything that a policy holds, as text; maps in order.
fn printed(policy: &Policy, names: &Directory) -> String {
    let mut policy = policy.clone();
    let mut maps = Vec::new();
    for domain in &mut policy.domains {
        let numbers: BTreeMap<_, _> = std::mem::take(&mut domain.numbers).into_iter().collect();
        let places: BTreeMap<_, _> = std::mem::take(&mut domain.index_of).into_iter().collect();
        maps.push(format!("{numbers:?} {places:?}"));
    }
    let parties: Vec<_> = names.parties_above(Party(0)).map(|(party, named)| format!("{party:?} {named:?}")).collect();
    let domains: Vec<_> = names.domains_from(0).collect();
    format!("{domains:?}\n{parties:#?}\n{maps:#?}\n{policy:#?}")
}

/// The policy of these documents after some changes.
fn changed(documents: &[Document], seed: u64) -> (Policy, Directory) {
    let mut names = Directory::default();
    let mut policy = document::load(documents, &mut names).unwrap();
    let mut random = Random(seed);
    for _ in 0..60 {
        let domain = &policy.domains[random.below(policy.domains.len())];
        let (name, text) = (domain.name.clone(), line(&mut |count| random.below(count), &Pools::new(domain, &names)));
        if let Ok(entries) = change::parse(&text, Some(&name)) {
            // What is refused leaves names behind, which are numbered all the same.
            let _ = policy.apply(&mut names, None, &entries);
        }
    }
    (policy, names)
}

fn comes_back(documents: &[Document], seed: u64) {
    let (policy, names) = changed(documents, seed);
    let bytes = packed::pack(&policy, &names);
    let (back, back_names) = packed::unpack(&bytes, &Directory::default()).expect("what was packed");
    assert_eq!(printed(&back, &back_names), printed(&policy, &names));
    assert_eq!(packed::pack(&back, &back_names), bytes);
    // Any beginning of it is refused, and so is anything behind it.
    let mut random = Random(seed ^ 5);
    for _ in 0..20 {
        assert!(packed::unpack(&bytes[..random.below(bytes.len())], &names).is_none());
    }
    assert!(packed::unpack(&[&bytes[..], &[0]].concat(), &names).is_none());
    // Other bytes give another policy or none: without a panic, and what is taken can be packed again.
    for _ in 0..100 {
        let mut bytes = bytes.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        if let Some((policy, names)) = packed::unpack(&bytes, &Directory::default()) {
            let again = packed::pack(&policy, &names);
            let (twin, twin_names) = packed::unpack(&again, &Directory::default()).expect("what was packed");
            assert_eq!(printed(&twin, &twin_names), printed(&policy, &names));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_random_company_comes_back((company, seed) in (companies(), any::<u64>())) {
        comes_back(&company.documents, seed);
    }

    #[test]
    fn a_company_with_dates_comes_back((company, seed) in (dated_companies(), any::<u64>())) {
        comes_back(&company.documents, seed);
    }
}

#[test]
fn every_part_of_a_document_comes_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let samples = ["xphone", "estos", "pascom", "keevio", "keevio-realm", "mixed", "linewarden"];
    let mut paths: Vec<PathBuf> =
        samples.iter().map(|name| root.join(format!("examples/companies/{name}.toml"))).collect();
    paths.retain(|path| path.exists());
    assert!(paths.len() > 5);
    paths.push(root.join("tests/data/contract.toml"));
    paths.extend(fs::read_dir(root.join("examples/recipes")).unwrap().map(|entry| entry.unwrap().path()));
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        comes_back(&[Document { name: "acme.toml".into(), text }], 3);
    }
}

/// Bytes of an older form must not be read as this one: a change of what is written raises `packed::FORM`, and these two.
#[test]
fn the_form_is_that_of_its_number() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/contract.toml")).unwrap();
    let mut names = Directory::default();
    let policy = document::load(&[Document { name: "acme.toml".into(), text }], &mut names).unwrap();
    let bytes = packed::pack(&policy, &names);
    let mixed = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    assert_eq!((packed::FORM, bytes.len(), mixed), (3, 518, 11_881_630_765_350_169_513), "raise `packed::FORM` first");
}

/// A company of every system that is big enough for a packed snapshot, as a store that no engine has open.
fn stored(seed: u64) -> (tempfile::TempDir, PathBuf) {
    let options = Options { users: 300, seed, systems: System::ALL.into_iter().collect(), ..Options::default() };
    let mut text = Vec::new();
    generate::write(&options, &mut text).unwrap();
    let (folder, path) = scratch();
    let documents = [Document { name: "company.toml".into(), text: String::from_utf8(text).unwrap() }];
    drop(Engine::create_from(&path, &documents, None).unwrap());
    (folder, path)
}

fn packed_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push("-packed");
    name.into()
}

/// The revision of the packed snapshot, if it is one of this log.
fn fits(path: &Path) -> Option<u64> {
    Store::open_reader(path).unwrap().packed(packed::FORM, u64::MAX).map(|packed| packed.revision)
}

/// What a process says that begins with the files that are there: everything it exports, and many explanations.
fn says(path: &Path, seed: u64) -> String {
    let engine = Engine::open(path).unwrap();
    let mut random = Random(seed);
    let domain = engine.domains()[0].0;
    let (parties, rights) = (engine.parties(domain), Right::all().collect::<Vec<_>>());
    let mut said = format!("{} {:#?}", engine.revision(), engine.export(None).unwrap());
    for _ in 0..120 {
        let [actor, target] = [0; 2].map(|_| parties[random.below(parties.len())]);
        let why = engine.explain(actor, rights[random.below(rights.len())], target, None);
        said.push_str(&format!("{why:#?}\n"));
    }
    for finding in engine.lint() {
        said.push_str(&format!("{finding:?}\n"));
    }
    said
}

/// Both roads say the same, and then the file is one that fits again.
#[track_caller]
fn agrees(path: &Path, how: &str) {
    let by_what_is_there = says(path, 9);
    fs::remove_file(packed_of(path)).unwrap_or_default();
    assert_eq!(fits(path), None, "{how}");
    let by_documents = says(path, 9);
    assert!(by_what_is_there == by_documents, "{how}: the packed snapshot says something else than the documents");
    assert!(fits(path).is_some(), "{how}: a load from documents writes it anew");
    assert!(says(path, 9) == by_documents, "{how}: the new one says something else");
}

fn change(path: &Path, random: &mut Random, count: usize) {
    let documents = Engine::open(path).unwrap().export(None).unwrap().documents;
    let mut names = Directory::default();
    let policy = document::load(&documents, &mut names).unwrap();
    let pools = Pools::new(&policy.domains[0], &names);
    for _ in 0..count {
        // Each by a process of its own: it begins with the packed snapshot.
        let engine = Engine::open(path).unwrap();
        let text = line(&mut |count| random.below(count), &pools);
        let _ = engine.apply_text(Author::Administrator, None, &text);
    }
}

#[test]
fn a_store_says_the_same_by_either_road_after_any_changes() {
    for seed in 1..4 {
        let (_folder, path) = stored(seed);
        assert_eq!(fits(&path), Some(1), "an import writes it");
        let mut random = Random(seed);
        for round in 0..3 {
            change(&path, &mut random, 25);
            assert_eq!(fits(&path), Some(if round == 0 { 1 } else { fits(&path).unwrap() }));
            agrees(&path, &format!("company {seed}, round {round}"));
        }
        let engine = Engine::open(&path).unwrap();
        assert_eq!(engine.verify().unwrap().revision, engine.revision());
    }
}

#[test]
fn a_damaged_file_is_none() {
    let (_folder, path) = stored(5);
    change(&path, &mut Random(5), 10);
    let (whole, expected) = (fs::read(packed_of(&path)).unwrap(), says(&path, 9));
    let mut random = Random(55);
    // Every byte of the beginning, and some of the rest.
    let places: Vec<usize> = (0..100).chain((0..60).map(|_| random.below(whole.len()))).collect();
    for at in places {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << random.below(8);
        fs::write(packed_of(&path), &bytes).unwrap();
        assert_eq!(fits(&path), None, "byte {at}");
    }
    for length in (0..120).step_by(7).chain([whole.len() / 2, whole.len() - 1]) {
        fs::write(packed_of(&path), &whole[..length]).unwrap();
        assert_eq!(fits(&path), None, "{length} bytes");
    }
    fs::write(packed_of(&path), [&whole[..], b"x"].concat()).unwrap();
    assert_eq!(fits(&path), None, "a byte more");
    let mut bytes = whole.clone();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(packed_of(&path), &bytes).unwrap();
    assert!(says(&path, 9) == expected);
    assert!(fits(&path).is_some(), "it was written anew");
    // Rubbish under its name is neither read nor replaced, and does not stand in the way.
    fs::write(packed_of(&path), "dear to its owner").unwrap();
    assert!(says(&path, 9) == expected);
    assert_eq!(fs::read_to_string(packed_of(&path)).unwrap(), "dear to its owner");
    fs::remove_file(packed_of(&path)).unwrap();
    std::os::unix::fs::symlink(&path, packed_of(&path)).unwrap();
    assert!(says(&path, 9) == expected);
    assert!(packed_of(&path).symlink_metadata().unwrap().is_symlink());
    fs::remove_file(packed_of(&path)).unwrap();
    agrees(&path, "damaged");
}

#[test]
fn one_of_another_form_version_store_or_log_is_none() {
    let ((_folder, path), (_other_folder, other)) = (stored(6), stored(7));
    let expected = says(&path, 9);
    let (mine, theirs) = (fs::read(packed_of(&path)).unwrap(), fs::read(packed_of(&other)).unwrap());
    fs::write(packed_of(&path), &theirs).unwrap();
    assert_eq!(fits(&path), None, "of another store");
    assert!(says(&path, 9) == expected);
    fs::write(packed_of(&path), &mine).unwrap();
    let store = Store::open_reader(&path).unwrap();
    assert!(store.packed(packed::FORM, 1).is_some() && store.packed(packed::FORM + 1, 1).is_none());
    assert!(store.packed(packed::FORM, 0).is_none(), "later than what is asked for");
    drop(store);
    // A copy has the same id. Where its log goes on otherwise, what was written for one is none for the other.
    let copy = path.with_file_name("copy.db");
    Engine::open(&path).unwrap().backup(&copy).unwrap();
    for (store, level) in [(&path, "blocked"), (&copy, "employee")] {
        let engine = Engine::open(store).unwrap();
        let users: Vec<String> =
            engine.parties(engine.domains()[0].0)[..2].iter().map(|user| engine.text(*user)).collect();
        let set = format!("set relationship {} {} {level}", users[0], users[1]);
        let clear = format!("clear relationship {} {}", users[0], users[1]);
        let _ = engine.apply_text(Author::Administrator, None, &clear);
        engine.apply_text(Author::Administrator, None, &set).unwrap();
        drop(engine);
        let _ = fs::remove_file(packed_of(store));
        says(store, 1);
    }
    let revision = fits(&path).unwrap();
    fs::copy(packed_of(&path), packed_of(&copy)).unwrap();
    assert_eq!(fits(&copy), None, "of another log of the same store, at revision {revision}");
    agrees(&copy, "a forked copy");
    // An older state of the store: the file is ahead of its log.
    let older = path.with_file_name("older.db");
    Engine::open(&path).unwrap().backup(&older).unwrap();
    Engine::open(&path).unwrap().apply_text(Author::Administrator, None, "add user zoe").unwrap();
    fs::remove_file(packed_of(&path)).unwrap();
    says(&path, 1);
    fs::copy(packed_of(&path), packed_of(&older)).unwrap();
    assert_eq!(fits(&older), None, "ahead of the log");
    agrees(&older, "ahead of the log");
}

#[test]
fn a_log_that_was_cut_still_fits_or_is_none() {
    let (_folder, path) = stored(8);
    change(&path, &mut Random(8), 12);
    assert_eq!(fits(&path), Some(1));
    let engine = Engine::open(&path).unwrap();
    engine.compact(linewarden::Keep::Nothing, None).unwrap();
    drop(engine);
    assert_eq!(fits(&path), None, "its revision was cut off");
    agrees(&path, "cut");
    change(&path, &mut Random(9), 12);
    agrees(&path, "changed after the cut");
}

/// Writes the packed snapshot again and again until it is killed.
#[test]
#[ignore = "a program that another runs"]
fn writes() {
    let path = given();
    println!("ready");
    loop {
        let _ = fs::remove_file(packed_of(&path));
        says(&path, 1);
    }
}

#[test]
fn killed_writers_leave_nothing_that_is_believed() {
    let (_folder, path) = stored(10);
    change(&path, &mut Random(10), 5);
    let expected = says(&path, 9);
    for round in 0..6 {
        let mut child = program("writes", &path).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(400 + 130 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(says(&path, 9) == expected, "round {round}");
    }
    agrees(&path, "killed");
    let left: Vec<String> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("-packed.new"))
        .collect();
    assert!(left.is_empty(), "the next writer takes what a killed one left: {left:?}");
}

#[test]
fn two_writers_do_not_disturb_each_other() {
    let (_folder, path) = stored(11);
    let expected = says(&path, 9);
    // One is in the middle of it.
    let mut new = packed_of(&path).into_os_string();
    new.push(".new");
    let held = File::options().create(true).truncate(false).write(true).open(&new).unwrap();
    held.lock().unwrap();
    fs::remove_file(packed_of(&path)).unwrap();
    assert!(says(&path, 9) == expected);
    assert_eq!(fits(&path), None, "it leaves it to the other");
    drop(held);
    assert!(says(&path, 9) == expected);
    assert!(fits(&path).is_some());
    let threads = (0..4).map(|_| {
        let path = path.clone();
        std::thread::spawn(move || {
            for _ in 0..5 {
                let store = Store::open(&path).unwrap();
                let bytes = store.packed(packed::FORM, u64::MAX).map(|packed| packed.bytes().to_vec());
                if let Some(bytes) = bytes {
                    let _ = store.keep_packed(packed::FORM, 1, &bytes);
                }
            }
        })
    });
    threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    assert!(says(&path, 9) == expected);
    agrees(&path, "two writers");
}

#[test]
fn what_cannot_be_written_is_not_missed() {
    let (folder, path) = stored(12);
    let expected = says(&path, 9);
    // Blocks of 512 bytes: all other files of the store fit, and most of this one.
    let limit = fs::metadata(packed_of(&path)).unwrap().len() / 512 - 4;
    fs::remove_file(packed_of(&path)).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"")]);
    shell.arg(std::env::current_exe().unwrap());
    let output = arguments(shell, "says_so", &path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fits(&path), None);
    let left = fs::read_dir(folder.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("-packed"));
    assert_eq!(left.count(), 0, "and nothing is left of it");
    assert!(says(&path, 9) == expected);
    // Everyone may write it: it proves nothing.
    fs::set_permissions(packed_of(&path), fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(fits(&path), None);
    assert!(says(&path, 9) == expected);
}

/// Asks for an explanation, which reads the documents.
#[test]
#[ignore = "a program that another runs"]
fn says_so() {
    says(&given(), 9);
}

#[test]
fn verify_finds_one_that_fits_and_says_something_else() {
    let (_folder, path) = stored(13);
    let reader = Store::open(&path).unwrap();
    let held = reader.packed(packed::FORM, 1).unwrap();
    let (mut policy, names) = packed::unpack(held.bytes(), &Directory::default()).unwrap();
    let vip = &mut policy.domains[0].users[0].xphone.vip;
    *vip = !*vip;
    assert!(reader.keep_packed(packed::FORM, 1, &packed::pack(&policy, &names)));
    drop(reader);
    let error = Engine::open(&path).unwrap().verify().unwrap_err();
    assert!(error.message().contains("rights.db-packed` does not say what the log says"), "{error}");
    assert!(store::is_store(&path));
    fs::remove_file(packed_of(&path)).unwrap();
    Engine::open(&path).unwrap().verify().unwrap();
}
