//! Starting and stopping.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use reqwest::RequestBuilder;
use sync_sandbox::{Options, Sandbox, Vendor};

use crate::Api;

#[tokio::test]
async fn only_loopback_addresses_are_listened_on() {
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let options = Options::sized(1, 0).listen(address.parse().unwrap());
        let error = Sandbox::start(options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{address}");
    }
}

#[tokio::test]
async fn equal_seeds_make_equal_worlds_and_credentials() {
    let (one, two) = (Api::start().await, Api::start().await);
    assert_eq!(one.sandbox.users(), two.sandbox.users());
    assert_eq!(one.sandbox.graph().client_secret, two.sandbox.graph().client_secret);
    let other = Api::of(Options::sized(40, 32).seed(43)).await;
    assert_ne!(one.sandbox.users(), other.sandbox.users());
    assert_ne!(one.sandbox.graph().client_secret, other.sandbox.graph().client_secret);
}

/// Whether the sandbox of that request answers. Another one may have got its port, but knows no token of this seed.
async fn answers(request: &RequestBuilder) -> bool {
    request.try_clone().unwrap().send().await.is_ok_and(|answer| answer.status() == 200)
}

#[tokio::test]
async fn a_shut_down_sandbox_answers_no_more() {
    let api = Api::of(Options::sized(5, 5).seed(7001)).await;
    let request = api.get("users");
    assert!(answers(&request).await);
    api.sandbox.shutdown().await;
    assert!(!answers(&request).await, "an open connection is closed, a new one refused");
}

#[tokio::test]
async fn a_dropped_sandbox_answers_no_more() {
    let api = Api::of(Options::sized(5, 5).seed(7002)).await;
    let request = api.get("users");
    assert!(answers(&request).await);
    drop(api);
    let gone = async {
        while answers(&request).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.unwrap();
}

#[tokio::test]
async fn unwanted_vendors_are_not_served() {
    let api = Api::of(Options::sized(5, 5).vendors(&[Vendor::Graph])).await;
    api.body("users").await;
    assert_eq!(api.client.get(api.contacts("contacts")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn latency_is_added_to_every_answer() {
    let api = Api::of(Options::sized(5, 5).latency(Duration::from_millis(40))).await;
    let started = Instant::now();
    api.body("organization").await;
    api.body("organization").await;
    assert!(started.elapsed() >= Duration::from_millis(80));
}
