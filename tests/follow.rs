//! A store that follows another one: equal logs have equal head hashes, numbers and answers; whatever is not exactly the next part of the
//! same log is refused whole; a fork is found, named and kept in mind; tokens find who is too old.
#![cfg(target_os = "linux")]
#![deny(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::{
    Author, Batch, BatchSet, Document, Engine, ErrorKind, Filter, Following, Party, Right, Token, Upstream,
};
use linewarden_testkit::stores::{given, program, scratch, word};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(60);

fn company() -> Vec<Document> {
    let mut text = String::from(
        "domain = \"acme.example\"\nsystems = [\"xphone\", \"keevio\"]\n[presence]\nnew_users = \"none\"\n\
         [[site]]\nname = \"s\"\nsame_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"\n",
    );
    for user in 0..12 {
        text += &format!("[[user]]\nname = \"u{user}\"\nlines = [\"{}\"]\nsite = \"s\"\n", 100 + user);
    }
    vec![Document { name: "acme.toml".into(), text }]
}

/// The change set that makes this revision: small ones, new parties and a domain, and now and then a large one.
fn change(revision: u64) -> String {
    match revision % 7 {
        0 => format!("in acme.example\nadd user n{revision} {}", 1000 + revision),
        1 if revision > 1 => format!("in acme.example\nset relationship u1 sip:c{revision}@partner.example employee"),
        2 => format!("in d{revision}.example\nadd domain xphone\nadd user zoe 100\nadd user abe 101"),
        3 => (0..300).fold("in acme.example".into(), |text, number| {
            let (owner, viewer) = (number / 11, number % 11);
            let level = if revision.is_multiple_of(2) { "assistant" } else { "team_colleague" };
            if owner < 12 && owner != viewer {
                format!("{text}\nset relationship u{owner} u{viewer} {level}")
            } else {
                text
            }
        }),
        rest => format!(
            "in acme.example\nset relationship u{rest} u0 {}",
            ["assistant", "employee"][revision as usize / 7 % 2]
        ),
    }
}

fn apply(engine: &Engine, text: &str) -> u64 {
    engine.apply_text(Author::Administrator, None, text).unwrap()
}

/// Every answer of every pair, parties by number.
fn matrix(engine: &Engine) -> Vec<(Party, Party, String)> {
    let mut all = Vec::new();
    for (domain, _) in engine.domains() {
        let parties = engine.parties(domain);
        for actor in &parties {
            for target in &parties {
                all.push((*actor, *target, format!("{:?}", engine.evaluate(*actor, *target))));
            }
        }
    }
    assert!(all.len() > 100);
    all
}

fn head(engine: &Engine) -> [u8; 32] {
    engine.upstream().unwrap().hash
}

fn state(engine: &Engine) -> Following {
    engine.upstream().unwrap().kind(LONG)
}

/// A leader with so many revisions, and a store that followed it up to `known`.
fn pair(last: u64, known: u64) -> (TempDir, Engine, Engine, PathBuf) {
    let (folder, path) = scratch();
    let (leader, _) = Engine::create_from(&path, &company(), None).unwrap();
    for revision in 2..=last {
        assert_eq!(apply(&leader, &change(revision)), revision);
    }
    let other = folder.path().join("node.db");
    let mut batch = leader.batch(0, known as usize).unwrap();
    let node = Engine::create_to_follow(&other, &batch).unwrap();
    assert_eq!(node.follow(&batch, "leader").unwrap(), known);
    batch.sets.clear();
    (folder, leader, node, other)
}

/// That nothing of a refused batch is there.
fn unchanged(node: &Engine, before: &(Upstream, Vec<(Party, Party, String)>), why: &str) {
    let now = node.upstream().unwrap();
    assert_eq!((now.revision, now.hash, now.epoch), (before.0.revision, before.0.hash, before.0.epoch), "{why}");
    assert_eq!(node.revision(), before.0.revision, "{why}");
    assert_eq!(matrix(node), before.1, "{why}");
    node.verify().unwrap();
}

