//! keevio's part of a document, read and written: presence settings, subscriptions, and its keys of a user. It must never touch facts of
//! another system. A subscription's line is that of its `state`.
#![forbid(unsafe_code)]

use super::fault::Cx;
use super::load::names::{Names, Pair, Pairs};
use super::table::{Keys, Table, TopLevel};
use super::write::Writer;
use crate::error::Result;
use crate::id::Kind;
use crate::policy::User;
use crate::system::System;
use crate::system::keevio::{NewUsers, Person, State, Subscription};
use std::io;

/// Its keys.
pub(super) const KEYS: Keys = Keys {
    system: System::Keevio,
    top: &["presence", "subscription"],
    single: &["presence"],
    user: &["company", "container"],
};
/// Keys of the presence settings.
const PRESENCE: &[&str] = &["new_users", "realm"];
/// Keys of a subscription.
const SUBSCRIPTION: &[&str] = &["viewer", "owner", "state"];

/// keevio's facts as a document writes them.
#[derive(Default)]
pub(super) struct Raw<'a> {
    new_users: NewUsers,
    realm: bool,
    subscriptions: Vec<(Pair<'a>, Option<State>, usize)>,
}

impl<'a> Raw<'a> {
    /// Reads the tables of one of its keys.
    pub fn read(&mut self, cx: &Cx<'a>, top: &TopLevel<'_, 'a>) {
        match top.key {
            "presence" => top.table(PRESENCE).iter().for_each(|table| self.presence(table)),
            _ => top.tables(SUBSCRIPTION).iter().for_each(|table| self.subscription(cx, table)),
        }
    }

    /// Reads `[presence]`.
    fn presence(&mut self, table: &Table<'_, 'a>) {
        self.new_users = table.word("new_users", NewUsers::ALL).unwrap_or_default();
        self.realm = table.flag("realm").unwrap_or_default();
    }

    /// Reads a `[[subscription]]`.
    fn subscription(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let state = table.need_word("state", State::ALL);
        if let Some(pair) = Pair::read(cx, table) {
            self.subscriptions.push((pair, state, table.place("state")));
        }
    }

    /// Fills the domain, which has its users already.
    pub fn resolve(self, names: &mut Names<'_, 'a>) -> Result<()> {
        names.domain.keevio.new_users = self.new_users;
        names.domain.keevio.realm = self.realm;
        let mut pairs = Pairs::default();
        for (pair, state, at) in self.subscriptions {
            let owner = names.person(&pair.owner, "`owner` of [[subscription]]")?;
            let viewer = names.person(&pair.viewer, "`viewer` of [[subscription]]")?;
            let (Some(owner), Some(viewer)) = (owner, viewer) else {
                continue;
            };
            if !names.is_new((owner, viewer), &pair, "[[subscription]]", &mut pairs) {
                continue;
            }
            let outside = |party| names.domain.kind(party) == Some(Kind::Contact);
            if outside(owner) && outside(viewer) {
                let message = "[[subscription]] between two outside contacts, expected a user as owner or viewer";
                names.cx.fault(pair.at, message);
            } else if let Some(state) = state {
                let subscription = Subscription { state, line: names.cx.line(at) };
                names.domain.keevio.subscriptions.insert((viewer, owner), subscription);
            }
        }
        Ok(())
    }
}

/// Reads its facts of a user.
pub(super) fn user(table: &Table<'_, '_>) -> Person {
    Person { company: table.label("company"), container: table.label("container") }
}

impl Writer<'_> {
    /// Its keys of a user.
    pub(super) fn keevio_user(&mut self, user: &User) -> io::Result<()> {
        user.keevio.company.as_ref().map_or(Ok(()), |company| self.text("company", company))?;
        user.keevio.container.as_ref().map_or(Ok(()), |container| self.text("container", container))
    }

    /// Its tables.
    pub(super) fn keevio(&mut self) -> io::Result<()> {
        let keevio = &self.domain.keevio;
        if keevio.realm || keevio.new_users != NewUsers::default() {
            self.header("[presence]")?;
            self.unless(NewUsers::default(), "new_users", keevio.new_users, NewUsers::word)?;
            if keevio.realm {
                self.flag("realm", true)?;
            }
        }
        for ((viewer, owner), subscription) in &keevio.subscriptions {
            self.header("[[subscription]]")?;
            self.text("viewer", self.name(*viewer))?;
            self.text("owner", self.name(*owner))?;
            self.text("state", subscription.state.word())?;
        }
        Ok(())
    }
}
