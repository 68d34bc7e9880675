//! How much SQLite has to do, counted in steps of its virtual machine: they are the same on every machine.

use super::SqliteStore;
use chrono::{DateTime, Duration, Utc};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use sync_core::{
    model::{ContactField, ContactId, FieldValue, SourceAnchor, TenantName},
    plan::{Change, Decision, FieldChange, Reason, Subject},
    store::{
        Acquired, Commit, Intent, IntentState, Leases as _, Link, LinkChange, LinkStore as _, Retention as _,
    },
};

/// As many as an apply announces at once.
const BATCH: u32 = 48;

/// Steps between two counts.
const EVERY: i32 = 100;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_695_400, 0).unwrap()
}

fn user(place: u32) -> SourceAnchor {
    SourceAnchor::entra("t", &format!("user {place}"))
}

fn create(place: u32) -> Decision {
    let after = FieldValue::text(format!("p{place}@contoso.example.com"));
    let fields = vec![FieldChange { field: ContactField::Email, before: FieldValue::Empty, after }];
    let change = Change::Create { fields, unless_email: Vec::new(), beside: Vec::new() };
    Decision::new(Subject::User(user(place)), change, Reason::NoMatch)
}

async fn counted(store: &SqliteStore) -> Arc<AtomicU64> {
    let count = Arc::new(AtomicU64::new(0));
    for conn in [&store.durable, &store.quick] {
        let (mut conn, count) = (conn.lock().await, Arc::clone(&count));
        let mut handle = conn.lock_handle().await.unwrap();
        handle.set_progress_handler(EVERY, move || {
            count.fetch_add(EVERY.unsigned_abs().into(), Ordering::Relaxed);
            true
        });
    }
    count
}

/// Journals so many creates as an apply does, a batch at a time.
async fn journal(store: &SqliteStore, tenant: &TenantName, creates: u32) {
    let Acquired::Ours(lease) =
        store.acquire(tenant, "a test", std::time::Duration::from_secs(60)).await.unwrap()
    else {
        panic!("nobody else has it")
    };
    let mut generation = store.load(tenant).await.unwrap().generation;
    let mut commit = Commit::new(lease.run, generation);
    for first in (0..creates + BATCH).step_by(BATCH as usize) {
        let places = first..(first + BATCH).min(creates);
        commit.opened = places.map(|place| Intent::new(lease.run, place, create(place), now())).collect();
        generation = store.commit(tenant, &commit).await.unwrap();
        let mut next = Commit::new(lease.run, generation);
        for intent in &commit.opened {
            let contact = ContactId::new(intent.place.to_string());
            let link = Link::new(user(intent.place), contact.clone(), now());
            next.links.push(LinkChange::Set(Box::new(link)));
            next.settled.push(intent.settled(IntentState::Done { contact }, now()));
        }
        commit = next;
    }
    assert!(store.load(tenant).await.unwrap().open.is_empty());
    store.release(tenant, lease.run).await.unwrap();
}

#[tokio::test]
async fn four_times_the_changes_are_four_times_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let mut steps = Vec::new();
    for creates in [1_000, 4_000] {
        let path = folder.path().join(format!("{creates}.sqlite"));
        let store = SqliteStore::open(path).await.unwrap();
        let count = counted(&store).await;
        journal(&store, &TenantName::new("Contoso"), creates).await;
        steps.push(count.load(Ordering::Relaxed));
    }
    let ratio = steps[1] as f64 / steps[0] as f64;
    assert!(ratio < 4.5, "{steps:?}: {ratio:.2} times the work");
    assert!(steps[1] / 4_000 < 400, "{} steps of SQLite for each change", steps[1] / 4_000);
}

#[tokio::test]
async fn what_other_tenants_and_earlier_runs_left_costs_a_run_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap();
    let ours = TenantName::new("Contoso");
    let run = async |count: &AtomicU64| {
        let before = count.load(Ordering::Relaxed);
        journal(&store, &ours, 96).await;
        let pruned = store.prune(now() - Duration::days(400)).await.unwrap();
        assert_eq!(pruned.intents, 0);
        count.load(Ordering::Relaxed) - before
    };
    let count = counted(&store).await;
    run(&count).await;
    let first = run(&count).await;
    for other in ["Fabrikam", "Northwind"] {
        journal(&store, &TenantName::new(other), 2_000).await;
    }
    for _ in 0..10 {
        run(&count).await;
    }
    let last = run(&count).await;
    assert!(last < first * 5 / 4, "{first} steps at first, {last} beside a long history");
}
