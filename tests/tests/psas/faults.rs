//! Faults while a plan is applied: the code of each in the report, and what it leaves behind.

use crate::world::World;
use psa_sync_tests::Product;
use sync_core::apply::Report;

/// The request that creates a contact.
pub(crate) const fn create(product: Product) -> &'static str {
    match product {
        Product::Autotask => "[POST /companies/{parent}/contacts]",
        Product::ConnectWise | Product::Syncro => "[POST]",
        Product::KaseyaBms => "[POST /v2/crm]",
    }
}

fn codes(report: &Report) -> Vec<&str> {
    report.errors.iter().map(|error| error.code.as_str()).collect()
}

async fn creates_that_fail(product: Product) {
    for (fault, code) in
        [("403", "PermissionDenied"), ("401", "PSAConnectionError"), ("html-502", "Indeterminate")]
    {
        // Autotask's adapter sends nothing more after a 401: the API user could be locked.
        if (product, fault) == (Product::Autotask, "401") {
            continue;
        }
        let mut world = World::in_step(product).await;
        let people = ["una", "vic", "wes"].map(|name| world.join(name));
        // BMS gets new credentials after one 401.
        let always = if fault == "401" { "*always" } else { "" };
        world.fault(&format!("{fault}{}{always}", create(product)));
        let (plan, report) = world.sync().await;
        assert_eq!(plan.summary.create, 3, "{fault}");
        let told = codes(&report);
        assert!(!told.is_empty() && told.iter().all(|told| *told == code), "{fault}: {told:?}");
        let (failed, made) = if always.is_empty() { (1, 2) } else { (told.len(), 0) };
        assert_eq!((told.len(), report.statistics.contacts_created), (failed, made), "{fault}");
        assert!(!report.success, "{fault}");
        world.sandbox.clear_faults();
        world.pass(chrono::TimeDelta::minutes(20));
        let (_, report) = world.sync().await;
        assert_eq!(report.statistics.errors, 0, "{fault}: {:?}", codes(&report));
        for person in people {
            assert_eq!(world.contacts_of(&person).await.len(), 1, "{fault}");
        }
        world.settles().await;
    }
}

#[tokio::test]
async fn in_autotask_a_failed_create_has_one_code_and_makes_no_second_contact() {
    creates_that_fail(Product::Autotask).await;
}

#[tokio::test]
async fn in_connectwise_a_failed_create_has_one_code_and_makes_no_second_contact() {
    creates_that_fail(Product::ConnectWise).await;
}

#[tokio::test]
async fn in_kaseya_bms_a_failed_create_has_one_code_and_makes_no_second_contact() {
    creates_that_fail(Product::KaseyaBms).await;
}

#[tokio::test]
async fn in_syncro_a_failed_create_has_one_code_and_makes_no_second_contact() {
    creates_that_fail(Product::Syncro).await;
}

#[tokio::test]
async fn a_contact_deleted_between_plan_and_apply_is_stale_and_the_rest_goes_on() {
    for product in Product::ALL {
        let world = World::in_step(product).await;
        let staff = world.staff().await;
        let (gone, other) = (staff[1].id.clone(), staff[3].id.clone());
        for user in [&gone, &other] {
            assert!(world.sandbox.edit_user(user, |user| user.job_title = Some("Lead".to_owned())));
        }
        let psa = world.connect();
        let plan = world.plan(&*psa).await;
        assert_eq!(plan.summary.update, 2, "{product:?}");
        let contact = world.contacts_of(&gone).await.swap_remove(0).id;
        assert!(world.delete_contact(&contact), "{product:?}");
        world.sandbox.reset_calls();
        let report = world.apply(&*psa, &plan).await;
        let done = report.statistics;
        assert_eq!((done.stale, done.contacts_updated, done.errors), (1, 1, 0), "{product:?}");
        assert_eq!(world.writes(), 1, "{product:?}");
        world.sandbox.shutdown().await;
    }
}
