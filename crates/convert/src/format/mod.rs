//! The formats, one file each, and what several of them share: Asterisk's configuration syntax, its groups, SQL dumps, CSV tables. A
//! format must never know the command line.
#![forbid(unsafe_code)]

mod asterisk;
mod csv;
mod dialplan;
mod endpoint;
mod freepbx;
mod groups;
mod ldif;
mod pjsip;
mod pres_rules;
mod queues;
mod realtime;
mod roster;
mod shared;
mod sip;
mod sql;
mod starface;
mod table;
mod threecx;
mod xml;

use crate::builder::Builder;
use crate::fault::Fault;
use crate::input::Input;

pub use queues::device;

/// A reader of sources.
type Read = fn(&[Input], &mut Builder<'_>) -> Result<(), Fault>;

/// What sources are written in.
#[derive(Clone, Copy)]
pub struct Format {
    name: &'static str,
    about: &'static str,
    read: Read,
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Format {
    /// All formats, in the order of the help.
    pub const ALL: &'static [Format] = &[
        Format {
            name: "pjsip",
            about: "Asterisk: pjsip.conf, with extensions.conf; realtime ps_endpoints as *.csv or *.sql",
            read: pjsip::read,
        },
        Format { name: "sip", about: "Asterisk's older driver: sip.conf, with extensions.conf", read: sip::read },
        Format { name: "freepbx", about: "FreePBX: a SQL dump of its database", read: freepbx::read },
        Format { name: "csv", about: "tables of users and of grants, by documented columns", read: csv::read },
        Format { name: "starface-csv", about: "STARFACE: the list of users", read: starface::read },
        Format { name: "3cx-csv", about: "3CX: the list of extensions", read: threecx::read },
        Format {
            name: "ldif",
            about: "a directory's people and groups (LDIF, also of Active Directory)",
            read: ldif::read,
        },
        Format { name: "queues", about: "Asterisk: queues.conf", read: queues::read },
        Format { name: "roster", about: "XMPP: rosters of a server's export (XEP-0227)", read: roster::read },
        Format {
            name: "pres-rules",
            about: "SIP: presence rules of an XCAP server (RFC 5025), a file of each owner",
            read: pres_rules::read,
        },
        Format {
            name: "shared-groups",
            about: "XMPP: Prosody's sharedgroups.txt, or ejabberd's sr_group and sr_user as *.sql",
            read: shared::read,
        },
    ];

    /// The format of that name.
    pub fn parse(name: &str) -> Option<Format> {
        Format::ALL.iter().copied().find(|format| format.name == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// What it is, in a line.
    pub fn about(self) -> &'static str {
        self.about
    }

    /// Reads all sources.
    pub(crate) fn read(self, inputs: &[Input], builder: &mut Builder<'_>) -> Result<(), Fault> {
        (self.read)(inputs, builder)
    }
}
