//! What is counted: one function a case, on a company written down here, so that only the library can change a count.
//!
//! `phase_x` asks the same question over and over; `one_x` is what is counted of it. Both are named for callgrind.

use linewarden::ffi;
use linewarden::internals::document::Document;
use linewarden::internals::engine::Engine;
use linewarden::{Party, Right};
use std::ffi::{CStr, CString, c_char, c_void};
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::OnceLock;

const CALLS: u64 = 64;
const LAMPS: usize = 64;
const RIGHT: Right = Right::CALL_PICKUP.on_line(1);

/// Texts as C gives them, each at an address of its own cache line: how `from_utf8` walks depends on the address.
#[repr(align(64))]
struct Text<const LENGTH: usize>([u8; LENGTH]);

impl<const LENGTH: usize> Text<LENGTH> {
    fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }
}

static ACTOR: Text<4> = Text(*b"101\0");
static TARGET: Text<4> = Text(*b"102\0");
static PICKUP: Text<18> = Text(*b"call.pickup.first\0");
static LOGIN: Text<3> = Text(*b"u7\0");

type May = unsafe extern "C" fn(*const ffi::lw_engine, u32, u32, u32) -> bool;
type Named =
    unsafe extern "C" fn(*const ffi::lw_engine, *const c_char, *const c_char, *const c_char, *const c_char) -> bool;
type Many = unsafe extern "C" fn(*const ffi::lw_engine, u32, u32, *const u32, usize, *mut bool) -> usize;
type Find = unsafe extern "C" fn(*const ffi::lw_engine, *const c_char, *const c_char) -> u32;
type RightsOf = unsafe extern "C" fn(*const ffi::lw_engine, u32, u32, *mut [u64; 2]);

struct Setting {
    engine: &'static Engine,
    handle: *const ffi::lw_engine,
    parties: Vec<Party>,
    /// A company whose rules give the same once with dates and once without.
    ruled: &'static Engine,
    ruled_parties: Vec<Party>,
    /// A company that runs all four systems.
    mixed: &'static Engine,
    mixed_parties: Vec<Party>,
    may: May,
    named: Named,
    many: Many,
    find: Find,
    rights_of: RightsOf,
}

// SAFETY: engines may be used from any thread; there is only one here.
unsafe impl Send for Setting {}
unsafe impl Sync for Setting {}

/// u0 to u99: sites by tens, one workgroup of u0 to u9, u20 to u29 in twelve groups, u3 has a setting of their own for u1, u4
/// is a VIP, u5 an assistant.
fn company(systems: &str) -> String {
    let mut text = format!("domain = \"a.example\"\nsystems = [{systems}]\n");
    for user in 0..100 {
        let flag = match user {
            4 => "vip = true\n",
            5 => "assistant = true\n",
            _ => "",
        };
        text +=
            &format!("[[user]]\nname = \"u{user}\"\nlines = [\"{}\"]\nsite = \"s{}\"\n{flag}", 100 + user, user / 10);
    }
    for site in 0..10 {
        text += &format!(
            "[[site]]\nname = \"s{site}\"\nsame_site = \"employee\"\nother_sites = \"external\"\noutside = \"unknown\"\n"
        );
    }
    let members = |from: u32, to: u32| (from..to).map(|user| format!("\"u{user}\"")).collect::<Vec<_>>().join(", ");
    text += &format!("[[workgroup]]\nname = \"w\"\nlevel = \"team_colleague\"\nmembers = [{}]\n", members(0, 10));
    for group in 0..12 {
        text += &format!(
            "[[workgroup]]\nname = \"l{group}\"\nlevel = \"team_colleague\"\nmembers = [{}]\n",
            members(20, 30)
        );
    }
    text += "[[relationship]]\nowner = \"u3\"\nviewer = \"u1\"\nlevel = \"assistant\"\n";
    if systems.contains("estos") {
        text += "[authorization]\nlevel = \"public\"\n";
        text +=
            &format!("[[authorization_group]]\nname = \"g\"\nlevel = \"business\"\nmembers = [{}]\n", members(0, 10));
        text += "[[authorization_grant]]\nowner = \"u3\"\nviewer = \"u1\"\nlevel = \"team\"\n";
        text += &format!(
            "[[permission]]\nname = \"p\"\ntypes = [\"pickup.group\"]\nautomatic = []\nusers = [{}]\n",
            members(0, 20)
        );
    }
    text
}

