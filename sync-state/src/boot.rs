//! Moments by a clock that nobody can set: how long the machine has been up, sleep included.

use crate::holder;
use std::{fmt, time::Duration};

/// A moment of one machine between two starts of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Which start.
    boot: String,
    up: Duration,
}

impl Moment {
    /// Now; `None` where the system does not say (other than Linux, a `/proc` of another container).
    pub(crate) fn now() -> Option<Self> {
        Some(Self { boot: holder::boot()?, up: up()? })
    }

    /// Later by a while.
    #[must_use]
    pub(crate) fn plus(mut self, length: Duration) -> Self {
        self.up = self.up.saturating_add(length);
        self
    }

    /// What was written by `Display`.
    fn read(text: &str) -> Option<Self> {
        let (boot, micros) = text.rsplit_once(' ')?;
        Some(Self { boot: boot.to_owned(), up: Duration::from_micros(micros.parse().ok()?) })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.boot, self.up.as_micros())
    }
}

/// How long ago something was, at least: since the same start of this machine that is known exactly, whatever became of its
/// clock; else it was before this start, or on another machine, and both the clock and the time since the start speak for it.
pub(crate) fn age(then: Option<&str>, by_clock: Duration, now: Option<&Moment>) -> Duration {
    let Some(now) = now else { return by_clock };
    match then.and_then(Moment::read) {
        Some(then) if then.boot == now.boot => now.up.saturating_sub(then.up),
        Some(_) | None => by_clock.min(now.up),
    }
}

/// https://man7.org/linux/man-pages/man5/proc_uptime.5.html (read on 2026-11-29).
fn up() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    Duration::try_from_secs_f64(text.split_whitespace().next()?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(boot: &str, seconds: u64) -> Moment {
        Moment { boot: boot.to_owned(), up: Duration::from_secs(seconds) }
    }

    #[test]
    fn within_one_start_the_clock_has_no_say() {
        let then = moment("a/0", 100).to_string();
        let now = moment("a/0", 130);
        for by_clock in [Duration::ZERO, Duration::from_secs(30), Duration::from_secs(9_000)] {
            assert_eq!(age(Some(&then), by_clock, Some(&now)), Duration::from_secs(30));
        }
        let ahead = moment("a/0", 100).plus(Duration::from_secs(60)).to_string();
        assert_eq!(age(Some(&ahead), Duration::from_secs(9_000), Some(&now)), Duration::ZERO);
    }

    #[test]
    fn over_a_start_the_clock_counts_as_far_as_the_machine_is_up() {
        let now = moment("b/0", 40);
        let then = moment("a/0", 100).to_string();
        for (then, by_clock, wanted) in [
            (Some(then.as_str()), 9_000, 40),
            (Some(then.as_str()), 20, 20),
            (None, 9_000, 40),
            (Some("?"), 20, 20),
        ] {
            assert_eq!(
                age(then, Duration::from_secs(by_clock), Some(&now)),
                Duration::from_secs(wanted),
                "{then:?}"
            );
        }
        assert_eq!(
            age(Some(&moment("a/0", 1).to_string()), Duration::from_secs(7), None),
            Duration::from_secs(7)
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_tells_how_long_it_is_up() {
        let before = Moment::now().unwrap();
        assert_eq!(Moment::read(&before.to_string()).unwrap().boot, before.boot);
        let after = Moment::now().unwrap();
        assert!(after.up >= before.up && after.boot == before.boot);
    }
}
