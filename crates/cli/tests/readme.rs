//! README.md and the tutorial say the truth: their programs are compiled and run, their commands are run, and all print what stands
//! there. It must never pass over a block of a page.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden_testkit::native::{Build, Workshop, built_library, printed, root, run, valgrind};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The command.
fn linewarden() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_linewarden"))
}

/// The blocks of README.md that are marked with that language.
fn blocks(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let fence = format!("```{language}\n");
    let found: Vec<String> =
        readme.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_string()).collect();
    assert!(!found.is_empty(), "README.md has no block marked `{language}`");
    found
}

#[test]
fn first_program_prints_what_the_readme_says() {
    let (programs, prints) = (blocks("c"), blocks("text"));
    assert_eq!((programs.len(), prints.len()), (1, 1));
    let lines = programs[0].lines().count();
    assert!(lines <= 25, "a first program of {lines} lines");
    let workshop = Workshop::new(&built_library());
    let source = workshop.path("first.c");
    fs::write(&source, &programs[0]).unwrap();
    for build in [Build::Plain, Build::Sanitized] {
        let program = workshop.build(&source, build);
        let output = run(Command::new(&program).current_dir(root()));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), prints[0], "{build:?}");
    }
    run(valgrind(&workshop.path("first-Plain")).current_dir(root()));
}

#[test]
fn commands_print_what_the_readme_says() {
    let mut commands = 0;
    // Some make files.
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("examples"), folder.path().join("examples")).unwrap();
    for block in blocks("console") {
        for part in block.split("$ linewarden ").skip(1) {
            let (line, expected) = part.split_once('\n').unwrap();
            let words = line.split(' ').map(|word| word.trim_matches('\''));
            let output = Command::new(linewarden()).args(words).current_dir(&folder).output().unwrap();
            let shown = String::from_utf8_lossy(&output.stdout);
            assert_eq!(timeless(&shown), timeless(expected), "{line}: {}", printed(&output));
            commands += 1;
        }
    }
    assert!(commands >= 6, "only {commands} commands were run");
}

/// The blocks of a page: what stands behind the fence, and the block.
fn blocks_of(page: &str) -> Vec<(String, String)> {
    let page = fs::read_to_string(root().join("docs").join(page)).unwrap();
    let mut found = Vec::new();
    let mut rest = page.as_str();
    while let Some((_, opened)) = rest.split_once("\n```") {
        let (info, block) = opened.split_once('\n').unwrap();
        let (block, after) = block.split_once("\n```").expect("the block ends");
        found.push((info.to_owned(), format!("{block}\n")));
        rest = after;
    }
    found
}

/// A page in one folder with nothing but `examples`, from its first block to its last: how many files and commands it has. `toml FILE`,
/// `c FILE` and `ini FILE` are files to save, `toml >> FILE` is added to one, `console` is run line by line by a shell with both outputs in
/// one.
fn goes_as_it_says(page: &str) -> (usize, usize) {
    let scratch = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("examples"), scratch.path().join("examples")).unwrap();
    let workshop = Workshop::new(&built_library());
    let library = workshop.path("").display().to_string();
    let package = format!(
        "Name: linewarden\nDescription: .\nVersion: 0\nCflags: -I{}\nLibs: -L{library} -llinewarden\n",
        root().join("include").display()
    );
    fs::write(workshop.path("linewarden.pc"), package).unwrap();
    let path = format!("{}:{}", linewarden().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let (mut files, mut commands) = (0, 0);
    for (info, block) in blocks_of(page) {
        match info.split(' ').collect::<Vec<_>>()[..] {
            ["toml" | "c" | "ini", file] => {
                fs::write(scratch.path().join(file), block).unwrap();
                files += 1;
            }
            ["toml", ">>", file] => {
                let mut file = fs::OpenOptions::new().append(true).open(scratch.path().join(file)).unwrap();
                file.write_all(block.as_bytes()).unwrap();
                files += 1;
            }
            ["console"] => {
                for part in format!("\n{block}").split("\n$ ").skip(1) {
                    let (line, expected) = part.split_once('\n').unwrap_or((part, ""));
                    let mut shell = Command::new("sh");
                    shell.arg("-c").arg(format!("{{ {line}\n}} 2>&1")).current_dir(&scratch).env("PATH", &path);
                    shell.env("PKG_CONFIG_PATH", &library).env("LD_LIBRARY_PATH", &library);
                    let output = shell.output().unwrap();
                    let shown = String::from_utf8_lossy(&output.stdout);
                    assert_eq!(timeless(&shown), timeless(expected), "{page}: {line}: {}", printed(&output));
                    commands += 1;
                }
            }
            _ => panic!("docs/{page} has a block `{info}` that this test does not run"),
        }
    }
    (files, commands)
}

