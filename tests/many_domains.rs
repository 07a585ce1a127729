//! As many domains as an engine takes: each has its own names and answers, and none leaks into another of nearly the same number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::directory::Directory;
use linewarden::internals::document::{self, Document};
use linewarden::internals::engine::Engine;
use linewarden::{Party, Right};
use linewarden_testkit::random::company;
use proptest::prelude::*;

/// What docs/operate.md promises.
const MOST: usize = 65_536;

fn domain(number: usize) -> String {
    format!("d{number}.example")
}

/// Two colleagues, a friend of both in no group, and a rule for all of a domain of an odd number.
fn tenant(number: usize) -> Document {
    let rule = if number % 2 == 1 {
        "[[rule]]\nname = \"listen\"\nactors = [\"everyone\"]\ntargets = [\"everyone\"]\nrights = [\"call.listen\"]\n"
    } else {
        ""
    };
    Document {
        name: format!("{number}.toml"),
        text: format!(
            "domain = \"{}\"\nsystems = [\"xphone\", \"linewarden\"]\n[[user]]\nname = \"ann\"\n[[user]]\nname = \"bob\"\n[[user]]\nname = \"cyd\"\n\
             [[workgroup]]\nname = \"sales\"\nlevel = \"assistant_plus\"\nmembers = [\"ann\", \"bob\"]\n{rule}",
            domain(number)
        ),
    }
}

#[test]
fn each_of_the_most_domains_has_its_own_names_and_answers() {
    let documents: Vec<_> = (0..MOST).map(tenant).collect();
    let engine = Engine::from_documents(&documents).unwrap();
    let domains = engine.domains();
    assert_eq!(domains.len(), MOST);
    assert!(domains.iter().enumerate().all(|(number, (_, name))| *name == domain(number)));
    // Numbers that differ in one bit, the last of 12 bits and the first beyond, the first and the last.
    let looked_at: Vec<usize> =
        [0, 1, MOST - 1].into_iter().chain((1..16).flat_map(|bit| [(1 << bit) - 1, 1 << bit])).collect();
    let found = |number: usize, name: &str| engine.find(Some(&domain(number)), name).unwrap();
    for number in &looked_at {
        let [ann, bob, cyd] = ["ann", "bob", "cyd"].map(|name| found(*number, name));
        assert_eq!(engine.kind(ann).unwrap().0.index(), *number);
        assert!(engine.may(ann, Right::CALL_PICKUP, bob), "{number}");
        assert!(!engine.may(cyd, Right::CALL_PICKUP, bob), "{number}");
        assert_eq!(engine.may(cyd, Right::CALL_LISTEN, bob), number % 2 == 1, "{number}");
        for other in looked_at.iter().filter(|other| *other != number) {
            let stranger = found(*other, "bob");
            assert!(engine.evaluate(ann, stranger).is_empty(), "{number} towards {other}");
        }
    }
}

#[test]
fn one_domain_more_is_refused() {
    let mut names = Directory::default();
    for number in 0..MOST {
        names.add_domain(&domain(number)).unwrap();
    }
    let refused = names.add_domain("another.example").unwrap_err();
    assert_eq!(refused.to_string(), "more than 65536 domains");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn the_same_company_answers_alike_whatever_its_number(
        numbers in prop::collection::vec(any::<u16>(), 200..700),
        before in prop::sample::select(vec![4_090, 32_760, MOST - 16]),
    ) {
        let documents = company(&numbers).documents;
        let engine_behind = |count: usize| {
            let mut names = Directory::default();
            for number in 0..count {
                names.add_domain(&domain(number)).unwrap();
            }
            let policy = document::load(&documents, &mut names).unwrap();
            let last = names.last_party();
            (Engine::from_policy(policy, names).unwrap(), last)
        };
        let ((first, last), (other, _)) = (engine_behind(0), engine_behind(before));
        for actor in (1..=last.0).map(Party) {
            for target in (1..=last.0).map(Party) {
                let rights = first.evaluate(actor, target);
                prop_assert_eq!(rights, other.evaluate(actor, target));
                prop_assert_eq!(rights, other.pair(actor, target).rights);
            }
        }
    }
}
