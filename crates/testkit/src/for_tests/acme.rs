//! The small company that most tests begin with: Alice, Bob and Carol of acme.example. A test adds what it is about.
#![forbid(unsafe_code)]

/// A document of acme.example with these systems (`["xphone", "estos"]`). Alice (100), Bob (110) and Carol (120) are of the site
/// munich, whose users are employees to each other and to other sites, and external to contacts. `site` has further lines of the
/// site, `more` further tables.
pub fn acme(systems: &str, site: &str, more: &str) -> String {
    let user =
        |(name, line): (&str, &str)| format!("[[user]]\nname = \"{name}\"\nlines = [\"{line}\"]\nsite = \"munich\"\n");
    let users: String = [("alice", "100"), ("bob", "110"), ("carol", "120")].map(user).concat();
    format!(
        "domain = \"acme.example\"\nsystems = {systems}\n[[site]]\nname = \"munich\"\nsame_site = \"employee\"\n\
         other_sites = \"employee\"\noutside = \"external\"\n{site}{users}{more}"
    )
}
