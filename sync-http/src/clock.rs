//! Where waiting and the time of day come from, so that a test need not wait.

use futures::future::BoxFuture;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A source of time. Every wait of this crate (rate limit, back-off, `Retry-After`) goes through one.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Time since a fixed, unspecified start; never goes back.
    fn now(&self) -> Duration;

    /// The time of day; may jump.
    fn wall(&self) -> SystemTime;

    /// Ends once [`Clock::now`] has advanced by at least `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The clock used unless another is given: tokio's timer, which tests can pause.
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: tokio::time::Instant,
}

impl TokioClock {
    /// Starts at zero now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: tokio::time::Instant::now() }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock for tests: every sleep ends at once and moves the clock on by its length.
///
/// It makes a test against a real server, where tokio's time cannot be paused, obey a `Retry-After` of an hour in no
/// time, and [`JumpClock::slept`] says how long the code would have waited. Clones share one time.
#[derive(Clone, Debug)]
pub struct JumpClock {
    millis: Arc<AtomicU64>,
    origin: SystemTime,
}

impl JumpClock {
    /// Starts at zero, with this time of day.
    #[must_use]
    pub fn new(origin: SystemTime) -> Self {
        Self { millis: Arc::new(AtomicU64::new(0)), origin }
    }

    /// The sum of all sleeps so far, in whole milliseconds (each sleep is rounded up).
    #[must_use]
    pub fn slept(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }

    /// Moves the clock on.
    pub fn advance(&self, duration: Duration) {
        self.millis.fetch_add(millis_up(duration), Ordering::SeqCst);
    }
}

impl Default for JumpClock {
    /// Starts at one day after the Unix epoch.
    fn default() -> Self {
        Self::new(UNIX_EPOCH + Duration::from_secs(86_400))
    }
}

impl Clock for JumpClock {
    fn now(&self) -> Duration {
        self.slept()
    }

    fn wall(&self) -> SystemTime {
        self.origin + self.slept()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let clock = self.clone();
        Box::pin(async move {
            clock.advance(duration);
            // Lets other tasks run, as a real sleep would.
            tokio::task::yield_now().await;
        })
    }
}

/// Whole milliseconds, rounded up.
fn millis_up(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
