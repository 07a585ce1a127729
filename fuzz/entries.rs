//! What the fuzzers run, and what `tests/fuzz_smoke.rs` runs on a few thousand inputs without a fuzzer: any bytes go in, and
//! nothing may panic, hang, or contradict itself.

use linewarden::internals::address;
use linewarden::internals::document::Document;
use linewarden::internals::policy::codes::Function;
use linewarden::internals::system::xphone::TransferRole;
use linewarden::internals::system::{System, Systems};
use linewarden::{Engine, Party, Right};
use linewarden_testkit::generate::{self, Options};
use std::path::{Path, PathBuf};
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
    for turn in 0..64 {
        let (actor, target, number) = (Party(input.party()), Party(input.party()), u32::from(input.byte()));
        let Some(right) = Right::from_number(number) else { continue };
        let may = engine.may(actor, right, target);
        let known = engine.kind(actor).is_some() && engine.kind(target).is_some();
        assert!(known || !may, "{actor:?} {right} {target:?}: yes without a party");
        assert_eq!(engine.rights(actor, target).has(right), may);
        assert_eq!(engine.decide(actor, right, target).allowed, may);
        let role = [None, Some(TransferRole::Consulted), Some(TransferRole::Transferring)][number as usize % 3];
        let in_call = role.map_or(may, |role| engine.may_in_call(actor, right, target, role));
        // An explanation takes a thousand times as long as the rest.
        if turn % 32 == 0 {
            let told = engine.explain(actor, right, target, role);
            assert_eq!(told.allowed, in_call, "{actor:?} {right} {target:?} {role:?}");
        }
        if input.0.is_empty() {
            return;
        }
    }
}

/// A sample company.
pub(crate) fn company(name: &str) -> PathBuf {
    repository().join("examples/companies").join(name)
}

/// The repository's folder, wherever this was compiled from.
pub(crate) fn repository() -> &'static Path {
    let mut above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.find(|folder| folder.join("examples/companies").is_dir()).expect("the sample companies are in the repository")
}
