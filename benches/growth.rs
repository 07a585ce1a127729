//! How the time to read a document, and to make changes, grows with each of their lists: one list at a time, ten times longer in
//! each column. A list whose time grows faster than its length ends the run with an error.
//! `SIZES` chooses the lengths, `LISTS` the rows by a part of their name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]

mod support;

use linewarden::internals::engine::Engine;
use linewarden::{Author, Document};
use std::fmt::Write as _;
use support::thread_time;

/// How much faster than its length a list's time may grow from one column to the next: caches get smaller than the data, and a
/// logarithm grows as well. Quadratic time would be ten times the length.
const FACTOR: f64 = 3.0;
/// Times below this are noise, and not compared.
const SHORT: f64 = 0.02;

/// A list of a document.
struct List {
    name: &'static str,
    /// The document with that many entries.
    document: fn(usize) -> String,
    /// The same as changes of a company that has two users and little else.
    changes: Option<fn(usize) -> String>,
}

const HEAD: &str = "domain = \"acme.example\"\nsystems = [\"xphone\", \"estos\", \"pascom\", \"keevio\"]\n\
    presence = { new_users = \"none\" }\n\
    [[user]]\nname = \"alice\"\nlines = [\"100\"]\n[[user]]\nname = \"bob\"\nlines = [\"110\"]\n";

/// `line` with each number in the place of `#`.
fn each(head: &str, line: &str, count: usize) -> String {
    let mut text = String::with_capacity(head.len() + count * (line.len() + 12));
    text.push_str(head);
    for number in 0..count {
        let mut parts = line.split('#');
        text.push_str(parts.next().unwrap());
        parts.for_each(|part| _ = write!(text, "{number}{part}"));
        text.push('\n');
    }
    text
}

fn document(line: &str, count: usize) -> String {
    each(HEAD, line, count)
}

/// A document that runs linewarden's own system.
fn own(before: &str, line: &str, count: usize) -> String {
    each(&(HEAD.replace("\"keevio\"", "\"keevio\", \"linewarden\"") + before), line, count)
}

fn users(count: usize) -> String {
    document("[[user]]\nname = \"u#\"\nlines = [\"9#\"]", count)
}

fn changes(line: &str, count: usize) -> String {
    each("in acme.example\n", line, count)
}

/// A document whose users are all in one list.
fn list_of_users(table: &str, count: usize) -> String {
    let list: Vec<String> = (0..count).map(|number| format!("\"u{number}\"")).collect();
    users(count) + &table.replace('#', &list.join(", "))
}

fn members(group: &str, list: &str, count: usize) -> String {
    each(&each("in acme.example\n", "import user u#", count), &format!("add member {list} u#"), count).replacen(
        "in acme.example\n",
        &format!("in acme.example\n{group}\n"),
        1,
    )
}

/// Names that would all begin their search in one 1/256 of the index, if its hash had no secret.
fn colliding(count: usize) -> String {
    let mut text = HEAD.to_owned();
    let chosen = (0..u64::MAX).filter(|number| (hash(format!("c{number}").as_bytes()) >> 32) & 0xf_ffff < 0x1000);
    chosen.take(count).for_each(|number| _ = writeln!(text, "[[user]]\nname = \"c{number}\""));
    text
}

/// The hash of the index (`src/image/format/names.rs`) in domain 0 with a secret that is known here: that of other images differs.
fn hash(text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let start = fold(FACTOR ^ (text.len() as u64) << 32, FACTOR);
    fold(text.chunks(8).fold(start, |hash, chunk| fold(hash ^ word(chunk), FACTOR)), FACTOR) | 1
}

