//! A whole state store in memory.

mod base;
mod history;
mod people;

use super::lock;
use crate::{
    error::{Error, ErrorKind, Result},
    model::{Contact, ContactId, DirectoryGroup, DirectoryUser, SourceAnchor, TenantName},
    review::answered_meanwhile,
    store::{
        Acquired, Base, Commit, Event, Intent, Lease, Leases, LinkRows, LinkSet, LinkStore, PinRecord,
        Quarantine, QuarantineStore, Review, ReviewId, ReviewStore, RunId, Unshared,
    },
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use history::RunState;
use std::{collections::BTreeMap, sync::Mutex, time::Duration};

/// A [`StateStore`](crate::store::StateStore) that forgets everything when it is dropped.
///
/// It has no clock: a lease lasts until it is given back or [`MemoryStore::expire`] ends it. A
/// program that alone uses its store needs none ([`MemoryStore::hold`]).
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tenants: BTreeMap<TenantName, TenantState>,
    runs: BTreeMap<RunId, RunState>,
    last_run: u64,
}

#[derive(Debug, Default)]
struct TenantState {
    links: LinkRows,
    lease: Option<Lease>,
    /// The youngest run that ever held the tenant.
    fence: RunId,
    /// Everything that was sent; those that are open lie among the links too.
    journal: BTreeMap<(RunId, u32), Intent>,
    base: Base,
    users: BTreeMap<SourceAnchor, DirectoryUser>,
    removed: Vec<SourceAnchor>,
    groups: Vec<DirectoryGroup>,
    contacts: BTreeMap<ContactId, Contact>,
    reviews: BTreeMap<ReviewId, Review>,
    quarantine: Option<Quarantine>,
    events: Vec<Event>,
    pins: BTreeMap<SourceAnchor, PinRecord>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a whole set in place.
    pub fn put(&self, tenant: TenantName, links: LinkSet) {
        lock(&self.state).tenants.entry(tenant).or_default().links = links.into();
    }

    /// The next run's right to write, without a lease: for a program that alone uses its store.
    #[must_use]
    pub fn hold(&self) -> Unshared {
        let mut state = lock(&self.state);
        state.last_run += 1;
        Unshared(RunId::new(state.last_run))
    }

    /// Lets the lease of a tenant run out, as it does when its holder is dead or asleep.
    pub fn expire(&self, tenant: &TenantName) {
        if let Some(state) = lock(&self.state).tenants.get_mut(tenant) {
            state.lease = None;
        }
    }
}

impl TenantState {
    fn check(&self, operation: &'static str, run: RunId) -> Result<()> {
        let held = self.lease.as_ref().is_some_and(|lease| lease.run == run);
        if run < self.fence && !held {
            let message =
                format!("run {run} has lost the tenant to run {}; nothing was recorded", self.fence);
            return Err(Error::new(ErrorKind::PreconditionFailed, operation, message));
        }
        Ok(())
    }
}

impl State {
    fn of(&mut self, tenant: &TenantName) -> &mut TenantState {
        self.tenants.entry(tenant.clone()).or_default()
    }
}

#[async_trait]
impl LinkStore for MemoryStore {
    async fn load(&self, tenant: &TenantName) -> Result<LinkSet> {
        Ok(lock(&self.state).tenants.get(tenant).map(|state| state.links.set()).unwrap_or_default())
    }

    async fn commit(&self, tenant: &TenantName, commit: &Commit) -> Result<u64> {
        const OPERATION: &str = "commit links";
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        state.check(OPERATION, commit.run)?;
        let generation = state.links.generation();
        if generation != commit.generation {
            let message =
                format!("generation is {generation}, not {}: another run was first", commit.generation);
            return Err(Error::new(ErrorKind::PreconditionFailed, OPERATION, message));
        }
        for intent in &commit.opened {
            if state.journal.insert((intent.run, intent.place), intent.clone()).is_some() {
                let message = format!("intent {} of run {} is there already", intent.place, intent.run);
                return Err(Error::new(ErrorKind::PreconditionFailed, OPERATION, message));
            }
        }
        for settlement in &commit.settled {
            if let Some(intent) = state.journal.get_mut(&(settlement.run, settlement.place)) {
                intent.state = settlement.state.clone();
                intent.settled_at = Some(settlement.at);
            }
        }
        state.links.commit(commit);
        Ok(state.links.generation())
    }
}

