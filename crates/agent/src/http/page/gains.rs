//! What changes would do: who gains and who loses, in sentences and as a picture, with a button that applies just that. It changes nothing, and takes
//! no changes of a domain that is not the visit's.
#![forbid(unsafe_code)]

use super::super::problem::{Problem, Refusable};
use super::picture;
use super::shell::hidden;
use super::visit::Visit;
use super::words::Say;
use linewarden::{DecisionDiff, Engine, Entry, diff};
use linewarden_report::{BEHAVIOUR, Lang, sentence};
use maud::{Markup, html};

/// Gains and losses that a preview lists.
const LISTED: usize = 200;
/// Changes of a set that are shown as a picture, too: a picture of everything takes longer than it says.
const PICTURED: usize = 64;

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
