//! Other policy engines on the same company and the same question in the same run: may they pick up, first line?
//!
//! Before anything is timed, every engine's answers are compared with linewarden's, or, where an engine cannot say the whole
//! rule, with the part of the rule that it is asked. A single wrong answer ends the run. Requests are put together
//! beforehand; the clock is the thread's own.

mod casbin_rules;
mod cedar;
mod facts;
mod plain;
mod rego;
#[path = "../../support/mod.rs"]
mod support;

use casbin_rules::Casbin;
use cedar::Cedar;
use facts::{Facts, RIGHT};
use linewarden::internals::engine::Engine;
use linewarden::internals::system::System;
use plain::{Bitmask, Maps};
use rego::Rego;
use std::cell::RefCell;
use std::ffi::CString;
use support::table::{Goal, Row, markdown, number};
use support::{Case, Loaded, Random, chained, made_up, plot, time};

type Pair = (usize, usize);

/// Pairs as calls have them: half random, half with a setting or a group in common.
fn pairs(facts: &Facts, count: usize) -> Vec<Pair> {
    let mut random = Random(5);
    let mut by_group = vec![Vec::new(); facts.groups as usize];
    for (person, place) in facts.people.iter().zip(0..) {
        person.targets.iter().for_each(|group| by_group[*group as usize].push(place));
    }
    let all = facts.people.len();
    let mut pairs = Vec::new();
    while pairs.len() < count {
        let target = random.below(all);
        let (person, kind) = (&facts.people[target], random.below(4));
        let own = if random.below(2) == 0 { &person.yes } else { &person.no };
        let actor = match kind {
            0 if !own.is_empty() => own[random.below(own.len())],
            1 if !person.targets.is_empty() => {
                let group: &Vec<usize> = &by_group[person.targets[random.below(person.targets.len())] as usize];
                group[random.below(group.len())]
            }
            _ => random.below(all),
        };
        if actor != target {
            pairs.push((actor, target));
        }
    }
    pairs
}

/// Ends the run at the first wrong answer, so that no timing stands on one.
fn compare(engine: &str, pairs: &[Pair], mut ask: impl FnMut(Pair) -> bool, expected: impl Fn(Pair) -> bool) {
    let mut yes = 0;
    for pair in pairs {
        let answer = ask(*pair);
        assert_eq!(answer, expected(*pair), "{engine} is wrong about {pair:?}");
        yes += usize::from(answer);
    }
    println!("  {engine:44} 0 of {} answers wrong, {yes} of them yes", pairs.len());
}

