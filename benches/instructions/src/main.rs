//! How many instructions each hot function takes.
//!
//! `linewarden-instructions LIST` runs itself under callgrind, which counts exactly and alike on a busy machine and a quiet
//! one, and compares each count with the committed list: two of a hundred either way are allowed. `--write` renews the list.
//!
//! Only instructions of this program and of the library count, not those of libc, whose `strnlen` differs by processor.
//! Another compiler makes other code; then counts are shown and not judged.

mod cases;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Answers that rest on a date, each with the same one without.
const DATED: [(&str, &str); 3] = [
    ("evaluation: a rule with dates", "evaluation: a rule"),
    ("evaluation: a rule with dates and hours", "evaluation: a rule"),
    ("evaluation: own setting with dates", "evaluation: own setting beside rules"),
];
/// How many instructions the first may take, of those of the second.
const DATED_ALLOWED: f64 = 1.25;

/// Either way, in parts of a hundred.
const ALLOWED: f64 = 2.0;

type Counts = BTreeMap<String, f64>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (list, write) = match arguments.as_slice() {
        ["--run"] => {
            cases::run_all();
            return ExitCode::SUCCESS;
        }
        [list, "--write"] => (Path::new(list), true),
        [list] => (Path::new(list), false),
        _ => {
            eprintln!("usage: linewarden-instructions LIST [--write]");
            return ExitCode::from(2);
        }
    };
    let counts = count();
    if write {
        std::fs::write(list, written(&counts)).unwrap();
        println!("{} counts written to {}", counts.len(), list.display());
        return ExitCode::SUCCESS;
    }
    compare(&counts, list)
}

/// The compiler that made this program, and for what.
fn compiler() -> String {
    format!("{}, {}", env!("RUSTC_VERSION"), std::env::consts::ARCH)
}

fn written(counts: &Counts) -> String {
    let mut text = format!(
        "# Instructions a call, counted by callgrind; `make instructions` compares, `make instructions-write` renews.\n# {}\n",
        compiler()
    );
    for (name, count) in counts {
        let _ = writeln!(text, "{name:44} {count:>8.1}");
    }
    text
}

fn compare(counts: &Counts, list: &Path) -> ExitCode {
    let text = std::fs::read_to_string(list).unwrap_or_default();
    let of_compiler = text.lines().filter_map(|line| line.strip_prefix("# ")).nth(1).unwrap_or("no list").to_string();
    let listed: Counts = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.trim().rsplit_once(' '))
        .map(|(name, count)| (name.trim().to_string(), count.parse().unwrap()))
        .collect();
    let mut off = 0;
    println!("{:44} {:>8} {:>8}", "instructions a call", "counted", "listed");
    for name in counts.keys().chain(listed.keys().filter(|name| !counts.contains_key(*name))) {
        let (counted, listed) = (counts.get(name), listed.get(name));
        let show = |count: Option<&f64>| count.map_or_else(|| "none".to_string(), |count| format!("{count:.1}"));
        let percent = counted.zip(listed).map(|(counted, listed)| (counted / listed - 1.0) * 100.0);
        let note = match percent {
            Some(percent) if percent.abs() <= ALLOWED => String::new(),
            Some(percent) => format!("  {percent:+.1} %"),
            None => "  not in both".to_string(),
        };
        off += usize::from(!note.is_empty());
        println!("{name:44} {:>8} {:>8}{note}", show(counted), show(listed));
    }
    let dear = DATED.into_iter().filter(|(dated, plain)| match (counts.get(*dated), counts.get(*plain)) {
        (Some(dated), Some(plain)) => *dated > plain * DATED_ALLOWED,
        _ => true,
    });
    let dear: Vec<&str> = dear.map(|(dated, _)| dated).collect();
    let how = "`make instructions-write` renews the list; commit it with the reason";
    if of_compiler != compiler() {
        println!("the list was made by {of_compiler}, this is {}: not judged; {how}", compiler());
        return ExitCode::SUCCESS;
    }
    if !dear.is_empty() {
        println!("more than {DATED_ALLOWED} of the same without dates: {}", dear.join(", "));
        return ExitCode::FAILURE;
    }
    if off > 0 {
        println!("{off} counts are more than {ALLOWED} % off: find out why; where it is meant, {how}");
        return ExitCode::FAILURE;
    }
    println!("all within {ALLOWED} %");
    ExitCode::SUCCESS
}

/// Runs the cases under callgrind and reads a dump for each.
fn count() -> Counts {
    let folder = std::env::temp_dir().join(format!("linewarden-instructions-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let program = std::env::current_exe().unwrap();
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet", "--collect-atstart=no", "--toggle-collect=one_*", "--dump-after=phase_*"])
        .arg(format!("--callgrind-out-file={}", folder.join("out").display()))
        .arg(&program)
        .arg("--run")
        .output();
    let run =
        run.unwrap_or_else(|error| panic!("valgrind does not start ({error}); as root: apt-get install valgrind"));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let ours = [program, cases::library_path()];
    let mut counts = Counts::new();
    for dump in std::fs::read_dir(&folder).unwrap() {
        let text = std::fs::read_to_string(dump.unwrap().path()).unwrap();
        let trigger = text.lines().find_map(|line| line.strip_prefix("desc: Trigger: --dump-after=phase_"));
        let Some((name, calls)) = trigger.and_then(cases::named) else { continue };
        counts.insert(name.to_string(), instructions(&text, &ours) as f64 / calls as f64);
    }
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(counts.len(), cases::count(), "callgrind made a dump for each case");
    counts
}

/// The sum of a dump's own costs in these files: each function's lines, without those that repeat what callees took.
fn instructions(dump: &str, ours: &[PathBuf]) -> u64 {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let (mut sum, mut counting, mut of_called) = (0, false, false);
    for line in dump.lines() {
        if let Some(object) = line.strip_prefix("ob=") {
            let (number, name) = object.split_once(' ').unwrap_or((object, ""));
            if !name.is_empty() {
                names.insert(number.into(), name.into());
            }
            let name = names.get(number).map_or("", String::as_str);
            counting = ours.iter().any(|path| Path::new(name) == path);
        } else if let Some(object) = line.strip_prefix("cob=") {
            // A name that is given here for the first time.
            if let Some((number, name)) = object.split_once(' ') {
                names.insert(number.into(), name.into());
            }
        } else if line.starts_with("calls=") {
            of_called = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || first == '+' || first == '-' || first == '*')
        {
            let cost = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok()).unwrap_or(0);
            if counting && !of_called {
                sum += cost;
            }
            of_called = false;
        }
    }
    sum
}
