//! The retired words of `docs/glossary.md` stand nowhere any more: not in an identifier, not in a comment or message, not in the
//! documentation. The table there is the only list. It must never pass over a file of the folders below, or a row of the table.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

/// Where the words are looked for: files, and folders with everything in them but `samples`, which are other programs' files.
const PLACES: &[&str] = &[
    ".github",
    "benches",
    "bindings",
    "build.rs",
    "crates",
    "docs",
    "examples",
    "fuzz",
    "include",
    "integrations",
    "packaging",
    "src",
    "tests",
    "Makefile",
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
];

/// What is read of them.
const KINDS: &[&str] = &[
    "rs", "c", "h", "hpp", "cpp", "py", "pyi", "lua", "js", "ts", "java", "cs", "sh", "mk", "md", "cfg", "sample",
    "xml", "toml", "yml", "conf", "ael", "part", "tsv", "Makefile",
];

/// How a comment begins, and what texts stand in, by the kind of file. In tests these texts are data.
const QUOTES: &[(&[&str], &str, &[char])] = &[
    (&["rs", "c", "h", "hpp", "cpp", "java", "cs"], "//", &['"']),
    (&["js", "ts"], "//", &['"', '\'']),
    (&["py"], "#", &['"', '\'']),
    (&["sh"], "#", &['"']),
    (&["lua"], "--", &['"', '\'']),
];

/// What may stand all the same: the beginning of the file's path, the word, a part of the line, and why.
const ALLOWED: &[(&str, &str, &str, &str)] = &[
    ("", "nobody", "\"nobody\"", "a value of `pickup_notification` in documents"),
    ("", "nobody", "pickup_notification", "a value of `pickup_notification` in documents"),
    ("", "nobody", "Notification::Nobody", "that value"),
    ("src/system/pascom.rs", "nobody", "Nobody,", "that value"),
    ("src/notified.rs", "nobody", "(Nobody,", "that value"),
    ("", "nobody", "nobody-to-notify", "a rule of lint, which users see and name"),
    ("", "nobody", "as nobody", "the user of that name of the operating system"),
    ("", "nobody", "sip:nobody@", "an address of no one"),
    ("tests/actions/", "nobody", "do = ", "a name that no one has"),
    ("tests/actions/", "nobody", "refused = ", "that name"),
    ("tests/golden/questions.tsv", "nobody", "", "that name, and the answer for no party"),
    ("", "nobody", "notified-nobody", "the case of that value"),
    ("", "nobody", "The default is nobody.", "that value"),
    ("", "forget", "mem::forget", "the function of Rust's library"),
    ("tests/words.rs", "", "", "this list"),
];

/// A retired word, and how it is found.
struct Retired {
    /// As the table has it.
    word: String,
    how: How,
}

enum How {
    /// A whole word or a part of an identifier, in any case: `books` in `with_books` and `BooksGuard`.
    Piece,
    /// A part of an identifier of Rust in just this case: `Touch`. Elsewhere, and in comments, it counts in backticks only.
    Name,
    /// Several words, one after the other, also over the end of a line: `is told`.
    Phrase(Vec<String>),
    /// Several parts of one identifier: `lw_subscribe`.
    Run(Vec<String>),
}

/// A word of a file.
struct Token<'a> {
    text: &'a str,
    /// The parts of the identifier, without a genitive's end.
    parts: Vec<&'a str>,
    line: usize,
    /// Whether it stands in backticks.
    quoted: bool,
    /// Whether it stands behind `//`.
    comment: bool,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table under "Retired words".
fn retired() -> Vec<Retired> {
    let page = fs::read_to_string(root().join("docs/glossary.md")).unwrap();
    let table = page.split("## Retired words").nth(1).expect("the section of retired words");
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let words = rows.skip(1).map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        assert_eq!(cells.len(), 2, "docs/glossary.md: two cells expected: {row}");
        let word = cells[0].trim_matches(['`', '"']).to_owned();
        let parts = |by| word.to_lowercase().split(by).map(str::to_owned).collect();
        let how = match () {
            () if word.contains(' ') => How::Phrase(parts(' ')),
            () if word.contains('_') => How::Run(parts('_')),
            () if word.starts_with(char::is_uppercase) => How::Name,
            () => How::Piece,
        };
        Retired { word, how }
    });
    let words: Vec<Retired> = words.collect();
    assert!(words.len() > 25, "only {} retired words were read", words.len());
    words
}

