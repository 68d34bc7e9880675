//! Canaries: secrets and personal data in every place a request has, looked for in every place that people read.
//!
//! One test in a process of its own, because which log lines are made at all is decided once per process.

#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]

#[allow(dead_code, reason = "shared with the other tests, which use the rest")]
#[path = "it/support.rs"]
mod support;

use crate::support::{Act, CREATE, READ, Raw, builder};
use std::{
    error::Error as _,
    io::Write,
    sync::{Arc, Mutex},
};
use sync_core::Error;
use sync_http::{BasicAuth, HttpClient, Method, Next, PageLimits, Request, Token, paginate};
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

const ADDRESS: &str = "ann.canary@example.com";

fn loaded(path: &str, idempotency: sync_http::Idempotency) -> Request {
    Request::new(Method::Post, path, idempotency, "try canaries")
        .query("canary-name", "canary-value")
        .header("x-canary-free", "canary-header")
        .json(&serde_json::json!({ "email": ADDRESS, "password": "canary-body" }))
}

fn client(base: &str) -> HttpClient {
    builder(base)
        .0
        .auth(Arc::new(BasicAuth::new("canary-user", &"canary-password".into()).unwrap()))
        .secret_header("clientid", "canary-client".into())
        .request_id_header("x-echo")
        .build()
        .unwrap()
}

fn texts(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(e) = cause {
        text.push_str(&format!(" {e} {e:?}"));
        cause = e.source();
    }
    text
}

async fn everything() -> String {
    let mut shown = String::new();
    let server = MockServer::start().await;
    let body = format!("{{\"canary\": \"{ADDRESS} canary-answer");
    for (status, calls) in [(200, 3), (302, 3), (401, 3), (422, 3), (429, 5), (500, 5)] {
        server.reset().await;
        let answer = ResponseTemplate::new(status)
            .set_body_string(&body)
            .insert_header("location", "https://other.example.com/canary-location")
            .insert_header("x-echo", ADDRESS)
            .insert_header("x-canary", "canary-answer-header");
        Mock::given(any()).respond_with(answer).expect(calls).mount(&server).await;
        let client = client(&server.uri());
        shown.push_str(&format!("{client:?}"));
        let requests = [
            loaded("/users/{}/photo", READ).segment(ADDRESS),
            loaded(&format!("/users/{ADDRESS}/+4930901820"), CREATE),
            Request::follow(
                Method::Get,
                format!("{}/users/{ADDRESS}?$skiptoken=canary-token", server.uri()),
                CREATE,
                "follow canaries",
            ),
        ];
        for request in requests {
            shown.push_str(&format!("{request:?}"));
            match client.send(request).await {
                Err(error) => shown.push_str(&texts(&error)),
                Ok(response) => {
                    shown.push_str(&format!("{response:?} {:?}", response.headers()));
                    shown.push_str(&texts(&response.json::<u8>().unwrap_err()));
                    shown
                        .push_str(&response.error_for_status().map_or_else(|e| texts(&e), |_| String::new()));
                }
            }
        }
        server.verify().await;
    }
    let silent = Raw::start(&[Act::Close]).await;
    let garbled = Raw::start(&[Act::Say("canary-status-line canary@example.com\r\n\r\n")]).await;
    let no_tls = Raw::start(&[Act::Blurt("canary")]).await;
    for base in
        [silent.url.clone(), garbled.url.clone(), no_tls.url.replace("http:", "https:"), unused().await]
    {
        let error = client(&base).send(loaded("/users/{}", READ).segment(ADDRESS)).await.unwrap_err();
        shown.push_str(&texts(&error));
    }
    shown.push_str(&format!("{:?}", Next::Link("https://x.example/?canary".to_owned())));
    shown.push_str(&format!("{:?}", Token::new("canary".into(), std::time::Duration::ZERO)));
    shown.push_str(&format!(
        "{:?}",
        HttpClient::builder("https://canary.example").secret_header("a", "canary".into())
    ));
    let far = loaded("/users", READ);
    let next =
        |_: &sync_http::Response| Ok(Some(Next::Link(format!("https://other.example.com/{ADDRESS}?canary"))));
    server.reset().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(1).mount(&server).await;
    let steps: Vec<_> =
        futures::StreamExt::collect(paginate(&client(&server.uri()), far, next, PageLimits::default())).await;
    shown.push_str(&format!("{steps:?}"));
    shown
}

async fn unused() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn no_canary_reaches_a_log_line_an_error_or_a_debug_text() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(captured.clone())
        .finish();
    let shown = everything().with_subscriber(subscriber).await;
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    let ours: String = log.lines().filter(|line| line.contains("sync_http")).collect::<Vec<_>>().join("\n");
    // The test sees what it should: lines with the fields they promise, and texts of errors.
    for promised in
        ["operation=\"try canaries\"", "status=422", "path=\"/users/{}/photo\"", "attempt=3", "repeating"]
    {
        assert!(ours.contains(promised), "{promised} is not in\n{ours}");
    }
    assert!(
        shown.contains("another shape than expected") && shown.contains("could not be reached"),
        "{shown}"
    );
    for (name, text) in [("log", &log), ("texts", &shown)] {
        for canary in [
            "canary-",
            "ann.canary",
            "canary@",
            "@example.com",
            "4930901820",
            "skiptoken",
            "Q2FuYXJ5",
            "Basic ",
        ] {
            for line in text.lines() {
                // Operations and header names are ours and carry the word on purpose.
                let line = line.replace("x-canary-free", "").replace("\"x-canary\"", "");
                assert!(!line.contains(canary), "{canary} is in the {name}: {line}");
            }
        }
    }
}
