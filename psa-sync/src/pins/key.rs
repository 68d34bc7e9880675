//! The key of the digests by which PINs are recognised.

use crate::vault::{VaultError, VaultKey, make_key_file};
use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use secrecy::{ExposeSecret as _, SecretString};
use std::path::Path;
use sync_core::model::{SourceAnchor, TenantName};

/// Makes digests. Does not show itself.
pub(crate) struct PinKey(hmac::Key);

impl std::fmt::Debug for PinKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PinKey").finish_non_exhaustive()
    }
}

impl PinKey {
    /// Reads the key, or makes one where there is none yet.
    ///
    /// # Errors
    /// [`VaultError`]: the file cannot be read or written, others can read it, or it holds no key.
    pub(crate) fn open(path: &Path) -> Result<Self, VaultError> {
        if !path.exists() {
            match make_key_file(path) {
                // Another run was first; its key is the one.
                Err(VaultError::Io { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
                made => made?,
            }
        }
        match VaultKey::read_file(path)? {
            VaultKey::File(key) => Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))),
            VaultKey::Passphrase(_) => Err(VaultError::NoKey(path.to_owned())),
        }
    }

    /// The same for the same PIN of one tenant, whoever has it.
    pub(crate) fn lookup(&self, tenant: &TenantName, pin: &SecretString) -> String {
        self.digest(&["lookup", tenant.as_str(), pin.expose_secret()])
    }

    /// What a PIN of one person is verified against.
    pub(crate) fn verifier(&self, tenant: &TenantName, user: &SourceAnchor, pin: &SecretString) -> String {
        self.digest(&["verify", tenant.as_str(), user.as_str(), pin.expose_secret()])
    }

    /// Whether a PIN is the one of a verifier, in a time that does not depend on how far they are alike; `None` where
    /// another key made the verifier.
    pub(crate) fn is(
        &self,
        tenant: &TenantName,
        user: &SourceAnchor,
        pin: &SecretString,
        verifier: &str,
    ) -> Option<bool> {
        let (key, _) = verifier.split_once('.')?;
        if key != self.name() {
            return None;
        }
        let wanted = self.verifier(tenant, user, pin);
        Some(verify_slices_are_equal(wanted.as_bytes(), verifier.as_bytes()).is_ok())
    }

    /// `<name of the key>.<digest>`, over parts that cannot run into each other.
    fn digest(&self, parts: &[&str]) -> String {
        format!("{}.{}", self.name(), BASE64.encode(self.sign(parts)))
    }

    /// Says which key it is without saying anything about it.
    fn name(&self) -> String {
        let tag = self.sign(&["name"]);
        BASE64.encode(tag.as_ref().get(..6).unwrap_or_default())
    }

    fn sign(&self, parts: &[&str]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"psa-sync support pin/1");
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            context.update(part.as_bytes());
        }
        context.sign()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_of_one_pin_of_one_person_under_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| PinKey::open(&folder.path().join(name)).unwrap();
        let (key, again, other) = (open("key"), open("key"), open("other"));
        let pin = |text: &str| SecretString::from(text);
        let (contoso, fabrikam) = (TenantName::new("Contoso"), TenantName::new("Fabrikam"));
        let (ada, bea) = (SourceAnchor::new("entra:t:a"), SourceAnchor::new("entra:t:b"));
        let verifier = key.verifier(&contoso, &ada, &pin("471108"));
        assert!(!verifier.contains("471108"));
        assert_eq!(again.is(&contoso, &ada, &pin("471108"), &verifier), Some(true));
        assert_eq!(key.is(&contoso, &ada, &pin("471109"), &verifier), Some(false));
        assert_eq!(key.is(&contoso, &bea, &pin("471108"), &verifier), Some(false));
        assert_eq!(key.is(&fabrikam, &ada, &pin("471108"), &verifier), Some(false));
        assert_eq!(other.is(&contoso, &ada, &pin("471108"), &verifier), None, "another key says nothing");
        assert_eq!(key.is(&contoso, &ada, &pin("471108"), "nonsense"), None);
        assert_eq!(key.lookup(&contoso, &pin("471108")), again.lookup(&contoso, &pin("471108")));
        assert_ne!(key.lookup(&contoso, &pin("471108")), key.lookup(&fabrikam, &pin("471108")));
        assert!(!format!("{key:?}").contains(&key.name()));
    }
}
