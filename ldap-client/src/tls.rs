//! Which certificates are believed.

use crate::settings::invalid;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::sync::Arc;
use sync_core::{Error, ErrorKind, Result};

/// A TLS client that believes the authorities given, or else those of the operating system.
///
/// With authorities of one's own only they count: a domain's own authority signs its controllers, and a certificate of
/// the same name from elsewhere must not pass.
///
/// # Errors
/// `ConfigInvalid` where the text holds no certificate, or one that cannot be an authority.
pub(crate) fn client(ca_pem: Option<&str>) -> Result<Arc<ClientConfig>> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let builder = match ca_pem {
        Some(pem) => builder.with_root_certificates(roots(pem)?),
        None => builder.with_platform_verifier().map_err(unusable)?,
    };
    Ok(Arc::new(builder.with_no_client_auth()))
}

fn roots(pem: &str) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let Ok(certificate) = certificate else { return invalid("ca_pem is not readable as PEM text") };
        if roots.add(certificate).is_err() {
            return invalid("ca_pem holds something that is no certificate of an authority");
        }
    }
    if roots.is_empty() {
        return invalid("ca_pem holds no certificate (-----BEGIN CERTIFICATE-----)");
    }
    Ok(roots)
}

fn unusable(error: rustls::Error) -> Error {
    Error::new(ErrorKind::ConfigInvalid, "configure LDAP", "TLS cannot be set up on this machine")
        .with_source(error)
}
