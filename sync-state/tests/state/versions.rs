//! Databases of each version that the schema ever had, as they were left then.

use crate::{
    faults::raw,
    suite::{a_plan, anchor, at, create, link, take, update},
};
use std::path::{Path, PathBuf};
use sync_core::{
    apply::interrupted_report,
    model::{ContactId, TenantName},
    policy::SyncMode,
    store::{
        Commit, History as _, Intent, IntentState, Leases as _, LinkStore as _, Retention as _, RunEnd,
        RunStart,
    },
};
use sync_state::SqliteStore;

fn tenant() -> TenantName {
    TenantName::new("Contoso")
}

fn kept(version: i64) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/databases/v{version}.sqlite"))
}

/// What is in each of them: a run that ended, and one that was killed while a create was on its way.
async fn fill(store: &SqliteStore) {
    let tenant = tenant();
    let run = take(store, &tenant).await;
    let plan = a_plan(&tenant, &["a", "b"]);
    let start = RunStart { at: at(0), sync_mode: SyncMode::Full, undoes: None, plan: &plan };
    store.begin(&tenant, run, &start).await.unwrap();
    let mut commit = Commit::new(run, 0).with_links(vec![link("a", "42")]);
    commit.opened = vec![Intent::new(run, 0, update("a", "42"), at(1))];
    commit.settled =
        vec![commit.opened[0].settled(IntentState::Done { contact: ContactId::new("42") }, at(2))];
    store.commit(&tenant, &commit).await.unwrap();
    let report = interrupted_report(&plan, &store.intents(run).await.unwrap(), SyncMode::Full, at(0));
    let end = RunEnd { at: at(5), interrupted: false, report: &report };
    store.finish(&tenant, run, run, &end).await.unwrap();
    store.release(&tenant, run).await.unwrap();
    let killed = take(store, &tenant).await;
    let mut commit = Commit::new(killed, 1);
    commit.opened = vec![Intent::new(killed, 1, create("b"), at(9))];
    store.commit(&tenant, &commit).await.unwrap();
    store.release(&tenant, killed).await.unwrap();
}

async fn version_of(path: &Path) -> i64 {
    use sqlx::{ConnectOptions as _, Row as _};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut conn = options.connect().await.unwrap();
    sqlx::query("PRAGMA user_version").fetch_one(&mut conn).await.unwrap().get(0)
}

/// A database of the version that this program writes, as one file without a log.
async fn write(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("state.sqlite");
    fill(&SqliteStore::open(&made).await.unwrap()).await;
    raw(
        &made,
        &[
            "PRAGMA wal_checkpoint(TRUNCATE)",
            "PRAGMA journal_mode = DELETE",
            "PRAGMA page_size = 1024",
            "VACUUM",
        ],
    )
    .await;
    std::fs::copy(made, path).unwrap();
}

#[tokio::test]
async fn each_schema_version_that_ever_was_is_opened_and_brought_forward() {
    let folder = tempfile::tempdir().unwrap();
    let newest = folder.path().join("newest.sqlite");
    SqliteStore::open(&newest).await.unwrap();
    let latest = version_of(&newest).await;
    assert!(latest > 0);
    for version in 1..=latest {
        if !kept(version).exists() && version == latest {
            write(&kept(version)).await;
            panic!("{} was not there and has been written: commit it", kept(version).display());
        }
        let path = folder.path().join(format!("{version}.sqlite"));
        std::fs::copy(kept(version), &path).unwrap();
        assert_eq!(version_of(&path).await, version, "it is what its name says");
        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(version_of(&path).await, latest);
        let tenant = tenant();
        let set = store.load(&tenant).await.unwrap();
        assert_eq!(set.links[&anchor("a")].contact_id, ContactId::new("42"), "version {version}");
        assert_eq!(set.generation, 2);
        assert_eq!(set.open_create(&anchor("b")).unwrap().decision, create("b"));
        let runs = store.runs(Some(&tenant), None, 9).await.unwrap();
        assert_eq!(
            runs.iter().map(|run| (run.ended_at, run.success)).collect::<Vec<_>>(),
            [(Some(at(5)), Some(false))]
        );
        let (plan, report) =
            (store.plan(runs[0].run).await.unwrap(), store.report(runs[0].run).await.unwrap());
        plan.unwrap().verify().unwrap();
        assert_eq!(report.unwrap().statistics.decisions, 2);
        assert_eq!(store.written(&tenant, &Default::default()).await.unwrap()[0].at, at(2));
        let run = take(&store, &tenant).await;
        assert!(run.number() > 2, "numbers go on");
        let open = set.open_create(&anchor("b")).unwrap();
        let mut commit = Commit::new(run, 2).with_links(vec![link("b", "43")]);
        commit.settled = vec![open.settled(IntentState::Done { contact: ContactId::new("43") }, at(20))];
        store.commit(&tenant, &commit).await.unwrap();
        let pruned = store.prune(at(10)).await.unwrap();
        assert_eq!((pruned.runs, pruned.intents), (1, 1), "what is older ends, what was settled later stays");
    }
}