fn main() {
    let users = std::env::var("USERS").map_or(10_000, |users| users.parse().unwrap());
    let (policy, names) = made_up(users, &[System::Xphone]);
    let facts = Facts::new(&policy, |party| names.text(party));
    let (engine, handle) = support::shared(Engine::from_policy(policy, names).unwrap());
    let loaded = Loaded::open();
    let texts: Vec<CString> = facts.people.iter().map(|person| CString::new(&*person.name).unwrap()).collect();
    let right_name = CString::new(RIGHT.name()).unwrap();

    println!("{users} users, {} groups that let pick up; the question is `{RIGHT}`.\n", facts.groups);
    let party = |place: usize| facts.people[place].party;
    let ours = |(actor, target): Pair| engine.evaluate(party(actor), party(target)).has(RIGHT);
    // SAFETY: the handle is never closed and the texts live.
    let by_c = |(actor, target): Pair| unsafe { (loaded.may)(handle, party(actor).0, RIGHT.number(), party(target).0) };
    let by_text = |(actor, target): Pair| unsafe {
        let (actor, target) = (texts[actor].as_ptr(), texts[target].as_ptr());
        (loaded.may_named)(handle, std::ptr::null(), actor, right_name.as_ptr(), target)
    };
    let maps = Maps::new(&facts);
    let in_maps = |(actor, target): Pair| maps.may(&facts.people[actor].name, &facts.people[target].name);
    let bitmask = Bitmask::new(&facts);
    let cedar = Cedar::new(&facts);
    let rego = RefCell::new(Rego::new(&facts));
    let casbin = Casbin::new(&facts);

    let many = pairs(&facts, 4096);
    let hot = &many[..64];
    let whole = |pair: Pair| facts.may(pair);
    println!("Answers to the whole rule:");
    compare("linewarden, against the rule written plainly", &pairs(&facts, 100_000), ours, whole);
    compare("linewarden by C, asked twice", &[&many[..], &many[..]].concat(), by_c, ours);
    compare("linewarden by C and text", &many, by_text, ours);
    compare("maps keyed by text behind a lock", &many, in_maps, ours);
    compare("cedar-policy, five policies", &many, |pair| cedar.five(&cedar.request(pair)), ours);
    compare("cedar-policy, one policy", &many, |pair| cedar.one(&cedar.request(pair)), ours);
    let interpreted = |pair| {
        let mut rego = rego.borrow_mut();
        let input = rego.input(pair);
        rego.interpreted(&input)
    };
    compare("regorus, interpreter", &many, interpreted, ours);
    let bytecode = |pair| {
        let mut rego = rego.borrow_mut();
        let input = rego.input(pair);
        rego.bytecode(&input)
    };
    compare("regorus, bytecode", &many, bytecode, ours);
    println!("Answers to part of the rule:");
    let shares = |pair: Pair| facts.share_a_group(pair);
    let few = &many[..400.min(many.len())];
    compare("casbin, who shares a group", few, |pair| casbin.ask(pair), shares);
    compare("casbin, the same from its cache", &[few, few].concat(), |pair| casbin.cached(pair), shares);
    let in_64 = |(actor, target): Pair| {
        plain::mask(&facts.people[actor].acts) & plain::mask(&facts.people[target].targets) != 0
    };
    compare("bitmask, who shares one of 64 groups", &many, |pair| bitmask.may(pair), in_64);
    let unlike = many.iter().filter(|pair| bitmask.may(**pair) != ours(**pair)).count();
    let more = many.iter().filter(|pair| bitmask.may(**pair) && !ours(**pair)).count();
    println!(
        "  (of {} pairs the bitmask answers {unlike} unlike the whole rule, {more} of them yes where the rule says no)\n",
        many.len()
    );

    let requests: Vec<_> = many.iter().map(|pair| cedar.request(*pair)).collect();
    let inputs: Vec<_> = many.iter().map(|pair| rego.borrow().input(*pair)).collect();
    let parties: Vec<_> = many.iter().map(|(actor, target)| (party(*actor), party(*target))).collect();
    let evaluated = |(actor, target)| engine.evaluate(actor, target).has(RIGHT);
    // SAFETY: as above.
    let asked_by_c = |(actor, target): (linewarden::Party, linewarden::Party)| unsafe {
        (loaded.may)(handle, actor.0, RIGHT.number(), target.0)
    };
    let calls = 1 << 18;
    let some = 2048;
    let mut cases = vec![
        Case::new("linewarden, full evaluation", calls, || chained(&parties, calls, evaluated)),
        Case::new("linewarden, asked lately, through C, 64 pairs", calls, || {
            chained(&parties[..64], calls, asked_by_c)
        }),
        Case::new("linewarden, by text through C", calls / 8, || chained(&many, calls / 8, by_text)),
        Case::new("bitmask of 64 groups (part of the rule)", calls, || chained(&many, calls, |pair| bitmask.may(pair))),
        Case::new("maps keyed by text behind a lock", calls / 8, || chained(&many, calls / 8, in_maps)),
        Case::new("cedar-policy, one policy", some, || {
            requests.iter().take(some as usize).map(|request| u64::from(cedar.one(request))).sum()
        }),
        Case::new("cedar-policy, five policies", some, || {
            requests.iter().take(some as usize).map(|request| u64::from(cedar.five(request))).sum()
        }),
        Case::new("regorus, bytecode", some, || {
            inputs.iter().take(some as usize).map(|input| u64::from(rego.borrow_mut().bytecode(input))).sum()
        }),
        Case::new("regorus, interpreter", some, || {
            inputs.iter().take(some as usize).map(|input| u64::from(rego.borrow_mut().interpreted(input))).sum()
        }),
        Case::new("casbin, who shares a group", 32, || {
            hot.iter().take(32).map(|pair| u64::from(casbin.ask(*pair))).sum()
        }),
        Case::new("casbin's cache, 64 pairs", calls / 64, || chained(hot, calls / 64, |pair| casbin.cached(pair))),
    ];
    time(&mut cases, 7);

    let named = |name: &str| cases.iter().find(|case| case.name.starts_with(name)).unwrap();
    let (full, cached, text) =
        (named("linewarden, full"), named("linewarden, asked lately"), named("linewarden, by text"));
    println!("Nanoseconds a question:");
    for case in &cases {
        println!("  {:46} {:>12} ns", case.name, number(case.median()));
    }
    println!("\ncasbin looks through {} rules.\n", casbin.rules);
    let goal = |name: &str, to: &Case<'_>, what: &str, must, aim| {
        Row::new(&format!("{name} / {what}"), named(name).ratio(to), "", must, aim)
    };
    let (must, aim) = (Goal::AtLeast(300.0), Goal::AtLeast(600.0));
    let rows = [
        goal("cedar-policy, five policies", full, "full evaluation", must, aim),
        goal("cedar-policy, one policy", full, "full evaluation", must, aim),
        goal("regorus, bytecode", full, "full evaluation", must, aim),
        goal("regorus, interpreter", full, "full evaluation", must, aim),
        goal("casbin, who shares a group", full, "full evaluation", must, aim),
        goal("casbin's cache, 64 pairs", cached, "asked lately", Goal::None, Goal::None),
        goal("maps keyed by text behind a lock", full, "full evaluation", Goal::None, Goal::None),
        goal("maps keyed by text behind a lock", text, "by text", Goal::None, Goal::None),
        goal("bitmask of 64 groups (part of the rule)", full, "full evaluation", Goal::None, Goal::None),
    ];
    print!("{}", markdown(&rows));
    let bars: Vec<plot::Bar> = cases
        .iter()
        .map(|case| plot::Bar {
            name: case.name.clone(),
            value: case.median(),
            text: format!("{} ns", number(case.median())),
            mark: None,
            good: case.name.starts_with("linewarden"),
        })
        .collect();
    plot::bars("peers.svg", &format!("One question, {users} users: nanoseconds, logarithmic"), 1.0, &bars);
}
