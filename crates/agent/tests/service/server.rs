//! A service for tests, on a port of its own of this machine, in this process.
#![forbid(unsafe_code)]

use crate::client::Client;
use linewarden::{Document, Engine};
use linewarden_agent::http::config::Config;
use linewarden_agent::http::front::Front;
use linewarden_agent::http::listen::Listeners;
use linewarden_agent::http::{self, Service, caller};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A running service and its store.
pub struct Server {
    pub address: String,
    pub addresses: Vec<String>,
    pub engine: Engine,
    pub folder: TempDir,
    _runtime: Runtime,
}

/// Two companies that know nothing of each other.
pub fn companies() -> Vec<Document> {
    let acme = r#"
        domain = "acme.example"
        systems = ["xphone", "keevio"]
        user = [{ name = "alice", lines = ["100"] }, { name = "bob", lines = ["110"] }, { name = "carol", lines = ["120"] }]
        relationship = [{ owner = "alice", viewer = "bob", level = "assistant" }]
    "#;
    let other = r#"
        domain = "other.example"
        systems = ["xphone"]
        user = [{ name = "olga", lines = ["100"] }, { name = "otto", lines = ["110"] }]
        relationship = [{ owner = "olga", viewer = "otto", level = "assistant" }]
    "#;
    let document = |name: &str, text: &str| Document { name: name.into(), text: text.into() };
    vec![document("acme.toml", acme), document("other.toml", other)]
}

/// A caller's table: its token is its name.
pub fn caller(name: &str, role: &str, domain: &str, more: &str) -> String {
    let digest: String = caller::digest(name.as_bytes()).0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "[[caller]]\nname = \"{name}\"\nrole = \"{role}\"\ndomain = \"{domain}\"\ntoken_sha256 = \"{digest}\"\n{more}\n"
    )
}

/// Callers of each kind, which most tests use.
pub fn callers() -> String {
    let users = [
        caller("ask", "ask", "acme.example", ""),
        caller("reasons", "reasons", "acme.example", ""),
        caller("change", "change", "acme.example", ""),
        caller("alice", "change", "acme.example", "user = \"alice\""),
        caller("admin", "administer", "acme.example", ""),
        caller("otheradmin", "administer", "other.example", ""),
        caller("all", "administer", "*", ""),
    ];
    users.concat()
}

impl Server {
    /// With the two companies and the usual callers.
    pub fn usual() -> Server {
        Server::new(&companies(), &callers())
    }

    /// `config` is what the configuration has beside its address.
    pub fn new(documents: &[Document], config: &str) -> Server {
        Server::with(documents, &format!("listen = [\"127.0.0.1:0\"]\n{config}"))
    }

    /// `config` is the whole configuration.
    pub fn with(documents: &[Document], config: &str) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("rights.db");
        drop(Engine::create_from(&store, documents, None).unwrap());
        Server::over(folder, config)
    }

    /// The same store without its service.
    pub fn stopped(self) -> Stopped {
        let Server { folder, engine, _runtime, .. } = self;
        _runtime.shutdown_timeout(std::time::Duration::from_secs(10));
        Stopped { folder, engine }
    }

    fn over(folder: TempDir, config: &str) -> Server {
        let store = folder.path().join("rights.db");
        let engine = Engine::open(&store).unwrap();
        let config = config.replace("FOLDER", folder.path().to_str().unwrap());
        let config = Config::parse(&config).unwrap();
        let service = Service::open(&store, config).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let front = Front::new(service.into(), http::routes());
        let listeners = runtime.block_on(Listeners::open(front)).unwrap();
        let addresses = listeners.addresses();
        let address = addresses[0].clone();
        runtime.spawn(listeners.serve());
        Server { address, addresses, engine, folder, _runtime: runtime }
    }

    pub fn client(&self, token: &str) -> Client {
        Client::new(&self.address, token)
    }
}

/// A store whose service has ended.
pub struct Stopped {
    folder: TempDir,
    pub engine: Engine,
}

impl Stopped {
    pub fn again(self, config: &str) -> Server {
        Server::over(self.folder, &format!("listen = [\"127.0.0.1:0\"]\n{config}"))
    }
}

/// Random numbers that a seed repeats.
pub struct Seed(pub u64);

impl Seed {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[(self.next() % from.len() as u64) as usize]
    }
}
