//! What rights and reasons are called, in English and German, and which topic of a report a right belongs to. It must name every right
//! and every reason: a test says so.
#![forbid(unsafe_code)]

use crate::words::{Lang, Word};
use linewarden::{Reason, Right, RightSet};
use serde::Serialize;

/// A part of a personal report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "their titles are in the catalogue")]
pub enum Topic {
    ListenIn,
    Calls,
    Lamp,
    Presence,
    Numbers,
    Calendar,
    Forwarding,
    Contact,
    Other,
}

impl Topic {
    /// In the order of a report.
    pub const ALL: [Topic; 9] = [
        Topic::ListenIn,
        Topic::Calls,
        Topic::Lamp,
        Topic::Presence,
        Topic::Numbers,
        Topic::Calendar,
        Topic::Forwarding,
        Topic::Contact,
        Topic::Other,
    ];

    /// Its title and what it is about.
    pub fn words(self) -> (Word, Word) {
        match self {
            Topic::ListenIn => (Word::ListenIn, Word::ListenInLead),
            Topic::Calls => (Word::Calls, Word::CallsLead),
            Topic::Lamp => (Word::Lamp, Word::LampLead),
            Topic::Presence => (Word::Presence, Word::PresenceLead),
            Topic::Numbers => (Word::Numbers, Word::NumbersLead),
            Topic::Calendar => (Word::Calendar, Word::CalendarLead),
            Topic::Forwarding => (Word::Forwarding, Word::ForwardingLead),
            Topic::Contact => (Word::Contact, Word::ContactLead),
            Topic::Other => (Word::Other, Word::OtherLead),
        }
    }

    /// The topic of a right.
    pub fn of(right: &str) -> Topic {
        let rows = RIGHTS.iter().filter(|(name, ..)| right == *name || right.starts_with(&format!("{name}.")));
        rows.max_by_key(|(name, ..)| name.len()).map_or(Topic::Other, |(_, topic, ..)| *topic)
    }
}

