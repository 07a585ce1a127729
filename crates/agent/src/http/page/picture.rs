//! The company as a picture: which part of each group has a right towards each other group, and the same before and after a change. It is drawn
//! on the server as SVG; a cell leads to its people. Where more than half of a group reaches another one, the cell has a border.
//! A count of a sample must be marked as an estimate.
#![forbid(unsafe_code)]

use super::super::problem::{Problem, Refusable};
use super::form::{Form, link};
use super::search::{query, rights};
use super::shell::answer;
use super::visit::Visit;
use super::words::Say;
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::{Engine, Party, Right};
use linewarden_report::{Lang, Picture, Word, groups, picture, right};
use maud::{Markup, html};

/// The most groups of a picture: more are not legible.
const GROUPS: usize = 24;
/// Pairs that are asked for one picture.
const PAIRS: usize = 150_000;
/// Pairs that are listed behind a cell.
const LISTED: usize = 100;
/// The most letters of a name that are drawn.
const LETTERS: usize = 17;

/// The measures of a drawing, by how many groups it has and how long their names are.
#[derive(Clone, Copy)]
struct Measures {
    /// A cell's side.
    side: usize,
    /// Left of the cells.
    left: usize,
    /// Above the cells.
    top: usize,
}

impl Measures {
    fn of(names: &[String]) -> Measures {
        let letters = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let side = match names.len() {
            0..=6 => 56,
            7..=12 => 42,
            _ => 34,
        };
        Measures { side, left: letters * 8 + 64, top: letters * 7 + 24 }
    }
}

/// The picture.
pub async fn show(visit: Visit, raw: RawQuery) -> Response {
    let content = visit.heavy(move |visit, engine| {
        visit.needs_all()?;
        drawn(visit, engine, &query(&raw)?)
    });
    let content = content.await;
    answer(&visit, "/page/picture", Say::Picture.of(visit.lang), content)
}

fn asked(form: &Form) -> Refusable<Right> {
    match form.get("right")? {
        "" => Ok(Right::LINE_BUSY_READ),
        name => Right::parse(name).ok_or_else(|| Problem::not_understood("that right is not known")),
    }
}

fn drawn(visit: &Visit, engine: &Engine, form: &Form) -> Refusable<Markup> {
    let lang = visit.lang;
    let (domain, _) = visit.domain()?;
    let (wanted, kind) = (asked(form)?, form.get("kind")?);
    let all = engine.groups(domain);
    let mut kinds: Vec<&str> = all.iter().map(|group| group.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let chosen = groups(engine, domain, &all, (!kind.is_empty()).then_some(kind), GROUPS);
    let drawing = picture(engine, &chosen, wanted, PAIRS);
    let cell = form.get("cell")?;
    let people = match cell.split_once('-').map(|(row, column)| (row.parse::<usize>(), column.parse::<usize>())) {
        Some((Ok(row), Ok(column))) => Some((row, column)),
        _ => None,
    };
    let to = |row: usize, column: usize| {
        link("/page/picture", &[("right", wanted.name()), ("kind", kind), ("cell", &format!("{row}-{column}"))])
            + "#people"
    };
    Ok(html! {
        p { (Say::PictureLead.of(lang)) }
        form.row method="get" action="/page/picture" {
            label for="right" { (Say::Right.of(lang)) }
            (rights("right", "right", wanted.name(), lang))
            label for="kind" { (Word::Group.of(lang)) }
            select #kind name="kind" {
                option value="" { (Say::Widest.of(lang)) }
                @for one in &kinds { option value=(one) selected[*one == kind] { (group_kind(one, lang)) } }
            }
            button.main { (Say::Show.of(lang)) }
        }
        @if chosen.is_empty() {
            p role="status" { (Say::NoGroups.of(lang)) }
        } @else {
            figure.wide tabindex="0" {
                (svg(&drawing, lang, Some(&to)))
                figcaption { (Say::Caption.with(lang, &[&right(wanted.name(), lang)])) }
            }
            (legend(lang))
            @if let Some((row, column)) = people { (people_of(engine, &chosen, wanted, (row, column), lang)) }
            (table(&drawing, lang))
        }
    })
}

