//! A client-side rate limit that never exceeds any rolling window and wastes none of it.

mod log;
mod meter;
mod state;

use crate::{Clock, TokioClock};
pub use meter::{Meter, Reading};
use serde::{Deserialize, Serialize};
use state::State;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use sync_core::{Error, ErrorKind, Result, Retry};
use tokio::sync::{Mutex as Turnstile, Notify, OwnedSemaphorePermit, Semaphore};

/// A shared limit on how fast and how many at once. Clones share one state; give clones to every client of one account.
///
/// It keeps the times of the last requests (a sliding log), so in *any* rolling window there are at most as many as
/// allowed and a greedy caller reaches exactly that. A token bucket lets up to twice the limit through a rolling
/// window. Callers are served in the order they came; a caller that is dropped gives its place up.
#[derive(Clone)]
pub struct Limiter(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// The queue: its holder is first in line and waits for room.
    turnstile: Turnstile<()>,
    /// In-flight requests, where there is a cap.
    slots: Option<Arc<Semaphore>>,
    /// Wakes the first in line when a pause or the vendor's count has changed.
    changed: Notify,
    /// What tells how much others use.
    meter: Option<Arc<dyn Meter>>,
}

/// Builds a [`Limiter`].
#[derive(Debug)]
pub struct LimiterBuilder {
    windows: Vec<(u32, Duration)>,
    margin: Duration,
    concurrency: Option<usize>,
    meter: Option<Arc<dyn Meter>>,
    clock: Option<Arc<dyn Clock>>,
}

/// What a vendor's headers say of the remaining budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// How much weight is left.
    pub remaining: u32,
    /// Until the count starts anew; the limiter's longest window if the vendor does not say.
    pub reset: Option<Duration>,
}

/// The limiter's memory, to be kept across a restart of the process ([`Limiter::tail`]). Holds times and weights only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimiterTail {
    /// Time (milliseconds since the Unix epoch) and weight of each request that still counts, oldest first.
    stamps: Vec<(u64, u32)>,
    /// End of the current pause, milliseconds since the Unix epoch.
    paused_until: Option<u64>,
}

impl Limiter {
    /// Starts with no limit at all.
    #[must_use]
    pub fn builder() -> LimiterBuilder {
        LimiterBuilder {
            windows: Vec::new(),
            margin: Duration::from_millis(500),
            concurrency: None,
            meter: None,
            clock: None,
        }
    }

