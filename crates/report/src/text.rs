//! A report as plain text, for a terminal or a mail: each row of a table as a paragraph with the names of its columns. Control characters
//! of names must never reach a terminal.
#![forbid(unsafe_code)]

use crate::layout::{Layout, Section};
use std::fmt::Write;

/// The whole report.
pub fn text(layout: &Layout) -> String {
    let mut out = String::new();
    let title = clean(&layout.title);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{title}\n{}\n", "=".repeat(title.chars().count()));
    let width = layout.facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in &layout.facts {
        let _ = writeln!(out, "{}{}  {}", name, " ".repeat(width - name.chars().count()), clean(value));
    }
    for note in &layout.notes {
        let _ = writeln!(out, "\n{note}");
    }
    layout.sections.iter().for_each(|section| write(section, &mut out));
    out
}

fn write(section: &Section, out: &mut String) {
    let title = clean(&section.title);
    let _ = writeln!(out, "\n{title}\n{}", "-".repeat(title.chars().count()));
    if section.rows.is_empty() {
        let _ = writeln!(out, "{}", section.empty);
    }
    let width = section.columns.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for (index, row) in section.rows.iter().enumerate() {
        if index > 0 && row.len() > 2 {
            out.push('\n');
        }
        match row.as_slice() {
            [only] => _ = writeln!(out, "- {}", clean(only)),
            [name, value] => _ = writeln!(out, "- {}: {}", clean(name), clean(value)),
            row => {
                for (name, cell) in section.columns.iter().zip(row) {
                    let _ = writeln!(out, "{}{}  {}", name, " ".repeat(width - name.chars().count()), clean(cell));
                }
            }
        }
    }
    if !section.note.is_empty() {
        let _ = writeln!(out, "{}", section.note);
    }
}

/// Without what could move the cursor or change the direction of writing.
fn clean(text: &str) -> String {
    let moves = |c: char| {
        c.is_control() || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if moves(c) { '\u{fffd}' } else { c }).collect()
}
