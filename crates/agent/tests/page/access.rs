//! Who gets in and by what; forms of others, cookies of others, headers of others.
#![forbid(unsafe_code)]

use crate::browser::{Browser, hidden, shown};
use crate::server;
use crate::server::{Server, caller, callers, companies};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;

#[test]
fn without_the_page_in_the_configuration_there_is_none() {
    let server = Server::usual();
    let mut browser = Browser::new(&server);
    for path in ["/page/login", "/page/", "/page/history"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_token_lets_in_and_nothing_else_does() {
    let server = server();
    let mut browser = Browser::new(&server);
    let answer = browser.get("/page/history");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/page/login")));
    let wrong = browser.login("wrong");
    assert_eq!(wrong.status, 401);
    assert!(!wrong.body.contains("wrong\"") && shown(&wrong.body).contains("not known"));
    // Without the field that the login form hides, or with that of another form.
    assert_eq!(browser.send("/page/login", &[("token", "admin")]).status, 403);
    assert_eq!(browser.send("/page/login", &[("token", "admin"), ("once", &"0".repeat(64))]).status, 403);
    let answer = browser.login("admin");
    let cookie = answer.headers.iter().find(|(name, value)| name == "set-cookie" && value.starts_with("linewarden="));
    let cookie = &cookie.unwrap().1;
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/page"));
    let page = browser.get("/page/history");
    assert_eq!(page.status, 200, "{page:?}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    assert!(!page.body.contains("<script") && !page.body.contains(" style=") && !page.body.contains(" onclick"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    // The cookie is good for the page alone.
    let api = browser.request("GET", "/v1/status", &[], b"");
    assert_ne!(api.status, 200);
    assert_eq!(browser.submit("/page/logout", &[]).status, 303);
    assert_eq!(browser.get("/page/").header("location"), Some("/page/login"));
}

/// Without `[page.oidc]` there is no login by a provider; with one that does not answer, the others go on.
#[test]
fn a_provider_that_is_not_there_lets_no_one_in() {
    let server = server();
    let mut browser = Browser::new(&server);
    for path in ["/page/login/oidc", "/page/login/oidc/back?code=a&state=b"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
    assert!(!browser.get("/page/login").body.contains("oidc"));
    // An issuer at which no one listens; and a domain that is not there is refused at the start.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let page = "[page.oidc]\nname = \"Acme\"\nclient_id = \"us\"\ndomain = \"acme.example\"\n";
    let known = format!("public_url = \"http://localhost\"\n{}\n{page}issuer = \"http://{free}\"\n", callers());
    let server = Server::new(&companies(), &known);
    let mut browser = Browser::new(&server);
    assert!(shown(&browser.get("/page/login").body).contains("Log in with Acme"));
    assert_eq!(browser.get("/page/login/oidc").status, 502);
    for path in ["/page/login/oidc/back?code=a&state=b", "/page/login/oidc/back", "/page/login/oidc/back?error=x"] {
        let answer = browser.get(path);
        assert_eq!(answer.status, 403, "{path}: {}", shown(&answer.body));
    }
    assert_eq!(browser.get("/page/").header("location"), Some("/page/login"));
    assert_eq!(browser.login("admin").status, 303);
    let store = tempfile::tempdir().unwrap();
    let path = store.path().join("rights.db");
    drop(linewarden::Engine::create_from(&path, &companies(), None).unwrap());
    let wrong = format!(
        "listen = [\"127.0.0.1:0\"]\n{}",
        known.replace("domain = \"acme.example\"\nissuer", "domain = \"acme2.example\"\nissuer")
    );
    let config = linewarden_agent::http::config::Config::parse(&wrong).unwrap();
    let error = linewarden_agent::http::Service::open(&path, config).unwrap_err();
    assert!(error.message().contains("acme2.example"), "{error}");
}

#[test]
fn a_form_of_another_site_or_session_is_refused() {
    let server = server();
    let mut browser = Browser::of(&server, "admin");
    let before = server.engine.revision();
    let fields = [("text", "set vip alice yes"), ("revision", "1")];
    assert_eq!(browser.send("/page/change/apply", &fields).status, 403, "without the token");
    let mut other = Browser::of(&server, "all");
    let csrf = hidden(&other.get("/page/").body, "csrf");
    let mut with = fields.to_vec();
    with.push(("csrf", &csrf));
    assert_eq!(browser.send("/page/change/apply", &with).status, 403, "with the token of another session");
    let csrf = hidden(&browser.get("/page/").body, "csrf");
    let body = format!("csrf={csrf}&text=set+vip+alice+yes&revision=1");
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let headers = [("content-type", "application/x-www-form-urlencoded"), (name, value)];
        assert_eq!(
            browser.request("POST", "/page/change/apply", &headers, body.as_bytes()).status,
            403,
            "{name}: {value}"
        );
    }
    let headers = [("content-type", "text/plain"), ("origin", "http://localhost")];
    assert_eq!(browser.request("POST", "/page/change/apply", &headers, body.as_bytes()).status, 400);
    server.engine.reload().unwrap();
    assert_eq!(server.engine.revision(), before, "nothing was changed");
    // An address of another site is no way back.
    for back in [
        "https://evil.example/",
        "//evil.example",
        "/page/\\evil.example",
        "/page//evil.example",
        "/page/a\0b",
        "/page/ä",
    ] {
        let answer = browser.submit("/page/language", &[("lang", "de"), ("back", back)]);
        assert_eq!(answer.header("location"), Some("/page/"), "{back}");
    }
    assert!(browser.get("/page/").body.contains("lang=\"de\""));
}

#[test]
fn the_proxy_is_believed_and_no_other() {
    let server = server();
    let mut browser = Browser::new(&server);
    browser.headers.push(("x-remote-user".into(), "root".into()));
    assert_eq!(browser.get("/page/history").status, 200);
    // The session of the proxy is worth nothing without its word, nor with another one.
    let cookies = browser.cookies.clone();
    browser.headers.clear();
    assert_eq!(browser.get("/page/history").header("location"), Some("/page/login"));
    browser.headers.push(("x-remote-user".into(), "alice".into()));
    browser.cookies = cookies;
    assert_eq!(browser.get("/page/history").status, 403, "alice is a user");
    assert!(shown(&browser.get("/page/person?party=alice").body).contains("alice"));
    assert_eq!(browser.get("/page/person?party=bob").status, 403);
    for name in ["mallory", "100", "sip:alice@acme.example", ""] {
        browser.headers = vec![("x-remote-user".into(), name.into())];
        browser.cookies.clear();
        assert_eq!(browser.get("/page/").status, 403, "{name}");
    }
    browser.headers = vec![("x-remote-user".into(), "alice".into()), ("x-remote-user".into(), "root".into())];
    assert_eq!(browser.get("/page/").status, 403, "two names");
    // From an address that is not the proxy's.
    let page = "[page.proxy]\naddresses = [\"10.1.2.3\"]\nheader = \"x-remote-user\"\ndomain = \"acme.example\"\n";
    let server = Server::new(&companies(), &format!("{}\n{page}", callers()));
    let mut browser = Browser::new(&server);
    browser.headers.push(("x-remote-user".into(), "alice".into()));
    assert_eq!(browser.get("/page/").status, 403);
    assert!(browser.cookies.is_empty());
}

/// A browser behind a forwarded port of a unix socket is who the system says.
#[test]
fn the_user_of_the_socket_is_logged_in() {
    let listen = "listen = [\"unix:FOLDER/socket\", \"127.0.0.1:0\"]\nsocket_mode = \"0600\"\nhosts = [\"pbx.example\"]\n[page]\n";
    let uid = std::fs::metadata("/proc/self").unwrap().uid();
    let known = format!("{listen}{}", caller("desk", "administer", "acme.example", &format!("uid = {uid}")));
    let server = Server::with(&companies(), &format!("{known}{}", callers()));
    let at_socket = || Browser::over(UnixStream::connect(server.folder.path().join("socket")).unwrap());
    let mut browser = at_socket();
    let page = browser.get("/page/history");
    assert_eq!(page.status, 200, "{}", shown(&page.body));
    assert!(shown(&page.body).contains("desk"), "{}", shown(&page.body));
    let done = browser.submit("/page/change/apply", &[("text", "set vip carol yes"), ("revision", "1")]);
    assert_eq!(done.status, 303, "{}", shown(&done.body));
    // Its cookie is worth nothing at the address, where the system says no one's name.
    let cookies = browser.cookies.clone();
    let mut elsewhere = Browser::at(server.addresses.iter().find(|address| !address.starts_with("unix:")).unwrap());
    elsewhere.cookies = cookies;
    assert_eq!(elsewhere.get("/page/history").header("location"), Some("/page/login"));
    // A page of a stranger whose name leads to the forwarded port finds no one logged in.
    for (host, status) in
        [("evil.example", 421), ("evil.example:8460", 421), ("pbx.example", 200), ("localhost:8460", 200)]
    {
        let mut stranger = at_socket();
        stranger.host = host.into();
        assert_eq!(stranger.get("/page/history").status, status, "{host}");
        assert_eq!(stranger.get("/v1/history").status, status, "{host}");
    }
    // Who logs in with a token is that caller, at the socket too.
    let mut token = Browser::at(server.addresses.iter().find(|address| !address.starts_with("unix:")).unwrap());
    assert_eq!(token.login("alice").status, 303);
    let mut again = at_socket();
    again.cookies = token.cookies;
    assert_eq!(again.get("/page/history").status, 403, "alice is a user");
    // A user that no caller has is not known.
    let strange = Server::with(
        &companies(),
        &format!("{listen}{}", caller("desk", "administer", "acme.example", "uid = 4000000")),
    );
    let mut browser = Browser::over(UnixStream::connect(strange.folder.path().join("socket")).unwrap());
    assert_eq!(browser.get("/page/history").header("location"), Some("/page/login"));
}

#[test]
fn a_user_sees_the_own_rights_and_no_others() {
    let server = server();
    let mut alice = Browser::of(&server, "alice");
    for path in [
        "/page/",
        "/page/?q=bob",
        "/page/person?party=alice",
        "/page/pair?actor=bob&target=alice",
        "/page/pair?actor=alice&target=carol&right=call.pickup",
        "/page/report",
        "/page/pending",
        "/page/change",
        "/page/codes?code=*8110",
    ] {
        assert_eq!(alice.get(path).status, 200, "{path}");
    }
    for path in [
        "/page/person?party=bob",
        "/page/pair?actor=bob&target=carol",
        "/page/history",
        "/page/picture",
        "/page/lint",
        "/page/status",
    ] {
        assert_eq!(alice.get(path).status, 403, "{path}");
    }
    let refused = |path: &str, alice: &mut Browser| shown(&alice.get(path).body);
    let there = refused("/page/person?party=bob", &mut alice);
    assert_eq!(there, refused("/page/person?party=nouser", &mut alice), "who is not there is refused alike");
    // Another's name in the address changes nothing: it is the own report.
    assert!(shown(&alice.get("/page/report?for=bob").body).contains("towards alice"));
    assert!(shown(&alice.get("/page/report?company=yes").body).contains("towards alice"));
    // A user changes what is the user's, as the engine says.
    let done = alice.submit("/page/change/preview", &[("text", "set relationship bob carol assistant")]);
    assert_eq!(done.status, 403, "{}", shown(&done.body));
    // Another company is not there, whatever it is called.
    let mut admin = Browser::of(&server, "admin");
    for path in ["/page/person?party=other.example/olga", "/page/pair?actor=olga&target=otto"] {
        let answer = admin.get(path);
        assert!([403, 404].contains(&answer.status) && !shown(&answer.body).contains("assistant"), "{path}");
    }
    let done = admin.submit("/page/change/preview", &[("text", "in other.example\nset vip olga yes")]);
    assert!([403, 404].contains(&done.status), "{}", shown(&done.body));
    assert_eq!(admin.submit("/page/domain", &[("domain", "other.example")]).status, 403);
    // Nor does a caller that may only ask get in further than the door.
    let mut ask = Browser::of(&server, "ask");
    assert_eq!(ask.get("/page/person?party=alice").status, 403);
}
