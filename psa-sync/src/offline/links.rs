//! The links of a folder.

use async_trait::async_trait;
use std::sync::{Mutex, MutexGuard, PoisonError};
use sync_core::{
    Error, ErrorKind, Result,
    model::TenantName,
    store::{Commit, LinkSet, LinkStore},
};

/// `links.json` as a [`LinkStore`], in memory until the folder is written back.
#[derive(Debug)]
pub struct OfflineLinks {
    set: Mutex<LinkSet>,
    read_at: u64,
}

impl OfflineLinks {
    pub(super) fn new(set: LinkSet) -> Self {
        Self { read_at: set.generation, set: Mutex::new(set) }
    }

    /// Whether anything was committed since they were read.
    pub(super) fn changed(&self) -> bool {
        self.lock().generation != self.read_at
    }

    /// The links as they are now.
    #[must_use]
    pub fn now(&self) -> LinkSet {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, LinkSet> {
        // Every change is made in one step, so a panic elsewhere leaves a whole set.
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A folder holds one tenant, so its name makes no difference.
#[async_trait]
impl LinkStore for OfflineLinks {
    async fn load(&self, _tenant: &TenantName) -> Result<LinkSet> {
        Ok(self.now())
    }

    async fn commit(&self, _tenant: &TenantName, commit: &Commit) -> Result<u64> {
        let mut set = self.lock();
        if set.generation != commit.generation {
            let message =
                format!("generation is {}, not {}: another run was first", set.generation, commit.generation);
            return Err(Error::new(ErrorKind::PreconditionFailed, "commit links", message));
        }
        *set = std::mem::take(&mut *set).after(commit);
        Ok(set.generation)
    }
}