/// Every right by its bare name: its topic, and what it allows in both languages.
const RIGHTS: &[(&str, Topic, &str, &str)] = &[
    ("call.listen", Topic::ListenIn, "listen to calls", "Gespräche mithören"),
    ("call.barge", Topic::ListenIn, "barge into calls", "sich auf Gespräche aufschalten"),
    ("call.whisper", Topic::ListenIn, "whisper into calls", "in Gespräche flüstern"),
    ("call.record", Topic::ListenIn, "record calls", "Gespräche aufzeichnen"),
    ("call.pickup", Topic::Calls, "pick up calls", "Anrufe heranholen"),
    ("call.control", Topic::Calls, "control calls", "Gespräche steuern"),
    ("call.park", Topic::Calls, "park calls", "Gespräche parken"),
    ("call.retrieve", Topic::Calls, "retrieve parked or held calls", "geparkte oder gehaltene Gespräche zurückholen"),
    ("line.busy.read", Topic::Lamp, "see the busy lamp", "die Besetztanzeige sehen"),
    ("av.busy.read", Topic::Lamp, "see the state of audio and video", "den Zustand von Audio und Video sehen"),
    ("presence.symbol.read", Topic::Presence, "see the presence symbol", "das Präsenzsymbol sehen"),
    ("presence.status.read", Topic::Presence, "see the presence", "die Präsenz sehen"),
    ("presence.text.read", Topic::Presence, "see the presence text", "den Präsenztext sehen"),
    ("presence.detailed.read", Topic::Presence, "see the detailed presence", "die ausführliche Präsenz sehen"),
    ("presence.set", Topic::Presence, "set the presence", "die Präsenz setzen"),
    ("note.read", Topic::Presence, "read the note", "die Notiz lesen"),
    ("note.set", Topic::Presence, "write the note", "die Notiz schreiben"),
    ("call.detail.read", Topic::Numbers, "see calls in detail", "Gespräche im Einzelnen sehen"),
    (
        "call.number_incoming.read",
        Topic::Numbers,
        "see numbers of incoming calls",
        "Rufnummern eingehender Anrufe sehen",
    ),
    (
        "call.number_outgoing.read",
        Topic::Numbers,
        "see numbers of outgoing calls",
        "Rufnummern ausgehender Anrufe sehen",
    ),
    (
        "call.number_in_call.read",
        Topic::Numbers,
        "see the number during a call",
        "die Rufnummer während eines Gesprächs sehen",
    ),
    (
        "call.held_party.read",
        Topic::Numbers,
        "see whom a transfer keeps on hold",
        "sehen, wen eine Weitergabe in der Leitung hält",
    ),
    (
        "av.participants.read",
        Topic::Numbers,
        "see partners in audio and video",
        "Gesprächspartner in Audio und Video sehen",
    ),
    ("calendar.public.time.read", Topic::Calendar, "see times of appointments", "Zeiten von Terminen sehen"),
    ("calendar.public.subject.read", Topic::Calendar, "see subjects of appointments", "Betreffe von Terminen sehen"),
    (
        "calendar.private.time.read",
        Topic::Calendar,
        "see times of private appointments",
        "Zeiten privater Termine sehen",
    ),
    (
        "calendar.private.subject.read",
        Topic::Calendar,
        "see subjects of private appointments",
        "Betreffe privater Termine sehen",
    ),
    (
        "forwarding.state.read",
        Topic::Forwarding,
        "see whether calls are forwarded",
        "sehen, ob Anrufe umgeleitet werden",
    ),
    (
        "forwarding.target.read",
        Topic::Forwarding,
        "see where calls are forwarded to",
        "sehen, wohin Anrufe umgeleitet werden",
    ),
    ("forwarding.set", Topic::Forwarding, "set the forwarding", "die Rufumleitung setzen"),
    ("forwarding.bypass", Topic::Forwarding, "ring through the forwarding", "die Rufumleitung übergehen"),
    (
        "forwarding.to.internal",
        Topic::Forwarding,
        "forward to internal extensions",
        "auf interne Nebenstellen umleiten",
    ),
    ("forwarding.to.local", Topic::Forwarding, "forward to local numbers", "auf Ortsrufnummern umleiten"),
    ("forwarding.to.national", Topic::Forwarding, "forward to national numbers", "auf nationale Rufnummern umleiten"),
    ("forwarding.to.mobile", Topic::Forwarding, "forward to mobile numbers", "auf Mobilnummern umleiten"),
    ("forwarding.to.international", Topic::Forwarding, "forward to foreign numbers", "ins Ausland umleiten"),
    ("forwarding.to.premium", Topic::Forwarding, "forward to premium-rate numbers", "auf Mehrwertnummern umleiten"),
    ("contact.name.read", Topic::Contact, "see the name", "den Namen sehen"),
    ("contact.email.read", Topic::Contact, "see the e-mail address", "die E-Mail-Adresse sehen"),
    ("contact.photo.read", Topic::Contact, "see the photo", "das Bild sehen"),
    ("contact.general.read", Topic::Contact, "see the business contact data", "die geschäftlichen Kontaktdaten sehen"),
    ("contact.detailed.read", Topic::Contact, "see the private contact data", "die privaten Kontaktdaten sehen"),
    ("contact.job_title.read", Topic::Contact, "see the job title", "die Position sehen"),
    ("contact.company.read", Topic::Contact, "see the company", "die Firma sehen"),
    ("contact.department.read", Topic::Contact, "see the department", "die Abteilung sehen"),
    ("contact.office.read", Topic::Contact, "see the office", "das Büro sehen"),
    ("contact.address_business.read", Topic::Contact, "see the business address", "die Geschäftsadresse sehen"),
    ("contact.phone_work.read", Topic::Contact, "see the work phone", "die Telefonnummer im Büro sehen"),
    ("contact.phone_work2.read", Topic::Contact, "see the second work phone", "die zweite Telefonnummer im Büro sehen"),
    ("contact.fax_business.read", Topic::Contact, "see the fax number", "die Faxnummer sehen"),
    ("contact.website.read", Topic::Contact, "see the website", "die Website sehen"),
    ("contact.phone_mobile.read", Topic::Contact, "see the mobile number", "die Mobilnummer sehen"),
    ("contact.pager.read", Topic::Contact, "see the pager", "den Pager sehen"),
    ("contact.phone_private.read", Topic::Contact, "see the private phone", "die private Telefonnummer sehen"),
    ("contact.phone_other.read", Topic::Contact, "see further numbers", "weitere Rufnummern sehen"),
    ("contact.sip_address.read", Topic::Contact, "see the SIP address", "die SIP-Adresse sehen"),
    ("line.numbers.read", Topic::Contact, "see the line numbers", "die Nummern der Leitungen sehen"),
    ("roster.see_user", Topic::Contact, "see the contact entry", "den Kontakteintrag sehen"),
    ("roster.see_team", Topic::Contact, "see the team entry", "den Eintrag des Teams sehen"),
    ("chat.exchange", Topic::Contact, "chat", "chatten"),
    ("relation.ask", Topic::Other, "ask for the presence", "um die Präsenz bitten"),
    ("relation.answer", Topic::Other, "answer requests", "Anfragen beantworten"),
    ("relation.change", Topic::Other, "change the level", "die Stufe ändern"),
    ("location.login", Topic::Other, "log in", "sich anmelden"),
    ("profile.manage_own", Topic::Other, "manage client profiles", "Client-Profile verwalten"),
    ("call.to.internal", Topic::Other, "call internal extensions", "interne Nebenstellen anrufen"),
    ("call.to.local", Topic::Other, "call local numbers", "Ortsrufnummern anrufen"),
    ("call.to.national", Topic::Other, "call national numbers", "nationale Rufnummern anrufen"),
    ("call.to.mobile", Topic::Other, "call mobile numbers", "Mobilnummern anrufen"),
    ("call.to.international", Topic::Other, "call foreign numbers", "ins Ausland telefonieren"),
    ("call.to.premium", Topic::Other, "call premium-rate numbers", "Mehrwertnummern anrufen"),
];

