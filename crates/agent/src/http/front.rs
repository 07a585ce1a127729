//! One request from its headers to the headers of its answer: the name it was called by, its caller, the time it may take, `X-Request-ID`.
//!
//! A request must never reach a handler that takes a [`Caller`](super::caller::Caller) without one.
#![forbid(unsafe_code)]

use super::caller::{Caller, Peer};
use super::config::Listen;
use super::problem::{Problem, Refusable};
use super::{Service, Shared};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use linewarden::Token;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tower_service::Service as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Beside a request: the answer must be of this revision or token, or a later one.
pub const AT_LEAST: HeaderName = HeaderName::from_static("linewarden-at-least");
const REVISION: HeaderName = HeaderName::from_static("linewarden-revision");

/// What answers requests.
#[derive(Clone, Debug)]
pub struct Front {
    service: Shared,
    router: Router,
}

impl Front {
    /// A front for these routes.
    pub fn new(service: Shared, routes: Router<Shared>) -> Front {
        Front { router: routes.with_state(service.clone()), service }
    }

    /// The service behind it.
    pub fn service(&self) -> &Shared {
        &self.service
    }

    /// Answers a request.
    pub async fn answer(&self, mut request: Request<Body>, peer: Arc<Peer>) -> Result<Response, Infallible> {
        let id = request.headers().get(&REQUEST_ID).cloned();
        let mut response = match self.admit(&mut request, peer) {
            Ok(()) => self.routed(request).await,
            Err(problem) => problem.into_response(),
        };
        self.service.metrics.answered(response.status());
        let headers = response.headers_mut();
        if let Some(id) = id {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(REVISION, HeaderValue::from(self.service.engine.revision()));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        Ok(response)
    }

    /// Finds the caller.
    fn admit(&self, request: &mut Request<Body>, peer: Arc<Peer>) -> Result<(), Problem> {
        // A browser reaches a unix socket only through a port that its user forwards, for the page.
        let by_browsers = peer.uid.is_none() || self.service.config.page.is_some();
        if by_browsers && !is_our_name(&self.service, request.headers()) {
            return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "wrong_host", "the service has another name"));
        }
        let caller = self.service.callers.find(request.headers(), &peer)?;
        let extensions = request.extensions_mut();
        extensions.insert(peer);
        if let Some(caller) = caller {
            extensions.insert(caller);
        }
        Ok(())
    }

    async fn routed(&self, request: Request<Body>) -> Response {
        let patience = Duration::from_secs(self.service.config.limits.answer_seconds);
        let late = || {
            let detail = "the answer took too long; whether a change was made is in the history";
            Problem::new(StatusCode::GATEWAY_TIMEOUT, "too_long", detail).into_response()
        };
        let mut router = self.router.clone();
        // Only known callers may make a thread wait.
        let known = request.extensions().get::<Caller>().is_some();
        let asked = request.headers().get(&AT_LEAST).filter(|_| known).cloned();
        let answered = async {
            match self.is_new_enough(asked).await {
                Ok(()) => router.call(request).await,
                Err(problem) => Ok(problem.into_response()),
            }
        };
        match tokio::time::timeout(patience, answered).await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => late(),
        }
    }
}

impl Front {
    /// Waits until the answers here are at least as fresh as the request asks for.
    async fn is_new_enough(&self, asked: Option<HeaderValue>) -> Refusable<()> {
        let Some(asked) = asked else { return Ok(()) };
        let asked: AtLeast = asked.to_str().unwrap_or_default().parse()?;
        let seconds = self.service.config.limits.wait_seconds;
        match asked.waited_for(&self.service, Duration::from_secs(seconds)).await? {
            true => Ok(()),
            false => {
                let detail = format!("the answers here are older than `{AT_LEAST}` asks for, after {seconds} s");
                Err(Problem::new(StatusCode::PRECONDITION_FAILED, "too_old", detail))
            }
        }
    }
}

/// How fresh answers must be: of that revision, or of that token's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AtLeast {
    /// A revision of the line that is in force here.
    Revision(u64),
    /// A revision of a line of a store.
    Token(Token),
}

impl std::str::FromStr for AtLeast {
    type Err = Problem;

    fn from_str(text: &str) -> Refusable<AtLeast> {
        let revision = text.parse().map(AtLeast::Revision).ok();
        let asked = revision.or_else(|| Token::parse(text).map(AtLeast::Token));
        asked.ok_or_else(|| Problem::not_understood(format!("`{text}` is no revision and no token")))
    }
}

impl AtLeast {
    /// Waits until the answers are at least as fresh; false if they are not in time.
    ///
    /// # Errors
    /// 400 for a token of another store, 409 where this store has another line.
    pub async fn waited_for(self, service: &Shared, patience: Duration) -> Refusable<bool> {
        match self {
            AtLeast::Revision(revision) if service.engine.revision() >= revision => Ok(true),
            AtLeast::Revision(revision) => {
                service.waiting(move |service| Ok(service.engine.wait_for(revision, patience))).await
            }
            AtLeast::Token(token) => {
                service.waiting(move |service| Ok(service.engine.wait_for_token(&token, patience)?)).await
            }
        }
    }
}

/// Whether `Host` is a name of the service: an address, `localhost`, or one of the configuration. A page of a stranger whose name leads
/// to this machine must not read answers in the browser of a user.
fn is_our_name(service: &Service, headers: &HeaderMap) -> bool {
    let mut given = headers.get_all(header::HOST).iter();
    let (host, more) = (given.next(), given.next());
    let Some(host) = host.and_then(|host| host.to_str().ok()) else { return more.is_none() && host.is_none() };
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _)) => name,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let config = &service.config;
    more.is_none()
        && (name.is_empty()
            || name.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || config.hosts.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// The address that the discovery document begins with.
pub fn public_url(service: &Service) -> String {
    let config = &service.config;
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let first = || match config.listen.iter().find(|listen| matches!(listen, Listen::Address(_))) {
        Some(Listen::Address(address)) => format!("{scheme}://{address}"),
        _ => "http://localhost".to_owned(),
    };
    config.public_url.clone().unwrap_or_else(first).trim_end_matches('/').to_owned()
}

/// There is no such route.
pub async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_route", "there is nothing at this path")
}

/// The route has other methods.
pub async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this path has other methods")
}
