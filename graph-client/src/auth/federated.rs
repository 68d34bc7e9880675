//! Workload identity federation: another party's token stands in for a secret.

use crate::auth::managed_identity::ManagedIdentity;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use std::{fmt, path::PathBuf};
use sync_core::{Error, ErrorKind, Result, Retry};
use sync_http::{HttpClient, Idempotency, Method, Request};
use url::Url;

const OPERATION: &str = "get federated token";

/// Where the other party's token comes from. It is fetched anew for every exchange, because it rotates.
pub(crate) enum Federated {
    /// A file, as Kubernetes writes it (`AZURE_FEDERATED_TOKEN_FILE`).
    File(PathBuf),
    /// An address, as GitHub Actions gives it to a job (`ACTIONS_ID_TOKEN_REQUEST_URL` and `…_TOKEN`).
    Address { http: HttpClient, url: Url, token: SecretString, audience: &'static str },
    /// A managed identity that the application trusts.
    Identity { identity: ManagedIdentity, audience: &'static str },
}

/// The answer of a job's token address.
#[derive(Deserialize)]
struct Issued {
    value: SecretString,
}

impl Federated {
    /// The other party's token of this moment.
    ///
    /// # Errors
    /// `ConfigInvalid` for a file that cannot be read or is empty, `Unauthenticated`, `Unavailable`,
    /// `UnexpectedResponse`.
    pub(crate) async fn assertion(&self) -> Result<SecretString> {
        match self {
            Self::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|source| {
                    let message = format!("federated_token_file {} cannot be read", path.display());
                    Error::new(ErrorKind::ConfigInvalid, OPERATION, message).with_source(source)
                })?;
                if text.trim().is_empty() {
                    let message = format!("federated_token_file {} is empty", path.display());
                    return Err(Error::new(ErrorKind::ConfigInvalid, OPERATION, message));
                }
                Ok(SecretString::from(text.trim()))
            }
            Self::Address { http, url, token, audience } => {
                let request = Request::follow(Method::Get, url.as_str(), Idempotency::Read, OPERATION)
                    .query("audience", audience)
                    .header("authorization", format!("Bearer {}", token.expose_secret()))
                    .no_auth();
                let response = http.send(request).await?;
                if !response.is_success() {
                    let status = response.status();
                    let kind = match status {
                        429 | 500.. => ErrorKind::Unavailable,
                        _ => ErrorKind::Unauthenticated,
                    };
                    let message = format!(
                        "the federated token address answered {status}; \
                         may this job ask for identity tokens, and is it still running?"
                    );
                    let error = Error::new(kind, OPERATION, message);
                    let later = response.retry_after().map_or(Retry::Safe, Retry::After);
                    return Err(if kind == ErrorKind::Unavailable { error.with_retry(later) } else { error });
                }
                Ok(response.json::<Issued>()?.value)
            }
            Self::Identity { identity, audience } => Ok(identity.token(audience).await?.into_secret()),
        }
    }
}

impl fmt::Debug for Federated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Address { http, .. } => f.debug_tuple("Address").field(&http.host()).finish(),
            Self::Identity { identity, .. } => f.debug_tuple("Identity").field(identity).finish(),
        }
    }
}