#[async_trait]
impl Leases for MemoryStore {
    async fn acquire(&self, tenant: &TenantName, holder: &str, length: Duration) -> Result<Acquired> {
        let mut state = lock(&self.state);
        if let Some(lease) = &state.of(tenant).lease {
            return Ok(Acquired::HeldBy(lease.clone()));
        }
        state.last_run += 1;
        let run = RunId::new(state.last_run);
        let (since, until) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + length);
        let lease = Lease::new(tenant.clone(), run, holder.to_owned(), since, until);
        let state = state.of(tenant);
        state.fence = run;
        state.lease = Some(lease.clone());
        Ok(Acquired::Ours(lease))
    }

    async fn renew(&self, tenant: &TenantName, run: RunId, _length: Duration) -> Result<Lease> {
        let mut state = lock(&self.state);
        let lease = state.of(tenant).lease.clone().filter(|lease| lease.run == run);
        lease.ok_or_else(|| {
            let message = format!("run {run} does not hold tenant {tenant} any more");
            Error::new(ErrorKind::PreconditionFailed, "renew lease", message)
        })
    }

    async fn release(&self, tenant: &TenantName, run: RunId) -> Result<()> {
        let mut state = lock(&self.state);
        let lease = &mut state.of(tenant).lease;
        if lease.as_ref().is_some_and(|lease| lease.run == run) {
            *lease = None;
        }
        Ok(())
    }

    async fn lease(&self, tenant: &TenantName) -> Result<Option<Lease>> {
        Ok(lock(&self.state).tenants.get(tenant).and_then(|state| state.lease.clone()))
    }
}

#[async_trait]
impl ReviewStore for MemoryStore {
    async fn reviews(&self, tenant: &TenantName) -> Result<Vec<Review>> {
        let state = lock(&self.state);
        let reviews = state.tenants.get(tenant).map(|state| state.reviews.values().cloned().collect());
        Ok(reviews.unwrap_or_default())
    }

    async fn answer(&self, tenant: &TenantName, review: &Review, instead_of: Option<&Review>) -> Result<()> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        if state.reviews.get(&review.id) != instead_of {
            return Err(answered_meanwhile(&review.id));
        }
        state.base.answers += 1;
        state.reviews.insert(review.id.clone(), review.clone());
        Ok(())
    }

    async fn take_back(&self, tenant: &TenantName, id: &ReviewId) -> Result<bool> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        let was_there = state.reviews.remove(id).is_some();
        state.base.answers += u64::from(was_there);
        Ok(was_there)
    }
}

#[async_trait]
impl QuarantineStore for MemoryStore {
    async fn quarantine(&self, tenant: &TenantName) -> Result<Option<Quarantine>> {
        Ok(lock(&self.state).tenants.get(tenant).and_then(|state| state.quarantine.clone()))
    }

    async fn set_quarantine(
        &self,
        tenant: &TenantName,
        run: RunId,
        quarantine: Option<&Quarantine>,
        event: &Event,
    ) -> Result<()> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        state.check("set quarantine", run)?;
        state.quarantine = quarantine.cloned();
        state.events.push(event.clone());
        Ok(())
    }

    async fn tell(&self, tenant: &TenantName, run: RunId, event: &Event) -> Result<()> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        state.check("record event", run)?;
        state.events.push(event.clone());
        Ok(())
    }

    async fn events(&self, tenant: &TenantName, since: DateTime<Utc>) -> Result<Vec<Event>> {
        let state = lock(&self.state);
        let events = state.tenants.get(tenant).map(|state| state.events.iter());
        Ok(events.into_iter().flatten().filter(|event| event.at >= since).cloned().collect())
    }
}
