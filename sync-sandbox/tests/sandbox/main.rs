//! The sandbox itself: faults over real connections, limits, counts, admin routes, start and stop.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are parts of tests, and may fail as tests do")]

mod admin;
mod faults;
mod lifecycle;

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use sync_sandbox::{Options, Sandbox};

struct Api {
    sandbox: Sandbox,
    client: Client,
    token: String,
}

impl Api {
    async fn start() -> Self {
        Self::of(Options::sized(40, 32)).await
    }

    async fn of(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let client = Client::builder().no_proxy().build().unwrap();
        let mut api = Self { sandbox, client, token: String::new() };
        let body: Value = api.sign_in().send().await.unwrap().json().await.unwrap();
        api.token = body["access_token"].as_str().unwrap().to_owned();
        api.sandbox.reset_calls();
        api
    }

    fn sign_in(&self) -> RequestBuilder {
        let access = self.sandbox.graph();
        let scope = format!("{}/.default", access.base_url);
        let form = [
            ("client_id", access.client_id.as_str()),
            ("client_secret", access.client_secret.as_str()),
            ("grant_type", "client_credentials"),
            ("scope", scope.as_str()),
        ];
        self.client.post(format!("{}/{}/oauth2/v2.0/token", access.authority, access.tenant_id)).form(&form)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        let base = &self.sandbox.graph().base_url;
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{base}/v1.0/{path}") };
        self.client.get(url).bearer_auth(&self.token)
    }

    async fn body(&self, path: &str) -> Value {
        self.get(path).send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }

    fn inject(&self, faults: &str) {
        for fault in sync_sandbox::Fault::parse_list(faults).unwrap() {
            self.sandbox.inject(fault);
        }
    }

    fn contacts(&self, path: &str) -> String {
        format!("{}/v4_6_release/apis/3.0/company/{path}", self.sandbox.connectwise().base_url)
    }

    /// Signs a ConnectWise request.
    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        let access = self.sandbox.connectwise();
        let user = format!("{}+{}", access.company, access.public_key);
        request.basic_auth(user, Some(&access.private_key)).header("clientId", &access.client_id)
    }
}
