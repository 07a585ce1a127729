//! `fmt`: a document in one form, with its comments. It must never change what a document says, and writes no file that has a fault.
#![forbid(unsafe_code)]

use crate::options::Status;
use crate::output::{Failure, Out};
use crate::source;
use linewarden::{Document, Engine, Error, ErrorKind};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use toml_edit::{Array, DocumentMut, Item, Table, Value};

/// The longest line that a list is written in.
const LONGEST: usize = 120;

/// Write a document in one form, keeping its comments
///
/// One blank line before each table, one blank around `=`, lists in one line where they fit and else one entry a line. The document is
/// printed; with --write the file is replaced.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
EXAMPLES
  linewarden fmt acme.toml | diff acme.toml -
  linewarden fmt --write acme.toml
  linewarden fmt --check acme.toml || echo run linewarden fmt

EXIT STATUS
  0 done; with --check the document has that form; 1 with --check it has not;
  2 error
")]
pub struct Args {
    /// The document; - is standard input
    #[arg(value_name = "DOCUMENT", value_hint = clap::ValueHint::FilePath)]
    document: PathBuf,
    /// Replace the file
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Print nothing; say by the exit status whether it has that form
    #[arg(long)]
    check: bool,
}

/// Does it.
pub fn run(args: &Args, out: &mut Out) -> Result<Status, Failure> {
    let documents = source::documents(&args.document)?;
    let [document] = documents.as_slice() else {
        return Err(Error::new(ErrorKind::Argument, "expected one document, found a folder").into());
    };
    // A document with a fault is the author's to mend first.
    let before = Engine::from_documents(std::slice::from_ref(document))?;
    let text = formatted(&document.text)
        .map_err(|message| Error::new(ErrorKind::Document, format!("{}: {message}", document.name)))?;
    let after = Engine::from_documents(&[Document { name: document.name.clone(), text: text.clone() }])?;
    if !is_same(&before, &after)? {
        return Err(Failure::defect("the document in its new form would say something else"));
    }
    if args.check {
        return Ok(Status::of(text == document.text));
    }
    if !args.write {
        write!(out, "{text}")?;
    } else if text != document.text {
        replace(&args.document, &text)?;
    }
    Ok(Status::Yes)
}

/// Whether two engines over one document have the same facts.
fn is_same(one: &Engine, other: &Engine) -> Result<bool, Failure> {
    let written = |engine: &Engine| -> Result<Vec<Vec<u8>>, Failure> {
        let mut all = Vec::new();
        for (domain, _) in engine.domains() {
            let mut text = Vec::new();
            engine.write_document(domain, &mut text)?;
            all.push(text);
        }
        Ok(all)
    };
    Ok(written(one)? == written(other)?)
}

/// Replaces a file whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Error::new(ErrorKind::File, format!("cannot write `{}`: {error}", path.display()));
    let about = fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        return Err(Error::new(ErrorKind::Argument, "expected a file to --write").into());
    }
    let path = fs::canonicalize(path).map_err(failed)?;
    let mut beside = path.clone().into_os_string();
    beside.push(".new");
    // Never what another has put there.
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&beside).map_err(failed)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.set_permissions(about.permissions()))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    Ok(written.map_err(failed)?)
}

/// The document in its form.
fn formatted(text: &str) -> Result<String, String> {
    let mut document: DocumentMut =
        text.strip_prefix('\u{feff}').unwrap_or(text).parse().map_err(|error| format!("{error}"))?;
    table(document.as_table_mut(), true);
    let mut lines = document.to_string().lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    // Blank lines inside what was written stay, but never two.
    lines.dedup_by(|line, before| line.is_empty() && before.is_empty());
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    let text = lines.get(first..).unwrap_or_default().join("\n");
    Ok(format!("{}\n", text.trim_end()))
}

fn table(table: &mut Table, root: bool) {
    if !root && !table.is_implicit() {
        let decor = table.decor_mut();
        let comments = comments(decor.prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default());
        decor.set_prefix(format!("\n{comments}"));
    }
    for (mut key, item) in table.iter_mut() {
        match item {
            Item::Table(inner) => self::table(inner, false),
            Item::ArrayOfTables(list) => list.iter_mut().for_each(|inner| self::table(inner, false)),
            Item::Value(value) => {
                let decor = key.leaf_decor_mut();
                let comments = comments(decor.prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default());
                decor.set_prefix(comments);
                decor.set_suffix(" ");
                self::value(value, key.get().len());
            }
            Item::None => {}
        }
    }
}

/// The comments before an entry, each in its line, with the blank lines between them.
fn comments(prefix: &str) -> String {
    let lines: Vec<&str> = prefix.lines().map(str::trim).collect();
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if lines.iter().all(|line| line.is_empty()) {
        text.clear();
    }
    text.trim_start_matches('\n').to_owned()
}

/// A value behind `=`.
fn value(value: &mut Value, key: usize) {
    let after = value.decor().suffix().and_then(|suffix| suffix.as_str()).unwrap_or_default().trim().to_owned();
    if let Value::Array(list) = value {
        self::list(list, key + after.len());
    }
    let after = if after.is_empty() { after } else { format!(" {after}") };
    value.decor_mut().set_prefix(" ");
    value.decor_mut().set_suffix(after);
}

/// A list in one line where it has no comments and fits, else one entry a line.
fn list(list: &mut Array, taken: usize) {
    let commented = |text: Option<&str>| text.is_some_and(|text| text.contains('#'));
    let has_comments = commented(list.trailing().as_str())
        || list.iter().any(|value| {
            commented(value.decor().prefix().and_then(|prefix| prefix.as_str()))
                || commented(value.decor().suffix().and_then(|suffix| suffix.as_str()))
        });
    // Entries with comments stay as their author has set them.
    if has_comments {
        return;
    }
    let mut bare = list.clone();
    bare.iter_mut().for_each(|value| value.decor_mut().clear());
    bare.set_trailing("");
    bare.set_trailing_comma(false);
    for (value, number) in bare.iter_mut().zip(0..) {
        value.decor_mut().set_prefix(if number == 0 { "" } else { " " });
    }
    let long: usize = bare.iter().map(|value| value.to_string().trim().chars().count() + 2).sum();
    if taken + long + 5 > LONGEST {
        bare.iter_mut().for_each(|value| value.decor_mut().set_prefix("\n    "));
        bare.set_trailing("\n");
        bare.set_trailing_comma(true);
    }
    *list = bare;
}
