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
use linewarden_report::{Count, Lang, Picture, Word, groups, picture, right};
use maud::{Markup, html};

/// The most groups of a picture: more are not legible.
const GROUPS: usize = 24;
/// Pairs that are asked for one picture.
const PAIRS: usize = 150_000;
/// Pairs that are listed behind a cell.
const LISTED: usize = 100;
/// Rights that are drawn before and after a change.
const PICTURES: usize = 4;
/// Groups that are named as having a right in another part than before.
const MOVES: usize = 30;
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
                (svg(&drawing, None, lang, Some(&to)))
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

/// The drawing. `both` is what it is compared with: before and after. `to` is where a cell leads.
fn svg(
    drawing: &Picture,
    both: Option<&[Picture; 2]>,
    lang: Lang,
    to: Option<&dyn Fn(usize, usize) -> String>,
) -> Markup {
    let names: Vec<String> = (0..drawing.groups.len()).map(|index| shortened(&named(drawing, index, lang))).collect();
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
                @let is_moved = both.is_some_and(|both| moved(both, cell.actors, cell.targets).is_some());
                @let square = square(measures, (cell.actors, cell.targets), share, is_moved, &said);
                @match to {
                    Some(to) => a href=(to(cell.actors, cell.targets)) aria-label=(said) { (square) },
                    None => (square),
                }
            }
        }
    }
}

fn square(
    Measures { side, left, top }: Measures,
    (row, column): (usize, usize),
    share: f64,
    is_moved: bool,
    said: &str,
) -> Markup {
    let (x, y) = (left + column * side, top + row * side);
    // Ten steps, which the style sheet colours in light and dark.
    let step = if share <= 0.0 { 0 } else { ((share * 9.0).ceil() as usize).clamp(1, 9) };
    let broad = match (is_moved, row != column && share > 0.5) {
        (true, _) => " moved",
        (false, true) => " broad",
        (false, false) => "",
    };
    html! {
        rect class=(format!("s{step}{broad}")) x=(x + 2) y=(y + 2) width=(side - 4) height=(side - 4) rx="4" { title { (said) } }
        @if share > 0.0 {
            text class=(format!("n{step}")) x=(x + side / 2) y=(y + side / 2 + 4) text-anchor="middle" { (whole(share)) }
        }
    }
}

fn said(drawing: &Picture, row: usize, column: usize, share: f64, lang: Lang) -> String {
    format!("{} → {}: {} %", named(drawing, row, lang), named(drawing, column, lang), whole(share))
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
    let is_estimate = drawing.cells.iter().any(|cell| cell.count.is_estimate());
    html! {
        @if is_estimate { p.hint { (Word::Estimated.of(lang)) } }
        details {
            summary { (Say::AsTable.of(lang)) }
            div.wide tabindex="0" { table {
                thead { tr { th scope="col" { (Word::Group.of(lang)) } @for column in 0..drawing.groups.len() { th scope="col" { (named(drawing, column, lang)) } } } }
                tbody { @for row in 0..drawing.groups.len() {
                    tr {
                        th scope="row" { (named(drawing, row, lang)) }
                        @for cell in drawing.cells.iter().filter(|cell| cell.actors == row) { td { (percent(cell.count.share(), lang)) " %" } }
                    }
                } }
            } }
        }
    }
}

/// The pictures of these rights before and after changes, the first one open: which groups have them in another part than before is marked, and
/// said in words.
///
/// # Errors
/// As for [`Visit::domain`].
pub fn before_and_after(visit: &Visit, before: &Engine, after: &Engine, rights: &[Right]) -> Refusable<Markup> {
    let lang = visit.lang;
    let (domain, _) = visit.domain()?;
    // The same groups on both sides, as they are after the change: numbers of parties are the same there.
    let chosen = groups(after, domain, &after.groups(domain), None, GROUPS / 2);
    if chosen.len() < 2 {
        return Ok(html! {});
    }
    let pairs = PAIRS / (2 * rights.len().clamp(1, PICTURES));
    let pictures = rights.iter().take(PICTURES).map(|wanted| {
        let drawings = [before, after].map(|engine| picture(engine, &chosen, *wanted, pairs));
        let title = Say::BeforeAndAfter.with(lang, &[&right(wanted.name(), lang)]);
        (title, drawings)
    });
    Ok(html! {
        @for (index, (title, drawings)) in pictures.enumerate() {
            details.before-after open[index == 0] {
                summary { h2 { (title) } }
                (moves(&drawings, lang))
                div.pictures { @for (drawing, title) in drawings.iter().zip([Say::Before, Say::After]) {
                    figure.wide tabindex="0" { figcaption { (title.of(lang)) } (svg(drawing, Some(&drawings), lang, None)) }
                } }
            }
        }
        @let more: Vec<String> = rights.iter().skip(PICTURES).map(|wanted| right(wanted.name(), lang)).collect();
        @if !more.is_empty() { p.hint { (Say::AlsoConcerned.with(lang, &[&more.join("; ")])) } }
    })
}

/// The counts of a cell before and after, where they differ.
fn moved(both: &[Picture; 2], row: usize, column: usize) -> Option<[Count; 2]> {
    let count = |drawing: &Picture| {
        let found = drawing.cells.iter().find(|cell| (cell.actors, cell.targets) == (row, column));
        found.map_or_else(Count::default, |cell| cell.count)
    };
    let [before, after] = both.each_ref().map(count);
    (before.yes != after.yes).then_some([before, after])
}

/// What differs between the two, in words: in pairs, for one of many is no percent.
fn moves(drawings: &[Picture; 2], lang: Lang) -> Markup {
    let [before, _] = drawings;
    let is_estimate = drawings.iter().any(|drawing| drawing.cells.iter().any(|cell| cell.count.is_estimate()));
    let cells = before.cells.iter().filter_map(|cell| {
        let [old, new] = moved(drawings, cell.actors, cell.targets)?;
        let [yes, asked, now] = [old.yes, old.asked, new.yes].map(|count| lang.number(count));
        let [actors, targets] = [cell.actors, cell.targets].map(|index| named(before, index, lang));
        Some(Say::Moves.with(lang, &[&actors, &targets, &yes, &asked, &now]))
    });
    let all: Vec<String> = cells.collect();
    html! {
        @if all.is_empty() { p.hint { (Say::NoMoves.of(lang)) } }
        @if is_estimate { p.hint { (Word::Estimated.of(lang)) } }
        ul { @for one in all.iter().take(MOVES) { li { (one) } } }
        @if all.len() > MOVES { p.hint { (Say::FirstOf.with(lang, &[&MOVES.to_string()])) } }
    }
}

/// A share in whole percent, as a cell shows it and as it is read aloud: one pair of many is not 0.
fn whole(share: f64) -> String {
    let percent = share * 100.0;
    format!("{:.0}", if share > 0.0 { percent.max(1.0) } else { percent })
}

/// A share in percent; one that is small or nearly whole with a decimal, so that one pair of many is seen.
fn percent(share: f64, lang: Lang) -> String {
    let text = match share {
        share if share <= 0.0 || share >= 1.0 => format!("{:.0}", share * 100.0),
        _ => format!("{:.1}", share * 100.0),
    };
    if lang == Lang::De { text.replace('.', ",") } else { text }
}

/// The name of a group of a picture.
fn named(drawing: &Picture, index: usize, lang: Lang) -> String {
    match drawing.groups.get(index) {
        Some((_, name, _)) if !name.is_empty() => name.clone(),
        _ => Say::Rest.of(lang).to_owned(),
    }
}
