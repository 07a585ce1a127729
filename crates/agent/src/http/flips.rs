//! The stream of flips: events that the server sends, each with an id from which the stream goes on after a break. A flip is in one event,
//! and an event that was not received whole comes again.
//!
//! An id must never be sent before the flips up to it, and a stream of another line of the log must not be continued.
#![forbid(unsafe_code)]

use super::body::Asked;
use super::caller::Caller;
use super::names::Names;
use super::problem::{self, Problem, Refusable};
use super::{Service, Shared};
use crate::node::LONGEST_AGE;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use linewarden::{FlipSet, Flips, Party, RightSet, Stream, Token};
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How many events may wait for a caller; beyond that flips are merged.
const WAITING: usize = 4;

/// How often a stream looks whether its caller has gone.
const LOOK: Duration = Duration::from_secs(1);

/// The route.
pub fn routes() -> Router<Shared> {
    Router::new().route("/v1/flips", get(flips))
}

/// Which flips.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlipsAsked {
    /// Rights with commas between; without it all.
    rights: Option<String>,
    /// The id to go on from, where the caller cannot send `Last-Event-ID`.
    since: Option<String>,
}

/// Where a stream is: all flips up to this were sent.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Position {
    token: Token,
    instant: i64,
}

impl Position {
    fn parse(text: &str) -> Option<Position> {
        let (token, instant) = text.rsplit_once('@')?;
        Some(Position { token: Token::parse(token)?, instant: instant.parse().ok()? })
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}@{}", self.token, self.instant)
    }
}

/// An event.
#[derive(Serialize)]
struct Sent {
    revision: u64,
    flips: Vec<Flip>,
}

/// Each actor has, or has no longer, each of the rights on each target; without targets on itself.
#[derive(Serialize)]
struct Flip {
    domain: String,
    allowed: bool,
    rights: Vec<&'static str>,
    actors: Vec<String>,
    targets: Vec<String>,
    /// Any answer of the domain may be another one: ask again.
    everything: bool,
}

/// A heartbeat.
#[derive(Serialize)]
struct Beat {
    revision: u64,
    state: &'static str,
    lag: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_ms: Option<u128>,
}

/// The permit of an open stream.
struct Open(Shared);

impl Open {
    fn new(service: &Shared) -> Refusable<Open> {
        let most = service.config.limits.streams as u64;
        let counter = &service.metrics.streams;
        let taken =
            counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| (open < most).then_some(open + 1));
        match taken {
            Ok(_) => Ok(Open(service.clone())),
            Err(_) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many streams at once")),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.metrics.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn flips(
    State(service): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    Asked(asked): Asked<FlipsAsked>,
) -> Refusable<Response> {
    let mut rights = RightSet::EMPTY;
    for name in asked.rights.iter().flat_map(|names| names.split(',')) {
        rights |= problem::right(name)?.mask();
    }
    if asked.rights.is_none() {
        rights = RightSet::from_bits(u128::MAX);
    }
    let last = headers.get("last-event-id").map(|id| id.to_str().unwrap_or_default().to_owned());
    let position = match last.or(asked.since) {
        None => None,
        Some(id) => {
            let wrong = || Problem::not_understood(format!("`{id}` is no id of an event"));
            Some(Position::parse(&id).ok_or_else(wrong)?)
        }
    };
    Names::of(&caller, &service.engine)?;
    let open = Open::new(&service)?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let (began, begun) = tokio::sync::oneshot::channel();
    tokio::task::spawn_blocking(move || {
        let mut began = Some(began);
        let ended = run(&open.0, &caller, position, rights, &sender, &mut began);
        if let (Some(began), Err(problem)) = (began, ended) {
            let _ = began.send(Err(problem));
        }
    });
    begun.await.unwrap_or_else(|_| Err(Problem::internal("a defect of the service")))?;
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::new(Events(receiver))).into_response())
}

type Began = Option<tokio::sync::oneshot::Sender<Refusable<()>>>;

