//! What a setup page is told.

use crate::support::{World, company};
use psa_kaseyabms::{ItemType, KaseyaBms};
use sync_core::{CheckItem, CheckQuery, CheckStatus, ErrorKind, Psa as _, model::CompanyId};

fn query() -> CheckQuery {
    let mut query = CheckQuery::default();
    query.contact_custom_fields = ["Office365Id", "SupportPin"].map(str::to_owned).into();
    query.company_custom_fields = ["Tenant365Id".to_owned()].into();
    query.companies = [company(), CompanyId::new("300"), CompanyId::new("999999")].into();
    query.contact_types = ["VIP".to_owned()].into();
    query
}

async fn findings(psa: &KaseyaBms) -> Vec<CheckItem> {
    psa.check(&query()).await.unwrap()
}

#[track_caller]
fn finding<'f>(items: &'f [CheckItem], subject: &str) -> &'f CheckItem {
    items.iter().find(|item| item.subject == subject).unwrap_or_else(|| panic!("no {subject}: {items:?}"))
}

#[tokio::test]
async fn each_thing_that_was_named_is_looked_at_and_nothing_is_written() {
    let world = World::of(32).await;
    let mut config = world.config();
    (config.company_custom_fields, config.contact_module_id, config.mobile_type) = (true, None, None);
    let items = findings(&config.connect().unwrap()).await;
    for (subject, status, says) in [
        ("credentials", CheckStatus::Ok, "BMS at 127.0.0.1"),
        ("read contacts", CheckStatus::Ok, "contacts"),
        ("read inactive contacts", CheckStatus::Ok, "contacts"),
        ("custom fields", CheckStatus::Ok, "contact_module_id = 14"),
        ("custom field Office365Id", CheckStatus::Ok, "found"),
        ("custom field SupportPin", CheckStatus::Missing, "did you mean `SupportPIN`"),
        ("company custom field Tenant365Id", CheckStatus::Ok, "found"),
        ("contact type VIP", CheckStatus::Missing, "type_mapping_field"),
        ("company 100", CheckStatus::Ok, "main location"),
        ("company 300", CheckStatus::Warning, "inactive"),
        ("company 999999", CheckStatus::Missing, "no such record"),
        ("mobile phone", CheckStatus::Warning, "mobile_type"),
        ("employees", CheckStatus::Ok, "2 employees"),
        ("cost of custom fields", CheckStatus::Warning, "1,500"),
    ] {
        let item = finding(&items, subject);
        let status_of_missing_company = subject == "company 999999" && item.status >= CheckStatus::Missing;
        assert!(item.status == status || status_of_missing_company, "{item:?}");
        assert!(item.detail.contains(says), "{item:?}");
    }
    assert!(items.iter().all(|item| item.subject != "another contact sync"), "{items:?}");
    assert_eq!(world.sandbox.calls().writes(), 0);
}

#[tokio::test]
async fn another_sync_at_work_is_warned_of() {
    let world = World::of(10).await;
    world.data().add_employee("casey@msp.example_Archived", "casey_Archived", false);
    let archived = findings(&world.psa()).await;
    assert!(finding(&archived, "another contact sync").detail.contains("_Archived"));
    let world = World::of(10).await;
    world.data().single_sign_on(true);
    let item = findings(&world.psa()).await;
    let item = finding(&item, "another contact sync");
    assert_eq!(item.status, CheckStatus::Warning);
    assert!(item.detail.contains("identity provider"), "{item:?}");
}

#[tokio::test]
async fn a_missing_permission_on_one_module_is_a_finding_and_the_rest_is_looked_at() {
    for by_status in [false, true] {
        for (path, subject, says) in [
            ("crm/contacts", "read contacts", "role"),
            ("system/customfields", "custom fields", "role"),
            ("hr", "employees", "role"),
            ("crm/accounts", "company 100", "role"),
        ] {
            let world = World::of(10).await;
            world.data().status_of_errors(by_status);
            world.data().deny(path);
            let items = findings(&world.psa()).await;
            let item = finding(&items, subject);
            assert!(item.status >= CheckStatus::Warning && item.detail.contains(says), "{item:?}");
            assert_eq!(finding(&items, "credentials").status, CheckStatus::Ok);
        }
    }
}

#[tokio::test]
async fn a_field_that_every_contact_needs_is_pointed_out() {
    let world = World::of(10).await;
    world.data().add_field("Cost Centre", true);
    let items = findings(&world.psa()).await;
    assert!(finding(&items, "required custom fields").detail.contains("Cost Centre"));
}

#[tokio::test]
async fn modules_that_are_nowhere_or_twice_are_told_with_what_to_do() {
    let world = World::of(10).await;
    let mut config = world.config();
    config.contact_module_id = None;
    config.probe_contact_fields = vec!["No Such".into()];
    let items = findings(&config.clone().connect().unwrap()).await;
    assert!(finding(&items, "custom fields").detail.contains("No Such"));
    // A field of accounts and one of contacts: neither module has more of them.
    config.probe_contact_fields = vec!["Tenant365Id".into(), "SupportPIN".into()];
    let items = findings(&config.connect().unwrap()).await;
    let item = finding(&items, "custom fields");
    assert!(item.status == CheckStatus::Missing && item.detail.contains("two modules"), "{item:?}");
}

#[tokio::test]
async fn a_type_that_no_contact_shows_is_told_with_those_that_are_shown() {
    let world = World::of(32).await;
    let mut config = world.config();
    config.mobile_type = Some(ItemType::Name("Cell".into()));
    let psa = config.connect().unwrap();
    let error = psa.capabilities().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
    assert!(error.message().contains("`Mobile` (2)"), "{error}");
    let items = findings(&psa).await;
    assert_eq!(finding(&items, "types of addresses and numbers").status, CheckStatus::Failed);
}

#[tokio::test]
async fn wrong_credentials_end_the_check() {
    let world = World::of(10).await;
    let mut config = world.config();
    config.password = "wrong".to_owned().into();
    let error = config.connect().unwrap().check(&query()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}
