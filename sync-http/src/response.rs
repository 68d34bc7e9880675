//! An answer, and its default reading.

use crate::{Headers, Idempotency, Verdict};
use bytes::Bytes;
use serde::{Deserialize, de::DeserializeSeed};
use std::{fmt, marker::PhantomData, time::Duration};
use sync_core::{Error, ErrorKind, Result, Retry};

/// The answer that a request ended with, whatever its status. `Debug` shows no header value and no body.
#[derive(Clone)]
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
    pub(crate) request_id: Option<String>,
    pub(crate) attempts: u32,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) verdict: Verdict,
    pub(crate) idempotency: Idempotency,
    pub(crate) operation: &'static str,
}

impl Response {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The header fields.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The body, decompressed; empty for an error status whose body broke off or was too large.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The vendor's id of the request, where it gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How many attempts were made, this one included.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What the server asks to wait, from now.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The name of the operation.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Reads the body as JSON; borrowed fields borrow from this response.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedResponse`] (for the answer to a create: [`ErrorKind::Indeterminate`], for something was
    /// made) that says what is wrong (broken off, empty, a web page, not JSON, other fields than expected) and where,
    /// never the content.
    pub fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        self.json_with(PhantomData::<T>)
    }

    /// Reads the body as JSON by a reader that knows more than its type (what to pack rows into, where to stop).
    ///
    /// # Errors
    /// As for [`Response::json`].
    pub fn json_with<'a, S: DeserializeSeed<'a>>(&'a self, seed: S) -> Result<S::Value> {
        crate::json::read(&self.body, seed).map_err(|message| self.unreadable(message))
    }

    /// An error about this answer, with its operation and request id and the matching [`Retry`]. The message must hold
    /// no content of the body.
    #[must_use]
    pub fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        let error = Error::new(kind, self.operation, message).with_retry(self.retry(kind));
        match &self.request_id {
            Some(id) => error.with_request_id(id),
            None => error,
        }
    }

    /// The error for an answer whose success status is contradicted by its content.
    #[must_use]
    pub fn unreadable(&self, message: impl Into<String>) -> Error {
        let made = self.is_success() && matches!(self.idempotency, Idempotency::Create { .. });
        self.error(if made { ErrorKind::Indeterminate } else { ErrorKind::UnexpectedResponse }, message)
    }

    /// What this status means by default; `None` for a success.
    ///
    /// | status | read | set to value | create |
    /// |---|---|---|---|
    /// | 401 | `Unauthenticated` | same | same |
    /// | 403 | `PermissionDenied` | same | same |
    /// | 404, 410 | `NotFound` | same | same |
    /// | 409, 412 | `PreconditionFailed` | same | same |
    /// | 408 | `Unavailable` | `Indeterminate` | `Indeterminate` |
    /// | 429 | `RateLimited` | `RateLimited` | `RateLimited` if rejected before acting, else `Indeterminate` |
    /// | other 4xx | `Rejected` | same | same |
    /// | 5xx | `Unavailable` | `Indeterminate` (safe to repeat) | `Indeterminate` |
    /// | else | `UnexpectedResponse` | same | same |
    ///
    /// An adapter refines single cells by what the vendor's body proves, and keeps the rest.
    #[must_use]
    pub fn error_kind(&self) -> Option<ErrorKind> {
        let unknown = match self.idempotency {
            Idempotency::Read => ErrorKind::Unavailable,
            Idempotency::SetToValue | Idempotency::Create { .. } => ErrorKind::Indeterminate,
        };
        let rate_limited = match self.idempotency {
            Idempotency::Create { rate_limit_rejects_before_acting: false } => ErrorKind::Indeterminate,
            Idempotency::Create { .. } | Idempotency::Read | Idempotency::SetToValue => {
                ErrorKind::RateLimited
            }
        };
        Some(match self.status {
            200..=299 => return None,
            _ if self.verdict == Verdict::RateLimited => rate_limited,
            401 => ErrorKind::Unauthenticated,
            403 => ErrorKind::PermissionDenied,
            404 | 410 => ErrorKind::NotFound,
            409 | 412 => ErrorKind::PreconditionFailed,
            408 | 500..=599 => unknown,
            429 => rate_limited,
            400..=499 => ErrorKind::Rejected,

            _ => ErrorKind::UnexpectedResponse,
        })
    }

    /// The answer itself if it is a success, else the default error ([`Response::error_kind`]), without any of the body.
    ///
    /// # Errors
    /// The default error.
    pub fn error_for_status(self) -> Result<Self> {
        match self.error_kind() {
            None => Ok(self),
            Some(kind) => Err(self.error(kind, self.advice(kind))),
        }
    }

    /// The error for a success whose body is over `limit` bytes.
    pub(crate) fn too_large(&self, limit: usize) -> Error {
        let kind = match self.idempotency {
            Idempotency::Read => ErrorKind::UnexpectedResponse,
            Idempotency::SetToValue | Idempotency::Create { .. } => ErrorKind::Indeterminate,
        };
        self.error(
            kind,
            format!("the answer is larger than the limit of {limit} bytes; ask for less at once"),
        )
    }

    fn advice(&self, kind: ErrorKind) -> String {
        crate::advice::for_status(kind, self.status, self.attempts)
    }

    fn retry(&self, kind: ErrorKind) -> Retry {
        let repeatable = match self.idempotency {
            Idempotency::Read | Idempotency::SetToValue => true,
            Idempotency::Create { .. } => false,
        };
        let later = self.retry_after.map_or(Retry::Safe, Retry::After);
        let unknown = kind == ErrorKind::Unavailable || kind == ErrorKind::Indeterminate;
        if kind == ErrorKind::RateLimited || (unknown && repeatable) { later } else { Retry::Never }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body_bytes", &self.body.len())
            .field("request_id", &self.request_id)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
