//! Requests to an OpenID provider and to other nodes: HTTPS, or plain HTTP to this machine. It follows no redirect, and reads no more and waits no longer than it may.
#![forbid(unsafe_code)]

use super::config::{address, bare};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use linewarden::{Error, ErrorKind, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

/// How long a request takes at most.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer.
const LONGEST: usize = 256 << 10;
/// How many requests at once.
const TURNS: usize = 8;

/// What asks.
pub struct Fetch {
    tls: TlsConnector,
    turns: Semaphore,
}

impl Fetch {
    /// It trusts the certificates that those of the file `ca` sign.
    ///
    /// # Errors
    /// `File` when the file cannot be read.
    pub fn new(ca: &Path) -> Result<Fetch> {
        let wrong = |what: String| Error::new(ErrorKind::File, format!("`{}`: {what}", ca.display()));
        let mut roots = rustls::RootCertStore::empty();
        for root in CertificateDer::pem_file_iter(ca).map_err(|error| wrong(error.to_string()))? {
            roots.add(root.map_err(|error| wrong(error.to_string()))?).map_err(|error| wrong(error.to_string()))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Fetch { tls: TlsConnector::from(Arc::new(config)), turns: Semaphore::new(TURNS) })
    }

    /// What stands at an address, as JSON.
    ///
    /// # Errors
    /// Words for people.
    pub async fn json<T: DeserializeOwned>(&self, at: &str) -> std::result::Result<T, String> {
        self.read(at, Request::get(at)).await
    }

    /// The same for who has this token.
    ///
    /// # Errors
    /// Words for people.
    pub async fn json_as<T: DeserializeOwned>(&self, at: &str, token: &str) -> std::result::Result<T, String> {
        self.read(at, Request::get(at).header(header::AUTHORIZATION, format!("Bearer {token}"))).await
    }

    async fn read<T: DeserializeOwned>(
        &self,
        at: &str,
        request: axum::http::request::Builder,
    ) -> std::result::Result<T, String> {
        let (status, bytes) = self.ask(at, request, Body::empty()).await?;
        if status != StatusCode::OK {
            return Err(format!("`{at}` answers {status}"));
        }
        serde_json::from_slice(&bytes).map_err(|error| format!("`{at}`: {error}"))
    }

    /// What a form is answered with. `basic` is a name and its secret.
    ///
    /// # Errors
    /// Words for people.
    pub async fn post(
        &self,
        at: &str,
        form: String,
        basic: Option<(&str, &str)>,
    ) -> std::result::Result<(StatusCode, Vec<u8>), String> {
        let mut request = Request::post(at).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some((name, secret)) = basic {
            let part = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let both = BASE64_STANDARD.encode(format!("{}:{}", part(name), part(secret)));
            request = request.header(header::AUTHORIZATION, format!("Basic {both}"));
        }
        self.ask(at, request, Body::from(form)).await
    }

    async fn ask(
        &self,
        at: &str,
        request: axum::http::request::Builder,
        body: Body,
    ) -> std::result::Result<(StatusCode, Vec<u8>), String> {
        let asked = async {
            let _turn = self.turns.acquire().await.map_err(|error| error.to_string())?;
            let uri = address(at)?;
            let host = bare(uri.host().unwrap_or_default()).to_owned();
            let is_secure = uri.scheme_str() == Some("https");
            let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
            let authority = uri.authority().map_or("", |authority| authority.as_str()).to_owned();
            let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
            let request = request.uri(path).header(header::HOST, authority).header(header::ACCEPT, "application/json");
            let request = request.body(body).map_err(|error| error.to_string())?;
            let stream = TcpStream::connect((host.as_str(), port)).await.map_err(|error| error.to_string())?;
            if !is_secure {
                return exchange(stream, request).await;
            }
            let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
            let stream = self.tls.connect(name, stream).await.map_err(|error| error.to_string())?;
            exchange(stream, request).await
        };
        let done = tokio::time::timeout(PATIENCE, asked).await;
        done.unwrap_or_else(|_| Err("no answer in time".into())).map_err(|error| format!("`{at}`: {error}"))
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Body>,
) -> std::result::Result<(StatusCode, Vec<u8>), String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let asked = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LONGEST).collect().await.map_err(|error| error.to_string())?;
        Ok((status, body.to_bytes().to_vec()))
    };
    // The connection is driven until the answer is there, and ends with it.
    tokio::pin!(asked);
    tokio::select! {
        answer = &mut asked => answer,
        ended = connection => match ended {
            Ok(()) => asked.await,
            Err(error) => Err(error.to_string()),
        },
    }
}
