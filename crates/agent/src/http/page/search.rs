//! People: found by a part of their name, and of one person whom they may reach and who may reach them, with the rule and since when. A user
//! finds those towards whom the user has a right, and opens no page but the own one.
#![forbid(unsafe_code)]

use super::super::config::Role;
use super::super::problem::{Problem, Refusable};
use super::form::{Form, link};
use super::shell::{answer, pager, titled};
use super::visit::Visit;
use super::words::Say;
use axum::extract::RawQuery;
use axum::response::Response;
use linewarden::{Engine, Kind, Party, Right, Since, Trail};
use linewarden_report::{By, Lang, Topic, Word, author, reason, right, since, source};
use maud::{Markup, html};

/// Rows of one page.
pub const EACH: usize = 50;

/// The fields of an address.
///
/// # Errors
/// As for [`Form::parse`].
pub fn query(RawQuery(query): &RawQuery) -> Refusable<Form> {
    Form::parse(query.as_deref().unwrap_or_default().as_bytes())
}

/// The search.
pub async fn show(visit: Visit, raw: RawQuery) -> Response {
    let found = visit.heavy(move |visit, engine| found(visit, engine, &query(&raw)?)).await;
    answer(&visit, "/page/", Say::Search.of(visit.lang), found)
}

fn found(visit: &Visit, engine: &Engine, form: &Form) -> Refusable<Markup> {
    visit.caller.needs(Role::Reasons)?;
    let lang = visit.lang;
    let (wanted, from) = (form.get("q")?, form.number("from", 0)? as usize);
    let (domain, name) = visit.domain()?;
    let me = visit.caller.user(engine)?;
    let mut parties = Vec::new();
    if !wanted.is_empty() || me.is_none() {
        let lower = wanted.to_lowercase();
        // An extension is found, too.
        let exact =
            engine.find(Some(&name), wanted).filter(|party| engine.kind(*party).is_some_and(|(of, _)| of == domain));
        let people = visit.pages.people(engine, domain);
        let found: Vec<Party> = if lower.is_empty() { people.all().to_vec() } else { people.with(&lower).collect() };
        parties.extend(exact.filter(|_| !wanted.is_empty()));
        parties.extend(found.into_iter().filter(|party| Some(*party) != exact));
        if let Some(me) = me {
            parties.retain(|party| *party == me || !engine.evaluate(me, *party).is_empty());
        }
    }
    let count = parties.len();
    let shown: Vec<Party> = parties.into_iter().skip(from).take(EACH).collect();
    let to = |from: usize| link("/page/", &[("q", wanted), ("from", &from.to_string())]);
    Ok(html! {
        form.row role="search" method="get" action="/page/" {
            label for="q" { (Say::SearchFor.of(lang)) }
            input #q name="q" type="search" value=(wanted) autofocus[wanted.is_empty()];
            button.main { (Say::Find.of(lang)) }
        }
        @if let Some(me) = me {
            p { a.button href=(link("/page/person", &[("party", &engine.text(me))])) { (Say::MyPage.of(lang)) } }
        }
        @if shown.is_empty() {
            @if !wanted.is_empty() { p role="status" { (Say::NothingFound.with(lang, &[wanted])) } }
        } @else {
            div.wide tabindex="0" { table {
                caption.sr { (Say::People.of(lang)) }
                thead { tr {
                    th scope="col" { (Say::Name.of(lang)) }
                    th scope="col" { (Say::Kind.of(lang)) }
                    @if let Some(me) = me { th scope="col" { (Say::Towards.with(lang, &[&engine.text(me)])) } }
                } }
                tbody { @for party in &shown {
                    @let text = engine.text(*party);
                    tr {
                        td {
                            @match me {
                                None => a href=(link("/page/person", &[("party", &text)])) { (text) },
                                Some(me) => a href=(link("/page/pair", &[("actor", &engine.text(me)), ("target", &text)])) { (text) },
                            }
                        }
                        td { (kind(engine, *party, lang)) }
                        @if let Some(me) = me {
                            td { a href=(link("/page/pair", &[("actor", &text), ("target", &engine.text(me))])) { (Say::AllRights.of(lang)) } }
                        }
                    }
                } }
            } }
            (pager(lang, from, shown.len(), count, to, EACH))
        }
    })
}

