//! `pres-rules`: the presence rules of an XCAP server (RFC 5025), one document of each owner. A rule that allows becomes a `[[rule]]` for
//! `presence.status.read`; what a document cannot say as narrowly is listed and gives nothing.
#![forbid(unsafe_code)]

use super::xml::{Elements, Part};
use crate::builder::{Builder, free_name, unused};
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::{At, Place, Rule};
use std::collections::HashSet;

/// A rule as it is written.
#[derive(Default)]
struct Written {
    id: String,
    /// The addresses of `<one>`.
    ones: Vec<At<String>>,
    /// Whether `<many/>` stands there.
    everyone: bool,
    /// A condition that no document can say.
    narrower: Option<String>,
    handling: String,
    /// Whether anything of the presence is shown.
    shows: bool,
}

/// Reads the sources.
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    let mut all = Vec::new();
    for input in inputs {
        let (owner, rules) = (owner(input, builder)?, rules(input)?);
        if !builder.has_user(&owner, &input.at(1)) {
            continue;
        }
        all.push((owner, rules));
    }
    let mut names = HashSet::new();
    for (owner, rules) in all {
        for (rule, place) in rules {
            carry(&owner, &rule, &place, &mut names, builder);
        }
    }
    Ok(())
}

/// Whose rules they are: the documents do not say it, but the path of an XCAP server does (`pres-rules/users/sip:alice@acme.example/index`),
/// or the file's name (`alice@acme.example.xml`).
fn owner(input: &Input, builder: &Builder<'_>) -> Result<String, Fault> {
    let parts = input.name.split(['/', '\\']).rev();
    let address = parts.map(|part| part.trim_end_matches(".xml")).find(|part| part.contains('@'));
    let address = address.map(|address| address.trim_start_matches("sip:"));
    match address.and_then(|address| address.split_once('@')) {
        Some((login, domain)) if domain.eq_ignore_ascii_case(&builder.document.domain) => Ok(login.to_lowercase()),
        Some((_, domain)) => Err(Fault::file(&input.name, format!("belongs to the domain {}", quote(domain)))),
        None => Err(Fault::file(
            &input.name,
            "says not whose rules it has, expected a name as `alice@acme.example.xml`, or a folder `sip:alice@acme.example`",
        )),
    }
}

fn rules(input: &Input) -> Result<Vec<(Written, Place)>, Fault> {
    let (mut found, mut current) = (Vec::new(), None::<(Written, Place)>);
    let mut elements = Elements::new(input, ("ruleset", "RFC 5025"), false);
    while let Some(part) = elements.next()? {
        let (tag, name, parent, is_empty) = match part {
            Part::Element { tag, name, parent, is_empty } => (tag, name, parent, is_empty),
            Part::Text { text, inside } => {
                if inside == "sub-handling" {
                    let text = text.decode().map_err(|error| elements.fault(format!("no XML: {error}")))?;
                    if let Some((rule, _)) = &mut current {
                        rule.handling.push_str(text.trim());
                    }
                }
                continue;
            }
            Part::End(name) => {
                if name == "rule" {
                    found.extend(current.take());
                }
                continue;
            }
        };
        let place = elements.place();
        match (name.as_str(), parent.as_str(), &mut current) {
            ("rule", ..) => {
                let id = elements.attribute(&tag, "id")?.unwrap_or_default();
                let rule = Written { id, ..Written::default() };
                if is_empty { found.push((rule, place)) } else { current = Some((rule, place)) }
            }
            ("one", "identity", Some((rule, _))) => {
                let id = elements.attribute(&tag, "id")?.unwrap_or_default();
                rule.ones.push(At::new(id, &place));
            }
            ("many", "identity", Some((rule, _))) => match elements.attribute(&tag, "domain")? {
                Some(domain) => rule.narrower = Some(format!("all of the domain {}", quote(&domain))),
                None => rule.everyone = true,
            },
            ("except", _, Some((rule, _))) => rule.narrower = Some("all but some".into()),
            ("identity", "conditions", _) => {}
            (other, "conditions", Some((rule, _))) => rule.narrower = Some(format!("the condition {}", quote(other))),
            ("provide-services" | "provide-persons" | "provide-devices", _, Some((rule, _))) => rule.shows = true,
            _ => {}
        }
    }
    Ok(found)
}

/// Makes a rule of one that allows.
fn carry(owner: &str, written: &Written, place: &Place, names: &mut HashSet<String>, builder: &mut Builder<'_>) {
    let shown = format!("rule {} of {}", quote(&written.id), quote(owner));
    match written.handling.as_str() {
        "allow" => {}
        "" | "block" => return,
        "polite-block" => {
            return builder.lost(place, shown, "polite-block: the watcher is refused, not shown a pretext");
        }
        "confirm" => {
            return builder.lost(place, shown, "confirm: the owner is asked, which no document does; nothing is given");
        }
        other => return builder.lost(place, shown, format!("unknown handling {}", quote(other))),
    }
    if let Some(narrower) = &written.narrower {
        return builder.lost(place, shown, format!("it is for {narrower}, which no rule says as narrowly"));
    }
    if !written.shows {
        return builder.lost(place, shown, "it shows no part of the presence");
    }
    if !written.everyone && written.ones.is_empty() {
        return builder.lost(place, shown, "it names no watcher, and is then for all of any domain; nothing is given");
    }
    let mut actors = Vec::new();
    if written.everyone {
        actors.push(At::new("everyone", place));
        builder.lost(place, shown, "for everyone: carried for users of the domain, not for other domains");
    }
    for one in &written.ones {
        let address = one.value.strip_prefix("sip:").unwrap_or(&one.value);
        let Some((login, domain)) = address.split_once('@') else {
            builder.lost(&one.place, format!("watcher {}", quote(&one.value)), "it is no `sip:` address");
            continue;
        };
        let actor = if domain.eq_ignore_ascii_case(&builder.document.domain) {
            let login = login.to_lowercase();
            if !builder.has_user(&login, &one.place) {
                continue;
            }
            login
        } else {
            format!("sip:{address}")
        };
        if actor != owner && !actors.iter().any(|known: &At<String>| known.value == actor) {
            actors.push(At::new(actor, &one.place));
        }
    }
    if actors.is_empty() {
        return;
    }
    let name = unused(names, free_name(&format!("{owner} allows {}", written.id)));
    let rights = vec![At::new("presence.status.read", place)];
    let targets = vec![At::new(owner, place)];
    builder.document.rules.push(Rule { name: At::new(name, place), actors, rights, targets });
}
