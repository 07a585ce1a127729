//! Endpoints from a realtime table of Asterisk (`ps_endpoints`, as CSV or in a SQL dump). An empty field and NULL say nothing: they
//! are no group, and never the group of everybody without one.
#![forbid(unsafe_code)]

use super::endpoint::{Endpoint, LISTS};
use super::groups::is_null;
use super::sql;
use super::table::Table;
use crate::builder::Builder;
use crate::fault::Fault;
use crate::input::Input;
use crate::model::At;

/// The endpoints of the source. A dump without the table is a fault.
pub fn endpoints(input: &Input, builder: &mut Builder<'_>) -> Result<Vec<Endpoint>, Fault> {
    let table = match input.base().ends_with(".sql") {
        false => Table::read(input)?,
        true => {
            let table = sql::read(input)?.remove("ps_endpoints");
            table.ok_or_else(|| Fault::file(&input.name, "holds no table `ps_endpoints`"))?
        }
    };
    let id = table.needed(&["id"])?;
    let lists = LISTS.map(|name| table.column(&[name]));
    let others = [&["callerid"], &["context"], &["outbound_auth"]].map(|names| table.column(names));
    let mut endpoints = Vec::new();
    for row in &table.rows {
        let value = |column| row.at(column).filter(|text: &At<String>| !is_null(&text.value));
        let Some(name) = value(Some(id)) else {
            builder.lost(&row.place, "a row without `id`", "an endpoint needs a name");
            continue;
        };
        let [callerid, context, trunk] = others.map(value);
        endpoints.push(Endpoint {
            name: name.value,
            place: row.place.clone(),
            lists: lists.map(value),
            callerid,
            context,
            trunk: trunk.map(|trunk| trunk.place),
        });
    }
    Ok(endpoints)
}
