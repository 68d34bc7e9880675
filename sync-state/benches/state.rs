//! What state costs: `cargo bench -p sync-state --bench state`.
//!
//! Three figures, each measured and held against its limit; the program fails where one is passed.
//!
//! 1. An unchanged incremental run of a tenant of 1,000 users, state included: processor time, at most 5 ms.
//! 2. 5,000 such tenants one after another: at most 30 s, and memory stays flat.
//! 3. The journal of an apply of 10,000 changes beside a PSA in memory, at most 3 s: a rough look that finds what grows with
//!    the square. What it costs an apply over HTTP is measured by `cargo bench -p psa-sync-tests --bench apply`.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark")]

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use sync_core::{
    CheckItem, CheckQuery, Directory, DirectoryItem, Page, PageEnd, Psa as _, Result, UserQuery,
    apply::{ApplyContext, ApplyOptions, apply},
    capability::Capabilities,
    collect::{CollectOptions, Collected, Wants, after_run, collect},
    memory::{MemoryPsa, MemoryStore},
    model::{Attribute, Company, CompanyId, DeltaToken, DirectoryUser, SourceAnchor, TenantName},
    plan::{NONE_ELSEWHERE, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, SyncMode, Tenant},
    store::{BaseChange, Hold, Leases, RunEnd, RunStart, StateStore},
};
use sync_state::{Held, SqliteStore};

/// A directory whose changes are none, and whose token is another one each time, as Graph's is.
#[derive(Debug)]
struct Still(usize);

#[async_trait]
impl Directory for Still {
    fn name(&self) -> &'static str {
        "still"
    }
    async fn check(&self, _: &CheckQuery) -> Result<Vec<CheckItem>> {
        Ok(Vec::new())
    }
    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
        let number = query.since.as_ref().map_or(0, |token| token.expose().len());
        let count = if query.since.is_some() { 0 } else { self.0 };
        let users = (0..count).map(|place| DirectoryItem::Present(person(place))).collect();
        let end = PageEnd::new().with_resume(Some(DeltaToken::new("t".repeat(number % 900 + 100))));
        stream::iter([Ok(Page::Items(users)), Ok(Page::End(end))]).boxed()
    }
}

fn person(place: usize) -> DirectoryUser {
    let mail = format!("p{place:06}@contoso.example.com");
    let anchor = SourceAnchor::entra("t", &format!("00000000-0000-4000-8000-{place:012x}"));
    let mut user = DirectoryUser::new(anchor)
        .with(Attribute::UserPrincipalName, mail.clone())
        .with(Attribute::Mail, mail)
        .with(Attribute::DisplayName, format!("Person {place}"))
        .with(Attribute::GivenName, "Person")
        .with(Attribute::Surname, format!("Number{place}"))
        .with(Attribute::JobTitle, "Engineer")
        .with(Attribute::Department, "Sales")
        .with(Attribute::BusinessPhone, "+1 555 0100");
    user.enabled = Some(true);
    user
}

struct World {
    policy: Policy,
    psa: MemoryPsa,
    directory: Still,
}

impl World {
    fn of(users: usize) -> Self {
        let mut document = PolicyDocument::defaults();
        document.write_back.contact_id_field = "Office365Id".to_owned();
        let companies = [Company::new(CompanyId::new("100"), "Contoso")];
        Self {
            policy: Policy::new(document).unwrap(),
            psa: MemoryPsa::new(Capabilities::everything(), companies),
            directory: Still(users),
        }
    }
}

fn tenant(number: usize) -> Tenant {
    Tenant::to_company(TenantName::new(format!("Tenant {number:05}")), "t", CompanyId::new("100"))
}

/// One run as a program makes it; answers whether there was anything to look at.
async fn run(world: &World, store: &Arc<dyn StateStore>, tenant: &Tenant, mode: SyncMode) -> bool {
    let leases: Arc<dyn StateStore> = Arc::clone(store);
    let leases: Arc<dyn Leases> = leases;
    let hold = Held::take(leases, &tenant.name, Duration::from_secs(180)).await.unwrap().unwrap();
    let looked = with(world, store.as_ref(), tenant, mode, &hold).await;
    hold.release().await.unwrap();
    looked
}

