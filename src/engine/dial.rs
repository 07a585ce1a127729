//! Dialled function codes: what one means, whom it concerns, and whether it is allowed.
#![forbid(unsafe_code)]

use super::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::explain;
use crate::fncode::{self, DialPlan};
use crate::id::{DomainId, Kind, Party};
use crate::image::Image;
use crate::policy::codes::{CodeTable, Function};
use crate::right::Right;
use serde::Serialize;

/// What a dialled function code means and whether the actor may.
#[derive(Clone, Debug, Serialize)]
pub struct DialAnswer {
    /// The function.
    pub function: Function,
    /// Whose call, forwarding or login it concerns.
    #[serde(skip)]
    pub subject: Party,
    /// The line of the extension that was dialled: 1, 2 or 3; 0 where none was, or a team's.
    pub line: u32,
    /// The same as text.
    #[serde(rename = "subject")]
    pub subject_text: String,
    /// The forwarding's target as dialled; empty where there is none.
    pub digits: String,
    /// The right that was asked, with its line (`call.pickup.first`); empty where none is needed.
    pub right: String,
    /// Whether the actor may.
    pub allowed: bool,
    /// Why, in one line.
    pub why: String,
}

/// The codes and extensions of a domain as an image has them.
struct Compiled<'a> {
    image: Image<'a>,
    domain: DomainId,
    name: String,
    codes: CodeTable,
}

impl DialPlan for Compiled<'_> {
    fn domain_name(&self) -> &str {
        &self.name
    }

    fn codes(&self) -> &CodeTable {
        &self.codes
    }

    fn extension(&self, text: &str) -> Option<(Party, u32)> {
        self.image.extension(self.domain, text)
    }

    fn kind(&self, party: Party) -> Option<Kind> {
        self.image.lives_in(self.domain, party)
    }
}

impl Engine {
    /// What a dialled function code means and whether the actor may. A pickup or a forwarding is asked for the line that was
    /// dialled, which is the first where what was dialled names no line; never for all lines at once (R11). One's own forwarding
    /// needs no right. A login is asked for the location one dials from, so a code that logs somebody in is allowed to a user
    /// only when the location cannot matter.
    ///
    /// # Errors
    /// `Unknown` when the actor is nobody or the code names nobody, `Code` when it is malformed or not assigned.
    pub fn dial(&self, actor: Party, code: &str) -> Result<DialAnswer> {
        self.meaning(actor, code, true)
    }

    /// The same for calls: why it is so stays unsaid.
    ///
    /// # Errors
    /// As for [`Engine::dial`].
    pub fn dialled(&self, actor: Party, code: &str) -> Result<DialAnswer> {
        self.meaning(actor, code, false)
    }

    fn meaning(&self, actor: Party, code: &str, words: bool) -> Result<DialAnswer> {
        let Some((domain, kind)) = self.kind(actor) else {
            return Err(Error::new(ErrorKind::Unknown, "nobody dials"));
        };
        let (dialled, locations) = self.published.read(|image| {
            let Some(name) = image.domain_name(domain) else {
                return Err(Error::new(ErrorKind::Unknown, "the domain is no longer there"));
            };
            let dialled = fncode::parse(&Compiled { image, domain, name, codes: image.codes(domain) }, actor, code)?;
            let of_login = dialled.function == Function::Login && kind != Kind::Location;
            Ok((dialled, if of_login { image.locations(domain) } else { Vec::new() }))
        })?;
        let subject_text = self.text(dialled.subject);
        // A login name, a team and no extension at all are the first line.
        let line = dialled.line.max(1);
        let (right, allowed, why) = match dialled.function {
            Function::Pickup => self.judge(actor, Right::CALL_PICKUP.on_line(line), dialled.subject, words),
            Function::ForwardAsk | Function::ForwardToggle | Function::ForwardSet => {
                if actor == dialled.subject && kind == Kind::User {
                    (String::new(), true, "one's own forwarding needs no right".into())
                } else {
                    self.judge(actor, Right::FORWARDING_SET.on_line(line), dialled.subject, words)
                }
            }
            Function::Login if dialled.log_out => (String::new(), true, "logging out needs no right".into()),
            Function::Login => self.judge_login(&locations, actor, kind, dialled.subject, words),
        };
        let (function, subject, line, digits) = (dialled.function, dialled.subject, dialled.line, dialled.digits);
        Ok(DialAnswer { function, subject, line, subject_text, digits, right, allowed, why })
    }

    fn judge(&self, actor: Party, right: Right, target: Party, words: bool) -> (String, bool, String) {
        if !words {
            return (right.to_string(), self.may(actor, right, target), String::new());
        }
        let (allowed, summary) =
            self.answered(actor, right, target, None, |answered, names, revision| match answered {
                Some(answered) => answered.verdict(),
                None => (false, explain::unknown(names, actor, right, target, revision).summary),
            });
        (right.to_string(), allowed, summary)
    }

    fn judge_login(
        &self,
        locations: &[Party],
        actor: Party,
        kind: Kind,
        subject: Party,
        words: bool,
    ) -> (String, bool, String) {
        if kind == Kind::Location {
            return self.judge(subject, Right::LOCATION_LOGIN, actor, words);
        }
        let right = Right::LOCATION_LOGIN;
        let count = locations.iter().filter(|place| self.may(subject, right, **place)).count();
        let anywhere = count > 0 && count == locations.len();
        let subject = self.text(subject);
        let why = match count {
            0 => format!("{subject} may log in at no location"),
            _ if anywhere => format!("{subject} may log in at every location"),
            _ => format!(
                "{subject} may log in at {count} of {} locations: it depends on the one that dials",
                locations.len()
            ),
        };
        (right.to_string(), anywhere, why)
    }
}