/// Sends until the caller has gone.
fn run(
    service: &Arc<Service>,
    caller: &Caller,
    position: Option<Position>,
    rights: RightSet,
    sender: &mpsc::Sender<Bytes>,
    began: &mut Began,
) -> Refusable<()> {
    let engine = &service.engine;
    let patience = Duration::from_secs(service.config.limits.heartbeat_seconds.max(1));
    let mut stream = match position {
        None => Stream::new(engine, rights)?,
        Some(Position { token, instant }) => {
            let wait = Duration::from_secs(service.config.limits.wait_seconds);
            if !engine.wait_for_token(&token, wait)? {
                let detail = "this node has not yet what that id stands for";
                return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "too_old", detail));
            }
            Stream::since_instant(engine, token.revision, Some(instant), rights)?
        }
    };
    if let Some(began) = began.take() {
        let _ = began.send(Ok(()));
    }
    // The first event has the id of where the stream begins: a caller that loses it at once goes on from there.
    let mut beat = true;
    loop {
        let here = engine.upstream()?;
        if beat {
            let (state, lag, age_ms) = (here.kind(LONGEST_AGE).word(), here.lag, here.age.map(|age| age.as_millis()));
            let event = Beat { revision: stream.revision(), state, lag, age_ms };
            if !send(sender, "heartbeat", &id(service, &stream)?, &event) {
                return Ok(());
            }
        }
        match next(&mut stream, patience, sender)? {
            None if sender.is_closed() => return Ok(()),
            None => beat = true,
            Some(flips) => {
                let names = Names::of(caller, engine)?;
                let event = Sent { revision: flips.revision, flips: seen(service, &names, &flips) };
                // Where there is nothing for this caller a heartbeat has the id.
                beat = event.flips.is_empty();
                if !beat && !send(sender, "flips", &id(service, &stream)?, &event) {
                    return Ok(());
                }
            }
        }
    }
}

/// The next flips; `None` when `patience` has passed or the caller has gone.
fn next(
    stream: &mut Stream<'_>,
    patience: Duration,
    sender: &mpsc::Sender<Bytes>,
) -> linewarden::Result<Option<Flips>> {
    let until = Instant::now() + patience;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let flips = stream.next(left.min(LOOK))?;
        if flips.is_some() || left.is_zero() || sender.is_closed() {
            return Ok(flips);
        }
    }
}

/// The id of where a stream is.
fn id(service: &Service, stream: &Stream<'_>) -> Refusable<String> {
    let token = service.engine.token(stream.revision())?;
    Ok(Position { token, instant: stream.instant().unwrap_or(0) }.to_string())
}

fn send(sender: &mpsc::Sender<Bytes>, event: &str, id: &str, data: &impl Serialize) -> bool {
    let Ok(data) = serde_json::to_string(data) else { return false };
    sender.blocking_send(format!("event: {event}\nid: {id}\ndata: {data}\n\n").into()).is_ok()
}

/// The flips that the caller sees.
fn seen(service: &Service, names: &Names<'_>, flips: &Flips) -> Vec<Flip> {
    let domains = service.engine.domains();
    let of_own = flips.sets.iter().filter(|set| names.own().is_none_or(|own| own == set.domain));
    let parts = of_own.flat_map(|set| match names.user() {
        Some(user) => of_user(set, user),
        None => vec![set.clone()],
    });
    let flip = |set: FlipSet| {
        let domain = domains.iter().find(|(id, _)| *id == set.domain).map_or("", |(_, name)| name);
        let texts = |parties: &[Party]| parties.iter().map(|party| names.text(*party)).collect();
        Flip {
            domain: domain.to_owned(),
            allowed: set.allowed,
            rights: set.rights.names(),
            actors: texts(&set.actors),
            targets: texts(&set.targets),
            everything: set.is_everything(),
        }
    };
    parts.map(flip).collect()
}

/// The parts of a set that concern a user: what it may itself, and what others may towards it. No flip is in both.
fn of_user(set: &FlipSet, user: Party) -> Vec<FlipSet> {
    if set.is_everything() {
        return vec![set.clone()];
    }
    let mut parts = Vec::new();
    if set.actors.contains(&user) {
        let mut own = set.clone();
        own.actors = vec![user];
        own.targets.retain(|target| *target != user);
        // Without targets it is about the user itself: only where it was so before.
        if set.targets.is_empty() || !own.targets.is_empty() {
            parts.push(own);
        }
    }
    if set.targets.contains(&user) {
        let mut towards = set.clone();
        towards.actors.retain(|actor| *actor != user);
        towards.targets = vec![user];
        if !towards.actors.is_empty() {
            parts.push(towards);
        }
    }
    parts
}

/// The body of the answer: events as they come.
struct Events(mpsc::Receiver<Bytes>);

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(http_body::Frame::data(bytes))))
    }
}
