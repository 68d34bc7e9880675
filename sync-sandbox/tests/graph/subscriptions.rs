//! Subscriptions: the handshake, their lives, and what is delivered.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use sync_sandbox::Options;

use crate::client::{Answer, Api, answer};
use crate::listener::{Listener, Manner};

fn wanted(listener: &Listener, changes: &Value) -> Value {
    let mut body = json!({
        "changeType": "updated,deleted", "notificationUrl": listener.url,
        "lifecycleNotificationUrl": format!("{}?lifecycle=1", listener.url), "resource": "users",
        "expirationDateTime": (Utc::now() + TimeDelta::days(2)).to_rfc3339(), "clientState": "a word",
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn create(api: &Api, body: &Value) -> Answer {
    answer(api.request(Method::POST, "subscriptions").json(body)).await
}

async fn send(api: &Api, method: Method, path: &str, body: Value) -> Answer {
    answer(api.request(method, path).json(&body)).await
}

fn moment(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_subscription_is_made_once_both_addresses_returned_the_token() {
    let (api, listener) = (Api::start().await, Listener::start(Manner::Right).await);
    let made = create(&api, &wanted(&listener, &json!({}))).await.is(201).body;
    assert_eq!((&made["resource"], &made["clientState"]), (&json!("users"), &json!("a word")));
    let listed = api.get("subscriptions").await.is(200);
    assert_eq!(listed.rows().len(), 1);
    assert_eq!(listed.rows()[0]["id"], made["id"]);
    assert_eq!(listed.rows()[0]["clientState"], Value::Null, "it is never shown again");
    let again = create(&api, &wanted(&listener, &json!({}))).await.is(201).body;
    assert_ne!(again["id"], made["id"], "each POST makes another");
}

#[tokio::test]
async fn an_address_that_does_not_return_the_token_gets_no_subscription() {
    let mut options = Options::sized(5, 0);
    options.validation_patience = Duration::from_millis(300);
    let api = Api::of(options).await;
    let right = Listener::start(Manner::Right).await;
    for manner in [Manner::Encoded, Manner::Html, Manner::Status(204), Manner::Status(500), Manner::Never] {
        let listener = Listener::start(manner).await;
        let refused = create(&api, &wanted(&listener, &json!({}))).await.is(400);
        assert_eq!(refused.code(), "ValidationError", "{manner:?}");
        let body = wanted(&right, &json!({ "lifecycleNotificationUrl": listener.url }));
        assert_eq!(create(&api, &body).await.is(400).code(), "ValidationError", "{manner:?}");
    }
    let body = wanted(&right, &json!({ "notificationUrl": "https://nobody.example/graph" }));
    create(&api, &body).await.is(400);
    assert!(api.get("subscriptions").await.is(200).rows().is_empty());
}

#[tokio::test]
async fn what_a_subscription_may_ask_for_is_limited() {
    let (api, listener) = (Api::start().await, Listener::start(Manner::Right).await);
    let now = Utc::now();
    for changes in [
        json!({ "changeType": "created" }),
        json!({ "changeType": "updated,created" }),
        json!({ "resource": "devices" }),
        json!({ "resource": "" }),
        json!({ "notificationUrl": "http://sync.example/graph" }),
        json!({ "clientState": "x".repeat(129) }),
        json!({ "expirationDateTime": (now - TimeDelta::minutes(1)).to_rfc3339() }),
        json!({ "expirationDateTime": (now + TimeDelta::minutes(41_770)).to_rfc3339() }),
        json!({ "expirationDateTime": "tomorrow" }),
    ] {
        let refused = create(&api, &wanted(&listener, &changes)).await.is(400);
        assert!(refused.code().len() > 3, "{changes}");
    }
    let short = json!({ "expirationDateTime": (now + TimeDelta::minutes(5)).to_rfc3339() });
    let made = create(&api, &wanted(&listener, &short)).await.is(201).body;
    let life = moment(&made["expirationDateTime"]) - now;
    assert!(life >= TimeDelta::minutes(44) && life <= TimeDelta::minutes(46), "raised to 45 minutes: {life}");
}

#[tokio::test]
async fn the_hundred_and_first_subscription_is_refused() {
    let (api, listener) = (Api::start().await, Listener::start(Manner::Right).await);
    let body = wanted(&listener, &json!({ "lifecycleNotificationUrl": null }));
    for _ in 0..100 {
        create(&api, &body).await.is(201);
    }
    create(&api, &body).await.is(403);
}

#[tokio::test]
async fn subscriptions_are_renewed_end_by_themselves_and_can_be_ended() {
    let (api, listener) = (Api::start().await, Listener::start(Manner::Right).await);
    let made = create(&api, &wanted(&listener, &json!({}))).await.is(201).body;
    let path = format!("subscriptions/{}", made["id"].as_str().unwrap());
    let until = Utc::now() + TimeDelta::days(5);
    let renewed =
        send(&api, Method::PATCH, &path, json!({ "expirationDateTime": until.to_rfc3339() })).await.is(200);
    assert_eq!(moment(&renewed.body["expirationDateTime"]).timestamp(), until.timestamp());
    let late = json!({ "lifecycleNotificationUrl": listener.url, "expirationDateTime": until.to_rfc3339() });
    send(&api, Method::PATCH, &path, late).await.is(400);
    let other = create(&api, &wanted(&listener, &json!({}))).await.is(201).body;

    let mut api = api;
    api.sandbox.advance_clock(Duration::from_secs(3 * 24 * 3600));
    api.sign_in().await;
    let gone = format!("subscriptions/{}", other["id"].as_str().unwrap());
    let body = json!({ "expirationDateTime": until.to_rfc3339() });
    let refused = send(&api, Method::PATCH, &gone, body).await.is(404);
    assert_eq!(refused.code(), "ResourceNotFound");
    assert_eq!(api.get("subscriptions").await.is(200).rows().len(), 1);
    answer(api.request(Method::DELETE, &path)).await.is(204);
    answer(api.request(Method::DELETE, &path)).await.is(404);
    assert!(api.get("subscriptions").await.is(200).rows().is_empty());
}

#[tokio::test]
async fn each_change_of_a_user_is_posted_with_the_client_state_and_no_content() {
    let (api, listener) = (Api::start().await, Listener::start(Manner::Right).await);
    let user = api.somebody();
    assert!(api.sandbox.disable_user(&user.id), "before there is anybody to tell");
    let made = create(&api, &wanted(&listener, &json!({}))).await.is(201).body;
    for (kind, change) in [
        (
            "updated",
            &(|| api.sandbox.edit_user(&user.id, |user| user.job_title = Some("Lead".into())))
                as &dyn Fn() -> bool,
        ),
        ("updated", &|| api.sandbox.delete_user(&user.id)),
        ("updated", &|| api.sandbox.restore_user(&user.id)),
        ("deleted", &|| api.sandbox.purge_user(&user.id)),
    ] {
        assert!(change());
        let batch = listener.next().await;
        let items = batch["value"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{batch}");
        assert_eq!(items[0]["changeType"], kind, "{batch}");
        assert_eq!(items[0]["resource"], format!("Users/{}", user.id));
        assert_eq!((&items[0]["subscriptionId"], &items[0]["clientState"]), (&made["id"], &json!("a word")));
        assert_eq!(items[0]["tenantId"], api.sandbox.graph().tenant_id);
        assert_eq!(items[0]["resourceData"]["id"], user.id);
        assert!(!batch.to_string().contains(&user.user_principal_name), "{batch}");
    }
}

#[tokio::test]
async fn a_subscription_hears_of_what_it_asked_for_only() {
    let (api, listener) = (Api::start().await, Listener::start(Manner::Right).await);
    let (group, _) = api.sandbox.groups().remove(0);
    let (user, other) = (api.somebody(), api.sandbox.users().remove(0));
    assert_ne!(user.id, other.id);
    for resource in [format!("users/{}", user.id), format!("groups/{group}/members")] {
        create(&api, &wanted(&listener, &json!({ "resource": resource }))).await.is(201);
    }
    create(&api, &wanted(&listener, &json!({ "resource": "users", "changeType": "deleted" }))).await.is(201);
    assert!(api.sandbox.disable_user(&other.id) || api.sandbox.delete_user(&other.id));
    listener.is_quiet().await;
    assert!(api.sandbox.edit_user(&user.id, |user| user.city = Some("Elsewhere".into())));
    assert_eq!(listener.next().await["value"].as_array().unwrap().len(), 1);
    let member = "dddddddd-0000-4000-8000-000000000001";
    assert!(api.sandbox.add_member(&group, member));
    let batch = listener.next().await;
    assert_eq!(batch["value"][0]["resource"], format!("Groups/{group}"));
    assert_eq!(batch["value"][0]["resourceData"]["members@delta"], json!([{ "id": member }]));
    assert!(api.sandbox.remove_member(&group, member));
    let batch = listener.next().await;
    assert_eq!(batch["value"][0]["resourceData"]["members@delta"][0]["@removed"], "deleted");
}

#[tokio::test]
async fn a_refusal_is_delivered_again_until_it_is_taken() {
    let (api, listener) = (Api::start().await, Listener::start(Manner::Right).await);
    create(&api, &wanted(&listener, &json!({}))).await.is(201);
    listener.status.store(503, Ordering::Relaxed);
    let user = api.somebody();
    assert!(api.sandbox.disable_user(&user.id));
    let first = listener.next().await;
    listener.status.store(202, Ordering::Relaxed);
    let mut second = listener.next().await;
    assert_eq!(first, second, "the same once more");
    while api.sandbox.deliveries().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let outcome = api.sandbox.deliveries().remove(0);
    assert_eq!(outcome["delivered"], true);
    assert!(outcome["attempts"].as_u64().unwrap() >= 2, "{outcome}");
    api.sandbox.repeat_notifications();
    second = listener.next().await;
    assert_eq!(first, second, "and duplicates come without any reason");
}

#[tokio::test]
async fn until_it_is_reauthorized_a_subscription_is_silent_and_then_nothing_is_lost() {
    let (api, listener) = (Api::start().await, Listener::start(Manner::Right).await);
    let made = create(&api, &wanted(&listener, &json!({}))).await.is(201).body;
    let path = format!("subscriptions/{}", made["id"].as_str().unwrap());
    api.sandbox.send_lifecycle("reauthorizationRequired");
    let event = listener.next().await["value"][0].clone();
    assert_eq!(event["lifecycleEvent"], "reauthorizationRequired");
    assert_eq!((&event["subscriptionId"], &event["clientState"]), (&made["id"], &json!("a word")));
    let user = api.somebody();
    assert!(api.sandbox.disable_user(&user.id));
    listener.is_quiet().await;
    answer(api.request(Method::POST, &format!("{path}/reauthorize"))).await.is(204);
    assert_eq!(listener.next().await["value"][0]["resource"], format!("Users/{}", user.id));
    answer(api.request(Method::POST, "subscriptions/nobody/reauthorize")).await.is(404);
}

#[tokio::test]
async fn a_subscription_may_be_removed_with_and_without_a_word() {
    let (api, listener) = (Api::start().await, Listener::start(Manner::Right).await);
    create(&api, &wanted(&listener, &json!({}))).await.is(201);
    api.sandbox.send_lifecycle("missed");
    assert_eq!(listener.next().await["value"][0]["lifecycleEvent"], "missed");
    assert_eq!(api.get("subscriptions").await.is(200).rows().len(), 1);
    api.sandbox.send_lifecycle("subscriptionRemoved");
    assert_eq!(listener.next().await["value"][0]["lifecycleEvent"], "subscriptionRemoved");
    assert!(api.get("subscriptions").await.is(200).rows().is_empty());
    create(&api, &wanted(&listener, &json!({}))).await.is(201);
    api.sandbox.forget_subscriptions();
    listener.is_quiet().await;
    assert!(api.get("subscriptions").await.is(200).rows().is_empty());
}

#[tokio::test]
async fn watching_groups_takes_the_permission_to_read_them() {
    let (api, listener) = (Api::start().await, Listener::start(Manner::Right).await);
    for permission in ["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"] {
        api.sandbox.inject(format!("graph:missing-permission={permission}*always").parse().unwrap());
    }
    create(&api, &wanted(&listener, &json!({ "resource": "groups" }))).await.is(403);
    create(&api, &wanted(&listener, &json!({}))).await.is(201);
}
