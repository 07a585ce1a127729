//! A store that belongs to a cluster: its agent tries changes on it and leaves no trace, every other program hands its changes to the agent's
//! socket, and a forked store goes back to the cluster's line in every process that has it open. The cluster itself is `tests/cluster`.
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::agent::{Answer, Request};
use linewarden::{Author, Batch, Engine, Error, ErrorKind, Party, RightSet, Stream};
use linewarden_testkit::stores::six_users;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::Path;
use tempfile::TempDir;

fn apply(engine: &Engine, text: &str) -> u64 {
    engine.apply_text(Author::Administrator, None, text).unwrap()
}

fn may(engine: &Engine, actor: &str, target: &str) -> bool {
    let party = |name| engine.find(Some("acme.example"), name).unwrap();
    engine.may(party(actor), "call.pickup.first".parse().unwrap(), party(target))
}

/// A log with so many revisions, and a node that has them.
fn pair(last: u64) -> (TempDir, Engine, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rights.db");
    let (leader, _) = Engine::create_from(&path, &six_users(), None).unwrap();
    for revision in 2..=last {
        apply(&leader, &format!("set relationship u0 u{} assistant", revision % 5 + 1));
    }
    let node = folder.path().join("node.db");
    linewarden::restore(path, &node).unwrap();
    (folder, leader, node)
}

fn assistant(owner: u32, viewer: u32) -> String {
    format!("in acme.example\nset relationship u{owner} u{viewer} assistant")
}

fn asked(text: &str, author: &str) -> Request {
    Request::new(author.into(), true, text.into(), None)
}

/// The batch of a log after a revision, as a cluster of that epoch has it.
fn of_epoch(leader: &Engine, after: u64, epoch: u64) -> Batch {
    Batch { epoch, ..leader.batch(after, 99).unwrap() }
}

#[test]
fn a_change_is_tried_and_leaves_no_trace() {
    let (_folder, leader, path) = pair(3);
    let node = Engine::open(path).unwrap();
    node.enter_cluster("main").unwrap();
    let (before, head) = (node.domains(), node.upstream().unwrap());
    let many = (0..300)
        .fold(String::from("in acme.example"), |text, user| format!("{text}\nadd user n{user} {}", 1000 + user));
    for text in [
        assistant(3, 4),
        "in acme.example\nadd user zoe 190".into(),
        "in b.example\nadd domain xphone\nadd user a 1".into(),
        many,
    ] {
        let (revision, tried) = node.try_change(&asked(&text, "")).unwrap();
        let tried = tried.unwrap();
        assert_eq!((revision, tried.after, tried.before), (3, 3, head.hash));
        // The log that it is made in gives it the same numbers.
        let twin = TempDir::new().unwrap();
        linewarden::restore(leader_path(&leader, twin.path()), twin.path().join("twin.db")).unwrap();
        let twin = Engine::open(twin.path().join("twin.db")).unwrap();
        apply(&twin, &text);
        let made = twin.batch(3, 1).unwrap().sets.remove(0);
        assert_eq!((made.numbers, made.set.text), (tried.numbers, tried.text));
        assert_eq!((node.domains(), node.upstream().unwrap().hash, node.revision()), (before.clone(), head.hash, 3));
        assert_eq!(node.find(Some("acme.example"), "zoe"), None);
    }
    // What alters nothing is no change set; who may not is refused; without a check of permissions it is not.
    assert_eq!(node.try_change(&asked("in acme.example\nset vip u0 no", "")).unwrap(), (3, None));
    let refused = node.try_change(&asked(&assistant(3, 4), "acme.example/u1")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused);
    let unchecked = Request::new("acme.example/u1".into(), false, assistant(3, 4), None);
    assert!(node.try_change(&unchecked).unwrap().1.is_some());
    node.verify().unwrap();
}

/// A copy of the store of an engine.
fn leader_path(leader: &Engine, folder: &Path) -> std::path::PathBuf {
    let path = folder.join("copy.db");
    leader.backup(&path).unwrap();
    path
}

/// Answers questions one after the other as an agent does: what it was asked, and what it says.
fn agent(socket: &Path, answers: Vec<String>) -> std::thread::JoinHandle<Vec<Request>> {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut line = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
            asked.push(Request::parse(&line).unwrap());
            stream.write_all(answer.as_bytes()).unwrap();
        }
        asked
    })
}

