//! The source a command is asked about: opened, and its parties read and written as people write them.
#![forbid(unsafe_code)]

#[cfg(any(target_os = "linux", windows))]
use crate::output::Out;
use linewarden::Author;
use linewarden::{Document, DomainId, Engine, Error, ErrorKind, Kind, Party, Result};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// What standard input is called in messages.
const STANDARD_INPUT: &str = "standard input";

/// The document that a stream brings, for `-` and `<(command)`. A store's path is needed, as it has files beside it.
fn streamed(path: &Path) -> Result<Option<Document>> {
    let document = stream(path)?;
    if document.is_none() && is_unnamed_store(path) {
        let message = format!("`{}` is a store, expected its path: it has files beside it", path.display());
        return Err(Error::new(ErrorKind::File, message));
    }
    Ok(document)
}

/// Opens a source: a document, a folder, a store, `-`, or a stream as of `<(command)`.
pub fn open(path: &Path) -> Result<Engine> {
    streamed(path)?.map_or_else(|| Engine::open(path), |document| Engine::from_documents(&[document]))
}

/// What a source says: its documents, and what documents cannot express where it says that, too.
pub fn read(path: &Path) -> Result<(Vec<Document>, Option<String>)> {
    streamed(path)?.map_or_else(|| linewarden::read_source(path), |document| Ok((vec![document], None)))
}

/// The engine with the answers of an instant; of now without one.
pub fn at(engine: Engine, instant: Option<i64>) -> Result<Engine> {
    instant.map_or(Ok(None), |instant| engine.at(instant).map(Some)).map(|other| other.unwrap_or(engine))
}

/// The documents of a source that is no store.
pub fn documents(path: &Path) -> Result<Vec<Document>> {
    stream(path)?.map_or_else(|| linewarden::read_documents(path), |document| Ok(vec![document]))
}

/// Standard input, for whom it was not read before.
pub fn standard_input() -> Result<std::io::Stdin> {
    static READ: AtomicBool = AtomicBool::new(false);
    match READ.swap(true, Ordering::Relaxed) {
        false => Ok(std::io::stdin()),
        true => Err(Error::new(ErrorKind::Argument, "standard input can be read once only, but stands for two files")),
    }
}

/// A file of lines, or standard input for `-`, with its name for messages.
pub fn reader(path: &Path) -> Result<(String, Box<dyn BufRead>)> {
    if path == Path::new("-") {
        return Ok((STANDARD_INPUT.into(), Box::new(standard_input()?.lock())));
    }
    let cannot = |error| Error::new(ErrorKind::File, format!("`{}` cannot be read: {error}", path.display()));
    Ok((path.display().to_string(), Box::new(BufReader::new(File::open(path).map_err(cannot)?))))
}

/// Reads the next line into `bytes`; whether there is one.
pub fn next_line(reader: &mut dyn BufRead, name: &str, bytes: &mut Vec<u8>) -> Result<bool> {
    bytes.clear();
    let read = reader.read_until(b'\n', bytes);
    read.map(|read| read > 0).map_err(|error| Error::new(ErrorKind::File, format!("`{name}` cannot be read: {error}")))
}

/// The document that comes from a stream. The library refuses streams, because a program with calls must not wait for a writer.
fn stream(path: &Path) -> Result<Option<Document>> {
    if path == Path::new("-") {
        return Document::read_from(STANDARD_INPUT, standard_input()?).map(Some);
    }
    // What cannot be looked at is the library's to refuse.
    let Ok(about) = fs::metadata(path) else { return Ok(None) };
    if about.is_file() || about.is_dir() {
        return Ok(None);
    }
    let refused = |what: &str| Error::new(ErrorKind::File, format!("`{}` {what}", path.display()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt};
        if about.file_type().is_fifo() && about.permissions().mode() & 0o002 != 0 {
            return Err(refused("is a pipe that everyone on this machine may write: `chmod o-w` it"));
        }
    }
    let file = File::open(path).map_err(|error| refused(&format!("cannot be read: {error}")))?;
    Document::read_from(&path.display().to_string(), file).map(Some)
}

