//! Where people wait: how long each command takes on made-up companies, and its peak memory, beside the goal.
//!
//! `cargo bench -p linewarden-cli --bench people`, on a machine that does nothing else; `USERS=10000,100000` says for which sizes. It
//! runs the command as people do, a process for each question, and must never be read as a test: its figures are of one machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs, unsafe_code)]

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    let sizes = std::env::var("USERS").unwrap_or_else(|_| "10000,100000".into());
    println!(
        "{:>8}  {:32} {:>9} {:>9} {:>8}   {:>9} {:>8}",
        "users", "command", "elapsed", "user s", "MB", "goal", "MB"
    );
    for users in sizes.split(',') {
        linux::people(users.trim());
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File, OpenOptions};
    use std::io::{Read, Seek, SeekFrom, Write};
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::Instant;

    /// Goals for 10,000 and 100,000 users: seconds and megabytes; 0 where there is none.
    type Goals = [(f64, u64); 2];
    const NONE: Goals = [(0.0, 0); 2];

    struct Bench<'a> {
        folder: &'a Path,
        users: &'a str,
    }

    pub fn people(users: &str) {
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench { folder: folder.path(), users };
        bench.output(&["generate", "--users", users, "--systems", "xphone"], "company.toml");
        // Only the end is read: the peak of this process would count as that of the commands it starts.
        let [company, edited] = ["company.toml", "edited.toml"].map(|name| folder.path().join(name));
        let length = fs::copy(&company, &edited).unwrap();
        let tail = length.saturating_sub(4096);
        let mut file = OpenOptions::new().read(true).write(true).open(&edited).unwrap();
        file.seek(SeekFrom::Start(tail)).unwrap();
        let mut text = Vec::new();
        file.read_to_end(&mut text).unwrap();
        // Every byte of an entry counts, but the cut may lie in a letter of the entry before.
        let text = String::from_utf8_lossy(&text).into_owned();
        let last = text.rfind("[[relationship]]").unwrap();
        let word = |key: &str| text[last..].split(&format!("{key} = \"")).nth(1).unwrap().split('"').next().unwrap();
        let (owner, viewer, level) = (word("owner"), word("viewer"), word("level"));
        // Both are offered for users and for outside contacts.
        let other = if level == "blocked" { "employee" } else { "blocked" };
        let entry = text[last..].replacen(&format!("level = \"{level}\""), &format!("level = \"{other}\""), 1);
        let at = length - (text.len() - last) as u64;
        file.set_len(at).unwrap();
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(entry.as_bytes()).unwrap();
        let unknown = format!("{owner}x");
        let set = ["set", "relationship", owner, viewer, other];

        bench.row(
            "check, document",
            [(0.0, 0), (2.5, 250)],
            &["check", "company.toml", viewer, "call.pickup", owner],
            &[0, 1],
        );
        bench.row("diff of equal documents", [(0.5, 0), (5.0, 0)], &["diff", "company.toml", "company.toml"], &[0]);
        bench.row("diff of a one-line edit", [(0.5, 0), (5.0, 0)], &["diff", "company.toml", "edited.toml"], &[1]);
        bench.row("import, new store", NONE, &["import", "rights.db", "company.toml"], &[0]);
        bench.row(
            "import --dry-run, one line",
            [(0.5, 0), (5.0, 0)],
            &["import", "rights.db", "edited.toml", "--dry-run"],
            &[0],
        );
        bench.row("check, store", [(0.05, 60); 2], &["check", "rights.db", viewer, "call.pickup", owner], &[0, 1]);
        bench.row("check, unknown name", [(0.5, 0); 2], &["check", "rights.db", viewer, "call.pickup", &unknown], &[2]);
        bench.row("wait", [(0.05, 60); 2], &["wait", "rights.db", "1"], &[0]);
        bench.row("explain, store", [(0.3, 0); 2], &["explain", "rights.db", viewer, "call.pickup", owner], &[0, 1]);
        bench.row("pending", [(0.05, 60); 2], &["pending", "rights.db", owner], &[0]);
        let dry = [&["apply", "rights.db"][..], &set, &["--dry-run"]].concat();
        bench.row("apply --dry-run, one line", [(0.2, 0), (1.0, 0)], &dry, &[0]);
        bench.row("apply, one line", [(0.05, 60); 2], &[&["apply", "rights.db"][..], &set].concat(), &[0]);
        bench.row("history --limit 1", [(0.05, 60); 2], &["history", "rights.db", "--limit", "1"], &[0]);
        bench.row("history, the import", [(1.0, 0); 2], &["history", "rights.db", "--until", "1"], &[0]);
        bench.row("who", [(0.3, 0); 2], &["who", "rights.db", "call.pickup", owner], &[0]);
        bench.row("whom", [(0.3, 0); 2], &["whom", "rights.db", viewer, "call.pickup"], &[0]);
        bench.row("backup", [(1.0, 50); 2], &["backup", "rights.db", "backup.db"], &[0]);
        bench.row("verify", [(5.0, 200); 2], &["verify", "rights.db"], &[0]);
        // What it takes where the packed snapshot is missing, and the next one who asks.
        fs::remove_file(folder.path().join("rights.db-packed")).unwrap_or_default();
        bench.row("explain, from documents", NONE, &["explain", "rights.db", viewer, "call.pickup", owner], &[0, 1]);
        bench.row(
            "explain, after that",
            [(0.3, 0); 2],
            &["explain", "rights.db", viewer, "call.pickup", owner],
            &[0, 1],
        );
    }

    impl Bench<'_> {
        fn command(&self, arguments: &[&str]) -> Command {
            let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden"));
            command.args(arguments).current_dir(self.folder).stdin(Stdio::null()).stderr(Stdio::null());
            command
        }

        fn output(&self, arguments: &[&str], file: &str) {
            let out = File::create(self.folder.join(file)).unwrap();
            assert!(self.command(arguments).stdout(out).status().unwrap().success());
        }

        /// Runs the command and prints what it took. A command that ends with an error is no figure: it would look fast.
        #[allow(clippy::zombie_processes, reason = "`waited` waits for it")]
        fn row(&self, what: &str, goals: Goals, arguments: &[&str], ends: &[i32]) {
            let start = Instant::now();
            let child = self.command(arguments).stdout(Stdio::null()).spawn().unwrap();
            let (status, user, kilobytes) = waited(child.id());
            let seconds = start.elapsed().as_secs_f64();
            assert!(ends.contains(&status), "{arguments:?} ended with {status}, expected one of {ends:?}");
            let (goal, most) = goals[usize::from(self.users.parse::<u32>().unwrap() >= 100_000)];
            let shown = |value: String, none: bool| if none { "-".into() } else { value };
            println!(
                "{:>8}  {what:32} {seconds:>9.3} {user:>9.3} {:>8}   {:>9} {:>8}",
                self.users,
                kilobytes / 1024,
                shown(goal.to_string(), goal == 0.0),
                shown(most.to_string(), most == 0)
            );
        }
    }

    /// Waits for a process of ours and returns its exit status, -1 where a signal ended it, its seconds in user mode, and its peak
    /// memory in kilobytes.
    fn waited(child: u32) -> (i32, f64, i64) {
        // SAFETY: a structure of integers, for which zero is a value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        let mut status = 0;
        // SAFETY: the pointers are to variables of ours; the process is a child that nothing else waits for.
        let ended = unsafe { libc::wait4(child as libc::pid_t, &mut status, 0, &mut usage) };
        let exited = ended == child as libc::pid_t && libc::WIFEXITED(status);
        let user = usage.ru_utime.tv_sec as f64 + usage.ru_utime.tv_usec as f64 / 1e6;
        (if exited { libc::WEXITSTATUS(status) } else { -1 }, user, usage.ru_maxrss)
    }
}
