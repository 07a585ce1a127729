//! The header is the manual and the library keeps to it: it is fresh, every item is documented, every compiler takes it, and the
//! library exports what it declares and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use linewarden::ffi;
use linewarden::{ErrorKind, Kind, Reason, Right};
use linewarden_testkit::native::{built_library, has, root, run, tool};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What the build made of the source this test was compiled with.
const GENERATED: &str = include_str!(concat!(env!("OUT_DIR"), "/linewarden.h"));

/// One declaration with the comment before it.
struct Item {
    comment: String,
    code: String,
}

/// The header's items: constants, types and functions.
fn items() -> Vec<Item> {
    let (_, body) = GENERATED.split_once("#include <stdint.h>\n").expect("the includes");
    let (body, _) = body.split_once("#endif  /* LINEWARDEN_H */").expect("the end");
    let mut items = Vec::new();
    let (mut comment, mut code, mut in_comment) = (String::new(), String::new(), false);
    for line in body.lines() {
        let text = line.trim();
        if in_comment || text.starts_with("/**") {
            // Members' comments stand inside an item that has begun.
            if code.is_empty() {
                comment += &format!(
                    "{}\n",
                    text.trim_start_matches("/**").trim_end_matches("*/").trim_start_matches('*').trim()
                );
            } else {
                code += &format!("{line}\n");
            }
            in_comment = !text.ends_with("*/");
            continue;
        }
        let preprocessor =
            ["#if", "#else", "#endif", "#define LW_WARN_UNUSED"].iter().any(|word| text.starts_with(word));
        if text.is_empty()
            || text.starts_with("/* ----")
            || preprocessor
            || text == "extern \"C\" {"
            || text.starts_with("}  // extern")
        {
            if text.starts_with("#define LW_WARN_UNUSED") {
                comment.clear();
            }
            continue;
        }
        code += &format!("{line}\n");
        let begun_struct = code.starts_with("typedef struct {") || code.contains(" {\n");
        let complete = text.starts_with("#define") || (text.ends_with(';') && !begun_struct) || text.starts_with("} ");
        if complete {
            items.push(Item { comment: std::mem::take(&mut comment), code: std::mem::take(&mut code) });
        }
    }
    assert!(code.is_empty(), "an item that does not end: {code}");
    items
}

/// Name and comment of every function.
fn functions() -> BTreeMap<String, String> {
    let function = |item: Item| {
        let declares = !item.code.starts_with('#') && !item.code.starts_with("typedef");
        let (before, _) = item.code.split_once('(').filter(|_| declares)?;
        let name = before.rsplit([' ', '*', '\n']).next()?.to_owned();
        Some((name, item.comment))
    };
    items().into_iter().filter_map(function).collect()
}

/// The numbers of all constants.
fn constants() -> BTreeMap<String, i64> {
    let constant = |item: Item| {
        let mut words = item.code.strip_prefix("#define ")?.split_whitespace();
        let (name, value) = (words.next()?, words.next()?.trim_matches(['(', ')']));
        Some((name.to_owned(), value.parse().ok()?))
    };
    items().into_iter().filter_map(constant).collect()
}

#[test]
fn committed_header_is_fresh() {
    let committed = fs::read_to_string(root().join("include/linewarden.h")).expect("include/linewarden.h");
    assert!(
        committed == GENERATED,
        "include/linewarden.h is not what the source says; build once in a tree that can be written"
    );
}

#[test]
fn every_item_is_documented() {
    let items = items();
    assert!(items.len() > 150, "only {} items found", items.len());
    for item in &items {
        assert!(item.comment.trim().len() > 4, "no documentation: {}", item.code);
        if item.code.contains(" {\n") {
            let lines: Vec<_> = item.code.lines().map(str::trim).collect();
            for (place, line) in
                lines.iter().enumerate().filter(|(_, line)| line.ends_with(';') && !line.starts_with('}'))
            {
                assert!(lines[place - 1].ends_with("*/"), "no documentation: member `{line}` of {}", item.code);
            }
        }
    }
}

#[test]
fn every_function_says_what_it_returns_and_who_may_call_it_and_who_frees() {
    let functions = functions();
    assert!(functions.len() > 40, "only {} functions found", functions.len());
    for (name, comment) in &functions {
        for word in ["Returns: ", "Threads: ", "Memory: "] {
            assert!(comment.contains(word), "{name} does not say `{word}`:\n{comment}");
        }
        assert!(!comment.starts_with('#'), "{name}: a heading that became no banner");
    }
}

