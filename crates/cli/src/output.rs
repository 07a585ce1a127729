//! What is printed: plain text in columns, colour for people at a terminal, JSON for programs.
//!
//! Everything is buffered here; what cannot be written is a failure and never passed over.
#![forbid(unsafe_code)]

use crate::values::When;
use linewarden::{Error, ErrorKind};
use serde::Serialize;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

/// Where a command writes its answer.
pub struct Out {
    writer: BufWriter<StdoutLock<'static>>,
    colour: bool,
    terminal: bool,
    columns: usize,
    rows: usize,
    quiet: bool,
}

/// The least that a column of a table is narrowed to.
const NARROWEST: usize = 8;

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
        let terminal = stdout.is_terminal();
        let colour = terminal && !set("NO_COLOR") && !dumb;
        let size = terminal_size::terminal_size().filter(|_| terminal);
        let (columns, rows) =
            size.map_or((usize::MAX, usize::MAX), |(columns, rows)| (columns.0.into(), rows.0.into()));
        // Shells do not export them: who does wants so many.
        let wanted = |name| std::env::var(name).ok().and_then(|value| value.parse::<usize>().ok());
        let (columns, rows) = (wanted("COLUMNS").unwrap_or(columns), wanted("LINES").unwrap_or(rows));
        let columns = columns.max(40);
        Out { writer: BufWriter::with_capacity(1 << 16, stdout.lock()), colour, terminal, columns, rows, quiet: false }
    }

    /// How many lines a person sees at once; `None` where the answer goes into a file or a pipe.
    pub fn screen(&self) -> Option<usize> {
        (self.terminal || self.rows != usize::MAX).then_some(self.rows)
    }

    /// What the command line says about colours, and whether no answer is wanted.
    pub fn choose(&mut self, colour: When, quiet: bool) {
        match colour {
            When::Auto => {}
            When::Always => self.colour = true,
            When::Never => self.colour = false,
        }
        self.quiet = quiet;
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

    /// A line for a person who looks at the answer, to standard error. A closed one is no failure.
    pub fn note(&self, text: &str) {
        if !self.quiet && self.screen().is_some() {
            let _ = writeln!(io::stderr().lock(), "note: {text}");
        }
    }

    /// One line for each.
    pub fn lines<T: AsRef<str>>(&mut self, lines: &[T]) -> Result<(), Failure> {
        lines.iter().try_for_each(|line| Ok(writeln!(self, "{}", line.as_ref())?))
    }

    /// Rows under a heading, every column but the last as wide as its widest cell. On a terminal cells are broken at spaces so that
    /// a row is no wider than that, if the words allow it; in files and pipes a row is one line.
    pub fn table<const N: usize>(&mut self, heading: [&str; N], rows: &[[String; N]]) -> Result<(), Failure> {
        let mut widths = heading.map(width);
        for row in rows {
            widths.iter_mut().zip(row).for_each(|(widest, cell)| *widest = width(cell).max(*widest));
        }
        // A column keeps its longest word whole.
        let word = |cell: &str| cell.split(' ').map(width).max().unwrap_or(0);
        let mut least = heading.map(|title| width(title).max(NARROWEST));
        for row in rows {
            least.iter_mut().zip(row).for_each(|(longest, cell)| *longest = word(cell).max(*longest));
        }
        narrow(&mut widths, &least, self.columns);
        let line = |cells: &[&str]| {
            let padded = cells.iter().zip(widths).map(|(cell, wide)| {
                let space = wide.saturating_sub(width(cell));
                format!("{cell}{:space$}", "")
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let heading = self.paint(Colour::Bold, &line(&heading));
        writeln!(self, "{heading}")?;
        for row in rows {
            let mut broken: [Vec<&str>; N] = std::array::from_fn(|_| Vec::new());
            for ((lines, cell), wide) in broken.iter_mut().zip(row).zip(widths) {
                *lines = parts(cell, wide);
            }
            for at in 0..broken.iter().map(Vec::len).max().unwrap_or(0) {
                let cells = broken.each_ref().map(|lines| lines.get(at).copied().unwrap_or_default());
                writeln!(self, "{}", line(&cells))?;
            }
        }
        Ok(())
    }

    /// A label of that width, then words separated by spaces, broken before they reach column 100, or the terminal's last.
    pub fn paragraph(&mut self, label: &str, label_width: usize, words: &[String]) -> Result<(), Failure> {
        let mut column = label_width;
        write!(self, "{label:label_width$}")?;
        for word in words {
            if column > label_width && column + 2 + width(word) > self.columns.min(100) {
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
        if self.quiet {
            return Ok(bytes.len());
        }
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Narrows the widest columns until a row fits into `columns`, or none may be narrower.
fn narrow(widths: &mut [usize], least: &[usize], columns: usize) {
    let gaps = 2 * widths.len().saturating_sub(1);
    loop {
        let total = widths.iter().sum::<usize>() + gaps;
        let wide = widths.iter_mut().zip(least).filter(|(width, least)| **width > **least);
        match wide.max_by_key(|(width, _)| **width) {
            Some((widest, _)) if total > columns => *widest -= 1,
            _ => return,
        }
    }
}

/// A cell in lines of that width, broken at spaces; a longer word stands whole.
fn parts(cell: &str, wide: usize) -> Vec<&str> {
    let (mut lines, mut rest) = (Vec::new(), cell);
    while width(rest) > wide {
        let fits = rest.char_indices().nth(wide).map_or(rest.len(), |(at, _)| at);
        let at = rest.get(..=fits).unwrap_or(rest).rfind(' ').or_else(|| rest.find(' '));
        let Some((line, further)) = at.and_then(|at| rest.split_at_checked(at)) else { break };
        lines.push(line.trim_end());
        rest = further.trim_start();
    }
    lines.push(rest);
    lines
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

#[cfg(test)]
mod tests {
    use super::{narrow, parts};

    #[test]
    fn cells_are_broken_at_spaces_and_words_stay_whole() {
        assert_eq!(parts("one two three", 80), ["one two three"]);
        assert_eq!(parts("one two three", 7), ["one two", "three"]);
        assert_eq!(parts("one two three", 8), ["one two", "three"]);
        assert_eq!(parts("acme.toml:88 is long", 5), ["acme.toml:88", "is", "long"]);
        assert_eq!(parts("größe über alles", 5), ["größe", "über", "alles"]);
        assert_eq!(parts("", 5), [""]);
    }

    #[test]
    fn the_widest_column_is_narrowed_first() {
        let mut widths = [4, 50, 20];
        narrow(&mut widths, &[4, 8, 8], 60);
        assert_eq!(widths, [4, 32, 20]);
        narrow(&mut widths, &[4, 8, 8], 10);
        assert_eq!(widths, [4, 8, 8]);
        narrow(&mut widths, &[4, 8, 8], usize::MAX);
        assert_eq!(widths, [4, 8, 8]);
    }
}
