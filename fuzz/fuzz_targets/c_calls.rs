//! Any sequences of calls through the C interface, from three threads.
#![no_main]

#[allow(dead_code, reason = "each target uses its part of it")]
#[path = "../calls.rs"]
mod calls;
#[allow(dead_code, reason = "each target uses its part of it")]
#[path = "../entries.rs"]
mod entries;
#[allow(dead_code, reason = "each target uses its part of it")]
#[path = "../grammar.rs"]
mod grammar;
#[path = "../sequences.rs"]
mod sequences;

libfuzzer_sys::fuzz_target!(|data: &[u8]| sequences::c_calls(data));
