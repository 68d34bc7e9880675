//! One run per tenant: a lease that ends by itself, with a number that tells an old holder from a new one.

use crate::model::TenantName;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// The number of a run, which is that of its lease.
///
/// Numbers grow over all tenants of a store and are never given twice. A store refuses what a run wants to write once a
/// later one holds the tenant, so a holder that was paused past its lease cannot write when it wakes up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(u64);

impl RunId {
    /// Takes the number as it is. Zero is for stores that know no leases.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Who holds a tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lease {
    /// The tenant.
    pub tenant: TenantName,
    /// The number of the run.
    pub run: RunId,
    /// Which process: a machine and a process id, for people.
    pub holder: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when, unless it is renewed; by the clock of the store.
    pub until: DateTime<Utc>,
    /// Until when an earlier run of the tenant may have sent something, as far as the store knows; by its clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_until: Option<DateTime<Utc>>,
    /// How long before this lease was taken that was, at least. Where the store can tell, it does not depend on a clock that
    /// can be set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_age: Option<Duration>,
}

impl Lease {
    /// A lease.
    #[must_use]
    pub const fn new(
        tenant: TenantName,
        run: RunId,
        holder: String,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Self {
        Self { tenant, run, holder, since, until, earlier_until: None, earlier_age: None }
    }
}

/// What came of asking for a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// It is ours now.
    Ours(Lease),
    /// Another run holds it.
    HeldBy(Lease),
}

/// The right of a run to write, asked right before each write.
///
/// What is behind it renews the lease; what asks it only reads.
pub trait Hold: fmt::Debug + Send + Sync {
    /// The run.
    fn run(&self) -> RunId;

    /// For how long the tenant is certainly still ours; zero once it is not.
    fn left(&self) -> Duration;

    /// How much time went by since the run began, by a clock that does not jump.
    fn elapsed(&self) -> Duration;

    /// How long before this run began an earlier run of the tenant may still have sent something, at least and as far as is
    /// known. What it announced may have been sent as late as that, however long before it was recorded.
    fn earlier_age(&self) -> Option<Duration> {
        None
    }
}

/// Where nobody else can write: a folder of files, a test.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unshared(pub RunId);

impl Hold for Unshared {
    fn run(&self) -> RunId {
        self.0
    }

    fn left(&self) -> Duration {
        Duration::MAX
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}
