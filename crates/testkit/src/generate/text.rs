//! A made-up company as a policy document, written entry by entry. It must say the same as `facts`, and never hold more
//! of the company in memory than its outline.
#![forbid(unsafe_code)]

use super::company::Company;
use linewarden::internals::calendar::instant_text;
use linewarden::internals::id::{Kind, Party};
use linewarden::internals::system::System;
use linewarden::internals::system::estos::{Grant, Release};
use linewarden::internals::system::pascom::RoleType;
use linewarden::internals::system::xphone::{Agreement, MonitoringGroup};
use std::io::{self, BufWriter, Write};

pub(super) fn write(company: &Company<'_>, out: &mut dyn Write) -> io::Result<()> {
    let out = &mut BufWriter::with_capacity(1 << 16, out);
    let runs = |system| company.options.systems.has(system);
    let (users, seed) = (company.user_count(), company.options.seed);
    writeln!(out, "# A made-up company of {users} users, from seed {seed}.")?;
    writeln!(out, "domain = {}", quoted(&company.options.domain))?;
    writeln!(out, "systems = [{}]", listed(company.options.systems.iter().map(System::name)))?;
    for user in 0..company.user_count() {
        write_user(company, user, out)?;
    }
    if runs(System::Xphone) {
        write_xphone(company, out)?;
    }
    if runs(System::Estos) {
        write_estos(company, out)?;
    }
    if runs(System::Pascom) {
        write_pascom(company, out)?;
    }
    if runs(System::Keevio) {
        write_keevio(company, out)?;
    }
    if runs(System::Linewarden) {
        write_linewarden(company, out)?;
    }
    out.flush()
}

fn write_user(company: &Company<'_>, user: u32, out: &mut impl Write) -> io::Result<()> {
    let runs = |system| company.options.systems.has(system);
    writeln!(out, "\n[[user]]\nname = \"{}\"", company.name(company.user(user)))?;
    writeln!(out, "lines = [{}]", listed(company.lines(user)))?;
    if let Some(site) = company.sites.get(company.site_of(user) as usize).filter(|_| runs(System::Xphone)) {
        writeln!(out, "site = \"{}\"", site.name)?;
        if company.xphone_group(user).is_some() {
            let department = company.departments.get(company.department_of(user) as usize);
            writeln!(out, "group = \"{}\"", department.map_or("", |department| &department.name))?;
        }
        if company.is_boss(user) {
            writeln!(out, "vip = true")?;
        }
        if company.is_assistant(user) {
            writeln!(out, "assistant = true")?;
        }
    }
    let release = company.calendar_release(user);
    if runs(System::Estos) && release != Release::default() {
        writeln!(out, "calendar_release = \"{}\"", release.word())?;
    }
    let private = company.private_lines(user);
    if runs(System::Estos) && !private.is_empty() {
        writeln!(out, "private_lines = [{}]", listed(private))?;
    }
    if runs(System::Keevio) {
        let person = company.keevio_person(user);
        writeln!(out, "company = \"{}\"", person.company.as_deref().unwrap_or(""))?;
        if let Some(container) = person.container {
            writeln!(out, "container = \"{container}\"")?;
        }
    }
    let exempt = company.linewarden_person(user).exempt;
    if runs(System::Linewarden) && !exempt.is_empty() {
        writeln!(out, "exempt = [{}]", listed(exempt.names()))?;
    }
    Ok(())
}

