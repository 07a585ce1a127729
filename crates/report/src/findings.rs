//! What each kind of finding of lint is about, in English and German; the finding's own message names the places. It never looks at a policy.
#![forbid(unsafe_code)]

use crate::words::Lang;

/// The kind; what it is about in English and in German.
const FINDINGS: &[(&str, &str, &str)] = &[
    (
        "unused-facts",
        "Settings of a system that is not in use",
        "Einstellungen eines Systems, das nicht verwendet wird",
    ),
    ("open-pickup", "Every user may pick up every call", "Jeder darf jeden Anruf heranholen"),
    ("open-login", "Every user may log in everywhere", "Jeder darf sich überall anmelden"),
    ("open-actors", "A permission that every user has", "Eine Berechtigung, die alle haben"),
    ("closed-pickup", "No one may pick up calls", "Niemand darf Anrufe heranholen"),
    ("closed-login", "No one may log in", "Niemand darf sich anmelden"),
    (
        "permission-without-members",
        "A permission with too few members for an effect",
        "Eine Berechtigung mit zu wenigen Mitgliedern für eine Wirkung",
    ),
    (
        "shadowed-list",
        "A list of members that an automatic one hides",
        "Eine Mitgliederliste, die von einer automatischen verdeckt wird",
    ),
    (
        "members-without-effect",
        "Members on which a permission has no effect",
        "Mitglieder, bei denen eine Berechtigung keine Wirkung hat",
    ),
    (
        "pickup-group-missing",
        "A team that notifies a pickup group that it has not",
        "Ein Team, das eine fehlende Heranholgruppe benachrichtigt",
    ),
    ("team-without-agents", "A team without agents", "Ein Team ohne Agenten"),
    (
        "nobody-to-notify",
        "A team that notifies people who may not pick up",
        "Ein Team, das Personen benachrichtigt, die nicht heranholen dürfen",
    ),
    ("wide-supervisor", "A supervisor over very many people", "Aufsicht über sehr viele Personen"),
    ("wide-assistant", "An assistant over very many people", "Assistenz über sehr viele Personen"),
    ("empty-group", "A group without members", "Eine Gruppe ohne Mitglieder"),
    ("one-member-group", "A group of one", "Eine Gruppe mit einem Mitglied"),
    ("empty-subgroup", "A monitoring group with an empty side", "Eine Überwachungsgruppe mit einer leeren Seite"),
    ("group-without-level", "A group that gives nothing", "Eine Gruppe, die nichts gibt"),
    ("shadowed-group", "A group that gives less than the defaults", "Eine Gruppe, die weniger gibt als die Vorgaben"),
    ("user-without-site", "Users without a site", "Benutzer ohne Standort"),
    ("open-site", "A site whose defaults give very much", "Ein Standort, dessen Vorgaben sehr viel geben"),
    ("setting-without-effect", "An own setting that changes nothing", "Eine eigene Einstellung, die nichts ändert"),
    (
        "setting-hides-group",
        "An own setting below what a group gives",
        "Eine eigene Einstellung unter dem, was eine Gruppe gibt",
    ),
    ("inferred-cell", "The vendor does not state what is relied on", "Der Hersteller nennt nicht, worauf es ankommt"),
    (
        "open-authorization",
        "A preset that lets every user pick up or set forwardings",
        "Eine globale Berechtigung, mit der alle heranholen oder umleiten dürfen",
    ),
    ("inactive-group", "A group that is switched off", "Eine ausgeschaltete Gruppe"),
    ("leaders-without-level", "Leaders who get nothing", "Eine Leitung, die nichts erhält"),
    ("level-without-leaders", "A level for leaders, and no leaders", "Eine Stufe für die Leitung, aber keine Leitung"),
    ("frozen-level", "A level that users cannot change", "Eine Stufe, die Benutzer nicht ändern können"),
    ("dead-grant", "An own grant that adds nothing", "Eine eigene Freigabe, die nichts hinzufügt"),
    (
        "blocked-without-effect",
        "Blocked, and yet with rights from the administrator",
        "Gesperrt, aber mit Rechten durch die Administration",
    ),
    (
        "open-block",
        "A block that passes name and e-mail address",
        "Eine Sperre, die Name und E-Mail-Adresse durchlässt",
    ),
    (
        "grant-without-federation",
        "A grant to a contact whose domain is not federated",
        "Eine Freigabe an einen Kontakt, dessen Domäne nicht föderiert ist",
    ),
    ("subscription-within-realm", "A subscription within one realm", "Ein Abonnement innerhalb eines Bereichs"),
    ("rule-without-parties", "A rule without people", "Eine Regel ohne Personen"),
    ("rule-without-effect", "A rule without effect", "Eine Regel ohne Wirkung"),
    ("excepted-rule", "A rule that excepts all its people", "Eine Regel, die alle ihre Personen ausnimmt"),
    ("shadowed-rule", "A rule that another rule makes needless", "Eine Regel, die eine andere überflüssig macht"),
    ("ended", "Something with dates that has ended", "Etwas Befristetes, das abgelaufen ist"),
    ("never", "Something with dates that never holds", "Etwas Befristetes, das nie gilt"),
    ("word-as-login", "A user called like a word of rules", "Ein Benutzer, der wie ein Wort der Regeln heißt"),
    (
        "class-beyond-forwarding",
        "A rule about numbers that no forwarding may have",
        "Eine Regel für Nummern, die keine Umleitung haben darf",
    ),
    ("unused-group", "A group that no rule names", "Eine Gruppe, die keine Regel nennt"),
    (
        "private-line-shown",
        "A private line whose numbers are still shown",
        "Eine private Leitung, deren Rufnummern doch gezeigt werden",
    ),
    ("similar-names", "Names that look alike", "Namen, die gleich aussehen"),
    (
        "undiallable-extension",
        "An extension that cannot be dialled after a code",
        "Eine Nebenstelle, die nach einer Kennziffer nicht wählbar ist",
    ),
    (
        "short-longest-age",
        "A longest age that a short disturbance exceeds",
        "Ein Höchstalter, das eine kurze Störung überschreitet",
    ),
    (
        "odd-name",
        "A name with a character that a dialplan misreads",
        "Ein Name mit einem Zeichen, das ein Wählplan falsch liest",
    ),
];

/// What a finding of that kind is about. A kind that this table does not know is called by its name.
pub fn finding(kind: &str, lang: Lang) -> &str {
    lang.said(FINDINGS, kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_of_finding_has_words_in_both_languages() {
        let rows = include_str!("../../../src/lint/mod.rs").lines().filter_map(|line| line.strip_prefix("/// | `"));
        let kinds: BTreeSet<&str> =
            rows.filter_map(|row| row.split(" | ").next()).flat_map(|cell| cell.split([',', '`', ' '])).collect();
        let known: BTreeSet<&str> = FINDINGS.iter().map(|(kind, ..)| *kind).collect();
        assert_eq!(known, kinds.into_iter().filter(|kind| !kind.is_empty()).collect());
        assert!(known.len() > 40 && FINDINGS.iter().all(|(_, english, german)| english != german));
    }
}
