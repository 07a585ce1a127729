//! The thread of whoever is told of revisions: it sleeps until one comes, and ends when it is no longer wanted. It knows nothing of
//! what is told.
#![forbid(unsafe_code)]

use super::guard::Outcome;
use super::ptr;
use crate::engine::{Bell, Engine};
use crate::error::{Error, ErrorKind};
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A thread that follows an engine.
#[derive(Debug)]
pub(crate) struct Follower {
    unwanted: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
    bell: Bell,
    process: u32,
}

impl Follower {
    /// Starts a thread that does `work`, which returns when it is no longer wanted. `engine` lives until then: closing it ends all
    /// who follow first.
    pub fn start(engine: &'static Engine, work: impl FnOnce(&Follower) + Send + 'static) -> Outcome<Arc<Follower>> {
        let follower = Arc::new(Follower {
            unwanted: AtomicBool::new(false),
            thread: Mutex::new(None),
            bell: engine.bell(),
            process: std::process::id(),
        });
        let own = follower.clone();
        let work = move || work(&own);
        let thread = ptr::without_signals(|| thread::Builder::new().name("linewarden".into()).spawn(work));
        let thread = thread.map_err(|error| Error::new(ErrorKind::Limit, format!("no thread: {error}")))?;
        *follower.thread.lock() = Some(thread);
        Ok(follower)
    }

    /// Ends the thread, and waits until a callback that is running has returned, unless this is that callback.
    pub fn end(&self) {
        self.unwanted.store(true, Ordering::Release);
        let Some(thread) = self.thread.lock().take() else { return };
        // A forked child has no such thread.
        if self.process != std::process::id() || thread.thread().id() == thread::current().id() {
            return;
        }
        // It may have been about to fall asleep when the bell rang.
        let mut pause = Duration::from_micros(50);
        while !thread.is_finished() {
            self.bell.ring();
            thread.thread().unpark();
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(10));
        }
        let _ = thread.join();
    }

    /// Whether the thread is to go on.
    pub fn is_wanted(&self) -> bool {
        !self.unwanted.load(Ordering::Acquire)
    }

    /// Whether it was ended.
    pub fn has_ended(&self) -> bool {
        self.thread.lock().is_none()
    }

    /// Sleeps until `revision` or a later one is in force; false when this is no longer wanted.
    pub fn wait(&self, engine: &Engine, revision: u64) -> bool {
        engine.wait_while(revision, || self.is_wanted()) && self.is_wanted()
    }

    /// Sleeps that long, or until this is no longer wanted.
    pub fn pause(&self, time: Duration) {
        if self.is_wanted() {
            thread::park_timeout(time);
        }
    }
}
