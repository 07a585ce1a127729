//! The words of a line, and how each argument of a change is read from them and written. It knows no change and never looks at a
//! policy.
#![forbid(unsafe_code)]

use crate::calendar::When;
use crate::error::{Error, ErrorKind, Result};
use crate::policy::codes::Function;
use crate::right::{Right, RightSet};
use crate::system::Choice;
use crate::system::estos::{Grant, Level, Tables};
use crate::system::linewarden::EXEMPTABLE;
use crate::wording::{meant, meant_right, quote};
use std::fmt::{self, Write};

/// How a change of one kind is written.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The section of the vocabulary that it stands in.
    pub section: &'static str,
    /// The words it begins with.
    pub verb: &'static str,
    /// Its arguments in order.
    pub arguments: &'static [Parameter],
}

/// An argument of a form.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// How many words it takes.
    pub shape: Shape,
    /// The words that it may be, where these are a closed list; empty where they are not.
    pub words: fn() -> Vec<&'static str>,
}

/// How many words an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One.
    One,
    /// One, or none at the end of the line.
    Optional,
    /// All that are left, possibly none.
    Rest,
    /// A level, or `rights` and all that are left.
    Grant,
    /// Parts of a rule, each with its word before it.
    Rule,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb)?;
        for Parameter { name, shape, .. } in self.arguments {
            let name = documented(name).to_uppercase();
            match shape {
                Shape::One => write!(f, " {name}")?,
                Shape::Optional => write!(f, " [{name}]")?,
                Shape::Rest => write!(f, " [{name}...]")?,
                Shape::Grant => f.write_str(" LEVEL|rights RIGHT...")?,
                Shape::Rule => {
                    f.write_str(" [rights: RIGHT...]")?;
                    ["actors", "targets", "except", "except_actors"]
                        .iter()
                        .try_for_each(|key| write!(f, " [{key}: PARTY...]"))?;
                    f.write_str(" [when: WHEN]")?;
                }
            }
        }
        Ok(())
    }
}

/// An argument as documents call it: XPhone's label is a level there.
fn documented(name: &str) -> &str {
    if name == "label" { "level" } else { name }
}

/// The words of a line, with their columns.
pub(super) struct Words<'a> {
    line: u32,
    words: Vec<(usize, String)>,
    at: usize,
    length: usize,
    /// The form that the line is read by, once its verb is known.
    pub(super) form: Option<&'a Form>,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &str, number: u32) -> Result<Words<'a>> {
        let length = line.chars().count();
        let mut words = Words { line: number, words: Vec::new(), at: 0, length, form: None };
        let mut chars = line.chars().zip(1..).peekable();
        while let Some((c, column)) = chars.next() {
            if c.is_whitespace() {
                continue;
            }
            if c == '#' {
                break;
            }
            let mut text = String::new();
            if c != '"' {
                text.push(c);
                while let Some((c, column)) = chars.next_if(|(c, _)| !c.is_whitespace()) {
                    if c == '"' {
                        return Err(words.fault(column, "a quote inside a word, expected a blank before it"));
                    }
                    text.push(c);
                }
                words.words.push((column, text));
                continue;
            }
            loop {
                match chars.next() {
                    None => return Err(words.fault(column, "a quote that is never closed, expected `\"` at the end")),
                    Some(('"', _)) => break,
                    Some(('\\', column)) => {
                        text.push(escaped(&mut chars).ok_or_else(|| {
                            words.fault(column, "a wrong escape, expected `\\\"`, `\\\\` or `\\u{..}`")
                        })?)
                    }
                    Some((c, _)) => text.push(c),
                }
            }
            if let Some((_, column)) = chars.next_if(|(c, _)| !c.is_whitespace()) {
                return Err(words.fault(column, "no blank after a closing quote, expected one"));
            }
            words.words.push((column, text));
        }
        Ok(words)
    }

    /// The column of the first word, 1 in an empty line.
    pub(super) fn first_column(&self) -> usize {
        self.words.first().map_or(1, |(column, _)| *column)
    }

    pub(super) fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(|(_, word)| word.as_str())
    }

    pub(super) fn peek_second(&self) -> Option<&str> {
        self.words.get(self.at + 1).map(|(_, word)| word.as_str())
    }

    pub(super) fn next(&mut self) -> Option<String> {
        let word = self.words.get_mut(self.at).map(|(_, word)| std::mem::take(word));
        self.at += 1;
        word
    }

    /// An error at a column; 0 is the word before the next.
    pub(super) fn fault(&self, column: usize, message: impl fmt::Display) -> Error {
        let last = self.words.get(self.at.saturating_sub(1)).map_or(1, |(column, _)| *column);
        let column = if column == 0 { last } else { column };
        Error::new(ErrorKind::Argument, format!("{}:{column}: {message}", self.line))
    }

    pub(super) fn need(&mut self, name: &str) -> Result<String> {
        self.next().ok_or_else(|| {
            let form = self.form.map_or_else(|| "in DOMAIN".to_owned(), Form::to_string);
            let missing = format!("missing {}, expected `{form}`", documented(name).to_uppercase());
            self.fault(self.length + 1, missing)
        })
    }

    pub(super) fn end(&self, form: impl fmt::Display) -> Result<()> {
        match self.words.get(self.at) {
            None => Ok(()),
            Some((column, word)) => {
                Err(self.fault(*column, format!("{} after the end of the change, expected `{form}`", quote(word))))
            }
        }
    }
}

