//! The limiter on tokio's paused clock: never over any window, never under it without need.

use futures::{FutureExt as _, StreamExt as _, future::join_all, stream::FuturesUnordered};
use proptest::prelude::*;
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use sync_core::{ErrorKind, Retry};
use sync_http::{Clock as _, Feedback, JumpClock, Limiter, LimiterTail, Meter, Reading};
use tokio::time::{Instant, advance, sleep};

const LONG: Duration = Duration::from_secs(1_000_000);

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// The heaviest rolling window (half open) over grants in order of time.
fn worst(grants: &[(Duration, u32)], window: Duration) -> u32 {
    let mut inside: VecDeque<(Duration, u32)> = VecDeque::new();
    let (mut sum, mut worst) = (0, 0);
    for &(at, weight) in grants {
        while inside.front().is_some_and(|(t, _)| at - *t >= window) {
            sum -= inside.pop_front().unwrap().1;
        }
        inside.push_back((at, weight));
        sum += weight;
        worst = worst.max(sum);
    }
    worst
}

/// Asks for `n` permits of weight 1 one after the other; the times they were given.
async fn greedy(limiter: &Limiter, n: usize) -> Vec<(Duration, u32)> {
    let start = Instant::now();
    let mut grants = Vec::new();
    for _ in 0..n {
        let _permit = limiter.acquire(1, LONG).await.unwrap();
        grants.push((start.elapsed(), 1));
    }
    grants
}

