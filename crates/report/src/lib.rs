//! What a works council is shown: for a person who may see and do what towards them, since when, granted by whom and by which rule; for a
//! company the rights that reveal behaviour, counted. One structure of data, from which text, HTML and the page are made in English and
//! German. It only asks; it must never change a store, and never be asked on a call.
#![forbid(unsafe_code)]
#![cfg(any(target_os = "linux", windows))]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests may fail"
    )
)]

mod changes;
mod company;
mod findings;
mod html;
mod layout;
mod personal;
mod rights;
mod suggestions;
mod text;
mod words;

pub use changes::{argument, change, change_of_line, change_title};
pub use company::{
    Agreed, Cell, Company, Count, Counted, Exemption, Listener, Made, OfGroup, Picture, company, counts, groups, lines,
    picture, users,
};
pub use findings::finding;
pub use html::{body, document, page};
pub use layout::{Layout, Section, author, sentence, since};
pub use personal::{Access, By, Changed, Origin, Past, Personal, personal};
pub use rights::{BEHAVIOUR, Topic, reason, right, rights, source};
pub use suggestions::suggestion;
pub use text::text;
pub use words::{Lang, Word, filled};
