//! One run per tenant.

use crate::{
    faults::raw,
    postgres::server::Server,
    suite::{at, create, take},
};
use std::{sync::Arc, time::Duration};
use sync_core::{
    ErrorKind,
    memory::MemoryStore,
    model::TenantName,
    store::{Acquired, Commit, Hold as _, Intent, Leases, LinkStore as _, StateStore},
};
use sync_state::{Held, PostgresStore, SqliteStore};

const LONG: Duration = Duration::from_secs(600);

/// With a lease of no length, which has run out at once: nobody has to wait.
async fn a_lease_keeps_others_away_until_it_runs_out_or_is_given_back(store: &dyn StateStore) {
    let tenant = TenantName::new("Contoso");
    let Acquired::Ours(first) = store.acquire(&tenant, "machine 1", LONG).await.unwrap() else {
        panic!("nobody has it")
    };
    let Acquired::HeldBy(held) = store.acquire(&tenant, "machine 2", LONG).await.unwrap() else {
        panic!("two hold it")
    };
    assert_eq!((held.run, held.holder.as_str(), held.since), (first.run, "machine 1", first.since));
    assert_eq!(store.lease(&tenant).await.unwrap().map(|lease| lease.run), Some(first.run));
    let other = TenantName::new("Fabrikam");
    assert!(matches!(store.acquire(&other, "machine 2", LONG).await.unwrap(), Acquired::Ours(_)));
    store.renew(&tenant, first.run, LONG).await.unwrap();
    store.renew(&tenant, first.run, Duration::ZERO).await.unwrap();
    assert_eq!(store.lease(&tenant).await.unwrap(), None, "it has run out");
    let Acquired::Ours(second) = store.acquire(&tenant, "machine 2", LONG).await.unwrap() else {
        panic!("a lease that has run out is nobody's")
    };
    assert!(second.run > first.run);
    let error = store.renew(&tenant, first.run, LONG).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
    store.release(&tenant, first.run).await.unwrap();
    assert!(store.lease(&tenant).await.unwrap().is_some(), "nobody gives back what is another's");
    assert!(store.commit(&tenant, &Commit::new(first.run, 0)).await.is_err());
    store.commit(&tenant, &Commit::new(second.run, 0)).await.unwrap();
    store.release(&tenant, second.run).await.unwrap();
    assert!(matches!(store.acquire(&tenant, "machine 1", LONG).await.unwrap(), Acquired::Ours(_)));
}

/// What a run announced may have been sent as late as its end, and that is told to the runs after it.
async fn a_tenant_remembers_until_when_it_was_written_for(store: &dyn StateStore) {
    let tenant = TenantName::new("Adatum");
    let acquire = async || match store.acquire(&tenant, "a test", LONG).await.unwrap() {
        Acquired::Ours(lease) => lease,
        Acquired::HeldBy(lease) => panic!("{lease:?}"),
    };
    let commit = async |run, generation, opens: bool| {
        let mut commit = Commit::new(run, generation);
        if opens {
            commit.opened = vec![Intent::new(run, 0, create("new"), at(0))];
        }
        store.commit(&tenant, &commit).await.unwrap();
    };
    let first = acquire().await;
    assert_eq!(first.earlier_until, None, "nobody ever wrote");
    commit(first.run, 0, true).await;
    store.release(&tenant, first.run).await.unwrap();
    let second = acquire().await;
    let until = second.earlier_until.unwrap();
    assert!(until >= first.since && until <= second.since, "it may have sent until it gave the tenant back");
    assert!(second.earlier_age.is_some_and(|age| age < LONG), "{:?}", second.earlier_age);
    commit(second.run, 1, false).await;
    store.release(&tenant, second.run).await.unwrap();
    let third = acquire().await;
    assert_eq!(third.earlier_until, Some(until), "the second one sent nothing");
    commit(third.run, 2, true).await;
    // Killed: its lease runs out.
    let ends = store.renew(&tenant, third.run, Duration::ZERO).await.unwrap().until;
    let fourth = acquire().await;
    assert_eq!(fourth.earlier_until, Some(ends), "it may have sent until its lease ran out");
    store.release(&tenant, fourth.run).await.unwrap();
    assert_eq!(acquire().await.earlier_until, Some(ends));
}

