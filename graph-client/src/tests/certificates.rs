//! Certificates made for tests, once for each run.

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SignatureAlgorithm};
use std::sync::LazyLock;

/// A certificate and its key, PEM.
#[derive(Clone, Copy)]
pub(crate) struct Issued {
    pub(crate) certificate: &'static str,
    pub(crate) key: &'static str,
}

static OWN: LazyLock<(String, String)> = LazyLock::new(|| make(&PKCS_RSA_SHA256));
static ANOTHER: LazyLock<(String, String)> = LazyLock::new(|| make(&PKCS_RSA_SHA256));
static ELLIPTIC: LazyLock<(String, String)> = LazyLock::new(|| make(&PKCS_ECDSA_P256_SHA256));

fn make(algorithm: &'static SignatureAlgorithm) -> (String, String) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn shown((certificate, key): &'static (String, String)) -> Issued {
    Issued { certificate, key }
}

pub(crate) fn issue() -> Issued {
    shown(&OWN)
}

pub(crate) fn issue_another() -> Issued {
    shown(&ANOTHER)
}

pub(crate) fn elliptic() -> Issued {
    shown(&ELLIPTIC)
}
