//! Parties as a caller writes them. A caller of one domain names parties of this domain and outside contacts; every other name is unknown to
//! it, in the same words whether another domain has it or not.
//!
//! A target must never be a party of another domain than the caller's: the answer would be that domain's.
#![forbid(unsafe_code)]

use super::caller::Caller;
use super::problem::{Problem, Refusable};
use linewarden::agent::{is_same_domain, split};
use linewarden::{DomainId, Engine, Error, ErrorKind, Kind, Party, Right};
use std::sync::Arc;

/// What is between a request's names and the engine's numbers, worked out once a request.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    engine: &'a Engine,
    /// The caller's own domain.
    own: Option<(DomainId, Arc<str>)>,
    /// The user that the caller is.
    user: Option<Party>,
}

/// Which part of a question a party has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Who asks to do something.
    Actor,
    /// Towards whom.
    Target,
}

impl<'a> Names<'a> {
    /// Those of a caller.
    ///
    /// # Errors
    /// 500 when its domain is not there any more, 403 when its user is not.
    pub fn of(caller: &Caller, engine: &'a Engine) -> Refusable<Names<'a>> {
        let own = caller.domain.clone().zip(caller.domain(engine, None)?).map(|(name, domain)| (domain, name));
        Ok(Names { engine, own, user: caller.user(engine)? })
    }

    /// The party, of any kind or of one; `None` where the caller has none of that name. `domain` is what a request says beside the name.
    ///
    /// # Errors
    /// 400 when a name stands with one domain and beside another.
    pub fn find(&self, domain: Option<&str>, kind: Option<Kind>, text: &str, part: Part) -> Refusable<Option<Party>> {
        let (before, name) = split(text);
        if let (Some(before), Some(domain)) = (before, domain)
            && !is_same_domain(before, domain)
        {
            return Err(Problem::not_understood(format!("`{text}` stands beside the domain `{domain}`")));
        }
        let named = before.or(domain);
        let domain = match &self.own {
            Some((_, own)) if named.is_some_and(|named| !is_same_domain(named, own)) => return Ok(None),
            Some((_, own)) => Some(&**own),
            None => named,
        };
        let is_it = |party: &Party| match (self.engine.kind(*party), &self.own) {
            (Some((of, _)), Some((own, _))) if part == Part::Target && of != *own => false,
            (Some((_, found)), _) if kind.is_none_or(|kind| kind == found) => true,
            // A user of another domain is an outside contact here.
            (Some((of, _)), Some((own, _))) => kind == Some(Kind::Contact) && of != *own,
            _ => false,
        };
        let found = self.engine.find(domain, name).filter(is_it);
        let prefix = kind.map_or("", Kind::prefix);
        let prefixed = || self.engine.find(domain, &format!("{prefix}{name}")).filter(is_it);
        Ok(found.or_else(|| if prefix.is_empty() { None } else { prefixed() }))
    }

    /// The same, with an error that names what is near in the caller's domain.
    ///
    /// # Errors
    /// 404 for an unknown name, and as for [`Names::find`].
    pub fn party(&self, domain: Option<&str>, text: &str, part: Part) -> Refusable<Party> {
        if let Some(party) = self.find(domain, None, text, part)? {
            return Ok(party);
        }
        let error = match &self.own {
            Some((_, own)) if split(text).0.or(domain).is_none_or(|named| is_same_domain(named, own)) => {
                let name = split(text).1;
                self.engine.resolve(Some(own), name).err()
            }
            Some(_) => None,
            None => self.engine.resolve(domain, text).err(),
        };
        let unknown = || Error::new(ErrorKind::Unknown, format!("unknown name `{text}`"));
        Err(error.unwrap_or_else(unknown).into())
    }

    /// The domain's number, where the caller has one domain.
    pub fn own(&self) -> Option<DomainId> {
        self.own.as_ref().map(|(domain, _)| *domain)
    }

    /// The domain's name, where the caller has one domain.
    pub fn own_name(&self) -> Option<&str> {
        self.own.as_ref().map(|(_, name)| &**name)
    }

    /// The user that the caller is.
    pub fn user(&self) -> Option<Party> {
        self.user
    }

    /// Whether the caller may ask about these parties: all of its domain, or what concerns its user.
    pub fn concerns(&self, parties: &[Party]) -> bool {
        self.user.is_none_or(|user| parties.contains(&user))
    }

    /// Those on the other side of `given`, which has that part: who may do it to a target, on whom an actor may do it. Only those that the
    /// caller may ask about, sorted by text.
    pub fn others(&self, right: Right, given: Party, part: Part) -> Vec<Party> {
        let mut found = match part {
            Part::Target => self.engine.who(right, given),
            Part::Actor => self.engine.whom(given, right),
        };
        if !self.concerns(&[given]) {
            found.retain(|party| self.concerns(&[*party]));
        }
        found
    }

    /// A party as the caller writes it: alone in its own domain, with the domain where it has several.
    pub fn text(&self, party: Party) -> String {
        match &self.own {
            Some((_, own)) => self.engine.text_in(own, party),
            None => match self.engine.domain_name_of(party) {
                Some(domain) => format!("{domain}/{}", self.engine.text(party)),
                None => self.engine.text(party),
            },
        }
    }
}
