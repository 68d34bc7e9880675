//! Every way to sign in, against an imitation of the identity platform that checks what the real one checks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PSS_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use graph_client::{FileTokenStore, GraphConfig, GraphDirectory, MemoryTokenStore, TokenStore as _};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use secrecy::ExposeSecret as _;
use serde_json::json;
use std::{
    sync::{Arc, LazyLock},
    time::{SystemTime, UNIX_EPOCH},
};
use sync_core::{CheckQuery, CheckStatus, Directory as _, DirectoryExt as _, Error, ErrorKind, UserQuery};
use sync_sandbox::{Options, Sandbox, Vendor};

/// A certificate, its key in PEM and in DER.
struct Issued {
    certificate: String,
    key: String,
    der: Vec<u8>,
}

static OWN: LazyLock<Issued> = LazyLock::new(issue);
static OTHER: LazyLock<Issued> = LazyLock::new(issue);

fn issue() -> Issued {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    Issued { certificate: certificate.pem(), key: key.serialize_pem(), der: key.serialize_der() }
}

/// A token of another issuer, signed with a certificate's key.
fn federated(issued: &Issued, issuer: &str, subject: &str, audience: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = json!({ "iss": issuer, "sub": subject, "aud": audience, "nbf": now, "exp": now + 600 });
    let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(json!({ "alg": "PS256", "typ": "JWT" })), encode(claims));
    let key = RsaKeyPair::from_pkcs8(&issued.der).unwrap();
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn sandbox() -> Sandbox {
    Sandbox::start(Options::sized(5, 0)).await.unwrap()
}

fn bare(sandbox: &Sandbox) -> GraphConfig {
    let access = sandbox.graph();
    let mut config = GraphConfig::without_credential(access.tenant_id.clone(), access.client_id.clone());
    config.authority = Some(access.authority.clone());
    config.base_url = Some(access.base_url.clone());
    config
}

fn with_secret(sandbox: &Sandbox) -> GraphConfig {
    let mut config = bare(sandbox);
    config.client_secret = Some(sandbox.graph().client_secret.clone().into());
    config
}

fn with_certificate(sandbox: &Sandbox, issued: &Issued) -> GraphDirectory {
    let mut config = bare(sandbox);
    config.certificate = Some(format!("{}{}", issued.certificate, issued.key).into());
    config.connect().unwrap()
}

async fn count(directory: &GraphDirectory) -> Result<usize, Error> {
    directory.snapshot(&UserQuery::all(), chrono::DateTime::UNIX_EPOCH).await.map(|snapshot| snapshot.len())
}

#[tokio::test]
async fn a_registered_certificate_signs_in_and_another_does_not() {
    let sandbox = sandbox().await;
    let own = with_certificate(&sandbox, &OWN);
    let error = count(&own).await.unwrap_err();
    assert!(
        error.message().contains("AADSTS700027") && error.message().contains("not registered"),
        "{error}"
    );
    assert!(sandbox.register_certificate(&OWN.certificate));
    assert_eq!(count(&own).await.unwrap(), 5);
    sandbox.revoke_tokens();
    assert_eq!(count(&own).await.unwrap(), 5, "each exchange has an assertion of its own");
    assert!(count(&with_certificate(&sandbox, &OTHER)).await.is_err());
}

#[tokio::test]
async fn a_trusted_issuers_token_signs_in_and_what_does_not_fit_is_named() {
    let sandbox = sandbox().await;
    let (issuer, subject, audience) =
        ("https://issuer.example.com", "system:contoso", "api://AzureADTokenExchange");
    assert!(sandbox.trust_issuer(issuer, subject, audience, &OWN.certificate));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let mut config = bare(&sandbox);
    config.federated_token_file = Some(file.clone());
    let directory = config.connect().unwrap();
    for (token, code) in [
        (federated(&OWN, "https://other.example.com", subject, audience), 700_211),
        (federated(&OWN, issuer, "system:other", audience), 700_213),
        (federated(&OWN, issuer, subject, "api://other"), 700_212),
        (federated(&OTHER, issuer, subject, audience), 50_013),
    ] {
        std::fs::write(&file, token).unwrap();
        let error = count(&directory).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(error.message().contains(&format!("AADSTS{code}")), "{error}");
    }
    std::fs::write(&file, federated(&OWN, issuer, subject, audience)).unwrap();
    assert_eq!(count(&directory).await.unwrap(), 5);
}

