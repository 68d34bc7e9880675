//! What the file store promises, with real files, threads and killed processes.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up fails")]

use chrono::{DateTime, Utc};
use futures::executor::block_on;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};
use sync_core::{
    ErrorKind,
    model::{ContactField, ContactId, FieldValue, SourceAnchor, TenantName},
    plan::{Change, Decision, Reason, Subject},
    store::{Commit, Intent, Link, LinkChange, LinkSet, LinkStore as _, RunId},
};
use sync_state::{FileLinkStore, decode_links, encode_links};

fn at() -> DateTime<Utc> {
    "2026-01-06T10:30:00Z".parse().unwrap()
}

fn anchor(object: &str) -> SourceAnchor {
    SourceAnchor::entra("t", object)
}

fn set(object: &str, contact: &str) -> LinkChange {
    LinkChange::Set(Box::new(Link::new(anchor(object), ContactId::new(contact), at())))
}

fn tenant() -> TenantName {
    TenantName::new("Contoso")
}

fn store() -> (tempfile::TempDir, FileLinkStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = FileLinkStore::open(folder.path().join("deep/links")).unwrap();
    (folder, store)
}

/// Every part of a set filled.
fn full() -> LinkSet {
    let mut link = Link::new(anchor("a"), ContactId::new("42"), at());
    link.immutable_id = Some("3q2+7w==".into());
    link.deactivated_by_us = true;
    link.deactivated_at = Some(at());
    link.deactivated_because = Some("disabled".into());
    link.rewritten.insert(ContactField::Title, 2);
    link.missing_since = Some(at());
    link.missing_reads = 3;
    link.last_written.insert(ContactField::Title, FieldValue::text("Engineer"));
    link.last_written.insert(ContactField::Active, FieldValue::Flag(false));
    link.last_source.insert(ContactField::Custom("Entra ID".into()), FieldValue::Empty);
    link.last_source.insert(ContactField::AlternateEmails, FieldValue::List(vec!["x\n\u{202e}\0".into()]));
    let links = [LinkChange::Set(Box::new(link)), set("b", "43"), LinkChange::CompleteRead { users: 7 }];
    let mut commit = step(0, &links);
    let change = Change::Create { fields: Vec::new(), unless_email: Vec::new(), beside: Vec::new() };
    let decision = Decision::new(Subject::User(anchor("c")), change, Reason::NoMatch);
    let mut create = Intent::new(RunId::default(), 0, decision, at());
    create.key = Some("k".into());
    commit.opened.push(create);
    LinkSet::new().after(&commit)
}

fn step(expected: u64, links: &[LinkChange]) -> Commit {
    Commit::new(RunId::default(), expected).with_links(links.to_vec())
}

#[test]
fn what_is_written_is_read_again_and_equal_sets_are_equal_bytes() {
    for set in [LinkSet::new(), full()] {
        let text = encode_links(&set);
        let read = decode_links(&text).unwrap();
        assert!(read == set, "{text}");
        assert_eq!(encode_links(&read), text);
    }
}

#[test]
fn the_document_of_the_contract_is_read_and_missing_keys_have_defaults() {
    let json = r#"{"generation":4,"links":[{"source_id":"entra:t:o","immutable_id":null,"contact_id":"42",
        "first_linked_at":"2026-01-06T10:30:00Z","last_seen_at":"2026-01-06T10:30:00Z","deactivated_by_us":false,
        "missing_since":null,"missing_reads":0,"last_written":{},"last_source":{}},
        {"source_id":"entra:t:p","contact_id":"43","first_linked_at":"2026-01-06T10:30:00Z",
        "last_seen_at":"2026-01-06T10:30:00Z"}]}"#;
    let links = decode_links(json).unwrap();
    assert_eq!((links.generation, links.links.len(), links.last_complete_users), (4, 2, None));
    assert!(decode_links("{}").unwrap() == LinkSet::new());
}

