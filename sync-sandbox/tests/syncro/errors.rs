//! Each resource has its own shape of a refusal.

use crate::client::Api;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn contacts_answer_one_sentence_and_the_record() {
    let api = Api::start().await;
    let refused =
        api.post("/contacts", json!({"customer_id": 100, "name": "x", "email": "xxx"})).await.is(422).json();
    assert_eq!(
        (&refused["errors"], &refused["record"]["id"]),
        (&json!("Email is not an email"), &Value::Null)
    );
    let orphan = api.post("/contacts", json!({"name": "x"})).await.is(422).json();
    assert_eq!(orphan["errors"], "Customer can't be blank");
    let nobody = api.post("/contacts", json!({"customer_id": 999_999, "name": "x"})).await.is(404).json();
    assert_eq!(nobody, json!({"message": "Not found"}));
    let id = api.new_contact(json!({"name": "Nina"})).await;
    let nameless = api.put(&format!("/contacts/{id}"), json!({"name": " "})).await.is(422).json();
    assert_eq!(nameless["errors"], "Name can't be blank");
    api.inside().require_contact_field("Cost Center");
    let lacking = api.put(&format!("/contacts/{id}"), json!({"name": "Nina"})).await.is(422).json();
    assert_eq!(lacking["errors"], "Cost Center can't be blank");
    api.put(&format!("/contacts/{id}"), json!({"name": "Nina", "properties": {"Cost Center": "1"}}))
        .await
        .is(200);
}

#[tokio::test]
async fn customers_answer_a_list_and_what_was_sent() {
    let api = Api::start().await;
    let refused = api.put("/customers/100", json!({"email": "not an email"})).await.is(422).json();
    assert_eq!(refused["success"], false);
    assert_eq!(refused["message"][0], "Email is not an email");
    assert!(refused["message"][1].as_str().unwrap().contains("not an email"), "it repeats the value");
    assert_eq!(refused["params"]["email"], "not an email");
}

#[tokio::test]
async fn a_path_that_does_not_exist_is_a_web_page() {
    let api = Api::start().await;
    for (method, path) in [(Method::GET, "/nonsense"), (Method::PATCH, "/contacts/1")] {
        let answer = api.send(api.request(method, path)).await.is(404);
        assert!(answer.text.starts_with("<!DOCTYPE html>"), "{}", answer.text);
    }
}

#[tokio::test]
async fn some_answers_of_200_are_no_record() {
    let api = Api::start().await;
    assert_eq!(api.get("/callerid").await.is(200).text, "Disabled");
    assert_eq!(api.get("/contracts/999999").await.is(200).text, "null");
    assert_eq!(api.get("/contracts/3100").await.is(200).json()["contract_amount"], "30k");
    assert_eq!(api.get("/contracts").await.json()["contracts"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let api = Api::start().await;
    let request = api.request(Method::POST, "/contacts").header("content-type", "application/json").body("{");
    api.send(request).await.is(400);
}
