//! A packed snapshot with bytes changed anywhere.
#![no_main]

#[allow(dead_code, reason = "each target uses its part of it")]
#[path = "../entries.rs"]
mod entries;
#[allow(dead_code, reason = "each target uses its part of it")]
#[path = "../files.rs"]
mod files;
#[allow(dead_code, reason = "each target uses its part of it")]
#[path = "../grammar.rs"]
mod grammar;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    files::packed(data);
});