/// u31 covers u2 by a rule without dates, u3 by one with `from` and `until`, u6 by one with hours, too. u12 and u13 have a setting of
/// their own for u31, that of u13 with dates.
fn ruled() -> String {
    let mut text = company("\"linewarden\", \"xphone\"");
    for (owner, dates) in [(12, ""), (13, "from = 2020-01-01T00:00:00Z\nuntil = 2099-01-01T00:00:00Z\n")] {
        text += &format!("[[relationship]]\nowner = \"u{owner}\"\nviewer = \"u31\"\nlevel = \"assistant\"\n{dates}");
    }
    for (target, dates) in [
        (2, ""),
        (3, "from = 2020-01-01T00:00:00Z\nuntil = 2099-01-01T00:00:00Z\n"),
        (6, "from = 2020-01-01T00:00:00Z\nuntil = 2099-01-01T00:00:00Z\nhours = \"00:00-24:00 Europe/Berlin\"\n"),
    ] {
        text += &format!(
            "[[rule]]\nname = \"r{target}\"\nactors = [\"u31\"]\nrights = [\"call.pickup\"]\ntargets = [\"u{target}\"]\n{dates}"
        );
    }
    text
}

pub fn library_path() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    program.parent().unwrap().join("deps").join("liblinewarden.so")
}

fn setting() -> &'static Setting {
    static SETTING: OnceLock<Setting> = OnceLock::new();
    SETTING.get_or_init(|| {
        let open = |text: String| {
            let document = Document { name: "a.toml".into(), text };
            let engine = Engine::from_documents(&[document]).unwrap_or_else(|error| panic!("{}", error.message()));
            let handle = ffi::engine_to_c(engine);
            // SAFETY: the handle is never closed.
            let engine = unsafe { ffi::engine_from_c(handle) }.unwrap();
            let party = |user: u32| engine.find(None, &format!("u{user}")).unwrap();
            (engine, handle, (0..100).map(party).collect::<Vec<_>>())
        };
        let (engine, handle, parties) = open(company("\"xphone\""));
        let (mixed, _, mixed_parties) = open(company("\"xphone\", \"estos\", \"pascom\", \"keevio\""));
        let (ruled, _, ruled_parties) = open(ruled());
        let path = CString::new(library_path().to_str().unwrap()).unwrap();
        // SAFETY: the library has no initialisers of its own.
        let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        assert!(!library.is_null(), "{path:?} cannot be loaded");
        let symbol = |name: &CStr| -> *mut c_void {
            // SAFETY: the library is loaded, the name ends in NUL.
            let found = unsafe { libc::dlsym(library, name.as_ptr()) };
            assert!(!found.is_null(), "{name:?} is missing");
            black_box(found)
        };
        // SAFETY: the header gives the functions these types; a handle means the same to the library in both its forms.
        unsafe {
            Setting {
                engine,
                handle,
                parties,
                ruled,
                ruled_parties,
                mixed,
                mixed_parties,
                may: std::mem::transmute::<*mut c_void, May>(symbol(c"lw_may")),
                named: std::mem::transmute::<*mut c_void, Named>(symbol(c"lw_may_named")),
                many: std::mem::transmute::<*mut c_void, Many>(symbol(c"lw_may_each_target")),
                find: std::mem::transmute::<*mut c_void, Find>(symbol(c"lw_find")),
                rights_of: std::mem::transmute::<*mut c_void, RightsOf>(symbol(c"lw_rights_of")),
            }
        }
    })
}

