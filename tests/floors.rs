//! The house rules that no compiler keeps: which file may look at which (the map of `src/lib.rs`), where unsafe code may
//! live, that every file says what it is, and that no file grows beyond what is read in one go.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The map: a file or folder of `src/` and its floor. It may look at lower floors only. A folder counts as one, except
/// `system/`, whose parts must not know each other, and `image/`, whose four folders have floors of their own.
const FLOORS: &[(usize, &[&str])] = &[
    (0, &["address", "error", "keyed", "simd", "tick", "win32", "wording"]),
    (1, &["calendar", "destinations", "heard", "id", "right", "memory"]),
    (2, &["directory", "files", "rule", "sync"]),
    (3, &["system/xphone", "system/estos", "system/pascom", "system/keevio", "system/linewarden"]),
    (4, &["policy"]),
    (5, &["document", "fncode", "lint", "notified", "packed", "store", "image/format"]),
    (6, &["image/compile", "image/evaluate"]),
    (7, &["image/publish"]),
    (8, &["explain"]),
    (9, &["engine"]),
    (10, &["diff"]),
    (11, &["shadow", "stream"]),
    (12, &["ffi"]),
];

/// Folders that do not count as one place. What their `mod.rs` names from the crate's root has the highest floor of their parts.
const CUT: &[&str] = &["system", "image"];

/// Where no product may be named, not even in a comment.
const PRODUCT_FREE: &[&str] = &["image/format/", "image/evaluate/"];

/// The products: what `system/` has a file of, but for linewarden's own rules.
fn products() -> Vec<String> {
    let found = sources_below("src/system").into_iter().map(|source| source.path.trim_end_matches(".rs").to_owned());
    let found: Vec<String> =
        found.filter(|name| !name.contains('/') && !["mod", "linewarden"].contains(&name.as_str())).collect();
    assert!(found.len() >= 4, "only {found:?}");
    found
}

/// Looks that the map forbids and that stand all the same, each with its reason: who, at what, why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Files with unsafe code outside `ffi/`.
const UNSAFE: &[&str] = &[
    "memory.rs",
    "memory/bus.rs",
    "memory/unix.rs",
    "memory/windows.rs",
    "simd.rs",
    "sync/linux.rs",
    "tick.rs",
    "win32.rs",
];

/// Crates that one file alone may use, each with the reason: the crate, the file, why.
const CONFINED: &[(&str, &str, &str)] =
    &[("jiff", "calendar/zone.rs", "it reads files, and a call must never wait for one")];

/// Files of more than 500 lines, each with the reason why it reads better whole.
const LONG: &[(&str, &str)] = &[
    (
        "crates/cli/tests/cli.rs",
        "the command from the first help to the last error: short tests that share one scratch folder",
    ),
    ("crates/cli/tests/cli_store.rs", "the commands of a store, one after the other on stores of the same making"),
    ("tests/changes.rs", "text, effect and undoing of the same changes, which share the policy that they are made on"),
    ("tests/fast_door.rs", "one table of what calls ask, and the companies that the other tests here ask about"),
    ("tests/floors.rs", "its rules share the readers of paths"),
    ("tests/follow.rs", "each test takes the same pair of stores one step further"),
    (
        "tests/state_machine.rs",
        "a second state machine that shares no code with anything, read from top to bottom beside the rules",
    ),
    ("tests/state_machine_rules.rs", "as the one beside it, for rules, groups and dates"),
    ("tests/store_processes.rs", "one program that the tests run as many, each of its parts beside its test"),
    ("tests/update.rs", "one comparison of images, and the companies that bring each kind of patch about"),
];

const LONGEST: usize = 500;

