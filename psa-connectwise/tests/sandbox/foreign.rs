//! What other people and other tools keep on a contact stays as it is, byte for byte.

use crate::support::{World, fields, number, without};
use serde_json::{Value, json};
use sync_core::{
    Psa as _,
    model::{ContactField, ContactId, FieldValue},
};

/// A contact with as much foreign data as fits.
fn crowded(world: &World) -> ContactId {
    let data = world.sandbox.connectwise_data();
    let door = data.add_contact_field("Door code", "Password");
    let seats = data.add_contact_field("Seats", "Number");
    let id = data.add_contact(json!({
        "firstName": "Cara", "lastName": "Crowded", "company": {"id": 100}, "typeIds": [2, 3], "nickName": "CC",
        "relationship": {"id": 1}, "department": {"id": 1}, "gender": "Female", "addressLine2": "Back door",
        "userDefinedField7": "another tool's mark", "linkedInUrl": "https://example.com/cc", "inactiveFlag": false,
        "communicationItems": [
            {"type": {"id": 6}, "value": "cara@home.example", "defaultFlag": false, "communicationType": "Email"},
            {"type": {"id": 1}, "value": "cara@contoso.example", "defaultFlag": true, "communicationType": "Email"},
            {"type": {"id": 3}, "value": "+1 206 555 0199", "defaultFlag": true, "communicationType": "Fax"},
            {"type": {"id": 2}, "value": "+1 206 555 0101", "extension": "12", "defaultFlag": true, "communicationType": "Phone"},
            {"type": {"id": 2}, "value": "+1 206 555 0102", "defaultFlag": false, "communicationType": "Phone"},
            {"type": {"id": 4}, "value": "+1 206 555 0103", "defaultFlag": false, "communicationType": "Phone"},
        ],
        "customFields": [
            {"id": 15, "value": "s365:42"}, {"id": 17, "value": "Phone"}, {"id": door, "value": "1234"}, {"id": seats, "value": 3},
            {"id": 14, "value": true},
        ],
    }));
    data.add_note(id, "Prefers a call before noon.");
    ContactId::new(id.to_string())
}

fn notes(world: &World, id: &ContactId) -> Vec<Value> {
    let state = world.sandbox.state();
    let notes = state["connectwise"]["notes"].as_array().unwrap();
    notes.iter().filter(|note| note["contactId"] == number(id)).cloned().collect()
}

/// The record without the moment and the author of its last change.
fn timeless(record: Value) -> Value {
    without(record, &["/_info/lastUpdated", "/_info/updatedBy"])
}

#[tokio::test]
async fn one_field_written_leaves_the_rest_of_the_record_byte_for_byte() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = crowded(&world);
    let before = timeless(world.record(&id));
    let items = before["communicationItems"].as_array().unwrap();
    let place = |value: &str| items.iter().position(|item| item["value"] == value).unwrap();
    let (email, mobile) = (place("cara@contoso.example"), place("+1 206 555 0103"));
    let custom = before["customFields"].as_array().unwrap();
    let stored = custom.iter().position(|field| field["caption"] == "Office365Id").unwrap();
    let notes_before = notes(&world, &id);
    assert_eq!(notes_before.len(), 1);
    for (field, value, parts) in [
        ("title", "Head of Crowds", vec!["/title".to_owned()]),
        ("custom:Office365Id", "id-1", vec![format!("/customFields/{stored}/value")]),
        ("phone_mobile", "+1 206 555 0133", vec![format!("/communicationItems/{mobile}/value")]),
        (
            "email",
            "cara.crowded@fabrikam.example",
            vec![format!("/communicationItems/{email}/value"), format!("/communicationItems/{email}/domain")],
        ),
        ("first_name", "Carla", vec!["/firstName".to_owned()]),
        ("custom:userDefinedField3", "x", vec!["/userDefinedField3".to_owned()]),
    ] {
        let before = timeless(world.record(&id));
        psa.update(&id, &fields(&[(field, value)]), None).await.unwrap();
        let after = timeless(world.record(&id));
        assert_ne!(before, after, "{field} was not written");
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        assert_eq!(without(before, &parts).to_string(), without(after, &parts).to_string(), "{field}");
        assert_eq!(notes(&world, &id), notes_before, "{field}");
    }
}

#[tokio::test]
async fn deactivating_changes_the_flag_and_nothing_else() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = crowded(&world);
    let before = timeless(world.record(&id));
    for active in [false, true] {
        let flag = [(ContactField::Active, FieldValue::Flag(active))].into();
        psa.update(&id, &flag, None).await.unwrap();
        let after = timeless(world.record(&id));
        assert_eq!(after["inactiveFlag"], !active);
        let rest = |record: &Value| without(record.clone(), &["/inactiveFlag"]).to_string();
        assert_eq!(rest(&before), rest(&after));
    }
    assert_eq!(timeless(world.record(&id)).to_string(), before.to_string());
}

#[tokio::test]
async fn removing_an_alternate_address_leaves_every_other_item() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = crowded(&world);
    let alternates = |items: &[&str]| {
        let items = items.iter().map(|item| (*item).to_owned()).collect();
        [(ContactField::AlternateEmails, FieldValue::List(items))].into()
    };
    let before = timeless(world.record(&id));
    psa.update(&id, &alternates(&["cara@home.example", "c1@contoso.example", "c2@contoso.example"]), None)
        .await
        .unwrap();
    assert_eq!(world.having("c1@contoso.example"), 1);
    psa.update(&id, &alternates(&["cara@home.example"]), None).await.unwrap();
    assert_eq!(timeless(world.record(&id)).to_string(), before.to_string());
}
