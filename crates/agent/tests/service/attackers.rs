//! Who means harm: too much, too slow, too many, malformed. Each is refused, and the next one is answered.
#![forbid(unsafe_code)]

use crate::client::Client;
use crate::server::{Server, callers, companies};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

const EVALUATION: &str = "/access/v1/evaluation";

fn is_well(server: &Server) {
    assert_eq!(server.client("ask").get("/v1/status").status, 200);
}

/// Whether a new connection is answered: there may be no place yet.
fn is_answered(server: &Server) -> bool {
    let request =
        b"GET /v1/status HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ask\r\nconnection: close\r\n\r\n";
    let mut answer = String::new();
    let asked = TcpStream::connect(&server.address).and_then(|mut stream| {
        stream.write_all(request)?;
        stream.read_to_string(&mut answer)
    });
    asked.is_ok() && answer.starts_with("HTTP/1.1 200 ")
}

fn with(limits: &str) -> Server {
    Server::new(&companies(), &format!("{limits}\n{}", callers()))
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    let server = with("limits.body = 1000");
    let long = json!({ "context": { "x": "y".repeat(2000) } });
    assert_eq!(server.client("ask").post(EVALUATION, &long).code(), "too_large");
    // Its length is not said, and it does not end.
    let mut client = server.client("ask");
    client.write(format!("POST {EVALUATION} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ask\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n").as_bytes());
    for _ in 0..3 {
        client.write(format!("200\r\n{}\r\n", "[".repeat(512)).as_bytes());
    }
    assert_eq!(client.read().code(), "too_large");
    // A stranger's is not read at all.
    assert_eq!(server.client("").post(EVALUATION, &long).code(), "unauthorized");
    is_well(&server);
}

