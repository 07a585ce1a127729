//! Asterisk's configuration syntax, read as Asterisk reads it: sections, templates, additions, `+=`, comments, includes. What makes
//! Asterisk refuse a file is a fault here; what it skips with a warning is listed. `#exec` is never run.
//!
//! Files that a file includes are looked for in the folder of the file that was named, as Asterisk looks in its configuration folder.
#![forbid(unsafe_code)]

use crate::builder::Builder;
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::{At, Place};
use std::path::{Path, PathBuf};

/// How deep files may include files, as in Asterisk.
const DEEPEST: usize = 10;
/// How many files a configuration may have; a file may be included more than once.
const MOST_FILES: usize = 10_000;
/// Asterisk skips lines that are longer.
const LONGEST_LINE: usize = 8190;

/// A line `name = value`.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, as written.
    pub name: String,
    /// Its value; its place is that of the line that wrote it last.
    pub value: At<String>,
}

/// A section with its variables, those of its templates first.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name, as written.
    pub name: String,
    /// Where its header is.
    pub place: Place,
    /// Whether it is for others to inherit from only.
    pub template: bool,
    /// Its variables in order.
    pub variables: Vec<Variable>,
}

impl Section {
    /// The last value of a variable, whose name counts in any case.
    pub fn last(&self, names: &[&str]) -> Option<&At<String>> {
        let wanted = |variable: &&Variable| names.iter().any(|name| variable.name.eq_ignore_ascii_case(name));
        self.variables.iter().rev().find(wanted).map(|variable| &variable.value)
    }
}

/// Reads one source with what it includes.
pub fn read(input: &Input, builder: &mut Builder<'_>) -> Result<Vec<Section>, Fault> {
    let mut reader = Reader { sections: Vec::new(), current: None, folder: input.folder.clone(), files: 0, builder };
    reader.file(input, 1)?;
    Ok(reader.sections)
}

struct Reader<'r, 'o> {
    sections: Vec<Section>,
    /// The section that was begun last: a file that is included goes on with it.
    current: Option<usize>,
    folder: Option<PathBuf>,
    files: usize,
    builder: &'r mut Builder<'o>,
}

impl Reader<'_, '_> {
    fn file(&mut self, input: &Input, depth: usize) -> Result<(), Fault> {
        let mut section = self.current;
        let mut comments = Comments::default();
        for (place, line) in input.lines() {
            if line.len() > LONGEST_LINE {
                self.builder.lost(&place, "a line of more than 8190 bytes", "Asterisk skips it");
                continue;
            }
            let Some(text) = comments.strip(line, place.line) else { continue };
            let text = text.trim_matches(|c: char| c <= ' ');
            if text.is_empty() {
                continue;
            }
            let column = line.find(text).map_or(1, |at| line.get(..at).unwrap_or_default().chars().count() + 1);
            if let Some(header) = text.strip_prefix('[') {
                section = Some(self.header(header, &place, column)?);
                self.current = section;
            } else if let Some(directive) = text.strip_prefix('#') {
                self.directive(directive, &place, column, depth)?;
            } else {
                let found = section.and_then(|at| self.sections.get_mut(at));
                let Some(found) = found else {
                    let message = format!("{} stands before the first section, expected `[name]`", quote(text));
                    return Err(Fault::new(&place, column, message));
                };
                if let Some(what) = variable(found, text, &place) {
                    self.builder.lost(&place, quote(text), what);
                }
            }
        }
        match comments.open.last() {
            Some(line) => Err(Fault::new(&input.at(*line), 0, "the comment `;--` has no end `--;`")),
            None => Ok(()),
        }
    }

    /// Reads what follows the `[` of a section's header and says the section that lines after it belong to.
    fn header(&mut self, text: &str, place: &Place, column: usize) -> Result<usize, Fault> {
        let Some((name, rest)) = text.split_once(']') else {
            return Err(Fault::new(place, column, format!("{} has no closing `]`", quote(&format!("[{text}")))));
        };
        let own = Section { name: name.to_owned(), place: place.clone(), template: false, variables: Vec::new() };
        let at = self.sections.len();
        let Some(options) = rest.strip_prefix('(') else {
            if !rest.trim().is_empty() {
                self.builder.lost(
                    place,
                    quote(rest.trim()),
                    "Asterisk reads nothing after `]` but `(...)` without a blank",
                );
            }
            self.sections.push(own);
            return Ok(at);
        };
        let Some((options, _)) = options.split_once(')') else {
            return Err(Fault::new(place, column, format!("{} has no closing `)`", quote(&format!("[{text}")))));
        };
        let (mut section, mut into) = (own, None);
        for option in options.split(',') {
            let unknown = |what: &str| {
                let message =
                    format!("`[{name}]({options})` {what} {}, which no section before it is called", quote(option));
                Fault::new(place, column, message)
            };
            let mut bases = self.sections.iter().enumerate();
            if option == "!" {
                section.template = true;
            } else if option == "+" {
                let first = bases.find(|(_, base)| !base.template && base.name.eq_ignore_ascii_case(name));
                let Some((first, _)) = first else {
                    let message = format!("`[{name}]({options})` adds to a section that is not there before it");
                    return Err(Fault::new(place, column, message));
                };
                into = Some(first);
            } else if option.starts_with('+') {
                let message = format!("the condition {} of `[{name}]({options})` is not supported", quote(option));
                return Err(Fault::new(place, column, message));
            } else {
                let base = bases.find(|(_, base)| base.name.eq_ignore_ascii_case(option));
                let (_, base) = base.ok_or_else(|| unknown("inherits from"))?;
                section.variables.extend(base.variables.iter().cloned());
            }
        }
        if let Some(found) = into.and_then(|into| self.sections.get_mut(into)) {
            found.template |= section.template;
            found.variables.append(&mut section.variables);
            return Ok(into.unwrap_or(at));
        }
        self.sections.push(section);
        Ok(at)
    }

