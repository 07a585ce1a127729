//! How long an image takes: compiling it beside copying it, and planning the patch of one change beside both.
//! `SIZES` and `SYSTEMS` choose the companies.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]

use linewarden::directory::Directory;
use linewarden::generate::{self, Options};
use linewarden::image::update::update;
use linewarden::image::{compile, published::Published};
use linewarden::policy::change::parse;
use linewarden::system::System;
use std::hint::black_box;
use std::time::Duration;

const ROOM: u32 = 65_536;

/// What a thread used of its processor: other processes do not count.
struct Instant(Duration);

impl Instant {
    fn now() -> Instant {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is to a timespec of ours.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
        Instant(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
    }

    fn elapsed(&self) -> Duration {
        Instant::now().0 - self.0
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
        let options = Options { users, seed: 7, systems: systems.iter().copied().collect(), ..Options::default() };
        let mut names = Directory::default();
        let mut policy = generate::policy(&options, &mut names).unwrap();
        let published = Published::private().unwrap();
        let mut compiled = Vec::new();
        for revision in 0..4 {
            let start = Instant::now();
            let prepared = compile::prepare(&published, &policy, &names, ROOM, revision).unwrap();
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
        let (mut applying, mut planning, mut words) = (Vec::new(), Vec::new(), 0);
        for (line, revision) in lines.iter().zip(9..) {
            let entries = parse(line, Some(&policy.domains[0].name)).unwrap();
            let start = Instant::now();
            let Ok(done) = policy.apply(&mut names, None, &entries) else { continue };
            applying.push(start.elapsed());
            let start = Instant::now();
            let patch = published.read(|image| update(&image, &policy, &names, &done.touched, revision)).unwrap();
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
