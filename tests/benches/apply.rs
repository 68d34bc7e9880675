//! What state costs an apply: `cargo bench -p psa-sync-tests --bench apply`.
//!
//! 10,000 contacts are created over real HTTP in the imitation of ConnectWise, which answers as fast as it can. Rounds with
//! the records in memory and rounds with them in SQLite take turns, each in a new sandbox with a new store. What lies
//! between the two is what it costs that every write is on the disk before it is sent. At most 5 % of an apply is allowed.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark")]

use psa_sync_tests::{Pace, Product};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use sync_core::{
    DirectoryExt as _, Psa, PsaExt as _, UserQuery,
    apply::{ApplyContext, ApplyOptions, apply},
    memory::{MemoryDirectory, MemoryStore},
    model::{Attribute, CompanyId, DirectoryUser, SourceAnchor, TenantName},
    plan::{NONE_ELSEWHERE, Plan, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, SyncMode, Tenant},
    review::NO_REVIEWS,
    store::{Hold as _, Leases, RunEnd, RunStart, StateStore},
};
use sync_sandbox::{Options, Sandbox, Vendor};
use sync_state::{Held, SqliteStore};
use tokio::runtime::{Builder, Runtime};

const CHANGES: usize = 10_000;

/// Of each kind; one more of each comes first and is not counted.
const ROUNDS: usize = 7;

/// The most that state may cost, in percent of an apply that keeps nothing.
const LIMIT: f64 = 5.0;

/// What two medians of the same thing differ by on a shared machine, in percent: measured with memory against memory.
const NOISE: f64 = 1.5;

fn person(place: usize) -> DirectoryUser {
    let mail = format!("p{place:06}@contoso.example");
    let anchor = SourceAnchor::entra("t", &format!("00000000-0000-4000-8000-{place:012x}"));
    let mut user = DirectoryUser::new(anchor)
        .with(Attribute::UserPrincipalName, mail.clone())
        .with(Attribute::Mail, mail)
        .with(Attribute::DisplayName, format!("Person {place}"))
        .with(Attribute::GivenName, "Person")
        .with(Attribute::Surname, format!("Number{place}"))
        .with(Attribute::JobTitle, "Engineer")
        .with(Attribute::BusinessPhone, "+1 555 0100");
    user.enabled = Some(true);
    user
}

/// Where a run keeps what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    InMemory,
    InSqlite,
}

struct Bench {
    policy: Policy,
    tenant: Tenant,
    directory: MemoryDirectory,
    /// The sandbox has threads of its own, as a server has.
    server: Runtime,
    client: Runtime,
}

impl Bench {
    fn new() -> Self {
        let mut document = PolicyDocument::defaults();
        document.write_back.contact_id_field = "Office365Id".to_owned();
        let runtime = |threads| Builder::new_multi_thread().worker_threads(threads).enable_all().build();
        Self {
            policy: Policy::new(document).unwrap(),
            tenant: Tenant::to_company(TenantName::new("Contoso"), "t", CompanyId::new("100")),
            directory: MemoryDirectory::new((0..CHANGES).map(person)),
            server: runtime(1).unwrap(),
            client: runtime(1).unwrap(),
        }
    }

