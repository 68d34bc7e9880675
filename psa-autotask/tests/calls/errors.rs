//! What each refusal becomes, and that no error repeats what the server said of people.

use crate::common::*;
use serde_json::json;
use std::error::Error as _;
use sync_core::{
    ErrorKind, Psa as _, Retry,
    model::{CompanyId, ContactId},
};
use wiremock::ResponseTemplate;

/// Reads a contact that the server refuses so.
async fn refused(answer: ResponseTemplate) -> sync_core::Error {
    let server = Server::bare().await;
    // A 401 makes the zone be looked up once more.
    server.zone_at_most(2).await;
    server.threshold().await;
    server.tables().await;
    at("GET", "Contacts/42").respond_with(answer).expect(1).mount(&server.0).await;
    server.psa().contact(&ContactId::new("42")).await.unwrap_err()
}

impl Server {
    async fn zone_at_most(&self, times: u64) {
        let url = format!("{}/ATServicesRest/", self.0.uri());
        wiremock::Mock::given(wiremock::matchers::path("/ATServicesRest/v1.0/zoneInformation"))
            .respond_with(ok(json!({ "url": url })))
            .expect(1..=times)
            .mount(&self.0)
            .await;
    }
}

#[tokio::test]
async fn each_refusal_of_a_read_has_its_kind_and_is_sent_once() {
    let permission =
        "The logged in Resource does not have the adequate permissions to view this entity type. canary";
    for (answer, expected) in [
        (ok(json!({ "item": null })), ErrorKind::NotFound),
        (refusal(500, "No matching records found for canary"), ErrorKind::NotFound),
        (refusal(500, permission), ErrorKind::PermissionDenied),
        (refusal(403, "canary"), ErrorKind::PermissionDenied),
        (refusal(401, "canary"), ErrorKind::Unauthenticated),
        (refusal(401, "The account is locked. canary"), ErrorKind::Unauthenticated),
        (refusal(500, "Unable to find canary@contoso.example in the Contact Entity."), ErrorKind::Rejected),
        (
            refusal(500, "Conversion failed when converting the varchar value 'canary' to data type int."),
            ErrorKind::Rejected,
        ),
        (refusal(400, "canary"), ErrorKind::Rejected),
        (
            ResponseTemplate::new(404).set_body_string("<html>404 canary</html>"),
            ErrorKind::UnexpectedResponse,
        ),
        (
            ResponseTemplate::new(405)
                .set_body_json(json!({"Message": "does not support http method 'GET'. canary"})),
            ErrorKind::Rejected,
        ),
        (
            ResponseTemplate::new(200).set_body_string("<html>maintenance canary</html>"),
            ErrorKind::UnexpectedResponse,
        ),
        (ok(json!({"errors": ["canary"]})), ErrorKind::UnexpectedResponse),
        (ResponseTemplate::new(302), ErrorKind::UnexpectedResponse),
    ] {
        let error = refused(answer).await;
        assert_eq!(error.kind(), expected, "{error}");
        let mut shown = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(cause) = source {
            shown.push_str(&format!("{cause} {cause:?}"));
            source = cause.source();
        }
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[tokio::test]
async fn an_outage_under_500_is_repeated_for_a_read_and_a_refusal_is_not() {
    let server = Server::start().await;
    let outage = refusal(
        500,
        "An unexpected error has occurred. If the problem persists, please contact Autotask Support",
    );
    at("GET", "Contacts/42").respond_with(outage).up_to_n_times(1).expect(1).mount(&server.0).await;
    at("GET", "Contacts/42").respond_with(ok(json!({ "item": record() }))).expect(1).mount(&server.0).await;
    server.psa().contact(&ContactId::new("42")).await.unwrap();
}

#[tokio::test]
async fn a_long_pause_is_handed_on_with_its_length() {
    let server = Server::start().await;
    at("GET", "Contacts/42")
        .respond_with(ResponseTemplate::new(429).insert_header("retry-after", "3600"))
        .expect(1)
        .mount(&server.0)
        .await;
    let error = server.psa().contact(&ContactId::new("42")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(matches!(error.retry(), Retry::After(wait) if wait.as_secs() > 3500), "{:?}", error.retry());
}

#[tokio::test]
async fn a_refused_content_names_the_field_and_no_value() {
    for (text, named) in [
        ("Missing Required Field: lastName.", "lastName"),
        (
            "Reference value on field: companyLocationID of type: CompanyLocation does not exist or is invalid.",
            "companyLocationID",
        ),
        ("The value of field: title exceeds the maximum length of 50. canary", "title"),
    ] {
        let server = Server::start().await;
        at("POST", "Companies/250/Contacts")
            .respond_with(refusal(500, text))
            .expect(1)
            .mount(&server.0)
            .await;
        let set = fields(&[("first_name", "canary".into()), ("last_name", "canary".into())]);
        let error = server.psa().create(&CompanyId::new("250"), &set, "k").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected);
        assert!(error.message().contains(named) && !error.message().contains("canary"), "{error}");
    }
}

#[tokio::test]
async fn a_create_in_a_company_that_is_not_there_is_not_found() {
    let text = "Reference value on field: companyID of type: Company does not exist or is invalid.";
    for answer in [refusal(500, text), refusal(404, "No such company")] {
        let server = Server::start().await;
        at("POST", "Companies/9/Contacts").respond_with(answer).expect(1).mount(&server.0).await;
        let set = fields(&[("first_name", "A".into()), ("last_name", "B".into())]);
        let error = server.psa().create(&CompanyId::new("9"), &set, "k").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn no_debug_shows_a_key() {
    let server = Server::bare().await;
    let shown = format!("{:?} {:?}", server.config(), server.psa());
    assert!(!shown.contains("canary"), "{shown}");
}
