//! The trail that the page's answers to "since when" come from: read once in the background, and brought up to date as it is asked. A page must
//! never wait for the whole log of a big company.
#![forbid(unsafe_code)]

use super::super::Shared;
use linewarden::{Engine, Trail};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

/// The biggest image whose log is read while a page waits: some ten thousand users.
const QUICK: usize = 4 << 20;

/// How long a page waits while another one asks the trail.
const PATIENCE: Duration = Duration::from_millis(100);
/// How often it tries to get its turn.
const TURN: Duration = Duration::from_millis(2);

/// The trail of the service's store.
#[derive(Debug, Default)]
pub struct Trails {
    trail: Mutex<Option<Trail>>,
    is_reading: AtomicBool,
}

impl Trails {
    /// Calls `ask` with the trail of the current revision; with `None` while it is read for the first time, while another one asks it for
    /// longer than a page waits, or where it cannot be read.
    pub fn with<R>(self: &Arc<Self>, service: &Shared, ask: impl FnOnce(Option<&Trail>) -> R) -> R {
        let engine = &service.engine;
        let Some(mut held) = self.turn() else { return ask(None) };
        if held.is_some() || engine.image_bytes() <= QUICK {
            renew(&mut held, engine);
            return ask(held.as_ref());
        }
        drop(held);
        if !self.is_reading.swap(true, Ordering::AcqRel) {
            let (this, service) = (self.clone(), service.clone());
            // At most one such thread: it ends when the log is read.
            std::thread::spawn(move || this.read(&service.engine));
        }
        ask(None)
    }

    /// The same for work that no page waits for: it waits until the trail is read. `None` where it cannot be read.
    pub fn with_whole<R>(&self, engine: &Engine, ask: impl FnOnce(Option<&Trail>) -> R) -> R {
        loop {
            let mut held = self.trail.lock().unwrap_or_else(PoisonError::into_inner);
            if held.is_some() {
                renew(&mut held, engine);
                return ask(held.as_ref());
            }
            drop(held);
            match self.is_reading.swap(true, Ordering::AcqRel) {
                true => std::thread::sleep(PATIENCE),
                false if self.read(engine) => {}
                false => return ask(None),
            }
        }
    }

    /// Reads the log; whether it could be read.
    fn read(&self, engine: &Engine) -> bool {
        // After a panic no page may wait for a log that is no longer being read.
        let trail = catch_unwind(AssertUnwindSafe(|| engine.trail().ok())).unwrap_or(None);
        let is_read = trail.is_some();
        *self.trail.lock().unwrap_or_else(PoisonError::into_inner) = trail;
        self.is_reading.store(false, Ordering::Release);
        is_read
    }

    fn turn(&self) -> Option<MutexGuard<'_, Option<Trail>>> {
        let began = Instant::now();
        loop {
            match self.trail.try_lock() {
                Ok(held) => return Some(held),
                Err(TryLockError::Poisoned(held)) => return Some(held.into_inner()),
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => std::thread::sleep(TURN),
                Err(TryLockError::WouldBlock) => return None,
            }
        }
    }
}

/// Reads a trail that is not there, and brings one that is there up to date; none where that fails.
fn renew(held: &mut Option<Trail>, engine: &Engine) {
    let is_current = match held {
        Some(trail) => engine.extend(trail).is_ok(),
        None => {
            *held = engine.trail().ok();
            true
        }
    };
    if !is_current {
        *held = None;
    }
}
