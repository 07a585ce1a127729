//! Tables with a header: CSV as telephone systems export it. The separator is the first of `;`, a tab and `,` that the header has. A
//! row with more or fewer fields than the header, or a quote without an end, is a fault.
#![forbid(unsafe_code)]

use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::{At, Place};

/// A table.
pub struct Table {
    /// The columns' names, as written, without blanks around them.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Where the header is.
    pub place: Place,
}

/// A row of a table.
pub struct Row {
    /// The line that it begins in.
    pub place: Place,
    /// Its fields without blanks around them, in the order of the columns; `None` for a NULL of a database.
    pub cells: Vec<Option<String>>,
}

impl Table {
    /// Reads a source.
    pub fn read(input: &Input) -> Result<Table, Fault> {
        let first = input.text.lines().next().unwrap_or_default();
        let separator = [';', '\t', ','].into_iter().find(|separator| first.contains(*separator)).unwrap_or(',');
        unclosed(input, separator)?;
        let mut reader = ::csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).delimiter(separator as u8).trim(::csv::Trim::All);
        let mut records = reader.from_reader(input.text.as_bytes()).into_records();
        let mut next = || records.next().transpose().map_err(|error| fault(input, &error));
        let header =
            next()?.ok_or_else(|| Fault::file(&input.name, "is empty, expected a line with the columns' names"))?;
        let columns: Vec<String> = header.iter().map(str::to_owned).collect();
        for (at, name) in columns.iter().enumerate() {
            let twice = columns.iter().take(at).any(|earlier| earlier.eq_ignore_ascii_case(name) && !name.is_empty());
            if twice {
                return Err(Fault::new(&input.at(1), 0, format!("the column {} is there twice", quote(name))));
            }
        }
        let mut rows = Vec::new();
        while let Some(record) = next()? {
            let line = record.position().map_or(0, |position| line(input, position));
            let cells = record.iter().map(|cell| Some(cell.to_owned())).collect();
            rows.push(Row { place: input.at(line), cells });
        }
        Ok(Table { columns, rows, place: input.at(1) })
    }

    /// The index of the column that has one of those names, in any case.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        let same = |column: &String| names.iter().any(|name| fold(column) == fold(name));
        self.columns.iter().position(same)
    }

    /// The index of a column that must be there.
    pub fn needed(&self, names: &[&str]) -> Result<usize, Fault> {
        self.column(names).ok_or_else(|| {
            let names: Vec<String> = names.iter().map(|name| quote(name)).collect();
            let known: Vec<String> = self.columns.iter().map(|name| quote(name)).collect();
            let message = format!("no column {}; the columns are {}", names.join(" or "), known.join(", "));
            Fault::new(&self.place, 0, message)
        })
    }
}

impl Row {
    /// A field that is there and not empty.
    pub fn text(&self, column: Option<usize>) -> Option<&str> {
        let cell = column.and_then(|column| self.cells.get(column));
        cell.and_then(|cell| cell.as_deref()).map(str::trim).filter(|cell| !cell.is_empty())
    }

    /// The same with its place.
    pub fn at(&self, column: Option<usize>) -> Option<At<String>> {
        self.text(column).map(|text| At::new(text, &self.place))
    }
}

/// The line of a record. Its position is that of the line ends before it, which are counted here.
fn line(input: &Input, position: &::csv::Position) -> usize {
    let rest = input.text.bytes().skip(position.byte() as usize);
    let ends = rest.take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| *byte == b'\n').count();
    position.line() as usize + ends
}

/// Names of columns are compared without case, blanks, `_` and `-`.
fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// A quote that begins a field and never ends would take in the rest of the file.
fn unclosed(input: &Input, separator: char) -> Result<(), Fault> {
    let (mut line, mut column, mut start, mut fresh) = (1, 0, None, true);
    let mut chars = input.text.chars().peekable();
    while let Some(char) = chars.next() {
        column += 1;
        match (char, start) {
            ('"', None) if fresh => start = Some((line, column)),
            ('"', Some(_)) if chars.peek() == Some(&'"') => {
                chars.next();
                column += 1;
            }
            ('"', Some(_)) => start = None,
            _ => {}
        }
        fresh = start.is_none() && (char == separator || char == '\n' || (fresh && char == ' '));
        if char == '\n' {
            (line, column) = (line + 1, 0);
        }
    }
    match start {
        Some((line, column)) => Err(Fault::new(&input.at(line), column, "the quote that begins here has no end")),
        None => Ok(()),
    }
}

fn fault(input: &Input, error: &::csv::Error) -> Fault {
    match error.kind() {
        ::csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, |position| line(input, position));
            Fault::new(&input.at(line), 0, format!("{len} fields, expected {expected_len} as in the header"))
        }
        _ => Fault::file(&input.name, error.to_string()),
    }
}
