//! Changes by forms: the forms of all changes, the line that a form makes, its preview, and applying just what was previewed. Nothing is
//! changed but by the engine, in the name of who is logged in, and never a domain that is not the visit's.
#![forbid(unsafe_code)]

use super::super::problem::{Problem, Refusable};
use super::form::{Form, link};
use super::forms::{COMMON, inputs, is_for, kind, line, section};
use super::gains::parsed;
use super::preview;
use super::search::query;
use super::shell::{answer, asked_again, hidden, onward};
use super::visit::{Post, Visit};
use super::words::Say;
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::agent::Form as Kind;
use linewarden::{Change, Engine, Entry, Right};
use linewarden_report::change_title;
use maud::{Markup, html};

/// The forms: that of the changes that were chosen, or the commonest with links to all others.
pub async fn show(visit: Visit, raw: RawQuery) -> Response {
    let content = visit.heavy(move |visit, engine| {
        let form = query(&raw)?;
        let _ = visit.author()?;
        match form.get("form")? {
            "" => forms(visit, engine, form.get("party")?, form.number("made", 0)?),
            verb => match known(verb)? {
                kind if fits(visit, engine)?(&kind) => Ok(one(visit, kind, form.get("party")?)),
                _ => Err(Problem::forbidden(Say::NotYourForm.of(visit.lang))),
            },
        }
    });
    let content = content.await;
    answer(&visit, "/page/change", Say::Change.of(visit.lang), content)
}

fn known(verb: &str) -> Refusable<&'static Kind> {
    kind(verb).ok_or_else(|| Problem::not_understood("that form is not known"))
}

/// Which forms the visit has: those of the domain's systems, and of who it is.
fn fits(visit: &Visit, engine: &Engine) -> Refusable<impl Fn(&&'static Kind) -> bool + use<>> {
    let systems = engine.systems(visit.domain()?.0);
    let (is_user, is_of_all) = (visit.is_user(), visit.caller.domain.is_none());
    Ok(move |kind: &&'static Kind| is_for(kind, &systems, is_user, is_of_all))
}

/// A form with its button.
fn filled_in(visit: &Visit, kind: &Kind, party: &str) -> Markup {
    html! {
        form method="post" action="/page/change/preview" {
            (hidden(visit))
            (inputs(kind, party, visit.lang))
            button.main { (Say::Preview.of(visit.lang)) }
        }
    }
}

/// One form.
fn one(visit: &Visit, kind: &Kind, party: &str) -> Markup {
    let lang = visit.lang;
    let own = visit.caller.party.as_deref().unwrap_or(party);
    html! {
        p.links { a href="/page/change" { (Say::AllChanges.of(lang)) } }
        section.card {
            h2 { (change_title(kind.verb, lang)) }
            (filled_in(visit, kind, own))
        }
    }
}

fn forms(visit: &Visit, engine: &Engine, party: &str, made: u64) -> Refusable<Markup> {
    let lang = visit.lang;
    let fits = fits(visit, engine)?;
    let own = visit.caller.party.as_deref().unwrap_or(party);
    let sections = Change::FORMS.chunk_by(|one, other| one.section == other.section);
    let sections =
        sections.map(|all| (all.first().map_or("", |kind| kind.section), all.iter().filter(&fits).collect::<Vec<_>>()));
    Ok(html! {
        @if made > 0 { p.good role="status" { (Say::Made.with(lang, &[&made.to_string()])) } }
        p { (Say::ChangeLead.of(lang)) }
        div.forms {
            @for kind in COMMON.iter().filter_map(|verb| kind(verb)).filter(&fits) {
                details.card {
                    summary { (change_title(kind.verb, lang)) }
                    (filled_in(visit, kind, own))
                }
            }
        }
        section {
            h2 { (Say::AllChanges.of(lang)) }
            @for (name, kinds) in sections.filter(|(_, kinds)| !kinds.is_empty()) {
                h3 { (section(name, lang)) }
                ul.columns { @for kind in kinds {
                    li { a href=(link("/page/change", &[("form", kind.verb), ("party", party)])) { (change_title(kind.verb, lang)) } }
                } }
            }
            details.card {
                summary { (Say::AnyChange.of(lang)) }
                form method="post" action="/page/change/preview" {
                    (hidden(visit))
                    label for="text" { (Say::Lines.of(lang)) }
                    textarea #text name="text" rows="4" spellcheck="false" required aria-describedby="lines-hint" {}
                    p.hint #lines-hint { (Say::LinesHint.of(lang)) " " code { "set vip alice yes" } }
                    button.main { (Say::Preview.of(lang)) }
                }
            }
        }
    })
}

/// The lines of a form, and their changes.
fn entries(visit: &Visit, engine: &Engine, form: &Form) -> Refusable<(String, Vec<Entry>)> {
    let text = match form.get("form")? {
        "" => form.get("text")?.replace("\r\n", "\n"),
        verb => line(known(verb)?, form, visit.lang)?,
    };
    let entries = parsed(visit, engine, &text)?;
    Ok((text, entries))
}

/// The right that was asked about before the change.
fn asked(form: &Form) -> Refusable<Option<Right>> {
    Ok(Right::parse(form.get("asked")?))
}

/// Who gains and who loses.
pub async fn preview(Post { visit, form }: Post) -> Response {
    let content = visit.heavy(move |visit, engine| {
        let (text, entries) = entries(visit, engine, &form)?;
        preview::preview(visit, engine, &text, entries, (Say::PreviewTitle.of(visit.lang), ""), asked(&form)?)
    });
    let content = content.await;
    asked_again(&visit, "/page/change", Say::PreviewTitle.of(visit.lang), content)
}

/// Applies what was previewed.
pub async fn apply(Post { visit, form }: Post) -> Response {
    let done = visit.heavy(move |visit, engine| {
        let (text, entries) = entries(visit, engine, &form)?;
        let seen = form.number("revision", 0)?;
        if seen != engine.revision() {
            // What was previewed may not be what would happen now.
            let said = (Say::PreviewTitle.of(visit.lang), Say::Moved.of(visit.lang));
            return Ok(Err(preview::preview(visit, engine, &text, entries, said, asked(&form)?)?));
        }
        Ok(Ok(engine.apply(visit.author()?, &entries)?))
    });
    match done.await {
        Ok(Ok(made)) => {
            let made = made.to_string();
            let to = if visit.is_user() { "/page/change" } else { "/page/history" };
            onward(&visit, &link(to, &[("made", &made)]))
        }
        Ok(Err(again)) => asked_again(&visit, "/page/change", Say::PreviewTitle.of(visit.lang), Ok(again)),
        Err(problem) => answer(&visit, "/page/change", "", Err(problem)),
    }
}
