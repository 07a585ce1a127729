//! What an explanation suggests, as a sentence that says what to do: the engine's words have facts and levels (`vip of alice: true -> false`). What
//! stands where `{}` is, is a name or a word of the system, and is never translated.
#![forbid(unsafe_code)]

use super::words::{Lang, filled};

/// The engine's words; the sentence in English and in German. The first that fits counts, so the narrower stand first.
const SUGGESTIONS: &[(&str, &str, &str)] = &[
    (
        "own setting of {} for {}: {} -> {}",
        "change the own setting of {} for {} from {} to {}",
        "die eigene Einstellung von {} für {} von {} auf {} ändern",
    ),
    (
        "own setting of {} for {}: {}",
        "make an own setting of {} for {}: {}",
        "eine eigene Einstellung von {} für {} anlegen: {}",
    ),
    (
        "remove the own setting of {} for {}",
        "remove the own setting of {} for {}",
        "die eigene Einstellung von {} für {} entfernen",
    ),
    ("add {} to workgroup {}", "add {} to workgroup {}", "{} in die Arbeitsgruppe {} aufnehmen"),
    ("add {} to permission {}", "add {} to permission {}", "{} in die Berechtigung {} aufnehmen"),
    (
        "add a permission with {} that holds {}",
        "add a permission with {} that holds {}",
        "eine Berechtigung mit {} anlegen, die {} enthält",
    ),
    ("add {} to the agents of {}", "add {} to the agents of {}", "{} zu den Agenten von {} hinzufügen"),
    (
        "add {} to the leaders of authorization group {}",
        "add {} to the leaders of authorization group {}",
        "{} zur Leitung der Berechtigungsgruppe {} hinzufügen",
    ),
    (
        "add {} to the members of authorization group {}",
        "add {} to the members of authorization group {}",
        "{} zu den Mitgliedern der Berechtigungsgruppe {} hinzufügen",
    ),
    (
        "add an authorization group in which {} leads {}, leader_rights: {}",
        "add an authorization group in which {} leads {}, with the rights {}",
        "eine Berechtigungsgruppe anlegen, in der {} {} leitet, mit den Rechten {}",
    ),
    (
        "add a rule that gives {} {} on {}",
        "add a rule that gives {} {} on {}",
        "eine Regel anlegen, die {} {} gegenüber {} gibt",
    ),
    ("vip of {}: true -> false", "take the VIP flag from {}", "{} das VIP-Kennzeichen nehmen"),
    ("assistant of {}: false -> true", "flag {} as an assistant", "{} als Assistenz kennzeichnen"),
    (
        "level of workgroup {}: {} -> {}",
        "change the level of workgroup {} from {} to {}",
        "die Stufe der Arbeitsgruppe {} von {} auf {} ändern",
    ),
    (
        "{} of monitoring group {}: {} -> {}",
        "change {} of monitoring group {} from {} to {}",
        "{} der Überwachungsgruppe {} von {} auf {} ändern",
    ),
    (
        "same_site of group {} of site {}: {} -> {}",
        "change the default of group {} of site {} for the same site from {} to {}",
        "die Vorgabe der Gruppe {} am Standort {} für denselben Standort von {} auf {} ändern",
    ),
    (
        "other_sites of group {} of site {}: {} -> {}",
        "change the default of group {} of site {} for other sites from {} to {}",
        "die Vorgabe der Gruppe {} am Standort {} für andere Standorte von {} auf {} ändern",
    ),
    (
        "outside of group {} of site {}: {} -> {}",
        "change the default of group {} of site {} for outside contacts from {} to {}",
        "die Vorgabe der Gruppe {} am Standort {} für externe Kontakte von {} auf {} ändern",
    ),
    (
        "same_site of site {}: {} -> {}",
        "change the default of site {} for the same site from {} to {}",
        "die Vorgabe des Standorts {} für denselben Standort von {} auf {} ändern",
    ),
    (
        "other_sites of site {}: {} -> {}",
        "change the default of site {} for other sites from {} to {}",
        "die Vorgabe des Standorts {} für andere Standorte von {} auf {} ändern",
    ),
    (
        "outside of site {}: {} -> {}",
        "change the default of site {} for outside contacts from {} to {}",
        "die Vorgabe des Standorts {} für externe Kontakte von {} auf {} ändern",
    ),
    (
        "own grant of {} to {}: {} -> {}",
        "change the own grant of {} to {} from {} to {}",
        "die eigene Freigabe von {} für {} von {} auf {} ändern",
    ),
    (
        "administrative grant of {} to {}: {} -> {}",
        "change the administrator's grant of {} to {} from {} to {}",
        "die Freigabe durch die Administration von {} für {} von {} auf {} ändern",
    ),
    (
        "remove the administrative grant of {} to {}",
        "remove the administrator's grant of {} to {}",
        "die Freigabe durch die Administration von {} für {} entfernen",
    ),
    (
        "calendar_release of {}: {} -> {}",
        "change the calendar release of {} from {} to {}",
        "die Kalenderfreigabe von {} von {} auf {} ändern",
    ),
    (
        "private_lines of {} without {}",
        "take {1} from the private lines of {0}",
        "{1} aus den privaten Leitungen von {0} nehmen",
    ),
    (
        "grant of authorization group {} to its leaders: {} -> {}",
        "change what authorization group {} grants to its leaders from {} to {}",
        "ändern, was die Berechtigungsgruppe {} ihrer Leitung freigibt: von {} auf {}",
    ),
    (
        "grant of authorization group {} to its members: {} -> {}",
        "change what authorization group {} grants to its members from {} to {}",
        "ändern, was die Berechtigungsgruppe {} ihren Mitgliedern freigibt: von {} auf {}",
    ),
    (
        "active of authorization group {}: false -> true",
        "switch authorization group {} on",
        "die Berechtigungsgruppe {} einschalten",
    ),
    (
        "maximum of federation {}: {} -> {}",
        "change the maximum of federation {} from {} to {}",
        "das Höchste der Föderation {} von {} auf {} ändern",
    ),
    (
        "global preset: {} -> {}",
        "change the global preset from {} to {}",
        "die globale Berechtigung von {} auf {} ändern",
    ),
    ("subscription of {} to {}: {}", "subscription of {} to {}: {}", "Abonnement von {} bei {}: {}"),
    ("rule {}: also {}", "let rule {} give {}, too", "die Regel {} auch {} geben lassen"),
    ("rule {}, {}: without {}", "take {2} from rule {0} ({1})", "{2} aus der Regel {0} nehmen ({1})"),
    ("exempt of {} without {}", "exempt {} from {} no longer", "{} nicht mehr von {} ausnehmen"),
    (
        "row {} of [matrix.{}]: {} -> {}",
        "change row {} of the matrix of {} from {} to {}",
        "die Zeile {} der Matrix von {} von {} auf {} ändern",
    ),
];

