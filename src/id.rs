//! Handles: small numbers for domains and parties, stable while an engine is open. They hold no names and no facts.
#![forbid(unsafe_code)]

/// A party (user, outside contact, team, location or device) by its number. The number is stable while the engine that gave
/// it is open, across reloads and changes, and never given to another party. 0 is no party.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Party(pub u32);

impl Party {
    /// No party: every question about it is answered no.
    pub const NONE: Party = Party(0);

    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A domain (one company on the PBX) by its number. Numbers start at 0 and are stable like those of parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DomainId(pub u16);

impl DomainId {
    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a party is. The numbers are stored in images and must not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A person with a login and lines of this domain.
    User = 1,
    /// An outside contact, known by a `sip:` address.
    Contact = 2,
    /// A pascom team or queue.
    Team = 3,
    /// A place where a user logs in.
    Location = 4,
    /// A device.
    Device = 5,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Kind; 5] = [Kind::User, Kind::Contact, Kind::Team, Kind::Location, Kind::Device];

    /// The kind of that number.
    pub fn from_number(number: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// The kind's word in messages and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Contact => "contact",
            Kind::Team => "team",
            Kind::Location => "location",
            Kind::Device => "device",
        }
    }

    /// The prefix of the name in text; contacts carry their `sip:` as part of the name.
    pub fn prefix(self) -> &'static str {
        match self {
            Kind::User | Kind::Contact => "",
            Kind::Team => "team:",
            Kind::Location => "location:",
            Kind::Device => "device:",
        }
    }
}

/// A place in a domain's document: the line a fact was read from, 0 where it comes from no document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line(pub u32);