const LISTS: &[List] = &[
    List { name: "users", document: users, changes: Some(|count| changes("import user u# 9#", count)) },
    List { name: "users whose names collide", document: colliding, changes: None },
    List {
        name: "lines of one user",
        document: |count| {
            let lines: Vec<String> = (0..count).map(|number| format!("\"9{number}\"")).collect();
            format!("{HEAD}[[user]]\nname = \"many\"\nlines = [{}]\n", lines.join(", "))
        },
        changes: None,
    },
    List {
        name: "teams",
        document: |count| document("[[team]]\nname = \"t#\"\nlines = [\"9#\"]\nagents = [\"alice\"]", count),
        changes: Some(|count| changes("add team t# 9#", count)),
    },
    List {
        name: "agents of one team",
        document: |count| list_of_users("[[team]]\nname = \"all\"\nagents = [#]\n", count),
        changes: Some(|count| members("add team all", "agents all", count)),
    },
    List {
        name: "locations",
        document: |count| document("[[location]]\nname = \"l#\"", count),
        changes: Some(|count| changes("add location l#", count)),
    },
    List {
        name: "devices",
        document: |count| document("[[device]]\nname = \"d#\"", count),
        changes: Some(|count| changes("add device d#", count)),
    },
    List {
        name: "contacts",
        document: |count| {
            document("[[relationship]]\nowner = \"alice\"\nviewer = \"sip:c#@x.example\"\nlevel = \"employee\"", count)
        },
        changes: Some(|count| changes("add contact sip:c#@x.example", count)),
    },
    List {
        name: "sites",
        document: |count| {
            let site =
                "[[site]]\nname = \"s#\"\nsame_site = \"employee\"\nother_sites = \"employee\"\noutside = \"external\"";
            document(site, count)
        },
        changes: Some(|count| changes("add site s# employee employee external", count)),
    },
    List {
        name: "workgroups",
        document: |count| {
            document("[[workgroup]]\nname = \"w#\"\nlevel = \"assistant\"\nmembers = [\"alice\", \"bob\"]", count)
        },
        changes: Some(|count| changes("add workgroup w# assistant", count)),
    },
    List {
        name: "members of one workgroup",
        document: |count| list_of_users("[[workgroup]]\nname = \"all\"\nlevel = \"assistant\"\nmembers = [#]\n", count),
        changes: Some(|count| members("add workgroup all assistant", "workgroup all", count)),
    },
    List {
        name: "monitoring groups",
        document: |count| {
            document("[[monitoring_group]]\nname = \"m#\"\nobservers = [\"bob\"]\nmembers = [\"alice\"]", count)
        },
        changes: Some(|count| changes("add monitoring_group m#", count)),
    },
    List {
        name: "relationships of one owner",
        document: |count| {
            users(count)
                + &each("", "[[relationship]]\nowner = \"alice\"\nviewer = \"u#\"\nlevel = \"assistant\"", count)
        },
        changes: Some(|count| changes("set relationship alice sip:c#@x.example external", count)),
    },
    List {
        name: "relationships to one viewer",
        document: |count| {
            users(count)
                + &each("", "[[relationship]]\nowner = \"u#\"\nviewer = \"alice\"\nlevel = \"assistant\"", count)
        },
        changes: None,
    },
    List {
        name: "authorization groups",
        document: |count| {
            document("[[authorization_group]]\nname = \"a#\"\nmembers = [\"alice\", \"bob\"]\nlevel = \"team\"", count)
        },
        changes: Some(|count| changes("add authorization_group a#", count)),
    },
    List {
        name: "grants of one owner",
        document: |count| {
            let grant = "[[authorization_grant]]\nowner = \"alice\"\nviewer = \"u#\"\nlevel = \"team\"";
            users(count) + &each("", grant, count)
        },
        changes: Some(|count| changes("set grant alice sip:c#@x.example team", count)),
    },
    List {
        name: "federations, one contact each",
        document: |count| {
            let pair = "[[federation]]\ndomain = \"d#.example\"\nmaximum = \"business\"\n\
                        [[authorization_grant]]\nowner = \"alice\"\nviewer = \"sip:c@d#.example\"\nlevel = \"team\"";
            document(pair, count)
        },
        changes: Some(|count| changes("set federation d#.example business", count)),
    },
    List {
        name: "permissions",
        document: |count| {
            document("[[permission]]\nname = \"p#\"\ntypes = [\"pickup.group\"]\nusers = [\"alice\", \"bob\"]", count)
        },
        changes: Some(|count| changes("add permission p#", count)),
    },
    List {
        name: "users of one permission",
        document: |count| {
            list_of_users("[[permission]]\nname = \"all\"\ntypes = [\"pickup.group\"]\nusers = [#]\n", count)
        },
        changes: Some(|count| members("add permission all", "permission all", count)),
    },
    List {
        name: "subscriptions to one owner",
        document: |count| {
            users(count) + &each("", "[[subscription]]\nowner = \"alice\"\nviewer = \"u#\"\nstate = \"pending\"", count)
        },
        changes: None,
    },
    List {
        name: "pending inquiries of one owner",
        document: |count| document("", count.min(1)),
        changes: Some(|count| each(&each("in acme.example\n", "import user u#", count), "set inquiry alice u#", count)),
    },
    // linewarden's own system.
    List {
        name: "rules, one user each",
        document: |count| {
            own(
                &each("", "[[user]]\nname = \"u#\"", count),
                "[[rule]]\nname = \"r#\"\nactors = [\"u#\"]\n\
            rights = [\"call.pickup\"]\ntargets = [\"alice\"]",
                count,
            )
        },
        changes: None,
    },
    List {
        name: "rules of one user, with exceptions",
        document: |count| {
            own(
                "",
                "[[rule]]\nname = \"r#\"\nactors = [\"alice\"]\nrights = [\"call.pickup\"]\n\
            targets = [\"everyone and teams\"]\nexcept = [\"bob\"]",
                count,
            )
        },
        changes: None,
    },
    List {
        name: "rules with dates",
        document: |count| {
            own(
                &each("", "[[user]]\nname = \"u#\"", count),
                "[[rule]]\nname = \"r#\"\nactors = [\"u#\"]\n\
            rights = [\"call.pickup\"]\ntargets = [\"alice\"]\nuntil = 2099-01-01T00:00:00Z\nhours = \"Mo-Fr 08:00-18:00 Europe/Berlin\"",
                count,
            )
        },
        changes: None,
    },
    List {
        name: "rules that name one group",
        document: |count| {
            let group = "[[group]]\nname = \"g\"\nmembers = [\"bob\"]\n";
            own(
                group,
                "[[rule]]\nname = \"r#\"\nactors = [\"alice\"]\nrights = [\"call.pickup\"]\ntargets = [\"group:g\"]",
                count,
            )
        },
        changes: None,
    },
    List {
        name: "groups",
        document: |count| own("", "[[group]]\nname = \"g#\"\nmembers = [\"alice\"]", count),
        changes: Some(|count| changes("add group g#", count)),
    },
    List {
        name: "groups of one group",
        document: |count| {
            let names: Vec<String> = (0..count).map(|number| format!("\"group:g{number}\"")).collect();
            let all = format!(
                "[[group]]\nname = \"all\"\nmembers = [{}]\n[[rule]]\nname = \"r\"\nactors = [\"group:all\"]\n\
                rights = [\"call.pickup\"]\ntargets = [\"bob\"]\n",
                names.join(", ")
            );
            own(&all, "[[group]]\nname = \"g#\"\nmembers = [\"alice\"]", count)
        },
        changes: None,
    },
    List {
        name: "members of one group",
        document: |count| {
            let names: Vec<String> = (0..count).map(|number| format!("\"u{number}\"")).collect();
            let all = format!(
                "[[group]]\nname = \"all\"\nmembers = [{}]\n[[rule]]\nname = \"r\"\nactors = [\"group:all\"]\n\
                rights = [\"call.pickup\"]\ntargets = [\"group:all\"]\n",
                names.join(", ")
            );
            own(&all, "[[user]]\nname = \"u#\"", count)
        },
        changes: Some(|count| members("add group all", "group all", count)),
    },
    List {
        name: "users with a company of their own",
        document: |count| document("[[user]]\nname = \"u#\"\ncompany = \"c#\"", count),
        changes: None,
    },
];

