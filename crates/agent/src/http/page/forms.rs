//! The forms for changes: one for each line of docs/changes.md, made from the vocabulary itself, and the line that its fields make. A form must
//! never judge a change: the library does.
#![forbid(unsafe_code)]

use super::super::problem::{Problem, Refusable};
use super::form::Form;
use super::search::rights;
use super::words::Say;
use linewarden::agent::{Form as Kind, Parameter, Shape};
use linewarden::{Change, Right, System, change_line};
use linewarden_report::{Lang, Topic, Word, argument, right};
use maud::{Markup, html};

/// The commonest changes.
pub const COMMON: &[&str] = &[
    "set relationship",
    "clear relationship",
    "set vip",
    "set grant",
    "clear grant",
    "set release",
    "set subscription",
    "set exempt",
    "add rule",
    "add member",
    "remove member",
    "add user",
    "remove user",
];

/// Changes that users make in their own name.
const OF_USERS: &[&str] = &[
    "set relationship",
    "clear relationship",
    "set grant",
    "clear grant",
    "set release",
    "ask",
    "withdraw",
    "answer",
    "reject",
    "delete",
    "add favourite",
    "remove favourite",
    "login",
    "logout",
    "pause",
    "resume",
    "request",
    "confirm",
    "add rule",
    "set rule",
    "remove rule",
    "set exempt",
    "clear exempt",
];

/// Parts of a rule that are lists of parties.
const PARTS: [&str; 4] = ["actors", "targets", "except", "except_actors"];

/// The form of changes that begin with these words.
pub fn kind(verb: &str) -> Option<&'static Kind> {
    Change::FORMS.iter().find(|kind| kind.verb == verb)
}

/// Whether these forms are for the visit: those of the domain's systems, and for users those of their own changes.
pub fn is_for(kind: &Kind, systems: &[System], is_user: bool, is_of_all: bool) -> bool {
    let runs = |system: System| systems.contains(&system);
    let fits = match kind.section {
        // A caller of one domain neither adds nor removes domains.
        "Policy" => is_of_all,
        "Xphone" => runs(System::Xphone),
        "Estos" => runs(System::Estos),
        "Pascom" => runs(System::Pascom),
        "Keevio" => runs(System::Keevio),
        "Linewarden" => runs(System::Linewarden),
        "Dated" if kind.verb.ends_with("relationship") => runs(System::Xphone),
        "Dated" if kind.verb.ends_with("grant") => runs(System::Estos),
        "Dated" => runs(System::Xphone) || runs(System::Pascom),
        _ => true,
    };
    fits && (!is_user || OF_USERS.contains(&kind.verb))
}

/// What a section of the vocabulary is called.
pub fn section(name: &'static str, lang: Lang) -> &'static str {
    match name {
        "Policy" => Say::Companies.of(lang),
        "Domain" => Say::TheCompany.of(lang),
        "Directory" => Say::PeopleAndThings.of(lang),
        "Dated" => Say::Dates.of(lang),
        "Xphone" => System::Xphone.name(),
        "Estos" => System::Estos.name(),
        "Pascom" => System::Pascom.name(),
        "Keevio" => System::Keevio.name(),
        "Linewarden" => System::Linewarden.name(),
        other => other,
    }
}

/// A value as a word of a line.
fn word(value: &str, lang: Lang, name: &str) -> Refusable<String> {
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(Problem::not_understood(Say::NeedsValue.with(lang, &[argument(name, lang)])));
    }
    Ok(value.to_owned())
}

/// The values of a field that takes several, each on a line of its own.
fn several(text: &str, lang: Lang, name: &str) -> Refusable<Vec<String>> {
    let values = text.split(['\n', '\r']).map(str::trim).filter(|value| !value.is_empty());
    values.map(|value| word(value, lang, name)).collect()
}

/// The words of a field that takes words of a closed list.
fn chosen(values: Vec<&str>, known: &[&str], lang: Lang, name: &str) -> Refusable<Vec<String>> {
    match values.iter().all(|value| known.contains(value)) {
        true => Ok(values.into_iter().map(str::to_owned).collect()),
        false => Err(Problem::not_understood(Say::NeedsValue.with(lang, &[argument(name, lang)]))),
    }
}

/// The line that the fields make.
///
/// # Errors
/// 400 for a field that is empty or holds another word than it may.
pub fn line(kind: &Kind, form: &Form, lang: Lang) -> Refusable<String> {
    let mut words: Vec<String> = kind.verb.split(' ').map(str::to_owned).collect();
    for parameter in kind.arguments {
        words.extend(argument_words(parameter, form, lang)?);
    }
    let line = change_line(&words);
    Ok(match kind.verb {
        "add domain" => format!("in {}\n{line}", change_line(&[word(form.get("domain")?, lang, "name")?])),
        _ => line,
    })
}

