//! A loopback ConnectWise of a few canned answers. What is not expected is answered 418 and fails the test.

use futures::StreamExt as _;
use psa_connectwise::{Config, ConnectWise};
use serde_json::{Value, json};
use sync_core::{
    ContactQuery, Page, Psa as _, Result,
    model::{Contact, FieldSet, FieldValue},
};
use wiremock::{
    Mock, MockBuilder, MockServer, ResponseTemplate,
    matchers::{any, method, path},
};

pub(crate) const CODEBASE: &str = "v2025_1";

pub(crate) struct Server(pub(crate) MockServer);

impl Server {
    /// A server that knows the company `contoso` and its tables.
    pub(crate) async fn start() -> Self {
        let server = Self::bare().await;
        server.codebase(CODEBASE, 1).await;
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

    pub(crate) async fn codebase(&self, codebase: &str, times: u64) {
        let info = json!({"CompanyName": "contoso", "Codebase": format!("{codebase}/"), "IsCloud": true});
        Mock::given(method("GET"))
            .and(path("/login/companyinfo/contoso"))
            .respond_with(ResponseTemplate::new(200).set_body_json(info))
            .up_to_n_times(times)
            .expect(times)
            .mount(&self.0)
            .await;
    }

    /// The two tables that contacts need, each at most once.
    pub(crate) async fn tables(&self) {
        let fields = json!([
            {"id": 5, "caption": "Office365Id", "fieldTypeIdentifier": "Text", "screenId": "ct300"},
            {"id": 6, "caption": "IsOffice365", "fieldTypeIdentifier": "Checkbox", "screenId": "ct300"},
        ]);
        let tables =
            [("company/communicationTypes", communication_types()), ("system/userDefinedFields", fields)];
        for (table, rows) in tables {
            get(table).respond_with(ok(rows)).expect(0..=1).mount(&self.0).await;
        }
    }

    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(
            self.0.uri(),
            "contoso",
            "canary-public",
            "canary-private".into(),
            "canary-client".into(),
        );
        config.mobile_type = Some("Cell".into());
        config
    }

    pub(crate) fn psa(&self) -> ConnectWise {
        self.config().connect().unwrap()
    }

    /// The requests so far, as `METHOD path`.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let requests = self.0.received_requests().await.unwrap();
        requests.iter().map(|r| format!("{} {}", r.method, r.url.path())).collect()
    }
}

pub(crate) fn communication_types() -> Value {
    json!([
        {"id": 1, "description": "Email", "emailFlag": true, "phoneFlag": false, "faxFlag": false, "defaultFlag": true},
        {"id": 2, "description": "Direct", "emailFlag": false, "phoneFlag": true, "faxFlag": false, "defaultFlag": true},
        {"id": 3, "description": "Fax", "emailFlag": false, "phoneFlag": false, "faxFlag": true, "defaultFlag": true},
        {"id": 4, "description": "Cell", "emailFlag": false, "phoneFlag": true, "faxFlag": false, "defaultFlag": false},
    ])
}

pub(crate) fn at(verb: &str, below: &str) -> MockBuilder {
    Mock::given(method(verb)).and(path(format!("/{CODEBASE}/apis/3.0/{below}")))
}

pub(crate) fn get(below: &str) -> MockBuilder {
    at("GET", below)
}

pub(crate) fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub(crate) fn refusal(status: u16, code: &str, field: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({
        "code": "InvalidObject", "message": "contact object is invalid: canary@contoso.example.com",
        "errors": [{"code": code, "message": "canary@contoso.example.com is wrong", "resource": "contact", "field": field}]
    }))
}

pub(crate) fn record(id: i64) -> Value {
    json!({
        "id": id, "firstName": "Ada", "lastName": "Byron", "company": {"id": 250, "name": "Contoso"}, "title": "Engineer",
        "inactiveFlag": false, "types": [],
        "communicationItems": [
            {"id": 1, "type": {"id": 1, "name": "Email"}, "value": "ada@contoso.example.com", "defaultFlag": true, "communicationType": "Email"},
            {"id": 2, "type": {"id": 9, "name": "Pager"}, "value": "555 0199", "defaultFlag": true, "communicationType": "Phone"},
        ],
        "customFields": [
            {"id": 5, "caption": "Office365Id", "type": "Text", "entryMethod": "EntryField"},
            {"id": 6, "caption": "IsOffice365", "type": "Checkbox", "value": true},
        ],
        "_info": {"lastUpdated": "2026-01-02T03:04:05Z"}
    })
}

pub(crate) fn fields(pairs: &[(&str, FieldValue)]) -> FieldSet {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.clone())).collect()
}

pub(crate) fn value<'a>(contact: &'a Contact, name: &str) -> Option<&'a FieldValue> {
    contact.fields.get(&name.parse().unwrap())
}

/// Everything a listing gives: the rows, how many ends it said, and its error.
pub(crate) async fn read_all(
    psa: &ConnectWise,
    query: &ContactQuery,
) -> (Vec<Contact>, usize, Option<sync_core::Error>) {
    let (mut rows, mut ends, mut error) = (Vec::new(), 0, None);
    let mut stream = psa.contacts(query);
    while let Some(page) = stream.next().await {
        assert!(error.is_none() && ends == 0, "something came after the end or an error");
        match page {
            Ok(Page::Items(items)) => rows.extend(items),
            Ok(Page::End(_)) => ends += 1,
            Ok(_) => panic!("an unknown page"),
            Err(e) => error = Some(e),
        }
    }
    (rows, ends, error)
}

pub(crate) fn kind<T>(result: Result<T>) -> sync_core::ErrorKind {
    result.err().map(|e| e.kind()).unwrap()
}
