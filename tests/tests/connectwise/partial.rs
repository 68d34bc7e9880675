//! Reads that are cut short: nothing is concluded from what is absent.

use crate::world::World;
use chrono::TimeDelta;
use sync_core::plan::{PlanError, Reason};

/// A world of two pages of users, of whom three on no particular page are gone since the last run.
async fn with_leavers() -> (World, Vec<String>) {
    let world = World::in_step(1_100, 150).await;
    let leavers: Vec<String> = world.staff().into_iter().rev().take(3).map(|user| user.id).collect();
    for user in &leavers {
        assert!(world.sandbox.delete_user(user));
    }
    (world, leavers)
}

#[tokio::test]
async fn a_directory_read_that_is_cut_short_never_deactivates_anybody() {
    let (mut world, leavers) = with_leavers().await;
    for fault in ["early-end", "empty-page", "403", "repeat-page"] {
        for read in 1..=2 {
            // The first call takes the place that changes are read from later.
            let place = if fault == "early-end" { 2 } else { 3 };
            world.fault(&format!("graph:{fault}[GET /v1.0/users]@{place}"));
            let connected = world.connect();
            let (plan, complete) = world.try_plan(&connected).await.unwrap();
            assert_eq!(world.sandbox.faults_struck(), 1, "{fault}");
            assert_eq!(plan.summary.deactivate, 0, "{fault}, read {read}");
            assert!(!complete.is_complete() || fault == "repeat-page", "{fault} was taken for the end");
            if !complete.is_complete() {
                assert!(!plan.basis.absence_counts, "{fault}");
                let spared = plan.decisions.iter().filter(|d| d.reason == Reason::SnapshotPartial).count();
                assert!(spared >= leavers.len(), "{fault}: {spared}");
                let report = world.apply(&connected, &plan).await;
                assert!(!report.success, "{fault}: a partial read is not a success");
                assert_eq!(report.statistics.contacts_deactivated, 0);
            }
            // Whatever a page that repeats did to the listing, it was not taken for a whole one of other people.
            assert!(!complete.is_complete() || plan.summary.users_read >= 1_097, "{fault}");
            world.sandbox.clear_faults();
            world.pass(TimeDelta::hours(30));
        }
    }
    let links = world.links().await;
    assert!(leavers.iter().all(|user| links.links[&world.anchor(user)].missing_reads <= 1));
    assert!(leavers.iter().all(|user| world.contact_of(user).unwrap()["inactiveFlag"] == false));
    world.assert_one_contact_each();
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_directory_that_stumbles_once_is_read_whole() {
    let (world, _) = with_leavers().await;
    for fault in [
        "graph:500[GET /v1.0/users]@2",
        "graph:truncated-body[GET /v1.0/users]",
        "graph:expired-page-token",
        "login:503",
    ] {
        world.fault(fault);
        let (plan, complete) = world.try_plan(&world.connect()).await.unwrap();
        assert!(complete.is_complete() && plan.basis.absence_counts, "{fault}: {complete:?}");
        assert_eq!((plan.summary.users_read, world.sandbox.faults_struck()), (1_097, 1), "{fault}");
        world.sandbox.clear_faults();
    }
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_directory_of_which_most_is_gone_is_suspect() {
    let mut world = World::in_step(150, 120).await;
    for user in world.sandbox.users().into_iter().skip(60) {
        assert!(world.sandbox.purge_user(&user.id));
    }
    for _ in 0..3 {
        world.pass(TimeDelta::hours(30));
        let (plan, report) = world.sync().await;
        assert_eq!((plan.summary.deactivate, report.statistics.contacts_deactivated), (0, 0));
        assert!(plan.decisions.iter().any(|d| d.reason == Reason::SuspectSnapshot));
    }
    world.assert_one_contact_each();
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn a_contact_list_that_is_cut_short_refuses_to_plan() {
    let world = World::of(1_300, 1_200).await;
    for fault in
        ["connectwise:403[GET /company/contacts]@2", "connectwise:repeat-page[GET /company/contacts]@2"]
    {
        world.fault(fault);
        let refused = world.try_plan(&world.connect()).await;
        assert!(matches!(refused, Err(PlanError::ContactsPartial(_))), "{fault}: {refused:?}");
        world.sandbox.clear_faults();
    }
    assert_eq!(world.sandbox.calls().writes(), 0);
    world.sandbox.shutdown().await;
}

/// ConnectWise has a next link on a full last page, so an empty page after a full one is an honest end, and nothing tells
/// it from a server that lost its place. What then looks new is looked for again before it is created.
#[tokio::test]
async fn contacts_that_a_false_end_hid_are_not_created_again() {
    let world = World::of(1_300, 1_200).await;
    let honest = world.plan(&world.connect()).await;
    world.fault("connectwise:empty-page[GET /company/contacts]@2");
    let connected = world.connect();
    let plan = world.plan(&connected).await;
    assert_eq!((plan.summary.contacts_read, world.sandbox.faults_struck()), (1_000, 1));
    assert!(plan.summary.create > honest.summary.create + 100);
    let report = world.apply(&connected, &plan).await;
    assert!(report.statistics.stale > 100, "{:?}", report.statistics);
    for created in &report.created_contacts {
        let reason = world.about(&honest, &created.office365_id).reason;
        assert!(reason == Reason::NoMatch, "{}: {reason}", created.office365_id);
    }
    world.assert_one_contact_each();
    world.sandbox.shutdown().await;
}
