//! The configuration of the HTTP service: one TOML file, read once at the start. What it does not know it refuses, and without a caller in
//! it every request is refused.
//!
//! It must never hold a token: only its hash.
#![forbid(unsafe_code)]

use axum::http::Uri;
use linewarden::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the service listens: `127.0.0.1:8460`, or `unix:/run/linewarden/service`.
    pub listen: Vec<Listen>,
    /// The address under which callers know the service, for the discovery document; without it the first one of `listen`.
    pub public_url: Option<String>,
    /// The permissions of unix sockets, as chmod writes them.
    #[serde(default = "mode")]
    pub socket_mode: Mode,
    /// Names by which the service may be called beside `localhost` and addresses: the `Host` of requests.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Whether `/metrics` is answered to callers without a name.
    #[serde(default)]
    pub open_metrics: bool,
    /// Certificates; without them addresses must be of this machine.
    pub tls: Option<Tls>,
    /// What a request may cost.
    #[serde(default)]
    pub limits: Limits,
    /// What is written down.
    #[serde(default)]
    pub audit: Audit,
    /// The page for people in a browser; without it there is none.
    pub page: Option<Page>,
    /// Who may ask what.
    #[serde(default, rename = "caller")]
    pub callers: Vec<Known>,
}

/// The page for people in a browser.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Minutes after which a session that is not used ends.
    #[serde(default = "session_minutes")]
    pub session_minutes: u64,
    /// A reverse proxy that says who the person is.
    pub proxy: Option<Proxy>,
    /// An OpenID provider that says who the person is.
    pub oidc: Option<Oidc>,
    /// The other nodes of the cluster, whose state it shows.
    #[serde(default, rename = "node")]
    pub nodes: Vec<Node>,
}

/// Another node of the cluster.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Its name, for people.
    pub name: String,
    /// Where its service answers, as `https://db2.example:8460`.
    pub url: String,
    /// The file with the token of a caller of that service; the role `ask` is enough.
    pub token_file: PathBuf,
    /// The certificates that may sign its own.
    #[serde(default = "ca")]
    pub ca: PathBuf,
}

fn session_minutes() -> u64 {
    60
}

/// A reverse proxy that has made sure who the person is, and says so in a header.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// The addresses of the proxy. Every program at such an address can say that it is anyone: with an address of this machine, every
    /// program of this machine.
    pub addresses: Vec<IpAddr>,
    /// The header's name, as `x-remote-user`.
    pub header: String,
    /// The domain of the people.
    pub domain: String,
    /// Logins of people who administer the domain; all others are users of it, who see and change their own.
    #[serde(default)]
    pub administrators: Vec<String>,
}

/// An OpenID provider, which makes sure who a person is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// Its name, for people.
    pub name: String,
    /// Its address, exactly as it writes it in its tokens.
    pub issuer: String,
    /// The name by which it knows this service.
    pub client_id: String,
    /// The file with the secret that it gave this service; without one it knows it by PKCE alone.
    pub client_secret_file: Option<PathBuf>,
    /// What is asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The domain of the people.
    pub domain: String,
    /// The claim that names a person's login. Persons must not be able to choose it.
    #[serde(default = "claim")]
    pub claim: String,
    /// How the claim must end, as `@acme.example`; the login is what stands before it.
    pub suffix: Option<String>,
    /// The claim that lists a person's groups.
    pub groups: Option<String>,
    /// The groups whose members administer the domain; all others are users of it, who see and change their own.
    #[serde(default)]
    pub administrators: Vec<String>,
    /// The certificates that may sign the provider's.
    #[serde(default = "ca")]
    pub ca: PathBuf,
}

fn scopes() -> Vec<String> {
    vec!["profile".into()]
}

fn claim() -> String {
    "preferred_username".into()
}

fn ca() -> PathBuf {
    "/etc/ssl/certs/ca-certificates.crt".into()
}

/// One address to listen at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Listen {
    /// An address and port.
    Address(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Listen, String> {
        match text.strip_prefix("unix:") {
            Some(path) if path.starts_with('/') => Ok(Listen::Unix(path.into())),
            Some(_) => Err(format!("`{text}`: expected the whole path of a socket, as unix:/run/linewarden/service")),
            None => text.parse().map(Listen::Address).map_err(|_| {
                format!(
                    "`{text}`, expected an address with its port, as 127.0.0.1:8460, or unix:/run/linewarden/service"
                )
            }),
        }
    }
}

