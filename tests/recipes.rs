//! The recipes of `docs/recipes.md` are documents in `examples/recipes/` that answer what `questions.tsv` there says, the page
//! quotes both rightly, and the call group recipe answers as Asterisk's own rule does. It must never pass over a recipe or a row.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::internals::calendar::instant as instant_of;
use linewarden::internals::document::{self, Document};
use linewarden::internals::policy::change::Author;
use linewarden::{Engine, ErrorKind, Right, RightSet};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A row of `questions.tsv`. Rows of one recipe run in order: what `apply` changes holds for those after it.
struct Row {
    recipe: String,
    actor: String,
    /// A right, also `RIGHT at INSTANT`, or `dial`, `apply`, `notified`, `lint`.
    right: String,
    /// A party, a code, a change, a team, a rule of lint.
    target: String,
    yes: bool,
    comment: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/recipes")
}

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes.md")).unwrap()
}

fn answer(word: &str) -> bool {
    match word {
        "yes" => true,
        "no" => false,
        other => panic!("`{other}` is neither `yes` nor `no`"),
    }
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(folder().join("questions.tsv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("file\tactor\tright\ttarget\tanswer\tcomment"));
    let row = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [recipe, actor, right, target, yes, comment] = fields[..] else { panic!("six fields expected: {line}") };
        let [recipe, actor, right, target, comment] = [recipe, actor, right, target, comment].map(str::to_owned);
        Row { recipe, actor, right, target, yes: answer(yes), comment }
    };
    lines.map(row).collect()
}

/// The recipes: documents, and folders of them.
fn recipes() -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder()).unwrap().map(Result::unwrap);
    let recipes =
        entries.filter(|entry| entry.path().is_dir() || entry.file_name().to_str().unwrap().ends_with(".toml"));
    recipes.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// An engine over a recipe that changes can be made to.
fn engine(recipe: &str) -> Engine {
    let documents = document::read(folder().join(recipe)).unwrap_or_else(|error| panic!("{error}"));
    Engine::from_documents(&documents).unwrap_or_else(|error| panic!("{error}"))
}

/// What is answered. A no must not come from a name that no party bears.
fn ask(engine: &Engine, row: &Row) -> bool {
    let party = |name: &str| engine.resolve(None, name).unwrap_or_else(|error| panic!("{row}: {error}"));
    match row.right.as_str() {
        "dial" => engine.dial(party(&row.actor), &row.target).unwrap_or_else(|error| panic!("{row}: {error}")).allowed,
        "apply" => {
            let author = match row.actor.as_str() {
                "administrator" => Author::Administrator,
                user => Author::User(party(user)),
            };
            let before = engine.revision();
            match engine.apply_text(author, None, &row.target) {
                Ok(revision) => {
                    assert!(revision > before, "{row}: changes nothing");
                    true
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Refused, "{row}: {error}");
                    false
                }
            }
        }
        "notified" => engine.notified(party(&row.target), &[], &[]).unwrap().contains(&party(&row.actor)),
        right if right.contains(" at ") => {
            let (right, instant) = right.split_once(" at ").unwrap();
            let right = Right::parse(right).unwrap_or_else(|| panic!("{row}: no such right"));
            let instant = instant_of(instant).unwrap_or_else(|error| panic!("{row}: {error:?}"));
            engine.at(instant).unwrap().may(party(&row.actor), right, party(&row.target))
        }
        right => {
            let right = Right::parse(right).unwrap_or_else(|| panic!("{row}: no such right"));
            let (actor, target) = (party(&row.actor), party(&row.target));
            let may = engine.may(actor, right, target);
            assert_eq!(engine.decide(actor, right, target).allowed, may, "{row}");
            may
        }
    }
}

impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} {} {} ({})", self.recipe, self.actor, self.right, self.target, self.comment)
    }
}

