//! Inquiries that wait for an answer: estos' for a level, keevio's for presence. Each answer goes through the preview. A user sees only those to
//! answer as this user.
#![forbid(unsafe_code)]

use super::super::config::Role;
use super::super::problem::Refusable;
use super::form::Form;
use super::search::{EACH, query};
use super::shell::{answer, hidden, pager};
use super::visit::Visit;
use super::words::Say;
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::{Engine, Party, change_line};
use maud::{Markup, html};

/// The levels that an answer may give, and the words of estos for them.
const LEVELS: [&str; 4] = ["public", "business", "team", "personal"];

/// The list.
pub async fn show(visit: Visit, raw: RawQuery) -> Response {
    let content = visit.heavy(move |visit, engine| {
        visit.caller.needs(Role::Reasons)?;
        list(visit, engine, &query(&raw)?)
    });
    let content = content.await;
    answer(&visit, "/page/pending", Say::Pending.of(visit.lang), content)
}

fn list(visit: &Visit, engine: &Engine, form: &Form) -> Refusable<Markup> {
    let lang = visit.lang;
    let (domain, name) = visit.domain()?;
    let mut all: Vec<(Party, Party)> = engine.inquiries(domain);
    if let Some(user) = visit.caller.user(engine)? {
        all.retain(|(owner, _)| *owner == user);
    }
    let from = form.number("from", 0)? as usize;
    let shown = all.get(from.min(all.len())..).unwrap_or_default();
    let shown = shown.get(..shown.len().min(EACH)).unwrap_or_default();
    let to = |from: usize| super::form::link("/page/pending", &[("from", &from.to_string())]);
    Ok(html! {
        p { (Say::PendingLead.of(lang)) }
        @if shown.is_empty() { p role="status" { (Say::NonePending.of(lang)) } }
        ul.plain { @for (owner, requester) in shown {
            @let [owned, asks] = [*owner, *requester].map(|party| engine.text(party));
            li.card {
                p { strong { (Say::Asks.with(lang, &[&asks, &owned])) } }
                @if visit.author().is_ok() { div.row { @for (label, words) in answers(visit, engine, (*owner, *requester)) {
                    form method="post" action="/page/change/preview" {
                        (hidden(visit))
                        input type="hidden" name="text" value=(format!("in {name}\n{}", change_line(&words)));
                        button { (label) }
                    }
                } } }
            }
        } }
        (pager(lang, from, shown.len(), all.len(), to, EACH))
    })
}

/// What may be answered: the words of the button, and of the change.
fn answers(visit: &Visit, engine: &Engine, (owner, requester): (Party, Party)) -> Vec<(String, Vec<String>)> {
    let lang = visit.lang;
    let [owned, asks] = [owner, requester].map(|party| engine.text(party));
    let words = |verb: &[&str]| verb.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    if engine.subscription(requester, owner).is_some() {
        let (accept, decline) = if visit.is_user() { ("confirm", "") } else { ("accept", "decline") };
        let all = [(Say::Accept, accept), (Say::Reject, decline)];
        return all
            .into_iter()
            .filter(|(_, verb)| !verb.is_empty())
            .map(|(say, verb)| (say.of(lang).to_owned(), words(&[verb, &owned, &asks])))
            .collect();
    }
    let level = |level: &&str| (Say::Give.with(lang, &[level]), words(&["answer", &owned, level, &asks]));
    let mut all: Vec<_> = LEVELS.iter().map(level).collect();
    all.push((Say::Reject.of(lang).to_owned(), words(&["reject", &owned, &asks])));
    all
}
