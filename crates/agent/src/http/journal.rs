//! A line of the audit as journald takes it, by its native protocol: fields of text in one datagram, so that
//! `journalctl LINEWARDEN_EVENT=change` finds it. A value must never end its field early.
#![forbid(unsafe_code)]

use serde::Deserialize;

/// Severity info, facility authpriv: as in the lines for syslog.
const FIELDS: &str = "PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=linewarden-agent\n";

/// What of a line can be searched for.
#[derive(Deserialize)]
struct Head {
    event: String,
    revision: Option<u64>,
    caller: Option<String>,
}

/// The datagram of a line of JSON.
pub fn datagram(line: &str) -> Vec<u8> {
    let mut bytes = FIELDS.as_bytes().to_vec();
    if let Ok(head) = serde_json::from_str::<Head>(line) {
        field(&mut bytes, "LINEWARDEN_EVENT", &head.event);
        head.revision.iter().for_each(|revision| field(&mut bytes, "LINEWARDEN_REVISION", &revision.to_string()));
        head.caller.iter().for_each(|caller| field(&mut bytes, "LINEWARDEN_CALLER", caller));
    }
    field(&mut bytes, "MESSAGE", line);
    bytes
}

/// A value with a line feed in it has its length before it; every other one ends with its line.
fn field(bytes: &mut Vec<u8>, name: &str, value: &str) {
    bytes.extend_from_slice(name.as_bytes());
    match value.contains('\n') {
        true => {
            bytes.push(b'\n');
            bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        }
        false => bytes.push(b'='),
    }
    bytes.extend_from_slice(value.as_bytes());
    bytes.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields of a datagram, as journald reads them.
    fn read(mut bytes: &[u8]) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
            let line = std::str::from_utf8(&bytes[..end]).unwrap();
            bytes = &bytes[end + 1..];
            let (name, value) = match line.split_once('=') {
                Some((name, value)) => (name, value.to_owned()),
                None => {
                    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
                    let value = String::from_utf8(bytes[8..8 + length].to_vec()).unwrap();
                    assert_eq!(bytes[8 + length], b'\n');
                    bytes = &bytes[8 + length + 1..];
                    (line, value)
                }
            };
            fields.push((name.to_owned(), value));
        }
        fields
    }

    #[test]
    fn a_value_cannot_make_a_field_of_its_own() {
        let hostile = "x\nLINEWARDEN_EVENT=none\nMESSAGE=\u{e4}";
        let line = serde_json::json!({ "event": "decision", "revision": 7, "caller": hostile }).to_string();
        let fields = read(&datagram(&line));
        let of = |name: &str| -> Vec<&str> {
            fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
        };
        assert_eq!(of("LINEWARDEN_EVENT"), ["decision"]);
        assert_eq!(of("LINEWARDEN_REVISION"), ["7"]);
        assert_eq!(of("LINEWARDEN_CALLER"), [hostile]);
        assert_eq!((of("MESSAGE"), of("PRIORITY")), (vec![line.as_str()], vec!["6"]));
        assert_eq!(of("SYSLOG_IDENTIFIER"), ["linewarden-agent"]);
    }
}
