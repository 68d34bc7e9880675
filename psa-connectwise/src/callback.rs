//! Callbacks: ConnectWise's notifications that a record changed.
//!
//! A body is signed with a key that ConnectWise hands out at an address named in the body itself. That address is
//! followed on the configured host only: anybody could send a body that names a host of their own.
//! Facts: developer guide, PSA callbacks (read 2026-11).

use crate::{adapter::ConnectWise, wire};
use aws_lc_rs::{digest, hmac};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use sync_core::{
    Error, ErrorKind, Hint, HintChange, Result,
    model::{CompanyId, ContactId},
};

const OPERATION: &str = "read callback";

/// Checks a callback's signature with a key that is known, and answers what changed; `None` for records of other kinds.
///
/// `body` is the request's body to the byte, `signature` its header `x-content-signature`: the base64 form of an
/// HMAC-SHA256 whose key is the SHA-256 of the signing key.
///
/// # Errors
/// `Unauthenticated` where the signature is not of that key and body, `UnexpectedResponse` where the body is no callback.
pub fn verify_callback(body: &[u8], signature: &str, key: &SecretString) -> Result<Option<Hint>> {
    let refuse = || Error::new(ErrorKind::Unauthenticated, OPERATION, "the signature does not fit the body");
    let given = STANDARD.decode(signature.trim()).map_err(|source| refuse().with_source(source))?;
    let key = digest::digest(&digest::SHA256, key.expose_secret().as_bytes());
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_ref());
    hmac::verify(&key, body, &given).map_err(|source| refuse().with_source(source))?;
    Ok(hint(&read(body)?))
}

impl ConnectWise {
    /// As [`verify_callback`], with the key fetched from ConnectWise: one call. Keep the key of
    /// [`signing_key`](Self::signing_key) where many callbacks come in.
    ///
    /// # Errors
    /// As [`verify_callback`] and [`signing_key`](Self::signing_key).
    pub async fn callback(&self, body: &[u8], signature: &str) -> Result<Option<Hint>> {
        verify_callback(body, signature, &self.signing_key(body).await?)
    }

    /// Fetches the key that a callback names, from the configured host and no other.
    ///
    /// # Errors
    /// `Unauthenticated` where the callback is of another company or names no key, `UnexpectedResponse` where it names a
    /// key on another host (nothing was sent); as for any read.
    pub async fn signing_key(&self, body: &[u8]) -> Result<SecretString> {
        let refuse = |message: &str| Error::new(ErrorKind::Unauthenticated, OPERATION, message);
        let callback = read(body)?;
        if callback.company_id.as_deref().is_some_and(|id| !id.eq_ignore_ascii_case(&self.config.company)) {
            return Err(refuse("the callback is of another company than the configured one"));
        }
        let url = callback
            .metadata
            .and_then(|metadata| metadata.key_url)
            .ok_or_else(|| refuse("the callback names no address of its key"))?;
        let answer = self.client.signing_key(&url).await?;
        let key = answer.signing_key.filter(|key| !key.is_empty());
        key.map(SecretString::from).ok_or_else(|| {
            Error::new(ErrorKind::UnexpectedResponse, OPERATION, "ConnectWise answered no signing key")
        })
    }
}

fn read(body: &[u8]) -> Result<wire::Callback> {
    serde_json::from_slice(body).map_err(|_cause| {
        // The cause would quote the body.
        Error::new(ErrorKind::UnexpectedResponse, OPERATION, "the body is no callback of ConnectWise")
    })
}

/// What changed; `None` for what is neither a contact nor a company, and for actions that are not known.
fn hint(callback: &wire::Callback) -> Option<Hint> {
    let is =
        |text: &Option<String>, wanted: &str| text.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(wanted));
    let change =
        [("added", HintChange::Created), ("updated", HintChange::Updated), ("deleted", HintChange::Deleted)]
            .into_iter()
            .find(|(name, _)| is(&callback.action, name))?
            .1;
    let id = callback.id.filter(|id| *id > 0)?.to_string();
    if is(&callback.kind, "contact") {
        // The company is in the entity, which may be old by now; whoever is due reads the contact again.
        Some(Hint::Contact { id: ContactId::new(id), company: None, change })
    } else if is(&callback.kind, "company") {
        Some(Hint::Company { id: CompanyId::new(id), change })
    } else {
        None
    }
}
