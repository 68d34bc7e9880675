//! Credentials on requests.

use crate::Headers;
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use sync_core::{Error, ErrorKind, Result};

/// Puts credentials on requests, and renews them when the server refuses them.
#[async_trait]
pub trait Authenticator: fmt::Debug + Send + Sync + 'static {
    /// Adds the header fields that identify the caller. Called before every attempt, with a rate permit in hand.
    ///
    /// An implementation that fetches a token through the same client must mark that request with
    /// [`Request::no_auth`](crate::Request::no_auth), which also lets it pass the queue.
    ///
    /// # Errors
    /// Whatever keeps it from having credentials; the request is then not sent.
    async fn authorize(&self, headers: &mut AuthHeaders) -> Result<()>;

    /// Called once per request, after a 401. Forget exactly the rejected credentials ([`Rejected::sent`]), not newer ones, and
    /// say whether a second attempt makes sense. The default has nothing to renew.
    ///
    /// # Errors
    /// Ends the request with that error instead of the 401.
    async fn refresh(&self, rejected: &Rejected<'_>) -> Result<bool> {
        let _ = rejected;
        Ok(false)
    }
}

/// The header fields an [`Authenticator`] adds. `Debug` shows names only.
#[derive(Clone, Default)]
pub struct AuthHeaders(HeaderMap);

impl AuthHeaders {
    /// Sets a field, replacing an earlier value.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigInvalid`] for a name or value that HTTP cannot carry; the value is not in the error.
    pub fn set(&mut self, name: &str, value: &SecretString) -> Result<()> {
        let field = HeaderName::from_bytes(name.as_bytes()).map_err(|source| {
            Error::new(ErrorKind::ConfigInvalid, "authorize", "a header name is not valid")
                .with_source(source)
        })?;
        let value = secret_value(value)?;
        self.0.insert(field, value);
        Ok(())
    }

    /// Sets `Authorization: Bearer <token>`.
    ///
    /// # Errors
    /// As [`AuthHeaders::set`].
    pub fn bearer(&mut self, token: &SecretString) -> Result<()> {
        let value = SecretString::from(format!("Bearer {}", token.expose_secret()));
        self.0.insert(AUTHORIZATION, secret_value(&value)?);
        Ok(())
    }

    pub(crate) fn map(&self) -> &HeaderMap {
        &self.0
    }
}

impl fmt::Debug for AuthHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys().map(|name| name.as_str())).finish()
    }
}

/// A header value that no log shows.
pub(crate) fn secret_value(value: &SecretString) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|source| {
        Error::new(
            ErrorKind::ConfigInvalid,
            "authorize",
            "a credential holds a character that a header cannot carry (a line break at its end?)",
        )
        .with_source(source)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// A refused attempt: what was sent, and what the server answered.
pub struct Rejected<'a> {
    pub(crate) sent: &'a AuthHeaders,
    pub(crate) answer: &'a Headers,
}

impl Rejected<'_> {
    /// The value that was sent in a field (`"authorization"`: with its scheme).
    #[must_use]
    pub fn sent(&self, name: &str) -> Option<SecretString> {
        self.sent.0.get(name).and_then(|v| v.to_str().ok()).map(SecretString::from)
    }

    /// The bearer token that was sent, without its scheme.
    #[must_use]
    pub fn bearer(&self) -> Option<SecretString> {
        let value = self.sent.0.get(AUTHORIZATION)?.to_str().ok()?;
        value.strip_prefix("Bearer ").map(SecretString::from)
    }

    /// The `WWW-Authenticate` values of the answer, in order.
    pub fn challenges(&self) -> impl Iterator<Item = &str> {
        self.answer.get_all("www-authenticate")
    }
}

impl fmt::Debug for Rejected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected").field("sent", self.sent).field("answer", self.answer).finish()
    }
}

/// HTTP Basic authentication (RFC 7617) with fixed credentials.
pub struct BasicAuth(SecretString);

impl BasicAuth {
    /// From a user name, which must not hold a colon, and a password.
    ///
    /// # Errors
    /// [`ErrorKind::ConfigInvalid`] for a colon in the user name.
    pub fn new(user: &str, password: &SecretString) -> Result<Self> {
        if user.contains(':') {
            let message = "the user name of basic authentication must not hold a colon";
            return Err(Error::new(ErrorKind::ConfigInvalid, "authorize", message));
        }
        let pair = SecretString::from(format!("{user}:{}", password.expose_secret()));
        Ok(Self(SecretString::from(format!("Basic {}", STANDARD.encode(pair.expose_secret())))))
    }
}

impl fmt::Debug for BasicAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BasicAuth(..)")
    }
}

#[async_trait]
impl Authenticator for BasicAuth {
    async fn authorize(&self, headers: &mut AuthHeaders) -> Result<()> {
        headers.set("authorization", &self.0)
    }
}

/// A fixed bearer token (RFC 6750), such as an API key.
pub struct BearerToken(SecretString);

impl BearerToken {
    /// From the token without its scheme.
    #[must_use]
    pub fn new(token: SecretString) -> Self {
        Self(token)
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(..)")
    }
}

#[async_trait]
impl Authenticator for BearerToken {
    async fn authorize(&self, headers: &mut AuthHeaders) -> Result<()> {
        headers.bearer(&self.0)
    }
}
