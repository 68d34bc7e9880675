//! What goes out: URLs, encoding, headers, and what is refused before anything goes out.

use crate::support::{READ, builder, client, request};
use std::{sync::Arc, time::Duration};
use sync_core::ErrorKind;
use sync_http::{BearerToken, HttpClient, Limiter, Method, Request};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, header, header_exists},
};

#[test]
fn a_base_url_is_https_or_loopback_without_user_info() {
    for good in [
        "https://api.example.com",
        "https://api.example.com:8443/v4_6_release/apis/3.0",
        "http://localhost:8080",
        "http://127.0.0.1",
        "http://127.8.9.10:1",
        "http://[::1]:99/x",
    ] {
        assert!(HttpClient::builder(good).build().is_ok(), "{good}");
    }
    for bad in [
        "",
        "api.example.com",
        "http://api.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "http://[::2]",
        "http://0.0.0.0",
        "ftp://example.com",
        "file:///etc/passwd",
        "https://canary:canary@api.example.com",
        "https://canary@api.example.com",
        "https://api.example.com/?canary=1",
        "https://api.example.com/#canary",
        "https://",
    ] {
        let error = HttpClient::builder(bad).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{bad}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[test]
fn a_header_or_certificate_that_cannot_be_used_is_refused_without_being_quoted() {
    let base = "https://api.example.com";
    for error in [
        HttpClient::builder(base).secret_header("x-key", "canary\n".into()).build().unwrap_err(),
        HttpClient::builder(base).header("bad name", "canary").build().unwrap_err(),
        HttpClient::builder(base).root_certificate_pem(b"canary").build().unwrap_err(),
        HttpClient::builder(base)
            .root_certificate_pem(b"-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----\n")
            .build()
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn paths_segments_and_queries_arrive_as_meant() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(5).mount(&server).await;
    let client = client(&format!("{}/v1.0/", server.uri()));
    let get = |path: &str| Request::new(Method::Get, path, READ, "get");
    let requests = [
        get("users/{}/photo").segment("ann#x/../b@example.com"),
        get("/users").query("$filter", "name eq 'O''Neil & Söhne' + 1").query("$top", 999),
        get("/users?$deltatoken=latest").query("b", "=?#"),
        get("//evil.example.com/users"),
        get("users/{}").segment("..%2f"),
    ];
    for request in requests {
        client.send(request).await.unwrap();
    }
    let other = client.with_base_path("/v4_6/apis").unwrap();
    assert_eq!(other.host(), client.host());
    let seen: Vec<String> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|r| r.url[url::Position::BeforePath..].to_owned())
        .collect();
    assert_eq!(
        seen,
        [
            "/v1.0/users/ann%23x%2F..%2Fb%40example.com/photo",
            "/v1.0/users?$filter=name%20eq%20%27O%27%27Neil%20%26%20S%C3%B6hne%27%20%2B%201&$top=999",
            "/v1.0/users?$deltatoken=latest&b=%3D%3F%23",
            "/v1.0/evil.example.com/users",
            "/v1.0/users/..%252f",
        ]
    );
}

#[tokio::test]
async fn a_request_that_cannot_be_built_sends_nothing() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let client = client(&format!("{}/v1.0/", server.uri()));
    let get = |path: &str| Request::new(Method::Get, path, READ, "get");
    for request in [
        get("users/{}"),
        get("users/{}").segment("a").segment("b"),
        get("users/{}").segment(""),
        get("users/{}").segment(".."),
        get("../admin"),
        get("users/..\\..\\..\\admin"),
        get("users").header("x", "canary\r\ny: z"),
        get("users").json(&std::collections::BTreeMap::from([(vec![1], 2)])),
    ] {
        let error = client.send(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other, "{error}");
        assert!(error.message().contains("nothing was sent"), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}

#[tokio::test]
async fn request_headers_win_over_client_headers_and_one_id_is_sent_over_all_attempts() {
    let server = MockServer::start().await;
    Mock::given(header("accept", "mine"))
        .and(header("user-agent", "contoso/1"))
        .and(header_exists("client-request-id"))
        .respond_with(ResponseTemplate::new(500).insert_header("request-id", "abc-1"))
        .expect(3)
        .mount(&server)
        .await;
    let (builder, _) = builder(&server.uri());
    let client = builder
        .user_agent("contoso/1")
        .header("accept", "theirs")
        .client_request_id_header("client-request-id")
        .build()
        .unwrap();
    let request = Request::new(Method::Get, "x", READ, "get").header("accept", "mine");
    let response = client.send(request).await.unwrap();
    assert_eq!(response.request_id(), Some("abc-1"));
    assert_eq!(response.error_for_status().unwrap_err().request_id(), Some("abc-1"));
    let ids: std::collections::BTreeSet<_> = server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|r| r.headers["client-request-id"].to_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test]
async fn a_client_under_another_limit_has_a_pace_of_its_own_and_the_same_credentials() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", "Bearer made-up"))
        .respond_with(ResponseTemplate::new(200))
        .expect(3)
        .mount(&server)
        .await;
    let (builder, clock) = builder(&server.uri());
    let hourly = || {
        let limiter = Limiter::builder().window(1, Duration::from_secs(3600)).margin(Duration::ZERO);
        limiter.clock(Arc::new(clock.clone())).build().unwrap()
    };
    let auth = Arc::new(BearerToken::new("made-up".into()));
    let first = builder.auth(auth).limiter(hourly()).build().unwrap();
    let second = first.with_limiter(hourly());
    for client in [&first, &second] {
        client.send(request(READ)).await.unwrap();
    }
    assert_eq!(clock.slept(), Duration::ZERO, "each has its own");
    second.send(request(READ)).await.unwrap();
    assert!(clock.slept() >= Duration::from_secs(3600));
}
