//! How many calls writing takes, and what becomes of contacts that are not there.

use crate::support::{CONTACT, CONTACTS, World, company, fields, new_person, text};
use sync_core::{
    ErrorKind, Psa as _,
    model::{ContactField, ContactId, FieldValue},
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
        ("custom:Office365Id", "id-1"),
    ]);
    many.insert(ContactField::AlternateEmails, FieldValue::List(vec!["other@contoso.example".into()]));
    psa.update(&id, &many, None).await.unwrap();
    assert_eq!((world.calls("GET", CONTACT), world.calls("PATCH", CONTACT), world.all_calls()), (1, 1, 2));

    let same = psa.update(&id, &many, None).await.unwrap();
    assert_eq!(text(&same, &ContactField::Title), "Head of Counting");
    assert_eq!(world.calls("PATCH", CONTACT), 1, "nothing differs, so nothing is written");
}

#[tokio::test]
async fn deactivating_is_one_write_and_the_contact_stays() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    let inactive = [(ContactField::Active, FieldValue::Flag(false))].into();
    let contact = psa.update(&id, &inactive, None).await.unwrap();
    assert_eq!(contact.active(), Some(false));
    assert_eq!(
        (world.sandbox.calls().writes(), world.record(&id)["inactiveFlag"].as_bool()),
        (1, Some(true))
    );
}

#[tokio::test]
async fn a_contact_deleted_before_the_update_is_not_found_and_nothing_is_written() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    world.sandbox.connectwise_data().delete_contact(id.as_str().parse().unwrap());
    let error = psa.update(&id, &fields(&[("title", "Gone")]), None).await.unwrap_err();
    assert_eq!((error.kind(), world.sandbox.calls().writes()), (ErrorKind::NotFound, 0));
    let error =
        psa.update(&ContactId::new("not-a-number"), &fields(&[("title", "Gone")]), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_contact_changed_since_it_was_read_is_not_written() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = world.somebody();
    let seen = psa.contact(&id).await.unwrap().version;
    world.sandbox.advance_clock(std::time::Duration::from_secs(60));
    world
        .sandbox
        .connectwise_data()
        .edit_contact(id.as_str().parse().unwrap(), |r| r["title"] = "By hand".into());
    let error = psa.update(&id, &fields(&[("title", "By tool")]), seen.as_ref()).await.unwrap_err();
    assert_eq!((error.kind(), world.sandbox.calls().writes()), (ErrorKind::PreconditionFailed, 0));
    assert_eq!(world.record(&id)["title"], "By hand");
}