/// A source file: its path below `src/`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Its text without comments and without the words in quotes, so that prose and messages are not taken for code.
    fn code(&self) -> String {
        let mut code = String::with_capacity(self.text.len());
        for line in self.text.lines() {
            let mut quoted = false;
            let mut before = ' ';
            let mut chars = line.chars().peekable();
            while let Some(char) = chars.next() {
                if char == '/' && chars.peek() == Some(&'/') && !quoted {
                    break;
                }
                if char == '"' && before != '\\' && before != '\'' {
                    quoted = !quoted;
                } else if !quoted {
                    code.push(char);
                }
                before = if before == '\\' && char == '\\' { ' ' } else { char };
            }
            code.push('\n');
        }
        code
    }

    /// Where it stands on the map: `engine`, `system/estos`, `image`. `None` for files that only name modules.
    fn place(&self) -> Option<String> {
        let stem = self.path.trim_end_matches(".rs");
        if ["lib", "internals"].contains(&stem) || CUT.iter().any(|folder| stem == format!("{folder}/mod")) {
            return None;
        }
        Some(place_of(&stem.split('/').collect::<Vec<_>>()))
    }
}

/// The place that a path of modules lies in.
fn place_of(modules: &[&str]) -> String {
    match modules {
        [folder, part, ..] if CUT.contains(folder) && floor(&format!("{folder}/{part}")).is_some() => {
            format!("{folder}/{part}")
        }
        [first, ..] => first.to_string(),
        [] => String::new(),
    }
}

fn floor(place: &str) -> Option<usize> {
    let is_it = |held: &&str| match CUT.contains(&place) {
        true => held.split('/').next() == Some(place),
        false => *held == place,
    };
    FLOORS.iter().rev().find(|(_, places)| places.iter().any(is_it)).map(|(floor, _)| *floor)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of the library, below `src/`.
fn sources() -> Vec<Source> {
    let found = sources_below("src");
    assert!(found.len() > 60, "only {} files below src/", found.len());
    found
}

/// The folders of source files: the library's, and that of every crate beside it.
fn source_folders() -> Vec<String> {
    let mut folders = vec!["src".to_owned()];
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path().join("src"));
    let below = |path: PathBuf| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    folders.extend(crates.filter(|path| path.is_dir()).map(below));
    folders.sort();
    assert!(folders.len() > 3, "only {folders:?}");
    folders
}

/// Every Rust file of the library and of the crates beside it, its path from the repository's folder.
fn all_sources() -> Vec<Source> {
    let mut all = Vec::new();
    for folder in source_folders() {
        let named = |source: Source| Source { path: format!("{folder}/{}", source.path), ..source };
        all.extend(sources_below(&folder).into_iter().map(named));
    }
    all
}

