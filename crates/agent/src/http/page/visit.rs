//! One visit of the page: who it is, in which language, about which domain. A handler that takes a [`Visit`] is reached by a known person only;
//! one that takes a [`Post`] only by a form of ours.
#![forbid(unsafe_code)]

use super::super::body;
use super::super::caller::{Caller, Peer};
use super::super::config::{Page, Proxy, Role};
use super::super::metrics::Metrics;
use super::super::problem::{Problem, Refusable};
use super::super::{Service, Shared};
use super::about::About;
use super::cache::Cache;
use super::form::Form;
use super::frame::{COOKIE, refused};
use super::people::People;
use super::previews::Previews;
use super::session::{Proof, Session, Sessions};
use super::trails::Trails;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use linewarden::{Author, DomainId, Engine, Finding, Party};
use linewarden_report::{Lang, Layout};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The most domains whose parties and findings are cached.
const DOMAINS: usize = 8;
/// The most cached reports.
const REPORTS: usize = 32;
/// The longest form.
const LONGEST: usize = 256 << 10;

/// What all visits share.
#[derive(Debug)]
pub struct Pages {
    /// Who is logged in.
    pub sessions: Sessions,
    /// Since when answers hold.
    pub trails: Arc<Trails>,
    /// The parties of domains.
    people: Cache<DomainId, People>,
    /// What lint finds in domains.
    pub findings: Arc<Cache<DomainId, Vec<Finding>>>,
    /// Previews of changes.
    pub previews: Previews,
    /// Reports in words.
    pub reports: Arc<Cache<About, Layout>>,
}

impl Pages {
    fn new(idle: Duration, metrics: &Metrics) -> Pages {
        Pages {
            sessions: Sessions::new(idle),
            trails: Arc::default(),
            people: Cache::new(DOMAINS, &metrics.names),
            findings: Arc::new(Cache::new(DOMAINS, &metrics.findings)),
            previews: Previews::new(metrics),
            reports: Arc::new(Cache::new(REPORTS, &metrics.reports)),
        }
    }

    /// The parties of a domain.
    pub fn people(&self, engine: &Engine, domain: DomainId) -> Arc<People> {
        self.people.at_once(&domain, engine.revision(), || People::of(engine, domain))
    }
}

/// The same, made at the first visit: the configuration is not known before.
#[derive(Clone, Debug, Default)]
pub struct Lazy(Arc<OnceLock<Arc<Pages>>>);

impl Lazy {
    /// What all visits share.
    pub fn of(&self, page: &Page, metrics: &Metrics) -> Arc<Pages> {
        let make = || {
            let idle = Duration::from_secs(page.session_minutes.saturating_mul(60));
            Arc::new(Pages::new(idle, metrics))
        };
        self.0.get_or_init(make).clone()
    }
}

/// A visit of a known person.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The service.
    pub service: Shared,
    /// What all visits share.
    pub pages: Arc<Pages>,
    /// Who it is.
    pub caller: Caller,
    /// In which language.
    pub lang: Lang,
    /// What forms carry.
    pub csrf: Arc<str>,
    /// The cookie of the session.
    pub cookie: Arc<str>,
    /// Whether the cookie has to be set.
    pub is_new: bool,
    /// The path and fields that were asked for, to come back to.
    pub here: Arc<str>,
    chosen: Option<Arc<str>>,
}

/// A form that was sent on purpose.
#[derive(Clone, Debug)]
pub struct Post {
    /// By whom.
    pub visit: Visit,
    /// The fields.
    pub form: Form,
}

/// The page's configuration and what its visits share; 404 where there is no page.
pub fn shared(parts: &Parts, service: &Service) -> Refusable<Arc<Pages>> {
    let none = || Problem::new(StatusCode::NOT_FOUND, "no_route", "there is nothing at this path");
    let page = service.config.page.as_ref().ok_or_else(none)?;
    let lazy = parts.extensions.get::<Lazy>().ok_or_else(|| Problem::internal("the page has no state"))?;
    Ok(lazy.of(page, &service.metrics))
}

/// The value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut found = all.flat_map(|value| value.split(';')).filter_map(|one| {
        let (key, value) = one.trim().split_once('=')?;
        (key == name).then_some(value)
    });
    let first = found.next()?;
    // Two of one name are not ours.
    found.next().is_none().then_some(first)
}

/// The first of our languages that the browser names.
pub fn spoken(headers: &HeaderMap) -> Lang {
    let given = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(',').find_map(|one| Lang::of(&one.trim().get(..2)?.to_ascii_lowercase())).unwrap_or_default()
}

