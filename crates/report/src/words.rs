//! The catalogue: every phrase of reports and of the page in English and German, side by side. Nothing else in this crate may hold
//! words for people, but for the names of rights and reasons in `rights.rs`.
#![forbid(unsafe_code)]

/// The language of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Lang {
    /// Both.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::De];

    /// As HTML names it.
    pub fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::De => "de",
        }
    }

    /// The language of that code.
    pub fn of(code: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// One of the two columns.
    pub fn pick<'t>(self, english: &'t str, german: &'t str) -> &'t str {
        match self {
            Lang::En => english,
            Lang::De => german,
        }
    }

    /// What a table of words, in English and in German, says for one; the word itself where it has none.
    pub(crate) fn said<'a>(self, table: &[(&str, &'static str, &'static str)], word: &'a str) -> &'a str {
        let found = table.iter().find(|(known, ..)| *known == word);
        found.map_or(word, |(_, english, german)| self.pick(english, german))
    }

    /// A name in quotes.
    pub fn quote(self, name: &str) -> String {
        format!("{}{name}{}", self.pick("“", "„"), self.pick("”", "“"))
    }

    /// Names that stand in backticks, as the engine's messages have them, in the quotes of the language.
    pub fn quoted(self, text: &str) -> String {
        let parts = text.split('`').enumerate();
        let (odd, last) = (text.matches('`').count() % 2 == 1, text.matches('`').count());
        let parts = parts.map(|(index, part)| match index % 2 {
            // A backtick without another one stays.
            1 if odd && index == last => format!("`{part}"),
            1 => self.quote(part),
            _ => part.to_owned(),
        });
        parts.collect()
    }

    /// A list in a sentence, at most `most` of it.
    pub fn list(self, names: &[String], most: usize) -> String {
        let more = names.len().saturating_sub(most);
        let shown = names.get(..most).unwrap_or(names);
        if more > 0 {
            return format!("{} {}", shown.join(", "), Word::AndMore.with(self, &[&more.to_string()]));
        }
        match shown {
            [] => Word::NoOne.of(self).to_owned(),
            [only] => only.clone(),
            [all @ .., last] => format!("{} {} {last}", all.join(", "), Word::And.of(self)),
        }
    }

    /// A number with its thousands apart.
    pub fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push_str(self.pick(",", "."));
            }
            text.push(digit);
        }
        text
    }

    /// Milliseconds since 1970 as people write a day and a time, in UTC.
    pub fn time(self, at: i64) -> String {
        let text = linewarden::instant_text(at.div_euclid(1000));
        let parts: Option<[&str; 4]> =
            (|| Some([text.get(..4)?, text.get(5..7)?, text.get(8..10)?, text.get(11..16)?]))();
        match (parts, self) {
            (Some([year, month, day, time]), Lang::En) => format!("{year}-{month}-{day} {time} UTC"),
            (Some([year, month, day, time]), Lang::De) => format!("{day}.{month}.{year} {time} UTC"),
            (None, _) => text,
        }
    }
}

/// Makes a catalogue: an enum whose values are phrases with an English and a German column.
#[macro_export]
macro_rules! catalogue {
    ($(#[$about:meta])* $name:ident { $($word:ident: $english:literal | $german:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the two columns are their documentation")]
        pub enum $name { $($word,)* }

        impl $name {
            /// All phrases.
            pub const ALL: &[$name] = &[$($name::$word,)*];

            /// The phrase.
            pub fn of(self, lang: $crate::Lang) -> &'static str {
                let (english, german) = match self { $($name::$word => ($english, $german),)* };
                lang.pick(english, german)
            }

            /// The phrase with these texts for its `{}`.
            pub fn with(self, lang: $crate::Lang, texts: &[&str]) -> String {
                $crate::filled(self.of(lang), texts)
            }
        }
    };
}