#[test]
fn every_parameter_is_explained() {
    for item in items().iter().filter(|item| !item.code.starts_with('#') && !item.code.starts_with("typedef")) {
        let (_, parameters) = item.code.split_once('(').expect("a function");
        let parameters = parameters.rsplit_once(')').expect("a function").0;
        let explained: BTreeSet<&str> = item
            .comment
            .lines()
            .filter_map(|line| line.split_once(": "))
            .flat_map(|(names, _)| names.split(", "))
            .collect();
        for parameter in parameters.split(',').filter(|parameter| parameter.trim() != "void") {
            let name = parameter.trim().rsplit([' ', '*']).next().expect("a name");
            assert!(explained.contains(name), "`{name}` is not explained:\n{}\n{}", item.comment, item.code);
        }
    }
}

#[test]
fn preamble_says_what_a_caller_must_know() {
    let preamble = GENERATED.split_once("#ifndef LINEWARDEN_H").expect("a preamble").0;
    for heading in ["CAVEATS", "CONVENTIONS", "THREADS", "FORK", "DLCLOSE", "SIGNALS", "MEMORY", "VERSIONS"] {
        assert!(preamble.contains(&format!("\n * {heading}\n")), "no {heading}");
    }
    assert!(preamble.contains("Emergency calls must never be placed behind a check."));
}

#[test]
fn constants_of_rights_are_the_engines() {
    let expected: BTreeMap<String, i64> = Right::names()
        .map(|name| {
            let right = Right::parse(name).expect("a name is a right");
            (format!("LW_{}", name.replace('.', "_").to_uppercase()), i64::from(right.number()))
        })
        .collect();
    let source = fs::read_to_string(root().join("src/ffi/rights.rs")).unwrap();
    let lines: Vec<_> = source.lines().collect();
    let mut found = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        let Some((name, number)) = line.strip_prefix("pub const ").and_then(|rest| rest.split_once(": lw_right = "))
        else {
            continue;
        };
        let number: i64 = number.trim_end_matches(';').parse().unwrap();
        let right = Right::from_number(number as u32).unwrap_or_else(|| panic!("{name}: no right has number {number}"));
        assert!(lines[place - 1].starts_with(&format!("/// `{}`: ", right.name())), "{name}: {}", lines[place - 1]);
        found.insert(name.to_owned(), number);
    }
    assert_eq!(found, expected);
    let header = constants();
    for (name, number) in &expected {
        assert_eq!(header.get(name), Some(number), "{name} in the header");
    }
}

#[test]
fn constants_of_kinds_and_errors_are_the_engines() {
    let header = constants();
    for kind in Kind::ALL {
        let name = format!("LW_KIND_{}", kind.word().to_uppercase());
        assert_eq!(header.get(&name), Some(&i64::from(kind as u8)), "{name}");
    }
    assert_eq!(header.keys().filter(|name| name.starts_with("LW_KIND_")).count(), Kind::ALL.len());

    use linewarden::internals::policy::codes::Function;
    for function in Function::ALL {
        let name = format!("LW_FUNCTION_{}", function.key().to_uppercase());
        assert_eq!(header.get(&name), Some(&i64::from(function as u8)), "{name}");
    }
    assert_eq!(header.keys().filter(|name| name.starts_with("LW_FUNCTION_")).count(), Function::ALL.len());

    use linewarden::internals::system::xphone::TransferRole;
    assert_eq!(header["LW_ROLE_CONSULTED"], TransferRole::Consulted as i64);
    assert_eq!(header["LW_ROLE_TRANSFERRING"], TransferRole::Transferring as i64);

    // The enum is read from its source, so that a kind added there and forgotten here is seen.
    let declared = variants("src/error.rs", "pub enum ErrorKind {");
    assert_eq!(declared["Internal"], i64::from(ErrorKind::Internal as i32));
    let errors = header.iter().filter_map(|(name, number)| Some((name.strip_prefix("LW_ERROR_")?.to_owned(), *number)));
    assert_eq!(errors.collect::<BTreeMap<_, _>>(), in_c(&declared));
}

