//! What lint finds, what a dialled code would do, and the state of the store and its cluster. Findings and state must never be shown to
//! users.
#![forbid(unsafe_code)]

use super::super::config::Role;
use super::super::nodes::Known;
use super::super::problem::Refusable;
use super::form::{Form, link};
use super::pair::verdict;
use super::search::{EACH, deciding, query};
use super::shell::{Again, answer, asked_again, pager, shown};
use super::visit::Visit;
use super::words::Say;
use crate::node::LONGEST_AGE;
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::{DialExplanation, Engine, Following, Function, Party, Severity};
use linewarden_report::{Lang, Word, finding as about, right};
use maud::{Markup, html};

/// What is legal but likely wrong.
pub async fn lint(visit: Visit, raw: RawQuery) -> Response {
    let content = visit.heavy(move |visit, engine| {
        visit.needs_all()?;
        findings(visit, engine, &query(&raw)?)
    });
    let content = content.await;
    asked_again(&visit, "/page/lint", Say::Lint.of(visit.lang), content)
}

fn findings(visit: &Visit, engine: &Engine, form: &Form) -> Refusable<(Markup, Again)> {
    let lang = visit.lang;
    let (domain, name) = visit.domain()?;
    let from = form.number("from", 0)? as usize;
    let service = visit.service.clone();
    let found = visit.pages.findings.get(&domain, engine.revision(), move || {
        let mut all = service.engine.lint_domain(domain);
        all.sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
        Ok(all)
    })?;
    let (all, note, again) = shown(found, lang, "/page/lint");
    let Some(all) = all else { return Ok((note, again)) };
    let shown: Vec<_> = all.iter().skip(from).take(EACH).collect();
    let content = html! {
        p { (Say::LintLead.of(lang)) }
        (note)
        @if shown.is_empty() { p role="status" { (Say::NoFindings.of(lang)) } }
        ul.plain { @for finding in &shown {
            li.card {
                p {
                    strong { (severity(finding.severity(), lang)) ": " (about(finding.rule, lang)) }
                }
                p lang="en" { (linked(engine, &name, &finding.message)) }
                p.hint { code { (finding.rule) } }
            }
        } }
        (pager(lang, from, shown.len(), all.len(), |from| link("/page/lint", &[("from", &from.to_string())]), EACH))
    };
    Ok((content, again))
}

fn severity(severity: Severity, lang: Lang) -> &'static str {
    match severity {
        Severity::Note => Say::Note.of(lang),
        Severity::Warning => Say::Warning.of(lang),
        _ => Say::Open.of(lang),
    }
}

/// A message whose names in backticks lead to the pages of people.
fn linked(engine: &Engine, domain: &str, message: &str) -> Markup {
    html! {
        @for (index, part) in message.split('`').enumerate() {
            @if index % 2 == 0 {
                (part)
            } @else if engine.find(Some(domain), part).is_some() {
                a href=(link("/page/person", &[("party", part)])) { (part) }
            } @else {
                code { (part) }
            }
        }
    }
}

/// What a code would do.
pub async fn codes(visit: Visit, raw: RawQuery) -> Response {
    let content = visit.heavy(move |visit, engine| {
        visit.caller.needs(Role::Reasons)?;
        tried(visit, engine, &query(&raw)?)
    });
    let content = content.await;
    answer(&visit, "/page/codes", Say::Codes.of(visit.lang), content)
}

fn tried(visit: &Visit, engine: &Engine, form: &Form) -> Refusable<Markup> {
    let lang = visit.lang;
    let (actor, code) = (form.get("actor")?, form.get("code")?);
    let actor = visit.caller.party.as_deref().unwrap_or(actor);
    let mut said = html! {};
    if !code.is_empty() && !actor.is_empty() {
        let [party] = visit.parties([actor])?;
        said = match engine.explain_dial(party, code) {
            Ok(dialled) => html! {
                section.card aria-live="polite" {
                    h2 { (verdict(dialled.answer.allowed, lang)) " " code { (code) } }
                    dl {
                        dt { (Say::Function.of(lang)) } dd { (function(dialled.answer.function).of(lang)) }
                        @if !dialled.target.is_empty() { dt { (Say::Towards.with(lang, &[""])) } dd { (dialled.target) } }
                        dt { (Say::Because.of(lang)) } dd { (because(engine, party, &dialled, lang)) }
                        @if !dialled.answer.digits.is_empty() { dt { (Say::Digits.of(lang)) } dd { (dialled.answer.digits) } }
                    }
                }
            },
            Err(error) => html! { p.bad role="alert" lang="en" { (lang.quoted(error.message())) } },
        };
    }
    Ok(html! {
        p { (Say::CodesLead.of(lang)) }
        form.row method="get" action="/page/codes" {
            @if !visit.is_user() {
                label for="actor" { (Say::From.of(lang)) }
                input #actor name="actor" value=(actor) required autocomplete="off";
            }
            label for="code" { (Say::Dials.of(lang)) }
            input #code name="code" value=(code) required autocomplete="off" placeholder="*8101";
            button.main { (Say::Try.of(lang)) }
        }
        (said)
    })
}