fn escaped(chars: &mut impl Iterator<Item = (char, usize)>) -> Option<char> {
    match chars.next()?.0 {
        c @ ('"' | '\\') => Some(c),
        'u' => {
            chars.next().filter(|(c, _)| *c == '{')?;
            let digits: String = chars.take_while(|(c, _)| *c != '}').take(7).map(|(c, _)| c).collect();
            char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
        }
        _ => None,
    }
}

/// A line of these words.
pub fn line<T: AsRef<str>>(words: &[T]) -> String {
    let mut line = String::new();
    words.iter().for_each(|text| word(text.as_ref(), &mut line));
    line.trim_start().to_owned()
}

/// Adds a word to a line.
pub(super) fn word(text: &str, line: &mut String) {
    let plain = |c: char| !(c.is_whitespace() || c.is_control() || c == '"' || c == '\\');
    line.push(' ');
    if !text.is_empty() && !text.starts_with('#') && text.chars().all(plain) {
        return line.push_str(text);
    }
    line.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => line.extend(['\\', c]),
            c if c.is_control() || (c.is_whitespace() && c != ' ') => {
                let _ = write!(line, "\\u{{{:x}}}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line.push('"');
}

/// The words of an argument.
pub(super) fn split<T: Argument>(argument: &T) -> Vec<String> {
    let mut text = String::new();
    argument.write(&mut text);
    let words = Words::new(&text, 1);
    words.map_or_else(|_| Vec::new(), |words| words.words.into_iter().map(|(_, word)| word).collect())
}

/// An argument of a change.
pub(super) trait Argument: Sized {
    const SHAPE: Shape = Shape::One;
    /// The words of a closed list.
    fn words() -> Vec<&'static str> {
        Vec::new()
    }
    fn read(words: &mut Words<'_>, name: &'static str) -> Result<Self>;
    fn write(&self, line: &mut String);
    /// Shows the texts in it.
    fn texts(&mut self, _each: &mut dyn FnMut(&mut String)) {}
}

impl Argument for String {
    fn read(words: &mut Words<'_>, name: &'static str) -> Result<String> {
        words.need(name)
    }

    fn write(&self, line: &mut String) {
        word(self, line);
    }

    fn texts(&mut self, each: &mut dyn FnMut(&mut String)) {
        each(self);
    }
}

impl Argument for u32 {
    fn read(words: &mut Words<'_>, name: &'static str) -> Result<u32> {
        let word = words.need(name)?;
        word.parse().map_err(|_| words.fault(0, format!("{name} {}, expected a whole number", quote(&word))))
    }

    fn write(&self, line: &mut String) {
        word(&self.to_string(), line);
    }
}

impl Argument for Option<String> {
    const SHAPE: Shape = Shape::Optional;

    fn read(words: &mut Words<'_>, _: &'static str) -> Result<Option<String>> {
        Ok(words.next())
    }

    fn write(&self, line: &mut String) {
        self.iter().for_each(|text| word(text, line));
    }

    fn texts(&mut self, each: &mut dyn FnMut(&mut String)) {
        self.iter_mut().for_each(each);
    }
}

impl<T: Argument> Argument for Vec<T> {
    const SHAPE: Shape = Shape::Rest;

    fn words() -> Vec<&'static str> {
        T::words()
    }

    fn read(words: &mut Words<'_>, name: &'static str) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while words.peek().is_some() {
            all.push(T::read(words, name)?);
        }
        Ok(all)
    }

    fn write(&self, line: &mut String) {
        self.iter().for_each(|one| one.write(line));
    }

    fn texts(&mut self, each: &mut dyn FnMut(&mut String)) {
        self.iter_mut().for_each(|one| one.texts(each));
    }
}

