//! One token request to the Microsoft identity platform.

use crate::{
    auth::{certificate::ClientCertificate, federated::Federated, refusal, wire},
    config::Tenant,
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use sync_core::{Result, Retry};
use sync_http::{HttpClient, Idempotency, Method, Request, Response};

/// How an application proves who it is.
#[derive(Debug)]
pub(crate) enum Credential {
    Secret(ClientSecret),
    Certificate(Box<ClientCertificate>),
    Federated(Box<Federated>),
}

/// A client secret, which no `Debug` shows.
pub(crate) struct ClientSecret(pub(crate) SecretString);

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

/// The identity platform, for one application in one tenant.
#[derive(Debug)]
pub(crate) struct Platform {
    http: HttpClient,
    /// The authority's address, for the assertions that are made out to it.
    address: String,
    pub(crate) tenant: Tenant,
    pub(crate) client_id: String,
}

impl Platform {
    pub(crate) fn new(http: HttpClient, address: String, tenant: Tenant, client_id: &str) -> Self {
        Self { http, address, tenant, client_id: client_id.trim().to_owned() }
    }

    /// The clock that assertions and waits go by.
    pub(crate) fn http(&self) -> &HttpClient {
        &self.http
    }

    /// The address of one of the tenant's OAuth endpoints.
    pub(crate) fn endpoint(&self, name: &str) -> String {
        format!("{}/{}/oauth2/v2.0/{name}", self.address, self.tenant.as_str())
    }

    /// `POST {authority}/{tenant}/oauth2/v2.0/token` with these fields, and the credential's proof.
    ///
    /// # Errors
    /// `Unauthenticated` with what to mend, `RateLimited`, `Unavailable`, `UnexpectedResponse`, and what kept the
    /// proof from being made.
    pub(crate) async fn token(
        &self,
        credential: Option<&Credential>,
        fields: &[(&str, &str)],
    ) -> Result<wire::Token> {
        const OPERATION: &str = "get token";
        let response = success(OPERATION, self.token_response(OPERATION, credential, fields).await?)?;
        let token: wire::Token = response.json()?;
        if token.access_token.expose_secret().is_empty() {
            return Err(response.unreadable("the answer holds an empty token"));
        }
        if life(&token, self.http.clock().wall()).is_none() {
            return Err(response.unreadable("the answer does not say how long the token lives"));
        }
        Ok(token)
    }

    /// The same, whatever the answer.
    pub(crate) async fn token_response(
        &self,
        operation: &'static str,
        credential: Option<&Credential>,
        fields: &[(&str, &str)],
    ) -> Result<Response> {
        let proof = match credential {
            Some(credential) => self.proof(credential).await?,
            None => Vec::new(),
        };
        let proof = proof.iter().map(|(name, value)| (*name, value.expose_secret()));
        let form = [("client_id", self.client_id.as_str())].into_iter();
        let request = Request::new(Method::Post, "{}/oauth2/v2.0/token", Idempotency::Read, operation)
            .segment(self.tenant.as_str())
            .form(form.chain(proof).chain(fields.iter().copied()))
            .no_auth();
        self.http.send(request).await
    }

    async fn proof(&self, credential: &Credential) -> Result<Vec<(&'static str, SecretString)>> {
        let assertion = match credential {
            Credential::Secret(secret) => return Ok(vec![("client_secret", secret.0.clone())]),
            Credential::Certificate(certificate) => {
                certificate.assertion(&self.endpoint("token"), &self.client_id, self.http.clock().wall())?
            }
            Credential::Federated(federated) => federated.assertion().await?,
        };
        let kind = SecretString::from("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        Ok(vec![("client_assertion_type", kind), ("client_assertion", assertion)])
    }
}

/// How long a token lives from now on, where its answer says so.
pub(crate) fn life(token: &wire::Token, now: SystemTime) -> Option<Duration> {
    if let Some(life) = token.expires_in {
        return Some(Duration::from_secs(life.0));
    }
    let end = Duration::from_secs(token.expires_on?.0);
    Some(end.saturating_sub(now.duration_since(UNIX_EPOCH).unwrap_or_default()))
}

/// The answer if it is a success, else what its refusal means.
pub(crate) fn success(operation: &'static str, response: Response) -> Result<Response> {
    if response.is_success() {
        return Ok(response);
    }
    let later = response.retry_after().map_or(Retry::Safe, Retry::After);
    Err(refusal::refusal(operation, response.status(), later, response.body()))
}
