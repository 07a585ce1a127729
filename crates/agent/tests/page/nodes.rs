//! The status of other nodes, which the page asks over HTTP.
#![forbid(unsafe_code)]

use crate::browser::{Browser, shown};
use crate::server::{Server, callers, companies};
use linewarden::Author;

#[test]
fn each_node_says_how_it_is_and_none_holds_up_the_page() {
    let other = Server::usual();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{name}\n")).unwrap();
        path.display().to_string()
    };
    // One that accepts and says nothing, one that is not there, one that does not know the token.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let node = |name: &str, url: String, token: &str| {
        format!("[[page.node]]\nname = \"{name}\"\nurl = \"{url}\"\ntoken_file = \"{}\"\n", file(token))
    };
    let at = format!("http://{}", other.address);
    let nodes = [
        node("second", at.clone(), "ask"),
        node("stranger", at.clone(), "wrong"),
        node("gone", format!("http://{gone}"), "ask"),
        node("<b>silent", format!("http://{}", silent.local_addr().unwrap()), "ask"),
    ];
    let server = Server::new(&companies(), &format!("{}\n[page]\n{}", callers(), nodes.concat()));
    let mut admin = Browser::of(&server, "admin");
    let mut look = || {
        let began = std::time::Instant::now();
        let answer = admin.request("GET", "/page/status", &[], b"");
        assert!(began.elapsed().as_secs() < 5, "the page waits for a node that says nothing");
        assert!(!answer.body.contains("<b>"), "{}", answer.body);
        assert!(!answer.body.contains("Bearer") && answer.header("refresh").is_some(), "one is still asked");
        shown(&answer.body)
    };
    let until = |look: &mut dyn FnMut() -> String, words: &str| {
        let began = std::time::Instant::now();
        loop {
            let page = look();
            if page.contains(words) {
                return page;
            }
            assert!(began.elapsed().as_secs() < 60, "{words}: {page}");
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    };
    let page = until(&mut look, "second one machine, no cluster 0");
    assert!(page.contains("second one machine, no cluster 0 1"), "{page}");
    until(&mut look, "stranger does not answer:");
    until(&mut look, "401");
    until(&mut look, "gone does not answer:");
    other.engine.apply_text(Author::Administrator, Some("acme.example"), "set vip bob yes").unwrap();
    until(&mut look, "second one machine, no cluster 0 2");
    // A user sees none of it, and no node is asked for a user.
    assert_eq!(Browser::of(&server, "alice").get("/page/status").status, 403);
}

/// A token goes to no node over a line that others can read, and a missing file is an error at the start.
#[test]
fn a_node_in_the_clear_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "a token").unwrap();
    let store = folder.path().join("rights.db");
    drop(linewarden::Engine::create_from(&store, &companies(), None).unwrap());
    for (url, file, why) in [
        ("http://db2.example:8460", &token, "not encrypted"),
        ("db2", &token, "expected an address"),
        ("https://db2.example", &folder.path().join("none"), "none"),
    ] {
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\n{}\n[page]\n[[page.node]]\nname = \"db2\"\nurl = \"{url}\"\ntoken_file = \"{}\"\n",
            callers(),
            file.display()
        );
        let config = linewarden_agent::http::config::Config::parse(&text).unwrap();
        let error = linewarden_agent::http::Service::open(&store, config).unwrap_err();
        assert!(error.message().contains(why) && error.message().contains("db2"), "{error}");
    }
}
