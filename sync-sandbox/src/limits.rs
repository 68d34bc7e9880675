//! The vendors' published rate limits, counted over rolling windows.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::Vendor;

/// One vendor's window.
#[derive(Debug)]
struct Window {
    span: Duration,
    max: u64,
    entries: VecDeque<Entry>,
    /// Sum of the entries' costs, and of the admitted ones'.
    arrived: u64,
    used: u64,
    worst: u64,
    refused: u64,
    /// Added to an answer when half of the window is used, and twice when three quarters are.
    drag: Duration,
}

/// Calls under way in one lane of one vendor.
#[derive(Debug, Default, Clone, Copy)]
struct Lane {
    now: u64,
    most: u64,
    refused: u64,
}

#[derive(Debug)]
struct Entry {
    at: Instant,
    cost: u64,
    admitted: bool,
}

impl Window {
    /// Takes out what is older than the span.
    fn forget(&mut self, now: Instant) {
        let span = self.span;
        while self.entries.front().is_some_and(|entry| now.duration_since(entry.at) >= span) {
            let Some(old) = self.entries.pop_front() else { break };
            self.arrived -= old.cost;
            self.used -= if old.admitted { old.cost } else { 0 };
        }
    }
}

/// A call under way in a lane.
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    limits: &'a Limits,
    key: (Vendor, String),
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut lanes = self.limits.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get_mut(&self.key) {
            lane.now = lane.now.saturating_sub(1);
        }
    }
}

/// The windows of one sandbox. Without `enforce` they only count.
#[derive(Debug)]
pub(crate) struct Limits {
    enforce: bool,
    windows: Mutex<BTreeMap<Vendor, Window>>,
    lanes: Mutex<BTreeMap<(Vendor, String), Lane>>,
}

impl Limits {
    /// ConnectWise: about 1,000 requests a minute. Graph's identity service: resource units in 10 seconds by size of
    /// the tenant (throttling-limits, 2026). Autotask: 10,000 requests an hour and database, and its answers come later
    /// from half of that on. Syncro: 180 requests a minute. The token endpoint publishes none.
    pub(crate) fn new(enforce: bool, users: usize) -> Self {
        let units = match users {
            0..50 => 3_500,
            50..=500 => 5_000,
            _ => 8_000,
        };
        let window = |seconds, max| Window {
            span: Duration::from_secs(seconds),
            max,
            entries: VecDeque::new(),
            arrived: 0,
            used: 0,
            worst: 0,
            refused: 0,
            drag: Duration::ZERO,
        };
        let windows = [
            (Vendor::Graph, window(10, units)),
            (Vendor::Autotask, Window { drag: Duration::from_millis(500), ..window(3600, 10_000) }),
            (Vendor::ConnectWise, window(60, 1_000)),
            (Vendor::Syncro, window(60, 180)),
        ];
        Self { enforce, windows: Mutex::new(BTreeMap::from(windows)), lanes: Mutex::default() }
    }

    /// Counts a call of that cost. `Some(wait)` when the limit is enforced and exceeded: the call is refused and may
    /// be repeated after `wait`. `ahead` is how far the sandbox's clock has been moved forward.
    pub(crate) fn admit(&self, vendor: Vendor, cost: u64, ahead: Duration) -> Option<Duration> {
        let now = Instant::now() + ahead;
        if cost == 0 {
            return None;
        }
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.get_mut(&vendor)?;
        let span = window.span;
        window.forget(now);
        let admitted = !self.enforce || window.used + cost <= window.max;
        let mut over = (window.used + cost).saturating_sub(window.max);
        window.entries.push_back(Entry { at: now, cost, admitted });
        window.arrived += cost;
        window.used += if admitted { cost } else { 0 };
        window.worst = window.worst.max(window.arrived);
        if admitted {
            return None;
        }
        window.refused += 1;
        for entry in window.entries.iter().filter(|entry| entry.admitted) {
            over = over.saturating_sub(entry.cost);
            if over == 0 {
                return Some((entry.at + span).saturating_duration_since(now));
            }
        }
        Some(span)
    }

