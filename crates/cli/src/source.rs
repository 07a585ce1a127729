//! The source a command is asked about: opened, and its parties read and written as people write them.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
use linewarden::Author;
use linewarden::{DomainId, Engine, Error, ErrorKind, Kind, Party, Result};
use std::path::{Path, PathBuf};

/// Which source, and the domain of parties written without one.
#[derive(Debug, clap::Args)]
pub struct SourceArgs {
    /// A policy document, a folder of them, or a store
    #[arg(value_name = "SOURCE", value_hint = clap::ValueHint::AnyPath)]
    source: PathBuf,
    /// The domain of parties that are written without one
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
}

impl SourceArgs {
    /// Which source.
    pub fn path(&self) -> &Path {
        &self.source
    }

    /// Whether a domain was named.
    #[cfg(target_os = "linux")]
    pub fn names_domain(&self) -> bool {
        self.domain.is_some()
    }
}

/// Which store, and the domain of parties and changes written without one.
#[cfg(target_os = "linux")]
#[derive(Debug, clap::Args)]
pub struct StoreArgs {
    /// The store
    #[arg(value_name = "STORE", value_hint = clap::ValueHint::FilePath)]
    store: PathBuf,
    /// The domain of parties and changes that are written without one
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
}

/// An opened source.
pub struct Source {
    /// The engine over it.
    pub engine: Engine,
    domain: Option<String>,
    asked: Option<DomainId>,
    domains: Vec<(DomainId, String)>,
}

impl Source {
    /// Opens what the arguments name.
    pub fn open(args: &SourceArgs) -> Result<Source> {
        Source::at(&args.source, args.domain.as_ref())
    }

    /// Opens the store that the arguments name.
    #[cfg(target_os = "linux")]
    pub fn store(args: &StoreArgs) -> Result<Source> {
        if !args.store.exists() {
            let message = format!(
                "there is no store `{}`; `linewarden import {} SOURCE` makes one",
                args.store.display(),
                args.store.display()
            );
            return Err(Error::new(ErrorKind::File, message));
        }
        Source::at(&args.store, args.domain.as_ref())
    }

    fn at(source: &Path, domain: Option<&String>) -> Result<Source> {
        let engine = Engine::open(source)?;
        let domains = engine.domains();
        let asked = domain.map(|name| engine.domain(name)).transpose();
        let asked = asked.map_err(|error| Error::new(error.kind(), format!("`{}`: {error}", source.display())))?;
        Ok(Source { engine, domain: domain.cloned(), asked, domains })
    }

    /// The party written as `text`.
    pub fn party(&self, text: &str) -> Result<Party> {
        self.engine.resolve(self.domain.as_deref(), text)
    }

    /// The domain that was named.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Whose change it is: a user's, or the administrator's where no user is named.
    #[cfg(target_os = "linux")]
    pub fn author(&self, by: Option<&String>) -> Result<Author> {
        let Some(by) = by else { return Ok(Author::Administrator) };
        let user = self.party(by)?;
        match self.engine.kind(user) {
            Some((_, Kind::User)) => Ok(Author::User(user)),
            _ => Err(Error::new(ErrorKind::Argument, format!("`{by}` is {}, expected a user", self.described(user)))),
        }
    }

    /// The team written as `text`, where `team:` may be left out.
    pub fn team(&self, text: &str) -> Result<Party> {
        self.engine.resolve_kind(self.domain.as_deref(), Kind::Team, text)
    }

    fn described(&self, party: Party) -> String {
        let kind = self.engine.kind(party).map_or("unknown party", |(_, kind)| kind.word());
        format!("the {kind} `{}`", self.text(party))
    }

    /// A party as people write it here: with its domain where there are several.
    pub fn text(&self, party: Party) -> String {
        let name = self.engine.text(party);
        if self.domains.len() > 1 { format!("{}/{name}", self.domain_of(party)) } else { name }
    }

    /// Parties as people write them.
    pub fn texts(&self, parties: &[Party]) -> Vec<String> {
        parties.iter().map(|party| self.text(*party)).collect()
    }

    /// The name of a party's domain; empty for an unknown party.
    pub fn domain_of(&self, party: Party) -> &str {
        let domain = self.engine.kind(party).map(|(domain, _)| domain);
        self.domains.iter().find(|(id, _)| Some(*id) == domain).map_or("", |(_, name)| name)
    }

    /// The domains that are asked about: the one that was named, or all.
    pub fn asked_domains(&self) -> impl Iterator<Item = &(DomainId, String)> {
        self.domains.iter().filter(|(domain, _)| self.asked.is_none_or(|asked| asked == *domain))
    }
}
