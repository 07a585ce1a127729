//! What the fuzzers run, and what `tests/fuzz_smoke.rs` runs on a few thousand inputs without a fuzzer: any bytes go in, and
//! nothing may panic, hang, or contradict itself.

use linewarden::ffi::*;
use linewarden::internals::address;
use linewarden::internals::document::Document;
use linewarden::internals::policy::codes::Function;
use linewarden::internals::system::xphone::TransferRole;
use linewarden::internals::system::{System, Systems};
use linewarden::{Engine, Party, Right};
use linewarden_testkit::generate::{self, Options};
use std::ffi::{CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

/// Bytes of which the input is made up; zeros when it is used up.
pub(crate) struct Input<'a>(pub &'a [u8]);

impl Input<'_> {
    pub fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let count = N.min(self.0.len());
        let (head, rest) = self.0.split_at(count);
        bytes[..count].copy_from_slice(head);
        self.0 = rest;
        bytes
    }

    pub fn byte(&mut self) -> u8 {
        let [byte] = self.take();
        byte
    }

    /// The number of a party: mostly one that there is, sometimes any.
    fn party(&mut self) -> u32 {
        match self.byte() {
            255 => u32::from_le_bytes(self.take()),
            small => small.into(),
        }
    }
}

/// A document is loaded or refused with a message. What loads can be written, and what was written loads to the same answers.
/// True if it was loaded.
pub fn document(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let documents = [Document { name: "fuzz.toml".into(), text: text.into() }];
    let engine = match Engine::from_documents(&documents) {
        Ok(engine) => engine,
        Err(error) => {
            assert!(!error.message().is_empty());
            return false;
        }
    };
    engine.lint();
    let (domain, name) = engine.domains().remove(0);
    let mut written = Vec::new();
    engine.write_document(domain, &mut written).expect("a loaded document can be written");
    let written = String::from_utf8(written).expect("documents are text");
    let again = Engine::from_documents(&[Document { name: "again.toml".into(), text: written.clone() }]);
    let again = again.unwrap_or_else(|error| panic!("what was written does not load: {error}\n{written}"));
    let parties = engine.parties(domain);
    for actor in parties.iter().take(20) {
        for target in parties.iter().take(20) {
            let find = |party: &Party| again.find(None, &engine.text(*party)).unwrap_or_default();
            let (one, other) = (engine.rights(*actor, *target), again.rights(find(actor), find(target)));
            assert_eq!(one, other, "{} towards {} in {name}", engine.text(*actor), engine.text(*target));
        }
    }
    true
}

/// A dialled text has a meaning or is refused, for every actor. True if it has one.
pub fn fncode(data: &[u8]) -> bool {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| Engine::open(company("mixed.toml")).expect("the sample company loads"));
    let mut input = Input(data);
    let actor = Party(input.party());
    let code = String::from_utf8_lossy(input.0);
    match engine.dial(actor, &code) {
        Ok(answer) => {
            assert!(!answer.allowed || engine.kind(actor).is_some(), "{code}: not a party, and may");
            // A pickup or a forwarding is one question about one line; a forwarding with a target is one about the target, too.
            let leads = answer.destination.is_none_or(|destination| destination.allowed);
            if let (Some(right), true) = (answer.right, answer.function != Function::Login) {
                assert!(right.number() <= u32::from(Right::COUNT), "{code}: {right} asks for all lines");
                assert_eq!(answer.allowed, leads && engine.may(actor, right, answer.target), "{code}: {right}");
            }
        }
        Err(error) => {
            assert!(!error.message().is_empty());
            return false;
        }
    }
    true
}

/// A text is an address or none; its one form is its own, and names the party that the text names. True if it is an address.
pub fn addresses(data: &[u8]) -> bool {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    let engine = ENGINE.get_or_init(|| Engine::open(company("mixed.toml")).expect("the sample company loads"));
    let text = String::from_utf8_lossy(data);
    let right = "presence.status.read";
    let domain = address::domain_name(&text);
    assert_eq!(address::domain_name(&domain), domain, "{text:?}");
    let Some(found) = address::sip_address(&text) else {
        let named = engine.find(None, &text).is_some();
        assert!(!named || !text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sip:")), "{text:?}");
        return false;
    };
    assert_eq!(address::sip_address(&found.text).as_ref(), Some(&found), "{text:?}");
    assert_eq!(address::address_of(&found.login, &found.domain), found.text, "{text:?}");
    let [asked, plain] = [&*text, &found.text].map(|text| engine.may_named(None, text, right, "diana"));
    assert_eq!(asked, plain, "{text:?}");
    true
}

/// A made-up company of a few users; each is made once, so that most of a run asks.
fn made_up(users: u8, seed: u8, systems: u8) -> &'static Engine {
    static MADE: OnceLock<Vec<OnceLock<Engine>>> = OnceLock::new();
    let places = MADE.get_or_init(|| (0..4 * 4 * 16).map(|_| OnceLock::new()).collect());
    let (users, seed, systems) = (users % 4, seed % 4, systems % 16);
    places[usize::from(users) * 64 + usize::from(seed) * 16 + usize::from(systems)].get_or_init(|| {
        let chosen = System::ALL.into_iter().zip(0..).filter(|(_, bit)| systems == 0 || systems & (1 << bit) != 0);
        let systems = chosen.fold(Systems::default(), |all, (system, _)| all.with(system));
        let users = [2, 17, 60, 250][usize::from(users)];
        let options = Options { users, seed: seed.into(), systems, domain: "fuzz.example".into() };
        let mut text = Vec::new();
        generate::write(&options, &mut text).expect("companies of this size can be made up");
        let text = String::from_utf8(text).expect("documents are text");
        Engine::from_documents(&[Document { name: "fuzz.toml".into(), text }]).expect("made-up companies load")
    })
}

