//! The ways to sign in beside a secret: what is sent, what is kept, and what a refusal says.

#![allow(clippy::clone_on_ref_ptr, reason = "the type is that of a trait object beside it")]

use super::{certificates::issue, *};
use crate::{MemoryTokenStore, TokenStore};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret as _;
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use sync_core::{ErrorKind, Result};
use wiremock::matchers::{body_string_contains, header_exists};

fn issued() -> Value {
    json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN })
}

/// The fields of the token requests so far.
async fn forms(tenant: &Tenant) -> Vec<Vec<(String, String)>> {
    let requests = tenant.server.received_requests().await.unwrap();
    let token = requests.iter().filter(|request| request.url.path().ends_with("/token"));
    token.map(|request| url::form_urlencoded::parse(&request.body).into_owned().collect()).collect()
}

fn field<'a>(form: &'a [(String, String)], name: &str) -> &'a str {
    form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

fn bare(tenant: &Tenant) -> GraphConfig {
    let mut config = tenant.config();
    config.client_secret = None;
    config
}

async fn lists(tenant: &Tenant, times: u64) {
    tenant.skus(times).await;
    tenant.first_page(times, page(&users(0..1), Some(1), None)).await;
}

#[tokio::test]
async fn a_certificate_signs_each_request_anew_and_no_secret_is_sent() {
    let tenant = Tenant::start().await;
    tenant.expect("token", 2, token(), ok(&issued())).await;
    lists(&tenant, 2).await;
    let mut config = bare(&tenant);
    config.certificate = Some(issue().certificate.into());
    config.certificate_key = Some(issue().key.into());
    let directory = tenant.connect(config);
    read(&directory, &UserQuery::all()).await.complete();
    tenant.clock.advance(Duration::from_secs(4000));
    read(&directory, &UserQuery::all()).await.complete();
    let forms = forms(&tenant).await;
    for form in &forms {
        assert_eq!(
            field(form, "client_assertion_type"),
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        assert_eq!(field(form, "client_assertion").split('.').count(), 3);
        assert_eq!((field(form, "client_secret"), field(form, "grant_type")), ("", "client_credentials"));
    }
    assert_ne!(field(&forms[0], "client_assertion"), field(&forms[1], "client_assertion"));
}

#[tokio::test]
async fn a_federated_token_is_read_again_for_every_exchange() {
    let tenant = Tenant::start().await;
    tenant.expect("token", 2, token(), ok(&issued())).await;
    lists(&tenant, 2).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let mut config = bare(&tenant);
    config.federated_token_file = Some(file.clone());
    let directory = tenant.connect(config);
    for text in ["first\n", "second"] {
        std::fs::write(&file, text).unwrap();
        read(&directory, &UserQuery::all()).await.complete();
        tenant.clock.advance(Duration::from_secs(4000));
    }
    let forms = forms(&tenant).await;
    assert_eq!(
        (field(&forms[0], "client_assertion"), field(&forms[1], "client_assertion")),
        ("first", "second")
    );
    std::fs::remove_file(&file).unwrap();
    let read = read(&directory, &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::ConfigInvalid);
    assert!(read.error().message().contains("federated_token_file"), "{}", read.error());
}

#[tokio::test]
async fn a_jobs_token_address_is_asked_for_the_right_audience() {
    let tenant = Tenant::start().await;
    let mock = Mock::given(method("GET"))
        .and(path("/idtoken"))
        .and(query_param("api-version", "2.0"))
        .and(query_param("audience", "api://AzureADTokenExchange"))
        .and(header("authorization", "Bearer canary-request-token"));
    tenant.expect("job token", 1, mock, ok(&json!({ "value": "job-token" }))).await;
    let exchange = token().and(body_string_contains("client_assertion=job-token"));
    tenant.expect("token", 1, exchange, ok(&issued())).await;
    lists(&tenant, 1).await;
    let mut config = bare(&tenant);
    config.federated_token_url = Some(format!("{}/idtoken?api-version=2.0", tenant.server.uri()));
    config.federated_token_request_token = Some("canary-request-token".into());
    assert!(!format!("{config:?}").contains("canary"));
    read(&tenant.connect(config), &UserQuery::all()).await.complete();
}

#[tokio::test]
async fn a_managed_identity_gives_the_token_itself() {
    let tenant = Tenant::start().await;
    let soon =
        json!({ "access_token": TOKEN, "expires_on": "90000", "token_type": "Bearer", "resource": "x" });
    let mock = Mock::given(method("GET"))
        .and(path("/msi/token"))
        .and(query_param("api-version", "2019-08-01"))
        .and(query_param("resource", tenant.server.uri()))
        .and(query_param("client_id", CLIENT))
        .and(header("x-identity-header", "canary-header"));
    tenant.expect("identity", 1, mock, ok(&soon)).await;
    lists(&tenant, 2).await;
    let mut config = bare(&tenant);
    config.client_id = String::new();
    config.managed_identity = Some(CLIENT.into());
    config.identity_endpoint = Some(format!("{}/msi/token", tenant.server.uri()));
    config.identity_header = Some("canary-header".into());
    let directory = tenant.connect(config);
    for _ in 0..2 {
        read(&directory, &UserQuery::all()).await.complete();
    }
}

#[tokio::test]
async fn the_metadata_service_of_a_machine_is_asked_its_own_way_and_again_while_it_is_updated() {
    let tenant = Tenant::start().await;
    let at = || {
        Mock::given(method("GET"))
            .and(path("/metadata/identity/oauth2/token"))
            .and(query_param("api-version", "2018-02-01"))
            .and(query_param("resource", "https://graph.example.com"))
            .and(query_param_is_missing("client_id"))
            .and(header("metadata", "true"))
    };
    at().respond_with(ResponseTemplate::new(410)).up_to_n_times(2).expect(2).mount(&tenant.server).await;
    let answer = json!({ "access_token": TOKEN, "expires_in": "3599", "expires_on": "90000" });
    at().respond_with(ok(&answer)).up_to_n_times(1).expect(1).mount(&tenant.server).await;
    let clock: Arc<dyn Clock> = Arc::new(tenant.clock.clone());
    let http = crate::directory::common(&tenant.server.uri(), &clock)
        .hook(Arc::new(crate::auth::IdentityHook))
        .build()
        .unwrap();
    let endpoint = url::Url::parse(&tenant.server.uri()).unwrap();
    let identity = crate::auth::ManagedIdentity::new(http, endpoint, None, None);
    let token = identity.token("https://graph.example.com").await.unwrap();
    assert_eq!(token.into_secret().expose_secret(), TOKEN);
    tenant.expect("no identity", 1, at(), ResponseTemplate::new(400)).await;
    let error = identity.token("https://graph.example.com").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
}

#[tokio::test]
async fn a_managed_identity_can_stand_in_for_an_applications_secret() {
    let tenant = Tenant::start().await;
    let identity = Mock::given(method("GET"))
        .and(path("/msi"))
        .and(query_param("resource", "api://AzureADTokenExchangeUSGov"))
        .and(query_param_is_missing("client_id"));
    let answer = json!({ "access_token": "identity-token", "expires_in": 3600 });
    tenant.expect("identity", 1, identity, ok(&answer)).await;
    let exchange = token().and(body_string_contains("client_assertion=identity-token"));
    tenant.expect("token", 1, exchange, ok(&issued())).await;
    lists(&tenant, 1).await;
    let mut config = bare(&tenant);
    config.cloud = crate::Cloud::UsGov;
    config.federated_managed_identity = Some("system".into());
    config.identity_endpoint = Some(format!("{}/msi", tenant.server.uri()));
    config.identity_header = Some("x".into());
    read(&tenant.connect(config), &UserQuery::all()).await.complete();
}

/// A store that takes a token only when it is told to.
#[derive(Debug, Default)]
struct Sulking {
    kept: MemoryTokenStore,
    refuses: AtomicU32,
}

#[async_trait]
impl TokenStore for Sulking {
    async fn load(&self) -> Result<Option<SecretString>> {
        self.kept.load().await
    }

    async fn save(&self, token: &SecretString) -> Result<()> {
        if self.refuses.load(Ordering::SeqCst) > 0 {
            self.refuses.fetch_sub(1, Ordering::SeqCst);
            return Err(Error::new(ErrorKind::Unavailable, "keep", "not now"));
        }
        self.kept.save(token).await
    }
}

#[tokio::test]
async fn each_exchange_uses_the_newest_refresh_token_even_one_that_could_not_be_kept() {
    let tenant = Tenant::start().await;
    for (used, next) in [("r1", "r2"), ("r2", "r3"), ("r3", "r3")] {
        let mock = token()
            .and(body_string_contains(format!("refresh_token={used}")))
            .and(body_string_contains("grant_type=refresh_token"))
            .and(body_string_contains("scope=offline_access+"));
        let mut answer = issued();
        if next != used {
            answer["refresh_token"] = json!(next);
        }
        tenant.expect(used, 1, mock, ok(&answer)).await;
    }
    lists(&tenant, 3).await;
    let store = Arc::new(Sulking { kept: MemoryTokenStore::new("r1".into()), refuses: AtomicU32::new(1) });
    let clock: Arc<dyn Clock> = Arc::new(tenant.clock.clone());
    let directory = GraphDirectory::new(bare(&tenant), Some(store.clone()), &clock).unwrap();
    let mut kept = Vec::new();
    for _ in 0..3 {
        read(&directory, &UserQuery::all()).await.complete();
        kept.push(store.load().await.unwrap().unwrap().expose_secret().to_owned());
        tenant.clock.advance(Duration::from_secs(4000));
    }
    assert_eq!(kept, ["r1", "r3", "r3"], "what was not taken is given again");
}

#[tokio::test]
async fn a_sign_in_that_is_over_says_that_somebody_must_sign_in_anew() {
    let tenant = Tenant::start().await;
    let dead = ResponseTemplate::new(400).set_body_json(
        json!({ "error": "invalid_grant", "error_codes": [50_173], "error_description": "canary" }),
    );
    tenant.expect("token", 1, token(), dead).await;
    let mut config = bare(&tenant);
    config.refresh_token = Some("canary-refresh".into());
    let over = read(&tenant.connect(config), &UserQuery::all()).await;
    assert_eq!(over.error().kind(), ErrorKind::Unauthenticated);
    assert!(over.error().message().contains("sign in to the tenant anew"), "{}", over.error());

    let clock: Arc<dyn Clock> = Arc::new(tenant.clock.clone());
    let store = Arc::new(MemoryTokenStore::default());
    let nobody = GraphDirectory::new(bare(&tenant), Some(store), &clock).unwrap();
    let nobody = read(&nobody, &UserQuery::all()).await;
    assert!(nobody.error().message().contains("nobody has signed in"), "{}", nobody.error());
}

fn challenge(claims: &str) -> ResponseTemplate {
    let value = format!(
        "Bearer realm=\"\", authorization_uri=\"https://login.example.com/common\", \
         error=\"insufficient_claims\", claims=\"{}\"",
        STANDARD.encode(claims)
    );
    refused(401, "InvalidAuthenticationToken").insert_header("www-authenticate", value.as_str())
}

#[tokio::test]
async fn a_claims_challenge_is_answered_once_with_a_token_that_was_asked_for_with_the_claims() {
    let tenant = Tenant::start().await;
    let first = token().and(body_string_contains("xms_cc")).and(header_exists("client-request-id"));
    first.respond_with(ok(&issued())).up_to_n_times(1).expect(1).mount(&tenant.server).await;
    let mut second = issued();
    second["access_token"] = json!("second");
    let asked = token().and(body_string_contains("1604106651")).and(body_string_contains("cp1"));
    tenant.expect("token with claims", 1, asked, ok(&second)).await;
    tenant.skus(1).await;
    let claims = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;
    tenant.first_page(1, challenge(claims)).await;
    let again =
        Mock::given(method("GET")).and(path("/v1.0/users")).and(header("authorization", "Bearer second"));
    tenant.expect("users again", 1, again, page(&users(0..1), Some(1), None)).await;
    let directory = tenant.directory();
    read(&directory, &UserQuery::all()).await.complete();

    // The next renewal no longer asks for what was answered.
    tenant.clock.advance(Duration::from_secs(4000));
    tenant.expect("token", 1, token(), ok(&issued())).await;
    directory.credentials.token().await.unwrap();
    let last = forms(&tenant).await.pop().unwrap();
    assert_eq!(field(&last, "claims"), r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#);
}

#[tokio::test]
async fn a_second_challenge_in_a_row_ends_the_read() {
    let tenant = Tenant::start().await;
    tenant.token(2).await;
    tenant.skus(1).await;
    tenant.first_page(2, challenge(r#"{"access_token":{"nbf":{"value":"1"}}}"#)).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_person_is_sent_out_with_a_challenge_and_comes_back_with_a_code() {
    let tenant = Tenant::start().await;
    let clock: Arc<dyn Clock> = Arc::new(tenant.clock.clone());
    let mut config = tenant.config();
    config.refresh_token = None;
    let sign_in = config.sign_in_with_clock(&clock).unwrap();
    assert!(sign_in.authorization("nowhere").is_err());
    let request = sign_in.authorization("https://psa.example.com/back").unwrap();
    let sent: std::collections::BTreeMap<String, String> =
        url::Url::parse(request.url()).unwrap().query_pairs().into_owned().collect();
    assert_eq!(sent["response_type"], "code");
    assert_eq!(sent["redirect_uri"], "https://psa.example.com/back");
    assert_eq!((sent["code_challenge_method"].as_str(), sent["code_challenge"].len()), ("S256", 43));
    assert!(sent["scope"].starts_with("offline_access ") && sent["scope"].ends_with("/.default"), "{sent:?}");
    assert!(request.url().contains(&format!("/login/{TENANT}/oauth2/v2.0/authorize?")));

    let state = &sent["state"];
    for wrong in ["code=c&state=forged", "code=c", "", &format!("state={state}"), "state=&code=c"] {
        let error = sign_in.redeem(&request, wrong).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected, "{wrong}");
    }
    let declined = format!("error=access_denied&error_description=AADSTS65004%3A+canary&state={state}");
    let error = sign_in.redeem(&request, &declined).await.unwrap_err();
    assert!(
        error.message().contains("declined the consent") && !error.message().contains("canary"),
        "{error}"
    );

    let mut answer = issued();
    answer["refresh_token"] = json!("canary-refresh");
    let mock = token()
        .and(body_string_contains("grant_type=authorization_code"))
        .and(body_string_contains("code=the-code"))
        .and(body_string_contains("code_verifier="))
        .and(body_string_contains(format!("client_secret={SECRET}")));
    tenant.expect("redeem", 1, mock, ok(&answer)).await;
    let back = format!("?code=the-code&state={state}&session_state=x");
    let done = sign_in.redeem(&request, &back).await.unwrap();
    assert!(!format!("{done:?} {request:?} {sign_in:?}").contains("canary"));
    assert_eq!(done.into_refresh_token().expose_secret(), "canary-refresh");
    let twice = sign_in.redeem(&request, &back).await.unwrap_err();
    assert!(twice.message().contains("ended already"), "{twice}");
}

fn device(tenant: &Tenant) -> crate::SignIn {
    let clock: Arc<dyn Clock> = Arc::new(tenant.clock.clone());
    bare(tenant).sign_in_with_clock(&clock).unwrap()
}

async fn begin_device(tenant: &Tenant) {
    let answer = json!({ "device_code": "canary-device", "user_code": "ABCD-EFGH", "interval": 5, "expires_in": 900,
        "verification_uri": "https://login.example.com/device", "message": "x" });
    let mock = Mock::given(method("POST")).and(path(format!("/login/{TENANT}/oauth2/v2.0/devicecode")));
    tenant.expect("device code", 1, mock, ok(&answer)).await;
}

#[tokio::test]
async fn a_device_is_asked_about_as_often_as_it_may_be() {
    let tenant = Tenant::start().await;
    begin_device(&tenant).await;
    let pending = |error: &str| ResponseTemplate::new(400).set_body_json(json!({ "error": error }));
    for error in ["authorization_pending", "slow_down", "authorization_pending"] {
        token().respond_with(pending(error)).up_to_n_times(1).expect(1).mount(&tenant.server).await;
    }
    let mut answer = issued();
    answer["refresh_token"] = json!("canary-refresh");
    let mock = token().and(body_string_contains("device_code=canary-device"));
    tenant.expect("device token", 1, mock, ok(&answer)).await;
    let sign_in = device(&tenant);
    let code = sign_in.device_code().await.unwrap();
    assert_eq!(
        (code.user_code(), code.verification_uri()),
        ("ABCD-EFGH", "https://login.example.com/device")
    );
    assert!(!format!("{code:?}").contains("canary"));
    sign_in.wait_for_device(&code).await.unwrap();
    assert_eq!(tenant.clock.slept(), Duration::from_secs(5 + 5 + 10 + 10));
}

#[tokio::test]
async fn a_device_code_that_nobody_enters_ends_in_time() {
    let tenant = Tenant::start().await;
    begin_device(&tenant).await;
    let pending = ResponseTemplate::new(400).set_body_json(json!({ "error": "authorization_pending" }));
    tenant.expect("device token", 180, token(), pending).await;
    let sign_in = device(&tenant);
    let code = sign_in.device_code().await.unwrap();
    let error = sign_in.wait_for_device(&code).await.unwrap_err();
    assert!(error.message().contains("in time"), "{error}");
}
