//! Call records of Asterisk (CDR and CEL as CSV): which pickups and transfers took place. A record that says not whose call was picked up
//! is listed and never guessed.
#![forbid(unsafe_code)]

use crate::fault::{Fault, NotCarried, quote};
use crate::format::device;
use crate::input::Input;
use crate::model::Place;
use std::collections::BTreeSet;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// The actor picked up a call that rang at the target.
    Pickup,
    /// The actor sent a call on to the target, with or without asking first.
    Transfer,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What.
    pub deed: Deed,
    /// The endpoint that did it.
    pub actor: String,
    /// The endpoint, or the extension that was dialled.
    pub target: String,
    /// Where the record stands.
    pub place: Place,
}

/// What call records say.
#[derive(Debug, Default)]
pub struct Learned {
    /// What was done, in the order of the records.
    pub done: Vec<Done>,
    /// Records that do not say enough.
    pub unclear: Vec<NotCarried>,
}

/// The columns of Asterisk's own `cdr-csv/Master.csv`, which has no header. The last two may be missing.
const CDR: [&str; 18] = [
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "uniqueid",
    "userfield",
];
/// The columns of the `cel_custom.conf` that Asterisk comes with.
const CEL: [&str; 20] = [
    "eventtype",
    "eventtime",
    "cidname",
    "cidnum",
    "cidani",
    "cidrdnis",
    "ciddnid",
    "exten",
    "context",
    "channame",
    "appname",
    "appdata",
    "amaflags",
    "accountcode",
    "uniqueid",
    "linkedid",
    "peer",
    "userfield",
    "userdeftype",
    "eventextra",
];
const DISPOSITIONS: [&str; 5] = ["ANSWERED", "NO ANSWER", "BUSY", "FAILED", "CONGESTION"];

/// Reads call records, each file of one kind. A first line with names of columns says where they are.
///
/// # Errors
/// A file that is neither, with its place.
pub fn learn(inputs: &[Input]) -> Result<Learned, Fault> {
    let mut learned = Learned::default();
    let mut seen = BTreeSet::new();
    for input in inputs {
        let mut reader = ::csv::ReaderBuilder::new();
        let mut reader = reader.has_headers(false).flexible(true).from_reader(input.text.as_bytes());
        let mut columns: Option<Vec<String>> = None;
        for record in reader.records() {
            let record = record.map_err(|error| Fault::file(&input.name, error.to_string()))?;
            let place = input.at(record.position().map_or(0, |position| position.line() as usize));
            let fields: Vec<&str> = record.iter().map(str::trim).collect();
            if columns.is_none() {
                let (found, header) = columns_of(&fields, &place)?;
                columns = Some(found);
                if header {
                    continue;
                }
            }
            let names = columns.as_deref().unwrap_or_default();
            let row = Row { names, fields: &fields, place: &place };
            match names.iter().any(|name| name == "eventtype") {
                true => event(&row, &mut learned),
                false => call(&row, &mut seen, &mut learned),
            }
        }
    }
    Ok(learned)
}

/// The names of the columns, and whether the line holds them.
fn columns_of(fields: &[&str], place: &Place) -> Result<(Vec<String>, bool), Fault> {
    let lower: Vec<String> = fields.iter().map(|field| field.to_lowercase()).collect();
    let has = |names: &[&str]| names.iter().all(|name| lower.iter().any(|field| field == name));
    if has(&["lastapp", "lastdata", "channel"]) || has(&["eventtype", "channame"]) {
        return Ok((lower, true));
    }
    let own = |names: &[&str]| Ok((names.iter().map(|name| (*name).to_owned()).collect(), false));
    let event = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if fields.len() == CEL.len() && fields.first().is_some_and(|first| event(first)) {
        return own(&CEL);
    }
    if (CDR.len() - 2..=CDR.len()).contains(&fields.len())
        && fields.get(14).is_some_and(|disposition| DISPOSITIONS.contains(disposition))
    {
        return own(&CDR);
    }
    let found = fields.len();
    let message = format!(
        "{found} fields that are neither of cdr-csv/Master.csv nor of cel-custom/Master.csv; write a first line with the names of the columns"
    );
    Err(Fault::new(place, 0, message))
}