/// Permissions of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Mode(pub u32);

fn mode() -> Mode {
    Mode(0o660)
}

impl TryFrom<String> for Mode {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Mode, String> {
        match u32::from_str_radix(&text, 8) {
            Ok(mode) if mode <= 0o777 => Ok(Mode(mode)),
            _ => Err(format!("`{text}`, expected permissions as \"0660\"")),
        }
    }
}

/// Files of TLS, in PEM.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate of the service, and those between it and its root.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The certificates that may sign those of callers. With it a caller without a certificate gets no connection.
    pub client_ca: Option<PathBuf>,
}

/// What a request may cost.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The longest body in bytes.
    pub body: usize,
    /// The most questions in one request.
    pub batch: usize,
    /// The most parties or change sets in one answer.
    pub page: usize,
    /// The most connections at once at each address; another one is refused.
    pub connections: usize,
    /// The most streams of flips at once, and the most requests that wait for a revision.
    pub streams: usize,
    /// The most requests at once that read the policy: explanations, changes, previews, lists.
    pub heavy: usize,
    /// The most headers of a request.
    pub headers: usize,
    /// Seconds for the headers of a request, counted from the answer before it.
    pub header_seconds: u64,
    /// Seconds for the body of a request, and for a caller that does not take its answer.
    pub transfer_seconds: u64,
    /// Seconds for an answer.
    pub answer_seconds: u64,
    /// Seconds that a request waits for the revision it asks for.
    pub wait_seconds: u64,
    /// Seconds between two heartbeats of a stream.
    pub heartbeat_seconds: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body: 1 << 20,
            batch: 10_000,
            page: 10_000,
            connections: 1024,
            streams: 64,
            heavy: 4,
            headers: 64,
            header_seconds: 30,
            transfer_seconds: 15,
            answer_seconds: 60,
            wait_seconds: 5,
            heartbeat_seconds: 15,
        }
    }
}

/// What is written down.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// A file, to which lines of JSON are added.
    pub file: Option<PathBuf>,
    /// The socket of the system's log, as `/dev/log`.
    pub syslog: Option<PathBuf>,
    /// The socket of journald's own protocol, as `/run/systemd/journal/socket`.
    pub journald: Option<PathBuf>,
    /// Which decisions; changes are always written.
    pub decisions: Decisions,
    /// Of how many decisions one is written, with `decisions = "sampled"`.
    pub one_of: u64,
    /// Whether names and numbers are written as they are.
    pub names: bool,
}

/// Which decisions are written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decisions {
    /// None.
    #[default]
    None,
    /// Those that are no.
    Refusals,
    /// One of so many.
    Sampled,
    /// All.
    All,
}

/// What a caller may do; each has what those before it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Ask questions.
    Ask,
    /// See the reasons of answers, what is in force and what was changed.
    Reasons,
    /// Change as a user, with that user's permissions.
    Change,
    /// Change as the administrator of a domain.
    Administer,
}

/// A caller as the file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Its name, in logs.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The domain it asks about; `*` for all.
    pub domain: String,
    /// The user that it is: it sees and changes only what this user may.
    pub user: Option<String>,
    /// SHA-256 of its bearer token, 64 hexadecimal digits; `linewarden-agent token` makes both.
    pub token_sha256: Option<Digest>,
    /// The number of the system's user that is at the other end of the unix socket.
    pub uid: Option<u32>,
    /// SHA-256 of its certificate (DER), 64 hexadecimal digits.
    pub certificate_sha256: Option<Digest>,
}

