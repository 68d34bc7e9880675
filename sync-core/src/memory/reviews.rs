//! Answers in memory.

use super::lock;
use crate::{
    error::{Error, ErrorKind, Result},
    model::TenantName,
    review::{ReviewStore, Reviews},
};
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Mutex};

/// A [`ReviewStore`] that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryReviewStore {
    sets: Mutex<BTreeMap<TenantName, Reviews>>,
}

impl MemoryReviewStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl ReviewStore for MemoryReviewStore {
    async fn reviews(&self, tenant: &TenantName) -> Result<Reviews> {
        Ok(lock(&self.sets).get(tenant).cloned().unwrap_or_default())
    }

    async fn replace_reviews(&self, tenant: &TenantName, expected: u64, reviews: &Reviews) -> Result<u64> {
        let mut sets = lock(&self.sets);
        let known = sets.entry(tenant.clone()).or_default();
        if known.generation() != expected {
            let message =
                format!("generation is {}, not {expected}: somebody else was first", known.generation());
            return Err(Error::new(ErrorKind::PreconditionFailed, "replace reviews", message));
        }
        *known = Reviews::stored(expected + 1, reviews.iter().cloned());
        Ok(expected + 1)
    }
}
