//! A loopback Syncro of a few canned answers. What is not expected is answered 418 and fails the test.

use futures::StreamExt as _;
use psa_syncro::{Config, Syncro};
use serde_json::{Value, json};
use sync_core::{
    ContactQuery, Error, Page, Psa as _,
    model::{CompanyId, Contact, FieldSet, FieldValue},
};
use wiremock::{
    Mock, MockBuilder, MockServer, ResponseTemplate,
    matchers::{any, header, method, path},
};

pub(crate) const TOKEN: &str = "canary-token";

pub(crate) struct Server(pub(crate) MockServer);

impl Server {
    pub(crate) async fn start() -> Self {
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

    pub(crate) fn config(&self) -> Config {
        Config::new(self.0.uri(), TOKEN.to_owned().into())
    }

    pub(crate) fn psa(&self) -> Syncro {
        self.config().connect().unwrap()
    }
}

/// A request with the token.
pub(crate) fn at(verb: &str, below: &str) -> MockBuilder {
    let bearer = format!("Bearer {TOKEN}");
    Mock::given(method(verb))
        .and(path(format!("/api/v1{below}")))
        .and(header("authorization", bearer.as_str()))
}

pub(crate) fn get(below: &str) -> MockBuilder {
    at("GET", below)
}

pub(crate) fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub(crate) fn record(id: i64) -> Value {
    json!({
        "id": id, "name": "Ada Byron", "customer_id": 250, "email": "ada@contoso.example.com", "phone": "555 0100",
        "mobile": null, "notes": null, "opt_out": true, "updated_at": "2026-01-02T03:04:05.678Z",
        "properties": {"title": "Engineer", "Office365Id": "id-1", "Other Tool": "mark"},
    })
}

pub(crate) fn page(ids: &[i64], page: u64, pages: u64, total: u64) -> ResponseTemplate {
    let rows: Vec<Value> = ids.iter().map(|id| record(*id)).collect();
    let meta = json!({"total_pages": pages, "total_entries": total, "per_page": 2, "page": page});
    ok(json!({"contacts": rows, "meta": meta}))
}

pub(crate) fn fields(pairs: &[(&str, FieldValue)]) -> FieldSet {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.clone())).collect()
}

pub(crate) fn of_company() -> ContactQuery {
    ContactQuery::of_companies([CompanyId::new("250")])
}

/// Everything a listing gives: the rows, how many ends it said, and its error.
pub(crate) async fn read_all(psa: &Syncro, query: &ContactQuery) -> (Vec<Contact>, usize, Option<Error>) {
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
