//! keevio's part of a document: presence settings and subscriptions. It must never read facts of another system. A
//! subscription's line is that of its `state`.
#![forbid(unsafe_code)]

use super::TopLevel;
use super::names::{Names, Pair, Pairs};
use crate::document::fault::Cx;
use crate::document::table::{Table, Word};
use crate::error::Result;
use crate::id::Kind;
use crate::system::keevio::{NewUsers, Person, State, Subscription};

/// Its top-level keys.
pub(super) const KEYS: &[&str] = &["presence", "subscription"];
/// Those that hold one table.
pub(super) const SINGLE: &[&str] = &["presence"];
/// Its keys of a user.
pub(super) const USER: &[&str] = &["company", "container"];
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
        self.new_users = table.word("new_users", NewUsers::WORDS).unwrap_or_default();
        self.realm = table.flag("realm").unwrap_or_default();
    }

    /// Reads a `[[subscription]]`.
    fn subscription(&mut self, cx: &Cx<'a>, table: &Table<'_, 'a>) {
        let state = table.need_word("state", State::WORDS);
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
