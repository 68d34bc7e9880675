//! The one error type that crosses the `Directory` and `Psa` seams.

use std::{error::Error as StdError, fmt, time::Duration};

/// The result of a call across a seam.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed, as coarse as a caller would act differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Configuration is missing or malformed; no request was sent.
    ConfigInvalid,
    /// Credentials were refused.
    Unauthenticated,
    /// Credentials are good but lack a permission.
    PermissionDenied,
    /// The named record does not exist.
    NotFound,
    /// The target changed since it was read.
    PreconditionFailed,
    /// The vendor refused the content (validation); repeating it changes nothing.
    Rejected,
    /// The vendor's request limit is used up.
    RateLimited,
    /// The vendor or the network is unavailable; nothing was changed.
    Unavailable,
    /// A write was sent and its result is unknown.
    Indeterminate,
    /// The vendor answered something this adapter cannot read.
    UnexpectedResponse,
    /// The delta token is no longer accepted; read everything again.
    DeltaExpired,
    /// This instance cannot do what was asked.
    Unsupported,
    /// Anything else.
    Other,
}

impl ErrorKind {
    /// The name used in reports and logs (`snake_case`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConfigInvalid => "config_invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::NotFound => "not_found",
            Self::PreconditionFailed => "precondition_failed",
            Self::Rejected => "rejected",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Indeterminate => "indeterminate",
            Self::UnexpectedResponse => "unexpected_response",
            Self::DeltaExpired => "delta_expired",
            Self::Unsupported => "unsupported",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a caller may do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// Repeating cannot help or is not safe.
    Never,
    /// The same call may be repeated.
    Safe,
    /// The same call may be repeated after this long.
    After(Duration),
}

/// A failure of one operation.
///
/// `Display` and `Debug` name this layer only and never hold content (names, addresses, secrets);
/// causes are reached through [`std::error::Error::source`].
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: &'static str,
    message: String,
    retry: Retry,
    request_id: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Says what was attempted (`operation`, such as `"list contacts"`) and what to do (`message`).
    ///
    /// The message may carry ids; it must not carry names, addresses, tokens or vendor bodies that hold them.
    pub fn new(kind: ErrorKind, operation: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation,
            message: message.into(),
            retry: Retry::Never,
            request_id: None,
            source: None,
        }))
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says what a caller may do; the default is [`Retry::Never`].
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// Adds the vendor's own id of the request, for their support.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// Why it failed.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What was attempted.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.0.operation
    }

    /// What went wrong and what to do, without the operation and the cause.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What a caller may do.
    #[must_use]
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// The vendor's id of the request, where it gave one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failed ({}): {}", self.0.operation, self.0.kind, self.0.message)?;
        if let Some(id) = &self.0.request_id {
            write!(f, " [request {id}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, operation, message, retry, request_id, source } = &*self.0;
        f.debug_struct("Error")
            .field("kind", kind)
            .field("operation", operation)
            .field("message", message)
            .field("retry", retry)
            .field("request_id", request_id)
            .field("source", source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|s| s as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_three_never_repeats_a_text() {
        let inner = std::io::Error::other("connection reset");
        let middle = Error::new(ErrorKind::Unavailable, "send request", "the server closed the connection")
            .with_source(inner);
        let outer = Error::new(ErrorKind::Indeterminate, "create contact", "the result is unknown")
            .with_source(middle);
        let mut texts = Vec::new();
        let mut next: Option<&dyn StdError> = Some(&outer);
        while let Some(e) = next {
            texts.push(e.to_string());
            next = e.source();
        }
        assert_eq!(texts.len(), 3);
        for (i, a) in texts.iter().enumerate() {
            for (j, b) in texts.iter().enumerate() {
                assert!(i == j || !a.contains(b.as_str()), "{a} repeats {b}");
            }
        }
    }

    #[test]
    fn an_error_is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
