//! The elements of an XML file, one after the other, each with its line. It must never read a document type, which could have entities
//! of its own.
#![forbid(unsafe_code)]

use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::Place;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, BytesText, Event};

/// An element, its end, or text.
pub enum Part<'i> {
    /// An element begins; `is_empty` if it also ends.
    Element { tag: BytesStart<'i>, name: String, parent: String, is_empty: bool },
    /// Text in the element of that name.
    Text { text: BytesText<'i>, inside: String },
    /// The element of that name ends.
    End(String),
}

/// The parts of a file.
pub struct Elements<'i> {
    input: &'i Input,
    reader: Reader<&'i [u8]>,
    /// The expected root, and the standard that names it.
    root: (&'static str, &'static str),
    /// Whether faults have a column: for files that stand in one long line.
    with_column: bool,
    open: Vec<String>,
    has_root: bool,
    /// Where the last part begins, its line, and where that line begins.
    at: usize,
    line: usize,
    start: usize,
}

impl<'i> Elements<'i> {
    pub fn new(input: &'i Input, root: (&'static str, &'static str), with_column: bool) -> Elements<'i> {
        let reader = Reader::from_str(&input.text);
        Elements { input, reader, root, with_column, open: Vec::new(), has_root: false, at: 0, line: 1, start: 0 }
    }

    /// The next part; `None` at the end of the root.
    pub fn next(&mut self) -> Result<Option<Part<'i>>, Fault> {
        loop {
            self.count();
            let event = self.reader.read_event().map_err(|error| self.fault(format!("no XML: {error}")))?;
            let (tag, is_empty) = match event {
                Event::Eof if self.open.is_empty() && self.has_root => return Ok(None),
                Event::Eof => return Err(self.fault("the file ends before its last element".into())),
                Event::DocType(_) => return Err(self.fault("a document type is not read".into())),
                Event::Text(text) => return Ok(Some(Part::Text { text, inside: self.inside() })),
                Event::End(_) => match self.open.pop() {
                    Some(name) => return Ok(Some(Part::End(name))),
                    None => continue,
                },
                Event::Start(tag) => (tag, false),
                Event::Empty(tag) => (tag, true),
                _ => continue,
            };
            let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
            let (root, standard) = self.root;
            if !self.has_root && name != root {
                return Err(self.fault(format!("the root is {}, expected `{root}` ({standard})", quote(&name))));
            }
            self.has_root = true;
            let parent = self.inside();
            if !is_empty {
                self.open.push(name.clone());
            }
            return Ok(Some(Part::Element { tag, name, parent, is_empty }));
        }
    }

    /// Where the last part begins.
    pub fn place(&self) -> Place {
        self.input.at(self.line)
    }

    /// A fault there.
    pub fn fault(&self, message: String) -> Fault {
        let passed = self.input.text.get(self.start..self.at).map_or(1, |text| text.chars().count() + 1);
        Fault::new(&self.place(), if self.with_column { passed } else { 0 }, message)
    }

    /// The value of an attribute.
    pub fn attribute(&self, tag: &BytesStart<'_>, key: &str) -> Result<Option<String>, Fault> {
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| self.fault(format!("no XML: {error}")))?;
            if attribute.key.local_name().as_ref() == key.as_bytes() {
                let value = attribute.unescape_value().map_err(|error| self.fault(format!("no XML: {error}")))?;
                return Ok(Some(value.into_owned()));
            }
        }
        Ok(None)
    }

    fn inside(&self) -> String {
        self.open.last().cloned().unwrap_or_default()
    }

    /// Counts the lines up to the next part.
    fn count(&mut self) {
        let next = self.reader.buffer_position() as usize;
        for (index, byte) in self.input.text.bytes().enumerate().take(next).skip(self.at) {
            if byte == b'\n' {
                (self.line, self.start) = (self.line + 1, index + 1);
            }
        }
        self.at = next;
    }
}
