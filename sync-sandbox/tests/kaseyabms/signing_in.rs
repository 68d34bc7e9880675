//! Tokens: how one gets them, how they end, and what is answered without one.

use crate::client::{Answer, Api, send};
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;

async fn refresh(api: &Api, pair: &Value) -> Answer {
    let form =
        [("AccessToken", pair["accessToken"].as_str()), ("RefreshToken", pair["refreshToken"].as_str())];
    send(api.bare(Method::POST, "/v2/security/refreshtoken").form(&form)).await
}

async fn status_with(api: &Api, token: &Value) -> Answer {
    let request = api.bare(Method::GET, "/v2/security/userinfo");
    send(request.bearer_auth(token.as_str().unwrap())).await
}

#[tokio::test]
async fn a_form_of_either_kind_and_either_case_gets_a_pair_of_tokens() {
    let api = Api::start().await;
    let access = api.sandbox.kaseyabms();
    let request = || api.bare(Method::POST, "/v2/security/authenticate");
    let small = [
        ("grantType", "password"),
        ("userName", &access.username),
        ("password", &access.password),
        ("tenant", &access.tenant),
    ];
    let parts = format!(
        "--b\r\nContent-Disposition: form-data; name=\"GrantType\"\r\n\r\npassword\r\n\
         --b\r\nContent-Disposition: form-data; name=\"UserName\"\r\n\r\n{}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"Password\"\r\n\r\n{}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"Tenant\"\r\n\r\n{}\r\n--b--\r\n",
        access.username, access.password, access.tenant
    );
    let multipart = request().header("content-type", "multipart/form-data; boundary=b").body(parts);
    for answer in [send(request().form(&small)).await, send(multipart).await] {
        let pair = answer.result();
        for name in ["accessToken", "refreshToken", "accessTokenExpireOn", "refreshTokenExpireOn"] {
            assert!(pair[name].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        }
        assert!(!pair["accessTokenExpireOn"].as_str().unwrap().ends_with('Z'), "no offset is promised");
        assert_eq!(status_with(&api, &pair["accessToken"]).await.result()["productName"], "BMS");
    }
    assert_eq!(api.sandbox.calls().writes(), 0, "signing in changes nothing");
}

#[tokio::test]
async fn each_wrong_credential_is_refused_in_the_envelope_under_200_or_401() {
    let api = Api::start().await;
    for wrong in [("Password", "x"), ("UserName", "x"), ("Tenant", "x"), ("GrantType", "refresh_token")] {
        let answer = api.sign_in(&[wrong]).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["success"]),
            (200, &Value::Bool(false)),
            "{wrong:?}"
        );
    }
    api.inside().status_of_errors(true);
    let answer = api.sign_in(&[("Password", "x")]).await;
    assert_eq!((answer.status.as_u16(), &answer.body["success"]), (401, &Value::Bool(false)));
}

#[tokio::test]
async fn a_missing_wrong_or_expired_token_is_a_security_error() {
    let api = Api::start().await;
    let none = send(api.bare(Method::GET, "/v2/crm/accounts/lookup")).await;
    let wrong = send(api.bare(Method::GET, "/v2/crm/accounts/lookup").bearer_auth("x")).await;
    api.sandbox.advance_clock(Duration::from_secs(3600));
    let expired = api.get("crm/accounts/lookup", &[]).await;
    for answer in [none, wrong, expired] {
        assert_eq!((answer.status.as_u16(), &answer.body["error"]["code"]), (401, &Value::from(978_001)));
        assert_eq!(answer.body["error"]["message"], "Security Error");
    }
}

#[tokio::test]
async fn refreshing_needs_both_tokens_and_replaces_both() {
    let api = Api::start().await;
    let first = api.sign_in(&[]).await.result().clone();
    let mixed = serde_json::json!({"accessToken": "x", "refreshToken": first["refreshToken"]});
    assert_eq!(refresh(&api, &mixed).await.status.as_u16(), 401);
    api.sandbox.advance_clock(Duration::from_secs(3600));
    let second = refresh(&api, &first).await.result().clone();
    assert_ne!(first["accessToken"], second["accessToken"]);
    assert_ne!(first["refreshToken"], second["refreshToken"]);
    assert_eq!(status_with(&api, &second["accessToken"]).await.status.as_u16(), 200);
    assert_eq!(refresh(&api, &first).await.status.as_u16(), 401, "a used pair is gone");
    api.sandbox.advance_clock(Duration::from_secs(25 * 3600));
    assert_eq!(refresh(&api, &second).await.status.as_u16(), 401, "refresh tokens end too");
}

#[tokio::test]
async fn whether_people_sign_in_elsewhere_can_be_asked_without_a_token() {
    let api = Api::start().await;
    let ask = || api.bare(Method::GET, "/v2/security/ssostatus?Tenant=Contoso%20MSP");
    assert_eq!(send(ask()).await.result()["enabled"], false);
    api.inside().single_sign_on(true);
    assert_eq!(send(ask()).await.result()["enabled"], true);
    send(api.bare(Method::GET, "/v2/security/ssostatus")).await.refuses("Tenant");
}

#[tokio::test]
async fn the_product_tells_pulseway_from_bms() {
    let api = Api::start().await;
    api.inside().product("Pulseway PSA");
    assert_eq!(api.get("security/userinfo", &[]).await.result()["productName"], "Pulseway PSA");
}
