//! The links of a folder.

use async_trait::async_trait;
use std::sync::{Mutex, MutexGuard, PoisonError};
use sync_core::{
    Error, ErrorKind, Result,
    model::TenantName,
    store::{Commit, LinkRows, LinkSet, LinkStore},
};

/// `links.json` as a [`LinkStore`], in memory until the folder is written back.
#[derive(Debug)]
pub struct OfflineLinks {
    rows: Mutex<LinkRows>,
    read_at: u64,
}

impl OfflineLinks {
    pub(super) fn new(set: LinkSet) -> Self {
        Self { read_at: set.generation, rows: Mutex::new(set.into()) }
    }

    /// Whether anything was committed since they were read.
    pub(super) fn changed(&self) -> bool {
        self.lock().generation() != self.read_at
    }

    /// The links as they are now.
    #[must_use]
    pub fn now(&self) -> LinkSet {
        self.lock().set()
    }

    fn lock(&self) -> MutexGuard<'_, LinkRows> {
        // Every change is made in one step, so a panic elsewhere leaves all of it whole.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A folder holds one tenant, so its name makes no difference.
#[async_trait]
impl LinkStore for OfflineLinks {
    async fn load(&self, _tenant: &TenantName) -> Result<LinkSet> {
        Ok(self.now())
    }

    async fn commit(&self, _tenant: &TenantName, commit: &Commit) -> Result<u64> {
        let mut rows = self.lock();
        let generation = rows.generation();
        if generation != commit.generation {
            let message =
                format!("generation is {generation}, not {}: another run was first", commit.generation);
            return Err(Error::new(ErrorKind::PreconditionFailed, "commit links", message));
        }
        rows.commit(commit);
        Ok(rows.generation())
    }
}
