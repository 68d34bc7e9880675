//! A minimal client: it knows how to sign a request and nothing about the vendor's habits.

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sync_sandbox::{Autotask, Options, Sandbox};

pub(crate) const CONTOSO: i64 = 29_762_100;

pub(crate) struct Api {
    pub(crate) sandbox: Sandbox,
    http: Client,
}

/// An answer, read to the end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
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

    /// A list of texts, one of which says this, under a status.
    #[track_caller]
    pub(crate) fn refuses(self, status: u16, says: &str) {
        let answer = self.is(status);
        let body = answer.json();
        let errors = body["errors"].as_array().unwrap();
        assert!(errors.iter().any(|error| error.as_str().unwrap().contains(says)), "{body}");
    }

    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<i64> {
        self.json()["items"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()).collect()
    }

    #[track_caller]
    pub(crate) fn item_id(&self) -> i64 {
        let body = self.json();
        assert_eq!(body.as_object().unwrap().len(), 1, "nothing but the id: {body}");
        body["itemId"].as_i64().unwrap()
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
    pub(crate) fn inside(&self) -> &Autotask {
        self.sandbox.autotask_data()
    }

    /// An unsigned request to any address.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let base = &self.sandbox.autotask().base_url;
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{base}/{path}") };
        self.http.request(method, url)
    }

    /// A signed request below the version.
    pub(crate) fn signed(&self, method: Method, path: &str) -> RequestBuilder {
        let access = self.sandbox.autotask();
        let path =
            if path.starts_with("http") { path.to_owned() } else { format!("ATServicesRest/v1.0/{path}") };
        self.bare(method, &path)
            .header("ApiIntegrationCode", &access.integration_code)
            .header("UserName", &access.username)
            .header("Secret", &access.secret)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.signed(Method::GET, path)).await
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

    /// A query for contacts.
    pub(crate) async fn contacts(&self, filter: Value) -> Answer {
        self.post("Contacts/query", json!({ "filter": filter })).await
    }

    /// Makes a contact of Contoso and returns its id.
    pub(crate) async fn contact(&self, more: Value) -> i64 {
        let mut body = json!({"firstName": "Ada", "lastName": "Byron", "isActive": 1});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post(&format!("Companies/{CONTOSO}/Contacts"), body).await.is(200).item_id()
    }

    /// A contact as it is read.
    pub(crate) async fn read(&self, id: i64) -> Value {
        self.get(&format!("Contacts/{id}")).await.is(200).json()["item"].clone()
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status();
    Answer { status, text: response.text().await.unwrap() }
}

/// The value of a user-defined field; the key itself may be missing.
pub(crate) fn udf(record: &Value, name: &str) -> Option<Value> {
    let fields = record.get("userDefinedFields")?.as_array().unwrap();
    fields.iter().find(|field| field["name"] == name).map(|field| field["value"].clone())
}
