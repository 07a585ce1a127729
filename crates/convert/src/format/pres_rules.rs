//! `pres-rules`: the presence rules of an XCAP server (RFC 5025), one document of each owner. A rule that allows becomes a `[[rule]]` for
//! `presence.status.read`; what a document cannot say as narrowly is listed and gives nothing.
#![forbid(unsafe_code)]

use crate::builder::{Builder, free_name};
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::{At, Place, Rule};
use quick_xml::events::{BytesStart, Event};

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
        if builder.find(&owner).is_none() && builder.user(&owner, &input.at(1)).is_none() {
            continue;
        }
        all.push((owner, rules));
    }
    for (owner, rules) in all {
        for (rule, place) in rules {
            carry(&owner, &rule, &place, builder);
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
    let mut reader = quick_xml::Reader::from_str(&input.text);
    let (mut open, mut found, mut current) = (Vec::<String>::new(), Vec::new(), None::<(Written, Place)>);
    let mut root = false;
    loop {
        let at = reader.buffer_position() as usize;
        let line = input.text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let place = input.at(line);
        let fault = |message: String| Fault::new(&place, 0, message);
        let event = reader.read_event().map_err(|error| fault(format!("no XML: {error}")))?;
        let (tag, closed) = match &event {
            Event::Eof if open.is_empty() && root => return Ok(found),
            Event::Eof => return Err(fault("the file ends before its last element".into())),
            Event::DocType(_) => return Err(fault("a document type is not read".into())),
            Event::Text(text) if open.last().map(String::as_str) == Some("sub-handling") => {
                let text = text.decode().map_err(|error| fault(format!("no XML: {error}")))?;
                if let Some((rule, _)) = &mut current {
                    rule.handling.push_str(text.trim());
                }
                continue;
            }
            Event::End(_) => {
                if open.pop().as_deref() == Some("rule") {
                    found.extend(current.take());
                }
                continue;
            }
            Event::Start(tag) => (tag, false),
            Event::Empty(tag) => (tag, true),
            _ => continue,
        };
        let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
        if !root && name != "ruleset" {
            return Err(fault(format!("the root is {}, expected `ruleset` (RFC 5025)", quote(&name))));
        }
        root = true;
        let inside = open.last().map(String::as_str).unwrap_or_default();
        match (name.as_str(), inside, &mut current) {
            ("rule", ..) => {
                let id = attribute(tag, "id").map_err(&fault)?.unwrap_or_default();
                let rule = Written { id, ..Written::default() };
                if closed { found.push((rule, place.clone())) } else { current = Some((rule, place.clone())) }
            }
            ("one", "identity", Some((rule, _))) => {
                let id = attribute(tag, "id").map_err(&fault)?.unwrap_or_default();
                rule.ones.push(At::new(id, &place));
            }
            ("many", "identity", Some((rule, _))) => match attribute(tag, "domain").map_err(&fault)? {
                Some(domain) => rule.narrower = Some(format!("all of the domain {}", quote(&domain))),
                None => rule.everyone = true,
            },
            ("except", _, Some((rule, _))) => rule.narrower = Some("all but some".into()),
            ("identity", "conditions", _) => {}
            (other, "conditions", Some((rule, _))) => rule.narrower = Some(format!("the condition {}", quote(other))),
            ("provide-services" | "provide-persons" | "provide-devices", _, Some((rule, _))) => rule.shows = true,
            _ => {}
        }
        if !closed {
            open.push(name);
        }
    }
}

fn attribute(tag: &BytesStart<'_>, key: &str) -> Result<Option<String>, String> {
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| format!("no XML: {error}"))?;
        if attribute.key.local_name().as_ref() == key.as_bytes() {
            let value = attribute.unescape_value().map_err(|error| format!("no XML: {error}"))?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// Makes a rule of one that allows.
fn carry(owner: &str, written: &Written, place: &Place, builder: &mut Builder<'_>) {
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
            if builder.find(&login).is_none() && builder.user(&login, &one.place).is_none() {
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
    let named = free_name(&format!("{owner} allows {}", written.id));
    let taken = |name: &str| builder.document.rules.iter().any(|rule| rule.name.value == name);
    let name = (1..)
        .map(|again| if again == 1 { named.clone() } else { format!("{named} ({again})") })
        .find(|name| !taken(name));
    let rights = vec![At::new("presence.status.read", place)];
    let targets = vec![At::new(owner, place)];
    builder.document.rules.push(Rule { name: At::new(name.unwrap_or(named), place), actors, rights, targets });
}
