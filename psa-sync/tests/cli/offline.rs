//! The same commands over a folder of files.

use crate::common::{Ended, command, run};
use std::path::Path;

/// A copy of a folder that is in the repository.
fn folder() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/offline/published-shapes");
    for file in std::fs::read_dir(original).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

fn psa_sync(folder: &Path, arguments: &[&str]) -> Ended {
    let mut all = vec!["--offline", ".", "--as-of", "2026-03-01T12:00:00Z"];
    all.extend(arguments);
    run(command(folder, &all))
}

#[test]
fn a_folder_is_planned_applied_and_then_in_step() {
    let folder = folder();
    let before = std::fs::read_to_string(folder.path().join("contacts.json")).unwrap();
    let plan = psa_sync(folder.path(), &["plan", "--out", "plan.json", "--format", "json"]).code(0).json();
    assert_eq!(plan["as_of"], "2026-03-01T12:00:00Z");
    assert!(plan["summary"]["create"].as_u64().unwrap() > 0);
    assert_eq!(std::fs::read_to_string(folder.path().join("contacts.json")).unwrap(), before);
    let report = psa_sync(folder.path(), &["apply", "plan.json", "--format", "json"]).code(0).json();
    assert_eq!(report["statistics"]["contacts_created"], plan["summary"]["create"]);
    assert_ne!(std::fs::read_to_string(folder.path().join("contacts.json")).unwrap(), before);
    psa_sync(folder.path(), &["plan", "--detailed-exitcode"]).code(0);
    psa_sync(folder.path(), &["apply", "plan.json"]).code(5).one_error(&["nothing was written"]);
    psa_sync(folder.path(), &["check"]).code(0);
}

#[test]
fn a_folder_that_cannot_be_read_is_wrong_usage() {
    let folder = folder();
    std::fs::write(folder.path().join("contacts.json"), "{\"contacts\": [").unwrap();
    psa_sync(folder.path(), &["plan"]).code(2).one_error(&["contacts.json"]);
    psa_sync(folder.path(), &["plan", "--tenant", "Fabrikam"]).code(2);
    std::fs::remove_file(folder.path().join("users.json")).unwrap();
    psa_sync(folder.path(), &["plan"]).code(2).one_error(&["users.json"]);
}
