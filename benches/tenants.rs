//! Many tenants in one engine: what opening them and a change of one of them takes, beside how many there are.
//!
//! `cargo bench --bench tenants`, on a machine that does nothing else; `TENANTS=500,2000` says how many, of 50 users each. What one
//! tenant's change takes must not rise with the number of the others: the last column is the ratio to the first number, of what the thread
//! used of its processor, as the disk and other programs do not count there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]

mod support;

use linewarden::{Author, Engine};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Instant;
use support::thread_time;

const USERS: usize = 50;
const ROUNDS: usize = 40;

/// A company with a site, a workgroup, a rule, own settings, and a contact of the next one.
fn tenant(at: usize, count: usize) -> String {
    let mut text = format!(
        "domain = \"t{at}.example\"\nsystems = [\"xphone\", \"linewarden\"]\n\
         [[site]]\nname = \"main\"\nsame_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"\n\
         [[workgroup]]\nname = \"sales\"\nlevel = \"assistant\"\nmembers = [\"u1\", \"u2\"]\n\
         [[rule]]\nname = \"cover\"\nactors = [\"u3\"]\nrights = [\"call.pickup\"]\ntargets = [\"u4\"]\n\
         [[relationship]]\nowner = \"u0\"\nviewer = \"sip:u1@t{}.example\"\nlevel = \"employee\"\n",
        (at + 1) % count
    );
    for user in 0..USERS {
        let viewer = (user + 1) % USERS;
        write!(
            text,
            "[[user]]\nname = \"u{user}\"\nlines = [\"{}\"]\nsite = \"main\"\n\
             [[relationship]]\nowner = \"u{user}\"\nviewer = \"u{viewer}\"\nlevel = \"assistant\"\n",
            100 + user
        )
        .unwrap();
    }
    text
}

struct Bench {
    /// Medians of the first number of tenants, row by row.
    first: Vec<f64>,
    row: usize,
}

impl Bench {
    fn row(&mut self, count: usize, what: &str, times: Vec<[f64; 2]>) {
        let [elapsed, processor] = [0, 1].map(|at| {
            let mut times: Vec<f64> = times.iter().map(|time| time[at]).collect();
            times.sort_by(f64::total_cmp);
            [times[times.len() / 2], times[times.len() - 1]]
        });
        if self.first.len() == self.row {
            self.first.push(processor[0]);
        }
        let ratio = processor[0] / self.first[self.row];
        println!(
            "{count:>6} tenants  {what:28} p50 {:>9.3} ms, max {:>9.3} ms   processor {:>9.3} ms, max {:>9.3} ms   x {ratio:.1}",
            elapsed[0], elapsed[1], processor[0], processor[1]
        );
        self.row += 1;
    }
}

/// Milliseconds that passed, and those that the thread used.
fn timed(work: impl FnOnce()) -> [f64; 2] {
    let (began, used) = (Instant::now(), thread_time());
    work();
    [began.elapsed().as_secs_f64() * 1e3, (thread_time() - used) as f64 / 1e6]
}

fn changes(bench: &mut Bench, engine: &Engine, count: usize) {
    let kinds = [
        ("site's default", "set default main same_site assistant"),
        ("relationship", "set relationship u3 u9 assistant"),
        ("workgroup's level", "set workgroup sales assistant_plus"),
        ("new workgroup", "add workgroup board assistant"),
        ("rule", "set rule cover targets: u5"),
        ("new user", "add user frida"),
        ("a user goes", "remove user frida"),
    ];
    // The first change reads the policy.
    let _ = engine.apply_text(Author::Administrator, Some("t1.example"), "set code pickup *77").unwrap();
    for (what, line) in kinds {
        let one = |round: usize| {
            let domain = format!("t{}.example", round * 7 % count);
            let entries = engine.entries(Some(&domain), line).unwrap();
            timed(|| _ = engine.apply(Author::Administrator, &entries).unwrap())
        };
        bench.row(count, what, (0..ROUNDS).map(one).collect());
    }
}

fn folder(bench: &mut Bench, count: usize, path: &Path) {
    for at in 0..count {
        fs::write(path.join(format!("t{at}.toml")), tenant(at, count)).unwrap();
    }
    let mut opened = None;
    bench.row(count, "folder opened", vec![timed(|| opened = Some(Engine::open(path).unwrap()))]);
    let engine = opened.unwrap();
    let one = |round: usize| {
        let file = path.join(format!("t{}.toml", round * 7 % count));
        let text = fs::read_to_string(&file).unwrap().replacen("\"employee\"", "\"assistant\"", 1);
        fs::write(&file, text).unwrap();
        timed(|| _ = engine.reload().unwrap())
    };
    bench.row(count, "reload after one file changed", (0..3).map(one).collect());
}

fn main() {
    let sizes = std::env::var("TENANTS").unwrap_or_else(|_| "500,1000,2000".into());
    let mut bench = Bench { first: Vec::new(), row: 0 };
    for count in sizes.split(',').map(|count| count.parse::<usize>().unwrap()) {
        bench.row = 0;
        let place = tempfile::tempdir().unwrap();
        folder(&mut bench, count, place.path());
        let documents = linewarden::read_documents(place.path()).unwrap();
        let store = tempfile::tempdir().unwrap();
        let mut made = None;
        let began =
            timed(|| made = Some(Engine::create_from(store.path().join("rights.db"), &documents, None).unwrap()));
        bench.row(count, "store made", vec![began]);
        changes(&mut bench, &made.unwrap().0, count);
    }
}
