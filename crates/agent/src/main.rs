//! `linewarden-agent`: reads arguments, runs the agent or one command of `linewarden cluster`, and ends with its status.
#![forbid(unsafe_code)]

mod args;

use args::{Cli, Cluster, Command, Location};
use clap::{CommandFactory, Parser};
use linewarden::{Error, ErrorKind, Following, Result};
use linewarden_agent::admin;
use linewarden_agent::cluster::postgres::Database;
use linewarden_agent::cluster::{Cluster as _, Fault};
use linewarden_agent::http::config::Config;
use linewarden_agent::http::front::Front;
use linewarden_agent::http::listen::Listeners;
use linewarden_agent::http::{self, Service};
use linewarden_agent::node::{LONGEST_AGE, Node};
use linewarden_agent::socket::Socket;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ended(Err(Error::new(ErrorKind::Limit, format!("cannot start: {error}")))),
    };
    let status = runtime.block_on(run(cli));
    // Not joined: a task may wait for a database that never answers.
    runtime.shutdown_background();
    ended(status)
}

fn ended(status: Result<u8>) -> ExitCode {
    match status {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "linewarden-agent: {error}");
            ExitCode::from(2)
        }
    }
}

/// Writes an answer. A closed output is no answer.
fn say(text: &str) -> Result<u8> {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map(|()| 0)
        .map_err(|error| Error::new(ErrorKind::File, format!("cannot write the answer: {error}")))
}

async fn run(cli: Cli) -> Result<u8> {
    let Some(command) = cli.command else {
        let (Some(store), Some(http)) = (&cli.store, &cli.http) else {
            return Err(Error::new(ErrorKind::Argument, "expected --store and --http, or a command"));
        };
        let service = serve(store, http).await?;
        asked_to_end().await?;
        end(service).await;
        return Ok(0);
    };
    match command {
        Command::Token => {
            let (token, digest) = linewarden_agent::http::caller::draw_token()?;
            say(&format!("token         {token}\ntoken_sha256 = \"{digest}\""))
        }
        Command::Man => {
            let mut page = Vec::new();
            let failed = |error| Error::new(ErrorKind::File, format!("cannot write the page: {error}"));
            clap_mangen::Man::new(Cli::command()).manual("linewarden manual").render(&mut page).map_err(failed)?;
            say(String::from_utf8_lossy(&page).trim_end())
        }
        Command::Run(args) => agent(args).await,
        Command::Cluster { command: Cluster::Init { store, to, agents } } => {
            let revision = admin::init(&store, &database(&to)?, &to.shard, &agents).await?;
            say(&format!("revision {revision}: {} is the first node of `{}`", store.display(), to.shard))
        }
        Command::Cluster { command: Cluster::Join { store, to, backup } } => {
            let revision = admin::join(&store, &database(&to)?, &to.shard, backup.as_deref()).await?;
            say(&format!("revision {revision}: {} is a node of `{}`", store.display(), to.shard))
        }
        Command::Cluster { command: Cluster::Leave { store } } => {
            let epoch = admin::leave(&store)?;
            say(&format!("{} is a store of its own, epoch {epoch}", store.display()))
        }
        Command::Cluster { command: Cluster::Promote { to } } => {
            let epoch = admin::promote(&database(&to)?, &to.shard).await?;
            say(&format!("epoch {epoch}"))
        }
        Command::Cluster { command: Cluster::Status { store, to } } => status(store.as_deref(), &to).await,
        Command::Cluster { command: Cluster::Verify { store, to } } => {
            let revision = admin::verify(&database(&to)?, &to.shard, store.as_deref()).await?;
            say(&format!("revision {revision}: every hash of `{}` is right", to.shard))
        }
    }
}

fn database(to: &Location) -> Result<Database> {
    let argument = |message: String| Error::new(ErrorKind::Argument, message);
    let text = match (&to.database, &to.database_file) {
        (Some(text), None) => text.clone(),
        (None, Some(file)) => std::fs::read_to_string(file)
            .map_err(|error| Error::new(ErrorKind::File, format!("`{}` cannot be read: {error}", file.display())))?,
        _ => return Err(argument("expected --database or --database-file".into())),
    };
    let node = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    Database::new(text.trim(), to.ca.as_deref(), node.trim()).map_err(|error| argument(error.to_string()))
}