impl Argument for When {
    fn read(words: &mut Words<'_>, name: &'static str) -> Result<When> {
        let text = words.need(name)?;
        text.parse().map_err(|message| words.fault(0, format!("{}: {message}", name.to_uppercase())))
    }

    fn write(&self, line: &mut String) {
        word(&self.to_string(), line);
    }
}

impl Argument for u64 {
    fn read(words: &mut Words<'_>, name: &'static str) -> Result<u64> {
        let text = words.need(name)?;
        let wrong = || words.fault(0, format!("{} for {}, expected a number", quote(&text), name.to_uppercase()));
        text.parse().map_err(|_| wrong())
    }

    fn write(&self, line: &mut String) {
        let _ = write!(line, " {self}");
    }
}

/// The value of a word of a closed list.
fn choose<T: Copy>(words: &mut Words<'_>, name: &str, all: &[(&'static str, T)]) -> Result<T> {
    let text = words.need(name)?;
    all.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|(word, _)| *word).collect();
        words.fault(0, format!("unknown word {} for `{}`{}", quote(&text), documented(name), meant(&text, &known)))
    })
}

impl<T: Choice> Argument for T {
    fn words() -> Vec<&'static str> {
        T::ALL.iter().map(|value| value.text()).collect()
    }

    fn read(words: &mut Words<'_>, name: &'static str) -> Result<T> {
        choose(words, name, &T::ALL.iter().map(|value| (value.text(), *value)).collect::<Vec<_>>())
    }

    fn write(&self, line: &mut String) {
        word(self.text(), line);
    }
}

/// A right that a user can be exempt from (L11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exempted(pub Right);

/// Makes other closed lists of words into arguments: each type with all its values, and the word of a value.
macro_rules! words_of {
    ($($type:ty: $all:expr, $word:expr;)+) => {$(
        impl Argument for $type {
            fn words() -> Vec<&'static str> {
                let word: fn($type) -> &'static str = $word;
                $all.iter().map(|value| word(*value)).collect()
            }

            fn read(words: &mut Words<'_>, name: &'static str) -> Result<$type> {
                let word: fn($type) -> &'static str = $word;
                choose(words, name, &$all.iter().map(|value| (word(*value), *value)).collect::<Vec<_>>())
            }

            fn write(&self, line: &mut String) {
                let text: fn($type) -> &'static str = $word;
                word(text(*self), line);
            }
        }
    )+};
}

words_of! {
    bool: [true, false], |on| if on { "yes" } else { "no" };
    Function: Function::ALL, Function::key;
    Exempted: EXEMPTABLE.map(Exempted), |exempted| exempted.0.name();
}

impl Argument for Grant {
    const SHAPE: Shape = Shape::Grant;

    fn words() -> Vec<&'static str> {
        Level::words()
    }

    fn read(words: &mut Words<'_>, name: &'static str) -> Result<Grant> {
        if words.peek() != Some("rights") {
            return match words.peek() {
                Some(text) if !Level::ALL.iter().any(|level| level.word() == text) => {
                    let known: Vec<&str> = Level::ALL.iter().map(|level| level.word()).chain(["rights"]).collect();
                    let message = format!("unknown word {} for `level`{}", quote(text), meant(text, &known));
                    words.next();
                    Err(words.fault(0, message))
                }
                _ => Level::read(words, name).map(Grant::Level),
            };
        }
        words.next();
        let single = Tables::default().single_rights();
        let mut rights = RightSet::EMPTY;
        while let Some(text) = words.next() {
            match Right::parse(&text) {
                Some(right) if single.contains(right.mask()) => rights |= right.mask(),
                Some(_) => {
                    let message = format!("right {}, expected rights of estos' function table only", quote(&text));
                    return Err(words.fault(0, message));
                }
                None => {
                    let end = meant_right(&text, &single.offered_names());
                    return Err(words.fault(0, format!("unknown right {}{end}", quote(&text))));
                }
            }
        }
        Ok(Grant::Rights(rights))
    }

    fn write(&self, line: &mut String) {
        match self {
            Grant::Level(level) => level.write(line),
            Grant::Rights(rights) => {
                line.push_str(" rights");
                rights.shortest().into_iter().for_each(|name| word(name, line));
            }
        }
    }
}
