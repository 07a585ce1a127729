//! `sip`: peers of Asterisk's chan_sip (sip.conf). Each section of type friend or peer is a user; the rest is as with `pjsip`. A
//! section of type `user` only calls in: it is never called, and may pick up.
#![forbid(unsafe_code)]

use super::asterisk::{self, Section};
use super::dialplan::{Extensions, is_dialplan};
use super::endpoint::{Endpoint, LISTS};
use super::pjsip::{Refusal, carry};
use crate::builder::Builder;
use crate::fault::{Fault, quote};
use crate::input::Input;

/// Reads the sources: configurations and dialplans (`extensions*`).
pub fn read(inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
    let (mut endpoints, mut extensions) = (Vec::new(), Extensions::default());
    for input in inputs {
        if is_dialplan(input) {
            extensions.read(input, "SIP", builder)?;
            continue;
        }
        for section in asterisk::read(input, builder)? {
            if section.template {
                continue;
            }
            if section.name.eq_ignore_ascii_case("general") || section.name.eq_ignore_ascii_case("authentication") {
                for name in LISTS {
                    if let Some(value) = section.last(&[&name.replace('_', "")]) {
                        let shown = format!("{} in `[{}]`", quote(&name.replace('_', "")), section.name);
                        builder.lost(&value.place, shown, "groups count in the sections of telephones only");
                    }
                }
                continue;
            }
            match section.last(&["type"]).map(|kind| kind.value.to_ascii_lowercase()) {
                Some(kind) if ["friend", "peer", "user"].contains(&kind.as_str()) => {
                    let mut endpoint = endpoint(&section);
                    if kind == "user" {
                        // It is never called.
                        let [call, _, named_call, _] = &mut endpoint.lists;
                        (*call, *named_call) = (None, None);
                    }
                    endpoints.push(endpoint);
                }
                Some(kind) => {
                    let shown = format!("section {} of type {}", quote(&section.name), quote(&kind));
                    builder.lost(&section.place, shown, "expected friend, peer or user; chan_sip skips it");
                }
                None => {
                    let shown = format!("section {}", quote(&section.name));
                    builder.lost(&section.place, shown, "it has no type; chan_sip skips it");
                }
            }
        }
    }
    carry(endpoints, &extensions, Refusal::Loaded, builder);
    Ok(())
}

fn endpoint(section: &Section) -> Endpoint {
    let number = section.last(&["cid_number"]).cloned();
    Endpoint {
        name: section.name.clone(),
        place: section.place.clone(),
        lists: LISTS.map(|name| section.last(&[&name.replace('_', "")]).cloned()),
        callerid: number.or_else(|| section.last(&["callerid"]).cloned()),
        context: section.last(&["context"]).cloned(),
        trunk: section.last(&["remotesecret", "outboundproxy"]).map(|secret| secret.place.clone()),
    }
}
