//! Listings that end, run in circles, leave the host, or never end.

use crate::support::{READ, client};
use futures::StreamExt as _;
use sync_core::{ErrorKind, Result};
use sync_http::{BearerToken, HttpClient, Method, Next, PageLimits, PageStep, Request, Response, paginate};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{any, body_string, header, method, path, query_param, query_param_is_missing},
};

fn first() -> Request {
    Request::new(Method::Get, "/users", READ, "list users").header("consistencylevel", "eventual")
}

/// The next link is the whole body, if there is one.
fn link_in_body(response: &Response) -> Result<Option<Next>> {
    let text = String::from_utf8(response.body().to_vec()).unwrap();
    Ok((!text.is_empty()).then_some(Next::Link(text)))
}

async fn steps(client: &HttpClient, first: Request, limits: PageLimits) -> Vec<Result<PageStep>> {
    paginate(client, first, link_in_body, limits).take(100).collect().await
}

#[tokio::test]
async fn links_are_followed_with_the_same_headers_to_an_explicit_end() {
    let server = MockServer::start().await;
    let link = format!("{}/users?$skiptoken=a%2Bb%2Fc%3D", server.uri());
    Mock::given(path("/users"))
        .and(header("consistencylevel", "eventual"))
        .and(query_param_is_missing("$skiptoken"))
        .respond_with(ResponseTemplate::new(200).set_body_string(&link))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/users"))
        .and(header("consistencylevel", "eventual"))
        .and(query_param("$skiptoken", "a+b/c="))
        .respond_with(ResponseTemplate::new(200).set_body_string("/users/last"))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/users/last")).respond_with(ResponseTemplate::new(200)).expect(1).mount(&server).await;
    let steps = steps(&client(&server.uri()), first(), PageLimits::default()).await;
    assert_eq!(steps.len(), 4);
    assert!(steps[..3].iter().all(|step| matches!(step, Ok(PageStep::Page(_)))));
    assert!(matches!(steps[3], Ok(PageStep::End { pages: 3 })));
}

#[tokio::test]
async fn a_next_link_to_another_host_port_or_scheme_sends_nothing_there() {
    let foreign = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&foreign).await;
    let port = foreign.address().port();
    let server = MockServer::start().await;
    let own = server.address().port();
    for link in [
        format!("http://127.0.0.1:{port}/users?canary"),
        format!("//127.0.0.1:{port}/users?canary"),
        format!("/\\127.0.0.1:{port}/users?canary"),
        format!("https://127.0.0.1:{own}/users?canary"),
        format!("http://localhost:{own}/users?canary"),
        format!("http://user:canary@127.0.0.1:{own}/users"),
        "users?canary".to_owned(),
        "ftp://elsewhere/canary".to_owned(),
    ] {
        server.reset().await;
        let page = ResponseTemplate::new(200).set_body_string(&link);
        Mock::given(any()).respond_with(page).expect(1).mount(&server).await;
        let client = HttpClient::builder(server.uri())
            .auth(std::sync::Arc::new(BearerToken::new("token".into())))
            .build()
            .unwrap();
        let steps = steps(&client, first(), PageLimits::default()).await;
        assert_eq!(steps.len(), 2, "{link}");
        let error = steps[1].as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        server.verify().await;
    }
}

#[tokio::test]
async fn a_listing_that_runs_in_a_circle_is_an_error_after_the_pages_read() {
    let server = MockServer::start().await;
    for (at, to) in [("/users", "/b"), ("/b", "/c"), ("/c", "/b")] {
        let page = ResponseTemplate::new(200).set_body_string(to);
        Mock::given(path(at)).respond_with(page).expect(1).mount(&server).await;
    }
    let steps = steps(&client(&server.uri()), first(), PageLimits::default()).await;
    assert_eq!(steps.len(), 4);
    let error = steps[3].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    assert!(error.message().contains("circle"), "{error}");
}

#[tokio::test]
async fn more_pages_than_the_cap_is_an_error_that_names_it() {
    let server = MockServer::start().await;
    let next = |request: &wiremock::Request| {
        let n: u32 = request.url.query().unwrap_or("0").parse().unwrap();
        ResponseTemplate::new(200).set_body_string(format!("/users?{}", n + 1))
    };
    Mock::given(any()).respond_with(next).expect(5).mount(&server).await;
    let steps = steps(&client(&server.uri()), first(), PageLimits { max_pages: 5 }).await;
    assert_eq!(steps.len(), 6);
    let error = steps[5].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
    assert!(error.message().contains("5 pages"), "{error}");
}

#[tokio::test]
async fn an_error_status_in_the_middle_is_never_an_end() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_string("/gone");
    Mock::given(path("/users")).respond_with(page).expect(1).mount(&server).await;
    Mock::given(path("/gone")).respond_with(ResponseTemplate::new(404)).expect(1).mount(&server).await;
    let steps = steps(&client(&server.uri()), first(), PageLimits::default()).await;
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[1].as_ref().unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_posted_listing_repeats_its_body_and_may_change_it() {
    let server = MockServer::start().await;
    for (body, n) in [("\"one\"", 1), ("\"two\"", 1)] {
        Mock::given(method("POST"))
            .and(body_string(body))
            .respond_with(ResponseTemplate::new(200).set_body_string(body))
            .expect(n)
            .mount(&server)
            .await;
    }
    let request = |body| Request::new(Method::Post, "/query", READ, "list users").json(body);
    let next = |response: &Response| {
        Ok((response.body().as_ref() == b"\"one\"").then(|| Next::Request(Box::new(request("two")))))
    };
    let client = client(&server.uri());
    let steps: Vec<_> =
        paginate(&client, request("one"), next, PageLimits::default()).take(10).collect().await;
    assert_eq!(steps.len(), 3);
    assert!(matches!(steps[2], Ok(PageStep::End { pages: 2 })));
}
