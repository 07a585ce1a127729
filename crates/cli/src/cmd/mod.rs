//! The commands, one file each: its arguments, its help, and what it prints.
#![forbid(unsafe_code)]

#[cfg(target_os = "linux")]
pub mod apply;
#[cfg(target_os = "linux")]
pub mod backup;
pub mod check;
pub mod completions;
pub mod convert;
pub mod dial;
pub mod diff;
pub mod explain;
#[cfg(target_os = "linux")]
pub mod export;
pub mod generate;
#[cfg(target_os = "linux")]
pub mod history;
#[cfg(target_os = "linux")]
pub mod import;
pub mod lint;
pub mod man;
pub mod matrix;
pub mod notified;
#[cfg(target_os = "linux")]
pub mod pending;
#[cfg(target_os = "linux")]
pub mod restore;
pub mod right_names;
pub mod rights;
#[cfg(target_os = "linux")]
pub mod verify;
#[cfg(target_os = "linux")]
pub mod wait;
#[cfg(target_os = "linux")]
pub mod watch;
pub mod who;
pub mod whom;
