//! Login by OpenID Connect: the provider makes sure who a person is and says so in a signed ID token. Authorization code flow with PKCE, state
//! and nonce; discovery; the provider's keys.
//!
//! ```text
//! begun      logins that have begun, in the browser's own cookie
//! token      the ID token: signature, issuer, audience, time, nonce
//! signature  signatures by ring
//! person     who the claims say it is
//! ```
//!
//! A person must never be anyone by words that the provider did not sign for this service, in answer to this browser.
#![forbid(unsafe_code)]

pub mod begun;
mod person;
mod signature;
mod token;

use super::caller::Caller;
use super::config::{Config, Oidc, address};
use super::fetch::Fetch;
use super::problem::{Problem, Refusable};
use axum::http::StatusCode;
use begun::{Begun, Secrets};
use linewarden::{Engine, Error, ErrorKind, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use token::{Expected, Fault, Keys};
use tokio::sync::Mutex;

/// The path that the provider sends the browser back to.
pub const BACK: &str = "/page/login/oidc/back";
/// How long what the provider says of itself is used.
const FRESH: Duration = Duration::from_secs(3600);
/// How long the provider is left alone after it failed, or after a key was looked for.
const PAUSE: Duration = Duration::from_secs(5);

/// The provider, as the configuration and its own document describe it.
pub struct Provider {
    config: Oidc,
    secret: Option<String>,
    back: String,
    fetch: Fetch,
    /// The logins that have begun.
    pub begun: Begun,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    found: Option<Arc<Found>>,
    failed: Option<(Instant, Problem)>,
}

/// What the provider says of itself.
struct Found {
    about: Metadata,
    keys: Keys,
    at: Instant,
}

/// The provider's discovery document, as far as it is used.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What the provider sends the browser back with.
#[derive(Clone, Copy, Debug)]
pub struct Returned<'a> {
    /// The code that the provider exchanges for a token.
    pub code: &'a str,
    /// The state of the login.
    pub state: &'a str,
    /// The issuer; empty where the provider does not say it.
    pub issuer: &'a str,
    /// The cookie of the login.
    pub cookie: &'a str,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret stays out of it.
        f.debug_struct("Provider").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The login cannot go on.
fn refused(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "login", detail)
}

/// The provider did not answer as it should.
fn failed(detail: impl fmt::Display) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "provider", format!("the login service: {detail}"))
}

impl Provider {
    /// The provider of a configuration; `None` without one. Nothing is asked of it yet.
    ///
    /// # Errors
    /// `File` for a secret or certificates that cannot be read, or without random numbers.
    pub fn of(config: &Config) -> Result<Option<Provider>> {
        let Some(oidc) = config.page.as_ref().and_then(|page| page.oidc.as_ref()) else { return Ok(None) };
        let wrong = |path: &std::path::Path, what: String| {
            Error::new(ErrorKind::File, format!("`{}` cannot be read: {what}", path.display()))
        };
        let secret = oidc.client_secret_file.as_ref().map(|path| {
            let text = std::fs::read_to_string(path).map_err(|error| wrong(path, error.to_string()))?;
            match text.trim() {
                "" => Err(wrong(path, "it is empty".into())),
                text => Ok(text.to_owned()),
            }
        });
        let address = config.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
        Ok(Some(Provider {
            secret: secret.transpose()?,
            back: format!("{address}{BACK}"),
            fetch: Fetch::new(&oidc.ca)?,
            begun: Begun::new().map_err(|error| Error::new(ErrorKind::File, format!("no random numbers: {error}")))?,
            known: Mutex::default(),
            config: oidc.clone(),
        }))
    }

    /// The provider's name for people.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Where a browser goes to log in.
    ///
    /// # Errors
    /// 502 where the provider does not answer.
    pub async fn begin(&self, secrets: &Secrets) -> Refusable<String> {
        let found = self.found(false).await?;
        let scope = std::iter::once("openid").chain(self.config.scopes.iter().map(String::as_str));
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", &self.back)
            .append_pair("scope", &scope.collect::<Vec<_>>().join(" "))
            .append_pair("state", &secrets.state)
            .append_pair("nonce", &secrets.nonce)
            .append_pair("code_challenge", &secrets.challenge())
            .append_pair("code_challenge_method", "S256")
            .finish();
        let address = &found.about.authorization_endpoint;
        Ok(format!("{address}{}{query}", if address.contains('?') { '&' } else { '?' }))
    }