/// All ways to ask agree, whatever the numbers.
pub fn image_questions(data: &[u8]) {
    let mut input = Input(data);
    let [users, seed, systems] = input.take();
    let engine = made_up(users, seed, systems);
    for _ in 0..64 {
        let (actor, target, number) = (Party(input.party()), Party(input.party()), u32::from(input.byte()));
        let Some(right) = Right::from_number(number) else { continue };
        let may = engine.may(actor, right, target);
        let known = engine.kind(actor).is_some() && engine.kind(target).is_some();
        assert!(known || !may, "{actor:?} {right} {target:?}: yes without a party");
        assert_eq!(engine.rights(actor, target).has(right), may);
        assert_eq!(engine.decide(actor, right, target).allowed, may);
        let role = [None, Some(TransferRole::Consulted), Some(TransferRole::Transferring)][number as usize % 3];
        let in_call = role.map_or(may, |role| engine.may_in_call(actor, right, target, role));
        assert_eq!(
            engine.explain(actor, right, target, role).allowed,
            in_call,
            "{actor:?} {right} {target:?} {role:?}"
        );
        if input.0.is_empty() {
            return;
        }
    }
}

/// Calls in any order with any numbers, texts and NULLs, from two threads at once, over a document and over a store. A NULL engine
/// is always refused.
pub fn c_calls(data: &[u8]) {
    let (one, other) = data.split_at(data.len() / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| calls(one));
        calls(other);
    });
}

/// An open engine over a document, and one over a store; they are never closed.
#[allow(unsafe_code, reason = "this is the C interface")]
fn opened() -> [*mut lw_engine; 2] {
    static ENGINES: OnceLock<[usize; 2]> = OnceLock::new();
    let engines = ENGINES.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("linewarden-calls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let store = folder.join("rights.db");
        let documents = linewarden::read_documents(company("pascom.toml")).expect("the sample company");
        drop(Engine::create_from(&store, &documents, None).expect("a store"));
        [company("pascom.toml"), store].map(|path| {
            let path = CString::new(path.to_str().expect("a path in UTF-8")).expect("no NUL in it");
            // SAFETY: a text that ends in NUL; NULL for an error that is not read.
            unsafe { lw_open(path.as_ptr(), null_mut()) as usize }
        })
    });
    assert!(engines.iter().all(|engine| *engine != 0), "both open");
    engines.map(|engine| engine as *mut lw_engine)
}

/// Called for flips: looks at the first and does nothing.
#[allow(unsafe_code, reason = "this is the C interface")]
unsafe extern "C" fn flipped(_: *mut std::ffi::c_void, _: u64, flips: *const lw_flips, count: usize) {
    assert!(count == 0 || !flips.is_null());
}

