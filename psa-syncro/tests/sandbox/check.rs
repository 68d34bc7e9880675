//! The connection check: one finding per thing looked at, and nothing written.

use crate::support::World;
use std::collections::BTreeSet;
use sync_core::{CheckItem, CheckQuery, CheckStatus, ErrorKind, Psa as _, model::CompanyId};

fn query() -> CheckQuery {
    let mut query = CheckQuery::default();
    query.contact_custom_fields = ["Office365Id", "IsOffice365", "SupportPIN"].map(String::from).into();
    query.company_custom_fields = ["Tenant365Id", "Tenant365ID"].map(String::from).into();
    query.contact_types = BTreeSet::from(["VIP".into()]);
    query.companies = ["100", "300", "999", "abc"].map(CompanyId::new).into();
    query
}

fn status(items: &[CheckItem], subject: &str) -> Option<CheckStatus> {
    items.iter().find(|item| item.subject == subject).map(|item| item.status)
}

#[tokio::test]
async fn everything_named_is_looked_at() {
    let world = World::of(32).await;
    let mut config = world.config();
    config.revoke_portal_access = true;
    let items = config.connect().unwrap().check(&query()).await.unwrap();
    for (subject, expected) in [
        ("credentials", CheckStatus::Ok),
        ("read contacts", CheckStatus::Ok),
        ("custom field Office365Id", CheckStatus::Ok),
        ("custom field IsOffice365", CheckStatus::Ok),
        // Nobody has a value in it, and the API does not say whether it exists.
        ("custom field SupportPIN", CheckStatus::Warning),
        ("company custom field Tenant365Id", CheckStatus::Ok),
        ("company custom field Tenant365ID", CheckStatus::Missing),
        ("contact type VIP", CheckStatus::Missing),
        ("company 100", CheckStatus::Ok),
        ("company 300", CheckStatus::Missing),
        ("company 999", CheckStatus::Missing),
        ("company abc", CheckStatus::Failed),
        ("another contact sync", CheckStatus::Warning),
        ("recurring invoices", CheckStatus::Ok),
        ("portal access", CheckStatus::Ok),
    ] {
        assert_eq!(status(&items, subject), Some(expected), "{subject}: {items:?}");
    }
    assert!(
        items.iter().any(|item| item.subject == "custom field M365Status"),
        "the place of the active status"
    );
    assert_eq!(world.writes(), 0);
    assert!(!format!("{items:?}").contains('@'), "{items:?}");
}

#[tokio::test]
async fn a_field_of_another_spelling_is_named() {
    let world = World::of(32).await;
    world.data().rename_contact_field("Office365Id", "office 365 ID");
    let items = world.psa().check(&query()).await.unwrap();
    let found = items.iter().find(|item| item.subject == "custom field Office365Id").unwrap();
    assert_eq!(found.status, CheckStatus::Missing);
    assert!(found.detail.contains("`office 365 ID`"), "{found:?}");
}

#[tokio::test]
async fn another_sync_is_told_by_its_fields_and_its_absence_is_not_claimed() {
    let world = World::of(32).await;
    assert_eq!(
        status(&world.psa().check(&query()).await.unwrap(), "another contact sync"),
        Some(CheckStatus::Warning)
    );
    world.data().rename_contact_field("Sync365 Link", "Shoe Size");
    let items = world.psa().check(&query()).await.unwrap();
    let found = items.iter().find(|item| item.subject == "another contact sync").unwrap();
    assert_eq!(found.status, CheckStatus::Ok);
    assert!(found.detail.contains("does not tell"), "{found:?}");
    world.data().rename_contact_field("Shoe Size", "Entra ID MFA");
    assert_eq!(
        status(&world.psa().check(&query()).await.unwrap(), "another contact sync"),
        Some(CheckStatus::Warning)
    );
}

#[tokio::test]
async fn each_missing_permission_is_a_gap_of_its_own() {
    for (permission, subject, expected) in [
        ("Customers - Edit", "permission to write", CheckStatus::Missing),
        ("Customers - View Detail", "read contacts", CheckStatus::Missing),
        ("Recurring Invoices - List", "recurring invoices", CheckStatus::Warning),
        ("Global Admin", "portal access", CheckStatus::Missing),
    ] {
        let world = World::of(32).await;
        world.data().deny(permission);
        let mut config = world.config();
        config.revoke_portal_access = true;
        let items = config.connect().unwrap().check(&query()).await.unwrap();
        assert_eq!(status(&items, subject), Some(expected), "{permission}: {items:?}");
        assert_eq!(status(&items, "credentials"), Some(CheckStatus::Ok));
    }
}

#[tokio::test]
async fn a_wrong_token_ends_the_check() {
    let world = World::of(32).await;
    let mut config = world.config();
    config.api_token = "canary-wrong".to_owned().into();
    let error = config.connect().unwrap().check(&query()).await.unwrap_err();
    assert_eq!((error.kind(), world.all_calls()), (ErrorKind::Unauthenticated, 1));
}
