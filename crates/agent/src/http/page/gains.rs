//! What changes would do: who gains and who loses, in sentences and as a picture, with a button that applies just that. It changes nothing, and takes
//! no changes of a domain that is not the visit's.
#![forbid(unsafe_code)]

use super::super::problem::{Problem, Refusable};
use super::picture;
use super::shell::hidden;
use super::visit::Visit;
use super::words::Say;
use linewarden::{DecisionDiff, Engine, Entry, Right, RightSet, diff};
use linewarden_report::{BEHAVIOUR, Lang, change, sentence};
use maud::{Markup, html};
use std::collections::BTreeMap;

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

/// The preview of these changes, with a button that applies them. `asked` is the right that the changes are made for, where one is known.
///
/// # Errors
/// As for [`Engine::preview`].
pub fn previewed(
    visit: &Visit,
    engine: &Engine,
    text: &str,
    entries: &[Entry],
    note: &str,
    asked: Option<Right>,
) -> Refusable<Markup> {
    let lang = visit.lang;
    let revision = engine.revision();
    let after = engine.preview(Some(visit.author()?), entries)?;
    let changes = diff(engine, &after);
    let pictured = !visit.is_user() && entries.len() <= PICTURED && !changes.is_empty();
    Ok(html! {
        @if !note.is_empty() { p.bad role="alert" { (note) } }
        section.card {
            h2 { (Say::TheChange.of(lang)) }
            (said(entries.iter().map(|entry| change(&entry.change, lang)), entries.iter().map(|entry| entry.change.to_string()), lang))
        }
        section {
            h2 { (Say::WhoGainsAndLoses.of(lang)) }
            (sentences(&changes, lang))
        }
        form.row method="post" action="/page/change/apply" {
            (hidden(visit))
            input type="hidden" name="text" value=(text);
            input type="hidden" name="revision" value=(revision);
            @if let Some(asked) = asked { input type="hidden" name="asked" value=(asked.name()); }
            button.main { (Say::Apply.of(lang)) }
            a.button href="/page/change" { (Say::Cancel.of(lang)) }
        }
        @if pictured { (picture::before_and_after(visit, engine, &after, &concerned(&changes, asked))?) }
    })
}

/// Changes in sentences, with their lines behind them.
pub fn said(sentences: impl Iterator<Item = String>, lines: impl Iterator<Item = String>, lang: Lang) -> Markup {
    html! {
        ul.plain { @for sentence in sentences { li { (sentence) } } }
        details { summary.hint { (Say::AsLines.of(lang)) } pre { code { @for line in lines { (line) "\n" } } } }
    }
}

/// The rights that changes concern: first the one that was asked about, then those of most pairs, those of which a works council asks first
/// before others.
fn concerned(changes: &DecisionDiff, asked: Option<Right>) -> Vec<Right> {
    let mut pairs: BTreeMap<usize, (u64, Right)> = BTreeMap::new();
    for group in &changes.groups {
        let all = group.rights.iter().filter_map(|name| Right::parse(name));
        // Those of all lines as one.
        let whole = all.fold(RightSet::EMPTY, |set, right| set | right.mask()).shortest();
        for right in whole.into_iter().filter_map(Right::parse) {
            let place =
                BEHAVIOUR.iter().position(|first| first.mask().contains(right.mask())).unwrap_or(BEHAVIOUR.len());
            let is_asked = asked.is_some_and(|asked| !(asked.mask() & right.mask()).is_empty());
            let key = if is_asked { 0 } else { place + 1 };
            // Of the rights of no behaviour, one stands for all.
            let (count, _) = pairs.entry(key).or_insert((0, right));
            *count += group.pairs;
        }
    }
    let mut found: Vec<(usize, (u64, Right))> = pairs.into_iter().collect();
    found.sort_by_key(|(place, (count, _))| (*place != 0, std::cmp::Reverse(*count), *place));
    found.into_iter().map(|(_, (_, right))| right).collect()
}

/// Gains and losses in sentences.
pub fn sentences(changes: &DecisionDiff, lang: Lang) -> Markup {
    let number = |number: u64| lang.number(number);
    html! {
        @if changes.is_empty() {
            p { (Say::NothingChanges.of(lang)) }
            // Who is exempt from what no one may today gains or loses nothing yet.
            @for exemption in &changes.exemptions { p lang="en" { (lang.quoted(&exemption.sentence)) } }
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
