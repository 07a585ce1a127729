//! What changes are called: each line of docs/changes.md as a sentence that says what it does, and each of its arguments, in English and German.
//! Names and the words of a system stay as they are. It never judges a change.
#![forbid(unsafe_code)]

use crate::rights::right;
use crate::words::{Lang, Word, filled};
use linewarden::Change;

/// The words that a change begins with; the sentence in English and in German, with a `{}` for each argument in order.
const CHANGES: &[(&str, &str, &str)] = &[
    ("add domain", "add a company with the systems {}", "ein Unternehmen mit den Systemen {} anlegen"),
    ("remove domain", "remove the company with everything in it", "das Unternehmen mit allem darin entfernen"),
    ("set systems", "let the company run the systems {}", "das Unternehmen mit den Systemen {} betreiben"),
    ("set code", "set the code of {} to {}", "die Kennziffer von {} auf {} setzen"),
    (
        "set longest_age",
        "allow nothing any more when the node has heard nothing from its cluster for {} seconds (0: go on)",
        "nichts mehr erlauben, wenn der Knoten {} Sekunden lang nichts von seinem Cluster gehört hat (0: weiter antworten)",
    ),
    ("set matrix", "in the matrix of {}, give “{}” to the levels {}", "in der Matrix von {} „{}“ den Stufen {} geben"),
    (
        "clear matrix",
        "in the matrix of {}, take “{}” as the vendor has it",
        "in der Matrix von {} „{}“ wie vom Hersteller vorgesehen lassen",
    ),
    ("add user", "add the user {} with the extensions {}", "den Benutzer {} mit den Nebenstellen {} anlegen"),
    ("import user", "import the user {} with the extensions {}", "den Benutzer {} mit den Nebenstellen {} übernehmen"),
    ("remove user", "remove the user {}", "den Benutzer {} entfernen"),
    ("set lines", "set the extensions of {} to {}", "die Nebenstellen von {} auf {} setzen"),
    ("add contact", "add the outside contact {}", "den externen Kontakt {} anlegen"),
    ("remove contact", "remove the outside contact {}", "den externen Kontakt {} entfernen"),
    ("add team", "add the team {} with the extensions {}", "das Team {} mit den Nebenstellen {} anlegen"),
    ("remove team", "remove the team {}", "das Team {} entfernen"),
    ("add location", "add the location {}", "den Arbeitsplatz {} anlegen"),
    ("remove location", "remove the location {}", "den Arbeitsplatz {} entfernen"),
    ("add device", "add the device {}", "das Gerät {} anlegen"),
    ("remove device", "remove the device {}", "das Gerät {} entfernen"),
    ("add member", "put on the list {} of {}: {}", "in die Liste {} von {} aufnehmen: {}"),
    ("remove member", "take off the list {} of {}: {}", "aus der Liste {} von {} nehmen: {}"),
    ("set administrator", "let {} administer, of the area {}: {}", "{} verwalten lassen, aus dem Bereich {}: {}"),
    ("clear administrator", "let {} administer nothing any more", "{} nichts mehr verwalten lassen"),
    ("set site", "put {} into the site {}, group {}", "{} dem Standort {} zuordnen, Gruppe {}"),
    ("clear site", "take {} out of the site", "{} keinem Standort mehr zuordnen"),
    ("set vip", "set the VIP flag of {} to {}", "das VIP-Kennzeichen von {} auf {} setzen"),
    ("set assistant", "set the assistant flag of {} to {}", "das Kennzeichen Assistenz von {} auf {} setzen"),
    (
        "add site",
        "add the site {}, with the defaults {} for the same site, {} for other sites and {} for outside",
        "den Standort {} anlegen, mit den Vorgaben {} für denselben Standort, {} für andere Standorte und {} für außerhalb",
    ),
    ("remove site", "remove the site {}", "den Standort {} entfernen"),
    ("set default", "set the default of site {} for {} to {}", "die Vorgabe des Standorts {} für {} auf {} setzen"),
    (
        "set agreement",
        "set the company agreement of site {} to {}",
        "die Unternehmensvereinbarung am Standort {} auf {} setzen",
    ),
    ("add site_group", "add to site {} the group {}", "am Standort {} die Gruppe {} anlegen"),
    ("remove site_group", "remove from site {} the group {}", "am Standort {} die Gruppe {} entfernen"),
    (
        "set group_default",
        "set in site {} the default of group {} for {} to {}",
        "am Standort {} die Vorgabe der Gruppe {} für {} auf {} setzen",
    ),
    (
        "clear group_default",
        "take in site {} the default of group {} for {} from the site again",
        "am Standort {} die Vorgabe der Gruppe {} für {} wieder vom Standort nehmen",
    ),
    (
        "set group_agreement",
        "set in site {} the company agreement of group {} to {}",
        "am Standort {} die Unternehmensvereinbarung der Gruppe {} auf {} setzen",
    ),
    (
        "clear group_agreement",
        "take in site {} the company agreement of group {} from the site again",
        "am Standort {} die Unternehmensvereinbarung der Gruppe {} wieder vom Standort nehmen",
    ),
    ("add workgroup", "add the workgroup {} with the level {}", "die Arbeitsgruppe {} mit der Stufe {} anlegen"),
    ("remove workgroup", "remove the workgroup {}", "die Arbeitsgruppe {} entfernen"),
    ("set workgroup", "set the level of workgroup {} to {}", "die Stufe der Arbeitsgruppe {} auf {} setzen"),
    ("add monitoring_group", "add the monitoring group {}", "die Überwachungsgruppe {} anlegen"),
    ("remove monitoring_group", "remove the monitoring group {}", "die Überwachungsgruppe {} entfernen"),
    (
        "set monitoring_group",
        "set in monitoring group {} the level of {} to {}",
        "in der Überwachungsgruppe {} die Stufe von {} auf {} setzen",
    ),
    (
        "clear monitoring_group",
        "remove from monitoring group {} the level of {}",
        "aus der Überwachungsgruppe {} die Stufe von {} entfernen",
    ),
    ("set relationship", "set the relationship of {} for {} to {}", "die Beziehung von {} für {} auf {} setzen"),
    (
        "clear relationship",
        "put the relationship of {} for {} back to the default",
        "die Beziehung von {} für {} auf die Vorgabe zurücksetzen",
    ),
    (
        "reset relationships",
        "put all relationships that {} has set back to the default",
        "alle Beziehungen, die {} gesetzt hat, auf die Vorgabe zurücksetzen",
    ),
    (
        "begin transfer",
        "begin the transfer {}: {} has towards {} the part {}",
        "die Weitergabe {} beginnen: {} hat gegenüber {} die Rolle {}",
    ),
    ("end transfer", "end the transfer {}", "die Weitergabe {} beenden"),
    ("set release", "release of the calendar of {}: {}", "vom Kalender von {} freigeben: {}"),
    (
        "set private_line",
        "hide the numbers of calls of {} on line {}: {}",
        "Rufnummern der Gespräche von {} auf Leitung {} verbergen: {}",
    ),
    ("set authorization", "set the global preset to {}", "die globale Berechtigung auf {} setzen"),
    ("clear authorization", "have no global preset", "keine globale Berechtigung haben"),
    ("set users_may_grant", "let users grant rights themselves: {}", "Benutzer selbst Rechte erteilen lassen: {}"),
    ("add authorization_group", "add the authorization group {}", "die Berechtigungsgruppe {} anlegen"),
    ("remove authorization_group", "remove the authorization group {}", "die Berechtigungsgruppe {} entfernen"),
    (
        "set group_grant",
        "give members of authorization group {} towards each other {}",
        "Mitgliedern der Berechtigungsgruppe {} untereinander {} geben",
    ),
    (
        "clear group_grant",
        "give members of authorization group {} nothing towards each other",
        "Mitgliedern der Berechtigungsgruppe {} untereinander nichts geben",
    ),
    (
        "set leader_grant",
        "give leaders of authorization group {} towards its members {}",
        "der Leitung der Berechtigungsgruppe {} gegenüber den Mitgliedern {} geben",
    ),
    (
        "clear leader_grant",
        "give leaders of authorization group {} nothing towards its members",
        "der Leitung der Berechtigungsgruppe {} gegenüber den Mitgliedern nichts geben",
    ),
    ("set active", "switch authorization group {} on: {}", "die Berechtigungsgruppe {} einschalten: {}"),
    (
        "set federation",
        "give contacts of the federation {} at most {}",
        "Kontakten der Föderation {} höchstens {} geben",
    ),
    ("clear federation", "remove the entry of the federation {}", "den Eintrag der Föderation {} entfernen"),
    ("set grant", "grant of {} to {}: {}", "Freigabe von {} für {}: {}"),
    ("clear grant", "take back what {} has granted {}", "zurücknehmen, was {} für {} freigegeben hat"),
    (
        "set administrative_grant",
        "grant for the owner {} to {} as the administrator {}",
        "Freigabe der Administration, für die Daten von {} an {}: {}",
    ),
    (
        "clear administrative_grant",
        "take back what the administrator has granted for the owner {} to {}",
        "zurücknehmen, was die Administration für die Daten von {} an {} freigegeben hat",
    ),
    ("ask", "{} asks {} for the presence", "{} bittet {} um die Präsenz"),
    ("withdraw", "{} withdraws what was asked of {}", "{} zieht die Anfrage bei {} zurück"),
    ("answer", "{} gives the level {} to {}, who asked for it", "{} gibt die Stufe {} an {} (auf Anfrage)"),
    ("reject", "{} rejects and blocks {}", "{} lehnt ab und sperrt {}"),
    ("delete", "{} deletes the contact {}, and then: {}", "{} löscht den Kontakt {}, danach: {}"),
    (
        "set inquiry",
        "note as a fact that {} has an inquiry by {}",
        "als Tatsache vermerken, dass bei {} eine Anfrage von {} wartet",
    ),
    (
        "clear inquiry",
        "note as a fact that {} has no inquiry by {}",
        "als Tatsache vermerken, dass bei {} keine Anfrage von {} wartet",
    ),
    ("add favourite", "put into the favourites of {}: {}", "in die Favoriten von {} aufnehmen: {}"),
    ("remove favourite", "take out of the favourites of {}: {}", "aus den Favoriten von {} nehmen: {}"),
    (
        "set notification",
        "of waiting calls of team {}, notify {}",
        "über wartende Anrufe des Teams {} benachrichtigen: {}",
    ),
    ("login", "log in at team {} the agent {}", "beim Team {} anmelden: {}"),
    ("logout", "log out of team {} the agent {}", "vom Team {} abmelden: {}"),
    ("pause", "begin a pause in team {} for the agent {}", "im Team {} eine Pause beginnen für {}"),
    ("resume", "end the pause in team {} of the agent {}", "im Team {} die Pause beenden von {}"),
    ("add permission", "add the permission {}", "die Berechtigung {} anlegen"),
    ("remove permission", "remove the permission {}", "die Berechtigung {} entfernen"),
    ("add role_type", "add to permission {} the role type {}", "der Berechtigung {} den Rollentyp {} geben"),
    ("remove role_type", "take from permission {} the role type {}", "der Berechtigung {} den Rollentyp {} nehmen"),
    ("set automatic", "let permission {} hold all {}: {}", "die Berechtigung {} automatisch allen geben, Art {}: {}"),
    ("set show_numbers", "let clients show who talks to whom: {}", "Clients zeigen lassen, wer mit wem spricht: {}"),
    ("set company", "set the company of {} to {}", "die Firma von {} auf {} setzen"),
    ("clear company", "set no company for {}", "für {} keine Firma setzen"),
    ("set container", "set the container of {} to {}", "den Container von {} auf {} setzen"),
    ("clear container", "set no container for {}", "für {} keinen Container setzen"),
    ("set new_users", "what new users get: {}", "was neue Benutzer erhalten: {}"),
    ("set realm", "use permission realms: {}", "Berechtigungsbereiche verwenden: {}"),
    ("subscribe", "ask for {} for the presence of {}", "für {} um die Präsenz bitten von {}"),
    ("accept", "grant for {} the presence to {}", "für {} die Präsenz freigeben an {}"),
    ("decline", "decline for {} the inquiry of {}", "für {} die Anfrage ablehnen von {}"),
    (
        "request",
        "{} asks for the presence of {}, and offers the own one",
        "{} bittet {} um die Präsenz und bietet die eigene an",
    ),
    ("confirm", "{} accepts the inquiry of {}, and asks in turn", "{} nimmt die Anfrage von {} an und bittet selbst"),
    ("set subscription", "set the subscription of {} to {} to {}", "das Abonnement von {} bei {} auf {} setzen"),
    ("clear subscription", "remove the subscription of {} to {}", "das Abonnement von {} bei {} entfernen"),
    (
        "set consent",
        "note as a fact that {} agrees to what {} will ask",
        "als Tatsache vermerken, dass {} der künftigen Anfrage von {} zustimmt",
    ),
    (
        "clear consent",
        "note as a fact that {} agrees to nothing that {} will ask",
        "als Tatsache vermerken, dass {} keiner künftigen Anfrage von {} zustimmt",
    ),
    (
        "set created",
        "note as a fact that {} was created as number {} under {}",
        "als Tatsache vermerken, dass {} als Nummer {} unter {} angelegt wurde",
    ),
    (
        "clear created",
        "note as a fact that no policy for new users concerns {}",
        "als Tatsache vermerken, dass keine Vorgabe für neue Benutzer {} betrifft",
    ),
    (
        "set dated_relationship",
        "set the relationship of {} for {} to {} at some times only: {}",
        "die Beziehung von {} für {} auf {} setzen, nur zu diesen Zeiten: {}",
    ),
    (
        "clear dated_relationship",
        "remove the relationship of {} for {} with dates",
        "die zeitlich begrenzte Beziehung von {} für {} entfernen",
    ),
    (
        "set dated_grant",
        "grant of {} to {}, at some times only ({}): {}",
        "Freigabe von {} für {}, nur zu diesen Zeiten ({}): {}",
    ),
    (
        "clear dated_grant",
        "take back what {} has granted {} with dates",
        "zurücknehmen, was {} für {} zeitlich begrenzt freigegeben hat",
    ),
    (
        "set dated_administrative_grant",
        "grant for the owner {} to {} as the administrator, at some times only ({}): {}",
        "Freigabe der Administration, für die Daten von {} an {}, nur zu diesen Zeiten ({}): {}",
    ),
    (
        "clear dated_administrative_grant",
        "take back what the administrator has granted for the owner {} to {} with dates",
        "zurücknehmen, was die Administration für die Daten von {} an {} zeitlich begrenzt freigegeben hat",
    ),
    (
        "set dated_member",
        "put on the list {} of {} at some times only: {} ({})",
        "in die Liste {} von {} nur zu diesen Zeiten aufnehmen: {} ({})",
    ),
    (
        "clear dated_member",
        "take off the list {} of {} the member with dates {}",
        "aus der Liste {} von {} das zeitlich begrenzte Mitglied {} nehmen",
    ),
    ("add group", "add the group {}", "die Gruppe {} anlegen"),
    ("remove group", "remove the group {}", "die Gruppe {} entfernen"),
    ("add rule", "add the rule {}: {}", "die Regel {} anlegen: {}"),
    ("set rule", "change the rule {}: {}", "die Regel {} ändern: {}"),
    ("remove rule", "remove the rule {}", "die Regel {} entfernen"),
    ("set exempt", "let no one have towards {} the rights {}", "gegenüber {} niemandem diese Rechte geben: {}"),
    ("clear exempt", "exempt {} from nothing any more", "{} von nichts mehr ausnehmen"),
    ("set destinations", "say where numbers lead: {}", "festlegen, wohin Rufnummern führen: {}"),
    ("clear destinations", "say nothing about where numbers lead", "nichts darüber festlegen, wohin Rufnummern führen"),
];

