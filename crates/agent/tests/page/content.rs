//! What the page shows: search, why, preview, history, report, pictures; in both languages.
#![forbid(unsafe_code)]

use crate::browser::{Browser, hidden, shown};
use crate::server;
use crate::server::{Server, callers};
use linewarden::{Author, Document, diff};
use linewarden_report::{Lang, sentence};

#[test]
fn a_person_is_found_and_every_answer_has_its_rule() {
    let server = server();
    let mut browser = Browser::of(&server, "admin");
    let found = browser.get("/page/?q=ali");
    assert!(found.body.contains("/page/person?party=alice") && !found.body.contains("party=bob"));
    // By extension, and no one of another company.
    assert!(browser.get("/page/?q=110").body.contains("/page/person?party=bob"));
    assert!(!shown(&browser.get("/page/?q=o").body).contains("olga"));
    let person = shown(&browser.get("/page/person?party=alice&right=call.pickup").body);
    assert!(person.contains("bob own setting of the target: assistant"), "{person}");
    assert!(person.contains("revision 1") && person.contains("the administrator"), "{person}");
    let pair = shown(&browser.get("/page/pair?actor=carol&target=alice&right=call.pickup").body);
    assert!(pair.contains("carol may not pick up calls – towards alice"), "{pair}");
    assert!(pair.contains("Each of these changes would allow it"), "{pair}");
    let german = {
        let _ = browser.submit("/page/language", &[("lang", "de"), ("back", "/page/")]);
        shown(&browser.get("/page/pair?actor=carol&target=alice&right=call.pickup").body)
    };
    assert!(german.contains("carol darf nicht Anrufe heranholen – gegenüber alice"), "{german}");
}

/// From a no to a yes and back, as an administrator does it who has never seen a document.
#[test]
fn a_suggested_change_is_previewed_applied_and_taken_back() {
    let server = server();
    let mut browser = Browser::of(&server, "admin");
    let why = browser.get("/page/pair?actor=carol&target=alice&right=call.pickup");
    let text = hidden(&why.body, "text");
    let preview = browser.submit("/page/change/preview", &[("text", &text)]);
    assert_eq!(preview.status, 200);
    let said = shown(&preview.body);
    // The same sentences as of the engine's own difference.
    let engine = &server.engine;
    let entries = engine.entries(Some("acme.example"), &text).unwrap();
    let after = engine.preview(Some(Author::Administrator), &entries).unwrap();
    let changes = diff(engine, &after);
    assert!(!changes.groups.is_empty());
    for group in &changes.groups {
        assert!(said.contains(&sentence(group, Lang::En)), "{said}");
    }
    let (carol, alice) = (engine.resolve(Some("acme.example"), "carol"), engine.resolve(Some("acme.example"), "alice"));
    let (carol, alice) = (carol.unwrap(), alice.unwrap());
    let pickup = "call.pickup".parse().unwrap();
    assert!(!engine.may(carol, pickup, alice), "a preview changes nothing");
    let revision = hidden(&preview.body, "revision");
    let done = browser.submit("/page/change/apply", &[("text", &text), ("revision", &revision)]);
    assert_eq!(done.status, 303, "{}", shown(&done.body));
    engine.reload().unwrap();
    assert!(engine.may(carol, pickup, alice));
    let made = engine.revision();
    let history = browser.get(done.header("location").unwrap());
    let said = shown(&history.body);
    assert!(said.contains(&format!("Revision {made} is in force.")) && said.contains("the administrator"), "{said}");
    let sets = engine.history(&linewarden::Filter { limit: 1, ..Default::default() }).unwrap();
    let hash: String = sets[0].hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(said.contains(&hash), "the hash of the log stands there");
    // The same form again: something else is in force meanwhile, so that it is previewed anew.
    let again = browser.submit("/page/change/apply", &[("text", "set vip bob yes"), ("revision", &revision)]);
    assert!(again.status == 200 && shown(&again.body).contains("Something else was changed meanwhile"));
    let undo = browser.submit("/page/history/undo", &[("revision", &made.to_string())]);
    let (text, revision) = (hidden(&undo.body, "text"), hidden(&undo.body, "revision"));
    let done = browser.submit("/page/change/apply", &[("text", &text), ("revision", &revision)]);
    assert_eq!(done.status, 303, "{}", shown(&done.body));
    engine.reload().unwrap();
    assert!(!engine.may(carol, pickup, alice) && engine.revision() == made + 1, "taken back by a new change set");
}

