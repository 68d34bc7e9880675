//! Tests over loopback HTTP: what is sent, how often, and what becomes of the answers.

mod auth;
mod batch;
pub(crate) mod certificates;
mod check;
mod costs;
mod delta;
mod failures;
mod groups;
mod notifications;
mod paging;
mod sign_in;
mod tenants;
mod write_back;

use crate::{GraphConfig, GraphDirectory};
use futures::StreamExt as _;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::Arc;
use sync_core::{Directory as _, DirectoryItem, Error, Page, PageEnd, UserQuery, model::DirectoryUser};
use sync_http::{Clock, JumpClock};
use wiremock::{
    Mock, MockBuilder, MockServer, ResponseTemplate,
    matchers::{any, header, method, path, path_regex, query_param, query_param_is_missing},
};

const TENANT: &str = "11111111-2222-4333-8444-555555555555";
const CLIENT: &str = "66666666-7777-4888-8999-000000000000";
const SECRET: &str = "canary-secret";
const TOKEN: &str = "canary-token";

/// A Graph of one tenant on loopback; every mock is verified when it is dropped.
struct Tenant {
    server: MockServer,
    clock: JumpClock,
}

impl Tenant {
    /// Nothing is expected yet, and whatever is not expected fails the test.
    async fn start() -> Self {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(ResponseTemplate::new(418))
            .with_priority(u8::MAX)
            .named("a request that nobody expected")
            .expect(0)
            .mount(&server)
            .await;
        // Every whole read begins with taking a place to read changes from.
        let link = format!("{}/v1.0/users/delta?$deltatoken=d1", server.uri());
        changes_from_now()
            .respond_with(ok(&json!({ "value": [], "@odata.deltaLink": link })))
            .with_priority(200)
            .mount(&server)
            .await;
        // A read with groups also takes a place for theirs, and looks which groups are nested in them.
        let link = format!("{}/v1.0/groups/delta?$deltatoken=g1", server.uri());
        Mock::given(method("GET"))
            .and(path("/v1.0/groups/delta"))
            .and(query_param("$deltatoken", "latest"))
            .respond_with(ok(&json!({ "value": [], "@odata.deltaLink": link })))
            .with_priority(200)
            .mount(&server)
            .await;
        Mock::given(method("GET"))
            .and(path_regex("^/v1.0/groups/[^/]+/transitiveMembers/microsoft.graph.group$"))
            .respond_with(ok(&json!({ "@odata.count": 0, "value": [] })))
            .with_priority(200)
            .mount(&server)
            .await;
        Self { server, clock: JumpClock::default() }
    }

    /// One token and one look at the products, as every listing needs.
    async fn with_basics() -> Self {
        let tenant = Self::start().await;
        tenant.token(1).await;
        tenant.skus(1).await;
        tenant
    }

    fn config(&self) -> GraphConfig {
        let mut config = GraphConfig::new(TENANT, CLIENT, SecretString::from(SECRET));
        config.authority = Some(format!("{}/login", self.server.uri()));
        config.base_url = Some(self.server.uri());
        config
    }

    fn directory(&self) -> GraphDirectory {
        self.connect(self.config())
    }

    fn connect(&self, config: GraphConfig) -> GraphDirectory {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        GraphDirectory::new(config, None, &clock).unwrap()
    }

    async fn expect(&self, name: &str, calls: u64, mock: MockBuilder, answer: ResponseTemplate) {
        mock.respond_with(answer).named(name).expect(calls).mount(&self.server).await;
    }

    async fn token(&self, calls: u64) {
        let answer = json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN });
        self.expect("token", calls, token(), ok(&answer)).await;
    }

    async fn skus(&self, calls: u64) {
        let answer = json!({ "value": [
            { "skuId": "C7DF2760-2C81-4EF7-B578-5B5392B571DF", "skuPartNumber": "ENTERPRISEPREMIUM",
              "capabilityStatus": "Enabled", "appliesTo": "User", "consumedUnits": 14,
              "prepaidUnits": { "enabled": 25 }, "id": "x" },
        ] });
        self.expect("products", calls, graph("/v1.0/subscribedSkus"), ok(&answer)).await;
    }

    /// The first page of users.
    async fn first_page(&self, calls: u64, answer: ResponseTemplate) {
        self.expect("users, first page", calls, first_page(), answer).await;
    }

    /// A later page of users, by its token.
    async fn page(&self, token: &str, calls: u64, answer: ResponseTemplate) {
        self.expect(&format!("users, page {token}"), calls, next_page(token), answer).await;
    }

    /// A look at a few users that tells whether accounts have a state at all.
    async fn states(&self, calls: u64, states: &[Option<bool>]) {
        let rows: Vec<Value> =
            states.iter().map(|state| json!({ "id": "x", "accountEnabled": state })).collect();
        let mock = graph("/v1.0/users")
            .and(query_param("$select", "id,accountEnabled"))
            .and(query_param("$top", "20"));
        self.expect("states of a few users", calls, mock, page(&rows, None, None)).await;
    }

    /// The count of users, asked for apart.
    async fn counted(&self, calls: u64, answer: ResponseTemplate) {
        let mock = graph("/v1.0/users/$count").and(header("consistencylevel", "eventual"));
        self.expect("count of users", calls, mock, answer).await;
    }

    /// A link to a later page of users.
    fn link(&self, token: &str) -> String {
        format!("{}/v1.0/users?$select=id&$skiptoken={token}", self.server.uri())
    }
}

