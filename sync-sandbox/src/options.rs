//! What a sandbox is started with.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::{Fault, Vendor};

/// The size, seed and temper of a sandbox. [`Options::default`] is the small demo world.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Where to listen. Only loopback addresses are accepted; port 0 takes a free port.
    pub listen: SocketAddr,
    /// Equal seeds and sizes make equal worlds, credentials included.
    pub seed: u64,
    /// Directory users, soft-deleted ones not counted.
    pub users: usize,
    /// Contacts in each PSA.
    pub contacts: usize,
    /// Added before every vendor answer.
    pub latency: Duration,
    /// Whether the vendors' published rate limits are enforced.
    pub limits: bool,
    /// Faults armed from the start; see [`Fault`].
    pub faults: Vec<Fault>,
    /// The vendors that answer. The token endpoint goes with Graph.
    pub vendors: Vec<Vendor>,
    /// How long an access token lives.
    pub token_lifetime: Duration,
    /// How long a page token (`$skiptoken`) can be used.
    pub page_token_lifetime: Duration,
    /// How long a delta token can be used; seven days at Microsoft.
    pub delta_token_lifetime: Duration,
    /// How long an address of notifications may take to answer its validation; ten seconds at Microsoft.
    pub validation_patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            seed: 42,
            users: 40,
            contacts: 32,
            latency: Duration::ZERO,
            limits: false,
            faults: Vec::new(),
            vendors: Vendor::ALL.to_vec(),
            token_lifetime: Duration::from_secs(3599),
            page_token_lifetime: Duration::from_secs(10 * 60),
            delta_token_lifetime: Duration::from_secs(7 * 24 * 3600),
            validation_patience: Duration::from_secs(10),
        }
    }
}

impl Options {
    /// A world of the given number of directory users and PSA contacts.
    #[must_use]
    pub fn sized(users: usize, contacts: usize) -> Self {
        Self { users, contacts, ..Self::default() }
    }

    /// Listens here instead of on a free port of 127.0.0.1.
    #[must_use]
    pub const fn listen(mut self, listen: SocketAddr) -> Self {
        self.listen = listen;
        self
    }

    /// Makes another world of the same size.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Waits this long before every vendor answer.
    #[must_use]
    pub const fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Enforces the vendors' published rate limits.
    #[must_use]
    pub const fn enforce_limits(mut self) -> Self {
        self.limits = true;
        self
    }

    /// Arms a fault from the start; may be called repeatedly.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Serves only these vendors.
    #[must_use]
    pub fn vendors(mut self, vendors: &[Vendor]) -> Self {
        self.vendors = vendors.to_vec();
        self
    }

    /// Issues access tokens of this lifetime.
    #[must_use]
    pub const fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }
}
