//! What the Rust library offers to other programs is what `docs/rust-api.txt` lists, item by item: a change of it is seen in
//! review. `LINEWARDEN_WRITE=1 cargo test --test facade` writes the list anew. It must never list what only this repository's
//! tests reach (feature `internals`).
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use quote::ToTokens;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use syn::{Attribute, Fields, ImplItem, Item, Type, UseTree, Visibility};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names that `src/lib.rs` gives out, each with the module it comes from and its name there.
fn facade() -> BTreeMap<String, (String, String)> {
    fn walk(tree: &UseTree, path: &[String], found: &mut BTreeMap<String, (String, String)>) {
        let module = path.first().cloned().unwrap_or_default();
        match tree {
            UseTree::Path(next) => walk(&next.tree, &[path, &[next.ident.to_string()]].concat(), found),
            UseTree::Name(name) => {
                drop(found.insert(name.ident.to_string(), (path.join("::"), name.ident.to_string())))
            }
            UseTree::Rename(name) => {
                drop(found.insert(name.rename.to_string(), (path.join("::"), name.ident.to_string())))
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, path, found)),
            UseTree::Glob(_) => panic!("src/lib.rs gives out everything in `{module}`"),
        }
    }
    // What the root has itself.
    fn own(name: &syn::Ident, attributes: &[Attribute], found: &mut BTreeMap<String, (String, String)>) {
        if !is_hidden(attributes) {
            found.insert(name.to_string(), ("lib".into(), name.to_string()));
        }
    }
    let lib = syn::parse_file(&fs::read_to_string(root().join("src/lib.rs")).unwrap()).unwrap();
    let mut found = BTreeMap::new();
    for item in &lib.items {
        match item {
            Item::Use(used) if is_public(&used.vis) => walk(&used.tree, &[], &mut found),
            Item::Mod(module) => assert!(
                !is_public(&module.vis) || is_hidden(&module.attrs),
                "`{}` is public: what it has belongs in the facade, or is hidden",
                module.ident
            ),
            Item::Fn(item) if is_public(&item.vis) => own(&item.sig.ident, &item.attrs, &mut found),
            Item::Struct(item) if is_public(&item.vis) => own(&item.ident, &item.attrs, &mut found),
            Item::Enum(item) if is_public(&item.vis) => own(&item.ident, &item.attrs, &mut found),
            Item::Type(item) if is_public(&item.vis) => own(&item.ident, &item.attrs, &mut found),
            Item::Const(item) => assert!(!is_public(&item.vis), "{}: constants are not listed yet", item.ident),
            Item::Static(item) => assert!(!is_public(&item.vis), "{}: statics are not listed yet", item.ident),
            Item::Trait(item) => assert!(!is_public(&item.vis), "{}: traits are not listed yet", item.ident),
            Item::Union(item) => assert!(!is_public(&item.vis), "{}: unions are not listed yet", item.ident),
            _ => {}
        }
    }
    found
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.to_token_stream().to_string().contains("hidden"))
}

