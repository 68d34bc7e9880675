//! What each refusal becomes, and that no error repeats what the server said of people.

use crate::common::*;
use serde_json::json;
use std::error::Error as _;
use sync_core::{
    ErrorKind, Psa as _, Retry,
    model::{CompanyId, ContactId},
};
use wiremock::ResponseTemplate;

fn body(status: u16, body: serde_json::Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

#[tokio::test]
async fn each_refusal_of_a_read_has_its_kind() {
    let denied =
        json!({"error": "Not authorized. Please ask account admin to update your group permissions."});
    for (answer, expected) in [
        (body(401, denied), ErrorKind::PermissionDenied),
        (body(401, json!({"error": "Not authorized"})), ErrorKind::Unauthenticated),
        (ResponseTemplate::new(401), ErrorKind::Unauthenticated),
        (ResponseTemplate::new(403), ErrorKind::PermissionDenied),
        (body(404, json!({"message": "Not found"})), ErrorKind::NotFound),
        (ResponseTemplate::new(404), ErrorKind::NotFound),
        (
            ResponseTemplate::new(404).set_body_string("\n<!DOCTYPE html>canary"),
            ErrorKind::UnexpectedResponse,
        ),
        (body(422, json!({"errors": {"mute_for": ["is not valid"]}})), ErrorKind::Rejected),
        (body(400, json!({"error": "canary"})), ErrorKind::Rejected),
        (ResponseTemplate::new(302), ErrorKind::UnexpectedResponse),
    ] {
        let server = Server::start().await;
        get("/contacts/42").respond_with(answer).expect(1).mount(&server.0).await;
        let error = server.psa().contact(&ContactId::new("42")).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn each_shape_of_a_refused_content_is_read_and_no_value_repeated() {
    let record = json!({"name": "Canary Person", "email": "canary@contoso.example.com"});
    for (answer, told) in [
        (json!({"record": record, "errors": "Email is not an email"}), "email is not an email"),
        (
            json!({"success": false, "message": ["Email is not an email", "Email Only able to parse up to \"canary\""], "params": record}),
            "email is not an email",
        ),
        (json!({"error": ["Name can't be blank"]}), "name can't be blank"),
        (
            json!({"errors": {"phone": ["is invalid"], "email": ["is invalid"]}}),
            "email is invalid, phone is invalid",
        ),
        (json!({"errors": "Canary Person has already been taken"}), "a field has already been taken"),
        (json!({"message": "Canary Person is out"}), "refused the content"),
    ] {
        let server = Server::start().await;
        at("POST", "/contacts").respond_with(body(422, answer)).expect(1).mount(&server.0).await;
        let set = fields(&[("name", "Canary Person".into())]);
        let error = server.psa().create(&CompanyId::new("250"), &set, "k").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected);
        assert!(error.message().ends_with(told), "{error}");
        let mut shown = format!("{error} {error:?}").to_lowercase();
        let mut source = error.source();
        while let Some(cause) = source {
            shown.push_str(&format!("{cause} {cause:?}"));
            source = cause.source();
        }
        assert!(!shown.contains("canary") && !shown.contains('@'), "{shown}");
    }
}

#[tokio::test]
async fn a_long_pause_is_handed_on_with_its_length() {
    let server = Server::start().await;
    get("/contacts/42")
        .respond_with(
            ResponseTemplate::new(429).insert_header("retry-after", "900").set_body_string("Retry later"),
        )
        .expect(1)
        .mount(&server.0)
        .await;
    let error = server.psa().contact(&ContactId::new("42")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(matches!(error.retry(), Retry::After(wait) if wait.as_secs() > 800), "{:?}", error.retry());
}

#[tokio::test]
async fn no_debug_shows_the_token() {
    let server = Server::start().await;
    let shown = format!("{:?} {:?}", server.config(), server.psa());
    assert!(!shown.contains("canary"), "{shown}");
}
