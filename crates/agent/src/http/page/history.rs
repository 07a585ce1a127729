//! History: who changed what and when, with the hash that stands for the log up to there; and taking a change set back by a new one, after a
//! preview. It must never be shown to users.
#![forbid(unsafe_code)]

use super::super::problem::Refusable;
use super::form::{Form, link};
use super::gains::said;
use super::preview::preview;
use super::search::query;
use super::shell::{answer, asked_again, hidden};
use super::visit::{Post, Visit};
use super::words::Say;
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::{ChangeSet, Engine, Filter};
use linewarden_report::{By, Lang, Word, author, change_of_line, filled, lines};
use maud::{Markup, html};

/// Change sets of one page.
const EACH: usize = 20;
/// Change sets that are read at a time: one of them may be a whole company.
const AT_ONCE: usize = 50;
/// Change sets that are looked at for one page: those of other domains are passed over.
const LOOKED_AT: usize = 2000;
/// Lines of a change set that are shown.
const LINES: usize = 12;

/// The history.
pub async fn show(visit: Visit, raw: RawQuery) -> Response {
    let content = visit.heavy(move |visit, engine| {
        visit.needs_all()?;
        sets(visit, engine, &query(&raw)?)
    });
    let content = content.await;
    answer(&visit, "/page/history", Say::History.of(visit.lang), content)
}

fn sets(visit: &Visit, engine: &Engine, form: &Form) -> Refusable<Markup> {
    let lang = visit.lang;
    let (_, domain) = visit.domain()?;
    let (before, text, made) = (form.number("before", 0)?, form.get("text")?, form.number("made", 0)?);
    let mut shown: Vec<(ChangeSet, (Vec<String>, u64))> = Vec::new();
    let (mut below, mut looked) = ((before > 0).then_some(before), 0);
    while shown.len() < EACH && looked < LOOKED_AT {
        let text = (!text.is_empty()).then(|| text.to_owned());
        let filter = Filter { below, text, limit: AT_ONCE, ..Filter::default() };
        let sets = engine.history(&filter)?;
        let is_last = sets.len() < AT_ONCE;
        for set in sets {
            if shown.len() == EACH {
                break;
            }
            (below, looked) = (Some(set.revision), looked + 1);
            let lines = lines(&set.text, &domain, LINES);
            if !lines.0.is_empty() {
                shown.push((set, lines));
            }
        }
        if is_last {
            break;
        }
    }
    let last = below.unwrap_or(0);
    let cut = engine.cut()?.map_or(0, |cut| cut.revision);
    Ok(html! {
        @if made > 0 { p.good role="status" { (Say::Made.with(lang, &[&made.to_string()])) } }
        form.row role="search" method="get" action="/page/history" {
            label for="text" { (Say::WithText.of(lang)) }
            input #text name="text" type="search" value=(text);
            button { (Say::Find.of(lang)) }
        }
        @if shown.is_empty() { p role="status" { (Word::NothingChanged.of(lang)) } }
        ol.history { @for (set, lines) in &shown { (one(visit, &domain, set, lines, lang)) } }
        div.pager role="group" aria-label=(Say::Pages.of(lang)) {
            @if before > 0 { a href="/page/history" { (Say::Newest.of(lang)) } }
            @if last > cut + 1 { a rel="next" href=(link("/page/history", &[("before", &last.to_string()), ("text", text)])) { (Say::Older.of(lang)) } }
        }
        @if cut > 0 { p.hint { (Word::LogCut.with(lang, &[&cut.to_string()])) } }
    })
}

fn one(visit: &Visit, domain: &str, set: &ChangeSet, (lines, more): &(Vec<String>, u64), lang: Lang) -> Markup {
    let by = By { revision: set.revision, at: set.at, author: set.author.clone() };
    let hash: String = set.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    html! {
        li.card {
            h2 { (filled("{} {}", &[Word::Revision.of(lang), &set.revision.to_string()])) }
            p { (lang.time(set.at)) " · " (author(&by, lang)) }
            (said(lines.iter().map(|line| change_of_line(domain, line, lang)), lines.iter().cloned(), lang))
            @if *more > 0 { p.hint { (Word::AndMore.with(lang, &[&lang.number(*more)])) } }
            p.hash { span { (Say::Hash.of(lang)) } " " code { (hash) } }
            @if visit.author().is_ok() && set.revision > 1 {
                form method="post" action="/page/history/undo" {
                    (hidden(visit))
                    input type="hidden" name="revision" value=(set.revision);
                    button aria-label=(Say::UndoOf.with(lang, &[&set.revision.to_string()])) { (Say::Undo.of(lang)) }
                }
            }
        }
    }
}

/// The preview of what takes a change set back.
pub async fn undo(Post { visit, form }: Post) -> Response {
    let content = visit.heavy(move |visit, engine| {
        visit.needs_all()?;
        let entries = engine.reverse(form.number("revision", 0)?)?;
        let (_, domain) = visit.domain()?;
        if visit.caller.domain.is_some() && entries.iter().any(|entry| entry.domain != domain) {
            return Err(super::super::problem::Problem::forbidden("this caller may not change that domain"));
        }
        let mut text = String::new();
        for entry in &entries {
            text += &format!("in {}\n{}\n", entry.domain, entry.change);
        }
        preview(visit, engine, &text, entries, (Say::UndoTitle.of(visit.lang), ""), None)
    });
    let content = content.await;
    asked_again(&visit, "/page/history", Say::UndoTitle.of(visit.lang), content)
}
