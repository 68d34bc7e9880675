//! People who leave: disabled, deleted, come back.

use crate::world::{World, of};
use chrono::TimeDelta;
use sync_core::plan::{Action, Reason};
use sync_sandbox::Vendor;

#[tokio::test]
async fn a_disabled_user_loses_exactly_its_contact_and_gets_it_back() {
    let mut world = World::in_step(150, 120).await;
    let user = world.staff().swap_remove(3).id;
    assert!(world.sandbox.disable_user(&user));
    world.sandbox.reset_calls();
    let (plan, report) = world.sync().await;
    let gone = of(&plan, Action::Deactivate);
    assert_eq!((gone.len(), plan.summary.changes()), (1, 1), "{:?}", plan.summary);
    assert_eq!(gone[0].reason, Reason::Disabled);
    assert_eq!((report.statistics.contacts_deactivated, world.sandbox.calls().writes()), (1, 1));
    let contact = world.contact_of(&user).unwrap();
    assert_eq!(gone[0].change.contact().unwrap().as_str(), contact["id"].to_string());
    assert_eq!(contact["inactiveFlag"], true);

    world.pass(TimeDelta::hours(1));
    assert!(world.sandbox.edit_user(&user, |user| user.account_enabled = true));
    let (plan, report) = world.sync().await;
    assert_eq!((plan.summary.reactivate, plan.summary.changes()), (1, 1));
    assert_eq!(report.statistics.contacts_reactivated, 1);
    assert_eq!(world.contact_of(&user).unwrap()["inactiveFlag"], false);
    world.settles().await;
}

#[tokio::test]
async fn a_deleted_user_is_missed_twice_over_a_day_before_its_contact_goes() {
    let mut world = World::in_step(150, 120).await;
    let user = world.staff().swap_remove(5).id;
    let contact = world.contact_of(&user).unwrap()["id"].as_i64().unwrap();
    let active =
        |world: &World| world.sandbox.connectwise_data().contact(contact).unwrap()["inactiveFlag"] == false;
    assert!(world.sandbox.delete_user(&user));
    // Seen missing at once, and again within the day: both times only noted.
    for hours in [0, 1, 22] {
        world.pass(TimeDelta::hours(hours));
        let (plan, _) = world.sync().await;
        assert_eq!(plan.summary.changes(), 0, "after {hours} hours");
        assert_eq!(
            plan.decisions.iter().filter(|d| d.reason == Reason::Grace).count(),
            1,
            "after {hours} hours"
        );
        assert!(active(&world));
    }
    world.pass(TimeDelta::hours(1));
    let (plan, report) = world.sync().await;
    assert_eq!((plan.summary.deactivate, plan.summary.changes()), (1, 1), "{:?}", plan.summary);
    assert_eq!(of(&plan, Action::Deactivate)[0].reason, Reason::Missing);
    assert_eq!(report.statistics.contacts_deactivated, 1);
    assert!(!active(&world));
    world.settles().await;
}

#[tokio::test]
async fn a_user_of_whom_the_directory_says_that_it_was_deleted_needs_no_second_read() {
    let mut world = World::in_step(150, 120).await;
    world.read_deleted = true;
    assert_eq!(
        world.plan(&world.connect()).await.summary.deactivate,
        0,
        "those deleted before the first run were noted"
    );
    let user = world.staff().swap_remove(5).id;
    let contact = world.contact_of(&user).unwrap()["id"].as_i64().unwrap();
    assert!(world.sandbox.delete_user(&user));
    let (plan, report) = world.sync().await;
    let gone = of(&plan, Action::Deactivate);
    assert_eq!((gone.len(), plan.summary.changes()), (1, 1), "{:?}", plan.summary);
    assert_eq!((&gone[0].reason, report.statistics.contacts_deactivated), (&Reason::Deleted, 1));
    assert_eq!(world.sandbox.connectwise_data().contact(contact).unwrap()["inactiveFlag"], true);
    world.settles().await;
}

#[tokio::test]
async fn a_long_silence_is_one_read_and_one_read_is_not_enough() {
    let mut world = World::in_step(150, 120).await;
    let user = world.staff().swap_remove(5).id;
    assert!(world.sandbox.delete_user(&user));
    world.pass(TimeDelta::days(30));
    let (plan, _) = world.sync().await;
    assert_eq!(plan.summary.changes(), 0, "the first read without the user, however late");
    // Back before the second read: the count starts over.
    assert!(world.sandbox.restore_user(&user));
    world.pass(TimeDelta::hours(30));
    assert_eq!(world.sync().await.0.summary.changes(), 0);
    assert_eq!(world.links().await.links[&world.anchor(&user)].missing_reads, 0);
    assert!(world.sandbox.delete_user(&user));
    world.pass(TimeDelta::hours(1));
    assert_eq!(world.sync().await.0.summary.changes(), 0);
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn too_many_leavers_at_once_are_stopped_and_the_rest_goes_on() {
    let world = World::in_step(150, 120).await;
    let leavers: Vec<String> = world.staff().into_iter().take(40).map(|user| user.id).collect();
    assert_eq!(leavers.len(), 40);
    for user in &leavers {
        assert!(world.sandbox.disable_user(user));
    }
    let new = world.join("hope");
    world.sandbox.reset_calls();
    let (plan, report) = world.sync().await;
    assert_eq!((plan.summary.deactivate, plan.guards.is_empty()), (40, false));
    let done = report.statistics;
    assert_eq!((done.contacts_deactivated, done.contacts_created), (0, 1));
    assert!(done.held >= 40);
    assert_eq!(
        world.sandbox.calls().count(
            Vendor::ConnectWise,
            "PATCH",
            "/{codebase}/apis/3.0/company/contacts/{id}"
        ),
        0
    );
    assert!(leavers.iter().all(|user| world.contact_of(user).unwrap()["inactiveFlag"] == false));
    assert!(world.contact_of(&new).is_some());
    world.assert_one_contact_each();
    world.sandbox.shutdown().await;
}
