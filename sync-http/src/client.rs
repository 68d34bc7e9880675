//! The client: one server, one set of credentials, one rate limit.

use crate::{
    Authenticator, Clock, Limiter, Request, Response, ResponseHook, RetryPolicy, builder::ClientBuilder,
    send, url::BaseUrl,
};
use reqwest::header::{HeaderMap, HeaderName};
use std::{fmt, sync::Arc, time::Duration};
#[cfg(doc)]
use sync_core::ErrorKind;
use sync_core::Result;

/// A client for one server. Clones are cheap and share connections, credentials and the rate limit.
///
/// Each attempt goes: rate permit, credentials, log line, send. See the crate's documentation for the retry table.
#[derive(Clone)]
pub struct HttpClient {
    base: BaseUrl,
    shared: Arc<Shared>,
}

#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
    pub(crate) headers: HeaderMap,
    pub(crate) auth: Option<Arc<dyn Authenticator>>,
    pub(crate) limiter: Limiter,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeout: Duration,
    pub(crate) max_body_bytes: usize,
    pub(crate) hook: Option<Arc<dyn ResponseHook>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) request_id_headers: Vec<HeaderName>,
    pub(crate) client_request_id: Option<HeaderName>,
}

impl HttpClient {
    /// Starts a client for this base URL; see [`ClientBuilder`].
    pub fn builder(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url.into())
    }

    pub(crate) fn new(base: BaseUrl, shared: Shared) -> Self {
        Self { base, shared: Arc::new(shared) }
    }

    /// The same client for another path on the same server (a version or code base learned from it).
    ///
    /// # Errors
    /// [`ErrorKind::ConfigInvalid`] for a path with a query or fragment.
    pub fn with_base_path(&self, path: &str) -> Result<Self> {
        Ok(Self { base: self.base.with_path(path)?, shared: Arc::clone(&self.shared) })
    }

    /// The same client under another rate limit, for a server that limits each of its routes by itself. Connections,
    /// credentials and the clock are shared; build the limiter on [`HttpClient::clock`].
    #[must_use]
    pub fn with_limiter(&self, limiter: Limiter) -> Self {
        Self { base: self.base.clone(), shared: Arc::new(Shared { limiter, ..Shared::clone(&self.shared) }) }
    }

    /// The full URL of a request: what it is, for telling two requests apart.
    pub(crate) fn resolve(&self, request: &Request) -> Result<url::Url> {
        request.resolve(&self.base)
    }

    /// Whether a link that the server gave would be followed, for one that is kept for later.
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedResponse`] for a link to elsewhere, and for what is no link.
    pub fn check_link(&self, operation: &'static str, link: &str) -> Result<()> {
        self.base.follow(operation, link).map(drop)
    }

    /// The host (and port, if it is not the usual one) that every request goes to.
    #[must_use]
    pub fn host(&self) -> String {
        self.base.host()
    }

    /// The rate limit that this client obeys.
    #[must_use]
    pub fn limiter(&self) -> &Limiter {
        &self.shared.limiter
    }

    /// The clock that this client waits on.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.shared.clock)
    }

    /// Sends a request, repeating it as the retry table allows, and returns the answer it ends with, whatever its status.
    ///
    /// Use [`Response::error_for_status`], or refine it by the vendor's body.
    ///
    /// # Errors
    /// * [`ErrorKind::Other`], [`ErrorKind::ConfigInvalid`]: the request cannot be built; nothing was sent.
    /// * [`ErrorKind::Unavailable`]: no answer to a read, or no attempt reached the server.
    /// * [`ErrorKind::Indeterminate`]: a write was sent and got no (whole) answer. A create is never repeated then; a
    ///   set-to-value has been, as often as allowed, and may be again ([`Retry::Safe`](sync_core::Retry::Safe)).
    /// * [`ErrorKind::RateLimited`]: the server's pause is longer than this client waits; nothing was sent.
    /// * [`ErrorKind::UnexpectedResponse`]: a redirect, a body over the limit, or a link to another origin.
    /// * Those of the [`Authenticator`].
    pub async fn send(&self, request: Request) -> Result<Response> {
        let url = request.resolve(&self.base)?;
        // On the heap, because callers nest this in futures of their own.
        Box::pin(send::send(&self.shared, &request, &url)).await
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("host", &self.base.host())
            .field("retry", &self.shared.retry)
            .field("limiter", &self.shared.limiter)
            .finish_non_exhaustive()
    }
}
