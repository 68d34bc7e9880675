//! Bringing a file forward: in steps, and by processes that are killed or meet.

use super::{
    open::{connect, prepare},
    sql::{
        STEPS, bring_forward,
        migrating::{FIRST, WITH_COLUMN, steps_are_done_in_order_whole_or_not_at_all, version},
    },
};
use sqlx::{SqliteConnection, sqlite::SqliteSynchronous};
use std::{path::Path, process::Command, time::Duration};

/// In a child: the file to bring forward.
const CHILD: &str = "PSA_SYNC_TEST_BRINGS_FORWARD";

/// A step that never ends, after it has done something.
const ENDLESS: &[&str] = &[
    "ALTER TABLE tenants ADD COLUMN motto TEXT",
    "INSERT INTO counters (name, value) VALUES ('motto', 7)",
    "INSERT INTO counters (name, value) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
     SELECT 'endless', COUNT(*) FROM n",
];

async fn file(path: &Path) -> SqliteConnection {
    prepare(path).unwrap();
    connect(path, SqliteSynchronous::Full).await.unwrap()
}

#[tokio::test]
async fn steps_are_done_in_order_whole_or_not_at_all_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = file(&folder.path().join("state.sqlite")).await;
    steps_are_done_in_order_whole_or_not_at_all(&mut conn).await;
}

/// Starts itself once more, as the process that is killed.
#[tokio::test]
async fn a_process_that_is_killed_in_the_middle_of_a_step_leaves_the_version_before() {
    #[allow(clippy::disallowed_methods, reason = "how the child knows what it is")]
    if let Some(path) = std::env::var_os(CHILD) {
        let mut conn = file(Path::new(&path)).await;
        bring_forward(&mut conn, "test", &[STEPS[0], ENDLESS]).await.unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    let mut conn = file(&path).await;
    bring_forward(&mut conn, "test", FIRST).await.unwrap();
    let name =
        "sqlite::migrating::a_process_that_is_killed_in_the_middle_of_a_step_leaves_the_version_before";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(CHILD, &path)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The child is in its step once nobody else can write.
    sqlx::query("PRAGMA busy_timeout = 0").execute(&mut conn).await.unwrap();
    let patience = std::time::Instant::now() + Duration::from_secs(30);
    while sqlx::query("UPDATE counters SET value = value").execute(&mut conn).await.is_ok() {
        assert!(std::time::Instant::now() < patience, "the child never began");
        assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let mut conn = file(&path).await;
    assert_eq!(version(&mut conn).await, 1);
    // The same column again: nothing is left of the step that was under way.
    bring_forward(&mut conn, "test", WITH_COLUMN).await.unwrap();
    assert_eq!(version(&mut conn).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_processes_that_open_an_old_file_each_step_is_done_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    bring_forward(&mut file(&path).await, "test", FIRST).await.unwrap();
    let openers: Vec<_> = (0..6)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move { bring_forward(&mut file(&path).await, "test", WITH_COLUMN).await })
        })
        .collect();
    for opener in openers {
        // Its second statement would fail if it were done twice.
        opener.await.unwrap().unwrap();
    }
    assert_eq!(version(&mut file(&path).await).await, 2);
}
