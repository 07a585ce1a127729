//! Changes: the one vocabulary of what can be altered, the same in C, on the command line, in the log and in exports. A change
//! names its parties by text, so that a log can be replayed into an empty directory. docs/changes.md explains each form.
//!
//! `vocabulary` declares the changes; `argument` reads and writes their arguments, `text` whole lines, `rule` the parts of a rule. `apply`
//! makes them: `authority` says who may, `edit` carries them out with the editor of `editor`; `delta` lists the changes between two
//! policies. What a system's own changes do, who may make them, and what differs, stands in one place for each system: `xphone`, `estos`,
//! `pascom`, `keevio`, `linewarden`.
#![forbid(unsafe_code)]

mod apply;
mod argument;
mod authority;
mod delta;
mod dirty;
mod edit;
mod editor;
mod estos;
mod indices;
mod keevio;
mod linewarden;
mod pascom;
mod rule;
mod text;
mod vocabulary;
mod xphone;

#[cfg(feature = "internals")]
pub use apply::Done;
pub use argument::{Exempted, Form, Parameter, Shape, line};
pub use authority::Author;
#[cfg(feature = "internals")]
pub use authority::authorise;
pub use delta::{difference, difference_of_state};
pub use dirty::{Affected, DirtyPart, Group};
pub use rule::RuleParts;
#[cfg(feature = "internals")]
pub use text::parse_line;
pub use text::{parse, parse_in_parts, print};
pub use vocabulary::{Assigned, Change, Deletion, Direction, List, Scope};

/// A change of one domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The domain's name.
    pub domain: String,
    /// What is changed in it.
    pub change: Change,
}
