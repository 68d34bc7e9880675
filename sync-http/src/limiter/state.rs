//! What the limiter knows, under one short lock: the windows, the pause, the vendor's own count.

use super::{Feedback, LimiterTail, Reading, log::Window};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[derive(Debug, Default)]
pub(super) struct State {
    windows: Vec<Window>,
    /// No request before this time.
    paused_until: Duration,
    /// The vendor's count: `left` more until `until`.
    quota: Option<Quota>,
    /// Weight granted whose answers are not in yet: the vendor's count may not hold it.
    in_flight: u64,
    /// When the meter was last read, and the weight granted since.
    metered: Option<(Duration, u64)>,
}

#[derive(Clone, Copy, Debug)]
struct Quota {
    left: u64,
    until: Duration,
}

/// The meter is read again after this part of the limit was granted, and after this part of the window.
const READINGS_PER_LIMIT: u64 = 20;
const READINGS_PER_WINDOW: u32 = 20;

/// Two reports belong to one period when their ends are this close: whole-second headers make them wobble.
const SAME_PERIOD: Duration = Duration::from_millis(1500);

impl State {
    pub(super) fn new(windows: Vec<Window>) -> Self {
        Self { windows, ..Self::default() }
    }

    pub(super) fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// The window that a meter is about.
    fn longest(&mut self) -> Option<&mut Window> {
        self.windows.iter_mut().max_by_key(|window| window.span())
    }

    /// Whether the meter is to be read now; if so it counts as read, so that nobody reads it at the same time.
    pub(super) fn claim_reading(&mut self, now: Duration) -> bool {
        let look = self.look();
        let Some(window) = self.longest() else { return false };
        let enough = (u64::from(window.limit()) / READINGS_PER_LIMIT).max(1);
        let due = match self.metered {
            None => true,
            Some((at, since)) => since >= enough || at.saturating_add(look) <= now,
        };
        if due {
            self.metered = Some((now, 0));
            // The reading is a request like any other.
            for window in &mut self.windows {
                window.push(now, 1);
            }
        }
        due
    }

    /// How long a reading of the meter is good for.
    pub(super) fn look(&mut self) -> Duration {
        self.longest().map_or(Duration::MAX, |window| window.span() / READINGS_PER_WINDOW)
    }

    /// Takes a reading of the meter in.
    pub(super) fn share(&mut self, now: Duration, reading: Reading) {
        let unseen = self.in_flight;
        if let Some(window) = self.longest() {
            window.share(now, reading.limit, reading.used, unseen);
        }
    }

    /// Whether only other programs can make room.
    pub(super) fn is_crowded(&mut self, weight: u32) -> bool {
        self.longest().is_some_and(|window| window.is_crowded(weight))
    }

    /// Whether another reading may find more room than this log knows of.
    pub(super) fn has_company(&mut self) -> bool {
        self.longest().is_some_and(|window| window.has_company())
    }

    /// What is left of the pause.
    pub(super) fn paused_for(&self, now: Duration) -> Duration {
        self.paused_until.saturating_sub(now)
    }

    /// Takes a place if there is one, else says when to ask again.
    pub(super) fn take(&mut self, now: Duration, weight: u32) -> Result<(), Duration> {
        let mut at = now.max(self.paused_until);
        for window in &mut self.windows {
            at = at.max(window.free_at(now, weight));
        }
        if let Some(quota) = self.quota {
            if quota.until <= now {
                self.quota = None;
            } else if quota.left < u64::from(weight) {
                at = at.max(quota.until);
            }
        }
        if at > now {
            return Err(at);
        }
        for window in &mut self.windows {
            window.push(now, weight);
        }
        if let Some(quota) = &mut self.quota {
            quota.left = quota.left.saturating_sub(u64::from(weight));
        }
        if let Some((_, since)) = &mut self.metered {
            *since += u64::from(weight);
        }
        self.in_flight += u64::from(weight);
        Ok(())
    }

    /// A granted request has been answered or given up.
    pub(super) fn done(&mut self, weight: u32) {
        self.in_flight = self.in_flight.saturating_sub(u64::from(weight));
    }

    pub(super) fn pause(&mut self, until: Duration) {
        self.paused_until = self.paused_until.max(until);
    }

    /// Takes the vendor's count in; `own` is the weight of the request whose answer told it.
    pub(super) fn observe(&mut self, now: Duration, feedback: Feedback, own: u32) {
        let period = feedback.reset.or_else(|| self.windows.iter().map(Window::span).max());
        let Some(period) = period else { return };
        let unseen = self.in_flight.saturating_sub(u64::from(own));
        let left = u64::from(feedback.remaining).saturating_sub(unseen);
        let until = now.saturating_add(period);
        let left = match self.quota {
            // Answers overtake each other: within one period only the lowest count is safe.
            Some(old) if old.until > now && until.abs_diff(old.until) <= SAME_PERIOD => left.min(old.left),
            Some(_) | None => left,
        };
        self.quota = Some(Quota { left, until });
    }

    pub(super) fn tail(&self, now: Duration, wall: SystemTime) -> LimiterTail {
        let wall = unix_millis(wall);
        let longest = self.windows.iter().max_by_key(|window| window.span());
        let stamps = longest
            .into_iter()
            .flat_map(|window| window.stamps().filter(move |(at, _)| at.saturating_add(window.span()) > now))
            // The age is rounded down: a restored stamp must not leave its window early.
            .map(|(at, weight)| (wall.saturating_sub(millis(now.saturating_sub(at))), weight))
            .collect();
        let pause = self.paused_for(now);
        let paused_until = (!pause.is_zero()).then(|| wall.saturating_add(millis(pause)).saturating_add(1));
        LimiterTail { stamps, paused_until }
    }

    pub(super) fn restore(&mut self, now: Duration, wall: SystemTime, tail: &LimiterTail) {
        // The clock starts anew in each process, so ages are counted on the wall clock. A stamp from the future (the wall
        // clock was set back) counts as now; one older than the clock's shifted start is long out of every window.
        let wall = unix_millis(wall);
        let mut stamps = Vec::with_capacity(tail.stamps.len());
        for &(at, weight) in &tail.stamps {
            let age = Duration::from_millis(wall.saturating_sub(at));
            if let Some(at) = now.checked_sub(age) {
                stamps.push((at, weight));
            }
        }
        stamps.sort_by_key(|(at, _)| *at);
        for window in &mut self.windows {
            window.restore(&stamps);
        }
        if let Some(until) = tail.paused_until {
            self.pause(now.saturating_add(Duration::from_millis(until.saturating_sub(wall))));
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn unix_millis(wall: SystemTime) -> u64 {
    wall.duration_since(UNIX_EPOCH).map_or(0, millis)
}
