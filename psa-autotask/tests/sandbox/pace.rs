//! The figures: how fast, how many at once, and what is left to others.

use crate::support::{World, company, fields, new_person};
use futures::{StreamExt as _, stream};
use psa_autotask::Autotask;
use std::time::Duration;
use sync_core::{ErrorKind, Psa as _};
use sync_sandbox::{Options, Vendor};
use tokio::time::Instant;

/// Writes `n` contacts, eight at a time as the engine does, and answers how long that took.
async fn create(psa: &Autotask, n: u32) -> Duration {
    let began = Instant::now();
    let results: Vec<_> = stream::iter(0..n)
        .map(|n| {
            let person = new_person(&format!("n{n}@contoso.example"));
            async move { psa.create(&company(), &person, "key").await.map(drop) }
        })
        .buffer_unordered(8)
        .collect()
        .await;
    let failed = results.iter().find(|result| result.is_err());
    assert!(failed.is_none(), "{failed:?}");
    began.elapsed()
}

// Client and server run in one thread on one paused clock: waiting takes no time, and what is measured is exact.

#[tokio::test(start_paused = true)]
async fn creates_with_latency_finish_within_a_tenth_of_the_ideal_and_never_exceed_the_threads() {
    const LATENCY: Duration = Duration::from_millis(80);
    const CREATES: u32 = 600;
    let world = World::with(Options::sized(40, 32).latency(LATENCY).enforce_limits()).await;
    let mut config = world.config();
    config.concurrency = 3;
    let psa = config.connect().unwrap();
    psa.capabilities().await.unwrap();
    let took = create(&psa, CREATES).await;
    assert_eq!((world.data().most_at_once(), world.data().refused()), (3, 0));
    let ideal = LATENCY * CREATES / 3;
    assert!(took >= ideal && took <= ideal.mul_f64(1.1), "{took:?} for an ideal of {ideal:?}");
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_two_thousand_uses_97_percent_of_the_allowed_rate_and_is_never_refused() {
    // Two hours allow 2,060 requests: with less than 97 % of them used for changes, there would be a third hour.
    const ALLOWED: u64 = 1_030;
    let world = World::with(Options::sized(40, 32).enforce_limits()).await;
    world.data().set_delay_when_busy(Duration::ZERO);
    world.data().set_threshold(ALLOWED);
    let psa = world.psa();
    psa.capabilities().await.unwrap();
    let took = create(&psa, 2_000).await;
    assert!(took > Duration::from_secs(3_599) && took < Duration::from_secs(3_660), "{took:?}");
    assert_eq!((world.data().refused(), world.sandbox.worst_window(Vendor::Autotask)), (0, ALLOWED));
}

#[tokio::test(start_paused = true)]
async fn with_another_integration_eating_half_of_the_budget_it_backs_off_and_finishes() {
    let world = World::with(Options::sized(40, 32).enforce_limits()).await;
    world.data().set_delay_when_busy(Duration::ZERO);
    world.data().set_threshold(2_000);
    let data = world.data().clone();
    // 1,000 an hour, all the time, and an hour ago already.
    let other = tokio::spawn(async move {
        loop {
            data.other_integration(50);
            tokio::time::sleep(Duration::from_secs(180)).await;
        }
    });
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    let mut config = world.config();
    config.budget_percent = 70;
    let psa = config.connect().unwrap();
    psa.capabilities().await.unwrap();
    let took = create(&psa, 1_000).await;
    other.abort();
    assert_eq!(world.data().refused(), 0, "nobody was cut off");
    let worst = world.sandbox.worst_window(Vendor::Autotask);
    // 400 an hour are left. What comes between two readings is what the reserve is for.
    assert!((1_300..=1_500).contains(&worst), "{worst}");
    assert!(took >= Duration::from_secs(2 * 3_600) && took <= Duration::from_secs(3 * 3_600), "{took:?}");
}

#[tokio::test]
async fn more_threads_than_allowed_are_told_in_words_and_waited_out() {
    let world = World::with(Options::sized(40, 32).latency(Duration::from_millis(30)).enforce_limits()).await;
    let mut config = world.config();
    config.concurrency = 3;
    // Two programs with one tracking identifier.
    let (one, two) = (config.clone().connect().unwrap(), config.connect().unwrap());
    one.capabilities().await.unwrap();
    two.capabilities().await.unwrap();
    let work = (0..24).map(|n| {
        let psa = if n % 2 == 0 { &one } else { &two };
        let person = new_person(&format!("n{n}@contoso.example"));
        async move { psa.create(&company(), &person, "key").await }
    });
    let results: Vec<_> = stream::iter(work).buffer_unordered(8).collect().await;
    assert!(world.data().refused() > 0, "the vendor did refuse");
    assert!(results.iter().all(Result::is_ok), "{:?}", results.iter().find(|r| r.is_err()));
    for n in 0..24 {
        assert_eq!(world.having(&format!("n{n}@contoso.example")), 1, "{n}");
    }
}

#[tokio::test]
async fn a_budget_that_others_have_used_up_is_an_error_and_not_one_request_more() {
    let world = World::with(Options::sized(40, 32).enforce_limits()).await;
    world.data().set_delay_when_busy(Duration::ZERO);
    world.data().set_threshold(1_000);
    let mut config = world.config();
    config.budget_percent = 70;
    config.longest_wait_minutes = 0;
    let psa = config.connect().unwrap();
    psa.capabilities().await.unwrap();
    world.data().other_integration(900);
    let id = world.somebody();
    let mut sent = 0;
    // What was read before is believed for a twentieth of the limit at most.
    let error = loop {
        match psa.contact(&id).await {
            Ok(_) => sent += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(sent <= 1_000 * 70 / 100 / 20, "{sent}");
    assert_eq!(
        (psa.update(&id, &fields(&[("title", "x")]), None).await.unwrap_err().kind(), world.data().refused()),
        (ErrorKind::RateLimited, 0)
    );
}