async fn with(
    world: &World,
    store: &dyn StateStore,
    tenant: &Tenant,
    mode: SyncMode,
    hold: &dyn Hold,
) -> bool {
    let now = chrono::Utc::now();
    let mut input = RunInput::default();
    input.sync_mode = mode;
    let options = CollectOptions {
        tenant,
        policy: &world.policy,
        run: &input,
        directory: &world.directory,
        psa: &world.psa,
        store: Some(store),
        hold: Some(hold),
        now,
        full_every: chrono::Duration::hours(24),
    };
    let Collected::Sides(sides) = collect(&options).await.unwrap() else { return false };
    let plan = plan(&PlanInput {
        tenant,
        psa: "memory",
        users: &sides.users,
        contacts: &sides.contacts,
        companies: &[],
        links: &store.load(&tenant.name).await.unwrap(),
        linked_elsewhere: &NONE_ELSEWHERE,
        reviews: &sync_core::review::NO_REVIEWS,
        policy: &world.policy,
        capabilities: &sides.capabilities,
        run: &input,
        as_of: now,
    })
    .unwrap();
    let start = RunStart { at: now, sync_mode: sides.mode, undoes: None, plan: &plan };
    store.begin(&tenant.name, hold.run(), &start).await.unwrap();
    let context = ApplyContext {
        tenant,
        policy: &world.policy,
        capabilities: &sides.capabilities,
        run: &input,
        psa: &world.psa,
        links: store,
        hold,
    };
    let report = apply(&plan, &context, &ApplyOptions::at(now)).await.unwrap();
    assert!(report.success);
    let end = RunEnd { at: now, interrupted: false, report: &report };
    store.finish(&tenant.name, hold.run(), hold.run(), &end).await.unwrap();
    let base = store.base(&tenant.name).await.unwrap();
    let wants = Wants::of(&world.policy, tenant);
    let quiet = after_run(&plan, &report, &wants, base.generation, sides.answers);
    let change = BaseChange { quiet: Some(quiet), ..BaseChange::default() };
    store.keep(&tenant.name, hold.run(), &change).await.unwrap();
    true
}

/// Processor time of this process, and its memory in KiB.
fn spent() -> (Duration, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let memory = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    let memory = memory.split_whitespace().nth(1).unwrap().parse().unwrap();
    (Duration::from_millis(ticks * 10), memory)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn StateStore> =
        Arc::new(SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap());
    let world = World::of(1_000);
    // One tenant is filled by a run; the others get its rows, as their first run would have left them.
    run(&world, &store, &tenant(0), SyncMode::Full).await;
    assert!(run(&world, &store, &tenant(0), SyncMode::Full).await);

    const RUNS: u32 = 500;
    let (before, _) = spent();
    let began = Instant::now();
    for _ in 0..RUNS {
        assert!(!run(&world, &store, &tenant(0), SyncMode::Incremental).await, "nothing changed");
    }
    let (after, _) = spent();
    let (cpu, wall) = ((after - before) / RUNS, began.elapsed() / RUNS);
    println!("unchanged run of 1,000 users: {cpu:?} of processor time, {wall:?} by the clock (limit 5 ms)");
    assert!(cpu < Duration::from_millis(5));

    const TENANTS: usize = 5_000;
    let small = World::of(1_000);
    for number in 1..=TENANTS {
        // What a tenant's rows are is the same for all, so they are not written five thousand times over.
        copy_marks(&store, &small, number).await;
    }
    let began = Instant::now();
    let (_, memory_before) = spent();
    for number in 1..=TENANTS {
        assert!(!run(&small, &store, &tenant(number), SyncMode::Incremental).await);
    }
    let (wall, (_, memory_after)) = (began.elapsed(), spent());
    println!(
        "{TENANTS} unchanged tenants: {wall:?} (limit 30 s), memory {memory_before} KiB before, {memory_after} KiB after"
    );
    assert!(wall < Duration::from_secs(30) && memory_after < memory_before + 8_192);

    let mut times = Vec::new();
    for durable in [false, true, false, true] {
        let world = World::of(10_000);
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn StateStore> = if durable {
            Arc::new(SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap())
        } else {
            Arc::new(MemoryStore::new())
        };
        let began = Instant::now();
        let (before, _) = spent();
        assert!(run(&world, &store, &tenant(0), SyncMode::Full).await);
        let (after, _) = spent();
        assert_eq!(world.psa.writes(), 10_000);
        println!(
            "10,000 creates in memory, state {}: {:?} by the clock, {:?} of processor time",
            if durable { "in SQLite" } else { "in memory" },
            began.elapsed(),
            after - before
        );
        times.push(began.elapsed());
        assert!(world.psa.capabilities().await.is_ok());
    }
    let state = (times[1] + times[3]).saturating_sub(times[0] + times[2]) / 2;
    println!("state of an apply of 10,000 changes in SQLite: {state:?} (limit 3 s)");
    assert!(state < Duration::from_secs(3));
}

/// The marks of a tenant that was read and left nothing to do.
async fn copy_marks(store: &Arc<dyn StateStore>, world: &World, number: usize) {
    let (from, to) = (tenant(0), tenant(number));
    let base = store.base(&from.name).await.unwrap();
    let leases: Arc<dyn StateStore> = Arc::clone(store);
    let leases: Arc<dyn Leases> = leases;
    let hold = Held::take(leases, &to.name, Duration::from_secs(180)).await.unwrap().unwrap();
    let quiet = base.quiet.clone().map(|mut quiet| {
        quiet.generation = 0;
        quiet
    });
    let wants_other_tenant = Wants::of(&world.policy, &to);
    let change = BaseChange {
        directory: base.directory,
        contacts: base.contacts,
        quiet: Some(quiet.map(|quiet| wants_other_tenant.quiet(quiet))),
        ..BaseChange::default()
    };
    store.keep(&to.name, hold.run(), &change).await.unwrap();
    hold.release().await.unwrap();
}
