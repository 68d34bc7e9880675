//! How near the adapter comes to what Syncro allows, counted by the imitation. Time is paused: what is measured is what
//! the adapter would have waited.

use crate::support::{World, company, fields, new_person, ours, read};
use futures::{StreamExt as _, stream};
use psa_syncro::Syncro;
use std::time::Duration;
use sync_core::{
    Psa as _,
    model::{ContactId, FieldSet},
};
use sync_sandbox::{Options, Vendor};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

/// The least time in which Syncro lets so many calls through: 180 at once, and 180 more each minute.
fn least(calls: u64) -> f64 {
    60.0 * ((calls - 1) / 180) as f64
}

/// What the imitation refused for the rate.
fn refused(world: &World) -> u64 {
    world.sandbox.state()["limits"]["syncro"]["refused"].as_u64().unwrap()
}

/// A connection that obeys the vendor's own number.
fn limited(world: &World) -> Syncro {
    let mut config = world.config();
    config.requests_per_minute = 180;
    config.connect().unwrap()
}

/// Changes the city of every contact of the company, as many at once as an apply would.
async fn burst(world: &World, psa: &Syncro, rounds: usize) -> u64 {
    let ids: Vec<ContactId> =
        world.ours().iter().map(|record| ContactId::new(record["id"].to_string())).collect();
    let work = (0..rounds).flat_map(|round| ids.iter().map(move |id| (id.clone(), format!("City {round}"))));
    let updates = stream::iter(work).map(|(id, city)| async move {
        psa.update(&id, &fields(&[("address_city", &city)]), None).await.unwrap();
    });
    updates.buffer_unordered(8).count().await as u64
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_1000_changes_uses_97_percent_of_the_rate_and_is_never_refused() {
    let world = World::with(Options::sized(260, 200).enforce_limits()).await;
    let psa = limited(&world);
    let began = Instant::now();
    let changes = burst(&world, &psa, 5).await;
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(
        (changes, world.writes(), world.all_calls()),
        (1000, 1000, 2000),
        "one read and one write each"
    );
    assert_eq!((refused(&world), world.sandbox.worst_window(Vendor::Syncro)), (0, 180));
    let rate = least(2000) / seconds;
    assert!(rate >= 0.97, "{:.1} % of the allowed rate in {seconds:.0} s", rate * 100.0);
}

#[tokio::test(start_paused = true)]
async fn beside_somebody_who_takes_half_of_the_budget_it_backs_off_and_finishes() {
    let world = World::with(Options::sized(150, 100).enforce_limits()).await;
    let psa = limited(&world);
    // Another integration of the same address: 90 requests a minute, evenly, whatever it is answered.
    let base = world.sandbox.syncro().base_url.clone();
    let (host, path) = base.trim_start_matches("http://").split_once('/').unwrap();
    let token = &world.sandbox.syncro().api_token;
    let ask = format!(
        "GET /{path}/me HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    let host = host.to_owned();
    let other = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(667));
        for _ in 0..5_000 {
            ticks.tick().await;
            let mut stream = TcpStream::connect(&host).await.unwrap();
            stream.write_all(ask.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.unwrap();
        }
    });
    let began = Instant::now();
    let changes = burst(&world, &psa, 3).await;
    let minutes = began.elapsed().as_secs_f64() / 60.0;
    other.abort();
    assert_eq!(changes, 300);
    assert!(world.ours().iter().all(|record| record["city"] == "City 2"), "every change is there");
    assert!(refused(&world) > 0, "the two together were more than is allowed");
    assert!(minutes < 10.0, "600 calls at half of the rate are 7 minutes; took {minutes:.1}");
}

#[tokio::test(start_paused = true)]
async fn creates_finish_within_a_tenth_of_calls_times_latency_over_concurrency() {
    const CREATES: usize = 400;
    let latency = Duration::from_millis(80);
    let world = World::with(Options::sized(12, 9).latency(latency)).await;
    let psa = world.psa();
    let began = Instant::now();
    let creates =
        stream::iter(0..CREATES).map(|n| {
            let psa = &psa;
            async move {
                psa.create(&company(), &new_person(&format!("n{n}@contoso.example")), "key").await.unwrap()
            }
        });
    assert_eq!(creates.buffer_unordered(8).count().await, CREATES);
    let least = latency.mul_f64(CREATES as f64 / 4.0);
    let took = began.elapsed();
    assert!(took >= least && took <= least.mul_f64(1.1), "{took:?} for at least {least:?}");
    assert_eq!(world.all_calls(), CREATES as u64);
}

#[tokio::test(start_paused = true)]
async fn creates_under_the_rate_limit_finish_within_a_tenth_of_it() {
    const CREATES: usize = 900;
    let latency = Duration::from_millis(80);
    let world = World::with(Options::sized(12, 9).latency(latency).enforce_limits()).await;
    let psa = limited(&world);
    let began = Instant::now();
    let creates =
        stream::iter(0..CREATES).map(|n| {
            let psa = &psa;
            async move {
                psa.create(&company(), &new_person(&format!("n{n}@contoso.example")), "key").await.unwrap()
            }
        });
    assert_eq!(creates.buffer_unordered(8).count().await, CREATES);
    let seconds = began.elapsed().as_secs_f64();
    let least = least(CREATES as u64);
    assert!(seconds <= least * 1.1, "{seconds:.0} s for at least {least:.0} s");
    assert_eq!(refused(&world), 0);
}

#[tokio::test]
async fn what_does_not_differ_is_not_written() {
    let world = World::of(120).await;
    let psa = world.psa();
    for contact in read(&psa, &ours()).await.contacts {
        let same: FieldSet = contact.fields.into_iter().filter(|(_, value)| !value.is_blank()).collect();
        psa.update(&contact.id, &same, None).await.unwrap();
    }
    assert_eq!(world.writes(), 0);
}