/// A phrase with texts for its `{}`, in order; for `{1}` the second one, where the order is another.
pub fn filled(phrase: &str, texts: &[&str]) -> String {
    let mut parts = phrase.split('{');
    let mut said = parts.next().unwrap_or_default().to_owned();
    for (index, part) in parts.enumerate() {
        let (place, after) = part.split_once('}').unwrap_or_default();
        said.push_str(texts.get(place.parse().unwrap_or(index)).copied().unwrap_or_default());
        said.push_str(after);
    }
    said
}

catalogue! {
    /// A phrase of reports; `{}` is where a name or number stands.
    Word {
    And: "and" | "und",
    AndMore: "and {} more" | "und {} weitere",
    NoOne: "no one" | "niemand",
    Administrator: "the administrator" | "die Administration",
    Before: "before the log begins" | "vor Beginn des Protokolls",
    SinceRevision: "{}, revision {}" | "{}, Revision {}",
    Unlogged: "a document, no log" | "Dokument, kein Protokoll",
    Yes: "yes" | "ja",
    No: "no" | "nein",

    PersonalTitle: "Who may see and do what towards {}" | "Wer darf was gegenüber {}",
    CompanyTitle: "Report for the works council: {}" | "Bericht für den Betriebsrat: {}",
    Domain: "Company" | "Unternehmen",
    Person: "Person" | "Person",
    State: "State of" | "Stand",
    Revision: "Revision" | "Revision",
    Hash: "Checksum of the log" | "Prüfsumme des Protokolls",
    LogBegins: "The log begins" | "Das Protokoll beginnt",
    LogWhole: "with the first change" | "mit der ersten Änderung",
    LogCut: "after revision {}; earlier changes were deleted" | "nach Revision {}; frühere Änderungen sind gelöscht",
    NoLog: "This source keeps no log: it does not say since when, nor who granted it."
        | "Diese Quelle führt kein Protokoll: Sie sagt nicht, seit wann etwas gilt und wer es erteilt hat.",
    Instant: "All states are asked about the present: a right with dates counts from the change that set it."
        | "Alle Stände gelten für den heutigen Tag: Ein befristetes Recht zählt ab der Änderung, die es gesetzt hat.",

    Who: "Who" | "Wer",
    May: "May" | "Darf",
    SinceWhen: "Since" | "Seit",
    GrantedBy: "Granted by" | "Erteilt durch",
    Rule: "By which rule" | "Nach welcher Regel",
    When: "When" | "Wann",
    By: "By" | "Durch",
    Gained: "gained: {}" | "erhalten: {}",
    Lost: "lost: {}" | "verloren: {}",
    What: "What" | "Was",
    Setting: "Setting" | "Einstellung",
    Value: "Value" | "Wert",
    Rights: "Rights" | "Rechte",
    Group: "Group" | "Gruppe",
    Members: "Members" | "Mitglieder",
    Everyone: "All users" | "Alle Benutzer",

    ListenIn: "Who may listen in" | "Wer darf mithören",
    ListenInLead: "Listening, barging in, whispering and recording." | "Mithören, Aufschalten, Flüstern und Aufzeichnen.",
    Calls: "Who may take or control calls" | "Wer darf Gespräche heranholen oder steuern",
    CallsLead: "Picking up ringing calls, and control of calls." | "Klingelnde Anrufe heranholen und in Gespräche eingreifen.",
    Lamp: "Who may see the busy lamp" | "Wer darf die Besetztanzeige sehen",
    LampLead: "Whether the line is free or busy." | "Ob die Leitung frei oder besetzt ist.",
    Presence: "Who may see or set the presence" | "Wer darf die Präsenz sehen oder setzen",
    PresenceLead: "Status, texts and notes." | "Status, Texte und Notizen.",
    Numbers: "Who may see who is talked to" | "Wer darf sehen, mit wem telefoniert wird",
    NumbersLead: "Numbers and details of calls." | "Rufnummern und Einzelheiten der Gespräche.",
    Calendar: "Who may see the calendar" | "Wer darf den Kalender sehen",
    CalendarLead: "Times and subjects of appointments." | "Zeiten und Betreffe von Terminen.",
    Forwarding: "Who may see or set the forwarding" | "Wer darf die Rufumleitung sehen oder setzen",
    ForwardingLead: "Whether calls are forwarded, and where to." | "Ob und wohin Anrufe umgeleitet werden.",
    Contact: "Who may see the contact data" | "Wer darf die Kontaktdaten sehen",
    ContactLead: "Name, numbers, photo and the entry in lists." | "Name, Nummern, Bild und der Eintrag in Listen.",
    Other: "Other rights" | "Weitere Rechte",
    OtherLead: "Requests, levels and profiles." | "Anfragen, Stufen und Profile.",

    Own: "What was set for you" | "Was für Sie eingestellt ist",
    OwnLead: "Settings that take rights from others." | "Einstellungen, die anderen Rechte nehmen.",
    Vip: "VIP: alone decides what others see" | "VIP: entscheidet allein, was andere sehen",
    PrivateLine: "Private line: its numbers are hidden" | "Private Leitung: ihre Rufnummern sind verborgen",
    Exempt: "Exempt from: {}" | "Ausgenommen von: {}",
    ExemptTitle: "Exemptions" | "Ausnahmen",
    ExemptLead: "Rights that no other party has on these users." | "Rechte, die gegenüber diesen Benutzern niemand hat.",
    NothingSet: "Nothing." | "Nichts.",

    Changed: "What changed since revision {}" | "Was sich seit Revision {} geändert hat",
    Gone: "Who has gained and lost what since revision {}" | "Wer seit Revision {} was erhalten und verloren hat",
    ChangedLead: "Every change set by which an answer turned." | "Jede Änderung, durch die sich eine Antwort geändert hat.",
    NothingChanged: "Nothing changed." | "Es hat sich nichts geändert.",
    MoreChanges: "{} earlier entries are not listed." | "{} frühere Einträge sind nicht aufgeführt.",

    Behaviour: "Rights that reveal behaviour" | "Rechte, die Verhalten erkennen lassen",
    BehaviourLead: "How many pairs of people there are, and in how many the one has the right towards the other."
        | "In wie vielen Paaren von Personen die eine das Recht gegenüber der anderen hat.",
    Pairs: "Pairs" | "Paare",
    Share: "Share" | "Anteil",
    ByGroup: "The same by group" | "Dasselbe nach Gruppen",
    ByGroupLead: "On average, how many people have the right towards one member of the group."
        | "Wie viele Personen das Recht gegenüber einem Mitglied der Gruppe im Durchschnitt haben.",
    Estimated: "Estimated from a sample of pairs." | "Aus einer Stichprobe von Paaren geschätzt.",
    Listeners: "Who may listen in on others" | "Wer darf bei anderen mithören",
    ListenersLead: "Listening, barging in, whispering and recording, with the number of people it concerns."
        | "Mithören, Aufschalten, Flüstern und Aufzeichnen, mit der Zahl der betroffenen Personen.",
    ListenersAsked: "Asked about {} of {} users." | "Geprüft gegenüber {} von {} Benutzern.",
    Towards: "Towards" | "Gegenüber",
    People: "{} people" | "{} Personen",

    Agreement: "Settings that a works agreement usually fixes" | "Einstellungen, die eine Betriebsvereinbarung üblicherweise regelt",
    AgreementLead: "As they are in force." | "So, wie sie in Kraft sind.",
    Vips: "Users flagged as VIP" | "Als VIP gekennzeichnete Benutzer",
    Assistants: "Users flagged as assistant" | "Als Assistenz gekennzeichnete Benutzer",
    CompanyAgreement: "Company agreement of site {}" | "Unternehmensvereinbarung am Standort {}",
    CompanyAgreementGroup: "Company agreement of site {}, group {}" | "Unternehmensvereinbarung am Standort {}, Gruppe {}",
    ExtendOnly: "users may only extend rights" | "Benutzer dürfen Rechte nur erweitern",
    ExtendAndRestrict: "users may extend and restrict rights" | "Benutzer dürfen Rechte erweitern und einschränken",
    ReleaseNothing: "Users who release nothing of the calendar" | "Benutzer, die nichts vom Kalender freigeben",
    ReleasePublic: "Users who release public appointments" | "Benutzer, die öffentliche Termine freigeben",
    ReleaseTimes: "Users who release public appointments and the times of private ones"
        | "Benutzer, die öffentliche Termine und die Zeiten privater freigeben",
    ReleaseAll: "Users who release the whole calendar" | "Benutzer, die den ganzen Kalender freigeben",
    MayGrant: "Users may grant rights themselves" | "Benutzer dürfen selbst Rechte erteilen",
    ShowNumbers: "Clients show who talks to whom" | "Clients zeigen, wer mit wem spricht",
    PrivateLines: "Users with a private line" | "Benutzer mit privater Leitung",
    Administrators: "Users who administer a part" | "Benutzer, die einen Teil verwalten",
    Retention: "Retention of the log" | "Aufbewahrung des Protokolls",
    RetentionSince: "changes since {}" | "Änderungen seit {}",

    Signatures: "Date and signatures" | "Datum und Unterschriften",
    Employer: "Employer" | "Arbeitgeber",
    WorksCouncil: "Works council" | "Betriebsrat",

    Gains: "{} may now, towards {}: {}" | "Neu für {} gegenüber {}: {}",
    Loses: "{} may no longer, towards {}: {}" | "Nicht mehr für {} gegenüber {}: {}",
    Themselves: "themselves" | "sich selbst",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same in both languages.
    const SAME: [Word; 2] = [Word::Person, Word::Revision];

    #[test]
    fn both_languages_have_every_phrase_with_the_same_places() {
        for word in Word::ALL {
            let [english, german] = Lang::ALL.map(|lang| word.of(lang));
            assert!(!english.trim().is_empty() && !german.trim().is_empty(), "{word:?}");
            assert_eq!(english.matches("{}").count(), german.matches("{}").count(), "{word:?}");
            assert_eq!(english.ends_with('.'), german.ends_with('.'), "{word:?}");
            assert_eq!(english == german, SAME.contains(word), "{word:?}: {english}");
        }
    }

    #[test]
    fn numbers_lists_and_times_are_of_the_language() {
        let names: Vec<String> = ["anna", "bernd", "carl"].map(String::from).to_vec();
        assert_eq!(Lang::De.list(&names, 9), "anna, bernd und carl");
        assert_eq!(Lang::En.list(&names, 2), "anna, bernd and 1 more");
        assert_eq!(Lang::De.list(&[], 2), "niemand");
        assert_eq!((Lang::En.number(1_234_567), Lang::De.number(1000)), ("1,234,567".into(), "1.000".into()));
        assert_eq!(Lang::De.number(999), "999");
        for (text, english, german) in [
            ("group `a b` of `c`", "group “a b” of “c”", "group „a b“ of „c“"),
            ("`", "`", "`"),
            ("`` and `d", "“” and `d", "„“ and `d"),
            ("none", "none", "none"),
        ] {
            assert_eq!((Lang::En.quoted(text).as_str(), Lang::De.quoted(text).as_str()), (english, german));
        }
        assert_eq!(Lang::De.time(1_797_613_200_000), "18.12.2026 17:00 UTC");
        assert_eq!(Lang::En.time(0), "1970-01-01 00:00 UTC");
        assert_eq!(Word::Gains.with(Lang::En, &["a", "{}", "c"]), "a may now, towards {}: c");
    }
}