#[tokio::test(start_paused = true)]
async fn a_greedy_caller_gets_exactly_the_limit_in_the_worst_window_and_all_of_it() {
    for (limit, window) in [(180, secs(60)), (10_000, secs(3600))] {
        let limiter = Limiter::builder().window(limit, window).margin(Duration::ZERO).build().unwrap();
        let rounds = 4;
        let grants = greedy(&limiter, limit as usize * rounds).await;
        assert_eq!(worst(&grants, window), limit);
        // Round r starts exactly r windows after the start: nothing is wasted.
        for (r, round) in grants.chunks(limit as usize).enumerate() {
            assert!(round.iter().all(|(at, _)| *at == window * u32::try_from(r).unwrap()), "round {r}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_steady_caller_that_bursts_at_the_edge_is_held_where_a_token_bucket_is_not() {
    let limiter = Limiter::builder().window(180, secs(60)).margin(Duration::ZERO).build().unwrap();
    let start = Instant::now();
    sleep(secs(59)).await;
    let mut grants = greedy(&limiter, 180).await;
    grants.iter_mut().for_each(|(at, _)| *at += secs(59));
    let more = greedy(&limiter, 180).await;
    let offset = Duration::from_secs(119);
    assert_eq!(start.elapsed(), offset);
    grants.extend(more.iter().map(|_| (offset, 1)));
    assert_eq!(worst(&grants, secs(60)), 180);
}

#[tokio::test(start_paused = true)]
async fn two_windows_hold_at_once() {
    let limiter = Limiter::builder()
        .window(1_000, secs(60))
        .window(10_000, secs(3600))
        .margin(Duration::ZERO)
        .build()
        .unwrap();
    let grants = greedy(&limiter, 21_000).await;
    assert_eq!(worst(&grants, secs(60)), 1_000);
    assert_eq!(worst(&grants, secs(3600)), 10_000);
    assert_eq!(grants[9_999].0, secs(540));
    assert_eq!(grants[10_000].0, secs(3600));
    assert_eq!(grants[20_000].0, secs(7200));
}

#[tokio::test(start_paused = true)]
async fn a_margin_widens_the_window() {
    let limiter = Limiter::builder().window(2, secs(10)).margin(secs(1)).build().unwrap();
    let grants = greedy(&limiter, 3).await;
    assert_eq!(grants[2].0, secs(11));
}

#[tokio::test(start_paused = true)]
async fn a_concurrency_cap_holds_and_a_permit_frees_its_slot() {
    let limiter = Limiter::builder().concurrency(3).build().unwrap();
    let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || async {
        let _permit = limiter.acquire(1, LONG).await.unwrap();
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        sleep(secs(1)).await;
        now.fetch_sub(1, Ordering::SeqCst);
    };
    let start = Instant::now();
    join_all((0..12).map(|_| work())).await;
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert_eq!(start.elapsed(), secs(4));
}

#[tokio::test(start_paused = true)]
async fn callers_are_served_in_the_order_they_came() {
    let limiter =
        Limiter::builder().window(5, secs(1)).concurrency(2).margin(Duration::ZERO).build().unwrap();
    let order = Mutex::new(Vec::new());
    let work = |n: u32| {
        let (limiter, order) = (&limiter, &order);
        async move {
            // Heavy ones are not overtaken by light ones.
            let _permit = limiter.acquire(if n.is_multiple_of(7) { 5 } else { 1 }, LONG).await.unwrap();
            order.lock().unwrap().push(n);
            sleep(Duration::from_millis(10)).await;
        }
    };
    join_all((0..40).map(work)).await;
    assert_eq!(*order.lock().unwrap(), (0..40).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_gives_its_place_up_and_takes_nothing() {
    let limiter =
        Limiter::builder().window(1, secs(10)).concurrency(1).margin(Duration::ZERO).build().unwrap();
    drop(limiter.acquire(1, LONG).await.unwrap());
    let start = Instant::now();
    let mut first = Box::pin(limiter.acquire(1, LONG));
    let mut second = Box::pin(limiter.acquire(1, LONG));
    let mut third = Box::pin(limiter.acquire(1, LONG));
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut second).now_or_never().is_none());
    assert!((&mut third).now_or_never().is_none());
    drop(second);
    drop(first);
    let permit = third.await.unwrap();
    assert_eq!(start.elapsed(), secs(10));
    drop(permit);
    let _next = limiter.acquire(1, LONG).await.unwrap();
    assert_eq!(start.elapsed(), secs(20));
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_everybody_and_impatient_callers_are_told_how_long() {
    let limiter = Limiter::builder().window(10, secs(1)).build().unwrap();
    limiter.pause(secs(30));
    limiter.pause(secs(5));
    let error = limiter.acquire(1, secs(29)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::RateLimited, Retry::After(secs(30))));
    let start = Instant::now();
    let permits = join_all((0..4).map(|_| limiter.acquire(1, secs(60)))).await;
    assert!(permits.iter().all(Result::is_ok));
    assert_eq!(start.elapsed(), secs(30));
    assert_eq!(limiter.paused_for(), None);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_comes_while_waiting_for_a_window_is_noticed_at_once() {
    let limiter = Limiter::builder().window(1, secs(3600)).build().unwrap();
    drop(limiter.acquire(1, LONG).await.unwrap());
    let start = Instant::now();
    let waiting = join_all((0..3).map(|_| limiter.acquire(1, secs(60))));
    let pausing = async {
        sleep(secs(2)).await;
        limiter.pause(secs(7200));
    };
    let (results, ()) = tokio::join!(waiting, pausing);
    assert!(results.iter().all(|r| r.as_ref().unwrap_err().kind() == ErrorKind::RateLimited));
    assert_eq!(start.elapsed(), secs(2));
}

#[tokio::test(start_paused = true)]
async fn the_vendors_own_count_is_obeyed_until_its_reset() {
    let limiter = Limiter::builder().window(100, secs(60)).margin(Duration::ZERO).build().unwrap();
    let start = Instant::now();
    let permit = limiter.acquire(1, LONG).await.unwrap();
    let unseen = limiter.acquire(1, LONG).await.unwrap();
    // Three are left, and one request is under way that the vendor may not have counted.
    limiter.observe(Feedback { remaining: 3, reset: Some(secs(20)) }, permit.weight());
    drop(permit);
    drop(unseen);
    for expected in [0, 0, 20] {
        let _permit = limiter.acquire(1, LONG).await.unwrap();
        assert_eq!(start.elapsed(), secs(expected));
    }
    // A late answer with a higher count of the same period does not raise it.
    limiter.observe(Feedback { remaining: 1, reset: Some(secs(20)) }, 0);
    limiter.observe(Feedback { remaining: 50, reset: Some(secs(20)) }, 0);
    drop(limiter.acquire(1, LONG).await.unwrap());
    drop(limiter.acquire(1, LONG).await.unwrap());
    assert_eq!(start.elapsed(), secs(40));
}

#[tokio::test]
async fn a_restart_remembers_what_was_used() {
    let clock = JumpClock::default();
    let build = |clock: JumpClock| {
        Limiter::builder().window(10, secs(60)).margin(Duration::ZERO).clock(Arc::new(clock)).build().unwrap()
    };
    let before = build(clock.clone());
    for _ in 0..6 {
        drop(before.acquire(1, LONG).await.unwrap());
    }
    clock.advance(secs(20));
    drop(before.acquire(3, LONG).await.unwrap());
    before.pause(secs(7));
    let json = serde_json::to_string(&before.tail()).unwrap();
    // The next process: its clock starts at zero, ten seconds later.
    let later = JumpClock::new(clock.wall() + secs(10));
    let after = build(later.clone());
    after.restore(&serde_json::from_str::<LimiterTail>(&json).unwrap());
    assert_eq!(after.paused_for(), None);
    drop(after.acquire(1, LONG).await.unwrap());
    assert_eq!(later.slept(), Duration::ZERO);
    // Ten are used: the six leave 60 s after they were made (30 s from here, rounded up to the millisecond).
    drop(after.acquire(1, LONG).await.unwrap());
    assert!(
        later.slept() >= secs(30) && later.slept() <= secs(30) + Duration::from_millis(3),
        "{:?}",
        later.slept()
    );
    // Nothing old is left after both windows.
    later.advance(secs(120));
    drop(after.acquire(10, LONG).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_request_past_the_queue_takes_no_slot_but_stays_within_the_window() {
    let limiter =
        Limiter::builder().window(2, secs(10)).concurrency(1).margin(Duration::ZERO).build().unwrap();
    let _held = limiter.acquire(1, LONG).await.unwrap();
    let mut queued = Box::pin(limiter.acquire(1, LONG));
    assert!((&mut queued).now_or_never().is_none());
    let start = Instant::now();
    let _ahead = limiter.acquire_ahead(1, LONG).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    let _ahead = limiter.acquire_ahead(1, LONG).await.unwrap();
    assert_eq!(start.elapsed(), secs(10));
}

#[test]
fn impossible_limits_and_weights_are_refused() {
    assert!(Limiter::builder().window(0, secs(1)).build().is_err());
    assert!(Limiter::builder().window(1, Duration::ZERO).build().is_err());
    assert!(Limiter::builder().concurrency(0).build().is_err());
    let limiter = Limiter::builder().window(5, secs(1)).window(3, secs(2)).build().unwrap();
    let error = limiter.acquire(4, LONG).now_or_never().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Callers of any weights, arriving at any times, some of them giving up: no window is ever exceeded, and whoever had
    /// to wait left no room unused (at the moment of a late grant, just before it the request would not have fitted).
    #[test]
    fn no_arrivals_exceed_any_window_and_nobody_waits_without_need(
        windows in prop::collection::vec((3_u32..12, 5_u64..80), 1..4),
        calls in prop::collection::vec((0_u64..40, 0_u32..4, prop::option::weighted(0.2, 1_u64..60)), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut builder = Limiter::builder().margin(Duration::ZERO);
            for (limit, seconds) in &windows {
                builder = builder.window(*limit, secs(*seconds));
            }
            let limiter = builder.build().unwrap();
            let start = Instant::now();
            let grants = Mutex::new(Vec::new());
            let mut running = FuturesUnordered::new();
            for (gap, weight, gives_up) in &calls {
                advance(secs(*gap)).await;
                while running.next().now_or_never().flatten().is_some() {}
                let (limiter, grants) = (limiter.clone(), &grants);
                let arrived = start.elapsed();
                running.push(async move {
                    let wait = secs(gives_up.unwrap_or(1_000_000));
                    if let Ok(permit) = tokio::time::timeout(wait, limiter.acquire(*weight, LONG)).await {
                        drop(permit.unwrap());
                        grants.lock().unwrap().push((start.elapsed(), *weight, arrived));
                    }
                });
            }
            while running.next().await.is_some() {}
            drop(running);
            let grants = grants.into_inner().unwrap();
            let plain: Vec<_> = grants.iter().map(|(at, weight, _)| (*at, *weight)).collect();
            for (limit, seconds) in &windows {
                assert!(worst(&plain, secs(*seconds)) <= *limit);
            }
            let patient = calls.iter().filter(|(_, _, gives_up)| gives_up.is_none()).count();
            assert!(grants.len() >= patient);
        });
    }

    /// A greedy caller with random weights gets each grant at the earliest time a brute-force count allows.
    #[test]
    fn each_grant_comes_at_the_earliest_time_that_brute_force_allows(
        limit in 3_u32..20,
        window in 2_u64..50,
        weights in prop::collection::vec(1_u32..4, 1..80),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let limiter = Limiter::builder().window(limit, secs(window)).margin(Duration::ZERO).build().unwrap();
            let start = Instant::now();
            let mut log: Vec<(Duration, u32)> = Vec::new();
            for weight in weights {
                drop(limiter.acquire(weight, LONG).await.unwrap());
                let at = start.elapsed();
                let mut earliest = log.last().map_or(Duration::ZERO, |(t, _)| *t);
                let used = |now: Duration| -> u32 {
                    log.iter().filter(|(t, _)| *t + secs(window) > now).map(|(_, w)| *w).sum()
                };
                while used(earliest) + weight > limit {
                    earliest += secs(1);
                }
                assert_eq!(at, earliest);
                log.push((at, weight));
            }
        });
    }
}

/// A vendor that counts this program and another one, in one rolling hour.
#[derive(Debug, Default)]
struct Hour {
    limit: u32,
    requests: Mutex<Vec<(Duration, u64)>>,
    readings: AtomicUsize,
    broken: std::sync::atomic::AtomicBool,
}

impl Hour {
    fn of(limit: u32) -> Arc<Self> {
        Arc::new(Self { limit, ..Self::default() })
    }

    fn add(&self, weight: u64) {
        self.requests.lock().unwrap().push((Self::now(), weight));
    }

    fn now() -> Duration {
        START.with(|start| start.get_or_init(Instant::now).elapsed())
    }

    fn used(&self) -> u64 {
        let now = Self::now();
        let requests = self.requests.lock().unwrap();
        requests.iter().filter(|(at, _)| *at + secs(3600) > now).map(|(_, weight)| weight).sum()
    }
}

thread_local! {
    static START: std::cell::OnceCell<Instant> = const { std::cell::OnceCell::new() };
}

#[async_trait::async_trait]
impl Meter for Hour {
    async fn read(&self) -> sync_core::Result<Reading> {
        self.readings.fetch_add(1, Ordering::SeqCst);
        self.add(1);
        if self.broken.load(Ordering::SeqCst) {
            return Err(sync_core::Error::new(ErrorKind::Unavailable, "read the meter", "it is down"));
        }
        Ok(Reading { limit: self.limit, used: self.used() })
    }
}

fn metered(hour: &Arc<Hour>) -> Limiter {
    let meter = Arc::clone(hour) as Arc<dyn Meter>;
    Limiter::builder().window(10_000, secs(3600)).margin(Duration::ZERO).meter(meter).build().unwrap()
}

/// Asks for `n` permits; each is a request that the vendor counts.
async fn spend(limiter: &Limiter, hour: &Hour, n: usize) -> u64 {
    let mut most = 0;
    for _ in 0..n {
        let permit = limiter.acquire(1, LONG).await.unwrap();
        hour.add(1);
        most = most.max(hour.used());
        drop(permit);
    }
    most
}

#[tokio::test(start_paused = true)]
async fn a_metered_limit_is_used_whole_when_nobody_else_does_and_never_exceeded() {
    let hour = Hour::of(400);
    let limiter = metered(&hour);
    let start = Instant::now();
    let most = spend(&limiter, &hour, 1_500).await;
    assert!((399..=400).contains(&most), "{most}");
    // Some twenty readings an hour are requests, too.
    assert_eq!(start.elapsed().as_secs() / 3600, 3);
    let readings = hour.readings.load(Ordering::SeqCst);
    assert!((50..=80).contains(&readings), "{readings}");
}

#[tokio::test(start_paused = true)]
async fn what_others_use_of_a_shared_limit_is_left_to_them() {
    let hour = Hour::of(400);
    hour.add(300);
    let limiter = metered(&hour);
    let start = Instant::now();
    assert!(spend(&limiter, &hour, 90).await <= 400);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(spend(&limiter, &hour, 60).await <= 400);
    assert!(start.elapsed() >= secs(3600) && start.elapsed() < secs(3900), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_others_use_up_is_waited_for_as_long_as_patience_allows() {
    let hour = Hour::of(400);
    hour.add(500);
    let limiter = metered(&hour);
    let error = limiter.acquire(1, secs(600)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::RateLimited, Retry::After(secs(180))));
    let start = Instant::now();
    let _permit = limiter.acquire(1, LONG).await.unwrap();
    assert!(start.elapsed() <= secs(3600), "it is looked at again and again: {:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_meter_that_cannot_be_read_leaves_the_window_in_force() {
    let hour = Hour::of(400);
    hour.broken.store(true, Ordering::SeqCst);
    let limiter = metered(&hour);
    let start = Instant::now();
    spend(&limiter, &hour, 9_000).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}