    /// What is used of the vendor's window now.
    pub(crate) fn used(&self, vendor: Vendor, ahead: Duration) -> u64 {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(window) = windows.get_mut(&vendor) else { return 0 };
        window.forget(Instant::now() + ahead);
        window.used
    }

    /// The size of the vendor's window.
    pub(crate) fn max(&self, vendor: Vendor) -> u64 {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.get(&vendor).map_or(0, |window| window.max)
    }

    /// Another size of the vendor's window.
    pub(crate) fn set_max(&self, vendor: Vendor, max: u64) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get_mut(&vendor) {
            window.max = max;
        }
    }

    /// How late answers are when the window is half full.
    pub(crate) fn set_drag(&self, vendor: Vendor, drag: Duration) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get_mut(&vendor) {
            window.drag = drag;
        }
    }

    /// How late an answer is now.
    pub(crate) fn drag(&self, vendor: Vendor) -> Duration {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        match windows.get(&vendor) {
            Some(window) if self.enforce && window.used * 4 >= window.max * 3 => window.drag * 2,
            Some(window) if self.enforce && window.used * 2 >= window.max => window.drag,
            Some(_) | None => Duration::ZERO,
        }
    }

    /// Enters a lane with room for `max` calls at once; the entry lasts until it is dropped. `None` when the limit is
    /// enforced and the lane is full.
    pub(crate) fn enter(&self, vendor: Vendor, lane: &str, max: u64) -> Option<Entered<'_>> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (vendor, lane.to_owned());
        let lane = lanes.entry(key.clone()).or_default();
        if self.enforce && lane.now >= max {
            lane.refused += 1;
            return None;
        }
        lane.now += 1;
        lane.most = lane.most.max(lane.now);
        Some(Entered { limits: self, key })
    }

    /// The most calls that were under way at once in any lane of a vendor.
    pub(crate) fn most_at_once(&self, vendor: Vendor) -> u64 {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        lanes.iter().filter(|((of, _), _)| *of == vendor).map(|(_, lane)| lane.most).max().unwrap_or(0)
    }

    /// The calls refused for the vendor's window or a full lane.
    pub(crate) fn refused(&self, vendor: Vendor) -> u64 {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        let in_lanes: u64 = lanes.iter().filter(|((of, _), _)| *of == vendor).map(|(_, l)| l.refused).sum();
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        in_lanes + windows.get(&vendor).map_or(0, |window| window.refused)
    }

    /// The most that arrived in any window so far, refused calls included; 0 for a vendor without a limit.
    pub(crate) fn worst(&self, vendor: Vendor) -> u64 {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        windows.get(&vendor).map_or(0, |window| window.worst)
    }

    /// Each window with its limit, the worst count seen and the calls refused.
    pub(crate) fn report(&self) -> Value {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = windows.iter().map(|(vendor, window)| {
            let row = json!({
                "window_seconds": window.span.as_secs(), "limit": window.max, "enforced": self.enforce,
                "worst": window.worst, "refused": window.refused,
            });
            (vendor.name().to_owned(), row)
        });
        Value::Object(rows.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_limit_holds_over_every_rolling_minute() {
        let limits = Limits::new(true, 10);
        for _ in 0..1000 {
            assert_eq!(limits.admit(Vendor::ConnectWise, 1, Duration::ZERO), None);
        }
        assert_eq!(limits.admit(Vendor::ConnectWise, 1, Duration::ZERO), Some(Duration::from_secs(60)));
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(limits.admit(Vendor::ConnectWise, 1, Duration::ZERO), Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(limits.admit(Vendor::ConnectWise, 1, Duration::ZERO), None);
        assert_eq!(limits.worst(Vendor::ConnectWise), 1002);
        assert_eq!(limits.admit(Vendor::Login, 1, Duration::ZERO), None);
    }

    #[tokio::test(start_paused = true)]
    async fn without_enforcement_the_worst_is_only_counted() {
        let limits = Limits::new(false, 10);
        for _ in 0..1500 {
            assert_eq!(limits.admit(Vendor::ConnectWise, 1, Duration::ZERO), None);
        }
        assert_eq!(limits.worst(Vendor::ConnectWise), 1500);
    }
}
