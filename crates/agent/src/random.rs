//! Random bytes of the system, for what must not be guessed or come twice. It must never make any itself.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{Read, Result};

/// `COUNT` random bytes.
///
/// # Errors
/// When the system has none.
pub fn random<const COUNT: usize>() -> Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Bytes as hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
