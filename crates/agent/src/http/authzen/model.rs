//! Requests as AuthZEN writes them. Fields that the specification does not know are passed over, as it asks; a known field of another type,
//! or that stands twice, is an error.
#![forbid(unsafe_code)]

use crate::http::names::{Names, Part};
use crate::http::problem::{self, Problem, Refusable};
use linewarden::{Kind, Party, Right};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// A subject or a resource.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Entity {
    pub r#type: Option<String>,
    pub id: Option<String>,
    pub properties: Option<Properties>,
}

/// An action.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Action {
    pub name: Option<String>,
    #[allow(dead_code, reason = "only its type is checked")]
    properties: Option<Object>,
}

/// Of the properties only `domain` counts.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Properties {
    pub domain: Option<String>,
}

/// An object of which nothing is read.
type Object = BTreeMap<String, IgnoredAny>;

/// A question, or what questions have in common.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Tuple {
    pub subject: Option<Entity>,
    pub action: Option<Action>,
    pub resource: Option<Entity>,
    #[allow(dead_code, reason = "only its type is checked")]
    pub context: Option<Object>,
}

/// A request of many questions.
#[derive(Clone, Debug, Deserialize)]
pub struct Boxcar {
    pub subject: Option<Entity>,
    pub action: Option<Action>,
    pub resource: Option<Entity>,
    context: Option<Object>,
    pub evaluations: Option<Vec<Tuple>>,
    pub options: Option<Options>,
}

impl Boxcar {
    /// What its questions have in common.
    pub fn common(&mut self) -> Tuple {
        let (subject, action, resource) = (self.subject.take(), self.action.take(), self.resource.take());
        Tuple { subject, action, resource, context: self.context.take() }
    }
}

/// How a request of many questions is answered.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Options {
    #[serde(default)]
    pub evaluations_semantic: Semantic,
}

/// Which answer is the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Semantic {
    #[default]
    ExecuteAll,
    DenyOnFirstDeny,
    PermitOnFirstPermit,
}

/// A search.
#[derive(Clone, Debug, Deserialize)]
pub struct Search {
    #[serde(flatten)]
    pub tuple: Tuple,
    pub page: Option<Page>,
}

/// Which part of the results.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Page {
    pub token: Option<String>,
    pub limit: Option<usize>,
}

fn missing(what: &str) -> Problem {
    Problem::not_understood(format!("`{what}` is missing"))
}

/// A type of parties; `None` for one that there is not.
pub fn kind(of: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.word() == of)
}

impl Entity {
    /// The domain beside its name.
    pub fn domain(&self) -> Option<&str> {
        self.properties.as_ref()?.domain.as_deref()
    }

    /// Its type.
    pub fn needs_type(&self, what: &str) -> Refusable<&str> {
        self.r#type.as_deref().ok_or_else(|| missing(&format!("{what}.type")))
    }

    /// The party that it is; `None` for one that the caller does not have.
    pub fn party(&self, names: &Names<'_>, part: Part) -> Refusable<Option<Party>> {
        let what = if part == Part::Actor { "subject" } else { "resource" };
        let of = self.needs_type(what)?;
        let id = self.id.as_deref().ok_or_else(|| missing(&format!("{what}.id")))?;
        match kind(of) {
            Some(kind) => names.find(self.domain(), Some(kind), id, part),
            None => Ok(None),
        }
    }
}

/// What a question is about, or an error that it is missing.
pub fn needed<'a, T>(given: Option<&'a T>, what: &str) -> Refusable<&'a T> {
    given.ok_or_else(|| missing(what))
}

/// The right that an action is.
pub fn right(action: Option<&Action>) -> Refusable<Right> {
    let name = needed(action, "action")?.name.as_deref().ok_or_else(|| missing("action.name"))?;
    problem::right(name)
}

/// An entity of a question, with what it lacks from the request's own.
pub fn merged(own: Option<Entity>, common: Option<&Entity>) -> Option<Entity> {
    let Some(mut own) = own else { return common.cloned() };
    if let Some(common) = common {
        own.r#type = own.r#type.or_else(|| common.r#type.clone());
        own.id = own.id.or_else(|| common.id.clone());
    }
    Some(own)
}
