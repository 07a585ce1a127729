//! The JSON Schema of the policy document, for editors. It is never stricter than the loader.
#![forbid(unsafe_code)]

use super::{Key, Kind, Reference, Table};
use linewarden::Right;
use serde_json::{Map, Value, json};

/// The schema.
pub fn schema(reference: &Reference) -> Value {
    let (mut properties, mut needed) = (Map::new(), Vec::new());
    for table in &reference.tables {
        if table.name.is_empty() {
            for key in &table.keys {
                properties.insert(key.name.clone(), of_key(reference, table, key));
                needed.extend(key.needed.then(|| key.name.clone()));
            }
        } else if !table.name.contains('.') {
            properties.insert(table.name.clone(), of_table(reference, table));
        }
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "linewarden policy document",
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
    })
}

fn of_table(reference: &Reference, table: &Table) -> Value {
    let properties: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.clone(), of_key(reference, table, key))).collect();
    let needed: Vec<&str> = table.keys.iter().filter(|key| key.needed).map(|key| key.name.as_str()).collect();
    let mut one = json!({
        "description": table.about,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !needed.is_empty() {
        put(&mut one, "required", json!(needed));
    }
    if table.list { json!({ "type": "array", "items": one }) } else { one }
}

fn of_key(reference: &Reference, table: &Table, key: &Key) -> Value {
    let text = || json!({ "type": "string" });
    let texts = || json!({ "type": "array", "items": text() });
    let dates = || json!({ "from": {}, "until": {}, "hours": {} });
    let mut value = match key.kind {
        Kind::Text | Kind::Party => text(),
        Kind::Texts | Kind::Parties => texts(),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number => json!({ "type": "integer" }),
        Kind::Word => json!({ "enum": key.words }),
        Kind::Words => json!({ "type": "array", "items": { "enum": key.words } }),
        Kind::Rights => {
            let names: Vec<&str> = Right::names().collect();
            json!({ "type": "array", "items": { "enum": names } })
        }
        // Editors differ in how they show TOML's dates.
        Kind::Time => json!({}),
        Kind::Hours => json!({ "anyOf": [text(), texts()] }),
        Kind::Members => {
            let mut member = dates();
            put(&mut member, "name", text());
            let member = json!({
                "type": "object", "properties": member, "required": ["name"], "additionalProperties": false
            });
            json!({ "type": "array", "items": { "anyOf": [text(), member] } })
        }
        Kind::Tables => {
            let path = format!("{}.{}", table.name, key.name);
            let inner = reference.tables.iter().find(|table| table.name == path);
            inner.map_or_else(|| json!({ "type": "array" }), |table| of_table(reference, table))
        }
        Kind::Rows => json!({ "type": "object", "additionalProperties": texts() }),
    };
    put(&mut value, "description", json!(key.about));
    value
}

/// Adds a member to an object.
fn put(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}
