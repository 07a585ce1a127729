//! Sequences of C calls from three threads at once, with any numbers, texts, lists and NULLs, over a document, over a store, and over
//! engines that a thread opens itself. A yes without an engine is a finding, and so is a store that is not whole afterwards.
#![allow(unsafe_code, reason = "this is the C interface")]

use super::calls::{Held, Turn, call, reported};
use super::entries::{Input, company};
use super::grammar::{contract, lines};
use linewarden::Engine;
use linewarden::ffi::*;
use std::ffi::{CStr, CString};
use std::path::{Path, PathBuf};
use std::ptr::{null, null_mut};
use std::sync::{Mutex, PoisonError};

/// What all sequences of a process share; made anew after many of them, so that its log stays short.
struct World {
    folder: PathBuf,
    engines: [*mut lw_engine; 2],
    runs: u32,
}

// SAFETY: engines may be used and closed by any thread.
unsafe impl Send for World {}

impl World {
    const RUNS: u32 = 512;

    fn new() -> World {
        let folder = std::env::temp_dir().join(format!("linewarden-calls-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let (document, store) = (folder.join("contract.toml"), folder.join("rights.db"));
        std::fs::write(&document, contract()).expect("a file");
        let documents = linewarden::read_documents(&document).expect("a document");
        drop(Engine::create_from(&store, &documents, None).expect("a store"));
        let engines = [&document, &store].map(|path| {
            // SAFETY: a text that ends in NUL; NULL for an error that is not read.
            let engine = unsafe { lw_open(c_path(path).as_ptr(), null_mut()) };
            assert!(!engine.is_null(), "it opens");
            engine
        });
        World { folder, engines, runs: 0 }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // SAFETY: no call is being made, and none will.
        self.engines.iter().for_each(|engine| unsafe { lw_close(*engine) });
    }
}

fn c_path(path: &Path) -> CString {
    CString::new(path.to_str().expect("a path in UTF-8")).expect("no NUL in it")
}

/// Calls in any order with any numbers, texts and NULLs, from three threads at once.
pub fn c_calls(data: &[u8]) {
    static WORLD: Mutex<Option<World>> = Mutex::new(None);
    let mut world = WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    if world.as_ref().is_some_and(|world| world.runs >= World::RUNS) {
        *world = None;
    }
    let world = world.get_or_insert_with(World::new);
    world.runs += 1;
    let (engines, folder) = (world.engines.map(|engine| engine as usize), &world.folder);
    let third = data.len() / 3;
    std::thread::scope(|scope| {
        scope.spawn(|| calls(&data[..third], engines, &folder.join("one")));
        scope.spawn(|| calls(&data[third..2 * third], engines, &folder.join("two")));
        calls(&data[2 * third..], engines, &folder.join("three"));
    });
    if world.runs % 64 == 1 {
        // SAFETY: an open engine.
        let whole = unsafe { reported(|error| lw_verify(world.engines[1], null_mut(), error) == LW_OK) };
        assert!(whole, "the store is not whole");
    }
}

/// A text of a call: one that means something in some function, or noise.
fn text(input: &mut Input) -> Option<CString> {
    /// Names, addresses, what is dialled, levels, relationships, instants.
    const TEXTS: &[&CStr] = &[
        c"alice",
        c"bob",
        c"carol",
        c"100",
        c"team:support",
        c"sip:bob@partner.example",
        c"Zoe <sip:zoe@far.example>",
        c"*8100",
        c"*74100#201",
        c"*74100#00491721234567",
        c"*70",
        c"*71202",
        c"112",
        c"0900123456",
        c"+49 89 1234",
        c"employee",
        c"assistant",
        c"business",
        c"blocked",
        c"call.pickup",
        c"2026-11-20T00:00:00Z",
        c"",
    ];
    let bytes = match input.byte() {
        choice @ 0..=159 => return Some(TEXTS[usize::from(choice) % TEXTS.len()].to_owned()),
        160..=223 => lines(input).into_bytes(),
        224..=247 => {
            let count = usize::from(input.byte()).min(input.0.len());
            let (noise, rest) = input.0.split_at(count);
            input.0 = rest;
            noise.to_vec()
        }
        248..=251 => vec![b'1'; 4000 + usize::from(input.byte())],
        _ => return None,
    };
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    Some(CString::new(&bytes[..end]).expect("cut at the first NUL"))
}

/// The number of a party: mostly of one of the few that there are.
fn party(input: &mut Input) -> u32 {
    match input.byte() {
        250..=255 => u32::from_le_bytes(input.take()),
        small => u32::from(small % 16),
    }
}

fn calls(data: &[u8], engines: [usize; 2], files: &Path) {
    let mut input = Input(data);
    let mut held = Held::default();
    let folder = files.parent().expect("a folder");
    let file = c_path(files);
    let sources =
        [folder.join("contract.toml"), folder.join("rights.db"), company("pascom.toml")].map(|path| c_path(&path));
    while !input.0.is_empty() {
        let [number_of_call, choice, small] = input.take();
        let (one, other, number) = (party(&mut input), party(&mut input), u32::from(input.byte()));
        let (text, more, domain) = (text(&mut input), text(&mut input), choice & 64 != 0);
        // A backup, an export or a log of the turn before.
        let _ = std::fs::remove_file(files);
        let _ = std::fs::remove_dir_all(files);
        let engine = match choice & 15 {
            0 => null_mut(),
            1..=3 => held.opened.last().copied().unwrap_or(null_mut()),
            4..=9 => engines[0] as *mut lw_engine,
            _ => engines[1] as *mut lw_engine,
        };
        let parties = [one, other, 0];
        let pointer = |text: &Option<CString>| text.as_ref().map_or(null(), |text| text.as_ptr());
        let mut turn = Turn {
            engine,
            one,
            other,
            number,
            small: u32::from(small) % 6,
            text: pointer(&text),
            more: pointer(&more),
            domain: if domain { c"acme.example".as_ptr() } else { null() },
            list: if choice & 128 != 0 { null() } else { parties.as_ptr() },
            file: &file,
            source: &sources[usize::from(choice >> 4 & 3) % sources.len()],
            held: &mut held,
        };
        // SAFETY: the engine is NULL or open until the threads are joined; texts are NULL or end in NUL and live to the end of the
        // turn; the list is NULL or as long as said; what is held is this thread's.
        unsafe { call(number_of_call, &mut turn) };
    }
}
