//! A minimal client: it knows how to show a token and nothing about the vendor's habits.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are parts of tests, and may fail as tests do")]

use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;
use sync_sandbox::{Options, Sandbox, Syncro};

pub(crate) struct Api {
    pub(crate) sandbox: Sandbox,
    http: Client,
}

/// An answer, read to the end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(Options::sized(40, 32)).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        Self { sandbox, http: Client::builder().no_proxy().build().unwrap() }
    }

    /// The inside of the server.
    pub(crate) fn inside(&self) -> &Syncro {
        self.sandbox.syncro_data()
    }

    /// A request without a token.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.sandbox.syncro().base_url))
    }

    /// A request with the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.sandbox.syncro().api_token)
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer { status, headers, text: answer.text().await.unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// The id of a new contact of Contoso.
    pub(crate) async fn new_contact(&self, mut fields: Value) -> i64 {
        fields["customer_id"] = 100.into();
        self.post("/contacts", fields).await.is(200).json()["id"].as_i64().unwrap()
    }
}
