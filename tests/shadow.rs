//! Shadow mode: who asks for it is let pass where the policy says no, each refusal is written down or counted as lost, no other answer
//! changes, and it ends by itself.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::calendar::clock;
use linewarden::{Document, Engine, Party, Right, RightSet, Shadow, ShadowAnswer, ShadowLog};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const NOW: i64 = 1_797_613_200;

fn engine() -> Engine {
    let users = "[[user]]\nname = \"alice\"\nlines = [\"100\"]\n[[user]]\nname = \"bob\"\n[[user]]\nname = \"carol\"\n";
    let rule = "[[rule]]\nname = \"front\"\nactors = [\"bob\"]\nrights = [\"call.pickup\"]\ntargets = [\"alice\"]\n";
    let document = |name: &str, rest: &str| Document {
        name: format!("{name}.toml"),
        text: format!("domain = \"{name}.example\"\nsystems = [\"linewarden\"]\n{users}{rest}"),
    };
    Engine::from_documents(&[document("acme", rule), document("beta", "")]).unwrap()
}

fn parties(engine: &Engine, domain: &str) -> [Party; 3] {
    ["alice", "bob", "carol"].map(|name| engine.resolve(Some(domain), name).unwrap())
}

fn every_answer(engine: &Engine) -> Vec<RightSet> {
    let all: Vec<Party> = engine.domains().into_iter().flat_map(|(domain, _)| engine.parties(domain)).collect();
    all.iter().flat_map(|actor| all.iter().map(|target| engine.evaluate(*actor, *target))).collect()
}

