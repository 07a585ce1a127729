//! docs/service.md says the truth: its configuration is read, its lines are run as they stand there with the agent itself and curl, and print
//! what stands there.
#![forbid(unsafe_code)]

use linewarden::Engine;
use linewarden_agent::http::caller::digest;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/service.md")).unwrap()
}

fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Whether a text is as expected; `...` stands for anything.
fn is_like(text: &str, expected: &str) -> bool {
    let mut parts = expected.split("...");
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap()) else { return false };
    let mut last = "";
    for part in parts {
        let Some(found) = rest.find(part) else { return false };
        rest = &rest[found + part.len()..];
        last = part;
    }
    rest.is_empty() || (last.is_empty() && expected.ends_with("..."))
}

fn hex(token: &str) -> String {
    digest(token.as_bytes()).0.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_lines_of_the_page_print_what_it_says() {
    let page = page();
    let folder = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let here = |text: &str| {
        text.replace("127.0.0.1:8460", &free.to_string()).replace("/run/linewarden", folder.path().to_str().unwrap())
    };
    let files = blocks(&page, "toml");
    let [company, config] = [&files[0], &files[1]];
    // The digests of the page are those of its tokens.
    assert!(
        config.contains(&hex("lw_only-for-this-page")) && config.contains(&hex("lw_administrator-of-this-page")),
        "the digests are {} and {}",
        hex("lw_only-for-this-page"),
        hex("lw_administrator-of-this-page")
    );
    std::fs::write(folder.path().join("acme.toml"), company).unwrap();
    std::fs::write(folder.path().join("service.toml"), here(config)).unwrap();
    let mut agent = None;
    let mut asked = 0;
    for block in blocks(&page, "console") {
        for part in block.split("$ ").skip(1) {
            let (line, expected) = part.split_once('\n').unwrap();
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["linewarden", "import", store, document] => {
                    let documents = linewarden::read_documents(folder.path().join(document)).unwrap();
                    drop(Engine::create_from(folder.path().join(store), &documents, None).unwrap());
                }
                ["linewarden-agent", ..] => {
                    let mut command = Command::new(env!("CARGO_BIN_EXE_linewarden-agent"));
                    command.args(&words[1..]).current_dir(folder.path()).stdin(Stdio::null());
                    agent = Some(Running(command.spawn().unwrap()));
                    while TcpStream::connect(free).is_err() {
                        let ended = agent.as_mut().unwrap().0.try_wait().unwrap();
                        assert!(ended.is_none(), "the agent ended: {ended:?}");
                        std::thread::sleep(std::time::Duration::from_millis(20));
                    }
                }
                ["curl", ..] => {
                    let done = Command::new("sh").args(["-c", &here(line)]).output().unwrap();
                    assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
                    let text = String::from_utf8(done.stdout).unwrap();
                    assert!(is_like(&text, expected.trim_end()), "{line}\n{text}\nexpected\n{expected}");
                    asked += 1;
                }
                _ => panic!("`{line}` is not run"),
            }
        }
    }
    assert!(asked >= 9, "only {asked} questions");
    let mut agent = agent.unwrap();
    // Asked to end it ends, and takes its socket with it.
    assert!(folder.path().join("service").exists());
    assert!(Command::new("kill").arg(agent.0.id().to_string()).status().unwrap().success());
    assert!(agent.0.wait().unwrap().success());
    assert!(!folder.path().join("service").exists());
}

#[test]
fn the_page_has_each_key_of_the_configuration() {
    let page = page();
    // The keys, from the error for one that is not known.
    let keys = |text: &str| -> Vec<String> {
        let error = linewarden_agent::http::config::Config::parse(text).unwrap_err();
        let known = error.message().split_once("expected one of ").unwrap_or_else(|| panic!("{error}")).1;
        known.lines().next().unwrap().split(", ").map(|key| key.trim_matches('`').to_owned()).collect()
    };
    let mut all = Vec::new();
    for (table, before) in [("limits", "limits."), ("audit", "audit."), ("tls", "tls.")] {
        let text = format!("listen = []\n[{table}]\nnosuch = 1");
        all.extend(keys(&text).into_iter().map(|key| format!("`{before}{key}`")));
    }
    all.extend(keys("listen = []\n[[caller]]\nnosuch = 1").into_iter().map(|key| format!("`{key}`")));
    let top =
        keys("nosuch = 1").into_iter().filter(|key| !["tls", "limits", "audit", "caller"].contains(&key.as_str()));
    all.extend(top.map(|key| format!("`{key}`")));
    assert!(all.len() > 25, "{all:?}");
    for key in all {
        assert!(page.contains(&key), "docs/service.md does not have {key}");
    }
}

#[test]
fn a_token_and_its_digest_are_drawn() {
    let drawn = || {
        let done = Command::new(env!("CARGO_BIN_EXE_linewarden-agent")).arg("token").output().unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    let (one, other) = (drawn(), drawn());
    assert_ne!(one, other);
    let token = one.lines().next().unwrap().split_whitespace().last().unwrap();
    assert!(one.contains(&format!("token_sha256 = \"{}\"", hex(token))), "{one}");
    for wrong in [&["--store", "rights.db"][..], &["--http", "service.toml"], &[]] {
        let done = Command::new(env!("CARGO_BIN_EXE_linewarden-agent")).args(wrong).output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{wrong:?}");
    }
}
