//! What is printed: plain text in columns, colour for people at a terminal, JSON for programs.
//!
//! Everything is buffered here; what cannot be written is a failure and never passed over.
#![forbid(unsafe_code)]

use linewarden::{Error, ErrorKind};
use serde::Serialize;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

/// Where a command writes its answer.
pub struct Out {
    writer: BufWriter<StdoutLock<'static>>,
    colour: bool,
}

/// A colour of the terminal, by its number.
#[derive(Clone, Copy)]
pub enum Colour {
    Bold = 1,
    Red = 31,
    Green = 32,
}

impl Out {
    /// Standard output; coloured when a person looks at it and wants colours.
    pub fn stdout() -> Out {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let stdout = io::stdout();
        let colour = stdout.is_terminal() && !set("NO_COLOR") && !dumb;
        Out { writer: BufWriter::with_capacity(1 << 16, stdout.lock()), colour }
    }

    /// Whether to use colours.
    pub fn colour(&self) -> bool {
        self.colour
    }

    /// `text` in that colour.
    pub fn paint(&self, colour: Colour, text: &str) -> String {
        if self.colour { format!("\x1b[{}m{text}\x1b[0m", colour as u8) } else { text.into() }
    }

    /// `yes` or `no`, both three wide.
    pub fn answer(&self, allowed: bool) -> String {
        if allowed { self.paint(Colour::Green, "yes") } else { self.paint(Colour::Red, "no ") }
    }

    /// One value as one line of JSON.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut *self, value).map_err(io::Error::from)?;
        Ok(writeln!(self)?)
    }

    /// One line for each.
    pub fn lines<T: AsRef<str>>(&mut self, lines: &[T]) -> Result<(), Failure> {
        lines.iter().try_for_each(|line| Ok(writeln!(self, "{}", line.as_ref())?))
    }

    /// Rows under a heading, every column but the last as wide as its widest cell.
    pub fn table<const N: usize>(&mut self, heading: [&str; N], rows: &[[String; N]]) -> Result<(), Failure> {
        let mut widths = heading.map(width);
        for row in rows {
            widths.iter_mut().zip(row).for_each(|(widest, cell)| *widest = width(cell).max(*widest));
        }
        let line = |cells: &[&str]| {
            let padded = cells.iter().zip(widths).map(|(cell, wide)| format!("{cell}{:1$}", "", wide - width(cell)));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let heading = self.paint(Colour::Bold, &line(&heading));
        writeln!(self, "{heading}")?;
        for row in rows {
            let cells = row.each_ref().map(String::as_str);
            writeln!(self, "{}", line(&cells))?;
        }
        Ok(())
    }

    /// A label of that width, then words separated by spaces, broken before they reach column 100.
    pub fn paragraph(&mut self, label: &str, label_width: usize, words: &[String]) -> Result<(), Failure> {
        let mut column = label_width;
        write!(self, "{label:label_width$}")?;
        for word in words {
            if column > label_width && column + 2 + width(word) > 100 {
                write!(self, "\n{:label_width$}", "")?;
                column = label_width;
            }
            write!(self, "  {word}")?;
            column += 2 + width(word);
        }
        Ok(writeln!(self)?)
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// How many columns a text takes; names are taken to be of single width.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The question cannot be answered.
    Error(Error),
    /// The answer could not be written.
    Output(io::Error),
}

impl Failure {
    /// A defect of this program.
    pub fn defect(message: &str) -> Failure {
        Failure::Error(Error::new(ErrorKind::Internal, message))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Error(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}
