//! A node against a log in memory whose answers can be lost: what is acknowledged is in the log once, what is refused is not, and a log of
//! another line is never followed by mistake. PostgreSQL itself is `tests/cluster`.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::agent::{Answer, Request, Trial};
use linewarden::{Author, BatchSet, Engine, ErrorKind};
use linewarden_agent::cluster::{Appended, Attempt, Cluster, Fault, Hash, Head, Log};
use linewarden_agent::http::caller::digest;
use linewarden_agent::http::config::Config;
use linewarden_agent::http::front::Front;
use linewarden_agent::http::listen::Listeners;
use linewarden_agent::http::{self, Service};
use linewarden_agent::node::{Node, Stop};
use linewarden_agent::socket::Socket;
use linewarden_testkit::stores::six_users;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What goes wrong with the next append.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    None,
    /// The answer is lost, and the change set is in the log.
    LostAfter,
    /// It is lost on its way, and arrives after its fate was settled.
    LostBefore,
    /// Another node appends first.
    OtherFirst,
}

/// A log in memory: a store of its own, and what the head's row has beside it.
#[derive(Debug)]
struct Memory {
    leader: Engine,
    epoch: u64,
    fence: i64,
    attempts: Vec<(Attempt, u64)>,
    /// Each append that arrived: its attempt.
    arrived: Vec<Attempt>,
    late: Option<(Head, Trial, Attempt)>,
    trouble: Trouble,
    /// How many change sets it gives at once.
    page: usize,
}

#[derive(Clone, Debug)]
struct Fake(Arc<Mutex<Memory>>);

impl Memory {
    fn head(&self, revision: u64) -> Head {
        let here = self.leader.upstream().unwrap();
        let at = self.leader.batch(revision, 0).ok().map(|batch| batch.before);
        Head { store: here.store, epoch: self.epoch, fence: self.fence, revision: here.revision, first: 0, at }
    }

    fn make(&self, text: &str) -> u64 {
        self.leader.apply_text(Author::Administrator, None, text).unwrap()
    }

    /// Compare and append, as the database does it.
    fn append(&mut self, head: &Head, tried: &Trial, attempt: &Attempt) -> Appended {
        self.arrived.push(*attempt);
        let now = self.head(tried.after);
        if (now.revision, now.at) != (tried.after, Some(tried.before))
            || (now.epoch, now.fence) != (head.epoch, head.fence)
        {
            return Appended::Behind;
        }
        let revision = self.make(&tried.text);
        self.attempts.push((*attempt, revision));
        Appended::Done(revision, self.head(revision).at.unwrap())
    }
}

impl Log for Fake {
    async fn head(&self, revision: u64) -> Result<Head, Fault> {
        Ok(self.0.lock().unwrap().head(revision))
    }

    async fn after(&self, revision: u64, most: usize) -> Result<Vec<BatchSet>, Fault> {
        let memory = self.0.lock().unwrap();
        Ok(memory.leader.batch(revision, most.min(memory.page)).unwrap().sets)
    }

    async fn append(&self, head: &Head, tried: &Trial, attempt: &Attempt) -> Result<Appended, Fault> {
        let mut memory = self.0.lock().unwrap();
        match std::mem::replace(&mut memory.trouble, Trouble::None) {
            Trouble::None => Ok(memory.append(head, tried, attempt)),
            Trouble::OtherFirst => {
                memory.make("in acme.example\nset vip u4 yes");
                Ok(memory.append(head, tried, attempt))
            }
            Trouble::LostAfter => {
                let _ = memory.append(head, tried, attempt);
                Err(Fault::Lost("no answer".into()))
            }
            Trouble::LostBefore => {
                memory.late = Some((*head, tried.clone(), *attempt));
                Err(Fault::Lost("no answer".into()))
            }
        }
    }