fn write_xphone(company: &Company<'_>, out: &mut impl Write) -> io::Result<()> {
    for site in (0..company.sites.len() as u32).filter_map(|site| company.xphone_site(site)) {
        writeln!(out, "\n[[site]]\nname = \"{}\"", site.name)?;
        writeln!(out, "same_site = \"{}\"", site.defaults.same_site.word())?;
        writeln!(out, "other_sites = \"{}\"", site.defaults.other_sites.word())?;
        writeln!(out, "outside = \"{}\"", site.defaults.outside.word())?;
        writeln!(out, "agreement = \"{}\"", site.defaults.agreement.word())?;
        for group in site.groups {
            writeln!(out, "\n  [[site.group]]\n  name = \"{}\"", group.name)?;
            let labels =
                [("same_site", group.same_site), ("other_sites", group.other_sites), ("outside", group.outside)];
            for (key, label) in labels.into_iter().filter_map(|(key, label)| Some((key, label?))) {
                writeln!(out, "  {key} = \"{}\"", label.word())?;
            }
            if let Some(agreement) = group.agreement.map(Agreement::word) {
                writeln!(out, "  agreement = \"{agreement}\"")?;
            }
        }
    }
    for group in (0..company.team_count()).map(|team| company.workgroup(team)) {
        writeln!(out, "\n[[workgroup]]\nname = \"{}\"\nlevel = \"{}\"", group.name, group.label.word())?;
        write_list(company, "members", &group.members, out)?;
    }
    let receptions = (0..company.sites.len() as u32).filter_map(|site| company.reception(site));
    let secretaries = (0..company.departments.len() as u32).filter_map(|place| company.secretaries(place));
    for group in receptions.chain(secretaries) {
        write_monitoring_group(company, &group, out)?;
    }
    let mut found = Vec::new();
    for user in 0..company.user_count() {
        for setting in company.settings(user, &mut found) {
            let (owner, viewer) = (company.name(company.user(user)), company.name(setting.viewer));
            writeln!(out, "\n[[relationship]]\nowner = \"{owner}\"\nviewer = \"{viewer}\"")?;
            writeln!(out, "level = \"{}\"", setting.label.word())?;
        }
    }
    Ok(())
}

fn write_monitoring_group(company: &Company<'_>, group: &MonitoringGroup, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n[[monitoring_group]]\nname = \"{}\"", group.name)?;
    write_list(company, "observers", &group.observers, out)?;
    write_list(company, "members", &group.members, out)?;
    let labels = [
        ("observers_to_members", group.observers_to_members),
        ("members_to_observers", group.members_to_observers),
        ("among_observers", group.among_observers),
        ("among_members", group.among_members),
    ];
    for (key, label) in labels.into_iter().filter_map(|(key, label)| Some((key, label?))) {
        writeln!(out, "{key} = \"{}\"", label.word())?;
    }
    Ok(())
}

fn write_estos(company: &Company<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n[authorization]")?;
    write_grant("", company.global_authorization(), out)?;
    for group in (0..company.team_count()).map(|team| company.authorization_group(team)) {
        writeln!(out, "\n[[authorization_group]]\nname = \"{}\"", group.name)?;
        write_list(company, "members", &group.members, out)?;
        if let Some(grant) = group.grant {
            write_grant("", grant, out)?;
        }
        write_list(company, "leaders", &group.leaders, out)?;
        if let Some(grant) = group.leader_grant {
            write_grant("leader_", grant, out)?;
        }
        if !group.active {
            writeln!(out, "active = false")?;
        }
    }
    let mut found = Vec::new();
    for user in 0..company.user_count() {
        let own = company.grants(user, &mut found).into_iter().map(|grant| (grant, false));
        let administrative = company.administrative_grants(user, &mut found).into_iter().map(|grant| (grant, true));
        for (grant, administrative) in own.chain(administrative) {
            let (owner, viewer) = (company.name(company.user(user)), company.name(grant.viewer));
            writeln!(out, "\n[[authorization_grant]]\nowner = \"{owner}\"\nviewer = \"{viewer}\"")?;
            write_grant("", grant.grant, out)?;
            if administrative {
                writeln!(out, "administrative = true")?;
            }
        }
    }
    for (pattern, entry) in company.federation() {
        let maximum = entry.maximum.word();
        writeln!(out, "\n[[federation]]\ndomain = \"{pattern}\"\nmaximum = \"{maximum}\"")?;
    }
    Ok(())
}

fn write_grant(prefix: &str, grant: Grant, out: &mut impl Write) -> io::Result<()> {
    match grant {
        Grant::Level(level) => writeln!(out, "{prefix}level = \"{}\"", level.word()),
        Grant::Rights(rights) => writeln!(out, "{prefix}rights = [{}]", listed(rights.names())),
    }
}

