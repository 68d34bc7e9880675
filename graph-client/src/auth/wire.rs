//! What the Microsoft identity platform and managed identities send, spelled as they spell it.

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

/// `{authority}/{domain}/v2.0/.well-known/openid-configuration`, as far as it is used.
#[derive(Deserialize)]
pub(crate) struct OpenIdConfiguration {
    pub(crate) issuer: String,
}

/// A token, as the Microsoft identity platform or a managed identity answers it.
#[derive(Deserialize)]
pub(crate) struct Token {
    pub(crate) access_token: SecretString,
    /// Seconds. With `expires_on` the one authority on the token's life: Graph's tokens are opaque.
    #[serde(default)]
    pub(crate) expires_in: Option<Seconds>,
    /// Unix time; some managed identity endpoints say only this.
    #[serde(default)]
    pub(crate) expires_on: Option<Seconds>,
    /// Seconds after which an early renewal is wanted; only in long-lived tokens.
    #[serde(default)]
    pub(crate) refresh_in: Option<Seconds>,
    /// In delegated flows: what buys the next token, and takes the place of the one that bought this.
    #[serde(default)]
    pub(crate) refresh_token: Option<SecretString>,
}

/// Seconds as a number, or as text, which is how managed identities send them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct Seconds(pub(crate) u64);

impl TryFrom<Value> for Seconds {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        value
            .as_u64()
            .or_else(|| value.as_str()?.parse().ok())
            .map(Self)
            .ok_or("seconds are neither a whole number nor text of one")
    }
}

/// A refused token request. Of `error_description` only the leading `AADSTS` number is used: the rest may hold names.
#[derive(Default, Deserialize)]
pub(crate) struct TokenRefusal {
    #[serde(default)]
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) suberror: Option<String>,
    #[serde(default)]
    pub(crate) error_codes: Vec<u64>,
    #[serde(default)]
    pub(crate) error_description: Option<String>,
    #[serde(default)]
    pub(crate) trace_id: Option<String>,
    #[serde(default)]
    pub(crate) correlation_id: Option<String>,
}

/// `POST /devicecode` (OAuth 2.0 device authorization grant, Microsoft identity platform, read 2026-08).
#[derive(Deserialize)]
pub(crate) struct DeviceCode {
    pub(crate) device_code: SecretString,
    pub(crate) user_code: String,
    pub(crate) verification_uri: String,
    pub(crate) expires_in: Seconds,
    #[serde(default)]
    pub(crate) interval: Option<Seconds>,
}
