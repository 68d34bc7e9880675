//! One run of one tenant, by the library, that can be stopped at any step of its journal: for tests that kill it there.
//!
//! The first argument is a file that says where everything is; the second, where given, the step at which the run stops,
//! says so, and goes on when it is told to.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test reads what it prints, and sees it fail")]

mod points;

use points::{Marked, MarkedPsa, Points};
use serde::Deserialize;
use std::{
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};
use sync_core::{
    Psa as _,
    apply::{ApplyContext, ApplyOptions, SettleOptions, apply, interrupted_report, settle},
    capability::Settling,
    collect::{CollectOptions, Collected, collect},
    model::{CompanyId, TenantName},
    plan::{NONE_ELSEWHERE, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, SyncMode, Tenant},
    review::Reviews,
    store::{Hold as _, Leases, RunEnd, RunStart, StateStore},
};
use sync_state::{Held, PostgresStore, SqliteStore};

#[derive(Deserialize)]
struct World {
    state: String,
    graph: [String; 5],
    connectwise: [String; 5],
    lease_ms: u64,
    timeout_ms: u64,
    lag_ms: u64,
    /// Ends at once where another run holds the tenant.
    impatient: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let world = std::fs::read_to_string(arguments.next().unwrap()).unwrap();
    let world: World = serde_json::from_str(&world).unwrap();
    let points = Arc::new(Points::new(arguments.next().map(|step| step.parse().unwrap())));
    if world.impatient {
        say("ready");
        std::io::stdin().read_line(&mut String::new()).unwrap();
    }
    let store: Arc<dyn StateStore> = if world.state.starts_with("postgres:") {
        Arc::new(PostgresStore::connect(&world.state).await.unwrap())
    } else {
        Arc::new(SqliteStore::open(&world.state).await.unwrap())
    };
    run(&world, store, points).await;
}

fn say(text: &str) {
    println!("{text}");
    std::io::stdout().flush().unwrap();
}

async fn run(world: &World, store: Arc<dyn StateStore>, points: Arc<Points>) {
    let name = TenantName::new("Contoso");
    let leases: Arc<dyn StateStore> = Arc::clone(&store);
    let leases: Arc<dyn Leases> = leases;
    let hold = loop {
        match Held::take(Arc::clone(&leases), &name, Duration::from_millis(world.lease_ms)).await.unwrap() {
            Ok(hold) => break hold,
            Err(lease) if world.impatient => {
                return say(&format!("held by {}", lease.run));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    };
    let mut document = PolicyDocument::defaults();
    document.write_back.contact_id_field = "Office365Id".to_owned();
    // Killed runs leave more to create than a quiet tenant would; the limit on that is not what is tested.
    document.limits.create =
        serde_json::from_value(serde_json::json!({"count": 100_000, "percent": 100})).unwrap();
    let policy = Policy::new(document).unwrap();
    let [tenant_id, client_id, secret, authority, base_url] = world.graph.clone();
    let tenant = Tenant::to_company(name.clone(), tenant_id.clone(), CompanyId::new("100"));
    let mut directory = graph_client::GraphConfig::new(tenant_id, client_id, secret.into());
    (directory.authority, directory.base_url) = (Some(authority), Some(base_url));
    let directory = directory.connect().unwrap();
    let [base_url, company, public_key, private_key, client_id] = world.connectwise.clone();
    let mut psa =
        psa_connectwise::Config::new(base_url, company, public_key, private_key.into(), client_id.into());
    (psa.mobile_type, psa.requests_per_minute) = (Some("Mobile".into()), 1_000_000);
    let psa = MarkedPsa::new(psa.connect().unwrap(), Arc::clone(&points));
    let links = Marked::new(Arc::clone(&store), Arc::clone(&points));
    let mut capabilities = psa.capabilities().await.unwrap();
    capabilities.settling =
        Settling::new(Duration::from_millis(world.timeout_ms), Duration::from_millis(world.lag_ms));
    let began = Instant::now();
    loop {
        let options = SettleOptions {
            tenant: &tenant,
            policy: &policy,
            capabilities: &capabilities,
            psa: &psa,
            links: &links,
            linked_elsewhere: &NONE_ELSEWHERE,
            hold: &hold,
            now: chrono::Utc::now(),
            waited: began.elapsed(),
        };
        match settle(&options).await {
            Ok(settled) => match settled.wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => break,
            },
            Err(error) => return say(&format!("not settled: {error}")),
        }
    }
    if let Some(last) = store.runs(Some(&name), None, 1).await.unwrap().pop()
        && last.ended_at.is_none()
    {
        let plan = store.plan(last.run).await.unwrap().unwrap();
        let report = interrupted_report(
            &plan,
            &store.intents(last.run).await.unwrap(),
            last.sync_mode,
            last.started_at,
        );
        let end = RunEnd { at: chrono::Utc::now(), interrupted: true, report: &report };
        if store.finish(&name, hold.run(), last.run, &end).await.is_err() {
            return say("lost the tenant");
        }
    }
    let mut input = RunInput::default();
    input.sync_mode = SyncMode::Full;
    let options = CollectOptions {
        tenant: &tenant,
        policy: &policy,
        run: &input,
        directory: &directory,
        psa: &psa,
        store: None,
        hold: None,
        now: chrono::Utc::now(),
        full_every: chrono::Duration::hours(24),
    };
    let sides = match collect(&options).await {
        Ok(Collected::Sides(sides)) => sides,
        Ok(Collected::Quiet(_)) => return say("quiet"),
        Err(error) => return say(&format!("not read: {error}")),
    };
    let set = store.load(&name).await.unwrap();
    let planned = plan(&PlanInput {
        tenant: &tenant,
        psa: "connectwise",
        users: &sides.users,
        contacts: &sides.contacts,
        companies: &[],
        links: &set,
        linked_elsewhere: &NONE_ELSEWHERE,
        reviews: &Reviews::default(),
        policy: &policy,
        capabilities: &capabilities,
        run: &input,
        as_of: chrono::Utc::now(),
    });
    let plan = match planned {
        Ok(plan) => plan,
        Err(error) => return say(&format!("not planned: {error}")),
    };
    let now = chrono::Utc::now();
    if plan.summary.changes() > 0 {
        let start = RunStart { at: now, sync_mode: SyncMode::Full, undoes: None, plan: &plan };
        if store.begin(&name, hold.run(), &start).await.is_err() {
            return say("lost the tenant");
        }
    }
    let context = ApplyContext {
        tenant: &tenant,
        policy: &policy,
        capabilities: &capabilities,
        run: &input,
        psa: &psa,
        links: &links,
        hold: &hold,
    };
    let mut options = ApplyOptions::at(now);
    options.stop_after_failures = 50;
    let report = match apply(&plan, &context, &options).await {
        Ok(report) => report,
        Err(error) => return say(&format!("not applied: {error}")),
    };
    if plan.summary.changes() > 0 {
        let end = RunEnd { at: chrono::Utc::now(), interrupted: false, report: &report };
        if store.finish(&name, hold.run(), hold.run(), &end).await.is_err() {
            return say("lost the tenant");
        }
    }
    let (run, open) = (hold.run(), store.base(&name).await.unwrap().open);
    hold.release().await.unwrap();
    let counts = report.statistics;
    say(&format!(
        "done {run} changes {} created {} open {open} steps {}",
        plan.summary.changes(),
        counts.contacts_created,
        points.passed()
    ));
}
