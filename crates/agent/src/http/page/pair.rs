//! A pair's sheet: every right of one party towards another, since when and by which rule; and of one right why it is so, with the changes
//! that would make a no a yes. A user sees pairs that the user is one of.
#![forbid(unsafe_code)]

use super::super::config::Role;
use super::super::problem::{Problem, Refusable};
use super::form::link;
use super::search::{query, rights, when};
use super::shell::{hidden, titled};
use super::visit::Visit;
use super::words::Say;
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::{Engine, Explanation, Party, Reason, Right, RightSet, Since, Trail};
use linewarden_report::{By, Lang, Topic, Word, author, reason, right, source, suggestion as worded};
use maud::{Markup, html};

/// A pair.
#[derive(Clone, Copy)]
struct Pair {
    actor: Party,
    target: Party,
}

/// The sheet.
pub async fn show(visit: Visit, raw: RawQuery) -> Response {
    let service = visit.service.clone();
    let found = visit.heavy(move |visit, engine| {
        let form = query(&raw)?;
        visit.caller.needs(Role::Reasons)?;
        let [actor, target] = visit.parties([form.get("actor")?, form.get("target")?])?;
        let pair = Pair { actor, target };
        let asked = match form.get("right")? {
            "" => None,
            name => Some(Right::parse(name).ok_or_else(|| Problem::not_understood("that right is not known"))?),
        };
        let title = Say::PairOf.with(visit.lang, &[&engine.text(pair.actor), &engine.text(pair.target)]);
        visit.pages.trails.with(&service, |trail| Ok((title, sheet(visit, engine, trail, pair, asked)?)))
    });
    let found = found.await;
    titled(&visit, "/page/", found)
}

fn sheet(visit: &Visit, engine: &Engine, trail: Option<&Trail>, pair: Pair, asked: Option<Right>) -> Refusable<Markup> {
    let lang = visit.lang;
    let Pair { actor, target } = pair;
    let [one, other] = [actor, target].map(|party| engine.text(party));
    let held = engine.evaluate(actor, target);
    let since = trail.map_or_else(Vec::new, |trail| trail.pair(actor, target));
    let of = |wanted: Right| {
        let those = since.iter().filter(|held| !(held.rights & wanted.mask()).is_empty());
        those.filter_map(|held| held.since.clone()).max()
    };
    Ok(html! {
        p.links {
            a href=(link("/page/pair", &[("actor", &other), ("target", &one)])) { (Say::OtherWay.of(lang)) }
            @if !visit.is_user() {
                a href=(link("/page/person", &[("party", &one)])) { (one) }
                a href=(link("/page/person", &[("party", &other)])) { (other) }
            }
        }
        form.row method="get" action="/page/pair" {
            input type="hidden" name="actor" value=(one);
            input type="hidden" name="target" value=(other);
            label for="right" { (Say::Why.of(lang)) }
            (rights("right", "right", asked.map_or("call.pickup", Right::name), lang))
            button.main { (Say::Explain.of(lang)) }
        }
        @if let Some(asked) = asked { (why(visit, engine, pair, asked, trail.is_some(), of(asked))) }
        section {
            h2 { (Say::Every.of(lang)) }
            @for topic in Topic::ALL { (topic_of(engine, pair, topic, held, &of, visit, trail.is_some())) }
        }
    })
}

/// The names of rights of a topic, lines of their own only where they differ.
fn names(topic: Topic, held: RightSet) -> Vec<&'static str> {
    let is_line = |name: &str| [".first", ".second", ".additional"].iter().any(|end| name.ends_with(end));
    let all: Vec<&str> = Right::names().filter(|name| Topic::of(name) == topic).collect();
    let mut found = Vec::new();
    for name in all.iter().filter(|name| !is_line(name)) {
        let mask = Right::parse(name).map_or(RightSet::EMPTY, Right::mask);
        let has = held & mask;
        match has.is_empty() || has == mask {
            true => found.push(*name),
            false => found.extend(all.iter().filter(|line| is_line(line) && line.starts_with(&format!("{name}.")))),
        }
    }
    found
}

fn topic_of(
    engine: &Engine,
    pair: Pair,
    topic: Topic,
    held: RightSet,
    since: &dyn Fn(Right) -> Option<Since>,
    visit: &Visit,
    is_logged: bool,
) -> Markup {
    let lang = visit.lang;
    let [one, other] = [pair.actor, pair.target].map(|party| engine.text(party));
    let rows: Vec<Right> = names(topic, held).into_iter().filter_map(Right::parse).collect();
    html! {
        h3 { (topic.words().0.of(lang)) }
        div.wide tabindex="0" { table.all {
            thead.sr { tr {
                th scope="col" { (Say::Right.of(lang)) }
                th scope="col" { (Say::Answer.of(lang)) }
                th scope="col" { (Word::Rule.of(lang)) }
                th scope="col" { (Word::SinceWhen.of(lang)) }
            } }
            tbody { @for row in rows {
                @let allowed = held.has(row);
                @let by = since(row).as_ref().map(By::from);
                tr {
                    td { a href=(link("/page/pair", &[("actor", &one), ("target", &other), ("right", row.name())])) { (right(row.name(), lang)) } }
                    td { (verdict(allowed, lang)) }
                    td { (reason(engine.decide(pair.actor, row, pair.target).reason, lang)) }
                    td { @if allowed || by.as_ref().is_some_and(|by| by.revision > 1) { (when(by.as_ref(), is_logged, lang)) } }
                }
            } }
        } }
    }
}