fn sources_below(folder: &str) -> Vec<Source> {
    let top = root().join(folder);
    let mut folders: Vec<PathBuf> = vec![top.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&top).unwrap().to_str().unwrap().to_string();
                found.push(Source { path: below, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The module paths that code names from the crate's root, as lists of names: `crate::a::{b, c::d}` gives `a::b` and `a::c::d`.
fn looks(code: &str) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let whole = at == 0 || !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
        // `$crate::` and plain `crate::` alike; `pub(crate)` has no `::`.
        if whole {
            tree(&code[at + "crate::".len()..], &[], &mut found);
        }
    }
    found
}

/// The same by `super::`, from a file with this path of modules. A module inside the file may be one deeper than the file, so a path
/// with several `super` is also read one level lower. Names that lead to no place of the map are left out.
fn looks_above(code: &str, modules: &[&str]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut rest = code;
    while let Some(at) = rest.find("super::") {
        rest = &rest[at..];
        let mut up: usize = 0;
        while let Some(further) = rest.strip_prefix("super::") {
            rest = further;
            up += 1;
        }
        for up in up.saturating_sub(1).max(1)..=up {
            let above = &modules[..modules.len().saturating_sub(up)];
            tree(rest, &above.iter().map(|name| name.to_string()).collect::<Vec<_>>(), &mut found);
        }
    }
    found.retain(|path| floor(&place_of(&path.iter().map(String::as_str).collect::<Vec<_>>())).is_some());
    found
}

/// One `a::{b::c, d}`, from its first name on; returns how much of the code it was.
fn tree(code: &str, above: &[String], found: &mut BTreeSet<Vec<String>>) -> usize {
    let space = code.len() - code.trim_start().len();
    let rest = &code[space..];
    if rest.starts_with('{') {
        let mut at = space + 1;
        loop {
            at += tree(&code[at..], above, found);
            at += code[at..].len() - code[at..].trim_start().len();
            match code[at..].chars().next() {
                Some(',') => at += 1,
                Some('}') => return at + 1,
                other => panic!("cannot read the path at {other:?} in `{}`", &code[..code.len().min(80)]),
            }
            if code[at..].trim_start().starts_with('}') {
                return at + (code[at..].len() - code[at..].trim_start().len()) + 1;
            }
        }
    }
    let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_' && char != '*').unwrap_or(rest.len());
    let mut path = above.to_vec();
    path.push(rest[..end].to_string());
    let mut at = space + end;
    if code[at..].starts_with("::") && !code[at + 2..].starts_with('<') {
        at += 2;
        at += tree(&code[at..], &path, found);
    } else {
        found.insert(path);
        // `as name`
        if let Some(renamed) = code[at..].strip_prefix(" as ") {
            at = code.len() - renamed.trim_start_matches(|char: char| char.is_alphanumeric() || char == '_').len();
        }
    }
    at
}

/// What the crate's root gives out under names of its own: `Party` is `id`'s.
fn root_names() -> BTreeMap<String, String> {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut names = BTreeMap::new();
    for statement in lib.split("pub use ").skip(1) {
        let mut found = BTreeSet::new();
        tree(statement, &[], &mut found);
        names.extend(found.into_iter().map(|path| (path.last().unwrap().clone(), path[0].clone())));
    }
    assert_eq!(names["Party"], "id");
    names
}

#[test]
fn every_file_has_a_floor() {
    for source in sources() {
        if let Some(place) = source.place() {
            assert!(floor(&place).is_some(), "src/{} (`{place}`) is on no floor of tests/floors.rs", source.path);
        }
    }
    for (floor, places) in FLOORS {
        for place in *places {
            let file = root().join("src").join(place);
            assert!(file.is_dir() || file.with_extension("rs").is_file(), "floor {floor}: `{place}` does not exist");
        }
    }
}

/// The map that readers see, at the head of `src/lib.rs`, is the one that is kept here.
#[test]
fn the_map_in_lib_rs_is_this_one() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let map = lib.split("//! ```text\n").nth(1).expect("the map at the head of src/lib.rs");
    let mut drawn: Vec<String> = Vec::new();
    for line in map.split("//! ```").next().unwrap().lines() {
        let line = line.trim_start_matches("//!").trim_start_matches(' ');
        let (number, rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
        let names = if number.parse::<usize>().is_ok() {
            drawn.push(String::new());
            rest
        } else {
            line
        };
        // Names end where the explanation's column begins.
        let names = names.trim().split("  ").next().unwrap();
        let floor = drawn.last_mut().expect("the map begins with floor 0");
        *floor = format!("{floor} {names}");
    }
    for ((floor, places), drawn) in FLOORS.iter().zip(&drawn) {
        let drawn: BTreeSet<String> = expanded(drawn).into_iter().filter(|name| name != "the command").collect();
        let kept: BTreeSet<String> = places.iter().map(|place| place.to_string()).collect();
        assert_eq!(drawn, kept, "floor {floor}: left src/lib.rs, right tests/floors.rs");
    }
    assert_eq!(drawn.len(), FLOORS.len());
}

/// The names of a line of the map: `a, b/{c, d}` is `a`, `b/c` and `b/d`.
fn expanded(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut prefix = String::new();
    for part in line.split(',') {
        let (before, name) = part.split_once('{').map_or((None, part), |(before, name)| (Some(before), name));
        if let Some(before) = before {
            prefix = before.trim().to_string();
        }
        let (name, ends) = name.split_once('}').map_or((name, false), |(name, _)| (name, true));
        if !name.trim().is_empty() {
            names.push(format!("{prefix}{}", name.trim()));
        }
        if ends {
            prefix.clear();
        }
    }
    names
}

#[test]
fn layout_and_evaluation_know_no_product() {
    let products = products();
    let mut seen = 0;
    for source in sources() {
        if !PRODUCT_FREE.iter().any(|folder| source.path.starts_with(folder)) {
            continue;
        }
        seen += 1;
        let text = source.text.to_lowercase();
        for product in &products {
            assert!(!text.contains(product.as_str()), "src/{} names {product}", source.path);
        }
    }
    assert!(seen > 10, "only {seen} files in {PRODUCT_FREE:?}");
}

#[test]
fn no_file_looks_up_or_sideways() {
    let names = root_names();
    let mut faults = Vec::new();
    let mut seen = 0;
    let mut used = BTreeSet::new();
    for source in sources() {
        let Some(place) = source.place() else { continue };
        let own = floor(&place).unwrap();
        let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let code = source.code();
        let mut paths = looks(&code);
        paths.extend(looks_above(&code, &stem.split('/').collect::<Vec<_>>()));
        for path in paths {
            let first = names.get(&path[0]).unwrap_or(&path[0]);
            let modules: Vec<&str> = std::iter::once(first).chain(path.iter().skip(1)).map(String::as_str).collect();
            let at = place_of(&modules);
            let Some(target) = floor(&at) else {
                faults.push(format!("src/{} looks at `crate::{}`, which is on no floor", source.path, path.join("::")));
                continue;
            };
            seen += 1;
            // `system/mod.rs` has what its files share. `image/mod.rs` gives out what its folders make: they must not look at it.
            let inside = at == place || (at == "system" && place.starts_with("system/"));
            if inside || target < own {
                continue;
            }
            match EXCEPTIONS.iter().position(|(who, what, _)| *who == source.path && *what == at) {
                Some(exception) => drop(used.insert(exception)),
                None => faults.push(format!(
                    "src/{} (floor {own}) looks at `crate::{}` (floor {target})",
                    source.path,
                    path.join("::")
                )),
            }
        }
    }
    assert!(faults.is_empty(), "{} looks up or sideways:\n{}", faults.len(), faults.join("\n"));
    assert!(seen > 150, "only {seen} looks were found: the reader of paths is broken");
    assert_eq!(used.len(), EXCEPTIONS.len(), "an exception in tests/floors.rs is not needed any more");
}

/// Modules are where their paths say, and no name stands for the crate or for a module above: the readers of paths would miss it.
#[test]
fn no_file_hides_where_it_looks() {
    for source in sources() {
        for hidden in ["#[path", "extern crate self", "use crate as ", "super as "] {
            assert!(!source.code().contains(hidden), "src/{} has `{hidden}`", source.path);
        }
    }
}

/// `system/mod.rs` and `image/mod.rs` stand on no floor of their own: they look at their parts, and else only below the lowest of them.
#[test]
fn the_heads_of_cut_folders_look_at_their_parts_or_below() {
    for folder in CUT {
        let text = fs::read_to_string(root().join(format!("src/{folder}/mod.rs"))).unwrap();
        let source = Source { path: format!("{folder}/mod.rs"), text };
        let own = |place: &&str| place.split('/').next() == Some(*folder);
        let lowest = FLOORS.iter().find(|(_, places)| places.iter().any(&own)).unwrap().0;
        let code = source.code();
        let mut paths = looks(&code);
        paths.extend(looks_above(&code, &[folder]));
        for path in paths {
            let place = place_of(&path.iter().map(String::as_str).collect::<Vec<_>>());
            let inside = place.split('/').next() == Some(*folder);
            assert!(
                inside || floor(&place).is_some_and(|floor| floor < lowest),
                "src/{folder}/mod.rs looks at `{place}`"
            );
        }
    }
}

/// Layout and evaluation take no lock and open no file.
#[test]
fn layout_and_evaluation_take_no_lock_and_open_no_file() {
    for source in sources() {
        if PRODUCT_FREE.iter().any(|folder| source.path.starts_with(folder)) {
            let code = without_tests(&source).code();
            for name in
                ["Mutex", "RwLock", "parking_lot", "std::fs", "File::", "sync::Lock", "OnceLock", "crate::files"]
            {
                assert!(!code.contains(name), "src/{} has `{name}`", source.path);
            }
        }
    }
}

/// A file up to its unit tests.
fn without_tests(source: &Source) -> Source {
    let text = source.text.split("#[cfg(test)]\nmod tests").next().unwrap();
    Source { path: source.path.clone(), text: text.into() }
}

/// A path of modules.
type Modules = Vec<String>;

/// Which files each file names, by their modules, and names that a `mod.rs` only hands on lead to the file that has them. A file
/// may name the modules below it (`mod.rs` declares them) and they may name it: together they are one thing, in parts.
fn named_files(sources: &[Source]) -> BTreeMap<Modules, BTreeSet<Modules>> {
    let module = |source: &Source| -> Modules {
        let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        if ["lib", "main"].contains(&stem) { Vec::new() } else { stem.split('/').map(str::to_owned).collect() }
    };
    let codes: BTreeMap<Modules, String> =
        sources.iter().map(|source| (module(source), without_tests(source).code())).collect();
    // Names from the crate's root, in full: `crate::a::B`, `super::B`, and `a::B` of a module that the file declares.
    let in_full = |from: &Modules, path: &Modules| -> Option<Modules> {
        let ups = path.iter().take_while(|name| *name == "super").count();
        match path.first().map(String::as_str) {
            Some("crate") => Some(path[1..].to_vec()),
            Some("super") if ups <= from.len() => Some([&from[..from.len() - ups], &path[ups..]].concat()),
            Some("super") => None,
            Some(name) => {
                let child = [&from[..], &[name.to_owned()]].concat();
                codes.contains_key(&child).then(|| [&from[..], &path[..]].concat())
            }
            None => None,
        }
    };
    let paths = |from: &Modules, code: &str, starts: &[&str]| -> BTreeSet<Modules> {
        let mut found = BTreeSet::new();
        for start in starts {
            for (at, _) in code.match_indices(start) {
                let part = code[..at].ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before));
                let skipped = if start.ends_with(' ') { start.len() } else { 0 };
                if !part {
                    tree(&code[at + skipped..], &[], &mut found);
                }
            }
        }
        found.iter().filter_map(|path| in_full(from, path)).collect()
    };
    let used: BTreeMap<&Modules, BTreeSet<Modules>> =
        codes.iter().map(|(module, code)| (module, paths(module, code, &["use "]))).collect();
    let home = |path: &Modules| -> Modules {
        let mut path = path.clone();
        // More than a few steps would be names that lead to each other.
        for _ in 0..8 {
            let length = (0..=path.len()).rev().find(|length| codes.contains_key(&path[..*length])).unwrap_or(0);
            let (file, rest) = path.split_at(length);
            let handed_on =
                rest.first().and_then(|name| used[&file.to_vec()].iter().find(|to| to.last() == Some(name)));
            match handed_on {
                Some(to) if *to != path => path = [&to[..], &rest[1..]].concat(),
                _ => return file.to_vec(),
            }
        }
        path
    };
    let of = |(module, code): (&Modules, &String)| {
        let all = paths(module, code, &["crate::", "super::"]);
        let files = all.iter().map(home).filter(|file| !file.starts_with(module)).collect();
        (module.clone(), files)
    };
    codes.iter().map(of).collect()
}

