//! A document that is written loads to the same facts.

use super::*;

/// What a domain says, without lines, with names for numbers.
fn facts(domain: &Domain, directory: &Directory) -> String {
    let debug = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        domain.name,
        domain.systems,
        domain.users,
        domain.contacts,
        domain.teams,
        domain.stations,
        domain.xphone,
        domain.estos,
        domain.pascom,
        domain.keevio,
        domain.overrides,
        domain.codes,
        domain.administrators
    );
    let mut text = String::new();
    let mut rest = debug.as_str();
    while let Some(at) = rest.find("Line(").into_iter().chain(rest.find("Party(")).min() {
        let open = at + rest[at..].find('(').unwrap();
        let close = open + rest[open..].find(')').unwrap();
        text.push_str(&rest[..at]);
        if rest[at..].starts_with("Party") {
            text.push_str(&directory.text(Party(rest[open + 1..close].parse().unwrap())));
        }
        rest = &rest[close + 1..];
    }
    text + rest
}

fn assert_round_trip(text: &str) -> String {
    let (domain, directory) = loaded(text);
    let mut written = Vec::new();
    write(&domain, &directory, &mut written).unwrap();
    let written = String::from_utf8(written).unwrap();
    let (again, names) = loaded(&written);
    assert_eq!(facts(&again, &names), facts(&domain, &directory), "{written}");
    written
}

#[test]
fn what_is_written_loads_to_the_same_facts() {
    let written = assert_round_trip(CONTRACT);
    assert!(
        !written.contains("vip") && !written.contains("[codes]") && !written.contains("automatic"),
        "defaults: {written}"
    );
    let delivered = CONTRACT.replace("types = [\"xmpp.group\"]", "types = [\"xmpp.group\", \"profile.personal\"]");
    let written = assert_round_trip(&delivered);
    assert!(!written.contains("All"), "as delivered: {written}");
    assert_round_trip(BASE);
    assert_round_trip("domain = \"a\"\nsystems = [\"keevio\"]\n");
    let full = r##"
[[user]]
name = "o\"brien \\ x"
vip = true
assistant = true
calendar_release = "nothing"
company = "a/b:c"
container = "all"
site = "s"
group = "g"
[[location]]
name = "l"
[[device]]
name = "d"
[[location]]
name = "m"
[[team]]
name = "t"
lines = ["600", "601"]
agents = ["bob"]
pickup_notification = "others"
[[site]]
name = "s"
same_site = "assistant_plus"
other_sites = "blocked"
outside = "unknown"
agreement = "extend_only"
[[site.group]]
name = "h"
[[site.group]]
name = "g"
outside = "blocked"
agreement = "extend_and_restrict"
[[monitoring_group]]
name = "m"
observers = ["bob", "alice"]
among_observers = "external"
[[relationship]]
owner = "bob"
viewer = "sip:Zed@Y.example"
level = "blocked"
[[relationship]]
owner = "bob"
viewer = "alice"
level = "unknown"
[authorization]
rights = ["presence.set", "call.pickup", "forwarding.set.first"]
users_may_grant = false
[[authorization_group]]
name = "none"
rights = []
leader_rights = ["note.set"]
leaders = ["alice"]
active = false
[[authorization_grant]]
owner = "bob"
viewer = "alice"
level = "blocked"
[[authorization_grant]]
owner = "bob"
viewer = "sip:w@y.example"
rights = ["call.pickup.additional"]
[[authorization_grant]]
owner = "bob"
viewer = "alice"
administrative = true
rights = ["note.set"]
[[authorization_grant]]
owner = "alice"
viewer = "bob"
administrative = true
level = "personal"
[[federation]]
domain = "*"
maximum = "public"
[[federation]]
domain = "*.y.example"
maximum = "personal"
[[permission]]
name = "p"
types = ["pickup.group", "billing.group"]
users = ["bob"]
teams = ["t"]
devices = ["d"]
locations = ["l", "m"]
[[permission]]
name = "All"
types = []
automatic = []
users = ["alice"]
[client]
show_numbers = true
[presence]
new_users = "none"
realm = true
[[subscription]]
viewer = "sip:v@y.example"
owner = "alice"
state = "pending"
[[administrator]]
user = "alice"
[[administrator]]
user = "bob"
sites = ["s"]
monitoring_groups = ["m"]
permissions = ["p", "All"]
teams = ["t"]
[matrix.xphone]
"call.pickup" = []
[matrix.estos]
"call.pickup.additional" = ["team", "personal"]
[codes]
pickup = "#8"
login = "*8"
"##;
    assert_round_trip(&format!("{BASE}{full}"));
}
