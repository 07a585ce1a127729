//! A policy document as converters make it, each fact with the file and line that it comes from. It has no more of the document's
//! format than converters need.
#![forbid(unsafe_code)]

use std::fmt;
use std::sync::Arc;

/// Where a fact stands in the sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was named.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T> At<T> {
    /// `value`, from there.
    pub fn new(value: impl Into<T>, place: &Place) -> At<T> {
        At { value: value.into(), place: place.clone() }
    }
}

/// One domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// The domain's name.
    pub domain: String,
    /// What is written above everything else, a line each.
    pub head: Vec<String>,
    /// The users, in the order of the sources.
    pub users: Vec<User>,
    /// The teams and queues.
    pub teams: Vec<Team>,
    /// Groups that rules name.
    pub groups: Vec<Group>,
    /// The rules of the system `linewarden`.
    pub rules: Vec<Rule>,
    /// The subscriptions of the system keevio.
    pub subscriptions: Vec<Subscription>,
}

impl Document {
    /// The systems that the facts are of.
    pub fn systems(&self) -> Vec<&'static str> {
        let keevio = !self.subscriptions.is_empty();
        // A document must run a system to be of use; rules can be added to this one.
        let own = !self.rules.is_empty() || !self.groups.is_empty() || !keevio;
        [(own, "linewarden"), (keevio, "keevio")].into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect()
    }
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The login.
    pub name: At<String>,
    /// What a reader should know of it, for a comment.
    pub notes: Vec<String>,
    /// The extensions, the first line first.
    pub lines: Vec<At<String>>,
}

/// A team or queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// The name.
    pub name: At<String>,
    /// The extensions.
    pub lines: Vec<At<String>>,
    /// The names of the users who take its calls.
    pub agents: Vec<At<String>>,
}

/// A group for rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name.
    pub name: At<String>,
    /// Its members, as a document names parties.
    pub members: Vec<At<String>>,
}

/// A rule: each actor has the rights on each target, and never on oneself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name.
    pub name: At<String>,
    /// Who has the rights.
    pub actors: Vec<At<String>>,
    /// The rights, by their names in documents.
    pub rights: Vec<At<String>>,
    /// On whom.
    pub targets: Vec<At<String>>,
}

/// A viewer's subscription to an owner's presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Who sees.
    pub viewer: String,
    /// Who is seen.
    pub owner: String,
    /// Whether the owner has agreed.
    pub granted: bool,
    /// Where it stands.
    pub place: Place,
}
