//! The retry table: cell by cell as a function, row by row over sockets.

use crate::support::{Act, CREATE, CREATE_429_SAFE, GOOD, READ, Raw, SET, builder, client, request};
use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};
use sync_core::{ErrorKind, Retry};
use sync_http::{
    Decision, Failure, Feedback, Headers, Idempotency, JumpClock, ResponseHook, RetryPolicy, Verdict, decide,
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

#[test]
fn every_cell_of_the_table_is_as_designed() {
    use Decision::{Final, Indeterminate, RepeatRefreshed, Retry, Wait};
    let columns = [READ, SET, CREATE_429_SAFE, CREATE];
    let rows = [
        (Failure::NotSent, [Retry, Retry, Retry, Retry]),
        (Failure::NoAnswer, [Retry, Retry, Indeterminate, Indeterminate]),
        (Failure::BrokenBody, [Retry, Retry, Indeterminate, Indeterminate]),
        (Failure::RateLimited, [Wait, Wait, Wait, Indeterminate]),
        (Failure::UnavailableUntil, [Wait, Wait, Indeterminate, Indeterminate]),
        (Failure::ServerError, [Retry, Retry, Indeterminate, Indeterminate]),
        (Failure::Unauthorized { refreshable: true }, [RepeatRefreshed; 4]),
        (Failure::Unauthorized { refreshable: false }, [Final; 4]),
        (Failure::Refused, [Final; 4]),
    ];
    for (failure, decisions) in rows {
        for (idempotency, expected) in columns.into_iter().zip(decisions) {
            assert_eq!(decide(failure, idempotency), expected, "{failure:?} {idempotency:?}");
        }
    }
}

/// A server that answers `first` once and then 200.
async fn once(first: ResponseTemplate, first_calls: u64, then_calls: u64) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(first).up_to_n_times(1).expect(first_calls).mount(&server).await;
    let good = ResponseTemplate::new(200).set_body_string("true");
    Mock::given(any()).respond_with(good).expect(then_calls).mount(&server).await;
    server
}

#[tokio::test]
async fn a_server_error_is_repeated_for_reads_and_set_to_value_only() {
    for status in [500, 502, 503, 504] {
        for idempotency in [READ, SET] {
            let server = once(ResponseTemplate::new(status), 1, 1).await;
            let response = client(&server.uri()).send(request(idempotency)).await.unwrap();
            assert_eq!((response.status(), response.attempts()), (200, 2));
        }
        for idempotency in [CREATE, CREATE_429_SAFE] {
            let server = once(ResponseTemplate::new(status), 1, 0).await;
            let response = client(&server.uri()).send(request(idempotency)).await.unwrap();
            assert_eq!((response.status(), response.attempts()), (status, 1));
            let error = response.error_for_status().unwrap_err();
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Indeterminate, Retry::Never));
        }
    }
}

#[tokio::test]
async fn attempts_end_at_the_limit_and_the_last_answer_is_returned() {
    for (idempotency, kind) in [(READ, ErrorKind::Unavailable), (SET, ErrorKind::Indeterminate)] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(ResponseTemplate::new(500)).expect(3).mount(&server).await;
        let response = client(&server.uri()).send(request(idempotency)).await.unwrap();
        assert_eq!((response.status(), response.attempts()), (500, 3));
        let error = response.error_for_status().unwrap_err();
        assert_eq!((error.kind(), error.retry()), (kind, Retry::Safe));
        assert!(error.to_string().contains("after 3 attempts"), "{error}");
    }
}

#[tokio::test]
async fn a_429_waits_as_long_as_asked_in_seconds() {
    for idempotency in [READ, SET, CREATE_429_SAFE] {
        let server = once(ResponseTemplate::new(429).insert_header("retry-after", "37"), 1, 1).await;
        let (builder, clock) = builder(&server.uri());
        let response = builder.build().unwrap().send(request(idempotency)).await.unwrap();
        assert_eq!((response.status(), response.attempts()), (200, 2));
        assert!(clock.slept() >= Duration::from_secs(37) && clock.slept() < Duration::from_secs(38));
    }
}