#[test]
fn headers_are_few_and_short() {
    let server = with("limits.headers = 10");
    let mut client = server.client("ask");
    let many: Vec<(String, String)> = (0..20).map(|number| (format!("x-{number}"), "1".into())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(client.request("GET", "/v1/status", &many, b"").status, 431);
    let mut client = server.client("ask");
    let long = "x".repeat(100_000);
    client.write(format!("GET /v1/status HTTP/1.1\r\nhost: localhost\r\nx: {long}\r\n\r\n").as_bytes());
    assert_eq!(client.head().status, 431);
    is_well(&server);
}

#[test]
fn slow_callers_lose_their_connection() {
    let server = with("limits.header_seconds = 1\nlimits.transfer_seconds = 1");
    // Headers that do not end.
    let mut slow = server.client("");
    slow.write(b"GET /v1/status HTTP/1.1\r\nhost: localhost\r\n");
    slow.rest();
    // A body that does not end.
    let mut slow = server.client("");
    slow.write(format!("POST {EVALUATION} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ask\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{").as_bytes());
    assert_eq!(slow.head().status, 408);
    slow.rest();
    // A connection on which nothing comes.
    server.client("").rest();
    // An answer that is not taken: the stream of flips ends, and its place is free.
    is_well(&server);
}

#[test]
fn a_caller_that_takes_no_answer_loses_its_connection() {
    let server = with("limits.transfer_seconds = 1\nlimits.page = 10000");
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    let body = json!({ "evaluations": vec![json!({}); 9000] }).to_string();
    let request = format!(
        "POST /access/v1/evaluations HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ask\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // Requests are written until the server, whose answers are not read, closes the connection.
    while stream.write_all(request.as_bytes()).is_ok() {}
    is_well(&server);
}

#[test]
fn one_connection_too_many_is_closed_at_once() {
    let server = with("limits.connections = 5");
    let held: Vec<Client> = (0..5).map(|_| server.client("ask")).collect();
    // They are counted when the server has accepted them.
    let mut held: Vec<Client> =
        held.into_iter().map(|mut client| (client.get("/v1/status").status, client).1).collect();
    let mut more = TcpStream::connect(&server.address).unwrap();
    let mut rest = Vec::new();
    let _ = more.read_to_end(&mut rest);
    assert!(rest.is_empty());
    assert!(held.iter_mut().all(|client| client.get("/v1/status").status == 200));
    held.pop();
    // Its place is free again, as soon as the server has seen the end.
    while !is_answered(&server) {}
}

fn crowd(count: usize) {
    let server = with("limits.connections = 200");
    let mut crowd = Vec::new();
    for _ in 0..count {
        if let Ok(mut stream) = TcpStream::connect(&server.address) {
            let _ = stream.write_all(b"GET /v1/status HTTP/1.1\r\nhost: ");
            crowd.push(stream);
        }
        if crowd.len() > 500 {
            crowd.drain(..250);
        }
    }
    drop(crowd);
    while !is_answered(&server) {}
    is_well(&server);
}

#[test]
fn a_crowd_does_not_end_the_service() {
    crowd(1_000);
}

#[test]
#[ignore = "the long form: make service-long"]
fn a_crowd_of_ten_thousand_does_not_end_the_service() {
    crowd(10_000);
}

#[test]
fn malformed_requests_are_refused() {
    let server = Server::usual();
    for text in [
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET /v1/status HTTP/9.9\r\n\r\n",
        "GET /v1/status HTTP/1.1\r\nhost localhost\r\n\r\n",
        "GET /v1/status HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nauthorization: Bearer ask\r\n\r\n",
        "GET http://evil.example/v1/status HTTP/1.1\r\nhost: evil.example\r\nauthorization: Bearer ask\r\n\r\n",
        "POST /access/v1/evaluation HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /access/v1/evaluation HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n12345",
        "POST /access/v1/evaluation HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        "\u{0}\u{1}\u{2}\u{ffff}",
    ] {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(!answer.contains(" 200 ") && !answer.contains("true"), "{text:?}: {answer}");
    }
    is_well(&server);
}

#[test]
fn no_path_leads_to_a_file() {
    let server = Server::usual();
    let mut client = server.client("all");
    for path in [
        "/../../etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/v1/../../etc/passwd",
        "/v1/status/../../rights.db",
        "/rights.db",
        "/v1/openapi.json/../rights.db",
        "/v1%00/status",
        "/access/v1/search/subject/../../../v1/status",
    ] {
        let answer = client.get(path);
        assert!(answer.status == 404 || answer.status == 400, "{path}: {}", answer.status);
        assert!(!answer.body.contains("root:") && !answer.body.contains("SQLite"));
    }
    // Names are parties, never paths.
    for name in ["..%2F..%2Fetc%2Fpasswd", "%00", "%FF%FE", &"x".repeat(5000)] {
        let answer = client.get(&format!("/v1/who?right=call.pickup&target={name}"));
        assert!(answer.status == 404 || answer.status == 400, "{name}: {}", answer.body);
    }
}

#[test]
fn what_stands_twice_or_is_not_known_behind_a_path_is_refused() {
    let server = Server::usual();
    let mut client = server.client("admin");
    for query in [
        "right=call.pickup",
        "right=call.pickup&target=alice&target=bob",
        "right=call.pickup&target=alice&as=bob",
        "right=call.pickup&target=alice&limit=-1",
        "right=call.pickup&target=alice&limit=x",
        "right=call.pikcup&target=alice",
    ] {
        assert_eq!(client.get(&format!("/v1/who?{query}")).code(), "not_understood", "{query}");
    }
    for body in [
        r#"{"changes":"set vip alice yes","changes":"set vip bob yes"}"#,
        r#"{"changes":"set vip alice yes","author":"alice"}"#,
        r#"{"changes":5}"#,
        r#"{"changes":["set vip alice yes",5]}"#,
        r#"{"changes":{"x":1}}"#,
    ] {
        assert_eq!(client.post_text("/v1/changes", body).code(), "not_understood", "{body}");
    }
    assert!(client.get("/v1/history").json()["sets"].as_array().unwrap().len() <= 1);
}
