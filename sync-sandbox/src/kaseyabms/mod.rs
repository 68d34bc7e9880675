//! Kaseya BMS (and Pulseway PSA) API v2, as a stranger's client meets it.
//!
//! Names and shapes are those of the vendor's OpenAPI document. What no document says (error codes but one, module
//! numbers, data types of custom fields, the order of operation codes) is made up here, in the way that is hardest on a
//! client; the files say where.

mod accounts;
mod auth;
mod call;
mod contact;
mod contacts;
mod custom;
mod data;
mod finance;
mod form;
mod handle;
mod items;
mod lists;
mod pace;
mod patch;
mod reply;
mod routes;
mod seed;
mod store;
mod system;
mod write;

use std::fmt;
use std::sync::Arc;

use axum::Router;

use crate::people::Person;
use crate::shared::Shared;
use crate::{Options, Vendor};

pub use handle::KaseyaBms;

use data::Settings;
use store::Store;

/// Where the Kaseya BMS imitation is and the API employee's made-up credentials.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KaseyaBmsAccess {
    /// Prefix under which `/v2/...` answers.
    pub base_url: String,
    /// User name of the API employee.
    pub username: String,
    /// Password of the API employee.
    pub password: String,
    /// Company name of the tenant, as the vendor's settings page shows it.
    pub tenant: String,
}

impl fmt::Debug for KaseyaBmsAccess {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("KaseyaBmsAccess").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The credentials of a sandbox with that seed, reachable at `origin` (`http://127.0.0.1:port`).
pub(crate) fn access(origin: &str, seed: u64) -> KaseyaBmsAccess {
    let mut rng = crate::rng::Rng::new(seed, "kaseyabms-access");
    KaseyaBmsAccess {
        base_url: format!("{origin}{}", Vendor::KaseyaBms.prefix()),
        username: "sync.api".to_owned(),
        password: rng.word(20),
        tenant: "Contoso MSP".to_owned(),
    }
}

/// What a fault or an exceeded limit answers.
pub(crate) fn refusal(status: u16) -> serde_json::Value {
    reply::refusal(status)
}

/// Routes below [`Vendor::KaseyaBms`]'s prefix, and the handle to what they work on.
pub(crate) fn router(shared: Arc<Shared>, people: &[Person], options: &Options) -> (Router, KaseyaBms) {
    let KaseyaBmsAccess { base_url: _, username, password, tenant } = access(&shared.origin, options.seed);
    let settings = Settings {
        username,
        password,
        tenant,
        token_lifetime: options.token_lifetime,
        enforce_limits: options.limits,
        ..Settings::default()
    };
    let reporter = Arc::clone(&shared);
    let store = Arc::new(Store::new(seed::seed(settings, people, options.seed), shared));
    let held = Arc::downgrade(&store);
    let report = move || held.upgrade().map(|store| handle::state(&store)).unwrap_or_default();
    reporter.report_state("kaseyabms", Arc::new(report));
    (routes::router(Arc::clone(&store)), KaseyaBms::new(store))
}
