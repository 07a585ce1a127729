//! Expectations of a policy: questions with the answers that they must have, in the form of `tests/cases/`.
//!
//! A file is read whole or not at all. What cannot be asked is an error and never counts as an answer that came as expected.
#![forbid(unsafe_code)]

mod asked;
mod form;
mod junit;

pub use asked::ask_all;
pub use form::File;
pub use junit::write as write_junit;

use serde::Serialize;

/// A question, and what came of it.
#[derive(Serialize)]
pub struct Tested {
    pub file: String,
    pub line: usize,
    /// The question for people: `carol -> bob`.
    pub question: String,
    pub failures: Vec<Failed>,
    pub errors: Vec<Unasked>,
}

/// An answer that is not the expected one.
#[derive(Serialize)]
pub struct Failed {
    /// Where the expectation stands: `file:line`.
    pub place: String,
    /// What it is about: a right, a name of a list.
    pub about: String,
    pub expected: String,
    pub came: String,
    /// The sentence of `explain`; empty where there is none.
    pub why: String,
}

/// What could not be asked.
#[derive(Serialize)]
pub struct Unasked {
    pub place: String,
    pub message: String,
}

/// What came of all questions.
#[derive(Serialize)]
pub struct Report {
    pub passed: usize,
    pub failed: usize,
    pub errors: usize,
    pub tests: Vec<Tested>,
}

impl Report {
    /// A question with an error counts as such, whatever else it has.
    pub fn of(tests: Vec<Tested>) -> Report {
        let errors = tests.iter().filter(|tested| !tested.errors.is_empty()).count();
        let failed = tests.iter().filter(|tested| tested.errors.is_empty() && !tested.failures.is_empty()).count();
        Report { passed: tests.len() - errors - failed, failed, errors, tests }
    }
}
