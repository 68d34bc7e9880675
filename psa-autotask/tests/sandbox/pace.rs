//! The figures: how fast, how many at once, and what is left to others.

use crate::support::{THRESHOLD, World, ZONE, company, fields, new_person};
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
async fn a_burst_of_two_thousand_uses_the_allowed_rate_and_is_never_refused() {
    const ALLOWED: u64 = 700;
    let world = World::with(Options::sized(40, 32).enforce_limits()).await;
    world.data().set_delay_when_busy(Duration::ZERO);
    world.data().set_threshold(1_000);
    let mut config = world.config();
    config.budget_percent = 70;
    let psa = config.connect().unwrap();
    psa.capabilities().await.unwrap();
    let took = create(&psa, 2_000).await;
    assert_eq!(world.data().refused(), 0);
    assert!(world.sandbox.worst_window(Vendor::Autotask) <= ALLOWED, "{}", world.sandbox.worst_window(Vendor::Autotask));
    // In full hours the vendor saw nothing but this adapter, so what it saw is what was used.
    let hours = took.as_secs() / 3600;
    let seen = world.sandbox.calls().of(Vendor::Autotask) - world.calls("GET", ZONE);
    let used = seen as f64 / ((hours + 1) * ALLOWED) as f64;
    assert!(used >= 0.97 || hours == seen.div_ceil(ALLOWED) - 1, "{used} of the allowed rate, in {hours} hours");
    let readings = world.calls("GET", THRESHOLD);
    assert!(readings * 100 <= seen * 3, "{readings} of {seen} calls ask for the threshold");
}

#[tokio::test(start_paused = true)]
async fn with_another_integration_eating_half_of_the_budget_it_backs_off_and_finishes() {
    let world = World::with(Options::sized(40, 32).enforce_limits()).await;
    world.data().set_delay_when_busy(Duration::ZERO);
    world.data().set_threshold(1_000);
    let mut config = world.config();
    config.budget_percent = 100;
    let psa = config.connect().unwrap();
    psa.capabilities().await.unwrap();
    let data = world.data().clone();
    // 500 an hour, all the time.
    let other = tokio::spawn(async move {
        loop {
            data.other_integration(25);
            tokio::time::sleep(Duration::from_secs(180)).await;
        }
    });
    let took = create(&psa, 1_200).await;
    other.abort();
    assert_eq!(world.data().refused(), 0, "nobody was cut off");
    assert!(world.sandbox.worst_window(Vendor::Autotask) <= 1_000);
    assert!(took >= Duration::from_secs(2 * 3600) && took <= Duration::from_secs(4 * 3600), "{took:?}");
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
    // What was read before is believed for a fortieth of the limit at most.
    let error = loop {
        match psa.contact(&id).await {
            Ok(_) => sent += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(sent <= 1_000 * 70 / 100 / 40, "{sent}");
    assert_eq!((psa.update(&id, &fields(&[("title", "x")]), None).await.unwrap_err().kind(), world.data().refused()), (ErrorKind::RateLimited, 0));
}
