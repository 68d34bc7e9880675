//! ConnectWise PSA (Manage) REST 3.0.

use std::sync::Arc;

use axum::Router;

use crate::people::Person;
use crate::shared::Shared;
use crate::{Options, Vendor};

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

impl std::fmt::Debug for ConnectWiseAccess {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// Routes below [`Vendor::ConnectWise`]'s prefix.
pub(crate) fn router(_shared: Arc<Shared>, _people: &[Person], _options: &Options) -> Router {
    Router::new()
}