/// Tokens as a person writes them.
fn plain(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (from, to) in [(" :: ", "::"), (" < ", "<"), (" > ", ">"), (" >", ">"), ("< ", "<"), ("& ", "&"), (" , ", ", ")]
    {
        text = text.replace(from, to);
    }
    for (from, to) in [(" (", "("), ("( ", "("), (" )", ")"), (" : ", ": "), (" ;", ";"), ("->", " -> "), (" ,", ",")] {
        text = text.replace(from, to);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rust_files() -> Vec<PathBuf> {
    let mut folders = vec![root().join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The module of a file, `engine::dial` for `src/engine/dial.rs`.
fn module(file: &Path) -> String {
    let below = file.strip_prefix(root().join("src")).unwrap().with_extension("");
    let parts: Vec<&str> = below.iter().map(|part| part.to_str().unwrap()).filter(|part| *part != "mod").collect();
    parts.join("::")
}

/// The lines of one field or variant list.
fn members(fields: &Fields, name: &str, lines: &mut BTreeSet<String>) {
    for field in fields.iter().filter(|field| is_public(&field.vis) && !is_hidden(&field.attrs)) {
        let ident = field.ident.as_ref().map_or("0".to_owned(), ToString::to_string);
        lines.insert(format!("{name}.{ident}: {}", plain(&field.ty)));
    }
}

/// All sources, each with its module.
fn parsed() -> Vec<(String, syn::File)> {
    let parsed = |file: &PathBuf| syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap();
    rust_files().iter().map(|file| (module(file), parsed(file))).collect()
}

fn listing() -> String {
    let names = facade();
    assert!((40..75).contains(&names.len()), "the facade has {} items", names.len());
    let files = parsed();
    let mut lines = BTreeSet::new();
    for (shown, (path, own)) in &names {
        let top = path.split("::").next().unwrap();
        // Of several types of one name, the one below the module that the facade takes it from.
        let mut defined: Vec<_> = files
            .iter()
            .flat_map(|(module, file)| file.items.iter().map(move |item| (module, item)))
            .filter(|(_, item)| match item {
                Item::Struct(item) => item.ident == own && is_public(&item.vis),
                Item::Enum(item) => item.ident == own && is_public(&item.vis),
                Item::Type(item) => item.ident == own && is_public(&item.vis),
                Item::Fn(item) => item.sig.ident == own && is_public(&item.vis),
                _ => false,
            })
            .collect();
        if defined.len() > 1 {
            defined.retain(|(module, _)| *module == path || module.starts_with(&format!("{path}::")));
        }
        if defined.is_empty() {
            // Made by a macro: named, without its parts.
            lines.insert(format!("{shown}: made by a macro in {path}"));
            continue;
        }
        assert_eq!(defined.len(), 1, "{shown} ({path}::{own}) is defined {} times", defined.len());
        let (home, item) = defined[0];
        match item {
            Item::Struct(item) => {
                lines.insert(format!("struct {shown}"));
                members(&item.fields, shown, &mut lines);
            }
            Item::Enum(item) => {
                lines.insert(format!("enum {shown}"));
                for variant in &item.variants {
                    lines.insert(format!("{shown}::{}{}", variant.ident, plain(&variant.fields)));
                }
            }
            Item::Type(item) => drop(lines.insert(format!("type {shown} = {}", plain(&item.ty)))),
            Item::Fn(item) => drop(lines.insert(plain(&item.sig).replacen(own, shown, 1))),
            _ => unreachable!(),
        }
        let is_type = !matches!(item, Item::Fn(_) | Item::Type(_));
        let base = home.split("::").next().unwrap();
        for (module, file) in files.iter().filter(|_| is_type) {
            if module.split("::").next() != Some(base) && module.split("::").next() != Some(top) {
                continue;
            }
            for item in &file.items {
                let Item::Impl(block) = item else { continue };
                let Type::Path(of) = &*block.self_ty else { continue };
                if of.path.segments.last().is_none_or(|last| last.ident != own) {
                    continue;
                }
                if let Some((of_trait, _)) = &block.trait_ {
                    lines.insert(format!("impl {} for {shown}", plain(of_trait)));
                    continue;
                }
                for item in &block.items {
                    match item {
                        ImplItem::Fn(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                            lines.insert(format!("{shown}::{}", plain(&item.sig)));
                        }
                        ImplItem::Const(item) if is_public(&item.vis) && !is_hidden(&item.attrs) => {
                            lines.insert(format!("{shown}::const {}: {}", item.ident, plain(&item.ty)));
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

#[test]
fn the_facade_is_the_one_that_is_listed() {
    let path = root().join("docs/rust-api.txt");
    let listing = listing();
    if std::env::var_os("LINEWARDEN_WRITE").is_some() {
        fs::write(&path, &listing).unwrap();
    }
    let listed = fs::read_to_string(&path).unwrap_or_default();
    let (now, before): (BTreeSet<&str>, BTreeSet<&str>) = (listing.lines().collect(), listed.lines().collect());
    let added: Vec<_> = now.difference(&before).collect();
    let removed: Vec<_> = before.difference(&now).collect();
    assert!(
        added.is_empty() && removed.is_empty(),
        "the Rust interface differs from docs/rust-api.txt; if that is meant, write it anew (see this file's head)\n\
         added: {added:#?}\nremoved: {removed:#?}"
    );
}

/// Types with public fields or variants that will have no more of them, or cannot be `#[non_exhaustive]`, each with the reason.
const CLOSED: &[(&str, &str)] = &[
    ("Batch", "what carries change sets from a log that is kept elsewhere makes it"),
    ("BatchSet", "as `Batch`"),
    ("ChangeSet", "as `Batch`; its hash covers these parts and no more"),
    ("Document", "programs make it of a name and a text"),
    ("DomainId", "a number"),
    ("Entry", "programs make it of a domain and a change"),
    ("Filter", "programs write `Filter { above, ..Filter::default() }`, which the attribute would forbid"),
    ("Kind", "its numbers are stored in images, and a program decides about each kind"),
    ("Party", "a number"),
    ("SubscriptionState", "the states that keevio has"),
    ("Token", "its text, which other programs keep, has these parts and no more"),
    ("TransferRole", "the two sides of a transfer"),
];

/// A type that will grow says so, so that growing breaks no program.
#[test]
fn what_will_grow_is_non_exhaustive() {
    let files = parsed();
    let mut open = BTreeSet::new();
    for (shown, (path, own)) in facade() {
        let mut defined = Vec::new();
        for (module, item) in files.iter().flat_map(|(module, file)| file.items.iter().map(move |item| (module, item)))
        {
            let (ident, visibility, attributes, grows) = match item {
                Item::Struct(item) => {
                    let grows = item.fields.iter().any(|field| is_public(&field.vis));
                    (&item.ident, &item.vis, &item.attrs, grows)
                }
                Item::Enum(item) => (&item.ident, &item.vis, &item.attrs, true),
                _ => continue,
            };
            if *ident == own && is_public(visibility) {
                let says = attributes.iter().any(|attribute| attribute.path().is_ident("non_exhaustive"));
                defined.push((module, grows && !says));
            }
        }
        if defined.len() > 1 {
            defined.retain(|(module, _)| **module == path || module.starts_with(&format!("{path}::")));
        }
        open.extend(defined.iter().filter(|(_, open)| *open).map(|_| shown.clone()));
    }
    let closed: BTreeSet<String> = CLOSED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(open, closed, "left: not `#[non_exhaustive]`; right: those with a reason");
}

/// Types of the library that a signature may name though the facade has them under another name, or as what they stand for.
const OTHER_NAMES: &[(&str, &str)] =
    &[("State", "the facade's `SubscriptionState`"), ("Hash", "an alias of `[u8; 32]`")];

/// A type that a program gets but cannot name cannot be a field or an argument of its own.
#[test]
fn every_type_in_the_facade_can_be_named_from_outside() {
    let listing = fs::read_to_string(root().join("docs/rust-api.txt")).unwrap();
    let shown: BTreeSet<String> = facade().into_keys().collect();
    let files = parsed();
    let own: BTreeSet<String> = files
        .iter()
        .flat_map(|(_, file)| &file.items)
        .filter_map(|item| match item {
            Item::Struct(item) => Some(item.ident.to_string()),
            Item::Enum(item) => Some(item.ident.to_string()),
            Item::Type(item) => Some(item.ident.to_string()),
            _ => None,
        })
        .collect();
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for line in listing.lines().filter(|line| !line.contains(": made by a macro")) {
        // What comes before is the name of the item itself; a variant's own name is none of a type.
        let rest = match line.split_once("fn ") {
            Some((_, signature)) => signature,
            None => line.split_once([':', '(', '=']).map_or("", |(_, rest)| rest),
        };
        let rest = if line.contains("::") && !line.contains("fn ") { rest.trim_start_matches(':') } else { rest };
        let variant = rest.split(['(', '{']).next().unwrap_or_default();
        let words = rest.split(|char: char| !char.is_alphanumeric() && char != '_');
        for word in words.filter(|word| own.contains(*word) && !shown.contains(*word)) {
            let is_variant = line.contains("::") && !line.contains("fn ") && variant.trim() == word;
            let other = OTHER_NAMES.iter().find(|(name, _)| *name == word);
            used.extend(other.map(|(name, _)| *name));
            assert!(
                is_variant || other.is_some(),
                "docs/rust-api.txt: `{line}` has `{word}`, which no program can name"
            );
        }
    }
    assert_eq!(used.len(), OTHER_NAMES.len(), "of {OTHER_NAMES:?} only {used:?} are needed");
}
