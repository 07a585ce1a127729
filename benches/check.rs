//! Criterion: every kind of question, by the systems a company runs and by its size. `cargo bench --bench check`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use linewarden::internals::directory::Directory;
use linewarden::internals::engine::Engine;
use linewarden::internals::system::System;
use linewarden::{Party, Right};
use linewarden_testkit::generate::{self, Options};
use std::hint::black_box;
use std::time::Duration;

/// A company, some of its users, and their names.
fn company(users: u32, systems: &[System]) -> (Engine, Vec<Party>, Vec<String>) {
    let options = Options { users, seed: 7, systems: systems.iter().copied().collect(), ..Options::default() };
    let mut names = Directory::default();
    let policy = generate::policy(&options, &mut names).unwrap();
    let step = policy.domains[0].users.len() / 64;
    let some: Vec<Party> = policy.domains[0].users.iter().step_by(step.max(1)).map(|user| user.party).collect();
    let texts = some.iter().map(|party| names.text(*party)).collect();
    (Engine::from_policy(policy, names).unwrap(), some, texts)
}

fn questions(criterion: &mut Criterion) {
    let mixes: [(&str, &[System]); 3] =
        [("xphone", &[System::Xphone]), ("estos+pascom", &[System::Estos, System::Pascom]), ("all four", &System::ALL)];
    for (name, systems) in mixes {
        for users in [1_000, 10_000, 100_000] {
            let (engine, some, texts) = company(users, systems);
            let pair = |at: usize| (some[at % some.len()], some[(at * 7 + 3) % some.len()]);
            let id = |question: &str| BenchmarkId::new(question, format!("{name}, {users} users"));
            let mut group = criterion.benchmark_group("question");
            let mut at = 0;
            group.bench_function(id("asked lately"), |bench| {
                bench.iter(|| {
                    at += 1;
                    let (actor, target) = pair(at);
                    engine.may(black_box(actor), Right::CALL_PICKUP, black_box(target))
                });
            });
            group.bench_function(id("evaluated"), |bench| {
                bench.iter(|| {
                    at += 1;
                    let (actor, target) = pair(at);
                    engine.evaluate(black_box(actor), black_box(target))
                });
            });
            group.bench_function(id("by name"), |bench| {
                bench.iter(|| {
                    at += 1;
                    let (actor, target) = (&texts[at % texts.len()], &texts[(at * 7 + 3) % texts.len()]);
                    engine.may_named(None, black_box(actor), "call.pickup", black_box(target))
                });
            });
            let mut out = vec![false; some.len()];
            group.bench_function(id("panel of 64 lamps"), |bench| {
                bench.iter(|| engine.may_each_target(black_box(some[0]), Right::LINE_BUSY_READ, &some, &mut out));
            });
            group.bench_function(id("explained"), |bench| {
                bench.iter(|| {
                    at += 1;
                    let (actor, target) = pair(at);
                    engine.explain(actor, Right::CALL_PICKUP, target, None)
                });
            });
        }
    }
}

criterion_group! {
    name = benches;
    // Short: there are many, and the ratios decide.
    config = Criterion::default().warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = questions
}
criterion_main!(benches);
