//! Damaged requests: bytes changed, cut, doubled, in requests that are right, to every route of the OpenAPI file and to every route and form of
//! the page. None may end the service. A yes counts only where this test reads the same question out of the damaged bytes, with readers of its
//! own, and the question that it reads, sent whole, gets the same yes; a change, only where it reads exactly that change.
#![forbid(unsafe_code)]

use crate::browser::{Browser, hidden};
use crate::openapi;
use crate::server::{Seed, Server, callers, companies};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request that is right, without what is only known when it is sent.
struct Right {
    method: &'static str,
    path: String,
    query: String,
    of_page: bool,
    /// JSON, or the fields of a form as they stand in a page but for `csrf` and `revision`.
    body: String,
}

impl Right {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// One for each method and path of the OpenAPI file.
fn of_programs() -> Vec<Right> {
    let each = |(method, path, asked, body): (&'static str, &'static str, String, Value)| Right {
        method: if method == "post" { "POST" } else { "GET" },
        path: path.into(),
        query: asked.split_once('?').map_or(String::new(), |(_, query)| query.to_owned()),
        of_page: false,
        body: if body.is_null() { String::new() } else { body.to_string() },
    };
    openapi::requests().into_iter().map(each).collect()
}

/// One for each route of the page.
fn of_people() -> Vec<Right> {
    let each = |method, path: &str, fields: &str| {
        let (query, body) =
            if method == "GET" { (fields.into(), String::new()) } else { (String::new(), fields.into()) };
        Right { method, path: path.into(), query, of_page: true, body }
    };
    let get = |path: &str, query: &str| each("GET", path, query);
    let post = |path: &str, fields: &str| each("POST", path, fields);
    vec![
        get("/", ""),
        get("/page", ""),
        get("/page/style.css", ""),
        get("/page/login", ""),
        post("/page/login", "token=admin"),
        get("/page/login/oidc", ""),
        get("/page/login/oidc/back", "code=a&state=b&iss=c"),
        post("/page/logout", ""),
        post("/page/language", "back=/page/history&lang=de"),
        post("/page/domain", "domain=acme.example"),
        get("/page/", "q=al"),
        get("/page/person", "party=alice"),
        get("/page/pair", "actor=carol&target=alice&right=call.pickup"),
        get("/page/change", "party=alice&made=1"),
        get("/page/change/preview", "text=set+vip+alice+yes"),
        post("/page/change/preview", "form=vip&owner=alice&switch=yes"),
        post("/page/change/apply", "text=set+vip+alice+yes"),
        get("/page/history", "before=9&text=vip&made=2"),
        post("/page/history/undo", "revision=2"),
        get("/page/pending", ""),
        get("/page/lint", ""),
        get("/page/codes", "actor=alice&code=*8110"),
        get("/page/status", ""),
        get("/page/picture", "right=call.pickup"),
        get("/page/report", "for=alice&since=0"),
    ]
}

/// The routes of the page, as its source lists them.
fn routes() -> BTreeSet<String> {
    let source = include_str!("../../src/http/page/mod.rs");
    let mut found = BTreeSet::new();
    for line in source.lines().filter_map(|line| line.trim().strip_prefix(".route(")) {
        let path = line.split('"').nth(1).filter(|_| line.starts_with('"')).unwrap_or("/page/login/oidc/back");
        for (word, method) in [("get(", "GET"), ("post(", "POST")] {
            if line.contains(word) {
                found.insert(format!("{method} {path}"));
            }
        }
    }
    found
}

/// The addresses of all forms that are sent by POST, as the page shows them.
fn forms(browser: &mut Browser, rights: &[Right]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for right in rights.iter().filter(|right| right.of_page && right.method == "GET" && !right.path.contains("oidc")) {
        let page = browser.get(&format!("{}?{}", right.path, right.query)).body;
        for form in page.split("<form ").skip(1) {
            let tag = form.split('>').next().unwrap();
            if tag.contains("method=\"post\"") {
                found.insert(tag.split("action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned());
            }
        }
    }
    found
}

/// A request as this test reads it.
#[derive(Debug)]
struct Seen {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    token: Option<String>,
    body: Vec<u8>,
    /// The bytes that it takes.
    length: usize,
}

/// The first request in bytes; `None` where there is none that is whole and clear.
fn seen(bytes: &[u8]) -> Option<Seen> {
    let start = bytes.iter().position(|byte| !b"\r\n".contains(byte))?;
    let mut at = start;
    let mut lines = Vec::new();
    loop {
        let end = at + bytes.get(at..)?.iter().position(|byte| *byte == b'\n')?;
        let line = bytes.get(at..end)?;
        at = end + 1;
        match line.strip_suffix(b"\r").unwrap_or(line) {
            b"" => break,
            line => lines.push(std::str::from_utf8(line).ok()?),
        }
    }
    let mut words = lines.first()?.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if !version.starts_with("HTTP/1.") || words.next().is_some() {
        return None;
    }
    let mut headers: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for line in lines.iter().skip(1) {
        let (name, value) = line.split_once(':')?;
        headers.entry(name.to_ascii_lowercase()).or_default().push(value.trim());
    }
    let one = |name: &str| headers.get(name).filter(|all| all.len() == 1).map(|all| all[0]);
    let length = match headers.get("content-length") {
        None => 0,
        Some(all) => all.iter().all(|one| *one == all[0]).then(|| all[0].parse().ok())??,
    };
    let body = bytes.get(at..at.checked_add(length)?)?.to_vec();
    let target = target.split('#').next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let token = one("authorization").and_then(|text| text.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Some(Seen {
        method: method.into(),
        path: path.into(),
        query: fields(query.as_bytes()),
        token: token.map(|(_, token)| token.trim().to_owned()),
        body,
        length: at + length,
    })
}

fn fields(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn written(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = fields.iter().filter(|(known, _)| known == name);
    found.next().filter(|_| found.next().is_none()).map(|(_, value)| value.trim())
}

/// The yes of an answer: what it says that someone may.
fn yes(path: &str, answer: &Value) -> Vec<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    match path {
        "/access/v1/evaluation" => vec![answer["decision"].clone()],
        "/access/v1/evaluations" => list(&answer["evaluations"]).iter().map(|one| one["decision"].clone()).collect(),
        "/v1/explain" => vec![answer["allowed"].clone()],
        "/v1/rights" => list(&answer["rights"]),
        "/v1/who" | "/v1/whom" => list(&answer["parties"]),
        path if path.starts_with("/access/v1/search/") => list(&answer["results"]),
        _ => Vec::new(),
    }
}

fn is_yes(said: &[Value]) -> bool {
    said.iter().any(|one| *one != json!(false) && !one.is_null())
}

/// The question that was read, sent whole.
fn twin(server: &Server, seen: &Seen) -> Option<Value> {
    let mut client = server.client(seen.token.as_deref()?);
    let query = written(&seen.query);
    let path = if query.is_empty() { seen.path.clone() } else { format!("{}?{query}", seen.path) };
    let answer = match seen.method.as_str() {
        "POST" => client.post(&path, &serde_json::from_slice(&seen.body).ok()?),
        "GET" => client.get(&path),
        _ => return None,
    };
    (answer.status == 200).then(|| answer.json())
}

fn spoiled(seed: &mut Seed, mut bytes: Vec<u8>) -> Vec<u8> {
    for _ in 0..=seed.next() % 3 {
        if bytes.is_empty() {
            bytes.push(b'G');
        }
        let at = (seed.next() % bytes.len() as u64) as usize;
        match seed.next() % 6 {
            0 => bytes[at] = seed.next() as u8,
            1 => drop(bytes.drain(at..(at + 1 + (seed.next() % 20) as usize).min(bytes.len()))),
            2 => bytes.insert(at, *seed.pick(b"\r\n\0\"{}[]:,/ \\\xff&=%")),
            3 => {
                let part = bytes[at..(at + 30).min(bytes.len())].to_vec();
                bytes.splice(at..at, part);
            }
            4 => bytes.truncate(at.max(1)),
            _ => bytes[at] ^= 1 << (seed.next() % 8),
        }
    }
    bytes
}

/// The same with one of its words written in another way or changed for another one: what can still be read, and asks something else.
fn reworded(seed: &mut Seed, bytes: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(bytes).unwrap();
    let words: Vec<&str> = text.split(|c: char| !(c.is_ascii_alphanumeric() || ".-_".contains(c))).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return text.into_bytes();
    }
    let word = *seed.pick(&words);
    let at = word.as_ptr() as usize - text.as_ptr() as usize;
    let other = match seed.next() % 6 {
        0 => word.to_uppercase(),
        1 => format!("{word} "),
        2 => format!("acme.example/{word}"),
        3 => format!("{word}{word}"),
        4 => String::new(),
        _ => (*seed.pick(&words)).to_owned(),
    };
    format!("{}{other}{}", &text[..at], &text[at + word.len()..]).into_bytes()
}

/// A request as bytes, damaged in what it asks or anywhere.
fn sent(right: &Right, browser: &mut Browser, revision: u64, seed: &mut Seed) -> Vec<u8> {
    let mut body = right.body.clone().into_bytes();
    let mut query = right.query.clone().into_bytes();
    let how = seed.next() % 4;
    let only_asked = how > 0;
    let damaged = |seed: &mut Seed, bytes| if how == 1 { spoiled(seed, bytes) } else { reworded(seed, bytes) };
    if right.of_page && right.method == "POST" {
        let hidden = match right.path.as_str() {
            "/page/login" => format!("once={}&", hidden(&browser.get("/page/login").body, "once")),
            _ => format!("csrf={}&", hidden(&browser.get("/page/change").body, "csrf")),
        };
        if right.path == "/page/change/apply" {
            body.extend(format!("&revision={revision}").into_bytes());
        }
        if only_asked {
            body = damaged(seed, body);
        }
        body.splice(0..0, hidden.into_bytes());
    } else if only_asked {
        match right.method {
            "POST" => body = damaged(seed, body),
            _ => query = damaged(seed, query),
        }
        // Else it would be another request line.
        query = form_urlencoded_bytes(&query);
    }
    let mut bytes = format!("{} {}", right.method, right.path).into_bytes();
    if !query.is_empty() {
        bytes.push(b'?');
        bytes.extend(query);
    }
    bytes.extend(b" HTTP/1.1\r\nhost: localhost\r\n");
    if right.of_page {
        let cookies: Vec<String> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        bytes.extend(format!("cookie: {}\r\n", cookies.join("; ")).bytes());
    } else {
        let token = if right.path == "/metrics" { "all" } else { "admin" };
        bytes.extend(format!("authorization: Bearer {token}\r\n").bytes());
    }
    if right.method == "POST" {
        let kind = if right.of_page { "application/x-www-form-urlencoded" } else { "application/json" };
        bytes.extend(format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len()).bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    if only_asked { bytes } else { spoiled(seed, bytes) }
}

/// A query that can stand in a request line: what ends it is written as a number.
fn form_urlencoded_bytes(query: &[u8]) -> Vec<u8> {
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b'#';
    query.iter().flat_map(|byte| if plain(*byte) { vec![*byte] } else { format!("%{byte:02X}").into_bytes() }).collect()
}

/// An answer of a connection.
struct Got {
    status: u16,
    head: String,
    body: Vec<u8>,
}

/// The answers to bytes. A whole request is answered before its sender ends; a stream after its first event.
fn answers(server: &Server, bytes: &[u8]) -> Vec<Got> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = stream.write_all(bytes);
    let mut all = Vec::new();
    if seen(bytes).is_some() {
        let mut part = [0; 16 << 10];
        while !is_whole(&all) {
            match stream.read(&mut part) {
                Ok(count) if count > 0 => all.extend_from_slice(&part[..count]),
                _ => break,
            }
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    // A stream of events goes on for as long as it is read.
    if !String::from_utf8_lossy(&all).contains("text/event-stream") {
        let _ = stream.read_to_end(&mut all);
    }
    let mut found = Vec::new();
    let mut rest = all.as_slice();
    while let Some((head, body)) = split(rest) {
        let length = length(&head).unwrap_or(body.len()).min(body.len());
        let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0);
        found.push(Got { status, body: body[..length].to_vec(), head });
        rest = &body[length..];
    }
    found
}

fn split(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase(), &bytes[end + 4..]))
}

fn length(head: &str) -> Option<usize> {
    head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "))?.parse().ok()
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some((head, body)) = split(bytes) else { return false };
    match length(&head) {
        Some(length) => body.len() >= length,
        None if head.contains("text/event-stream") => body.windows(2).any(|two| two == b"\n\n"),
        None => false,
    }
}

/// Whether an answer comes from behind the door: from what the route leads to.
fn is_reached(right: &Right, seen: &Seen, got: &Got) -> bool {
    let same = seen.method == right.method && seen.path == right.path;
    let is_route = !(got.status == 404 && got.head.contains("problem+json") && right.of_page);
    let to_login = got.head.contains("location: /page/login") && !got.head.contains("set-cookie: linewarden=;");
    let at_door = match right.method {
        // 403 is the answer to a form without the session's token.
        "POST" if right.of_page => {
            let is_wrong_token = got.status == 401 && right.path == "/page/login";
            ([0, 401, 403, 405, 413, 421].contains(&got.status) || to_login) && !is_wrong_token
        }
        _ => [0, 401, 405, 413, 421, 431].contains(&got.status) || (to_login && right.path != "/page/login"),
    };
    let by_hyper = got.status == 400 && got.body.is_empty();
    same && is_route && !at_door && !by_hyper
}

/// The changes that a damaged request asks for, as the service writes them; by a preview of what this test reads.
fn asked(server: &Server, seen: &Seen) -> Option<Value> {
    let body = match seen.path.as_str() {
        "/v1/changes" => serde_json::from_slice(&seen.body).ok()?,
        "/page/change/apply" => json!({ "changes": field(&fields(&seen.body), "text")? }),
        _ => return None,
    };
    let answer = server.client("admin").post("/v1/preview", &body);
    (answer.status == 200).then(|| answer.json()["changes"].clone())
}

#[test]
fn damaged_requests_end_nothing_and_get_no_yes() {
    let count: usize = std::env::var("LINEWARDEN_REQUESTS").map_or(3_000, |count| count.parse().unwrap());
    // A provider at which no one listens: its routes are there.
    let page =
        "[page.oidc]\nname = \"A\"\nissuer = \"http://127.0.0.1:1\"\nclient_id = \"us\"\ndomain = \"acme.example\"\n";
    // Who asks for a revision to come is refused at once.
    let config = format!("public_url = \"http://localhost\"\nlimits.wait_seconds = 0\n{}\n{page}", callers());
    let server = Server::new(&companies(), &config);
    server.client("admin").post("/v1/changes", &json!({ "changes": "set vip carol yes" }));
    let mut browser = Browser::of(&server, "all");
    let rights: Vec<Right> = of_programs().into_iter().chain(of_people()).collect();
    let names: BTreeSet<String> = rights.iter().map(Right::name).collect();
    for known in routes() {
        assert!(names.contains(&known), "no request for {known}");
    }
    let mut fresh = Browser::new(&server);
    for form in forms(&mut fresh, &rights).into_iter().chain(forms(&mut browser, &rights)) {
        assert!(names.contains(&format!("POST {form}")), "no request for the form {form}");
    }
    let mut seed = Seed(23);
    let (mut refused, mut yeses, mut made) = (0, 0, 0);
    let mut reached: BTreeMap<String, usize> = names.iter().map(|name| (name.clone(), 0)).collect();
    for number in 0..count {
        let right = &rights[number % rights.len()];
        if right.of_page && browser.get("/page/change").header("location").is_some() {
            // The session was ended by a request that was right enough.
            browser = Browser::of(&server, "all");
        }
        let before = server.engine.revision();
        let mut stranger = Browser::new(&server);
        let by = if right.name() == "POST /page/login" { &mut stranger } else { &mut browser };
        let bytes = sent(right, by, before, &mut seed);
        let shown = || format!("{}\n", String::from_utf8_lossy(&bytes));
        let mut rest = bytes.as_slice();
        let began = std::time::Instant::now();
        let all = answers(&server, &bytes);
        assert!(began.elapsed() < PATIENCE, "no answer in time:\n{}", shown());
        for got in all {
            let text = String::from_utf8_lossy(&got.body).into_owned();
            assert_ne!(got.status, 500, "{}{}\n{text}", shown(), got.head);
            refused += usize::from(got.status >= 400);
            let seen = seen(rest);
            rest = seen.as_ref().map_or(&[], |seen| &rest[seen.length..]);
            let answer: Value = serde_json::from_str(&text).unwrap_or_default();
            let path = seen.as_ref().map_or(right.path.as_str(), |seen| seen.path.as_str());
            let said = yes(path, &answer);
            if is_yes(&said) || text.contains("\"decision\":true") {
                let twin = seen.as_ref().and_then(|seen| twin(&server, seen));
                let twin = twin.unwrap_or_else(|| panic!("a yes to what is no question:\n{}{text}", shown()));
                assert_eq!(said, yes(path, &twin), "another answer than to the whole question:\n{}{text}", shown());
                yeses += 1;
            }
            if let Some(seen) = seen.filter(|seen| is_reached(right, seen, &got)) {
                *reached.get_mut(&right.name()).unwrap() += 1;
                if server.engine.revision() != before {
                    assert_eq!(server.engine.revision(), before + 1, "{}", shown());
                    let newest = &server.client("admin").get("/v1/history?limit=1").json()["sets"][0];
                    let asked = asked(&server, &seen);
                    assert_eq!(
                        Some(&newest["changes"]),
                        asked.as_ref(),
                        "another change than was asked for:\n{}",
                        shown()
                    );
                    made += 1;
                }
            }
        }
        let changes = ["/v1/changes", "/page/change/apply"].contains(&right.path.as_str());
        assert!(changes || server.engine.revision() == before, "a change by what makes none:\n{}", shown());
    }
    let missed: Vec<_> = reached.iter().filter(|(_, times)| **times < 3).collect();
    assert!(missed.is_empty(), "not reached three times: {missed:?} of {reached:?}");
    assert!(
        refused > count / 5 && yeses > count / 100 && made > 0,
        "refused {refused}, yes {yeses}, made {made} of {count}"
    );
    assert_eq!(server.client("ask").get("/v1/status").status, 200);
}

/// The reader of this test reads what is right as it was written.
#[test]
fn a_request_is_read_as_it_is_written() {
    let bytes = b"\r\nPOST /a?b=c%20d HTTP/1.1\r\nHost: x\nAuthorization: BEARER  t \r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\n\r\n";
    let first = seen(bytes).unwrap();
    assert_eq!((first.method.as_str(), first.path.as_str(), first.body.as_slice()), ("POST", "/a", b"hi".as_slice()));
    assert_eq!((field(&first.query, "b"), first.token.as_deref()), (Some("c d"), Some("t")));
    assert_eq!(seen(&bytes[first.length..]).unwrap().path, "/");
    for wrong in
        ["", "GET", "GET / HTTP/1.1\r\n", "GET / / HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nhi"]
    {
        assert!(seen(wrong.as_bytes()).is_none(), "{wrong}");
    }
}