#[test]
fn every_program_hands_its_changes_to_the_agent() {
    let (_folder, leader, path) = pair(3);
    let node = Engine::open(&path).unwrap();
    let program = Engine::open(&path).unwrap();
    node.enter_cluster("main").unwrap();
    assert_eq!(node.enter_cluster("other").unwrap_err().kind(), ErrorKind::Follows);
    let entries = program.entries(None, "set relationship u3 u4 assistant").unwrap();
    let change = || program.apply(Author::Administrator, &entries);
    let error = change().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CutOff);
    assert!(error.message().contains("nothing was changed"), "{error}");
    assert_eq!(program.import(&six_users(), None).unwrap_err().kind(), ErrorKind::CutOff);
    // The agent follows before it answers, and nothing else does.
    apply(&leader, &assistant(3, 4));
    assert_eq!(node.follow(&leader.batch(3, 9).unwrap(), "a file").unwrap_err().kind(), ErrorKind::Follows);
    node.follow(&leader.batch(3, 9).unwrap(), "main").unwrap();
    let socket = node.agent_path().unwrap();
    let done = Answer::Done { revision: 4, token: "lw1".into() }.print();
    let refused = Answer::refused(&Error::new(ErrorKind::Limit, "too many")).print();
    let unknown = Answer::Unknown { message: "the database did not answer".into() }.print();
    let half = done.trim_end().to_owned();
    let serving =
        agent(&socket, vec![done.clone(), refused, unknown, half, String::new(), Answer::Behind.print(), done]);
    assert_eq!(change().unwrap(), 4);
    assert!(may(&program, "u4", "u3"));
    assert_eq!(change().unwrap_err(), Error::new(ErrorKind::Limit, "too many"));
    for why in ["an answer that says so", "half an answer", "none"] {
        let error = change().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsettled, "{why}: {error}");
        assert!(!error.message().contains("nothing was changed"), "{why}: {error}");
    }
    // An import is worked out anew where another change came first.
    let mut documents = six_users();
    documents[0].text += "[[user]]\nname = \"u6\"\nlines = [\"106\"]\nsite = \"s\"\n";
    assert_eq!(program.import(&documents, None).unwrap().0, 4);
    let asked = serving.join().unwrap();
    assert_eq!((asked[0].author.as_str(), asked[0].checked, asked[0].after), ("", true, None));
    assert_eq!(asked[0].text.trim_end(), assistant(3, 4));
    for import in &asked[5..] {
        assert_eq!((import.checked, import.after), (false, Some(4)));
        assert!(import.text.contains("u6"), "{}", import.text);
    }
    // A user is the author by name.
    std::fs::remove_file(&socket).unwrap();
    let serving = agent(&socket, vec![Answer::Done { revision: 4, token: String::new() }.print()]);
    let u3 = program.find(Some("acme.example"), "u3").unwrap();
    assert_eq!(program.apply_text(Author::User(u3), None, "set relationship u3 u5 assistant").unwrap(), 4);
    assert_eq!(serving.join().unwrap()[0].author, "acme.example/u3");
    // Out of the cluster it is a store of its own again.
    assert_eq!(node.stand_alone().unwrap(), 1);
    assert_eq!(change_of_its_own(&program), 5);
}

fn change_of_its_own(program: &Engine) -> u64 {
    apply(program, "set relationship u4 u5 assistant")
}

/// A node that took revision 4 of its own, and a log with another one and a fifth.
fn forked(phantom: &str) -> (TempDir, Engine, Engine, Engine) {
    let (folder, leader, path) = pair(3);
    let node = Engine::open(&path).unwrap();
    apply(&node, phantom);
    node.enter_cluster("main").unwrap();
    let program = Engine::open(&path).unwrap();
    apply(&leader, &assistant(2, 3));
    apply(&leader, &assistant(3, 4));
    node.note_fork("revision 4 is another one").unwrap();
    (folder, leader, node, program)
}