#[test]
fn equal_logs_have_equal_hashes_numbers_and_answers() {
    let (_folder, leader, node, path) = pair(24, 3);
    // By one, by several, with sets that are there already, and nothing new.
    for (after, most) in [(3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1), (9, 1), (2, 12), (0, 100), (24, 5)] {
        let batch = leader.batch(after, most).unwrap();
        let last = batch.sets.last().map_or(after, |last| last.set.revision);
        assert_eq!(node.follow(&batch, "leader").unwrap(), last);
        assert_eq!(node.upstream().unwrap().lag, 24 - last);
        if last < 24 {
            let token = leader.token(last).unwrap();
            assert_eq!(node.token(last).unwrap(), token);
        }
    }
    assert_eq!(head(&node), head(&leader));
    assert_eq!(matrix(&node), matrix(&leader));
    let sets = |engine: &Engine| engine.history(&Filter::default()).unwrap();
    assert_eq!(sets(&node), sets(&leader), "times, authors and hashes are those of the leader");
    node.verify().unwrap();
    assert_eq!(state(&node), Following::Following);
    assert_eq!((state(&leader), leader.upstream().unwrap().age), (Following::Alone, None));
    // A second one, from the whole log, and read anew.
    let again = path.with_file_name("again.db");
    let all = leader.batch(0, usize::MAX).unwrap();
    Engine::create_to_follow(&again, &all).unwrap().follow(&all, "leader").unwrap();
    let again = Engine::open(&again).unwrap();
    assert_eq!((head(&again), matrix(&again)), (head(&leader), matrix(&leader)));
    // What follows hands the log on as it is.
    assert_eq!(again.batch(0, usize::MAX).unwrap(), all);
}

#[test]
fn what_is_not_the_next_part_of_the_log_is_refused_whole() {
    let (folder, leader, node, _) = pair(20, 6);
    let before = (node.upstream().unwrap(), matrix(&node));
    let good = leader.batch(6, 8).unwrap();
    let mut wrong: Vec<(&str, Batch)> = Vec::new();
    wrong.push(("a gap before it", leader.batch(7, 5).unwrap()));
    let mut with = |why, alter: &dyn Fn(&mut Batch)| {
        let mut batch = good.clone();
        alter(&mut batch);
        wrong.push((why, batch));
    };
    with("a gap inside", &|batch| drop(batch.sets.remove(3)));
    with("reordered", &|batch| batch.sets.swap(2, 3));
    with("one twice", &|batch| batch.sets.insert(1, batch.sets[0].clone()));
    with("another store", &|batch| batch.store[0] ^= 1);
    with("another text", &|batch| batch.sets[2].set.text.push('\n'));
    with("another time", &|batch| batch.sets[2].set.at += 1);
    with("another author", &|batch| batch.sets[2].set.author = "acme.example/u1".into());
    with("another hash", &|batch| batch.sets[7].set.hash[31] ^= 1);
    with("revision at the end of numbers", &|batch| batch.sets[0].set.revision = u64::MAX);
    with("after the end of numbers", &|batch| batch.after = u64::MAX);
    with("it goes on after its end", &|batch| batch.head = 8);
    let brings = good.sets.iter().position(|numbered| numbered.numbers.parties.len() > 1).expect("new parties");
    with("a number is left out", &|batch| drop(batch.sets[brings].numbers.parties.pop()));
    with("two numbers the other way round", &|batch| {
        let parties = &mut batch.sets[brings].numbers.parties;
        let (first, second) = (parties[0].name.clone(), parties[1].name.clone());
        (parties[0].name, parties[1].name) = (second, first);
    });
    for (why, batch) in &wrong {
        let error = node.follow(batch, "leader").expect_err(why);
        assert_eq!(error.kind(), ErrorKind::Argument, "{why}: {error}");
        unchanged(&node, &before, why);
        assert_eq!(state(&node), Following::Following, "{why}: no fork");
        assert!(Engine::create_to_follow(folder.path().join("none.db"), batch).is_err(), "{why}");
    }
    assert_eq!(node.follow(&good, "leader").unwrap(), 14);
    assert_eq!(
        head(&node),
        leader.history(&Filter { below: Some(15), limit: 1, ..Filter::default() }).unwrap()[0].hash
    );
}

