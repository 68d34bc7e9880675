//! A loopback Autotask of a few canned answers. What is not expected is answered 418 and fails the test.

use psa_autotask::{Autotask, Config};
use serde_json::{Value, json};
use sync_core::model::{FieldSet, FieldValue};
use wiremock::{
    Mock, MockBuilder, MockServer, ResponseTemplate,
    matchers::{any, header, method, path},
};

pub(crate) const CODE: &str = "canary-code";
pub(crate) const SECRET: &str = "canary-secret";
pub(crate) const USER: &str = "canary@contoso.example";

pub(crate) struct Server(pub(crate) MockServer);

impl Server {
    /// A server that knows its zone and its tables.
    pub(crate) async fn start() -> Self {
        let server = Self::bare().await;
        server.zone(1).await;
        server.threshold().await;
        server.tables().await;
        server
    }

    pub(crate) async fn bare() -> Self {
        let server = MockServer::start().await;
        // Whatever no other mock takes: a request nobody expected.
        Mock::given(any())
            .respond_with(ResponseTemplate::new(418))
            .with_priority(255)
            .expect(0)
            .mount(&server)
            .await;
        Self(server)
    }

    pub(crate) async fn zone(&self, times: u64) {
        let url = format!("{}/ATServicesRest/", self.0.uri());
        Mock::given(method("GET"))
            .and(path("/ATServicesRest/v1.0/zoneInformation"))
            .respond_with(ok(
                json!({"zoneName": "Test", "url": url, "webUrl": "https://ww1.autotask.net/", "ci": 1}),
            ))
            .expect(times)
            .mount(&self.0)
            .await;
    }

    pub(crate) async fn threshold(&self) {
        let threshold = json!({
            "externalRequestThreshold": 10_000, "requestThresholdTimeframe": 60, "currentTimeframeRequestCount": 12,
        });
        at("GET", "ThresholdInformation").respond_with(ok(threshold)).mount(&self.0).await;
    }

    /// The three tables that contacts need, each at most once.
    pub(crate) async fn tables(&self) {
        let names = [
            "firstName",
            "lastName",
            "title",
            "emailAddress",
            "emailAddress2",
            "emailAddress3",
            "phone",
            "extension",
            "mobilePhone",
            "faxNumber",
            "addressLine",
            "city",
            "state",
            "zipCode",
            "countryID",
            "roomNumber",
            "note",
            "externalID",
            "isActive",
        ];
        let fields: Vec<Value> =
            names.iter().map(|name| json!({"name": name, "dataType": "string", "length": 50})).collect();
        let udfs = json!({"fields": [{"name": "Office365Id", "type": "string", "length": 100}]});
        let countries = json!({"items": [{"id": 237, "displayName": "United States", "countryCode": "US"}], "pageDetails": null});
        for (verb, table, answer) in [
            ("GET", "Contacts/entityInformation/fields", json!({ "fields": fields })),
            ("GET", "Contacts/entityInformation/userDefinedFields", udfs),
            ("POST", "Countries/query", countries),
        ] {
            at(verb, table).respond_with(ok(answer)).expect(0..=1).mount(&self.0).await;
        }
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(USER, SECRET.to_owned().into(), CODE.to_owned().into());
        config.base_url = self.0.uri();
        config
    }

    pub(crate) fn psa(&self) -> Autotask {
        self.config().connect().unwrap()
    }

    /// The requests so far, as `METHOD path`.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let requests = self.0.received_requests().await.unwrap();
        requests.iter().map(|r| format!("{} {}", r.method, r.url.path())).collect()
    }
}

/// A path below the version, with the keys.
pub(crate) fn at(verb: &str, below: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(format!("/ATServicesRest/v1.0/{below}")))
        .and(header("UserName", USER))
        .and(header("Secret", SECRET))
        .and(header("ApiIntegrationCode", CODE))
}

pub(crate) fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub(crate) fn refusal(status: u16, text: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "errors": [text] }))
}

pub(crate) fn record() -> Value {
    json!({
        "id": 42, "companyID": 250, "firstName": "Ada", "lastName": "Byron", "title": "Engineer", "isActive": 1,
        "emailAddress": "ada@contoso.example", "emailAddress2": "ada@home.example", "phone": "+1 206 555 0100",
        "extension": "12", "primaryContact": false, "lastModifiedDate": "2026-01-02T03:04:05.678Z",
        "userDefinedFields": [{"name": "Office365Id", "value": null}],
    })
}

pub(crate) fn fields(pairs: &[(&str, FieldValue)]) -> FieldSet {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.clone())).collect()
}
