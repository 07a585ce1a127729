//! Counters of the service, and `/metrics` in Prometheus' text form. A metric must never name a party.
#![forbid(unsafe_code)]

use super::Shared;
use super::caller::Caller;
use super::problem::{Problem, Refusable};
use crate::node::LONGEST_AGE;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use linewarden::{Decision, Following, Reason};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Hits of a cache, and how often an entry was made.
#[derive(Debug, Default)]
pub struct Cached {
    /// Found in the cache.
    pub hits: AtomicU64,
    /// Made.
    pub made: AtomicU64,
}

/// The counters.
#[derive(Debug, Default)]
pub struct Metrics {
    allowed: AtomicU64,
    refused: Mutex<BTreeMap<u32, (Reason, u64)>>,
    answers: Mutex<BTreeMap<u16, u64>>,
    /// Streams of flips that are open.
    pub streams: AtomicU64,
    /// Connections that are open.
    pub connections: AtomicU64,
    /// Connections that were refused because there were too many.
    pub turned_away: AtomicU64,
    /// Lines of the audit that could not be written.
    pub unwritten: AtomicU64,
    /// The names that the page searches.
    pub names: Arc<Cached>,
    /// The findings that the page shows.
    pub findings: Arc<Cached>,
    /// The previews that the page shows.
    pub previews: Arc<Cached>,
    /// The reports that the page shows.
    pub reports: Arc<Cached>,
}

impl Metrics {
    /// Counts a decision.
    pub fn decided(&self, decision: &Decision) {
        match decision.allowed {
            true => {
                self.allowed.fetch_add(1, Ordering::Relaxed);
            }
            false => {
                let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                refused.entry(decision.reason as u32).or_insert((decision.reason, 0)).1 += 1;
            }
        }
    }

    /// Counts an answer.
    pub fn answered(&self, status: StatusCode) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner).entry(status.as_u16()).or_default() += 1;
    }
}

/// The route.
pub fn routes() -> Router<Shared> {
    Router::new().route("/metrics", get(metrics))
}

async fn metrics(State(service): State<Shared>, caller: Result<Caller, Problem>) -> Refusable<Response> {
    if !service.config.open_metrics {
        caller?.needs_all_domains()?;
    }
    let text = service.light(|service| Ok(text(service))).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

fn text(service: &super::Service) -> String {
    let mut text = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, values: &[(String, f64)]| {
        let _ = writeln!(text, "# HELP linewarden_{name} {help}\n# TYPE linewarden_{name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(text, "linewarden_{name}{labels} {value}");
        }
    };
    let one = |value: f64| vec![(String::new(), value)];
    let count = |counter: &AtomicU64| one(counter.load(Ordering::Relaxed) as f64);
    let counted = &service.metrics;
    metric("revision", "gauge", "The revision in force.", &one(service.engine.revision() as f64));
    let here = service.engine.upstream();
    metric("store_readable", "gauge", "Whether the store can be read.", &one(f64::from(u8::from(here.is_ok()))));
    if let Ok(here) = &here {
        let is = |kind| f64::from(u8::from(here.kind(LONGEST_AGE) == kind));
        metric("lag", "gauge", "Change sets that the log has and this node has not.", &one(here.lag as f64));
        if let Some(age) = here.age {
            metric("age_seconds", "gauge", "Seconds since this node last heard from the log.", &one(age.as_secs_f64()));
        }
        metric("forked", "gauge", "Whether this node has another line than the log.", &one(is(Following::Forked)));
        metric("cut_off", "gauge", "Whether this node does not hear from the log.", &one(is(Following::CutOff)));
    }
    metric("decisions_allowed_total", "counter", "Decisions that were yes.", &count(&counted.allowed));
    let refused = counted.refused.lock().unwrap_or_else(PoisonError::into_inner).clone();
    // A reason as JSON writes it has the quotes of a label.
    let label = |reason| format!("{{reason={}}}", serde_json::to_string(&reason).unwrap_or_default());
    let refused: Vec<_> = refused.into_values().map(|(reason, count)| (label(reason), count as f64)).collect();
    metric("decisions_refused_total", "counter", "Decisions that were no, by reason.", &refused);
    let answers = counted.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let answers: Vec<_> =
        answers.into_iter().map(|(status, count)| (format!("{{status=\"{status}\"}}"), count as f64)).collect();
    metric("http_answers_total", "counter", "Answers by status.", &answers);
    metric("http_connections", "gauge", "Open connections.", &count(&counted.connections));
    metric("http_turned_away_total", "counter", "Connections that were one too many.", &count(&counted.turned_away));
    metric("flip_streams", "gauge", "Open streams of flips.", &count(&counted.streams));
    let kept = [
        ("names", &counted.names),
        ("findings", &counted.findings),
        ("previews", &counted.previews),
        ("reports", &counted.reports),
    ];
    let kept = |of: fn(&Cached) -> &AtomicU64| {
        kept.map(|(name, cached)| (format!("{{of=\"{name}\"}}"), of(cached).load(Ordering::Relaxed) as f64))
    };
    metric("page_cache_hits_total", "counter", "What the page found kept.", &kept(|cached| &cached.hits));
    metric("page_cache_made_total", "counter", "What the page had to make.", &kept(|cached| &cached.made));
    metric("audit_unwritten_total", "counter", "Audit lines that could not be written.", &count(&counted.unwritten));
    text
}
