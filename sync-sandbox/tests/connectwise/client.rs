//! A minimal client: it knows how to sign a request and nothing about the vendor's habits.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are parts of tests, and may fail as tests do")]

use reqwest::{Client, Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;
use sync_sandbox::{ConnectWise, Options, Sandbox};

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

    /// The status is 400 and the body is the vendor's: a code, and one error on a field.
    #[track_caller]
    pub(crate) fn refuses(self, code: &str, field: &str) -> Self {
        let answer = self.is(400);
        let body = answer.json();
        assert_eq!(body["code"], "InvalidObject", "{body}");
        let errors = body["errors"].as_array().unwrap();
        assert!(errors.iter().any(|error| error["code"] == code && error["field"] == field), "{body}");
        answer
    }

    #[track_caller]
    pub(crate) fn code(&self, code: &str) {
        assert_eq!(self.json()["code"], code, "{}", self.text);
    }

    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<i64> {
        self.json().as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(Options::sized(40, 32)).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        Self { sandbox, http: Client::builder().build().unwrap() }
    }

    /// The inside of the server.
    pub(crate) fn inside(&self) -> &ConnectWise {
        self.sandbox.connectwise_data()
    }

    /// An unsigned request below the vendor's prefix.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/{path}", self.sandbox.connectwise().base_url);
        self.http.request(method, url)
    }

    /// A signed request.
    pub(crate) fn signed(&self, method: Method, path: &str) -> RequestBuilder {
        let access = self.sandbox.connectwise();
        self.bare(method, &format!("v4_6_release/apis/3.0/{path}"))
            .basic_auth(format!("{}+{}", access.company, access.public_key), Some(&access.private_key))
            .header("clientId", &access.client_id)
            .header("Accept", "application/vnd.connectwise.com+json; version=2025.1")
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        send(self.signed(Method::GET, path).query(query)).await
    }

    pub(crate) async fn write(&self, method: Method, path: &str, body: &Value) -> Answer {
        send(self.signed(method, path).json(body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.write(Method::POST, path, &body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.write(Method::PATCH, path, &body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(self.signed(Method::DELETE, path)).await
    }

    /// Makes a contact and returns it.
    pub(crate) async fn contact(&self, body: Value) -> Value {
        self.post("company/contacts", body).await.is(201).json()
    }

    /// The path of a new contact with these communication items.
    pub(crate) async fn with_items(&self, items: Value) -> String {
        let body =
            serde_json::json!({"firstName": "Ada", "company": {"id": 100}, "communicationItems": items});
        format!("company/contacts/{}", self.contact(body).await["id"])
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

/// `(value, defaultFlag)` of each communication item.
pub(crate) fn items(contact: &Value) -> Vec<(String, bool)> {
    let items = contact["communicationItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .map(|item| (item["value"].as_str().unwrap().to_owned(), item["defaultFlag"].as_bool().unwrap()))
        .collect()
}

/// The custom field of that caption.
pub(crate) fn custom<'a>(record: &'a Value, caption: &str) -> &'a Value {
    let fields = record["customFields"].as_array().unwrap();
    fields.iter().find(|field| field["caption"] == caption).unwrap()
}
