//! A domain and its parties as bytes. Each structure is taken apart field by field, so that a new field does not compile until it is
//! here. What follows from other fields is made anew: tables of the matrices, extensions, indexes of parties.
#![forbid(unsafe_code)]

use super::bytes::{Bytes, Packed, packed};
use crate::id::{DomainId, Kind, Line, Party};
use crate::policy::codes::{CodeTable, Function};
use crate::policy::dated::{Dated, Fact};
use crate::policy::state::{Created, State, Transfer};
use crate::policy::{Administrator, Contact, Domain, Override, Station, Team, User};
use crate::system::{System, Systems};

impl Packed for Party {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Party> {
        u32::unpack(from).map(Party)
    }
}

impl Packed for DomainId {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<DomainId> {
        u16::unpack(from).map(DomainId)
    }
}

impl Packed for Line {
    fn pack(&self, out: &mut Vec<u8>) {
        self.0.pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Line> {
        u32::unpack(from).map(Line)
    }
}

impl Packed for Kind {
    fn pack(&self, out: &mut Vec<u8>) {
        out.push(*self as u8);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Kind> {
        let byte = from.byte()?;
        Kind::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

impl Packed for Systems {
    fn pack(&self, out: &mut Vec<u8>) {
        self.iter().collect::<Vec<System>>().pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Systems> {
        Some(Vec::<System>::unpack(from)?.into_iter().collect())
    }
}

packed! {
    User { party, lines, xphone, estos, keevio, linewarden, line }
    Contact { party, host }
    Team { party, lines, agents, pickup_notification, line }
    Station { party, kind, line }
    Administrator { user, sites, workgroups, monitoring_groups, permissions, teams, line }
    Override { system, key, levels, line }
    Dated { fact, when, line }
    State { inquiries, favourites, consents, created, last_created, logged_out, paused, transfers }
    Created { order, policy }
    Transfer { viewer, owner, role }
}

impl Packed for Fact {
    fn pack(&self, out: &mut Vec<u8>) {
        match self {
            Fact::Setting { owner, viewer, label } => {
                out.push(0);
                (*owner, *viewer).pack(out);
                label.pack(out);
            }
            Fact::Grant { owner, viewer, grant, administrative } => {
                out.push(1);
                (*owner, *viewer).pack(out);
                grant.pack(out);
                administrative.pack(out);
            }
            Fact::WorkgroupMember { group, member } => {
                out.push(2);
                group.pack(out);
                member.pack(out);
            }
            Fact::PermissionMember { permission, kind, member } => {
                out.push(3);
                permission.pack(out);
                kind.pack(out);
                member.pack(out);
            }
        }
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Fact> {
        Some(match from.byte()? {
            0 => {
                let (owner, viewer) = Packed::unpack(from)?;
                Fact::Setting { owner, viewer, label: Packed::unpack(from)? }
            }
            1 => {
                let (owner, viewer) = Packed::unpack(from)?;
                let grant = Packed::unpack(from)?;
                Fact::Grant { owner, viewer, grant, administrative: Packed::unpack(from)? }
            }
            2 => Fact::WorkgroupMember { group: Packed::unpack(from)?, member: Packed::unpack(from)? },
            3 => {
                let permission = Packed::unpack(from)?;
                let kind = Packed::unpack(from)?;
                Fact::PermissionMember { permission, kind, member: Packed::unpack(from)? }
            }
            _ => return None,
        })
    }
}

impl Packed for CodeTable {
    fn pack(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|(_, code)| super::text(out, code));
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<CodeTable> {
        let mut codes = CodeTable::default();
        for function in Function::ALL {
            codes.set(function, from.text()?);
        }
        Some(codes)
    }
}

impl Packed for Domain {
    fn pack(&self, out: &mut Vec<u8>) {
        let Domain {
            id,
            name,
            file,
            systems,
            users,
            contacts,
            teams,
            stations,
            xphone,
            estos,
            pascom,
            keevio,
            linewarden,
            dated,
            overrides,
            codes,
            longest_age,
            administrators,
            written,
            // Both follow from users, contacts, teams and stations.
            numbers: _,
            index_of: _,
            state,
        } = self;
        id.pack(out);
        name.pack(out);
        file.pack(out);
        systems.pack(out);
        users.pack(out);
        contacts.pack(out);
        teams.pack(out);
        stations.pack(out);
        overrides.pack(out);
        xphone.pack(out);
        estos.pack(out);
        pascom.pack(out);
        keevio.pack(out);
        linewarden.pack(out);
        dated.pack(out);
        codes.pack(out);
        longest_age.pack(out);
        administrators.pack(out);
        written.pack(out);
        state.pack(out);
    }

    fn unpack(from: &mut Bytes<'_>) -> Option<Domain> {
        let id = Packed::unpack(from)?;
        let name = String::unpack(from)?;
        let mut domain = Domain { file: Packed::unpack(from)?, ..Domain::new(id, &name, "") };
        domain.systems = Packed::unpack(from)?;
        let count = from.count()?;
        // Most users have one extension at least.
        domain.numbers.reserve(count.min(from.left() / 8));
        domain.index_of.reserve(count.min(from.left() / 8));
        for _ in 0..count {
            domain.add_user(Packed::unpack(from)?);
        }
        Vec::unpack(from)?.into_iter().for_each(|contact| domain.add_contact(contact));
        Vec::unpack(from)?.into_iter().for_each(|team| domain.add_team(team));
        Vec::unpack(from)?.into_iter().for_each(|station| domain.add_station(station));
        let parties = domain.users.len() + domain.contacts.len() + domain.teams.len() + domain.stations.len();
        // A party that is there twice would have two indexes.
        (domain.index_of.len() == parties).then_some(())?;
        domain.overrides = Packed::unpack(from)?;
        let (matrix, tables) = Override::tables(&domain.overrides);
        domain.xphone = crate::system::xphone::XPhone { matrix, ..Packed::unpack(from)? };
        domain.estos = crate::system::estos::Estos { tables, ..Packed::unpack(from)? };
        domain.pascom = Packed::unpack(from)?;
        domain.keevio = Packed::unpack(from)?;
        domain.linewarden = Packed::unpack(from)?;
        domain.dated = Packed::unpack(from)?;
        domain.dated.is_sorted_by(|one, next| one.fact.order() <= next.fact.order()).then_some(())?;
        domain.codes = Packed::unpack(from)?;
        domain.longest_age = Packed::unpack(from)?;
        domain.administrators = Packed::unpack(from)?;
        domain.written = Packed::unpack(from)?;
        domain.state = Packed::unpack(from)?;
        Some(domain)
    }
}
