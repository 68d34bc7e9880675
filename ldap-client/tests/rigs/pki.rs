//! A certificate authority for one test.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::{fs, path::Path};

/// An authority's certificate as PEM text, and where a server finds its own.
#[derive(Clone, Debug)]
pub struct Pki {
    pub ca_pem: String,
}

impl Pki {
    /// Writes `ca.pem`, `server.pem` and `server.key`, for a server of these names and addresses.
    pub fn write(folder: &Path, names: &[&str]) -> Self {
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        ca.distinguished_name.push(DnType::CommonName, "Test authority");
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate().unwrap();
        let mut server =
            CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
        server.distinguished_name.push(DnType::CommonName, "Test server");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let pem = server.signed_by(&key, &issuer).unwrap().pem();

        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("ca.pem"), &ca_pem).unwrap();
        fs::write(folder.join("server.pem"), pem).unwrap();
        let key_file = folder.join("server.key");
        fs::write(&key_file, key.serialize_pem()).unwrap();
        // Servers refuse a key that others may read.
        super::run(std::process::Command::new("chmod").arg("600").arg(key_file));
        Self { ca_pem }
    }
}
