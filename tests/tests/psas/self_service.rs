//! Somebody changes details of their own: Entra first, then the PSA, and what becomes of it where the second fails.

use crate::world::{World, text};
use chrono::{Duration, TimeDelta};
use psa_sync_tests::Product;
use std::collections::BTreeMap;
use sync_core::{
    Error,
    apply::{ApplyContext, ApplyOptions, Report, apply_watching},
    collect::{CollectOptions, Collected, Wants, after_run, collect},
    model::{Attribute, ContactField, SourceAnchor},
    plan::{NONE_ELSEWHERE, PlanInput, plan},
    policy::{RunInput, SyncMode},
    store::{BaseChange, BaseStore as _, History as _, Hold as _, Rows, RunEnd, RunStart},
};
use sync_sandbox::{User, Vendor};

/// What one run came to; no report where there was nothing to look at.
#[derive(Debug)]
struct Ran {
    mode: Option<SyncMode>,
    report: Option<Report>,
}

/// One run that reads changes only where that is enough, and keeps what it read and wrote.
async fn run(world: &World) -> Result<Ran, Error> {
    let (directory, psa, store) = (world.directory(), world.connect(), &world.links);
    let (hold, name) = (store.hold(), &world.tenant.name);
    let mut input = RunInput::default();
    let options = CollectOptions {
        tenant: &world.tenant,
        policy: &world.policy,
        run: &input,
        directory: &directory,
        psa: &*psa,
        store: Some(store),
        hold: Some(&hold),
        now: world.now,
        full_every: Duration::hours(24),
    };
    let Collected::Sides(sides) = collect(&options).await? else {
        return Ok(Ran { mode: None, report: None });
    };
    input.sync_mode = sides.mode;
    let plan = plan(&PlanInput {
        tenant: &world.tenant,
        psa: psa.name(),
        users: &sides.users,
        contacts: &sides.contacts,
        companies: &[],
        links: &world.links().await,
        linked_elsewhere: &NONE_ELSEWHERE,
        reviews: &world.reviews,
        policy: &world.policy,
        capabilities: &sides.capabilities,
        run: &input,
        as_of: world.now,
    })
    .unwrap();
    let context = ApplyContext {
        tenant: &world.tenant,
        policy: &world.policy,
        capabilities: &sides.capabilities,
        run: &input,
        psa: &*psa,
        links: store,
        hold: &hold,
    };
    let start = RunStart { at: world.now, sync_mode: sides.mode, undoes: None, plan: &plan };
    store.begin(name, hold.run(), &start).await?;
    let mut written = Vec::new();
    let options = ApplyOptions::at(world.now);
    let report = apply_watching(&plan, &context, &options, &mut written).await.unwrap();
    let end = RunEnd { at: world.now, interrupted: false, report: &report };
    store.finish(name, hold.run(), hold.run(), &end).await?;
    let generation = store.base(name).await?.generation;
    let wants = Wants::of(&world.policy, &world.tenant);
    let quiet = after_run(&plan, &report, &wants, generation, sides.answers);
    let change = BaseChange { rows: Rows::Fold(written), quiet: Some(quiet), ..BaseChange::default() };
    store.keep(name, hold.run(), &change).await?;
    Ok(Ran { mode: Some(sides.mode), report: Some(report) })
}

/// A tenant in step, whose next run reads changes, and somebody of it.
async fn in_step(product: Product) -> (World, User) {
    let mut world = World::of(product, 60, 40).await;
    for _ in 0..2 {
        let report = run(&world).await.unwrap().report;
        assert!(report.is_none_or(|report| report.statistics.errors == 0), "{product:?}");
        world.pass(TimeDelta::minutes(30));
    }
    let staff = world.staff().await.swap_remove(3);
    (world, staff)
}

const PHONE: &str = "+1 206 555 0142";
const TITLE: &str = "Head of Self-Service";

/// Writes title and phone of somebody to Entra.
async fn changes_details(world: &World, person: &User) {
    let anchor = SourceAnchor::entra(&world.sandbox.graph().tenant_id, &person.id);
    let details = BTreeMap::from([
        (Attribute::MobilePhone, Some(PHONE.to_owned())),
        (Attribute::JobTitle, Some(TITLE.to_owned())),
    ]);
    world.directory().update_user(&anchor, &details).await.unwrap();
    let held = world.sandbox.users().into_iter().find(|user| user.id == person.id).unwrap();
    assert_eq!((held.mobile_phone.as_deref(), held.job_title.as_deref()), (Some(PHONE), Some(TITLE)));
}

