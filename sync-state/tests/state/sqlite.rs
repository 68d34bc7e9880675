//! The suite over memory and SQLite, and what is SQLite's own.

use crate::suite::{every_claim, link, take};
use sync_core::{
    memory::MemoryStore,
    model::TenantName,
    store::{Commit, LinkStore as _},
};
use sync_state::SqliteStore;

#[tokio::test]
async fn memory_keeps_every_claim() {
    every_claim(&MemoryStore::new()).await;
}

#[tokio::test]
async fn sqlite_keeps_every_claim() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("deep/state.sqlite")).await.unwrap();
    every_claim(&store).await;
}

#[tokio::test]
async fn what_is_committed_is_there_for_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    let tenant = TenantName::new("Contoso");
    let first = SqliteStore::open(&path).await.unwrap();
    let run = take(&first, &tenant).await;
    first.commit(&tenant, &Commit::new(run, 0).with_links(vec![link("a", "1")])).await.unwrap();
    // Not closed: as after a crash.
    let second = SqliteStore::open(&path).await.unwrap();
    assert_eq!(second.load(&tenant).await.unwrap().links.len(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_what_sqlite_keeps_beside_it_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap();
    take(&store, &TenantName::new("Contoso")).await;
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}
