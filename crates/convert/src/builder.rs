//! Collects a document and what is not carried over. It keeps the document loadable: names that are valid and unique, extensions of
//! one party each. What breaks that is listed and left out, never changed.
#![forbid(unsafe_code)]

use crate::fault::{NotCarried, quote};
use crate::model::{At, Document, Place, Team, User};
use crate::numbers::Numbers;
use crate::{Conversion, Options};
use std::collections::{HashMap, HashSet};

/// The longest name, in bytes, and the longest extension, in characters, that a document may have.
const LONGEST_NAME: usize = 255;
const LONGEST_EXTENSION: usize = 32;

/// A document that is being made.
pub struct Builder<'o> {
    /// What it has so far.
    pub document: Document,
    /// How numbers are read.
    pub numbers: &'o Numbers,
    not_carried: Vec<NotCarried>,
    /// What was listed already, so that each is listed once.
    listed: HashSet<NotCarried>,
    users: HashMap<String, usize>,
    teams: HashMap<String, usize>,
    /// By extension: the owner as messages name it, and where.
    extensions: HashMap<String, (String, Place)>,
}

impl<'o> Builder<'o> {
    /// An empty one.
    pub fn new(options: &'o Options) -> Builder<'o> {
        Builder {
            document: Document { domain: options.domain.clone(), ..Document::default() },
            numbers: &options.numbers,
            not_carried: Vec::new(),
            listed: HashSet::new(),
            users: HashMap::new(),
            teams: HashMap::new(),
            extensions: HashMap::new(),
        }
    }

    /// Lists something that is not carried over.
    pub fn lost(&mut self, place: &Place, what: impl Into<String>, why: impl Into<String>) {
        let (file, line) = (place.file.to_string(), place.line);
        let lost = NotCarried { file, line, what: what.into(), why: why.into() };
        // A line of a template counts for many: one entry says it.
        if self.listed.insert(lost.clone()) {
            self.not_carried.push(lost);
        }
    }

    /// Adds a user and says its index. Listed and `None` if the name cannot be one or is there already.
    pub fn user(&mut self, name: &str, place: &Place) -> Option<usize> {
        if let Some(known) = self.users.get(name).and_then(|at| self.document.users.get(*at)) {
            let first = known.name.place.clone();
            self.lost(place, format!("user {}", quote(name)), format!("the name stands in {first} already"));
            return None;
        }
        if let Some(fault) = name_fault(name) {
            self.lost(place, format!("user {}", quote(name)), fault);
            return None;
        }
        let at = self.document.users.len();
        self.users.insert(name.to_owned(), at);
        self.document.users.push(User { name: At::new(name, place), notes: Vec::new(), lines: Vec::new() });
        Some(at)
    }

    /// The index of the user of that name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.users.get(name).copied()
    }

    /// Whether there is a user of that name; a new one is added. Listed where it cannot be one.
    pub fn has_user(&mut self, name: &str, place: &Place) -> bool {
        self.find(name).is_some() || self.user(name, place).is_some()
    }

    /// The user that has that extension.
    pub fn user_by_line(&self, line: &str) -> Option<&str> {
        let users = self.document.users.iter();
        users
            .into_iter()
            .find(|user| user.lines.iter().any(|own| own.value == line))
            .map(|user| user.name.value.as_str())
    }

    /// A remark for the comment beside a user.
    pub fn note(&mut self, user: usize, note: impl Into<String>) {
        if let Some(user) = self.document.users.get_mut(user) {
            user.notes.push(note.into());
        }
    }

    /// Adds an extension to a user as it stands. Listed if it cannot be one, or is another party's.
    pub fn line(&mut self, user: usize, line: &str, place: &Place) {
        let Some(owner) = self.document.users.get(user).map(|user| user.name.value.clone()) else { return };
        if self.take(line, &format!("user {}", quote(&owner)), place)
            && let Some(user) = self.document.users.get_mut(user)
        {
            user.lines.push(At::new(line, place));
        }
    }

    /// Adds a telephone number to a user, in its one form; listed if it has none.
    pub fn number(&mut self, user: usize, number: &str, place: &Place) {
        match self.numbers.normal(number) {
            Ok(line) => self.line(user, &line, place),
            Err(why) => self.lost(place, format!("number {}", quote(number)), why),
        }
    }

