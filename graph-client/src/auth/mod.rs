//! Tokens for one tenant: how they are had, kept and renewed.

mod certificate;
mod claims;
mod delegated;
mod exchange;
mod federated;
mod managed_identity;
pub(crate) mod refusal;
mod store;
mod wire;

pub(crate) use certificate::ClientCertificate;
pub use delegated::{AuthorizationRequest, DeviceCode, SignIn, SignedIn};
pub(crate) use exchange::{ClientSecret, Credential, Platform};
pub(crate) use federated::Federated;
pub(crate) use managed_identity::{IdentityHook, METADATA, ManagedIdentity};
pub use store::{FileTokenStore, MemoryTokenStore, TokenStore};

use crate::config::{Tenant, is_guid};
use async_trait::async_trait;
use exchange::{life, success};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use sync_core::{Error, ErrorKind, Result};
use sync_http::{
    AuthHeaders, Authenticator, Clock, Idempotency, Method, Rejected, Request, Token, TokenCache,
};
use tokio::sync::OnceCell;

/// A token is renewed when this much of its life is left: the longest listing step fits in it.
const MARGIN: Duration = Duration::from_secs(300);

/// How access tokens are had.
#[derive(Debug)]
pub(crate) enum Grant {
    /// By the application itself.
    Application(Credential),
    /// By a person's sign-in, of which a refresh token is left. Public clients have no credential.
    Delegated { credential: Option<Credential>, store: Arc<dyn TokenStore> },
    /// By the machine's identity.
    Identity(ManagedIdentity),
}

/// The right to act in one tenant, and the token it was last exchanged for.
pub(crate) struct Credentials {
    platform: Platform,
    grant: Grant,
    /// Exactly one resource, whose permissions all are in the token.
    resource: String,
    cache: TokenCache,
    /// What Graph asked for when it last refused a token; for the next exchange.
    challenge: Mutex<Option<Map<String, Value>>>,
    /// A refresh token that its store did not take.
    unsaved: Mutex<Option<SecretString>>,
    /// The GUID of a tenant configured by domain, once it is known.
    found: OnceCell<String>,
}

impl Credentials {
    pub(crate) fn new(platform: Platform, grant: Grant, base_url: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            platform,
            grant,
            resource: base_url.to_owned(),
            cache: TokenCache::with_clock(MARGIN, clock),
            challenge: Mutex::default(),
            unsaved: Mutex::default(),
            found: OnceCell::new(),
        }
    }

    /// The tenant as configured.
    pub(crate) fn tenant(&self) -> &Tenant {
        &self.platform.tenant
    }

    /// How it signs in, for people.
    pub(crate) fn described(&self) -> &'static str {
        match &self.grant {
            Grant::Application(Credential::Secret(_)) => "a client secret",
            Grant::Application(Credential::Certificate(_)) => "a certificate",
            Grant::Application(Credential::Federated(_)) => "a federated token",
            Grant::Delegated { .. } => "a person's sign-in",
            Grant::Identity(_) => "a managed identity",
        }
    }

    /// The token in force; however many callers ask at once, one request is made.
    ///
    /// # Errors
    /// `Unauthenticated` with what to mend, `RateLimited`, `Unavailable`, `UnexpectedResponse`.
    pub(crate) async fn token(&self) -> Result<SecretString> {
        self.cache.get(|| self.exchange()).await
    }

    async fn exchange(&self) -> Result<Token> {
        let asked = lock(&self.challenge).clone();
        let claims = claims::parameter(asked.as_ref());
        let token = match &self.grant {
            Grant::Identity(identity) => return identity.token(&self.resource).await,
            Grant::Application(credential) => {
                let scope = format!("{}/.default", self.resource);
                let fields = [
                    ("grant_type", "client_credentials"),
                    ("scope", scope.as_str()),
                    ("claims", claims.as_str()),
                ];
                self.platform.token(Some(credential), &fields).await?
            }
            Grant::Delegated { credential, store } => {
                self.refreshed(credential.as_ref(), store.as_ref(), &claims).await?
            }
        };
        let mut challenge = lock(&self.challenge);
        if *challenge == asked {
            *challenge = None;
        }
        drop(challenge);
        let life = life(&token, self.platform.http().clock().wall()).unwrap_or_default();
        let life = match token.refresh_in {
            Some(early) => life.min(Duration::from_secs(early.0).saturating_add(MARGIN)),
            None => life,
        };
        Ok(Token::new(token.access_token, life))
    }

    /// Exchanges the refresh token, and keeps the one that takes its place.
    async fn refreshed(
        &self,
        credential: Option<&Credential>,
        store: &dyn TokenStore,
        claims: &str,
    ) -> Result<wire::Token> {
        let unsaved = lock(&self.unsaved).clone();
        let kept = match unsaved {
            Some(token) => Some(token),
            None => store.load().await?,
        };
        let Some(kept) = kept else {
            let message = "nobody has signed in yet, or the sign-in was not kept; sign in to the tenant";
            return Err(Error::new(ErrorKind::Unauthenticated, "get token", message));
        };
        let scope = delegated::scope(&self.resource);
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", kept.expose_secret()),
            ("scope", scope.as_str()),
            ("claims", claims),
        ];
        let token = self.platform.token(credential, &fields).await?;
        let newest = token.refresh_token.clone().unwrap_or_else(|| kept.clone());
        if lock(&self.unsaved).is_some() || newest.expose_secret() != kept.expose_secret() {
            let saved = store.save(&newest).await;
            if let Err(error) = &saved {
                // The access token works; the refresh token is given to the store again with the next exchange.
                tracing::warn!(kind = ?error.kind(), "the new refresh token could not be kept: {}", error.message());
            }
            *lock(&self.unsaved) = saved.is_err().then_some(newest);
        }
        Ok(token)
    }

    /// The tenant's GUID: as configured, or looked up once by domain, which needs no credentials.
    ///
    /// # Errors
    /// `Unauthenticated` where no tenant has this domain, `Unavailable`, `UnexpectedResponse`.
    pub(crate) async fn tenant_id(&self) -> Result<&str> {
        match self.tenant() {
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
        let response = success(OPERATION, self.platform.http().send(request).await?)?;
        let found: wire::OpenIdConfiguration = response.json()?;
        found
            .issuer
            .split('/')
            .find(|part| is_guid(part))
            .map(str::to_ascii_lowercase)
            .ok_or_else(|| response.unreadable("the issuer names no tenant; give tenant_id as a GUID"))
    }
}

#[async_trait]
impl Authenticator for Credentials {
    async fn authorize(&self, headers: &mut AuthHeaders) -> Result<()> {
        headers.bearer(&self.token().await?)
    }

    /// A refused token is forgotten and the call is made once more with a new one, which answers the claims that
    /// Graph asked for.
    async fn refresh(&self, rejected: &Rejected<'_>) -> Result<bool> {
        let Some(token) = rejected.bearer() else {
            let message = "the refused request carried no token";
            return Err(Error::new(ErrorKind::Other, "renew token", message));
        };
        if let Some(asked) = claims::challenged(rejected.challenges()) {
            tracing::info!("Graph asks for further claims; the token is renewed");
            *lock(&self.challenge) = Some(asked);
        }
        // Somebody else may have renewed it meanwhile; then the newer one is used.
        self.cache.invalidate(&token);
        Ok(true)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("tenant", self.tenant())
            .field("client_id", &self.platform.client_id)
            .field("grant", &self.grant)
            .field("resource", &self.resource)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}
