//! What deny.toml allows, held against all dependencies as far as it can be without the internet: licences and sources. Known weaknesses
//! are looked up by `make deny`.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden_testkit::native::{built_library, root, run, tool};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

struct Package {
    name: String,
    licence: String,
    source: Option<String>,
}

/// All packages that the workspace needs on this platform.
fn packages() -> Vec<Package> {
    let root = env!("CARGO_MANIFEST_DIR");
    let platform = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
            "--all-features",
            "--filter-platform",
            &platform,
        ])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |package: &serde_json::Value, key: &str| package[key].as_str().map(str::to_owned);
    let package = |package: &serde_json::Value| Package {
        name: text(package, "name").unwrap(),
        licence: text(package, "license").unwrap_or_default(),
        source: text(package, "source"),
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

/// Licences that deny.toml allows for every crate, and those it allows for single ones beside.
struct Allowed {
    all: BTreeSet<String>,
    of: BTreeMap<String, BTreeSet<String>>,
}

impl Allowed {
    fn read() -> Allowed {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml");
        let policy: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
        let strings = |value: &toml::Value| -> BTreeSet<String> {
            value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        let licences = policy["licenses"].as_table().unwrap();
        let exceptions = licences["exceptions"].as_array().unwrap().iter();
        let of = exceptions.map(|entry| (entry["crate"].as_str().unwrap().to_owned(), strings(&entry["allow"])));
        Allowed { all: strings(&licences["allow"]), of: of.collect() }
    }

    fn allows(&self, name: &str, licence: &str) -> bool {
        let Ok(expression) = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX) else { return false };
        let beside = self.of.get(name);
        expression.evaluate(|wanted| {
            let id = wanted.license.id().map(|id| id.name).unwrap_or_default();
            // An exception only gives more.
            self.all.contains(id) || beside.is_some_and(|of| of.contains(id))
        })
    }
}

#[test]
fn every_dependency_has_a_licence_that_is_allowed() {
    let (allowed, packages) = (Allowed::read(), packages());
    assert!(packages.len() > 100, "{} packages", packages.len());
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !allowed.allows(&package.name, &package.licence))
        .map(|package| format!("{}: {}", package.name, package.licence))
        .collect();
    assert!(refused.is_empty(), "deny.toml does not allow: {refused:#?}");
    let unused: Vec<&String> =
        allowed.of.keys().filter(|name| !packages.iter().any(|package| package.name == **name)).collect();
    assert!(unused.is_empty(), "exceptions in deny.toml that no dependency needs: {unused:?}");
}

#[test]
fn what_is_not_allowed_is_refused() {
    let allowed = Allowed::read();
    for licence in ["", "GPL-3.0-only", "MIT AND GPL-2.0-or-later", "no licence", "ISC"] {
        assert!(!allowed.allows("any", licence), "{licence}");
    }
    for licence in ["MIT", "MIT/Apache-2.0", "GPL-3.0-only OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
        assert!(allowed.allows("any", licence), "{licence}");
    }
}

/// The packages that a package is linked with, itself included.
fn linked(package: &str) -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "tree",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--all-features",
        "--locked",
        "--offline",
    ]);
    let tree = run(cargo.args(["--package", package]).current_dir(root()));
    let tree = String::from_utf8(tree.stdout).unwrap();
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// A runtime, a database's client, HTTP and TLS belong to the agent: in a PBX's process they have no place.
#[test]
fn the_library_has_no_runtime_no_database_and_no_network() {
    let agents = ["axum", "hyper", "mio", "rustls", "tokio", "tokio-postgres", "tokio-rustls"];
    let (library, agent) = (linked("linewarden"), linked("linewarden-agent"));
    assert!(library.contains("rusqlite"), "{library:?}");
    for name in agents {
        assert!(agent.contains(name), "the agent has no {name} any more: what stands for it?");
        assert!(!library.contains(name), "the library is linked with {name}");
    }
    let near: Vec<&String> =
        library.iter().filter(|name| name.contains("tokio") || name.contains("postgres")).collect();
    assert!(near.is_empty(), "the library is linked with {near:?}");
    // The same of what was built: names as they are mangled, each after its length.
    let symbols = run(tool("nm").arg(built_library()));
    let symbols = String::from_utf8_lossy(&symbols.stdout).into_owned();
    let mangled = |name: &str| format!("{}{}", name.len(), name.replace('-', "_"));
    assert!(symbols.contains(&mangled("rusqlite")), "no names can be read in it");
    for name in agents {
        assert!(!symbols.contains(&mangled(name)), "the library has {name} in it");
    }
    let dynamic = run(tool("nm").arg("-D").arg(built_library()));
    let dynamic = String::from_utf8_lossy(&dynamic.stdout).into_owned();
    assert!(dynamic.contains(" T lw_may"), "{dynamic}");
    // `connect` is there: a change goes to the agent's socket on this machine.
    for name in ["getaddrinfo", "epoll_create", "PQconnect", "SSL_"] {
        let used = |line: &&str| line.trim().trim_start_matches(['U', 'w', ' ']).starts_with(name);
        let used: Vec<&str> = dynamic.lines().filter(used).collect();
        assert!(used.is_empty(), "the library calls {used:?}");
    }
}

/// A dependency comes from the registry or from this repository.
#[test]
fn every_dependency_comes_from_the_registry() {
    for package in packages() {
        match package.source {
            Some(source) => assert!(source.starts_with("registry+"), "{} comes from {source}", package.name),
            None => assert!(package.name.starts_with("linewarden"), "{} lies in this repository", package.name),
        }
    }
}