/// A SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest(pub [u8; 32]);

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Digest, String> {
        let wrong = || "expected the 64 hexadecimal digits of a SHA-256".to_owned();
        let mut digest = [0; 32];
        let text: String = text.chars().filter(|char| *char != ':').collect();
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        for (index, byte) in digest.iter_mut().enumerate() {
            let two = text.get(2 * index..2 * index + 2).unwrap_or_default();
            *byte = u8::from_str_radix(two, 16).map_err(|_| wrong())?;
        }
        Ok(Digest(digest))
    }
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// `File` when it cannot be read, `Document` with the line and key that is wrong.
    pub fn read(path: &Path) -> Result<Config> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::new(ErrorKind::File, format!("`{}` cannot be read: {error}", path.display())))?;
        Config::parse(&text)
            .map_err(|error| Error::new(ErrorKind::Document, format!("{}: {}", path.display(), error.message())))
    }

    /// Reads a text of that form.
    ///
    /// # Errors
    /// `Document` with the line and key that is wrong.
    pub fn parse(text: &str) -> Result<Config> {
        let wrong = |message: String| Error::new(ErrorKind::Document, message);
        let config: Config = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        config.check().map_err(wrong)?;
        Ok(config)
    }

    fn check(&self) -> std::result::Result<(), String> {
        if self.listen.is_empty() {
            return Err("`listen` is empty, expected an address or a socket".into());
        }
        for listen in &self.listen {
            if let Listen::Address(address) = listen
                && self.tls.is_none()
                && !address.ip().is_loopback()
            {
                return Err(format!(
                    "`{address}` is seen from other machines: expected [tls], or an address as 127.0.0.1"
                ));
            }
        }
        if self.audit.decisions == Decisions::Sampled && self.audit.one_of == 0 {
            return Err("decisions = \"sampled\" needs `one_of`, a number above 0".into());
        }
        if let Some(oidc) = self.page.as_ref().and_then(|page| page.oidc.as_ref()) {
            address(&oidc.issuer).map_err(|why| format!("[page.oidc] `issuer`: {why}"))?;
            if self.public_url.is_none() {
                return Err("[page.oidc] needs `public_url`: where the provider sends browsers back to".into());
            }
            if oidc.groups.is_none() != oidc.administrators.is_empty() {
                return Err("[page.oidc] `groups` and `administrators` are given together".into());
            }
        }
        let mut names = BTreeSet::new();
        let mut proofs = BTreeSet::new();
        for caller in &self.callers {
            let name = &caller.name;
            if !names.insert(name) {
                return Err(format!("two callers are called `{name}`"));
            }
            let digest = |digest: Option<Digest>, of| digest.map(|digest| (of, digest.0.to_vec()));
            let mine = [
                digest(caller.token_sha256, "token"),
                caller.uid.map(|uid| ("uid", uid.to_be_bytes().to_vec())),
                digest(caller.certificate_sha256, "certificate"),
            ];
            if mine.iter().all(Option::is_none) {
                return Err(format!("caller `{name}`: expected `token_sha256`, `uid` or `certificate_sha256`"));
            }
            for (of, proof) in mine.into_iter().flatten() {
                if !proofs.insert((of, proof)) {
                    return Err(format!("caller `{name}` has the {of} of another one"));
                }
            }
            if caller.certificate_sha256.is_some() && self.tls.as_ref().is_none_or(|tls| tls.client_ca.is_none()) {
                return Err(format!("caller `{name}` has a certificate: expected `client_ca` in [tls]"));
            }
            if caller.user.is_some() && (caller.domain == "*" || caller.role == Role::Administer) {
                return Err(format!("caller `{name}` is a user: expected its domain, and a role below `administer`"));
            }
        }
        Ok(())
    }
}

/// An address of the provider.
///
/// # Errors
/// Words for what is no address, or one whose answers others could read or write.
pub fn address(text: &str) -> std::result::Result<Uri, String> {
    let wrong = || format!("`{text}`, expected an address as https://login.example");
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let host = bare(uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?);
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_here => Ok(uri),
        Some("http") => Err(format!("`{text}` is not encrypted: expected https://")),
        _ => Err(wrong()),
    }
}

/// A host without the brackets of an IPv6 address.
pub fn bare(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn only_what_no_one_else_can_read_is_asked() {
        for good in [
            "https://login.example",
            "https://login.example:8443/a?b=c",
            "http://127.0.0.1:3000",
            "http://[::1]:1",
            "http://localhost/x",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for (wrong, why) in [
            ("http://login.example", "not encrypted"),
            ("http://localhost.evil.example/", "not encrypted"),
            ("http://127.0.0.1@evil.example/", "not encrypted"),
            ("ftp://login.example", "expected an address"),
            ("/path", "expected an address"),
            ("", "expected an address"),
        ] {
            assert!(address(wrong).unwrap_err().contains(why), "{wrong}");
        }
    }
}