#[test]
fn constants_of_reasons_are_the_engines() {
    let declared = variants("src/explain/mod.rs", "pub enum Reason {");
    let reasons: BTreeMap<_, _> = constants()
        .into_iter()
        .filter_map(|(name, number)| Some((name.strip_prefix("LW_REASON_")?.to_owned(), number)))
        .collect();
    assert_eq!(reasons, in_c(&declared));
    let numbers: Vec<i64> = Reason::ALL.iter().map(|reason| *reason as i64).collect();
    assert_eq!(numbers, declared.values().copied().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>());
    let texts: BTreeSet<_> = reasons.values().map(|number| text(ffi::lw_reason_text(*number as u32))).collect();
    assert_eq!(texts.len(), reasons.len(), "every reason has words of its own: {texts:?}");
    assert!(!texts.contains("another reason"));
    let statuses = constants().into_iter().filter(|(name, _)| name.starts_with("LW_ERROR_") || name == "LW_OK");
    let texts: BTreeSet<_> = statuses.map(|(_, number)| text(ffi::lw_status_text(number as i32))).collect();
    assert_eq!(texts.len(), variants("src/error.rs", "pub enum ErrorKind {").len() + 1);
    assert!(!texts.contains("unknown status"));
}

/// An enum's variants with their numbers, from its source.
fn variants(file: &str, head: &str) -> BTreeMap<String, i64> {
    let source = fs::read_to_string(root().join(file)).unwrap();
    let body =
        source.split_once(head).unwrap_or_else(|| panic!("{file} has no `{head}`")).1.split_once("\n}").unwrap().0;
    let variant = |line: &str| {
        let (name, number) = line.trim().strip_suffix(',')?.split_once(" = ")?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    let found: BTreeMap<_, _> = body.lines().filter_map(variant).collect();
    assert!(found.len() > 3, "{file}: {found:?}");
    found
}

/// `OwnSetting` as `OWN_SETTING`.
fn in_c(variants: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    let spell = |name: &str| {
        let mut out = String::new();
        for letter in name.chars() {
            if letter.is_uppercase() && !out.is_empty() {
                out.push('_');
            }
            out.push(letter.to_ascii_uppercase());
        }
        out
    };
    variants.iter().map(|(name, number)| (spell(name), *number)).collect()
}

#[allow(unsafe_code, reason = "reads a text the library says is valid for ever")]
fn text(words: *const std::ffi::c_char) -> &'static str {
    assert!(!words.is_null());
    // SAFETY: not NULL, and the library's for ever.
    unsafe { std::ffi::CStr::from_ptr(words) }.to_str().unwrap()
}

#[test]
fn every_right_has_its_name_in_c() {
    for number in 0..300 {
        let name = ffi::lw_right_name(number);
        match Right::from_number(number) {
            Some(right) => assert_eq!(text(name), right.name()),
            None => assert!(name.is_null(), "{number}"),
        }
    }
}

