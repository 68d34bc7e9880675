//! Directories, a PSA and a store, and one run after another.

use crate::world::World;
use chrono::{DateTime, Duration, Utc};
use std::sync::Arc;
use sync_core::{
    Psa as _,
    apply::{ApplyContext, ApplyOptions, Report, SettleOptions, Settled, apply_watching, settle},
    capability::Capabilities,
    collect::{CollectOptions, Collected, Wants, after_run, collect},
    memory::{MemoryDirectory, MemoryPsa, MemoryStore},
    model::{Company, TenantName},
    plan::{LinkedElsewhere, Plan, PlanInput, plan},
    policy::{Policy, RunInput, SyncMode},
    review::{Reviews, spend},
    store::{
        BaseChange, BaseStore as _, History as _, Hold as _, LinkSet, LinkStore as _, ReviewStore as _, Rows,
        RunEnd, RunStart,
    },
};

/// A tenant beside its PSA and store.
pub struct Lab {
    pub directory: MemoryDirectory,
    pub psa: Arc<MemoryPsa>,
    pub store: Arc<MemoryStore>,
    /// The other tenants of the same PSA.
    pub others: Vec<TenantName>,
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
        psa.set_now(world.as_of);
        Self::of(world, Arc::new(psa), Arc::new(MemoryStore::new()))
    }

    /// Another tenant of the same PSA.
    pub fn beside(&mut self, world: World) -> Self {
        let mut other = Self::of(world, Arc::clone(&self.psa), Arc::clone(&self.store));
        other.others.push(self.world.tenant.name.clone());
        self.others.push(other.world.tenant.name.clone());
        other
    }

    fn of(world: World, psa: Arc<MemoryPsa>, store: Arc<MemoryStore>) -> Self {
        world.contacts.iter().for_each(|contact| psa.put(contact.clone()));
        store.put(world.tenant.name.clone(), world.links.clone());
        Self {
            directory: MemoryDirectory::new(world.users.clone()),
            psa,
            store,
            others: Vec::new(),
            policy: Policy::new(world.policy.clone()).unwrap(),
            now: world.as_of,
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

    /// What the other tenants are linked to, and this one's links beside the creates that they have on their way.
    async fn elsewhere(&self) -> (LinkedElsewhere, LinkSet) {
        let (mut linked, mut links) = (LinkedElsewhere::new(), self.links().await);
        let companies = self.world.tenant.companies();
        for other in &self.others {
            let theirs = self.store.load(other).await.unwrap();
            theirs.links.values().for_each(|link| linked.add(link, other));
            links = links.beside(&theirs, &companies);
        }
        (linked, links)
    }

    pub async fn settle(&self) -> Settled {
        self.settle_after(std::time::Duration::ZERO).await
    }

    pub async fn settle_after(&self, waited: std::time::Duration) -> Settled {
        let capabilities = self.psa.capabilities().await.unwrap();
        let (linked_elsewhere, _) = self.elsewhere().await;
        let options = SettleOptions {
            tenant: &self.world.tenant,
            policy: &self.policy,
            capabilities: &capabilities,
            psa: &*self.psa,
            links: &*self.store,
            linked_elsewhere: &linked_elsewhere,
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
            psa: &*self.psa,
            store: Some(&*self.store),
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
        let (linked_elsewhere, links) = self.elsewhere().await;
        let plan = plan(&PlanInput {
            tenant: &self.world.tenant,
            psa: "memory",
            users: &sides.users,
            contacts: &sides.contacts,
            companies: &[],
            links: &links,
            linked_elsewhere: &linked_elsewhere,
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
            psa: &*self.psa,
            links: &*self.store,
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
        spend(&*self.store, name, &plan, &report, self.now).await.unwrap();
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
