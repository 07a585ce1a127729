//! The reports over a store: what they say is what the engine answers, in both languages, and no name gets out of its place.
#![cfg(any(target_os = "linux", windows))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::{Author, Document, Engine, Kind, Party, Right, RightSet, read_documents};
use linewarden_report::{Lang, Topic, company, counts, page, personal, text, users};
use std::collections::BTreeMap;

const COMPANIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/companies");

fn store(company: &str) -> (tempfile::TempDir, Engine) {
    let folder = tempfile::tempdir().unwrap();
    let documents = read_documents(format!("{COMPANIES}/{company}.toml")).unwrap();
    let (engine, _) = Engine::create_from(folder.path().join("rights.db"), &documents, None).unwrap();
    (folder, engine)
}

#[test]
fn a_personal_report_has_every_right_of_everyone_and_no_other() {
    for name in ["mixed", "linewarden"] {
        let (_folder, engine) = store(name);
        let trail = engine.trail().unwrap();
        for (domain, _) in engine.domains() {
            // One in four: each right of each pair is explained.
            for target in engine.parties(domain).into_iter().step_by(4) {
                let report = personal(&engine, Some(&trail), target, None).unwrap();
                let mut said: BTreeMap<String, RightSet> = BTreeMap::new();
                for access in &report.access {
                    assert!(!access.actors.is_empty() && access.since.is_some());
                    for right in &access.rights {
                        assert_eq!(Topic::of(right), access.topic);
                        for actor in &access.actors {
                            *said.entry(actor.clone()).or_default() |= Right::parse(right).unwrap().mask();
                        }
                    }
                }
                for actor in engine.parties(domain).into_iter().filter(|actor| *actor != target) {
                    let said = said.remove(&engine.text(actor)).unwrap_or_default();
                    assert_eq!(said, engine.evaluate(actor, target), "{} {}", engine.text(actor), report.person);
                }
                assert!(said.is_empty(), "{said:?}");
            }
        }
    }
}

#[test]
fn a_report_says_since_when_and_by_whom_and_what_changed() {
    let (_folder, engine) = store("mixed");
    let [diana, bob] = ["diana", "bob"].map(|name| engine.resolve(None, name).unwrap());
    let start = engine.revision();
    engine.apply_text(Author::User(diana), None, "set relationship diana bob assistant_plus").unwrap();
    let trail = engine.trail().unwrap();
    let report = personal(&engine, Some(&trail), diana, Some(start)).unwrap();
    let set = report.access.iter().find(|access| access.topic == Topic::Forwarding && access.actors == ["bob"]);
    let by = set.unwrap().since.clone().unwrap();
    assert_eq!(by.revision, start + 1);
    assert!(by.author.ends_with("/diana"), "{by:?}");
    assert!(set.unwrap().rule.contains("assistant_plus"), "{set:?}");
    let [changed] = &report.changed[..] else { panic!("{:?}", report.changed) };
    assert_eq!(changed.actors, ["bob"]);
    assert!(changed.gained.contains(&"forwarding.set") && changed.lost.is_empty(), "{changed:?}");
    for (lang, who, rule) in
        [(Lang::En, "Granted by", "own setting"), (Lang::De, "Erteilt durch", "eigene Einstellung")]
    {
        let layout = report.layout(lang);
        let (html, plain) = (page(&layout), text(&layout));
        for said in [who, rule, "diana", "bob", &lang.time(by.at)] {
            assert!(html.contains(said) && plain.contains(said), "{said} is missing");
        }
        assert!(html.contains(&format!("<html lang=\"{}\">", lang.code())) && html.contains("@media print"));
        assert!(!html.contains("<script") && !html.contains("http"), "one file that needs no other");
    }
    // The log says of documents nothing.
    let documents = Engine::open(format!("{COMPANIES}/mixed.toml")).unwrap();
    let report = personal(&documents, None, documents.resolve(None, "diana").unwrap(), Some(1)).unwrap();
    assert!(report.access.iter().all(|access| access.since.is_none()) && report.changed.is_empty());
    assert!(text(&report.layout(Lang::De)).contains("kein Protokoll"));
    let _ = bob;
}

