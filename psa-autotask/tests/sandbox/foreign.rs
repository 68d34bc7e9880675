//! What other people and other tools keep on a contact stays as it is.

use crate::support::{World, fields, number};
use serde_json::{Value, json};
use sync_core::{
    Psa as _,
    model::{ContactField, ContactId, FieldSet, FieldValue},
};

/// A contact with as much foreign data as fits.
fn crowded(world: &World) -> ContactId {
    let id = world.data().add_contact(&json!({
        "companyID": 29_762_100, "firstName": "Cara", "lastName": "Crowded", "middleInitial": "C", "namePrefix": 3,
        "title": "Keeper", "emailAddress": "cara@contoso.example", "emailAddress2": "cara@home.example",
        "phone": "+1 206 555 0101", "extension": "12", "alternatePhone": "+1 206 555 0109", "faxNumber": "+1 206 555 0199",
        "addressLine": "1 Test Road", "addressLine1": "Back door", "additionalAddressInformation": "Ring twice",
        "facebookUrl": "https://example.com/cc", "linkedInUrl": "https://example.com/cc", "note": "Calls before noon",
        "externalID": "other-tool:77", "isOptedOutFromBulkEmail": true, "receivesEmailNotifications": true,
        "primaryContact": true, "roomNumber": "4.01", "countryID": 1,
        "userDefinedFields": [
            {"name": "Office365Id", "value": "id-1"}, {"name": "Sync365 Link", "value": "s365:42"},
            {"name": "Contact Type", "value": "2"}, {"name": "Badge Number", "value": "17"},
            {"name": "Badge Expires", "value": "2027-01-01T00:00:00"}, {"name": "SupportPIN", "value": "0042"},
        ],
    }));
    ContactId::new(id.to_string())
}

/// The record without the moments of its last change.
fn timeless(mut record: Value) -> Value {
    for moment in ["lastModifiedDate", "lastActivityDate"] {
        record[moment] = Value::Null;
    }
    record
}

#[tokio::test]
async fn one_field_written_leaves_the_rest_of_the_record_as_it_was() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = crowded(&world);
    for (field, value, changed) in [
        ("title", "Head of Crowds", &["title"][..]),
        ("email", "cara.crowded@contoso.example", &["emailAddress"]),
        ("phone_business", "+1 206 555 0102 x9", &["phone", "extension"]),
        ("phone_mobile", "+1 206 555 0103", &["mobilePhone"]),
        ("address_street", "2 Proof Street", &["addressLine"]),
        ("address_country", "Canada", &["countryID"]),
        ("office", "5.02", &["roomNumber"]),
        ("custom:Office365Id", "id-2", &["udf:Office365Id"]),
        ("custom:Contact Type", "Approver", &["udf:Contact Type"]),
        ("custom:SupportPIN", "", &["udf:SupportPIN"]),
    ] {
        let before = timeless(world.record(&id));
        psa.update(&id, &fields(&[(field, value)]), None).await.unwrap();
        let after = timeless(world.record(&id));
        assert_eq!(differing(&before, &after), changed, "{field}");
    }
    let flags: FieldSet = [(ContactField::Active, FieldValue::Flag(false))].into();
    let before = timeless(world.record(&id));
    psa.update(&id, &flags, None).await.unwrap();
    assert_eq!(differing(&before, &timeless(world.record(&id))), ["isActive"]);
}

/// The names of what differs, user-defined fields marked as such.
fn differing(before: &Value, after: &Value) -> Vec<String> {
    let (old, new) = (before.as_object().unwrap(), after.as_object().unwrap());
    let plain =
        new.iter().filter(|(name, value)| *name != "userDefinedFields" && old.get(*name) != Some(*value));
    let mut names: Vec<String> = plain.map(|(name, _)| name.clone()).collect();
    let udfs = |record: &Value| record["userDefinedFields"].as_array().cloned().unwrap_or_default();
    let (old, new) = (udfs(before), udfs(after));
    assert_eq!(old.len(), new.len());
    let changed = new.iter().filter(|udf| !old.contains(udf));
    names.extend(changed.map(|udf| format!("udf:{}", udf["name"].as_str().unwrap())));
    names.sort_by_key(|name| ["phone", "extension"].iter().position(|known| known == name).unwrap_or(9));
    names
}

#[tokio::test]
async fn an_alternate_address_that_is_added_takes_the_free_slot_and_no_other() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let id = crowded(&world);
    let both = vec!["cara@home.example".to_owned(), "new@contoso.example".to_owned()];
    psa.update(&id, &[(ContactField::AlternateEmails, FieldValue::List(both))].into(), None).await.unwrap();
    let record = world.record(&id);
    assert_eq!(
        (&record["emailAddress2"], &record["emailAddress3"]),
        (&json!("cara@home.example"), &json!("new@contoso.example"))
    );
}

#[tokio::test]
async fn a_create_takes_the_primary_mark_from_nobody() {
    let world = World::of(32).await;
    let psa = world.warm().await;
    let primary = crowded(&world);
    psa.create(&crate::support::company(), &crate::support::new_person("new@contoso.example"), "key")
        .await
        .unwrap();
    assert_eq!(world.data().contact(number(&primary)).unwrap()["primaryContact"], true);
    assert!(psa.contact(&primary).await.unwrap().protected);
}
