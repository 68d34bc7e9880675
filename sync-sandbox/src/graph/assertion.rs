//! Signed assertions in place of a secret: certificates of the app, and tokens of issuers that it trusts.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::CertificateDer;
use serde_json::{Map, Value};

use super::Graph;
use super::login::Denied;

/// How far clocks may differ, in seconds.
const SKEW: i64 = 300;

/// What the app registration holds beside its secret.
#[derive(Debug, Default)]
pub(super) struct Registration {
    certificates: Vec<Certificate>,
    pub(super) issuers: Vec<TrustedIssuer>,
    /// Ids of assertions used so far; each is good once.
    used: BTreeSet<String>,
    /// User codes that were given out, and what people decided.
    pub(super) device_codes: BTreeMap<String, Option<bool>>,
    /// Authorization codes that were redeemed.
    pub(super) redeemed: BTreeSet<u64>,
}

/// A registered certificate.
#[derive(Debug)]
struct Certificate {
    /// SHA-256 and SHA-1 thumbprints, base64url without padding.
    thumbprints: [String; 2],
    /// Its public key.
    key: Vec<u8>,
}

/// A federated identity credential of the app.
#[derive(Debug)]
pub(super) struct TrustedIssuer {
    issuer: String,
    subject: String,
    audience: String,
    key: Vec<u8>,
}

impl Registration {
    /// Registers a certificate, PEM; false when it is none.
    pub(super) fn register(&mut self, pem: &str) -> bool {
        let Some((der, key)) = parsed(pem) else { return false };
        let thumbprint = |algorithm| URL_SAFE_NO_PAD.encode(digest(algorithm, &der));
        let thumbprints = [thumbprint(&SHA256), thumbprint(&SHA1_FOR_LEGACY_USE_ONLY)];
        self.certificates.push(Certificate { thumbprints, key });
        true
    }

    /// Records what a person decided about a device code; false when there is no such open code.
    pub(super) fn decide(&mut self, user_code: &str, approved: bool) -> bool {
        match self.device_codes.get_mut(user_code) {
            Some(open @ None) => {
                *open = Some(approved);
                true
            }
            Some(Some(_)) | None => false,
        }
    }
}

impl TrustedIssuer {
    /// Trusts tokens that the holder of the certificate's key signs.
    pub(super) fn new(issuer: &str, subject: &str, audience: &str, pem: &str) -> Option<Self> {
        let (_, key) = parsed(pem)?;
        let [issuer, subject, audience] = [issuer, subject, audience].map(str::to_owned);
        Some(Self { issuer, subject, audience, key })
    }
}

/// A certificate's bytes and its public key.
fn parsed(pem: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let body = pem.split("-----BEGIN CERTIFICATE-----").nth(1)?.split("-----END").next()?;
    let der = STANDARD.decode(body.split_whitespace().collect::<String>()).ok()?;
    let certificate = CertificateDer::from(der.clone());
    let key = webpki::EndEntityCert::try_from(&certificate).ok()?.subject_public_key_info().as_ref().to_vec();
    Some((der, key))
}

/// A JWT taken apart.
struct Jwt<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { header: part(header)?, claims: part(claims)?, signed, signature })
    }

    fn text(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn time(&self, name: &str) -> Option<i64> {
        self.claims.get(name).and_then(Value::as_i64)
    }

    fn is_signed_by(&self, key: &[u8]) -> bool {
        let algorithm: &'static RsaParameters = match self.header.get("alg").and_then(Value::as_str) {
            Some("PS256") => &RSA_PSS_2048_8192_SHA256,
            Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
            _ => return false,
        };
        UnparsedPublicKey::new(algorithm, key).verify(self.signed.as_bytes(), &self.signature).is_ok()
    }
}

/// Checks an assertion as the identity platform does: first whose it is, then its signature, then what it says.
pub(super) fn check(graph: &Graph, client_id: &str, assertion: &str) -> Result<(), Denied> {
    let unreadable =
        || Denied(401, "invalid_client", 50027, "The JWT token is invalid or malformed.".to_owned());
    let jwt = Jwt::read(assertion).ok_or_else(unreadable)?;
    if jwt.text("iss") == client_id { certificate(graph, client_id, &jwt) } else { federated(graph, &jwt) }
}

