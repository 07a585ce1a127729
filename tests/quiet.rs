//! The call path is quiet: a check allocates nothing and makes no system call. Shown from outside, by an allocator that counts
//! and by strace.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]

use linewarden::ffi::*;
use linewarden::internals::directory::Directory;
use linewarden::internals::engine::Engine;
use linewarden::internals::system::System;
use linewarden::internals::system::xphone::TransferRole;
use linewarden::{Party, Right};
use linewarden_testkit::generate::{self, Options};
use linewarden_testkit::native::{Build, Workshop, built_library, root, run, tool};
use std::alloc::{GlobalAlloc, Layout, System as Heap};
use std::cell::Cell;
use std::ffi::CString;
use std::fs;

/// The system's allocator, counting what each thread asks of it.
struct Counting;

thread_local!(static ASKED: Cell<u64> = const { Cell::new(0) });

fn counted() {
    ASKED.with(|asked| asked.set(asked.get() + 1));
}

// SAFETY: all is handed on to the system's allocator unchanged; the count is a plain thread-local without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        counted();
        // SAFETY: the caller's promise.
        unsafe { Heap.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        counted();
        // SAFETY: the caller's promise.
        unsafe { Heap.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        counted();
        // SAFETY: the caller's promise.
        unsafe { Heap.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread went to the allocator during `work`.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ASKED.with(Cell::get);
    work();
    ASKED.with(Cell::get) - before
}

fn company() -> (Engine, Vec<Party>, Vec<CString>) {
    let options = Options { users: 200, systems: System::ALL.into_iter().collect(), ..Options::default() };
    let mut names = Directory::default();
    let policy = generate::policy(&options, &mut names).unwrap();
    let engine = Engine::from_policy(policy, names).unwrap();
    let (domain, _) = engine.domains()[0];
    // Users, contacts, teams, locations and devices.
    let parties: Vec<Party> =
        engine.parties(domain).into_iter().step_by(7).chain([Party(0), Party(u32::MAX)]).collect();
    let texts = parties.iter().map(|party| CString::new(engine.text(*party)).unwrap()).collect();
    (engine, parties, texts)
}

/// The very first calls of a thread count as well: nothing is set up on the way.
#[test]
fn checks_allocate_nothing_even_the_first_time() {
    let (engine, parties, texts) = company();
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 2, "the allocator counts");
    let names: Vec<&str> = texts.iter().map(|text| text.to_str().unwrap()).collect();
    let mut out = vec![false; parties.len()];
    let mut yes = 0;
    let rust = allocations(|| {
        for (actor, name) in parties.iter().zip(&names) {
            for (target, other) in parties.iter().zip(&names) {
                for right in [Right::CALL_PICKUP, Right::LOCATION_LOGIN, Right::CHAT_EXCHANGE] {
                    yes += usize::from(engine.may(*actor, right, *target));
                    yes += usize::from(engine.may_in_call(*actor, right, *target, TransferRole::Consulted));
                }
                yes += usize::from(engine.evaluate(*actor, *target).is_empty());
                yes += usize::from(engine.may_named(None, name, "call.pickup.first", other));
                yes += usize::from(engine.may_named(None, name, "call.pickup.first", "sip:nobody@else.example"));
            }
            yes += engine.may_each_target(*actor, Right::LINE_BUSY_READ, &parties, &mut out);
            yes += engine.may_each_actor(&parties, Right::LINE_BUSY_READ, *actor, &mut out);
            yes += usize::from(engine.find(None, name).is_some());
        }
    });
    assert!(yes > 1000, "{yes} yes: the company answers");
    assert_eq!(rust, 0, "allocations by checks from Rust");

    let folder = tempfile::tempdir().unwrap();
    let log = CString::new(folder.path().join("shadow.log").to_str().unwrap()).unwrap();
    let soon = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64 + 3600;
    let until = CString::new(linewarden::instant_text(soon)).unwrap();
    let handle = engine_to_c(engine);
    let engine = handle.cast_const();
    // SAFETY: the engine is open, the texts end in NUL.
    let shadow = unsafe {
        let nothing = std::ptr::null_mut();
        lw_shadow_begin(handle, std::ptr::null(), std::ptr::null(), 0, until.as_ptr(), log.as_ptr(), nothing)
    };
    assert!(!shadow.is_null());
    let count = parties.len();
    let actors: Vec<lw_party> = parties.iter().map(|party| party.0).collect();
    let mut set = lw_rights { words: [0; 2] };
    let right = c"call.pickup".as_ptr();
    let mut yes = 0;
    // SAFETY: the engine is open until the end, texts end in NUL, arrays are as long as said.
    let c = allocations(|| unsafe {
        for (actor, name) in actors.iter().zip(&texts) {
            for (target, other) in actors.iter().zip(&texts) {
                yes += usize::from(lw_may(engine, *actor, Right::CALL_PICKUP.number(), *target));
                yes += usize::from(lw_may(std::ptr::null(), *actor, 77_777, *target));
                yes += usize::from(lw_may_in_call(engine, *actor, 31, *target, LW_ROLE_CONSULTED));
                yes += lw_may_or_shadow(shadow, *actor, Right::CALL_PICKUP.number(), *target) as usize;
                yes += lw_may_or_shadow_named(shadow, std::ptr::null(), name.as_ptr(), right, other.as_ptr()) as usize;
                yes += lw_may_or_shadow_named(shadow, std::ptr::null(), log.as_ptr(), right, other.as_ptr()) as usize;
                yes += usize::from(lw_may_pick_up(engine, *actor, *target, 1));
                yes += usize::from(lw_may_set_forward(engine, *actor, *target, 1));
                for digits in [c"100", c"+49 30 1234567", c"112", c"no number"] {
                    yes += usize::from(lw_may_forward_to(engine, *actor, *target, 1, digits.as_ptr()));
                    yes += usize::from(lw_may_call(engine, *actor, digits.as_ptr()));
                    let mut out = lw_destination::default();
                    let _ = lw_decide_call(engine, *actor, digits.as_ptr(), &mut out);
                    let _ = lw_decide_forward_to(engine, *actor, *target, 1, digits.as_ptr(), &mut out);
                    yes += usize::from(out.allowed);
                }
                yes += usize::from(lw_may_bypass_forward(engine, *actor, *target));
                yes += usize::from(lw_may_see_busy(engine, *actor, *target));
                yes += usize::from(lw_may_see_caller(engine, *actor, *target, 1, LW_INCOMING));
                yes += usize::from(lw_may_log_in(engine, *actor, *target));
                lw_rights_of(engine, *actor, *target, &mut set);
                yes += usize::from(lw_rights_has(&set, 31));
                yes += usize::from(lw_may_named(engine, std::ptr::null(), name.as_ptr(), right, other.as_ptr()));
            }
            yes += lw_may_each_target(engine, *actor, 31, actors.as_ptr(), count, out.as_mut_ptr());
            yes += lw_may_each_actor(engine, actors.as_ptr(), count, 31, *actor, out.as_mut_ptr());
            yes += usize::from(lw_find(engine, std::ptr::null(), name.as_ptr()) != 0);
            yes += lw_line_of(engine, *actor, name.as_ptr()) as usize;
            yes += (lw_party_kind(engine, *actor) + lw_right_by_name(right)) as usize;
        }
    });
    assert!(yes > 1000, "{yes} yes by C");
    assert_eq!(c, 0, "allocations by checks from C");
    // SAFETY: begun and opened above, ended and closed once.
    unsafe {
        lw_shadow_end(shadow);
        lw_close(handle);
    }
}

/// Over a store neither does the reason of an answer, nor which line an extension is, however many groups a pair shares.
#[test]
#[cfg(target_os = "linux")]
fn reasons_and_lines_over_a_store_allocate_nothing_even_the_first_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rights.db");
    let groups = |group: usize| {
        format!("[[workgroup]]\nname = \"g{group}\"\nlevel = \"employee\"\nmembers = [\"alice\", \"bob\"]\n")
    };
    let text = format!(
        "domain = \"acme.example\"\nsystems = [\"xphone\", \"estos\", \"pascom\", \"keevio\"]\n\
         [[user]]\nname = \"alice\"\nlines = [\"100\", \"101\"]\n[[user]]\nname = \"bob\"\nlines = [\"110\"]\n{}",
        (0..40).map(groups).collect::<String>()
    );
    let document = linewarden::internals::document::Document { name: "acme.toml".into(), text };
    drop(Engine::create_from(&path, &[document], None).unwrap());
    let engine = Engine::open(&path).unwrap();
    let find = |text| engine.find(None, text).unwrap();
    let parties = [find("alice"), find("bob"), find("sip:x@far.example"), Party(0), Party(70_000)];
    let rights: Vec<Right> = Right::all().collect();
    let (mut yes, mut lines) = (0, 0);
    let asked = allocations(|| {
        for actor in parties {
            for target in parties {
                yes += rights.iter().filter(|right| engine.decide(actor, **right, target).allowed).count();
            }
            lines +=
                engine.line_of(actor, "101") + engine.line_of(actor, "ACME.example/110") + engine.line_of(actor, "x");
        }
    });
    assert!(yes > 20 && lines == 3, "{yes} yes, {lines}: the store answers");
    assert_eq!(asked, 0, "allocations by reasons and lines");
}