/// What a failover without a synchronous standby does: a change set was followed and is not in the log any more.
#[test]
fn a_phantom_is_a_fork_and_nothing_of_the_batch_is_in_force() {
    let (folder, leader, node, path) = pair(7, 7);
    let old = folder.path().join("old-standby.db");
    leader.backup(&old).unwrap();
    apply(&leader, "in acme.example\nset relationship u1 u2 assistant_plus");
    node.follow(&leader.batch(7, 9).unwrap(), "leader").unwrap();
    let phantom = node.token(8).unwrap();
    let forward: Right = "forwarding.set.first".parse().unwrap();
    let [u1, u2] = ["u1", "u2"].map(|name| node.find(Some("acme.example"), name).unwrap());
    assert!(node.may(u2, forward, u1));
    // The standby, which does not have revision 8, goes on.
    let promoted = folder.path().join("promoted.db");
    linewarden::restore(&old, &promoted).unwrap();
    let promoted = Engine::open(&promoted).unwrap();
    apply(&promoted, "in acme.example\nset relationship u5 u6 assistant");
    apply(&promoted, "in acme.example\nset relationship u6 u5 assistant");
    let before = (node.upstream().unwrap(), matrix(&node));
    for after in [7, 8, 9] {
        let batch = promoted.batch(after, 9).unwrap();
        let error = node.follow(&batch, "leader").unwrap_err();
        if after == 9 {
            assert_eq!(error.kind(), ErrorKind::Argument, "it cannot be seen from behind a gap: {error}");
            continue;
        }
        assert_eq!(error.kind(), ErrorKind::Forked, "{error}");
        let theirs = promoted.history(&Filter { below: Some(9), limit: 1, ..Filter::default() }).unwrap()[0].hash;
        let hex = |hash: &[u8]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for part in ["revision 8", &hex(&theirs), &hex(&before.0.hash)] {
            assert!(error.message().contains(part), "{part} in {error}");
        }
        unchanged(&node, &before, "phantom");
        assert_eq!(state(&node), Following::Forked);
    }
    // Everything says so, in every process, and after a restart.
    let second = Engine::open(&path).unwrap();
    for engine in [&node, &second] {
        assert_eq!(state(engine), Following::Forked);
        let error = engine.apply_text(Author::Administrator, None, "in acme.example\nadd user x 7").unwrap_err();
        assert!(error.kind() == ErrorKind::Forked && error.message().contains("revision 8"), "{error}");
        let token = promoted.token(8).unwrap();
        assert_eq!(engine.is_fresh(&token).unwrap_err().kind(), ErrorKind::Forked);
        let token = promoted.token(9).unwrap();
        assert_eq!(engine.wait_for_token(&token, LONG).unwrap_err().kind(), ErrorKind::Forked, "it does not wait");
        assert!(engine.may(u2, forward, u1), "it answers on, by what it has");
    }
    assert_eq!(promoted.is_fresh(&phantom).unwrap_err().kind(), ErrorKind::Forked, "the token of what was lost");
    // Rebuilt from the new line it is as good as any other.
    drop((node, second));
    let copy = folder.path().join("copy.db");
    promoted.backup(&copy).unwrap();
    linewarden::restore(&copy, &path).unwrap();
    let node = Engine::open(&path).unwrap();
    apply(&promoted, "in acme.example\nset relationship u7 u5 assistant");
    node.follow(&promoted.batch(9, 9).unwrap(), "promoted").unwrap();
    assert_eq!((state(&node), head(&node)), (Following::Following, head(&promoted)));
    assert_eq!(matrix(&node), matrix(&promoted));
    assert!(!node.may(u2, forward, u1));
}

