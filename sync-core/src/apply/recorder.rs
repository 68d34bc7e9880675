//! Recording step by step: what became of some writes together with which ones come next.

use super::brake::Brake;
use crate::{
    error::Error,
    model::TenantName,
    plan::Decision,
    store::{Commit, Hold, Intent, IntentState, LinkChange, LinkStore, Settlement},
};
use chrono::{DateTime, Utc};
use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

/// What is to be recorded with the next step.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) links: Vec<LinkChange>,
    pub(super) opened: Vec<Intent>,
    pub(super) settled: Vec<Settlement>,
}

impl Pending {
    const fn is_empty(&self) -> bool {
        self.links.is_empty() && self.opened.is_empty() && self.settled.is_empty()
    }
}

/// Records the steps of one run.
#[derive(Debug)]
pub(super) struct Recorder<'a> {
    links: &'a dyn LinkStore,
    tenant: &'a TenantName,
    hold: &'a dyn Hold,
    brake: &'a Brake,
    generation: AtomicU64,
    /// The moment at which the run's own clock stood at zero.
    began: DateTime<Utc>,
    failure: OnceLock<Error>,
}

impl<'a> Recorder<'a> {
    pub(super) const fn new(
        links: &'a dyn LinkStore,
        tenant: &'a TenantName,
        hold: &'a dyn Hold,
        brake: &'a Brake,
        generation: u64,
        began: DateTime<Utc>,
    ) -> Self {
        let generation = AtomicU64::new(generation);
        Self { links, tenant, hold, brake, generation, began, failure: OnceLock::new() }
    }

    /// Now, by the run's own clock.
    pub(super) fn now(&self) -> DateTime<Utc> {
        let elapsed = chrono::Duration::from_std(self.hold.elapsed()).unwrap_or_default();
        self.began.checked_add_signed(elapsed).unwrap_or(self.began)
    }

    /// An intent of this run.
    pub(super) fn intent(&self, place: usize, decision: &Decision) -> Intent {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        Intent::new(self.hold.run(), place, decision.clone(), self.now())
    }

    /// What became of an intent of this run.
    pub(super) fn settlement(&self, place: usize, state: IntentState) -> Settlement {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        Settlement { run: self.hold.run(), place, state, at: self.now() }
    }

    /// Records a step, one at a time; a store that refuses breaks the run, because the next one would not know what this one
    /// did.
    pub(super) async fn record(&self, pending: Pending) -> bool {
        if pending.is_empty() {
            return true;
        }
        if self.failure.get().is_some() {
            return false;
        }
        let Pending { links, opened, settled } = pending;
        let generation = self.generation.load(Ordering::Acquire);
        let mut commit = Commit::new(self.hold.run(), generation).with_links(links);
        (commit.opened, commit.settled) = (opened, settled);
        match self.links.commit(self.tenant, &commit).await {
            Ok(generation) => {
                self.generation.store(generation, Ordering::Release);
                true
            }
            Err(error) => {
                // The first failure is the one that is told.
                let _ = self.failure.set(error);
                self.brake.pull();
                false
            }
        }
    }

    /// Why the store refused, where it did.
    pub(super) fn into_failure(self) -> Option<Error> {
        self.failure.into_inner()
    }
}
