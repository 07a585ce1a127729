//! Every sample: its document and its list, byte for byte, or its fault. `LINEWARDEN_WRITE=1` writes what is expected anew, for
//! reading in the difference. The document must be TOML.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests may fail")]

use linewarden_convert::{Format, Input, Numbers, Options, convert};
use std::fs;
use std::path::{Path, PathBuf};

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// What a sample gives: the document, then the list; or the fault.
fn outcome(format: Format, case: &Path) -> String {
    let numbers =
        Numbers { country_code: Some("49".into()), main_number: Some("+4989555".into()), ..Numbers::default() };
    let options = Options { domain: "acme.example".into(), numbers };
    let sources = sorted(case).into_iter().filter(|path| path.is_file() && name(path) != "expected.txt");
    let inputs: Result<Vec<Input>, _> = sources.map(|path| Input::open(&path)).collect();
    match inputs.and_then(|inputs| convert(format, &inputs, &options)) {
        Ok(conversion) => {
            let document = conversion.document.to_string();
            document.parse::<toml::Table>().unwrap_or_else(|error| panic!("{}: {error}", case.display()));
            let lost: String = conversion.not_carried.iter().map(|lost| format!("{lost}\n")).collect();
            format!("{document}\n#### not carried over\n{lost}")
        }
        Err(fault) => format!("{fault}\n"),
    }
}

#[test]
fn samples_give_what_is_expected() {
    let (mut faults, mut seen) = (Vec::new(), 0);
    for format in Format::ALL {
        let cases = Path::new("tests/samples").join(format.name());
        let cases = sorted(&cases);
        assert!(cases.iter().any(|case| name(case).starts_with("broken")), "no broken sample of {}", format.name());
        assert!(cases.iter().any(|case| !name(case).starts_with("broken")), "no good sample of {}", format.name());
        for case in cases {
            seen += 1;
            let (found, file) = (outcome(*format, &case), case.join("expected.txt"));
            assert_eq!(name(&case).starts_with("broken"), !found.contains("\n####"), "{}: {found}", case.display());
            if std::env::var_os("LINEWARDEN_WRITE").is_some() {
                fs::write(&file, &found).unwrap();
            }
            let expected = fs::read_to_string(&file).unwrap_or_default();
            if found != expected {
                faults.push(format!("{}:\n{found}\nexpected:\n{expected}", case.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(seen >= 2 * Format::ALL.len(), "only {seen} samples");
}
