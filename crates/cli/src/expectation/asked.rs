//! Asks the questions of a file. Every question is asked of the engine's check; the sentences come from its explanation, and where the
//! two differ there is no report at all.
#![forbid(unsafe_code)]

use super::form::{Ask, Dial, File, List, Notified, Role, Text};
use super::{Failed, Tested, Unasked};
use crate::lines;
use crate::output::Failure;
use crate::source::Source;
use linewarden::{Error, ErrorKind, Function, Party, Result as Answered, Right, RightSet, System, TransferRole};
use std::collections::BTreeSet;
use std::ops::Range;

/// Every question of a file in the order of its lines.
pub fn ask_all(source: &Source, file: &File) -> Result<Vec<Tested>, Failure> {
    let mut tested = Vec::new();
    for ask in &file.form.ask {
        let (pair, mut at) = (ask.get_ref(), Asking::new(source, file, ask.span()));
        at.pair(pair)?;
        tested.push(at.done(format!("{} -> {}", pair.actor.get_ref(), pair.target.get_ref())));
    }
    for list in &file.form.list {
        let mut at = Asking::new(source, file, list.span());
        let question = at.list(list.get_ref())?;
        tested.push(at.done(question));
    }
    for dial in &file.form.dial {
        let (code, mut at) = (dial.get_ref(), Asking::new(source, file, dial.span()));
        at.dial(code)?;
        tested.push(at.done(format!("{} dials {}", code.actor.get_ref(), code.code.get_ref())));
    }
    for notified in &file.form.notified {
        let (call, mut at) = (notified.get_ref(), Asking::new(source, file, notified.span()));
        at.notified(call);
        tested.push(at.done(format!("notified of {}", call.team.get_ref())));
    }
    for name in &file.form.unknown {
        let mut at = Asking::new(source, file, name.span());
        if let Some(party) = source.engine.find(source.domain(), name.get_ref()) {
            let (came, why) = (source.text(party), String::new());
            at.fail(name.span(), name.get_ref().clone(), "no party".into(), came, why);
        }
        tested.push(at.done(format!("unknown {}", name.get_ref())));
    }
    tested.sort_by_key(|tested| tested.line);
    Ok(tested)
}

/// One question while it is asked.
struct Asking<'a> {
    source: &'a Source,
    file: &'a File,
    line: usize,
    failures: Vec<Failed>,
    errors: Vec<Unasked>,
}

