//! Whole reads.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use crate::support::{CONTACTS, VALUES, World, company, ours, plain, read, value};
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::json;
use sync_core::{
    ContactQuery, ErrorKind, Page, Psa as _,
    model::{CompanyId, FieldValue},
};

#[tokio::test]
async fn inactive_contacts_are_read_though_a_plain_list_would_leave_them_out() {
    let world = World::of(250).await;
    let psa = world.warm().await;
    let whole = read(&psa, &plain()).await;
    assert_eq!((whole.contacts.len(), whole.distinct(), whole.ended), (250, 250, true));
    let inactive = whole.contacts.iter().filter(|contact| contact.active() == Some(false)).count();
    let held =
        world.data().contacts().iter().filter(|c| c["AccountId"] == 100 && c["IsActive"] == false).count();
    assert!(inactive > 0 && inactive == held, "{inactive} of {held}");
}

#[tokio::test]
async fn all_companies_are_read_at_once_and_several_one_by_one() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let all = read(&psa, &ContactQuery::all()).await;
    assert_eq!((all.contacts.len(), all.ended), (35, true));
    let two = ContactQuery::of_companies([CompanyId::new("250"), CompanyId::new("101")]);
    assert_eq!(read(&psa, &two).await.contacts.len(), 3);
    let none = ContactQuery::of_companies([CompanyId::new("999999")]);
    let none = read(&psa, &none).await;
    assert_eq!((none.contacts.len(), none.ended), (0, true));
    let wrong = ContactQuery::of_companies([CompanyId::new("Contoso")]);
    assert_eq!(read(&psa, &wrong).await.error.unwrap().kind(), ErrorKind::ConfigInvalid);
}

#[tokio::test]
async fn every_address_of_a_contact_is_read_and_the_default_one_is_primary() {
    let world = World::of(10).await;
    let id = world.data().add_contact(&json!({
        "FirstName": "Ada", "LastName": "Byron", "AccountId": 100, "IsActive": true,
        "Emails": [
            {"EmailAddress": "ada@home.example", "EmailTypeId": 2, "IsDefault": false},
            {"EmailAddress": "ada@contoso.example", "EmailTypeId": 1, "IsDefault": true},
        ],
    }));
    let contacts = read(&world.psa(), &plain()).await.contacts;
    let ada = contacts.iter().find(|contact| contact.id.as_str() == id.to_string()).unwrap();
    assert_eq!(value(ada, "email"), Some(&FieldValue::from("ada@contoso.example")));
    assert_eq!(value(ada, "alternate_emails"), Some(&FieldValue::List(vec!["ada@home.example".into()])));
    assert_eq!(value(ada, "office"), Some(&FieldValue::from("Head Office")));
}

#[tokio::test]
async fn custom_values_are_read_only_when_asked_for_and_then_by_one_call_each() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let without = read(&psa, &plain()).await.contacts;
    assert!(without.iter().all(|contact| value(contact, "custom:Office365Id").is_none()));
    assert_eq!(world.calls("GET", VALUES), 0);
    let with = read(&psa, &ours()).await.contacts;
    assert!(with.iter().all(|contact| value(contact, "custom:Office365Id").is_some()));
    assert_eq!(world.calls("GET", VALUES), 32);
    let stored =
        with.iter().filter(|contact| !value(contact, "custom:Office365Id").unwrap().is_blank()).count();
    assert!(stored > 10, "{stored}");
}

#[tokio::test]
async fn archived_contacts_are_protected_and_do_not_answer_to_the_address() {
    let world = World::of(10).await;
    world.data().add_contact(&json!({
        "FirstName": "Old", "LastName": "Hand", "AccountId": 100,
        "Emails": [{"EmailAddress": "old@contoso.example_Archived", "EmailTypeId": 1, "IsDefault": true}],
    }));
    let contacts = read(&world.psa(), &plain()).await.contacts;
    let archived =
        contacts.iter().find(|c| value(c, "first_name") == Some(&FieldValue::from("Old"))).unwrap();
    assert!(archived.protected);
    let address = value(archived, "email").and_then(FieldValue::as_text).unwrap();
    assert_ne!(sync_core::model::email_key(address), sync_core::model::email_key("old@contoso.example"));
}

#[tokio::test]
async fn companies_are_read_active_and_inactive_with_their_manager() {
    let world = World::of(10).await;
    let psa = world.psa();
    let pages: Vec<Page<_>> = psa.companies().try_collect().await.unwrap();
    let companies: Vec<_> = pages
        .iter()
        .flat_map(|page| match page {
            Page::Items(items) => items.as_slice(),
            _ => &[],
        })
        .collect();
    let names: Vec<_> = companies.iter().map(|c| (c.name.as_str(), c.active)).collect();
    assert_eq!(names, [("Contoso", true), ("Contoso West", true), ("Fabrikam", true), ("Litware", false)]);
    assert_eq!(companies[0].account_manager.as_deref(), Some("aadams"));
    assert!(companies[0].custom_fields.is_empty(), "they cost a call each and are off");
}

#[tokio::test]
async fn custom_fields_of_companies_are_read_where_they_are_on() {
    let world = World::of(10).await;
    world.data().set_account_value(100, "Tenant365Id", "t-1");
    let mut config = world.config();
    config.company_custom_fields = true;
    let psa = config.connect().unwrap();
    let mut pages = psa.companies();
    let Some(Ok(Page::Items(companies))) = pages.next().await else { panic!("no page") };
    let contoso = companies.iter().find(|c| c.id == company()).unwrap();
    assert_eq!(contoso.custom_fields.get("Tenant365Id"), Some(&FieldValue::from("t-1")));
    assert_eq!(contoso.custom_fields.get("Service Region"), Some(&FieldValue::from("North")));
    let west = companies.iter().find(|c| c.name == "Contoso West").unwrap();
    assert_eq!(west.custom_fields.get("Tenant365Id"), Some(&FieldValue::Empty));
}

#[tokio::test]
async fn a_contact_deleted_while_its_page_is_read_is_left_out_or_blank_and_the_rest_is_whole() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    world.data().fail_next("GET /v2/system/customfields/{module}/{record}", 7, "Entity not found.");
    let whole = read(&psa, &ours()).await;
    assert_eq!((whole.contacts.len(), whole.ended, world.calls("GET", CONTACTS)), (31, true, 2));
}
