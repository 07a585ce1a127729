//! Who calls: a bearer token, the certificate of the connection, or the user at the other end of the unix socket, looked up among the
//! callers of the configuration. What a caller may ask about is its domain, and where it is a user, what concerns this user.
//!
//! A wrong token must never fall back to another proof, and no word of another domain may get into an answer.
#![forbid(unsafe_code)]

use super::config::{Config, Digest, Known, Role};
use super::problem::Problem;
use crate::random::{hex, random};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use linewarden::{DomainId, Engine, Error, ErrorKind, Kind, Party};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// The other end of a connection, as the system and TLS prove it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// The system's user, of a unix socket.
    pub uid: Option<u32>,
    /// The process, of a unix socket.
    pub pid: Option<i32>,
    /// The hash of its certificate, of TLS.
    pub certificate: Option<Digest>,
    /// Its address, of a connection that is no unix socket.
    pub address: Option<std::net::IpAddr>,
}

/// A caller that is known.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its name in the configuration, for logs.
    pub name: Arc<str>,
    /// What it may do.
    pub role: Role,
    /// The domain it asks about; `None` for all.
    pub domain: Option<Arc<str>>,
    /// The user that it is: it sees and changes only what this user may. `None` for a program.
    pub party: Option<Arc<str>>,
}

impl From<&Known> for Caller {
    fn from(known: &Known) -> Caller {
        Caller {
            name: known.name.as_str().into(),
            role: known.role,
            domain: (known.domain != "*").then(|| known.domain.as_str().into()),
            party: known.user.as_deref().map(Into::into),
        }
    }
}

/// The callers of a configuration, by their proofs.
#[derive(Debug, Default)]
pub struct Callers {
    tokens: HashMap<Digest, Caller>,
    certificates: HashMap<Digest, Caller>,
    users: HashMap<u32, Caller>,
}

/// The hash by which a token is known.
pub fn digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// A new token, and the hash by which the configuration knows it.
///
/// # Errors
/// `File` when the system has no random numbers.
pub fn draw_token() -> Result<(String, String), Error> {
    let failed = |error| Error::new(ErrorKind::File, format!("no random numbers: {error}"));
    let token = format!("lw_{}", hex(&random::<32>().map_err(failed)?));
    let digest = hex(&digest(token.as_bytes()).0);
    Ok((token, digest))
}

impl Callers {
    /// Those of a configuration.
    pub fn of(config: &Config) -> Callers {
        let mut callers = Callers::default();
        for known in &config.callers {
            let caller = Caller::from(known);
            if let Some(token) = known.token_sha256 {
                callers.tokens.insert(token, caller.clone());
            }
            if let Some(certificate) = known.certificate_sha256 {
                callers.certificates.insert(certificate, caller.clone());
            }
            if let Some(uid) = known.uid {
                callers.users.insert(uid, caller);
            }
        }
        callers
    }

    /// The caller of a request; `None` where nothing proves one.
    ///
    /// # Errors
    /// 401 for an `Authorization` that is no known token. The hash of it is looked up, so the time says nothing of near ones.
    pub fn find(&self, headers: &HeaderMap, peer: &Peer) -> Result<Option<Caller>, Problem> {
        let mut given = headers.get_all(header::AUTHORIZATION).iter();
        if let Some(first) = given.next() {
            let token = first.to_str().ok().and_then(|text| text.split_once(' '));
            let token =
                token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
            let found = token.and_then(|token| self.tokens.get(&digest(token.as_bytes())));
            return match (found, given.next()) {
                (Some(caller), None) => Ok(Some(caller.clone())),
                _ => Err(unauthorized("the token is not known")),
            };
        }
        let by_certificate = peer.certificate.and_then(|certificate| self.certificates.get(&certificate));
        Ok(by_certificate.or_else(|| peer.uid.and_then(|uid| self.users.get(&uid))).cloned())
    }
}

fn unauthorized(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
}

/// The caller of a request. A handler that takes it is reached by known callers only.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Problem> {
        let none = || unauthorized("expected a bearer token, a known user of the socket or a known certificate");
        parts.extensions.get::<Caller>().cloned().ok_or_else(none)
    }
}

impl Caller {
    /// An administrator of a domain, by the word of who made sure.
    pub fn administrator(domain: &str, name: &str) -> Caller {
        Caller { name: name.into(), role: Role::Administer, domain: Some(domain.into()), party: None }
    }

    /// The user of a domain whose login this is, by the word of who made sure; `None` where there is none.
    pub fn user_named(engine: &Engine, domain: &str, login: &str) -> Option<Caller> {
        let is_user = |party: &Party| engine.kind(*party).is_some_and(|(_, kind)| kind == Kind::User);
        // Not by an extension or an alias: exactly the login.
        let user = engine.find(Some(domain), login).filter(|user| is_user(user) && engine.text(*user) == login)?;
        let party = Some(engine.text(user).into());
        Some(Caller { name: login.into(), role: Role::Change, domain: Some(domain.into()), party })
    }

    /// Refuses a caller of a lower role.
    ///
    /// # Errors
    /// 403.
    pub fn needs(&self, role: Role) -> Result<(), Problem> {
        match self.role >= role {
            true => Ok(()),
            false => Err(Problem::forbidden("the role of this caller does not allow it")),
        }
    }

    /// Refuses a caller of a single domain.
    ///
    /// # Errors
    /// 403.
    pub fn needs_all_domains(&self) -> Result<(), Problem> {
        match self.domain {
            None => Ok(()),
            Some(_) => Err(Problem::forbidden("only a caller of all domains may")),
        }
    }

    /// The domain that a request is about: the caller's, or the one it names.
    ///
    /// # Errors
    /// 403 for a domain that is not the caller's, in the same words whether there is one of that name or not; 404 where a caller of all
    /// domains names one that is not there.
    pub fn domain(&self, engine: &Engine, named: Option<&str>) -> Result<Option<DomainId>, Problem> {
        let own = self.domain.as_deref();
        let Some(named) = named.or(own) else { return Ok(None) };
        let found = engine.domain(named);
        let Some(own) = own else { return Ok(Some(found?)) };
        let foreign = || Problem::forbidden("this caller may not ask about that domain");
        let own = engine.domain(own).map_err(|_| Problem::internal("the domain of this caller is not there"))?;
        match found {
            Ok(found) if found == own => Ok(Some(own)),
            _ => Err(foreign()),
        }
    }

    /// The user that the caller is, where it is one.
    ///
    /// # Errors
    /// 403 when there is no such user any more.
    pub fn user(&self, engine: &Engine) -> Result<Option<Party>, Problem> {
        let Some(user) = &self.party else { return Ok(None) };
        let found = engine.find(self.domain.as_deref(), user);
        found.map(Some).ok_or_else(|| Problem::forbidden("the user of this caller is not there any more"))
    }

    /// Refuses a question that does not concern the user that the caller is.
    ///
    /// # Errors
    /// 403.
    pub fn concerns(&self, engine: &Engine, parties: &[Party]) -> Result<(), Problem> {
        match self.user(engine)? {
            Some(user) if !parties.contains(&user) => {
                Err(Problem::forbidden("this caller may only ask about its own user"))
            }
            _ => Ok(()),
        }
    }
}
