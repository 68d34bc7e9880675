//! Tokens: who gets one, how they die, and how refusals look.

use std::time::Duration;

use serde_json::json;
use sync_sandbox::{Options, Vendor};

use crate::client::{Answer, Api, answer};

#[track_caller]
fn refused(answer: &Answer, status: u16, error: &str, code: u64) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.body["error"], error);
    assert_eq!(answer.body["error_codes"], json!([code]));
    assert!(answer.body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")));
    for name in ["timestamp", "trace_id", "correlation_id", "error_uri"] {
        assert!(answer.body[name].is_string(), "{name}");
    }
}

#[tokio::test]
async fn a_secret_buys_a_bearer_token() {
    let api = Api::start().await;
    let token = api.token_with(&[]).await.is(200);
    assert_eq!(token.body["token_type"], "Bearer");
    assert_eq!(token.body["expires_in"], 3599);
    assert!(token.header("cache-control").contains("no-store"));
    api.token_with(&[("scope", "https://graph.microsoft.com/.default")]).await.is(200);
}

#[tokio::test]
async fn client_and_secret_may_come_in_a_basic_header() {
    let api = Api::start().await;
    let access = api.sandbox.graph();
    let url = format!("{}/contoso.onmicrosoft.com/oauth2/v2.0/token", access.authority);
    let scope = format!("{}/.default", access.base_url);
    let form = [("grant_type", "client_credentials"), ("scope", scope.as_str())];
    let encoded = access.client_secret.replace('~', "%7E");
    let request = api.client.post(&url).basic_auth(&access.client_id, Some(encoded)).form(&form);
    answer(request).await.is(200);
    let request = api.client.post(&url).basic_auth(&access.client_id, Some("wrong")).form(&form);
    refused(&answer(request).await, 401, "invalid_client", 7_000_215);
}

#[tokio::test]
async fn each_wrong_token_request_names_its_reason() {
    let api = Api::start().await;
    let with = |name, value| {
        let api = &api;
        async move { api.token_with(&[(name, value)]).await }
    };
    refused(&with("client_secret", "wrong").await, 401, "invalid_client", 7_000_215);
    refused(&with("client_secret", "").await, 401, "invalid_client", 7_000_218);
    refused(
        &with("client_id", "00000000-0000-4000-8000-000000000000").await,
        400,
        "unauthorized_client",
        700_016,
    );
    refused(&with("scope", "User.Read.All").await, 400, "invalid_scope", 1_002_012);
    refused(
        &with("scope", "User.Read.All https://graph.microsoft.com/.default").await,
        400,
        "invalid_scope",
        70011,
    );
    refused(&with("scope", "https://vault.example.com/.default").await, 400, "invalid_resource", 500_011);
    refused(&with("scope", "").await, 400, "invalid_request", 900_144);
    refused(&with("grant_type", "").await, 400, "invalid_request", 900_144);
    refused(&with("grant_type", "password").await, 400, "unsupported_grant_type", 70003);
    let assertion = [("client_secret", ""), ("client_assertion", "e30.e30.c2ln")];
    refused(&api.token_with(&assertion).await, 400, "invalid_request", 900_144);
}

#[tokio::test]
async fn an_unknown_tenant_is_refused() {
    let api = Api::start().await;
    let authority = &api.sandbox.graph().authority;
    for (tenant, code) in [("fabrikam.example", 90002), ("common", 50059), ("organizations", 50059)] {
        let request = api.client.post(format!("{authority}/{tenant}/oauth2/v2.0/token")).form(&[("a", "b")]);
        refused(&answer(request).await, 400, "invalid_request", code);
    }
    let url = format!("{authority}/CONTOSO.example/v2.0/.well-known/openid-configuration");
    let found = answer(api.client.get(url)).await.is(200);
    assert!(found.body["issuer"].as_str().unwrap().contains(&api.sandbox.graph().tenant_id));
}

#[tokio::test]
async fn a_missing_wrong_expired_or_revoked_token_is_401() {
    let mut api = Api::of(Options::sized(5, 0).token_lifetime(Duration::from_secs(60))).await;
    api.get("users").await.is(200);
    api.sandbox.advance_clock(Duration::from_secs(61));
    let expired = api.get("users").await.is(401);
    assert_eq!(expired.code(), "InvalidAuthenticationToken");
    assert!(expired.header("www-authenticate").starts_with("Bearer"));
    api.sign_in().await;
    api.get("users").await.is(200);
    api.sandbox.revoke_tokens();
    assert_eq!(api.get("users").await.is(401).code(), "InvalidAuthenticationToken");
    api.sign_in().await;
    api.token.pop();
    api.get("users").await.is(401);
    let bare = api.client.get(format!("{}/v1.0/users", api.sandbox.graph().base_url));
    assert_eq!(answer(bare).await.is(401).code(), "InvalidAuthenticationToken");
    let foreign = Api::of(Options::sized(5, 0).seed(7)).await;
    api.token.clone_from(&foreign.token);
    api.get("users").await.is(401);
}

#[tokio::test]
async fn a_token_is_asked_for_at_the_authority_and_counted_there() {
    let api = Api::start().await;
    api.token_with(&[]).await.is(200);
    let calls = api.sandbox.calls();
    assert_eq!(calls.count(Vendor::Login, "POST", "/{tenant}/oauth2/v2.0/token"), 1);
    assert_eq!((calls.total, calls.writes()), (1, 0));
}

#[tokio::test]
async fn access_data_hide_their_secrets() {
    let api = Api::start().await;
    let text = format!("{:?} {:?}", api.sandbox, api.sandbox.graph());
    assert!(!text.contains(&api.sandbox.graph().client_secret), "{text}");
}
