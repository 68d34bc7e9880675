//! App-only tokens by client secret, for one tenant.

use crate::{
    auth_error,
    config::{Tenant, is_guid},
    wire,
};
use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use std::{fmt, sync::Arc, time::Duration};
use sync_core::{Error, ErrorKind, Result, Retry};
use sync_http::{
    AuthHeaders, Authenticator, Clock, HttpClient, Idempotency, Method, Rejected, Request, Response, Token,
    TokenCache,
};
use tokio::sync::OnceCell;

/// A token is renewed when this much of its life is left: the longest listing step fits in it.
const MARGIN: Duration = Duration::from_secs(300);

/// The credentials of an application in one tenant, and the token they were last exchanged for.
pub(crate) struct Credentials {
    authority: HttpClient,
    tenant: Tenant,
    client_id: String,
    client_secret: SecretString,
    /// Exactly one resource, whose application permissions all are in the token.
    scope: String,
    cache: TokenCache,
    /// The GUID of a tenant configured by domain, once it is known.
    found: OnceCell<String>,
}

impl Credentials {
    pub(crate) fn new(
        authority: HttpClient,
        tenant: Tenant,
        client_id: &str,
        client_secret: SecretString,
        base_url: &str,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            authority,
            tenant,
            client_id: client_id.trim().to_owned(),
            client_secret,
            scope: format!("{base_url}/.default"),
            cache: TokenCache::with_clock(MARGIN, clock),
            found: OnceCell::new(),
        }
    }

    /// The tenant as configured.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The token in force; however many callers ask at once, one request is made.
    ///
    /// # Errors
    /// `Unauthenticated` with what to mend, `RateLimited`, `Unavailable`, `UnexpectedResponse`.
    pub(crate) async fn token(&self) -> Result<SecretString> {
        self.cache.get(|| self.exchange()).await
    }

    /// `POST {authority}/{tenant}/oauth2/v2.0/token` (OAuth 2.0 client credentials flow, read 2026-08).
    async fn exchange(&self) -> Result<Token> {
        const OPERATION: &str = "get token";
        let request = Request::new(Method::Post, "{}/oauth2/v2.0/token", Idempotency::Read, OPERATION)
            .segment(self.tenant.as_str())
            .form([
                ("client_id", self.client_id.as_str()),
                ("client_secret", self.client_secret.expose_secret()),
                ("grant_type", "client_credentials"),
                ("scope", self.scope.as_str()),
            ])
            .no_auth();
        let response = success(OPERATION, self.authority.send(request).await?)?;
        let token: wire::Token = response.json()?;
        if token.access_token.expose_secret().is_empty() {
            return Err(response.unreadable("the answer holds an empty token"));
        }
        let life = Duration::from_secs(token.expires_in.0);
        let life = match token.refresh_in {
            Some(early) => life.min(Duration::from_secs(early.0).saturating_add(MARGIN)),
            None => life,
        };
        Ok(Token::new(token.access_token, life))
    }

    /// The tenant's GUID: as configured, or looked up once by domain, which needs no credentials.
    ///
    /// # Errors
    /// `Unauthenticated` where no tenant has this domain, `Unavailable`, `UnexpectedResponse`.
    pub(crate) async fn tenant_id(&self) -> Result<&str> {
        match &self.tenant {
            Tenant::Id(id) => Ok(id),
            Tenant::Domain(domain) => {
                self.found.get_or_try_init(|| self.look_up(domain)).await.map(String::as_str)
            }
        }
    }

    /// `GET {authority}/{domain}/v2.0/.well-known/openid-configuration`.
    async fn look_up(&self, domain: &str) -> Result<String> {
        const OPERATION: &str = "find tenant";
        let path = "{}/v2.0/.well-known/openid-configuration";
        let request = Request::new(Method::Get, path, Idempotency::Read, OPERATION).segment(domain).no_auth();
        let response = success(OPERATION, self.authority.send(request).await?)?;
        let found: wire::OpenIdConfiguration = response.json()?;
        found
            .issuer
            .split('/')
            .find(|part| is_guid(part))
            .map(str::to_ascii_lowercase)
            .ok_or_else(|| response.unreadable("the issuer names no tenant; give tenant_id as a GUID"))
    }
}

fn success(operation: &'static str, response: Response) -> Result<Response> {
    if response.is_success() {
        return Ok(response);
    }
    let later = response.retry_after().map_or(Retry::Safe, Retry::After);
    Err(auth_error::refusal(operation, response.status(), later, response.body()))
}

#[async_trait]
impl Authenticator for Credentials {
    async fn authorize(&self, headers: &mut AuthHeaders) -> Result<()> {
        headers.bearer(&self.token().await?)
    }

    /// A refused token is forgotten and the call is made once more with a new one.
    async fn refresh(&self, rejected: &Rejected<'_>) -> Result<bool> {
        let Some(token) = rejected.bearer() else {
            let message = "the refused request carried no token";
            return Err(Error::new(ErrorKind::Other, "renew token", message));
        };
        // Somebody else may have renewed it meanwhile; then the newer one is used.
        self.cache.invalidate(&token);
        Ok(true)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("tenant", &self.tenant)
            .field("client_id", &self.client_id)
            .field("scope", &self.scope)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
