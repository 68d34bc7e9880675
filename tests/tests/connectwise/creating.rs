//! Creates whose answers are lost.

use crate::world::World;
use chrono::TimeDelta;
use sync_core::plan::{Action, Reason};

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_linked_by_the_next_run() {
    for fault in ["reset-after-commit[POST]@2", "truncated-body[POST]@2"] {
        let mut world = World::in_step(150, 120).await;
        let people: Vec<String> = ["kim", "lee", "mia", "noa"].iter().map(|name| world.join(name)).collect();
        world.fault(&format!("connectwise:{fault}"));
        let (plan, report) = world.sync().await;
        assert_eq!((plan.summary.create, world.sandbox.faults_struck()), (4, 1), "{fault}");
        let done = report.statistics;
        assert_eq!((done.contacts_created, done.indeterminate), (3, 1), "{fault}");
        assert!(
            !report.success && report.errors.iter().any(|error| error.code == "Indeterminate"),
            "{fault}"
        );
        assert!(
            people.iter().all(|user| world.contact_of(user).is_some()),
            "{fault}: it was created all the same"
        );
        assert_eq!(world.links().await.open.len(), 1, "{fault}: and is not forgotten");

        // At once, while it is still open: it is found by the mark it was created with.
        world.pass(TimeDelta::minutes(1));
        let (plan, report) = world.sync().await;
        assert_eq!((plan.summary.create, plan.summary.link, plan.summary.changes()), (0, 1, 1), "{fault}");
        assert_eq!(report.statistics.contacts_linked, 1, "{fault}");
        assert!(world.links().await.open.is_empty(), "{fault}");
        world.settles().await;
    }
}

#[tokio::test]
async fn a_create_that_never_arrived_waits_until_that_is_sure_and_is_made_once() {
    let mut world = World::in_step(150, 120).await;
    let user = world.join("olu");
    world.fault("connectwise:500[POST]");
    let (_, report) = world.sync().await;
    assert_eq!((report.statistics.indeterminate, world.contact_of(&user)), (1, None));
    world.pass(TimeDelta::minutes(5));
    let (plan, _) = world.sync().await;
    let decision = world.about(&plan, &user);
    assert_eq!((decision.change.action(), decision.reason), (Action::Hold, Reason::Grace));
    world.pass(TimeDelta::minutes(15));
    let (plan, report) = world.sync().await;
    assert_eq!((plan.summary.create, report.statistics.contacts_created), (1, 1));
    world.settles().await;
}

#[tokio::test]
async fn a_rate_limit_in_the_middle_of_the_creates_makes_no_second_contact() {
    let world = World::in_step(150, 120).await;
    for name in ["pia", "quy", "rui", "sol", "tom"] {
        world.join(name);
    }
    world.fault("connectwise:429=0s[POST]@2*2");
    world.sandbox.reset_calls();
    let (_, report) = world.sync().await;
    assert_eq!((report.statistics.contacts_created, report.statistics.errors), (5, 0));
    assert_eq!(world.sandbox.calls().writes(), 7, "five creates, and the two that were refused before");
    world.settles().await;
}

#[tokio::test]
async fn a_refused_create_is_told_and_does_not_stop_the_others() {
    let world = World::in_step(150, 120).await;
    for name in ["una", "vic", "wes"] {
        world.join(name);
    }
    world.fault("connectwise:403[POST]@2");
    let (_, report) = world.sync().await;
    assert_eq!((report.statistics.contacts_created, report.statistics.errors), (2, 1));
    assert!(report.errors.iter().any(|error| error.code == "PermissionDenied"));
    let (plan, report) = world.sync().await;
    assert_eq!((plan.summary.create, report.statistics.contacts_created), (1, 1));
    world.settles().await;
}