/// Whether a form comes from a page of this service.
pub fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site =
        headers.get("sec-fetch-site").map(|value| value.as_bytes() == b"same-origin" || value.as_bytes() == b"none");
    let host = text(header::HOST);
    let origin = headers.get(header::ORIGIN).map(|_| {
        let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
        origin.is_some_and(|(_, origin)| Some(origin) == host)
    });
    site.unwrap_or(true) && origin.unwrap_or(true)
}

/// Who the proxy says it is; `None` without its header. 403 where another address sends that header.
fn by_proxy(proxy: Option<&Proxy>, parts: &Parts, engine: &Engine) -> Refusable<Option<Caller>> {
    let Some(proxy) = proxy else { return Ok(None) };
    let mut given = parts.headers.get_all(proxy.header.as_str()).iter();
    let (Some(name), more) = (given.next(), given.next()) else { return Ok(None) };
    let address = parts.extensions.get::<Arc<Peer>>().and_then(|peer| peer.address);
    if !address.is_some_and(|address| proxy.addresses.contains(&address.to_canonical())) {
        return Err(Problem::forbidden("only the proxy may say who a person is"));
    }
    let unknown = || Problem::forbidden("the proxy names a person that is not known here");
    let name = name.to_str().ok().filter(|_| more.is_none()).ok_or_else(unknown)?;
    if proxy.administrators.iter().any(|known| known == name) {
        return Ok(Some(Caller::administrator(&proxy.domain, name)));
    }
    Caller::user_named(engine, &proxy.domain, name).map(Some).ok_or_else(unknown)
}

/// The caller that is the system's user at the other end of the unix socket: a browser comes there through a forwarded port
/// (`ssh -L 8460:/run/linewarden/service`). A page of a stranger whose name leads to that port is refused before, by this name.
fn by_peer(parts: &Parts, service: &Service) -> Option<Caller> {
    let peer = parts.extensions.get::<Arc<Peer>>().filter(|peer| peer.uid.is_some())?;
    let user = Peer { uid: peer.uid, ..Peer::default() };
    service.callers.find(&HeaderMap::new(), &user).ok().flatten()
}

impl Visit {
    fn of(parts: &Parts, service: &Shared) -> Refusable<Option<Visit>> {
        let pages = shared(parts, service)?;
        let proxy = service.config.page.as_ref().and_then(|page| page.proxy.as_ref());
        let named = by_proxy(proxy, parts, &service.engine)?.map(|caller| (caller, Proof::Proxy));
        let of_system = by_peer(parts, service).map(|caller| (caller, Proof::Peer));
        let cookie = cookie(&parts.headers, COOKIE);
        let session = cookie.and_then(|cookie| Some((cookie.to_owned(), pages.sessions.find(cookie)?)));
        let is_of = |session: &Session, named: &Option<(Caller, Proof)>| {
            named.as_ref().is_some_and(|(caller, proof)| session.proof == *proof && session.caller.name == caller.name)
        };
        let same = |session: &Session| match session.proof {
            Proof::Token | Proof::Provider => named.is_none(),
            // A session that the proxy or the socket began counts only on connections that prove the same person.
            Proof::Proxy => is_of(session, &named),
            Proof::Peer => named.is_none() && is_of(session, &of_system),
        };
        let session = session.filter(|(_, session)| same(session));
        let is_new = session.is_none();
        let (cookie, session) = match (session, named.or(of_system)) {
            (Some(session), _) => session,
            (None, Some((caller, proof))) => {
                let begun = pages.sessions.begin(caller, proof, None);
                begun.ok_or_else(|| Problem::internal("no random numbers"))?
            }
            (None, None) => return Ok(None),
        };
        let here = parts.uri.path_and_query().map_or("/page/", |here| here.as_str());
        Ok(Some(Visit {
            service: service.clone(),
            caller: session.caller,
            lang: session.lang.unwrap_or_else(|| spoken(&parts.headers)),
            csrf: session.csrf,
            cookie: cookie.into(),
            is_new,
            here: here.into(),
            chosen: session.domain,
            pages,
        }))
    }

