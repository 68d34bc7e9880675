//! A first run, a second that has nothing to do, and one change after another.

use crate::world::{World, text};
use chrono::TimeDelta;
use psa_sync_tests::Product;
use sync_core::{model::ContactField, plan::Action};

#[tokio::test]
async fn a_first_run_brings_every_psa_in_step_and_the_second_plan_is_empty() {
    for product in Product::ALL {
        let mut world = World::of(product, 120, 90).await;
        let (plan, report) = world.sync().await;
        let (planned, done) = (plan.summary, report.statistics);
        assert!(planned.create > 5 && planned.update + planned.link > 20, "{product:?}: {planned:?}");
        assert!(plan.guards.is_empty(), "{product:?}: {:?}", plan.guards);
        assert_eq!((done.errors, done.stale, done.indeterminate), (0, 0, 0), "{product:?}");
        assert_eq!(
            (done.contacts_created, done.contacts_updated),
            (planned.create, planned.update),
            "{product:?}"
        );
        world.pass(TimeDelta::hours(1));
        world.sandbox.reset_calls();
        let (again, _) = world.sync().await;
        assert_eq!((again.summary.changes(), world.writes()), (0, 0), "{product:?}: {:?}", again.summary);
        assert_eq!(again.summary.hold, planned.hold, "{product:?}: what waits for a person still waits");
        world.settles().await;
    }
}

#[tokio::test]
async fn one_changed_user_is_one_write_and_a_leaver_loses_exactly_its_contact() {
    for product in Product::ALL {
        let mut world = World::in_step(product).await;
        let staff = world.staff().await;
        let (changed, leaver) = (staff[2].id.clone(), staff[5].id.clone());
        assert!(
            world.sandbox.edit_user(&changed, |user| user.job_title = Some("Head of Scenarios".to_owned()))
        );
        world.sandbox.reset_calls();
        let (plan, _) = world.sync().await;
        assert_eq!((plan.summary.update, plan.summary.changes()), (1, 1), "{product:?}");
        assert_eq!(world.writes(), 1, "{product:?}: one changed contact is one write");
        let contact = world.contacts_of(&changed).await.swap_remove(0);
        assert_eq!(text(&contact, &ContactField::Title).as_deref(), Some("Head of Scenarios"), "{product:?}");

        world.pass(TimeDelta::hours(1));
        assert!(world.sandbox.disable_user(&leaver));
        world.sandbox.reset_calls();
        let (plan, report) = world.sync().await;
        assert_eq!((plan.summary.deactivate, plan.summary.changes()), (1, 1), "{product:?}");
        assert_eq!((report.statistics.contacts_deactivated, world.writes()), (1, 1), "{product:?}");
        assert_eq!(world.contacts_of(&leaver).await[0].active(), Some(false), "{product:?}");

        world.pass(TimeDelta::hours(1));
        assert!(world.sandbox.edit_user(&leaver, |user| user.account_enabled = true));
        let (plan, _) = world.sync().await;
        assert_eq!(world.about(&plan, &leaver).change.action(), Action::Reactivate, "{product:?}");
        assert_eq!(world.contacts_of(&leaver).await[0].active(), Some(true), "{product:?}");
        world.settles().await;
    }
}
