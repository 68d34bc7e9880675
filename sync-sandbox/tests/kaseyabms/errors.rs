//! Errors, roles, rates and faults.

use crate::client::{Api, send};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use sync_sandbox::Options;

#[tokio::test]
async fn errors_come_under_200_or_with_a_status_of_their_own() {
    let api = Api::start().await;
    let answer = api.get("crm/contacts/summary/999999", &[]).await;
    answer.refuses("not found");
    for name in ["code", "message", "details", "stackStrace", "subErrors"] {
        assert!(answer.body["error"].get(name).is_some(), "{name}");
    }
    api.inside().status_of_errors(true);
    let answer = api.get("crm/contacts/summary/999999", &[]).await;
    assert_eq!((answer.status.as_u16(), &answer.body["success"]), (404, &Value::Bool(false)));
}

#[tokio::test]
async fn a_role_can_lack_one_module() {
    let api = Api::start().await;
    api.inside().deny("crm/contacts");
    api.get("crm/contacts/summary", &[]).await.refuses("permission");
    assert!(!api.get("crm/accounts/lookup", &[]).await.rows().is_empty());
    api.inside().status_of_errors(true);
    assert_eq!(api.get("crm/contacts/search", &[]).await.status.as_u16(), 403);
}

#[tokio::test]
async fn unknown_paths_methods_and_bodies_are_refused() {
    let api = Api::start().await;
    assert_eq!(api.get("crm/contacts", &[]).await.status.as_u16(), 404);
    assert_eq!(send(api.signed(Method::DELETE, "crm/contacts/summary")).await.status.as_u16(), 405);
    assert_eq!(api.get("crm/contacts/summary/not-a-number", &[]).await.status.as_u16(), 404);
    assert_eq!(send(api.signed(Method::POST, "crm/contacts/summary")).await.status.as_u16(), 400);
    assert_eq!(api.post("crm/contacts/summary", json!([1])).await.status.as_u16(), 400);
}

#[tokio::test]
async fn past_1500_calls_in_an_hour_an_endpoint_refuses_and_others_go_on() {
    let api = Api::with(Options::sized(10, 8).enforce_limits()).await;
    api.inside().set_limit(3, Duration::from_secs(3600));
    for _ in 0..3 {
        api.get("crm/contacts/summary/501", &[]).await;
    }
    let over = api.get("crm/contacts/summary/502", &[]).await;
    assert_eq!((over.status.as_u16(), &over.body["success"]), (429, &Value::Bool(false)));
    assert!(!api.get("crm/contacts/summary", &[]).await.rows().is_empty(), "another endpoint");
    api.sandbox.advance_clock(Duration::from_secs(3600));
    let token = api.sign_in(&[]).await.result()["accessToken"].as_str().unwrap().to_owned();
    let request = api.bare(Method::GET, "/v2/crm/contacts/summary/501").bearer_auth(token);
    assert_eq!(send(request).await.status.as_u16(), 200);
    assert_eq!(api.inside().worst_window(), (3, 1));
}

#[tokio::test]
async fn without_enforcement_nobody_is_refused() {
    let api = Api::with(Options::sized(10, 8)).await;
    api.inside().set_limit(1, Duration::from_secs(3600));
    for _ in 0..3 {
        assert!(!api.get("crm/accounts/lookup", &[]).await.rows().is_empty());
    }
    assert_eq!(api.inside().worst_window(), (3, 0));
}

#[tokio::test]
async fn faults_answer_in_the_vendors_shape_and_pages_can_be_spoiled() {
    let api = Api::with(Options::sized(300, 250)).await;
    let fault = |text: &str| api.sandbox.inject(text.parse().unwrap());
    let page = async |number: &str| {
        api.get("crm/contacts/summary", &[("Filter.IsActive", "true"), ("PageNumber", number)]).await
    };
    fault("kaseyabms:429");
    assert_eq!((page("1").await.status.as_u16()), 429);
    fault("kaseyabms:401");
    assert_eq!(page("1").await.body["error"]["code"], 978_001);
    fault("kaseyabms:html-502");
    assert_eq!((page("1").await.status.as_u16(), page("1").await.rows().len()), (502, 100));
    let whole = page("2").await.rows().clone();
    fault("kaseyabms:repeat-page");
    assert_eq!(page("2").await.rows(), &whole);
    fault("kaseyabms:early-end");
    assert_eq!(page("1").await.rows().len(), 99);
    fault("kaseyabms:empty-page");
    assert_eq!(page("1").await.rows().len(), 0);
    api.inside().fail_next("GET /v2/crm/contacts/summary", 5, "Something is wrong.");
    page("1").await.refuses("Something is wrong.");
    assert_eq!(page("1").await.rows().len(), 100);
}

#[tokio::test]
async fn a_connection_lost_after_a_create_leaves_the_contact() {
    let api = Api::start().await;
    let before = api.inside().contacts().len();
    api.sandbox.inject("kaseyabms:reset-after-commit".parse().unwrap());
    let body = json!({"FirstName": "Ada", "LastName": "Byron", "AccountId": 100, "LocationId": 1002});
    let lost = api.signed(Method::POST, "crm/contacts/summary").json(&body).send().await;
    assert!(lost.is_err());
    assert_eq!(api.inside().contacts().len(), before + 1);
}

#[tokio::test]
async fn the_state_document_shows_what_is_held_and_no_secret() {
    let api = Api::start().await;
    let state = api.sandbox.state();
    assert_eq!(state["kaseyabms"]["contacts"].as_array().unwrap().len(), 32 + 3);
    assert_eq!(state["kaseyabms"]["accounts"].as_array().unwrap().len(), 4);
    let text = state.to_string();
    assert!(!text.contains(&api.sandbox.kaseyabms().password) && !text.contains(&api.token));
}
