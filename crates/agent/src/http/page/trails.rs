//! The trail that the page's answers to "since when" come from: read once in the background, and brought up to date as it is asked. A page must
//! never wait for the whole log of a big company.
#![forbid(unsafe_code)]

use super::super::Shared;
use linewarden::Trail;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// The biggest image whose log is read while a page waits: some ten thousand users.
const QUICK: usize = 4 << 20;

/// The trail of the service's store.
#[derive(Debug, Default)]
pub struct Trails {
    trail: Mutex<Option<Trail>>,
    is_reading: AtomicBool,
}

impl Trails {
    /// Calls `ask` with the trail of the current revision; with `None` while it is read for the first time, or cannot be read.
    pub fn with<R>(self: &Arc<Self>, service: &Shared, ask: impl FnOnce(Option<&Trail>) -> R) -> R {
        let engine = &service.engine;
        let Ok(mut held) = self.trail.try_lock().or_else(|_| match self.is_reading.load(Ordering::Acquire) {
            // Another page asks it, which is short; reading it is not.
            false => Ok(self.trail.lock().unwrap_or_else(PoisonError::into_inner)),
            true => Err(()),
        }) else {
            return ask(None);
        };
        if let Some(trail) = &mut *held {
            if engine.extend(trail).is_err() {
                *held = None;
                return ask(None);
            }
            return ask(Some(trail));
        }
        if engine.image_bytes() <= QUICK {
            *held = engine.trail().ok();
            return ask(held.as_ref());
        }
        drop(held);
        if !self.is_reading.swap(true, Ordering::AcqRel) {
            let (this, service) = (self.clone(), service.clone());
            // At most one such thread: it ends when the log is read.
            std::thread::spawn(move || {
                let trail = service.engine.trail().ok();
                *this.trail.lock().unwrap_or_else(PoisonError::into_inner) = trail;
                this.is_reading.store(false, Ordering::Release);
            });
        }
        ask(None)
    }
}
