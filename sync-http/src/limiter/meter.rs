//! A limit that other programs share, told by a request of its own rather than by headers.

use async_trait::async_trait;
use std::fmt;
use sync_core::Result;

/// Tells how much of a limit everybody together has used, where a vendor counts all programs of an account as one.
#[async_trait]
pub trait Meter: fmt::Debug + Send + Sync + 'static {
    /// Asks the vendor. The request is counted by the [`Limiter`](crate::Limiter) that asks, and must not wait for it.
    ///
    /// # Errors
    /// Whatever keeps it from knowing; the limiter then goes by what it knew before.
    async fn read(&self) -> Result<Reading>;
}

/// What a [`Meter`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How much all programs together may use in the window before this one stops.
    pub limit: u32,
    /// How much they have used in it, the reading included.
    pub used: u64,
}
