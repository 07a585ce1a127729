//! The other nodes of a cluster: what each says of itself, asked over HTTP as a caller of it. A node that does not answer holds up no page, and
//! no token is sent but over TLS or within this machine.
#![forbid(unsafe_code)]

use super::config::{Node as Configured, address};
use super::fetch::Fetch;
use linewarden::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How long a page waits for all nodes.
const PATIENCE: Duration = Duration::from_millis(150);
/// For how long an answer counts as new: a page that is loaded again and again does not ask each time.
const NEW: Duration = Duration::from_secs(1);

/// What a node says of itself, as `/v1/status` has it.
#[derive(Clone, Debug, Deserialize)]
pub struct Said {
    /// How it follows its cluster.
    pub state: String,
    /// The revision that its answers are of.
    pub revision: u64,
    /// Revisions that it has not yet.
    pub lag: u64,
    /// Milliseconds since it heard from its cluster.
    pub age_ms: Option<u64>,
}

/// What is known of a node.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// The last answer, or why there is none; `None` where it was not asked before.
    pub last: Option<std::result::Result<Said, String>>,
    /// Whether a newer answer is on its way.
    pub is_asked: bool,
}

struct Node {
    name: String,
    at: String,
    token: String,
    fetch: Fetch,
    last: Mutex<Option<(Instant, std::result::Result<Said, String>)>>,
    turn: Semaphore,
}

/// All nodes that the configuration names.
#[derive(Default)]
pub struct Nodes(Vec<Arc<Node>>);

impl std::fmt::Debug for Nodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Their tokens stand in no message.
        f.debug_list().entries(self.0.iter().map(|node| &node.name)).finish()
    }
}

impl Node {
    fn of(node: &Configured) -> Result<Node> {
        let wrong = |why: String| Error::new(ErrorKind::File, format!("[[page.node]] `{}`: {why}", node.name));
        let at = format!("{}/v1/status", node.url.trim_end_matches('/'));
        address(&at).map_err(wrong)?;
        let file = &node.token_file;
        let token = std::fs::read_to_string(file).map_err(|error| wrong(format!("`{}`: {error}", file.display())))?;
        let fetch = Fetch::new(&node.ca)?;
        let (name, token) = (node.name.clone(), token.trim().to_owned());
        Ok(Node { name, at, token, fetch, last: Mutex::new(None), turn: Semaphore::new(1) })
    }

    /// Asks it, if no one does so already and the last answer is not new.
    async fn ask(&self) {
        let Ok(_turn) = self.turn.acquire().await else { return };
        let is_new = |(asked, _): &(Instant, _)| asked.elapsed() < NEW;
        if self.last.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(is_new) {
            return;
        }
        let said = self.fetch.json_as(&self.at, &self.token).await;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), said));
    }
}

impl Nodes {
    /// Those of the configuration.
    ///
    /// # Errors
    /// `File` for an address that others could read, or a token file that cannot be read.
    pub fn of(nodes: &[Configured]) -> Result<Nodes> {
        nodes.iter().map(|node| Node::of(node).map(Arc::new)).collect::<Result<Vec<_>>>().map(Nodes)
    }

    /// What is known of each, after a short wait for their answers.
    pub async fn known(&self) -> Vec<Known> {
        let asked: Vec<_> = self
            .0
            .iter()
            .map(|node| {
                let node = node.clone();
                // It goes on when the page has waited long enough.
                tokio::spawn(async move { node.ask().await })
            })
            .collect();
        let until = tokio::time::Instant::now() + PATIENCE;
        let mut known = Vec::new();
        for (node, asked) in self.0.iter().zip(asked) {
            let is_asked = tokio::time::timeout_at(until, asked).await.is_err();
            let last = node.last.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(_, said)| said.clone());
            known.push(Known { name: node.name.clone(), last, is_asked });
        }
        known
    }
}