#[tokio::test]
async fn a_429_waits_as_long_as_asked_with_a_date_on_the_servers_clock() {
    let first = ResponseTemplate::new(429)
        .insert_header("date", "Tue, 15 Nov 1994 09:00:00 GMT")
        .insert_header("retry-after", "Tue, 15 Nov 1994 09:00:20 GMT");
    let server = once(first, 1, 1).await;
    let (builder, clock) = builder(&server.uri());
    builder.build().unwrap().send(request(READ)).await.unwrap();
    // wiremock's server puts its own Date beside an explicit one only if there is none; either way a wait of the
    // difference between the two fixed dates proves that ours was read.
    assert_eq!(clock.slept().as_secs(), 20);
}

#[tokio::test]
async fn a_create_is_not_repeated_after_a_429_that_may_have_acted() {
    let server = once(ResponseTemplate::new(429).insert_header("retry-after", "1"), 1, 0).await;
    let response = client(&server.uri()).send(request(CREATE)).await.unwrap();
    assert_eq!(response.error_for_status().unwrap_err().kind(), ErrorKind::Indeterminate);
}

#[tokio::test]
async fn a_503_with_retry_after_waits_for_reads_and_is_unknown_for_creates() {
    let busy = || ResponseTemplate::new(503).insert_header("retry-after", "11");
    for idempotency in [READ, SET] {
        let server = once(busy(), 1, 1).await;
        let (builder, clock) = builder(&server.uri());
        let response = builder.build().unwrap().send(request(idempotency)).await.unwrap();
        assert_eq!(response.attempts(), 2);
        assert_eq!(clock.slept().as_secs(), 11);
    }
    for idempotency in [CREATE, CREATE_429_SAFE] {
        let server = once(busy(), 1, 0).await;
        let response = client(&server.uri()).send(request(idempotency)).await.unwrap();
        assert_eq!(response.error_for_status().unwrap_err().kind(), ErrorKind::Indeterminate);
    }
}

#[tokio::test]
async fn a_retry_after_over_the_cap_ends_at_once_and_holds_back_every_other_request() {
    let server = once(ResponseTemplate::new(429).insert_header("retry-after", "121"), 1, 0).await;
    let (builder, clock) = builder(&server.uri());
    let client = builder.build().unwrap();
    let error = client.send(request(READ)).await.unwrap().error_for_status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(121)));
    assert_eq!(clock.slept(), Duration::ZERO);
    // Another request of the same client learns it from the shared pause; nothing is sent.
    let error = client.clone().send(request(CREATE)).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::RateLimited, "create contact"));
    assert!(matches!(error.retry(), Retry::After(left) if left.as_secs() == 121), "{error:?}");
    // When it is over, the client works again.
    clock.advance(Duration::from_secs(122));
    assert!(client.limiter().paused_for().is_none());
}

#[tokio::test]
async fn a_retry_after_beyond_the_deadline_ends_with_rate_limited() {
    let server = MockServer::start().await;
    let limited = ResponseTemplate::new(429).insert_header("retry-after", "25");
    Mock::given(any()).respond_with(limited).expect(3).mount(&server).await;
    let policy = RetryPolicy {
        max_attempts: 100,
        max_rate_limited: 100,
        deadline: Duration::from_secs(60),
        ..RetryPolicy::default()
    };
    let (builder, clock) = builder(&server.uri());
    let client = builder.retry(policy).build().unwrap();
    let error = client.send(request(READ)).await.unwrap().error_for_status().unwrap_err();
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::RateLimited, Retry::After(Duration::from_secs(25)))
    );
    assert_eq!(clock.slept().as_secs(), 50);
}

