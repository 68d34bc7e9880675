//! The sliding log: when the next request may go, from the times of the last ones. Pure; time is an argument.

use std::{collections::VecDeque, time::Duration};

/// One window: at most `limit` of weight in any `span`.
#[derive(Debug)]
pub(super) struct Window {
    limit: u32,
    /// The vendor's window plus the safety margin.
    span: Duration,
    /// The safety margin in it.
    margin: Duration,
    /// What other programs use of the limit, as last told.
    others: u64,
    used: u64,
    stamps: VecDeque<(Duration, u32)>,
}

impl Window {
    pub(super) fn new(limit: u32, span: Duration, margin: Duration) -> Self {
        let span = span.saturating_add(margin);
        Self { limit, span, margin, others: 0, used: 0, stamps: VecDeque::new() }
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    pub(super) fn span(&self) -> Duration {
        self.span
    }

    pub(super) fn stamps(&self) -> impl Iterator<Item = (Duration, u32)> + '_ {
        self.stamps.iter().copied()
    }

    /// Forgets what lies a whole span back.
    fn expire(&mut self, now: Duration) {
        while let Some(&(at, weight)) = self.stamps.front() {
            if at.saturating_add(self.span) > now {
                break;
            }
            self.stamps.pop_front();
            self.used = self.used.saturating_sub(u64::from(weight));
        }
    }

    /// Takes in that everybody together has used `used` of `limit`; `unseen` of the own weight may not be in that yet.
    pub(super) fn share(&mut self, now: Duration, limit: u32, used: u64, unseen: u64) {
        self.expire(now);
        // The vendor forgets a request a margin earlier than this log does.
        let counts = |at: &Duration| at.saturating_add(self.span).saturating_sub(self.margin) > now;
        let own: u64 = self.stamps.iter().filter(|(at, _)| counts(at)).map(|(_, w)| u64::from(*w)).sum();
        self.limit = limit;
        self.others = used.saturating_sub(own.saturating_sub(unseen));
    }

    /// Others use so much that `weight` does not fit whatever is forgotten here.
    pub(super) fn is_crowded(&self, weight: u32) -> bool {
        self.others > 0 && u64::from(self.limit).saturating_sub(self.others) < u64::from(weight)
    }

    pub(super) fn has_company(&self) -> bool {
        self.others > 0
    }

    /// The earliest time at which `weight` fits; `now` if it fits already. A weight over the limit counts as the limit.
    pub(super) fn free_at(&mut self, now: Duration, weight: u32) -> Duration {
        self.expire(now);
        if self.is_crowded(weight) {
            // Only others can make room, and only the next reading tells.
            return now.saturating_add(self.span);
        }
        let room = u64::from(self.limit).saturating_sub(self.others).saturating_sub(u64::from(weight));
        let mut used = self.used;
        let mut at = now;
        for &(stamp, weight) in &self.stamps {
            if used <= room {
                break;
            }
            used = used.saturating_sub(u64::from(weight));
            at = stamp.saturating_add(self.span);
        }
        at
    }

    pub(super) fn push(&mut self, now: Duration, weight: u32) {
        if weight > 0 {
            self.stamps.push_back((now, weight));
            self.used += u64::from(weight);
        }
    }

    /// Puts stamps of an earlier process in; `stamps` is in order of time.
    pub(super) fn restore(&mut self, stamps: &[(Duration, u32)]) {
        let own: Vec<_> = self.stamps.drain(..).collect();
        let mut all: Vec<_> = stamps.iter().copied().chain(own).filter(|(_, weight)| *weight > 0).collect();
        all.sort_by_key(|(at, _)| *at);
        self.used = all.iter().map(|(_, weight)| u64::from(*weight)).sum();
        self.stamps = all.into();
    }
}
