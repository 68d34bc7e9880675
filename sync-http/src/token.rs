//! A cache for one short-lived token.

use crate::{Clock, TokioClock};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use sync_core::{Error, ErrorKind, Result, Retry};

/// A token and how long it is good for.
#[derive(Clone)]
pub struct Token {
    secret: SecretString,
    lifetime: Duration,
}

impl Token {
    /// A token that is good for `lifetime` from now on.
    #[must_use]
    pub fn new(secret: SecretString, lifetime: Duration) -> Self {
        Self { secret, lifetime }
    }

    /// The token itself, for uses that keep no cache.
    #[must_use]
    pub fn into_secret(self) -> SecretString {
        self.secret
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// Keeps one token until shortly before it expires; however many callers need one at once, one fetch is under way.
///
/// A failed fetch fails every caller that was waiting for it, and the next caller tries again. A fetch whose caller
/// is dropped is taken over by the next one waiting.
pub struct TokenCache {
    clock: Arc<dyn Clock>,
    margin: Duration,
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<(SecretString, Duration)>,
    failures: u64,
    failure: Option<(ErrorKind, &'static str, String, Retry)>,
}

impl TokenCache {
    /// A token counts as expired `margin` before its end, but is used for at least half its lifetime.
    #[must_use]
    pub fn new(margin: Duration) -> Self {
        Self::with_clock(margin, Arc::new(TokioClock::new()))
    }

    /// As [`TokenCache::new`], on this clock.
    #[must_use]
    pub fn with_clock(margin: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { clock, margin, flight: tokio::sync::Mutex::new(()), state: Mutex::default() }
    }

    /// The cached token, or the one that `fetch` brings.
    ///
    /// # Errors
    /// Those of `fetch`; a caller that waited for somebody else's failed fetch gets an error of the same kind and message.
    pub async fn get<F, Fut>(&self, fetch: F) -> Result<SecretString>
    where
        F: FnOnce() -> Fut + Send,
        Fut: Future<Output = Result<Token>> + Send,
    {
        let seen = {
            let state = self.state();
            if let Some(token) = self.fresh(&state) {
                return Ok(token);
            }
            state.failures
        };
        // This lock is the queue of those who wait for the one fetch; it guards no data.
        let _flight = self.flight.lock().await;
        {
            let state = self.state();
            if let Some(token) = self.fresh(&state) {
                return Ok(token);
            }
            if state.failures != seen
                && let Some((kind, operation, message, retry)) = &state.failure
            {
                return Err(Error::new(*kind, operation, message.clone()).with_retry(*retry));
            }
        }
        match fetch().await {
            Ok(Token { secret, lifetime }) => {
                let usable = lifetime.saturating_sub(self.margin).max(lifetime / 2);
                let expires = self.clock.now().saturating_add(usable);
                let mut state = self.state();
                state.token = Some((secret.clone(), expires));
                state.failure = None;
                Ok(secret)
            }
            Err(error) => {
                let mut state = self.state();
                state.failures = state.failures.wrapping_add(1);
                state.failure =
                    Some((error.kind(), error.operation(), error.message().to_owned(), error.retry()));
                Err(error)
            }
        }
    }

    /// Forgets the token if it is exactly this one; says whether it was. A newer token stays.
    pub fn invalidate(&self, rejected: &SecretString) -> bool {
        let mut state = self.state();
        let same =
            state.token.as_ref().is_some_and(|(token, _)| token.expose_secret() == rejected.expose_secret());
        if same {
            state.token = None;
        }
        same
    }

    fn fresh(&self, state: &State) -> Option<SecretString> {
        let (token, expires) = state.token.as_ref()?;
        (self.clock.now() < *expires).then(|| token.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("cached", &self.state().token.is_some())
            .field("margin", &self.margin)
            .finish_non_exhaustive()
    }
}