/// Yes or no, by word and not by colour alone.
pub fn verdict(allowed: bool, lang: Lang) -> Markup {
    html! {
        @if allowed { span.yes { "✓ " (Word::Yes.of(lang)) } } @else { span.no { "✗ " (Word::No.of(lang)) } }
    }
}

/// Why, in words.
fn why(visit: &Visit, engine: &Engine, pair: Pair, asked: Right, is_logged: bool, by: Option<Since>) -> Markup {
    let lang = visit.lang;
    let said = engine.explain(pair.actor, asked, pair.target, None);
    let [one, other] = [pair.actor, pair.target].map(|party| engine.text(party));
    let what = right(asked.name(), lang);
    let sentence = if said.allowed { Say::MayWhy } else { Say::MayNotWhy };
    let by = by.as_ref().map(By::from);
    html! {
        section.card aria-labelledby="why" {
            h2 #why { span.yes[said.allowed].no[!said.allowed] aria-hidden="true" { @if said.allowed { "✓ " } @else { "✗ " } } (sentence.with(lang, &[&one, &what, &other])) }
            p { strong { (cause(&said, lang)) } }
            @if let Some(by) = &by {
                p { (Say::SinceBy.with(lang, &[&when(Some(by), is_logged, lang), &author(by, lang)])) }
            }
            @if said.certainty != linewarden::Certainty::Stated { p.hint { (Say::Unsure.with(lang, &[&said.rests_on])) } }
            (sources(&said, lang))
            (suggestions(visit, engine, pair, asked, &said))
        }
    }
}

/// The reason, with the source that decided.
fn cause(said: &Explanation, lang: Lang) -> String {
    let kind = reason(said.reason, lang);
    match said.sources.iter().find(|source| source.decides) {
        Some(decides) if decides.level.is_empty() => source(&decides.what, lang),
        Some(decides) => format!("{}: {}", source(&decides.what, lang), source(&decides.level, lang)),
        None if said.reason == Reason::NotGranted => Say::NoSource.of(lang).to_owned(),
        None => kind.to_owned(),
    }
}

fn sources(said: &Explanation, lang: Lang) -> Markup {
    html! {
        @if !said.sources.is_empty() {
            details open[!said.allowed] {
                summary { (Say::Sources.of(lang)) }
                div.wide tabindex="0" { table {
                    thead { tr {
                        th scope="col" { (Say::System.of(lang)) }
                        th scope="col" { (Say::Source.of(lang)) }
                        th scope="col" { (Say::Says.of(lang)) }
                        th scope="col" { (Say::Gives.of(lang)) }
                    } }
                    tbody { @for one in &said.sources {
                        tr.decides[one.decides] {
                            td { (one.system.map_or("–", |system| system.name())) }
                            td { (source(&one.what, lang)) @if one.decides { " " strong { (Say::Decides.of(lang)) } } }
                            td { (source(&one.level, lang)) }
                            td { (verdict(one.gives, lang)) }
                        }
                    } }
                } }
            }
        }
    }
}

/// The changes that would make it a yes, each with its preview.
fn suggestions(visit: &Visit, engine: &Engine, pair: Pair, asked: Right, said: &Explanation) -> Markup {
    let lang = visit.lang;
    let domain = engine.domain_name_of(pair.target).unwrap_or_default();
    html! {
        @if !said.changes.is_empty() {
            h3 { (Say::WouldMakeYes.of(lang)) }
            ul.plain { @for suggestion in &said.changes {
                @let lines: Vec<String> = suggestion.edit.iter().map(ToString::to_string).collect();
                @let sentence = worded(&suggestion.change, lang);
                li.suggestion {
                    p { (sentence) }
                    @if visit.author().is_ok() {
                        form method="post" action="/page/change/preview" {
                            (hidden(visit))
                            input type="hidden" name="text" value=(format!("in {domain}\n{}", lines.join("\n")));
                            input type="hidden" name="asked" value=(asked.name());
                            button aria-label=(format!("{}: {sentence}", Say::Preview.of(lang))) { (Say::Preview.of(lang)) }
                        }
                    }
                    details { summary.hint { (Say::AsLines.of(lang)) } pre { code { (lines.join("\n")) } } }
                }
            } }
        } @else if !said.no_change.is_empty() {
            p { (Say::NoChange.of(lang)) " " span.hint lang="en" { (lang.quoted(&said.no_change)) } }
        }
    }
}
