//! What a vault is opened with, and how the key of one writing is made of it.

use super::VaultError;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::hkdf;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::{io::ErrorKind, path::Path};
use zeroize::Zeroizing;

/// Shorter passphrases are guessed.
const SHORTEST: usize = 12;
/// Argon2id as RFC 9106 recommends where memory is scarce: 64 MiB, 3 passes (section 4, read 2026-11-28), on one lane.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// More than this is no vault of ours, but an attempt to use up the machine.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 8;

/// What a vault is opened with. Wiped from memory when it is dropped.
pub(crate) enum VaultKey {
    /// Words that a person or a machine knows.
    Passphrase(SecretString),
    /// The content of a key file.
    File(Zeroizing<[u8; 32]>),
}

impl std::fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple(self.kind()).finish()
    }
}

/// How the key of one writing was made, as the vault says; everything but the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "from", deny_unknown_fields)]
pub(crate) enum Derivation {
    /// Argon2id over a passphrase.
    Passphrase {
        /// Always `argon2id`.
        kdf: Kdf,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    },
    /// HKDF-SHA256 over the content of a key file.
    File {
        /// Always `hkdf-sha256`.
        kdf: Kdf,
    },
}

/// The functions that make keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kdf {
    #[serde(rename = "argon2id")]
    Argon2id,
    #[serde(rename = "hkdf-sha256")]
    HkdfSha256,
}

impl Derivation {
    /// What it is made of, in words.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Passphrase { .. } => PASSPHRASE,
            Self::File { .. } => KEY_FILE,
        }
    }

    fn is_sane(&self) -> bool {
        match self {
            Self::Passphrase { kdf, memory_kib, passes, lanes } => {
                *kdf == Kdf::Argon2id
                    && (8..=MOST_MEMORY_KIB).contains(memory_kib)
                    && (1..=MOST_PASSES).contains(passes)
                    && (1..=MOST_LANES).contains(lanes)
            }
            Self::File { kdf } => *kdf == Kdf::HkdfSha256,
        }
    }
}

const PASSPHRASE: &str = "a passphrase";
const KEY_FILE: &str = "a key file";

impl VaultKey {
    /// A passphrase that is long enough.
    ///
    /// # Errors
    /// [`VaultError::Weak`].
    pub(crate) fn passphrase(text: SecretString) -> Result<Self, VaultError> {
        if text.expose_secret().chars().count() < SHORTEST {
            return Err(VaultError::Weak(SHORTEST));
        }
        Ok(Self::Passphrase(text))
    }

    /// The content of a key file.
    ///
    /// # Errors
    /// [`VaultError::Io`], [`VaultError::Exposed`], [`VaultError::NoKey`].
    pub(crate) fn read_file(path: &Path) -> Result<Self, VaultError> {
        let io = |source| VaultError::Io { path: path.to_owned(), what: "the key cannot be read", source };
        let found = std::fs::metadata(path).map_err(|source| {
            let what = if source.kind() == ErrorKind::NotFound {
                "the key cannot be read; where no vault was sealed with it yet, `psa-sync secret new-key` makes one"
            } else {
                "the key cannot be read"
            };
            VaultError::Io { path: path.to_owned(), what, source }
        })?;
        if is_exposed(&found) {
            return Err(VaultError::Exposed(path.to_owned()));
        }
        let text = Zeroizing::new(std::fs::read(path).map_err(io)?);
        let digits = text.trim_ascii();
        let mut key = Zeroizing::new([0u8; 32]);
        if digits.len() != 64 {
            return Err(VaultError::NoKey(path.to_owned()));
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| pair.get(at).and_then(|d| char::from(*d).to_digit(16));
            let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                return Err(VaultError::NoKey(path.to_owned()));
            };
            *byte = u8::try_from(high * 16 + low).unwrap_or(0);
        }
        Ok(Self::File(key))
    }

    /// What it is, in words.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Passphrase(_) => PASSPHRASE,
            Self::File(_) => KEY_FILE,
        }
    }

    /// How a new writing makes its key of this.
    pub(crate) const fn derivation(&self) -> Derivation {
        match self {
            Self::Passphrase(_) => Derivation::Passphrase {
                kdf: Kdf::Argon2id,
                memory_kib: MEMORY_KIB,
                passes: PASSES,
                lanes: LANES,
            },
            Self::File(_) => Derivation::File { kdf: Kdf::HkdfSha256 },
        }
    }

    /// The key of one writing; `None` where this is another kind of key than `how` asks for, or `how` cannot be meant.
    pub(crate) fn derive(
        &self,
        how: &Derivation,
        salt: &[u8],
    ) -> Result<Option<Zeroizing<[u8; 32]>>, VaultError> {
        if !how.is_sane() {
            return Ok(None);
        }
        let mut key = Zeroizing::new([0u8; 32]);
        match (self, how) {
            (Self::Passphrase(words), Derivation::Passphrase { memory_kib, passes, lanes, .. }) => {
                let failed = |_| VaultError::Crypto("deriving a key (Argon2id)");
                let params = Params::new(*memory_kib, *passes, *lanes, Some(32)).map_err(failed)?;
                let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                argon
                    .hash_password_into(words.expose_secret().as_bytes(), salt, key.as_mut())
                    .map_err(failed)?;
            }
            (Self::File(secret), Derivation::File { .. }) => {
                let failed = |_| VaultError::Crypto("deriving a key (HKDF)");
                let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, salt);
                let prk = salt.extract(secret.as_ref());
                let info = [&b"psa-sync-vault/1"[..]];
                prk.expand(&info, hkdf::HKDF_SHA256).map_err(failed)?.fill(key.as_mut()).map_err(failed)?;
            }
            (Self::Passphrase(_), Derivation::File { .. })
            | (Self::File(_), Derivation::Passphrase { .. }) => {
                return Ok(None);
            }
        }
        Ok(Some(key))
    }
}

/// Makes a key file with 32 bytes of the operating system's random source; never overwrites one.
///
/// # Errors
/// [`VaultError::Io`], [`VaultError::Crypto`].
pub(crate) fn make_key_file(path: &Path) -> Result<(), VaultError> {
    let mut key = Zeroizing::new([0u8; 32]);
    getrandom::fill(key.as_mut()).map_err(|_cause| VaultError::Crypto("the random source"))?;
    let mut text = Zeroizing::new(String::with_capacity(65));
    for byte in key.iter() {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text.push('\n');
    crate::files::write_new_private(path, &text).map_err(|source| VaultError::Io {
        path: path.to_owned(),
        what: "the key cannot be written",
        source,
    })
}

#[cfg(unix)]
fn is_exposed(found: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & 0o077 != 0
}

/// Access is inherited from the folder and not told here.
#[cfg(not(unix))]
fn is_exposed(_: &std::fs::Metadata) -> bool {
    false
}
