//! Models of the two protocols without locks: how images are published and patched (`src/image/publish/published.rs`), and how rights of
//! pairs are cached (`src/image/publish/cache.rs`). Loom runs them in every order of steps, and lets every load see every value that the memory
//! orderings allow, within `LOOM_MAX_PREEMPTIONS` changes of thread. Each function says whose model it is and has the same loads,
//! stores, orderings and fences in the same order; a change of one needs the same of the other. `docs/design.md` says what is proved.
//! [`cluster`] is another kind of model, of messages between machines.
//!
//! Each ordering can be weakened and each check left out by naming a [`Flaw`]: a model that no flaw makes fail proves nothing.
#![forbid(unsafe_code)]

pub mod cache;
pub mod cluster;
pub mod published;

/// What is done wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// `read` and `query_journaled` answer without a second look at the block's stamp.
    StampNotChecked,
    /// `read` without the acquire fence before the second look.
    NoFenceAfterWords,
    /// `prepare` without the release fence before the words.
    NoFenceInPrepare,
    /// `begin` without the release fence before the journal.
    NoFenceInBegin,
    /// `complete` without the release fence before the words.
    NoFenceInComplete,
    /// `query_journaled` without the first look at whose the journal is.
    JournalNotChecked,
    /// `query_journaled` without the second.
    JournalNotCheckedAgain,
    /// `query_journaled` looks at the journal's stamp again without acquire.
    JournalCheckedAgainRelaxed,
    /// `query_journaled` looks at the stamp only, not at the block.
    JournalBlockNotChecked,
    /// `complete` of a flip names the new block without release.
    RootRelaxed,
    /// `complete` of a patch makes the stamp even without release.
    EvenStampRelaxed,
    /// `begin` makes the journal's stamp odd without release.
    JournalStampRelaxed,
    /// `begin` makes the block's stamp odd without release.
    OddStampRelaxed,
    /// A writer takes over without `recover`.
    NotRecovered,
    /// `patch` bumps the epochs before the stamp is odd.
    EpochsBumpedBefore,
    /// `complete` bumps the epochs when the stamp is even again.
    EpochsBumpedAfter,
    /// `invalidate` bumps the epochs without release.
    EpochsBumpedRelaxed,
    /// `look_up` reads the epochs without acquire.
    EpochsReadRelaxed,
    /// `get_or_evaluate` inserts what was found while the image was being changed.
    UncleanInserted,
    /// `look_up` does not look whether the entry's version changed.
    VersionNotChecked,
    /// `look_up` does not look whether the version is even.
    OddVersionTaken,
    /// `look_up` without the acquire fence before the second look at the version.
    NoFenceInLookUp,
    /// `insert` without the release fence before the entry's words.
    NoFenceInKeep,
    /// `insert` takes an entry without acquire.
    EntryTakenRelaxed,
    /// `insert` makes the version even without release.
    VersionRelaxed,
    /// `insert` does not write the epochs that were read before, but those that are there now.
    EpochsReadLate,
}

/// Runs a model in all its orders with at most so many changes of thread where a thread could go on; `LOOM_MAX_PREEMPTIONS`
/// says another number.
pub fn model(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.check(model);
}

/// The message of the failure that a flaw leads to.
///
/// # Panics
/// When there is none: then what was left out is not needed, or the model does not show what for.
pub fn failure(of: impl FnOnce()) -> String {
    let failure = std::panic::catch_unwind(std::panic::AssertUnwindSafe(of)).expect_err("the flaw was not noticed");
    let text = failure.downcast_ref::<String>().cloned();
    text.or_else(|| failure.downcast_ref::<&str>().map(|text| text.to_string())).unwrap_or_default()
}
