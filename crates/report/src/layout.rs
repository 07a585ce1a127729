//! A report in words: titles, facts and tables in one language, from which text and HTML are made alike. It must hold nothing that the
//! report's data does not say.
#![forbid(unsafe_code)]

use crate::changes::change_of_line;
use crate::company::{Company, Count};
use crate::personal::{By, Origin, Personal};
use crate::rights::{self, Topic};
use crate::words::{Lang, Word};
use linewarden::{DiffGroup, Right, RightSet};

/// Names of a list that are written out.
const NAMES: usize = 40;
/// Rows of what changed.
const CHANGES: usize = 500;
/// Lines of one change set.
const LINES: usize = 6;
/// The rights of the table of groups.
const COLUMNS: [Right; 6] = [
    Right::LINE_BUSY_READ,
    Right::PRESENCE_STATUS_READ,
    Right::CALL_DETAIL_READ,
    Right::CALL_NUMBER_IN_CALL_READ,
    Right::CALL_PICKUP,
    Right::CALL_LISTEN,
];

/// A report in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The language.
    pub lang: Lang,
    /// The title.
    pub title: String,
    /// What it is of: name and value.
    pub facts: Vec<(String, String)>,
    /// What holds for all of it.
    pub notes: Vec<String>,
    /// Its parts.
    pub sections: Vec<Section>,
}

/// A part of a report: a table, or a sentence where it would be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The title.
    pub title: String,
    /// What it is about.
    pub lead: String,
    /// The heads of the columns.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// What stands there without rows.
    pub empty: String,
    /// What stands below.
    pub note: String,
}

impl Section {
    fn new(lang: Lang, title: String, lead: Word, columns: &[Word], empty: Word) -> Section {
        Section {
            title,
            lead: lead.of(lang).to_owned(),
            columns: columns.iter().map(|word| word.of(lang).to_owned()).collect(),
            rows: Vec::new(),
            empty: empty.of(lang).to_owned(),
            note: String::new(),
        }
    }
}

/// A change set's author in words.
pub fn author(by: &By, lang: Lang) -> String {
    match by.author.as_str() {
        "" => Word::Administrator.of(lang).to_owned(),
        author => author.to_owned(),
    }
}

/// When something began, in words.
pub fn since(by: Option<&By>, logged: bool, lang: Lang) -> String {
    match by {
        Some(by) => Word::SinceRevision.with(lang, &[&lang.time(by.at), &by.revision.to_string()]),
        None if logged => Word::Before.of(lang).to_owned(),
        None => Word::Unlogged.of(lang).to_owned(),
    }
}

/// Rights by name, in words.
pub fn rights(names: &[&str], lang: Lang) -> String {
    let words: Vec<String> = names.iter().map(|name| rights::right(name, lang)).collect();
    words.join("; ")
}

/// A gain or loss in a sentence.
pub fn sentence(group: &DiffGroup, lang: Lang) -> String {
    // Those of all lines as one, in the order of a report.
    let single = group.rights.iter().filter_map(|name| Right::parse(name));
    let mut names = single.fold(RightSet::EMPTY, |all, right| all | right.mask()).shortest();
    names.sort_by_key(|name| Topic::of(name));
    let word = if group.gains { Word::Gains } else { Word::Loses };
    let targets = match group.oneself {
        true => Word::Themselves.of(lang).to_owned(),
        false => lang.list(&group.targets, NAMES),
    };
    word.with(lang, &[&lang.list(&group.actors, NAMES), &targets, &rights(&names, lang)])
}

