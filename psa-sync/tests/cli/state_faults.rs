//! State that cannot be used: a clear error, the file left as it is, and nothing written to the PSA.

use crate::common::World;
use std::path::Path;
use sync_sandbox::Options;

/// A database of ours with a log, as a program leaves it, changed in these bytes. The header: https://www.sqlite.org/fileformat.html (read on 2026-11-28).
fn database(changes: &[(usize, &[u8])]) -> Vec<u8> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sync-state/tests/databases/v1.sqlite");
    let mut bytes = std::fs::read(kept).unwrap();
    for (at, change) in [(18, &[2_u8, 2][..])].iter().chain(changes) {
        bytes[*at..*at + change.len()].copy_from_slice(change);
    }
    bytes
}

#[test]
fn a_state_file_that_is_something_else_or_newer_or_damaged_ends_the_run_before_it_writes() {
    let world = World::start(Options::sized(12, 8));
    let file = world.path("psa-sync-state/state.sqlite");
    std::fs::create_dir(world.path("psa-sync-state")).unwrap();
    let cases: [(&str, Vec<u8>, &str); 4] = [
        ("of another program", database(&[(68, &[1, 2, 3, 4])]), "something else"),
        ("of a newer version", database(&[(60, &[0, 0, 0, 99])]), "version 99"),
        ("damaged", database(&[(100, &[0xff; 900])]), "damaged"),
        ("no database", b"links kept by hand\n".repeat(100), "no state database"),
    ];
    for (what, bytes, says) in cases {
        std::fs::write(&file, &bytes).unwrap();
        for arguments in [&["apply", "--auto"][..], &["plan"], &["report"], &["review"]] {
            let ended = world.run(arguments);
            assert!(ended.code == 1, "{what}, {arguments:?}: {} {}", ended.code, ended.err);
            ended.one_error(&["state.sqlite", says]);
        }
        assert!(std::fs::read(&file).unwrap() == bytes, "{what}: the file was changed");
        for beside in ["psa-sync-state/state.sqlite-wal", "psa-sync-state/state.sqlite-shm"] {
            let _ = std::fs::remove_file(world.path(beside));
        }
    }
    assert_eq!(world.sandbox.calls().writes(), 0);
}

#[test]
fn a_state_folder_that_cannot_be_made_ends_the_run_before_it_writes() {
    let world = World::start(Options::sized(12, 8));
    world.write("a-file", "");
    world.write("psa-sync.toml", &format!("{}\n[state]\ndir = \"a-file/state\"\n", world.config()));
    world.run(&["apply", "--auto"]).code(1).one_error(&["the folder cannot be created", "a-file"]);
    assert_eq!(world.sandbox.calls().writes(), 0);
}

#[test]
fn a_database_server_that_is_not_there_ends_the_run_before_it_writes() {
    let world = World::start(Options::sized(12, 8));
    world.write("state-url", "postgres://sync:canary@127.0.0.1:1/sync");
    let config = format!("{}\n[state]\nurl = {{ file = \"state-url\" }}\n", world.config());
    world.write("psa-sync.toml", &config);
    let ended = world.run(&["apply", "--auto"]).code(1).one_error(&["cannot be reached"]);
    assert!(!ended.err.contains("canary"), "{}", ended.err);
    assert_eq!(world.sandbox.calls().writes(), 0);
}
