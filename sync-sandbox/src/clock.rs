//! The sandbox's clock: the machine's time plus whatever a test has advanced it by.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};

/// Wall-clock time that can be moved forward, so that tokens expire without waiting.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_millis: AtomicU64,
}

impl Clock {
    /// The present.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        DateTime::from(SystemTime::now().checked_add(self.ahead()).unwrap_or(SystemTime::UNIX_EPOCH))
    }

    /// How far ahead of the machine's time it is.
    pub(crate) fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_millis.load(Ordering::Relaxed))
    }

    /// The present as `2026-01-06T10:30:00Z`.
    pub(crate) fn now_text(&self) -> String {
        self.now().to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// Moves the present forward.
    pub(crate) fn advance(&self, by: Duration) {
        let millis = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.ahead_millis.fetch_add(millis, Ordering::Relaxed);
    }
}