impl Origin {
    fn facts(&self, lang: Lang) -> Vec<(String, String)> {
        let mut facts = vec![
            (Word::Domain.of(lang), self.domain.clone()),
            (Word::State.of(lang), lang.time(self.made)),
            (Word::Revision.of(lang), self.revision.to_string()),
        ];
        if self.logged {
            let begins = match self.cut {
                0 => Word::LogWhole.of(lang).to_owned(),
                cut => Word::LogCut.with(lang, &[&cut.to_string()]),
            };
            facts.push((Word::LogBegins.of(lang), begins));
            facts.push((Word::Hash.of(lang), self.hash.clone()));
        }
        facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn notes(&self, lang: Lang) -> Vec<String> {
        let word = if self.logged { Word::Instant } else { Word::NoLog };
        vec![word.of(lang).to_owned()]
    }
}

impl Personal {
    /// In words.
    pub fn layout(&self, lang: Lang) -> Layout {
        let mut facts = self.origin.facts(lang);
        facts.insert(0, (Word::Person.of(lang).to_owned(), self.person.clone()));
        let mut sections: Vec<Section> = Topic::ALL.into_iter().map(|topic| self.topic(topic, lang)).collect();
        sections.push(self.own(lang));
        if let Some(above) = self.above {
            sections.push(self.changes(above, lang));
        }
        let title = Word::PersonalTitle.with(lang, &[&self.person]);
        Layout { lang, title, facts, notes: self.origin.notes(lang), sections }
    }

    fn topic(&self, topic: Topic, lang: Lang) -> Section {
        let (title, lead) = topic.words();
        let columns = [Word::Who, Word::May, Word::SinceWhen, Word::GrantedBy, Word::Rule];
        let mut section = Section::new(lang, title.of(lang).to_owned(), lead, &columns, Word::NoOne);
        for access in self.access.iter().filter(|access| access.topic == topic) {
            let rule = match access.rule.as_str() {
                "" => rights::reason(access.reason, lang).to_owned(),
                rule => rights::source(rule, lang),
            };
            section.rows.push(vec![
                lang.list(&access.actors, NAMES),
                rights(&access.rights, lang),
                since(access.since.as_ref(), self.origin.logged, lang),
                access.since.as_ref().map_or_else(|| "–".to_owned(), |by| author(by, lang)),
                rule,
            ]);
        }
        section
    }

    fn own(&self, lang: Lang) -> Section {
        let title = Word::Own.of(lang).to_owned();
        let mut section = Section::new(lang, title, Word::OwnLead, &[Word::Setting], Word::NothingSet);
        let set = [(self.vip, Word::Vip), (self.private_line, Word::PrivateLine)];
        let set = set.into_iter().filter(|(is_set, _)| *is_set);
        section.rows.extend(set.map(|(_, word)| vec![word.of(lang).to_owned()]));
        if !self.exempt.is_empty() {
            section.rows.push(vec![Word::Exempt.with(lang, &[&rights(&self.exempt, lang)])]);
        }
        section
    }

    fn changes(&self, above: u64, lang: Lang) -> Section {
        let title = Word::Changed.with(lang, &[&above.to_string()]);
        let columns = [Word::When, Word::By, Word::Who, Word::What];
        let mut section = Section::new(lang, title, Word::ChangedLead, &columns, Word::NothingChanged);
        for changed in self.changed.iter().take(CHANGES) {
            let said = [(Word::Gained, &changed.gained), (Word::Lost, &changed.lost)];
            let said = said.into_iter().filter(|(_, names)| !names.is_empty());
            let said: Vec<String> = said.map(|(word, names)| word.with(lang, &[&rights(names, lang)])).collect();
            section.rows.push(vec![
                since(Some(&changed.by), true, lang),
                author(&changed.by, lang),
                lang.list(&changed.actors, NAMES),
                said.join(" / "),
            ]);
        }
        section.note = more(self.changed.len(), lang);
        section
    }
}

impl Company {
    /// In words.
    pub fn layout(&self, lang: Lang) -> Layout {
        let mut sections = vec![
            self.agreed(lang),
            self.exemptions(lang),
            self.behaviour(lang),
            self.by_group(lang),
            self.listeners(lang),
        ];
        if let Some(above) = self.above {
            sections.push(self.changes(above, lang));
            sections.push(self.differences(above, lang));
        }
        let mut facts = self.origin.facts(lang);
        facts.push((Word::Everyone.of(lang).to_owned(), lang.number(self.users)));
        let title = Word::CompanyTitle.with(lang, &[&self.origin.domain]);
        Layout { lang, title, facts, notes: self.origin.notes(lang), sections }
    }