/// The parts of an identifier: `with_books` and `withBooks` are `with` and `books`.
fn pieces(identifier: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in identifier.split('_') {
        let mut start = 0;
        let chars: Vec<(usize, char)> = part.char_indices().collect();
        for pair in chars.windows(2) {
            let ((_, before), (at, char)) = (pair[0], pair[1]);
            if before.is_lowercase() && char.is_uppercase() {
                found.push(&part[start..at]);
                start = at;
            }
        }
        found.push(&part[start..]);
    }
    found
}

/// The words of a text. The glossary's own table is left out.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let text = text.split("## Retired words").next().unwrap();
    let mut found = Vec::new();
    for (line, content) in text.lines().enumerate() {
        let mut comment = false;
        for (place, part) in content.split('`').enumerate() {
            let code = if comment { 0 } else { part.find("//").unwrap_or(part.len()) };
            comment |= code < part.len();
            for (part, comment) in [(&part[..code], false), (&part[code..], true)] {
                let words = part.split(|char: char| !char.is_alphanumeric() && char != '_' && char != '\'');
                let words = words.map(|word| word.trim_matches('\'')).filter(|word| !word.is_empty());
                found.extend(words.map(|text| Token {
                    text,
                    parts: pieces(text.strip_suffix("'s").unwrap_or(text)),
                    line: line + 1,
                    quoted: place % 2 == 1,
                    comment,
                }));
            }
        }
    }
    found
}

/// The lines of a text where a retired word stands.
fn lines_with(retired: &Retired, tokens: &[Token<'_>], prose: bool) -> Vec<usize> {
    let hit = |at: usize, token: &Token<'_>| match &retired.how {
        How::Piece => token.parts.iter().any(|part| part.eq_ignore_ascii_case(&retired.word)),
        How::Name => (token.quoted || !prose && !token.comment) && token.parts.contains(&retired.word.as_str()),
        How::Phrase(words) => {
            let next = tokens.get(at..at + words.len()).unwrap_or_default();
            !next.is_empty() && next.iter().zip(words).all(|(token, word)| token.text.eq_ignore_ascii_case(word))
        }
        How::Run(words) => {
            token.parts.windows(words.len()).any(|run| run.iter().zip(words).all(|(a, b)| a.eq_ignore_ascii_case(b)))
        }
    };
    tokens.iter().enumerate().filter(|(at, token)| hit(*at, token)).map(|(_, token)| token.line).collect()
}

/// Code whose words in quotes are data of tests: with those words left out.
fn without_data(file: &str, text: String) -> String {
    let kind = file.rsplit('.').next().unwrap();
    let Some((_, comment_mark, quotes)) = QUOTES.iter().find(|(kinds, ..)| kinds.contains(&kind)) else { return text };
    let is_test = file.starts_with("tests/") || file.contains("/tests/") || file.ends_with("/tests.rs");
    let start = if is_test { Some(0) } else { text.find("#[cfg(test)]") };
    let Some(start) = start else { return text };
    let (code, tests) = text.split_at(start);
    let mut left = code.to_owned();
    let (mut quote, mut comment, mut before) = (None, false, ' ');
    let mut at = 0;
    while let Some(char) = tests[at..].chars().next() {
        let rest = &tests[at..];
        at += char.len_utf8();
        // A text of several lines in Python is mostly documentation, and is read.
        if kind == "py" && quote.is_none() && !comment && rest.starts_with("\"\"\"") {
            at += 2;
            continue;
        }
        comment = char != '\n' && (comment || (quote.is_none() && rest.starts_with(comment_mark)));
        let is_char = before == '\'' && rest[char.len_utf8()..].starts_with('\'');
        let escaped = before == '\\' || (is_char && !quotes.contains(&'\''));
        let ends = quote == Some(char);
        if (ends || quote.is_none() && quotes.contains(&char)) && !comment && !escaped {
            quote = (!ends).then_some(char);
        } else if quote.is_none() || char == '\n' {
            left.push(char);
        }
        before = if before == '\\' && char == '\\' { ' ' } else { char };
    }
    left
}

