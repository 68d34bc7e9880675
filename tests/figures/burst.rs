//! 2,000 changes against the vendor's rate limit, alone and beside another integration.

use crate::row::Row;
use futures::{StreamExt as _, stream};
use psa_sync_tests::{Pace, Product};
use std::{sync::Arc, time::Duration};
use sync_core::{
    ContactQuery, Psa, PsaExt as _,
    model::{ContactField, ContactId, FieldSet, FieldValue},
};
use sync_sandbox::{Options, Sandbox};
use tokio::time::Instant;

const CHANGES: usize = 2_000;

/// As many at once as the engine sends.
const AT_ONCE: usize = 8;

/// Requests of one window: the vendor's own number, or one that 2,000 changes reach. Autotask allows 10,000 in an hour,
/// which they do not.
const fn allowed(product: Product) -> u64 {
    if let Product::Autotask = product { 1_030 } else { product.window().0 }
}

async fn world(product: Product) -> Sandbox {
    let options = Options::sized(260, 200).vendors(&[product.vendor()]).enforce_limits();
    let sandbox = Sandbox::start(options).await.unwrap();
    if product == Product::Autotask {
        sandbox.autotask_data().set_threshold(allowed(product));
        // What is late under load is the vendor's doing, and no use of its rate.
        sandbox.autotask_data().set_delay_when_busy(Duration::ZERO);
    }
    sandbox
}

/// An adapter that may use all of it; for BMS its default, which is nearly that.
fn connect(product: Product, sandbox: &Sandbox) -> Arc<dyn Psa> {
    let pace = match product {
        Product::KaseyaBms => Pace::Default,
        Product::Autotask => Pace::Of { requests: 10_000, at_once: 3 },
        Product::ConnectWise | Product::Syncro => {
            Pace::Of { requests: u32::try_from(product.window().0).unwrap(), at_once: 4 }
        }
    };
    product.connect(sandbox, pace)
}

/// Changes the title of every contact of the company, over and over. Answers the calls, the calls that were made in the same
/// window before, and the time.
async fn change(product: Product, sandbox: &Sandbox, psa: &dyn Psa) -> (u64, u64, Duration) {
    let query = ContactQuery::of_companies([product.company()]);
    let contacts = psa.snapshot(&query, chrono::DateTime::UNIX_EPOCH).await.unwrap();
    let ids: Vec<ContactId> = contacts.iter().map(|contact| ContactId::new(contact.id())).collect();
    let (began, before) = (Instant::now(), sandbox.calls().of(product.vendor()));
    sandbox.reset_calls();
    let work = (0..CHANGES).map(|n| {
        let id = &ids[n % ids.len()];
        let title = FieldSet::from([(ContactField::Title, FieldValue::from(format!("Title {n}")))]);
        async move { psa.update(id, &title, None).await.unwrap() }
    });
    assert_eq!(stream::iter(work).buffer_unordered(AT_ONCE).count().await, CHANGES);
    assert_eq!(sandbox.calls().writes() - refused_writes(product, sandbox), CHANGES as u64);
    (sandbox.calls().of(product.vendor()), before, began.elapsed())
}

/// Writes that were refused for the rate and sent again. Only others make an adapter exceed it.
fn refused_writes(product: Product, sandbox: &Sandbox) -> u64 {
    sandbox.calls().writes().saturating_sub(CHANGES as u64).min(sandbox.refused(product.vendor()))
}

/// The least time in which the vendor lets so many calls through.
fn least(product: Product, calls: u64, allowed: u64) -> Duration {
    // Of BMS's calls half are reads and half are writes, and each endpoint has a limit of its own.
    let calls = if product == Product::KaseyaBms { calls / 2 } else { calls };
    let windows = calls.saturating_sub(1) / allowed;
    product.window().1 * u32::try_from(windows).unwrap()
}

pub(crate) async fn alone(product: Product) -> Row {
    let sandbox = world(product).await;
    let psa = connect(product, &sandbox);
    let (calls, before, took) = change(product, &sandbox, &*psa).await;
    // Look-ups fill the first window too.
    let least = least(product, calls + before, allowed(product));
    let used = least.as_secs_f64() / took.as_secs_f64() * 100.0;
    let refused = sandbox.refused(product.vendor());
    let row = Row::new(
        product,
        format!("{CHANGES} changes at {} calls in {} s", allowed(product), product.window().1.as_secs()),
        format!("{calls} calls in {:.0} s: {used:.1} % of the rate, {refused} refused", took.as_secs_f64()),
        "97 %, 0 refused",
        used >= 97.0 && refused == 0,
    );
    sandbox.shutdown().await;
    row
}

pub(crate) async fn beside_another(product: Product) -> Row {
    let sandbox = Arc::new(world(product).await);
    // An adapter that knows nothing of the other one, but for Autotask's, which can ask.
    let psa = if product == Product::Autotask {
        product.connect(&sandbox, Pace::Default)
    } else {
        connect(product, &sandbox)
    };
    psa.capabilities().await.unwrap();
    // So that the other one is counted with the endpoints that are changed.
    let query = ContactQuery::of_companies([product.company()]);
    let contacts = psa.snapshot(&query, chrono::DateTime::UNIX_EPOCH).await.unwrap();
    let id = ContactId::new(contacts.get(0).unwrap().id());
    let title = FieldSet::from([(ContactField::Title, FieldValue::from("Before"))]);
    psa.update(&id, &title, None).await.unwrap();
    // Half of the window, evenly, for a window before and all the time.
    let (span, share) = (product.window().1, allowed(product) / 2);
    let (other, vendor) = (Arc::clone(&sandbox), product.vendor());
    let ticks = 50;
    let other = tokio::spawn(async move {
        let mut due = 0;
        for tick in 1_u64.. {
            let so_far = share * tick / ticks;
            other.other_integration(vendor, so_far - due);
            due = so_far;
            tokio::time::sleep(span / u32::try_from(ticks).unwrap()).await;
        }
    });
    tokio::time::sleep(span).await;
    let (calls, _, took) = change(product, &sandbox, &*psa).await;
    other.abort();
    // Autotask's adapter stops at 70 % of the whole, so a fifth is left for it.
    let left = if product == Product::Autotask { allowed(product) / 5 } else { allowed(product) - share };
    let least = least(product, calls, left);
    let times = took.as_secs_f64() / least.as_secs_f64();
    let row = Row::new(
        product,
        format!("the same beside another one that takes half ({share} of {})", allowed(product)),
        format!("all done in {:.0} s, {times:.2} times the least; {calls} calls", took.as_secs_f64()),
        "finishes, at most 1.5 times",
        times <= 1.5,
    );
    if let Ok(sandbox) = Arc::try_unwrap(sandbox) {
        sandbox.shutdown().await;
    }
    row
}
