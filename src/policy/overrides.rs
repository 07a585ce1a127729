//! Rows of the matrices that a document or a change replaced. It must never alter another row than the one of its key.
#![forbid(unsafe_code)]

use crate::id::Line;
use crate::system::System;
use crate::system::estos::{Level, Tables};
use crate::system::xphone::{Label, Matrix};

/// A replaced row of a system's matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// XPhone or estos.
    pub system: System,
    /// The row's first right.
    pub key: String,
    /// The levels that have the row now.
    pub levels: Vec<String>,
    /// Where the document says so.
    pub line: Line,
}

impl Override {
    /// The vendors' tables with these rows replaced.
    pub fn tables(overrides: &[Override]) -> (Matrix, Tables) {
        let (mut matrix, mut tables) = (Matrix::default(), Tables::default());
        for row in overrides {
            match row.system {
                System::Xphone => {
                    let labels: Vec<Label> = row.levels.iter().filter_map(|word| Label::parse(word)).collect();
                    matrix.set_row(&row.key, &labels);
                }
                _ => {
                    let levels: Vec<Level> = row.levels.iter().filter_map(|word| Level::parse(word)).collect();
                    tables.set_row(&row.key, &levels);
                }
            }
        }
        (matrix, tables)
    }
}