/// Rights of which a works council asks first: what they show is what a person does. In the order of a report.
pub const BEHAVIOUR: &[Right] = &[
    Right::LINE_BUSY_READ,
    Right::PRESENCE_STATUS_READ,
    Right::PRESENCE_DETAILED_READ,
    Right::CALL_DETAIL_READ,
    Right::CALL_NUMBER_INCOMING_READ,
    Right::CALL_NUMBER_OUTGOING_READ,
    Right::CALL_NUMBER_IN_CALL_READ,
    Right::FORWARDING_STATE_READ,
    Right::FORWARDING_TARGET_READ,
    Right::CALENDAR_PUBLIC_TIME_READ,
    Right::CALENDAR_PRIVATE_TIME_READ,
    Right::AV_BUSY_READ,
    Right::AV_PARTICIPANTS_READ,
    Right::CALL_PICKUP,
    Right::CALL_CONTROL,
    Right::CALL_LISTEN,
    Right::CALL_BARGE,
    Right::CALL_WHISPER,
    Right::CALL_RECORD,
];

/// What a right allows, without a party: `see the busy lamp`. A right of one line names it.
pub fn right(name: &str, lang: Lang) -> String {
    const LINES: [(&str, &str, &str); 3] = [
        (".first", "first line", "erste Leitung"),
        (".second", "second line", "zweite Leitung"),
        (".additional", "additional lines", "weitere Leitungen"),
    ];
    let row = |name: &str| RIGHTS.iter().find(|(right, ..)| *right == name);
    if let Some((_, _, english, german)) = row(name) {
        return lang.pick(english, german).to_owned();
    }
    let of_line = LINES.iter().find_map(|(end, english, german)| {
        let (_, _, right, recht) = row(name.strip_suffix(end)?)?;
        Some(format!("{} ({})", lang.pick(right, recht), lang.pick(english, german)))
    });
    // A right that this table does not know yet is called by its name.
    of_line.unwrap_or_else(|| name.to_owned())
}

/// The rights in words, those of all lines as one.
pub fn rights(rights: RightSet, lang: Lang) -> Vec<String> {
    rights.shortest().into_iter().map(|name| right(name, lang)).collect()
}