/// Every file to look at, as a path below the project's folder.
fn files() -> Vec<String> {
    let mut open: Vec<PathBuf> = PLACES.iter().map(|place| root().join(place)).filter(|path| path.exists()).collect();
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if !["target", "node_modules", "samples"].contains(&name) {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        } else if KINDS.contains(&name.rsplit('.').next().unwrap()) {
            found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
        }
    }
    found.sort();
    assert!(found.len() > 200, "only {} files were found", found.len());
    found
}

#[test]
fn no_retired_word_stands_anywhere() {
    let retired = retired();
    let (mut hits, mut used) = (Vec::new(), vec![false; ALLOWED.len()]);
    for file in files() {
        let whole = fs::read_to_string(root().join(&file)).unwrap();
        let (text, lines) = (without_data(&file, whole.clone()), whole.lines().collect::<Vec<_>>());
        let tokens = tokens(&text);
        for word in &retired {
            for line in lines_with(word, &tokens, !file.ends_with(".rs")) {
                let content = lines[line - 1];
                let allowed = ALLOWED.iter().position(|(path, allowed, part, _)| {
                    file.starts_with(path) && (allowed.is_empty() || *allowed == word.word) && content.contains(part)
                });
                match allowed {
                    Some(at) => used[at] = true,
                    None => hits.push(format!("{file}:{line}: `{}`: {}", word.word, content.trim())),
                }
            }
        }
    }
    hits.dedup();
    let count = hits.len();
    let idle = ALLOWED.iter().zip(used).filter(|(_, used)| !used);
    hits.extend(idle.map(|(allowed, _)| format!("tests/words.rs: not needed any more: {allowed:?}")));
    let hint = "docs/glossary.md says what to use";
    assert!(hits.is_empty(), "{count} retired words ({hint}):\n{}", hits.join("\n"));
}

/// The reader itself.
#[test]
fn words_are_found_where_they_stand() {
    let find =
        |word: &str, how, text: &str, prose| lines_with(&Retired { word: word.into(), how }, &tokens(text), prose);
    assert_eq!(
        find("books", How::Piece, "fn with_books()\n// the bookshop\nstruct BooksGuard; Books", false),
        [1, 3, 3]
    );
    assert_eq!(find("nobody", How::Piece, "// nobody's, and Nobody", false), [1, 1]);
    assert_eq!(find("Touch", How::Name, "// to touch. Touch\nenum Touch {} // `Touch`\nfn touch()", false), [2, 2]);
    assert_eq!(find("Numbered", How::Name, "Numbered groups.\n`Numbered`", true), [2]);
    let told = || How::Phrase(vec!["is".into(), "told".into()]);
    assert_eq!(find("is told", told(), "// who is\n// told of it\nis_told", false), [1]);
    let python = without_data("tests/x.py", "\"\"\"of books\"\"\"\nx = 'books' + \"books\"  # books\n".to_owned());
    assert_eq!(find("books", How::Piece, &python, false), [1, 2], "{python}");
    let lua = without_data("a/tests/x.lua", "x = \"books\" -- it's books\nbooks".to_owned());
    assert_eq!(find("books", How::Piece, &lua, false), [1, 2], "{lua}");
    let data = without_data("tests/x.rs", "let x = \"books\"; // \"books\n'\"'; books".to_owned());
    assert_eq!(find("books", How::Piece, &data, false), [1, 2], "{data}");
    let run = || How::Run(vec!["with".into(), "more".into()]);
    assert_eq!(find("with_more", run(), "with more of it\ncheck_with_more()", false), [2]);
}