/// Addresses are put into their one form without the allocator, whatever is in them: single characters of all kinds, as many in a
/// row as are looked at, and more.
#[test]
fn any_spelling_of_an_address_allocates_nothing() {
    let (engine, ..) = company();
    let spelled = [
        "sip:%62ob@partner.example.;user=phone",
        "\"Bob\" <SIP:bob@Partner.EXAMPLE>;tag=1",
        "sip:j%C3%BCrgen@\u{c4}.example",
        "sip:a%20b@company.example",
        "sip:b%00b@partner.example",
        "Bob <sip:bob@\u{fdfa}.example>",
    ];
    let mut texts: Vec<String> = spelled.map(String::from).to_vec();
    let beyond_ascii = ('\u{80}'..='\u{2ffff}').step_by(3).chain('\u{300}'..='\u{36f}').chain('\u{5b0}'..='\u{65f}');
    for c in beyond_ascii.filter(|c| !c.is_control()) {
        let row = c.to_string().repeat(16);
        texts.extend([
            format!("sip:a@{c}.example"),
            format!("sip:a@a{row}"),
            format!("sip:a@{row}.{row}.{row}.b{row}.x"),
        ]);
    }
    texts.extend(
        ["a\u{308}.".repeat(9), "\u{e4}".repeat(60), format!("{}.\u{e4}", "xn--4ca.".repeat(7))]
            .map(|host| format!("sip:a@{host}")),
    );
    let mut asked = 0;
    for text in &texts {
        let used = allocations(|| {
            asked += usize::from(engine.may_named(None, text, "presence.status.read", "sip:nobody@else.example"));
            asked += usize::from(engine.may_named(Some(text), text, "presence.status.read", "100"));
        });
        assert_eq!(used, 0, "{text:?}");
    }
    assert_eq!(asked, 0, "none of them may");
}

