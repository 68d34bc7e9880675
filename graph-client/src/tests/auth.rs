//! Tokens: how many, when anew, and what a refusal says.

use super::*;
use std::time::Duration;
use sync_core::{ErrorKind, Retry};
use wiremock::matchers::{body_string_contains, header_exists};

fn issued(token: &str, seconds: u64) -> ResponseTemplate {
    ok(
        &json!({ "token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token }),
    )
}

fn users_with(token: &str) -> MockBuilder {
    Mock::given(method("GET"))
        .and(path("/v1.0/users"))
        .and(header("authorization", format!("Bearer {token}").as_str()))
}

#[tokio::test]
async fn the_token_is_for_one_tenant_and_one_resource() {
    let tenant = Tenant::start().await;
    let scope = url::form_urlencoded::byte_serialize(format!("{}/.default", tenant.server.uri()).as_bytes())
        .collect::<String>();
    let mock = token()
        .and(header("content-type", "application/x-www-form-urlencoded"))
        .and(header_exists("client-request-id"))
        .and(body_string_contains("grant_type=client_credentials"))
        .and(body_string_contains(format!("client_id={CLIENT}")))
        .and(body_string_contains(format!("client_secret={SECRET}")))
        .and(body_string_contains(format!("scope={scope}")));
    tenant.expect("token", 1, mock, issued(TOKEN, 3599)).await;
    tenant.skus(1).await;
    tenant.first_page(1, page(&users(0..1), Some(1), None)).await;
    let directory = tenant.directory();
    read(&directory, &UserQuery::all()).await.complete();
    let shown = format!("{directory:?} {:?}", tenant.config());
    assert!(!shown.contains("canary") && shown.contains(TENANT), "{shown}");
}

#[tokio::test]
async fn listings_at_the_same_time_share_one_token() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    tenant.skus(3).await;
    tenant.first_page(3, page(&users(0..1), Some(1), None)).await;
    let (directory, query) = (tenant.directory(), UserQuery::all());
    let all = futures::join!(read(&directory, &query), read(&directory, &query), read(&directory, &query));
    for read in [all.0, all.1, all.2] {
        read.complete();
    }
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_its_end() {
    let tenant = Tenant::start().await;
    tenant.expect("token", 2, token(), issued(TOKEN, 3600)).await;
    tenant.skus(3).await;
    tenant.first_page(3, page(&users(0..1), Some(1), None)).await;
    let (directory, query) = (tenant.directory(), UserQuery::all());
    read(&directory, &query).await.complete();
    tenant.clock.advance(Duration::from_secs(3600 - 310));
    read(&directory, &query).await.complete();
    tenant.clock.advance(Duration::from_secs(20));
    read(&directory, &query).await.complete();
}

#[tokio::test]
async fn a_token_refused_in_the_middle_is_renewed_once_and_the_listing_goes_on() {
    let tenant = Tenant::start().await;
    token().respond_with(issued(TOKEN, 3599)).up_to_n_times(1).expect(1).mount(&tenant.server).await;
    tenant.expect("second token", 1, token(), issued("second", 3599)).await;
    tenant.skus(1).await;
    tenant.first_page(1, page(&users(0..1), Some(3), Some(tenant.link("p2")))).await;
    tenant.page("p2", 1, refused(401, "InvalidAuthenticationToken")).await;
    let with_second = |page| users_with("second").and(query_param("$skiptoken", page));
    let rest = page(&users(1..2), None, Some(tenant.link("p3")));
    tenant.expect("page 2 again", 1, with_second("p2"), rest).await;
    tenant.expect("page 3", 1, with_second("p3"), page(&users(2..3), None, None)).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!((read.complete().reported_count, read.present.len()), (Some(3), 3));
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_too_ends_the_listing() {
    let tenant = Tenant::start().await;
    tenant.token(2).await;
    tenant
        .expect("products", 2, graph("/v1.0/subscribedSkus"), refused(401, "InvalidAuthenticationToken"))
        .await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!((read.error().kind(), read.error().retry()), (ErrorKind::Unauthenticated, Retry::Never));
}

#[tokio::test]
async fn a_refused_token_request_says_what_to_mend_and_is_not_repeated() {
    for (status, name, code, says) in [
        (401, "invalid_client", 7_000_215, "client secret is wrong"),
        (401, "invalid_client", 7_000_222, "expired"),
        (400, "unauthorized_client", 700_016, "not in this tenant"),
        (400, "invalid_request", 90_002, "tenant was not found"),
    ] {
        let tenant = Tenant::start().await;
        let body = json!({ "error": name, "error_codes": [code], "trace_id": "trace-1",
            "error_description": format!("AADSTS{code}: canary@contoso.example.com") });
        tenant.expect("token", 1, token(), ResponseTemplate::new(status).set_body_json(body)).await;
        let read = read(&tenant.directory(), &UserQuery::all()).await;
        assert_eq!(read.error().kind(), ErrorKind::Unauthenticated, "{code}");
        assert!(read.error().message().contains(says), "{}", read.error());
        assert_eq!(read.error().request_id(), Some("trace-1"));
    }
}

#[tokio::test]
async fn an_outage_of_the_identity_platform_is_ridden_out() {
    let tenant = Tenant::start().await;
    let busy = ResponseTemplate::new(503).set_body_json(json!({ "error": "temporarily_unavailable" }));
    token().respond_with(busy).up_to_n_times(2).expect(2).mount(&tenant.server).await;
    tenant.token(1).await;
    tenant.skus(1).await;
    tenant.first_page(1, page(&users(0..1), Some(1), None)).await;
    read(&tenant.directory(), &UserQuery::all()).await.complete();
}

#[tokio::test]
async fn a_tenant_given_by_domain_is_found_once_and_anchored_by_its_id() {
    let tenant = Tenant::start().await;
    let by_domain = Mock::given(method("POST")).and(path("/login/contoso.example.com/oauth2/v2.0/token"));
    tenant.expect("token", 1, by_domain, issued(TOKEN, 3599)).await;
    let configuration = "/login/contoso.example.com/v2.0/.well-known/openid-configuration";
    let issuer = format!("https://login.microsoftonline.com/{}/v2.0", TENANT.to_uppercase());
    let found = ok(&json!({ "issuer": issuer, "token_endpoint": "x" }));
    tenant.expect("tenant", 1, Mock::given(method("GET")).and(path(configuration)), found).await;
    tenant.skus(2).await;
    tenant.first_page(2, page(&users(0..1), Some(1), None)).await;
    let mut config = tenant.config();
    config.tenant_id = "Contoso.example.com".into();
    let directory = tenant.connect(config);
    for _ in 0..2 {
        let read = read(&directory, &UserQuery::all()).await;
        read.complete();
        assert_eq!(read.present[0].anchor.directory(), format!("entra:{TENANT}:"));
    }
}

#[tokio::test]
async fn a_domain_that_no_tenant_has_is_said_so() {
    let tenant = Tenant::start().await;
    let configuration = "/login/contoso.example.com/v2.0/.well-known/openid-configuration";
    let unknown = ResponseTemplate::new(400)
        .set_body_json(json!({ "error": "invalid_tenant", "error_codes": [90002] }));
    tenant.expect("tenant", 1, Mock::given(method("GET")).and(path(configuration)), unknown).await;
    let mut config = tenant.config();
    config.tenant_id = "contoso.example.com".into();
    let read = read(&tenant.connect(config), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::Unauthenticated);
    assert!(read.error().message().contains("tenant was not found"), "{}", read.error());
}
