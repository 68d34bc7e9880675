//! A minimal client: it knows how to sign in and nothing about the vendor's habits.

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use sync_sandbox::{KaseyaBms, Options, Sandbox};

pub(crate) struct Api {
    pub(crate) sandbox: Sandbox,
    pub(crate) http: Client,
    pub(crate) token: String,
}

/// An answer, read to the end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    /// The result of a success.
    #[track_caller]
    pub(crate) fn result(&self) -> &Value {
        assert_eq!((self.status.as_u16(), &self.body["success"]), (200, &Value::Bool(true)), "{}", self.body);
        &self.body["result"]
    }

    /// The rows of a success.
    #[track_caller]
    pub(crate) fn rows(&self) -> &Vec<Value> {
        self.result().as_array().unwrap()
    }

    /// An error under HTTP 200, whose message holds this.
    #[track_caller]
    pub(crate) fn refuses(&self, says: &str) {
        assert_eq!(
            (self.status.as_u16(), &self.body["success"]),
            (200, &Value::Bool(false)),
            "{}",
            self.body
        );
        let message = self.body["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
        assert!(self.body["result"].is_null());
    }
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(Options::sized(40, 32)).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        let mut api = Self { sandbox, http, token: String::new() };
        let tokens = api.sign_in(&[]).await;
        api.token = tokens.result()["accessToken"].as_str().unwrap().to_owned();
        api.sandbox.reset_calls();
        api
    }

    /// The inside of the server.
    pub(crate) fn inside(&self) -> &KaseyaBms {
        self.sandbox.kaseyabms_data()
    }

    /// Signs in by password, with some fields changed.
    pub(crate) async fn sign_in(&self, changed: &[(&str, &str)]) -> Answer {
        let access = self.sandbox.kaseyabms();
        let mut form = vec![
            ("GrantType", "password"),
            ("UserName", access.username.as_str()),
            ("Password", access.password.as_str()),
            ("Tenant", access.tenant.as_str()),
        ];
        for (name, value) in changed {
            form.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            form.push((name, value));
        }
        send(self.bare(Method::POST, "/v2/security/authenticate").form(&form)).await
    }

    /// An unsigned request below the vendor's prefix.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.sandbox.kaseyabms().base_url))
    }

    pub(crate) fn signed(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, &format!("/v2/{path}")).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Answer {
        send(self.signed(Method::GET, path).query(query)).await
    }

    pub(crate) async fn write(&self, method: Method, path: &str, body: Value) -> Answer {
        send(self.signed(method, path).json(&body)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.write(Method::POST, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.write(Method::PATCH, path, body).await
    }

    /// A new contact of Contoso and its id.
    pub(crate) async fn contact(&self, more: Value) -> i64 {
        let mut body = serde_json::json!({"FirstName": "Ada", "LastName": "Byron", "AccountId": 100, "LocationId": 1002});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        self.post("crm/contacts/summary", body).await.result()["id"].as_i64().unwrap()
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}