#[test]
fn every_question_is_answered_as_written() {
    let mut engines: BTreeMap<String, Engine> = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in rows().iter().filter(|row| row.right != "lint") {
        let engine = engines.entry(row.recipe.clone()).or_insert_with(|| engine(&row.recipe));
        if ask(engine, row) != row.yes {
            wrong.push(format!("{row}: expected {}", row.yes));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_recipe_is_asked_for_a_yes_and_a_no() {
    let rows = rows();
    for expected in [true, false] {
        let asked: BTreeSet<String> = rows
            .iter()
            .filter(|row| row.yes == expected && row.right != "lint")
            .map(|row| row.recipe.clone())
            .collect();
        assert_eq!(asked, recipes(), "asked for {expected}");
    }
}

#[test]
fn lint_finds_what_is_written_and_nothing_else() {
    let rows = rows();
    for recipe in recipes() {
        let expected: BTreeSet<&str> = rows
            .iter()
            .filter(|row| row.recipe == recipe && row.right == "lint")
            .map(|row| row.target.as_str())
            .collect();
        // At an instant of its own: what has ended is found, too.
        let findings = engine(&recipe).at(instant_of("2026-06-01T00:00:00Z").unwrap()).unwrap().lint();
        let found: BTreeSet<&str> = findings.iter().map(|finding| finding.rule).collect();
        assert_eq!(found, expected, "{recipe}: {findings:#?}");
    }
}

#[test]
fn recipes_can_be_loaded_together() {
    let mut documents = Vec::new();
    for recipe in recipes() {
        documents.extend(document::read(folder().join(recipe)).unwrap());
    }
    let engine = Engine::from_documents(&documents).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(engine.domains().len(), documents.len(), "each recipe has a domain of its own");
}

/// The sections of the page that are about a recipe, with the recipe.
fn sections(text: &str) -> Vec<(String, &str)> {
    let section = |section| {
        let (_, named) = str::split_once(section, "`examples/recipes/")?;
        let (recipe, _) = named.split_once('`')?;
        Some((recipe.trim_end_matches('/').to_owned(), section))
    };
    text.split("\n## ").skip(1).filter_map(section).collect()
}

#[test]
fn page_has_one_section_for_each_recipe() {
    let page = page();
    let mut named: Vec<String> = sections(&page).into_iter().map(|(recipe, _)| recipe).collect();
    named.sort();
    assert_eq!(named, recipes().into_iter().collect::<Vec<_>>());
}

#[test]
fn index_of_the_page_leads_to_each_recipe() {
    let page = page();
    let anchor = |(_, section): (String, &str)| {
        let heading = section.lines().next().unwrap().trim_start_matches("# ");
        heading.to_lowercase().replace(' ', "-")
    };
    let anchors: BTreeSet<String> = sections(&page).into_iter().map(anchor).collect();
    let links: BTreeSet<String> =
        page.split("](#").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned()).collect();
    assert_eq!(links, anchors);
}

#[test]
fn page_quotes_the_documents_rightly() {
    let page = page();
    for (recipe, section) in sections(&page) {
        let text: String = document::read(folder().join(&recipe)).unwrap().into_iter().map(|one| one.text).collect();
        let blocks: Vec<&str> =
            section.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert!(!blocks.is_empty(), "{recipe}: the page shows nothing of the document");
        for block in blocks {
            assert!(text.contains(block), "{recipe} has no such passage:\n{block}");
        }
    }
}

#[test]
fn page_quotes_the_answers_rightly() {
    let (page, rows) = (page(), rows());
    for (recipe, section) in sections(&page) {
        let quoted = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
        let quoted: Vec<Vec<&str>> = quoted
            .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect())
            .filter(|cells: &Vec<&str>| cells[0] != "who")
            .collect();
        assert!(quoted.len() >= 3, "{recipe}: {} answers on the page", quoted.len());
        for cells in quoted {
            assert_eq!(cells.len(), 5, "{recipe}: {cells:?}");
            let stands = |row: &&Row| {
                row.recipe == recipe
                    && [row.actor.as_str(), &row.right, &row.target] == cells[..3]
                    && row.yes == answer(cells[3])
            };
            assert!(rows.iter().any(|row| stands(&row)), "{recipe}: questions.tsv has no {cells:?}");
        }
    }
}

// --- Asterisk's call groups ---

/// A telephone's lists as Asterisk keeps them: numbered groups as bits, named ones apart.
#[derive(Clone, Debug)]
struct Telephone {
    call: u64,
    pickup: u64,
    named_call: BTreeSet<String>,
    named_pickup: BTreeSet<String>,
}

/// Asterisk's rule (main/pickup.c): the picker has a pickup group, numbered or named, that is a call group of the telephone
/// that rings.
fn asterisk(picker: &Telephone, rings: &Telephone) -> bool {
    picker.pickup & rings.call != 0 || !picker.named_pickup.is_disjoint(&rings.named_call)
}

fn telephone() -> impl Strategy<Value = Telephone> {
    // Mostly few groups, so that telephones meet; the names look like the numbers, and are other groups.
    let numbered = || prop_oneof![3 => 0u64..16, 1 => any::<u64>(), 1 => Just(0)];
    let named = || proptest::collection::btree_set("[0-2]", 0..3);
    (numbered(), numbered(), named(), named()).prop_map(|(call, pickup, named_call, named_pickup)| Telephone {
        call,
        pickup,
        named_call,
        named_pickup,
    })
}

/// The recipe: for each group, those that ring in it are members, those that take its calls are leaders.
fn as_document(telephones: &[Telephone]) -> Document {
    let mut text =
        String::from("domain = 'd.example'\nsystems = ['estos']\n[authorization]\nusers_may_grant = false\n");
    for (number, _) in (100..).zip(telephones) {
        text += &format!("[[user]]\nname = 'phone-{number}'\nlines = ['{number}']\n");
    }
    let list = |is_on_it: &dyn Fn(&Telephone) -> bool| {
        let names = (100..).zip(telephones).filter(|(_, one)| is_on_it(one));
        names.map(|(number, _)| format!("'phone-{number}'")).collect::<Vec<_>>().join(", ")
    };
    let mut group = |name: String, members: String, leaders: String| {
        text += &format!("[[authorization_group]]\nname = '{name}'\nmembers = [{members}]\nleaders = [{leaders}]\n");
        text += "leader_rights = ['call.pickup']\n";
    };
    for bit in 0..64 {
        let is_in = |bits: u64| bits >> bit & 1 == 1;
        group(format!("group {bit}"), list(&|one| is_in(one.call)), list(&|one| is_in(one.pickup)));
    }
    for name in ["0", "1", "2"] {
        let (members, leaders) =
            (list(&|one| one.named_call.contains(name)), list(&|one| one.named_pickup.contains(name)));
        group(format!("named {name}"), members, leaders);
    }
    Document { name: "d.toml".into(), text }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 60 }))]

    #[test]
    fn call_groups_answer_as_asterisk_does(telephones in proptest::collection::vec(telephone(), 2..12)) {
        let engine = Engine::from_documents(&[as_document(&telephones)]).unwrap();
        let find = |number: usize| engine.resolve(None, &number.to_string()).unwrap();
        for (picker, from) in (100..).zip(&telephones) {
            for (rings, to) in (100..).zip(&telephones) {
                if picker == rings {
                    continue; // one's own telephone needs no group
                }
                let may = asterisk(from, to);
                let expected = if may { Right::CALL_PICKUP.mask() } else { RightSet::EMPTY };
                // Where estos runs, every user may ask another for something.
                let given = engine.rights(find(picker), find(rings)).without(Right::RELATION_ASK.mask());
                prop_assert_eq!(given, expected);
                prop_assert_eq!(engine.dial(find(picker), &format!("*8{rings}")).unwrap().allowed, may);
            }
        }
    }
}