    fn directive(&mut self, text: &str, place: &Place, column: usize, depth: usize) -> Result<(), Fault> {
        let (word, file) = text.split_once(|c: char| c <= ' ').unwrap_or((text, ""));
        let file = file.trim();
        let shown = quote(&format!("#{text}"));
        let needed = match word.to_ascii_lowercase().as_str() {
            "include" => true,
            "tryinclude" => false,
            "exec" => {
                self.builder.lost(place, shown, "a program is never run; give its output as a file");
                return Ok(());
            }
            _ => {
                self.builder.lost(place, shown, "Asterisk knows no such directive and skips it");
                return Ok(());
            }
        };
        let inside = |open, close| file.strip_prefix(open).and_then(|rest: &str| rest.strip_suffix(close));
        let file = inside('"', '"').or_else(|| inside('<', '>')).unwrap_or(file);
        if file.is_empty() {
            self.builder.lost(place, shown, "no file is named; Asterisk skips it");
            return Ok(());
        }
        if depth >= DEEPEST || self.files > MOST_FILES {
            let message = format!("{shown}: files include files more than {DEEPEST} deep: do they include each other?");
            return Err(Fault::new(place, column, message));
        }
        let found = self.found(file).map_err(|why| Fault::new(place, column, format!("{shown}: {why}")))?;
        if found.is_empty() && needed {
            return Err(Fault::new(
                place,
                column,
                format!("{shown}: there is no such file; Asterisk does not start without it"),
            ));
        }
        if found.is_empty() {
            self.builder.lost(place, shown.clone(), "there is no such file");
        }
        for path in found {
            self.files += 1;
            let input = Input::open(&path)
                .map_err(|fault| Fault { message: format!("{} (included by {place})", fault.message), ..fault })?;
            self.file(&input, depth + 1)?;
        }
        Ok(())
    }

