//! A person's sign-in: the address to send them to, and what to do with what they come back with.
//!
//! Authorization code with PKCE, and device code (Microsoft identity platform, read 2026-08). Both end with a refresh
//! token, which a [`TokenStore`](super::TokenStore) keeps from then on.

use super::{
    exchange::{Credential, Platform, success},
    lock, refusal, wire,
};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fmt, sync::Mutex, time::Duration};
use sync_core::{Error, ErrorKind, Result, Retry};
use sync_http::{Idempotency, Method, Request};
use url::Url;

const OPERATION: &str = "sign in";

/// RFC 8628: how long to wait between two questions where the answer does not say, and how much longer after `slow_down`.
const INTERVAL: Duration = Duration::from_secs(5);

/// What a delegated token is for; `offline_access` is what brings a refresh token.
pub(crate) fn scope(resource: &str) -> String {
    format!("offline_access {resource}/.default")
}

/// Signs a person in to one tenant, for a directory that then acts on their behalf.
///
/// Made by [`GraphConfig::sign_in`](crate::GraphConfig::sign_in). A guest of the tenant cannot list its users.
#[derive(Debug)]
pub struct SignIn {
    platform: Platform,
    credential: Option<Credential>,
    scope: String,
}

/// A sign-in that has begun: where to send the person, and what to keep until they come back.
pub struct AuthorizationRequest {
    url: Url,
    redirect_uri: String,
    state: SecretString,
    verifier: SecretString,
    redeemed: Mutex<bool>,
}

/// A sign-in that is done.
pub struct SignedIn {
    refresh_token: SecretString,
}

/// A sign-in on another device: what to tell the person.
pub struct DeviceCode {
    device_code: SecretString,
    user_code: String,
    verification_uri: String,
    interval: Duration,
    expires: Duration,
}

impl SignIn {
    pub(crate) fn new(platform: Platform, credential: Option<Credential>, base_url: &str) -> Self {
        Self { platform, credential, scope: scope(base_url) }
    }

