//! A managed identity of Azure: tokens from an address that only the machine itself can reach.
//!
//! Virtual machines ask the instance metadata service; App Service, Functions and Container Apps give an endpoint and a
//! header in the environment (how to use managed identities, Microsoft Entra documentation, read 2026-08). Managed
//! identities know no claims challenges.

use crate::auth::{exchange::life, wire};
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use sync_core::{Error, ErrorKind, Result, Retry};
use sync_http::{Headers, HttpClient, Idempotency, Method, Request, ResponseHook, Token, Verdict};
use url::Url;

const OPERATION: &str = "get managed identity token";

/// Where the instance metadata service is on every Azure machine.
pub(crate) const METADATA: &str = "http://169.254.169.254";

/// Where tokens of the identity come from.
pub(crate) struct ManagedIdentity {
    http: HttpClient,
    /// The whole address of an endpoint with a header; without one, the metadata service's.
    endpoint: Url,
    header: Option<SecretString>,
    /// The identity's client id; the machine's own identity without.
    client_id: Option<String>,
}

impl ManagedIdentity {
    /// `http` has the endpoint's origin as its base, and [`IdentityHook`].
    pub(crate) fn new(
        http: HttpClient,
        endpoint: Url,
        header: Option<SecretString>,
        client_id: Option<String>,
    ) -> Self {
        Self { http, endpoint, header, client_id }
    }

    /// A token for `resource` (the Graph root, or the audience of a token exchange).
    ///
    /// # Errors
    /// `Unauthenticated` where there is no such identity here, `Unavailable`, `UnexpectedResponse`.
    pub(crate) async fn token(&self, resource: &str) -> Result<Token> {
        let get = |url: &str| Request::follow(Method::Get, url, Idempotency::Read, OPERATION).no_auth();
        let mut request = match &self.header {
            Some(header) => get(self.endpoint.as_str())
                .query("api-version", "2019-08-01")
                .header("x-identity-header", header.expose_secret()),
            None => get(&format!(
                "{}/metadata/identity/oauth2/token",
                self.endpoint.as_str().trim_end_matches('/')
            ))
            .query("api-version", "2018-02-01")
            .header("metadata", "true"),
        };
        request = request.query("resource", resource);
        if let Some(client_id) = &self.client_id {
            request = request.query("client_id", client_id);
        }
        let response = self.http.send(request).await?;
        if !response.is_success() {
            let later = response.retry_after().map_or(Retry::Safe, Retry::After);
            return Err(refused(response.status(), later));
        }
        let token: wire::Token = response.json()?;
        if token.access_token.expose_secret().is_empty() {
            return Err(response.unreadable("the answer holds an empty token"));
        }
        let life = life(&token, self.http.clock().wall());
        let life =
            life.ok_or_else(|| response.unreadable("the answer does not say how long the token lives"))?;
        Ok(Token::new(token.access_token, life))
    }
}

fn refused(status: u16, later: Retry) -> Error {
    let (kind, hint) = match status {
        400 => (ErrorKind::Unauthenticated, "no such identity is assigned here; check its client id"),
        401 | 403 => (ErrorKind::Unauthenticated, "the identity header was refused; check identity_header"),
        404 | 410 | 429 | 500.. => (ErrorKind::Unavailable, "try again later"),
        _ => (ErrorKind::UnexpectedResponse, "is identity_endpoint the address of managed identities?"),
    };
    let message = format!("the managed identity endpoint answered {status}; {hint}");
    let error = Error::new(kind, OPERATION, message);
    if kind == ErrorKind::Unavailable { error.with_retry(later) } else { error }
}

impl fmt::Debug for ManagedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagedIdentity")
            .field("host", &self.http.host())
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// The metadata service answers 404 and 410 while it is being updated; both pass.
#[derive(Debug)]
pub(crate) struct IdentityHook;

impl ResponseHook for IdentityHook {
    fn verdict(&self, status: u16, _: &Headers, _: &[u8]) -> Verdict {
        if matches!(status, 404 | 410) { Verdict::RateLimited } else { Verdict::AsStatus }
    }
}
