//! A person who now belongs to another company of the tenant.

use crate::{
    faults::create,
    world::{BRANCH, World},
};
use chrono::TimeDelta;
use psa_sync_tests::Product;
use sync_core::{
    model::Contact,
    plan::{Action, Reason},
    review::{Review, questions},
};

/// A person who was told to move, and the contact that is to be left behind.
async fn accepted_move(product: Product) -> (World, String, Contact) {
    let mut world = World::in_step(product).await;
    let mover = world.staff().await.swap_remove(4).id;
    let old = world.contacts_of(&mover).await.swap_remove(0);
    assert!(world.sandbox.edit_user(&mover, |user| user.department = Some(BRANCH.to_owned())));
    let (plan, _) = world.sync().await;
    let decision = world.about(&plan, &mover);
    assert!(matches!(decision.reason, Reason::OtherCompany { .. }), "{product:?}: {:?}", decision.reason);
    assert_eq!((decision.change.action(), plan.summary.changes()), (Action::Hold, 0), "{product:?}");
    let question = questions(&plan, &world.reviews).into_iter().find(|q| q.subject == decision.subject);
    let question = question.unwrap();
    let answer = question.accepted().unwrap();
    let review = Review::new(&world.tenant.name, question.subject, question.asked, answer, world.now);
    world.reviews = world.reviews.clone().with(review);
    world.pass(TimeDelta::hours(1));
    (world, mover, old)
}

#[tokio::test]
async fn a_move_whose_new_contact_was_made_without_an_answer_goes_on_with_that_contact() {
    for product in Product::ALL {
        let (mut world, mover, old) = accepted_move(product).await;
        world.fault(&format!("reset-after-commit{}", create(product)));
        let (_, report) = world.sync().await;
        assert_eq!(report.statistics.indeterminate, 1, "{product:?}");
        // The old contact carries the same id; what is looked for is the new one.
        for time in [TimeDelta::minutes(20), TimeDelta::hours(1)] {
            world.pass(time);
            let (_, report) = world.sync().await;
            assert_eq!((report.statistics.errors, report.statistics.indeterminate), (0, 0), "{product:?}");
        }
        let both = world.contacts_of(&mover).await;
        assert_eq!(both.len(), 2, "{product:?}");
        assert_eq!(both[0].company.as_ref(), Some(&product.branch()), "{product:?}");
        assert_eq!((&both[1].id, both[1].active()), (&old.id, Some(false)), "{product:?}");
        world.settles().await;
    }
}

#[tokio::test]
async fn a_move_waits_for_a_person_then_is_a_new_contact_and_one_run_later_the_old_one_goes() {
    for product in Product::ALL {
        let (mut world, mover, old) = accepted_move(product).await;
        // The first run makes the contact in the other company, and leaves the old one in use.
        let (plan, report) = world.sync().await;
        assert_eq!((plan.summary.create, plan.summary.changes()), (1, 1), "{product:?}: {:?}", plan.summary);
        let done = report.statistics;
        assert_eq!((done.contacts_created, done.errors), (1, 0), "{product:?}: {done:?}");
        let both = world.contacts_of(&mover).await;
        assert_eq!(both.len(), 2, "{product:?}");
        assert!(both.iter().all(|contact| contact.active() == Some(true)), "{product:?}");

        // The second one has read the new contact as the person's, and only now the old one goes.
        world.pass(TimeDelta::hours(1));
        let (plan, report) = world.sync().await;
        assert_eq!(
            (plan.summary.deactivate, plan.summary.changes()),
            (1, 1),
            "{product:?}: {:?}",
            plan.summary
        );
        assert_eq!(report.statistics.contacts_deactivated, 1, "{product:?}");
        let both = world.contacts_of(&mover).await;
        assert_eq!(both[0].company.as_ref(), Some(&product.branch()), "{product:?}");
        assert_eq!((&both[1].id, both[1].active()), (&old.id, Some(false)), "{product:?}");
        world.settles().await;
    }
}
