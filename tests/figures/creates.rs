//! 5,000 creates where every call takes 80 ms.

use crate::row::Row;
use futures::{StreamExt as _, stream};
use psa_sync_tests::{Pace, Product};
use std::time::Duration;
use sync_core::{
    Psa,
    capability::{Access, Capabilities},
    model::{ContactField, FieldSet, FieldValue},
};
use sync_sandbox::{Options, Sandbox};
use tokio::time::Instant;

const CREATES: u32 = 5_000;
const LATENCY: Duration = Duration::from_millis(80);

/// As many at once as the engine sends.
const ENGINE: usize = 8;

/// A new person with a name, an address and perhaps a title.
pub(crate) fn person(capabilities: &Capabilities, n: u32, with_title: bool) -> FieldSet {
    let mut fields = vec![
        (ContactField::FirstName, FieldValue::from("Nina")),
        (ContactField::LastName, FieldValue::from(format!("Newcomer {n}"))),
        (ContactField::Name, FieldValue::from(format!("Nina Newcomer {n}"))),
        (ContactField::Email, FieldValue::from(format!("nina{n}@contoso.example"))),
    ];
    if with_title {
        fields.push((ContactField::Title, FieldValue::from("Engineer")));
    }
    let can = |field: &ContactField| capabilities.rule(field).access == Access::ReadWrite;
    fields.into_iter().filter(|(field, _)| can(field)).collect()
}

/// How many calls of one kind the vendor or the adapter lets be under way.
const fn together(product: Product) -> usize {
    match product {
        Product::Autotask => 3,
        Product::ConnectWise | Product::KaseyaBms | Product::Syncro => 4,
    }
}

/// Makes them all; answers the calls, the calls that were made in the same window before, and the time.
async fn create(product: Product, sandbox: &Sandbox, psa: &dyn Psa) -> (u64, u64, Duration) {
    let capabilities = psa.capabilities().await.unwrap();
    // What is looked up with the first create is no part of the figure.
    psa.create(&product.company(), &person(&capabilities, CREATES, false), "first").await.unwrap();
    let before = sandbox.calls().of(product.vendor());
    sandbox.reset_calls();
    let began = Instant::now();
    let work = (0..CREATES).map(|n| {
        let fields = person(&capabilities, n, false);
        async move { psa.create(&product.company(), &fields, "key").await.unwrap() }
    });
    assert_eq!(stream::iter(work).buffer_unordered(ENGINE).count().await, CREATES as usize);
    (sandbox.calls().of(product.vendor()), before, began.elapsed())
}

async fn world(product: Product, limits: bool) -> Sandbox {
    let mut options = Options::sized(40, 32).vendors(&[product.vendor()]).latency(LATENCY);
    options.limits = limits;
    Sandbox::start(options).await.unwrap()
}

/// Calls times latency over what may be under way. A create of BMS is a `POST` and a `GET`, which are two endpoints.
fn ideal(product: Product, calls: u64) -> Duration {
    let lanes = if product == Product::KaseyaBms { 2 } else { 1 };
    LATENCY.mul_f64(calls as f64 / (together(product) * lanes) as f64)
}

pub(crate) async fn at_once(product: Product) -> Vec<Row> {
    let sandbox = world(product, false).await;
    let pace = Pace::Of { requests: 1_000_000, at_once: together(product) };
    let psa = product.connect(&sandbox, pace);
    let (calls, _, took) = create(product, &sandbox, &*psa).await;
    sandbox.shutdown().await;
    vec![told(product, "no rate limit", calls, took, ideal(product, calls))]
}

pub(crate) async fn limited(product: Product) -> Row {
    let sandbox = world(product, true).await;
    let (allowed, span) = product.window();
    let pace = match product {
        Product::KaseyaBms => Pace::Default,
        Product::Autotask | Product::ConnectWise | Product::Syncro => {
            Pace::Of { requests: u32::try_from(allowed).unwrap(), at_once: together(product) }
        }
    };
    let psa = product.connect(&sandbox, pace);
    let (calls, before, took) = create(product, &sandbox, &*psa).await;
    let refused = sandbox.refused(product.vendor());
    sandbox.shutdown().await;
    // Look-ups fill the first window too.
    let of_one = if product == Product::KaseyaBms { calls / 2 } else { calls + before };
    let by_rate = span * u32::try_from(of_one.saturating_sub(1) / allowed).unwrap();
    let least = by_rate.max(ideal(product, calls));
    let mut row = told(product, &format!("{allowed} calls in {} s", span.as_secs()), calls, took, least);
    row.figure = format!("{}, {refused} refused", row.figure);
    row.holds &= refused == 0;
    row
}

fn told(product: Product, limit: &str, calls: u64, took: Duration, least: Duration) -> Row {
    let over = took.as_secs_f64() / least.as_secs_f64();
    Row::new(
        product,
        format!("{CREATES} creates at 80 ms a call, {} at once, {limit}", together(product)),
        format!("{calls} calls in {:.0} s, {over:.3} of the least", took.as_secs_f64()),
        format!("1.1 of {:.0} s", least.as_secs_f64()),
        (0.999..=1.1).contains(&over),
    )
}
