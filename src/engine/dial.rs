//! Dialled function codes: the meaning of a code, and whether the actor may. It must never ask for a right on all lines at once.
#![forbid(unsafe_code)]

use super::Engine;
use super::destination::Destination;
use crate::destinations::Class;
use crate::error::{Error, ErrorKind, Result};
use crate::explain;
use crate::fncode::{self, DialPlan, Dialled, Misdialled};
use crate::id::{DomainId, Kind, Party};
use crate::image::Image;
use crate::policy::codes::{CodeTable, Function};
use crate::right::Right;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// The meaning of a dialled function code, and whether the actor may.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DialAnswer {
    /// The function.
    pub function: Function,
    /// The party whose call, forwarding or login it concerns.
    pub target: Party,
    /// The line of the dialled extension: 1, 2 or 3; 0 if none was dialled, or a team's.
    pub line: u32,
    /// The forwarding's target as dialled; empty if the function has none.
    pub digits: String,
    /// The right that the function needs, with its line (`call.pickup.first`); `None` if it needs none.
    pub right: Option<Right>,
    /// Whether the actor may. Where there is a destination, code and target together.
    pub allowed: bool,
    /// Whether the forwarding may lead to its target; `None` if the function takes none.
    pub destination: Option<Destination>,
}

/// A [`DialAnswer`] with its reason. It serialises to what `linewarden dial --json` prints.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DialExplanation {
    /// The answer.
    pub answer: DialAnswer,
    /// The target as text.
    pub target: String,
    /// The reason, in one line.
    pub why: String,
}

impl Serialize for DialExplanation {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let DialAnswer { function, line, digits, right, allowed, destination, .. } = &self.answer;
        let class = destination.and_then(|destination| destination.class);
        let mut fields = serializer.serialize_struct("DialExplanation", 8)?;
        fields.serialize_field("function", function)?;
        fields.serialize_field("line", line)?;
        fields.serialize_field("subject", &self.target)?;
        fields.serialize_field("digits", digits)?;
        fields.serialize_field("class", class.map_or("", Class::name))?;
        fields.serialize_field("right", &right.map_or_else(String::new, |right| right.to_string()))?;
        fields.serialize_field("allowed", allowed)?;
        fields.serialize_field("why", &self.why)?;
        fields.end()
    }
}

/// What decides whether the actor may.
enum Check {
    /// The function needs no right, for this reason.
    Nothing(&'static str),
    /// One right of one pair.
    Pair { actor: Party, right: Right, target: Party },
    /// A login whose location is not known: the user must have the right on all of these.
    EveryLocation { user: Party, locations: Vec<Party> },
}

impl Check {
    fn right(&self) -> Option<Right> {
        match self {
            Check::Nothing(_) => None,
            Check::Pair { right, .. } => Some(*right),
            Check::EveryLocation { .. } => Some(Right::LOCATION_LOGIN),
        }
    }
}

/// The codes and extensions of a domain, read from an image.
struct Compiled<'a> {
    image: Image<'a>,
    domain: DomainId,
    codes: CodeTable,
}