struct Row<'a> {
    names: &'a [String],
    fields: &'a [&'a str],
    place: &'a Place,
}

impl Row<'_> {
    fn get(&self, name: &str) -> &str {
        let at = self.names.iter().position(|known| known == name);
        at.and_then(|at| self.fields.get(at)).copied().unwrap_or_default()
    }
}

/// The endpoint of a channel: `alice` of `PJSIP/alice-00000012`.
fn endpoint(channel: &str) -> Option<String> {
    device(channel.rsplit_once('-')?.0)
}

fn unclear(learned: &mut Learned, row: &Row<'_>, what: String, why: &str) {
    let (file, line) = (row.place.file.to_string(), row.place.line);
    learned.unclear.push(NotCarried { file, line, what, why: why.to_owned() });
}

/// A call's record: only pickups by `Pickup()` with an extension say who and whom.
fn call(row: &Row<'_>, seen: &mut BTreeSet<String>, learned: &mut Learned) {
    if !row.get("lastapp").eq_ignore_ascii_case("Pickup") || row.get("disposition") != "ANSWERED" {
        return;
    }
    // One call may have several records.
    let id = row.get("uniqueid");
    if !id.is_empty() && !seen.insert(id.to_owned()) {
        return;
    }
    let Some(actor) = endpoint(row.get("channel")) else {
        let what = format!("channel {}", quote(row.get("channel")));
        return unclear(learned, row, what, "it is of no telephone: who picked up is not said");
    };
    let asked = row.get("lastdata");
    let (extension, context) = asked.split_once('@').unwrap_or((asked, ""));
    if asked.is_empty() {
        let what = format!("a pickup by {}", quote(&actor));
        return unclear(learned, row, what, "by groups: whose call it was is not said; CEL says it");
    }
    if asked.contains('&') || context == "PICKUPMARK" || !extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let what = format!("a pickup of {} by {}", quote(asked), quote(&actor));
        return unclear(learned, row, what, "it names no single extension; CEL says whose call it was");
    }
    let target = extension.to_owned();
    learned.done.push(Done { deed: Deed::Pickup, actor, target, place: row.place.clone() });
}

