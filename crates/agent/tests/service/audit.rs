//! What is written down and what is counted.
#![forbid(unsafe_code)]

use crate::server::{Server, callers, companies};
use linewarden::Author;
use serde_json::{Value, json};
use std::os::unix::net::UnixDatagram;

fn lines(server: &Server, event: &str, count: usize) -> Vec<Value> {
    // The log is followed by a thread of its own.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let text = std::fs::read_to_string(server.folder.path().join("audit")).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of: Vec<Value> = lines.into_iter().filter(|line| line["event"] == event).collect();
        if of.len() >= count {
            assert_eq!(of.len(), count, "{of:?}");
            return of;
        }
        assert!(std::time::Instant::now() < until, "{count} of {event}, found {of:?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn ask(server: &Server, actor: &str) -> Value {
    let question = json!({ "subject": { "type": "user", "id": actor }, "action": { "name": "call.pickup.first" },
        "resource": { "type": "user", "id": "alice" } });
    server.client("ask").post("/access/v1/evaluation", &question).json()
}

#[test]
fn every_change_is_written_and_names_are_masked() {
    let config = format!("audit = {{ file = \"FOLDER/audit\", decisions = \"refusals\" }}\n{}", callers());
    let server = Server::new(&companies(), &config);
    let asked = json!({ "changes": "set relationship alice carol assistant", "user": "alice" });
    let made = server.client("change").post("/v1/changes", &asked).json();
    let refused = json!({ "changes": "set relationship bob carol assistant", "user": "alice" });
    assert_eq!(server.client("change").post("/v1/changes", &refused).status, 403);
    // Another program's change, which the service was not asked for.
    let other = server.engine.apply_text(Author::Administrator, Some("acme.example"), "set vip carol yes").unwrap();
    let changes = lines(&server, "change", 2);
    assert_eq!((&changes[0]["revision"], &changes[1]["revision"]), (&made["revision"], &json!(other)));
    assert_eq!((&changes[0]["changes"], &changes[1]["author"]), (&json!(1), &json!("administrator")));
    let history = server.client("reasons").get("/v1/history?limit=1").json();
    assert_eq!(changes[1]["hash"], history["sets"][0]["hash"]);
    let requests = lines(&server, "request", 2);
    assert_eq!((&requests[0]["caller"], &requests[0]["revision"]), (&json!("change"), &made["revision"]));
    assert_eq!(requests[1]["refused"], "refused");
    assert_eq!(
        (ask(&server, "bob")["decision"].clone(), ask(&server, "nosuch")["decision"].clone()),
        (json!(true), json!(false))
    );
    ask(&server, "alice");
    let decisions = lines(&server, "decision", 1);
    assert_eq!((&decisions[0]["reason"], &decisions[0]["actor"]), (&json!("unknown"), &json!("unknown#0")));
    let text = std::fs::read_to_string(server.folder.path().join("audit")).unwrap();
    for name in ["alice", "bob", "carol", "110", "nosuch"] {
        // As a word: a hash has each three digits now and then.
        let is_there = text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == name);
        assert!(!is_there, "{name} stands in {text}");
    }
}

#[test]
fn the_audit_goes_on_where_it_ended() {
    let config = format!("audit = {{ file = \"FOLDER/audit\", names = true }}\n{}", callers());
    let server = Server::new(&companies(), &config);
    let change = |text: &str| server.engine.apply_text(Author::Administrator, Some("acme.example"), text).unwrap();
    let first = change("set vip carol yes");
    assert_eq!(lines(&server, "change", 1)[0]["text"], "in acme.example\nset vip carol yes\n");
    let server = server.stopped();
    let change = |text: &str| server.engine.apply_text(Author::Administrator, Some("acme.example"), text).unwrap();
    change("set vip bob yes");
    change("set vip alice yes");
    let server = server.again(&config);
    let revisions: Vec<u64> =
        lines(&server, "change", 3).iter().map(|line| line["revision"].as_u64().unwrap()).collect();
    assert_eq!(revisions, [first, first + 1, first + 2]);
}

