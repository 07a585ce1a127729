//! Parses dialled function codes by a domain's codes and extensions. It does not decide whether the function is allowed.
//!
//! It must never repeat what follows a `#`, neither in a message nor in its result (except a forwarding's target): it may be a
//! PIN. For the login code no message repeats the extension either, because a PIN dialled without its `#` stands there.
#![forbid(unsafe_code)]

use crate::address::unescaped;
use crate::error::{Error, ErrorKind};
use crate::id::{Kind, Party};
use crate::policy::codes::{CodeTable, Function};
use crate::wording::{did_you_mean, slips};
use std::borrow::Cow;

/// The meaning of a dialled text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialled {
    /// The function.
    pub function: Function,
    /// The party whose call, forwarding or login it concerns; the actor if the code names none.
    pub target: Party,
    /// The line of the dialled extension: 1 the first, 2 the second, 3 an additional one; 0 if none was dialled, or a team's.
    pub line: u32,
    /// The forwarding's target as dialled, without the separator; empty if the function has none. Never a PIN.
    pub digits: String,
    /// Whether it is the login code alone, which logs the actor out.
    pub log_out: bool,
}

/// Why a dialled text has no meaning.
#[derive(Debug)]
pub struct Misdialled {
    error: Error,
    /// The function and the unknown extension, where a near one may be named: never for a login, where it may be a PIN.
    unknown: Option<(Function, String)>,
}

impl Misdialled {
    /// The error without a near extension: it costs no look-up, so it is the one for calls.
    pub fn plain(self) -> Error {
        self.error
    }

    /// The error with an extension that differs by one typing error, for people. Such numbers are looked up one by one instead of searching
    /// the domain, so that a wrong number costs the same in every company.
    pub fn with_nearest(self, plan: &impl DialPlan) -> Error {
        let Misdialled { error, unknown } = self;
        let near = unknown.and_then(|(function, extension)| {
            let taken = |slip: &String| plan.extension(slip).is_some_and(|(party, _)| takes(plan, function, party));
            slips(&extension).find(taken)
        });
        match near {
            Some(near) => Error::new(error.kind(), format!("{error}{}", did_you_mean(&near))),
            None => error,
        }
    }
}

impl From<Error> for Misdialled {
    fn from(error: Error) -> Misdialled {
        Misdialled { error, unknown: None }
    }
}

type Result<T> = std::result::Result<T, Misdialled>;

/// The codes and extensions of a domain.
pub trait DialPlan {
    /// The domain's name, for messages.
    fn domain_name(&self) -> Cow<'_, str>;
    /// The function codes.
    fn codes(&self) -> &CodeTable;
    /// Whose an extension is, and which line: 1, 2 or 3 of a user, 0 of a team.
    fn extension(&self, text: &str) -> Option<(Party, u32)>;
    /// The kind of a party of the domain; `None` for any other party.
    fn kind(&self, party: Party) -> Option<Kind>;
}

/// The longest text that is parsed, in bytes.
pub const LONGEST: usize = 128;

/// Parses what `actor` dialled by the domain's codes and extensions.
///
/// | dialled | means |
/// | --- | --- |
/// | pickup, extension | pick up the call that rings there; the extension of a user or a team |
/// | forward_ask or forward_toggle, extension | that user's forwarding; without an extension the actor's own |
/// | forward_set, extension, `#`, target | the same; without an extension the actor's own |
/// | login, extension, perhaps `#` and a PIN | log that user in; the code alone logs the actor out |
///
/// A character may be escaped as in SIP, `#` as `%23`. If one code is the beginning of another, the longest match counts. A space or
/// a dash is an error, because no PBX sends one, unless the document has an extension with exactly that spelling.
pub fn parse(plan: &impl DialPlan, actor: Party, text: &str) -> Result<Dialled> {
    if text.len() > LONGEST {
        return Err(malformed(format!("{} bytes dialled, expected at most {LONGEST}", text.len())));
    }
    if text.is_empty() {
        return Err(malformed("nothing dialled, expected a function code".into()));
    }
    let text = unescaped(text).unwrap_or_else(|| text.to_owned());
    let fitting = plan.codes().iter().filter(|(_, code)| !code.is_empty() && text.starts_with(code));
    // Of two equal codes, which no document can have, the first function's counts.
    let Some((function, code)) = fitting.reduce(|best, next| if next.1.len() > best.1.len() { next } else { best })
    else {
        return Err(not_assigned(plan.codes(), &text));
    };
    let parameters = text.get(code.len()..).unwrap_or_default();
    let (extension, rest) = match parameters.split_once('#') {
        Some((extension, rest)) => (extension, Some(rest)),
        None => (parameters, None),
    };
    let call = Call { plan, actor, function, code };
    match function {
        Function::Pickup => call.pickup(extension, rest),
        Function::ForwardAsk | Function::ForwardToggle => call.forward(extension, rest),
        Function::ForwardSet => call.forward_to(extension, rest),
        Function::Login => call.login(extension, rest),
    }
}

