//! ConnectWise PSA (Manage) REST 3.0, as a stranger's client meets it.
//!
//! Vendor behaviour that is not documented is imitated in the way that is hardest on a client; the handlers say where.

mod call;
mod callbacks;
mod communications;
mod companies;
mod company_notes;
mod conditions;
mod contact;
mod contacts;
mod data;
mod handle;
mod listing;
mod patch;
mod reply;
mod routes;
mod schema;
mod seed;
mod shapes;
mod store;
mod system;
mod tables;
mod validate;

use std::fmt;
use std::sync::Arc;

use axum::Router;

use crate::people::Person;
use crate::shared::Shared;
use crate::{Options, Vendor};

pub use handle::{ConnectWise, TypeKind};

use data::Settings;
use store::Store;

/// Where the ConnectWise imitation is and the API member's made-up keys.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectWiseAccess {
    /// Prefix under which `/login/companyinfo/...` and `/{codebase}apis/3.0/...` answer.
    pub base_url: String,
    /// Company identifier of the login.
    pub company: String,
    /// Public key of the API member.
    pub public_key: String,
    /// Private key of the API member.
    pub private_key: String,
    /// The integration's `clientId` header.
    pub client_id: String,
}

impl fmt::Debug for ConnectWiseAccess {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ConnectWiseAccess").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// The credentials of a sandbox with that seed, reachable at `origin` (`http://127.0.0.1:port`).
pub(crate) fn access(origin: &str, seed: u64) -> ConnectWiseAccess {
    let mut rng = crate::rng::Rng::new(seed, "connectwise-access");
    ConnectWiseAccess {
        base_url: format!("{origin}{}", Vendor::ConnectWise.prefix()),
        company: "contoso_msp".to_owned(),
        public_key: rng.word(16),
        private_key: rng.word(16),
        client_id: rng.uuid(),
    }
}

/// The codebase at the start.
const CODEBASE: &str = "v2025_1/";

/// Routes below [`Vendor::ConnectWise`]'s prefix, and the handle to what they work on.
pub(crate) fn router(shared: Arc<Shared>, people: &[Person], options: &Options) -> (Router, ConnectWise) {
    let ConnectWiseAccess { base_url, company, public_key, private_key, client_id } =
        access(&shared.origin, options.seed);
    let settings = Settings {
        company,
        public_key,
        private_key,
        client_id,
        signing_key: crate::rng::Rng::new(options.seed, "connectwise-callbacks").word(32),
        codebase: CODEBASE.to_owned(),
        base_url,
        ..Settings::default()
    };
    let reporter = Arc::clone(&shared);
    let store = Arc::new(Store::new(seed::seed(settings, people), shared));
    let held = Arc::downgrade(&store);
    let report = move || held.upgrade().map(|store| handle::state(&store)).unwrap_or_default();
    reporter.report_state("connectwise", Arc::new(report));
    (routes::router(Arc::clone(&store)), ConnectWise::new(store))
}