#[test]
fn a_company_report_counts_what_the_engine_answers() {
    let (_folder, engine) = store("xphone");
    let (domain, _) = engine.domains()[0].clone();
    let start = engine.revision();
    let all = users(&engine, domain);
    let [one, two] = [all[0], all[1]].map(|user| engine.text(user));
    engine.apply_text(Author::Administrator, None, &format!("set relationship {one} {two} blocked")).unwrap();
    let report = company(&engine, domain, Some(start)).unwrap();
    for counted in &report.rights {
        let right = Right::parse(counted.right).unwrap();
        let pairs = all.iter().flat_map(|actor| all.iter().map(move |target| (*actor, *target)));
        let yes = pairs.filter(|(actor, target)| actor != target && engine.may(*actor, right, *target)).count() as u64;
        assert_eq!(
            (counted.count.yes, counted.count.of),
            (yes, (all.len() * (all.len() - 1)) as u64),
            "{}",
            counted.right
        );
        assert!(!counted.count.is_estimate());
    }
    assert!(!report.groups.is_empty() && !report.agreed.agreements.is_empty());
    assert_eq!((report.made.len(), report.made[0].by.revision), (1, start + 1));
    assert!(report.made[0].changes[0].contains("blocked"));
    assert!(report.gained_and_lost.lost + report.gained_and_lost.gained > 0);
    for lang in Lang::ALL {
        let layout = report.layout(lang);
        assert!(text(&layout).contains(&report.origin.hash) && page(&layout).contains(&report.origin.hash));
    }
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["rights"][0]["right"], "line.busy.read");
}

/// A sample says that it is one, and is near what all pairs give.
#[test]
fn a_sample_is_spread_over_all_pairs() {
    let (_folder, engine) = store("xphone");
    let all = users(&engine, engine.domains()[0].0);
    let many: Vec<Party> = all.iter().copied().cycle().take(400).collect();
    let rights = [Right::LINE_BUSY_READ.mask()];
    let whole = counts(&engine, &many, &many, &rights, usize::MAX)[0];
    let sample = counts(&engine, &many, &many, &rights, 4_000)[0];
    assert!(sample.is_estimate() && sample.asked <= 4_000);
    assert!((whole.share() - sample.share()).abs() < 0.05, "{whole:?} {sample:?}");
}

/// Names that try to be markup, or to move a terminal's cursor, stay names.
#[test]
fn hostile_names_stay_in_their_place() {
    let hostile = "<script>alert(1)<b>\"'&";
    let quoted = hostile.replace('"', "\\\"");
    let document = format!(
        "domain = \"acme.example\"\nsystems = [\"xphone\", \"linewarden\"]\nuser = [{{ name = \"alice\" }}, {{ name = \"bob\" }}]\n\
         [[workgroup]]\nname = \"{quoted}\"\nlevel = \"assistant\"\nmembers = [\"alice\", \"bob\"]\n\
         [[rule]]\nname = \"{quoted}\"\nactors = [\"bob\"]\nrights = [\"call.listen\"]\ntargets = [\"alice\"]\n"
    );
    let documents = [Document { name: "acme.toml".into(), text: document }];
    let folder = tempfile::tempdir().unwrap();
    let (engine, _) = Engine::create_from(folder.path().join("rights.db"), &documents, None).unwrap();
    let trail = engine.trail().unwrap();
    let alice = engine.resolve(None, "alice").unwrap();
    let (domain, kind) = engine.kind(alice).unwrap();
    assert_eq!(kind, Kind::User);
    for lang in Lang::ALL {
        let personal = personal(&engine, Some(&trail), alice, Some(0)).unwrap().layout(lang);
        let company = company(&engine, domain, None).unwrap().layout(lang);
        for layout in [personal, company] {
            let html = page(&layout);
            assert!(!html.contains("<script"), "{html}");
            assert!(html.contains("&lt;script&gt;alert(1)&lt;b&gt;"), "the name is shown");
        }
    }
}
