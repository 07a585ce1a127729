//! The thread of a watcher: it sleeps until a new revision is in force, and ends on request. It must know nothing about what the
//! callback reports, and never outlive the engine.
#![forbid(unsafe_code)]

use super::guard::Guarded;
use super::thread::{Body, Call, Own, Thread};
use crate::engine::{Bell, Engine};
use crate::error::{Error, ErrorKind};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// A thread that follows the revisions of an engine.
#[derive(Debug)]
pub(crate) struct Follower {
    unwanted: AtomicBool,
    left: AtomicBool,
    thread: Mutex<Option<Thread>>,
    /// The same thread, to be woken; set by itself.
    sleeper: OnceLock<thread::Thread>,
    bell: Bell,
    process: u32,
}

/// What a watcher's thread does.
pub(super) trait Work: Send {
    /// Sleeps until there is a call to make; `None` when the thread is to end.
    fn next(&mut self, follower: &Follower) -> Option<Call>;
}

/// The thread's own part of a follower.
struct Following<W> {
    work: W,
    follower: Arc<Follower>,
}

impl<W: Work> Body for Following<W> {
    fn next(&mut self) -> Option<Call> {
        self.work.next(&self.follower)
    }
}

impl<W> Drop for Following<W> {
    fn drop(&mut self) {
        self.follower.left.store(true, Ordering::Release);
    }
}

impl Follower {
    /// Starts a thread that does `work`, which ends when [`Follower::is_wanted`] turns false. `engine` is alive until then: closing an
    /// engine ends its followers first.
    pub fn start(engine: &'static Engine, work: impl Work + 'static) -> Guarded<Arc<Follower>> {
        let follower = Arc::new(Follower {
            unwanted: AtomicBool::new(false),
            left: AtomicBool::new(false),
            thread: Mutex::new(None),
            sleeper: OnceLock::new(),
            bell: engine.bell(),
            process: std::process::id(),
        });
        let thread = Thread::start(Own(Box::new(Following { work, follower: follower.clone() })));
        let thread = thread.map_err(|error| Error::new(ErrorKind::Limit, format!("no thread: {error}")))?;
        *follower.thread.lock() = Some(thread);
        Ok(follower)
    }

    /// Ends the thread and waits for a running callback to return, unless called from that callback.
    pub fn end(&self) {
        self.unwanted.store(true, Ordering::Release);
        let Some(thread) = self.thread.lock().take() else { return };
        // A forked child has no such thread.
        if self.process != std::process::id() {
            return;
        }
        if thread.is_current() {
            return thread.let_go();
        }
        // The thread may have been about to fall asleep when the bell rang, so ring again until it has ended.
        let mut poll_interval = Duration::from_micros(50);
        while !self.left.load(Ordering::Acquire) {
            self.bell.ring();
            self.sleeper.get().into_iter().for_each(thread::Thread::unpark);
            thread::sleep(poll_interval);
            poll_interval = (poll_interval * 2).min(Duration::from_millis(10));
        }
        thread.join();
    }

    /// Whether the thread is to continue. A forked child has not asked for it: there a callback that forked ends with its process.
    pub fn is_wanted(&self) -> bool {
        !self.unwanted.load(Ordering::Acquire) && self.process == std::process::id()
    }

    /// Whether [`Follower::end`] was called.
    pub fn has_ended(&self) -> bool {
        self.thread.lock().is_none()
    }

    /// Sleeps until `revision` or a later one is in force, or until the clock reaches `instant`, at which a fact begins or ends; false
    /// if the thread is to end.
    pub fn wait(&self, engine: &Engine, revision: u64, instant: Option<i64>) -> bool {
        engine.wait_while_before(revision, instant, || self.is_wanted());
        self.is_wanted()
    }

    /// Sleeps for `time`, or until the thread is to end.
    pub fn sleep(&self, time: Duration) {
        self.sleeper.get_or_init(thread::current);
        if self.is_wanted() {
            thread::park_timeout(time);
        }
    }
}
