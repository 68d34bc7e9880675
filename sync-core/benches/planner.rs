//! What planning costs: time, allocations and bytes, per number of users.
//!
//! `cargo bench -p sync-core` prints the time of each step; divide by the number of users. The data set follows the
//! one that other engines were measured on: about 70 % of contacts carry the object id, 20 % are found by address, 10 %
//! by another address; 0.5 % changed, 1 % new, 1 % gone, 0.25 % ambiguous, a third with aliases. Everybody who has one
//! contact is linked, as in every run but a tenant's first ([`plan_first_run`] is without links).

mod world;

use divan::{AllocProfiler, Bencher, black_box};
use world::{Records, World, plain::Plain};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

fn main() {
    // Two figures that a timer cannot show; left out when only some benchmarks are asked for.
    let asked_for_some = std::env::args().skip(1).any(|argument| !argument.starts_with("--"));
    for users in [1_000, 100_000, 1_000_000].into_iter().filter(|_| !asked_for_some) {
        let world = World::new(users, 0);
        let plan = world.plan();
        let snapshots = world.users.memory() + world.contacts.memory();
        report(&format!(
            "{users} users: snapshots {} B/user+contact, plan {} B/user; {:?}",
            snapshots / users,
            plan.decisions.memory() / users,
            plan.summary,
        ));
    }
    if !asked_for_some || std::env::args().any(|argument| argument == "build_by_pages") {
        let best = (0..3).map(|_| world::build_by_pages(1_000_000, 1_000)).min().unwrap_or_default();
        report(&format!("1000000 users and contacts built page by page: {best:.3?}, best of three"));
    }
    divan::main();
}

#[allow(clippy::print_stdout, reason = "a benchmark reports")]
fn report(line: &str) {
    println!("{line}");
}

/// Building both snapshots from parsed records.
#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn build_snapshots(bencher: Bencher<'_, '_>, users: usize) {
    let records = Records::new(users, 0);
    bencher.counter(divan::counter::ItemsCount::new(users)).bench(|| records.snapshots());
}

/// Planning one tenant of so many users.
#[divan::bench(args = SIZES, sample_count = 7, sample_size = 1)]
fn plan_one_tenant(bencher: Bencher<'_, '_>, users: usize) {
    let world = World::new(users, 0);
    bencher.counter(divan::counter::ItemsCount::new(users)).bench(|| black_box(world.plan()));
}

/// Planning a tenant's first run: nothing is linked yet.
#[divan::bench(args = [1_000, 100_000], sample_count = 5, sample_size = 1)]
fn plan_first_run(bencher: Bencher<'_, '_>, users: usize) {
    let world = World::of(&Records::first_run(users));
    bencher.counter(divan::counter::ItemsCount::new(users)).bench(|| black_box(world.plan()));
}

/// Planning a million users that are spread over 4,000 tenants.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn plan_4000_tenants(bencher: Bencher<'_, '_>) {
    let worlds: Vec<World> = (0..4_000).map(|tenant| World::new(250, tenant)).collect();
    bencher
        .counter(divan::counter::ItemsCount::new(1_000_000usize))
        .bench(|| worlds.iter().map(|w| black_box(w.plan()).decisions.len()).sum::<usize>());
}

/// The yardstick: a million users of one tenant as plain structs of texts ([`world::plain`]).
#[divan::bench(sample_count = 5, sample_size = 1)]
fn plain_structs_one_tenant(bencher: Bencher<'_, '_>) {
    let plain = Plain::of(&Records::new(1_000_000, 0));
    let items = divan::counter::ItemsCount::new(1_000_000usize);
    bencher.counter(items).bench(|| black_box(plain.reconcile()).changes.len());
}

/// The yardstick over 4,000 tenants.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn plain_structs_4000_tenants(bencher: Bencher<'_, '_>) {
    let worlds: Vec<Plain> = (0..4_000).map(|tenant| Plain::of(&Records::new(250, tenant))).collect();
    let items = divan::counter::ItemsCount::new(1_000_000usize);
    bencher
        .counter(items)
        .bench(|| worlds.iter().map(|w| black_box(w.reconcile()).changes.len()).sum::<usize>());
}

/// A plan without changes for a tenant of 50.
#[divan::bench]
fn plan_50_without_changes(bencher: Bencher<'_, '_>) {
    let records = Records::in_step(50);
    let world = World::of(&records);
    assert_eq!(world.plan().summary.no_op, 50);
    bencher.bench(|| black_box(world.plan()));
}
