//! Databases differ, and change under way.

use crate::support::{CONTACTS, World, ZONE, company, fields, new_person, number, ours, read};
use futures::StreamExt as _;
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, ErrorKind, Page, Psa as _,
    capability::Access,
    model::{CompanyId, ContactField},
};

#[tokio::test]
async fn a_zone_that_moves_between_two_pages_loses_no_contact_and_is_looked_up_once() {
    let world = World::of(1_200).await;
    let psa = world.warm().await;
    let query = ours();
    let mut pages = psa.contacts(&query);
    let (mut rows, mut ended) = (0, false);
    while let Some(page) = pages.next().await {
        match page.unwrap() {
            Page::Items(items) => {
                if rows == 0 {
                    world.data().move_zone();
                }
                rows += items.len();
            }
            Page::End(_) => ended = true,
            _ => panic!("a page of an unknown kind"),
        }
    }
    assert_eq!((rows, ended, world.calls("GET", ZONE)), (1_200, true, 1));
    psa.create(&company(), &new_person("moved@contoso.example"), "key").await.unwrap();
    assert_eq!(
        (world.having("moved@contoso.example"), world.calls("GET", ZONE)),
        (1, 1),
        "the new zone is remembered"
    );
}

#[tokio::test]
async fn a_zone_that_moves_before_a_create_makes_one_contact() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    world.data().move_zone();
    psa.create(&company(), &new_person("moved@contoso.example"), "key").await.unwrap();
    assert_eq!((world.having("moved@contoso.example"), world.calls("GET", ZONE)), (1, 1));
}

#[tokio::test]
async fn wrong_credentials_are_told_and_nothing_more_is_sent_for_a_while() {
    let world = World::of(32).await;
    let mut config = world.config();
    config.secret = "canary-wrong".to_owned().into();
    let psa = config.connect().unwrap();
    for _ in 0..5 {
        let error = psa.capabilities().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    // One call, the zone before and after it, and one reading of the threshold.
    assert_eq!((world.calls("GET", ZONE), world.all_calls()), (2, 3));
    assert!(psa.check(&CheckQuery::default()).await.is_err());
    assert_eq!(world.all_calls(), 3);
}

#[tokio::test]
async fn a_locked_user_is_told_as_such() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    world.data().lock(true);
    let error = psa.contact(&world.somebody()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("locked"), "{error}");
}

#[tokio::test]
async fn a_user_that_no_zone_knows_is_told_as_such() {
    let world = World::of(32).await;
    let mut config = world.config();
    config.username = "nobody@contoso.example".into();
    let error = config.connect().unwrap().capabilities().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("username") && !error.message().contains("nobody"), "{error}");
}

#[tokio::test]
async fn a_renamed_field_stops_a_read_that_is_under_way_and_is_unknown_to_the_next() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    assert!(world.data().rename_contact_udf("Office365Id", "Entra Id"));
    let cut = read(&psa).await;
    assert!(!cut.ended, "a value under a new name must not pass for a blank under the old one");
    assert_eq!(cut.error.unwrap().kind(), ErrorKind::UnexpectedResponse);
    assert!(read(&psa).await.ended, "the fields are read again");
    let capabilities = psa.capabilities().await.unwrap();
    let access = |name: &str| capabilities.rule(&ContactField::Custom(name.into())).access;
    assert_eq!((access("Office365Id"), access("Entra Id")), (Access::None, Access::ReadWrite));
    let id = world.somebody();
    let error = psa.update(&id, &fields(&[("custom:Office365Id", "x")]), None).await.unwrap_err();
    assert_eq!((error.kind(), world.calls("PATCH", CONTACTS)), (ErrorKind::Unsupported, 0));
    let mut query = CheckQuery::default();
    query.contact_custom_fields = ["Office365Id".to_owned(), "entra id".to_owned()].into();
    let items = psa.check(&query).await.unwrap();
    assert_eq!(status(&items, "custom field Office365Id"), Some(CheckStatus::Missing));
    let near = items.iter().find(|item| item.subject == "custom field entra id").unwrap();
    assert!(near.detail.contains("did you mean `Entra Id`"), "{near:?}");
}

#[tokio::test]
async fn a_required_field_that_autotask_adds_fails_creates_by_name_and_shows_in_the_check() {
    let world = World::of(32).await;
    world.data().require_contact_field("companyLocationID");
    let psa = world.warm().await;
    let error = psa.create(&company(), &new_person("new@contoso.example"), "key").await.unwrap_err();
    assert_eq!((error.kind(), world.having("new@contoso.example")), (ErrorKind::Rejected, 0));
    assert!(error.message().contains("companyLocationID"), "{error}");
    psa.update(&world.somebody(), &fields(&[("title", "Still works")]), None).await.unwrap();
    let items = psa.check(&CheckQuery::default()).await.unwrap();
    let found = items.iter().find(|item| item.subject == "required fields").unwrap();
    assert!(found.detail.contains("companyLocationID"), "{found:?}");
}

