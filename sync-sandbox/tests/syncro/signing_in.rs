//! The token, and what it may do.

use crate::client::Api;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_token_is_taken_as_a_bearer_bare_in_the_query_and_in_the_body() {
    let api = Api::start().await;
    let token = api.sandbox.syncro().api_token.clone();
    let bare = |request: reqwest::RequestBuilder| request.header("authorization", &token);
    api.get("/me").await.is(200);
    api.send(bare(api.bare(Method::GET, "/me"))).await.is(200);
    api.send(api.bare(Method::GET, &format!("/me?api_key={token}"))).await.is(200);
    let body = json!({"api_key": token, "customer_id": 100, "name": "Nina"});
    let made = api.send(api.bare(Method::POST, "/contacts").json(&body)).await.is(200).json();
    assert!(made.get("api_key").is_none());
}

#[tokio::test]
async fn a_wrong_token_and_a_lacking_permission_are_both_401_and_only_one_speaks_of_permissions() {
    let api = Api::start().await;
    let wrong = api.send(api.bare(Method::GET, "/me").bearer_auth("nonsense")).await.is(401);
    let none = api.send(api.bare(Method::GET, "/contacts")).await.is(401);
    for answer in [wrong, none] {
        assert!(!answer.text.contains("permission"), "{}", answer.text);
    }
    api.inside().deny("Customers - Edit");
    let denied = api.post("/contacts", json!({"customer_id": 100, "name": "x"})).await.is(401).json();
    assert_eq!(denied["error"], "Not authorized. Please ask account admin to update your group permissions.");
    api.get("/contacts").await.is(200);
    assert_eq!(api.get("/me").await.json()["permissions"]["customer"]["write"], false);
    api.inside().allow_all();
    api.post("/contacts", json!({"customer_id": 100, "name": "x"})).await.is(200);
}

#[tokio::test]
async fn a_deleted_token_is_refused_from_then_on() {
    let api = Api::start().await;
    let new = api.inside().renew_token();
    api.get("/me").await.is(401);
    api.send(api.bare(Method::GET, "/me").bearer_auth(new)).await.is(200);
}

#[tokio::test]
async fn portal_logins_are_for_global_admins() {
    let api = Api::start().await;
    let contact = api.new_contact(json!({"name": "Pia", "email": "pia@contoso.example"})).await;
    let id = api.inside().add_portal_user(100, contact, "pia@contoso.example");
    let listed = api.get("/portal_users?customer_id=100&email=PIA@contoso.example").await.is(200).json();
    assert_eq!(
        (listed["portal_users"][0]["id"].as_i64(), listed["meta"]["per_page"].as_i64()),
        (Some(id), Some(100))
    );
    assert_eq!(api.get("/portal_users?customer_id=250").await.json()["portal_users"], json!([]));
    assert_eq!(api.delete(&format!("/portal_users/{id}")).await.is(200).json()["contact_id"], contact);
    api.delete(&format!("/portal_users/{id}")).await.is(404);
    api.inside().deny("Global Admin");
    api.get("/portal_users").await.is(401);
}