/// One circle of files that name each other, if there is any.
fn circle(mut named: BTreeMap<Modules, BTreeSet<Modules>>) -> Vec<String> {
    loop {
        let before = named.len();
        let left: BTreeSet<Modules> = named.keys().cloned().collect();
        named.retain(|_, files| files.iter().any(|file| left.contains(file)));
        if named.len() == before {
            break;
        }
    }
    let Some(mut at) = named.keys().next().cloned() else { return Vec::new() };
    let mut way: Vec<Modules> = Vec::new();
    while !way.contains(&at) {
        way.push(at.clone());
        at = named[&at].iter().find(|file| named.contains_key(*file)).unwrap().clone();
    }
    let first = way.iter().position(|file| *file == at).unwrap();
    way[first..].iter().map(|file| file.join("/")).collect()
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    for folder in source_folders() {
        let named = named_files(&sources_below(&folder));
        let edges: usize = named.values().map(BTreeSet::len).sum();
        assert!(edges > 10, "{folder}: only {edges} files are named: the reader of paths is broken");
        assert_eq!(circle(named), [""; 0], "files of {folder} that name each other in a circle");
    }
}

/// The reader of circles itself: straight, and through a name that `mod.rs` hands on.
#[test]
fn circles_are_found() {
    let file = |path: &str, text: &str| Source { path: path.into(), text: text.into() };
    let a = |text: &str| file("x/a.rs", text);
    let head = file("x/mod.rs", "mod a;\nmod b;\npub use b::B;");
    let b = file("x/b.rs", "use super::a::A;\npub struct B(A);");
    for (text, found) in [
        ("use super::b::B;", true),
        ("fn f() { crate::x::b::f() }", true),
        ("use super::{C, B};", true),
        ("use super::C;\n#[cfg(test)]\nmod tests {\n    use super::super::b::B;\n}", false),
        ("// crate::x::b::B", false),
    ] {
        let sources = [a(text), file("x/mod.rs", &head.text), file("x/b.rs", &b.text), file("lib.rs", "mod x;")];
        assert_eq!(circle(named_files(&sources)).len(), if found { 2 } else { 0 }, "{text}");
    }
}

