//! Names that try to be markup stay names, on every page that shows them: those of users, and of everything else that a change can name.
#![forbid(unsafe_code)]

use crate::browser::{Browser, hidden, shown};
use crate::server::{Server, callers};
use linewarden::{Author, Document, change_line};

/// The name, as the page gets it: markup, an attribute's end, an entity, a backtick. A user's name holds no `/`.
const NAME: &str = "<img src=x onerror=alert(1)>\"'&lt;<script>`";

/// Each change that gives something a name, with `H` for the name.
const NAMED: &[&str] = &[
    "add user H",
    "add team H",
    "add location H",
    "add device H",
    "add site H external external external",
    "add site_group H H",
    "set site H H H",
    "set site alice H H",
    "set site bob H",
    "add workgroup H assistant",
    "add member workgroup H alice bob H",
    "add monitoring_group H",
    "set monitoring_group H observers_to_members assistant",
    "add member observers H bob",
    "add member monitored H alice H",
    "add authorization_group H",
    "set group_grant H public",
    "add member authorization_group H bob H",
    "set leader_grant H team",
    "add member leaders H alice",
    "add permission H",
    "add role_type H pickup.group",
    "add member permission H bob H",
    "add member agents H H alice",
    "set notification H pickup_group",
    "set company H H",
    "set container H H",
    "add group H",
    "add member group H bob H",
    "add rule H rights: call.listen actors: group:H targets: alice",
    "set administrator H workgroups H",
    "set vip H yes",
    "set relationship H bob assistant",
    "set relationship alice H team_colleague",
    "set grant H bob personal",
    "ask H alice",
    "begin transfer H H alice consulted",
];

fn line(template: &str) -> String {
    let words = template.split(' ').map(|word| match word {
        "H" => NAME.to_owned(),
        "group:H" => format!("group:{NAME}"),
        word => word.to_owned(),
    });
    change_line(&words.collect::<Vec<_>>())
}

#[test]
fn hostile_names_stay_names() {
    let document = "domain = \"acme.example\"\nsystems = [\"xphone\", \"estos\", \"pascom\", \"keevio\", \"linewarden\"]\n\
                    user = [{ name = \"alice\", lines = [\"100\"] }, { name = \"bob\" }]\n";
    let callers = callers();
    let own = callers.split("[[caller]]").filter(|one| !one.contains("other")).collect::<Vec<_>>().join("[[caller]]");
    let server =
        Server::new(&[Document { name: "acme.toml".into(), text: document.into() }], &format!("{own}\n[page]\n"));
    for template in NAMED {
        let made = server.engine.apply_text(Author::Administrator, Some("acme.example"), &line(template));
        made.unwrap_or_else(|error| panic!("{template}: {}", error.message()));
    }
    let mut admin = Browser::of(&server, "admin");
    let quoted: String = form_urlencoded::byte_serialize(NAME.as_bytes()).collect();
    let mut paths: Vec<String> = [
        "/page/",
        "/page/?q=H",
        "/page/person?party=H",
        "/page/person?party=team:H",
        "/page/person?party=location:H",
        "/page/person?party=device:H",
        "/page/person?party=Hx",
        "/page/person?party=alice&right=call.listen",
        "/page/pair?actor=H&target=alice&right=call.listen",
        "/page/pair?actor=H&target=alice&right=presence.status.read",
        "/page/pair?actor=bob&target=alice&right=call.listen",
        "/page/pair?actor=bob&target=alice&right=call.pickup",
        "/page/pair?actor=bob&target=H&right=call.pickup",
        "/page/pair?actor=alice&target=H&right=H",
        "/page/picture?kind=H&cell=H",
        "/page/report?for=alice&since=0",
        "/page/report?for=H&since=0",
        "/page/report?company=yes&since=0",
        "/page/report?for=alice&since=H",
        "/page/history",
        "/page/history?text=H",
        "/page/pending",
        "/page/lint",
        "/page/codes?actor=H&code=H",
        "/page/codes?actor=alice&code=*81H",
        "/page/change?party=H",
        "/page/change?form=set+vip&party=H",
        "/page/change?form=H",
        "/page/change/preview?of=H",
        "/page/login/H",
        "/page/H",
    ]
    .map(|path| path.replace('H', &quoted))
    .to_vec();
    for kind in ["site", "workgroup", "observers", "observed", "authorization group", "permission", "group"] {
        let kind: String = form_urlencoded::byte_serialize(kind.as_bytes()).collect();
        paths.extend(
            ["0-0", "0-1", "1-0"].map(|cell| format!("/page/picture?right=call.listen&kind={kind}&cell={cell}")),
        );
    }
    let mut seen = 0;
    for path in &paths {
        for language in ["en", "de"] {
            let _ = admin.submit("/page/language", &[("lang", language), ("back", "/page/")]);
            let answer = admin.get(path);
            stays_a_name(path, &answer.body);
            seen += usize::from(answer.body.contains("&lt;img"));
        }
    }
    assert!(seen > 50, "only {seen} pages show the name");
    // What each change would do, and taking it back.
    for template in NAMED.iter().map(|template| template.replacen("add ", "remove ", 1)) {
        let preview = admin.submit("/page/change/preview", &[("text", &line(&template))]);
        stays_a_name(&template, &preview.body);
    }
    let revision = server.engine.revision();
    for revision in 2..=revision {
        let undo = admin.submit("/page/history/undo", &[("revision", &revision.to_string())]);
        stays_a_name(&format!("undo {revision}"), &undo.body);
    }
    // A form takes it as a name, too.
    let preview = admin.submit("/page/change/preview", &[("form", "set vip"), ("user", NAME), ("on", "no")]);
    assert_eq!(hidden(&preview.body, "text"), line("set vip H no"), "{}", shown(&preview.body));
    stays_a_name("a form", &preview.body);
}

fn stays_a_name(what: &str, body: &str) {
    for markup in ["<img", "<script", "onerror=alert(1)>", "\"'&l"] {
        assert!(!body.contains(markup), "{what} has {markup}: {body}");
    }
}
