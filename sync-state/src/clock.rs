//! This machine's clock.

/// Microseconds since 1970.
pub(crate) fn now_micros() -> i64 {
    chrono::Utc::now().timestamp_micros()
}