#[test]
fn decisions_are_sampled_and_sent_to_the_systems_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = UnixDatagram::bind(&path).unwrap();
    log.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let config = format!(
        "audit = {{ syslog = \"{}\", decisions = \"sampled\", one_of = 3, names = true }}\n{}",
        path.display(),
        callers()
    );
    let server = Server::new(&companies(), &config);
    for _ in 0..7 {
        ask(&server, "bob");
    }
    let mut buffer = [0; 4096];
    for _ in 0..3 {
        let length = log.recv(&mut buffer).unwrap();
        let text = std::str::from_utf8(&buffer[..length]).unwrap();
        let (head, line) = text.split_once(": ").unwrap();
        assert!(head.starts_with("<86>linewarden-agent["), "{head}");
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&line["actor"], &line["reason"], &line["allowed"]),
            (&json!("bob"), &json!("own_setting"), &json!(true))
        );
    }
    log.set_nonblocking(true).unwrap();
    assert!(log.recv(&mut buffer).is_err(), "one of three only");
}

/// The fields of a datagram of journald's protocol, none of which has a line feed in it.
fn fields(log: &UnixDatagram) -> std::collections::BTreeMap<String, String> {
    let mut buffer = vec![0; 1 << 20];
    let length = log.recv(&mut buffer).unwrap();
    let text = std::str::from_utf8(&buffer[..length]).unwrap();
    text.lines().map(|line| line.split_once('=').unwrap()).map(|(name, value)| (name.into(), value.into())).collect()
}

#[test]
fn journald_has_each_line_with_fields_to_search_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let log = UnixDatagram::bind(&path).unwrap();
    log.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let config =
        format!("audit = {{ journald = \"{}\", decisions = \"all\", names = true }}\n{}", path.display(), callers());
    let server = Server::new(&companies(), &config);
    ask(&server, "bob");
    let decision = fields(&log);
    let value = |fields: &std::collections::BTreeMap<String, String>, name: &str| fields[name].clone();
    assert_eq!(value(&decision, "LINEWARDEN_EVENT"), "decision");
    assert_eq!((value(&decision, "LINEWARDEN_CALLER"), value(&decision, "PRIORITY")), ("ask".into(), "6".into()));
    assert_eq!(value(&decision, "SYSLOG_IDENTIFIER"), "linewarden-agent");
    let line: Value = serde_json::from_str(&decision["MESSAGE"]).unwrap();
    assert_eq!((&line["actor"], &line["allowed"]), (&json!("bob"), &json!(true)));
    // A change set that is longer than a datagram may be is not passed over: its text is left out.
    let long = "set relationship alice carol assistant\n".repeat(6000);
    for (text, is_left_out) in [("set vip carol yes", false), (long.as_str(), true)] {
        let revision = server.engine.apply_text(Author::Administrator, Some("acme.example"), text).unwrap();
        let change = fields(&log);
        assert_eq!(value(&change, "LINEWARDEN_EVENT"), "change");
        assert_eq!(value(&change, "LINEWARDEN_REVISION"), revision.to_string());
        let line: Value = serde_json::from_str(&change["MESSAGE"]).unwrap();
        assert_eq!((line["revision"].as_u64(), line["text"].is_null()), (Some(revision), is_left_out));
        assert_eq!(line["hash"].as_str().unwrap().len(), 64);
    }
}

#[test]
fn metrics_count_and_name_no_party() {
    let server = Server::usual();
    ask(&server, "bob");
    ask(&server, "nosuch");
    ask(&server, "nosuch");
    let answer = server.client("all").get("/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        &format!("linewarden_revision {}", server.engine.revision()),
        "linewarden_decisions_allowed_total 1",
        "linewarden_decisions_refused_total{reason=\"unknown\"} 2",
        "linewarden_forked 0",
        "linewarden_lag 0",
        "linewarden_http_answers_total{status=\"200\"} 3",
        "# TYPE linewarden_http_connections gauge",
        "linewarden_page_cache_hits_total{of=\"findings\"} 0",
    ] {
        assert!(answer.body.lines().any(|found| found == line), "no `{line}` in\n{}", answer.body);
    }
    let names: Vec<&str> =
        answer.body.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let once: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(once.len(), names.len());
    assert!(!answer.body.contains("alice") && !answer.body.contains("acme"));
    let open = Server::new(&companies(), "open_metrics = true");
    assert_eq!(open.client("").get("/metrics").status, 200);
}
