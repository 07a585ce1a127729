//! How long an image takes: compiling it beside copying it, and planning the patch of one change beside both.
//! `SIZES` and `SYSTEMS` choose the companies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]

mod support;

use linewarden::internals::image::compile::patch::update;
use linewarden::internals::image::publish::{self, published::Published};
use linewarden::internals::policy::change::parse;
use linewarden::internals::system::System;
use std::hint::black_box;
use std::time::Duration;
use support::{made_up, thread_time};

const ROOM: u32 = 65_536;

/// What a thread used of its processor: other processes do not count.
struct Instant(u64);

impl Instant {
    fn now() -> Instant {
        Instant(thread_time())
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(thread_time() - self.0)
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let sizes: Vec<u32> = std::env::var("SIZES")
        .map_or_else(|_| vec![10_000, 1_000_000], |sizes| sizes.split(',').map(|size| size.parse().unwrap()).collect());
    let systems: Vec<System> = std::env::var("SYSTEMS").map_or_else(
        |_| vec![System::Xphone],
        |names| names.split(',').map(|name| System::parse(name).unwrap()).collect(),
    );
    for users in sizes {
        let (mut policy, mut names) = made_up(users, &systems);
        let published = Published::private().unwrap();
        let mut compiled = Vec::new();
        for revision in 0..4 {
            let start = Instant::now();
            let (prepared, _) = publish::prepare(&published, &policy, &names, ROOM, revision).unwrap();
            published.publish(prepared, || ());
            compiled.push(start.elapsed());
        }
        let (bytes, parts) = published.read(|image| (image.used_words() as usize * 8, image.parts()));
        let source: Vec<u64> = published.read(|image| (0..bytes / 8).map(|place| image.word(place)).collect());
        let mut copy = vec![0; source.len()];
        let copied = median(
            (0..5)
                .map(|_| {
                    let start = Instant::now();
                    copy.copy_from_slice(black_box(&source));
                    black_box(&copy);
                    start.elapsed()
                })
                .collect(),
        );
        let ratio = |time: Duration| time.as_secs_f64() / copied.as_secs_f64();
        println!("{users:>8} image {:.0} bytes a user: {parts:?}", bytes as f64 / f64::from(users));
        println!("{users:>8} copied in {copied:.2?}");
        for (time, what) in compiled.iter().zip(["first, on new memory", "second", "third, on used memory", "fourth"]) {
            println!("{users:>8} compiled in {time:.2?}, {:.1} x copying ({what})", ratio(*time));
        }
        let name = |at: usize| names.text(policy.domains[0].users[at % users as usize].party);
        let lines: Vec<String> = (0..2000)
            .map(|at| match systems.contains(&System::Xphone) {
                true => format!("set relationship {} {} assistant", name(at * 7919), name(at * 104_729 + 1)),
                false => format!("set grant {} {} team", name(at * 7919), name(at * 104_729 + 1)),
            })
            .collect();
        let origins = linewarden::internals::image::compile::origins(&policy, &names);
        let (mut applying, mut planning, mut words) = (Vec::new(), Vec::new(), 0);
        for (line, revision) in lines.iter().zip(9..) {
            let entries = parse(line, Some(&policy.domains[0].name)).unwrap();
            let start = Instant::now();
            let Ok(done) = policy.apply(&mut names, None, &entries) else { continue };
            applying.push(start.elapsed());
            let start = Instant::now();
            let patch =
                published.read(|image| update(&image, &policy, (&names, &origins), &done.dirty, revision)).unwrap();
            planning.push(start.elapsed());
            words += patch.words.len();
        }
        let count = planning.len();
        println!(
            "{users:>8} an owner's setting: applied in {:.2?}, planned in {:.2?} (medians of {count}), {:.1} words",
            median(applying),
            median(planning),
            words as f64 / count as f64
        );
    }
}