fn argument_words(parameter: &Parameter, form: &Form, lang: Lang) -> Refusable<Vec<String>> {
    let (name, known) = (parameter.name, (parameter.words)());
    let of_list = |name: &str| chosen(form.all(name), &all_rights(), lang, name);
    match parameter.shape {
        Shape::One if known.is_empty() => Ok(vec![word(form.get(name)?, lang, name)?]),
        Shape::One => chosen(vec![form.get(name)?], &known, lang, name),
        Shape::Optional => match form.get(name)? {
            "" => Ok(Vec::new()),
            value => Ok(vec![word(value, lang, name)?]),
        },
        Shape::Rest if !known.is_empty() => chosen(form.all(name), &known, lang, name),
        // None of these words has a blank in it.
        Shape::Rest if matches!(name, "lines" | "levels" | "settings") => {
            form.get(name)?.split_whitespace().map(|value| word(value, lang, name)).collect()
        }
        Shape::Rest => several(form.get(name)?, lang, name),
        Shape::Grant => match form.get(name)? {
            "rights" => {
                let rights = of_list("rights")?;
                if rights.is_empty() {
                    return Err(Problem::not_understood(Say::NeedsValue.with(lang, &[argument("rights", lang)])));
                }
                Ok(std::iter::once("rights".to_owned()).chain(rights).collect())
            }
            level => {
                if !form.all("rights").is_empty() {
                    return Err(Problem::not_understood(Say::LevelOrRights.of(lang)));
                }
                chosen(vec![level], &known, lang, name)
            }
        },
        Shape::Rule => {
            let mut words = Vec::new();
            let mut part = |key: &str, values: Vec<String>| {
                if !values.is_empty() {
                    words.push(format!("{key}:"));
                    words.extend(values);
                }
            };
            part("rights", of_list("rights")?);
            for key in PARTS {
                let values = several(form.get(key)?, lang, key)?;
                // A word with a colon at its end would begin another part.
                if values.iter().any(|value| value.ends_with(':')) {
                    return Err(Problem::not_understood(Say::NeedsValue.with(lang, &[argument(key, lang)])));
                }
                part(key, values);
            }
            match form.get("when")? {
                "" => {}
                when => part("when", vec![word(when, lang, "when")?]),
            }
            Ok(words)
        }
    }
}

fn all_rights() -> Vec<&'static str> {
    Right::names().collect()
}

/// The fields of a form; `party` is whom the page is about.
pub fn inputs(kind: &Kind, party: &str, lang: Lang) -> Markup {
    let own = kind.arguments.iter().position(|parameter| {
        let is_removed = kind.verb == "remove user" && parameter.name == "name";
        is_removed || matches!(parameter.name, "user" | "owner" | "viewer" | "requester" | "agent" | "party")
    });
    let id = |name: &str| format!("{}-{name}", kind.verb.replace(' ', "-"));
    html! {
        input type="hidden" name="form" value=(kind.verb);
        @if kind.verb == "add domain" { (text(&id("domain"), "domain", Say::Company.of(lang), true, "")) }
        @for (index, parameter) in kind.arguments.iter().enumerate() {
            @let (name, known) = (parameter.name, (parameter.words)());
            @let (id, label) = (id(name), argument(name, lang));
            @match parameter.shape {
                Shape::One if name == "right" => p.field { label for=(id) { (label) } (rights(&id, name, "call.pickup", lang)) },
                Shape::One if !known.is_empty() => p.field { label for=(id) { (label) } (select(&id, name, &known, lang)) },
                Shape::One => (text(&id, name, label, true, if own == Some(index) { party } else { "" })),
                Shape::Optional => (text(&id, name, label, false, "")),
                Shape::Rest if !known.is_empty() => (boxes(&id, name, label, &known, lang)),
                Shape::Rest if matches!(name, "lines" | "levels" | "settings") => (text(&id, name, &Say::WithBlanks.with(lang, &[label]), false, "")),
                Shape::Rest => (lines(&id, name, label, lang)),
                Shape::Grant => {
                    @let known: Vec<&str> = known.iter().copied().chain(["rights"]).collect();
                    p.field { label for=(id) { (label) } (select(&id, name, &known, lang)) }
                    details { summary { (Say::SingleRights.of(lang)) } (boxes(&id, "rights", argument("rights", lang), &all_rights(), lang)) }
                },
                Shape::Rule => {
                    (boxes(&id, "rights", argument("rights", lang), &all_rights(), lang))
                    @for key in PARTS { (lines(&format!("{id}-{key}"), key, argument(key, lang), lang)) }
                    p.hint { (Say::RuleHint.of(lang)) }
                    (text(&format!("{id}-when"), "when", argument("when", lang), false, ""))
                },
            }
        }
    }
}

fn text(id: &str, name: &str, label: &str, is_needed: bool, value: &str) -> Markup {
    html! {
        p.field {
            label for=(id) { (label) }
            input id=(id) name=(name) required[is_needed] autocomplete="off" value=[(!value.is_empty()).then_some(value)];
        }
    }
}

fn lines(id: &str, name: &str, label: &str, lang: Lang) -> Markup {
    html! {
        p.field {
            label for=(id) { (Say::OnePerLine.with(lang, &[label])) }
            textarea id=(id) name=(name) rows="2" spellcheck="false" {}
        }
    }
}