/// The program writes one line before its questions and one after them; strace must see nothing between the two.
#[test]
#[cfg(target_os = "linux")]
fn checks_make_no_system_call() {
    let workshop = Workshop::new(&built_library());
    let program = workshop.build(&root().join("tests/c/quiet.c"), Build::Plain);
    let (document, store) = (workshop.document("acme.toml"), workshop.path("acme.db"));
    let text = fs::read_to_string(&document).unwrap();
    let of = linewarden::internals::document::Document { name: "acme.toml".into(), text };
    drop(Engine::create_from(&store, &[of], None).unwrap());
    for source in [document, store] {
        let calls = workshop.path("calls");
        run(tool("strace").arg("-f").arg("-o").arg(&calls).arg(&program).arg(&source));
        let calls = fs::read_to_string(calls).unwrap();
        let lines: Vec<&str> = calls.lines().collect();
        let place =
            |what: &str| lines.iter().position(|line| line.contains(what)).unwrap_or_else(|| panic!("no {what}"));
        let (first, last) = (place("questions begin"), place("questions end"));
        let name = source.file_name().unwrap().to_str().unwrap();
        assert!(first > 10 && lines[..first].iter().any(|line| line.contains(name)), "strace saw the engine open");
        assert_eq!(&lines[first + 1..last], &[] as &[&str], "system calls during checks of {name}");
    }
}