    /// The domain that the visit is about: the caller's, the one that was chosen, or the only one.
    ///
    /// # Errors
    /// 404 where there is none, or it is not chosen yet.
    pub fn domain(&self) -> Refusable<(DomainId, String)> {
        let engine = &self.service.engine;
        let all = engine.domains();
        let named = self.chosen.as_deref().or(self.caller.domain.as_deref());
        let id = self.caller.domain(engine, named)?;
        let found = match id {
            Some(id) => all.into_iter().find(|(known, _)| *known == id),
            None => all.into_iter().next(),
        };
        found.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "unknown", "there is no company here yet"))
    }

    /// The parties that texts name in the domain of the visit. A user is one of them, or is refused in the same words whether the others are
    /// there or not.
    ///
    /// # Errors
    /// 404 for an unknown one, in the words of the engine; 403.
    pub fn parties<const N: usize>(&self, texts: [&str; N]) -> Refusable<[Party; N]> {
        let found = texts.map(|text| self.party(text));
        if let Some(user) = self.caller.user(&self.service.engine)?
            && !found.contains(&Ok(user))
        {
            return Err(Problem::forbidden("this caller may only ask about its own user"));
        }
        let mut parties = [Party::NONE; N];
        for (held, party) in parties.iter_mut().zip(found) {
            *held = party?;
        }
        Ok(parties)
    }

    fn party(&self, text: &str) -> Refusable<Party> {
        let (domain, name) = self.domain()?;
        // A text with a domain of its own must not lead out of this one.
        let text = text.strip_prefix(&format!("{name}/")).unwrap_or(text);
        let engine = &self.service.engine;
        let party = engine.resolve(Some(&name), text)?;
        match engine.kind(party) {
            Some((of, _)) if of == domain => Ok(party),
            _ => Err(Problem::forbidden("this caller may not ask about that domain")),
        }
    }

    /// Who makes the changes of this visit.
    ///
    /// # Errors
    /// 403 for a caller that may change nothing.
    pub fn author(&self) -> Refusable<Author> {
        self.caller.needs(Role::Change)?;
        match self.caller.user(&self.service.engine)? {
            Some(user) => Ok(Author::User(user)),
            None => {
                self.caller.needs(Role::Administer)?;
                Ok(Author::Administrator)
            }
        }
    }

    /// Whether the caller is a user, who sees and changes only what concerns this user.
    pub fn is_user(&self) -> bool {
        self.caller.party.is_some()
    }

    /// Refuses users: rights of all parties are for administrators.
    ///
    /// # Errors
    /// 403.
    pub fn needs_all(&self) -> Refusable<()> {
        self.caller.needs(Role::Reasons)?;
        match self.is_user() {
            true => Err(Problem::forbidden("this part of the page is for administrators")),
            false => Ok(()),
        }
    }

    /// Runs work that reads the policy, with this visit.
    ///
    /// # Errors
    /// As for [`Service::heavy`].
    pub async fn heavy<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Visit, &Engine) -> Refusable<T> + Send + 'static,
    ) -> Refusable<T> {
        let visit = self.clone();
        self.service.heavy(move |service| work(&visit, &service.engine)).await
    }
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Visit, Response> {
        match Visit::of(parts, service) {
            Ok(Some(visit)) => Ok(visit),
            Ok(None) if parts.method == Method::GET => Err(Redirect::to("/page/login").into_response()),
            Ok(None) => Err(refused(
                spoken(&parts.headers),
                &Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "the session has ended: log in again"),
            )),
            Err(problem) => Err(refused(spoken(&parts.headers), &problem)),
        }
    }
}

/// The fields of a request's body.
///
/// # Errors
/// 403 where it does not come from a page of ours; as for [`body::bytes`] and [`Form::parse`].
pub async fn fields(request: Request, service: &Service) -> Refusable<Form> {
    if !is_from_here(request.headers()) {
        return Err(Problem::forbidden("the form comes from another site"));
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(Problem::not_understood("expected a form"));
    }
    let limits = &service.config.limits;
    let patience = Duration::from_secs(limits.transfer_seconds);
    Form::parse(&body::bytes(request, LONGEST.min(limits.body), patience).await?)
}

impl FromRequest<Shared> for Post {
    type Rejection = Response;

    async fn from_request(request: Request, service: &Shared) -> Result<Post, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, service).await?;
        let read = async {
            let form = fields(Request::from_parts(parts, body), service).await?;
            // The token of a session is as random as its cookie, and only the same session is asked for it.
            match form.get("csrf")? == &*visit.csrf {
                true => Ok(form),
                false => Err(Problem::forbidden("the form is not of this session: load the page again")),
            }
        };
        match read.await {
            Ok(form) => Ok(Post { visit, form }),
            Err(problem) => Err(refused(visit.lang, &problem)),
        }
    }
}