/// What a suggestion says to do. What no sentence fits is what the engine says.
pub fn suggestion(text: &str, lang: Lang) -> String {
    let one = |text: &str| {
        let found = SUGGESTIONS
            .iter()
            .find_map(|(said, english, german)| Some((fits(said, text)?, lang.pick(english, german))));
        found.map_or_else(|| text.to_owned(), |(names, sentence)| filled(sentence, &names))
    };
    let and = lang.pick(", and ", ", und ");
    lang.quoted(&text.split(", and ").map(one).collect::<Vec<_>>().join(and))
}

/// What stands at each `{}` of the engine's words, if the text has their form.
fn fits<'t>(form: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut parts = form.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut names = Vec::new();
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let at = match (part, parts.peek()) {
            ("", None) => rest.len(),
            (end, None) => rest.len().checked_sub(end.len()).filter(|_| rest.ends_with(end))?,
            // A name in quotes may have the words of a form in it.
            (middle, Some(_)) => {
                let quoted = rest.strip_prefix('`').and_then(|inside| Some(inside.find('`')? + 2)).unwrap_or_default();
                quoted + rest.get(quoted..)?.find(middle)?
            }
        };
        let (name, after) = rest.split_at_checked(at)?;
        names.push(name);
        rest = after.strip_prefix(part)?;
    }
    (rest.is_empty() && names.iter().all(|name| !name.is_empty())).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use linewarden::{Document, Engine, Right};
    use std::collections::BTreeSet;

    #[test]
    fn facts_become_sentences_and_names_stay() {
        for (text, english, german) in [
            ("vip of alice: true -> false", "take the VIP flag from alice", "alice das VIP-Kennzeichen nehmen"),
            (
                "own setting of alice for bob: team_colleague",
                "make an own setting of alice for bob: team_colleague",
                "eine eigene Einstellung von alice für bob anlegen: team_colleague",
            ),
            (
                "own setting of martin for rosa: employee -> team_colleague",
                "change the own setting of martin for rosa from employee to team_colleague",
                "die eigene Einstellung von martin für rosa von employee auf team_colleague ändern",
            ),
            (
                "same_site of group `a of site b` of site `munich`: external -> employee",
                "change the default of group “a of site b” of site “munich” for the same site from external to employee",
                "die Vorgabe der Gruppe „a of site b“ am Standort „munich“ für denselben Standort von external auf employee ändern",
            ),
            (
                "private_lines of alice without `2`, and vip of alice: true -> false",
                "take “2” from the private lines of alice, and take the VIP flag from alice",
                "„2“ aus den privaten Leitungen von alice nehmen, und alice das VIP-Kennzeichen nehmen",
            ),
            ("users_may_grant = true", "users_may_grant = true", "users_may_grant = true"),
            ("vip of : true -> false", "vip of : true -> false", "vip of : true -> false"),
        ] {
            assert_eq!(suggestion(text, Lang::En), english);
            assert_eq!(suggestion(text, Lang::De), german);
        }
    }

    #[test]
    fn sentences_have_the_places_of_their_words() {
        for (form, english, german) in SUGGESTIONS {
            let places = |text: &str| text.matches('{').count();
            assert_eq!((places(form), places(form)), (places(english), places(german)), "{form}");
        }
    }

    /// What the sample companies are suggested is German where it is asked in German.
    #[test]
    fn what_the_samples_are_suggested_has_a_sentence() {
        let mut said = BTreeSet::new();
        for name in ["mixed", "xphone", "estos", "pascom", "keevio", "linewarden"] {
            let path = format!("{}/../../examples/companies/{name}.toml", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).unwrap();
            let engine = Engine::from_documents(&[Document { name: name.into(), text }]).unwrap();
            let domain = engine.domains()[0].0;
            let all = engine.parties(domain);
            for (actor, target) in
                all.iter().step_by(7).flat_map(|actor| all.iter().step_by(11).map(move |target| (actor, target)))
            {
                for right in ["call.pickup", "line.busy.read", "presence.status.read", "call.listen"] {
                    let right = Right::parse(right).unwrap();
                    said.extend(
                        engine.explain(*actor, right, *target, None).changes.into_iter().map(|found| found.change),
                    );
                }
            }
        }
        // A setting is called as documents call it.
        let plain = |text: &str| text.contains(" = ") || text.starts_with("show_numbers");
        let missing: Vec<_> =
            said.iter().filter(|text| !plain(text) && suggestion(text, Lang::De) == **text).take(20).collect();
        assert!(said.len() > 100 && missing.is_empty(), "{} suggestions, without a sentence: {missing:#?}", said.len());
    }
}
