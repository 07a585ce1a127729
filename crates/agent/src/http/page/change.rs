//! Changes by forms: the line that a form makes, a preview that says who gains and who loses, and applying just what was previewed. Nothing is
//! changed but by the engine, in the name of who is logged in, and never a domain that is not the visit's.
#![forbid(unsafe_code)]

use super::super::problem::{Problem, Refusable};
use super::form::{Form, link};
use super::forms::{KINDS, Kind};
use super::search::query;
use super::shell::{answer, asked_again, hidden, onward};
use super::visit::{Post, Visit};
use super::words::Say;
use super::{picture, preview};
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::{DecisionDiff, Engine, Entry, diff};
use linewarden_report::{BEHAVIOUR, Lang, sentence};
use maud::{Markup, html};

/// Gains and losses that a preview lists.
const LISTED: usize = 200;
/// Changes of a set that are shown as a picture, too: a picture of everything takes longer than it says.
const PICTURED: usize = 64;

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

/// The changes of these lines, all of the visit's domain.
///
/// # Errors
/// As for [`Engine::entries`]; 403 for those of another domain.
pub fn parsed(visit: &Visit, engine: &Engine, text: &str) -> Refusable<Vec<Entry>> {
    let (_, domain) = visit.domain()?;
    let entries = engine.entries(Some(&domain), text)?;
    if entries.is_empty() {
        return Err(Problem::not_understood(Say::NoLines.of(visit.lang)));
    }
    let strange = |entry: &Entry| {
        let verb = entry.change.to_string();
        entry.domain != domain || verb.starts_with("add domain") || verb == "remove domain"
    };
    if visit.caller.domain.is_some() && entries.iter().any(strange) {
        return Err(Problem::forbidden("this caller may not change that domain"));
    }
    Ok(entries)
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

/// The preview of these changes, with a button that applies them.
///
/// # Errors
/// As for [`Engine::preview`].
pub fn previewed(visit: &Visit, engine: &Engine, text: &str, entries: &[Entry], note: &str) -> Refusable<Markup> {
    let lang = visit.lang;
    let revision = engine.revision();
    let after = engine.preview(Some(visit.author()?), entries)?;
    let changes = diff(engine, &after);
    let pictured = !visit.is_user() && entries.len() <= PICTURED && !changes.is_empty();
    let right = pictured_right(&changes);
    Ok(html! {
        @if !note.is_empty() { p.bad role="alert" { (note) } }
        section.card {
            h2 { (Say::TheChange.of(lang)) }
            pre { code { @for entry in entries { (entry.change) "\n" } } }
        }
        section {
            h2 { (Say::WhoGainsAndLoses.of(lang)) }
            (sentences(&changes, lang))
        }
        form.row method="post" action="/page/change/apply" {
            (hidden(visit))
            input type="hidden" name="text" value=(text);
            input type="hidden" name="revision" value=(revision);
            button.main { (Say::Apply.of(lang)) }
            a.button href="/page/change" { (Say::Cancel.of(lang)) }
        }
        @if pictured { (picture::before_and_after(visit, engine, &after, right)?) }
    })
}

/// The right of the picture: of those that change the one of which a works council asks first.
fn pictured_right(changes: &DecisionDiff) -> &str {
    let all = || changes.groups.iter().flat_map(|group| group.rights.iter().map(String::as_str));
    let first =
        BEHAVIOUR.iter().find(|right| all().any(|name| name == right.name() || name == right.on_line(1).name()));
    first.map(|right| right.name()).or_else(|| all().next()).unwrap_or_default()
}

/// Gains and losses in sentences.
pub fn sentences(changes: &DecisionDiff, lang: Lang) -> Markup {
    let number = |number: u64| lang.number(number);
    html! {
        @if changes.is_empty() {
            p { (Say::NothingChanges.of(lang)) }
        } @else {
            ul.plain.diff { @for group in changes.groups.iter().take(LISTED) {
                li.gain[group.gains].loss[!group.gains] {
                    span aria-hidden="true" { @if group.gains { "+ " } @else { "− " } }
                    (sentence(group, lang))
                }
            } }
            @if changes.groups.len() > LISTED {
                p.hint { (Say::MoreSentences.with(lang, &[&number((changes.groups.len() - LISTED) as u64)])) }
            }
            p.hint { (Say::Totals.with(lang, &[&number(changes.gained), &number(changes.lost)])) }
        }
    }
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
