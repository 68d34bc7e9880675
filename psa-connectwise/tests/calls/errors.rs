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

/// Reads a contact that the server refuses so.
async fn refused(answer: ResponseTemplate, code_bases: u64) -> sync_core::Error {
    let server = Server::bare().await;
    server.codebase(CODEBASE, code_bases).await;
    server.tables().await;
    get("company/contacts/42").respond_with(answer).expect(1).mount(&server.0).await;
    server.psa().contact(&ContactId::new("42")).await.unwrap_err()
}

#[tokio::test]
async fn each_refusal_of_a_read_has_its_kind() {
    let not_found = json!({"code": "NotFound", "message": "Contact 42 not found"});
    let no_route = json!({"code": "ConnectWiseApi", "message": "The endpoint does not exist."});
    let who = json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"});
    let ssl = json!({"code": "Security", "message": "SSL is required.", "errors": null});
    let condition = json!({"code": "ApiFindCondition", "message": "canary", "errors": null});
    for (answer, code_bases, expected) in [
        (body(404, not_found), 1, ErrorKind::NotFound),
        (body(404, no_route), 2, ErrorKind::Unauthenticated),
        (body(401, who), 1, ErrorKind::Unauthenticated),
        (body(403, ssl), 1, ErrorKind::PermissionDenied),
        (ResponseTemplate::new(403), 1, ErrorKind::PermissionDenied),
        (body(400, condition), 1, ErrorKind::Rejected),
        (refusal(500, "InvalidField", "title"), 1, ErrorKind::Rejected),
        (
            ResponseTemplate::new(200).set_body_string("<html>maintenance canary</html>"),
            1,
            ErrorKind::UnexpectedResponse,
        ),
        (
            body(200, json!({"code": "InvalidObject", "message": "canary", "errors": []})),
            1,
            ErrorKind::UnexpectedResponse,
        ),
        (ResponseTemplate::new(302), 1, ErrorKind::UnexpectedResponse),
    ] {
        let error = refused(answer, code_bases).await;
        assert_eq!(error.kind(), expected, "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_long_pause_is_handed_on_with_its_length() {
    let server = Server::start().await;
    let limited =
        json!({"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 900 seconds."});
    get("company/contacts/42")
        .respond_with(body(429, limited).insert_header("retry-after", "900"))
        .expect(1)
        .mount(&server.0)
        .await;
    let error = server.psa().contact(&ContactId::new("42")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(matches!(error.retry(), Retry::After(wait) if wait.as_secs() > 800), "{:?}", error.retry());
}

#[tokio::test]
async fn a_refused_content_names_fields_and_codes_and_no_values() {
    let server = Server::start().await;
    at("POST", "company/contacts")
        .respond_with(refusal(400, "MissingRequiredField", "firstName"))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[("first_name", "canary".into())]);
    let error = server.psa().create(&CompanyId::new("250"), &set, "k").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("(InvalidObject): firstName MissingRequiredField"), "{error}");
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        shown.push_str(&format!("{cause} {cause:?}"));
        source = cause.source();
    }
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn a_field_name_that_is_no_plain_word_is_not_repeated() {
    for field in ["canary@contoso.example.com", "+1 555 0100", "5550100123", ""] {
        let server = Server::start().await;
        at("POST", "company/contacts")
            .respond_with(refusal(400, "InvalidField", field))
            .expect(1)
            .mount(&server.0)
            .await;
        let set = fields(&[("first_name", "A".into())]);
        let error = server.psa().create(&CompanyId::new("250"), &set, "k").await.unwrap_err();
        assert!(error.message().contains("a field InvalidField"), "{error}");
        assert!(field.is_empty() || !error.message().contains(field), "{error}");
    }
}

#[tokio::test]
async fn a_create_in_a_company_that_is_not_there_is_not_found() {
    let server = Server::start().await;
    at("POST", "company/contacts")
        .respond_with(refusal(400, "InvalidReference", "company/id"))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[("first_name", "A".into())]);
    assert_eq!(kind(server.psa().create(&CompanyId::new("9"), &set, "k").await), ErrorKind::NotFound);
}

#[tokio::test]
async fn no_debug_shows_a_key() {
    let server = Server::bare().await;
    let shown = format!("{:?} {:?}", server.config(), server.psa());
    assert!(!shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn a_200_with_an_error_inside_is_never_a_contact_and_a_create_is_not_sent_again() {
    let server = Server::start().await;
    let inside = json!({"code": "InvalidObject", "message": "canary", "errors": []});
    at("POST", "company/contacts").respond_with(body(200, inside.clone())).expect(1).mount(&server.0).await;
    get("company/contacts").respond_with(body(200, inside)).expect(1).mount(&server.0).await;
    let psa = server.psa();
    let set = fields(&[("first_name", "Ada".into())]);
    let error = psa.create(&CompanyId::new("250"), &set, "key").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate, "{error}");
    let (rows, ends, error) = read_all(&psa, &sync_core::ContactQuery::all()).await;
    assert_eq!(
        (rows.len(), ends, error.map(|error| error.kind())),
        (0, 0, Some(ErrorKind::UnexpectedResponse))
    );
}