    /// The time from the beginning of a run's record to its end.
    fn round(&self, kept: Kept) -> Duration {
        let options = Options::sized(1, 1).vendors(&[Vendor::Graph, Vendor::ConnectWise]);
        let sandbox = self.server.block_on(Sandbox::start(options)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let time = self.client.block_on(async {
            let psa = Product::ConnectWise.connect(&sandbox, Pace::Free);
            let store: Arc<dyn StateStore> = match kept {
                Kept::InMemory => Arc::new(MemoryStore::new()),
                Kept::InSqlite => {
                    Arc::new(SqliteStore::open(folder.path().join("state.sqlite")).await.unwrap())
                }
            };
            let plan = self.plan(psa.as_ref(), store.as_ref()).await;
            assert_eq!(plan.summary.create, CHANGES as u64);
            self.apply(psa.as_ref(), &store, &plan).await
        });
        assert_eq!(sandbox.calls().writes(), CHANGES as u64);
        self.server.block_on(sandbox.shutdown());
        time
    }

    async fn plan(&self, psa: &dyn Psa, store: &dyn StateStore) -> Plan {
        let now = chrono::Utc::now();
        let users = self.directory.snapshot(&UserQuery::all(), now).await.unwrap();
        let mut query = sync_core::ContactQuery::of_companies(self.tenant.companies());
        query.custom_fields = self.policy.custom_fields_needed();
        let contacts = psa.snapshot(&query, now).await.unwrap();
        plan(&PlanInput {
            tenant: &self.tenant,
            psa: psa.name(),
            users: &users,
            contacts: &contacts,
            companies: &[],
            links: &store.load(&self.tenant.name).await.unwrap(),
            linked_elsewhere: &NONE_ELSEWHERE,
            reviews: &NO_REVIEWS,
            policy: &self.policy,
            capabilities: &psa.capabilities().await.unwrap(),
            run: &RunInput::default(),
            as_of: now,
        })
        .unwrap()
    }

    async fn apply(&self, psa: &dyn Psa, store: &Arc<dyn StateStore>, plan: &Plan) -> Duration {
        let name = &self.tenant.name;
        let capabilities = psa.capabilities().await.unwrap();
        let began = Instant::now();
        let leases: Arc<dyn StateStore> = Arc::clone(store);
        let leases: Arc<dyn Leases> = leases;
        let hold = Held::take(leases, name, Duration::from_secs(180)).await.unwrap().unwrap();
        let now = chrono::Utc::now();
        let start = RunStart { at: now, sync_mode: SyncMode::Full, undoes: None, plan };
        store.begin(name, hold.run(), &start).await.unwrap();
        let begun = began.elapsed();
        let context = ApplyContext {
            tenant: &self.tenant,
            policy: &self.policy,
            capabilities: &capabilities,
            run: &RunInput::default(),
            psa,
            links: store.as_ref(),
            hold: &hold,
        };
        let report = apply(plan, &context, &ApplyOptions::at(now)).await.unwrap();
        let applied = began.elapsed();
        let end = RunEnd { at: chrono::Utc::now(), interrupted: false, report: &report };
        store.finish(name, hold.run(), hold.run(), &end).await.unwrap();
        hold.release().await.unwrap();
        let time = began.elapsed();
        println!("  begun {begun:.3?}, written {:.3?}, ended {:.3?}", applied - begun, time - applied);
        assert!(report.success);
        assert_eq!(report.statistics.contacts_created, CHANGES as u64);
        time
    }
}

fn median(times: &[Duration]) -> f64 {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

fn percent(times: &[Duration], beside: &[Duration]) -> f64 {
    (median(times) / median(beside) - 1.0) * 100.0
}

fn main() {
    let bench = Bench::new();
    // Every second round of memory stands against the ones between: what they differ by is noise.
    let (mut memory, mut again, mut sqlite) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let first = bench.round(Kept::InMemory);
        let kept = bench.round(Kept::InSqlite);
        let second = bench.round(Kept::InMemory);
        println!("round {round}: in memory {first:.3?} and {second:.3?}, in SQLite {kept:.3?}");
        if round > 0 {
            memory.push(first);
            sqlite.push(kept);
            again.push(second);
        }
    }
    let noise = percent(&again, &memory);
    memory.extend(again);
    let cost = percent(&sqlite, &memory);
    println!(
        "{CHANGES} creates over HTTP: {:.3} s in memory, {:.3} s in SQLite; state costs {cost:.1} % (limit {LIMIT} %); \
         memory against memory {noise:.1} %",
        median(&memory),
        median(&sqlite)
    );
    assert!(cost <= LIMIT + NOISE, "state costs {cost:.1} % of an apply");
}
