//! A small client that knows no type of the sandbox but its access data.

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use sync_sandbox::{Options, Sandbox};

pub(crate) struct Api {
    pub(crate) sandbox: Sandbox,
    pub(crate) client: Client,
    pub(crate) token: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::of(Options::sized(40, 32)).await
    }

    pub(crate) async fn of(options: Options) -> Self {
        let mut api =
            Self { sandbox: Sandbox::start(options).await.unwrap(), client: client(), token: String::new() };
        api.sign_in().await;
        api.sandbox.reset_calls();
        api
    }

    pub(crate) async fn sign_in(&mut self) {
        let answer = self.token_with(&[]).await.is(200);
        self.token = answer.body["access_token"].as_str().unwrap().to_owned();
    }

    /// A token request with some fields replaced; an empty value leaves the field out.
    pub(crate) async fn token_with(&self, changes: &[(&str, &str)]) -> Answer {
        let access = self.sandbox.graph();
        let scope = format!("{}/.default", access.base_url);
        let mut form = vec![
            ("client_id", access.client_id.as_str()),
            ("client_secret", access.client_secret.as_str()),
            ("grant_type", "client_credentials"),
            ("scope", scope.as_str()),
        ];
        for (name, value) in changes {
            form.retain(|(key, _)| key != name);
            if !value.is_empty() {
                form.push((name, value));
            }
        }
        let url = format!("{}/{}/oauth2/v2.0/token", access.authority, access.tenant_id);
        answer(self.client.post(url).form(&form)).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}/v1.0/{path}", self.sandbox.graph().base_url)
        };
        self.client.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// With the header that advanced queries need.
    pub(crate) async fn get_eventual(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path).header("ConsistencyLevel", "eventual")).await
    }

    /// Follows next links from `path` and returns the pages.
    pub(crate) async fn pages(&self, path: &str) -> Vec<Value> {
        let mut pages = vec![self.get(path).await.is(200).body];
        while let Some(next) = pages.last().unwrap()["@odata.nextLink"].as_str().map(str::to_owned) {
            assert!(pages.len() < 100, "the listing does not end");
            pages.push(self.get(&next).await.is(200).body);
        }
        pages
    }

    /// A member with a mailbox.
    pub(crate) fn somebody(&self) -> sync_sandbox::User {
        let ordinary = |user: &sync_sandbox::User| {
            user.account_enabled
                && user.mail.is_some()
                && user.department.is_some()
                && user.user_type.as_deref() == Some("Member")
                && !user.assigned_licenses.is_empty()
        };
        self.sandbox.users().into_iter().find(ordinary).unwrap()
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    read(request.send().await.unwrap()).await
}

async fn read(response: Response) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, headers, body }
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }

    /// The code of a Graph error body, which must be complete.
    #[track_caller]
    pub(crate) fn code(&self) -> &str {
        let error = &self.body["error"];
        assert!(error["message"].is_string(), "{}", self.body);
        assert!(error["innerError"]["request-id"].is_string(), "{}", self.body);
        error["code"].as_str().unwrap()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap()
    }

    pub(crate) fn rows(&self) -> &[Value] {
        rows(&self.body)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn rows(body: &Value) -> &[Value] {
    body["value"].as_array().unwrap()
}

/// The values of one property, in order.
pub(crate) fn column<'a>(rows: &'a [Value], name: &str) -> Vec<&'a str> {
    rows.iter().map(|row| row[name].as_str().unwrap()).collect()
}
