//! The commands, one file each: its arguments, its help, and what it prints.
#![forbid(unsafe_code)]

#[cfg(any(target_os = "linux", windows))]
pub mod apply;
#[cfg(any(target_os = "linux", windows))]
pub mod backup;
pub mod check;
#[cfg(target_os = "linux")]
pub mod cluster;
#[cfg(any(target_os = "linux", windows))]
pub mod compact;
pub mod completions;
pub mod convert;
pub mod destination;
pub mod dial;
pub mod diff;
pub mod explain;
#[cfg(any(target_os = "linux", windows))]
pub mod export;
pub mod fmt;
#[cfg(any(target_os = "linux", windows))]
pub mod follow;
pub mod generate;
pub mod help;
#[cfg(any(target_os = "linux", windows))]
pub mod history;
#[cfg(any(target_os = "linux", windows))]
pub mod import;
pub mod init;
pub mod learn;
pub mod lint;
#[cfg(any(target_os = "linux", windows))]
pub mod log;
pub mod man;
pub mod matrix;
pub mod notified;
#[cfg(any(target_os = "linux", windows))]
pub mod pending;
#[cfg(any(target_os = "linux", windows))]
pub mod report;
#[cfg(any(target_os = "linux", windows))]
pub mod restore;
#[cfg(any(target_os = "linux", windows))]
pub mod revert;
pub mod right_names;
pub mod rights;
pub mod schema;
pub mod shadow;
#[cfg(any(target_os = "linux", windows))]
pub mod status;
pub mod test;
pub mod upcoming;
#[cfg(any(target_os = "linux", windows))]
pub mod verify;
#[cfg(any(target_os = "linux", windows))]
pub mod wait;
#[cfg(any(target_os = "linux", windows))]
pub mod watch;
pub mod who;
pub mod whom;