/// The arguments of changes.
const ARGUMENTS: &[(&str, &str, &str)] = &[
    ("actors", "Who acts", "Wer handelt"),
    ("address", "Address, as sip:bob@partner.example", "Adresse, wie sip:bob@partner.example"),
    ("agent", "Agent", "Agent"),
    ("agreement", "Company agreement", "Unternehmensvereinbarung"),
    ("area", "Area", "Bereich"),
    ("call", "Call", "Gespräch"),
    ("code", "Code", "Kennziffer"),
    ("company", "Company", "Firma"),
    ("contact", "Contact", "Kontakt"),
    ("container", "Container", "Container"),
    ("deletion", "Keep or block", "Behalten oder sperren"),
    ("direction", "Direction", "Richtung"),
    ("except", "Except towards", "Außer gegenüber"),
    ("except_actors", "Except who acts", "Außer wer handelt"),
    ("function", "Function", "Funktion"),
    ("grant", "Level", "Stufe"),
    ("group", "Group", "Gruppe"),
    ("kind", "Kind", "Art"),
    ("label", "Level", "Stufe"),
    ("level", "Level", "Stufe"),
    ("levels", "Levels", "Stufen"),
    ("line", "Extension", "Nebenstelle"),
    ("lines", "Extensions", "Nebenstellen"),
    ("list", "List", "Liste"),
    ("maximum", "At most", "Höchstens"),
    ("name", "Name", "Name"),
    ("names", "Names", "Namen"),
    ("notification", "Who is notified", "Wer benachrichtigt wird"),
    ("of", "Name of the group, team or permission", "Name der Gruppe, des Teams oder der Berechtigung"),
    ("on", "On", "Ein"),
    ("order", "Number", "Nummer"),
    ("other", "Other party", "Andere Person"),
    ("other_sites", "For other sites", "Für andere Standorte"),
    ("outside", "For outside", "Für außerhalb"),
    ("owner", "Owner: whose line or data", "Eigentümer: wessen Leitung oder Daten"),
    ("parties", "Members", "Mitglieder"),
    ("party", "Who", "Wer"),
    ("pattern", "Domain of the federation", "Domäne der Föderation"),
    ("permission", "Permission", "Berechtigung"),
    ("policy", "Policy for new users", "Vorgabe für neue Benutzer"),
    ("release", "What is released", "Was freigegeben wird"),
    ("requester", "Who asks", "Wer anfragt"),
    ("requesters", "Who asked", "Wer angefragt hat"),
    ("right", "Right", "Recht"),
    ("rights", "Rights", "Rechte"),
    ("role", "Part in the transfer", "Rolle bei der Weitergabe"),
    ("role_type", "Role type", "Rollentyp"),
    ("same_site", "For the same site", "Für denselben Standort"),
    ("scope", "For whom", "Für wen"),
    ("seconds", "Seconds", "Sekunden"),
    ("settings", "Settings", "Einstellungen"),
    ("site", "Site", "Standort"),
    ("state", "State", "Zustand"),
    ("system", "System", "System"),
    ("systems", "Systems", "Systeme"),
    ("targets", "Towards whom", "Gegenüber wem"),
    ("team", "Team", "Team"),
    ("user", "User", "Benutzer"),
    ("viewer", "Viewer: who may", "Betrachter: wer darf"),
    ("when", "When: dates and hours, or always", "Wann: Daten und Uhrzeiten, oder always"),
];