    /// Begins a sign-in by browser. `redirect_uri` is one of the app registration's, letter for letter.
    ///
    /// # Errors
    /// `ConfigInvalid` for a redirect address that is none.
    pub fn authorization(&self, redirect_uri: &str) -> Result<AuthorizationRequest> {
        let wrong = |message: &str| Error::new(ErrorKind::ConfigInvalid, OPERATION, message);
        Url::parse(redirect_uri)
            .map_err(|source| wrong("the redirect address is not an address").with_source(source))?;
        let (state, verifier) = (random()?, random()?);
        let mut url = Url::parse(&self.platform.endpoint("authorize"))
            .map_err(|source| wrong("authority is not an address").with_source(source))?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.platform.client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("response_mode", "query")
            .append_pair("scope", &self.scope)
            .append_pair("state", state.expose_secret())
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret())))
            .append_pair("code_challenge_method", "S256");
        Ok(AuthorizationRequest {
            url,
            redirect_uri: redirect_uri.to_owned(),
            state,
            verifier,
            redeemed: Mutex::new(false),
        })
    }

    /// Ends a sign-in by browser with the query (or form) that the person came back with.
    ///
    /// # Errors
    /// `Rejected` where it does not belong to this sign-in or was used already (nothing is sent), `Unauthenticated`
    /// where the sign-in was refused, with what to do, and as for any token request.
    pub async fn redeem(&self, request: &AuthorizationRequest, returned: &str) -> Result<SignedIn> {
        let returned = returned.trim_start_matches('?');
        let fields: BTreeMap<String, String> =
            url::form_urlencoded::parse(returned.as_bytes()).into_owned().collect();
        let field = |name: &str| fields.get(name).map(String::as_str);
        let refused = |message: &str| Error::new(ErrorKind::Rejected, OPERATION, message);
        if !field("state").is_some_and(|state| same(state, request.state.expose_secret())) {
            return Err(refused("the answer does not belong to this sign-in; begin again"));
        }
        if let Some(error) = field("error") {
            return Err(refusal::returned(OPERATION, error, field("error_description")));
        }
        let Some(code) = field("code").filter(|code| !code.is_empty()) else {
            return Err(refused("the answer holds no code; begin again"));
        };
        if std::mem::replace(&mut *lock(&request.redeemed), true) {
            return Err(refused("this sign-in was ended already; begin again"));
        }
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", request.redirect_uri.as_str()),
            ("code_verifier", request.verifier.expose_secret()),
            ("scope", self.scope.as_str()),
        ];
        signed_in(self.platform.token(self.credential.as_ref(), &fields).await?)
    }

    /// Begins a sign-in on another device. Many tenants block it by Conditional Access.
    ///
    /// # Errors
    /// As for any token request.
    pub async fn device_code(&self) -> Result<DeviceCode> {
        let request = Request::new(Method::Post, "{}/oauth2/v2.0/devicecode", Idempotency::Read, OPERATION)
            .segment(self.platform.tenant.as_str())
            .form([("client_id", self.platform.client_id.as_str()), ("scope", self.scope.as_str())])
            .no_auth();
        let response = success(OPERATION, self.platform.http().send(request).await?)?;
        let wire::DeviceCode { device_code, user_code, verification_uri, expires_in, interval } =
            response.json()?;
        let expires = self.platform.http().clock().now().saturating_add(Duration::from_secs(expires_in.0));
        let interval = interval.map_or(INTERVAL, |seconds| Duration::from_secs(seconds.0.max(1)));
        Ok(DeviceCode { device_code, user_code, verification_uri, interval, expires })
    }

    /// Waits until the person has signed in on the other device, asking as often as the platform allows.
    ///
    /// # Errors
    /// `Unauthenticated` where they declined or were too late, and as for any token request.
    pub async fn wait_for_device(&self, code: &DeviceCode) -> Result<SignedIn> {
        let clock = self.platform.http().clock();
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", code.device_code.expose_secret()),
        ];
        let mut interval = code.interval;
        while clock.now() < code.expires {
            clock.sleep(interval).await;
            let response = self.platform.token_response(OPERATION, self.credential.as_ref(), &fields).await?;
            if response.is_success() {
                return signed_in(response.json()?);
            }
            let refusal: wire::TokenRefusal = serde_json::from_slice(response.body()).unwrap_or_default();
            match refusal.error.as_deref() {
                Some("authorization_pending") => {}
                Some("slow_down") => interval = interval.saturating_add(INTERVAL),
                _ => {
                    let later = response.retry_after().map_or(Retry::Safe, Retry::After);
                    return Err(refusal::refusal(OPERATION, response.status(), later, response.body()));
                }
            }
        }
        let message = "nobody entered the code in time; begin again";
        Err(Error::new(ErrorKind::Unauthenticated, OPERATION, message))
    }
}

fn signed_in(token: wire::Token) -> Result<SignedIn> {
    let refresh_token = token.refresh_token.ok_or_else(|| {
        let message = "the sign-in brought no refresh token; is offline_access allowed for this application?";
        Error::new(ErrorKind::UnexpectedResponse, OPERATION, message)
    })?;
    Ok(SignedIn { refresh_token })
}

/// 256 random bits as text.
fn random() -> Result<SecretString> {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_unsaid| Error::new(ErrorKind::Other, OPERATION, "this machine gives no random numbers"))?;
    Ok(SecretString::from(URL_SAFE_NO_PAD.encode(bytes)))
}

/// Compares without telling by the time where two texts differ.
fn same(a: &str, b: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

impl AuthorizationRequest {
    /// Where to send the person. It holds the state, so it belongs into no log.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

impl SignedIn {
    /// What to give to a [`TokenStore`](super::TokenStore).
    #[must_use]
    pub fn into_refresh_token(self) -> SecretString {
        self.refresh_token
    }
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedIn(..)")
    }
}

impl DeviceCode {
    /// What the person enters.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Where they enter it.
    #[must_use]
    pub fn verification_uri(&self) -> &str {
        &self.verification_uri
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceCode").field("verification_uri", &self.verification_uri).finish_non_exhaustive()
    }
}
