//! What ends a run that turns out broken, seen by every write before it is sent.

use crate::error::{Error, ErrorKind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Shared by the writes in flight. Once it is pulled, nothing more is sent.
#[derive(Debug)]
pub(super) struct Brake {
    stop_after: u32,
    failures: AtomicU32,
    pulled: AtomicBool,
}

impl Brake {
    pub(super) const fn new(stop_after: u32) -> Self {
        Self { stop_after, failures: AtomicU32::new(0), pulled: AtomicBool::new(false) }
    }

    pub(super) fn is_pulled(&self) -> bool {
        self.pulled.load(Ordering::Acquire)
    }

    pub(super) fn pull(&self) {
        self.pulled.store(true, Ordering::Release);
    }

    /// Counts a failed write. A contact that changed or went away is no failure of the run.
    pub(super) fn note(&self, error: &Error) {
        if matches!(error.kind(), ErrorKind::PreconditionFailed | ErrorKind::NotFound) {
            return;
        }
        let failures = self.failures.fetch_add(1, Ordering::AcqRel) + 1;
        let broken = matches!(
            error.kind(),
            ErrorKind::Unauthenticated | ErrorKind::Unavailable | ErrorKind::RateLimited
        );
        if broken || failures >= self.stop_after.max(1) {
            self.pull();
        }
    }

    pub(super) fn failures(&self) -> u32 {
        self.failures.load(Ordering::Acquire)
    }
}