#[test]
fn tutorial_goes_as_it_says() {
    let (files, commands) = goes_as_it_says("tutorial.md");
    assert!(files >= 3 && commands >= 25, "only {files} files and {commands} commands");
}

#[test]
fn first_hour_goes_as_it_says() {
    let (files, commands) = goes_as_it_says("first-hour.md");
    assert!(files >= 3 && commands >= 10, "only {files} files and {commands} commands");
}

/// The same with every day and time of day replaced.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.split_once(" UTC") {
        Some((before, after)) if before.len() > 23 => {
            format!("{}DAY AND TIME UTC{after}", &before[..before.len() - 23])
        }
        _ => line.to_owned(),
    };
    text.lines().map(line).map(|line| undated(&line)).collect::<Vec<_>>().join("\n")
}

/// The same with the digits of every `2026-11-27` replaced, and of what follows it to the next `Z`.
fn undated(line: &str) -> String {
    let is_date = |text: &str| {
        let bytes = text.as_bytes();
        bytes.len() >= 10
            && (0..10).all(|at| if at == 4 || at == 7 { bytes[at] == b'-' } else { bytes[at].is_ascii_digit() })
    };
    let Some(at) = (0..line.len()).find(|at| line.is_char_boundary(*at) && is_date(&line[*at..])) else {
        return line.to_owned();
    };
    let time = line.as_bytes().get(at + 10) == Some(&b'T') && line.as_bytes().get(at + 19) == Some(&b'Z');
    let after = if time { at + 20 } else { at + 10 };
    format!("{}DATE{}", &line[..at], undated(&line[after..]))
}

/// The index of the manual names every page beside it, and leads only to what is there.
#[test]
fn index_of_the_manual_is_whole() {
    let docs = root().join("docs");
    let index = fs::read_to_string(docs.join("README.md")).unwrap();
    let links: Vec<&str> = index.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    for link in &links {
        assert!(docs.join(link).exists(), "docs/README.md leads to `{link}`, which does not exist");
    }
    for entry in fs::read_dir(&docs).unwrap() {
        let page = entry.unwrap().file_name().into_string().unwrap();
        if page.ends_with(".md") && page != "README.md" {
            assert!(links.contains(&page.as_str()), "docs/README.md does not name `{page}`");
        }
    }
}

/// The pages for people: README.md, CONTRIBUTING.md, SECURITY.md and `docs/`.
fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md"].iter().map(|page| root().join(page)).collect();
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    pages.extend(docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    pages
}

/// Links between the pages lead to files that exist, and to headings that stand there.
#[test]
fn links_lead_somewhere() {
    let mut seen = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if link.starts_with("http") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let to = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(to.exists(), "{} leads to `{link}`, which does not exist", page.display());
            if !anchor.is_empty() {
                let headings = fs::read_to_string(&to).unwrap();
                let found = headings.lines().filter(|line| line.starts_with('#')).any(|line| anchor_of(line) == anchor);
                assert!(found, "{} leads to `{link}`, and no heading there is called so", page.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "only {seen} links were looked at");
}

/// What a heading is called in links.
fn anchor_of(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter(|char| char.is_alphanumeric() || " -_".contains(*char))
        .map(|char| if char == ' ' { '-' } else { char })
        .collect()
}

/// Every file that the documents for people point at is there. `target/` and what is to come are not.
#[test]
fn files_that_are_named_exist() {
    let mut seen = 0;
    for document in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/design.md",
        "docs/release.md",
        "docs/recipes.md",
        "docs/operate.md",
        "docs/performance.md",
        "docs/reliability.md",
    ] {
        let text = fs::read_to_string(root().join(document)).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let word = word.trim_end_matches('/');
            let folders = ["src/", "docs/", "tests/", "examples/", "include/", "fuzz/"];
            let named = folders.iter().any(|folder| word.starts_with(folder)) || word.ends_with(".md");
            if named && !word.contains(['<', '*', ' ', '{']) {
                assert!(root().join(word).exists(), "{document} names `{word}`, which does not exist");
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "only {seen} names were looked at");
}