/// Runs the agent of these stores until it is asked to end.
async fn agent(args: args::Run) -> Result<u8> {
    if args.http.is_some() && args.stores.len() > 1 {
        return Err(Error::new(ErrorKind::Argument, "--http with several stores, expected one"));
    }
    let database = database(&args.to)?;
    let mut nodes = Vec::new();
    for store in &args.stores {
        let node = Arc::new(Node::open(store, database.clone(), args.most_lost)?);
        // What an administrator has to mend is said now; a database that is away is waited for.
        if let Err(Fault::Said(why)) = node.cluster().connect(&node.shard).await {
            return Err(Error::new(ErrorKind::File, why));
        }
        let socket = Socket::open(&node.engine.agent_path()?, args.socket_mode)?;
        nodes.push((node, Arc::new(socket)));
    }
    for (node, socket) in &nodes {
        eprintln!("{}: a node of `{}`, revision {}", node.path().display(), node.shard, node.engine.revision());
        let (following, serving, socket) = (node.clone(), node.clone(), socket.clone());
        tokio::spawn(async move { following.follow().await });
        tokio::spawn(async move { socket.serve(serving).await });
    }
    let service = match &args.http {
        Some(http) => Some(serve(nodes.first().map_or(Path::new(""), |(node, _)| node.path()), http).await?),
        None => None,
    };
    asked_to_end().await?;
    if let Some(service) = service {
        end(service).await;
    }
    Ok(0)
}

/// Ends the service and removes its sockets.
async fn end(service: tokio::task::JoinHandle<()>) {
    service.abort();
    let _ = service.await;
}

/// Starts the HTTP service.
async fn serve(store: &Path, config: &Path) -> Result<tokio::task::JoinHandle<()>> {
    linewarden::survive_truncation()?;
    let service = Arc::new(Service::open(store, Config::read(config)?)?);
    let listeners = Listeners::open(Front::new(service, http::routes())).await?;
    for address in listeners.addresses() {
        eprintln!("{}: answers at {address}", store.display());
    }
    Ok(tokio::spawn(listeners.serve()))
}

/// Returns when the system asks the program to end.
async fn asked_to_end() -> Result<()> {
    let failed = |error: std::io::Error| Error::new(ErrorKind::Internal, format!("no signals: {error}"));
    let mut end = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    tokio::select! {
        _ = end.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Says where the log and the store are.
async fn status(store: Option<&Path>, to: &Location) -> Result<u8> {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let database = database(to)?;
    let mut whole = true;
    let found = match database.client().await {
        Ok(client) => admin::state(&client, &to.shard).await,
        Err(fault) => Err(Error::new(ErrorKind::File, fault.message())),
    };
    match found {
        Ok(Some(log)) => {
            say(&format!(
                "cluster\n  shard     {}\n  epoch     {}\n  revision  {}\n  hash      {}",
                to.shard,
                log.epoch,
                log.revision,
                hex(&log.hash)
            ))?;
        }
        Ok(None) => {
            say(&format!("cluster\n  shard     {}: not there for this role", to.shard))?;
            whole = false;
        }
        Err(error) => {
            say(&format!("cluster\n  not reached: {error}"))?;
            whole = false;
        }
    }
    if let Some(store) = store {
        let here = linewarden::Engine::open(store)?.upstream()?;
        let kind = here.kind(LONGEST_AGE);
        let age = here.age.map_or("not known".to_owned(), |age| format!("{} ms", age.as_millis()));
        say(&format!(
            "{}\n  state     {}\n  epoch     {}\n  revision  {}\n  hash      {}\n  lag       {}\n  age       {age}",
            store.display(),
            kind.word(),
            here.epoch,
            here.revision,
            hex(&here.hash),
            here.lag
        ))?;
        if let Some(why) = here.forked {
            say(&format!("  forked    {why}"))?;
        }
        whole &= kind == Following::Following;
    }
    Ok(u8::from(!whole))
}
