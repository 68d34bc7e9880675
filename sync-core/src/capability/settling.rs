//! How long it takes until what became of a write can be seen.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long it takes until what became of a write can be seen: a constant of each vendor.
///
/// A write whose answer was lost is looked up only after all of it. Too short, and a create that is still on its way is
/// taken for one that never arrived, and made a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Settling {
    /// A request is given up by us after this many milliseconds.
    pub timeout_ms: u64,
    /// The vendor may finish a request that was given up, and lists may show it, this many milliseconds later.
    pub lag_ms: u64,
}

impl Settling {
    /// What is assumed of a vendor that nothing is known of: a minute and a quarter of an hour.
    pub const UNKNOWN: Self = Self { timeout_ms: 60_000, lag_ms: 840_000 };

    /// A constant.
    #[must_use]
    pub const fn new(timeout: Duration, lag: Duration) -> Self {
        Self { timeout_ms: timeout.as_millis() as u64, lag_ms: lag.as_millis() as u64 }
    }

    /// The careful constant of a vendor that documents neither how long it works on a request nor when lists show its
    /// result: so long as is assumed of a vendor that nothing is known of, after the adapter's own timeout.
    #[must_use]
    pub const fn careful(timeout: Duration) -> Self {
        Self { timeout_ms: timeout.as_millis() as u64, lag_ms: Self::UNKNOWN.lag_ms }
    }

    /// How long a request may be under way before it is given up.
    #[must_use]
    pub const fn timeout(self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// How old a write must be before its absence counts.
    #[must_use]
    pub const fn grace(self) -> Duration {
        Duration::from_millis(self.timeout_ms.saturating_add(self.lag_ms))
    }
}

impl Default for Settling {
    fn default() -> Self {
        Self::UNKNOWN
    }
}
