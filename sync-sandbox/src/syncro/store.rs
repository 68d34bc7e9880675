//! The locked account.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::SecondsFormat;

use crate::shared::Shared;

use super::data::Data;

/// The account behind a lock that is never held across an await.
pub(crate) struct Store {
    data: Mutex<Data>,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    pub(crate) const fn new(data: Data, shared: Arc<Shared>) -> Self {
        Self { data: Mutex::new(data), shared }
    }

    /// Works on the account at the present time.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut Data) -> T) -> T {
        let mut data = self.data.lock().unwrap_or_else(PoisonError::into_inner);
        data.now = self.shared.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true);
        work(&mut data)
    }
}