#[test]
fn unsafe_code_lives_where_the_rules_say() {
    for source in sources() {
        let name = source.path.as_str();
        // These only declare modules; forbidding there would forbid everywhere below.
        if ["lib.rs", "sync.rs"].contains(&name) {
            assert!(!source.code().contains("unsafe"), "src/{name} has unsafe code");
            continue;
        }
        if !name.starts_with("ffi/") && !UNSAFE.contains(&name) {
            assert!(source.text.contains("#![forbid(unsafe_code)]"), "src/{name} lacks `#![forbid(unsafe_code)]`");
            continue;
        }
        // Each block, and each `unsafe impl`, has its reason at most a few lines above.
        let lines: Vec<&str> = source.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap();
            if code.contains("unsafe {") || code.contains("unsafe impl") {
                let reason = lines[at.saturating_sub(8)..at].iter().any(|line| line.contains("SAFETY"));
                assert!(reason, "src/{name}:{}: unsafe code without a SAFETY comment", at + 1);
            }
        }
    }
    for source in all_sources() {
        if let Some(crate_file) = source.path.strip_prefix("crates/") {
            assert!(!source.code().contains("unsafe "), "crates/{crate_file} has unsafe code");
        }
    }
    for name in UNSAFE {
        let text = fs::read_to_string(root().join("src").join(name)).unwrap();
        assert!(text.contains("unsafe {"), "src/{name} has no unsafe code any more: strike it off the list");
    }
}

