//! The works council's report as a page to print. A user must never see the report of another.
#![forbid(unsafe_code)]

use super::super::config::Role;
use super::super::problem::{Problem, Refusable};
use super::about::About;
use super::form::Form;
use super::search::query;
use super::shell::{Again, asked_again, shown};
use super::trails::Trails;
use super::visit::Visit;
use super::words::Say;
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::{DomainId, Engine, Filter, Party};
use linewarden_report::{Lang, Layout, Past, body, company};
use maud::{Markup, html};

/// The report, or the choice of one. In a big company it is made on another thread, and the page says so until it is there.
pub async fn show(visit: Visit, raw: RawQuery) -> Response {
    let found = visit.heavy(move |visit, engine| {
        visit.caller.needs(Role::Reasons)?;
        let form = query(&raw)?;
        let named = if form.get("company")?.is_empty() { form.get("for")? } else { "" };
        let wanted = visit.caller.party.as_deref().unwrap_or(named).to_owned();
        let title = || Say::Report.of(visit.lang).to_owned();
        if wanted.is_empty() && form.get("company")?.is_empty() {
            return Ok((title(), (choice(visit, "", ""), Again::No)));
        }
        let since = form.get("since")?.to_owned();
        let above = above(engine, &form)?;
        let (domain, _) = visit.domain()?;
        let party = match wanted.as_str() {
            "" => {
                visit.needs_all()?;
                None
            }
            name => {
                let [party] = visit.parties([name])?;
                Some(party)
            }
        };
        let about = About { domain, party, above, lang: visit.lang.code() };
        let (service, pages, lang) = (visit.service.clone(), visit.pages.clone(), visit.lang);
        let make = move || made(&service.engine, &pages.trails, (domain, party), above, lang);
        let found = visit.pages.reports.get(&about, engine.revision(), make)?;
        let (layout, note, again) = shown(found, lang, &visit.here);
        let Some(layout) = layout else { return Ok((title(), (note, again))) };
        let content = html! {
            (choice(visit, &wanted, &since))
            (note)
            div.report { (body(&layout)) }
        };
        Ok((layout.title.clone(), (content, again)))
    });
    match found.await {
        Ok((title, found)) => asked_again(&visit, "/page/report", &title, Ok(found)),
        Err(problem) => asked_again(&visit, "/page/report", "", Err(problem)),
    }
}

/// A report in words.
fn made(
    engine: &Engine,
    trails: &Trails,
    (domain, party): (DomainId, Option<Party>),
    above: Option<u64>,
    lang: Lang,
) -> Refusable<Layout> {
    let Some(party) = party else { return Ok(company(engine, domain, above)?.layout(lang)) };
    // The trail is asked first: pages wait for it.
    let past = trails.with_whole(engine, |trail| trail.map(|trail| Past::of(trail, party, above)));
    let past = past.unwrap_or_else(|| Past::unlogged(engine, party));
    Ok(past.report(engine, party)?.layout(lang))
}

/// The revision after which changes are listed: one that is named, or the last before a day.
fn above(engine: &Engine, form: &Form) -> Refusable<Option<u64>> {
    let since = form.get("since")?;
    if since.is_empty() {
        return Ok(None);
    }
    if let Ok(revision) = since.parse() {
        return Ok(Some(revision));
    }
    let day = linewarden::instant(&format!("{since}T00:00:00Z"));
    let day =
        day.map_err(|_| Problem::not_understood("expected a day as 2026-12-24, or a revision"))?.saturating_mul(1000);
    let cut = engine.cut()?.map_or(0, |cut| cut.revision);
    let sets = engine.history(&Filter::default())?;
    Ok(Some(sets.iter().find(|set| set.at < day).map_or(cut, |set| set.revision)))
}

fn choice(visit: &Visit, wanted: &str, since: &str) -> Markup {
    let lang = visit.lang;
    html! {
        div.screen {
            form.row method="get" action="/page/report" {
                @if !visit.is_user() {
                    label for="for" { (Say::Person.of(lang)) }
                    input #for name="for" value=(wanted) required autocomplete="off";
                }
                label for="since" { (Say::ChangesSince.of(lang)) }
                input #since name="since" value=(since) placeholder="2026-01-31" autocomplete="off";
                button.main { (Say::Show.of(lang)) }
                // The whole company has no name to fill in.
                @if !visit.is_user() { button name="company" value="yes" formnovalidate { (Say::WholeCompany.of(lang)) } }
            }
            p.hint { (Say::PrintHint.of(lang)) }
        }
    }
}
