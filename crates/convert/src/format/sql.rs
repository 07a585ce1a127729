//! SQL dumps of MySQL, MariaDB, PostgreSQL and SQLite: the rows of `INSERT` and `COPY`, with the columns of `CREATE TABLE` where the
//! statement does not name them. It runs nothing, and passes over all other statements.
//!
//! A backslash in a string is an escape if the dump quotes names with backticks, as MySQL does.
#![forbid(unsafe_code)]

use super::table::{Row, Table};
use crate::fault::{Fault, quote};
use crate::input::Input;
use std::collections::HashMap;

/// The tables of a dump by their names in small letters, without schema.
pub fn read(input: &Input) -> Result<HashMap<String, Table>, Fault> {
    let mut reader = Reader {
        input,
        rest: &input.text,
        line: 1,
        start: 0,
        backslash: input.text.contains('`'),
        tables: HashMap::new(),
    };
    while let Some(token) = reader.token()? {
        match token {
            Token::Word(word) if word.eq_ignore_ascii_case("create") => reader.create()?,
            Token::Word(word) if word.eq_ignore_ascii_case("insert") || word.eq_ignore_ascii_case("replace") => {
                reader.insert()?
            }
            Token::Word(word) if word.eq_ignore_ascii_case("copy") => reader.copy()?,
            Token::Sign(';') => {}
            _ => reader.skip_statement()?,
        }
    }
    Ok(reader.tables)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A bare word or number.
    Word(String),
    /// A name in quotes.
    Name(String),
    /// A string.
    Text(String),
    /// Any other sign.
    Sign(char),
}

struct Reader<'i> {
    input: &'i Input,
    rest: &'i str,
    line: usize,
    /// Where the line begins, in bytes from the start.
    start: usize,
    backslash: bool,
    tables: HashMap<String, Table>,
}