#[test]
fn a_store_that_follows_makes_no_changes_until_it_stands_alone() {
    let (_folder, leader, node, path) = pair(5, 5);
    let add = "in acme.example\nadd user x 7";
    let error = node.apply_text(Author::Administrator, None, add).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Follows);
    assert!(error.message().contains("follows `leader`") && error.message().contains("--end"), "{error}");
    assert_eq!(node.import(&company(), None).unwrap_err().kind(), ErrorKind::Follows);
    // The mark is in the store: the rooms below the engine know it, too.
    let store = linewarden::internals::store::Store::open(&path).unwrap();
    let error = store.append(5, 0, "", add, &Default::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Follows);
    assert_eq!(leader.stand_alone().unwrap_err().kind(), ErrorKind::Argument);
    // The leader is lost: this one takes its place, in an epoch of its own.
    assert_eq!(node.stand_alone().unwrap(), 1);
    assert_eq!(apply(&node, add), 6);
    assert_eq!((state(&node), node.token(6).unwrap().epoch), (Following::Alone, 1));
    // The old leader comes back with a change set of its own. No one who has the new line takes it.
    apply(&leader, "in acme.example\nadd user y 8");
    let old = leader.batch(5, 9).unwrap();
    assert_eq!(node.follow(&old, "leader").unwrap_err().kind(), ErrorKind::Forked);
    assert_eq!(state(&node), Following::Alone, "a store that stands alone is not marked by what it is fed");
    assert_eq!(apply(&node, "in acme.example\nadd user z 9"), 7);
    // A store of the new epoch takes nothing of the old one, even where it would fit.
    let third = path.with_file_name("third.db");
    let mut first = leader.batch(0, 5).unwrap();
    let mut new = first.clone();
    new.epoch = 1;
    let third = Engine::create_to_follow(&third, &new).unwrap();
    third.follow(&new, "node").unwrap();
    assert_eq!(third.follow(&old, "leader").unwrap_err().kind(), ErrorKind::Forked);
    assert_eq!((third.revision(), state(&third)), (5, Following::Following));
    first.sets.clear();
    third.follow(&node.batch(5, 9).unwrap(), "node").unwrap();
    assert_eq!((head(&third), third.upstream().unwrap().epoch), (head(&node), 1));
}

/// Carol loses a right, and then something is put where she could have reached it. Who asks about it with the token of the loss
/// never gets the answer from before.
#[test]
fn the_new_enemy_is_not_answered_from_before() {
    let (_folder, leader, node, _) = pair(5, 5);
    apply(&leader, "in acme.example\nset relationship u1 u2 assistant");
    node.follow(&leader.batch(5, 9).unwrap(), "leader").unwrap();
    let pickup: Right = "call.pickup.first".parse().unwrap();
    let [u1, u2] = ["u1", "u2"].map(|name| node.find(Some("acme.example"), name).unwrap());
    assert!(leader.may(u2, pickup, u1) && node.may(u2, pickup, u1));
    let revoked = apply(&leader, "in acme.example\nset relationship u1 u2 blocked");
    let token: Token = leader.token(revoked).unwrap().to_string().parse().unwrap();
    let may = |engine: &Engine| engine.is_fresh(&token).unwrap() && engine.may(u2, pickup, u1);
    assert!(node.may(u2, pickup, u1), "it is not there yet");
    assert!(!node.is_fresh(&token).unwrap() && !may(&node), "and a question with the token is no yes");
    assert!(!node.wait_for_token(&token, Duration::from_millis(20)).unwrap());
    let news = leader.batch(revoked - 1, 9).unwrap();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| node.wait_for_token(&token, LONG).unwrap());
        node.follow(&news, "leader").unwrap();
        assert!(waits.join().unwrap());
    });
    assert!(node.is_fresh(&token).unwrap() && !node.may(u2, pickup, u1));
    // Later revisions are as fresh; another store's token is none.
    apply(&leader, "in acme.example\nset relationship u3 u2 blocked");
    node.follow(&leader.batch(revoked, 9).unwrap(), "leader").unwrap();
    assert!(node.is_fresh(&token).unwrap());
    for wrong in [
        Token { store: [0; 16], ..token },
        Token { hash: [0; 8], ..token },
        Token { hash: [0; 8], revision: 0, ..token },
    ] {
        assert!(node.is_fresh(&wrong).is_err(), "{wrong}");
    }
    assert!(node.is_fresh(&node.token(0).unwrap()).unwrap());
}