    fn agreed(&self, lang: Lang) -> Section {
        let title = Word::Agreement.of(lang).to_owned();
        let columns = [Word::Setting, Word::Value];
        let mut section = Section::new(lang, title, Word::AgreementLead, &columns, Word::NothingSet);
        let agreed = &self.agreed;
        let mut row = |name: String, value: String| section.rows.push(vec![name, value]);
        let runs_xphone = !agreed.agreements.is_empty() || !agreed.vips.is_empty() || !agreed.assistants.is_empty();
        if runs_xphone {
            row(Word::Vips.of(lang).into(), lang.list(&agreed.vips, NAMES));
            row(Word::Assistants.of(lang).into(), lang.list(&agreed.assistants, NAMES));
        }
        for (site, group, agreement) in &agreed.agreements {
            let name = match group.as_str() {
                "" => Word::CompanyAgreement.with(lang, &[site]),
                group => Word::CompanyAgreementGroup.with(lang, &[site, group]),
            };
            let word = if *agreement == "extend_only" { Word::ExtendOnly } else { Word::ExtendAndRestrict };
            row(name, word.of(lang).into());
        }
        for (release, count) in &agreed.releases {
            let word = match *release {
                "nothing" => Word::ReleaseNothing,
                "public" => Word::ReleasePublic,
                "everything" => Word::ReleaseAll,
                _ => Word::ReleaseTimes,
            };
            row(word.of(lang).into(), lang.number(*count));
        }
        if !agreed.releases.is_empty() {
            row(Word::PrivateLines.of(lang).into(), lang.list(&agreed.private_lines, NAMES));
        }
        let switch = |is_on: bool| if is_on { Word::Yes } else { Word::No }.of(lang).to_owned();
        let switches = [(Word::MayGrant, agreed.users_may_grant), (Word::ShowNumbers, agreed.show_numbers)];
        for (word, is_on) in switches {
            if let Some(is_on) = is_on {
                row(word.of(lang).into(), switch(is_on));
            }
        }
        row(Word::Administrators.of(lang).into(), lang.list(&agreed.administrators, NAMES));
        if let Some(begins) = &self.begins {
            row(Word::Retention.of(lang).into(), Word::RetentionSince.with(lang, &[&lang.time(begins.at)]));
        }
        section
    }

    fn exemptions(&self, lang: Lang) -> Section {
        let title = Word::ExemptTitle.of(lang).to_owned();
        let columns = [Word::Who, Word::Rights];
        let mut section = Section::new(lang, title, Word::ExemptLead, &columns, Word::NoOne);
        let row = |entry: &crate::company::Exemption| vec![entry.user.clone(), rights(&entry.rights, lang)];
        section.rows = self.exempt.iter().map(row).collect();
        section
    }

    fn behaviour(&self, lang: Lang) -> Section {
        let title = Word::Behaviour.of(lang).to_owned();
        let columns = [Word::Rights, Word::Pairs, Word::Share];
        let mut section = Section::new(lang, title, Word::BehaviourLead, &columns, Word::NothingSet);
        for counted in &self.rights {
            let Count { of, .. } = counted.count;
            let yes = (counted.count.share() * of as f64).round() as u64;
            let pairs = format!("{} / {}", lang.number(yes), lang.number(of));
            section.rows.push(vec![rights::right(counted.right, lang), pairs, percent(counted.count.share(), lang)]);
        }
        section.note = self.estimate(self.rights.iter().map(|counted| counted.count), lang);
        section
    }