impl Reader<'_> {
    fn fault(&self, message: impl Into<String>) -> Fault {
        let at = self.input.text.len() - self.rest.len();
        let before = self.input.text.get(self.start..at).unwrap_or_default();
        Fault::new(&self.input.at(self.line), before.chars().count() + 1, message)
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let char = chars.next()?;
        self.rest = chars.as_str();
        if char == '\n' {
            self.line += 1;
            self.start = self.input.text.len() - self.rest.len();
        }
        Some(char)
    }

    /// Reads that many bytes.
    fn skip(&mut self, bytes: usize) {
        let end = self.rest.len().saturating_sub(bytes);
        while self.rest.len() > end {
            self.next();
        }
    }

    /// Reads on to `end` and past it.
    fn past(&mut self, end: &str) -> bool {
        while !self.rest.is_empty() {
            if self.rest.starts_with(end) {
                self.skip(end.len());
                return true;
            }
            self.next();
        }
        false
    }

    fn token(&mut self) -> Result<Option<Token>, Fault> {
        loop {
            let Some(char) = self.rest.chars().next() else { return Ok(None) };
            if self.rest.starts_with("--") || char == '#' {
                self.past("\n");
            } else if self.rest.starts_with("/*") {
                let fault = self.fault("the comment that begins here has no end");
                if !self.past("*/") {
                    return Err(fault);
                }
            } else if char.is_whitespace() {
                self.next();
            } else if char == '\'' {
                return self.quoted('\'', self.backslash).map(|text| Some(Token::Text(text)));
            } else if char == '`' || char == '"' {
                // MySQL also writes strings so; where a value is expected, a name is taken as one.
                return self.quoted(char, self.backslash && char == '"').map(|name| Some(Token::Name(name)));
            } else if char.is_alphanumeric() || matches!(char, '_' | '-' | '+' | '.' | '@') {
                let end = self.rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '+' | '.' | '@'));
                let (word, _) = self.rest.split_at_checked(end.unwrap_or(self.rest.len())).unwrap_or((self.rest, ""));
                let word = word.to_owned();
                self.skip(word.len());
                return Ok(Some(Token::Word(word)));
            } else {
                self.next();
                return Ok(Some(Token::Sign(char)));
            }
        }
    }

    fn quoted(&mut self, end: char, backslash: bool) -> Result<String, Fault> {
        let fault = self.fault(format!("the `{end}` that begins here has no end"));
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(fault),
                Some('\\') if backslash => match self.next() {
                    None => return Err(fault),
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some('0') => text.push('\0'),
                    Some('Z') => text.push('\u{1a}'),
                    Some(char) => text.push(char),
                },
                Some(char) if char == end => {
                    if !self.rest.starts_with(end) {
                        return Ok(text);
                    }
                    self.next();
                    text.push(end);
                }
                Some(char) => text.push(char),
            }
        }
    }

    fn skip_statement(&mut self) -> Result<(), Fault> {
        while let Some(token) = self.token()? {
            if token == Token::Sign(';') {
                break;
            }
        }
        Ok(())
    }

    /// A table's name in small letters, without its schema, and the token after it.
    fn table_name(&mut self, mut token: Option<Token>) -> Result<(String, Option<Token>), Fault> {
        loop {
            let Some(Token::Word(name) | Token::Name(name)) = token else {
                return Err(self.fault("expected the name of a table"));
            };
            let next = self.token()?;
            match next {
                Some(Token::Sign('.')) => token = self.token()?,
                // A bare schema before a name in quotes: `asterisk.` is one word.
                Some(Token::Name(_)) if name.ends_with('.') => token = next,
                // A name in quotes and `.name`, which begins like a number.
                Some(Token::Word(ref word)) if word.starts_with('.') && word.len() > 1 => token = next,
                _ => return Ok((name.rsplit('.').next().unwrap_or_default().to_lowercase(), next)),
            }
            if token == Some(Token::Word(".".into())) {
                token = self.token()?;
            }
        }
    }

    fn create(&mut self) -> Result<(), Fault> {
        let mut token = self.token()?;
        let words = ["temporary", "temp", "unlogged", "table", "if", "not", "exists", "or", "replace"];
        let mut is_table = false;
        while let Some(Token::Word(word)) = &token {
            let Some(known) = words.iter().find(|known| word.eq_ignore_ascii_case(known)) else { break };
            is_table |= *known == "table";
            token = self.token()?;
        }
        if !is_table {
            return if token == Some(Token::Sign(';')) { Ok(()) } else { self.skip_statement() };
        }
        let (name, token) = self.table_name(token)?;
        let place = self.input.at(self.line);
        if token != Some(Token::Sign('(')) {
            return if token == Some(Token::Sign(';')) { Ok(()) } else { self.skip_statement() };
        }
        let (mut columns, mut depth, mut first) = (Vec::new(), 1, true);
        let others = ["primary", "key", "unique", "constraint", "index", "foreign", "check", "fulltext", "spatial"];
        while depth > 0 {
            let Some(token) = self.token()? else { return Err(self.fault("the table has no end")) };
            match token {
                Token::Sign('(') => depth += 1,
                Token::Sign(')') => depth -= 1,
                Token::Sign(',') if depth == 1 => {
                    first = true;
                    continue;
                }
                Token::Name(column) if first => columns.push(column),
                Token::Word(column) if first && !others.iter().any(|other| column.eq_ignore_ascii_case(other)) => {
                    columns.push(column);
                }
                _ => {}
            }
            first = false;
        }
        self.tables.entry(name).or_insert(Table { columns, rows: Vec::new(), place });
        self.skip_statement()
    }

    fn insert(&mut self) -> Result<(), Fault> {
        let mut token = self.token()?;
        let words = ["into", "ignore", "or", "replace", "low_priority", "delayed"];
        while let Some(Token::Word(word)) = &token {
            if !words.iter().any(|known| word.eq_ignore_ascii_case(known)) {
                break;
            }
            token = self.token()?;
        }
        let (name, mut token) = self.table_name(token)?;
        let mut columns = None;
        if token == Some(Token::Sign('(')) {
            columns = Some(self.column_list()?);
            token = self.token()?;
        }
        if !matches!(&token, Some(Token::Word(word)) if word.eq_ignore_ascii_case("values") || word.eq_ignore_ascii_case("value"))
        {
            return if token == Some(Token::Sign(';')) { Ok(()) } else { self.skip_statement() };
        }
        loop {
            match self.token()? {
                Some(Token::Sign('(')) => {}
                Some(Token::Sign(',')) => continue,
                Some(Token::Sign(';')) | None => return Ok(()),
                // `ON DUPLICATE KEY ...`
                Some(_) => return self.skip_statement(),
            }
            let line = self.line;
            let cells = self.values()?;
            self.row(&name, columns.as_deref(), cells, line)?;
        }
    }

    fn column_list(&mut self) -> Result<Vec<String>, Fault> {
        let mut columns = Vec::new();
        loop {
            match self.token()? {
                Some(Token::Word(column) | Token::Name(column)) => columns.push(column),
                Some(Token::Sign(')')) => return Ok(columns),
                Some(Token::Sign(',')) => {}
                _ => return Err(self.fault("expected a list of columns")),
            }
        }
    }

    /// The values up to the closing parenthesis.
    fn values(&mut self) -> Result<Vec<Option<String>>, Fault> {
        let (mut cells, mut cell, mut filled) = (Vec::new(), None, false);
        loop {
            let fault = self.fault("expected a value, `,` or `)`");
            match self.token()?.ok_or(fault.clone())? {
                Token::Sign(sign @ (',' | ')')) => {
                    if !filled {
                        return Err(fault);
                    }
                    cells.push(cell.take());
                    filled = false;
                    if sign == ')' {
                        return Ok(cells);
                    }
                }
                // `_binary 'x'`, `E'x'`: what stands before a string says how it is encoded.
                Token::Word(word) if self.rest.starts_with('\'') || word.starts_with('_') => {
                    if !word.starts_with('_') && !word.eq_ignore_ascii_case("e") && !word.eq_ignore_ascii_case("n") {
                        return Err(self.fault(format!("{} before a string is not understood", quote(&word))));
                    }
                    if word.eq_ignore_ascii_case("e") && self.rest.starts_with('\'') {
                        (cell, filled) = (Some(self.quoted('\'', true)?), true);
                    }
                }
                Token::Word(word) if !filled => {
                    cell = (!word.eq_ignore_ascii_case("null")).then_some(word);
                    filled = true;
                }
                Token::Text(text) | Token::Name(text) if !filled => (cell, filled) = (Some(text), true),
                _ => return Err(fault),
            }
        }
    }

    fn copy(&mut self) -> Result<(), Fault> {
        let token = self.token()?;
        let (name, token) = self.table_name(token)?;
        if token != Some(Token::Sign('(')) {
            return self.skip_statement();
        }
        let columns = self.column_list()?;
        self.skip_statement()?;
        self.past("\n");
        loop {
            let line = self.line;
            let text = self.rest.lines().next().unwrap_or_default().to_owned();
            if self.rest.is_empty() {
                return Err(self.fault("the rows of `COPY` have no end `\\.`"));
            }
            self.past("\n");
            if text == "\\." {
                return Ok(());
            }
            let cells = text.split('\t').map(|cell| (cell != "\\N").then(|| unescaped(cell))).collect();
            self.row(&name, Some(&columns), cells, line)?;
        }
    }

    fn row(
        &mut self,
        name: &str,
        columns: Option<&[String]>,
        cells: Vec<Option<String>>,
        line: usize,
    ) -> Result<(), Fault> {
        let place = self.input.at(line);
        let known = self.tables.get(name).map(|table| table.columns.clone());
        let Some(named) = columns.map(<[String]>::to_vec).or_else(|| known.clone()) else {
            let message =
                format!("the columns of the table {} are not said: no `CREATE TABLE`, no list of columns", quote(name));
            return Err(Fault::new(&place, 0, message));
        };
        if named.len() != cells.len() {
            let message =
                format!("{} values for the {} columns of the table {}", cells.len(), named.len(), quote(name));
            return Err(Fault::new(&place, 0, message));
        }
        let table = self.tables.entry(name.to_owned()).or_insert(Table {
            columns: named.clone(),
            rows: Vec::new(),
            place: place.clone(),
        });
        // In the order of the table, whatever the order of the statement.
        let mut ordered = vec![None; table.columns.len()];
        for (column, cell) in named.iter().zip(cells) {
            let at = match table.columns.iter().position(|known| known.eq_ignore_ascii_case(column)) {
                Some(at) => at,
                None => {
                    table.columns.push(column.clone());
                    ordered.push(None);
                    ordered.len() - 1
                }
            };
            if let Some(slot) = ordered.get_mut(at) {
                *slot = cell;
            }
        }
        table.rows.push(Row { place, cells: ordered });
        Ok(())
    }
}

/// A cell of `COPY`.
fn unescaped(cell: &str) -> String {
    let mut text = String::new();
    let mut chars = cell.chars();
    while let Some(char) = chars.next() {
        match (char, char == '\\') {
            (_, true) => match chars.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            (char, false) => text.push(char),
        }
    }
    text
}
