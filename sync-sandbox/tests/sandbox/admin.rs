//! The admin routes.

use serde_json::{Value, json};
use sync_sandbox::{Options, Vendor};

use crate::Api;

#[tokio::test]
async fn calls_are_counted_by_vendor_method_and_template() {
    let api = Api::start().await;
    let id = api.sandbox.users()[0].id.clone();
    for path in ["users", "users?$top=5", "nonsense/at/all", &format!("users/{id}")] {
        api.get(path).send().await.unwrap();
    }
    let url = format!("{}/calls", api.sandbox.admin_base_url());
    let counted: Value = api.client.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!((&counted["total"], &counted["writes"]), (&json!(4), &json!(0)));
    let row = |route: &str, count: u64| json!({ "vendor": "graph", "method": "GET", "route": route, "count": count });
    let expected = json!([row("(no route)", 1), row("/v1.0/users", 2), row("/v1.0/users/{id}", 1)]);
    assert_eq!(counted["routes"], expected);
    let reset = url.replace("calls", "reset-calls");
    assert_eq!(api.client.post(reset).send().await.unwrap().status(), 204);
    assert_eq!(api.sandbox.calls().total, 0, "admin calls are not counted");
}

#[tokio::test]
async fn the_state_holds_what_both_vendors_hold() {
    let api = Api::start().await;
    let url = format!("{}/state", api.sandbox.admin_base_url());
    let state: Value = api.client.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!(state, api.sandbox.state());
    assert_eq!(state["graph"]["users"].as_array().unwrap().len(), 40);
    assert_eq!(state["graph"]["deleted_users"].as_array().unwrap().len(), 1);
    assert!(state["connectwise"].is_object());
    assert_eq!(state["limits"]["connectwise"]["limit"], 1000);
    let secret = &api.sandbox.graph().client_secret;
    assert!(!state.to_string().contains(secret.as_str()));
}

#[tokio::test]
async fn faults_are_armed_listed_and_disarmed() {
    let api = Api::start().await;
    let url = format!("{}/faults", api.sandbox.admin_base_url());
    let post = |text: &'static str| api.client.post(&url).body(text).send();
    let armed: Value = post("graph:503@2").await.unwrap().json().await.unwrap();
    assert_eq!(armed, json!([{ "fault": "graph:503@2", "seen": 0, "struck": 0 }]));
    let wrong = post("graph:503, graph:teapot").await.unwrap();
    assert_eq!(wrong.status(), 400);
    assert_eq!(wrong.json::<Value>().await.unwrap()["position"], 18);
    assert_eq!(api.get("users").send().await.unwrap().status(), 200);
    assert_eq!(api.get("users").send().await.unwrap().status(), 503);
    let listed: Value = api.client.get(&url).send().await.unwrap().json().await.unwrap();
    assert_eq!((&listed[0]["seen"], &listed[0]["struck"]), (&json!(2), &json!(1)));
    assert_eq!(api.client.delete(&url).send().await.unwrap().status(), 204);
    assert_eq!(api.sandbox.state()["faults"], json!([]));
}

#[tokio::test]
async fn the_clock_can_be_advanced_from_outside() {
    let api = Api::of(Options::sized(5, 0).vendors(&[Vendor::Graph])).await;
    let url = format!("{}/advance-clock", api.sandbox.admin_base_url());
    let request = api.client.post(&url).json(&json!({ "seconds": 3600 }));
    assert_eq!(request.send().await.unwrap().status(), 204);
    assert_eq!(api.get("users").send().await.unwrap().status(), 401);
}
