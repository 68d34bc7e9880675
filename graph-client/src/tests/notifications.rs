//! Subscriptions: what is sent, and what becomes of the answers.

use super::*;
use crate::notifications::{LONGEST, Target, Watched};
use chrono::{DateTime, TimeDelta, Utc};
use sync_core::ErrorKind;
use wiremock::matchers::body_json;

fn now() -> DateTime<Utc> {
    "2026-01-06T10:00:00Z".parse().unwrap()
}

fn target() -> Target {
    Target {
        notification_url: "https://sync.example.com/graph".into(),
        lifecycle_url: "https://sync.example.com/graph/lifecycle".into(),
        client_state: SecretString::from("canary-state"),
    }
}

fn subscription(expires: &str) -> Value {
    json!({
        "id": "sub-1", "resource": "users", "changeType": "updated,deleted", "expirationDateTime": expires,
        "notificationUrl": "https://sync.example.com/graph", "clientState": null, "applicationId": CLIENT,
    })
}

#[tokio::test]
async fn a_subscription_is_made_once_and_lasts_no_longer_than_graph_allows() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    let body = json!({
        "changeType": "updated,deleted", "resource": "users", "clientState": "canary-state",
        "notificationUrl": "https://sync.example.com/graph",
        "lifecycleNotificationUrl": "https://sync.example.com/graph/lifecycle",
        "expirationDateTime": "2026-02-04T10:00:00Z",
    });
    let sent = Mock::given(method("POST")).and(path("/v1.0/subscriptions")).and(body_json(body));
    let answer = ResponseTemplate::new(201).set_body_json(subscription("2026-02-04T10:00:00.0000000Z"));
    tenant.expect("create", 1, sent, answer).await;
    let made = tenant
        .directory()
        .subscribe(Watched::Users, &target(), now(), now() + TimeDelta::days(365))
        .await
        .unwrap();
    assert_eq!((made.id.as_str(), made.resource.as_str()), ("sub-1", "users"));
    assert_eq!(made.expires_at, now() + LONGEST);
    assert!(!format!("{:?}", target()).contains("canary"));
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_sent_again() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    let sent = Mock::given(method("POST")).and(path("/v1.0/subscriptions"));
    tenant.expect("create", 1, sent, ResponseTemplate::new(504)).await;
    let error =
        tenant.directory().subscribe(Watched::Groups, &target(), now(), now() + LONGEST).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
}

#[tokio::test]
async fn a_target_that_cannot_work_is_refused_before_anything_is_sent() {
    let tenant = Tenant::start().await;
    let wrong: [fn(&mut Target); 4] = [
        |t| t.notification_url = "http://sync.example.com/graph".into(),
        |t| t.lifecycle_url = String::new(),
        |t| t.client_state = SecretString::from(""),
        |t| t.client_state = SecretString::from("x".repeat(129)),
    ];
    for change in wrong {
        let mut target = target();
        change(&mut target);
        let error =
            tenant.directory().subscribe(Watched::Users, &target, now(), now() + LONGEST).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{error}");
    }
}

#[tokio::test]
async fn subscriptions_are_listed_renewed_and_ended() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    let next = format!("{}/v1.0/subscriptions?$skiptoken=2", tenant.server.uri());
    let first = graph("/v1.0/subscriptions").and(query_param_is_missing("$skiptoken"));
    let rows = json!({ "value": [subscription("2026-01-07T00:00:00Z")], "@odata.nextLink": next });
    tenant.expect("list", 1, first, ok(&rows)).await;
    let second = graph("/v1.0/subscriptions").and(query_param("$skiptoken", "2"));
    tenant.expect("list on", 1, second, ok(&json!({ "value": [] }))).await;
    let renew = Mock::given(method("PATCH"))
        .and(path("/v1.0/subscriptions/sub-1"))
        .and(body_json(json!({ "expirationDateTime": "2026-01-08T10:00:00Z" })));
    tenant.expect("renew", 1, renew, ok(&subscription("2026-01-08T10:00:00Z"))).await;
    let end = Mock::given(method("DELETE")).and(path("/v1.0/subscriptions/sub-1"));
    tenant.expect("end", 1, end, ResponseTemplate::new(204)).await;
    let gone = Mock::given(method("DELETE")).and(path("/v1.0/subscriptions/sub-2"));
    tenant.expect("end again", 1, gone, refused(404, "ResourceNotFound")).await;
    let lost = Mock::given(method("PATCH")).and(path("/v1.0/subscriptions/sub-2"));
    tenant.expect("renew what is gone", 1, lost, refused(404, "ResourceNotFound")).await;

    let directory = tenant.directory();
    let listed = directory.subscriptions().await.unwrap();
    assert_eq!(listed.len(), 1);
    let renewed = directory.renew("sub-1", now(), now() + TimeDelta::days(2)).await.unwrap();
    assert_eq!(renewed.expires_at, now() + TimeDelta::days(2));
    directory.unsubscribe("sub-1").await.unwrap();
    directory.unsubscribe("sub-2").await.unwrap();
    let error = directory.renew("sub-2", now(), now() + LONGEST).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