    /// No windows and no cap; pauses and feedback still work.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::unlimited_on(Arc::new(TokioClock::new()))
    }

    pub(crate) fn unlimited_on(clock: Arc<dyn Clock>) -> Self {
        Self::with(State::default(), None, None, clock)
    }

    fn with(
        state: State,
        slots: Option<Arc<Semaphore>>,
        meter: Option<Arc<dyn Meter>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Shared {
            clock,
            state: Mutex::new(state),
            turnstile: Turnstile::new(()),
            slots,
            changed: Notify::new(),
            meter,
        }))
    }

    /// The clock it runs on; a client built on this limiter uses the same one.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    /// Waits for a place in the queue, a free slot, and room for `weight` in every window.
    ///
    /// The permit counts as used from now on, and holds its slot until it is dropped. Dropping the future before then takes nothing.
    ///
    /// # Errors
    /// [`ErrorKind::RateLimited`] with [`Retry::After`] while a pause lasts longer than `patience`, or others have used
    /// the limit up for longer than that; [`ErrorKind::ConfigInvalid`] for a weight that no window can ever hold.
    pub async fn acquire(&self, weight: u32, patience: Duration) -> Result<Permit> {
        self.check_weight(weight)?;
        let _first = self.0.turnstile.lock().await;
        let slot = match &self.0.slots {
            // The semaphore is never closed.
            Some(slots) => Arc::clone(slots).acquire_owned().await.ok(),
            None => None,
        };
        self.wait_for_room(weight, patience).await?;
        Ok(Permit { shared: Arc::clone(&self.0), weight, _slot: slot })
    }

    /// As [`Limiter::acquire`], but neither queues nor takes a slot: for a token request, on which requests that already
    /// hold slots may be waiting. It still never exceeds a window.
    ///
    /// # Errors
    /// As [`Limiter::acquire`].
    pub async fn acquire_ahead(&self, weight: u32, patience: Duration) -> Result<Permit> {
        self.check_weight(weight)?;
        self.wait_for_room(weight, patience).await?;
        Ok(Permit { shared: Arc::clone(&self.0), weight, _slot: None })
    }

    async fn wait_for_room(&self, weight: u32, patience: Duration) -> Result<()> {
        let came = self.0.now();
        loop {
            // Registered before looking, so that a change in between is not missed.
            let changed = self.0.changed.notified();
            self.read_meter().await;
            let now = self.0.now();
            let wait = {
                let mut state = self.0.state();
                let pause = state.paused_for(now);
                if pause > patience {
                    return Err(paused(pause));
                }
                match state.take(now, weight) {
                    Ok(()) => return Ok(()),
                    Err(_) if state.is_crowded(weight) && now.saturating_sub(came) >= patience => {
                        return Err(crowded(state.look()));
                    }
                    // Others may make room before this log does.
                    Err(at) if state.has_company() => at.saturating_sub(now).min(state.look()),
                    Err(at) => at.saturating_sub(now),
                }
            };
            tokio::select! {
                () = self.0.clock.sleep(wait) => {}
                () = changed => {}
            }
        }
    }

    /// Reads the meter if that is due. A meter that cannot be read leaves everything as it was.
    async fn read_meter(&self) {
        let Some(meter) = &self.0.meter else { return };
        let now = self.0.now();
        if !self.0.state().claim_reading(now) {
            return;
        }
        match meter.read().await {
            Ok(reading) => self.0.state().share(now, reading),
            Err(error) => tracing::debug!(target: "sync_http", %error, "the meter could not be read"),
        }
    }

    fn check_weight(&self, weight: u32) -> Result<()> {
        let limit = self.0.state().windows().iter().map(log::Window::limit).min();
        match limit {
            Some(limit) if weight > limit => Err(Error::new(
                ErrorKind::ConfigInvalid,
                "wait for the rate limit",
                format!("a request of weight {weight} never fits a window of {limit}; raise the window"),
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Lets nothing through for this long; a longer pause already in force stays.
    pub fn pause(&self, duration: Duration) {
        let until = self.0.now().saturating_add(duration);
        self.0.state().pause(until);
        self.0.changed.notify_waiters();
    }

    /// What is left of the pause in force, if there is one.
    #[must_use]
    pub fn paused_for(&self) -> Option<Duration> {
        let left = self.0.state().paused_for(self.0.now());
        (!left.is_zero()).then_some(left)
    }

    /// Takes in what the vendor says is left. `own` is the weight of the request whose answer said so, if it is still
    /// held as a [`Permit`], else 0.
    pub fn observe(&self, feedback: Feedback, own: u32) {
        let now = self.0.now();
        self.0.state().observe(now, feedback, own);
        self.0.changed.notify_waiters();
    }

    /// What must be remembered for [`Limiter::restore`] after a restart.
    #[must_use]
    pub fn tail(&self) -> LimiterTail {
        let (now, wall) = (self.0.now(), self.0.clock.wall());
        self.0.state().tail(now, wall)
    }

    /// Counts the requests of an earlier process (or of another one that shares the account) as if they were made here.
    pub fn restore(&self, tail: &LimiterTail) {
        let (now, wall) = (self.0.now(), self.0.clock.wall());
        self.0.state().restore(now, wall, tail);
        self.0.changed.notify_waiters();
    }
}

fn paused(left: Duration) -> Error {
    let message =
        format!("the server asked for a pause; {} s of it are left", left.as_secs().saturating_add(1));
    Error::new(ErrorKind::RateLimited, "wait for the rate limit", message).with_retry(Retry::After(left))
}

fn crowded(look: Duration) -> Error {
    let message = "other programs use up the request limit that is shared with them; try again later";
    Error::new(ErrorKind::RateLimited, "wait for the rate limit", message).with_retry(Retry::After(look))
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.state();
        let windows: Vec<_> = state.windows().iter().map(|w| (w.limit(), w.span())).collect();
        f.debug_struct("Limiter").field("windows", &windows).finish_non_exhaustive()
    }
}

/// Added to the clock, which starts at zero, so that requests of an earlier process have a time as well.
const START: Duration = Duration::from_secs(10 * 366 * 86_400);

impl Shared {
    fn now(&self) -> Duration {
        self.clock.now().saturating_add(START)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LimiterBuilder {
    /// At most `limit` of weight in any rolling `span`; all windows given hold at once.
    #[must_use]
    pub fn window(mut self, limit: u32, span: Duration) -> Self {
        self.windows.push((limit, span));
        self
    }

    /// Added to every window, because the server counts arrivals, which jitter: default 500 ms.
    #[must_use]
    pub fn margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// At most this many permits out at once; default no cap.
    #[must_use]
    pub fn concurrency(mut self, permits: usize) -> Self {
        self.concurrency = Some(permits);
        self
    }

    /// Reads this meter about the longest window: before the first request, each time a twentieth of its limit was
    /// granted, and when a twentieth of the window has passed. What others use is then left to them.
    #[must_use]
    pub fn meter(mut self, meter: Arc<dyn Meter>) -> Self {
        self.meter = Some(meter);
        self
    }

    /// Another clock than tokio's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The limiter.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigInvalid`] for a window of nothing or of no length, or a cap of zero (or absurdly many).
    pub fn build(self) -> Result<Limiter> {
        let Self { windows, margin, concurrency, meter, clock } = self;
        if windows.iter().any(|(limit, span)| *limit == 0 || span.is_zero())
            || concurrency.is_some_and(|n| n == 0 || n > Semaphore::MAX_PERMITS)
        {
            let message = "a rate window and the concurrency cap must be greater than zero";
            return Err(Error::new(ErrorKind::ConfigInvalid, "set the rate limit", message));
        }
        let windows = windows.into_iter().map(|(n, span)| log::Window::new(n, span, margin)).collect();
        let clock = clock.unwrap_or_else(|| Arc::new(TokioClock::new()));
        let slots = concurrency.map(|n| Arc::new(Semaphore::new(n)));
        Ok(Limiter::with(State::new(windows), slots, meter, clock))
    }
}

/// Leave to send one request; gives its slot back when dropped. The request stays counted in the windows.
#[must_use = "a permit that is dropped at once limits nothing"]
pub struct Permit {
    shared: Arc<Shared>,
    weight: u32,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Permit {
    /// The weight it was given for.
    #[must_use]
    pub fn weight(&self) -> u32 {
        self.weight
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shared.state().done(self.weight);
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("weight", &self.weight).finish_non_exhaustive()
    }
}