#[test]
fn a_user_changes_the_own_settings_and_the_log_says_who() {
    let server = server();
    let mut alice = Browser::of(&server, "alice");
    let fields = [("form", "set relationship"), ("owner", "alice"), ("viewer", "carol"), ("label", "assistant")];
    let preview = alice.submit("/page/change/preview", &fields);
    let said = shown(&preview.body);
    assert!(said.contains("set the relationship of alice for carol to assistant"), "{said}");
    assert!(said.contains("set relationship alice carol assistant"), "{said}");
    let (text, revision) = (hidden(&preview.body, "text"), hidden(&preview.body, "revision"));
    assert_eq!(alice.submit("/page/change/apply", &[("text", &text), ("revision", &revision)]).status, 303);
    let mut admin = Browser::of(&server, "admin");
    assert!(shown(&admin.get("/page/history").body).contains("acme.example/alice"));
    let report = shown(&alice.get("/page/report?since=1").body);
    assert!(
        report.contains("Who may see and do what towards alice") && report.contains("acme.example/alice"),
        "{report}"
    );
    // Fields that are no words of the form.
    for (field, value) in [("label", "everything"), ("label", ""), ("owner", ""), ("viewer", "a\u{7}")] {
        let mut wrong = fields.to_vec();
        wrong.iter_mut().filter(|(name, _)| *name == field).for_each(|(_, old)| *old = value);
        assert_eq!(alice.submit("/page/change/preview", &wrong).status, 400, "{field} {value}");
    }
    // A value cannot become a change of its own.
    let tricky = [("form", "set vip"), ("user", "bob yes\nset vip alice"), ("on", "yes")];
    assert_eq!(admin.submit("/page/change/preview", &tricky).status, 400);
}

#[test]
fn inquiries_are_answered_and_all_parts_answer() {
    let server = server();
    let engine = &server.engine;
    engine.apply_text(Author::Administrator, Some("acme.example"), "subscribe bob carol").unwrap();
    let mut admin = Browser::of(&server, "admin");
    let page = admin.get("/page/pending");
    assert!(shown(&page.body).contains("bob asks carol"), "{}", shown(&page.body));
    let text = hidden(&page.body, "text");
    assert_eq!(text, "in acme.example\naccept carol bob");
    let preview = admin.submit("/page/change/preview", &[("text", &text)]);
    assert!(shown(&preview.body).contains("may now, towards"), "{}", shown(&preview.body));
    for path in [
        "/page/lint",
        "/page/codes?actor=alice&code=*8110",
        "/page/status",
        "/page/picture",
        "/page/report?company=yes&since=1",
    ] {
        let answer = admin.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", shown(&answer.body));
    }
    assert!(shown(&admin.get("/page/status").body).contains("one machine, no cluster"));
    assert_eq!(admin.get("/page/nothing").status, 404);
    assert_eq!(admin.get("/page/..%2f..%2fetc/passwd").status, 404);
    assert_eq!(admin.get("/page/style.css").header("content-type"), Some("text/css; charset=utf-8"));
    for path in [
        "/page/person",
        "/page/person?party=alice&party=bob",
        "/page/pair?actor=alice&target=bob&right=x",
        "/page/?from=x",
    ] {
        assert!([400, 404].contains(&admin.get(path).status), "{path}");
    }
    let large = "x".repeat(2 << 20);
    assert_eq!(admin.submit("/page/change/preview", &[("text", &large)]).status, 413);
}

/// The form of every change that the domain's systems have is reached from the page, in both languages; a user has those of the own changes.
#[test]
fn every_change_has_a_form() {
    let server = server();
    let mut admin = Browser::of(&server, "admin");
    let mut alice = Browser::of(&server, "alice");
    let forms = |browser: &mut Browser| {
        let page = browser.get("/page/change").body;
        let links = page.split("href=\"/page/change?form=").skip(1).filter_map(|rest| rest.split('"').next());
        links.map(str::to_owned).collect::<Vec<_>>()
    };
    let (all, own) = (forms(&mut admin), forms(&mut alice));
    assert!(all.len() > 60 && own.len() < all.len() / 2, "{all:?} {own:?}");
    for verb in &all {
        let page = admin.get(&format!("/page/change?form={verb}"));
        assert!(page.status == 200 && page.body.contains("action=\"/page/change/preview\""), "{verb}");
    }
    assert!(own.iter().all(|verb| all.contains(verb)) && !own.contains(&"set+vip".to_owned()));
    assert!(!all.iter().any(|verb| verb.ends_with("domain")), "a domain is no matter of a caller of one domain");
    assert_eq!(admin.get("/page/change?form=set+everything").status, 400);
    for verb in ["set+grant", "remove+domain"] {
        assert_eq!(admin.get(&format!("/page/change?form={verb}")).status, 403, "{verb} is not for this caller");
    }
    assert_eq!(alice.get("/page/change?form=set+vip").status, 403);
    // What no code means is said in words of the language, too.
    let said = shown(&admin.get("/page/codes?actor=alice&code=*8999").body);
    assert!(said.contains("“999”") && !said.contains('`'), "{said}");
    // One that takes several names, as a browser sends it.
    let fields = [("form", "add member"), ("list", "workgroup"), ("of", "sales"), ("parties", "bob\r\ncarol")];
    let made =
        admin.submit("/page/change/preview", &[("form", "add workgroup"), ("name", "sales"), ("label", "assistant")]);
    let (text, revision) = (hidden(&made.body, "text"), hidden(&made.body, "revision"));
    assert_eq!(admin.submit("/page/change/apply", &[("text", &text), ("revision", &revision)]).status, 303);
    let preview = admin.submit("/page/change/preview", &fields);
    assert!(
        shown(&preview.body).contains("put on the list workgroup of sales: bob and carol"),
        "{}",
        shown(&preview.body)
    );
}