#[tokio::test]
async fn a_required_field_of_ours_is_a_rule_and_is_not_even_sent() {
    let world = World::of(32).await;
    world.data().require_contact_field("emailAddress");
    let psa = world.warm().await;
    assert!(psa.capabilities().await.unwrap().rule(&ContactField::Email).required);
    let error =
        psa.create(&company(), &fields(&[("first_name", "A"), ("last_name", "B")]), "key").await.unwrap_err();
    assert_eq!((error.kind(), world.sandbox.calls().writes()), (ErrorKind::Rejected, 0));
}

fn status(items: &[CheckItem], subject: &str) -> Option<CheckStatus> {
    items.iter().find(|item| item.subject == subject).map(|item| item.status)
}

#[tokio::test]
async fn a_check_says_per_thing_what_works() {
    let world = World::of(32).await;
    let psa = world.psa();
    let mut query = CheckQuery::default();
    query.contact_custom_fields = ["Office365Id", "Contact Type", "Office365ID2"].map(String::from).into();
    query.company_custom_fields = ["Tenant365Id", "Tennant"].map(String::from).into();
    query.contact_types = ["VIP", "Vipp"].map(String::from).into();
    query.companies = ["29762100", "29762300", "999999999", "abc"].map(CompanyId::new).into();
    let items = psa.check(&query).await.unwrap();
    for (subject, expected) in [
        ("credentials", CheckStatus::Ok),
        ("request budget", CheckStatus::Ok),
        ("create contacts", CheckStatus::Ok),
        ("update contacts", CheckStatus::Ok),
        ("read contacts", CheckStatus::Ok),
        ("read companies", CheckStatus::Ok),
        ("update companies", CheckStatus::Ok),
        ("custom field Office365Id", CheckStatus::Ok),
        ("custom field Office365ID2", CheckStatus::Missing),
        ("company custom field Tenant365Id", CheckStatus::Ok),
        ("company custom field Tennant", CheckStatus::Missing),
        ("contact type VIP", CheckStatus::Ok),
        ("contact type Vipp", CheckStatus::Missing),
        ("company 29762100", CheckStatus::Ok),
        ("company 29762300", CheckStatus::Warning),
        ("company 999999999", CheckStatus::Failed),
        ("company abc", CheckStatus::Failed),
        ("another contact sync", CheckStatus::Warning),
    ] {
        assert_eq!(status(&items, subject), Some(expected), "{subject}: {items:?}");
    }
    assert_eq!(status(&items, "external ids"), None);
    assert_eq!(world.sandbox.calls().writes(), 0);
    let id = number(&world.somebody());
    world.data().edit_contact(id, |record| record["externalID"] = "other-tool:77".into());
    let items = psa.check(&query).await.unwrap();
    assert_eq!(status(&items, "external ids"), Some(CheckStatus::Warning));
}

#[tokio::test]
async fn a_missing_permission_on_one_module_is_a_finding_and_not_the_end() {
    let world = World::of(32).await;
    world.data().deny_writes("Contacts");
    world.data().deny("Countries");
    let psa = world.psa();
    assert!(read(&psa).await.ended);
    let error = psa.update(&world.somebody(), &fields(&[("title", "x")]), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    let error = psa.create(&company(), &new_person("x@contoso.example"), "key").await.unwrap_err();
    assert_eq!((error.kind(), world.having("x@contoso.example")), (ErrorKind::PermissionDenied, 0));
    assert_eq!(world.calls("POST", CONTACTS), 1, "a refusal under status 500 is not repeated");
    let items = psa.check(&CheckQuery::default()).await.unwrap();
    for (subject, expected) in [
        ("create contacts", CheckStatus::Missing),
        ("update contacts", CheckStatus::Missing),
        ("read contacts", CheckStatus::Ok),
        ("countries", CheckStatus::Warning),
    ] {
        assert_eq!(status(&items, subject), Some(expected), "{subject}: {items:?}");
    }
    world.data().deny("Contacts");
    let closed = read(&world.psa()).await;
    assert_eq!((closed.ended, closed.error.unwrap().kind()), (false, ErrorKind::PermissionDenied));
}

#[tokio::test]
async fn a_clock_that_is_a_day_ahead_changes_nothing() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    world.sandbox.advance_clock(std::time::Duration::from_secs(86_400));
    let id = world.somebody();
    psa.update(&id, &fields(&[("title", "Tomorrow")]), None).await.unwrap();
    let seen = psa.contact(&id).await.unwrap().version;
    psa.update(&id, &fields(&[("title", "Day after")]), seen.as_ref()).await.unwrap();
    assert!(read(&psa).await.ended);
}
