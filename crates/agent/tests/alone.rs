//! What a PBX loads has nothing of the agent: no runtime, no database client, no TLS.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::process::Command;

/// The packages that a package is built with, on every machine and with every feature.
fn packages(of: &str) -> String {
    let words = [
        "tree",
        "--offline",
        "--all-features",
        "--target",
        "all",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--package",
        of,
    ];
    let done = Command::new(env!("CARGO")).args(words).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn the_library_and_the_command_have_nothing_of_the_agent() {
    let strangers = [
        "tokio",
        "tokio-postgres",
        "postgres-types",
        "rustls",
        "ring",
        "futures-util",
        "axum",
        "hyper",
        "tokio-rustls",
    ];
    let of_agent = packages("linewarden-agent");
    for of in ["linewarden", "linewarden-cli"] {
        let packages = packages(of);
        assert!(packages.contains("rusqlite"), "{packages}");
        for stranger in strangers {
            let is = |line: &str| line.split(' ').next() == Some(stranger);
            assert!(of_agent.lines().any(is), "the agent has no {stranger} any more");
            assert!(!packages.lines().any(is), "{of} has {stranger}");
        }
    }
}
