//! The cached previews, and the names under which waiting pages ask for them. A preview must never be shown to another session.
#![forbid(unsafe_code)]

use super::super::caller::digest;
use super::super::metrics::Metrics;
use super::cache::Cache;
use crate::random::hex;
use linewarden::{DomainId, Right};
use maud::Markup;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// The most cached previews.
const MOST: usize = 32;

/// What is previewed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The session, by what its forms carry.
    pub csrf: Arc<str>,
    pub domain: DomainId,
    pub lang: &'static str,
    /// The title of its page.
    pub title: &'static str,
    pub text: Arc<str>,
    /// What is said above it.
    pub note: &'static str,
    /// The right that the changes are made for.
    pub right: Option<Right>,
}

/// All previews.
#[derive(Debug)]
pub struct Previews {
    /// Those that were made.
    pub made: Arc<Cache<Asked, Markup>>,
    /// What the pages that wait ask for again, by its name, with the revision at which it was asked for first.
    waiting: Mutex<VecDeque<(String, Asked, u64)>>,
}

impl Previews {
    /// None yet.
    pub fn new(metrics: &Metrics) -> Previews {
        Previews { made: Arc::new(Cache::new(MOST, &metrics.previews)), waiting: Mutex::default() }
    }

    /// The name under which a page asks for it again.
    pub fn remember(&self, asked: &Asked, since: u64) -> String {
        let name = hex(&digest(
            format!("{}\n{}\n{}\n{}\n{:?}", asked.csrf, asked.text, asked.title, asked.note, asked.right).as_bytes(),
        )
        .0);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|(known, ..)| *known != name);
        waiting.push_back((name.clone(), asked.clone(), since));
        if waiting.len() > MOST {
            waiting.pop_front();
        }
        name
    }

    /// What that name stands for in that session, and the revision at which it was asked for first.
    pub fn find(&self, name: &str, csrf: &str) -> Option<(Asked, u64)> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.iter().find(|(known, asked, _)| known == name && *asked.csrf == *csrf);
        found.map(|(_, asked, since)| (asked.clone(), *since))
    }
}
