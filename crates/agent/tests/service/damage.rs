//! Damaged requests: random bytes changed, cut, doubled in requests that are right. None may end the service, and none may be answered with a
//! yes but one that is still the question it was.
#![forbid(unsafe_code)]

use crate::server::{Seed, Server};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

/// Requests that are right; the first two are a yes.
fn requests() -> Vec<Vec<u8>> {
    let question = json!({ "subject": { "type": "user", "id": "bob" }, "action": { "name": "call.pickup.first" },
        "resource": { "type": "user", "id": "alice" } });
    let post = |path: &str, body: String| {
        let head = "host: localhost\r\nauthorization: Bearer admin\r\ncontent-type: application/json";
        format!("POST {path} HTTP/1.1\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let get = |path: &str| {
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer admin\r\n\r\n").into_bytes()
    };
    vec![
        post("/access/v1/evaluation", question.to_string()),
        post("/access/v1/evaluations", json!({ "evaluations": [question] }).to_string()),
        post("/access/v1/search/subject", question.to_string()),
        post("/v1/preview", json!({ "changes": ["set relationship alice carol assistant"] }).to_string()),
        get("/v1/explain?actor=carol&right=call.pickup.first&target=alice"),
        get("/v1/history?since=0&limit=5"),
        get("/v1/who?right=call.pickup.first&target=alice"),
        get("/.well-known/authzen-configuration"),
    ]
}

fn damaged(seed: &mut Seed, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=seed.next() % 3 {
        let at = (seed.next() % bytes.len() as u64) as usize;
        match seed.next() % 6 {
            0 => bytes[at] = seed.next() as u8,
            1 => drop(bytes.drain(at..(at + 1 + (seed.next() % 20) as usize).min(bytes.len()))),
            2 => bytes.insert(at, *seed.pick(b"\r\n\0\"{}[]:,/ \\\xff")),
            3 => {
                let part = bytes[at..(at + 30).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            4 => bytes.truncate(at.max(1)),
            _ => bytes[at] ^= 1 << (seed.next() % 8),
        }
        if bytes.is_empty() {
            bytes.push(b'G');
        }
    }
    bytes
}

/// Whether the words that make the question a yes are all still there; `bearer` may be written in any case.
fn is_the_question(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    ["bob", "alice", "call.pickup.first", "user", " admin"].iter().all(|word| text.contains(word))
}

#[test]
fn damaged_requests_end_nothing_and_get_no_yes() {
    let count: usize = std::env::var("LINEWARDEN_REQUESTS").map_or(2_000, |count| count.parse().unwrap());
    let server = Server::usual();
    let before = server.engine.revision();
    let mut seed = Seed(23);
    let requests = requests();
    let mut refused = 0;
    for number in 0..count {
        let bytes = damaged(&mut seed, seed_pick(number, &requests));
        let mut stream = TcpStream::connect(&server.address).unwrap();
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.contains("HTTP/1.1 500"), "{}\n{answer}", String::from_utf8_lossy(&bytes));
        if answer.contains("\"decision\":true") {
            assert!(is_the_question(&bytes), "{}\n{answer}", String::from_utf8_lossy(&bytes));
        }
        refused += usize::from(!answer.starts_with("HTTP/1.1 200"));
    }
    assert!(refused > count / 3, "only {refused} of {count} were refused");
    assert_eq!(server.engine.revision(), before, "a preview changes nothing, whatever is damaged");
    assert_eq!(server.client("ask").get("/v1/status").status, 200);
}

fn seed_pick(number: usize, requests: &[Vec<u8>]) -> Vec<u8> {
    requests[number % requests.len()].clone()
}
