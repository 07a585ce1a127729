//! The commands, one file each: its arguments, its help, and what it prints.
#![forbid(unsafe_code)]

pub mod check;
pub mod completions;
pub mod dial;
pub mod diff;
pub mod explain;
pub mod generate;
pub mod lint;
pub mod man;
pub mod matrix;
pub mod notified;
pub mod right_names;
pub mod rights;
pub mod who;
pub mod whom;
