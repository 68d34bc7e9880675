//! How many calls writing takes, and what becomes of contacts that are not there.

use crate::support::{CONTACT, CONTACTS, World, company, fields, new_person, number, text};
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use sync_core::{
    ErrorKind, Psa as _,
    model::{CompanyId, ContactField, ContactId, FieldValue},
};

#[tokio::test]
async fn a_create_is_one_call() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    for n in 0..10_u64 {
        let created =
            psa.create(&company(), &new_person(&format!("nina{n}@contoso.example")), "key").await.unwrap();
        assert_eq!(text(&created, &ContactField::PhoneMobile), "+1 206 555 0155");
        assert_eq!((world.calls("POST", CONTACTS), world.all_calls()), (n + 1, n + 1));
        let record = world.record(&created.id);
        assert_eq!((&record["isActive"], &record["companyID"]), (&json!(1), &json!(29_762_100)));
    }
}

#[tokio::test]
async fn an_update_is_one_read_and_one_write_whatever_it_names() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    let mut many = fields(&[
        ("title", "Head of Counting"),
        ("phone_business", "+1 206 555 0177 x4"),
        ("phone_mobile", "+1 206 555 0178"),
        ("email", "counted@contoso.example"),
        ("address_country", "Canada"),
        ("custom:Office365Id", "id-1"),
        ("external_id", "id-1"),
    ]);
    many.insert(ContactField::AlternateEmails, FieldValue::List(vec!["other@contoso.example".into()]));
    psa.update(&id, &many, None).await.unwrap();
    assert_eq!((world.calls("GET", CONTACT), world.calls("PATCH", CONTACTS), world.all_calls()), (1, 1, 2));
    let same = psa.update(&id, &many, None).await.unwrap();
    assert_eq!(text(&same, &ContactField::Title), "Head of Counting");
    assert_eq!(world.calls("PATCH", CONTACTS), 1, "nothing differs, so nothing is written");
    let read = psa.contact(&id).await.unwrap();
    for (field, value) in &many {
        assert_eq!(read.fields.get(field), Some(value), "{field}");
    }
}

#[tokio::test]
async fn deactivating_is_one_write_and_the_contact_stays() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    let inactive = [(ContactField::Active, FieldValue::Flag(false))].into();
    let contact = psa.update(&id, &inactive, None).await.unwrap();
    assert_eq!(contact.active(), Some(false));
    assert_eq!((world.sandbox.calls().writes(), &world.record(&id)["isActive"]), (1, &json!(0)));
}

#[tokio::test]
async fn a_contact_deleted_before_the_update_is_not_found_and_nothing_is_written() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.data().delete_contact(number(&id));
    let error = psa.update(&id, &fields(&[("title", "Gone")]), None).await.unwrap_err();
    assert_eq!((error.kind(), world.sandbox.calls().writes()), (ErrorKind::NotFound, 0));
    let odd = ContactId::new("not-a-number");
    assert_eq!(
        psa.update(&odd, &fields(&[("title", "x")]), None).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn a_contact_changed_since_it_was_read_is_not_written() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    let seen = psa.contact(&id).await.unwrap().version;
    assert!(seen.is_some());
    world.data().edit_contact(number(&id), |record| record["title"] = "By hand".into());
    let error = psa.update(&id, &fields(&[("title", "By tool")]), seen.as_ref()).await.unwrap_err();
    assert_eq!((error.kind(), world.sandbox.calls().writes()), (ErrorKind::PreconditionFailed, 0));
    assert_eq!(world.record(&id)["title"], "By hand");
    let now = psa.contact(&id).await.unwrap().version;
    psa.update(&id, &fields(&[("title", "By tool")]), now.as_ref()).await.unwrap();
}

#[tokio::test]
async fn a_company_deleted_in_the_middle_takes_no_contact_and_names_the_company() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    psa.create(&company(), &new_person("before@contoso.example"), "key").await.unwrap();
    world.data().delete_company(29_762_100);
    let error = psa.create(&company(), &new_person("after@contoso.example"), "key").await.unwrap_err();
    assert_eq!((error.kind(), world.having("after@contoso.example")), (ErrorKind::NotFound, 0));
    assert!(error.message().contains("company"), "{error}");
    let error = psa.update(&id, &fields(&[("title", "Orphan")]), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let odd = CompanyId::new("contoso");
    let error = psa.create(&odd, &new_person("x@contoso.example"), "key").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
}

#[tokio::test]
async fn the_tenants_id_goes_to_the_company_and_nowhere_else() {
    let world = World::of(32).await;
    let psa = world.psa();
    let before = world.data().company(29_762_100).unwrap();
    let values = BTreeMap::from([("Tenant365Id".to_owned(), FieldValue::from("tenant-1"))]);
    let company = psa.update_company(&company(), &values).await.unwrap();
    assert_eq!(company.custom_fields.get("Tenant365Id"), Some(&"tenant-1".into()));
    assert_eq!(
        company.custom_fields.get("Region"),
        Some(&"Pacific Northwest".into()),
        "another field of the company"
    );
    assert_eq!(world.sandbox.calls().writes(), 1);
    let after = world.data().company(29_762_100).unwrap();
    assert_eq!(before["companyName"], after["companyName"]);
    psa.update_company(&crate::support::company(), &values).await.unwrap();
    assert_eq!(world.sandbox.calls().writes(), 1, "nothing differs, so nothing is written");
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_looked_up_after_our_own_timeout_and_the_careful_rest() {
    let world = World::of(8).await;
    let mut config = world.config();
    config.timeout_seconds = 90;
    let settling = config.connect().unwrap().capabilities().await.unwrap().settling;
    assert_eq!(settling.timeout(), Duration::from_secs(90), "a lease must outlast a request");
    assert_eq!(settling.grace(), Duration::from_secs(90 + 840));
    assert!(settling.grace() > Duration::from_secs(300), "Autotask itself gives up by then");
}
