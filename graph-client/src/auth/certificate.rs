//! A certificate as the application's credential: the signed assertion that stands in for a secret.
//!
//! `PS256` with `x5t#S256` (certificate credentials, Microsoft identity platform, read 2026-08).

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{KeyPair as _, RSA_PSS_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use sync_core::{Error, ErrorKind, Result};

const OPERATION: &str = "configure graph";

/// How long an assertion can be used; Microsoft advises five to ten minutes.
const LIFETIME: Duration = Duration::from_secs(480);

/// How far this machine's clock may be ahead of Microsoft's.
const SKEW: Duration = Duration::from_secs(120);

/// A certificate and its private key.
pub(crate) struct ClientCertificate {
    key: RsaKeyPair,
    /// SHA-256 of the certificate, base64url without padding.
    thumbprint: String,
}

impl ClientCertificate {
    /// Reads PEM. The key may stand beside the certificate, or apart.
    ///
    /// # Errors
    /// `ConfigInvalid` naming what is missing, not understood, or does not belong together.
    pub(crate) fn from_pem(certificate: &SecretString, key: Option<&SecretString>) -> Result<Self> {
        let pem = certificate.expose_secret().as_bytes();
        let (key_name, key_pem) = match key {
            Some(key) => ("certificate_key", key.expose_secret().as_bytes()),
            None => ("certificate", pem),
        };
        let key = private_key(key_name, key_pem)?;
        let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_unsaid| invalid("certificate is not readable as PEM"))?;
        if certificates.is_empty() {
            return Err(invalid("certificate holds no CERTIFICATE block; give the certificate in PEM form"));
        }
        // A file may hold the issuers too, in any order: the one that counts is the key's own.
        let own = certificates.iter().find(|certificate| belongs(certificate, &key));
        let own = own.ok_or_else(|| invalid("certificate does not belong to the private key"))?;
        Ok(Self { key, thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(own)) })
    }

    /// A fresh assertion for one token request.
    ///
    /// # Errors
    /// `Other` where the key cannot sign.
    pub(crate) fn assertion(&self, audience: &str, client_id: &str, now: SystemTime) -> Result<SecretString> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": uuid::Uuid::new_v4().to_string(),
            "nbf": now.saturating_sub(SKEW).as_secs(),
            "iat": now.saturating_sub(SKEW).as_secs(),
            "exp": now.saturating_add(LIFETIME).as_secs(),
        });
        let encode = |part: &serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).map_err(
            |_unsaid| Error::new(ErrorKind::Other, "get token", "the certificate's key cannot sign"),
        )?;
        Ok(SecretString::from(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }
}

fn private_key(name: &str, pem: &[u8]) -> Result<RsaKeyPair> {
    if pem.windows(9).any(|window| window == b"ENCRYPTED") {
        return Err(invalid(format!("{name} holds an encrypted private key; give it without a passphrase")));
    }
    let key = PrivateKeyDer::from_pem_slice(pem)
        .map_err(|_unsaid| invalid(format!("{name} holds no private key in PEM form")))?;
    let read = match &key {
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Sec1(_) | _ => return Err(not_rsa(name)),
    };
    read.map_err(|_unsaid| not_rsa(name))
}

fn not_rsa(name: &str) -> Error {
    invalid(format!(
        "{name}: the private key is no RSA key of 2048 bits or more, the only kind that Entra takes"
    ))
}

/// Whether the certificate is about this key: its public key ends with the RSA key of the pair.
fn belongs(certificate: &CertificateDer<'_>, key: &RsaKeyPair) -> bool {
    webpki::EndEntityCert::try_from(certificate)
        .is_ok_and(|read| read.subject_public_key_info().ends_with(key.public_key().as_ref()))
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::ConfigInvalid, OPERATION, message)
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate").field("thumbprint", &self.thumbprint).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::certificates::{Issued, issue};
    use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use serde_json::Value;

    fn read(certificate: &str, key: Option<&str>) -> Result<ClientCertificate> {
        ClientCertificate::from_pem(&SecretString::from(certificate), key.map(SecretString::from).as_ref())
    }

    fn part(text: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
    }

    #[test]
    fn an_assertion_is_signed_and_says_for_whom_and_how_long() {
        let Issued { certificate, key } = issue();
        let own = read(certificate, Some(key)).unwrap();
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let assertion = own.assertion("https://login.example.com/t/oauth2/v2.0/token", "app", now).unwrap();
        let (signed, signature) = assertion.expose_secret().rsplit_once('.').unwrap();
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, own.key.public_key().as_ref());
        public.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let der = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        assert_eq!(part(header)["alg"], "PS256");
        assert_eq!(part(header)["x5t#S256"], URL_SAFE_NO_PAD.encode(Sha256::digest(&der)));
        let claims = part(claims);
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app"), &json!("app")));
        assert_eq!(claims["aud"], "https://login.example.com/t/oauth2/v2.0/token");
        let (nbf, exp) = (claims["nbf"].as_u64().unwrap(), claims["exp"].as_u64().unwrap());
        assert!(nbf < 1_800_000_000 && (300..=600).contains(&(exp - 1_800_000_000)), "{claims}");
        let again = own.assertion("a", "app", now).unwrap();
        let other = part(again.expose_secret().split('.').nth(1).unwrap());
        assert_ne!(claims["jti"], other["jti"], "each assertion is another");
        assert!(!format!("{own:?}").contains("key"), "{own:?}");
    }

    #[test]
    fn certificate_and_key_may_come_in_one_text_with_issuers_in_any_order() {
        let (own, other) = (issue(), crate::tests::certificates::issue_another());
        let both = format!("{}\n{}\n{}", other.certificate, own.key, own.certificate);
        let thumbprint = read(own.certificate, Some(own.key)).unwrap().thumbprint;
        assert_eq!(read(&both, None).unwrap().thumbprint, thumbprint);
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_being_shown() {
        let (own, other) = (issue(), crate::tests::certificates::issue_another());
        let curve = crate::tests::certificates::elliptic();
        let encrypted = own.key.replace("PRIVATE", concat!("ENCRYPTED", " PRIVATE"));
        for (certificate, key, says) in [
            (own.certificate, Some(other.key), "does not belong to the private key"),
            (own.certificate, None, "holds no private key"),
            (own.key, Some(own.key), "no CERTIFICATE block"),
            ("canary", Some("canary"), "certificate_key holds no private key"),
            (own.certificate, Some(encrypted.as_str()), "without a passphrase"),
            (curve.certificate, Some(curve.key), "RSA"),
        ] {
            let error = read(certificate, key).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
            assert!(error.message().contains(says), "{error}");
            assert!(!format!("{error:?}").contains("canary"));
        }
    }
}
