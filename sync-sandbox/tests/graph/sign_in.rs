//! Ways to sign in beside a secret, and claims challenges.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};

use crate::client::{Answer, Api, answer};

struct Issued {
    pem: String,
    der: Vec<u8>,
    key: RsaKeyPair,
}

static OWN: LazyLock<Issued> = LazyLock::new(issue);
static OTHER: LazyLock<Issued> = LazyLock::new(issue);

fn issue() -> Issued {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    let own = RsaKeyPair::from_pkcs8(&key.serialize_der()).unwrap();
    Issued { pem: certificate.pem(), der: certificate.der().to_vec(), key: own }
}

fn signed(issued: &Issued, encoding: &'static dyn RsaEncoding, header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let text = format!("{}.{}", encode(header), encode(claims));
    let mut signature = vec![0; issued.key.public_modulus_len()];
    issued.key.sign(encoding, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The claims of a good assertion.
fn claims(api: &Api) -> Value {
    let access = api.sandbox.graph();
    let audience = format!("{}/{}/oauth2/v2.0/token", access.authority, access.tenant_id);
    json!({ "aud": audience, "iss": access.client_id, "sub": access.client_id, "jti": format!("id-{}", api.sandbox.refresh_token()),
        "nbf": now() - 60, "exp": now() + 300 })
}

fn header(issued: &Issued) -> Value {
    json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, &issued.der)) })
}

async fn asserting(api: &Api, assertion: &str) -> Answer {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    api.token_with(&[("client_secret", ""), ("client_assertion_type", kind), ("client_assertion", assertion)])
        .await
}

fn code(answer: &Answer) -> u64 {
    answer.body["error_codes"][0].as_u64().unwrap_or_default()
}

#[tokio::test]
async fn an_assertion_of_a_registered_certificate_buys_a_token_once() {
    let api = Api::start().await;
    let assertion = signed(&OWN, &RSA_PSS_SHA256, &header(&OWN), &claims(&api));
    assert_eq!(code(&asserting(&api, &assertion).await.is(401)), 700_027, "not registered yet");
    assert!(!api.sandbox.register_certificate("nonsense") && api.sandbox.register_certificate(&OWN.pem));
    asserting(&api, &assertion).await.is(200);
    assert_eq!(code(&asserting(&api, &assertion).await.is(401)), 50_012, "each assertion is good once");
}

#[tokio::test]
async fn the_older_form_of_an_assertion_is_taken_too() {
    let api = Api::start().await;
    assert!(api.sandbox.register_certificate(&OWN.pem));
    let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &OWN.der));
    let header = json!({ "alg": "RS256", "typ": "JWT", "x5t": thumbprint });
    asserting(&api, &signed(&OWN, &RSA_PKCS1_SHA256, &header, &claims(&api))).await.is(200);
}

#[tokio::test]
async fn each_flaw_of_an_assertion_has_its_code() {
    let api = Api::start().await;
    assert!(api.sandbox.register_certificate(&OWN.pem));
    let with = |name: &str, value: Value| {
        let mut claims = claims(&api);
        claims[name] = value;
        signed(&OWN, &RSA_PSS_SHA256, &header(&OWN), &claims)
    };
    for (assertion, expected) in [
        (with("aud", json!("https://login.example.com/other")), 700_023),
        (with("sub", json!("somebody")), 700_021),
        (with("exp", json!(now() - 3600)), 700_024),
        (with("nbf", json!(now() + 3600)), 700_024),
        (with("jti", json!("")), 50_012),
        (with("iss", json!("https://issuer.example.com")), 700_211),
        (signed(&OTHER, &RSA_PSS_SHA256, &header(&OTHER), &claims(&api)), 700_027),
        (signed(&OTHER, &RSA_PSS_SHA256, &header(&OWN), &claims(&api)), 50_013),
        ("nonsense".to_owned(), 50_027),
    ] {
        assert_eq!(code(&asserting(&api, &assertion).await.is(401)), expected);
    }
}

