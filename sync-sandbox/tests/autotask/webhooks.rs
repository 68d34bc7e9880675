//! Webhooks: what they need, what they send, what is not signed.

use crate::client::{Api, CONTOSO};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const API_USER: i64 = 29_682_885;

async fn webhook(api: &Api) -> i64 {
    let body = json!({
        "name": "test", "webhookUrl": "https://sync.example/hook", "deactivationUrl": "https://sync.example/off",
        "isActive": true, "isSubscribedToCreateEvents": true, "isSubscribedToUpdateEvents": true,
        "isSubscribedToDeleteEvents": true, "secretKey": "made up", "sendThresholdExceededNotification": false,
    });
    api.post("ContactWebhooks", body).await.is(200).item_id()
}

async fn subscribe(api: &Api, hook: i64) {
    api.post(&format!("ContactWebhooks/{hook}/Fields"), json!({"fieldID": 15, "isSubscribedField": true}))
        .await
        .is(200);
}

fn signature(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"made up");
    format!("sha1={}", STANDARD.encode(hmac::sign(&key, body.as_bytes())))
}

#[tokio::test]
async fn a_webhook_needs_a_field_before_it_sends() {
    let api = Api::start().await;
    let hook = webhook(&api).await;
    api.contact(json!({})).await;
    assert!(api.inside().take_webhooks().is_empty());
    subscribe(&api, hook).await;
    api.contact(json!({})).await;
    let sent = api.inside().take_webhooks();
    assert_eq!((sent.len(), &sent[0]["url"]), (1, &json!("https://sync.example/hook")));
    let shown = api.get(&format!("ContactWebhooks/{hook}")).await.json()["item"].clone();
    assert_eq!(
        (&shown["isReady"], shown.get("secretKey")),
        (&json!(true), None),
        "the secret is never shown"
    );
}

#[tokio::test]
async fn the_signature_is_over_the_escaped_form_of_the_body() {
    let api = Api::start().await;
    let hook = webhook(&api).await;
    subscribe(&api, hook).await;
    for as_signed in [true, false] {
        api.inside().deliver_as_signed(as_signed);
        api.contact(json!({"lastName": "O'Neil & Łuk"})).await;
        let sent = api.inside().take_webhooks().remove(0);
        let (body, sign) = (sent["body"].as_str().unwrap(), sent["signature"].as_str().unwrap());
        assert_eq!(signature(body) == sign, as_signed);
        let payload: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&payload["Action"], &payload["EntityType"]), (&json!("Create"), &json!("Contact")));
        assert_eq!(
            (&payload["Fields"]["lastName"], &payload["Fields"]["companyID"]),
            (&json!("O'Neil & Łuk"), &json!(CONTOSO))
        );
        assert_eq!(body.contains("\\u0026"), as_signed);
    }
}

#[tokio::test]
async fn changes_by_an_excluded_resource_are_not_sent() {
    let api = Api::start().await;
    let hook = webhook(&api).await;
    subscribe(&api, hook).await;
    api.post(&format!("ContactWebhooks/{hook}/ExcludedResources"), json!({"resourceID": API_USER}))
        .await
        .is(200);
    let id = api.contact(json!({})).await;
    assert!(api.inside().take_webhooks().is_empty(), "no echo of the own write");
    api.inside().edit_contact(id, |record| record["title"] = "By hand".into());
    api.inside().delete_contact(id);
    let actions: Vec<Value> = api
        .inside()
        .take_webhooks()
        .iter()
        .map(|sent| serde_json::from_str::<Value>(sent["body"].as_str().unwrap()).unwrap()["Action"].clone())
        .collect();
    assert_eq!(actions, ["Update", "Delete"]);
}

#[tokio::test]
async fn a_deactivation_is_told_without_a_signature() {
    let api = Api::start().await;
    let hook = webhook(&api).await;
    subscribe(&api, hook).await;
    assert!(api.inside().deactivate_webhook(hook));
    let sent = api.inside().take_webhooks().remove(0);
    assert_eq!((&sent["signature"], &sent["url"]), (&Value::Null, &json!("https://sync.example/off")));
    assert!(sent["body"].as_str().unwrap().contains("Deactivated"));
    api.contact(json!({})).await;
    assert!(api.inside().take_webhooks().is_empty());
}

#[tokio::test]
async fn what_a_webhook_lacks_is_said() {
    let api = Api::start().await;
    let body = json!({"name": "x", "webhookUrl": "https://x.example", "isActive": true, "secretKey": "s"});
    api.post("ContactWebhooks", body).await.refuses(500, "Missing Required Field: deactivationUrl");
    let body = json!({
        "name": "x", "webhookUrl": "http://x.example", "deactivationUrl": "https://x.example", "isActive": true,
        "secretKey": "s", "sendThresholdExceededNotification": false,
    });
    api.post("ContactWebhooks", body).await.refuses(500, "webhookUrl is not a valid URL");
}
