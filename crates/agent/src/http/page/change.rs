//! Changes by forms: the line that a form makes, its preview, and applying just what was previewed. Nothing is
//! changed but by the engine, in the name of who is logged in, and never a domain that is not the visit's.
#![forbid(unsafe_code)]

use super::super::problem::{Problem, Refusable};
use super::form::{Form, link};
use super::forms::{KINDS, Kind};
use super::gains::parsed;
use super::preview;
use super::search::query;
use super::shell::{answer, asked_again, hidden, onward};
use super::visit::{Post, Visit};
use super::words::Say;
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::{Engine, Entry};
use maud::{Markup, html};

/// The forms.
pub async fn show(visit: Visit, raw: RawQuery) -> Response {
    let content = visit.heavy(move |visit, engine| {
        let form = query(&raw)?;
        let _ = visit.author()?;
        forms(visit, engine, form.get("party")?, form.number("made", 0)?)
    });
    let content = content.await;
    answer(&visit, "/page/change", Say::Change.of(visit.lang), content)
}

fn forms(visit: &Visit, engine: &Engine, party: &str, made: u64) -> Refusable<Markup> {
    let lang = visit.lang;
    let systems = engine.systems(visit.domain()?.0);
    let fits =
        |kind: &&Kind| (kind.users || !visit.is_user()) && kind.system.is_none_or(|system| systems.contains(&system));
    let own = visit.caller.party.as_deref().unwrap_or(party);
    Ok(html! {
        @if made > 0 { p.good role="status" { (Say::Made.with(lang, &[&made.to_string()])) } }
        p { (Say::ChangeLead.of(lang)) }
        div.forms {
            @for kind in KINDS.iter().filter(fits) {
                details.card {
                    summary { (kind.title.of(lang)) }
                    form method="post" action="/page/change/preview" {
                        (hidden(visit))
                        (kind.inputs(own, lang))
                        button.main { (Say::Preview.of(lang)) }
                    }
                }
            }
            details.card open {
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
        id => Kind::of(id).ok_or_else(|| Problem::not_understood("that form is not known"))?.line(form)?,
    };
    let entries = parsed(visit, engine, &text)?;
    Ok((text, entries))
}

/// Who gains and who loses.
pub async fn preview(Post { visit, form }: Post) -> Response {
    let content = visit.heavy(move |visit, engine| {
        let (text, entries) = entries(visit, engine, &form)?;
        preview::preview(visit, engine, &text, entries, "")
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
            let note = Say::Moved.of(visit.lang);
            return Ok(Err(preview::preview(visit, engine, &text, entries, note)?));
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