fn certificate(graph: &Graph, client_id: &str, jwt: &Jwt<'_>) -> Result<(), Denied> {
    let thumbprint = ["x5t#S256", "x5t"].into_iter().find_map(|name| jwt.header.get(name)?.as_str());
    let thumbprint = thumbprint.unwrap_or_default().trim_end_matches('=');
    let mut registration = graph.registration();
    let known =
        registration.certificates.iter().find(|one| one.thumbprints.iter().any(|own| own == thumbprint));
    let Some(certificate) = known else {
        let text = format!(
            "The certificate with identifier used to sign the client assertion is not registered on application. \
             [Reason - The key was not found., Thumbprint of key used by client: '{thumbprint}']"
        );
        return Err(Denied(401, "invalid_client", 700_027, text));
    };
    if !jwt.is_signed_by(&certificate.key) {
        let text = "Client assertion failed signature validation.".to_owned();
        return Err(Denied(401, "invalid_client", 50013, text));
    }
    let access = graph.access();
    let audiences =
        [access.tenant_id.as_str(), crate::people::DOMAIN, crate::people::INITIAL_DOMAIN].map(|tenant| {
            let root = format!("{}/{tenant}", access.authority);
            [format!("{root}/oauth2/v2.0/token"), format!("{root}/v2.0")]
        });
    if !audiences.iter().flatten().any(|own| own == jwt.text("aud")) {
        let text = "Client assertion contains an invalid audience.".to_owned();
        return Err(Denied(401, "invalid_client", 700_023, text));
    }
    if jwt.text("sub") != client_id {
        let text = "Client assertion application identifier doesn't match 'client_id' parameter.".to_owned();
        return Err(Denied(401, "invalid_client", 700_021, text));
    }
    check_time(graph, jwt)?;
    let id = jwt.text("jti").to_owned();
    if id.is_empty() || !registration.used.insert(id) {
        let text = "The client assertion has been used already or has no 'jti'.".to_owned();
        return Err(Denied(401, "invalid_client", 50012, text));
    }
    Ok(())
}

fn federated(graph: &Graph, jwt: &Jwt<'_>) -> Result<(), Denied> {
    let registration = graph.registration();
    let denied = |code, what: &str, value: &str| {
        let text =
            format!("No matching federated identity record found for presented assertion {what} '{value}'.");
        Err(Denied(401, "invalid_client", code, text))
    };
    let of_issuer: Vec<_> = registration.issuers.iter().filter(|one| one.issuer == jwt.text("iss")).collect();
    if of_issuer.is_empty() {
        return denied(700_211, "issuer", jwt.text("iss"));
    }
    let of_subject: Vec<_> = of_issuer.into_iter().filter(|one| one.subject == jwt.text("sub")).collect();
    if of_subject.is_empty() {
        return denied(700_213, "subject", jwt.text("sub"));
    }
    let Some(trusted) = of_subject.into_iter().find(|one| one.audience == jwt.text("aud")) else {
        return denied(700_212, "audience", jwt.text("aud"));
    };
    if !jwt.is_signed_by(&trusted.key) {
        let text = "Client assertion failed signature validation.".to_owned();
        return Err(Denied(401, "invalid_client", 50013, text));
    }
    check_time(graph, jwt)
}

fn check_time(graph: &Graph, jwt: &Jwt<'_>) -> Result<(), Denied> {
    let now = graph.shared().clock.now().timestamp();
    let valid = jwt.time("exp").is_some_and(|end| end > now - SKEW)
        && jwt.time("nbf").is_none_or(|start| start <= now + SKEW);
    if valid {
        return Ok(());
    }
    let text = "Client assertion is not within its valid time range.".to_owned();
    Err(Denied(401, "invalid_client", 700_024, text))
}