/// Whether it is a store by the name of an open descriptor, beside which its image cannot lie.
fn is_unnamed_store(#[allow(unused_variables, reason = "for Linux")] path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    return ["/dev", "/proc"].iter().any(|folder| path.starts_with(folder)) && linewarden::is_store(path);
    #[cfg(not(target_os = "linux"))]
    false
}

/// Which source, and the domain of parties written without one.
#[derive(Debug, clap::Args)]
pub struct SourceArgs {
    /// A policy document, a folder of them, or a store; `-` for standard input
    #[arg(value_name = "SOURCE", value_hint = clap::ValueHint::AnyPath)]
    source: PathBuf,
    /// The domain of parties that are written without one
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Over a store: as it was at this revision
    #[cfg(any(target_os = "linux", windows))]
    #[arg(long, value_name = "REVISION", value_parser = crate::values::revision)]
    at_revision: Option<u64>,
    /// Answer for this instant, as 2026-12-24T18:00:00+01:00, instead of now
    #[arg(long, value_name = "TIME", value_parser = crate::values::instant)]
    at: Option<i64>,
}

impl SourceArgs {
    /// The instant that was named.
    pub fn at(&self) -> Option<i64> {
        self.at
    }

    /// Which source.
    pub fn path(&self) -> &Path {
        &self.source
    }

    /// Whether a domain was named.
    #[cfg(any(target_os = "linux", windows))]
    pub fn names_domain(&self) -> bool {
        self.domain.is_some()
    }
}

/// Which store, and the domain of parties and changes written without one.
#[cfg(any(target_os = "linux", windows))]
#[derive(Debug, clap::Args)]
pub struct StoreArgs {
    /// The store
    #[arg(value_name = "STORE", value_hint = clap::ValueHint::FilePath)]
    store: PathBuf,
    /// The domain of parties and changes that are written without one
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
}

#[cfg(any(target_os = "linux", windows))]
impl StoreArgs {
    /// Which store.
    pub fn path(&self) -> &Path {
        &self.store
    }
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
        #[cfg(any(target_os = "linux", windows))]
        if let Some(revision) = args.at_revision {
            let engine = at(open(&args.source)?.as_of(revision)?, args.at)?;
            return Source::over(engine, &args.source, args.domain.as_ref());
        }
        match args.at {
            Some(_) => Source::over(at(open(&args.source)?, args.at)?, &args.source, args.domain.as_ref()),
            None => Source::at(&args.source, args.domain.as_ref()),
        }
    }

    /// Opens the store that the arguments name.
    #[cfg(any(target_os = "linux", windows))]
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
        Source::over(open(source)?, source, domain)
    }

    fn over(engine: Engine, source: &Path, domain: Option<&String>) -> Result<Source> {
        let domains = engine.domains();
        let asked = domain.map(|name| engine.domain(name)).transpose();
        let asked = asked.map_err(|error| Error::new(error.kind(), format!("`{}`: {error}", source.display())))?;
        Ok(Source { engine, domain: domain.cloned(), asked, domains })
    }

    /// The party written as `text`.
    pub fn party(&self, text: &str) -> Result<Party> {
        self.engine.resolve(self.domain.as_deref(), text)
    }

    /// Says on standard error which of these texts, if any, is an address that no document names. It is a contact like every other one
    /// outside; what it should be may be written in another way.
    pub fn point_out_unlisted(&self, texts: [&str; 2], out: &Out) {
        for text in texts {
            if self.party(text).is_ok_and(|party| self.engine.is_unlisted(party)) {
                out.note(&format!("no document names `{text}`: it has what every contact outside has"));
            }
        }
    }

    /// The domain that was named.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Whose change it is: a user's, or the administrator's where no user is named.
    #[cfg(any(target_os = "linux", windows))]
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