fn write_pascom(company: &Company<'_>, out: &mut impl Write) -> io::Result<()> {
    for team in (0..company.queues.len() as u32).filter_map(|queue| company.team(queue)) {
        writeln!(out, "\n[[team]]\nname = \"{}\"\nlines = [{}]", company.name(team.party), listed(team.lines))?;
        write_list(company, "agents", &team.agents, out)?;
        writeln!(out, "pickup_notification = \"{}\"", team.pickup_notification.word())?;
    }
    for desk in 0..company.desk_count() {
        writeln!(out, "\n[[location]]\nname = \"{}\"", company.name(company.desk(desk)))?;
    }
    for site in 0..company.sites.len() as u32 {
        writeln!(out, "\n[[device]]\nname = \"{}\"", company.name(company.door(site)))?;
    }
    for permission in company.permissions() {
        writeln!(out, "\n[[permission]]\nname = \"{}\"", permission.name)?;
        writeln!(out, "types = [{}]", listed(permission.types.iter().map(RoleType::word)))?;
        let kinds =
            [("users", Kind::User), ("teams", Kind::Team), ("locations", Kind::Location), ("devices", Kind::Device)];
        let automatic = kinds.into_iter().filter(|(_, kind)| permission.automatic.of(*kind)).map(|(key, _)| key);
        writeln!(out, "automatic = [{}]", listed(automatic))?;
        for (key, kind) in kinds {
            write_list(company, key, permission.manual(kind), out)?;
        }
    }
    Ok(())
}

fn write_keevio(company: &Company<'_>, out: &mut impl Write) -> io::Result<()> {
    let (new_users, realm) = (company.new_users().word(), company.realm());
    writeln!(out, "\n[presence]\nnew_users = \"{new_users}\"\nrealm = {realm}")?;
    let mut found = Vec::new();
    for user in 0..company.user_count() {
        for ((viewer, owner), subscription) in company.subscriptions(user, &mut found) {
            let (viewer, owner) = (company.name(viewer), company.name(owner));
            writeln!(out, "\n[[subscription]]\nviewer = \"{viewer}\"\nowner = \"{owner}\"")?;
            writeln!(out, "state = \"{}\"", subscription.state.word())?;
        }
    }
    Ok(())
}

fn write_linewarden(company: &Company<'_>, out: &mut impl Write) -> io::Result<()> {
    for group in company.groups() {
        writeln!(out, "\n[[group]]\nname = \"{}\"", group.name)?;
        write_list(company, "members", &group.members.parties, out)?;
    }
    for rule in company.rules() {
        writeln!(out, "\n[[rule]]\nname = \"{}\"\nrights = [{}]", rule.name, listed(rule.rights.shortest()))?;
        for (key, list) in rule.lists().into_iter().filter(|(_, list)| !list.is_empty()) {
            let parties = list.parties.iter().map(|party| company.name(*party).to_string());
            let groups = list.groups.iter().map(|group| format!("group:{group}"));
            let words = list.words.iter().map(|word| word.word().to_owned());
            writeln!(out, "{key} = [{}]", listed(parties.chain(groups).chain(words)))?;
        }
        for (key, at) in [("from", rule.when.from()), ("until", rule.when.until())] {
            at.map_or(Ok(()), |at| writeln!(out, "{key} = {}", instant_text(at)))?;
        }
    }
    Ok(())
}

/// A list of names, left out when it is empty.
fn write_list(company: &Company<'_>, key: &str, parties: &[Party], out: &mut impl Write) -> io::Result<()> {
    if parties.is_empty() {
        return Ok(());
    }
    write!(out, "{key} = [")?;
    for (party, place) in parties.iter().zip(0..) {
        let comma = if place == 0 { "" } else { ", " };
        write!(out, "{comma}\"{}\"", company.name(*party))?;
    }
    writeln!(out, "]")
}

/// Words that need no escape, quoted and with commas between them.
fn listed(words: impl IntoIterator<Item: std::fmt::Display>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("\"{word}\"")).collect();
    words.join(", ")
}

/// Any text as a TOML string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