#[test]
fn what_is_not_understood_is_an_error_that_names_the_key_and_shows_no_value() {
    let link = |more: &str| {
        format!(
            r#"{{"links":[{{"source_id":"entra:t:canary","contact_id":"canary","first_linked_at":"2026-01-06T10:30:00Z","last_seen_at":"2026-01-06T10:30:00Z"{more}}}]}}"#
        )
    };
    for (json, says) in [
        (link(r#","lastWritten":{"title":"canary"}"#), "unknown field `lastWritten`"),
        (link(r#","missing_reads":"canary""#), "wrong kind"),
        (link(r#","last_written":{"canary":1}"#), "wrong kind"),
        (r#"{"generations":1}"#.to_owned(), "unknown field `generations`"),
        (r#"{"links":[{"source_id":"canary"}]}"#.to_owned(), "missing field"),
        (r#"{"generation":-1}"#.to_owned(), "wrong kind"),
        ("{\"links\":[\n  {".to_owned(), "line 2, column 3: the text ends too early"),
        ("not json canary".to_owned(), "not JSON"),
        (String::new(), "ends too early"),
    ] {
        let error = decode_links(&json).unwrap_err();
        assert!(error.message().contains(says), "{json}: {error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    let twice = link("").replace("}]}", "},{}]}");
    let row = link("").replace(r#"{"links":["#, "").replace("]}", "");
    let error = decode_links(&twice.replace("{}", &row)).unwrap_err();
    assert!(error.message().contains("linked twice"), "{error}");
}

#[test]
fn every_key_that_a_link_is_written_with_is_read() {
    let written = serde_json::to_value(Link::new(anchor("o"), ContactId::new("1"), at())).unwrap();
    let document = serde_json::json!({ "links": [written] }).to_string();
    assert!(decode_links(&document).is_ok());
}

#[test]
fn an_unknown_tenant_has_no_links_and_a_commit_is_there_for_the_next_store() {
    let (_folder, store) = store();
    assert!(block_on(store.load(&tenant())).unwrap() == LinkSet::new());
    assert_eq!(block_on(store.commit(&tenant(), &step(0, &[set("a", "1")]))).unwrap(), 1);
    let path = store.path_of(&tenant());
    let again = FileLinkStore::open(path.parent().unwrap()).unwrap();
    let links = block_on(again.load(&tenant())).unwrap();
    assert_eq!((links.generation, links.links[&anchor("a")].contact_id.as_str()), (1, "1"));
}

#[test]
fn tenants_with_odd_names_do_not_meet_and_stay_in_the_folder() {
    let (folder, store) = store();
    let names = ["A/B", "a/b", "..", "../../x", "con", "CON", "\u{c4}", "A\u{308}", "", " ", "a\0b"];
    for (contact, name) in names.iter().enumerate() {
        let tenant = TenantName::new(*name);
        block_on(store.commit(&tenant, &step(0, &[set("a", &contact.to_string())]))).unwrap();
    }
    for (contact, name) in names.iter().enumerate() {
        let links = block_on(store.load(&TenantName::new(*name))).unwrap();
        assert_eq!(links.links[&anchor("a")].contact_id.as_str(), contact.to_string(), "{name:?}");
    }
    let held = folder.path().join("deep/links");
    assert_eq!(fs::read_dir(&held).unwrap().count(), names.len() * 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn of_two_writers_exactly_one_wins_each_generation() {
    const ROUNDS: u64 = 40;
    let (_folder, store) = store();
    let writer = |name: &'static str| {
        let store = store.clone();
        thread::spawn(move || {
            let mut wins = Vec::new();
            for _ in 0..10_000 {
                let generation = block_on(store.load(&tenant())).unwrap().generation;
                if generation >= ROUNDS {
                    return wins;
                }
                match block_on(
                    store.commit(&tenant(), &step(generation, &[set(&format!("{name}{generation}"), name)])),
                ) {
                    Ok(new) => wins.push(new),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::PreconditionFailed, "{error}"),
                }
            }
            wins
        })
    };
    let writers = [writer("a"), writer("b"), writer("c")];
    let mut wins: Vec<u64> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
    wins.sort_unstable();
    let links = block_on(store.load(&tenant())).unwrap();
    assert_eq!(wins, (1..=links.generation).collect::<Vec<_>>());
    assert_eq!(links.links.len() as u64, links.generation, "each win is there, and no loss");
}

#[test]
fn a_commit_on_an_old_generation_changes_nothing() {
    let (_folder, store) = store();
    block_on(store.commit(&tenant(), &step(0, &[set("a", "1")]))).unwrap();
    let before = fs::read(store.path_of(&tenant())).unwrap();
    for expected in [0, 2] {
        let error = block_on(store.commit(&tenant(), &step(expected, &[set("b", "2")]))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    }
    assert_eq!(fs::read(store.path_of(&tenant())).unwrap(), before);
}

#[test]
fn a_damaged_file_is_an_error_and_is_never_overwritten() {
    let (_folder, store) = store();
    block_on(store.commit(&tenant(), &step(0, &[set("a", "1")]))).unwrap();
    let path = store.path_of(&tenant());
    let whole = fs::read(&path).unwrap();
    let mut damaged: Vec<Vec<u8>> =
        (0..whole.len() - 2).step_by(7).map(|end| whole[..end].to_vec()).collect();
    damaged.extend([
        b"[]".to_vec(),
        b"{\"generation\":1,\"canary\":1}".to_vec(),
        vec![0xff, 0xfe],
        vec![0; 64],
    ]);
    for content in damaged {
        fs::write(&path, &content).unwrap();
        let load = block_on(store.load(&tenant())).unwrap_err();
        let commit =
            [0, 1].map(|g| block_on(store.commit(&tenant(), &step(g, &[set("b", "2")]))).unwrap_err());
        for error in [load].iter().chain(&commit) {
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
            assert!(error.message().contains(path.file_name().unwrap().to_str().unwrap()), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_run_keeps_another_of_its_tenant_away_and_no_other() {
    let (_folder, store) = store();
    let run = store.lock_tenant(&tenant()).unwrap();
    let error = store.lock_tenant(&tenant()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("another run of tenant Contoso"), "{error}");
    let other = store.lock_tenant(&TenantName::new("Fabrikam")).unwrap();
    block_on(store.commit(&tenant(), &step(0, &[set("a", "1")]))).unwrap();
    drop((run, other));
    assert!(store.lock_tenant(&tenant()).is_ok());
}

#[test]
fn a_writer_that_never_ends_makes_others_give_up_with_the_name_of_the_lock() {
    let (_folder, store) = store();
    let store = store.with_patience(Duration::from_millis(20));
    let lock = store.path_of(&tenant()).with_extension("lock");
    let holder = fs::File::create(&lock).unwrap();
    holder.lock().unwrap();
    let error = block_on(store.commit(&tenant(), &step(0, &[set("a", "1")]))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("tenant-_43ontoso.lock"), "{error}");
    drop(holder);
    assert!(block_on(store.commit(&tenant(), &step(0, &[set("a", "1")]))).is_ok());
}

#[cfg(unix)]
#[test]
fn files_and_folder_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, store) = store();
    let path = store.path_of(&tenant());
    // A killed run may have left something with wider permissions.
    fs::write(path.with_extension("json.tmp"), "left over").unwrap();
    let _run = store.lock_tenant(&tenant()).unwrap();
    block_on(store.commit(&tenant(), &step(0, &[set("a", "1")]))).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let files: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "links, lock and run, and nothing left over: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

/// The marker in the working folder of [`a_process_that_commits`], which does nothing where it is not.
const MARKER: &str = "commit-here";

/// Not a test by itself: the process that the next test starts and kills.
#[test]
fn a_process_that_commits() {
    if !Path::new(MARKER).exists() {
        return;
    }
    let store = FileLinkStore::open("links").unwrap();
    let mut generation = block_on(store.load(&tenant())).unwrap().generation;
    // Enough rows for a write to take a while; bounded in case nobody kills it.
    let rows: Vec<LinkChange> = (0..200).map(|row| set(&row.to_string(), "1")).collect();
    for _ in 0..5_000 {
        generation = block_on(store.commit(&tenant(), &step(generation, &rows))).unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_a_whole_file_that_never_goes_back() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(MARKER), "").unwrap();
    let store = FileLinkStore::open(folder.path().join("links")).unwrap();
    let generation = || block_on(store.load(&tenant())).expect("the file is whole").generation;
    let mut before = 0;
    for kill in 0..20 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_process_that_commits"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Waits for its first commit, so that it is killed at work; looked at all the while.
        for _ in 0..2_000 {
            if generation() > before {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_micros(300 * kill));
        child.kill().unwrap();
        child.wait().unwrap();
        let now = generation();
        assert!(now > before, "kill {kill}: {before} was followed by {now}");
        before = now;
    }
    let next = block_on(store.commit(&tenant(), &step(before, &[set("after", "2")]))).unwrap();
    assert_eq!(next, before + 1, "the lock of the killed is free");
    let files = fs::read_dir(folder.path().join("links")).unwrap().count();
    assert_eq!(files, 2, "links and lock, and nothing left over");
}