impl DialPlan for Compiled<'_> {
    fn domain_name(&self) -> Cow<'_, str> {
        // For messages alone: it lies where a call has nothing else to read.
        Cow::Owned(self.image.domain_name(self.domain).unwrap_or_default())
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
    /// The meaning of a dialled function code, and whether the actor may. A pickup or a forwarding needs the right on the dialled
    /// line, or on the first line if the code names no line; never on all lines at once (R11). One's own forwarding needs no
    /// right. A forwarding that is set must lead where [`Engine::may_forward_to`] says that it may. A login needs the right on the location that dials. When a user dials, the location is not known, so the answer is
    /// yes only if the user may log in at every location. For calls: it finds no reason, and its error names no near extension.
    ///
    /// # Errors
    /// `Unknown` when the actor or the dialled extension is unknown, `Code` when the code is malformed, `Unassigned` when no code
    /// begins so.
    ///
    /// ```
    /// use linewarden::{Engine, Function};
    ///
    /// let engine = Engine::open("examples/companies/mixed.toml")?;
    /// let bob = engine.resolve(None, "bob")?;
    /// let answer = engine.dial(bob, "*74301#201")?;
    /// assert_eq!((answer.function, engine.text(answer.target).as_str()), (Function::ForwardSet, "carol"));
    /// assert!(!answer.allowed);
    /// # Ok::<(), linewarden::Error>(())
    /// ```
    pub fn dial(&self, actor: Party, code: &str) -> Result<DialAnswer> {
        let (dialled, check) = self.dial_check(actor, code, |misdialled, _| misdialled.plain())?;
        let allowed = match &check {
            Check::Nothing(_) => true,
            Check::Pair { actor, right, target } => self.may(*actor, *right, *target),
            Check::EveryLocation { user, locations } => {
                !locations.is_empty() && self.login_count(*user, locations) == locations.len()
            }
        };
        let destination = self.destination(actor, &dialled);
        Ok(answer(dialled, check.right(), allowed, destination))
    }

    /// The same with the reason, for people; the error for an unknown extension names one that differs by one typing error.
    ///
    /// # Errors
    /// As for [`Engine::dial`].
    pub fn explain_dial(&self, actor: Party, code: &str) -> Result<DialExplanation> {
        let (dialled, check) = self.dial_check(actor, code, |misdialled, plan| misdialled.with_nearest(plan))?;
        let (allowed, why) = match &check {
            Check::Nothing(why) => (true, (*why).to_owned()),
            Check::Pair { actor, right, target } => self.verdict(*actor, *right, *target),
            Check::EveryLocation { user, locations } => {
                let (count, of, user) = (self.login_count(*user, locations), locations.len(), self.text(*user));
                let why = match count {
                    0 => format!("{user} may log in at no location"),
                    _ if count == of => format!("{user} may log in at every location"),
                    _ => format!("{user} may log in at {count} of {of} locations: it depends on the one that dials"),
                };
                (count > 0 && count == of, why)
            }
        };
        let target = self.text(dialled.target);
        let destination = self.destination(actor, &dialled);
        let why = match destination {
            Some(destination) if allowed => {
                format!("{why}; {}", self.in_words(&destination, (actor, dialled.target), &dialled.digits))
            }
            _ => why,
        };
        Ok(DialExplanation { answer: answer(dialled, check.right(), allowed, destination), target, why })
    }

    /// Whether a dialled forwarding may lead to its target.
    fn destination(&self, actor: Party, dialled: &Dialled) -> Option<Destination> {
        let line = dialled.line.max(1);
        match dialled.function {
            Function::ForwardSet => Some(self.may_forward_to(actor, dialled.target, line, &dialled.digits)),
            _ => None,
        }
    }

    /// Parses the code and finds what decides. `fail` makes the error of a text without a meaning.
    fn dial_check(
        &self,
        actor: Party,
        code: &str,
        fail: impl Fn(Misdialled, &Compiled<'_>) -> Error,
    ) -> Result<(Dialled, Check)> {
        let Some((domain, kind)) = self.kind(actor) else {
            return Err(Error::new(ErrorKind::Unknown, "the actor is unknown"));
        };
        let (dialled, locations) = self.published.read(|image| {
            if !image.has_domain(domain) {
                return Err(Error::new(ErrorKind::Unknown, "the domain is no longer there"));
            }
            let plan = Compiled { image, domain, codes: image.codes(domain) };
            let dialled = fncode::parse(&plan, actor, code).map_err(|misdialled| fail(misdialled, &plan))?;
            let of_login = dialled.function == Function::Login && kind != Kind::Location;
            Ok((dialled, if of_login { image.locations(domain) } else { Vec::new() }))
        })?;
        let target = dialled.target;
        // A login name, a team and no extension at all count as the first line.
        let line = dialled.line.max(1);
        let check = match dialled.function {
            Function::Pickup => Check::Pair { actor, right: Right::CALL_PICKUP.on_line(line), target },
            Function::ForwardAsk | Function::ForwardToggle | Function::ForwardSet
                if actor == target && kind == Kind::User =>
            {
                Check::Nothing("one's own forwarding needs no right")
            }
            Function::ForwardAsk | Function::ForwardToggle | Function::ForwardSet => {
                Check::Pair { actor, right: Right::FORWARDING_SET.on_line(line), target }
            }
            Function::Login if dialled.log_out => Check::Nothing("logging out needs no right"),
            // The location that dials is the one to log in at.
            Function::Login if kind == Kind::Location => {
                Check::Pair { actor: target, right: Right::LOCATION_LOGIN, target: actor }
            }
            Function::Login => Check::EveryLocation { user: target, locations },
        };
        Ok((dialled, check))
    }

    pub(super) fn verdict(&self, actor: Party, right: Right, target: Party) -> (bool, String) {
        self.answered(actor, right, target, None, |answered, names, revision| match answered {
            Some(answered) => answered.verdict(),
            None => (false, explain::unknown(names, actor, right, target, revision).summary),
        })
    }

    /// At how many of the locations the user may log in.
    fn login_count(&self, user: Party, locations: &[Party]) -> usize {
        locations.iter().filter(|location| self.may(user, Right::LOCATION_LOGIN, **location)).count()
    }
}

fn answer(dialled: Dialled, right: Option<Right>, allowed: bool, destination: Option<Destination>) -> DialAnswer {
    let Dialled { function, target, line, digits, .. } = dialled;
    let allowed = allowed && destination.is_none_or(|destination| destination.allowed);
    DialAnswer { function, target, line, digits, right, allowed, destination }
}
