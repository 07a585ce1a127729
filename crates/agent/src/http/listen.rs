//! Connections: how many at once, how slow they may be, who is at their other end.
//!
//! A connection must never be served without a permit, and a caller who neither writes nor reads must lose it.
#![forbid(unsafe_code)]

use super::caller::{Peer, digest};
use super::config::{Limits, Listen, Tls};
use super::front::Front;
use super::{Shared, audit};
use crate::socket;
use axum::body::Body;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use linewarden::{Error, ErrorKind, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;

/// The most bytes of the headers of a request.
const LONGEST_HEADERS: usize = 32 << 10;

/// One address or socket where the service listens.
#[derive(Debug)]
enum Endpoint {
    Address(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        if let Endpoint::Unix(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Everything that the service listens at.
pub struct Listeners {
    endpoints: Vec<(Arc<Endpoint>, Arc<Semaphore>)>,
    tls: Option<TlsAcceptor>,
    front: Front,
}

impl Listeners {
    /// Opens the listeners; nothing is served yet.
    ///
    /// # Errors
    /// `File` when an address or socket is taken, or a file of TLS cannot be read.
    pub async fn open(front: Front) -> Result<Listeners> {
        let config = &front.service().config;
        let tls = config.tls.as_ref().map(tls).transpose()?;
        let mut endpoints = Vec::new();
        for listen in &config.listen {
            let endpoint = Arc::new(match listen {
                Listen::Address(address) => {
                    let failed = |error| Error::new(ErrorKind::File, format!("cannot listen at {address}: {error}"));
                    Endpoint::Address(TcpListener::bind(address).await.map_err(failed)?)
                }
                Listen::Unix(path) => Endpoint::Unix(socket::listener(path, config.socket_mode.0)?, path.clone()),
            });
            // Strangers at one address must not use up the connections of another.
            endpoints.push((endpoint, Arc::new(Semaphore::new(config.limits.connections))));
        }
        Ok(Listeners { endpoints, tls, front })
    }

    /// Where it listens, for messages and tests: addresses with the port that the system gave.
    pub fn addresses(&self) -> Vec<String> {
        let text = |(endpoint, _): &(Arc<Endpoint>, Arc<Semaphore>)| match &**endpoint {
            Endpoint::Address(listener) => {
                listener.local_addr().map_or_else(|_| "?".into(), |address| address.to_string())
            }
            Endpoint::Unix(_, path) => format!("unix:{}", path.display()),
        };
        self.endpoints.iter().map(text).collect()
    }

    /// Serves for ever.
    pub async fn serve(self) {
        let this = Arc::new(self);
        let service = this.front.service().clone();
        if service.audit.is_on() {
            std::thread::spawn(move || audit::follow(service));
        }
        let all = this.endpoints.iter().cloned().map(|(endpoint, room)| {
            let this = this.clone();
            async move { this.accept(&endpoint, &room).await }
        });
        futures_util::future::join_all(all).await;
    }

    /// A permit for one more connection.
    fn turn(&self, room: &Arc<Semaphore>) -> Option<Turn> {
        let metrics = &self.front.service().metrics;
        let Ok(permit) = room.clone().try_acquire_owned() else {
            metrics.turned_away.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        metrics.connections.fetch_add(1, Ordering::Relaxed);
        Some(Turn { _permit: permit, service: self.front.service().clone() })
    }

    async fn accept(&self, endpoint: &Endpoint, room: &Arc<Semaphore>) {
        let patience = Duration::from_secs(self.front.service().config.limits.transfer_seconds);
        loop {
            // A connection too many is closed at once: it must not keep others waiting.
            let accepted = match endpoint {
                Endpoint::Address(listener) => listener.accept().await.map(|(stream, from)| {
                    let address = Some(from.ip());
                    let _ = stream.set_nodelay(true);
                    let Some(turn) = self.turn(room) else { return };
                    let (front, tls) = (self.front.clone(), self.tls.clone());
                    tokio::spawn(async move {
                        let stream = Patient::new(stream, patience);
                        match tls {
                            None => serve(stream, front, Peer { address, ..Peer::default() }).await,
                            Some(tls) => {
                                let Ok(Ok(stream)) = tokio::time::timeout(patience, tls.accept(stream)).await else {
                                    return;
                                };
                                let given = stream.get_ref().1.peer_certificates().and_then(|given| given.first());
                                let certificate = given.map(|certificate| digest(certificate));
                                serve(stream, front, Peer { certificate, address, ..Peer::default() }).await;
                            }
                        }
                        drop(turn);
                    });
                }),
                Endpoint::Unix(listener, _) => listener.accept().await.map(|(stream, _)| {
                    let Some(turn) = self.turn(room) else { return };
                    let Ok(peer) = stream.peer_cred() else { return };
                    let front = self.front.clone();
                    tokio::spawn(async move {
                        let peer = Peer { uid: Some(peer.uid()), pid: peer.pid(), ..Peer::default() };
                        serve(Patient::new(stream, patience), front, peer).await;
                        drop(turn);
                    });
                }),
            };
            if let Err(error) = accepted {
                eprintln!("a connection was not accepted: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// The permit of a connection.
struct Turn {
    _permit: OwnedSemaphorePermit,
    service: Shared,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.service.metrics.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Serves one connection until it ends.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, front: Front, peer: Peer) {
    let Limits { headers, header_seconds, .. } = front.service().config.limits;
    let peer = Arc::new(peer);
    let answer = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (front, peer) = (front.clone(), peer.clone());
        async move { front.answer(request.map(Body::new), peer).await }
    });
    // A caller that breaks off is no fault of the service.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(header_seconds))
        .max_headers(headers)
        .max_buf_size(LONGEST_HEADERS)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

fn tls(files: &Tls) -> Result<TlsAcceptor> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::File, format!("`{}`: {error}", path.display()))
    };
    let certificates = |path: &Path| {
        let read = CertificateDer::pem_file_iter(path).map_err(|error| wrong(path, &error))?;
        read.collect::<std::result::Result<Vec<_>, _>>().map_err(|error| wrong(path, &error))
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&files.certificate, &error))?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for root in certificates(path)? {
                roots.add(root).map_err(|error| wrong(path, &error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| wrong(path, &error))?)
        }
    };
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| wrong(&files.key, &error))?;
    let config = builder.with_single_cert(certificates(&files.certificate)?, key);
    Ok(TlsAcceptor::from(Arc::new(config.map_err(|error| wrong(&files.certificate, &error))?)))
}

/// A stream whose other end must take what is written within a time.
struct Patient<S> {
    stream: S,
    patience: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    fn new(stream: S, patience: Duration) -> Patient<S> {
        Patient { stream, patience, waiting: None }
    }

    /// The result of a write: an error where it waits for too long.
    fn timed<T>(&mut self, context: &mut Context<'_>, came: Poll<std::io::Result<T>>) -> Poll<std::io::Result<T>> {
        if came.is_ready() {
            self.waiting = None;
            return came;
        }
        let patience = self.patience;
        let sleep = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        match sleep.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(std::io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let came = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.timed(context, came)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let came = Pin::new(&mut self.stream).poll_flush(context);
        self.timed(context, came)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let came = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.timed(context, came)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
