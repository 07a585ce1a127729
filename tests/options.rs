//! What an engine that was opened to be read refuses, and what it still does.
#![cfg(any(target_os = "linux", windows))]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, missing_docs)]

use linewarden::{Author, Engine, ErrorKind, Keep, OpenOptions, read_source};

#[test]
fn a_read_only_engine_changes_nothing_and_follows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rights.db");
    let writer = Engine::create_store(&path).unwrap();
    let reader = OpenOptions::default().read_only().open(&path).unwrap();
    let (documents, state) = read_source("examples/companies/mixed.toml").unwrap();
    writer.import(&documents, state.as_deref()).unwrap();
    let revision = writer.revision();
    assert_eq!(reader.revision(), revision);
    for refused in [
        reader.import(&documents, state.as_deref()).map(drop),
        reader.apply_text(Author::Administrator, None, "clear relationship alice bob").map(drop),
        reader.compact(Keep::Nothing, None).map(drop),
        reader.stand_alone().map(drop),
        reader.enter_cluster("pair").map(drop),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(error.to_string().contains("read-only"), "{error}");
    }
    assert_eq!(writer.revision(), revision);
    assert!(reader.resolve(None, "alice").is_ok());
    reader.reload().unwrap();
}
