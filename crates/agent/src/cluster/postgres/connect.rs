//! Connections to PostgreSQL: where, how they are secured, and what is refused. A password must never leave this machine in the clear
//! unless the administrator asked for that, and no pooler may stand in between that gives a session's statements to several servers.
#![forbid(unsafe_code)]

use super::super::Fault;
use super::{AFTER, APPENDING, HEAD, Heard, PATIENCE, Postgres, SETTLE, Statements, fault, schema, whole, within};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::error::Severity;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, SimpleQueryMessage, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Why a database cannot be set up: a sentence for the administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError(pub String);

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SetupError {}

/// Where the database is, and how it is reached.
#[derive(Clone)]
pub struct Database {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The configuration has a password.
        f.debug_struct("Database").field("hosts", &self.config.get_hosts()).finish_non_exhaustive()
    }
}

impl Database {
    /// A database by its connection string, as `host=db1,db2 dbname=linewarden user=node1`; `ca` is the file with the certificates of
    /// those who may sign the server's. `node` names this program in PostgreSQL's own tables.
    ///
    /// # Errors
    /// A sentence, when one of them cannot be read, or when a host that is not this machine would be reached in the clear.
    pub fn new(text: &str, ca: Option<&Path>, node: &str) -> Result<Database, SetupError> {
        let mut config: Config =
            text.parse().map_err(|error| SetupError(format!("the connection string: {}", whole(&error))))?;
        let asked = text.contains("sslmode");
        let tls = ca.map(tls).transpose()?;
        let local = |host: &Host| match host {
            Host::Tcp(name) => name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()),
            Host::Unix(_) => true,
        };
        match (&tls, config.get_ssl_mode()) {
            (Some(_), SslMode::Disable) => {
                return Err(SetupError("sslmode=disable and --ca contradict each other".into()));
            }
            (Some(_), _) => {
                config.ssl_mode(SslMode::Require);
            }
            (None, SslMode::Disable) if asked => {}
            (None, _) if !config.get_hosts().iter().all(local) => {
                let message = "the database is on another machine: name the file with its certificate authority by --ca, or ask for \
                               sslmode=disable where the network is yours alone";
                return Err(SetupError(message.into()));
            }
            (None, _) => {
                config.ssl_mode(SslMode::Disable);
            }
        }
        config
            .application_name(format!("linewarden {node}"))
            .connect_timeout(PATIENCE)
            .tcp_user_timeout(PATIENCE * 5)
            .keepalives_idle(Duration::from_secs(5))
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Database { config, tls })
    }

    /// A connection without anything prepared, for administrators.
    ///
    /// # Errors
    /// `Lost` when the database cannot be reached, `Said` when it refuses.
    pub async fn client(&self) -> Result<Client, Fault> {
        self.opened(&Arc::default()).await
    }

    /// A client whose connection is driven by a task.
    async fn opened(&self, heard: &Arc<Heard>) -> Result<Client, Fault> {
        let connecting = async {
            match &self.tls {
                Some(tls) => self.driven(tls.clone(), heard).await,
                None => self.driven(NoTls, heard).await,
            }
        };
        // Looking the host name up has no timeout of its own.
        within(PATIENCE * 2, connecting).await
    }

    async fn driven<T>(&self, tls: T, heard: &Arc<Heard>) -> Result<Client, tokio_postgres::Error>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (client, connection) = self.config.connect(tls).await?;
        tokio::spawn(drive(connection, heard.clone()));
        Ok(client)
    }

    pub(super) async fn connected(&self, shard: &str) -> Result<Postgres, Fault> {
        let heard = Arc::<Heard>::default();
        let client = self.opened(&heard).await?;
        self.no_pooler(&client).await?;
        schema::is_current(&client).await?;
        // A writer that waits for the standby holds the head of the log; who waits for it is refused, and may try again.
        let session =
            format!("SET lock_timeout = '3s'; SET statement_timeout = 0; LISTEN \"linewarden_{}\"", quoted(shard));
        within(PATIENCE, client.batch_execute(&session)).await?;
        let prepare = |text| within(PATIENCE, client.prepare(text));
        let statements = Statements {
            head: prepare(HEAD).await?,
            after: prepare(AFTER).await?,
            append: prepare(APPENDING).await?,
            settle: prepare(SETTLE).await?,
        };
        Ok(Postgres { client, shard: shard.to_owned(), statements, heard })
    }

    /// Refuses a pooler that shares a server's session between clients: what a session listens to and sets would be lost or another's.
    async fn no_pooler(&self, client: &Client) -> Result<(), Fault> {
        let first = process(client).await?;
        let other = self.opened(&Arc::default()).await?;
        let second = process(&other).await?;
        if first != second && process(client).await? == first {
            return Ok(());
        }
        let message = "a pooler stands before the database that shares sessions (pgbouncer with pool_mode = transaction or statement): \
                       connect to PostgreSQL itself, or give the agents a pool with pool_mode = session";
        Err(Fault::Said(message.into()))
    }
}

/// The process of the server that a statement runs in.
async fn process(client: &Client) -> Result<String, Fault> {
    let answer = within(PATIENCE, client.simple_query("SELECT pg_backend_pid()")).await?;
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    row.ok_or_else(|| Fault::Said("the database does not say which process answers".into()))
}

/// A name inside double quotes.
fn quoted(name: &str) -> String {
    name.replace('"', "\"\"")
}

/// Drives the connection until it ends.
async fn drive<T>(mut connection: Connection<Socket, T>, heard: Arc<Heard>)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
        match message {
            Ok(AsyncMessage::Notification(_)) => heard.bell.notify_one(),
            Ok(AsyncMessage::Notice(notice)) => {
                if notice.parsed_severity() == Some(Severity::Warning) {
                    heard.warnings.fetch_add(1, Ordering::SeqCst);
                    eprintln!("the database warns: {}", notice.message());
                }
            }
            Ok(_) => {}
            Err(error) => {
                if error.as_db_error().is_some() {
                    eprintln!("{}", fault(&error).message());
                }
                break;
            }
        }
    }
    heard.bell.notify_one();
}

/// The certificates of those who may sign the server's.
fn tls(ca: &Path) -> Result<MakeRustlsConnect, SetupError> {
    let wrong = |what: String| SetupError(format!("`{}`: {what}", ca.display()));
    let mut roots = rustls::RootCertStore::empty();
    let read = CertificateDer::pem_file_iter(ca).map_err(|error| wrong(error.to_string()))?;
    for certificate in read {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("it has no certificate".into()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_to_another_machine_in_the_clear_unasked() {
        let of = |text: &str| Database::new(text, None, "test").map(drop);
        for here in ["host=/run/postgresql user=a", "host=127.0.0.1 user=a", "host=localhost user=a", "host=::1 user=a"]
        {
            assert_eq!(of(here), Ok(()), "{here}");
        }
        for there in
            ["host=db1 user=a", "host=localhost,db1 user=a", "host=192.0.2.1 user=a", "host=db1 sslmode=prefer user=a"]
        {
            let said = of(there).unwrap_err().to_string();
            assert!(said.contains("--ca"), "{there}: {said}");
        }
        assert_eq!(of("host=db1 sslmode=disable user=a"), Ok(()));
        assert!(of("hots=db1").unwrap_err().to_string().contains("connection string"));
    }
}
