//! The works council's report as a page, made to be printed. A user has the own one.
#![forbid(unsafe_code)]

use super::super::config::Role;
use super::super::problem::{Problem, Refusable};
use super::form::Form;
use super::search::query;
use super::shell::titled;
use super::visit::Visit;
use super::words::Say;
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::{Engine, Filter};
use linewarden_report::{body, company, personal};
use maud::{Markup, html};

/// The report, or the choice of one.
pub async fn show(visit: Visit, raw: RawQuery) -> Response {
    let service = visit.service.clone();
    let found = visit.heavy(move |visit, engine| {
        visit.caller.needs(Role::Reasons)?;
        let form = query(&raw)?;
        let wanted = visit.caller.party.as_deref().unwrap_or(form.get("for")?).to_owned();
        if wanted.is_empty() && form.get("company")?.is_empty() {
            return Ok((Say::Report.of(visit.lang).to_owned(), choice(visit, "", "")));
        }
        let since = form.get("since")?.to_owned();
        let above = above(engine, &form)?;
        let layout = match wanted.as_str() {
            "" => {
                visit.needs_all()?;
                company(engine, visit.domain()?.0, above)?.layout(visit.lang)
            }
            name => {
                let [party] = visit.parties([name])?;
                let report = visit.pages.trails.with(&service, |trail| personal(engine, trail, party, above));
                report?.layout(visit.lang)
            }
        };
        let content = html! {
            (choice(visit, &wanted, &since))
            div.report { (body(&layout)) }
        };
        Ok((layout.title, content))
    });
    let found = found.await;
    titled(&visit, "/page/report", found)
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
            }
            @if !visit.is_user() {
                form.row method="get" action="/page/report" {
                    input type="hidden" name="company" value="yes";
                    label for="since-company" { (Say::ChangesSince.of(lang)) }
                    input #since-company name="since" value=(since) placeholder="2026-01-31" autocomplete="off";
                    button { (Say::WholeCompany.of(lang)) }
                }
            }
            p.hint { (Say::PrintHint.of(lang)) }
        }
    }
}