/// By which kind of rule, in words.
pub fn reason(reason: Reason, lang: Lang) -> &'static str {
    let (english, german) = match reason {
        Reason::Unknown => ("a name is not known", "ein Name ist nicht bekannt"),
        Reason::NotGranted => ("nothing grants it", "nichts erteilt es"),
        Reason::NotApplicable => ("does not apply here", "hier nicht anwendbar"),
        Reason::OwnSettingLacks => ("own setting withholds it", "eigene Einstellung enthält es nicht"),
        Reason::Vip => ("VIP without an own setting", "VIP ohne eigene Einstellung"),
        Reason::PrivateLine => ("private line", "private Leitung"),
        Reason::Exempt => ("exempt", "ausgenommen"),
        Reason::TooOld => ("the rights here are too old", "die Rechte hier sind zu alt"),
        Reason::Oneself => ("towards oneself", "gegenüber sich selbst"),
        Reason::OwnSetting => ("own setting", "eigene Einstellung"),
        Reason::SiteDefault => ("default of the site", "Vorgabe des Standorts"),
        Reason::Workgroup => ("workgroup", "Arbeitsgruppe"),
        Reason::MonitoringGroup => ("monitoring group", "Überwachungsgruppe"),
        Reason::Assistant => ("flagged as assistant", "als Assistenz gekennzeichnet"),
        Reason::Transfer => ("part in a transfer", "Beteiligung an einer Weitergabe"),
        Reason::UnknownLabel => ("no relationship applies", "keine Beziehung festgelegt"),
        Reason::GlobalAuthorization => ("preset for all", "globale Berechtigung"),
        Reason::AuthorizationGroup => ("authorization group", "Berechtigungsgruppe"),
        Reason::GroupLeader => ("leader of an authorization group", "Leitung einer Berechtigungsgruppe"),
        Reason::OwnGrant => ("own grant", "eigene Freigabe"),
        Reason::SourcesTogether => ("several rules together", "mehrere Regeln zusammen"),
        Reason::AdministrativeGrant => ("grant by the administrator", "Freigabe durch die Administration"),
        Reason::Permission => ("permission", "Berechtigung"),
        Reason::OpenDefault => ("open until a permission rules it", "offen, bis eine Berechtigung es regelt"),
        Reason::Agent => ("agent of the team", "Agent des Teams"),
        Reason::Subscription => ("subscription", "Abonnement"),
        Reason::Realm => ("permission realm", "Berechtigungsbereich"),
        Reason::RelationRule => ("the system allows it", "vom System erlaubt"),
        Reason::Rule => ("rule", "Regel"),
        Reason::Destination => ("open to every forwarding", "für jede Umleitung offen"),
        _ => ("another rule", "eine andere Regel"),
    };
    lang.pick(english, german)
}

/// What sources and suggestions of an explanation are called: the English words of the engine, longest first, and German ones. Names stand in
/// backticks there and are never translated.
const SOURCES: &[(&str, &str)] = &[
    ("several sources together give all parts of it", "mehrere Regeln zusammen ergeben alle Teile"),
    ("default: the target has no site for ", "Vorgabe: die Zielperson hat keinen Standort, für "),
    ("open: no permission carries it yet", "offen: noch keine Berechtigung regelt es"),
    ("closed: a permission carries it", "geschlossen: eine Berechtigung regelt es"),
    ("the actor is flagged as assistant", "die handelnde Person ist als Assistenz gekennzeichnet"),
    ("leader of authorization group ", "Leitung der Berechtigungsgruppe "),
    ("destinations of every forwarding", "Ziele jeder Umleitung"),
    ("calendar release of the target", "Kalenderfreigabe der Zielperson"),
    ("changes the domain's systems allow", "Änderungen, die das System erlaubt"),
    ("subscription to the target", "Abonnement der Zielperson"),
    ("private lines of the target", "private Leitungen der Zielperson"),
    ("the actor is no agent of it", "die handelnde Person ist kein Agent"),
    ("the actor is an agent of it", "die handelnde Person ist Agent"),
    ("viewers of the same site", "Personen desselben Standorts"),
    ("viewers of other sites", "Personen anderer Standorte"),
    ("viewers outside", "Personen außerhalb"),
    ("own setting of the target", "eigene Einstellung der Zielperson"),
    ("grant by the administrator", "Freigabe durch die Administration"),
    ("own grant of the target", "eigene Freigabe der Zielperson"),
    ("no relationship applies", "keine Beziehung festgelegt"),
    ("authorization group ", "Berechtigungsgruppe "),
    ("changes of relations", "Änderung von Beziehungen"),
    ("the target is exempt", "die Zielperson ist ausgenommen"),
    ("does not hold the actor", "enthält die handelnde Person nicht"),
    ("does not hold the target", "enthält die Zielperson nicht"),
    ("gives it on others", "gibt es gegenüber anderen"),
    ("gives it to others", "gibt es anderen"),
    ("excepts the target", "nimmt die Zielperson aus"),
    ("excepts the actor", "nimmt die handelnde Person aus"),
    ("the target is a VIP", "die Zielperson ist VIP"),
    ("agents of the team", "Agenten des Teams"),
    ("permission realm", "Berechtigungsbereich"),
    ("monitoring group ", "Überwachungsgruppe "),
    ("default of group ", "Vorgabe der Gruppe "),
    ("default of site ", "Vorgabe des Standorts "),
    ("the same for both", "für beide derselbe"),
    ("towards oneself", "gegenüber sich selbst"),
    ("default of ", "Vorgabe von "),
    ("global preset", "globale Berechtigung"),
    ("single rights", "einzelne Rechte"),
    ("holds neither", "enthält keine von beiden"),
    (" of site ", " am Standort "),
    ("not shared", "nicht gemeinsam"),
    ("permission ", "Berechtigung "),
    ("holds both", "enthält beide"),
    ("workgroup ", "Arbeitsgruppe "),
    ("observers", "Beobachtende"),
    ("members", "Mitglieder"),
    ("rule ", "Regel "),
    (" for ", " für "),
    (" to ", " zu "),
    ("none", "keine"),
];

