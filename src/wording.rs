//! Parts of messages: quoted input, expected words, suggestions. It must never decide what is wrong.
#![forbid(unsafe_code)]

/// The end of a message that suggests a name.
pub fn did_you_mean(name: &str) -> String {
    format!(" (did you mean {}?)", quote(name))
}

/// The nearest of `candidates`; `None` if all differ by more than a third of the letters, and by more than one.
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

/// The end of a message about an unknown name: the nearest one, or nothing.
pub fn meant_name<'c>(word: &str, names: impl Iterator<Item = &'c str>) -> String {
    nearest(word, names).map(did_you_mean).unwrap_or_default()
}

/// Every number that differs from `digits` by one typing error: two digits swapped, one wrong, one too many, one too few. These are
/// the numbers that [`nearest`] finds for it; look them up where there are too many numbers to search.
pub fn slips(digits: &str) -> impl Iterator<Item = String> + '_ {
    let any = || ('0'..='9').map(String::from);
    let split = move |at: usize| Some((digits.get(..at)?, digits.get(at..)?));
    let places = move || (0..=digits.len()).filter_map(split);
    let swapped = places().filter_map(|(head, tail)| {
        let (first, rest) = (tail.get(..1)?, tail.get(1..)?);
        Some(format!("{head}{}{first}{}", rest.get(..1)?, rest.get(1..)?))
    });
    let tails = move || places().filter_map(|(head, tail)| Some((head, tail.get(1..)?)));
    let replaced = tails().flat_map(move |(head, tail)| any().map(move |digit| format!("{head}{digit}{tail}")));
    let removed = tails().map(|(head, tail)| format!("{head}{tail}"));
    let added = places().flat_map(move |(head, tail)| any().map(move |digit| format!("{head}{digit}{tail}")));
    swapped.chain(replaced).chain(removed).chain(added)
}

/// The end of a message about a word that a closed list lacks: the nearest one, or else all.
pub fn meant(word: &str, words: &[&str]) -> String {
    nearest(word, words.iter().copied()).map_or_else(|| expected(words), did_you_mean)
}

/// The end of a message about an unknown right: the nearest name, else the shortest of which it is a part, else where all of them stand.
pub fn meant_right(word: &str, names: &[&str]) -> String {
    let has_part = |name: &&str| name.split('.').any(|part| part.eq_ignore_ascii_case(word));
    let part = || names.iter().copied().filter(has_part).min_by_key(|name| name.len());
    let near = nearest(word, names.iter().copied()).or_else(part);
    near.map_or_else(|| ", expected one that `linewarden right-names` lists".into(), did_you_mean)
}

/// The end of a message that lists what was expected.
pub fn expected(words: &[&str]) -> String {
    let list: Vec<String> = words.iter().map(|word| quote(word)).collect();
    match list.as_slice() {
        [only] => format!(", expected {only}"),
        _ => format!(", expected one of {}", list.join(", ")),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// Text in backticks, on one line, at most 60 characters.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from("`");
    for (c, index) in text.chars().zip(0..) {
        if index == 60 {
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
    fn slips_are_what_is_nearest_to_a_short_number() {
        for digits in ["7", "100", "4711"] {
            let slips: Vec<String> = slips(digits).collect();
            for slip in &slips {
                assert_eq!(nearest(digits, [slip.as_str()].into_iter()), Some(slip.as_str()));
            }
            for number in 0..100_000 {
                let number = number.to_string();
                let near = nearest(digits, [number.as_str()].into_iter()).is_some();
                assert_eq!(near, slips.contains(&number), "{digits} {number}");
            }
        }
    }

    #[test]
    fn lists_read_as_sentences() {
        let items = ["a", "b", "c"].map(String::from);
        assert_eq!([0, 1, 2, 3].map(|count| listed(&items[..count])), ["", "a", "a and b", "a, b and c"]);
    }

    #[test]
    fn what_was_found_is_kept_on_one_line() {
        assert_eq!(quote("a\nb"), "`a\\nb`");
        assert_eq!(quote(&"x".repeat(100)).len(), 60 + 3 + 2);
    }
}
