//! Whether a forwarding or a call may lead to a number. It must never read anything but the image, take a lock or allocate.
#![forbid(unsafe_code)]

use super::Engine;
use crate::destinations::{self, Class, Lead};
use crate::id::{DomainId, Kind, Party};
use crate::image::{Image, Resolved};
use crate::right::{Right, RightSet};
use crate::system::linewarden::{call_to, forwarding_to};

/// Why a forwarding or a call may lead to a number or not. Numbers below 16 say no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[repr(u32)]
pub enum DestinationReason {
    /// A party is unknown.
    #[default]
    Unknown = 0,
    /// `forwarding.set` is missing on that line.
    NotGranted = 1,
    /// The right for the class of the number is missing.
    ClassNotGranted = 2,
    /// It is no number, or where it leads is not known.
    NoClass = 3,
    /// An emergency number is never the target of a forwarding.
    Emergency = 4,
    /// The forwarding would lead back to the party whose calls are forwarded.
    Oneself = 5,
    /// The document forbids the number.
    Blocked = 6,
    /// All rights that are needed are there.
    Granted = 16,
    /// A call to an emergency number needs no right.
    EmergencyCall = 17,
}

/// Whether a forwarding or a call may lead to a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub struct Destination {
    /// The answer.
    pub allowed: bool,
    /// The class of the number; `None` if it has none, or if a party is unknown.
    pub class: Option<Class>,
    /// The reason.
    pub reason: DestinationReason,
    /// The revision of the answer.
    pub revision: u64,
}

impl Destination {
    fn new(reason: DestinationReason, class: Option<Class>) -> Destination {
        Destination { allowed: reason as u32 >= 16, class, reason, revision: 0 }
    }
}

impl Engine {
    /// May `actor` set a forwarding of that line of `owner` to the dialled or written number? It needs `forwarding.set` on the line
    /// (0: on all lines), unless a user forwards their own calls, and, in a domain of the owner that runs linewarden, `forwarding.to.`
    /// with the class of the number. In another domain it must not be premium. Never to an emergency number, to a blocked one, to an own
    /// extension of the owner or to what has no class; a domain without `[destinations]` that does not run linewarden takes any number.
    ///
    /// Takes no lock and allocates nothing.
    ///
    /// ```
    /// use linewarden::{Class, DestinationReason, Document, Engine};
    ///
    /// let text = r#"
    ///     domain = "acme.example"
    ///     systems = ["linewarden"]
    ///     user = [{ name = "alice", lines = ["100"] }, { name = "bob", lines = ["110"] }]
    ///     destinations = { country = "DE", trunk_prefix = "0" }
    /// "#;
    /// let engine = Engine::from_documents(&[Document { name: "acme.toml".into(), text: text.into() }])?;
    /// let alice = engine.resolve(None, "alice")?;
    /// assert!(engine.may_forward_to(alice, alice, 1, "00171 1234567").allowed);
    /// let abroad = engine.may_forward_to(alice, alice, 1, "+5371234567");
    /// assert_eq!((abroad.class, abroad.reason), (Some(Class::International), DestinationReason::ClassNotGranted));
    /// # Ok::<(), linewarden::Error>(())
    /// ```
    pub fn may_forward_to(&self, actor: Party, owner: Party, line: u32, digits: &str) -> Destination {
        let set = Right::FORWARDING_SET.on_line(line);
        self.published.read(|image| {
            let answer = match self.known(&image, owner) {
                Some((owner, domain, kind)) if self.known(&image, actor).is_some() => {
                    let rights = self.ask(&image, actor, owner, None);
                    if rights.has(set) || (actor == owner && kind == Kind::User) {
                        forwarding(&image, domain, owner, digits, rights)
                    } else {
                        let (lead, _) = image.lead(domain, digits);
                        Destination::new(DestinationReason::NotGranted, lead.map(|lead| lead.class))
                    }
                }
                _ => Destination::default(),
            };
            Destination { revision: image.revision(), ..answer }
        })
    }

    /// May `actor` call the dialled number? It needs `call.to.` with the class of the number, towards oneself. Emergency numbers need no
    /// right; every party of the domain but a contact may call them. In a domain that does not run linewarden there is no right to
    /// call, so the answer is no.
    ///
    /// Takes no lock and allocates nothing.
    pub fn may_call(&self, actor: Party, digits: &str) -> Destination {
        self.published.read(|image| {
            let answer = match self.known(&image, actor) {
                Some((actor, domain, kind)) => {
                    let class = image.lead(domain, digits).0.map(|lead| lead.class);
                    Destination::new(self.called(&image, (actor, kind), domain, class), class)
                }
                None => Destination::default(),
            };
            Destination { revision: image.revision(), ..answer }
        })
    }

    fn called(
        &self,
        image: &Image<'_>,
        (actor, kind): (Party, Kind),
        domain: DomainId,
        class: Option<Class>,
    ) -> DestinationReason {
        let Some(class) = class else { return DestinationReason::NoClass };
        let held = || self.ask(image, actor, actor, None);
        match (class, call_to(class)) {
            (Class::Blocked, _) => DestinationReason::Blocked,
            (Class::Emergency, _) if kind != Kind::Contact => DestinationReason::EmergencyCall,
            (_, Some(right)) if image.needs_class(domain) && held().has(right) => DestinationReason::Granted,
            _ => DestinationReason::ClassNotGranted,
        }
    }

    /// A party as its domain knows it, with the domain and the kind.
    fn known(&self, image: &Image<'_>, party: Party) -> Option<(Party, DomainId, Kind)> {
        match image.resolve(&self.unlisted, party) {
            Resolved::Party(known) => image.party(known).map(|(domain, kind)| (known, domain, kind)),
            Resolved::Unlisted(domain) => Some((party, domain, Kind::Contact)),
        }
    }
}

/// A forwarding of the owner that may be set: whether it may lead to the number.
fn forwarding(image: &Image<'_>, domain: DomainId, owner: Party, digits: &str, rights: RightSet) -> Destination {
    let (lead, is_planned) = image.lead(domain, digits);
    let needs_class = image.needs_class(domain);
    let Some(Lead { class, extension }) = lead else {
        // Nothing says which numbers are dear: then `forwarding.set` alone counts.
        let taken = !is_planned && !needs_class && destinations::is_number(digits);
        return Destination::new(if taken { DestinationReason::Granted } else { DestinationReason::NoClass }, None);
    };
    let reason = match (class, forwarding_to(class)) {
        (Class::Emergency, _) => DestinationReason::Emergency,
        (Class::Blocked, _) => DestinationReason::Blocked,
        _ if extension == Some(owner) => DestinationReason::Oneself,
        (_, Some(right)) if needs_class && rights.has(right) => DestinationReason::Granted,
        (class, _) if !needs_class && class != Class::Premium => DestinationReason::Granted,
        _ => DestinationReason::ClassNotGranted,
    };
    Destination::new(reason, Some(class))
}
