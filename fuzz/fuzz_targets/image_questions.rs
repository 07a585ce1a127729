//! Any numbers as questions to companies of every kind.
#![no_main]

#[allow(dead_code, reason = "each target uses its part of it")]
#[path = "../entries.rs"]
mod entries;

libfuzzer_sys::fuzz_target!(|data: &[u8]| entries::image_questions(data));
