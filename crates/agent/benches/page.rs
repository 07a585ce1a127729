//! How long each page takes in a company of 100,000 users (`USERS`), over HTTP in the same process: the first time after a change that was made
//! elsewhere, and again. It ends with an error where a page takes longer than 300 ms. Times are of this machine, so it is no test.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

#[allow(dead_code, reason = "the tests of the page use more of it")]
#[path = "../tests/page/browser.rs"]
mod browser;
#[allow(dead_code, reason = "the tests of the service use more of it")]
#[path = "../tests/service/client.rs"]
mod client;
#[allow(dead_code, reason = "the tests of the service use more of it")]
#[path = "../tests/service/server.rs"]
mod server;

use browser::{Browser, hidden};
use linewarden::internals::system::{System, Systems};
use linewarden::{Author, Document, Kind};
use linewarden_testkit::generate::{Options, write};
use server::{Server, caller};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const GOAL: Duration = Duration::from_millis(300);

/// The processor's time of all threads of this process, which a busy machine does not lengthen.
fn processor() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().filter_map(|task| task.ok());
    let spent = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}

/// A page: its name, and how it is asked for.
type Asked<'a> = (&'a str, Box<dyn Fn(&mut Browser) -> client::Answer + 'a>);

fn main() {
    let users = std::env::var("USERS").map_or(100_000, |users| users.parse().unwrap());
    let mut text = Vec::new();
    let systems = Systems::default().with(System::Xphone).with(System::Pascom);
    write(&Options { users, systems, ..Options::default() }, &mut text).unwrap();
    let document = Document { name: "company.toml".into(), text: String::from_utf8(text).unwrap() };
    let began = Instant::now();
    let callers = caller("admin", "administer", "company.example", "");
    let server = Server::new(&[document], &format!("{callers}\n[page]\n"));
    println!("{users} users; importing them took {:.1?}", began.elapsed());
    let engine = &server.engine;
    let domain = engine.domains()[0].0;
    let mut names = engine.parties(domain);
    names.retain(|party| engine.kind(*party).is_some_and(|(_, kind)| kind == Kind::User));
    let name = |place: usize| engine.text(names[place % names.len()]);
    let (one, other) = (name(4711), name(31_415));
    let mut browser = Browser::of(&server, "admin");
    let began = Instant::now();
    let csrf = &hidden(&browser.get("/page/").body, "csrf");
    println!("the first page after the start took {:.1?}", began.elapsed());
    let get = |path: String| move |browser: &mut Browser| browser.request("GET", &path, &[], b"");
    let preview = |line: String| {
        let fields = [("csrf", csrf.as_str()), ("text", line.as_str())];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        move |browser: &mut Browser| browser.post("/page/change/preview", &body)
    };
    let pages: Vec<Asked> = vec![
        ("search, empty", Box::new(get("/page/".into()))),
        ("search", Box::new(get(format!("/page/?q={}", &one[..one.len().min(4)])))),
        ("a person", Box::new(get(format!("/page/person?party={one}")))),
        ("a person, whom few reach", Box::new(get(format!("/page/person?party={one}&right=call.pickup")))),
        ("a pair, every right", Box::new(get(format!("/page/pair?actor={one}&target={other}")))),
        ("a pair, why", Box::new(get(format!("/page/pair?actor={one}&target={other}&right=call.pickup")))),
        ("change, forms", Box::new(get("/page/change".into()))),
        ("preview, a relationship", Box::new(preview(format!("set relationship {one} {other} assistant")))),
        ("preview, a VIP", Box::new(preview(format!("set vip {one} yes")))),
        ("pending", Box::new(get("/page/pending".into()))),
        ("history", Box::new(get("/page/history".into()))),
        ("company", Box::new(get("/page/picture".into()))),
        ("findings", Box::new(get("/page/lint".into()))),
        ("report, choice", Box::new(get("/page/report".into()))),
        ("report for a person", Box::new(get(format!("/page/report?for={one}&since=1")))),
        ("report for the company", Box::new(get("/page/report?company=yes&since=1".into()))),
        ("codes", Box::new(get(format!("/page/codes?actor={one}&code=*8120")))),
        ("status", Box::new(get("/page/status".into()))),
    ];
    let began = Instant::now();
    // The log is read beside, once.
    let _ = browser.get(&format!("/page/report?for={one}"));
    println!("the first report, with the whole log read, took {:.1?}", began.elapsed());
    let columns = ["after change", "processor", "again", "processor", "until whole", "bytes"];
    println!("{:<28} {}", "page", columns.map(|column| format!("{column:>12}")).join(" "));
    let mut slow = Vec::new();
    for (name, ask) in &pages {
        let (mut first, mut again, mut whole, mut bytes) =
            ([const { Vec::new() }; 2], [const { Vec::new() }; 2], Vec::new(), 0);
        for round in 0..ROUNDS {
            let level = ["assistant", "employee"][round % 2];
            let (owner, viewer) = (&names[17], &names[4242 % names.len()]);
            let line = format!("set relationship {} {} {level}", engine.text(*owner), engine.text(*viewer));
            engine.apply_text(Author::Administrator, Some("company.example"), &line).unwrap();
            let began = Instant::now();
            for times in [&mut first, &mut again] {
                let (began, spent) = (Instant::now(), processor());
                let answer = ask(&mut browser);
                times[0].push(began.elapsed());
                times[1].push(processor().saturating_sub(spent));
                assert_eq!(answer.status, 200, "{name}: {}", browser::shown(&answer.body));
                bytes = answer.body.len();
            }
            // What is made beside is asked for until it is there.
            while ask(&mut browser).header("refresh").is_some() {
                std::thread::sleep(Duration::from_millis(50));
            }
            whole.push(began.elapsed());
        }
        let middle = |times: &mut Vec<Duration>| {
            times.sort_unstable();
            times[times.len() / 2]
        };
        let ([first, first_spent], [again, again_spent]) = (&mut first, &mut again);
        let times = [first, first_spent, again, again_spent, &mut whole].map(middle);
        println!("{name:<28} {} {bytes:>12}", times.map(|time| format!("{:>9} ms", time.as_millis())).join(" "));
        if times[0].max(times[2]) > GOAL {
            slow.push(*name);
        }
    }
    assert!(slow.is_empty(), "over {GOAL:?}: {}", slow.join(", "));
}
