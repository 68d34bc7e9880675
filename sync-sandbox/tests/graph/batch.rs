//! `/$batch`.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use sync_sandbox::Vendor;

use crate::client::{Answer, Api, answer};

async fn batch(api: &Api, requests: Value) -> Answer {
    answer(api.request(Method::POST, "$batch").json(&json!({ "requests": requests }))).await
}

fn by_id(answer: &Answer) -> BTreeMap<&str, &Value> {
    let responses = answer.body["responses"].as_array().unwrap();
    responses.iter().map(|one| (one["id"].as_str().unwrap(), one)).collect()
}

#[tokio::test]
async fn each_inner_request_has_its_own_answer() {
    let api = Api::start().await;
    let user = api.somebody();
    let absolute = format!("{}/v1.0/organization", api.sandbox.graph().base_url);
    let answer = batch(
        &api,
        json!([
            { "id": "a", "method": "GET", "url": format!("/users/{}?$select=id", user.id) },
            { "id": "b", "method": "GET", "url": "/users/nobody", "depends_on": [] },
            { "id": "c", "method": "GET", "url": "/users?$filter=userType ne 'Guest'&$count=true&$select=id",
              "headers": { "ConsistencyLevel": "eventual" } },
            { "id": "d", "method": "GET", "url": absolute },
            { "id": "e", "method": "GET", "url": "/users", "dependsOn": ["b"] },
        ]),
    )
    .await
    .is(200);
    assert_eq!(answer.body["responses"][0]["id"], "e", "answers need not come in order");
    let answers = by_id(&answer);
    assert_eq!(answers["a"]["body"]["id"], user.id);
    assert_eq!((&answers["b"]["status"], &answers["d"]["status"]), (&json!(404), &json!(200)));
    assert_eq!(answers["b"]["body"]["error"]["code"], "Request_ResourceNotFound");
    assert_eq!(answers["c"]["body"]["@odata.count"], 39);
    assert_eq!(answers["e"]["status"], 424);
    assert_eq!(answers["a"]["headers"]["X-Ms-Resource-Unit"], "1");
    let calls = api.sandbox.calls();
    assert_eq!(calls.count(Vendor::Graph, "GET", "/v1.0/users/{id}"), 2);
    assert_eq!(calls.count(Vendor::Graph, "POST", "/v1.0/$batch"), 1);
    assert_eq!(calls.writes(), 0);
}

#[tokio::test]
async fn an_inner_request_is_throttled_alone() {
    let api = Api::start().await;
    api.sandbox.inject("graph:429=3s[GET /organization]".parse().unwrap());
    let requests = json!([
        { "id": "1", "method": "GET", "url": "/organization" },
        { "id": "2", "method": "GET", "url": "/subscribedSkus" },
    ]);
    let answer = batch(&api, requests).await.is(200);
    let answers = by_id(&answer);
    assert_eq!(
        (&answers["1"]["status"], &answers["1"]["headers"]["Retry-After"]),
        (&json!(429), &json!("3"))
    );
    assert_eq!(answers["2"]["status"], 200);
}

#[tokio::test]
async fn malformed_batches_are_refused_whole() {
    let api = Api::start().await;
    let get = |id: &str| json!({ "id": id, "method": "GET", "url": "/organization" });
    let many: Vec<Value> = (0..21).map(|n| get(&n.to_string())).collect();
    batch(&api, json!(many)).await.is(400).code();
    batch(&api, json!([get("a"), get("A")])).await.is(400).code();
    let body = json!({ "id": "1", "method": "POST", "url": "/users", "body": {} });
    batch(&api, json!([body])).await.is(400).code();
    batch(&api, json!([{ "id": "1" }])).await.is(400).code();
    let later = json!({ "id": "1", "method": "GET", "url": "/users", "dependsOn": ["2"] });
    batch(&api, json!([later, get("2")])).await.is(400).code();
    assert_eq!(api.sandbox.calls().of(Vendor::Graph), 5, "no inner request ran");
}
