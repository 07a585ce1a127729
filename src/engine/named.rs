//! Names from a command line or a form to domains and parties, with an error that says what is near. For people: it reads all names
//! of the image, and so must never be asked on a call. It never reads a policy.
#![forbid(unsafe_code)]

use super::Engine;
use crate::address::{is_same_domain, split};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{DomainId, Kind, Party};
use crate::wording::{did_you_mean, meant_name, quote, slips};

impl Engine {
    /// The domain of that name, in any spelling of it.
    ///
    /// # Errors
    /// `Unknown` when the source has no such domain.
    pub fn domain(&self, name: &str) -> Result<DomainId> {
        let domains = self.domains();
        match domains.iter().find(|(_, own)| is_same_domain(own, name)) {
            Some((domain, _)) => Ok(*domain),
            None => {
                let near = meant_name(name, domains.iter().map(|(_, own)| own.as_str()));
                Err(Error::new(ErrorKind::Unknown, format!("unknown domain `{name}`{near}")))
            }
        }
    }

    /// The error for an unknown name.
    pub(super) fn unknown_name(&self, domain: Option<&str>, text: &str) -> Error {
        let (before, text) = split(text);
        let domains = self.domains();
        let (id, domain) = match (before.or(domain), domains.as_slice()) {
            (Some(name), _) => match self.domain(name) {
                Ok(id) => (id, domains.iter().find(|(own, _)| *own == id).map_or(name, |(_, name)| name)),
                Err(error) => return error,
            },
            (None, [(id, name)]) => (*id, name.as_str()),
            (None, _) => {
                let message = format!("`{text}` needs its domain, as in `domain/{text}`: there are several");
                return Error::new(ErrorKind::Argument, message);
            }
        };
        let mut names: Vec<String> = self.published.read(|image| {
            let texts = image.parties(id).filter_map(|party| Some(image.named(party)?.1));
            let numbers = slips(text).filter(|number| image.extension(id, number).is_some());
            texts.chain(numbers).collect()
        });
        // So that of two equally near names the same one is always suggested.
        names.sort_unstable();
        // The plain name of a team, location or device is meant for it, however near another name is.
        let plain =
            names.iter().find(|name| name.split_once(':').is_some_and(|(kind, name)| kind != "sip" && name == text));
        let near = match plain {
            Some(name) => did_you_mean(name),
            None => meant_name(text, names.iter().map(String::as_str)),
        };
        Error::new(ErrorKind::Unknown, format!("unknown name {} in `{domain}`{near}", quote(text)))
    }

    /// The party of that kind; the kind's prefix may be left out: `support` or `team:support`.
    ///
    /// # Errors
    /// As for [`Engine::resolve`]; `Argument` when the name is a party of another kind.
    pub fn resolve_kind(&self, domain: Option<&str>, kind: Kind, text: &str) -> Result<Party> {
        let find = |text: &str| {
            let party = self.find(domain, text)?;
            self.kind(party).is_some_and(|(_, found)| found == kind).then_some(party)
        };
        let prefixed = match split(text) {
            (Some(domain), name) => format!("{domain}/{}{name}", kind.prefix()),
            (None, name) => format!("{}{name}", kind.prefix()),
        };
        if let Some(party) = find(text).or_else(|| find(&prefixed)) {
            return Ok(party);
        }
        let other = self.resolve(domain, text)?;
        let found = self.kind(other).map_or("unknown", |(_, found)| found.word());
        let (name, word) = (self.text(other), kind.word());
        Err(Error::new(ErrorKind::Argument, format!("`{text}` is the {found} `{name}`, expected a {word}")))
    }
}