    fn by_group(&self, lang: Lang) -> Section {
        let title = Word::ByGroup.of(lang).to_owned();
        let mut section = Section::new(lang, title, Word::ByGroupLead, &[Word::Group, Word::Members], Word::NothingSet);
        section.columns.extend(COLUMNS.iter().map(|right| rights::right(right.name(), lang)));
        let index = |right: &Right| self.rights.iter().position(|counted| counted.right == right.name());
        let indices: Vec<usize> = COLUMNS.iter().filter_map(index).collect();
        for group in &self.groups {
            let mut row = vec![group.name.clone(), lang.number(group.members)];
            for count in indices.iter().filter_map(|index| group.counts.get(*index)) {
                let average = count.share() * count.of as f64 / group.members.max(1) as f64;
                row.push(tenths(average, lang));
            }
            section.rows.push(row);
        }
        section.note = self.estimate(self.groups.iter().flat_map(|group| group.counts.iter().copied()), lang);
        section
    }

    fn listeners(&self, lang: Lang) -> Section {
        let title = Word::Listeners.of(lang).to_owned();
        let columns = [Word::Who, Word::May, Word::Towards];
        let mut section = Section::new(lang, title, Word::ListenersLead, &columns, Word::NoOne);
        for listener in &self.listeners {
            let people = Word::People.with(lang, &[&lang.number(listener.targets)]);
            section.rows.push(vec![listener.actor.clone(), rights(&listener.rights, lang), people]);
        }
        if self.listeners_asked < self.users {
            let counts = [self.listeners_asked, self.users].map(|count| lang.number(count));
            section.note = Word::ListenersAsked.with(lang, &[&counts[0], &counts[1]]);
        }
        section
    }

    fn changes(&self, above: u64, lang: Lang) -> Section {
        let title = Word::Changed.with(lang, &[&above.to_string()]);
        let columns = [Word::When, Word::By, Word::What];
        let mut section = Section::new(lang, title, Word::ChangedLead, &columns, Word::NothingChanged);
        for made in self.made.iter().take(CHANGES) {
            let lines = made.changes.get(..made.changes.len().min(LINES)).unwrap_or_default();
            let said: Vec<String> = lines.iter().map(|line| change_of_line(&self.origin.domain, line, lang)).collect();
            let mut said = said.join("; ");
            let more = (made.changes.len() - lines.len()) as u64 + made.more;
            if more > 0 {
                said = format!("{said} {}", Word::AndMore.with(lang, &[&lang.number(more)]));
            }
            section.rows.push(vec![since(Some(&made.by), true, lang), author(&made.by, lang), said]);
        }
        section.note = more(self.made.len(), lang);
        section
    }

    fn differences(&self, above: u64, lang: Lang) -> Section {
        let title = Word::Gone.with(lang, &[&above.to_string()]);
        let mut section = Section::new(lang, title, Word::BehaviourLead, &[Word::What], Word::NothingChanged);
        section.lead.clear();
        let groups = &self.gained_and_lost.groups;
        section.rows = groups.iter().take(CHANGES).map(|group| vec![sentence(group, lang)]).collect();
        section.note = more(groups.len(), lang);
        section
    }

    fn estimate(&self, mut counts: impl Iterator<Item = Count>, lang: Lang) -> String {
        let said = Word::Estimated.of(lang);
        if counts.any(|count| count.is_estimate()) { said.to_owned() } else { String::new() }
    }
}

/// The note that more rows exist than are shown.
fn more(count: usize, lang: Lang) -> String {
    match count.saturating_sub(CHANGES) {
        0 => String::new(),
        more => Word::MoreChanges.with(lang, &[&lang.number(more as u64)]),
    }
}

fn percent(share: f64, lang: Lang) -> String {
    format!("{} %", tenths(share * 100.0, lang))
}

fn tenths(number: f64, lang: Lang) -> String {
    let text = format!("{number:.1}");
    if lang == Lang::De { text.replace('.', ",") } else { text }
}