impl<'a> Asking<'a> {
    fn new(source: &'a Source, file: &'a File, span: Range<usize>) -> Asking<'a> {
        Asking { source, file, line: file.line(span), failures: Vec::new(), errors: Vec::new() }
    }

    fn done(self, question: String) -> Tested {
        let Asking { file, line, failures, errors, .. } = self;
        Tested { file: file.name.clone(), line, question, failures, errors }
    }

    fn fail(&mut self, span: Range<usize>, about: String, expected: String, came: String, why: String) {
        self.failures.push(Failed { place: self.file.place(span), about, expected, came, why });
    }

    /// The value; an error is noted with its place.
    fn noted<T>(&mut self, span: Range<usize>, value: Answered<T>) -> Option<T> {
        value.map_err(|error| self.error(span, error.message().into())).ok()
    }

    fn error(&mut self, span: Range<usize>, message: String) {
        self.errors.push(Unasked { place: self.file.place(span), message });
    }

    fn party(&mut self, name: &Text) -> Option<Party> {
        let found = self.source.party(name.get_ref());
        self.noted(name.span(), found)
    }

    fn right(&mut self, name: &Text) -> Option<Right> {
        let found = name.get_ref().parse::<Right>();
        self.noted(name.span(), found)
    }

    /// The sentence of `explain`, which must say what the check says.
    fn why(&self, actor: Party, right: Right, target: Party, role: Option<TransferRole>) -> Result<String, Failure> {
        let engine = &self.source.engine;
        let allowed = match role {
            Some(role) => engine.may_in_call(actor, right, target, role),
            None => engine.may(actor, right, target),
        };
        let explanation = engine.explain(actor, right, target, role);
        if explanation.allowed != allowed {
            return Err(Failure::defect("defect of this program: the check and its explanation differ"));
        }
        Ok(explanation.summary)
    }

    fn pair(&mut self, ask: &Ask) -> Result<(), Failure> {
        let (actor, target) = (self.party(&ask.actor), self.party(&ask.target));
        let names = |at: &mut Self, names: &[Text]| -> Vec<(Range<usize>, Right)> {
            names.iter().filter_map(|name| Some((name.span(), at.right(name)?))).collect()
        };
        let (yes, no) = (names(self, &ask.yes), names(self, &ask.no));
        let all = |rights: &[(Range<usize>, Right)]| {
            rights.iter().fold(RightSet::EMPTY, |set, (_, right)| set | right.mask())
        };
        let (all_yes, all_no) = (all(&yes), all(&no));
        for (span, right) in no.iter().filter(|(_, right)| !(right.mask() & all_yes).is_empty()) {
            self.error(span.clone(), format!("`{right}` stands under both `yes` and `no`"));
        }
        let (Some(actor), Some(target), true) = (actor, target, self.errors.is_empty()) else { return Ok(()) };
        let engine = &self.source.engine;
        let role = ask.role.map(|role| match role {
            Role::Consulted => TransferRole::Consulted,
            Role::Transferring => TransferRole::Transferring,
        });
        let given = match role {
            None => engine.rights(actor, target),
            Some(role) => {
                let held = Right::all().filter(|right| engine.may_in_call(actor, *right, target, role));
                RightSet::of(&held.collect::<Vec<_>>())
            }
        };
        let named = yes.iter().map(|name| (name, true)).chain(no.iter().map(|name| (name, false)));
        for ((span, right), expected) in named {
            let wrong = if expected { right.mask().without(given) } else { right.mask() & given };
            let Some(first) = wrong.iter().next() else { continue };
            let asked = if wrong == right.mask() { *right } else { first };
            let came = lines::split(given, *right).unwrap_or_else(|| word(!expected).into());
            let why = self.why(actor, asked, target, role)?;
            self.fail(span.clone(), right.to_string(), word(expected).into(), came, why);
        }
        if let Some(only) = ask.only.as_ref().filter(|_| ask.is_only()) {
            for name in given.without(all_yes | all_no).shortest() {
                let right = name.parse::<Right>()?;
                let why = self.why(actor, right, target, role)?;
                self.fail(only.span(), name.into(), "no, as `only` is set".into(), word(true).into(), why);
            }
        }
        let levels = engine.pair(actor, target).levels;
        for (name, level) in &ask.levels {
            let Some(system) = System::parse(name) else {
                let known = System::ALL.map(System::name).join(", ");
                self.error(level.span(), format!("no system is called `{name}`, expected one of {known}"));
                continue;
            };
            let held: Vec<&str> =
                levels.iter().filter(|(of, _)| *of == system).map(|(_, level)| level.as_str()).collect();
            if !held.contains(&level.get_ref().as_str()) {
                let came = if held.is_empty() { "no level".into() } else { held.join(", ") };
                let about = format!("level in {name}");
                self.fail(level.span(), about, level.get_ref().clone(), came, String::new());
            }
        }
        Ok(())
    }

    fn list(&mut self, list: &List) -> Result<String, Failure> {
        let right_name = list.right.get_ref();
        let (asked, who) = match (&list.actor, &list.target) {
            (None, Some(target)) => (target, true),
            (Some(actor), None) => (actor, false),
            _ => {
                self.error(list.right.span(), "expected either `actor` or `target`".into());
                return Ok(format!("list {right_name}"));
            }
        };
        let question = match who {
            true => format!("who may {right_name} on {}", asked.get_ref()),
            false => format!("whom {} may {right_name}", asked.get_ref()),
        };
        let (right, party) = (self.right(&list.right), self.party(asked));
        let expected = self.parties(list.are.get_ref());
        let (Some(right), Some(party), true) = (right, party, self.errors.is_empty()) else { return Ok(question) };
        let found = match who {
            true => self.source.engine.who(right, party),
            false => self.source.engine.whom(party, right),
        };
        for (span, other, listed) in unlike(&expected, &found, list.are.span()) {
            let (actor, target) = if who { (other, party) } else { (party, other) };
            let why = self.why(actor, right, target, None)?;
            self.fail(span, self.source.text(other), in_list(!listed), in_list(listed), why);
        }
        Ok(question)
    }

    fn notified(&mut self, call: &Notified) {
        let found = self.source.team(call.team.get_ref());
        let team = self.noted(call.team.span(), found);
        let logged_out = self.parties(&call.logged_out);
        let paused = self.parties(&call.paused);
        let expected = self.parties(call.who.get_ref());
        let (Some(team), true) = (team, self.errors.is_empty()) else { return };
        let users = |named: Vec<(Range<usize>, Party)>| named.into_iter().map(|(_, user)| user).collect::<Vec<_>>();
        let found = self.source.engine.notified(team, &users(logged_out), &users(paused));
        let Some(found) = self.noted(call.team.span(), found) else { return };
        for (span, user, listed) in unlike(&expected, &found, call.who.span()) {
            self.fail(span, self.source.text(user), in_list(!listed), in_list(listed), String::new());
        }
    }

    fn dial(&mut self, dial: &Dial) -> Result<(), Failure> {
        let (actor, subject) = (self.party(&dial.actor), self.party(&dial.subject));
        let name = dial.function.get_ref();
        let function = Function::ALL.into_iter().find(|function| function.key() == name).ok_or_else(|| {
            let known = Function::ALL.map(Function::key).join(", ");
            Error::new(ErrorKind::Argument, format!("no function is called `{name}`, expected one of {known}"))
        });
        let function = self.noted(dial.function.span(), function);
        // Empty: no right is asked for.
        let right = dial.right.as_ref().filter(|right| !right.get_ref().is_empty());
        let right = right.and_then(|right| self.right(right));
        let (Some(actor), Some(subject), Some(function), true) = (actor, subject, function, self.errors.is_empty())
        else {
            return Ok(());
        };
        let code = dial.code.get_ref();
        let explanation = match self.source.engine.explain_dial(actor, code) {
            Ok(explanation) => explanation,
            Err(error) if error.kind() == ErrorKind::Code => {
                self.fail(dial.code.span(), code.clone(), name.clone(), error.message().into(), String::new());
                return Ok(());
            }
            Err(error) => {
                self.error(dial.code.span(), error.message().into());
                return Ok(());
            }
        };
        let (answer, why) = (&explanation.answer, &explanation.why);
        let mut compare = |span: Range<usize>, about: &str, same: bool, expected: &str, came: &str| {
            if !same {
                self.fail(span, about.into(), expected.into(), came.into(), why.clone());
            }
        };
        let key = answer.function.key();
        compare(dial.function.span(), "function", answer.function == function, name, key);
        let text = dial.subject.get_ref();
        compare(dial.subject.span(), "subject", answer.target == subject, text, &explanation.target);
        if let Some(digits) = &dial.digits {
            compare(digits.span(), "digits", *digits.get_ref() == answer.digits, digits.get_ref(), &answer.digits);
        }
        if let Some(text) = &dial.right {
            let named = |right: Option<Right>| right.map_or_else(|| "no right".into(), |right| right.to_string());
            compare(text.span(), "right", answer.right == right, &named(right), &named(answer.right));
        }
        let allowed = *dial.allowed.get_ref();
        compare(dial.allowed.span(), "allowed", answer.allowed == allowed, word(allowed), word(answer.allowed));
        Ok(())
    }

    fn parties(&mut self, names: &[Text]) -> Vec<(Range<usize>, Party)> {
        names.iter().filter_map(|name| Some((name.span(), self.party(name)?))).collect()
    }
}

/// Those that stand on one of two lists: where that is expected, whom, and whether the answer has them.
fn unlike(
    expected: &[(Range<usize>, Party)],
    found: &[Party],
    whole: Range<usize>,
) -> Vec<(Range<usize>, Party, bool)> {
    let wanted: BTreeSet<Party> = expected.iter().map(|(_, party)| *party).collect();
    let lacking = expected.iter().filter(|(_, party)| !found.contains(party));
    let beyond = found.iter().filter(|party| !wanted.contains(party));
    let lacking = lacking.map(|(span, party)| (span.clone(), *party, false));
    lacking.chain(beyond.map(|party| (whole.clone(), *party, true))).collect()
}

fn word(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn in_list(listed: bool) -> String {
    if listed { "listed" } else { "not listed" }.into()
}