/// The sentence of changes that begin with these words; what the engine says where none is known.
fn form(verb: &str, lang: Lang) -> &str {
    lang.said(CHANGES, verb)
}

/// What a change of these words is called: its sentence without names.
pub fn change_title(verb: &str, lang: Lang) -> String {
    let mut title = form(verb, lang).replace("{}", "…").replace("… …", "…");
    if let Some(first) = title.chars().next() {
        title.replace_range(..first.len_utf8(), &first.to_uppercase().to_string());
    }
    title
}

/// What an argument is called.
pub fn argument(name: &str, lang: Lang) -> &str {
    lang.said(ARGUMENTS, name)
}

/// What a change does, in a sentence.
pub fn change(change: &Change, lang: Lang) -> String {
    let said: Vec<String> = change.arguments().iter().map(|(name, words)| value(name, words, lang)).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    filled(form(change.verb(), lang), &said)
}

/// What the lines of a change set do, each in a sentence; a line that is no change stays as it is.
pub fn change_of_line(domain: &str, line: &str, lang: Lang) -> String {
    match linewarden::parse_changes(line, Some(domain)).as_deref() {
        Ok([only]) => change(&only.change, lang),
        _ => line.to_owned(),
    }
}

/// The words of an argument as they stand in a sentence.
fn value(name: &str, words: &[String], lang: Lang) -> String {
    let list = |words: &[String]| match words {
        [] => "–".to_owned(),
        words => lang.list(&words.iter().map(|word| apart(word, lang)).collect::<Vec<_>>(), usize::MAX),
    };
    let rights =
        |names: &[String]| lang.list(&names.iter().map(|name| right(name, lang)).collect::<Vec<_>>(), usize::MAX);
    match (name, words) {
        ("on", [word]) => if word == "yes" { Word::Yes } else { Word::No }.of(lang).to_owned(),
        ("right" | "rights", names) if !names.is_empty() => rights(names),
        ("grant", [word, names @ ..]) if word == "rights" => rights(names),
        ("parts", words) => parts(words, lang),
        (_, words) => list(words),
    }
}