    /// The files that a name or pattern means, sorted.
    fn found(&self, file: &str) -> Result<Vec<PathBuf>, String> {
        let path = match (Path::new(file).is_absolute(), &self.folder) {
            (true, _) => PathBuf::from(file),
            (false, Some(folder)) => folder.join(file),
            (false, None) => return Err("standard input has no folder to look in; name the file itself".into()),
        };
        if !file.contains(['*', '?', '[', '{']) {
            return Ok(if path.is_file() { vec![path] } else { Vec::new() });
        }
        if file.contains(['{', '}']) {
            return Err("`{` in a pattern is not supported".into());
        }
        let folder = self.folder.as_deref().map(|folder| glob::Pattern::escape(&folder.display().to_string()));
        let pattern = match folder {
            Some(folder) if !Path::new(file).is_absolute() => format!("{folder}/{file}"),
            _ => file.to_owned(),
        };
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        let paths = glob::glob_with(&pattern, options).map_err(|error| format!("no pattern of files: {error}"))?;
        let mut found = Vec::new();
        for path in paths {
            let path = path.map_err(|error| error.to_string())?;
            if path.is_file() {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Puts one line into its section; says why if it cannot.
fn variable(section: &mut Section, text: &str, place: &Place) -> Option<&'static str> {
    let (text, escaped) = text.strip_prefix('\\').map_or((text, 0), |rest| (rest, 1));
    let Some(at) = text.char_indices().skip(escaped).find(|(_, c)| *c == '=').map(|(at, _)| at) else {
        return Some("it has no `=`; Asterisk skips it");
    };
    let (name, value) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let (name, value, adds) = match name.strip_suffix('+') {
        Some(name) if at > escaped => (name, value, true),
        _ => (name, value.strip_prefix('>').unwrap_or(value), false),
    };
    let name = name.trim();
    if name.is_empty() {
        return Some("it names no variable; Asterisk skips it");
    }
    let last = section.variables.iter_mut().rev().find(|variable| variable.name == name);
    match last.filter(|_| adds) {
        // As Asterisk: the text is put behind the earlier one, with no comma between them.
        Some(last) => last.value = At::new(format!("{}{value}", last.value.value).trim(), place),
        None => section.variables.push(Variable { name: name.to_owned(), value: At::new(value.trim(), place) }),
    }
    None
}

/// The comments of a file: `;` to the end of the line, and `;--` to `--;` over lines, which nest.
#[derive(Default)]
struct Comments {
    /// The lines where the open `;--` stand.
    open: Vec<usize>,
}

impl Comments {
    /// A line without its comments; `None` if all of it is one.
    fn strip(&mut self, line: &str, number: usize) -> Option<String> {
        let began_open = !self.open.is_empty();
        let mut left = String::with_capacity(line.len());
        let mut rest = line;
        // How much of the rest was read already, which an end `--;` must not reach into.
        while let Some(at) = rest.find(';') {
            let (before, after) = (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
            let closed = self.open.is_empty();
            if let Some(text) = before.strip_suffix('\\') {
                if closed {
                    left.push_str(text);
                    left.push(';');
                }
                rest = after;
            } else if after.starts_with("--") && !after.starts_with("---") {
                if closed {
                    left.push_str(before);
                }
                self.open.push(number);
                rest = after.get(2..).unwrap_or_default();
            } else if !closed && before.ends_with("--") {
                self.open.pop();
                rest = after;
            } else if closed {
                left.push_str(before);
                return Some(left);
            } else {
                rest = after;
            }
        }
        if self.open.is_empty() {
            left.push_str(rest);
        }
        if began_open && left.is_empty() { None } else { Some(left) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Numbers, Options};

    fn sections(text: &str) -> Result<Vec<Section>, Fault> {
        let options = Options { domain: "acme.example".into(), numbers: Numbers::default() };
        read(&Input::text("x.conf", text), &mut Builder::new(&options))
    }

    fn values(text: &str, name: &str) -> String {
        let sections = sections(text).unwrap();
        let section = sections.iter().rev().find(|section| section.name == name).unwrap();
        let shown = section.variables.iter().map(|v| format!("{}={}@{}", v.name, v.value.value, v.value.place.line));
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn templates_come_first_and_later_values_last() {
        let text = "[t](!)\na=1\nb=t\n[u](!,t)\na => 2\n[x](t,u)\na = 3\n";
        assert_eq!(values(text, "x"), "a=1@2 b=t@3 a=1@2 b=t@3 a=2@5 a=3@7");
        assert_eq!(sections(text).unwrap().iter().filter(|section| section.template).count(), 2);
    }

    #[test]
    fn plus_equals_appends_text_with_no_comma() {
        assert_eq!(values("[x]\ng=1\ng+=2\n", "x"), "g=12@3");
        assert_eq!(values("[x]\ng=1\ng += ,2\n", "x"), "g=1 ,2@3");
        assert_eq!(values("[x]\ng+=2\n", "x"), "g=2@2");
        assert_eq!(values("[t](!)\ng=1\n[x](t)\ng=3\ng+=,4\n", "x"), "g=1@2 g=3,4@5");
    }

    #[test]
    fn additions_go_to_the_first_section_that_is_no_template() {
        let text = "[x](!)\na=1\n[X]\nb=2\n[x]\nc=3\n[x](+)\nd=4\n";
        let sections = sections(text).unwrap();
        assert_eq!(sections[1].variables.len(), 2);
        assert_eq!(sections[2].variables.len(), 1);
    }

    #[test]
    fn comments_end_where_asterisk_ends_them() {
        let text = "[x] ; one\na=1;two\nb=1\\;2 ;3\nc=1 ;-- no\nd=1 ;-- e=2\n--; --; f=3\n;--- a line\ng=4 ;-- in --; 5\n;-- a --;h=6\n";
        assert_eq!(values(text, "x"), "a=1@2 b=1;2@3 c=1@4 f=3@6 g=4  5@8 h=6@9");
    }

    #[test]
    fn what_asterisk_refuses_is_a_fault_with_its_place() {
        for (text, said) in [
            ("a=1\n", "x.conf:1:1: `a=1` stands before the first section, expected `[name]`"),
            ("\n  [x\n", "x.conf:2:3: `[x` has no closing `]`"),
            ("[x](y\n", "x.conf:1:1: `[x](y` has no closing `)`"),
            ("[x](y)\n", "x.conf:1:1: `[x](y)` inherits from `y`, which no section before it is called"),
            ("[y]\n[x](+)\n", "x.conf:2:1: `[x](+)` adds to a section that is not there before it"),
            ("[x]\n;-- a\nb=1\n", "x.conf:2: the comment `;--` has no end `--;`"),
            (
                "[x]\n#include other.conf\n",
                "x.conf:2:1: `#include other.conf`: standard input has no folder to look in; name the file itself",
            ),
        ] {
            assert_eq!(sections(text).unwrap_err().to_string(), said);
        }
    }
}