#[allow(unsafe_code, reason = "this is the C interface")]
fn calls(data: &[u8]) {
    /// Lines of a dialplan and of changes, in the place of noise.
    const TEXTS: [&std::ffi::CStr; 6] =
        [c"*8100", c"*74100#201", c"add user zed 999", c"remove user zed", c"set vip alice yes", c"sip:x@far.example"];
    let mut input = Input(data);
    while !input.0.is_empty() {
        let [call, nulls, length] = input.take();
        let engine = if nulls & 1 != 0 { null_mut() } else { opened()[usize::from(nulls >> 3 & 1)] };
        let (one, other, number) = (input.party(), input.party(), u32::from(input.byte()));
        let count = usize::from(length).min(input.0.len()) % 48;
        let (text, rest) = input.0.split_at(count);
        input.0 = rest;
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        let text = CString::new(&text[..end]).expect("cut at the first NUL");
        let known = TEXTS.get(usize::from(nulls >> 4)).map_or(text.as_ptr(), |known| known.as_ptr());
        let text: *const c_char = if nulls & 2 != 0 { null() } else { known };
        let name = c"alice".as_ptr();
        let parties = [one, other, 0];
        let (mut answers, mut list) = ([true; 3], [0; 8]);
        let mut rights = lw_rights::default();
        let mut decision = lw_decision::default();
        let many = if nulls & 4 != 0 { null() } else { parties.as_ptr() };
        // SAFETY: the engine is NULL or open and never closed; texts are NULL or end in NUL and live to the end of the turn;
        // arrays are NULL or as long as said; strings and errors are freed once.
        let said_yes = unsafe {
            match call % 34 {
                0 => lw_may(engine, one, number, other),
                1 => lw_may_in_call(engine, one, number, other, u32::from(call)),
                2 => lw_may_pick_up(engine, one, other, number),
                3 => lw_may_set_forward(engine, one, other, number),
                4 => lw_may_see_caller(engine, one, other, number, u32::from(call) % 5),
                5 => lw_may_log_in(engine, one, other),
                6 => lw_may_named(engine, null(), text, lw_right_name(number), name),
                7 => lw_may_named(engine, text, name, text, name),
                8 => lw_find(engine, null(), text) != 0,
                9 => {
                    lw_rights_of(engine, one, other, &mut rights);
                    lw_rights_has(&rights, number)
                }
                10 => lw_may_each_target(engine, one, number, many, 3, answers.as_mut_ptr()) != 0,
                11 => lw_may_each_actor(engine, many, 3, number, other, answers.as_mut_ptr()) != 0,
                12 => lw_decide(engine, one, number, other, &mut decision) == LW_OK && decision.allowed,
                13 => {
                    let told = lw_explain_in_call(engine, one, number, other, u32::from(call) % 4);
                    lw_string_free(told);
                    !told.is_null()
                }
                14 => {
                    let told = lw_text(engine, one);
                    lw_string_free(told);
                    !told.is_null()
                }
                15 => {
                    let mut error = null_mut();
                    let party = lw_resolve(engine, null(), text, &mut error);
                    assert_eq!(party == 0, !error.is_null());
                    lw_error_free(error);
                    party != 0
                }
                16 => lw_who(engine, number, other, list.as_mut_ptr(), list.len()) != 0,
                17 => lw_whom(engine, one, number, null_mut(), 0) != 0,
                18 => {
                    let told = lw_pair(engine, one, other);
                    lw_string_free(told);
                    !told.is_null()
                }
                19 => {
                    let mut dialled: lw_dialled = std::mem::zeroed();
                    lw_dial(engine, one, text, &mut dialled) == LW_OK && dialled.allowed
                }
                20 => {
                    let author = if number < 128 { LW_ADMINISTRATOR } else { one };
                    lw_apply(engine, author, null(), text, null_mut(), null_mut()) == LW_OK
                }
                21 => {
                    let mut error = null_mut();
                    let watcher = lw_watch(engine, null(), 0, Some(flipped), null_mut(), &mut error);
                    assert_eq!(watcher.is_null(), !error.is_null());
                    lw_error_free(error);
                    lw_watch_end(watcher);
                    !watcher.is_null()
                }
                22 => lw_reload(engine, null_mut()) == LW_OK,
                23 => {
                    let history = lw_history(engine, u64::from(number), 5);
                    lw_string_free(history);
                    !history.is_null()
                }
                24 => lw_revision(engine) != 0,
                25 => lw_may_forward_to(engine, one, other, number, text),
                26 => lw_may_call(engine, one, text),
                27 | 28 => {
                    let mut found: lw_destination = std::mem::zeroed();
                    let status = match call % 2 {
                        0 => lw_decide_forward_to(engine, one, other, number, text, &mut found),
                        _ => lw_decide_call(engine, one, text, &mut found),
                    };
                    status == LW_OK && found.allowed
                }
                29 => {
                    let token = lw_token(engine);
                    let fresh = lw_is_fresh(engine, if number < 128 { token.cast_const() } else { text });
                    lw_string_free(token);
                    fresh
                }
                30 => lw_pending(engine, one, list.as_mut_ptr(), list.len()) != 0,
                31 => lw_notified(engine, one, many, 3, null(), 0, list.as_mut_ptr(), list.len(), null_mut()) != 0,
                32 => {
                    let found = lw_lint(engine);
                    lw_string_free(found);
                    !found.is_null()
                }
                _ => lw_right_by_name(text) != 0 && !engine.is_null(),
            }
        };
        assert!(!said_yes || !engine.is_null(), "call {call}: NULL got a yes");
    }
}

/// A sample company.
fn company(name: &str) -> PathBuf {
    repository().join("examples/companies").join(name)
}

/// The repository's folder, wherever this was compiled from.
pub(crate) fn repository() -> &'static Path {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.find(|folder| folder.join("examples/companies").is_dir()).expect("the sample companies are in the repository")
}
