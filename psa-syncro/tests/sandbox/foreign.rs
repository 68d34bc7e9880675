//! What other people and other tools keep on a contact stays as it is, byte for byte.

use crate::support::{World, active, fields};
use serde_json::{Value, json};
use sync_core::{
    Psa as _,
    model::{ContactField, ContactId, FieldValue},
};

/// A contact with as much foreign data as fits.
fn crowded(world: &World) -> ContactId {
    let vip = world.data().answer("TypeMapping", "VIP").unwrap();
    let id = world.data().add_contact(&json!({
        "customer_id": 100, "name": "Cara Crowded", "email": "cara@contoso.example", "phone": "(206) 555-0101 x12",
        "mobile": "206.555.0103", "address1": "1 Test Road", "address2": "Back door", "city": "Redmond",
        "notes": "Prefers a call before noon.\n\nKeys: reception.", "opt_out": true, "extension": "12", "vendor_id": 7,
        "properties": {
            "title": "Crowd", "type": 2, "notification_billing": "1", "notification_reports": "0",
            "Sync365 Link": "s365:42", "Cost Center": "CC-7", "M365SyncKeepActive": "0", "TypeMapping": vip,
            "IsOffice365": "1",
        },
    }));
    ContactId::new(id.to_string())
}

/// The record without the moment of its last change and without what these pointers name.
fn rest(mut record: Value, parts: &[&str]) -> Value {
    for pointer in parts.iter().chain(&["/updated_at"]) {
        if let Some((parent, name)) = pointer.rsplit_once('/')
            && let Some(parent) = record.pointer_mut(parent).and_then(Value::as_object_mut)
        {
            parent.remove(name);
        }
    }
    record
}

async fn one_field_at_a_time(world: &World) {
    let psa = world.psa();
    let id = crowded(world);
    for (field, value, part) in [
        ("name", "Carla Crowded", "/name"),
        ("title", "Head of Crowds", "/properties/title"),
        ("custom:Office365Id", "id-1", "/properties/Office365Id"),
        ("custom:IsOffice365", "false", "/properties/IsOffice365"),
        ("phone_mobile", "+1 206 555 0133", "/mobile"),
        ("email", "cara.crowded@fabrikam.example", "/email"),
        ("address_street", "2 Proof Street", "/address1"),
    ] {
        let before = world.record(&id);
        psa.update(&id, &fields(&[(field, value)]), None).await.unwrap();
        let after = world.record(&id);
        assert_ne!(before.pointer(part), after.pointer(part), "{field} was not written");
        assert_eq!(rest(before, &[part]).to_string(), rest(after, &[part]).to_string(), "{field}");
    }
}

#[tokio::test]
async fn one_field_written_leaves_the_rest_of_the_record_byte_for_byte() {
    one_field_at_a_time(&World::of(32).await).await;
}

#[tokio::test]
async fn the_same_holds_on_an_account_that_merges_properties_and_resets_flags() {
    let world = World::of(32).await;
    world.data().merge_properties(true);
    world.data().reset_flags(true);
    one_field_at_a_time(&world).await;
}

#[tokio::test]
async fn deactivating_and_reactivating_changes_the_mark_and_nothing_else() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = crowded(&world);
    let before = rest(world.record(&id), &[]);
    for (on, mark) in [(false, "Left"), (true, "Active")] {
        psa.update(&id, &active(on), None).await.unwrap();
        let after = world.record(&id);
        assert_eq!(after["properties"]["M365Status"], mark);
        assert_eq!(rest(after, &["/properties/M365Status"]).to_string(), before.to_string());
    }
}

#[tokio::test]
async fn a_field_that_is_cleared_takes_nothing_with_it() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = crowded(&world);
    let before = world.record(&id);
    let cleared = [
        (ContactField::Custom("IsOffice365".into()), FieldValue::Flag(false)),
        (ContactField::Title, FieldValue::Empty),
        (ContactField::PhoneMobile, FieldValue::Empty),
    ];
    psa.update(&id, &cleared.into(), None).await.unwrap();
    let parts = ["/properties/IsOffice365", "/properties/title", "/mobile"];
    assert_eq!(rest(world.record(&id), &parts).to_string(), rest(before, &parts).to_string());
}

#[tokio::test]
async fn what_people_wrote_into_the_notes_stays_around_our_paragraph() {
    let world = World::of(32).await;
    let mut config = world.config();
    config.note_marker = Some("Kept by psa-sync".into());
    let psa = config.connect().unwrap();
    let id = crowded(&world);
    let before = world.record(&id)["notes"].as_str().unwrap().to_owned();
    psa.update(&id, &fields(&[("note", "PIN 1234")]), None).await.unwrap();
    let noted = world.record(&id)["notes"].as_str().unwrap().to_owned();
    assert_eq!(noted, format!("{before}\n\nKept by psa-sync\nPIN 1234"));
    psa.update(&id, &fields(&[("note", "PIN 5678")]), None).await.unwrap();
    assert_eq!(world.record(&id)["notes"].as_str().unwrap().matches("Kept by psa-sync").count(), 1);
    psa.update(&id, &[(ContactField::Note, FieldValue::Empty)].into(), None).await.unwrap();
    assert_eq!(world.record(&id)["notes"], before);
}

#[tokio::test]
async fn a_custom_field_that_holds_more_than_a_value_is_not_written_over() {
    let world = World::of(32).await;
    let psa = world.psa();
    let id = crowded(&world);
    world
        .data()
        .edit_contact(id.as_str().parse().unwrap(), |r| r["properties"]["SupportPIN"] = json!({"a": 1}));
    let before = world.record(&id);
    psa.update(&id, &fields(&[("custom:SupportPIN", "1")]), None).await.unwrap_err();
    assert_eq!((world.record(&id), world.writes()), (before, 0));
}
