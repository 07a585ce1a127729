//! Random companies with nested groups, rules, exceptions and dates against the naive evaluator, at and around every edge of their
//! dates: `LINEWARDEN_ANSWERS` answers, a few in the gate (`make oracle-long` asks for ten million). It must never compare the engine
//! with anything that shares its evaluation.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::calendar::instant;
use linewarden::internals::directory::Directory;
use linewarden::internals::document;
use linewarden::internals::policy::Policy;
use linewarden::{Engine, Party, Right};
use linewarden_testkit::naive;
use linewarden_testkit::random::{EDGES, dated_company};
use std::collections::BTreeMap;

/// Answers in the gate; one is whether one party has one right on another at one instant.
const FEW: u64 = 400_000;
/// Of each company.
const INSTANTS: usize = 9;
const PAIRS: usize = 24;

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count
    }
}

/// What was asked and found, so that the test cannot pass because nothing is ever allowed or nothing rests on a date.
#[derive(Debug, Default)]
struct Tally {
    companies: u64,
    answers: u64,
    yes: u64,
    /// Pairs whose rights are not the same at all instants.
    dated: u64,
}

#[test]
fn dated_rules_equal_the_naive_evaluator_at_the_edges() {
    let wanted = std::env::var("LINEWARDEN_ANSWERS").map_or(FEW, |count| count.parse().expect("a number of answers"));
    let edges = EDGES.map(|edge| instant(edge).unwrap());
    assert!(edges.is_sorted());
    let (mut numbers, mut tally) = (Numbers(19), Tally::default());
    while tally.answers < wanted {
        let length = 300 + numbers.below(2_700);
        let chosen: Vec<u16> = (0..length).map(|_| numbers.below(1 << 16) as u16).collect();
        compare(&chosen, &edges, &mut numbers, &mut tally);
    }
    println!("{tally:?}, 0 differences");
    assert!(tally.yes > tally.answers / 100 && tally.dated > tally.companies / 4, "{tally:?}");
}

fn compare(chosen: &[u16], edges: &[i64], numbers: &mut Numbers, tally: &mut Tally) {
    let company = dated_company(chosen);
    let mut directory = Directory::default();
    let written =
        document::load(&company.documents, &mut directory).unwrap_or_else(|error| panic!("{company:?}{error}"));
    let engine = Engine::from_documents(&company.documents).unwrap();
    let mut parties: Vec<(Party, Party, String)> = Vec::new();
    for domain in &written.domains {
        for (party, _) in domain.parties() {
            let text = directory.text(party);
            parties.push((party, engine.find(Some(&domain.name), &text).unwrap(), text));
        }
    }
    let pairs: Vec<[usize; 2]> = (0..PAIRS).map(|_| [0; 2].map(|_| numbers.below(parties.len()))).collect();
    let mut seen: BTreeMap<[usize; 2], Vec<u128>> = BTreeMap::new();
    for _ in 0..INSTANTS {
        let edge = edges[numbers.below(edges.len())];
        let at = match numbers.below(6) {
            0 | 1 => edge,
            2 => edge - 1,
            3 => edge + 1,
            4 => edge - 3_700 + numbers.below(7_400) as i64,
            _ => edge - 400_000 + numbers.below(800_000) as i64,
        };
        let then = engine.at(at).unwrap();
        let policy = naive::in_force(&Policy { at: Some(at), ..written.clone() });
        for pair in &pairs {
            let [actor, target] = pair.map(|place| &parties[place]);
            let expected = naive::rights(&policy, &directory, actor.0, target.0, None);
            let rights = then.rights(actor.1, target.1);
            assert!(
                rights == expected,
                "{} on {} at {at}: the engine alone says yes to {:?}, the naive evaluator alone to {:?}\n{company:?}",
                actor.2,
                target.2,
                rights.without(expected).names(),
                expected.without(rights).names()
            );
            for right in Right::all() {
                assert_eq!(
                    then.may(actor.1, right, target.1),
                    expected.has(right),
                    "{} {right} {} at {at}",
                    actor.2,
                    target.2
                );
                tally.answers += 1;
                tally.yes += u64::from(expected.has(right));
            }
            seen.entry(*pair).or_default().push(rights.bits());
        }
    }
    tally.companies += 1;
    tally.dated += seen.values().filter(|bits| bits.iter().any(|one| *one != bits[0])).count() as u64;
}
