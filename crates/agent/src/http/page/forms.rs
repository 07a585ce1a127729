//! The forms for the commonest changes: which fields they have, and the line that is made of them. All other lines of docs/changes.md are
//! typed as they are. A form must never judge a change: the library does.
#![forbid(unsafe_code)]

use super::super::problem::{Problem, Refusable};
use super::form::Form;
use super::search::rights;
use super::words::Say;
use linewarden::{System, change_line};
use linewarden_report::Lang;
use maud::{Markup, html};

/// What a field takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// A party by its name.
    Party,
    /// A name or a number.
    Text,
    /// One of these words.
    One(&'static [&'static str]),
    /// Yes or no.
    Switch,
    /// A right; the field may stay empty where the change takes several.
    Right,
}

/// A form.
#[derive(Debug)]
pub struct Kind {
    /// Its name in addresses.
    pub id: &'static str,
    /// What it is called.
    pub title: Say,
    /// The system that it is of; `None` for all.
    pub system: Option<System>,
    /// Whether users have it.
    pub users: bool,
    /// The template of the line: words, and field names in capitals.
    line: &'static str,
    /// The fields in their order.
    fields: &'static [(&'static str, Say, Takes)],
}

const LABELS: &[&str] =
    &["blocked", "unknown", "external", "employee", "team_colleague", "assistant", "assistant_plus"];
const LEVELS: &[&str] = &["blocked", "public", "business", "team", "personal"];
const LISTS: &[&str] =
    &["workgroup", "observers", "monitored", "authorization_group", "leaders", "permission", "agents", "group"];
const RELEASES: &[&str] = &["nothing", "public", "public_and_private_times", "everything"];

/// All forms.
pub const KINDS: &[Kind] = &[
    Kind {
        id: "relationship",
        title: Say::SetRelationship,
        system: Some(System::Xphone),
        users: true,
        line: "set relationship OWNER VIEWER LEVEL",
        fields: &[
            ("OWNER", Say::Owner, Takes::Party),
            ("VIEWER", Say::Viewer, Takes::Party),
            ("LEVEL", Say::Level, Takes::One(LABELS)),
        ],
    },
    Kind {
        id: "clear-relationship",
        title: Say::ClearRelationship,
        system: Some(System::Xphone),
        users: true,
        line: "clear relationship OWNER VIEWER",
        fields: &[("OWNER", Say::Owner, Takes::Party), ("VIEWER", Say::Viewer, Takes::Party)],
    },
    Kind {
        id: "vip",
        title: Say::SetVip,
        system: Some(System::Xphone),
        users: false,
        line: "set vip USER ON",
        fields: &[("USER", Say::User, Takes::Party), ("ON", Say::Switch, Takes::Switch)],
    },
    Kind {
        id: "grant",
        title: Say::SetGrant,
        system: Some(System::Estos),
        users: true,
        line: "set grant OWNER VIEWER LEVEL",
        fields: &[
            ("OWNER", Say::Owner, Takes::Party),
            ("VIEWER", Say::Viewer, Takes::Party),
            ("LEVEL", Say::Level, Takes::One(LEVELS)),
        ],
    },
    Kind {
        id: "clear-grant",
        title: Say::ClearGrant,
        system: Some(System::Estos),
        users: true,
        line: "clear grant OWNER VIEWER",
        fields: &[("OWNER", Say::Owner, Takes::Party), ("VIEWER", Say::Viewer, Takes::Party)],
    },
    Kind {
        id: "release",
        title: Say::SetRelease,
        system: Some(System::Estos),
        users: true,
        line: "set release USER RELEASE",
        fields: &[("USER", Say::User, Takes::Party), ("RELEASE", Say::Release, Takes::One(RELEASES))],
    },
    Kind {
        id: "subscribe",
        title: Say::Subscribe,
        system: Some(System::Keevio),
        users: false,
        line: "set subscription VIEWER OWNER granted",
        fields: &[("VIEWER", Say::Viewer, Takes::Party), ("OWNER", Say::Owner, Takes::Party)],
    },
    Kind {
        id: "exempt",
        title: Say::SetExempt,
        system: Some(System::Linewarden),
        users: true,
        line: "set exempt USER RIGHT",
        fields: &[("USER", Say::User, Takes::Party), ("RIGHT", Say::Right, Takes::Right)],
    },
    Kind {
        id: "rule",
        title: Say::AddRule,
        system: Some(System::Linewarden),
        users: false,
        line: "add rule NAME rights: RIGHT actors: ACTOR targets: TARGET",
        fields: &[
            ("NAME", Say::Name, Takes::Text),
            ("RIGHT", Say::Right, Takes::Right),
            ("ACTOR", Say::Actor, Takes::Text),
            ("TARGET", Say::Target, Takes::Text),
        ],
    },
    Kind {
        id: "add-member",
        title: Say::AddMember,
        system: None,
        users: false,
        line: "add member LIST OF PARTY",
        fields: &[
            ("LIST", Say::ListOf, Takes::One(LISTS)),
            ("OF", Say::ItsName, Takes::Text),
            ("PARTY", Say::Member, Takes::Party),
        ],
    },
    Kind {
        id: "remove-member",
        title: Say::RemoveMember,
        system: None,
        users: false,
        line: "remove member LIST OF PARTY",
        fields: &[
            ("LIST", Say::ListOf, Takes::One(LISTS)),
            ("OF", Say::ItsName, Takes::Text),
            ("PARTY", Say::Member, Takes::Party),
        ],
    },
    Kind {
        id: "add-user",
        title: Say::AddUser,
        system: None,
        users: false,
        line: "add user NAME LINE",
        fields: &[("NAME", Say::LoginName, Takes::Text), ("LINE", Say::Extension, Takes::Text)],
    },
    Kind {
        id: "remove-user",
        title: Say::RemoveUser,
        system: None,
        users: false,
        line: "remove user USER",
        fields: &[("USER", Say::User, Takes::Party)],
    },
];

