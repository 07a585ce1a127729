//! `pjsip`: endpoints of Asterisk's res_pjsip. Each endpoint is a user with the endpoint's name; its call and pickup groups become
//! rules. Sections of other types (auth, aor, transport, ...) have no rights in them.
#![forbid(unsafe_code)]

use super::asterisk::{self, Section};
use super::dialplan::{Extensions, is_dialplan};
use super::endpoint::{Endpoint, LISTS};
use super::groups::{self, Groups, List};
use super::realtime;
use crate::builder::Builder;
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::Place;
use std::collections::{BTreeMap, HashSet};

/// Reads the sources: configurations, dialplans (`extensions*`), tables (`*.csv`, `*.sql`).
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    let (mut endpoints, mut extensions) = (Vec::new(), Extensions::default());
    for input in inputs {
        if is_dialplan(input) {
            extensions.read(input, "PJSIP", builder)?;
        } else if input.base().ends_with(".csv") || input.base().ends_with(".sql") {
            endpoints.extend(realtime::endpoints(input, builder)?);
        } else {
            let sections = asterisk::read(input, builder)?;
            let is_endpoint = |section: &&Section| {
                let kind = section.last(&["type"]).map(|kind| kind.value.as_str());
                !section.template && kind.is_some_and(|kind| kind.eq_ignore_ascii_case("endpoint"))
            };
            endpoints.extend(sections.iter().filter(is_endpoint).map(endpoint));
        }
    }
    carry(endpoints, &extensions, Refusal::NotLoaded, builder);
    Ok(())
}

fn endpoint(section: &Section) -> Endpoint {
    Endpoint {
        name: section.name.clone(),
        place: section.place.clone(),
        lists: LISTS.map(|name| section.last(&[name, &name.replace('_', "")]).cloned()),
        callerid: section.last(&["callerid"]).cloned(),
        context: section.last(&["context"]).cloned(),
        trunk: section.last(&["outbound_auth"]).map(|auth| auth.place.clone()),
    }
}

/// What Asterisk does with an endpoint whose list of numbers is not empty and has no group in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// res_pjsip does not load the endpoint.
    NotLoaded,
    /// chan_sip loads it without groups.
    Loaded,
}

/// Makes users and rules of endpoints.
pub fn carry(endpoints: Vec<Endpoint>, extensions: &Extensions, refusal: Refusal, builder: &mut Builder<'_>) {
    let (mut all, mut contexts) = (Groups::default(), BTreeMap::<String, (usize, Place)>::new());
    let mut users = Vec::new();
    for endpoint in &endpoints {
        let Some(user) = builder.user(&endpoint.name, &endpoint.place) else { continue };
        if let Some(place) = &endpoint.trunk {
            let why = "it signs in elsewhere, as trunks do, and is carried over as a user; take it out if it is one";
            builder.lost(place, format!("endpoint {}", quote(&endpoint.name)), why);
        }
        if let Some(context) = &endpoint.context {
            contexts.entry(context.value.clone()).or_insert((0, context.place.clone())).0 += 1;
            builder.note(user, format!("context {}", context.value));
        }
        put_into_groups(endpoint, refusal, &mut all, builder);
        users.push((endpoint, user));
    }
    // Lines of the dialplan first: a number of a caller ID must not take another endpoint's extension.
    for (endpoint, user) in &users {
        for extension in extensions.of(&endpoint.name) {
            builder.line(*user, &extension.value, &extension.place);
        }
    }
    let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    let names: HashSet<&str> = users.iter().map(|(endpoint, _)| endpoint.name.as_str()).collect();
    for (endpoint, user) in &users {
        let (name, number) = endpoint.callerid.as_ref().map_or((None, None), |id| caller(&id.value));
        if let Some(name) = name.filter(|name| *name != endpoint.name) {
            builder.note(*user, name);
        }
        if !extensions.of(&endpoint.name).is_empty() {
            continue;
        }
        let number = number.zip(endpoint.callerid.as_ref());
        if let Some((number, id)) = number {
            match builder.numbers.normal(&number) {
                // Endpoints called 101 and 102 may send one number; it is then no extension of either.
                Ok(line) if line != endpoint.name && names.contains(line.as_str()) => {
                    builder.lost(
                        &id.place,
                        format!("caller ID {}", quote(&id.value)),
                        "it is the name of another endpoint",
                    );
                }
                Ok(line) => {
                    builder.line(*user, &line, &id.place);
                    continue;
                }
                Err(why) => builder.lost(&id.place, format!("caller ID {}", quote(&id.value)), why),
            }
        }
        if is_number(&endpoint.name) {
            builder.line(*user, &endpoint.name, &endpoint.place);
        }
    }
    for (context, (count, place)) in contexts {
        let shown = format!("context {} of {count} endpoints", quote(&context));
        builder.lost(
            &place,
            shown,
            "what a context lets dial is the dialplan's; it stands as a comment beside the users",
        );
    }
    all.write(builder);
}

fn put_into_groups(endpoint: &Endpoint, refusal: Refusal, all: &mut Groups, builder: &mut Builder<'_>) {
    let [call, pickup, named_call, named_pickup] = &endpoint.lists;
    let (mut numbered, mut named) = (Vec::new(), Vec::new());
    let mut loaded = true;
    for (list, text, what) in [(List::Call, call, "call groups"), (List::Pickup, pickup, "pickup groups")] {
        let Some(text) = text else { continue };
        let found = groups::numbers(text, what, builder);
        loaded &= !found.is_empty() || text.value.trim().is_empty() || refusal == Refusal::Loaded;
        numbered.push((list, found, text));
    }
    let lists = [(List::Call, named_call, "named call groups"), (List::Pickup, named_pickup, "named pickup groups")];
    for (list, text, what) in lists {
        let Some(text) = text else { continue };
        named.push((list, groups::names(text, what, builder), text));
    }
    if !loaded {
        let why = "Asterisk does not load an endpoint with a list of groups that has no group from 0 to 63; its groups are left out";
        builder.lost(&endpoint.place, format!("endpoint {}", quote(&endpoint.name)), why);
        return;
    }
    for (list, found, text) in numbered {
        all.numbered(&endpoint.name, list, &found, &text.place);
    }
    for (list, found, text) in named {
        all.named(&endpoint.name, list, &found, &text.place);
    }
}

/// Name and number of a caller ID: `"Alice" <100>`, `Alice <100>`, `100`.
fn caller(text: &str) -> (Option<String>, Option<String>) {
    let name = |name: &str| Some(name.trim().trim_matches('"').trim().to_owned()).filter(|name| !name.is_empty());
    match text.split_once('<') {
        Some((before, rest)) => {
            let number = rest.split('>').next().unwrap_or_default().trim();
            (name(before), Some(number.to_owned()).filter(|number| !number.is_empty()))
        }
        None if text.bytes().any(|byte| byte.is_ascii_digit())
            && !text.bytes().any(|byte| byte.is_ascii_alphabetic()) =>
        {
            (None, Some(text.trim().to_owned()))
        }
        None => (name(text), None),
    }
}