/// What a kind of groups is called.
fn group_kind(kind: &str, lang: Lang) -> &str {
    match kind {
        "site" => Say::Sites.of(lang),
        "workgroup" => Say::Workgroups.of(lang),
        "observers" => Say::Observers.of(lang),
        "observed" => Say::Observed.of(lang),
        "authorization group" => Say::AuthorizationGroups.of(lang),
        "permission" => Say::Permissions.of(lang),
        "group" => Say::Groups.of(lang),
        other => other,
    }
}

/// The pairs behind a cell.
fn people_of(
    engine: &Engine,
    groups: &[(String, String, Vec<Party>)],
    wanted: Right,
    (row, column): (usize, usize),
    lang: Lang,
) -> Markup {
    let empty = Vec::new();
    let of = |index: usize| groups.get(index).map_or(&empty, |(_, _, members)| members);
    let pairs = of(row).iter().flat_map(|actor| of(column).iter().map(move |target| (*actor, *target)));
    // Of a big company the first that have it: who are asked is limited, too.
    let pairs = pairs.filter(|(actor, target)| actor != target).take(PAIRS);
    let found: Vec<(Party, Party)> =
        pairs.filter(|(actor, target)| engine.evaluate(*actor, *target).has(wanted)).take(LISTED).collect();
    html! {
        section.card #people {
            h2 { (right(wanted.name(), lang)) ": " (name(groups.get(row), lang)) " → " (name(groups.get(column), lang)) }
            @if found.is_empty() { p { (Word::NoOne.of(lang)) } }
            ul.columns { @for (actor, target) in &found {
                @let [one, other] = [*actor, *target].map(|party| engine.text(party));
                li { a href=(link("/page/pair", &[("actor", &one), ("target", &other), ("right", wanted.name())])) { (one) " → " (other) } }
            } }
            @if found.len() == LISTED { p.hint { (Say::FirstOf.with(lang, &[&LISTED.to_string()])) } }
        }
    }
}

fn name(group: Option<&(String, String, Vec<Party>)>, lang: Lang) -> String {
    match group {
        Some((_, name, _)) if !name.is_empty() => name.clone(),
        _ => Say::Rest.of(lang).to_owned(),
    }
}

/// The drawing. `to` is where a cell leads.
fn svg(drawing: &Picture, lang: Lang, to: Option<&dyn Fn(usize, usize) -> String>) -> Markup {
    let named = |name: &String| if name.is_empty() { Say::Rest.of(lang).to_owned() } else { shortened(name) };
    let names: Vec<String> = drawing.groups.iter().map(|(_, name, _)| named(name)).collect();
    let measures = Measures::of(&names);
    let Measures { side, left, top } = measures;
    let (width, height) = (left + names.len() * side + top / 2 + 24, top + names.len() * side + 8);
    let title = Say::Caption.with(lang, &[&right(&drawing.right, lang)]);
    html! {
        svg.heat role=(if to.is_some() { "group" } else { "img" }) aria-label=(title) viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height) {
            @for (index, (name, (_, _, members))) in names.iter().zip(&drawing.groups).enumerate() {
                @let (across, down) = (left + index * side + side / 2, top + index * side + side / 2);
                text x=(left - 10) y=(down + 4) text-anchor="end" { (name) " " tspan.faint { (members) } }
                text x=(across) y=(top - 8) transform=(format!("rotate(-55 {across} {})", top - 8)) { (name) }
            }
            @for cell in &drawing.cells {
                @let share = cell.count.share();
                @let said = said(drawing, cell.actors, cell.targets, share, lang);
                @match to {
                    Some(to) => a href=(to(cell.actors, cell.targets)) aria-label=(said) { (square(measures, cell.actors, cell.targets, share, &said)) },
                    None => (square(measures, cell.actors, cell.targets, share, &said)),
                }
            }
        }
    }
}

