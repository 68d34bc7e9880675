//! How a client is configured and checked.

use crate::{
    Authenticator, Clock, HttpClient, Limiter, ResponseHook, RetryPolicy, TokioClock, auth::secret_value,
    client::Shared, url::BaseUrl,
};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use secrecy::SecretString;
use std::{fmt, sync::Arc, time::Duration};
use sync_core::{Error, ErrorKind, Result};

/// Configures an [`HttpClient`]. Everything but the base URL has a default.
#[must_use = "call build()"]
pub struct ClientBuilder {
    base_url: String,
    headers: Vec<(String, SecretString)>,
    auth: Option<Arc<dyn Authenticator>>,
    limiter: Option<Limiter>,
    retry: RetryPolicy,
    timeout: Duration,
    connect_timeout: Duration,
    max_body_bytes: usize,
    roots: Vec<Vec<u8>>,
    hook: Option<Arc<dyn ResponseHook>>,
    clock: Option<Arc<dyn Clock>>,
    request_id_headers: Vec<String>,
    client_request_id: Option<String>,
    link_local: bool,
}

impl ClientBuilder {
    pub(crate) fn new(base_url: String) -> Self {
        Self {
            base_url,
            headers: Vec::new(),
            auth: None,
            limiter: None,
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            max_body_bytes: 64 * 1024 * 1024,
            roots: Vec::new(),
            hook: None,
            clock: None,
            request_id_headers: ["x-request-id", "request-id", "x-correlation-id"].map(str::to_owned).into(),
            client_request_id: None,
            link_local: false,
        }
    }

    /// The `User-Agent`; default the name and version of this crate.
    pub fn user_agent(self, value: &str) -> Self {
        self.header("user-agent", value)
    }

    /// A header field for every request.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.secret_header(name, SecretString::from(value))
    }

    /// A header field for every request, held as a secret.
    pub fn secret_header(mut self, name: &str, value: SecretString) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }

    /// Who puts credentials on requests; default nobody.
    pub fn auth(mut self, auth: Arc<dyn Authenticator>) -> Self {
        self.auth = Some(auth);
        self
    }

    /// The rate limit; default none. Give clones of one limiter to all clients of one account.
    pub fn limiter(mut self, limiter: Limiter) -> Self {
        self.limiter = Some(limiter);
        self
    }

    /// How often and how long a request is repeated.
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// The most one attempt may take, from connecting to the end of the body; default 60 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The most that connecting may take, TLS included; default 10 s, and never more than three quarters of
    /// [`ClientBuilder::timeout`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The largest body that is read, after decompression; default 64 MiB.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.max_body_bytes = bytes;
        self
    }

    /// Trusts one or more further certificate authorities (PEM), beside the system's. There is no way to trust everything.
    pub fn root_certificate_pem(mut self, pem: &[u8]) -> Self {
        self.roots.push(pem.to_vec());
        self
    }

    /// What the vendor's answers tell beyond their status.
    pub fn hook(mut self, hook: Arc<dyn ResponseHook>) -> Self {
        self.hook = Some(hook);
        self
    }

    /// Another clock than the limiter's (or tokio's, without a limiter).
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Where the server names its id of a request; asked before the usual `x-request-id`, `request-id`, `x-correlation-id`.
    pub fn request_id_header(mut self, name: &str) -> Self {
        self.request_id_headers.insert(0, name.to_owned());
        self
    }

    /// Sends a fresh UUID in this field, one per request (not per attempt), and logs it.
    pub fn client_request_id_header(mut self, name: &str) -> Self {
        self.client_request_id = Some(name.to_owned());
        self
    }

    /// Lets plain http go to link-local addresses (169.254.0.0/16) too, where clouds have the metadata services of
    /// their machines. For nothing else: whoever is on the same link can read it.
    pub fn link_local_http(mut self) -> Self {
        self.link_local = true;
        self
    }

    /// The client.
    ///
    /// Proxies: the system's proxy variables (`HTTPS_PROXY`, `NO_PROXY`) are obeyed, except for a base URL on loopback
    /// or a link-local address.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigInvalid`] for a base URL that is not one, holds user info or a query, or is `http://` on a host
    /// other than `localhost`, `127.0.0.0/8` or `[::1]`; for a header that HTTP cannot carry; for a certificate that is not PEM.
    pub fn build(self) -> Result<HttpClient> {
        let Self {
            base_url,
            headers,
            auth,
            limiter,
            retry,
            timeout,
            connect_timeout,
            max_body_bytes,
            roots,
            hook,
            clock,
            request_id_headers,
            client_request_id,
            link_local,
        } = self;
        let base = BaseUrl::parse(&base_url, link_local)?;
        let mut map = HeaderMap::new();
        let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        map.insert(USER_AGENT, HeaderValue::from_static(agent));
        for (name, value) in &headers {
            map.insert(header_name(name)?, secret_value(value)?);
        }
        let clock = match (clock, &limiter) {
            (Some(clock), _) => clock,
            (None, Some(limiter)) => limiter.clock(),
            (None, None) => Arc::new(TokioClock::new()),
        };
        let limiter = limiter.unwrap_or_else(|| Limiter::unlimited_on(Arc::clone(&clock)));
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .https_only(base.is_https())
            // Shorter than the whole attempt, so that a stuck connect is known as such: it was not sent.
            .connect_timeout(connect_timeout.min(timeout.mul_f64(0.75)))
            .tls_backend_rustls()
            .tls_version_min(reqwest::tls::Version::TLS_1_2);
        if base.is_near() {
            http = http.no_proxy();
        }
        for pem in &roots {
            let wrong = || invalid("a root certificate is not valid PEM");
            let found =
                reqwest::Certificate::from_pem_bundle(pem).map_err(|source| wrong().with_source(source))?;
            if found.is_empty() {
                return Err(wrong());
            }
            http = http.tls_certs_merge(found);
        }
        let http = http.build().map_err(|source| {
            invalid("the HTTP client could not be set up (TLS, certificates)")
                .with_source(source.without_url())
        })?;
        let shared = Shared {
            http,
            headers: map,
            auth,
            limiter,
            retry,
            timeout,
            max_body_bytes,
            hook,
            clock,
            request_id_headers: request_id_headers.iter().map(|n| header_name(n)).collect::<Result<_>>()?,
            client_request_id: client_request_id.as_deref().map(header_name).transpose()?,
        };
        Ok(HttpClient::new(base, shared))
    }
}

fn header_name(name: &str) -> Result<HeaderName> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|source| invalid("a header name is not valid").with_source(source))
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::ConfigInvalid, "configure the HTTP client", message)
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("ClientBuilder")
            .field("headers", &names)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
