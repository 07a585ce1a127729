//! Any text as the address of a party.
#![no_main]

#[allow(dead_code, reason = "each target uses its part of it")]
#[path = "../entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    entries::addresses(data);
});
