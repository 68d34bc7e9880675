//! Syncro MSP REST v1, as a stranger's client meets it.
//!
//! Vendor behaviour that is not documented is imitated in the way that is hardest on a client; the handlers say where.

mod account;
mod call;
mod contacts;
mod customers;
mod data;
mod handle;
mod page;
mod portal;
mod reply;
mod routes;
mod schedules;
mod seed;
mod store;

use std::fmt;
use std::sync::Arc;

use axum::Router;

use crate::people::Person;
use crate::shared::Shared;
use crate::{Options, Vendor};

pub use handle::Syncro;
pub(crate) use reply::refusal;

use store::Store;

/// Where the Syncro imitation is, and a made-up API token that may do everything.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncroAccess {
    /// What real accounts have as `https://{subdomain}.syncromsp.com/api/v1`.
    pub base_url: String,
    /// The API token.
    pub api_token: String,
}

impl fmt::Debug for SyncroAccess {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SyncroAccess").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The credentials of a sandbox with that seed, reachable at `origin` (`http://127.0.0.1:port`).
pub(crate) fn access(origin: &str, seed: u64) -> SyncroAccess {
    let mut rng = crate::rng::Rng::new(seed, "syncro-access");
    SyncroAccess {
        base_url: format!("{origin}{}/api/v1", Vendor::Syncro.prefix()),
        api_token: format!("T{}", rng.word(40)),
    }
}

/// Routes below [`Vendor::Syncro`]'s prefix, and the handle to what they work on.
pub(crate) fn router(shared: Arc<Shared>, people: &[Person], options: &Options) -> (Router, Syncro) {
    let token = access(&shared.origin, options.seed).api_token;
    let reporter = Arc::clone(&shared);
    let store = Arc::new(Store::new(seed::seed(token, people), shared));
    let held = Arc::downgrade(&store);
    let report = move || held.upgrade().map(|store| handle::state(&store)).unwrap_or_default();
    reporter.report_state("syncro", Arc::new(report));
    (routes::router(Arc::clone(&store)), Syncro::new(store))
}