/// Whether the PSA has the title and the phone.
async fn has(world: &World, person: &User) -> (bool, bool) {
    let contact = world.contacts_of(&person.id).await.swap_remove(0);
    let digits = |text: String| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let phone = text(&contact, &ContactField::PhoneMobile).map(digits);
    let title = text(&contact, &ContactField::Title);
    (title.as_deref() == Some(TITLE), phone.is_some_and(|phone| phone.ends_with("2065550142")))
}

/// The next run finds nothing to do and asks the PSA nothing.
async fn is_quiet(world: &World) {
    world.sandbox.reset_calls();
    let ran = run(world).await.unwrap();
    let calls = world.sandbox.calls();
    assert!(ran.mode.is_none(), "{:?}: {ran:?}", world.product);
    assert_eq!((calls.of(Vendor::Graph), calls.of(world.product.vendor())), (1, 0), "{:?}", world.product);
}

#[tokio::test]
async fn what_somebody_changes_in_entra_is_in_the_psa_after_the_next_run_of_changes() {
    for product in Product::ALL {
        let (mut world, person) = in_step(product).await;
        changes_details(&world, &person).await;
        let ran = run(&world).await.unwrap();
        let report = ran.report.unwrap();
        assert_eq!((ran.mode, report.statistics.errors), (Some(SyncMode::Incremental), 0), "{product:?}");
        assert_eq!(report.statistics.contacts_updated, 1, "{product:?}");
        assert_eq!(has(&world, &person).await, (true, true), "{product:?}");
        world.pass(TimeDelta::minutes(30));
        is_quiet(&world).await;
        world.settles().await;
    }
}

#[tokio::test]
async fn what_reached_entra_and_not_the_psa_reaches_it_with_the_next_run() {
    for product in Product::ALL {
        let (mut world, person) = in_step(product).await;
        changes_details(&world, &person).await;
        for method in ["PATCH", "PUT"] {
            world.fault(&format!("403[{method}]*always"));
        }
        let report = run(&world).await.unwrap().report.unwrap();
        assert_eq!((report.success, report.statistics.errors), (false, 1), "{product:?}");
        assert_eq!(has(&world, &person).await, (false, false), "{product:?}");

        // The directory says nothing of this person any more: it was said, and this is what remembers it.
        world.sandbox.clear_faults();
        world.pass(TimeDelta::minutes(30));
        let ran = run(&world).await.unwrap();
        let report = ran.report.unwrap();
        assert_eq!((ran.mode, report.statistics.errors), (Some(SyncMode::Incremental), 0), "{product:?}");
        assert_eq!(report.statistics.contacts_updated, 1, "{product:?}");
        assert_eq!(has(&world, &person).await, (true, true), "{product:?}");
        world.pass(TimeDelta::minutes(30));
        is_quiet(&world).await;
        world.settles().await;
    }
}

#[tokio::test]
async fn what_reached_entra_while_the_psa_was_away_is_told_again() {
    for product in Product::ALL {
        let (mut world, person) = in_step(product).await;
        changes_details(&world, &person).await;
        world.fault("403*always");
        let error = run(&world).await.unwrap_err();
        assert!(world.sandbox.faults_struck() > 0, "{product:?}: {error}");

        world.sandbox.clear_faults();
        world.pass(TimeDelta::minutes(30));
        let ran = run(&world).await.unwrap();
        assert_eq!(ran.mode, Some(SyncMode::Incremental), "{product:?}");
        assert_eq!(ran.report.unwrap().statistics.contacts_updated, 1, "{product:?}");
        assert_eq!(has(&world, &person).await, (true, true), "{product:?}");
        world.settles().await;
    }
}

#[tokio::test]
async fn a_write_to_the_psa_whose_answer_was_lost_is_made_once_more_and_comes_out_the_same() {
    for product in Product::ALL {
        let (mut world, person) = in_step(product).await;
        changes_details(&world, &person).await;
        world.fault("reset-after-commit[PATCH]");
        world.fault("reset-after-commit[PUT]");
        run(&world).await.unwrap();
        world.sandbox.clear_faults();
        world.pass(TimeDelta::minutes(30));
        run(&world).await.unwrap();
        assert_eq!(has(&world, &person).await, (true, true), "{product:?}");
        assert_eq!(world.contacts_of(&person.id).await.len(), 1, "{product:?}");
        world.settles().await;
    }
}
