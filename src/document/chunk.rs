//! Splits a document at its top-level headers into chunks that are parsed one by one: a fault stays in its entry, and
//! parsing takes memory for one entry only. It must never judge syntax; it only refuses what is too deep or too long.
#![forbid(unsafe_code)]

use std::ops::Range;

/// The longest chunk in bytes. Tokens of hostile text take many times its length, so this bounds memory.
const LONGEST: usize = 16 << 20;
/// The deepest nesting of brackets. The parser and dropping its tree use stack for every level.
const DEEPEST: usize = 32;
/// The most dots in one key.
const DOTS: usize = 8;

/// The text between two headers.
#[derive(Debug, PartialEq)]
pub(super) struct Chunk {
    /// Its bytes in the document.
    pub range: Range<usize>,
    /// Place and reason if it is not parsed.
    pub refused: Option<(usize, String)>,
}

/// The document's chunks, one after another: the text before the first of `headers`, then one chunk for each header.
///
/// A line `[header]` or `[[header]]` outside a multi-line string is a header or a syntax error, even with open brackets:
/// a bare word is not a value.
pub(super) fn chunks<'t>(text: &'t str, headers: &'t [&'t str]) -> impl Iterator<Item = Chunk> + 't {
    let bytes = text.as_bytes();
    let (mut start, mut begun, mut ended) = (0, false, false);
    std::iter::from_fn(move || {
        let (mut at, mut depth, mut dots) = (start, 0usize, 0);
        let mut refused = None;
        // The header at the start of every chunk but the first is its own.
        let mut line_start = !begun;
        begun = true;
        while let Some(&byte) = bytes.get(at).filter(|_| !ended) {
            if line_start && is_header(bytes.get(at..).unwrap_or_default(), headers) {
                let chunk = Chunk::new(start..at, refused.take());
                start = at;
                return Some(chunk);
            }
            line_start = matches!(byte, b'\n' | b'\r');
            match byte {
                b'#' => {
                    at += until(bytes, at, |byte| matches!(byte, b'\n' | b'\r'));
                    continue;
                }
                b'"' | b'\'' => {
                    at = string_end(bytes, at, byte);
                    continue;
                }
                b'.' => dots += 1,
                b'[' | b'{' => (depth, dots) = (depth + 1, 0),
                b']' | b'}' => (depth, dots) = (depth.saturating_sub(1), 0),
                b',' | b'=' | b'\n' | b'\r' => dots = 0,
                _ => {}
            }
            if refused.is_none() && depth > DEEPEST {
                refused = Some((at, format!("brackets nested more than {DEEPEST} deep")));
            }
            if refused.is_none() && dots > DOTS {
                refused = Some((at, format!("key with more than {DOTS} dots")));
            }
            at += 1;
        }
        let rest = (!ended).then(|| Chunk::new(start..bytes.len(), refused));
        ended = true;
        rest
    })
}

impl Chunk {
    fn new(range: Range<usize>, refused: Option<(usize, String)>) -> Chunk {
        let too_long =
            || format!("{} bytes without a table's header between them, expected at most {LONGEST}", range.len());
        let refused = refused.or_else(|| (range.len() > LONGEST).then(|| (range.start, too_long())));
        Chunk { range, refused }
    }
}

/// The number of bytes from `at` to the first that `stop` accepts.
fn until(bytes: &[u8], at: usize, stop: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|byte| stop(*byte)).unwrap_or(rest.len())
}

/// The offset after the string that begins at `at`. It ends where the parser's lexer ends it, closed or not.
fn string_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let three = |at: usize| bytes.get(at..at + 3).is_some_and(|run| run.iter().all(|byte| *byte == quote));
    let long = three(at);
    let mut at = if long { at + 3 } else { at + 1 };
    loop {
        at += until(bytes, at, |byte| byte == quote || byte == b'\n' || byte == b'\\');
        match bytes.get(at) {
            None => return bytes.len(),
            Some(b'\n') if long => at += 1,
            Some(b'\n') => return at,
            Some(b'\\') if quote == b'"' => {
                at += if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) { 2 } else { 1 };
            }
            Some(b'\\') => at += 1,
            Some(_) if !long => return at + 1,
            Some(_) if three(at) => {
                at += 3;
                // Up to two quotes before the closing three belong to the text.
                let more = bytes.get(at..).unwrap_or_default().iter().take(2);
                return at + more.take_while(|byte| **byte == quote).count();
            }
            Some(_) => at += 1,
        }
    }
}

fn is_header(line: &[u8], headers: &[&str]) -> bool {
    // Most lines are no header: only one that begins with a bracket is looked at as a whole.
    if line.iter().take(256).find(|byte| !byte.is_ascii_whitespace()) != Some(&b'[') {
        return false;
    }
    // The longest header with some blanks and a comment. A longer line goes to the parser as part of the chunk before.
    let line = line.get(..256).unwrap_or(line);
    let line = line.split(|byte| matches!(byte, b'\n' | b'\r' | b'#')).next().unwrap_or_default();
    let inner = |line: &[u8]| Some(line.trim_ascii().strip_prefix(b"[")?.strip_suffix(b"]")?.to_owned());
    let Some(name) = inner(line) else { return false };
    let name = name.strip_prefix(b"[").and_then(|name| name.strip_suffix(b"]")).unwrap_or(&name);
    headers.iter().any(|header| header.as_bytes() == name.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        chunks(text, &["user", "client"]).map(|chunk| &text[chunk.range]).collect()
    }

    #[test]
    fn cuts_before_headers_only() {
        let text = "a = 1\n[[user]]\nb = [\n  [\"x\"],\n]\n [ client ] # c\n[user.x]\n";
        assert_eq!(texts(text), ["a = 1\n", "[[user]]\nb = [\n  [\"x\"],\n]\n", " [ client ] # c\n[user.x]\n"]);
    }

    #[test]
    fn strings_and_comments_hide_headers() {
        for hidden in
            ["a = \"\"\"\n[[user]]\n\"\"\"\n", "a = '''\n[[user]]\n'''\n", "# [[user]]\n", "a = \"[[user]]\"\n"]
        {
            assert_eq!(texts(hidden), [hidden]);
        }
        assert_eq!(texts("a = \"\"\"x\\\"\"\"\"\"\n[[user]]").len(), 2, "quotes before the closing three");
    }

    #[test]
    fn open_brackets_and_strings_end_at_the_next_header() {
        assert_eq!(texts("[[user]]\na = [[\n[[user]]\n"), ["", "[[user]]\na = [[\n", "[[user]]\n"]);
        assert_eq!(texts("a = \"x\n[[user]]\n"), ["a = \"x\n", "[[user]]\n"]);
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let refused = |text: &str| chunks(text, &[]).next().unwrap().refused;
        assert!(refused(&"[".repeat(33)).is_some() && refused(&"[".repeat(32)).is_none());
        assert!(
            refused(&"a.".repeat(9)).is_some()
                && refused("a = [1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5]").is_none()
        );
        assert!(refused("#\ra.").is_none() && refused(&format!("#\r{}", "a.".repeat(9))).is_some());
        assert!(refused(&format!("# {}", ".".repeat(100))).is_none());
        assert!(refused(&"x".repeat(LONGEST + 1)).is_some() && refused(&"x".repeat(LONGEST)).is_none());
    }
}
