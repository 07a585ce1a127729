//! What the service costs, on loopback, with the caller in the same process: the time of one question beside that of a route that does nothing
//! with the same body, asked in turn, and questions per second of one connection in batches. Ratios count; times are of this machine.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use axum::routing::post;
use linewarden::internals::system::{System, Systems};
use linewarden::{Document, Engine};
use linewarden_agent::http::body::{self, Answer};
use linewarden_agent::http::caller::digest;
use linewarden_agent::http::config::Config;
use linewarden_agent::http::front::Front;
use linewarden_agent::http::listen::Listeners;
use linewarden_agent::http::{self, Service};
use linewarden_testkit::generate::{Options, write};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const USERS: u32 = 10_000;
const SINGLE: usize = 40_000;
const BATCHES: usize = 300;
const BATCH: usize = 1_000;

fn request(path: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let head = "host: localhost\r\nauthorization: Bearer cti\r\ncontent-type: application/json";
    format!("POST {path} HTTP/1.1\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Sends a request and reads its answer.
fn ask(stream: &mut BufReader<TcpStream>, request: &[u8], body: &mut Vec<u8>) {
    stream.get_mut().write_all(request).unwrap();
    let (mut line, mut length) = (String::new(), 0);
    stream.read_line(&mut line).unwrap();
    assert!(line.contains(" 200 "), "{line}");
    while !line.trim_end().is_empty() {
        line.clear();
        stream.read_line(&mut line).unwrap();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim_end().parse().unwrap();
        }
    }
    body.resize(length, 0);
    stream.read_exact(body).unwrap();
}

fn percentile(times: &mut [Duration], of: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * of) as usize]
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = Vec::new();
    let systems = Systems::default().with(System::Xphone).with(System::Pascom);
    write(&Options { users: USERS, systems, ..Options::default() }, &mut text).unwrap();
    let document = Document { name: "company.toml".into(), text: String::from_utf8(text).unwrap() };
    let store = folder.path().join("rights.db");
    let (engine, _) = Engine::create_from(&store, &[document], None).unwrap();
    let users: Vec<String> = engine.parties(engine.domains()[0].0).iter().map(|party| engine.text(*party)).collect();
    let users: Vec<&String> = users.iter().filter(|name| !name.contains(':')).collect();
    let hash: String = digest(b"cti").0.iter().map(|byte| format!("{byte:02x}")).collect();
    let config = format!(
        "listen = [\"127.0.0.1:0\"]\n[[caller]]\nname = \"cti\"\nrole = \"ask\"\ndomain = \"company.example\"\ntoken_sha256 = \"{hash}\""
    );
    let service = Service::open(&store, Config::parse(&config).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let empty = post(|request: axum::extract::Request| async {
        body::bytes(request, 1 << 20, Duration::from_secs(15)).await.map(|_| Answer(json!({ "decision": false })))
    });
    let front = Front::new(service.into(), http::routes().route("/empty", empty));
    let listeners = runtime.block_on(Listeners::open(front)).unwrap();
    let address = listeners.addresses().remove(0);
    runtime.spawn(listeners.serve());
    let stream = TcpStream::connect(&address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut stream = BufReader::with_capacity(1 << 20, stream);

    let user = |number: usize| json!({ "type": "user", "id": users[number * 7919 % users.len()] });
    let question = |number: usize| {
        let action = json!({ "name": "call.pickup.first" });
        json!({ "subject": user(number), "action": action, "resource": user(number * 31 + 1) })
    };
    let mut body = Vec::new();
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..SINGLE {
        for (of, path) in ["/empty", "/access/v1/evaluation"].iter().enumerate() {
            let request = request(path, &question(number));
            let began = Instant::now();
            ask(&mut stream, &request, &mut body);
            times[of].push(began.elapsed());
        }
    }
    let [empty, single] = &mut times;
    println!("one question, {USERS} users, {SINGLE} times, beside an empty route");
    for (name, of) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
        let (empty, single) = (percentile(empty, of), percentile(single, of));
        let ratio = single.as_secs_f64() / empty.as_secs_f64();
        println!("  {name:<6} {empty:>10.1?}  {single:>10.1?}  ratio {ratio:.2}");
    }
    let requests: Vec<Vec<u8>> = (0..20)
        .map(|batch| {
            let each: Vec<Value> =
                (0..BATCH).map(|number| json!({ "resource": user(batch * BATCH + number) })).collect();
            let common =
                json!({ "subject": user(batch), "action": { "name": "call.pickup.first" }, "evaluations": each });
            request("/access/v1/evaluations", &common)
        })
        .collect();
    let began = Instant::now();
    for batch in 0..BATCHES {
        ask(&mut stream, &requests[batch % requests.len()], &mut body);
    }
    let took = began.elapsed().as_secs_f64();
    println!("batches of {BATCH} on one connection: {:.0} questions/s", (BATCHES * BATCH) as f64 / took);
    runtime.shutdown_background();
}
