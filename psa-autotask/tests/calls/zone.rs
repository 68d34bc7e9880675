//! The zone: asked for without credentials, and trusted only where it can be.

use crate::common::*;
use serde_json::json;
use sync_core::{ErrorKind, Psa as _, model::ContactId};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path, query_param},
};

async fn zone(server: &Server, url: &str) {
    Mock::given(method("GET"))
        .and(path("/ATServicesRest/v1.0/zoneInformation"))
        .and(query_param("user", USER))
        .respond_with(ok(json!({ "url": url })))
        .expect(1)
        .mount(&server.0)
        .await;
}

#[tokio::test]
async fn no_credentials_go_to_the_place_where_the_zone_is_asked_for() {
    let server = Server::start().await;
    at("GET", "Contacts/42").respond_with(ok(json!({ "item": record() }))).expect(1).mount(&server.0).await;
    server.psa().contact(&ContactId::new("42")).await.unwrap();
    for request in server.0.received_requests().await.unwrap() {
        let asks = request.url.path().ends_with("zoneInformation");
        for key in ["Secret", "UserName", "ApiIntegrationCode"] {
            assert_eq!(request.headers.contains_key(key), !asks, "{key} to {}", request.url.path());
        }
    }
}

#[tokio::test]
async fn a_zone_elsewhere_gets_nothing() {
    for forged in
        ["https://autotask.net.evil.example/ATServicesRest/", "http://127.0.0.1:9/ATServicesRest/", "", "x"]
    {
        let server = Server::bare().await;
        zone(&server, forged).await;
        let error = server.psa().capabilities().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{forged}");
        assert_eq!(server.requests().await.len(), 1, "{forged}");
    }
}

#[tokio::test]
async fn a_fixed_zone_is_not_asked_for() {
    let server = Server::bare().await;
    server.threshold().await;
    server.tables().await;
    let mut config = server.config();
    config.fixed_zone = true;
    config.connect().unwrap().capabilities().await.unwrap();
    let requests = server.requests().await;
    assert!(requests.iter().all(|request| !request.contains("zoneInformation")), "{requests:?}");
}

#[tokio::test]
async fn an_unknown_user_and_an_outage_are_told_apart() {
    let server = Server::bare().await;
    Mock::given(path("/ATServicesRest/v1.0/zoneInformation"))
        .respond_with(refusal(500, "The user canary could not be found."))
        .expect(1)
        .mount(&server.0)
        .await;
    let error = server.psa().capabilities().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(!error.message().contains("canary"), "{error}");

    let server = Server::bare().await;
    Mock::given(path("/ATServicesRest/v1.0/zoneInformation"))
        .respond_with(ResponseTemplate::new(503).insert_header("retry-after", "7200"))
        .expect(1)
        .mount(&server.0)
        .await;
    assert_eq!(server.psa().capabilities().await.unwrap_err().kind(), ErrorKind::Unavailable);
}