#[tokio::test]
async fn a_person_signs_in_by_browser_and_the_refresh_token_is_kept_and_renewed() {
    let sandbox = sandbox().await;
    let sign_in = with_secret(&sandbox).sign_in().unwrap();
    let request = sign_in.authorization("http://localhost/back").unwrap();
    let browser =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let sent = browser.get(request.url()).send().await.unwrap();
    assert_eq!(sent.status(), 302);
    let back = sent.headers()["location"].to_str().unwrap().to_owned();
    let query = back.strip_prefix("http://localhost/back").unwrap();
    let refresh_token = sign_in.redeem(&request, query).await.unwrap().into_refresh_token();

    let folder = tempfile::tempdir().unwrap();
    let store = FileTokenStore::new(folder.path().join("refresh"));
    store.save(&refresh_token).await.unwrap();
    let mut config = with_secret(&sandbox);
    config.refresh_token_file = Some(folder.path().join("refresh"));
    let directory = config.connect().unwrap();
    assert_eq!(count(&directory).await.unwrap(), 5);
    let renewed = store.load().await.unwrap().unwrap();
    assert_ne!(renewed.expose_secret(), refresh_token.expose_secret(), "the newest one is kept");

    sandbox.revoke_sign_ins();
    sandbox.revoke_tokens();
    let error = count(&directory).await.unwrap_err();
    assert!(error.message().contains("AADSTS50173") && error.message().contains("anew"), "{error}");
}

#[tokio::test]
async fn a_code_is_worth_nothing_without_its_verifier() {
    let sandbox = sandbox().await;
    let sign_in = with_secret(&sandbox).sign_in().unwrap();
    let (mine, theirs) = (
        sign_in.authorization("http://localhost/back").unwrap(),
        sign_in.authorization("http://localhost/back").unwrap(),
    );
    let browser =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let location = async |url: &str| {
        let sent = browser.get(url).send().await.unwrap();
        url::Url::parse(sent.headers()["location"].to_str().unwrap()).unwrap()
    };
    let value =
        |url: &url::Url, name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let (to_me, to_them) = (location(mine.url()).await, location(theirs.url()).await);
    // Somebody's code put into another's sign-in.
    let mixed = format!("code={}&state={}", value(&to_them, "code"), value(&to_me, "state"));
    let error = sign_in.redeem(&mine, &mixed).await.unwrap_err();
    assert!(error.message().contains("does not belong to this sign-in"), "{error}");
}

#[tokio::test]
async fn a_public_client_acts_for_a_person_without_a_credential() {
    let sandbox = sandbox().await;
    let store = Arc::new(MemoryTokenStore::new(sandbox.refresh_token().into()));
    let directory = bare(&sandbox).connect_for_person(store).unwrap();
    assert_eq!(count(&directory).await.unwrap(), 5);
}

#[tokio::test]
async fn a_claims_challenge_in_the_middle_is_answered_and_the_read_goes_on() {
    let sandbox = sandbox().await;
    let directory = with_secret(&sandbox).connect().unwrap();
    assert_eq!(count(&directory).await.unwrap(), 5);
    sandbox.reset_calls();
    sandbox.inject("graph:claims-challenge@2".parse().unwrap());
    assert_eq!(count(&directory).await.unwrap(), 5);
    assert_eq!(sandbox.calls().of(Vendor::Login), 1, "one new token");
    assert_eq!(count(&directory).await.unwrap(), 5);
    assert_eq!(sandbox.calls().of(Vendor::Login), 1, "and it stays good");
}

#[tokio::test]
async fn what_an_operator_can_mend_is_said_in_words() {
    for (code, says) in [
        (7_000_222, "secret has expired"),
        (65_001, "consent is missing"),
        (50_076, "multi-factor"),
        (53_003, "Conditional Access"),
        (7_000_112, "disabled in this tenant"),
    ] {
        let sandbox = sandbox().await;
        sandbox.inject(format!("login:aadsts={code}*always").parse().unwrap());
        let error = count(&with_secret(&sandbox).connect().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{code}");
        assert!(error.message().contains(says), "{error}");
        assert_eq!(sandbox.calls().of(Vendor::Login), 1, "what cannot succeed is not repeated");
    }
    let sandbox = sandbox().await;
    let mut config = with_secret(&sandbox);
    config.tenant_id = "99999999-0000-4000-8000-000000000000".into();
    let error = count(&config.connect().unwrap()).await.unwrap_err();
    assert!(error.message().contains("tenant was not found"), "{error}");
}

#[tokio::test]
async fn a_missing_permission_takes_its_feature_away_and_check_says_so() {
    for (permission, subject) in [
        ("MailboxSettings.Read", "read mailbox kinds"),
        ("LicenseAssignment.Read.All,Organization.Read.All,Directory.Read.All", "read licences"),
    ] {
        let sandbox = sandbox().await;
        for name in permission.split(',') {
            sandbox.inject(format!("graph:missing-permission={name}").parse().unwrap());
        }
        let mut config = with_secret(&sandbox);
        config.mailbox_kinds = true;
        let directory = config.connect().unwrap();
        let items = directory.check(&CheckQuery::default()).await.unwrap();
        let item = items.iter().find(|item| item.subject == subject).unwrap();
        assert_eq!(item.status, CheckStatus::Missing, "{items:?}");
        assert_eq!(count(&directory).await.unwrap(), 5, "the rest runs");
    }
}