fn lines(path: &std::path::Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One test, because the clock is the process's.
#[test]
fn what_would_be_refused_passes_is_written_down_and_ends() {
    clock::pretend(Some(NOW));
    let engine = engine();
    let before = every_answer(&engine);
    let [alice, bob, carol] = parties(&engine, "acme.example");
    let [beta_alice, beta_bob, _] = parties(&engine, "beta.example");
    let pickup = Right::CALL_PICKUP.on_line(1);

    let refused = |domain, rights, until| Shadow::new(&engine, domain, rights, until).unwrap_err().to_string();
    let rights = Right::CALL_PICKUP.mask();
    assert!(refused(None, rights, NOW + 60).contains("several domains"));
    assert!(refused(Some("acme.exampel"), rights, NOW + 60).contains("did you mean `acme.example`"));
    assert!(refused(Some("acme.example"), RightSet::EMPTY, NOW + 60).contains("no right"));
    assert!(refused(Some("acme.example"), rights, NOW).contains("is past"));
    assert!(refused(Some("acme.example"), rights, NOW + 367 * 86_400).contains("more than a year"));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shadow.log");
    let shadow = Shadow::new(&engine, Some("ACME.example"), rights, NOW + 60).unwrap();
    let mut log = ShadowLog::open(&path, &shadow, &engine).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(shadow.summary(), "SHADOW MODE: call.pickup in acme.example is not enforced until 2026-12-18T17:01:00Z");

    let ask = |actor, right, target| shadow.ask(&engine, actor, right, target);
    assert_eq!(ask(bob, pickup, alice), ShadowAnswer::Yes);
    assert_eq!(ask(carol, pickup, alice), ShadowAnswer::WouldRefuse);
    assert_eq!(ask(carol, pickup, alice), ShadowAnswer::WouldRefuse);
    assert_eq!(ask(carol, Right::CALL_PICKUP, alice), ShadowAnswer::WouldRefuse, "all lines at once");
    assert_eq!(ask(beta_bob, pickup, alice), ShadowAnswer::WouldRefuse, "the target's domain decides");
    // What the shadow is not about stays a no.
    assert_eq!(ask(carol, Right::LINE_BUSY_READ, alice), ShadowAnswer::No, "another right");
    assert_eq!(ask(beta_bob, pickup, beta_alice), ShadowAnswer::No, "another domain");
    for (actor, target) in [(Party(0), alice), (carol, Party(0)), (Party(9999), alice), (carol, Party(9999))] {
        assert_eq!(ask(actor, pickup, target), ShadowAnswer::No, "no party: {actor:?} {target:?}");
    }
    assert_eq!(ask(carol, Right::default(), alice), ShadowAnswer::No);

    let named = |domain, actor, target| shadow.ask_named(&engine, domain, [actor, target], pickup);
    let acme = Some("acme.example");
    assert_eq!(named(acme, "bob", "100"), ShadowAnswer::Yes);
    assert_eq!(named(acme, "carol", "100"), ShadowAnswer::WouldRefuse);
    assert_eq!(named(acme, "lobby", "alice"), ShadowAnswer::WouldRefuse, "a telephone that the policy lacks");
    assert_eq!(named(acme, "carol", "199"), ShadowAnswer::WouldRefuse);
    assert_eq!(named(None, "acme.example/carol", "acme.example/alice"), ShadowAnswer::WouldRefuse);
    assert_eq!(named(acme, "sip:x@else.example", "alice"), ShadowAnswer::WouldRefuse);
    assert_eq!(named(acme, "carol", "beta.example/alice"), ShadowAnswer::No);
    assert_eq!(named(Some("beta.example"), "carol", "alice"), ShadowAnswer::No);
    assert_eq!(named(Some("nowhere.example"), "carol", "alice"), ShadowAnswer::No);
    assert_eq!(named(None, "carol", "alice"), ShadowAnswer::No, "which domain is not said");
    assert_eq!(named(acme, "", "alice"), ShadowAnswer::No);
    assert_eq!(every_answer(&engine), before, "the engine's own answers stay");
    assert!(!engine.may(carol, pickup, alice));

    log.write_refusals(&shadow, &engine);
    let written = lines(&path);
    assert_eq!(
        (written[0]["shadow"].as_str(), written[0]["until"].as_str()),
        (Some("begins"), Some("2026-12-18T17:01:00Z"))
    );
    let row = |at: usize| {
        let line = &written[at];
        (line["actor"].as_str().unwrap(), line["target"].as_str().unwrap(), line["times"].as_u64().unwrap())
    };
    assert_eq!(row(1), ("carol", "alice", 2));
    assert_eq!(written[1]["why"], "carol may not pick up the first line of alice: no source gives it");
    assert_eq!((&written[1]["reason"], &written[1]["right"]), (&"not_granted".into(), &"call.pickup.first".into()));
    let rows: Vec<_> = (1..written.len()).map(row).collect();
    assert!(rows.contains(&("sip:bob@beta.example", "alice", 1)), "{rows:?}");
    assert!(rows.contains(&("lobby", "alice", 1)) && rows.contains(&("carol", "199", 1)), "{rows:?}");
    let lobby = written.iter().find(|line| line["actor"] == "lobby").unwrap();
    assert_eq!(lobby["why"], "acme.example does not know `lobby`");
    assert_eq!(rows.iter().map(|(_, _, times)| times).sum::<u64>(), 9, "{rows:?}");

    // More than wait at once are counted, and pass all the same.
    (0..3000).for_each(|_| assert_eq!(ask(carol, pickup, alice), ShadowAnswer::WouldRefuse));
    clock::pretend(Some(NOW + 59));
    assert_eq!(ask(carol, pickup, alice), ShadowAnswer::WouldRefuse);
    clock::pretend(Some(NOW + 60));
    assert_eq!(ask(carol, pickup, alice), ShadowAnswer::No, "the end");
    assert_eq!(named(acme, "lobby", "alice"), ShadowAnswer::No);
    assert_eq!(ask(bob, pickup, alice), ShadowAnswer::Yes);
    clock::pretend(Some(NOW));
    assert_eq!(ask(carol, pickup, alice), ShadowAnswer::No, "it does not come back with the clock");
    assert!(!shadow.is_active() && shadow.summary().contains("has ended"), "{}", shadow.summary());

    log.end(&shadow, &engine);
    let last = lines(&path).pop().unwrap();
    assert_eq!((&last["shadow"], &last["active"]), (&"ends".into(), &false.into()));
    let [all, written, lost] = ["would_refuse", "written", "lost"].map(|key| last[key].as_u64().unwrap());
    assert_eq!((all, written + lost), (9 + 3001, all));
    assert!(lost > 900, "{lost} lost of 3,001 at once");
    assert!(ShadowLog::open(folder.path(), &shadow, &engine).is_err(), "a folder is no log");
}
