//! Creates whose answers are lost.

use crate::{
    faults::create,
    world::{World, text},
};
use chrono::TimeDelta;
use psa_sync_tests::Product;
use sync_core::{
    model::ContactField,
    plan::{Action, Reason},
};

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_finished_by_a_later_run_and_never_made_twice() {
    for product in Product::ALL {
        let mut world = World::in_step(product).await;
        let user = world.join("kim");
        world.fault(&format!("reset-after-commit{}", create(product)));
        let (plan, report) = world.sync().await;
        assert_eq!(
            (plan.summary.create, report.statistics.indeterminate, world.sandbox.faults_struck()),
            (1, 1, 1),
            "{product:?}"
        );
        assert_eq!(world.links().await.open.len(), 1, "{product:?}: it is not forgotten");
        // Once it is old enough, it is found by the mark it was created with, and whatever it lacks is written.
        world.pass(TimeDelta::minutes(20));
        let (plan, report) = world.sync().await;
        assert_eq!((plan.summary.create, report.statistics.errors), (0, 0), "{product:?}");
        assert!(world.links().await.open.is_empty(), "{product:?}");
        let contacts = world.contacts_of(&user).await;
        assert_eq!(contacts.len(), 1, "{product:?}");
        assert_eq!(text(&contacts[0], &ContactField::Title).as_deref(), Some("Engineer"), "{product:?}");
        world.settles().await;
    }
}

#[tokio::test]
async fn a_create_that_never_arrived_waits_until_that_is_sure_and_is_made_once() {
    for product in Product::ALL {
        let mut world = World::in_step(product).await;
        let user = world.join("olu");
        world.fault(&format!("reset{}", create(product)));
        let (_, report) = world.sync().await;
        assert_eq!(report.statistics.indeterminate, 1, "{product:?}");
        world.pass(TimeDelta::minutes(5));
        let (plan, _) = world.sync().await;
        let decision = world.about(&plan, &user);
        assert_eq!((decision.change.action(), decision.reason), (Action::Hold, Reason::Grace), "{product:?}");
        world.pass(TimeDelta::minutes(15));
        let (plan, report) = world.sync().await;
        assert_eq!((plan.summary.create, report.statistics.contacts_created), (1, 1), "{product:?}");
        assert_eq!(world.contacts_of(&user).await.len(), 1, "{product:?}");
        world.settles().await;
    }
}
