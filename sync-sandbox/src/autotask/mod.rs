//! Autotask PSA REST v1.0, as a stranger's client meets it.
//!
//! Vendor behaviour that is not documented is imitated in the way that is hardest on a client; the handlers say where.

mod contracts;
mod data;
mod handle;
mod info;
mod query;
mod reply;
mod routes;
mod schema;
mod seed;
mod store;
mod webhooks;
mod write;

use std::fmt;
use std::sync::Arc;

use axum::Router;

use crate::people::Person;
use crate::shared::Shared;
use crate::{Options, Vendor};

pub use handle::Autotask;

use data::Settings;
use store::Store;

/// The most calls at once to one object endpoint by one tracking identifier.
pub(crate) const THREADS: u64 = 3;

/// Where the Autotask imitation is and the API user's made-up keys.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AutotaskAccess {
    /// Prefix under which `/ATServicesRest/v1.0/zoneInformation` and everything else answers.
    pub base_url: String,
    /// The API user's name.
    pub username: String,
    /// The API user's secret.
    pub secret: String,
    /// The tracking identifier of the integration.
    pub integration_code: String,
}

impl fmt::Debug for AutotaskAccess {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("AutotaskAccess").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The credentials of a sandbox with that seed, reachable at `origin` (`http://127.0.0.1:port`).
pub(crate) fn access(origin: &str, seed: u64) -> AutotaskAccess {
    let mut rng = crate::rng::Rng::new(seed, "autotask-access");
    AutotaskAccess {
        base_url: format!("{origin}{}", Vendor::Autotask.prefix()),
        username: "contact.sync@contoso.example".to_owned(),
        secret: rng.word(20),
        integration_code: rng.word(27),
    }
}

/// The object endpoint that a route's threads count for.
pub(crate) fn lane(route: &str) -> &'static str {
    let rest = store::below(route).map_or("", |(_, rest)| rest);
    store::entity_of(rest.strip_prefix("v1.0/").unwrap_or(rest))
}

/// What a route costs of the hourly threshold: looking up the zone is free.
pub(crate) fn cost(route: &str) -> u64 {
    u64::from(!route.ends_with("zoneinformation") && !route.ends_with("versioninformation"))
}

/// Routes below [`Vendor::Autotask`]'s prefix, and the handle to what they work on.
pub(crate) fn router(shared: Arc<Shared>, people: &[Person], options: &Options) -> (Router, Autotask) {
    let AutotaskAccess { base_url, username, secret, integration_code } =
        access(&shared.origin, options.seed);
    let settings = Settings { username, secret, integration_code, base_url, ..Settings::default() };
    let reporter = Arc::clone(&shared);
    let store = Arc::new(Store::new(seed::seed(settings, people), shared));
    let held = Arc::downgrade(&store);
    let report = move || held.upgrade().map(|store| handle::state(&store)).unwrap_or_default();
    reporter.report_state("autotask", Arc::new(report));
    (routes::router(Arc::clone(&store)), Autotask::new(store))
}
