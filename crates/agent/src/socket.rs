//! The socket beside a store on which its agent takes changes from programs of this machine: one line of JSON, one line back. Who may write
//! the socket's file may change the store, as with the store's own file; each change is noted with the process that asked.
//!
//! It must never take a line that has not come whole.
#![forbid(unsafe_code)]

use crate::cluster::Cluster;
use crate::node::Node;
use linewarden::agent::{Answer, Request};
use linewarden::{Error, ErrorKind, Result};
use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

/// How long a program may take to write its question, or to read the answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest question: an import of a million users.
const LONGEST: u64 = 512 << 20;
/// How many programs are served at once; others wait.
const AT_ONCE: usize = 64;

/// The socket; dropping it removes its file.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::File, format!("`{}`: {error}", path.display()))
}

/// Whether an agent answers on this socket.
pub fn is_served(path: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(path).is_ok()
}

/// A socket at `path`, with the permissions `mode`. The file that a dead program left is replaced.
///
/// # Errors
/// As for [`Socket::open`].
pub fn listener(path: &Path, mode: u32) -> Result<UnixListener> {
    if let Ok(about) = fs::symlink_metadata(path) {
        if !about.file_type().is_socket() {
            return Err(Error::new(ErrorKind::File, format!("`{}` is there, and no socket", path.display())));
        }
        if is_served(path) {
            return Err(Error::new(ErrorKind::File, format!("`{}`: another program serves it", path.display())));
        }
    }
    // Bound under another name, so that no program connects before the permissions are set.
    let mut name = path.as_os_str().to_os_string();
    name.push(".new");
    let new = PathBuf::from(name);
    match fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&new, &error)),
        _ => {}
    }
    let listener = UnixListener::bind(&new).map_err(|error| failed(&new, &error))?;
    fs::set_permissions(&new, Permissions::from_mode(mode)).map_err(|error| failed(&new, &error))?;
    fs::rename(&new, path).map_err(|error| failed(path, &error))?;
    Ok(listener)
}

impl Socket {
    /// Opens the socket at `path`, with the permissions `mode`. The file that a dead agent left is replaced.
    ///
    /// # Errors
    /// `File` when another agent serves it, when something else is there, or when the folder cannot be written.
    pub fn open(path: &Path, mode: u32) -> Result<Socket> {
        Ok(Socket { listener: listener(path, mode)?, path: path.to_path_buf() })
    }

    /// Serves programs for ever.
    pub async fn serve<C: Cluster>(&self, node: Arc<Node<C>>) {
        let room = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let Ok(permit) = room.clone().acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let node = node.clone();
                    tokio::spawn(async move {
                        if let Err(error) = exchange(&node, stream).await {
                            eprintln!("{}: a program was not answered: {error}", node.path().display());
                        }
                        drop(permit);
                    });
                }
                Err(error) => {
                    eprintln!("{}", failed(&self.path, &error));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// One question and its answer.
async fn exchange<C: Cluster>(node: &Node<C>, mut stream: UnixStream) -> std::io::Result<()> {
    let peer = stream.peer_cred()?;
    let (input, mut output) = stream.split();
    let mut line = String::new();
    let mut input = BufReader::new(input.take(LONGEST));
    tokio::time::timeout(PATIENCE, input.read_line(&mut line)).await??;
    if line.is_empty() {
        // `is_served` connects and writes nothing.
        return Ok(());
    }
    let answer = match line.ends_with('\n') {
        true => match Request::parse(&line) {
            Ok(request) => {
                let answer = node.change(request).await;
                note(node, &peer, &answer);
                answer
            }
            Err(error) => Answer::refused(&error),
        },
        false => Answer::refused(&Error::new(ErrorKind::Argument, "the question is not whole, or too long")),
    };
    tokio::time::timeout(PATIENCE, output.write_all(answer.print().as_bytes())).await?
}

/// Notes who asked for what was made.
fn note<C: Cluster>(node: &Node<C>, peer: &tokio::net::unix::UCred, answer: &Answer) {
    let process = peer.pid().map_or("unknown".to_owned(), |pid| pid.to_string());
    let what = match answer {
        Answer::Done { revision, .. } => format!("revision {revision}"),
        Answer::Unknown { message } => format!("not known whether made: {message}"),
        Answer::Behind | Answer::Refused { .. } => return,
    };
    eprintln!("{}: {what}, asked for by user {} in process {process}", node.path().display(), peer.uid());
}