fn square(Measures { side, left, top }: Measures, row: usize, column: usize, share: f64, said: &str) -> Markup {
    let (x, y) = (left + column * side, top + row * side);
    // Ten steps, which the style sheet colours in light and dark.
    let step = if share <= 0.0 { 0 } else { ((share * 9.0).ceil() as usize).clamp(1, 9) };
    let broad = if row != column && share > 0.5 { " broad" } else { "" };
    html! {
        rect class=(format!("s{step}{broad}")) x=(x + 2) y=(y + 2) width=(side - 4) height=(side - 4) rx="4" { title { (said) } }
        @if share > 0.0 {
            text class=(format!("n{step}")) x=(x + side / 2) y=(y + side / 2 + 4) text-anchor="middle" { (format!("{:.0}", (share * 100.0).max(1.0))) }
        }
    }
}

fn said(drawing: &Picture, row: usize, column: usize, share: f64, lang: Lang) -> String {
    let name = |index: usize| match drawing.groups.get(index) {
        Some((_, name, _)) if !name.is_empty() => name.clone(),
        _ => Say::Rest.of(lang).to_owned(),
    };
    format!("{} → {}: {:.0} %", name(row), name(column), share * 100.0)
}

fn shortened(name: &str) -> String {
    match name.chars().count() > LETTERS {
        true => format!("{}…", name.chars().take(LETTERS - 1).collect::<String>()),
        false => name.to_owned(),
    }
}

fn legend(lang: Lang) -> Markup {
    html! {
        p.legend {
            span { "0 %" }
            svg.heat width="220" height="18" viewBox="0 0 220 18" aria-hidden="true" {
                @for step in 0..10 { rect class=(format!("s{step}")) x=(step * 22) y="0" width="20" height="18" rx="3" {} }
            }
            span { "100 %" }
            span.hint { (Say::BroadHint.of(lang)) }
        }
    }
}

/// The same as a table, for readers who do not see the picture.
fn table(drawing: &Picture, lang: Lang) -> Markup {
    let named = |name: &str| if name.is_empty() { Say::Rest.of(lang).to_owned() } else { name.to_owned() };
    let is_estimate = drawing.cells.iter().any(|cell| cell.count.is_estimate());
    html! {
        @if is_estimate { p.hint { (Word::Estimated.of(lang)) } }
        details {
            summary { (Say::AsTable.of(lang)) }
            div.wide tabindex="0" { table {
                thead { tr { th scope="col" { (Word::Group.of(lang)) } @for (_, name, _) in &drawing.groups { th scope="col" { (named(name)) } } } }
                tbody { @for (row, (_, name, _)) in drawing.groups.iter().enumerate() {
                    tr {
                        th scope="row" { (named(name)) }
                        @for cell in drawing.cells.iter().filter(|cell| cell.actors == row) { td { (format!("{:.0} %", cell.count.share() * 100.0)) } }
                    }
                } }
            } }
        }
    }
}

/// The picture of a right before and after changes.
///
/// # Errors
/// As for [`Visit::domain`].
pub fn before_and_after(visit: &Visit, before: &Engine, after: &Engine, wanted: &str) -> Refusable<Markup> {
    let lang = visit.lang;
    let Some(wanted) = Right::parse(wanted) else { return Ok(html! {}) };
    let (domain, _) = visit.domain()?;
    // The same groups on both sides, as they are after the change: numbers of parties are the same there.
    let chosen = groups(after, domain, &after.groups(domain), None, GROUPS / 2);
    let drawings = [before, after].map(|engine| picture(engine, &chosen, wanted, PAIRS / 2));
    Ok(html! {
        @if chosen.len() > 1 {
            section {
                h2 { (Say::BeforeAndAfter.with(lang, &[&right(wanted.name(), lang)])) }
                div.pictures { @for (drawing, title) in drawings.iter().zip([Say::Before, Say::After]) {
                    figure.wide tabindex="0" { figcaption { (title.of(lang)) } (svg(drawing, lang, None)) }
                } }
            }
        }
    })
}
