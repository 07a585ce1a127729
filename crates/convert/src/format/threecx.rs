//! `3cx-csv`: 3CX's list of extensions. The export has no groups and no rights on others: users are carried over, and each other column
//! with a value is listed.
#![forbid(unsafe_code)]

use super::table::Table;
use crate::builder::Builder;
use crate::fault::Fault;
use crate::input::Input;

/// Reads the sources.
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    for input in inputs {
        let table = Table::read(input)?;
        let number = table.needed(&["Number"])?;
        let (first, last) = (table.column(&["FirstName"]), table.column(&["LastName"]));
        table.other_columns(&[Some(number), first, last], builder);
        for row in &table.rows {
            let Some(name) = row.text(Some(number)) else {
                builder.lost(&row.place, "a row without `Number`", "an extension needs one");
                continue;
            };
            let Some(user) = builder.user(name, &row.place) else { continue };
            let full: Vec<&str> = [first, last].into_iter().filter_map(|column| row.text(column)).collect();
            if !full.is_empty() {
                builder.note(user, full.join(" "));
            }
            // An extension of 3CX, whatever its length.
            builder.line(user, name, &row.place);
        }
    }
    Ok(())
}