#[tokio::test]
async fn other_client_errors_are_final() {
    let cases = [
        (400, ErrorKind::Rejected),
        (403, ErrorKind::PermissionDenied),
        (404, ErrorKind::NotFound),
        (409, ErrorKind::PreconditionFailed),
        (412, ErrorKind::PreconditionFailed),
        (422, ErrorKind::Rejected),
    ];
    for (status, kind) in cases {
        for idempotency in [READ, SET, CREATE] {
            let server = once(ResponseTemplate::new(status), 1, 0).await;
            let response = client(&server.uri()).send(request(idempotency)).await.unwrap();
            assert_eq!((response.status(), response.attempts()), (status, 1));
            let error = response.error_for_status().unwrap_err();
            assert_eq!((error.kind(), error.retry()), (kind, Retry::Never));
        }
    }
}

#[tokio::test]
async fn a_lost_connection_is_repeated_for_reads_and_set_to_value() {
    for idempotency in [READ, SET] {
        let server = Raw::start(&[Act::Close, GOOD]).await;
        let response = client(&server.url).send(request(idempotency)).await.unwrap();
        assert_eq!((response.status(), response.attempts(), server.count()), (200, 2, 2));
    }
}

#[tokio::test]
async fn a_create_is_never_repeated_after_a_lost_connection() {
    for idempotency in [CREATE, CREATE_429_SAFE] {
        let server = Raw::start(&[Act::Close, GOOD]).await;
        let error = client(&server.url).send(request(idempotency)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.retry(), server.count()),
            (ErrorKind::Indeterminate, Retry::Never, 1)
        );
    }
}

#[tokio::test]
async fn a_create_is_never_repeated_after_a_time_out() {
    let server = Raw::start(&[Act::Stall, GOOD]).await;
    let (builder, _) = builder(&server.url);
    let client = builder.timeout(Duration::from_millis(80)).build().unwrap();
    let error = client.send(request(CREATE)).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Indeterminate, 1));
    assert!(error.message().contains("time limit"), "{error}");
}

#[tokio::test]
async fn a_time_out_is_repeated_for_reads() {
    let server = Raw::start(&[Act::Stall, GOOD]).await;
    let (builder, _) = builder(&server.url);
    let client = builder.timeout(Duration::from_millis(80)).build().unwrap();
    let response = client.send(request(READ)).await.unwrap();
    assert_eq!((response.attempts(), server.count()), (2, 2));
}

const CUT: Act = Act::Say("HTTP/1.1 201 Created\r\ncontent-length: 400\r\nconnection: close\r\n\r\n{\"id\":");

#[tokio::test]
async fn a_body_that_breaks_off_is_repeated_for_reads_and_unknown_for_creates() {
    for idempotency in [READ, SET] {
        let server = Raw::start(&[CUT, GOOD]).await;
        let response = client(&server.url).send(request(idempotency)).await.unwrap();
        assert_eq!((response.attempts(), server.count()), (2, 2));
    }
    let server = Raw::start(&[CUT, GOOD]).await;
    let error = client(&server.url).send(request(CREATE)).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Indeterminate, 1));
}

#[tokio::test]
async fn a_write_that_never_got_an_answer_is_indeterminate_but_safe_to_repeat_if_it_sets_values() {
    let server = Raw::start(&[Act::Close]).await;
    let error = client(&server.url).send(request(SET)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry(), server.count()), (ErrorKind::Indeterminate, Retry::Safe, 3));
    let error = client(&server.url).send(request(READ)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Safe));
}

#[tokio::test]
async fn a_refused_connection_was_not_sent_so_even_a_create_is_repeated_and_then_unavailable() {
    let unused = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    for idempotency in [READ, SET, CREATE] {
        let (builder, clock) = builder(&format!("http://{unused}"));
        let error = builder.build().unwrap().send(request(idempotency)).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Safe));
        assert!(error.message().contains("attempt 3"), "{error}");
        assert!(clock.slept() > Duration::ZERO);
    }
}

