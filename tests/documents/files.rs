//! Several documents, huge and hostile ones, folders and files.

use super::*;

#[test]
fn two_domains_of_one_name() {
    let documents = [document("a.toml", BASE), document("b.toml", &BASE.replace("acme", "ACME"))];
    let error = load(&documents, &mut Directory::default()).unwrap_err();
    let message = "b.toml:1:10: domain `acme.example` is already in a.toml:1, expected one document for a domain";
    assert_eq!(error.message(), message);
    let documents = [document("a.toml", BASE), document("b.toml", &BASE.replace("acme", "other"))];
    let policy = load(&documents, &mut Directory::default()).unwrap();
    assert_eq!(policy.domains.len(), 2);
}

#[test]
fn faults_of_all_documents_are_told_together_and_not_without_end() {
    let bad = |name: &str| document(name, &format!("domain = \"{name}\"\nsystems = [\"pascom\"]\nx = 1\ny = 2\n"));
    let error = load(&[bad("a"), bad("b")], &mut Directory::default()).unwrap_err();
    let places: Vec<&str> = error.message().lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(places, ["a:3:1:", "a:4:1:", "b:3:1:", "b:4:1:"]);
    let mut text = BASE.to_owned();
    for number in 0..250 {
        write!(text, "[[workgroup]]\nname = \"{number}\"\nlevel = \"employee\"\nmembers = [\"nobody\"]\n").unwrap();
    }
    let faults = faults(&text);
    assert_eq!(faults.len(), 101);
    assert_eq!(faults[99], "acme.toml:408:12: unknown user `nobody` in `members` of [[workgroup]]");
    assert_eq!(faults[100], "and 150 more");
}

// Hostile text.

#[test]
fn deep_nesting_is_refused() {
    let deep = [
        format!("x = {}", "[".repeat(1_000_000)),
        format!("x = {}", "{a=".repeat(1_000_000)),
        format!("{}x = 1", "a.".repeat(1_000_000)),
        format!("[{}a]\nx = 1", "a.".repeat(1_000_000)),
        format!("# \r{}x = 1", "\"a\".".repeat(1_000_000)),
    ];
    for text in deep {
        let faults = faults(&text);
        assert!(faults[0].contains("deep") || faults[0].contains("dots"), "{}", faults[0]);
    }
    // The deepest tree that is parsed fits the small stack of a PBX's thread.
    let deepest = format!(
        "[{0}a]\n{0}a = {1}1{2}\n",
        "a.".repeat(8),
        format!("{{{}a=", "a.".repeat(8)).repeat(31),
        "}".repeat(31)
    );
    let thread = std::thread::Builder::new().stack_size(496 << 10);
    let told = thread.spawn(move || faults(&deepest)).unwrap().join().unwrap();
    assert!(told.iter().any(|fault| fault.contains("unknown table `a`")), "{told:?}");
}

#[test]
fn a_line_of_100_megabytes_is_refused() {
    // The others are as long as it takes to be refused: the answer does not depend on the rest.
    for (text, length) in [("[],", 100_000_000), ("x", 17 << 20), (",", 17 << 20), ("\"", 17 << 20), ("'\\", 17 << 20)]
    {
        let faults = faults(&text.repeat(length / text.len()));
        assert!(faults[0].starts_with("acme.toml:1:1: "), "{}", faults[0]);
        assert!(faults[0].contains("bytes without a table's header between them"), "{}", faults[0]);
    }
}

#[test]
fn a_long_list_on_one_line_loads() {
    let (mut text, mut members) = (String::from("domain = \"a\"\nsystems = [\"xphone\"]\n"), String::new());
    for number in 0..50_000 {
        write!(text, "[[user]]\nname = \"u{number}\"\n").unwrap();
        write!(members, "\"u{number}\",").unwrap();
    }
    write!(text, "[[workgroup]]\nname = \"all\"\nlevel = \"employee\"\nmembers = [{members}]\n").unwrap();
    let (domain, _) = loaded(&text);
    assert_eq!(domain.xphone.workgroups[0].members.len(), 50_000);
}

#[test]
fn binary_garbage_in_memory() {
    let mut state = 1u32;
    let mut garbage = String::new();
    for _ in 0..20_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        garbage.extend(char::from_u32(state >> 24));
    }
    assert!(faults(&garbage)[0].starts_with("acme.toml:1:"));
    assert!(!faults(&"\0".repeat(10_000)).is_empty());
}

// From disk.

fn read_error(path: &Path) -> (ErrorKind, String) {
    let error = read(path).unwrap_err();
    (error.kind(), error.message().replace(path.to_str().unwrap(), "PATH"))
}

#[test]
fn folders_are_read_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, domain) in [("b.toml", "b.example"), ("a.toml", "a.example"), ("c.txt", "c"), (".#a.toml", "d")] {
        std::fs::write(folder.path().join(name), format!("domain = \"{domain}\"\nsystems = [\"pascom\"]\n")).unwrap();
    }
    let documents = read(folder.path()).unwrap();
    let names: Vec<&str> = documents.iter().map(|document| document.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["a.toml", "b.toml"]);
    let policy = load(&documents, &mut Directory::default()).unwrap();
    assert_eq!(policy.domains[0].name, "a.example");
    assert_eq!(
        read(folder.path().join("c.txt")).unwrap().len(),
        1,
        "a file named by the caller may be called anything"
    );
}

#[test]
fn empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let message = "folder `PATH` has no document, expected files named `*.toml`".to_owned();
    assert_eq!(read_error(folder.path()), (ErrorKind::File, message));
}

#[test]
fn missing_and_unreadable_files() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.toml");
    assert_eq!(read_error(&missing), (ErrorKind::File, "`PATH` cannot be read: no such file or directory".into()));
    // A folder where a file is expected cannot be read by anybody, root included.
    std::fs::create_dir(folder.path().join("x.toml")).unwrap();
    let (kind, message) = read_error(folder.path());
    assert_eq!(kind, ErrorKind::File);
    assert_eq!(message, "`PATH/x.toml` is not a file, expected a document or a folder");
}

#[test]
fn files_that_are_not_text() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("garbage.toml");
    std::fs::write(&path, b"domain = \"x\"\n# \xc3\xbc \xff\x00").unwrap();
    let message = "PATH:2:5: byte `0xff` is not utf-8, expected text".to_owned();
    assert_eq!(read_error(&path), (ErrorKind::Document, message));
    std::fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"\xff.toml")), "").unwrap();
    let (kind, message) = read_error(folder.path());
    assert_eq!((kind, message.lines().count()), (ErrorKind::Document, 2), "{message}");
}
