//! Each kind of error, and what it must not say.

use crate::common::*;
use std::error::Error as _;
use sync_core::{Error, ErrorKind, Psa as _, model::ContactId};
use wiremock::ResponseTemplate;

/// The whole chain of an error as text.
fn told(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(" {error} {error:?}"));
        source = error.source();
    }
    text
}

#[tokio::test]
async fn each_answer_has_one_kind_and_its_texts_stay_out_of_the_error() {
    for (answer, kind, attempts) in [
        (refusal(200, 9, "canary@example.com is invalid"), ErrorKind::Rejected, 1),
        (refusal(400, 9, "canary@example.com is invalid"), ErrorKind::Rejected, 1),
        (refusal(422, 9, "canary"), ErrorKind::Rejected, 1),
        (refusal(200, 9, "canary: no permission"), ErrorKind::PermissionDenied, 1),
        (refusal(403, 9, "canary"), ErrorKind::PermissionDenied, 1),
        (refusal(200, 9, "canary: Contact not found"), ErrorKind::NotFound, 1),
        (refusal(404, 9, "canary"), ErrorKind::NotFound, 1),
        (refusal(400, 9, "canary: Contact does not exist"), ErrorKind::NotFound, 1),
        (refusal(200, 9, "canary: rate limit"), ErrorKind::RateLimited, 1),
        (ResponseTemplate::new(404).set_body_string("<html>canary</html>"), ErrorKind::UnexpectedResponse, 1),
        (ResponseTemplate::new(200).set_body_string("<html>canary</html>"), ErrorKind::UnexpectedResponse, 1),
        (
            ResponseTemplate::new(200).set_body_string("{\"id\": \"canary\"}"),
            ErrorKind::UnexpectedResponse,
            1,
        ),
        (ResponseTemplate::new(200).set_body_string("{\"success\": false}"), ErrorKind::Rejected, 1),
        (ResponseTemplate::new(200).set_body_string("null"), ErrorKind::UnexpectedResponse, 1),
    ] {
        let server = Server::start().await;
        at("GET", "crm/contacts/summary/42").respond_with(answer).expect(attempts).mount(&server.0).await;
        let error = server.psa().contact(&ContactId::new("42")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        let told = told(&error);
        assert!(!told.contains("canary"), "{told}");
    }
}

#[tokio::test]
async fn an_error_of_the_rate_with_another_status_is_waited_out() {
    let server = Server::start().await;
    let limited = refusal(403, 9, "API calls quota exceeded.").insert_header("retry-after", "0");
    at("GET", "crm/contacts/summary/42")
        .respond_with(limited)
        .up_to_n_times(1)
        .expect(1)
        .mount(&server.0)
        .await;
    let answer = ResponseTemplate::new(200).set_body_json(record(42));
    at("GET", "crm/contacts/summary/42").respond_with(answer).expect(1).mount(&server.0).await;
    at("GET", "system/customFields/3/42")
        .respond_with(ok(serde_json::json!([])))
        .expect(1)
        .mount(&server.0)
        .await;
    server.psa().contact(&ContactId::new("42")).await.unwrap();
}