/// A name that is more than one word, or none, in quotes.
fn apart(name: &str, lang: Lang) -> String {
    match name.is_empty() || name.contains(char::is_whitespace) {
        true => lang.quote(name),
        false => name.to_owned(),
    }
}

/// The parts of a rule, each with its name before it.
fn parts(words: &[String], lang: Lang) -> String {
    let mut said: Vec<(&str, Vec<String>)> = Vec::new();
    for word in words {
        match (word.strip_suffix(':'), said.last_mut()) {
            (Some(key), _) => said.push((key, Vec::new())),
            (None, Some(("rights", values))) => values.push(right(word, lang)),
            (None, Some((_, values))) => values.push(apart(word, lang)),
            (None, None) => {}
        }
    }
    let one = |(key, values): &(&str, Vec<String>)| {
        let values = if values.is_empty() { "–".to_owned() } else { values.join(", ") };
        format!("{}: {values}", argument(key, lang))
    };
    said.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_change_and_argument_has_words_of_its_own_in_both_languages() {
        let (mut verbs, mut names) = (BTreeSet::new(), BTreeSet::new());
        for kind in Change::FORMS {
            verbs.insert(kind.verb);
            names.extend(kind.arguments.iter().map(|parameter| parameter.name));
            for lang in Lang::ALL {
                assert_eq!(form(kind.verb, lang).matches('{').count(), kind.arguments.len(), "{}", kind.verb);
            }
        }
        names.remove("parts");
        names.extend(["actors", "targets", "except", "except_actors"]);
        assert_eq!(CHANGES.iter().map(|(verb, ..)| *verb).collect::<BTreeSet<_>>(), verbs);
        assert_eq!(ARGUMENTS.iter().map(|(name, ..)| *name).collect::<BTreeSet<_>>(), names);
        for lang in Lang::ALL {
            let titles: BTreeSet<String> = verbs.iter().map(|verb| change_title(verb, lang)).collect();
            assert_eq!(titles.len(), verbs.len(), "two changes are called the same");
        }
        assert!(CHANGES.iter().all(|(_, english, german)| english != german));
    }

    #[test]
    fn changes_become_sentences_and_names_stay() {
        for (line, english, german) in [
            (
                "set relationship alice bob assistant",
                "set the relationship of alice for bob to assistant",
                "die Beziehung von alice für bob auf assistant setzen",
            ),
            ("set vip no yes", "set the VIP flag of no to yes", "das VIP-Kennzeichen von no auf ja setzen"),
            (
                "add user dave",
                "add the user dave with the extensions –",
                "den Benutzer dave mit den Nebenstellen – anlegen",
            ),
            (
                "set grant a b rights call.pickup.first line.busy.read",
                "grant of a to b: pick up calls (first line) and see the busy lamp",
                "Freigabe von a für b: Anrufe heranholen (erste Leitung) und die Besetztanzeige sehen",
            ),
            (
                "add rule \"the night\" rights: call.pickup actors: everyone targets: group:x \"own team\"",
                "add the rule “the night”: Rights: pick up calls; Who acts: everyone; Towards whom: group:x, “own team”",
                "die Regel „the night“ anlegen: Rechte: Anrufe heranholen; Wer handelt: everyone; Gegenüber wem: group:x, „own team“",
            ),
            ("no change at all", "no change at all", "no change at all"),
        ] {
            assert_eq!(change_of_line("acme.example", line, Lang::En), english);
            assert_eq!(change_of_line("acme.example", line, Lang::De), german);
        }
    }
}
