//! The key of a cached report. It holds no viewer: whether the caller may see the report must be checked before the cache is asked.
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
