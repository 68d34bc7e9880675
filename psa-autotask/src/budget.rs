//! The hourly limit, which all integrations of a database share: how much of it is used, and how much is ours to use.

use crate::{error, wire};
use async_trait::async_trait;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use sync_core::{Error, ErrorKind, Result};
use sync_http::{HttpClient, Idempotency, Meter, Method, Reading, Request};

const OPERATION: &str = "read the request threshold";

/// Where the threshold is asked for: the zone, once that is known, past the limiter that asks.
#[derive(Default)]
pub(crate) struct Place(Mutex<Option<HttpClient>>);

impl Place {
    pub(crate) fn set(&self, client: HttpClient) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(client);
    }

    fn get(&self) -> Option<HttpClient> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `GET /ThresholdInformation`, which counts as a request itself.
    pub(crate) async fn threshold(&self) -> Result<wire::Threshold> {
        let Some(client) = self.get() else {
            return Err(Error::new(ErrorKind::Unavailable, OPERATION, "the zone is not known yet"));
        };
        let request = Request::new(Method::Get, "/ThresholdInformation", Idempotency::Read, OPERATION);
        let response = client.send(request).await?;
        if response.is_success() { response.json() } else { Err(error::of(&response)) }
    }
}

/// The share of the limit that is used up to, as a meter for the rate limiter.
pub(crate) struct Budget {
    pub(crate) place: Arc<Place>,
    pub(crate) percent: u32,
}

#[async_trait]
impl Meter for Budget {
    async fn read(&self) -> Result<Reading> {
        let threshold = self.place.threshold().await?;
        Ok(Reading {
            limit: share(threshold.external_request_threshold, self.percent),
            used: threshold.current_timeframe_request_count,
        })
    }
}

/// A part of the limit, at least one request.
pub(crate) fn share(limit: u64, percent: u32) -> u32 {
    let part = limit.saturating_mul(u64::from(percent)) / 100;
    u32::try_from(part).unwrap_or(u32::MAX).max(1)
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").field("percent", &self.percent).finish_non_exhaustive()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place(..)")
    }
}
