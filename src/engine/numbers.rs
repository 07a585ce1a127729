//! Why a forwarding or a call may lead to a number or not, in words. It must never answer otherwise than the question without words.
#![forbid(unsafe_code)]

use super::Engine;
use super::destination::{Destination, DestinationReason};
use crate::destinations::Class;
use crate::id::Party;
use crate::right::Right;
use crate::system::linewarden::{call_to, forwarding_to};
use crate::wording::quote;

/// A [`Destination`] with its reason in words.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DestinationExplanation {
    /// The answer.
    pub answer: Destination,
    /// The reason, in one line.
    pub why: String,
}

impl Engine {
    /// As [`Engine::may_forward_to`], with the reason for people. Over a store it may read the policy.
    pub fn explain_forward_to(&self, actor: Party, owner: Party, line: u32, digits: &str) -> DestinationExplanation {
        let answer = self.may_forward_to(actor, owner, line, digits);
        let why = match answer.reason {
            DestinationReason::NotGranted => self.verdict(actor, Right::FORWARDING_SET.on_line(line), owner).1,
            _ => self.in_words(&answer, (actor, owner), digits),
        };
        DestinationExplanation { answer, why }
    }

    /// As [`Engine::may_call`], with the reason for people.
    pub fn explain_call(&self, actor: Party, digits: &str) -> DestinationExplanation {
        let answer = self.may_call(actor, digits);
        let runs = self.kind(actor).is_some_and(|(domain, _)| self.published.read(|image| image.needs_class(domain)));
        let why = match (answer.reason, answer.class) {
            (DestinationReason::ClassNotGranted, Some(_)) if !runs => {
                "the domain does not run linewarden, which alone gives rights to call".to_owned()
            }
            (DestinationReason::ClassNotGranted, Some(class)) => {
                let right = call_to(class).map_or_else(|| "a right to call it".to_owned(), |right| right.to_string());
                format!("{} is {}, and {} lacks {right}", quote(digits), class.name(), self.text(actor))
            }
            (DestinationReason::EmergencyCall, _) => format!("{} is an emergency number", quote(digits)),
            _ => self.in_words(&answer, (actor, actor), digits),
        };
        DestinationExplanation { answer, why }
    }

    /// Why a forwarding that may be set may lead to a number or not.
    pub(super) fn in_words(&self, answer: &Destination, (actor, owner): (Party, Party), digits: &str) -> String {
        let digits = quote(digits);
        let class = answer.class.map_or("", Class::name);
        match answer.reason {
            DestinationReason::Granted if class.is_empty() => format!("{digits} has no class, and none is needed"),
            DestinationReason::Granted => format!("{digits} is {class}"),
            DestinationReason::ClassNotGranted => match answer.class.and_then(forwarding_to) {
                Some(right) => {
                    format!("{digits} is {class}, and {} lacks {right} on {}", self.text(actor), self.text(owner))
                }
                None => format!("{digits} is {class}, which no forwarding may lead to"),
            },
            DestinationReason::NoClass => format!("where {digits} leads is not known"),
            DestinationReason::Emergency => {
                format!("{digits} is an emergency number, never the target of a forwarding")
            }
            DestinationReason::Oneself => {
                format!("{digits} is an extension of {}, so the forwarding would lead back", self.text(owner))
            }
            DestinationReason::Blocked => format!("{digits} is blocked in `[destinations]`"),
            DestinationReason::Unknown => "a party is unknown".to_owned(),
            // Only between two revisions: the caller has found that it may be set.
            DestinationReason::NotGranted | DestinationReason::EmergencyCall => {
                format!("{} may no longer set it", self.text(actor))
            }
        }
    }
}