#[tokio::test]
async fn a_trusted_issuers_token_stands_in_for_the_secret() {
    let api = Api::start().await;
    let issuer = "https://issuer.example.com";
    assert!(api.sandbox.trust_issuer(issuer, "job", "api://AzureADTokenExchange", &OWN.pem));
    let token = |subject: &str, audience: &str| {
        let claims = json!({ "iss": issuer, "sub": subject, "aud": audience, "exp": now() + 300 });
        signed(&OWN, &RSA_PSS_SHA256, &json!({ "alg": "PS256" }), &claims)
    };
    asserting(&api, &token("job", "api://AzureADTokenExchange")).await.is(200);
    assert_eq!(code(&asserting(&api, &token("other", "api://AzureADTokenExchange")).await.is(401)), 700_213);
    assert_eq!(code(&asserting(&api, &token("job", "api://other")).await.is(401)), 700_212);
}

#[tokio::test]
async fn a_refresh_token_buys_tokens_and_another_refresh_token_until_it_is_revoked() {
    let api = Api::start().await;
    let first = api.sandbox.refresh_token();
    let with = |token: &str| {
        let token = token.to_owned();
        let api = &api;
        async move {
            api.token_with(&[
                ("client_secret", ""),
                ("grant_type", "refresh_token"),
                ("refresh_token", &token),
                ("scope", "offline_access https://graph.microsoft.com/.default"),
            ])
            .await
        }
    };
    let answer = with(&first).await.is(200);
    let second = answer.body["refresh_token"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    with(&first).await.is(200);
    with(&second).await.is(200);
    assert_eq!(code(&with("nonsense").await.is(400)), 9_002_313);
    api.sandbox.revoke_sign_ins();
    let over = with(&second).await.is(400);
    assert_eq!((code(&over), &over.body["error"]), (50_173, &json!("invalid_grant")));
}

#[tokio::test]
async fn a_device_code_waits_for_a_person_and_expires() {
    let api = Api::start().await;
    let access = api.sandbox.graph();
    let url = format!("{}/{}/oauth2/v2.0/devicecode", access.authority, access.tenant_id);
    let begin = || {
        answer(
            api.client
                .post(&url)
                .form(&[("client_id", access.client_id.as_str()), ("scope", "offline_access User.Read.All")]),
        )
    };
    let ask = |code: &Value| {
        let code = code.as_str().unwrap().to_owned();
        let api = &api;
        async move {
            let grant = "urn:ietf:params:oauth:grant-type:device_code";
            api.token_with(&[
                ("client_secret", ""),
                ("scope", ""),
                ("grant_type", grant),
                ("device_code", &code),
            ])
            .await
        }
    };
    let begun = begin().await.is(200).body;
    assert_eq!((&begun["interval"], &begun["expires_in"]), (&json!(5), &json!(900)));
    assert!(begun.get("verification_uri_complete").is_none());
    assert_eq!(ask(&begun["device_code"]).await.is(400).body["error"], "authorization_pending");
    let user_code = begun["user_code"].as_str().unwrap();
    assert!(
        api.sandbox.decide_device_code(user_code, true) && !api.sandbox.decide_device_code(user_code, true)
    );
    assert!(ask(&begun["device_code"]).await.is(200).body["refresh_token"].is_string());

    let declined = begin().await.body;
    assert!(api.sandbox.decide_device_code(declined["user_code"].as_str().unwrap(), false));
    assert_eq!(ask(&declined["device_code"]).await.is(400).body["error"], "authorization_declined");
    let late = begin().await.body;
    api.sandbox.advance_clock(Duration::from_secs(901));
    assert_eq!(ask(&late["device_code"]).await.is(400).body["error"], "expired_token");
    assert_eq!(ask(&json!("nonsense")).await.is(400).body["error"], "bad_verification_code");
}

#[tokio::test]
async fn an_authorization_code_is_redeemed_once_with_its_verifier_and_address() {
    let api = Api::start().await;
    let access = api.sandbox.graph();
    let browser =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, b"the-verifier"));
    let url = format!("{}/{}/oauth2/v2.0/authorize", access.authority, access.tenant_id);
    let query = [
        ("client_id", access.client_id.as_str()),
        ("response_type", "code"),
        ("redirect_uri", "http://localhost/back"),
        ("scope", "offline_access User.Read.All"),
        ("state", "s-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let sent = browser.get(&url).query(&query).send().await.unwrap();
    assert_eq!(sent.status(), 302);
    let back = url::Url::parse(sent.headers()["location"].to_str().unwrap()).unwrap();
    let returned = |name: &str| back.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!(returned("state"), "s-1");
    let code_text = returned("code");
    let redeem = |verifier: &'static str, address: &'static str| {
        let (api, text) = (&api, code_text.clone());
        async move {
            api.token_with(&[
                ("grant_type", "authorization_code"),
                ("scope", ""),
                ("code", &text),
                ("code_verifier", verifier),
                ("redirect_uri", address),
            ])
            .await
        }
    };
    assert_eq!(code(&redeem("wrong", "http://localhost/back").await.is(400)), 501_481);
    assert_eq!(code(&redeem("the-verifier", "http://localhost/other").await.is(400)), 50_011);
    assert!(redeem("the-verifier", "http://localhost/back").await.is(200).body["refresh_token"].is_string());
    assert_eq!(code(&redeem("the-verifier", "http://localhost/back").await.is(400)), 54_005);
}

#[tokio::test]
async fn a_claims_challenge_asks_capable_clients_for_a_newer_token_and_leaves_others_alone() {
    let mut api = Api::start().await;
    let plain = api.token.clone();
    let capable = json!({ "access_token": { "xms_cc": { "values": ["cp1"] } } }).to_string();
    let token = |answer: Answer| answer.is(200).body["access_token"].as_str().unwrap().to_owned();
    api.token = token(api.token_with(&[("claims", &capable)]).await);
    api.get("users").await.is(200);
    api.sandbox.inject("graph:claims-challenge".parse().unwrap());
    let refused = api.get("users").await.is(401);
    let header = refused.header("www-authenticate").to_owned();
    assert!(header.starts_with("Bearer ") && header.contains("error=\"insufficient_claims\""), "{header}");
    let encoded = header.split("claims=\"").nth(1).unwrap().trim_end_matches('"');
    let asked: Value = serde_json::from_slice(&STANDARD.decode(encoded).unwrap()).unwrap();
    api.get("users").await.is(401);

    let fresh = token(api.token_with(&[("claims", &capable)]).await);
    let stale = std::mem::replace(&mut api.token, fresh);
    api.get("users").await.is(401);
    assert_ne!(stale, api.token, "a new token that was not asked for with the claims does not do");
    let mut merged = asked;
    merged["access_token"]["xms_cc"] = json!({ "values": ["cp1"] });
    api.token = token(api.token_with(&[("claims", &merged.to_string())]).await);
    api.get("users").await.is(200);
    api.token = plain;
    api.get("users").await.is(200);
    assert_eq!(code(&api.token_with(&[("claims", "{")]).await.is(400)), 90_014);
}

#[tokio::test]
async fn a_sign_in_fault_refuses_with_its_code() {
    let api = Api::start().await;
    for (number, status, error) in [
        (7_000_222, 401, "invalid_client"),
        (53_003, 400, "interaction_required"),
        (65_001, 400, "invalid_grant"),
    ] {
        api.sandbox.inject(format!("login:aadsts={number}").parse().unwrap());
        let refused = api.token_with(&[]).await.is(status);
        assert_eq!((code(&refused), refused.body["error"].as_str().unwrap()), (number, error));
        api.token_with(&[]).await.is(200);
    }
}