/// An event of a channel.
fn event(row: &Row<'_>, learned: &mut Learned) {
    let deed = match row.get("eventtype") {
        "PICKUP" => Deed::Pickup,
        "BLINDTRANSFER" | "ATTENDEDTRANSFER" => Deed::Transfer,
        _ => return,
    };
    let extra: serde_json::Value = serde_json::from_str(row.get("eventextra")).unwrap_or_default();
    let of = |key: &str| extra.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let (actor, target) = match row.get("eventtype") {
        "PICKUP" => (endpoint(of("pickup_channel")), endpoint(row.get("channame"))),
        "BLINDTRANSFER" => (endpoint(row.get("channame")), Some(of("extension").to_owned())),
        _ => (endpoint(row.get("channame")), endpoint(of("transfer_target_channel_name"))),
    };
    match (actor, target.filter(|target| !target.is_empty())) {
        (Some(actor), Some(target)) => learned.done.push(Done { deed, actor, target, place: row.place.clone() }),
        _ => unclear(learned, row, format!("event {}", row.get("eventtype")), "it says not who, or not whose call"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(Deed, String, String, usize)>, String> {
        let learned = learn(&[Input::text("Master.csv", text)]).map_err(|fault| fault.to_string())?;
        Ok(learned.done.into_iter().map(|done| (done.deed, done.actor, done.target, done.place.line)).collect())
    }

    fn unclear_of(text: &str) -> Vec<String> {
        learn(&[Input::text("Master.csv", text)]).unwrap().unclear.iter().map(NotCarried::to_string).collect()
    }

    fn cdr(channel: &str, app: &str, data: &str, disposition: &str, id: &str) -> String {
        format!(
            "\"\",\"300\",\"**200\",\"internal\",\"\"\"Eva\"\" <300>\",\"{channel}\",\"\",\"{app}\",\"{data}\",\"2026-11-20 09:00:00\",\
             \"2026-11-20 09:00:01\",\"2026-11-20 09:01:00\",60,59,\"{disposition}\",\"DOCUMENTATION\",\"{id}\",\"\"\n"
        )
    }

    fn cel(kind: &str, channel: &str, extra: &str) -> String {
        let extra = extra.replace('"', "\"\"");
        format!(
            "\"{kind}\",\"1\",\"\",\"\",\"\",\"\",\"\",\"200\",\"internal\",\"{channel}\",\"\",\"\",\"3\",\"\",\"1\",\"1\",\"\",\"\",\"\",\"{extra}\"\n"
        )
    }

    #[test]
    fn pickups_of_call_records() {
        let text = cdr("PJSIP/300-00000001", "Pickup", "200", "ANSWERED", "1")
            + &cdr("PJSIP/300-00000001", "Pickup", "200", "ANSWERED", "1")
            + &cdr("SIP/eva-lab-00000002", "Pickup", "200@internal", "ANSWERED", "2")
            + &cdr("PJSIP/300-00000003", "Pickup", "200", "NO ANSWER", "3")
            + &cdr("PJSIP/300-00000004", "Dial", "PJSIP/200", "ANSWERED", "4");
        let pickup = |actor: &str, line| (Deed::Pickup, actor.to_owned(), "200".to_owned(), line);
        assert_eq!(read(&text).unwrap(), [pickup("300", 1), pickup("eva-lab", 3)]);
        assert_eq!(unclear_of(&text), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_said_is_listed() {
        let text = cdr("PJSIP/300-00000001", "Pickup", "", "ANSWERED", "1")
            + &cdr("PJSIP/300-00000002", "Pickup", "200&201", "ANSWERED", "2")
            + &cdr("PJSIP/300-00000003", "Pickup", "a/b/1@PICKUPMARK", "ANSWERED", "3")
            + &cdr("Local/300@internal-00000004;1", "Pickup", "200", "ANSWERED", "4");
        assert_eq!(read(&text).unwrap(), []);
        let unclear = unclear_of(&text);
        assert_eq!(unclear.len(), 4, "{unclear:?}");
        assert!(unclear[0].starts_with("Master.csv:1: a pickup by `300`: by groups"), "{unclear:?}");
        assert_eq!(unclear_of(&cel("PICKUP", "PJSIP/200-1", "no JSON")).len(), 1);
    }

    #[test]
    fn pickups_and_transfers_of_events() {
        let text = cel("CHAN_START", "PJSIP/200-00000001", "")
            + &cel("PICKUP", "PJSIP/200-00000001", "{\"pickup_channel\":\"PJSIP/300-00000002\"}")
            + &cel("BLINDTRANSFER", "PJSIP/300-00000002", "{\"extension\":\"210\",\"context\":\"internal\"}")
            + &cel(
                "ATTENDEDTRANSFER",
                "PJSIP/300-00000002",
                "{\"transfer_target_channel_name\":\"PJSIP/220-00000003\"}",
            );
        let done = |deed, target: &str, line| (deed, "300".to_owned(), target.to_owned(), line);
        let expected = [done(Deed::Pickup, "200", 2), done(Deed::Transfer, "210", 3), done(Deed::Transfer, "220", 4)];
        assert_eq!(read(&text).unwrap(), expected);
        // Other columns, by a header.
        let table = "eventtime,eventtype,channame,eventextra\n1,PICKUP,PJSIP/200-00000001,\"{\"\"pickup_channel\"\":\"\"PJSIP/300-00000002\"\"}\"\n";
        assert_eq!(read(table).unwrap(), [done(Deed::Pickup, "200", 2)]);
    }

    #[test]
    fn what_is_no_record_is_a_fault() {
        let fault = read("a,b,c\n").unwrap_err();
        assert!(fault.starts_with("Master.csv:1: 3 fields that are neither of cdr-csv/Master.csv"), "{fault}");
        assert_eq!(read("").unwrap(), []);
    }
}