/// A dialled text whose code is known.
struct Call<'a, P> {
    plan: &'a P,
    actor: Party,
    function: Function,
    code: &'a str,
}

impl<P: DialPlan> Call<'_, P> {
    fn pickup(&self, extension: &str, rest: Option<&str>) -> Result<Dialled> {
        self.no_rest(rest)?;
        if extension.is_empty() {
            return Err(self.malformed("expected the extension that rings"));
        }
        self.means(self.named(extension)?, "")
    }

    fn forward(&self, extension: &str, rest: Option<&str>) -> Result<Dialled> {
        self.no_rest(rest)?;
        self.means(self.named_or_own(extension)?, "")
    }

    fn forward_to(&self, extension: &str, rest: Option<&str>) -> Result<Dialled> {
        let Some(target) = rest.filter(|target| !target.is_empty()) else {
            return Err(self.malformed("expected an extension, `#` and the target"));
        };
        if target.contains('#') {
            return Err(self.malformed("found a second `#`, expected the end after the target"));
        }
        let known = self.plan.extension(target).is_some();
        if !known && !is_number(target.strip_prefix('+').unwrap_or(target)) {
            return Err(self.malformed("expected a target of digits, with `+` in front or without"));
        }
        self.means(self.named_or_own(extension)?, target)
    }

    fn login(&self, extension: &str, rest: Option<&str>) -> Result<Dialled> {
        if extension.is_empty() && rest.is_none() {
            return Ok(Dialled { log_out: true, ..self.means((self.actor, 0), "")? });
        }
        if extension.is_empty() {
            return Err(self.malformed("expected an extension before `#`"));
        }
        if rest.is_some_and(|pin| !is_number(pin)) {
            return Err(self.malformed("expected a PIN of digits after `#`, and nothing after it"));
        }
        self.means(self.named(extension)?, "")
    }

    fn no_rest(&self, rest: Option<&str>) -> Result<()> {
        match rest {
            Some(_) => Err(self.malformed("found `#`, expected the end after the extension")),
            None => Ok(()),
        }
    }

    fn means(&self, (target, line): (Party, u32), digits: &str) -> Result<Dialled> {
        if self.plan.kind(target).is_none() {
            let domain = self.plan.domain_name();
            return Err(Error::new(ErrorKind::Unknown, format!("the actor is not of the domain `{domain}`")).into());
        }
        Ok(Dialled { function: self.function, target, line, digits: digits.into(), log_out: false })
    }

    /// The user of that extension and its line, or the actor if no extension is dialled.
    fn named_or_own(&self, extension: &str) -> Result<(Party, u32)> {
        match self.plan.kind(self.actor) {
            _ if !extension.is_empty() => self.named(extension),
            Some(Kind::User) => Ok((self.actor, 0)),
            Some(kind) => Err(self.malformed(&format!("a {} dials, which has no extension of its own", kind.word()))),
            None => Ok((Party::NONE, 0)),
        }
    }

    /// The user of that extension and its line, or the team if the function accepts one.
    fn named(&self, extension: &str) -> Result<(Party, u32)> {
        match self.plan.extension(extension) {
            Some((party, line)) if self.takes(party) => Ok((party, line)),
            Some(_) => Err(self.malformed("the extension is a team's, expected a user's")),
            None if is_number(extension) => Err(self.unknown(extension)),
            None => Err(self.malformed("expected an extension of digits")),
        }
    }

    fn takes(&self, party: Party) -> bool {
        takes(self.plan, self.function, party)
    }

    fn unknown(&self, extension: &str) -> Misdialled {
        let (found, unknown) = match self.function {
            // It may be a PIN, and a near extension would reveal it.
            Function::Login => (format!("the extension dialled after `{}`", self.code), None),
            function => (format!("extension `{extension}`"), Some((function, extension.to_owned()))),
        };
        let error = Error::new(ErrorKind::Unknown, format!("{found} is unknown in `{}`", self.plan.domain_name()));
        Misdialled { error, unknown }
    }

    fn malformed(&self, what: &str) -> Misdialled {
        malformed(format!("after `{}` ({}): {what}", self.code, self.function.key()))
    }
}