/// What a party is, in words.
fn kind(engine: &Engine, party: Party, lang: Lang) -> &'static str {
    match engine.kind(party) {
        Some((_, Kind::User)) => Say::User.of(lang),
        Some((_, Kind::Contact)) => Say::Contact.of(lang),
        Some((_, Kind::Team)) => Say::Team.of(lang),
        Some((_, Kind::Location)) => Say::Location.of(lang),
        Some((_, Kind::Device)) => Say::Device.of(lang),
        None => "",
    }
}

/// One person.
pub async fn person(visit: Visit, raw: RawQuery) -> Response {
    let service = visit.service.clone();
    let found = visit.heavy(move |visit, engine| {
        let form = query(&raw)?;
        visit.caller.needs(Role::Reasons)?;
        let [party] = visit.parties([form.get("party")?])?;
        let title = engine.text(party);
        visit.pages.trails.with(&service, |trail| Ok((title, both(visit, engine, trail, party, &form)?)))
    });
    let found = found.await;
    titled(&visit, "/page/", found)
}

/// Both directions of one right.
fn both(visit: &Visit, engine: &Engine, trail: Option<&Trail>, party: Party, form: &Form) -> Refusable<Markup> {
    let lang = visit.lang;
    let name = match form.get("right")? {
        "" => Right::LINE_BUSY_READ.name(),
        name => name,
    };
    let wanted = Right::parse(name).ok_or_else(|| Problem::not_understood("that right is not known"))?;
    let text = engine.text(party);
    let [from, other] = ["from", "other"].map(|field| form.number(field, 0));
    let (from, other) = (from? as usize, other? as usize);
    let to = |from: usize, other: usize| {
        let (from, other) = (from.to_string(), other.to_string());
        link("/page/person", &[("party", &text), ("right", name), ("from", &from), ("other", &other)])
    };
    let people = visit.pages.people(engine, visit.domain()?.0);
    let list = |is_target| List { right: wanted, party, is_target };
    let (who, who_count) = list(true).shown(engine, people.all(), from);
    let (whom, whom_count) = list(false).shown(engine, people.all(), other);
    // One pass over the log for both.
    let pairs = [who.as_slice(), whom.as_slice()].concat();
    let mut since = trail.map_or_else(Vec::new, |trail| trail.since_each(&pairs, wanted));
    let since_whom = since.split_off(who.len().min(since.len()));
    let who = Rows::of(who, since, who_count, trail.is_some());
    let whom = Rows::of(whom, since_whom, whom_count, trail.is_some());
    let said = right(name, lang);
    Ok(html! {
        p.links {
            a href=(link("/page/report", &[("for", &text)])) { (Say::ReportFor.of(lang)) }
            a href=(link("/page/change", &[("party", &text)])) { (Say::Change.of(lang)) }
        }
        form.row method="get" action="/page/person" {
            input type="hidden" name="party" value=(text);
            label for="right" { (Say::Right.of(lang)) }
            (rights("right", "right", name, lang))
            button { (Say::Show.of(lang)) }
        }
        form.row method="get" action="/page/pair" {
            input type="hidden" name="target" value=(text);
            label for="actor" { (Say::WhyAsk.with(lang, &[&text])) }
            input #actor name="actor" required;
            button { (Say::AllRights.of(lang)) }
        }
        section {
            h2 { (Say::WhoMay.with(lang, &[&text, &said])) }
            (rows(engine, &who, wanted, visit, true))
            (pager(lang, from, who.rows.len(), who.count, |from| to(from, other), EACH))
        }
        section {
            h2 { (Say::WhomMay.with(lang, &[&text, &said])) }
            (rows(engine, &whom, wanted, visit, false))
            (pager(lang, other, whom.rows.len(), whom.count, |other| to(from, other), EACH))
        }
    })
}

/// Those who have a right towards a party, or towards whom it has it.
struct List {
    right: Right,
    party: Party,
    is_target: bool,
}

/// A page of a list.
struct Rows {
    rows: Vec<Row>,
    count: usize,
    is_logged: bool,
}

