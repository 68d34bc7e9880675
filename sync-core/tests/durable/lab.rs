//! A directory, a PSA and a store, and one run after another.

use crate::world::World;
use chrono::{DateTime, Duration, Utc};
use sync_core::{
    Psa as _,
    apply::{ApplyContext, ApplyOptions, Report, SettleOptions, Settled, apply_watching, settle},
    capability::Capabilities,
    collect::{CollectOptions, Collected, Wants, after_run, collect},
    memory::{MemoryDirectory, MemoryPsa, MemoryStore},
    model::Company,
    plan::{NONE_ELSEWHERE, Plan, PlanInput, plan},
    policy::{Policy, RunInput, SyncMode},
    review::{Reviews, spend},
    store::{
        BaseChange, BaseStore as _, History as _, Hold as _, LinkSet, LinkStore as _, ReviewStore as _, Rows,
        RunEnd, RunStart,
    },
};

pub struct Lab {
    pub directory: MemoryDirectory,
    pub psa: MemoryPsa,
    pub store: MemoryStore,
    pub policy: Policy,
    pub world: World,
    pub now: DateTime<Utc>,
    pub full_every: Duration,
}

/// What one run came to; no plan where there was nothing to look at.
pub struct Run {
    pub plan: Option<Plan>,
    pub report: Option<Report>,
    pub mode: Option<SyncMode>,
    /// How many listings and contacts were asked of the PSA.
    pub reads: u64,
}

impl Lab {
    pub fn new(world: World, capabilities: Capabilities) -> Self {
        let companies = world.tenant.companies().into_iter().map(|id| Company::new(id, "Contoso"));
        let psa = MemoryPsa::new(capabilities, companies);
        let now = world.as_of;
        psa.set_now(now);
        world.contacts.iter().for_each(|contact| psa.put(contact.clone()));
        let store = MemoryStore::new();
        store.put(world.tenant.name.clone(), world.links.clone());
        Self {
            directory: MemoryDirectory::new(world.users.clone()),
            psa,
            store,
            policy: Policy::new(world.policy.clone()).unwrap(),
            now,
            world,
            full_every: Duration::hours(24),
        }
    }

    pub fn pass(&mut self, time: Duration) {
        self.now += time;
        self.psa.set_now(self.now);
    }

    pub async fn links(&self) -> LinkSet {
        self.store.load(&self.world.tenant.name).await.unwrap()
    }

    pub async fn settle(&self) -> Settled {
        self.settle_after(std::time::Duration::ZERO).await
    }

    pub async fn settle_after(&self, waited: std::time::Duration) -> Settled {
        let capabilities = self.psa.capabilities().await.unwrap();
        let options = SettleOptions {
            tenant: &self.world.tenant,
            policy: &self.policy,
            capabilities: &capabilities,
            psa: &self.psa,
            links: &self.store,
            linked_elsewhere: &NONE_ELSEWHERE,
            hold: &self.store.hold(),
            now: self.now,
            waited,
        };
        settle(&options).await.unwrap()
    }

    /// One whole run, as a program makes it.
    pub async fn run(&self, sync_mode: SyncMode) -> Run {
        self.run_until(sync_mode, true).await.unwrap()
    }

    /// The same where reading may fail or planning be refused; nothing was written then.
    pub async fn try_run(&self, sync_mode: SyncMode, comes_to_its_end: bool) -> Result<Run, String> {
        self.run_until(sync_mode, comes_to_its_end).await
    }

    /// A run that is killed after its last write, before it keeps what it wrote.
    pub async fn run_killed(&self, sync_mode: SyncMode) -> Run {
        self.run_until(sync_mode, false).await.unwrap()
    }

    pub async fn reviews(&self) -> Reviews {
        Reviews::stored(self.store.reviews(&self.world.tenant.name).await.unwrap())
    }

    async fn run_until(&self, sync_mode: SyncMode, comes_to_its_end: bool) -> Result<Run, String> {
        let name = &self.world.tenant.name;
        let before = self.psa.reads();
        if self.store.base(name).await.unwrap().open > 0 {
            self.settle().await;
        }
        let mut run = RunInput::default();
        run.sync_mode = sync_mode;
        let hold = self.store.hold();
        let options = CollectOptions {
            tenant: &self.world.tenant,
            policy: &self.policy,
            run: &run,
            directory: &self.directory,
            psa: &self.psa,
            store: Some(&self.store),
            hold: Some(&hold),
            now: self.now,
            full_every: self.full_every,
        };
        let sides = match collect(&options).await.map_err(|error| error.to_string())? {
            Collected::Quiet(_) => {
                return Ok(Run { plan: None, report: None, mode: None, reads: self.psa.reads() - before });
            }
            Collected::Sides(sides) => sides,
        };
        let reads = self.psa.reads() - before;
        run.sync_mode = sides.mode;
        let plan = plan(&PlanInput {
            tenant: &self.world.tenant,
            psa: "memory",
            users: &sides.users,
            contacts: &sides.contacts,
            companies: &[],
            links: &self.links().await,
            linked_elsewhere: &NONE_ELSEWHERE,
            reviews: &self.reviews().await,
            policy: &self.policy,
            capabilities: &sides.capabilities,
            run: &run,
            as_of: self.now,
        })
        .map_err(|error| error.to_string())?;
        let context = ApplyContext {
            tenant: &self.world.tenant,
            policy: &self.policy,
            capabilities: &sides.capabilities,
            run: &run,
            psa: &self.psa,
            links: &self.store,
            hold: &hold,
        };
        let start = RunStart { at: self.now, sync_mode: run.sync_mode, undoes: None, plan: &plan };
        self.store.begin(name, hold.run(), &start).await.unwrap();
        let mut written = Vec::new();
        let options = ApplyOptions::at(self.now);
        let report = apply_watching(&plan, &context, &options, &mut written).await.unwrap();
        if !comes_to_its_end {
            return Ok(Run { plan: Some(plan), report: Some(report), mode: Some(sides.mode), reads });
        }
        spend(&self.store, name, &plan, &report, self.now).await.unwrap();
        let end = RunEnd { at: self.now, interrupted: false, report: &report };
        self.store.finish(name, hold.run(), hold.run(), &end).await.unwrap();
        let base = self.store.base(name).await.unwrap();
        let wants = Wants::of(&self.policy, &self.world.tenant);
        let quiet = after_run(&plan, &report, &wants, base.generation, sides.answers);
        let mut change =
            BaseChange { rows: Rows::Fold(written), quiet: Some(quiet), ..BaseChange::default() };
        if report.statistics.stale > 0 {
            change.contacts = base.contacts.map(|mut contacts| {
                contacts.full_at = DateTime::UNIX_EPOCH;
                contacts
            });
        }
        self.store.keep(name, hold.run(), &change).await.unwrap();
        Ok(Run { plan: Some(plan), report: Some(report), mode: Some(sides.mode), reads })
    }
}

/// A PSA that can tell what changed.
pub fn telling() -> Capabilities {
    let mut capabilities = Capabilities::everything();
    capabilities.modified_since = true;
    capabilities
}