/// What a function is called.
fn function(function: Function) -> Say {
    match function {
        Function::Pickup => Say::Pickup,
        Function::ForwardAsk => Say::ForwardAsk,
        Function::ForwardToggle => Say::ForwardToggle,
        Function::ForwardSet => Say::ForwardSet,
        Function::Login => Say::LogInHere,
        _ => Say::Function,
    }
}

/// Why a code may be used or not: the rule that decides about its right, or the engine's words.
fn because(engine: &Engine, actor: Party, dialled: &DialExplanation, lang: Lang) -> Markup {
    let answer = &dialled.answer;
    let of_pair = answer.right.filter(|_| answer.function != Function::Login && answer.destination.is_none());
    html! {
        @match of_pair {
            Some(asked) => {
                (deciding(engine, (actor, answer.target), asked, lang)) " "
                @if actor != answer.target {
                    a href=(link("/page/pair", &[("actor", &engine.text(actor)), ("target", &dialled.target), ("right", asked.name())])) {
                        (Say::Explain.of(lang)) ": " (right(asked.name(), lang))
                    }
                }
            },
            None => span lang="en" { (lang.quoted(&dialled.why)) },
        }
    }
}

/// The state of the store, and of the other nodes.
pub async fn status(visit: Visit) -> Response {
    let content = visit.heavy(|visit, engine| {
        visit.needs_all()?;
        state(visit, engine)
    });
    // Nodes are asked for those only who may see them.
    let content = match content.await {
        Ok(here) => {
            let others = visit.service.nodes.known().await;
            let again = if others.iter().any(|node| node.is_asked) { Again::Same } else { Again::No };
            Ok((html! { (here) (nodes(&others, visit.lang)) }, again))
        }
        Err(problem) => Err(problem),
    };
    asked_again(&visit, "/page/status", Say::Status.of(visit.lang), content)
}

fn nodes(others: &[Known], lang: Lang) -> Markup {
    html! {
        @if !others.is_empty() {
            h2 { (Say::OtherNodes.of(lang)) }
            div.wide tabindex="0" { table {
                thead { tr {
                    @for name in [Say::Name, Say::State, Say::Lag, Say::Age] { th scope="col" { (name.of(lang)) } }
                    th scope="col" { (Word::Revision.of(lang)) }
                } }
                tbody { @for node in others {
                    tr {
                        td { (node.name) }
                        @match &node.last {
                            Some(Ok(said)) => {
                                td { (following(&said.state).of(lang)) }
                                td { (lang.number(said.lag)) }
                                td { @if let Some(age) = said.age_ms { (Say::Seconds.with(lang, &[&format!("{:.1}", age as f64 / 1000.0)])) } }
                                td { (said.revision) }
                            },
                            Some(Err(why)) => td.bad colspan="4" { (Say::NoAnswer.of(lang)) " " span lang="en" { (lang.quoted(why)) } },
                            None => td colspan="4" { p.hint.waiting { (Say::IsAsked.of(lang)) } },
                        }
                    }
                } }
            } }
        }
    }
}

/// A state by the word of `/v1/status`.
fn following(word: &str) -> Say {
    let kinds = [
        (Following::Alone, Say::Alone),
        (Following::Following, Say::Following),
        (Following::CutOff, Say::CutOff),
        (Following::Forked, Say::Forked),
    ];
    kinds.into_iter().find(|(kind, _)| kind.word() == word).map_or(Say::Unclear, |(_, say)| say)
}

fn state(visit: &Visit, engine: &Engine) -> Refusable<Markup> {
    let lang = visit.lang;
    let here = engine.upstream()?;
    let kind = here.kind(LONGEST_AGE);
    let word = match kind {
        Following::Alone => Say::Alone,
        Following::Following => Say::Following,
        Following::CutOff => Say::CutOff,
        Following::Forked => Say::Forked,
        _ => Say::Unclear,
    };
    let hash: String = here.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let age = here.age.map(|age| Say::Seconds.with(lang, &[&format!("{:.1}", age.as_secs_f64())]));
    let rows: Vec<(&str, String)> = [
        (Say::State.of(lang), Some(word.of(lang).to_owned())),
        (Say::Cluster.of(lang), here.cluster.clone()),
        (Say::Upstream.of(lang), here.name.clone()),
        (Word::Revision.of(lang), Some(here.revision.to_string())),
        (Say::Epoch.of(lang), Some(here.epoch.to_string())),
        (Say::Lag.of(lang), (kind != Following::Alone).then(|| lang.number(here.lag))),
        (Say::Age.of(lang), age),
        (Say::WhyForked.of(lang), here.forked.clone()),
        (Word::Hash.of(lang), Some(hash)),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    Ok(html! {
        @if matches!(kind, Following::CutOff | Following::Forked) { p.bad role="alert" { (word.of(lang)) } }
        dl { @for (name, value) in &rows { dt { (name) } dd { (value) } } }
    })
}
