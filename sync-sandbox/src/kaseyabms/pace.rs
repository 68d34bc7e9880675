//! 1,500 calls in an hour for each endpoint, counted over rolling hours. Endpoint is taken as method and route.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

/// The calls of every endpoint in the window.
#[derive(Debug)]
pub(crate) struct Pace {
    max: usize,
    span: Duration,
    calls: BTreeMap<String, VecDeque<Instant>>,
    worst: usize,
    refused: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { max: 1_500, span: Duration::from_secs(3_600), calls: BTreeMap::new(), worst: 0, refused: 0 }
    }
}

impl Pace {
    /// Another limit than the published one, so that a test stays short.
    pub(crate) fn set(&mut self, max: usize, span: Duration) {
        (self.max, self.span) = (max, span);
        self.calls.clear();
        self.worst = 0;
        self.refused = 0;
    }

    /// Counts a call; false when it is over the limit. A refused one does not count.
    pub(crate) fn admit(&mut self, endpoint: &str, now: Instant, enforce: bool) -> bool {
        let calls = self.calls.entry(endpoint.to_owned()).or_default();
        while calls.front().is_some_and(|at| now.duration_since(*at) >= self.span) {
            calls.pop_front();
        }
        if enforce && calls.len() >= self.max {
            self.refused += 1;
            return false;
        }
        calls.push_back(now);
        self.worst = self.worst.max(calls.len());
        true
    }

    /// Somebody else calls every endpoint that was called so far this often; what is over the limit is refused.
    pub(crate) fn others(&mut self, calls: u64, now: Instant, enforce: bool) {
        let endpoints: Vec<String> = self.calls.keys().cloned().collect();
        for endpoint in endpoints {
            for _ in 0..calls {
                let _ = self.admit(&endpoint, now, enforce);
            }
        }
    }

    /// The most calls of one endpoint in any window, and how many were refused.
    pub(crate) const fn worst(&self) -> (usize, u64) {
        (self.worst, self.refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_has_a_rolling_hour_of_its_own() {
        let mut pace = Pace::default();
        let start = Instant::now();
        for _ in 0..1_500 {
            assert!(pace.admit("GET /a", start, true));
        }
        assert!(!pace.admit("GET /a", start + Duration::from_secs(59 * 60), true));
        assert!(pace.admit("GET /b", start, true));
        assert!(pace.admit("GET /a", start + Duration::from_secs(3_600), true));
        assert_eq!(pace.worst(), (1_500, 1));
    }

    #[test]
    fn without_enforcement_it_only_counts() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        for _ in 0..1_600 {
            assert!(pace.admit("GET /a", start, false));
        }
        assert_eq!(pace.worst(), (1_600, 0));
    }
}