    async fn settle(&self, after: u64, attempt: &Attempt) -> Result<Option<(u64, Hash)>, Fault> {
        let mut memory = self.0.lock().unwrap();
        memory.fence += 1;
        let found =
            memory.attempts.iter().find(|(known, revision)| known == attempt && *revision == after + 1).copied();
        if let Some((head, tried, attempt)) = memory.late.take() {
            assert_eq!(memory.append(&head, &tried, &attempt), Appended::Behind, "it arrives behind the fence");
        }
        Ok(found.map(|(_, revision)| (revision, memory.head(revision).at.unwrap())))
    }

    async fn woken(&self) {
        std::future::pending().await
    }
}

impl Cluster for Fake {
    type Log = Fake;

    async fn connect(&self, _: &str) -> Result<Fake, Fault> {
        Ok(self.clone())
    }
}

/// A node of a log with one revision; the folder, and the node's store.
fn node(most_lost: u64) -> (TempDir, Fake, Node<Fake>, PathBuf) {
    let folder = TempDir::new().unwrap();
    let leader = folder.path().join("leader.db");
    let (leader, _) = Engine::create_from(leader, &six_users(), None).unwrap();
    let path = folder.path().join("node.db");
    leader.backup(&path).unwrap();
    let (attempts, arrived) = (Vec::new(), Vec::new());
    let memory =
        Memory { leader, epoch: 1, fence: 0, attempts, arrived, late: None, trouble: Trouble::None, page: 1000 };
    let fake = Fake(Arc::new(Mutex::new(memory)));
    Engine::open(&path).unwrap().enter_cluster("main").unwrap();
    let node = Node::open(&path, fake.clone(), most_lost).unwrap();
    (folder, fake, node, path)
}

fn wanted(viewer: u32) -> Request {
    let text = format!("in acme.example\nset relationship u0 u{viewer} assistant");
    Request::new(String::new(), true, text, None)
}

fn revision(answer: Answer) -> u64 {
    match answer {
        Answer::Done { revision, token } => {
            assert!(token.starts_with("lw1."), "{token}");
            revision
        }
        other => panic!("{other:?}"),
    }
}

/// What comes next is fetched while a batch is taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_far_behind_takes_all_batches_in_order() {
    let (_folder, fake, node, _) = node(0);
    {
        let mut memory = fake.0.lock().unwrap();
        memory.page = 2;
        for number in 0..9 {
            memory.make(&format!("in acme.example\nset vip u4 {}", if number % 2 == 0 { "yes" } else { "no" }));
        }
    }
    let head = node.catch_up(&fake).await.unwrap();
    let (here, there) = (node.engine.upstream().unwrap(), fake.0.lock().unwrap().leader.upstream().unwrap());
    assert_eq!((head.revision, here.revision, here.hash), (10, 10, there.hash));
    node.engine.verify().unwrap();
}

/// Large policies take half a second to read: the first change must not wait for that.
#[tokio::test(flavor = "multi_thread")]
async fn the_policy_is_read_before_the_first_change() {
    let (_folder, _, node, _) = node(0);
    let node = Arc::new(node);
    assert_eq!(node.engine.policy_reads(), 0);
    let following = node.clone();
    let task = tokio::spawn(async move { following.follow().await });
    let read = async {
        while node.engine.policy_reads() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), read).await.expect("nothing reads the policy");
    assert_eq!(revision(node.change(wanted(1)).await), 2);
    assert_eq!(node.engine.policy_reads(), 1, "it is read once");
    task.abort();
}

