//! Customers: wrapped, with properties that can be written, and with settings that tell of them.

use crate::client::Api;
use serde_json::{Value, json};

fn ids(answer: &Value) -> Vec<i64> {
    answer["customers"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_listing_leaves_out_disabled_customers_unless_asked_and_filters_by_likeness() {
    let api = Api::start().await;
    for (query, expected) in [
        ("", vec![100, 101, 250, 400]),
        ("include_disabled=true", vec![100, 101, 250, 300, 400]),
        ("business_name=contoso", vec![100, 101]),
        ("query=brandt", vec![250]),
        ("id[]=100&id[]=250", vec![100, 250]),
        ("not_id[]=100", vec![101, 250, 400]),
        ("sort=id%20DESC", vec![400, 250, 101, 100]),
    ] {
        assert_eq!(ids(&api.get(&format!("/customers?{query}")).await.is(200).json()), expected, "{query}");
    }
}

#[tokio::test]
async fn one_customer_is_wrapped_and_shows_its_contacts() {
    let api = Api::start().await;
    let answer = api.get("/customers/250").await.is(200).json();
    let customer = &answer["customer"];
    assert_eq!(
        (&customer["business_name"], customer["contacts"].as_array().unwrap().len()),
        (&json!("Fabrikam"), 2)
    );
    let person = api.get("/customers/400").await.json();
    assert_eq!(person["customer"]["business_name"], Value::Null);
    assert_eq!(person["customer"]["business_then_name"], "Walkin Customer");
    assert_eq!(api.get("/customers/999999").await.is(404).json(), json!({"message": "Not found"}));
}

#[tokio::test]
async fn custom_fields_of_customers_are_defined_in_the_settings_and_those_of_contacts_nowhere() {
    let api = Api::start().await;
    let settings = api.get("/settings").await.is(200);
    let fields = settings.json()["customers"]["customer_fields"].clone();
    let names: Vec<&str> = fields.as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Tenant365Id", "Service Level"]);
    assert!(!settings.text.contains("Office365Id"));
    let put = api
        .put("/customers/100", json!({"properties": {"Tenant365Id": "t-1", "Nonsense": "x"}}))
        .await
        .is(200)
        .json();
    assert_eq!(put["customer"]["properties"], json!({"Tenant365Id": "t-1"}));
    assert_eq!(put["customer"]["business_name"], "Contoso", "the rest stays");
}

#[tokio::test]
async fn phones_lose_their_formatting() {
    let api = Api::start().await;
    let phone = api
        .post("/customers/100/phones", json!({"label": "Mobile", "number": "+1 (206) 555-0100"}))
        .await
        .is(200)
        .json();
    assert_eq!(phone["number"], "12065550100");
    let listed = api.get("/customers/100/phones").await.json();
    assert_eq!(listed["phones"], json!([phone]));
    let refused = api.post("/customers/100/phones", json!({"number": ""})).await.is(422).json();
    assert_eq!(refused["message"], json!(["Number can't be blank"]));
    api.delete(&format!("/customers/100/phones/{}", phone["id"])).await.is(200);
    api.delete(&format!("/customers/250/phones/{}", phone["id"])).await.is(404);
}

#[tokio::test]
async fn what_hangs_on_a_customer_goes_with_it() {
    let api = Api::start().await;
    let made = api.post("/customers", json!({"business_name": "Northwind"})).await.is(200).json();
    let id = made["customer"]["id"].as_i64().unwrap();
    let contact =
        api.post("/contacts", json!({"customer_id": id, "name": "Nora"})).await.is(200).json()["id"].clone();
    assert_eq!(
        api.delete(&format!("/customers/{id}")).await.is(200).json()["message"],
        "Customer was deleted from the system."
    );
    api.get(&format!("/customers/{id}")).await.is(404);
    api.get(&format!("/contacts/{contact}")).await.is(404);
}
