//! The C side of the tests: the library as C programs get it, the compilers, and programs built and run against it.
//!
//! What a test needs and does not find (a compiler, valgrind) is a failure that says what to install, never a silent pass.
#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

/// The repository's folder.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        own.ancestors().nth(2).expect("it lies in crates/").to_path_buf()
    });
    &ROOT
}

/// The shared library that cargo built for this very test: the crate is a cdylib too, so it lies beside the test's program.
pub fn built_library() -> PathBuf {
    let program = std::env::current_exe().expect("the test's own path");
    let library = program.parent().expect("a folder").join("liblinewarden.so");
    assert!(library.exists(), "{} is missing: cargo puts it there when it builds the tests", library.display());
    library
}

/// The library with the feature `panic-probe`. It has the profile of `make test-abi`, which builds the fastest, so it never takes the place of a
/// library that other tests load; `make test-abi` puts its own back.
pub fn probe_library() -> PathBuf {
    let deps = built_library();
    let target = deps.ancestors().nth(3).expect("the target folder");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--profile", "abi", "--package", "linewarden", "--lib", "--features", "panic-probe"]);
    cargo
        .args(["--message-format", "json", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target);
    let built = cargo.stderr(Stdio::inherit()).output().expect("cargo runs");
    assert!(built.status.success(), "the library with the panic probe does not build");
    String::from_utf8(built.stdout)
        .expect("cargo speaks UTF-8")
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == "linewarden")
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .find(|name| name.extension() == Some(OsStr::new("so")))
        .expect("cargo names the library it built")
}

/// A tool that must be there; the failure says how to get it.
pub fn tool(name: &str) -> Command {
    assert!(
        has(name),
        "`{name}` is missing; as root: apt-get install gcc g++ binutils strace valgrind (make test does it)"
    );
    Command::new(name)
}

/// Whether a tool is there.
pub fn has(name: &str) -> bool {
    Command::new(name)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a command to its end; its output if it went well, a failure with all of it otherwise.
pub fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}\n{}", printed(&output));
    output
}

/// The same with something to read on its standard input.
pub fn run_with_input(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut pipe = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // From a thread of its own: the program may answer before it has read everything.
    let writer = std::thread::spawn(move || pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("the program ends");
    // A program that stopped reading has said why.
    let _ = writer.join();
    output
}

/// Status and both outputs of a program, for a message.
pub fn printed(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{}\n--- stdout\n{out}\n--- stderr\n{err}", output.status)
}

/// A scratch folder with the library under the names C programs link and load it by.
pub struct Workshop {
    scratch: tempfile::TempDir,
}

/// How a program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// Without help.
    Plain,
    /// With AddressSanitizer (which brings the leak check) and UndefinedBehaviorSanitizer.
    Sanitized,
}

impl Workshop {
    /// A workshop with that library.
    pub fn new(library: &Path) -> Workshop {
        let scratch = tempfile::tempdir().expect("a scratch folder");
        let soname = format!("liblinewarden.so.{}", linewarden::ffi::lw_abi_version());
        for name in ["liblinewarden.so", &soname] {
            std::os::unix::fs::symlink(library, scratch.path().join(name)).expect("a link to the library");
        }
        Workshop { scratch }
    }

    /// A path in the scratch folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// A copy of `tests/c/documents/<name>` that a program may change.
    pub fn document(&self, name: &str) -> PathBuf {
        let copy = self.path(name);
        fs::copy(root().join("tests/c/documents").join(name), &copy).expect("a copy of the document");
        copy
    }

    /// Builds a program from one C file.
    pub fn build(&self, source: &Path, build: Build) -> PathBuf {
        self.build_all(&[source.to_owned()], build)
    }

    /// Builds a program from several, called as the first one; their folders are searched for headers.
    pub fn build_all(&self, sources: &[PathBuf], build: Build) -> PathBuf {
        let source = sources.first().expect("a source");
        let name = source.file_stem().and_then(OsStr::to_str).expect("a file name");
        let program = self.path(&format!("{name}-{build:?}"));
        let mut gcc = tool("gcc");
        gcc.args(["-std=c99", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-O1", "-pthread"]);
        if build == Build::Sanitized {
            gcc.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]);
        }
        gcc.arg("-I").arg(root().join("include"));
        for folder in sources.iter().filter_map(|source| source.parent()) {
            gcc.arg("-I").arg(folder);
        }
        gcc.args(sources).arg("-o").arg(&program);
        gcc.arg("-L").arg(self.scratch.path()).arg(format!("-Wl,-rpath,{}", self.scratch.path().display()));
        gcc.args(["-llinewarden", "-ldl"]);
        run(&mut gcc);
        if build == Build::Sanitized {
            let symbols = run(tool("nm").arg(&program));
            let symbols = String::from_utf8_lossy(&symbols.stdout);
            assert!(symbols.contains("__asan_init"), "{} was built without AddressSanitizer", program.display());
            assert!(symbols.contains("__ubsan_handle"), "{} was built without UBSan", program.display());
        }
        program
    }
}

/// A program run under valgrind: any error and any leak is a failure, in children too. What is only "possibly" lost is left to
/// AddressSanitizer: valgrind takes a static hash table for that, because the table keeps a pointer to the middle of its memory.
pub fn valgrind(program: &Path) -> Command {
    let mut command = tool("valgrind");
    command.args(["--quiet", "--error-exitcode=99", "--leak-check=full", "--fair-sched=yes"]);
    command.args(["--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite,indirect"]).arg(program);
    command
}
