//! The forms by which tokens are got.

use crate::common::*;
use sync_core::{ErrorKind, Psa as _, model::ContactId};
use wiremock::{
    ResponseTemplate,
    matchers::{body_string, header},
};

const SIGN_IN: &str = "GrantType=password&UserName=canary-user&Password=canary-password&Tenant=Contoso+MSP";
const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn the_password_goes_in_a_form_once_and_then_the_token_in_a_header() {
    let server = Server::bare().await;
    at("POST", "security/authenticate")
        .and(header("content-type", FORM))
        .and(body_string(SIGN_IN))
        .respond_with(ok(tokens("a1", "r1")))
        .expect(1)
        .mount(&server.0)
        .await;
    server.custom_fields().await;
    at("GET", "crm/contacts/summary/42")
        .and(header("authorization", "Bearer a1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(record(42)))
        .expect(2)
        .mount(&server.0)
        .await;
    at("GET", "system/customFields/3/42")
        .respond_with(ok(serde_json::json!([])))
        .expect(2)
        .mount(&server.0)
        .await;
    let psa = server.psa();
    for _ in 0..2 {
        psa.contact(&ContactId::new("42")).await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_token_is_refreshed_with_both_tokens_and_the_new_pair_is_used() {
    let server = Server::start().await;
    at("GET", "crm/contacts/summary/42")
        .and(header("authorization", "Bearer a1"))
        .respond_with(refusal(401, 978_001, "Security Error"))
        .expect(1)
        .mount(&server.0)
        .await;
    at("POST", "security/refreshtoken")
        .and(header("content-type", FORM))
        .and(body_string("AccessToken=a1&RefreshToken=r1"))
        .respond_with(ok(tokens("a2", "r2")))
        .expect(1)
        .mount(&server.0)
        .await;
    at("GET", "crm/contacts/summary/42")
        .and(header("authorization", "Bearer a2"))
        .respond_with(ResponseTemplate::new(200).set_body_json(record(42)))
        .expect(1)
        .mount(&server.0)
        .await;
    at("GET", "system/customFields/3/42")
        .and(header("authorization", "Bearer a2"))
        .respond_with(ok(serde_json::json!([])))
        .expect(1)
        .mount(&server.0)
        .await;
    server.psa().contact(&ContactId::new("42")).await.unwrap();
}

#[tokio::test]
async fn a_token_that_stays_refused_ends_the_call_and_is_not_asked_for_again() {
    let server = Server::start().await;
    at("POST", "security/refreshtoken").respond_with(ok(tokens("a2", "r2"))).expect(1).mount(&server.0).await;
    at("GET", "crm/contacts/summary/42")
        .respond_with(refusal(401, 978_001, "Security Error"))
        .expect(2)
        .mount(&server.0)
        .await;
    let error = server.psa().contact(&ContactId::new("42")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn every_form_of_a_refused_sign_in_means_the_same() {
    let web_page = ResponseTemplate::new(404).set_body_string("<html>No such page</html>");
    for (answer, kind) in [
        (refusal(200, 978_010, "canary: wrong password"), ErrorKind::Unauthenticated),
        (refusal(401, 978_010, "canary: wrong password"), ErrorKind::Unauthenticated),
        (refusal(400, 978_010, "canary: wrong password"), ErrorKind::Unauthenticated),
        (refusal(200, 5, "User not found."), ErrorKind::Unauthenticated),
        (web_page, ErrorKind::UnexpectedResponse),
        (ok(serde_json::json!({"AccessToken": "", "RefreshToken": null})), ErrorKind::UnexpectedResponse),
    ] {
        let server = Server::bare().await;
        at("POST", "security/authenticate").respond_with(answer).expect(1).mount(&server.0).await;
        let error = server.psa().contact(&ContactId::new("42")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}