fn select(id: &str, name: &str, known: &[&str], lang: Lang) -> Markup {
    html! { select id=(id) name=(name) { @for word in known { option value=(word) { (spoken(word, lang)) } } } }
}

/// A closed word as people read it: the words of a system stay as they are.
fn spoken(word: &str, lang: Lang) -> &str {
    match word {
        "yes" => Word::Yes.of(lang),
        "no" => Word::No.of(lang),
        "rights" => Say::SingleRights.of(lang),
        word => word,
    }
}

/// Boxes to tick, rights by topic.
fn boxes(id: &str, name: &str, label: &str, known: &[&str], lang: Lang) -> Markup {
    let is_rights = known.iter().all(|word| Right::parse(word).is_some());
    let one = |word: &str| {
        let id = format!("{id}-{}", word.replace('.', "-"));
        html! {
            span.tick {
                input type="checkbox" id=(id) name=(name) value=(word);
                label for=(id) { @if is_rights { (right(word, lang)) } @else { (spoken(word, lang)) } }
            }
        }
    };
    html! {
        fieldset {
            legend { (label) }
            @if is_rights {
                @for topic in Topic::ALL {
                    @let those: Vec<&&str> = known.iter().filter(|name| Topic::of(name) == topic).collect();
                    @if !those.is_empty() {
                        details { summary { (topic.words().0.of(lang)) } @for word in those { (one(word)) } }
                    }
                }
            } @else { @for word in known { (one(word)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a person fills into a form, as the browser sends it.
    fn filled(kind: &Kind) -> Vec<(String, String)> {
        let mut fields = vec![("domain".to_owned(), "new.example".to_owned())];
        let mut add = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        for parameter in kind.arguments {
            let known = (parameter.words)();
            match parameter.shape {
                Shape::One if parameter.name == "when" => add("when", "always"),
                Shape::One if ["order", "seconds"].contains(&parameter.name) => add(parameter.name, "7"),
                Shape::One | Shape::Optional => add(parameter.name, known.first().copied().unwrap_or("a name")),
                Shape::Rest if !known.is_empty() => known.iter().take(2).for_each(|word| add(parameter.name, word)),
                Shape::Rest => add(parameter.name, "one\r\ntwo"),
                Shape::Grant => add(parameter.name, "public"),
                Shape::Rule => {
                    add("rights", "call.pickup");
                    add("rights", "call.listen");
                    add("actors", "everyone");
                    add("targets", "a name\r\nbob");
                    add("when", "always");
                }
            }
        }
        fields
    }

    fn form(fields: &[(String, String)]) -> Form {
        Form::parse(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().as_bytes()).unwrap()
    }

    #[test]
    fn every_change_has_a_form_that_makes_its_line() {
        for kind in Change::FORMS {
            let fields = filled(kind);
            let text =
                line(kind, &form(&fields), Lang::En).unwrap_or_else(|problem| panic!("{}: {problem:?}", kind.verb));
            let entries = linewarden::parse_changes(&text, Some("acme.example"))
                .unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((entries.len(), entries[0].change.verb()), (1, kind.verb), "{text}");
            // Each field that is asked for stands in the page, by the name that is read.
            let page = inputs(kind, "alice", Lang::De).into_string();
            for (name, _) in fields.iter().filter(|(name, _)| name != "domain" || kind.verb == "add domain") {
                assert!(page.contains(&format!(" name=\"{name}\"")), "{}: {name}: {page}", kind.verb);
            }
            let systems = System::ALL;
            assert!(is_for(kind, &systems, false, true), "{} is for no one", kind.verb);
        }
        for verb in COMMON.iter().chain(OF_USERS) {
            assert!(kind(verb).is_some(), "{verb} is no change");
        }
    }

    #[test]
    fn a_field_makes_no_change_of_its_own() {
        let with = |verb: &str, fields: &[(&str, &str)]| {
            let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            line(kind(verb).unwrap(), &form(&fields), Lang::En)
        };
        for (verb, fields) in [
            ("set vip", vec![("user", "bob yes\nset vip alice"), ("on", "yes")]),
            ("set vip", vec![("user", "bob"), ("on", "maybe")]),
            ("set vip", vec![("user", ""), ("on", "yes")]),
            ("set grant", vec![("owner", "a"), ("viewer", "b"), ("grant", "public"), ("rights", "call.pickup")]),
            ("set grant", vec![("owner", "a"), ("viewer", "b"), ("grant", "rights")]),
            ("set grant", vec![("owner", "a"), ("viewer", "b"), ("grant", "rights"), ("rights", "everything")]),
            ("add rule", vec![("name", "r"), ("actors", "bob\ntargets:\nalice")]),
            ("add user", vec![("name", "a\u{7}")]),
        ] {
            assert!(with(verb, &fields).is_err(), "{verb} {fields:?}");
        }
        assert_eq!(with("set vip", &[("user", "bob yes"), ("on", "no")]).unwrap(), "set vip \"bob yes\" no");
        let several = with("add member", &[("list", "workgroup"), ("of", "a b"), ("parties", "x\r\n\r\n y z \r\n")]);
        assert_eq!(several.unwrap(), "add member workgroup \"a b\" x \"y z\"");
    }
}
