//! Logins that have begun. What must come back is derived from a cookie of the browser and a key of this process, so strangers who begin logins
//! cost no memory. A login must never be finished in another browser, after its time, or twice.
#![forbid(unsafe_code)]

use super::super::caller::digest;
use super::super::config::Digest;
use crate::random::{hex, random};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::hmac;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a login may take.
pub const LONGEST: Duration = Duration::from_secs(600);

/// All of them.
#[derive(Debug)]
pub struct Begun {
    key: hmac::Key,
    start: Instant,
    used: Mutex<HashMap<Digest, Instant>>,
}

/// What belongs to one login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// It comes back with the browser.
    pub state: String,
    /// It comes back in the token.
    pub nonce: String,
    /// It shows the provider that who has the code is who began the login (PKCE).
    pub verifier: String,
}

impl Secrets {
    /// The hash by which the provider knows the verifier.
    pub fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(digest(self.verifier.as_bytes()).0)
    }
}

impl Begun {
    /// None has begun.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new() -> std::io::Result<Begun> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()?);
        Ok(Begun { key, start: Instant::now(), used: Mutex::default() })
    }

    /// A new login: the cookie of the browser, and what belongs to it. `None` without random numbers.
    pub fn begin(&self) -> Option<(String, Secrets)> {
        let begun = format!("{}.{}", self.start.elapsed().as_secs(), hex(&random::<32>().ok()?));
        let cookie = format!("{begun}.{}", self.derived("cookie", &begun));
        let secrets = self.secrets(&begun);
        Some((cookie, secrets))
    }

    /// What belongs to the login of a cookie, if the state is that of it.
    pub fn find(&self, cookie: &str, state: &str) -> Option<Secrets> {
        let (begun, proof) = cookie.rsplit_once('.')?;
        let (at, _) = begun.split_once('.')?;
        // Hashes are compared, so the time says nothing of near ones.
        let is = |given: &str, right: &str| digest(given.as_bytes()) == digest(right.as_bytes());
        let secrets = self.secrets(begun);
        let age = self.start.elapsed().as_secs().checked_sub(at.parse().ok()?)?;
        let good = is(proof, &self.derived("cookie", begun)) && is(state, &secrets.state) && age < LONGEST.as_secs();
        (good && !self.table().contains_key(&digest(cookie.as_bytes()))).then_some(secrets)
    }

    /// Counts a login as used; false if it was already.
    pub fn spend(&self, cookie: &str) -> bool {
        let now = Instant::now();
        let mut used = self.table();
        used.retain(|_, at| now.duration_since(*at) < LONGEST);
        used.insert(digest(cookie.as_bytes()), now).is_none()
    }

    fn table(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Instant>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn secrets(&self, begun: &str) -> Secrets {
        let [state, nonce, verifier] = ["state", "nonce", "verifier"].map(|of| self.derived(of, begun));
        Secrets { state, nonce, verifier }
    }

    fn derived(&self, of: &str, begun: &str) -> String {
        hex(hmac::sign(&self.key, format!("{of} {begun}").as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_finished_once_by_who_began_it() {
        let begun = Begun::new().unwrap();
        let (cookie, secrets) = begun.begin().unwrap();
        let (other, others) = begun.begin().unwrap();
        assert!(secrets.state != others.state && secrets.nonce != secrets.state && secrets.verifier.len() == 64);
        assert_eq!(begun.find(&cookie, &secrets.state), Some(secrets.clone()));
        assert_eq!(begun.find(&other, &secrets.state), None, "the state of another browser");
        assert_eq!(begun.find(&cookie, ""), None);
        assert_eq!(begun.find("", &secrets.state), None);
        let (rest, _) = cookie.rsplit_once('.').unwrap();
        assert_eq!(begun.find(rest, &secrets.state), None, "without its proof");
        let later = format!("9{cookie}");
        assert_eq!(begun.find(&later, &secrets.state), None, "another time");
        assert_eq!(Begun::new().unwrap().find(&cookie, &secrets.state), None, "of another process");
        assert!(begun.spend(&cookie) && !begun.spend(&cookie));
        assert_eq!(begun.find(&cookie, &secrets.state), None, "a second time");
    }

    #[test]
    fn an_old_login_is_not_finished() {
        let mut begun = Begun::new().unwrap();
        let (cookie, secrets) = begun.begin().unwrap();
        begun.start = begun.start.checked_sub(LONGEST).unwrap();
        assert_eq!(begun.find(&cookie, &secrets.state), None);
    }
}
