//! Threads, the hourly threshold, and answers that come later.

use crate::client::{Answer, Api};
use serde_json::json;
use std::time::{Duration, Instant};
use sync_sandbox::Options;

#[tokio::test]
async fn a_fourth_thread_at_one_endpoint_is_refused_in_words_and_another_endpoint_is_not() {
    let api = Api::with(Options::sized(12, 8).latency(Duration::from_millis(200)).enforce_limits()).await;
    let query = || api.contacts(json!([{"op": "gte", "field": "id", "value": 0}]));
    let (a, b, c, d, other) =
        tokio::join!(query(), query(), query(), query(), api.get("Countries/entityInformation/fields"));
    let refused: Vec<&Answer> = [&a, &b, &c, &d].into_iter().filter(|answer| answer.status == 500).collect();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].text.contains("Thread Threshold Exceeded"), "{}", refused[0].text);
    other.is(200);
    assert_eq!((api.inside().most_at_once(), api.inside().refused()), (3, 1));
}

#[tokio::test]
async fn the_threshold_counts_every_integration_and_itself_and_cuts_off_at_its_end() {
    let api = Api::with(Options::sized(12, 8).enforce_limits()).await;
    api.inside().set_delay_when_busy(Duration::ZERO);
    api.inside().set_threshold(20);
    let used =
        async || api.get("ThresholdInformation").await.is(200).json()["currentTimeframeRequestCount"].clone();
    assert_eq!(used().await, 1);
    api.get("Contacts/1").await.is(200);
    api.inside().other_integration(15);
    let told = api.get("thresholdinformation").await.is(200).json();
    assert_eq!(
        told,
        json!({"externalRequestThreshold": 20, "requestThresholdTimeframe": 60, "currentTimeframeRequestCount": 18})
    );
    api.get("Contacts/1").await.is(200);
    api.get("Contacts/1").await.is(200);
    api.get("Contacts/1").await.refuses(429, "threshold");
    assert_eq!(api.inside().used(), 20, "what is refused is not counted");
    api.sandbox.advance_clock(Duration::from_secs(3600));
    api.get("Contacts/1").await.is(200);
    assert_eq!(api.inside().used(), 1);
}

#[tokio::test]
async fn answers_come_later_from_half_of_the_threshold_on_and_later_still_from_three_quarters() {
    const DELAY: Duration = Duration::from_millis(60);
    let api = Api::with(Options::sized(12, 8).enforce_limits()).await;
    api.inside().set_threshold(100);
    api.inside().set_delay_when_busy(DELAY);
    let took = async || {
        let began = Instant::now();
        api.get("Contacts/1").await.is(200);
        began.elapsed()
    };
    took().await;
    api.inside().other_integration(50);
    assert!(took().await >= DELAY);
    api.inside().other_integration(25);
    assert!(took().await >= DELAY * 2);
}

#[tokio::test]
async fn looking_up_the_zone_costs_nothing() {
    let api = Api::start().await;
    let user = &api.sandbox.autotask().username;
    let asked =
        api.bare(reqwest::Method::GET, "ATServicesRest/v1.0/zoneInformation").query(&[("user", user)]);
    crate::client::send(asked).await.is(200);
    assert_eq!(api.inside().used(), 0);
}