/// A source or level of an explanation in the language, names in its quotes; what this table does not know stays English.
pub fn source(text: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return lang.quoted(text);
    }
    let parts = text.split('`').enumerate().map(|(index, part)| match index % 2 {
        // Inside of backticks stands a name.
        1 => part.to_owned(),
        _ => SOURCES.iter().fold(part.to_owned(), |said, (english, german)| said.replace(english, german)),
    });
    lang.quoted(&parts.collect::<Vec<_>>().join("`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_right_has_words_of_its_own_in_both_languages() {
        for lang in Lang::ALL {
            let mut seen = BTreeSet::new();
            for name in Right::names() {
                let said = right(name, lang);
                assert!(said != name && !said.is_empty(), "{name} has no words");
                assert!(seen.insert(said.clone()), "{said} is said of two rights");
            }
        }
        for (name, _, english, german) in RIGHTS {
            assert!(Right::parse(name).is_some(), "{name} is no right");
            assert_ne!(english, german);
        }
    }

    #[test]
    fn every_reason_has_words_in_both_languages() {
        for lang in Lang::ALL {
            let said: BTreeSet<&str> = Reason::ALL.iter().map(|code| reason(*code, lang)).collect();
            assert_eq!(said.len(), Reason::ALL.len(), "two reasons are called the same");
            assert!(!said.contains(lang.pick("another rule", "eine andere Regel")));
        }
    }

    #[test]
    fn sources_are_translated_and_names_are_not() {
        let said = source("default of site `rule for none` for viewers of the same site", Lang::De);
        assert_eq!(said, "Vorgabe des Standorts „rule for none“ für Personen desselben Standorts");
        assert_eq!(source("workgroup `a`", Lang::En), "workgroup “a”");
        assert_eq!(source("what no table knows", Lang::De), "what no table knows");
        let mut seen = BTreeSet::new();
        assert!(SOURCES.iter().all(|(english, german)| english != german && seen.insert(english)));
    }

    #[test]
    fn topics_follow_the_names_and_not_their_beginnings() {
        for (name, topic) in [
            ("call.listen", Topic::ListenIn),
            ("call.pickup.first", Topic::Calls),
            ("call.detail.read.second", Topic::Numbers),
            ("line.busy.read", Topic::Lamp),
            ("forwarding.to.mobile", Topic::Forwarding),
            ("call.to.mobile", Topic::Other),
        ] {
            assert_eq!(Topic::of(name), topic, "{name}");
        }
        for topic in Topic::ALL {
            assert!(RIGHTS.iter().any(|(_, of, ..)| *of == topic), "{topic:?} has no right");
        }
    }
}