#[test]
fn a_confined_crate_is_used_in_its_file_only() {
    for (name, file, reason) in CONFINED {
        let uses = |source: &Source| source.code().contains(&format!("{name}::"));
        let users: Vec<String> = all_sources().iter().filter(|source| uses(source)).map(|s| s.path.clone()).collect();
        assert_eq!(users, [format!("src/{file}")], "`{name}` is for src/{file} only: {reason}");
    }
}

#[test]
fn every_file_says_what_it_is() {
    for source in all_sources() {
        let head = source.text.lines().next().unwrap_or("");
        assert!(
            head.starts_with("//! ") && head.len() > 20,
            "{} does not begin with what it is (`//! ...`)",
            source.path
        );
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut sources = all_sources();
    for folder in source_folders().iter().map(|folder| format!("{}tests", folder.trim_end_matches("src"))) {
        if root().join(&folder).is_dir() {
            let named = |source: Source| Source { path: format!("{folder}/{}", source.path), ..source };
            sources.extend(sources_below(&folder).into_iter().map(named));
        }
    }
    for source in &sources {
        let lines = source.text.lines().count();
        let listed = LONG.iter().any(|(name, _)| *name == source.path);
        assert!(lines <= LONGEST || listed, "{} has {lines} lines: split it, or list it with a reason", source.path);
    }
    for (name, _) in LONG {
        let is_long = |source: &Source| source.path == *name && source.text.lines().count() > LONGEST;
        assert!(sources.iter().any(is_long), "{name} is listed as long and is not, or does not exist");
    }
}

/// The reader of paths itself.
#[test]
fn paths_are_read_whole() {
    let code =
        "use crate::{a, b::{c::D, self, E as F}};\nlet x = crate::g::h(crate::i::J::<K>::new());\nuse crate::k::*;";
    let paths: Vec<String> = looks(code).iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["a", "b::E", "b::c::D", "b::self", "g::h", "i::J", "k::*"]);
    let source =
        Source { path: String::new(), text: "x(\"crate::no\"); // crate::no\n/// crate::no\ncrate::yes".into() };
    assert_eq!(looks(&source.code()).len(), 1);
}

