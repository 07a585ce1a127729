//! The decision service: questions, changes and what they did, over HTTP, for programs that cannot load the library. It is one more program
//! on the store: it maps the image, answers from it, and makes changes as every program does, through the cluster's agent where there is one.
//!
//! ```text
//! config    the file that says who may what
//! caller    who calls: token, certificate, user of the socket
//! listen    connections: how many, how slow, TLS
//! front     one request: its caller, its time, its answer's headers
//! body      JSON of a request, read strictly
//! problem   how a request is refused
//! names     parties as a caller writes them
//! authzen   decisions and searches by OpenID's Authorization API 1.0
//! questions explanations, rights, who, whom
//! changes   making changes, and what they would do
//! log       what was changed, what waits for an answer, where the store is
//! flips     the stream of answers that changed
//! fetch     requests to a provider of logins and to other nodes
//! nodes     the other nodes of a cluster
//! oidc/     login by an OpenID provider
//! openapi   the description of our own routes
//! audit     what is written down
//! journal   a line of it as journald takes it
//! metrics   what is counted
//! page/     the page for people in a browser
//! health    /healthz, /readyz
//! ```
//!
//! Everything is refused until it is configured, and what is not understood is an error, never a yes.
#![forbid(unsafe_code)]

pub mod audit;
pub mod authzen;
pub mod body;
pub mod caller;
pub mod changes;
pub mod config;
pub mod fetch;
pub mod flips;
pub mod front;
pub mod health;
pub mod journal;
pub mod listen;
pub mod log;
pub mod metrics;
pub mod names;
pub mod nodes;
pub mod oidc;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod questions;

use audit::Audit;
use axum::Router;
use axum::http::StatusCode;
use caller::{Caller, Callers};
use config::Config;
use linewarden::{Decision, Engine, Party, Result, Right};
use metrics::Metrics;
use nodes::Nodes;
use oidc::Provider;
use problem::{Problem, Refusable};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many requests at once ask the store where it is.
const LIGHT: usize = 4;

/// What all requests share.
#[derive(Debug)]
pub struct Service {
    /// The store's engine, of this program's own.
    pub engine: Engine,
    /// The store's path, for messages.
    pub store: PathBuf,
    /// The configuration.
    pub config: Config,
    /// Who may call.
    pub callers: Callers,
    /// What is written down.
    pub audit: Audit,
    /// What is counted.
    pub metrics: Metrics,
    /// The OpenID provider that people log in by, where there is one.
    pub oidc: Option<Provider>,
    /// The other nodes of the cluster.
    pub nodes: Nodes,
    heavy: Arc<Semaphore>,
    light: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// The service as handlers have it.
pub type Shared = Arc<Service>;

impl Service {
    /// A service over the store at `path`.
    ///
    /// # Errors
    /// As for [`Engine::open`]; `Argument` for what is no store.
    pub fn open(path: &Path, config: Config) -> Result<Service> {
        let engine = Engine::open(path)?;
        engine.is_store()?;
        for caller in &config.callers {
            if caller.domain != "*" {
                engine.domain(&caller.domain)?;
            }
        }
        if let Some(page) = &config.page {
            let of_people =
                [page.proxy.as_ref().map(|proxy| &proxy.domain), page.oidc.as_ref().map(|oidc| &oidc.domain)];
            for domain in of_people.into_iter().flatten() {
                engine.domain(domain)?;
            }
        }
        let oidc = Provider::of(&config)?;
        let nodes = Nodes::of(config.page.as_ref().map_or(&[], |page| &page.nodes))?;
        let turns = |most| Arc::new(Semaphore::new(most));
        let (heavy, light, waiting) = (turns(config.limits.heavy), turns(LIGHT), turns(config.limits.streams));
        let audit = Audit::open(&config.audit)?;
        let (callers, metrics) = (Callers::of(&config), Metrics::default());
        Ok(Service {
            callers,
            audit,
            metrics,
            oidc,
            nodes,
            engine,
            store: path.to_path_buf(),
            config,
            heavy,
            light,
            waiting,
        })
    }

    /// Counts a decision, and writes it down where that is switched on.
    pub fn decided(&self, caller: &Caller, asked: (Party, Right, Party), decision: &Decision) {
        self.metrics.decided(decision);
        self.audit.decided(self, caller, asked, decision);
    }

    /// Runs what reads the policy or visits all parties, on a thread that may wait. Only so many run at once; what waits too long for its
    /// turn is refused.
    ///
    /// # Errors
    /// 503 where there is no turn in time, and what the work returns.
    pub async fn heavy<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Service) -> Refusable<T> + Send + 'static,
    ) -> Refusable<T> {
        self.in_turn(&self.heavy, work).await
    }

    /// The same for what asks the store where it is, which takes milliseconds and which strangers may ask: it keeps no turn from others.
    ///
    /// # Errors
    /// As for [`Service::heavy`].
    pub async fn light<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Service) -> Refusable<T> + Send + 'static,
    ) -> Refusable<T> {
        self.in_turn(&self.light, work).await
    }

    /// The same for what waits for a revision.
    ///
    /// # Errors
    /// As for [`Service::heavy`].
    pub async fn waiting<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Service) -> Refusable<T> + Send + 'static,
    ) -> Refusable<T> {
        self.in_turn(&self.waiting, work).await
    }

    async fn in_turn<T: Send + 'static>(
        self: &Arc<Self>,
        turns: &Arc<Semaphore>,
        work: impl FnOnce(&Service) -> Refusable<T> + Send + 'static,
    ) -> Refusable<T> {
        let busy = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many such requests at once");
        let patience = Duration::from_secs(self.config.limits.answer_seconds) / 2;
        let turn = tokio::time::timeout(patience, turns.clone().acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(busy()) };
        let service = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            // Held until the work ends, even if the caller has gone.
            let _turn = turn;
            work(&service)
        });
        done.await.unwrap_or_else(|_| Err(Problem::internal("a defect of the service")))
    }
}

/// All routes. A part of the service adds its own here and nowhere else.
pub fn routes() -> Router<Shared> {
    Router::new()
        .merge(authzen::routes())
        .merge(questions::routes())
        .merge(changes::routes())
        .merge(log::routes())
        .merge(flips::routes())
        .merge(openapi::routes())
        .merge(metrics::routes())
        .merge(health::routes())
        .merge(page::routes())
        .fallback(front::not_found)
        .method_not_allowed_fallback(front::method_not_allowed)
}
