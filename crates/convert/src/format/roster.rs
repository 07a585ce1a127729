//! `roster`: the rosters of an XMPP server in its export format (XEP-0227). Each user's roster says who sees whose presence: `to` lets
//! the user see the contact, `from` the contact the user, `both` either. An ask is pending. Between two users of the domain both
//! rosters say the same thing; where they differ, the owner's counts, and a viewer's claim on another user of the domain never grants.
#![forbid(unsafe_code)]

use super::xml::{Elements, Part};
use crate::builder::Builder;
use crate::fault::{Fault, quote};
use crate::input::Input;
use crate::model::{Place, Subscription};
use std::collections::BTreeMap;

/// An item of a roster.
struct Item {
    owner: String,
    contact: String,
    subscription: String,
    asks: bool,
    place: Place,
}

/// Reads the sources.
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    let mut items = Vec::new();
    for input in inputs {
        rosters(input, &mut items, builder)?;
    }
    subscriptions(&items, builder);
    Ok(())
}

fn rosters(input: &Input, items: &mut Vec<Item>, builder: &mut Builder<'_>) -> Result<(), Fault> {
    let (mut host, mut user, mut grouped) = (None::<String>, None::<String>, 0);
    // Exports are one long line, so faults need a column.
    let mut elements = Elements::new(input, ("server-data", "XEP-0227"), true);
    while let Some(part) = elements.next()? {
        let (tag, name, parent) = match part {
            Part::Element { tag, name, parent, .. } => (tag, name, parent),
            Part::End(name) => {
                match name.as_str() {
                    "host" => host = None,
                    "user" => user = None,
                    _ => {}
                }
                continue;
            }
            Part::Text { .. } => continue,
        };
        let place = elements.place();
        let get = |key| elements.attribute(&tag, key);
        match name.as_str() {
            "host" => {
                let jid = get("jid")?.unwrap_or_default().to_lowercase();
                if jid != builder.document.domain.to_lowercase() {
                    builder.lost(&place, format!("host {}", quote(&jid)), "it is not the domain of the document");
                }
                host = Some(jid);
            }
            "user" if host.as_deref() == Some(builder.document.domain.to_lowercase().as_str()) => {
                let login = get("name")?.unwrap_or_default().to_lowercase();
                user = builder.user(&login, &place).map(|_| login);
            }
            "item" if user.is_some() && parent == "query" => {
                let contact = get("jid")?.unwrap_or_default().to_lowercase();
                let contact = contact.split('/').next().unwrap_or_default().to_owned();
                let subscription = get("subscription")?.unwrap_or_else(|| "none".into());
                let asks = get("ask")?.as_deref() == Some("subscribe");
                let known = ["none", "to", "from", "both"].contains(&subscription.as_str());
                if !known || !contact.contains('@') {
                    let shown = format!("item {} with subscription {}", quote(&contact), quote(&subscription));
                    builder.lost(&place, shown, "expected an address and to, from, both or none");
                } else if let Some(owner) = &user {
                    items.push(Item { owner: owner.clone(), contact, subscription, asks, place });
                }
            }
            "group" if user.is_some() => {
                if grouped == 0 {
                    builder.lost(&place, "groups of rosters", "they sort a user's own list and give nothing");
                }
                grouped += 1;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The name of a contact in the document: the login of a user of the domain, else the address.
fn party(contact: &str, builder: &Builder<'_>) -> Option<String> {
    match contact.split_once('@') {
        Some((login, domain)) if domain == builder.document.domain.to_lowercase() => {
            builder.find(login).map(|_| login.to_owned())
        }
        _ => Some(format!("sip:{contact}")),
    }
}

fn subscriptions(items: &[Item], builder: &mut Builder<'_>) {
    let has = |item: &Item, way: &str| item.subscription == way || item.subscription == "both";
    // What owners say: viewer and owner, then the place.
    let mut granted: BTreeMap<(String, String), Place> = BTreeMap::new();
    let mut claimed: BTreeMap<(String, String), (bool, Place)> = BTreeMap::new();
    for item in items {
        let Some(contact) = party(&item.contact, builder) else {
            builder.lost(
                &item.place,
                format!("contact {}", quote(&item.contact)),
                "the domain has no such user in the files",
            );
            continue;
        };
        if has(item, "from") {
            granted.entry((contact.clone(), item.owner.clone())).or_insert(item.place.clone());
        }
        if has(item, "to") || item.asks {
            claimed.entry((item.owner.clone(), contact)).or_insert((has(item, "to"), item.place.clone()));
        }
    }
    for ((viewer, owner), (sees, place)) in claimed {
        if granted.contains_key(&(viewer.clone(), owner.clone())) {
            continue;
        }
        let outside = owner.starts_with("sip:");
        if sees && outside {
            // The other server decides it; the document answers for this domain's owners.
            granted.insert((viewer, owner), place);
        } else if sees {
            let shown = format!("subscription of {} to {}", quote(&viewer), quote(&owner));
            builder.lost(&place, shown, "the owner's roster does not have it: it is no grant");
        } else {
            builder.document.subscriptions.push(Subscription { viewer, owner, granted: false, place });
        }
    }
    let granted =
        granted.into_iter().map(|((viewer, owner), place)| Subscription { viewer, owner, granted: true, place });
    builder.document.subscriptions.extend(granted);
    builder.document.subscriptions.sort_by(|a, b| a.place.cmp(&b.place));
}
