//! What every vendor router shares: calls, faults, clock, limits and the state reporters.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::calls::CallLog;
use crate::clock::Clock;
use crate::faults::Faults;
use crate::limits::Limits;

/// Tells what one vendor's imitation holds right now.
pub(crate) type Reporter = Arc<dyn Fn() -> Value + Send + Sync>;

/// One per sandbox; every vendor router and the layer around it hold it.
pub(crate) struct Shared {
    /// Scheme, host and port, without a slash at the end: `http://127.0.0.1:4711`. A vendor's own base is this plus
    /// [`Vendor::prefix`](crate::Vendor).
    pub(crate) origin: String,
    /// Call counts.
    pub(crate) calls: CallLog,
    /// Armed faults.
    pub(crate) faults: Faults,
    /// The time that tokens expire by.
    pub(crate) clock: Clock,
    /// Added before every answer.
    pub(crate) latency: Duration,
    /// Rolling windows of the published limits.
    pub(crate) limits: Limits,
    reporters: Mutex<BTreeMap<&'static str, Reporter>>,
}

impl Shared {
    /// A new set, with nothing counted and nothing armed.
    pub(crate) fn new(origin: String, latency: Duration, limits: Limits) -> Self {
        Self {
            origin,
            calls: CallLog::default(),
            faults: Faults::default(),
            clock: Clock::default(),
            latency,
            limits,
            reporters: Mutex::default(),
        }
    }

    /// Adds a section to `GET /admin/state`. A vendor's `router` calls this once with a closure over its store.
    pub(crate) fn report_state(&self, section: &'static str, reporter: Reporter) {
        self.reporters.lock().unwrap_or_else(PoisonError::into_inner).insert(section, reporter);
    }

    /// Drops the reporters, which hold the stores that hold this: without it a stopped sandbox would stay in memory.
    pub(crate) fn forget_reporters(&self) {
        self.reporters.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Everything the sandbox holds, by section.
    pub(crate) fn state(&self) -> Value {
        let reporters = self.reporters.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sections = reporters.into_iter().map(|(name, report)| (name.to_owned(), report()));
        Value::Object(sections.collect::<Map<_, _>>())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Shared").field("origin", &self.origin).finish_non_exhaustive()
    }
}
