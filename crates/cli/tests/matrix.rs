//! `matrix` in its forms: JSON, CSV, a grid in letters and a picture say the same of every pair.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod command;

use linewarden_testkit::native::root;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const DOCUMENT: &str = r#"domain = "e.example"
systems = ["estos"]
user = [{ name = "a", lines = ["1", "2", "3"] }, { name = "b & <c>, \"d\"" }, { name = "zoe" }]
authorization_grant = [
    { owner = "a", viewer = "b & <c>, \"d\"", rights = ["call.pickup.first", "call.pickup.additional"] },
    { owner = "zoe", viewer = "a", rights = ["call.pickup.first", "call.pickup.second", "call.pickup.additional"] },
]
"#;

fn run(folder: &Path, args: &str) -> command::Answer {
    command::answer(folder, ["matrix"].into_iter().chain(args.split(' ')), b"")
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("e.toml"), DOCUMENT).unwrap();
    folder
}

#[track_caller]
fn done(folder: &Path, args: &str) -> String {
    let (status, out, err) = run(folder, args);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{args}\n{out}");
    out
}

#[test]
fn one_right_and_one_owner_leave_the_rest_out() {
    let mixed = "examples/companies/mixed.toml";
    let rows = |args: &str| -> Vec<Value> {
        let out = done(root(), &format!("{mixed} --json{args}"));
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let mut expected = rows("");
    expected.retain(|row| row["target"] == "bob");
    assert_eq!(rows(" --owner 201"), expected);
    for row in &mut expected {
        row["rights"].as_array_mut().unwrap().retain(|right| right.as_str().unwrap().starts_with("call.pickup."));
    }
    assert_eq!(rows(" --owner bob --right call.pickup"), expected);
    assert!(expected.iter().any(|row| row["rights"].as_array().unwrap().len() == 3));
    // CSV says the same.
    let csv = done(root(), &format!("{mixed} --csv --owner bob --right call.pickup"));
    let lines = expected.iter().map(|row| {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        let rights: Vec<_> = row["rights"].as_array().unwrap().iter().map(|right| right.as_str().unwrap()).collect();
        format!("{},{},{},{}\n", text("domain"), text("actor"), text("target"), rights.join(" "))
    });
    assert_eq!(csv, format!("domain,actor,target,rights\n{}", lines.collect::<String>()));
}

#[test]
fn names_are_quoted_in_csv() {
    let folder = folder();
    let csv = done(folder.path(), "e.toml --csv --right call.pickup --owner a");
    let expected = "domain,actor,target,rights\n\
        e.example,a,a,call.pickup.additional call.pickup.first call.pickup.second\n\
        e.example,\"b & <c>, \"\"d\"\"\",a,call.pickup.additional call.pickup.first\n\
        e.example,zoe,a,\n";
    assert_eq!(csv, expected);
}

#[test]
fn a_grid_shows_lines_and_names() {
    let folder = folder();
    let grid = done(folder.path(), "e.toml --right call.pickup --grid");
    let expected = "e.example: call.pickup\n              1  2  3\n\
        a             x  .  x\nb & <c>, \"d\" 13  x  .\nzoe           .  .  x\n\n\
        columns  1 a  2 b & <c>, \"d\"  3 zoe\nx yes, . no; 1 first, 2 second, 3 additional line only\n";
    assert_eq!(grid, expected);
}

#[test]
fn a_picture_has_every_cell() {
    let folder = folder();
    assert_eq!(done(folder.path(), "e.toml --right call.pickup --svg p.svg"), "");
    let svg = fs::read_to_string(folder.path().join("p.svg")).unwrap();
    assert_eq!(svg.matches("<title>").count(), 9, "{svg}");
    for said in ["b &amp; &lt;c&gt;, &quot;d&quot; on a: lines 13", "a on zoe: yes", "zoe on a: no"] {
        assert!(svg.contains(&format!("<title>{said}</title>")), "{said} is not in {svg}");
    }
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && !svg.contains("<c>"));
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let folder = folder();
    fs::create_dir(folder.path().join("two")).unwrap();
    fs::write(folder.path().join("two/e.toml"), DOCUMENT).unwrap();
    fs::write(folder.path().join("two/f.toml"), DOCUMENT.replace("e.example", "f.example")).unwrap();
    let users: String = (0..41).map(|number| format!("[[user]]\nname = \"u{number}\"\n")).collect();
    fs::write(folder.path().join("big.toml"), format!("domain = \"b.example\"\nsystems = [\"estos\"]\n{users}"))
        .unwrap();
    for (args, said) in [
        ("e.toml", "expected `--json`, `--csv`"),
        ("e.toml --grid", "--right"),
        ("e.toml --right call.pickup --grid --csv", "cannot be used with"),
        ("two --right call.pickup --grid", "there are 2: name one with --domain"),
        ("big.toml --right call.pickup --grid", "41 actors and 41 targets, expected at most 40"),
        ("e.toml --right call.pickup --svg no/such/p.svg", "cannot write `no/such/p.svg`"),
        ("e.toml --owner gone --csv", "`gone`"),
    ] {
        let (status, out, err) = run(folder.path(), args);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{args}");
        assert!(err.contains(said), "{args}: {err}");
    }
    assert!(done(folder.path(), "two --domain f.example --right call.pickup --grid").starts_with("f.example"));
    assert!(done(folder.path(), "big.toml --right call.pickup --owner u1 --svg one.svg").is_empty());
}