/// Seconds of this thread's processor.
fn seconds(run: impl FnOnce()) -> f64 {
    let start = thread_time();
    run();
    (thread_time() - start) as f64 / 1e9
}

fn engine(text: String) -> Engine {
    let documents = [Document { name: "growth.toml".into(), text }];
    Engine::from_documents(&documents).unwrap_or_else(|error| panic!("{error}"))
}

fn main() {
    let sizes: Vec<usize> = std::env::var("SIZES").map_or_else(
        |_| vec![1_000, 10_000, 50_000],
        |sizes| sizes.split(',').map(|size| size.parse().unwrap()).collect(),
    );
    let lists = std::env::var("LISTS").unwrap_or_default();
    let columns: Vec<String> = sizes.iter().map(|size| format!("{size:>10}")).collect();
    println!("{:<44} {}   seconds", "list", columns.concat());
    let mut faster = Vec::new();
    for list in LISTS.iter().filter(|list| list.name.contains(&lists)) {
        let mut row = |what: &str, time: &dyn Fn(usize) -> f64| {
            let name = format!("{}, {what}", list.name);
            let times: Vec<f64> = sizes.iter().map(|size| time(*size)).collect();
            let cells: Vec<String> = times.iter().map(|time| format!("{time:>10.3}")).collect();
            println!("{name:<44} {}", cells.concat());
            for (times, sizes) in times.windows(2).zip(sizes.windows(2)) {
                let longer = sizes[1] as f64 / sizes[0] as f64;
                if times[1] > SHORT && times[1] / times[0].max(SHORT / longer) > longer * FACTOR {
                    faster.push(format!(
                        "{name}: from {} to {} entries {:.0} times",
                        sizes[0],
                        sizes[1],
                        times[1] / times[0]
                    ));
                }
            }
        };
        row("read", &|size| {
            let text = (list.document)(size);
            seconds(|| drop(engine(text)))
        });
        row("lint", &|size| {
            let engine = engine((list.document)(size));
            seconds(|| drop(engine.lint()))
        });
        if let Some(changes) = list.changes {
            row("changes", &|size| {
                let (engine, text) = (engine(HEAD.into()), changes(size));
                seconds(|| _ = engine.apply_text(Author::Administrator, None, &text).unwrap_or_else(|e| panic!("{e}")))
            });
        }
    }
    faster.iter().for_each(|line| println!("grows faster than its length: {line}"));
    assert!(faster.is_empty(), "{} lists grow faster than their length", faster.len());
}