/// The table of dependencies in docs/design.md: every direct one, and the places that use it.
#[test]
fn the_table_of_dependencies_is_true() {
    let page = fs::read_to_string(root().join("docs/design.md")).unwrap();
    let table =
        page.split("\n## What are the dependencies for?\n").nth(1).unwrap().split("\n\nNo async").next().unwrap();
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|line| line.starts_with("| ")).skip(2).map(|line| line.split(" | ").collect()).collect();
    let rows: BTreeMap<&str, &str> =
        rows.iter().flat_map(|row| row[0].trim_start_matches("| ").split(", ").map(|name| (name, row[1]))).collect();
    let is_test = |source: &Source| source.path.ends_with("/tests.rs") || source.path.contains("/tests/");
    let sources: Vec<Source> = all_sources().into_iter().filter(|source| !is_test(source)).collect();
    let mut seen = BTreeSet::new();
    // Which packages have it: the folder of their source, the name.
    let mut had = BTreeSet::new();
    for folder in source_folders() {
        let manifest = root().join(folder.trim_end_matches("src")).join("Cargo.toml");
        let mut is_list = false;
        for line in fs::read_to_string(manifest).unwrap().lines() {
            if line.starts_with('[') {
                is_list = line.ends_with("dependencies]");
                continue;
            }
            if let Some((name, _)) =
                line.split_once(" = ").filter(|(name, _)| is_list && !name.starts_with("linewarden"))
            {
                seen.insert(name.to_owned());
                had.insert((folder.clone(), name.to_owned()));
            }
        }
    }
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), rows.keys().copied().collect::<Vec<_>>());
    for (name, place) in rows {
        let places: Vec<String> = place
            .split('`')
            .skip(1)
            .step_by(2)
            .map(|place| match place.starts_with("crates/") {
                true => place.to_owned(),
                false => format!("src/{place}"),
            })
            .collect();
        // A package without it may have a file of that name.
        let has =
            |source: &&Source| had.iter().any(|(folder, had)| had == name && source.path.starts_with(folder.as_str()));
        let name = name.replace('-', "_");
        let uses = |source: &&Source| {
            let code = without_tests(source).code();
            [format!("{name}::"), format!("use {name};")].iter().any(|wanted| {
                let whole =
                    |at: usize| !code[..at].ends_with(|before: char| before.is_alphanumeric() || "_:".contains(before));
                code.match_indices(wanted).any(|(at, _)| whole(at))
            })
        };
        // The library cannot use what only its tests depend on.
        let counts = |source: &&Source| !place.starts_with("tests") || source.path.starts_with("crates/");
        let users: Vec<&str> =
            sources.iter().filter(counts).filter(has).filter(uses).map(|source| source.path.as_str()).collect();
        for user in &users {
            assert!(places.iter().any(|place| user.starts_with(place)), "docs/design.md: {user} uses {name}");
        }
        for place in &places {
            assert!(users.iter().any(|user| user.starts_with(place)), "docs/design.md: nothing in {place} uses {name}");
        }
    }
}

/// The two tables of docs/design.md have a row for every crate and for every place of the map.
#[test]
fn the_design_page_names_every_crate_and_room() {
    let page = fs::read_to_string(root().join("docs/design.md")).unwrap();
    let named = |question: &str| -> BTreeSet<String> {
        let section = page.split(&format!("\n## {question}\n")).nth(1).expect(question).split("\n## ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| "));
        let cells = rows.filter_map(|row| row.split(" | ").next());
        cells
            .flat_map(|cell| cell.split('`').skip(1).step_by(2))
            .map(|name| name.trim_end_matches('/').into())
            .collect()
    };
    let crates = named("What are the crates?");
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(crates.contains(&format!("crates/{name}")), "docs/design.md has no row for crates/{name}");
    }
    let rooms = named("What are the rooms of the library?");
    for place in FLOORS.iter().flat_map(|(_, places)| *places) {
        let folder = place.split('/').next().unwrap_or(place);
        let is_named = rooms.contains(*place) || folder == "system" && rooms.contains(folder);
        assert!(is_named, "docs/design.md has no row for `{place}`");
    }
}

