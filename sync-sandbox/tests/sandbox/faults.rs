//! Each fault as a client meets it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sync_sandbox::{Options, Vendor};

use crate::Api;

#[tokio::test]
async fn a_429_has_the_vendors_shape_and_the_wanted_header() {
    let api = Api::start().await;
    api.inject("graph:429=7s,graph:429-no-retry-after@2,graph:429-date=90s@3");
    let first = api.get("users").send().await.unwrap();
    assert_eq!((first.status().as_u16(), first.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    let body: Value = first.json().await.unwrap();
    assert_eq!(body["error"]["code"], "TooManyRequests");
    let second = api.get("users").send().await.unwrap();
    assert_eq!((second.status().as_u16(), second.headers().get("retry-after")), (429, None));
    let third = api.get("users").send().await.unwrap();
    let date = third.headers()["retry-after"].to_str().unwrap();
    assert!(date.ends_with(" GMT") && date.len() == 29, "{date}");
    assert_eq!(api.get("users").send().await.unwrap().status(), 200);
    assert_eq!(api.sandbox.calls().count(Vendor::Graph, "GET", "/v1.0/users"), 4);
}

#[tokio::test]
async fn connectwise_names_its_throttling_error_differently() {
    let api = Api::start().await;
    api.inject("connectwise:429=30s,connectwise:500@2,connectwise:401@3");
    let contacts = || api.signed(api.client.get(api.contacts("contacts")));
    let throttled = contacts().send().await.unwrap();
    assert_eq!(throttled.headers()["retry-after"], "30");
    let body: Value = throttled.json().await.unwrap();
    let message = "Too many requests. Please try again in 30 seconds.";
    assert_eq!(body, json!({ "error": "ConnectWiseAPI", "message": message }));
    let broken: Value = contacts().send().await.unwrap().json().await.unwrap();
    assert_eq!((&broken["code"], &broken["errors"]), (&json!("ConnectWiseApi"), &Value::Null));
    assert_eq!(contacts().send().await.unwrap().status(), 401);
    assert_eq!(contacts().send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn refusals_come_before_anything_is_done() {
    let api = Api::start().await;
    api.inject("500,502@2,503@3,504@4,html-502@5,401@6,403@7");
    let mut seen = Vec::new();
    for _ in 0..8 {
        let answer = api.get("users").send().await.unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        seen.push((answer.status().as_u16(), kind.contains("html")));
    }
    let expected = [
        (500, false),
        (502, false),
        (503, false),
        (504, false),
        (502, true),
        (401, false),
        (403, false),
        (200, false),
    ];
    assert_eq!(seen, expected);
    assert_eq!(api.sandbox.faults_struck(), 7);
}

#[tokio::test]
async fn a_token_request_fails_only_when_the_login_is_named() {
    let api = Api::start().await;
    api.inject("503*always");
    assert_eq!(api.sign_in().send().await.unwrap().status(), 200);
    api.inject("login:503");
    let refused = api.sign_in().send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "temporarily_unavailable");
    assert_eq!(api.sign_in().send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn after_a_reset_the_write_is_there_and_the_answer_is_not() {
    let api = Api::start().await;
    let count = || async {
        let request = api.signed(api.client.get(api.contacts("contacts/count")));
        request.send().await.unwrap().json::<Value>().await.unwrap()["count"].as_u64().unwrap()
    };
    let before = count().await;
    api.inject("reset-after-commit");
    let body = json!({ "firstName": "Ann", "lastName": "Lee", "company": { "id": 100 } });
    let create = || api.signed(api.client.post(api.contacts("contacts"))).json(&body);
    let error = create().send().await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    assert_eq!(count().await, before + 1);
    assert_eq!(create().send().await.unwrap().status(), 201);
    assert_eq!(count().await, before + 2);
    assert_eq!(api.sandbox.calls().writes(), 2);
}

#[tokio::test]
async fn a_plain_reset_does_nothing() {
    let api = Api::start().await;
    api.inject("connectwise:reset[POST]");
    let body = json!({ "firstName": "Ann", "lastName": "Lee", "company": { "id": 100 } });
    let before = api.sandbox.state()["connectwise"].clone();
    api.signed(api.client.post(api.contacts("contacts"))).json(&body).send().await.unwrap_err();
    assert_eq!(api.sandbox.state()["connectwise"], before);
}

#[tokio::test]
async fn a_truncated_body_is_announced_whole_and_breaks_off() {
    let api = Api::start().await;
    api.inject("truncated-body@2");
    let whole = api.get("users").send().await.unwrap().bytes().await.unwrap();
    let mut cut = api.get("users").send().await.unwrap();
    assert_eq!(cut.status(), 200);
    assert_eq!(cut.content_length(), Some(whole.len() as u64));
    let mut got = Vec::new();
    let broken = loop {
        match cut.chunk().await {
            Ok(Some(chunk)) => got.extend_from_slice(&chunk),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken, "the body ended as if it were whole");
    assert_eq!(got.len(), whole.len() / 2);
}

#[tokio::test]
async fn page_faults_strike_pages_and_nothing_else() {
    let api = Api::start().await;
    api.inject("graph:slow-page=60ms@2");
    let started = Instant::now();
    let first = api.body("users?$top=30").await;
    api.body("organization").await;
    let user = first["value"][0]["id"].as_str().unwrap();
    api.body(&format!("users/{user}")).await;
    assert_eq!(api.sandbox.faults_struck(), 1, "the organization is the second listing");
    assert!(started.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn a_repeated_page_is_the_one_before_it() {
    let api = Api::start().await;
    api.inject("graph:repeat-page[/users]@2");
    let first = api.body("users?$top=30").await;
    let next = first["@odata.nextLink"].as_str().unwrap();
    let again = api.body(next).await;
    assert_eq!(again, first);
    let second = api.body(next).await;
    assert_ne!(second, first);
    assert_eq!(second["value"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn an_early_end_hides_the_next_link_of_either_vendor() {
    let api = Api::start().await;
    api.inject("early-end*2,empty-page@3*2");
    let page = api.body("users?$top=30").await;
    assert_eq!(page["value"].as_array().unwrap().len(), 30);
    assert!(page.get("@odata.nextLink").is_none());
    let contacts = || api.signed(api.client.get(api.contacts("contacts?pageSize=10&page=1")));
    let answer = contacts().send().await.unwrap();
    assert!(answer.headers().get("link").is_none());
    assert_eq!(answer.json::<Value>().await.unwrap().as_array().unwrap().len(), 10);
    assert_eq!(api.body("users?$top=30").await["value"], json!([]));
    assert_eq!(contacts().send().await.unwrap().json::<Value>().await.unwrap(), json!([]));
    let whole = contacts().send().await.unwrap();
    assert!(whole.headers()["link"].to_str().unwrap().contains("rel=\"next\""));
}

#[tokio::test]
async fn graph_limits_are_counted_in_resource_units() {
    let api = Api::of(Options::sized(40, 0).enforce_limits()).await;
    let group = api.body("groups?$top=1&$select=id").await["value"][0]["id"].as_str().unwrap().to_owned();
    let used = api.sandbox.worst_window(Vendor::Graph);
    assert_eq!(used, 1);
    let path = format!("groups/{group}/transitiveMembers");
    let requests = (3500 - used) / 5;
    for _ in 0..requests {
        assert_eq!(api.get(&path).send().await.unwrap().status(), 200);
    }
    let refused = api.get(&path).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-ms-throttle-information"], "ResourceUnitLimitExceeded");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=10).contains(&wait), "{wait}");
}