impl Kind {
    /// The form of that name.
    pub fn of(id: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.id == id)
    }

    /// The line that the fields make.
    ///
    /// # Errors
    /// 400 for a field that is empty or holds another word than it may.
    pub fn line(&self, form: &Form) -> Refusable<String> {
        let mut words = Vec::new();
        for word in self.line.split(' ') {
            let Some((name, _, takes)) = self.fields.iter().find(|(name, ..)| *name == word) else {
                words.push(word.to_owned());
                continue;
            };
            let value = form.get(name)?;
            let fits = match takes {
                Takes::One(all) => all.contains(&value),
                Takes::Switch => ["yes", "no"].contains(&value),
                _ => true,
            };
            if value.is_empty() || !fits || value.chars().any(char::is_control) {
                return Err(Problem::not_understood(format!("the field {name} needs a value")));
            }
            words.push(value.to_owned());
        }
        Ok(change_line(&words))
    }

    /// Its fields; `party` is whom the page is about.
    pub fn inputs(&self, party: &str, lang: Lang) -> Markup {
        html! {
            input type="hidden" name="form" value=(self.id);
            @for (index, (name, label, takes)) in self.fields.iter().enumerate() {
                @let id = format!("{}-{}", self.id, name.to_lowercase());
                p.field {
                    label for=(id) { (label.of(lang)) }
                    @match takes {
                        Takes::Party => input id=(id) name=(name) required autocomplete="off" value=[(index == 0).then_some(party)];,
                        Takes::Text => input id=(id) name=(name) required autocomplete="off";,
                        Takes::One(all) => select id=(id) name=(name) { @for word in *all { option { (word) } } },
                        Takes::Switch => select id=(id) name=(name) {
                            option value="yes" { (linewarden_report::Word::Yes.of(lang)) }
                            option value="no" { (linewarden_report::Word::No.of(lang)) }
                        },
                        Takes::Right => (rights(&id, name, "call.pickup", lang)),
                    }
                }
            }
        }
    }
}