#[tokio::test]
async fn on_sqlite_a_lease_keeps_others_away() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap();
    a_lease_keeps_others_away_until_it_runs_out_or_is_given_back(&store).await;
    a_tenant_remembers_until_when_it_was_written_for(&store).await;
}

#[tokio::test]
async fn on_postgresql_a_lease_keeps_others_away() {
    let Some(server) = Server::start() else { return };
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    a_lease_keeps_others_away_until_it_runs_out_or_is_given_back(&store).await;
    a_tenant_remembers_until_when_it_was_written_for(&store).await;
}

/// Many takers, each with a connection of its own, and one of them wins.
async fn of_many_takers_one_wins(stores: Vec<Arc<dyn StateStore>>) {
    for round in 0..20 {
        let tenant = TenantName::new(format!("tenant {round}"));
        // Nobody ever had it, or somebody gave it back.
        if round % 2 == 1
            && let Acquired::Ours(lease) = stores[0].acquire(&tenant, "an earlier one", LONG).await.unwrap()
        {
            stores[0].release(&tenant, lease.run).await.unwrap();
        }
        let takers: Vec<_> = stores
            .iter()
            .map(|store| {
                let (store, tenant) = (Arc::clone(store), tenant.clone());
                tokio::spawn(async move { store.acquire(&tenant, "a taker", LONG).await.unwrap() })
            })
            .collect();
        let mut ours = 0;
        for taker in takers {
            ours += u32::from(matches!(taker.await.unwrap(), Acquired::Ours(_)));
        }
        assert_eq!(ours, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_takers_one_wins_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores: Vec<Arc<dyn StateStore>> = Vec::new();
    for _ in 0..4 {
        stores.push(Arc::new(SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap()));
    }
    of_many_takers_one_wins(stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_takers_one_wins_on_postgresql() {
    let Some(server) = Server::start() else { return };
    let mut stores: Vec<Arc<dyn StateStore>> = Vec::new();
    for _ in 0..4 {
        stores.push(Arc::new(PostgresStore::connect(&server.url()).await.unwrap()));
    }
    of_many_takers_one_wins(stores).await;
}

#[tokio::test(start_paused = true)]
async fn a_held_tenant_is_renewed_until_another_run_has_it() {
    let store = Arc::new(MemoryStore::new());
    let leases: Arc<dyn Leases> = Arc::<MemoryStore>::clone(&store);
    let tenant = TenantName::new("Contoso");
    let held = Held::take(Arc::clone(&leases), &tenant, LONG).await.unwrap().unwrap();
    assert!(held.left() > LONG / 2);
    let refused = Held::take(leases, &tenant, LONG).await.unwrap().unwrap_err();
    assert_eq!(refused.run, held.run());
    tokio::time::sleep(LONG * 2).await;
    assert!(held.left() > Duration::ZERO, "it was renewed meanwhile");
    store.expire(&tenant);
    tokio::time::sleep(LONG).await;
    assert_eq!(held.left(), Duration::ZERO, "who has lost a tenant knows it");
    held.release().await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_clock_that_jumps_ahead_makes_no_write_older() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    let store = SqliteStore::open(&path).await.unwrap();
    let tenant = TenantName::new("Adatum");
    for (generation, released) in [(0, true), (1, false)] {
        let run = take(&store, &tenant).await;
        let mut commit = Commit::new(run, generation);
        commit.opened = vec![Intent::new(run, 0, create(&format!("new{generation}")), at(0))];
        store.commit(&tenant, &commit).await.unwrap();
        // To the clock of tomorrow this was yesterday; one run gave the tenant back, the other one was killed.
        if released {
            store.release(&tenant, run).await.unwrap();
            raw(&path, &["UPDATE tenants SET busy_until = busy_until - 86400000000"]).await;
        } else {
            raw(&path, &["UPDATE tenants SET until_at = until_at - 86400000000"]).await;
        }
        let Acquired::Ours(next) = store.acquire(&tenant, "a test", LONG).await.unwrap() else {
            panic!("it is free, or has run out")
        };
        let age = next.earlier_age.unwrap();
        assert!(age < Duration::from_secs(60), "{age:?}");
        store.release(&tenant, next.run).await.unwrap();
    }
}
