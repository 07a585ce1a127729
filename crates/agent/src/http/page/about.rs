//! What a report is about: what it is kept under. Who may see it must be known before it is asked for.
#![forbid(unsafe_code)]

use linewarden::{DomainId, Party};

/// A report of one revision, in one language.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct About {
    pub domain: DomainId,
    /// For whom; `None` for the company.
    pub party: Option<Party>,
    /// The revision after which changes are listed.
    pub above: Option<u64>,
    pub lang: &'static str,
}
