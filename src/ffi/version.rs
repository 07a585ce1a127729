//! Entry points: the version of the library. The numbers come from `Cargo.toml` through `build.rs`, as those of the header do.
#![allow(unsafe_code, reason = "C entry points")]

use super::guard::guard;
use std::ffi::c_char;

include!(concat!(env!("OUT_DIR"), "/version.rs"));

/// # Versions
///
/// The library's ABI number, also the number at the end of its SONAME. Assert at program start that it equals LW_ABI_VERSION, the
/// number of the header the program was compiled with.
///
/// Returns: the ABI number.
/// Threads: any, concurrently.
/// Memory: allocates nothing.
#[unsafe(no_mangle)]
pub extern "C" fn lw_abi_version() -> u32 {
    guard(|| Ok(ABI_VERSION))
}

/// The library's version as text, such as "1.2.3".
///
/// Returns: the version; compare it with LW_VERSION.
/// Threads: any, concurrently.
/// Memory: the text is static; never free it.
#[unsafe(no_mangle)]
pub extern "C" fn lw_version() -> *const c_char {
    guard(|| Ok(VERSION.as_ptr()))
}

/// The library's version as a number: major * 1000000 + minor * 1000 + patch.
///
/// Returns: the version; compare it with LW_VERSION_NUMBER.
/// Threads: any, concurrently.
/// Memory: allocates nothing.
#[unsafe(no_mangle)]
pub extern "C" fn lw_version_number() -> u32 {
    guard(|| Ok(VERSION_NUMBER))
}