fn kind(answer: Answer) -> i32 {
    match answer {
        Answer::Refused { kind, message } => {
            assert!(message.contains("nothing was changed") || kind == ErrorKind::Forked as i32, "{message}");
            kind
        }
        other => panic!("{other:?}"),
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn a_lost_answer_is_settled_and_never_repeated() {
    let (_folder, fake, node, _) = node(0);
    run(async {
        assert_eq!(revision(node.change(wanted(1)).await), 2);
        // The log has it: one attempt, one change set.
        fake.0.lock().unwrap().trouble = Trouble::LostAfter;
        assert_eq!(revision(node.change(wanted(2)).await), 3);
        // It was lost before: refused, and it never comes.
        fake.0.lock().unwrap().trouble = Trouble::LostBefore;
        assert_eq!(kind(node.change(wanted(3)).await), ErrorKind::CutOff as i32);
        // Another node was first: tried again on what is in force then.
        fake.0.lock().unwrap().trouble = Trouble::OtherFirst;
        assert_eq!(revision(node.change(wanted(4)).await), 5);
        // What alters nothing is answered with the log's own end, not with what this node happens to have.
        fake.0.lock().unwrap().make("in acme.example\nset relationship u0 u5 assistant");
        assert_eq!(revision(node.change(wanted(5)).await), 6);
    });
    let memory = fake.0.lock().unwrap();
    // The late one, and the one that was behind, arrived; the others once each.
    assert_eq!((memory.arrived.len(), memory.attempts.len(), memory.fence), (5, 3, 2));
    let mut attempts = memory.arrived.clone();
    attempts.sort_unstable();
    attempts.dedup();
    assert_eq!(attempts.len(), 5, "each attempt has a name of its own");
    assert_eq!(node.engine.upstream().unwrap().hash, memory.leader.upstream().unwrap().hash);
    node.engine.verify().unwrap();
}

#[test]
fn a_change_worked_out_for_another_revision_is_not_made() {
    let (_folder, fake, node, _) = node(0);
    fake.0.lock().unwrap().make("in acme.example\nset vip u4 yes");
    run(async {
        let import = |after| Request::new(String::new(), false, wanted(1).text, Some(after));
        assert_eq!(node.change(import(1)).await, Answer::Behind);
        assert_eq!(revision(node.change(import(2)).await), 3);
    });
    assert_eq!(fake.0.lock().unwrap().leader.revision(), 3);
}

#[test]
fn a_log_of_an_older_epoch_or_of_another_store_is_not_followed() {
    let (_folder, fake, node, path) = node(16);
    run(async {
        fake.0.lock().unwrap().epoch = 3;
        node.catch_up(&fake).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let age = node.engine.upstream().unwrap().age.unwrap();
        fake.0.lock().unwrap().epoch = 2;
        fake.0.lock().unwrap().make("in acme.example\nset vip u4 yes");
        let stop = node.catch_up(&fake).await.unwrap_err();
        assert!(matches!(&stop, Stop::Log(Fault::Said(why)) if why.contains("epoch 2")), "{stop:?}");
        assert_eq!((node.engine.revision(), node.engine.upstream().unwrap().lag), (1, 0));
        assert!(node.engine.upstream().unwrap().age.unwrap() >= age, "it was not heard from");
        assert_eq!(kind(node.change(wanted(1)).await), ErrorKind::CutOff as i32);
        let folder = TempDir::new().unwrap();
        let (other, _) = Engine::create_from(folder.path().join("other.db"), &six_users(), None).unwrap();
        {
            let mut memory = fake.0.lock().unwrap();
            (memory.leader, memory.epoch) = (other, 3);
        }
        assert!(node.catch_up(&fake).await.unwrap_err().message().contains("another store"));
        // A store that left is left alone.
        Engine::open(&path).unwrap().stand_alone().unwrap();
        assert!(node.catch_up(&fake).await.unwrap_err().message().contains("does not belong"));
    });
}

/// A node with so many change sets that the log does not have; the log has one instead.
fn forked(phantoms: u32, most_lost: u64) -> (TempDir, Fake, Node<Fake>, PathBuf) {
    let (folder, fake, node, path) = node(most_lost);
    drop(node);
    let engine = Engine::open(&path).unwrap();
    engine.stand_alone().unwrap();
    for phantom in 0..phantoms {
        let text = format!(
            "in acme.example\nset relationship u1 u{} {}",
            2 + phantom % 4,
            ["assistant", "employee"][(phantom / 4 % 2) as usize]
        );
        engine.apply_text(Author::Administrator, None, &text).unwrap();
    }
    engine.enter_cluster("main").unwrap();
    fake.0.lock().unwrap().make("in acme.example\nset relationship u0 u1 assistant");
    let node = Node::open(&path, fake.clone(), most_lost).unwrap();
    (folder, fake, node, path)
}

#[test]
fn a_forked_node_goes_back_in_a_later_epoch_only_and_not_too_far() {
    for (phantoms, most_lost, epoch, goes) in
        [(1, 16, 2, true), (3, 3, 2, true), (4, 3, 2, false), (1, 16, 1, false), (0, 0, 2, true)]
    {
        let (folder, fake, node, _) = forked(phantoms, most_lost);
        fake.0.lock().unwrap().epoch = epoch;
        let why = format!("{phantoms} lost, at most {most_lost}, epoch {epoch}");
        run(async {
            let outcome = node.catch_up(&fake).await;
            assert_eq!(outcome.is_ok(), goes, "{why}: {outcome:?}");
            let here = node.engine.upstream().unwrap();
            assert_eq!(here.forked.is_none(), goes, "{why}");
            if goes {
                assert_eq!(here.hash, fake.0.lock().unwrap().leader.upstream().unwrap().hash, "{why}");
                assert_eq!(revision(node.change(wanted(5)).await), 3, "{why}");
                node.engine.verify().unwrap();
            } else {
                assert_eq!(here.revision, 1 + u64::from(phantoms), "{why}");
                assert_eq!(kind(node.change(wanted(5)).await), ErrorKind::Forked as i32, "{why}");
            }
        });
        let copies = std::fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with("node.db-forked-"));
        assert_eq!(copies.count(), usize::from(goes && phantoms > 0), "{why}: what it had is kept");
    }
}

#[test]
fn a_store_outside_a_cluster_has_no_agent() {
    let (_folder, fake, node, path) = node(0);
    drop(node);
    Engine::open(&path).unwrap().stand_alone().unwrap();
    let error = Node::open(&path, fake, 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument);
    assert!(error.message().contains("cluster init"), "{error}");
}

/// Asks over HTTP for a change, and returns the whole answer.
async fn asked_over_http(address: &str, change: &str) -> String {
    let body = format!("{{\"changes\":\"{change}\"}}");
    let head = "host: localhost\r\nconnection: close\r\nauthorization: Bearer admin\r\ncontent-type: application/json";
    let request = format!("POST /v1/changes HTTP/1.1\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[test]
fn a_change_over_http_on_a_node_goes_the_way_of_the_agent() {
    let (_folder, fake, node, path) = node(0);
    let digest: String = digest(b"admin").0.iter().map(|byte| format!("{byte:02x}")).collect();
    let caller =
        format!("name = \"admin\"\nrole = \"administer\"\ndomain = \"acme.example\"\ntoken_sha256 = \"{digest}\"");
    let config = Config::parse(&format!("listen = [\"127.0.0.1:0\"]\n[[caller]]\n{caller}")).unwrap();
    run(async {
        let socket = Socket::open(&node.engine.agent_path().unwrap(), 0o600).unwrap();
        let node = Arc::new(node);
        tokio::spawn(async move { socket.serve(node).await });
        let front = Front::new(Service::open(&path, config).unwrap().into(), http::routes());
        let listeners = Listeners::open(front).await.unwrap();
        let address = listeners.addresses().remove(0);
        tokio::spawn(listeners.serve());
        let answer = asked_over_http(&address, "set relationship u0 u1 assistant").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"revision\":2"), "{answer}");
        assert_eq!(fake.0.lock().unwrap().leader.revision(), 2, "the cluster's log has it");
        // Its answer is lost: it is settled once, and never made twice.
        fake.0.lock().unwrap().trouble = Trouble::LostAfter;
        let answer = asked_over_http(&address, "set relationship u0 u2 assistant").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"revision\":3"), "{answer}");
        fake.0.lock().unwrap().trouble = Trouble::LostBefore;
        let answer = asked_over_http(&address, "set relationship u0 u3 assistant").await;
        assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"cut_off\""), "{answer}");
        assert_eq!(fake.0.lock().unwrap().leader.revision(), 3);
    });
}
