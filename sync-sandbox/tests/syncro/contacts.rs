//! Contacts: flat, in one piece, and with properties that go as a whole.

use crate::client::Api;
use serde_json::{Value, json};

#[tokio::test]
async fn a_contact_is_made_with_200_and_shown_flat() {
    let api = Api::start().await;
    let body = json!({
        "customer_id": 100, "name": "Nina Newcomer", "email": "nina@contoso.example", "phone": "657.325.3258 x330",
        "mobile": "(133) 358-5295", "properties": {"title": "Engineer", "Office365Id": "id-1"}, "opt_out": true,
    });
    let made = api.post("/contacts", body).await.is(200).json();
    assert!(made.get("contact").is_none());
    for (field, value) in [
        ("name", json!("Nina Newcomer")),
        ("phone", json!("657.325.3258 x330")),
        ("customer_id", json!(100)),
        ("opt_out", json!(true)),
        ("properties", json!({"title": "Engineer", "Office365Id": "id-1"})),
        ("extension", Value::Null),
        ("vendor_id", Value::Null),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    for absent in ["title", "first_name", "active", "disabled"] {
        assert!(made.get(absent).is_none(), "{absent}");
    }
    assert_eq!(api.get(&format!("/contacts/{}", made["id"])).await.is(200).json(), made);
}

#[tokio::test]
async fn duplicates_are_welcome() {
    let api = Api::start().await;
    let body = || json!({"name": "Nina", "email": "nina@contoso.example"});
    assert_ne!(api.new_contact(body()).await, api.new_contact(body()).await);
}

#[tokio::test]
async fn a_put_leaves_what_it_does_not_name_and_the_title_is_a_property() {
    let api = Api::start().await;
    let id = api
        .new_contact(
            json!({"name": "Nina", "phone": "1", "opt_out": true, "properties": {"Office365Id": "x"}}),
        )
        .await;
    let put = api
        .put(&format!("/contacts/{id}"), json!({"name": "Nina N", "title": "Head", "mobile": "2"}))
        .await
        .is(200)
        .json();
    for (field, value) in [
        ("name", json!("Nina N")),
        ("phone", json!("1")),
        ("mobile", json!("2")),
        ("opt_out", json!(true)),
        ("properties", json!({"Office365Id": "x", "title": "Head"})),
    ] {
        assert_eq!(put[field], value, "{field}");
    }
    api.inside().reset_flags(true);
    assert_eq!(api.put(&format!("/contacts/{id}"), json!({"name": "Nina"})).await.json()["opt_out"], false);
}

#[tokio::test]
async fn properties_are_replaced_as_a_whole_unless_the_account_merges_them() {
    let api = Api::start().await;
    let id = api.new_contact(json!({"name": "Nina", "properties": {"title": "A", "Office365Id": "x"}})).await;
    let put = |properties: Value| json!({"name": "Nina", "properties": properties});
    let path = format!("/contacts/{id}");
    let now = api.put(&path, put(json!({"title": "B"}))).await.json();
    assert_eq!(now["properties"], json!({"title": "B"}));
    api.inside().merge_properties(true);
    let now = api.put(&path, put(json!({"Office365Id": "y"}))).await.json();
    assert_eq!(now["properties"], json!({"title": "B", "Office365Id": "y"}));
}

#[tokio::test]
async fn names_that_nobody_defined_are_dropped_without_a_word_and_case_counts() {
    let api = Api::start().await;
    let properties =
        json!({"office365id": "x", "Nonsense": "y", "SupportPIN": "1234", "notification_billing": "1"});
    let id = api.new_contact(json!({"name": "Nina", "properties": properties})).await;
    let kept = api.get(&format!("/contacts/{id}")).await.json();
    assert_eq!(kept["properties"], json!({"SupportPIN": "1234", "notification_billing": "1"}));
    api.inside().add_contact_field("Nonsense");
    let now = api
        .put(&format!("/contacts/{id}"), json!({"name": "Nina", "properties": {"Nonsense": "y"}}))
        .await
        .json();
    assert_eq!(now["properties"], json!({"Nonsense": "y"}));
}

#[tokio::test]
async fn check_boxes_hold_digits_and_lists_hold_the_number_of_an_answer() {
    let api = Api::start().await;
    let vip = api.inside().answer("TypeMapping", "VIP").unwrap();
    let id = api
        .new_contact(json!({"name": "Nina", "properties": {"IsOffice365": true, "TypeMapping": vip}}))
        .await;
    let path = format!("/contacts/{id}");
    let properties = |record: &Value| record["properties"].clone();
    assert_eq!(properties(&api.get(&path).await.json()), json!({"IsOffice365": "1", "TypeMapping": vip}));
    let put = |sent: Value| json!({"name": "Nina", "properties": sent});
    // A label is not an answer's number, and what a box cannot hold leaves it as it was.
    let now = api.put(&path, put(json!({"IsOffice365": "maybe", "TypeMapping": "VIP"}))).await.json();
    assert_eq!(properties(&now), json!({"IsOffice365": "1", "TypeMapping": vip}));
    let now = api.put(&path, put(json!({"IsOffice365": "0", "TypeMapping": ""}))).await.json();
    assert_eq!(properties(&now), json!({"IsOffice365": "0", "TypeMapping": ""}));
}

#[tokio::test]
async fn a_contact_can_move_to_another_customer() {
    let api = Api::start().await;
    let id = api.new_contact(json!({"name": "Nina"})).await;
    let moved =
        api.put(&format!("/contacts/{id}"), json!({"name": "Nina", "customer_id": 250})).await.is(200).json();
    assert_eq!(moved["customer_id"], 250);
    api.put(&format!("/contacts/{id}"), json!({"name": "Nina", "customer_id": 999_999})).await.is(404);
}

#[tokio::test]
async fn a_deleted_contact_is_gone_for_good() {
    let api = Api::start().await;
    let id = api.new_contact(json!({"name": "Nina"})).await;
    assert_eq!(api.delete(&format!("/contacts/{id}")).await.is(200).json(), json!({"success": true}));
    for answer in [api.get(&format!("/contacts/{id}")).await, api.delete(&format!("/contacts/{id}")).await] {
        assert_eq!(answer.is(404).json(), json!({"message": "Not found"}));
    }
}

#[tokio::test]
async fn every_write_moves_the_moment_of_the_last_change() {
    let api = Api::start().await;
    let id = api.new_contact(json!({"name": "Nina"})).await;
    let moment = |record: Value| record["updated_at"].as_str().unwrap().to_owned();
    let before = moment(api.get(&format!("/contacts/{id}")).await.json());
    api.sandbox.advance_clock(std::time::Duration::from_secs(60));
    let after = moment(api.put(&format!("/contacts/{id}"), json!({"name": "Nina N"})).await.json());
    assert!(after > before, "{before} {after}");
    assert!(api.inside().edit_contact(id, |record| record["phone"] = json!("1")));
}
