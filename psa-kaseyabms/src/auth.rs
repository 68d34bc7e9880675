//! Signing in by password, refreshing, and signing in again where refreshing fails.

use crate::{client::decode, config::Config, wire::Tokens};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use sync_core::{Error, ErrorKind, Result};
use sync_http::{
    AuthHeaders, Authenticator, HttpClient, Idempotency, Method, Rejected, Request, Response, Token,
    TokenCache,
};

/// A token is replaced this long before it ends.
const MARGIN: Duration = Duration::from_secs(60);

/// How long a token counts as good where its end cannot be made out; a client in use refreshes every 15 minutes.
const UNTOLD: TimeDelta = TimeDelta::minutes(15);

/// An end further away than this is not believed: dates carry no offset.
const LONGEST: TimeDelta = TimeDelta::hours(24);

/// The credentials, and the tokens got with them. At most one request for a token is under way.
pub(crate) struct Auth {
    http: HttpClient,
    username: String,
    password: SecretString,
    tenant: String,
    cache: TokenCache,
    pair: Mutex<Option<Pair>>,
}

/// The last tokens, both of which a refresh asks for.
struct Pair {
    access: SecretString,
    refresh: SecretString,
}

impl Auth {
    /// On a client without an authenticator.
    pub(crate) fn new(http: HttpClient, config: &Config) -> Self {
        Self {
            cache: TokenCache::with_clock(MARGIN, http.clock()),
            http,
            username: config.username.clone(),
            password: config.password.clone(),
            tenant: config.tenant.clone(),
            pair: Mutex::default(),
        }
    }

    /// The token in use, got where there is none.
    pub(crate) async fn token(&self) -> Result<SecretString> {
        self.cache.get(|| self.fetch()).await
    }

    /// Forgets exactly this token.
    pub(crate) fn forget(&self, token: &SecretString) {
        self.cache.invalidate(token);
    }

    async fn fetch(&self) -> Result<Token> {
        let pair = self.pair().take();
        if let Some(pair) = pair {
            match self.refresh_pair(&pair).await {
                Ok(token) => return Ok(token),
                // The server cannot be reached, or is too busy: signing in would end in the same way.
                Err(error) if matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::RateLimited) => {
                    *self.pair() = Some(pair);
                    return Err(error);
                }
                Err(error) => {
                    tracing::debug!(kind = %error.kind(), "the refresh token is not taken any more");
                }
            }
        }
        self.sign_in().await
    }

    /// `POST /v2/security/refreshtoken`
    async fn refresh_pair(&self, pair: &Pair) -> Result<Token> {
        let form =
            [("AccessToken", pair.access.expose_secret()), ("RefreshToken", pair.refresh.expose_secret())];
        let response = self.post("/v2/security/refreshtoken", "refresh token", &form).await?;
        self.keep(&response)
    }

    /// `POST /v2/security/authenticate`
    async fn sign_in(&self) -> Result<Token> {
        let form = [
            ("GrantType", "password"),
            ("UserName", self.username.as_str()),
            ("Password", self.password.expose_secret()),
            ("Tenant", self.tenant.as_str()),
        ];
        let response = self.post("/v2/security/authenticate", "sign in", &form).await?;
        self.keep(&response).map_err(|error| {
            // A refusal comes with many statuses, 200 among them, and always means the same.
            let refused = [ErrorKind::Rejected, ErrorKind::NotFound, ErrorKind::PermissionDenied];
            if !refused.contains(&error.kind()) {
                return error;
            }
            let message = "BMS refused the sign-in: check username, password and tenant (the company name in My \
                           Settings), and that the employee is of the type Api Employee";
            Error::new(ErrorKind::Unauthenticated, "sign in", message).with_source(error)
        })
    }

    async fn post(
        &self,
        path: &'static str,
        operation: &'static str,
        form: &[(&str, &str)],
    ) -> Result<Response> {
        // A token may be asked for twice without harm.
        let request = Request::new(Method::Post, path, Idempotency::Read, operation).no_auth();
        self.http.send(request.form(form.iter().copied())).await
    }

    fn keep(&self, response: &Response) -> Result<Token> {
        let Tokens { access_token, refresh_token, access_token_expire_on } = decode(response)?.result;
        if access_token.expose_secret().is_empty() {
            return Err(response.unreadable("BMS answered without a token"));
        }
        let lifetime = lifetime(access_token_expire_on.as_deref(), server_time(response, &self.http));
        let refresh = refresh_token.filter(|token| !token.expose_secret().is_empty());
        *self.pair() = refresh.map(|refresh| Pair { access: access_token.clone(), refresh });
        Ok(Token::new(access_token, lifetime))
    }

    fn pair(&self) -> MutexGuard<'_, Option<Pair>> {
        self.pair.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What time it is for the server: its own `Date`, so that a wrong clock here does not matter.
fn server_time(response: &Response, http: &HttpClient) -> DateTime<Utc> {
    let told = response.headers().get("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    told.map_or_else(|| http.clock().wall().into(), |date| date.to_utc())
}

/// How long a token is good, by its end. Without an offset the end is taken as UTC; what cannot be is not believed.
fn lifetime(end: Option<&str>, now: DateTime<Utc>) -> Duration {
    let end = end.and_then(|text| {
        let exact = DateTime::parse_from_rfc3339(text).map(|end| end.to_utc()).ok();
        exact.or_else(|| Some(NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?.and_utc()))
    });
    let left = end.map(|end| end - now).filter(|left| *left > TimeDelta::zero() && *left <= LONGEST);
    left.unwrap_or(UNTOLD).to_std().unwrap_or(MARGIN)
}

#[async_trait]
impl Authenticator for Auth {
    async fn authorize(&self, headers: &mut AuthHeaders) -> Result<()> {
        headers.bearer(&self.token().await?)
    }

    async fn refresh(&self, rejected: &Rejected<'_>) -> Result<bool> {
        if let Some(token) = rejected.bearer() {
            self.forget(&token);
        }
        Ok(true)
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_token_is_read_against_the_servers_own_time() {
        let now = DateTime::parse_from_rfc3339("2026-01-06T10:00:00Z").unwrap().to_utc();
        let minutes = |text: Option<&str>| lifetime(text, now).as_secs() / 60;
        for (end, expected) in [
            (Some("2026-01-06T11:00:00"), 60),
            (Some("2026-01-06T11:00:00.1234567"), 60),
            (Some("2026-01-06T11:00:00Z"), 60),
            (Some("2026-01-06T13:00:00+02:00"), 60),
            // Behind, or far ahead: a server that writes its own time without an offset.
            (Some("2026-01-06T05:00:00"), 15),
            (Some("2026-01-09T05:00:00"), 15),
            (Some("soon"), 15),
            (None, 15),
        ] {
            assert_eq!(minutes(end), expected, "{end:?}");
        }
    }
}
