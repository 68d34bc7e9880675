//! What other people and other tools keep on a contact stays as it is, byte for byte.

use crate::support::{World, fields, flag, ours, read};
use serde_json::{Value, json};
use sync_core::{
    Psa as _,
    model::{ContactField, ContactId, FieldValue},
};

/// A contact with as much foreign data as fits.
fn crowded(world: &World) -> ContactId {
    world.data().add_field("Door code", false);
    let id = world.data().add_contact(&json!({
        "FirstName": "Cara", "MiddleName": "C", "LastName": "Crowded", "AccountId": 100, "LocationId": 1001,
        "JobTitle": "Host", "IsPoc": true, "IsBillable": true, "CanRecieveInvoices": true, "HasClientPortalAccess": true,
        "Emails": [
            {"EmailAddress": "cara@home.example", "EmailTypeId": 2, "IsDefault": false},
            {"EmailAddress": "cara@contoso.example", "EmailTypeId": 1, "IsDefault": true},
        ],
        "Phones": [
            {"Phone": "+1 206 555 0104", "PhoneTypeId": 4, "IsDefault": false},
            {"Phone": "+1 206 555 0101", "PhoneTypeId": 1, "IsDefault": true},
            {"Phone": "+1 206 555 0105", "PhoneTypeId": 1, "IsDefault": false},
            {"Phone": "+1 206 555 0102", "PhoneTypeId": 2, "IsDefault": false},
            {"Phone": "+1 206 555 0103", "PhoneTypeId": 3, "IsDefault": false},
        ],
        "CustomFields": {"Door code": "1234", "Other Tool Link": "tool:42", "TypeMapping": "VIP", "SupportPIN": "9876"},
    }));
    ContactId::new(id.to_string())
}

/// The record without the moment of its last change and these parts.
fn rest(mut record: Value, parts: &[&str]) -> String {
    for pointer in parts.iter().chain(&["/ModifiedOn"]) {
        if let Some((parent, name)) = pointer.rsplit_once('/')
            && let Some(parent) = record.pointer_mut(parent).and_then(Value::as_object_mut)
        {
            parent.remove(name);
        }
    }
    record.to_string()
}

#[tokio::test]
async fn one_field_written_leaves_the_rest_of_the_record_byte_for_byte() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = crowded(&world);
    for (field, value, parts) in [
        ("title", "Head of Crowds", vec!["/JobTitle"]),
        ("first_name", "Carla", vec!["/FirstName"]),
        ("email", "cara.crowded@fabrikam.example", vec!["/Emails/1/EmailAddress"]),
        ("phone_business", "+1 206 555 0131", vec!["/Phones/1/Phone"]),
        ("phone_mobile", "+1 206 555 0133", vec!["/Phones/3/Phone"]),
        ("custom:Office365Id", "id-1", vec!["/CustomFields/Office365Id"]),
        ("custom:SupportPIN", "1111", vec!["/CustomFields/SupportPIN"]),
    ] {
        let before = world.record(&id);
        psa.update(&id, &fields(&[(field, value)]), None).await.unwrap();
        let after = world.record(&id);
        assert_ne!(rest(before.clone(), &[]), rest(after.clone(), &[]), "{field} was not written");
        assert_eq!(rest(before, &parts), rest(after, &parts), "{field}");
    }
}

#[tokio::test]
async fn deactivating_changes_the_flag_and_nothing_else() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = crowded(&world);
    let before = world.record(&id);
    for active in [false, true] {
        psa.update(&id, &flag(active), None).await.unwrap();
        assert_eq!(world.record(&id)["IsActive"], active);
        assert_eq!(rest(world.record(&id), &["/IsActive"]), rest(before.clone(), &["/IsActive"]));
    }
}

#[tokio::test]
async fn alternates_that_come_and_go_leave_every_other_item() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = crowded(&world);
    let before = world.record(&id);
    let alternates = |list: &[&str]| {
        let list = list.iter().map(|address| (*address).to_owned()).collect();
        [(ContactField::AlternateEmails, FieldValue::List(list))].into()
    };
    psa.update(&id, &alternates(&["cara@home.example", "c1@contoso.example", "c2@contoso.example"]), None)
        .await
        .unwrap();
    assert_eq!(world.having("c1@contoso.example"), 1);
    psa.update(&id, &alternates(&["cara@home.example"]), None).await.unwrap();
    assert_eq!(rest(world.record(&id), &[]), rest(before, &[]));
}

#[tokio::test]
async fn reading_writes_nothing() {
    let world = World::of(32).await;
    let psa = world.psa();
    let before = world.data().contacts();
    read(&psa, &ours()).await;
    assert_eq!((world.data().contacts(), world.sandbox.calls().writes()), (before, 0));
}