#[tokio::test]
async fn a_failed_tls_handshake_was_not_sent() {
    let server = Raw::start(&[Act::Blurt("this is no TLS")]).await;
    let base = server.url.replace("http:", "https:");
    let error = client(&base).send(request(CREATE)).await.unwrap_err();
    assert_eq!((error.kind(), server.count()), (ErrorKind::Unavailable, 3));
}

#[derive(Debug)]
struct FiveHundredMeansInvalid;

impl ResponseHook for FiveHundredMeansInvalid {
    fn verdict(&self, status: u16, _: &Headers, body: &[u8]) -> Verdict {
        match (status, body) {
            (500, b"invalid") => Verdict::Final,
            (500, b"too fast") => Verdict::RateLimited,
            _ => Verdict::AsStatus,
        }
    }
}

#[tokio::test]
async fn a_vendor_hook_can_make_a_500_final_or_rate_limited() {
    let with = |server: &MockServer| {
        let (builder, clock) = builder(&server.uri());
        (builder.hook(Arc::new(FiveHundredMeansInvalid)).build().unwrap(), clock)
    };
    let server = once(ResponseTemplate::new(500).set_body_string("invalid"), 1, 0).await;
    let response = with(&server).0.send(request(SET)).await.unwrap();
    assert_eq!((response.status(), response.attempts()), (500, 1));

    let server = once(ResponseTemplate::new(500).set_body_string("too fast"), 1, 1).await;
    let response = with(&server).0.send(request(CREATE_429_SAFE)).await.unwrap();
    assert_eq!((response.status(), response.attempts()), (200, 2));

    let server = MockServer::start().await;
    let fast = ResponseTemplate::new(500).set_body_string("too fast");
    Mock::given(any()).respond_with(fast).expect(3).mount(&server).await;
    let error = with(&server).0.send(request(READ)).await.unwrap().error_for_status().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}

#[derive(Debug)]
struct Remaining;

impl ResponseHook for Remaining {
    fn feedback(&self, _: u16, headers: &Headers) -> Option<Feedback> {
        let number = |name| headers.get(name).and_then(|value| value.parse().ok());
        Some(Feedback {
            remaining: number("x-left")?,
            reset: number("x-reset").map(|s| Duration::from_secs(s.into())),
        })
    }
}

#[tokio::test]
async fn the_vendors_own_count_in_a_success_holds_the_next_request_back() {
    let last = ResponseTemplate::new(200).insert_header("x-left", "0").insert_header("x-reset", "30");
    let server = once(last, 1, 1).await;
    let (builder, clock) = builder(&server.uri());
    let client = builder.hook(Arc::new(Remaining)).build().unwrap();
    client.send(request(READ)).await.unwrap();
    assert_eq!(clock.slept(), Duration::ZERO);
    client.send(request(READ)).await.unwrap();
    assert_eq!(clock.slept(), Duration::from_secs(30));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_only_its_host_is_named() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&elsewhere).await;
    let cases: [(u16, Idempotency, ErrorKind); 4] = [
        (302, READ, ErrorKind::UnexpectedResponse),
        (307, CREATE, ErrorKind::UnexpectedResponse),
        (303, CREATE, ErrorKind::Indeterminate),
        (308, SET, ErrorKind::UnexpectedResponse),
    ];
    for (status, idempotency, kind) in cases {
        let target = format!("{}/login?canary=secret", elsewhere.uri());
        let server = once(ResponseTemplate::new(status).insert_header("location", &*target), 1, 0).await;
        let error = client(&server.uri()).send(request(idempotency)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(elsewhere.address().to_string().as_str()), "{text}");
        assert!(!text.contains("login") && !text.contains("canary"), "{text}");
    }
}

#[test]
fn a_jump_clock_counts_what_it_slept() {
    let clock = JumpClock::new(UNIX_EPOCH);
    clock.advance(Duration::from_micros(1));
    assert_eq!(clock.slept(), Duration::from_millis(1));
}