    /// Adds a team and says its index. Listed and `None` if the name cannot be one or is there already.
    pub fn team(&mut self, name: &str, place: &Place) -> Option<usize> {
        if let Some(known) = self.teams.get(name).and_then(|at| self.document.teams.get(*at)) {
            let first = known.name.place.clone();
            self.lost(place, format!("team {}", quote(name)), format!("the name stands in {first} already"));
            return None;
        }
        if let Some(fault) = name_fault(name) {
            self.lost(place, format!("team {}", quote(name)), fault);
            return None;
        }
        let at = self.document.teams.len();
        self.teams.insert(name.to_owned(), at);
        self.document.teams.push(Team { name: At::new(name, place), lines: Vec::new(), agents: Vec::new() });
        Some(at)
    }

    /// Adds an extension to a team.
    pub fn team_line(&mut self, team: usize, line: &str, place: &Place) {
        let Some(owner) = self.document.teams.get(team).map(|team| team.name.value.clone()) else { return };
        if self.take(line, &format!("team {}", quote(&owner)), place)
            && let Some(team) = self.document.teams.get_mut(team)
        {
            team.lines.push(At::new(line, place));
        }
    }

    /// Adds an agent, who must be a user, to a team, once.
    pub fn agent(&mut self, team: usize, agent: &str, place: &Place) {
        if let Some(team) = self.document.teams.get_mut(team)
            && !team.agents.iter().any(|known| known.value == agent)
        {
            team.agents.push(At::new(agent, place));
        }
    }

    /// Registers an extension.
    fn take(&mut self, line: &str, owner: &str, place: &Place) -> bool {
        let digits = line.strip_prefix('+').unwrap_or(line);
        let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if !plain || digits.is_empty() || line.len() > LONGEST_EXTENSION {
            let why = "an extension has 1 to 32 letters, digits, `.`, `-` or `_`, with or without a `+` before";
            self.lost(place, format!("extension {} of {owner}", quote(line)), why);
            return false;
        }
        match self.extensions.get(line) {
            Some((known, _)) if known == owner => false,
            Some((known, at)) => {
                let why = format!("it is {known}'s already, by {at}");
                self.lost(place, format!("extension {} of {owner}", quote(line)), why);
                false
            }
            None => {
                self.extensions.insert(line.to_owned(), (owner.to_owned(), place.clone()));
                true
            }
        }
    }

    /// The document. An extension that is the login of another user would name two parties: it is taken out.
    pub fn finish(mut self) -> Conversion {
        let users = std::mem::take(&mut self.users);
        let mut removed = Vec::new();
        let mut keep = |owner: Option<usize>, who: String, line: &At<String>| {
            let good = users.get(&line.value).is_none_or(|login| Some(*login) == owner);
            if !good {
                removed.push((line.clone(), who));
            }
            good
        };
        for (at, user) in self.document.users.iter_mut().enumerate() {
            let who = format!("user {}", quote(&user.name.value));
            user.lines.retain(|line| keep(Some(at), who.clone(), line));
        }
        for team in &mut self.document.teams {
            let who = format!("team {}", quote(&team.name.value));
            team.lines.retain(|line| keep(None, who.clone(), line));
        }
        for (line, who) in removed {
            let what = format!("extension {} of {who}", quote(&line.value));
            self.lost(&line.place, what, "it is the login of another user");
        }
        Conversion { document: self.document, not_carried: self.not_carried }
    }
}

/// Why a name cannot stand in a document, if so.
pub fn name_fault(name: &str) -> Option<String> {
    if name.is_empty() {
        Some("the name is empty".into())
    } else if name.len() > LONGEST_NAME {
        Some(format!("the name has {} bytes, a document takes {LONGEST_NAME}", name.len()))
    } else if name.chars().any(|c| c.is_control() || matches!(c, '/' | ':')) {
        Some("a document takes no name with `/`, `:` or control characters".into())
    } else if name.trim() != name {
        Some("a document takes no name with blanks around it".into())
    } else {
        None
    }
}

/// The name, with a number behind it where `names` has it already; it is in there then.
pub fn unused(names: &mut HashSet<String>, wanted: String) -> String {
    let (mut name, mut again) = (wanted.clone(), 2);
    while !names.insert(name.clone()) {
        name = format!("{wanted} ({again})");
        again += 1;
    }
    name
}

/// A name for a group or rule, which only the document knows: characters that it does not take become `-`, and a longer name is cut.
pub fn free_name(name: &str) -> String {
    let plain = |c: char| if c.is_control() || matches!(c, '/' | ':') { '-' } else { c };
    let mut free: String = name.trim().chars().map(plain).collect();
    while free.len() > LONGEST_NAME - 10 {
        free.pop();
    }
    free
}
