//! The parts of a rule as a change writes them: `rights: call.pickup actors: bob team:sales targets: alice`. A word that ends with a
//! colon is no name of a party, so each part ends where the next one begins. It never looks at a policy.
#![forbid(unsafe_code)]

use super::argument::{Argument, Shape, Words, word};
use crate::calendar::When;
use crate::error::{Error, Result};
use crate::right::{Right, RightSet};
use crate::system::linewarden::IN_RULES;
use crate::wording::{expected, meant_right, quote};

/// The words before the lists of a rule, in the order in which they are written.
const LISTS: [&str; 4] = ["actors", "targets", "except", "except_actors"];

/// Parts of a rule. One that is `None` is left as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleParts {
    /// What the rule gives.
    pub rights: Option<RightSet>,
    /// Who acts.
    pub actors: Option<Vec<String>>,
    /// Towards whom.
    pub targets: Option<Vec<String>>,
    /// Towards whom not, although `targets` may say so.
    pub except: Option<Vec<String>>,
    /// Who does not act, although `actors` may say so.
    pub except_actors: Option<Vec<String>>,
    /// When it counts.
    pub when: Option<When>,
}

impl RuleParts {
    /// The lists with the words before them.
    pub(super) fn lists(&self) -> [(&'static str, Option<&[String]>); 4] {
        let [actors, targets, except, except_actors] = LISTS;
        [
            (actors, self.actors.as_deref()),
            (targets, self.targets.as_deref()),
            (except, self.except.as_deref()),
            (except_actors, self.except_actors.as_deref()),
        ]
    }

    /// The list with that word before it, to change.
    pub(super) fn list_mut(&mut self, key: &str) -> Option<&mut Option<Vec<String>>> {
        Some(match key {
            "actors" => &mut self.actors,
            "targets" => &mut self.targets,
            "except" => &mut self.except,
            "except_actors" => &mut self.except_actors,
            _ => return None,
        })
    }
}

/// The part that a word begins.
fn part(text: Option<&str>) -> Option<&'static str> {
    let key = text?.strip_suffix(':')?;
    LISTS.into_iter().chain(["rights", "when"]).find(|known| *known == key)
}

fn no_part(words: &Words<'_>, text: &str) -> Error {
    let known: Vec<String> = ["rights"].into_iter().chain(LISTS).chain(["when"]).map(|key| format!("{key}:")).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    words.fault(0, format!("{} where a part of a rule begins{}", quote(text), expected(&known)))
}

impl Argument for RuleParts {
    const SHAPE: Shape = Shape::Rule;

    fn read(words: &mut Words<'_>, _: &'static str) -> Result<RuleParts> {
        let mut parts = RuleParts::default();
        while let Some(text) = words.next() {
            let Some(key) = part(Some(&text)) else { return Err(no_part(words, &text)) };
            let twice = words.fault(0, format!("{} stands twice", quote(&text)));
            if key == "when" {
                if parts.when.is_some() {
                    return Err(twice);
                }
                parts.when = Some(When::read(words, "when")?);
                continue;
            }
            let Some(list) = parts.list_mut(key) else {
                if parts.rights.is_some() {
                    return Err(twice);
                }
                parts.rights = Some(rights(words)?);
                continue;
            };
            if list.is_some() {
                return Err(twice);
            }
            let mut parties = Vec::new();
            while part(words.peek()).is_none()
                && let Some(text) = words.next()
            {
                // No party ends so: it was meant for a part.
                if text.ends_with(':') {
                    return Err(no_part(words, &text));
                }
                parties.push(text);
            }
            *list = Some(parties);
        }
        Ok(parts)
    }

    fn write(&self, line: &mut String) {
        if let Some(rights) = self.rights {
            line.push_str(" rights:");
            rights.shortest().into_iter().for_each(|name| word(name, line));
        }
        for (key, list) in self.lists() {
            let Some(list) = list else { continue };
            word(&format!("{key}:"), line);
            list.iter().for_each(|text| word(text, line));
        }
        if let Some(when) = &self.when {
            word("when:", line);
            when.write(line);
        }
    }

    fn texts(&mut self, each: &mut dyn FnMut(&mut String)) {
        for key in LISTS {
            self.list_mut(key).into_iter().flatten().flatten().for_each(&mut *each);
        }
    }
}

/// The rights up to the next part (L6).
fn rights(words: &mut Words<'_>) -> Result<RightSet> {
    let mut rights = RightSet::EMPTY;
    while part(words.peek()).is_none()
        && let Some(text) = words.next()
    {
        match Right::parse(&text) {
            Some(right) if IN_RULES.contains(right.mask()) => rights |= right.mask(),
            Some(_) => return Err(words.fault(0, format!("right {}, which no rule can give", quote(&text)))),
            None if text.ends_with(':') => return Err(no_part(words, &text)),
            None => {
                let end = meant_right(&text, &IN_RULES.offered_names());
                return Err(words.fault(0, format!("unknown right {}{end}", quote(&text))));
            }
        }
    }
    if rights.is_empty() {
        return Err(words.fault(0, "no rights, expected at least one"));
    }
    Ok(rights)
}