macro_rules! cases {
    ($($phase:ident $one:ident $name:literal $divided_by:expr, ($($argument:ident: $type:ty = $value:expr),*) $answer:literal,
       |$setting:ident| $ask:expr;)*) => {
        $(
            #[unsafe(no_mangle)]
            #[inline(never)]
            fn $one($setting: &Setting, $($argument: $type),*) -> u64 {
                u64::from($ask)
            }

            #[unsafe(no_mangle)]
            #[inline(never)]
            fn $phase($setting: &Setting) {
                for _ in 0..CALLS {
                    assert_eq!($one(black_box($setting), $(black_box($value)),*), $answer, $name);
                }
            }
        )*

        pub fn run_all() {
            let setting = setting();
            warm_up(setting);
            $($phase(setting);)*
        }

        /// The name of a phase, and how many answers it gives.
        pub fn named(phase: &str) -> Option<(&'static str, u64)> {
            [$((stringify!($phase), $name, CALLS * $divided_by)),*]
                .into_iter()
                .find(|(name, _, _)| name.strip_prefix("phase_") == Some(phase.trim()))
                .map(|(_, name, answers)| (name, answers))
        }

        pub fn count() -> usize {
            [$($name),*].len()
        }
    };
}

/// The first of everything: fills the pair cache, builds tables that are built on first use.
#[inline(never)]
fn warm_up(setting: &Setting) {
    let p = &setting.parties;
    assert!(setting.engine.may(p[1], RIGHT, p[2]));
    // SAFETY: as in the cases.
    unsafe {
        assert!((setting.may)(setting.handle, p[1].0, RIGHT.number(), p[2].0));
        let right = c"call.pickup.first".as_ptr();
        assert!((setting.named)(setting.handle, std::ptr::null(), c"101".as_ptr(), right, c"102".as_ptr()));
    }
    assert!(setting.engine.may_named(None, "101", "call.pickup.first", "102"));
}

/// Whether `actor` has the right by the full evaluation.
#[inline(always)]
fn evaluated(engine: &Engine, (actor, target): (Party, Party)) -> bool {
    engine.evaluate(actor, target).has(RIGHT)
}

fn pair(parties: &[Party], actor: usize, target: usize) -> (Party, Party) {
    (parties[actor], parties[target])
}