fn token() -> MockBuilder {
    Mock::given(method("POST")).and(path(format!("/login/{TENANT}/oauth2/v2.0/token")))
}

fn graph(at: &str) -> MockBuilder {
    Mock::given(method("GET")).and(path(at)).and(header("authorization", format!("Bearer {TOKEN}").as_str()))
}

fn first_page() -> MockBuilder {
    graph("/v1.0/users")
        .and(header("consistencylevel", "eventual"))
        .and(query_param("$top", "999"))
        .and(query_param("$count", "true"))
        .and(query_param_is_missing("$skiptoken"))
}

fn next_page(token: &str) -> MockBuilder {
    graph("/v1.0/users").and(header("consistencylevel", "eventual")).and(query_param("$skiptoken", token))
}

fn changes_from_now() -> MockBuilder {
    Mock::given(method("GET")).and(path("/v1.0/users/delta")).and(query_param("$deltatoken", "latest"))
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn refused(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": {
        "code": code,
        "message": "canary@contoso.example.com",
        "innerError": { "date": "2026-01-01T00:00:00", "request-id": "req-1", "client-request-id": "c-1" },
    } }))
}

/// Users with these numbers.
fn users(numbers: std::ops::Range<u32>) -> Vec<Value> {
    numbers.map(user).collect()
}

fn user(number: u32) -> Value {
    json!({
        "id": format!("00000000-0000-4000-8000-{number:012}"),
        "userPrincipalName": format!("user{number}@contoso.example.com"),
        "displayName": format!("User {number}"),
        "accountEnabled": true,
        "userType": "Member",
        "mail": null,
    })
}

fn page(rows: &[Value], count: Option<u64>, next: Option<String>) -> ResponseTemplate {
    let mut body = json!({ "value": rows });
    if let Some(count) = count {
        body["@odata.count"] = json!(count);
    }
    if let Some(next) = next {
        body["@odata.nextLink"] = json!(next);
    }
    ok(&body)
}

/// What came out of one listing.
#[derive(Default)]
struct Read {
    present: Vec<DirectoryUser>,
    removed: Vec<String>,
    groups: Vec<sync_core::model::DirectoryGroup>,
    pages: usize,
    end: Option<PageEnd>,
    error: Option<Error>,
}

impl Read {
    fn error(&self) -> &Error {
        assert!(self.end.is_none(), "a failed listing said that it was complete");
        self.error.as_ref().expect("the listing did not fail")
    }

    fn complete(&self) -> &PageEnd {
        assert!(self.error.is_none(), "{:?}", self.error);
        self.end.as_ref().expect("the listing stopped without an end")
    }
}

async fn read(directory: &GraphDirectory, query: &UserQuery) -> Read {
    let mut stream = directory.users(query);
    let mut read = Read::default();
    while let Some(step) = stream.next().await {
        assert!(read.error.is_none() && read.end.is_none(), "something followed the last item");
        match step {
            Ok(Page::Items(items)) => {
                read.pages += 1;
                for item in items {
                    match item {
                        DirectoryItem::Present(user) => read.present.push(user),
                        DirectoryItem::Batch(batch) => read.present.extend(batch.users()),
                        DirectoryItem::Removed(anchor) => read.removed.push(anchor.to_string()),
                        DirectoryItem::Group(group) => read.groups.push(group),
                        _ => panic!("an unknown item"),
                    }
                }
            }
            Ok(Page::End(end)) => read.end = Some(end),
            Ok(_) => panic!("an unknown page"),
            Err(error) => {
                for shown in [format!("{error}"), format!("{error:?}")] {
                    assert!(!shown.contains("canary") && !shown.contains("skiptoken"), "{shown}");
                }
                read.error = Some(error);
            }
        }
    }
    read
}