#[test]
fn a_forked_store_goes_back_to_the_clusters_line_in_every_process() {
    for phantom in [assistant(1, 5), "in acme.example\nset relationship u1 u5 assistant\nset vip u2 yes".into()] {
        let (_folder, leader, node, program) = forked(&phantom);
        let error = node.try_change(&asked(&assistant(4, 5), "")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Forked);
        assert!(may(&program, "u5", "u1") && !may(&program, "u3", "u2"));
        let mut stream = Stream::new(&program, RightSet::from_bits(u128::MAX)).unwrap();
        let words = |engine: &Engine| {
            let party = |name| engine.find(Some("acme.example"), name).unwrap();
            engine.explain(party("u5"), "call.pickup.first".parse().unwrap(), party("u1"), None).summary
        };
        let before = words(&program);
        // To the very revision that it had: only the hash is another one.
        let batch = Batch { sets: leader.batch(3, 1).unwrap().sets, ..of_epoch(&leader, 3, 1) };
        assert_eq!(node.rejoin(&batch, "main").unwrap(), 4);
        for engine in [&node, &program] {
            assert!(!may(engine, "u5", "u1") && may(engine, "u3", "u2"));
            assert_eq!(engine.revision(), 4);
            assert_ne!(words(engine), before, "words of the revision that is gone");
            engine.verify().unwrap();
        }
        let flips = stream.poll().unwrap().expect("the answers have changed");
        assert!(!flips.sets.is_empty(), "{flips:?}");
        // And on.
        node.follow(&of_epoch(&leader, 4, 1), "main").unwrap();
        assert!(may(&program, "u4", "u3"));
        assert_eq!(node.upstream().unwrap().hash, leader.upstream().unwrap().hash);
        assert_eq!((node.upstream().unwrap().forked, node.upstream().unwrap().epoch), (None, 1));
        program.verify().unwrap();
    }
}

#[test]
fn a_store_can_go_back_to_before_what_it_had() {
    let (_folder, leader, node, program) = forked(&assistant(1, 5));
    let none = Batch { sets: Vec::new(), head: 3, ..of_epoch(&leader, 3, 1) };
    assert_eq!(node.rejoin(&none, "main").unwrap(), 3);
    assert!(!may(&program, "u5", "u1"));
    program.verify().unwrap();
    node.follow(&of_epoch(&leader, 3, 1), "main").unwrap();
    assert!(may(&program, "u4", "u3"));
}

#[test]
fn what_is_not_the_clusters_line_changes_nothing() {
    let (_folder, leader, node, program) = forked(&assistant(1, 5));
    let (good, hash) = (of_epoch(&leader, 3, 1), node.upstream().unwrap().hash);
    let mut damaged = good.clone();
    damaged.sets[0].set.text.push('x');
    for (why, batch, cluster) in [
        ("the same epoch", of_epoch(&leader, 3, 0), "main"),
        ("a revision that it does not have so", of_epoch(&leader, 4, 1), "main"),
        ("another store", Batch { store: [7; 16], ..good.clone() }, "main"),
        ("another cluster", good.clone(), "other"),
        ("a change set that does not match its hash", damaged, "main"),
    ] {
        assert!(node.rejoin(&batch, cluster).is_err(), "{why}");
        assert_eq!((node.upstream().unwrap().hash, node.revision()), (hash, 4), "{why}");
        assert!(may(&program, "u5", "u1"), "{why}");
    }
    node.rejoin(&good, "main").unwrap();
}

/// A program may hold the number of a party that only the other line has: no other party may get that number meanwhile.
#[test]
fn numbers_of_another_line_are_never_another_partys() {
    let (_folder, leader, node, program) = forked("in acme.example\nadd user zoe 190");
    let zoe = program.find(Some("acme.example"), "zoe").unwrap();
    let batch = of_epoch(&leader, 3, 1);
    let error = node.rejoin(&batch, "main").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forked);
    assert!(error.message().contains("join again"), "{error}");
    assert_eq!(program.find(Some("acme.example"), "zoe"), Some(zoe));
    // The same party with the same number is no conflict.
    apply(&leader, "in acme.example\nadd user zoe 190");
    node.rejoin(&of_epoch(&leader, 3, 1), "main").unwrap();
    assert_eq!(program.find(Some("acme.example"), "zoe"), Some(zoe));
    assert_ne!(zoe, Party::NONE);
    program.verify().unwrap();
}