/// Whether the function can be about the party: only a pickup can be about a team.
fn takes(plan: &impl DialPlan, function: Function, party: Party) -> bool {
    function == Function::Pickup || plan.kind(party) == Some(Kind::User)
}

fn malformed(message: String) -> Misdialled {
    Error::new(ErrorKind::Code, message).into()
}

/// The error for a text that begins with no code. It repeats at most the length of a code, and only what looks like one.
fn not_assigned(codes: &CodeTable, text: &str) -> Misdialled {
    let longest = codes.iter().map(|(_, code)| code.len()).max().unwrap_or(0);
    let head = text.split('#').next().unwrap_or_default();
    let plain = head.chars().take_while(|c| c.is_ascii_digit() || *c == '*').take(longest);
    let found = match plain.collect::<String>() {
        head if head.starts_with('*') => format!("function code `{head}` is not assigned"),
        _ => "no function code dialled".into(),
    };
    let codes: Vec<_> = codes.iter().filter(|(_, code)| !code.is_empty()).collect();
    let codes: Vec<_> = codes.iter().map(|(function, code)| format!("`{code}` ({})", function.key())).collect();
    Error::new(ErrorKind::Unassigned, format!("{found}, expected {}", codes.join(", "))).into()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{DomainId, Line};
    use crate::policy::{Domain, Station, Team, User};
    use proptest::prelude::*;

    const ALICE: Party = Party(1);
    const BOB: Party = Party(2);
    const SUPPORT: Party = Party(3);
    const DESK: Party = Party(4);

    impl DialPlan for Domain {
        fn domain_name(&self) -> Cow<'_, str> {
            Cow::Borrowed(&self.name)
        }

        fn codes(&self) -> &CodeTable {
            &self.codes
        }

        fn extension(&self, text: &str) -> Option<(Party, u32)> {
            self.numbers.get(text).map(|party| (*party, self.line_of(*party, text)))
        }

        fn kind(&self, party: Party) -> Option<Kind> {
            self.kind(party)
        }
    }

    fn acme() -> Domain {
        let mut domain = Domain::new(DomainId(0), "acme.example", "acme.toml");
        for (party, lines) in [(ALICE, vec!["100", "101", "170", "171"]), (BOB, vec!["15", "4711"])] {
            domain.add_user(User::new(party, lines.into_iter().map(String::from).collect(), Line(0)));
        }
        let lines = vec!["600".into()];
        let (agents, pickup_notification) = (Vec::new(), Default::default());
        domain.add_team(Team { party: SUPPORT, lines, agents, pickup_notification, line: Line(0) });
        domain.add_station(Station { party: DESK, kind: Kind::Location, line: Line(0) });
        domain
    }

    fn dial(text: &str) -> crate::error::Result<Dialled> {
        parse(&acme(), ALICE, text).map_err(|misdialled| misdialled.with_nearest(&acme()))
    }

    #[test]
    fn every_documented_form_is_understood() {
        use Function::*;
        let forms = [
            ("*815", Pickup, BOB, 1, ""),
            ("*84711", Pickup, BOB, 2, ""),
            ("*8170", Pickup, ALICE, 3, ""),
            ("*8171", Pickup, ALICE, 3, ""),
            ("*8600", Pickup, SUPPORT, 0, ""),
            ("*7015", ForwardAsk, BOB, 1, ""),
            ("*70", ForwardAsk, ALICE, 0, ""),
            ("*71101", ForwardToggle, ALICE, 2, ""),
            ("*71", ForwardToggle, ALICE, 0, ""),
            ("*7415#100", ForwardSet, BOB, 1, "100"),
            ("*7415%23100", ForwardSet, BOB, 1, "100"),
            ("%2A%37415%23%31%300", ForwardSet, BOB, 1, "100"),
            ("%2a8%31%35", Pickup, BOB, 1, ""),
            ("*7415#+498912345", ForwardSet, BOB, 1, "+498912345"),
            ("*74#0049891", ForwardSet, ALICE, 0, "0049891"),
            ("*4415", Login, BOB, 1, ""),
            ("*4415#9876", Login, BOB, 1, ""),
            ("*4415%239876", Login, BOB, 1, ""),
        ];
        for (text, function, target, line, digits) in forms {
            let dialled = dial(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(dialled, Dialled { function, target, line, digits: digits.into(), log_out: false }, "{text}");
        }
        let out = Dialled { function: Login, target: ALICE, line: 0, digits: String::new(), log_out: true };
        assert_eq!(dial("*44").unwrap(), out);
    }

    #[test]
    fn extensions_of_other_spellings_are_taken_as_the_document_has_them() {
        let mut domain = acme();
        domain.numbers.insert("+49-89.x".into(), BOB);
        assert_eq!(parse(&domain, ALICE, "*8+49-89.x").unwrap().target, BOB);
        assert_eq!(parse(&domain, ALICE, "*74#+49-89.x").unwrap().digits, "+49-89.x");
        assert_eq!(parse(&domain, ALICE, "*8+49-89.y").unwrap_err().plain().kind(), ErrorKind::Code);
    }

    #[test]
    fn garbage_is_refused() {
        let long = format!("*8{}", "1".repeat(LONGEST));
        #[rustfmt::skip]
        let garbage = [
            "", " ", "*", "#", "*#", "%23", "%", "**", "8", "100", "alice", "sip:alice@acme.example", "*7", "*4", "/*815",
            " *815", "*8", "*8 15", "*815 ", "*815\n", "*8-15", "*8 1 5", "*815#", "*815#1", "*8#15", "*8#", "*8bob",
            "*8*15", "*8+15", "*8\u{661}\u{665}", "*815\0", "*70 15", "*7015#", "*7015#100", "*70#", "*71#", "*71bob",
            "*7100a", "*74", "*7415", "*7415#", "*74#", "*7415##100", "*7415#100#", "*7415#100#1", "*74##", "*7415#bob",
            "*7415#1 00", "*7415#1-00", "*7415#+", "*7415#++1", "*7415#1+", "*7415%2", "*7415%2523100", "*7415%zz", "*815%00", "%252A815", "%2A815%", "*74 15#100",
            "*7415#sip:x@y", "*44#", "*44#9876", "*4415#", "*4415#98#76", "*4415##", "*4415#pin", "*4415 ", "*44bob",
            "*72", "*7215", "*73", "*7315", "*99#15", "*50", &long,
        ];
        for text in garbage {
            let refusal = dial(text).err().unwrap_or_else(|| panic!("{text:?} was understood"));
            // What begins with a code is malformed, anything else no code at all.
            let begins = ["*8", "*70", "*71", "*74", "*44"].iter().any(|code| text.starts_with(code));
            let malformed = begins || text.is_empty() || text.len() > LONGEST;
            let kind = if malformed { ErrorKind::Code } else { ErrorKind::Unassigned };
            assert_eq!(refusal.kind(), kind, "{text:?}: {refusal}");
        }
    }

    #[test]
    fn unassigned_codes_say_so() {
        for text in ["*72", "*7315", "*72#1"] {
            let refusal = dial(text).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::Unassigned, "{refusal}");
            let message = refusal.to_string();
            assert!(message.contains("is not assigned, expected `*8` (pickup)"), "{message}");
        }
    }

    #[test]
    fn unknown_extensions_come_with_the_nearest() {
        for (text, near) in
            [("*8105", "100"), ("*851", "15"), ("*847111", "4711"), ("*8411", "4711"), ("*70600600", "")]
        {
            let refusal = dial(text).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::Unknown, "{text}: {refusal}");
            assert_eq!(refusal.message().contains("did you mean"), !near.is_empty(), "{refusal}");
            assert!(refusal.message().contains(near), "{text}: {refusal}");
        }
        let refusal = dial("*70601").unwrap_err();
        assert!(!refusal.message().contains("600"), "a team is no help where a user is wanted: {refusal}");
    }

    /// A domain that counts how many extensions were looked up.
    struct Counting(Domain, std::cell::Cell<u32>);

    impl DialPlan for Counting {
        fn domain_name(&self) -> Cow<'_, str> {
            Cow::Borrowed(&self.0.name)
        }

        fn codes(&self) -> &CodeTable {
            &self.0.codes
        }

        fn extension(&self, text: &str) -> Option<(Party, u32)> {
            self.1.set(self.1.get() + 1);
            DialPlan::extension(&self.0, text)
        }

        fn kind(&self, party: Party) -> Option<Kind> {
            self.0.kind(party)
        }
    }

    #[test]
    fn only_a_message_for_people_costs_a_search() {
        let plan = Counting(acme(), Default::default());
        for text in ["*8105", "*847111", "*70999", "*71999", "*74999#100", "*44999"] {
            plan.1.set(0);
            let message = parse(&plan, ALICE, text).unwrap_err().plain().to_string();
            assert!(plan.1.get() <= 2, "{text}: {} look-ups for a call", plan.1.get());
            assert!(!message.contains("did you mean"), "{message}");
        }
        plan.1.set(0);
        let message = parse(&plan, ALICE, "*8105").unwrap_err().with_nearest(&plan).to_string();
        assert_eq!(message, "extension `105` is unknown in `acme.example` (did you mean `100`?)");
        assert!(plan.1.get() > 2, "it was looked up");
    }

    #[test]
    fn only_pickup_takes_a_team() {
        for text in ["*70600", "*71600", "*74600#100", "*44600", "*44600#1"] {
            let refusal = dial(text).unwrap_err();
            assert!(refusal.kind() == ErrorKind::Code && refusal.message().contains("team"), "{text}: {refusal}");
        }
    }

    #[test]
    fn own_forwarding_needs_a_user_who_dials() {
        for (actor, kind) in [(DESK, ErrorKind::Code), (SUPPORT, ErrorKind::Code), (Party(99), ErrorKind::Unknown)] {
            for text in ["*70", "*71", "*74#100"] {
                assert_eq!(parse(&acme(), actor, text).unwrap_err().plain().kind(), kind, "{actor:?} {text}");
            }
        }
        assert_eq!(parse(&acme(), DESK, "*44").unwrap().target, DESK);
        assert_eq!(parse(&acme(), Party(99), "*44").unwrap_err().plain().kind(), ErrorKind::Unknown);
    }

    #[test]
    fn a_pin_is_never_repeated() {
        #[rustfmt::skip]
        let slips = [
            "*4415#9876", "*4416#9876", "*44600#9876", "*4415#9876#", "*4415#9876x", "*44159876", "*44#9876", "*45#9876",
            "*4415%239876", "*449875", "9876", "#9876", "*72#9876", "44#9876", "*4415 9876", "*4415*9876", "*8#9876", "*70#9876",
        ];
        for text in slips {
            let shown = format!("{:?}", dial(text));
            assert!(!shown.contains("987"), "{text}: {shown}");
        }
        let shown = dial("*44102").unwrap_err().to_string();
        assert!(!shown.contains("10"), "it may be a PIN: {shown}");
    }

    #[test]
    fn the_longest_code_is_meant() {
        let mut domain = acme();
        domain.codes.set(Function::ForwardAsk, "*81");
        domain.codes.set(Function::ForwardToggle, "");
        let meant = |text: &str| parse(&domain, ALICE, text).unwrap();
        assert_eq!(meant("*8115").function, Function::ForwardAsk);
        assert_eq!(meant("*84711").function, Function::Pickup);
        assert_eq!(
            parse(&domain, ALICE, "15").unwrap_err().plain().kind(),
            ErrorKind::Unassigned,
            "an empty code is no code"
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}", tail in "(\\*|8|7|4|0|1|#|%|2|3|é){0,12}") {
            let _ = dial(&text);
            let _ = dial(&tail);
            let _ = dial(&format!("*74{tail}"));
            let _ = dial(&format!("*44{text}"));
        }

        #[test]
        fn what_is_dialled_by_the_table_is_understood(
            function in 0usize..5, own in any::<bool>(), sip in any::<bool>(), target in "\\+?[0-9]{1,20}", pin in "(#[0-9]{1,8})?",
        ) {
            let domain = acme();
            let function = Function::ALL[function];
            let extension = if own && function != Function::Pickup && pin.is_empty() { "" } else { "4711" };
            let rest = match function {
                Function::ForwardSet => format!("#{target}"),
                Function::Login => pin,
                _ => String::new(),
            };
            let text = format!("{}{extension}{rest}", domain.codes.code(function));
            let text = if sip { text.replace('#', "%23") } else { text };
            let dialled = parse(&domain, ALICE, &text).unwrap();
            prop_assert_eq!(dialled.function, function);
            prop_assert_eq!(dialled.target, if extension.is_empty() { ALICE } else { BOB });
            prop_assert_eq!(dialled.digits, if function == Function::ForwardSet { target } else { String::new() });
            prop_assert_eq!(dialled.log_out, function == Function::Login && extension.is_empty());
        }
    }
}
