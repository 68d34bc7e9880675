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
}

#[derive(Debug)]
struct Entry {
    at: Instant,
    cost: u64,
    admitted: bool,
}

/// The windows of one sandbox. Without `enforce` they only count.
#[derive(Debug)]
pub(crate) struct Limits {
    enforce: bool,
    windows: Mutex<BTreeMap<Vendor, Window>>,
}

impl Limits {
    /// ConnectWise: about 1,000 requests a minute. Graph's identity service: resource units in 10 seconds by size of
    /// the tenant (throttling-limits, 2026). Syncro: 180 requests a minute. The token endpoint publishes none.
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
        };
        let windows = [
            (Vendor::Graph, window(10, units)),
            (Vendor::ConnectWise, window(60, 1_000)),
            (Vendor::Syncro, window(60, 180)),
        ];
        Self { enforce, windows: Mutex::new(BTreeMap::from(windows)) }
    }

    /// Counts a call of that cost. `Some(wait)` when the limit is enforced and exceeded: the call is refused and may
    /// be repeated after `wait`.
    pub(crate) fn admit(&self, vendor: Vendor, cost: u64) -> Option<Duration> {
        let now = Instant::now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.get_mut(&vendor)?;
        let span = window.span;
        while window.entries.front().is_some_and(|entry| now.duration_since(entry.at) >= span) {
            let Some(old) = window.entries.pop_front() else { break };
            window.arrived -= old.cost;
            window.used -= if old.admitted { old.cost } else { 0 };
        }
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
            assert_eq!(limits.admit(Vendor::ConnectWise, 1), None);
        }
        assert_eq!(limits.admit(Vendor::ConnectWise, 1), Some(Duration::from_secs(60)));
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(limits.admit(Vendor::ConnectWise, 1), Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(limits.admit(Vendor::ConnectWise, 1), None);
        assert_eq!(limits.worst(Vendor::ConnectWise), 1002);
        assert_eq!(limits.admit(Vendor::Login, 1), None);
    }

    #[tokio::test(start_paused = true)]
    async fn without_enforcement_the_worst_is_only_counted() {
        let limits = Limits::new(false, 10);
        for _ in 0..1500 {
            assert_eq!(limits.admit(Vendor::ConnectWise, 1), None);
        }
        assert_eq!(limits.worst(Vendor::ConnectWise), 1500);
    }
}