struct Row {
    actor: Party,
    target: Party,
    since: Option<By>,
}

impl List {
    /// The pairs of a page, and how many there are. `people` are all that may be in it, sorted.
    fn shown(&self, engine: &Engine, people: &[Party], from: usize) -> (Vec<(Party, Party)>, usize) {
        let mut may = vec![false; people.len()];
        match self.is_target {
            true => engine.may_each_actor(people, self.right, self.party, &mut may),
            false => engine.may_each_target(self.party, self.right, people, &mut may),
        };
        let all = people.iter().zip(may).filter(|(other, may)| *may && **other != self.party);
        let others: Vec<Party> = all.map(|(other, _)| *other).collect();
        let pair = |other: &Party| if self.is_target { (*other, self.party) } else { (self.party, *other) };
        (others.iter().skip(from).take(EACH).map(pair).collect(), others.len())
    }
}

impl Rows {
    fn of(pairs: Vec<(Party, Party)>, since: Vec<Option<Since>>, count: usize, is_logged: bool) -> Rows {
        let since = since.into_iter().chain(std::iter::repeat(None));
        let row =
            |((actor, target), since): (_, Option<Since>)| Row { actor, target, since: since.as_ref().map(By::from) };
        Rows { rows: pairs.into_iter().zip(since).map(row).collect(), count, is_logged }
    }
}

fn rows(engine: &Engine, list: &Rows, wanted: Right, visit: &Visit, is_target: bool) -> Markup {
    let lang = visit.lang;
    html! {
        @if list.rows.is_empty() {
            p { (Word::NoOne.of(lang)) }
        } @else {
            div.wide tabindex="0" { table {
                thead { tr {
                    th scope="col" { (Say::Name.of(lang)) }
                    th scope="col" { (Word::Rule.of(lang)) }
                    th scope="col" { (Word::SinceWhen.of(lang)) }
                    th scope="col" { (Word::GrantedBy.of(lang)) }
                } }
                tbody { @for row in &list.rows {
                    @let [actor, target] = [row.actor, row.target].map(|party| engine.text(party));
                    @let other = if is_target { &actor } else { &target };
                    tr {
                        td { a href=(link("/page/pair", &[("actor", &actor), ("target", &target), ("right", wanted.name())])) { (other) } }
                        td { (deciding(engine, (row.actor, row.target), wanted, lang)) }
                        td { (when(row.since.as_ref(), list.is_logged, lang)) }
                        td { @if let Some(by) = &row.since { (author(by, lang)) } @else { "–" } }
                    }
                } }
            } }
        }
    }
}

/// Since when an answer holds; the log may not have been read yet.
pub fn when(by: Option<&By>, is_logged: bool, lang: Lang) -> String {
    if is_logged { since(by, true, lang) } else { Say::Reading.of(lang).to_owned() }
}

/// The rule that decides about a right of a pair, in words.
pub fn deciding(engine: &Engine, (actor, target): (Party, Party), wanted: Right, lang: Lang) -> String {
    let (why, decides) = engine.deciding_source(actor, wanted, target);
    match decides.map(|decides| (source(&decides.what, lang), source(&decides.level, lang))) {
        Some((what, level)) if level.is_empty() => what,
        Some((what, level)) => format!("{what}: {level}"),
        None => reason(why, lang).to_owned(),
    }
}

/// A list of all rights to choose from.
pub fn rights(id: &str, field: &str, chosen: &str, lang: Lang) -> Markup {
    let mut names: Vec<&str> = Right::names().collect();
    // A right of one line stands behind the bare name.
    names.sort_by_key(|name| Right::parse(name).map_or(0, |right| u32::from(!is_bare(right))));
    html! {
        select id=(id) name=(field) {
            @for topic in Topic::ALL {
                optgroup label=(topic.words().0.of(lang)) {
                    @for name in names.iter().filter(|name| Topic::of(name) == topic) {
                        option value=(name) selected[*name == chosen] { (right(name, lang)) }
                    }
                }
            }
        }
    }
}

fn is_bare(right: Right) -> bool {
    ![".first", ".second", ".additional"].iter().any(|end| right.name().ends_with(end))
}
