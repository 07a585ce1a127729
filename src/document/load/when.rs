//! When a fact counts: `from`, `until` and `hours` of a table. It must never take a doubtful date for always: what cannot be read is a
//! fault.
#![forbid(unsafe_code)]

use crate::calendar::{self, Bound, Hours, When};
use crate::document::fault::Cx;
use crate::document::table::{Table, Text};
use crate::id::Party;
use toml::de::DeValue;

/// The keys.
const KEYS: [&str; 3] = ["from", "until", "hours"];

/// When the fact of the table counts; always without the keys.
pub(in crate::document) fn when(cx: &Cx<'_>, table: &Table<'_, '_>) -> When {
    if table.first_of(&KEYS).is_none() {
        return When::default();
    }
    let (from, until) = (instant(cx, table, "from"), instant(cx, table, "until"));
    let mut hours: Vec<Hours> = Vec::new();
    for text in table.text_or_list("hours") {
        match Hours::parse(&text) {
            Ok(read) if hours.contains(&read) => table.twice("hours", &text),
            Ok(read) => hours.push(read),
            Err(fault) => cx.fault(inside(&text, fault.at), format!("`hours` of {}: {}", table.name, fault.message)),
        }
    }
    if hours.is_empty()
        && let Some(entry) = table.get("hours")
        && entry.value.get_ref().as_array().is_some_and(|list| list.is_empty())
    {
        cx.fault(
            entry.key_at,
            format!("`hours` of {} is empty, expected hours such as `Mo-Fr 08:00-18:00 Europe/Berlin`", table.name),
        );
    }
    When::between(from, until, hours).unwrap_or_else(|message| {
        cx.fault(table.place("until"), format!("{}: {message}", table.name));
        When::default()
    })
}

/// The offset in the document of a byte of a string: behind its quote.
fn inside(text: &Text<'_>, at: usize) -> usize {
    text.at + 1 + at
}

fn instant(cx: &Cx<'_>, table: &Table<'_, '_>, key: &str) -> Option<Bound> {
    let entry = table.get(key)?;
    let (text, at) = match entry.value.get_ref() {
        DeValue::Datetime(time) => (time.to_string(), table.value_at(&entry)),
        _ => {
            let text = table.text(key)?;
            (text.text.to_string(), text.at + 1)
        }
    };
    match calendar::bound(&text) {
        Ok(bound) => Some(bound),
        Err(fault) => {
            cx.fault(at + fault.at, format!("`{key}` of {}: {}", table.name, fault.message));
            None
        }
    }
}

/// The members of the list `key`: names, or tables with a name and dates.
pub(in crate::document) fn members<'a>(cx: &Cx<'a>, table: &Table<'_, 'a>, key: &str) -> Vec<(Text<'a>, When)> {
    let Some(entry) = table.get(key) else { return Vec::new() };
    let DeValue::Array(list) = entry.value.get_ref() else {
        return table.texts(key).into_iter().map(|text| (text, When::default())).collect();
    };
    let name = format!("a member in `{key}` of {}", table.name);
    let mut members = Vec::with_capacity(list.len());
    for value in list.iter() {
        match value.get_ref() {
            DeValue::Table(_) => {
                let keys = ["name", "from", "until", "hours"];
                if let Some(inner) = table.table(value, &name, &keys)
                    && let Some(text) = inner.need("name")
                {
                    members.push((text, when(cx, &inner)));
                }
            }
            _ => members.extend(table.element(key, value).map(|text| (text, When::default()))),
        }
    }
    members
}

/// Resolves members: those that always count, each once, and those with dates. No party may be in both.
pub(in crate::document) fn split<'a>(
    members: Vec<(Text<'a>, When)>,
    resolve: impl FnOnce(&[Text<'a>]) -> Vec<Option<Party>>,
) -> (Vec<Party>, Vec<(Party, When)>) {
    let (texts, whens): (Vec<Text<'_>>, Vec<When>) = members.into_iter().unzip();
    let (mut always, mut dated) = (Vec::new(), Vec::new());
    for (party, when) in resolve(&texts).into_iter().zip(whens) {
        match party {
            Some(party) if when.is_always() => always.push(party),
            Some(party) => dated.push((party, when)),
            None => {}
        }
    }
    (always, dated)
}
