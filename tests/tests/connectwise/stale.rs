//! What happens between planning and applying.

use crate::world::World;
use serde_json::json;
use sync_core::{apply::ApplyOptions, plan::Action};

#[tokio::test]
async fn a_technicians_edit_makes_that_one_change_stale() {
    let world = World::in_step(150, 120).await;
    let staff: Vec<String> = world.staff().into_iter().take(6).map(|user| user.id).collect();
    for user in &staff {
        assert!(world.sandbox.edit_user(user, |user| user.job_title = Some("Promoted".into())));
    }
    let connected = world.connect();
    let plan = world.plan(&connected).await;
    assert_eq!((plan.summary.update, plan.summary.changes()), (6, 6));
    let edited = world.contact_of(&staff[2]).unwrap()["id"].as_i64().unwrap();
    world.sandbox.connectwise_data().edit_contact(edited, |record| record["title"] = json!("Set by hand"));
    let report = world.apply(&connected, &plan).await;
    let done = report.statistics;
    assert_eq!((done.contacts_updated, done.stale, done.errors), (5, 1, 0));
    assert_eq!(world.sandbox.connectwise_data().contact(edited).unwrap()["title"], "Set by hand");
    for user in staff.iter().filter(|user| **user != staff[2]) {
        assert_eq!(world.contact_of(user).unwrap()["title"], "Promoted");
    }
    // The next run plans on what is there now.
    let (plan, _) = world.sync().await;
    assert_eq!((plan.summary.update, plan.summary.changes()), (1, 1));
    world.settles().await;
}

#[tokio::test]
async fn a_contact_deleted_after_planning_is_stale_and_nothing_else_suffers() {
    let world = World::in_step(150, 120).await;
    let staff: Vec<String> = world.staff().into_iter().take(4).map(|user| user.id).collect();
    for user in &staff {
        assert!(world.sandbox.edit_user(user, |user| user.job_title = Some("Promoted".into())));
    }
    let connected = world.connect();
    let plan = world.plan(&connected).await;
    let gone = world.contact_of(&staff[0]).unwrap()["id"].as_i64().unwrap();
    assert!(world.sandbox.connectwise_data().delete_contact(gone));
    let done = world.apply(&connected, &plan).await.statistics;
    assert_eq!((done.contacts_updated, done.stale, done.errors), (3, 1, 0));
    world.assert_one_contact_each();
    world.sandbox.shutdown().await;
}

#[tokio::test]
async fn somebody_elses_create_of_the_same_person_makes_ours_stale() {
    let world = World::in_step(150, 120).await;
    let user = world.join("ines");
    let connected = world.connect();
    let plan = world.plan(&connected).await;
    assert_eq!(world.about(&plan, &user).change.action(), Action::Create);
    world.sandbox.connectwise_data().add_contact(json!({
        "firstName": "Ines", "company": {"id": 100},
        "communicationItems": [{"type": {"id": 1}, "value": "INES@contoso.example", "defaultFlag": true, "communicationType": "Email"}],
    }));
    let done = world.apply(&connected, &plan).await.statistics;
    assert_eq!((done.contacts_created, done.stale), (0, 1));
    let (plan, _) = world.sync().await;
    assert_eq!(plan.summary.create, 0, "it is found and linked now");
    world.settles().await;
}

#[tokio::test]
async fn a_plan_that_was_applied_cannot_be_applied_again() {
    let world = World::of(60, 40).await;
    let connected = world.connect();
    let plan = world.plan(&connected).await;
    let _ = world.apply(&connected, &plan).await;
    world.sandbox.reset_calls();
    let refused = world.try_apply(&connected, &plan, &ApplyOptions::at(world.now)).await;
    assert!(refused.unwrap_err().to_string().contains("link store changed"));
    assert_eq!(world.sandbox.calls().writes(), 0);
    world.settles().await;
}