/// What CONTRIBUTING.md says adding a system takes: it names every file that knows keevio, and no file that does not exist.
#[test]
fn the_table_of_adding_a_system_is_whole() {
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let section = page.split("\n## Adding a system\n").nth(1).unwrap().split("\nWhat is free:").next().unwrap();
    let quoted = section.split('`').skip(1).step_by(2).map(|text| text.replace("<name>", "keevio"));
    let named: BTreeSet<String> = quoted.filter(|text| text.ends_with(".rs")).collect();
    let path = |name: &String| match name.split('/').next() {
        Some("crates" | "tests") => name.clone(),
        _ => format!("src/{name}"),
    };
    let named: BTreeSet<String> = named.iter().map(path).collect();
    for name in &named {
        assert!(root().join(name).is_file(), "CONTRIBUTING.md names {name}, which does not exist");
    }
    let knows = |source: &Source| source.text.to_lowercase().contains("keevio");
    let knowing: Vec<String> = all_sources().into_iter().filter(knows).map(|source| source.path).collect();
    let missing: Vec<&String> = knowing.iter().filter(|path| !named.contains(*path)).collect();
    assert!(missing.is_empty(), "CONTRIBUTING.md does not say that a system takes lines in {missing:?}");
    assert!(knowing.len() > 40, "only {} files know keevio", knowing.len());
}

/// A system has one file in each room, or a folder of that name where one would be too long, and none beside these: what CONTRIBUTING.md
/// says adding one takes.
#[test]
fn a_system_has_one_file_in_each_room() {
    let rooms =
        ["document", "explain/changes", "explain/sources", "image/compile/lowering", "lint", "policy/change", "system"];
    let page = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let mut systems = products();
    systems.push("linewarden".into());
    assert_eq!(systems.len(), 5);
    for system in &systems {
        let mut found = BTreeSet::new();
        for source in sources().iter().filter(|source| !source.path.contains("/tests/")) {
            let parts: Vec<&str> = source.path.trim_end_matches(".rs").split('/').collect();
            if let Some(at) = parts.iter().position(|part| part == system) {
                found.insert(parts[..at].join("/"));
            }
        }
        assert_eq!(found, rooms.iter().map(|room| room.to_string()).collect(), "the rooms of {system}");
    }
    for room in rooms {
        assert!(page.contains(&format!("`{room}/<name>.rs`")), "CONTRIBUTING.md does not name `{room}/<name>.rs`");
    }
}

/// `docs/systems.md` says of each rule which file, and mostly which name in it, carries it out.
#[test]
fn the_page_of_the_systems_names_code_that_exists() {
    let page = fs::read_to_string(root().join("docs/systems.md")).unwrap();
    let mut named = 0;
    for line in page.lines() {
        let quoted: Vec<&str> = line.split('`').collect();
        for at in (1..quoted.len()).step_by(2).filter(|at| quoted[*at].ends_with(".rs")) {
            let (file, below) = (root().join(quoted[at]), root().join("src").join(quoted[at]));
            let text = fs::read_to_string(&below).or_else(|_| fs::read_to_string(&file));
            let text = text.unwrap_or_else(|_| panic!("docs/systems.md names {}, which does not exist", quoted[at]));
            // A name stands right behind its file.
            let Some(name) = quoted.get(at + 2).filter(|_| quoted[at + 1] == " ") else { continue };
            let last = name.rsplit("::").next().unwrap();
            assert!(text.contains(last), "docs/systems.md: src/{} has no `{name}`", quoted[at]);
            named += 1;
        }
    }
    assert!(named > 50, "only {named} names were read");
}