#[test]
fn versions_come_from_one_place() {
    let header = constants();
    let parts: Vec<i64> =
        env!("CARGO_PKG_VERSION").split(['.', '-']).take(3).map(|part| part.parse().unwrap()).collect();
    assert_eq!([header["LW_VERSION_MAJOR"], header["LW_VERSION_MINOR"], header["LW_VERSION_PATCH"]], parts[..]);
    assert_eq!(header["LW_VERSION_NUMBER"], parts[0] * 1_000_000 + parts[1] * 1000 + parts[2]);
    assert_eq!(i64::from(ffi::lw_version_number()), header["LW_VERSION_NUMBER"]);
    assert_eq!(i64::from(ffi::lw_abi_version()), header["LW_ABI_VERSION"]);
    assert_eq!(text(ffi::lw_version()), env!("CARGO_PKG_VERSION"));
    assert!(GENERATED.contains(&format!("#define LW_VERSION \"{}\"\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn compilers_take_the_header_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let (c, cpp) = (scratch.path().join("alone.c"), scratch.path().join("alone.cpp"));
    fs::write(&c, "#include \"linewarden.h\"\n").unwrap();
    fs::write(&cpp, "#include \"linewarden.h\"\n").unwrap();
    let mut compilers = vec![("gcc", "g++")];
    if has("clang") && has("clang++") {
        compilers.push(("clang", "clang++"));
    }
    for (in_c, in_cpp) in compilers {
        let tries =
            [(in_c, "c99", &c), (in_c, "c11", &c), (in_c, "c17", &c), (in_cpp, "c++11", &cpp), (in_cpp, "c++17", &cpp)];
        for (compiler, standard, file) in tries {
            let mut command = tool(compiler);
            command.arg(format!("-std={standard}")).args(["-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]);
            run(command.arg("-I").arg(root().join("include")).arg(file));
        }
    }
}

#[test]
fn two_files_of_one_program_include_the_header_twice() {
    let scratch = tempfile::tempdir().unwrap();
    let main = "#include \"linewarden.h\"\n#include \"linewarden.h\"\nbool other(lw_party party);\n\
                int main(void) { lw_rights none = {{0, 0}}; return none.words[0] == 0 && other(LW_OK) ? 0 : 1; }\n";
    let other = "#include \"linewarden.h\"\n#include \"linewarden.h\"\n\
                 bool other(lw_party party);\nbool other(lw_party party) { return party == 0; }\n";
    for (compiler, standard, ending) in [("gcc", "c99", "c"), ("g++", "c++17", "cpp")] {
        let (first, second) =
            (scratch.path().join(format!("main.{ending}")), scratch.path().join(format!("other.{ending}")));
        fs::write(&first, main).unwrap();
        fs::write(&second, other).unwrap();
        let program = scratch.path().join(format!("twice-{ending}"));
        let mut command = tool(compiler);
        command.arg(format!("-std={standard}")).args(["-Wall", "-Wextra", "-pedantic", "-Werror", "-I"]);
        run(command.arg(root().join("include")).arg(&first).arg(&second).arg("-o").arg(&program));
        run(&mut std::process::Command::new(&program));
    }
}

#[test]
fn a_dropped_answer_is_warned_of() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("dropped.c");
    fs::write(&file, "#include \"linewarden.h\"\nvoid ask(const lw_engine *e);\nvoid ask(const lw_engine *e) { lw_may(e, 1, 1, 2); }\n").unwrap();
    let output = tool("gcc")
        .args(["-std=c99", "-Werror", "-S", "-o", "/dev/null", "-I"])
        .arg(root().join("include"))
        .arg(&file)
        .output()
        .unwrap();
    assert!(!output.status.success(), "a dropped answer went unseen");
    assert!(String::from_utf8_lossy(&output.stderr).contains("unused-result"));
}

/// All that the library exports.
fn exported() -> BTreeSet<String> {
    let symbols = run(tool("nm").args(["-D", "--defined-only", "--format=posix"]).arg(built_library()));
    let symbols = String::from_utf8(symbols.stdout).unwrap();
    let mut names: BTreeSet<String> =
        symbols.lines().filter_map(|line| line.split_whitespace().next()).map(String::from).collect();
    if cfg!(feature = "panic-probe") {
        assert!(names.remove("lw_test_panic"));
    }
    names
}

#[test]
fn library_exports_what_the_header_declares() {
    let declared: BTreeSet<String> = functions().into_keys().collect();
    assert_eq!(exported(), declared);
}

#[test]
fn module_list_is_complete() {
    let list = fs::read_to_string(root().join("src/ffi/mod.rs")).unwrap();
    let uses = list.split_once("\npub use ").expect("the list").1;
    let listed: BTreeSet<String> = uses
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("lw_") && *word != "lw_test_panic")
        .map(String::from)
        .collect();
    assert_eq!(listed, functions().into_keys().collect());
}

#[test]
fn library_bears_its_soname_and_stays_mapped() {
    let dynamic = run(tool("readelf").args(["-d", "--wide"]).arg(built_library()));
    let dynamic = String::from_utf8(dynamic.stdout).unwrap();
    let soname = format!("[liblinewarden.so.{}]", ffi::lw_abi_version());
    assert!(dynamic.lines().any(|line| line.contains("(SONAME)") && line.contains(&soname)), "{dynamic}");
    assert!(dynamic.lines().any(|line| line.contains("(FLAGS_1)") && line.contains("NODELETE")), "{dynamic}");
    assert!(!dynamic.contains("(RPATH)") && !dynamic.contains("(RUNPATH)"), "{dynamic}");
}
