//! 180 requests a minute, whoever sends them.

use crate::client::Api;
use std::time::Duration;
use sync_sandbox::{Options, Vendor};

#[tokio::test(start_paused = true)]
async fn the_181st_request_of_a_minute_is_refused_without_saying_how_long() {
    let api = Api::with(Options::sized(12, 9).enforce_limits()).await;
    for _ in 0..180 {
        api.get("/me").await.is(200);
    }
    let refused = api.get("/me").await.is(429);
    assert!(refused.headers.get("retry-after").is_none());
    assert!(serde_json::from_str::<serde_json::Value>(&refused.text).is_err(), "it is no JSON");
    tokio::time::advance(Duration::from_secs(60)).await;
    api.get("/me").await.is(200);
    assert_eq!(api.sandbox.worst_window(Vendor::Syncro), 181);
}

#[tokio::test]
async fn a_made_up_limit_can_say_how_long() {
    let api = Api::start().await;
    api.sandbox.inject("syncro:429=7s".parse().unwrap());
    let refused = api.get("/contacts").await.is(429);
    assert_eq!(refused.headers["retry-after"], "7");
}

#[tokio::test]
async fn a_server_error_is_a_web_page() {
    let api = Api::start().await;
    for fault in ["500", "html-502", "503"] {
        api.sandbox.inject(format!("syncro:{fault}").parse().unwrap());
        assert!(api.get("/contacts").await.text.starts_with('<'), "{fault}");
    }
    api.sandbox.inject("syncro:401".parse().unwrap());
    assert!(!api.get("/contacts").await.is(401).text.contains("permission"));
}
