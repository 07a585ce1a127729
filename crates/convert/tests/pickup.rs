//! The rules that `pjsip` writes are Asterisk's own rule for groups, pair by pair: an evaluator of its own (a mask of 64 bits, and
//! sets of names) against the rules of the written document and against the engine that has loaded it, over random configurations of a
//! million pairs.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "tests may fail"
)]

use linewarden::{Document, Engine, Party, Right, RightSet};
use linewarden_convert::{Format, Input, Numbers, Options, convert};
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write;

/// A small generator of pseudo-random numbers (splitmix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// One list of numbers: its text, and the groups that Asterisk's rule gives it; `None` if the endpoint is not loaded.
fn numbers(draw: &mut Draw, spread: u64) -> (String, Option<u64>) {
    let (mut mask, mut parts) = (0u64, Vec::new());
    for _ in 0..draw.below(4) {
        let (a, b) = (draw.below(spread), draw.below(spread));
        let mut put = |from: u64, to: u64| (from..=to).filter(|group| *group < 64).for_each(|group| mask |= 1 << group);
        parts.push(match draw.below(12) {
            0..6 => {
                put(a, a);
                format!("{}{a}", [" ", ""][draw.below(2) as usize])
            }
            6..8 => {
                put(a, b);
                format!("{a}-{b}")
            }
            // A blank before the dash ends the number.
            8 => {
                put(a, a);
                format!("{a} - {b}")
            }
            9 => {
                put(a, a);
                format!("{a}x")
            }
            10 => format!("{}", 64 + a),
            _ => ["sales", "", "-", "-5", "99999999999"][draw.below(5) as usize].to_owned(),
        });
    }
    let text = parts.join(",");
    let loaded = mask != 0 || text.trim().is_empty();
    (text, loaded.then_some(mask))
}

/// A list of names, and the set.
fn names(draw: &mut Draw) -> (String, BTreeSet<&'static str>) {
    const NAMES: [&str; 6] = ["sales", "Sales", "1", "7", "front desk", "x/y:z"];
    let chosen: Vec<&str> = (0..draw.below(3)).map(|_| NAMES[draw.below(6) as usize]).collect();
    (chosen.join([",", " , "][draw.below(2) as usize]), chosen.into_iter().collect())
}

/// What an endpoint has by Asterisk's rule.
#[derive(Default, Clone)]
struct Expected {
    call: u64,
    pickup: u64,
    named_call: BTreeSet<&'static str>,
    named_pickup: BTreeSet<&'static str>,
}

/// A configuration and what its endpoints have.
fn configuration(draw: &mut Draw, size: u64) -> (String, Vec<Expected>) {
    let spread = [3, 8, 64, 70][draw.below(4) as usize];
    let (mut text, mut all) = (String::new(), Vec::new());
    let (template, template_mask) = numbers(draw, spread);
    writeln!(text, "[telephone](!)\ntype=endpoint\ncall_group={template}").unwrap();
    for at in 0..size {
        let inherits = draw.below(3) == 0;
        let header = if inherits { format!("[e{at}](telephone)") } else { format!("[e{at}]\ntype=endpoint") };
        writeln!(text, "{header}").unwrap();
        let (mut call, mut call_mask) = (String::new(), Some(0));
        if inherits {
            (call, call_mask) = (template.clone(), template_mask);
        }
        if draw.below(3) > 0 {
            (call, call_mask) = numbers(draw, spread);
            writeln!(
                text,
                "{} = {call} ; a comment",
                ["call_group", "callgroup"][usize::from(!inherits) * draw.below(2) as usize]
            )
            .unwrap();
        }
        // A comma is part of what is put behind; without a list before it, it is an empty part.
        if draw.below(4) == 0 && (inherits || !call.is_empty()) && call_mask.is_some() && text.contains("call_group") {
            let last_is_ours = text.rsplit('[').next().unwrap().contains("call_group") || inherits;
            if last_is_ours {
                let more = draw.below(spread.min(64));
                writeln!(text, "call_group += ,{more}").unwrap();
                call_mask = call_mask.map(|mask| mask | 1 << more);
            }
        }
        let (pickup, pickup_mask) = numbers(draw, spread);
        writeln!(text, "pickup_group=>{pickup}").unwrap();
        let ((named_call, call_names), (named_pickup, pickup_names)) = (names(draw), names(draw));
        writeln!(text, "named_call_group={named_call}\nnamed_pickup_group={named_pickup}").unwrap();
        all.push(match (call_mask, pickup_mask) {
            (Some(call), Some(pickup)) => Expected { call, pickup, named_call: call_names, named_pickup: pickup_names },
            _ => Expected::default(),
        });
    }
    (text, all)
}

/// The pairs that the rules of a document give `call.pickup`, as the rules are defined.
fn given(document: &str) -> HashSet<(String, String)> {
    let document: toml::Table = document.parse().unwrap();
    let mut pairs = HashSet::new();
    let texts = |rule: &toml::Value, key: &str| -> Vec<String> {
        rule[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let rules = document.get("rule").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let rule_names: HashSet<&str> = rules.iter().map(|rule| rule["name"].as_str().unwrap()).collect();
    assert_eq!(rule_names.len(), rules.len(), "two rules of one name");
    for rule in &rules {
        assert_eq!(texts(rule, "rights"), ["call.pickup"]);
        let targets = texts(rule, "targets");
        for actor in texts(rule, "actors") {
            pairs.extend(
                targets.iter().filter(|target| **target != actor).map(|target| (actor.clone(), target.clone())),
            );
        }
    }
    pairs
}

#[test]
fn rules_give_what_asterisk_gives_over_a_million_pairs() {
    let options = Options { domain: "acme.example".into(), numbers: Numbers::default() };
    let (mut draw, mut pairs, mut yes) = (Draw(15), 0, 0);
    let pickup = Right::CALL_PICKUP.mask();
    while pairs < 1_000_000 {
        let size = 2 + draw.below(40);
        let (text, all) = configuration(&mut draw, size);
        let conversion =
            convert(Format::parse("pjsip").unwrap(), &[Input::text("pjsip.conf", &text)], &options).unwrap();
        let document = conversion.document.to_string();
        let given = given(&document);
        let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text: document }]).unwrap();
        let parties: Vec<Party> = (0..size).map(|at| engine.resolve(None, &format!("e{at}")).unwrap()).collect();
        for (a, actor) in all.iter().enumerate() {
            for (t, target) in all.iter().enumerate().filter(|(t, _)| *t != a) {
                let named = actor.named_pickup.intersection(&target.named_call).next().is_some();
                let expected = actor.pickup & target.call != 0 || named;
                let found = given.contains(&(format!("e{a}"), format!("e{t}")));
                assert_eq!(found, expected, "e{a} takes calls of e{t}:\n{text}\n{}", conversion.document);
                // And the engine says so, with no other right beside it.
                let rights = if expected { pickup } else { RightSet::EMPTY };
                let held = engine.evaluate(parties[a], parties[t]);
                assert_eq!(held, rights, "e{a} on e{t}:\n{text}\n{}", conversion.document);
                assert_eq!(engine.may(parties[a], Right::CALL_PICKUP, parties[t]), expected);
                pairs += 1;
                yes += usize::from(expected);
            }
        }
    }
    assert!(
        yes > pairs / 20 && yes < pairs * 19 / 20,
        "{yes} of {pairs} pairs are a yes: the configurations are one-sided"
    );
}
