//! The retry table: what may be repeated, decided in one pure function.

use std::time::Duration;

/// What repeating a request does, said by whoever builds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    /// Changes nothing; repeating is free. Also for a `POST` that searches or fetches a token.
    Read,
    /// Sets named fields to given values; repeating leaves the same state.
    SetToValue,
    /// Makes something new; repeating may make it twice.
    Create {
        /// The vendor documents that a 429 is answered before anything is done.
        rate_limit_rejects_before_acting: bool,
    },
}

/// How an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The request never reached the server: name resolution, connect, TLS.
    NotSent,
    /// Time-out, reset or close after sending (or when it cannot be told apart).
    NoAnswer,
    /// A success whose body broke off.
    BrokenBody,
    /// 401; `refreshable` if new credentials were had and this request has not been repeated for a 401 before.
    Unauthorized {
        /// New credentials are at hand.
        refreshable: bool,
    },
    /// 429.
    RateLimited,
    /// 503 with a `Retry-After`.
    UnavailableUntil,
    /// Any other 5xx.
    ServerError,
    /// Any other 4xx, or an answer that the vendor hook calls final.
    Refused,
}

impl Failure {
    /// The words used in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not sent",
            Self::NoAnswer => "no answer",
            Self::BrokenBody => "body broke off",
            Self::Unauthorized { .. } => "unauthorized",
            Self::RateLimited => "rate limited",
            Self::UnavailableUntil => "unavailable for a while",
            Self::ServerError => "server error",
            Self::Refused => "refused",
        }
    }
}

/// What to do about a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Repeat after the own back-off.
    Retry,
    /// Repeat after the longer of the own back-off and the `Retry-After`.
    Wait,
    /// Repeat at once with new credentials.
    RepeatRefreshed,
    /// Do not repeat; the answer or error is the result.
    Final,
    /// Do not repeat; whether the server acted is unknown.
    Indeterminate,
}

/// The retry table (DESIGN.md section 3): every class of failure by every idempotency.
#[must_use]
pub const fn decide(failure: Failure, idempotency: Idempotency) -> Decision {
    use {Decision as D, Failure as F, Idempotency as I};
    match (failure, idempotency) {
        (F::NotSent, _) | (F::NoAnswer | F::BrokenBody | F::ServerError, I::Read | I::SetToValue) => D::Retry,
        (F::RateLimited | F::UnavailableUntil, I::Read | I::SetToValue)
        | (F::RateLimited, I::Create { rate_limit_rejects_before_acting: true }) => D::Wait,
        (
            F::NoAnswer | F::BrokenBody | F::ServerError | F::UnavailableUntil | F::RateLimited,
            I::Create { .. },
        ) => D::Indeterminate,
        (F::Unauthorized { refreshable: true }, _) => D::RepeatRefreshed,
        (F::Unauthorized { refreshable: false } | F::Refused, _) => D::Final,
    }
}

/// How often and how long a request is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included; the one repeat after a 401 does not count. Default 5; 0 counts as 1.
    pub max_attempts: u32,
    /// The most the first own wait can be; doubled for each further one. Default 500 ms.
    pub base_delay: Duration,
    /// Attempts that the server may refuse for the rate, the first included; they do not count among the others. Default
    /// 5. Where other programs use the same limit, time should end it ([`RetryPolicy::deadline`]), not a number.
    pub max_rate_limited: u32,
    /// The most that is waited between two attempts, by own choice or by `Retry-After`; a longer `Retry-After` ends
    /// the request. Default 2 minutes.
    pub max_delay: Duration,
    /// No attempt is started that could not begin within this time of the first one; queueing for the own rate
    /// limit is not counted. Default 5 minutes.
    pub deadline: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            max_rate_limited: 5,
            base_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(120),
            deadline: Duration::from_secs(300),
        }
    }
}

impl RetryPolicy {
    /// One attempt, no repeat (the repeat after a 401 remains).
    #[must_use]
    pub fn once() -> Self {
        Self { max_attempts: 1, max_rate_limited: 1, ..Self::default() }
    }

    /// The own wait before attempt `done + 1`: exponential with full jitter, `random` uniform over all of `u32`.
    pub(crate) fn backoff(&self, done: u32, random: u32) -> Duration {
        let factor = 1_u32.checked_shl(done.saturating_sub(1)).unwrap_or(u32::MAX);
        let most = self.base_delay.saturating_mul(factor).min(self.max_delay);
        most.mul_f64(f64::from(random) / f64::from(u32::MAX))
    }
}
