//! Sessions of the page: who a browser is, for how long, and the token that every form carries. A cookie is good for the page alone, never for
//! programs' routes; it is random, and the table holds no more sessions than it can.
#![forbid(unsafe_code)]

use super::super::caller::{Caller, digest};
use super::super::config::Digest;
use crate::random::{self, hex};
use linewarden_report::Lang;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most sessions; the one that was not used for longest makes room.
const MOST: usize = 4096;
/// A session ends after so long, used or not.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// By what a session was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A token.
    Token,
    /// A signed token of an OpenID provider.
    Provider,
    /// The word of a proxy, which must come with each request.
    Proxy,
    /// The system's user at the other end of the unix socket, which must be that of each connection.
    Peer,
}

/// What a browser has proved.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who it is.
    pub caller: Caller,
    /// By what it was proved.
    pub proof: Proof,
    /// What every form of it carries.
    pub csrf: Arc<str>,
    /// The language that was chosen.
    pub lang: Option<Lang>,
    /// The domain that was chosen, of a caller of all domains.
    pub domain: Option<Arc<str>>,
    begun: Instant,
    used: Instant,
}

/// All sessions, by the hash of their cookie: who reads this memory has no cookie.
#[derive(Debug)]
pub struct Sessions {
    table: Mutex<HashMap<Digest, Session>>,
    idle: Duration,
}

/// 32 random bytes as text; `None` when the system has none.
pub fn random() -> Option<String> {
    random::random::<32>().ok().map(|bytes| hex(&bytes))
}

impl Sessions {
    /// An empty table, whose sessions end when they were idle for `idle`.
    pub fn new(idle: Duration) -> Sessions {
        Sessions { table: Mutex::default(), idle }
    }

    /// A new session; its cookie. `None` without random numbers.
    pub fn begin(&self, caller: Caller, proof: Proof, lang: Option<Lang>) -> Option<(String, Session)> {
        let (cookie, csrf) = (random()?, random()?);
        let now = Instant::now();
        let session = Session { caller, proof, csrf: csrf.into(), lang, domain: None, begun: now, used: now };
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.retain(|_, session| session.is_alive(now, self.idle));
        if table.len() >= MOST {
            let oldest = table.iter().min_by_key(|(_, session)| session.used).map(|(key, _)| *key);
            oldest.and_then(|key| table.remove(&key));
        }
        table.insert(digest(cookie.as_bytes()), session.clone());
        Some((cookie, session))
    }

    /// The session of a cookie, which counts as used.
    pub fn find(&self, cookie: &str) -> Option<Session> {
        let now = Instant::now();
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let session = table.get_mut(&digest(cookie.as_bytes())).filter(|session| session.is_alive(now, self.idle))?;
        session.used = now;
        Some(session.clone())
    }

    /// Changes a session.
    pub fn change(&self, cookie: &str, change: impl FnOnce(&mut Session)) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(session) = table.get_mut(&digest(cookie.as_bytes())) {
            change(session);
        }
    }

    /// Ends a session; by what it was begun.
    pub fn end(&self, cookie: &str) -> Option<Proof> {
        let ended = self.table.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest(cookie.as_bytes()));
        ended.map(|session| session.proof)
    }
}

impl Session {
    fn is_alive(&self, now: Instant, idle: Duration) -> bool {
        now.duration_since(self.used) < idle && now.duration_since(self.begun) < LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::config::Role;
    use super::*;

    fn caller(name: &str) -> Caller {
        Caller { name: name.into(), role: Role::Reasons, domain: None, party: None }
    }

    #[test]
    fn sessions_end_and_make_room() {
        let sessions = Sessions::new(Duration::from_secs(3600));
        let (first, _) = sessions.begin(caller("first"), Proof::Token, None).unwrap();
        let (second, session) = sessions.begin(caller("second"), Proof::Token, None).unwrap();
        assert!(first != second && session.csrf.len() == 64);
        assert_eq!(&*sessions.find(&second).unwrap().caller.name, "second");
        assert!(sessions.find("").is_none() && sessions.find(&first[1..]).is_none());
        sessions.end(&second);
        assert!(sessions.find(&second).is_none() && sessions.find(&first).is_some());
        for _ in 0..MOST {
            sessions.begin(caller("more"), Proof::Token, None).unwrap();
        }
        assert!(sessions.find(&first).is_none(), "the one that was not used for longest has gone");
        assert_eq!(sessions.table.lock().unwrap().len(), MOST);
        let short = Sessions::new(Duration::ZERO);
        let (cookie, _) = short.begin(caller("idle"), Proof::Token, None).unwrap();
        assert!(short.find(&cookie).is_none());
    }
}
