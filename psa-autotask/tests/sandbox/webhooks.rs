//! Webhooks of the imitation, read by the adapter's library function.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use crate::support::World;
use psa_autotask::{Callout, callout};
use serde_json::{Value, json};
use sync_core::{Hint, HintChange, model::ContactId};

const SECRET: &str = "made up by a test";

/// Registers a webhook through the API, as an integrator would.
async fn register(world: &World) -> i64 {
    let access = world.sandbox.autotask();
    let client = sync_http::HttpClient::builder(format!("{}/ATServicesRest/v1.0/", access.base_url))
        .header("UserName", &access.username)
        .header("Secret", &access.secret)
        .header("ApiIntegrationCode", &access.integration_code)
        .build()
        .unwrap();
    let post = |path: String, body: Value| {
        let create = sync_http::Idempotency::Create { rate_limit_rejects_before_acting: false };
        let request = sync_http::Request::new(sync_http::Method::Post, path, create, "register").json(&body);
        let client = client.clone();
        async move {
            let answer: Value =
                client.send(request).await.unwrap().error_for_status().unwrap().json().unwrap();
            answer["itemId"].as_i64().unwrap()
        }
    };
    let hook = post(
        "/ContactWebhooks".into(),
        json!({
            "name": "contact sync", "webhookUrl": "https://sync.example/hook", "deactivationUrl": "https://sync.example/off",
            "isActive": true, "isSubscribedToCreateEvents": true, "isSubscribedToUpdateEvents": true,
            "isSubscribedToDeleteEvents": true, "secretKey": SECRET, "sendThresholdExceededNotification": false,
        }),
    )
    .await;
    post(format!("/ContactWebhooks/{hook}/Fields"), json!({"fieldID": 15, "isSubscribedField": true})).await;
    hook
}

fn read(request: &Value) -> sync_core::Result<Callout> {
    let body = request["body"].as_str().unwrap();
    callout(&SECRET.to_owned().into(), request["signature"].as_str(), body.as_bytes())
}

#[tokio::test]
async fn an_edit_by_hand_is_a_hint_in_both_forms_of_the_body() {
    let world = World::of(8).await;
    let hook = register(&world).await;
    for as_signed in [false, true] {
        world.data().deliver_as_signed(as_signed);
        let id = world.data().add_contact(&json!({
            "companyID": 29_762_100, "firstName": "Zoë", "lastName": "O'Neil & <Sons> +1 `x` \"y\" \\z", "isActive": 1,
        }));
        world.data().edit_contact(id, |record| record["title"] = "Head".into());
        world.data().delete_contact(id);
        let hints: Vec<Callout> = world.data().take_webhooks().iter().map(|r| read(r).unwrap()).collect();
        let contact = ContactId::new(id.to_string());
        let changes: Vec<HintChange> = hints
            .iter()
            .map(|hint| match hint {
                Callout::Changed(Hint::Contact { id, change, .. }) if *id == contact => *change,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            changes,
            [HintChange::Created, HintChange::Updated, HintChange::Deleted],
            "as signed: {as_signed}"
        );
    }
    assert!(world.data().deactivate_webhook(hook));
    let off = world.data().take_webhooks();
    assert_eq!(off.len(), 1);
    assert!(off[0]["signature"].is_null());
    assert_eq!(read(&off[0]).unwrap(), Callout::Deactivated);
}

#[tokio::test]
async fn a_body_that_was_changed_on_its_way_is_refused() {
    let world = World::of(8).await;
    register(&world).await;
    let id = crate::support::number(&world.somebody());
    world.data().edit_contact(id, |record| record["title"] = "Head".into());
    let mut request = world.data().take_webhooks().remove(0);
    let forged = request["body"].as_str().unwrap().replace(&id.to_string(), "1");
    request["body"] = forged.into();
    assert_eq!(read(&request).unwrap_err().kind(), sync_core::ErrorKind::Unauthenticated);
}
