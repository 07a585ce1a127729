//! How messages speak of what was found and what was expected. It never decides what is wrong.
#![forbid(unsafe_code)]

/// The end of a message that names what was probably meant.
pub fn did_you_mean(name: &str) -> String {
    format!("; did you mean {}?", quote(name))
}

/// The nearest of `candidates`, when one is near enough for a slip: a third of the letters may differ, one always.
pub fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let length = word.chars().count();
    if length > 64 {
        return None;
    }
    let (limit, lower) = ((length / 3).max(1), word.to_lowercase());
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.chars().count().abs_diff(length) > limit {
            continue;
        }
        let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The end of a message about a word that is not of a closed list: the nearest one, or else all.
pub fn meant(word: &str, words: &[&str]) -> String {
    nearest(word, words.iter().copied()).map_or_else(|| expected(words), did_you_mean)
}

/// The end of a message that lists what was expected.
pub fn expected(words: &[&str]) -> String {
    let list: Vec<String> = words.iter().map(|word| quote(word)).collect();
    match list.as_slice() {
        [only] => format!(", expected {only}"),
        _ => format!(", expected one of {}", list.join(", ")),
    }
}

/// What was found, in backticks: one line of it, not more than 60 characters.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from("`");
    for (c, place) in text.chars().zip(0..) {
        if place == 60 {
            quoted.push_str("...");
            break;
        }
        if c.is_control() { quoted.extend(c.escape_default()) } else { quoted.push(c) }
    }
    quoted.push('`');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_are_suggested() {
        let names = ["level", "members", "name"];
        assert_eq!(nearest("lvel", names.into_iter()), Some("level"));
        assert_eq!(nearest("Level", names.into_iter()), Some("level"));
        assert_eq!(nearest("xyz", names.into_iter()), None);
        assert_eq!(nearest("", names.into_iter()), None);
    }

    #[test]
    fn what_was_found_is_kept_on_one_line() {
        assert_eq!(quote("a\nb"), "`a\\nb`");
        assert_eq!(quote(&"x".repeat(100)).len(), 60 + 3 + 2);
    }
}