/// The picture is of the rights that the change concerns, that which was asked about first.
#[test]
fn a_change_is_pictured_by_the_rights_that_it_concerns() {
    let document = "domain = \"acme.example\"\nsystems = [\"xphone\", \"linewarden\"]\n\
         user = [{ name = \"alice\" }, { name = \"bob\" }, { name = \"carol\" }, { name = \"dora\" }]\n\
         [[group]]\nname = \"sales\"\nmembers = [\"alice\", \"bob\"]\n[[group]]\nname = \"board\"\nmembers = [\"carol\", \"dora\"]\n\
         [[rule]]\nname = \"names\"\nactors = [\"group:sales\", \"group:board\"]\ntargets = [\"group:sales\", \"group:board\"]\nrights = [\"contact.name.read\"]\n";
    let documents = [Document { name: "acme.toml".into(), text: document.into() }];
    let callers = callers();
    let own = callers.split("[[caller]]").filter(|one| !one.contains("other")).collect::<Vec<_>>().join("[[caller]]");
    let server = Server::new(&documents, &format!("{own}\n[page]\n"));
    let mut admin = Browser::of(&server, "admin");
    let line = "add rule wide rights: call.pickup call.listen actors: group:sales targets: carol";
    let pictures = |page: &str| {
        let all = shown(page);
        let titles =
            all.split("Before and after: ").skip(1).map(|rest| rest.split_whitespace().next().unwrap().to_owned());
        (titles.collect::<Vec<_>>(), all)
    };
    let (titles, said) =
        pictures(&admin.submit("/page/change/preview", &[("text", line), ("asked", "call.listen")]).body);
    assert_eq!(titles, ["listen", "pick"], "{said}");
    assert!(said.contains("sales → board: 0 of 4 pairs before, 2 after"), "{said}");
    let (titles, said) = pictures(&admin.submit("/page/change/preview", &[("text", line)]).body);
    assert_eq!(titles, ["pick", "listen"], "{said}");
    // No picture of the busy lamp, which this change does not concern.
    assert!(!said.contains("busy lamp"), "{said}");
    // From the sheet of a pair the right that was asked about goes with the suggestion.
    let why = admin.get("/page/pair?actor=alice&target=carol&right=call.whisper");
    assert_eq!(hidden(&why.body, "asked"), "call.whisper");
}

/// How often something that the page keeps was made, and how often it was there.
fn kept(all: &mut crate::client::Client, of: &str) -> (u64, u64) {
    let metrics = all.get("/metrics").body;
    let count = |name: &str| {
        let line = format!("linewarden_page_cache_{name}_total{{of=\"{of}\"}} ");
        metrics.lines().find_map(|found| found.strip_prefix(&line)?.parse().ok()).unwrap()
    };
    (count("made"), count("hits"))
}

#[test]
fn what_takes_long_is_made_once_for_a_revision() {
    let server = server();
    let mut all = server.client("all");
    let mut admin = Browser::of(&server, "admin");
    let visits = |admin: &mut Browser| {
        for _ in 0..5 {
            for path in ["/page/lint", "/page/?q=ali", "/page/report?for=alice&since=1", "/page/report?company=yes"] {
                assert_eq!(admin.get(path).status, 200, "{path}");
            }
        }
    };
    visits(&mut admin);
    assert_eq!((kept(&mut all, "findings").0, kept(&mut all, "names").0, kept(&mut all, "reports").0), (1, 1, 2));
    server.engine.apply_text(Author::Administrator, Some("acme.example"), "set vip bob yes").unwrap();
    visits(&mut admin);
    for (of, made) in [("findings", 2), ("names", 2), ("reports", 4)] {
        let (found, hits) = kept(&mut all, of);
        assert_eq!(found, made, "{of}");
        assert!(hits >= 8, "{of}: {hits} hits");
    }
    // What is kept is of the revision that is in force.
    let report = shown(&admin.get("/page/report?company=yes").body);
    assert!(report.contains("Revision 2") && report.contains("bob"), "{report}");
    // The same person in another language, and another one, are reports of their own.
    let _ = admin.submit("/page/language", &[("lang", "de"), ("back", "/page/")]);
    assert!(shown(&admin.get("/page/report?for=alice&since=1").body).contains("gegenüber alice"));
    assert!(shown(&admin.get("/page/report?for=bob&since=1").body).contains("gegenüber bob"));
    assert_eq!(kept(&mut all, "reports").0, 6);
}