/// What another version wrote may hold changes that this one does not know: they must not get into the log, which would not load.
#[test]
fn a_change_that_cannot_be_made_here_does_not_get_into_the_log() {
    use linewarden::internals::store::{Numbers, Store};
    let (folder, leader, node, _) = pair(5, 5);
    let path = folder.path().join("rights.db");
    for text in ["in acme.example\nset gravity u1 low\n", "in acme.example\nset relationship unborn u1 assistant\n"] {
        let copy = folder.path().join("newer.db");
        leader.backup(&copy).unwrap();
        let _ = Store::open(&copy).unwrap().append(5, 0, "", text, &Numbers::default()).unwrap();
        let batch = Store::open(&copy).unwrap().batch(5, 9).unwrap();
        assert_eq!(batch.sets.len(), 1);
        let before = (node.upstream().unwrap(), matrix(&node));
        let error = node.follow(&batch, "newer").unwrap_err();
        assert!(error.message().contains("revision 6"), "{error}");
        unchanged(&node, &before, text);
        std::fs::remove_file(&copy).unwrap();
    }
    // Changes that need a number which the set does not bring: the stores would differ later.
    let copy = folder.path().join("newer.db");
    leader.backup(&copy).unwrap();
    let store = Store::open(&copy).unwrap();
    let _ = store.append(5, 0, "", "in acme.example\nadd user x 7\n", &Numbers::default()).unwrap();
    let before = (node.upstream().unwrap(), matrix(&node));
    assert!(node.follow(&store.batch(5, 9).unwrap(), "newer").is_err());
    unchanged(&node, &before, "no number");
    drop(path);
    apply(&leader, "in acme.example\nadd user x 7");
    node.follow(&leader.batch(5, 9).unwrap(), "leader").unwrap();
    assert_eq!(matrix(&node), matrix(&leader));
}

/// A log that an older version began: its sets carry no numbers, so a store that follows begins with a backup, and is covered then.
#[test]
fn an_older_log_is_followed_from_a_backup() {
    let (folder, path) = scratch();
    let (leader, _) = Engine::create_from(&path, &company(), None).unwrap();
    drop(leader);
    older(&path);
    let restored = folder.path().join("restored.db");
    linewarden::restore(&path, &restored).unwrap();
    let older_copy = Engine::open(&restored).unwrap();
    let leader = Engine::open(&path).unwrap();
    leader.verify().unwrap();
    let copy = folder.path().join("copy.db");
    leader.backup(&copy).unwrap();
    assert!(older_copy.upstream().unwrap().hash == head(&leader), "a backup of the older version can be restored");
    assert!(leader.batch(0, 9).unwrap_err().message().contains("backup"));
    let node = Engine::open(&copy).unwrap();
    for revision in 2..12 {
        apply(&leader, &change(revision));
        let batch = leader.batch(revision - 1, 9).unwrap();
        assert_eq!(batch.sets[0].numbers.parties.len() > 11, revision == 2, "the first one covers all that were there");
        node.follow(&batch, "leader").unwrap();
        assert_eq!((head(&node), matrix(&node)), (head(&leader), matrix(&leader)));
    }
    leader.verify().unwrap();
    node.verify().unwrap();
}