    /// The person that the provider sends back.
    ///
    /// # Errors
    /// 403 for a login that this browser did not begin, is too old or was used, for a token that is not for it, and for a person that is not
    /// known here; 502 where the provider does not answer.
    pub async fn finish(&self, engine: &Engine, returned: Returned<'_>) -> Refusable<Caller> {
        let begun = || refused("this login was not begun in this browser, is too old or was used: try again");
        let secrets = self.begun.find(returned.cookie, returned.state).ok_or_else(begun)?;
        let found = self.found(false).await?;
        let by_another = match returned.issuer {
            "" => found.about.authorization_response_iss_parameter_supported,
            issuer => issuer != self.config.issuer,
        };
        if by_another {
            return Err(refused("another login service has answered"));
        }
        let token = self.exchanged(&found, returned.code, &secrets).await?;
        let claims = self.claims(found, &token, &secrets).await?;
        // Only now: who has no account at the provider cannot fill the table of used logins.
        if !self.begun.spend(returned.cookie) {
            return Err(begun());
        }
        person::of(&self.config, &claims, engine)
    }

    /// Where a browser ends its session at the provider, if that is known.
    pub async fn end(&self) -> Option<String> {
        let found = self.known.lock().await.found.clone()?;
        let address = found.about.end_session_endpoint.clone()?;
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("client_id", &self.config.client_id).finish();
        Some(format!("{address}{}{query}", if address.contains('?') { '&' } else { '?' }))
    }

    /// The ID token for a code.
    async fn exchanged(&self, found: &Found, code: &str, secrets: &Secrets) -> Refusable<String> {
        let (form, basic) = self.form(found, code, secrets);
        #[derive(Deserialize)]
        struct Answer {
            id_token: String,
        }
        let (status, bytes) = self.fetch.post(&found.about.token_endpoint, form, basic).await.map_err(failed)?;
        if !status.is_success() {
            #[derive(Deserialize)]
            struct Why {
                error: String,
            }
            let why = serde_json::from_slice(&bytes).map_or_else(|_| status.to_string(), |Why { error }| error);
            return Err(refused(format!("the login service refuses this login: {why}")));
        }
        let answer: Answer = serde_json::from_slice(&bytes).map_err(|error| failed(format!("its token: {error}")))?;
        Ok(answer.id_token)
    }

    /// The form that asks for the token, and what goes beside it in a header.
    fn form(&self, found: &Found, code: &str, secrets: &Secrets) -> (String, Option<(&str, &str)>) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.back)
            .append_pair("code_verifier", &secrets.verifier);
        let methods = found.about.token_endpoint_auth_methods_supported.as_deref();
        let has = |method: &str| methods.is_some_and(|methods| methods.iter().any(|known| known == method));
        let mut basic = None;
        match &self.secret {
            None => drop(form.append_pair("client_id", &self.config.client_id)),
            Some(secret) if has("client_secret_post") && !has("client_secret_basic") => {
                form.append_pair("client_id", &self.config.client_id).append_pair("client_secret", secret);
            }
            Some(secret) => basic = Some((self.config.client_id.as_str(), secret.as_str())),
        }
        (form.finish(), basic)
    }

    /// What an ID token says, by the keys that are known; by new ones where it has another key.
    async fn claims(&self, found: Arc<Found>, token: &str, secrets: &Secrets) -> Refusable<Map<String, Value>> {
        let expected = Expected { issuer: &self.config.issuer, client: &self.config.client_id, nonce: &secrets.nonce };
        let mut checked = found.keys.check(token, expected);
        if checked == Err(Fault::Key) && found.at.elapsed() > PAUSE {
            checked = self.found(true).await?.keys.check(token, expected);
        }
        checked.map_err(|fault| refused(format!("the login service's token is not accepted: {fault}")))
    }

    /// What the provider says of itself. One request at a time asks it, and none directly after it failed.
    async fn found(&self, anew: bool) -> Refusable<Arc<Found>> {
        let mut known = self.known.lock().await;
        let least = if anew { PAUSE } else { FRESH };
        if let Some(found) = known.found.as_ref().filter(|found| found.at.elapsed() < least) {
            return Ok(found.clone());
        }
        if let Some((_, problem)) = known.failed.as_ref().filter(|(at, _)| at.elapsed() < PAUSE) {
            return Err(problem.clone());
        }
        match self.discovered().await {
            Ok(found) => Ok(known.found.insert(Arc::new(found)).clone()),
            Err(problem) => {
                eprintln!("{}", problem.detail);
                known.failed = Some((Instant::now(), problem.clone()));
                Err(problem)
            }
        }
    }

    async fn discovered(&self) -> Refusable<Found> {
        let at = format!("{}/.well-known/openid-configuration", self.config.issuer.trim_end_matches('/'));
        let about: Metadata = self.fetch.json(&at).await.map_err(failed)?;
        if about.issuer != self.config.issuer {
            return Err(failed(format!("it calls itself `{}`, expected `{}`", about.issuer, self.config.issuer)));
        }
        address(&about.authorization_endpoint).map_err(failed)?;
        about.end_session_endpoint.as_deref().map(address).transpose().map_err(failed)?;
        let keys = Keys::read(self.fetch.json(&about.jwks_uri).await.map_err(failed)?);
        Ok(Found { about, keys, at: Instant::now() })
    }
}