cases! {
    phase_may one_may "asked lately, Rust" 1,
        (pair: (Party, Party) = pair(&setting.parties, 1, 2)) 1,
        |setting| setting.engine.may(pair.0, RIGHT, pair.1);
    phase_may_c one_may_c "asked lately, C" 1,
        (pair: (Party, Party) = pair(&setting.parties, 1, 2)) 1,
        // SAFETY: the handle is open.
        |setting| unsafe { (setting.may)(setting.handle, pair.0.0, RIGHT.number(), pair.1.0) };
    phase_rights_of_c one_rights_of_c "all rights, asked lately, C" 1,
        (pair: (Party, Party) = pair(&setting.parties, 1, 2)) 1,
        |setting| {
            let mut out = [0; 2];
            // SAFETY: the handle is open, and there is room for a set.
            unsafe { (setting.rights_of)(setting.handle, pair.0.0, pair.1.0, &mut out) };
            out[0] >> RIGHT.number() & 1
        };
    phase_labels one_labels "evaluation: site default" 1,
        (pair: (Party, Party) = pair(&setting.parties, 11, 52)) 0,
        |setting| evaluated(setting.engine, pair);
    phase_group one_group "evaluation: one shared group" 1,
        (pair: (Party, Party) = pair(&setting.parties, 1, 2)) 1,
        |setting| evaluated(setting.engine, pair);
    phase_cell one_cell "evaluation: own setting" 1,
        (pair: (Party, Party) = pair(&setting.parties, 1, 3)) 1,
        |setting| evaluated(setting.engine, pair);
    phase_vip one_vip "evaluation: VIP" 1,
        (pair: (Party, Party) = pair(&setting.parties, 11, 4)) 0,
        |setting| evaluated(setting.engine, pair);
    phase_assistant one_assistant "evaluation: assistant" 1,
        (pair: (Party, Party) = pair(&setting.parties, 5, 52)) 1,
        |setting| evaluated(setting.engine, pair);
    phase_long_one one_long_one "evaluation: a long list of groups, none shared" 1,
        (pair: (Party, Party) = pair(&setting.parties, 21, 2)) 0,
        |setting| evaluated(setting.engine, pair);
    phase_long_both one_long_both "evaluation: two long lists, twelve shared" 1,
        (pair: (Party, Party) = pair(&setting.parties, 21, 22)) 1,
        |setting| evaluated(setting.engine, pair);
    phase_mixed one_mixed "evaluation: four systems" 1,
        (pair: (Party, Party) = pair(&setting.mixed_parties, 11, 52)) 0,
        |setting| evaluated(setting.mixed, pair);
    phase_mixed_all one_mixed_all "evaluation: four systems, cell and groups" 1,
        (pair: (Party, Party) = pair(&setting.mixed_parties, 1, 3)) 1,
        |setting| evaluated(setting.mixed, pair);
    phase_rule one_rule "evaluation: a rule" 1,
        (pair: (Party, Party) = pair(&setting.ruled_parties, 31, 2)) 1,
        |setting| evaluated(setting.ruled, pair);
    phase_rule_dated one_rule_dated "evaluation: a rule with dates" 1,
        (pair: (Party, Party) = pair(&setting.ruled_parties, 31, 3)) 1,
        |setting| evaluated(setting.ruled, pair);
    phase_setting one_setting "evaluation: own setting beside rules" 1,
        (pair: (Party, Party) = pair(&setting.ruled_parties, 31, 12)) 1,
        |setting| evaluated(setting.ruled, pair);
    phase_setting_dated one_setting_dated "evaluation: own setting with dates" 1,
        (pair: (Party, Party) = pair(&setting.ruled_parties, 31, 13)) 1,
        |setting| evaluated(setting.ruled, pair);
    phase_rule_hours one_rule_hours "evaluation: a rule with dates and hours" 1,
        (pair: (Party, Party) = pair(&setting.ruled_parties, 31, 6)) 1,
        |setting| evaluated(setting.ruled, pair);
    phase_panel one_panel "panel of 64 lamps, an answer, Rust" LAMPS as u64,
        () 9,
        |setting| {
            let mut out = [false; LAMPS];
            setting.engine.may_each_target(setting.parties[1], RIGHT, &setting.parties[..LAMPS], &mut out) as u64
        };
    phase_panel_c one_panel_c "panel of 64 lamps, an answer, C" LAMPS as u64,
        () 9,
        |setting| {
            let (mut out, targets) = ([false; LAMPS], setting.parties.as_ptr().cast::<u32>());
            // SAFETY: the handle is open, and there are as many targets and places.
            unsafe {
                (setting.many)(setting.handle, setting.parties[1].0, RIGHT.number(), targets, LAMPS, out.as_mut_ptr())
                    as u64
            }
        };
    phase_named one_named "by extensions as text, Rust" 1,
        (texts: (&str, &str) = ("101", "102")) 1,
        |setting| setting.engine.may_named(None, texts.0, "call.pickup.first", texts.1);
    phase_named_c one_named_c "by extensions as text, C" 1,
        (texts: [*const c_char; 3] = [ACTOR.as_ptr(), PICKUP.as_ptr(), TARGET.as_ptr()]) 1,
        // SAFETY: the handle is open, and the texts end in NUL.
        |setting| unsafe { (setting.named)(setting.handle, std::ptr::null(), texts[0], texts[1], texts[2]) };
    phase_find one_find "finding a login, Rust" 1,
        (text: &str = "u7") 1,
        |setting| setting.engine.find(None, text).is_some();
    phase_find_c one_find_c "finding a login, C" 1,
        (text: *const c_char = LOGIN.as_ptr()) 1,
        // SAFETY: the handle is open, and the text ends in NUL.
        |setting| unsafe { (setting.find)(setting.handle, std::ptr::null(), text) != 0 };
}
