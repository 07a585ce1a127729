//! Who has one right towards whom, as a grid of letters or as a picture. It shows what it is given and asks nothing.
#![forbid(unsafe_code)]

use crate::output::{Failure, Out};
use std::io::{self, Write};

/// A grid: a row for each actor, a column for each target.
pub struct Grid {
    pub title: String,
    pub actors: Vec<String>,
    pub targets: Vec<String>,
    /// By actor, then by target.
    pub cells: Vec<Vec<Cell>>,
}

/// What an actor has towards a target.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    No,
    /// On some lines: first, second, additional.
    Some([bool; 3]),
    Yes,
}

impl Cell {
    /// `.` for no, `x` for yes, and the lines by number where they differ: `12`.
    fn letters(self) -> String {
        match self {
            Cell::No => ".".into(),
            Cell::Yes => "x".into(),
            Cell::Some(lines) => {
                ["1", "2", "3"].iter().zip(lines).filter(|(_, has)| *has).map(|(line, _)| *line).collect()
            }
        }
    }
}

/// The grid in letters. Columns have numbers, and a list below says whose they are.
pub fn print(grid: &Grid, out: &mut Out) -> Result<(), Failure> {
    let width = grid.actors.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let cell = grid.targets.len().to_string().len().max(2);
    writeln!(out, "{}", grid.title)?;
    write!(out, "{:width$}", "")?;
    for place in 1..=grid.targets.len() {
        write!(out, " {place:>cell$}")?;
    }
    writeln!(out)?;
    for (actor, cells) in grid.actors.iter().zip(&grid.cells) {
        let space = width - actor.chars().count();
        write!(out, "{actor}{:space$}", "")?;
        for has in cells {
            write!(out, " {:>cell$}", has.letters())?;
        }
        writeln!(out)?;
    }
    let names = (1..).zip(&grid.targets).map(|(place, name)| format!("{place} {name}"));
    out.paragraph("\ncolumns", 8, &names.collect::<Vec<_>>())?;
    Ok(writeln!(out, "x yes, . no; 1 first, 2 second, 3 additional line only")?)
}

/// Sizes of the picture, in its own units.
const CELL: usize = 16;
const LETTER: usize = 8;

/// The grid as an SVG picture. Each cell names its pair when it is pointed at.
pub fn write_svg(grid: &Grid, out: &mut dyn Write) -> io::Result<()> {
    let longest = |names: &[String]| LETTER * names.iter().map(|name| name.chars().count()).max().unwrap_or(0) + CELL;
    let (left, top) = (longest(&grid.actors), longest(&grid.targets) + 2 * CELL);
    let title = LETTER * grid.title.chars().count() + CELL;
    let (width, height) = (left + CELL * grid.targets.len() + CELL, top + CELL * grid.actors.len() + CELL);
    let width = width.max(title);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" font-family=\"monospace\" font-size=\"12\">"
    )?;
    writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>")?;
    writeln!(out, "<text x=\"4\" y=\"{CELL}\" font-weight=\"bold\">{}</text>", escaped(&grid.title))?;
    for (place, name) in grid.targets.iter().enumerate() {
        let (x, y) = (left + CELL * place + 12, top - 4);
        writeln!(out, "<text transform=\"translate({x} {y}) rotate(-90)\">{}</text>", escaped(name))?;
    }
    for (row, (actor, cells)) in grid.actors.iter().zip(&grid.cells).enumerate() {
        let y = top + CELL * row;
        writeln!(out, "<text x=\"4\" y=\"{}\">{}</text>", y + 12, escaped(actor))?;
        for (column, (target, has)) in grid.targets.iter().zip(cells).enumerate() {
            let (x, side) = (left + CELL * column, CELL - 1);
            let (fill, said) = match has {
                Cell::No => ("#eeeeee", "no".to_owned()),
                Cell::Yes => ("#2e7d32", "yes".to_owned()),
                Cell::Some(_) => ("#f9a825", format!("lines {}", has.letters())),
            };
            let named = escaped(&format!("{actor} on {target}: {said}"));
            writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" fill=\"{fill}\"><title>{named}</title></rect>"
            )?;
        }
    }
    writeln!(out, "</svg>")
}

/// A text as XML has it. Signs that XML cannot hold are left out.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            '\u{fffe}' | '\u{ffff}' => {}
            sign if sign.is_control() => {}
            sign => escaped.push(sign),
        }
    }
    escaped
}
