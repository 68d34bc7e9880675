//! A tenant whose holder is dead is free at once, where that can be proved, and only there.
#![cfg(target_os = "linux")]

use crate::postgres::server::Server;
use std::{
    process::{Child, Command},
    sync::Arc,
    time::Duration,
};
use sync_core::{
    ErrorKind,
    model::{SourceAnchor, TenantName},
    store::{Acquired, Commit, Hold as _, Leases, Person, RunId, StateStore},
};
use sync_state::{Held, PostgresStore, SqliteStore};

const LONG: Duration = Duration::from_secs(600);

async fn ask(store: &Arc<dyn StateStore>, tenant: &TenantName) -> Option<Held> {
    let leases: Arc<dyn StateStore> = Arc::clone(store);
    let leases: Arc<dyn Leases> = leases;
    Held::take(leases, tenant, LONG).await.unwrap().ok()
}

/// How this process is recorded.
async fn us(store: &Arc<dyn StateStore>) -> String {
    let held = ask(store, &TenantName::new("who are we")).await.unwrap();
    let holder = held.lease().holder.clone();
    held.release().await.unwrap();
    assert!(holder.contains(" (boot "), "this system says enough to prove a death: {holder}");
    holder
}

/// Since when a process runs, in ticks of its machine.
fn started(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.split_whitespace().nth(19).unwrap().parse().unwrap()
}

fn part<'a>(holder: &'a str, from: &str, to: &str) -> &'a str {
    holder.rsplit_once(from).unwrap().1.split_once(to).unwrap().0
}

/// How a child of ours would be recorded.
fn of_child(us: &str, child: u32) -> String {
    let me = std::process::id();
    us.replace(&format!("process {me} ("), &format!("process {child} ("))
        .replace(&format!("started {})", started(me)), &format!("started {})", started(child)))
}

fn child() -> Child {
    Command::new("sleep").arg("600").spawn().unwrap()
}

async fn taken_by(store: &Arc<dyn StateStore>, tenant: &TenantName, holder: &str) -> RunId {
    match store.acquire(tenant, holder, LONG).await.unwrap() {
        Acquired::Ours(lease) => lease.run,
        Acquired::HeldBy(lease) => panic!("{lease:?}"),
    }
}

async fn a_killed_holder_is_followed_at_once_and_cannot_write(store: Arc<dyn StateStore>) {
    let tenant = TenantName::new("Contoso");
    let us = us(&store).await;
    let mut child = child();
    let holder = of_child(&us, child.id());
    assert_ne!(holder, us);
    let old = taken_by(&store, &tenant, &holder).await;
    assert!(ask(&store, &tenant).await.is_none(), "it lives");
    child.kill().unwrap();
    // Dead, and not looked at by its parent yet: the machine still lists it.
    while !std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap().contains(") Z ") {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // What is left of a process writes nothing.
    let held = ask(&store, &tenant).await.unwrap();
    assert!(held.run() > old);
    let late = store.commit(&tenant, &Commit::new(old, 0)).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::PreconditionFailed, "its number is of the past");
    assert!(store.renew(&tenant, old, LONG).await.is_err());
    store.commit(&tenant, &Commit::new(held.run(), 0)).await.unwrap();
    held.release().await.unwrap();

    child.wait().unwrap();
    taken_by(&store, &tenant, &holder).await;
    let (first, second) = tokio::join!(ask(&store, &tenant), ask(&store, &tenant));
    assert_eq!(u32::from(first.is_some()) + u32::from(second.is_some()), 1, "one of those who ask has it");
}

#[tokio::test]
async fn a_killed_holder_is_followed_at_once_and_cannot_write_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap();
    a_killed_holder_is_followed_at_once_and_cannot_write(Arc::new(store)).await;
}

#[tokio::test]
async fn a_killed_holder_is_followed_at_once_and_cannot_write_on_postgresql() {
    let Some(server) = Server::start() else { return };
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    a_killed_holder_is_followed_at_once_and_cannot_write(Arc::new(store)).await;
}

#[tokio::test]
async fn a_number_that_another_process_has_by_now_is_a_dead_holder() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap();
    let store: Arc<dyn StateStore> = Arc::new(store);
    let (us, mine) = (us(&store).await, started(std::process::id()));
    let earlier = us.replace(&format!("started {mine})"), &format!("started {})", mine - 1));
    let tenant = TenantName::new("Contoso");
    taken_by(&store, &tenant, &earlier).await;
    assert!(ask(&store, &tenant).await.is_some());
    let tenant = TenantName::new("Fabrikam");
    taken_by(&store, &tenant, &us).await;
    assert!(ask(&store, &tenant).await.is_none(), "this very process lives");
}

#[tokio::test]
async fn a_person_is_forgotten_although_a_dead_run_still_holds_the_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap();
    let store: Arc<dyn StateStore> = Arc::new(store);
    let (us, mine) = (us(&store).await, started(std::process::id()));
    let dead = us.replace(&format!("started {mine})"), &format!("started {})", mine - 1));
    let person = Person { source_id: Some(SourceAnchor::new("entra:t:a")), contact: None };
    for (holder, free) in [(dead.as_str(), true), (us.as_str(), false), ("another machine", false)] {
        let tenant = TenantName::new(holder);
        taken_by(&store, &tenant, holder).await;
        assert_eq!(store.forget(&tenant, &person).await.is_ok(), free, "{holder}");
    }
}

#[tokio::test]
async fn what_cannot_be_proved_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap();
    let store: Arc<dyn StateStore> = Arc::new(store);
    let us = us(&store).await;
    let mut child = child();
    let dead = of_child(&us, child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    let machine = dead.split_once(", process").unwrap().0;
    let boot = part(&dead, "(boot ", ",");
    let (pids, times) = part(&dead, "namespaces ", ",").split_once(" and ").unwrap();
    let other = |from: String, to: String| {
        assert!(dead.contains(&from), "{from} is not in {dead}");
        dead.replacen(&from, &to, 1)
    };
    let cases = [
        ("another machine", other(format!("{machine}, process"), "elsewhere, process".to_owned())),
        ("another boot", other(boot.to_owned(), "00000000-0000-4000-8000-000000000000".to_owned())),
        ("another container", other(format!("namespaces {pids} and"), "namespaces 1 and".to_owned())),
        ("another beginning of time", other(format!(" and {times},"), " and 1,".to_owned())),
        ("an earlier version of this program", dead.split_once(" (").unwrap().0.to_owned()),
        ("no process number", other(format!("process {}", child.id()), "process 0".to_owned())),
        ("a number too large", other(format!("process {}", child.id()), "process 4294967295".to_owned())),
        ("another program", "a test".to_owned()),
    ];
    for (what, holder) in cases {
        let tenant = TenantName::new(what);
        let run = taken_by(&store, &tenant, &holder).await;
        assert!(ask(&store, &tenant).await.is_none(), "{what}: {holder}");
        assert_eq!(store.lease(&tenant).await.unwrap().map(|lease| lease.run), Some(run));
    }
    let tenant = TenantName::new("the same without a change");
    taken_by(&store, &tenant, &dead).await;
    assert!(ask(&store, &tenant).await.is_some());
}
