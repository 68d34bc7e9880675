//! Links in memory.

use super::lock;
use crate::{
    error::{Error, ErrorKind, Result},
    model::TenantName,
    store::{LinkChange, LinkSet, LinkStore},
};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Mutex};

/// A [`LinkStore`] that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryLinkStore {
    sets: Mutex<BTreeMap<TenantName, LinkSet>>,
}

impl MemoryLinkStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a whole set in place.
    pub fn put(&self, tenant: TenantName, links: LinkSet) {
        lock(&self.sets).insert(tenant, links);
    }
}

#[async_trait]
impl LinkStore for MemoryLinkStore {
    async fn load(&self, tenant: &TenantName) -> Result<LinkSet> {
        Ok(lock(&self.sets).get(tenant).cloned().unwrap_or_default())
    }

    async fn commit(&self, tenant: &TenantName, expected: u64, changes: &[LinkChange]) -> Result<u64> {
        let mut sets = lock(&self.sets);
        let set = sets.entry(tenant.clone()).or_default();
        if set.generation != expected {
            let message = format!("generation is {}, not {expected}: another run was first", set.generation);
            return Err(Error::new(ErrorKind::PreconditionFailed, "commit links", message));
        }
        *set = std::mem::take(set).with(changes);
        Ok(set.generation)
    }
}