/// Makes a store with one change set what the version before wrote: the same hash without numbers, and without the columns for them.
fn older(path: &Path) {
    use sha2::{Digest, Sha256};
    let conn = rusqlite::Connection::open(path).unwrap();
    let id: Vec<u8> = conn.query_row("SELECT value FROM meta WHERE key = 'store'", [], |row| row.get(0)).unwrap();
    let (at, text): (i64, String) = conn
        .query_row("SELECT at, text FROM change_set JOIN change USING(revision)", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let start = Sha256::new().chain_update("linewarden log").chain_update(id).finalize();
    let mut sum = Sha256::new().chain_update(start).chain_update(1_u64.to_be_bytes()).chain_update(at.to_be_bytes());
    for part in ["", &text] {
        sum = sum.chain_update((part.len() as u64).to_be_bytes()).chain_update(part);
    }
    conn.execute("UPDATE change_set SET hash = ?1", [sum.finalize().as_slice()]).unwrap();
    conn.execute_batch(
        "ALTER TABLE change_set DROP COLUMN domains; ALTER TABLE change_set DROP COLUMN parties; PRAGMA user_version = 1;
         DELETE FROM meta WHERE key <> 'store'; DELETE FROM base_text; DELETE FROM base; DROP TABLE cut_text; DROP TABLE cut;",
    )
    .unwrap();
    drop(conn);
    std::fs::remove_file(path.with_file_name("rights.db-image")).unwrap();
}

/// A number that is altered after it was written is found: it is under the hash of the log.
#[test]
fn altered_numbers_are_found_by_the_hash_of_the_log() {
    let (_folder, leader, node, path) = pair(9, 9);
    drop((leader, node));
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch(
        "UPDATE party SET name = 'was-u3' WHERE name = 'u3'; UPDATE party SET name = 'u3' WHERE name = 'u4';
         UPDATE party SET name = 'u4' WHERE name = 'was-u3'; DELETE FROM meta WHERE key IN ('party_hash', 'domain_hash');",
    )
    .unwrap();
    drop(conn);
    let store = linewarden::internals::store::Store::open(&path).unwrap();
    assert!(store.verify().unwrap_err().message().contains("revision 1 is not what was written"));
}

/// Follows for ever what lies beside it, by one batch after the other, and tells each revision when it has it.
#[test]
#[ignore = "a program that another runs"]
fn follower() {
    let engine = Engine::open(given()).unwrap();
    let leader = Engine::open(word("LEADER")).unwrap();
    println!("ready {}", engine.revision());
    loop {
        let revision = engine.revision();
        let batch = leader.batch(revision, 1 + revision as usize % 5).unwrap();
        let now = engine.follow(&batch, "leader").unwrap();
        println!("kept {now}");
        if batch.sets.is_empty() {
            return;
        }
    }
}

#[test]
fn a_follower_that_is_killed_takes_nothing_with_it() {
    const LAST: u64 = 400;
    let (folder, leader, node, path) = pair(LAST, 1);
    let mut acknowledged = 1;
    let mut kills = 0;
    while acknowledged < LAST {
        let mut command = program("follower", &path);
        let mut child = command
            .env("LEADER", folder.path().join("rights.db"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut seen = 0;
        let kept = |line: &str| line.strip_prefix("kept ").map(|revision| revision.parse::<u64>().unwrap());
        while seen < 1 + kills * 7 % 13 {
            let Some(line) = lines.next() else { break };
            if let Some(revision) = kept(&line) {
                acknowledged = acknowledged.max(revision);
                seen += 1;
            }
        }
        // In the middle of whatever it does now.
        std::thread::sleep(Duration::from_micros(kills * 997 % 4_000));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged = lines.filter_map(|line| kept(&line)).fold(acknowledged, u64::max);
        kills += 1;
        // This process has had it open all the time.
        let logged = node.upstream().unwrap();
        assert!(logged.revision >= acknowledged, "{} in the log, {acknowledged} acknowledged", logged.revision);
        assert_eq!(logged.hash, hash_of(&leader, logged.revision), "after kill {kills}");
        assert!(node.reload().unwrap() >= acknowledged);
        assert_eq!(state(&node), Following::Following);
    }
    assert!(kills > 10, "only {kills} kills");
    assert_eq!((head(&node), matrix(&node)), (head(&leader), matrix(&leader)));
    node.verify().unwrap();
}

fn hash_of(engine: &Engine, revision: u64) -> [u8; 32] {
    engine.history(&Filter { above: revision - 1, below: Some(revision + 1), ..Filter::default() }).unwrap()[0].hash
}

/// Looks until the revision is in force, and tells what it answers then.
#[test]
#[ignore = "a program that another runs"]
fn reader() {
    let engine = Engine::open(given()).unwrap();
    println!("ready");
    let token: Token = word("TOKEN").parse().unwrap();
    assert!(engine.wait_for_token(&token, LONG).unwrap());
    println!("sum {:?}", matrix(&engine));
}

#[test]
fn readers_of_other_processes_see_it() {
    let (_folder, leader, node, path) = pair(20, 4);
    let mut command = program("reader", &path);
    let mut child = command.env("TOKEN", leader.token(20).unwrap().to_string()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "ready"));
    node.follow(&leader.batch(4, 7).unwrap(), "leader").unwrap();
    node.follow(&leader.batch(11, 99).unwrap(), "leader").unwrap();
    let printed = lines.find_map(|line| line.strip_prefix("sum ").map(str::to_owned));
    assert!(child.wait().unwrap().success());
    assert_eq!(printed.unwrap(), format!("{:?}", matrix(&leader)));
}

/// A batch as text gives the same store; sets of any content survive it.
#[test]
fn the_text_of_a_batch_is_the_batch() {
    let (_folder, leader, node, _) = pair(16, 2);
    let text = leader.batch(2, 99).unwrap().print();
    let mut input = text.as_bytes();
    while let Some(batch) = Batch::read(&mut input).unwrap() {
        assert!(batch.sets.iter().map(|BatchSet { set, .. }| set.revision).eq(3..=16));
        node.follow(&batch, "leader").unwrap();
    }
    assert_eq!((head(&node), matrix(&node)), (head(&leader), matrix(&leader)));
}
