//! Time grows with the length of a document, not with its square: federations with a contact each, which were once searched one by one.
//! `make growth` measures every list; this keeps the one that was found slow in `make test`.
#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::{Document, Engine};
use std::fmt::Write as _;

/// What this thread used of its processor, in nanoseconds: other processes do not count.
fn used() -> u64 {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    said.split(' ').next().unwrap().parse().unwrap()
}

fn federations(count: usize) -> Document {
    let mut text = String::from("domain = \"acme.example\"\nsystems = [\"estos\"]\n[[user]]\nname = \"alice\"\n");
    for number in 0..count {
        write!(
            text,
            "[[federation]]\ndomain = \"d{number}.example\"\nmaximum = \"business\"\n\
             [[authorization_grant]]\nowner = \"alice\"\nviewer = \"sip:c@d{number}.example\"\nlevel = \"team\"\n"
        )
        .unwrap();
    }
    Document { name: "acme.toml".into(), text }
}

#[test]
fn federations_with_a_contact_each() {
    let time = |count| {
        let documents = [federations(count)];
        let once = || {
            let before = used();
            let engine = Engine::from_documents(&documents).unwrap();
            assert!(engine.find(None, "sip:c@d0.example").is_some());
            used() - before
        };
        (0..3).map(|_| once()).min().unwrap()
    };
    let (short, long) = (time(1000), time(8000));
    let times = long as f64 / short as f64;
    println!("1,000 federations: {short} ns; 8,000: {times:.1} times as much");
    assert!(times < 24.0, "8,000 federations take {times:.1} times as long as 1,000");
}
