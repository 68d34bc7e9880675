//! What can be wrong with a vault. Never holds a secret, a name of one, or a passphrase.

use std::path::PathBuf;

/// Why a vault cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    /// There is none.
    #[error("there is no vault at {0}; `psa-sync secret set NAME` makes one")]
    Missing(PathBuf),
    /// It cannot be read or written.
    #[error("{path}: {what}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the file system answered.
        #[source]
        source: std::io::Error,
    },
    /// The file does not say what a vault says.
    #[error("{path} is no vault, or was cut short or changed by hand ({what}); restore it from a copy")]
    NotAVault {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// A newer version wrote it.
    #[error("{0} was written by a newer version of psa-sync; update this one")]
    Newer(PathBuf),
    /// It was sealed with another kind of key.
    #[error(
        "{path} was sealed with {sealed}, and the configuration names {given}; `[secrets]` says with what it is opened"
    )]
    OtherKind {
        /// The file.
        path: PathBuf,
        /// With what it was sealed.
        sealed: &'static str,
        /// What is configured.
        given: &'static str,
    },
    /// The key does not fit, or the content was changed.
    #[error("{0} does not open: the key is not the one it was sealed with, or the file was changed since")]
    DoesNotOpen(PathBuf),
    /// Somebody else is changing it.
    #[error("somebody else is changing {0}; try again in a moment")]
    Busy(PathBuf),
    /// The key file is readable by others.
    #[error(
        "{0} can be read by others than its owner, so it protects nothing; `chmod 600` it, and make a new one if others had access"
    )]
    Exposed(PathBuf),
    /// The key file is not what one is.
    #[error("{0} holds no vault key (64 hex digits on one line)")]
    NoKey(PathBuf),
    /// No passphrase and no key file.
    #[error(
        "there is no key to open the vault with; name one under [secrets] (`key_file = \"PATH\"` or `passphrase = {{ env = \"NAME\" }}`) \
         or set the environment variable PSA_SYNC_VAULT_PASSPHRASE"
    )]
    NoneGiven,
    /// A passphrase that protects nothing.
    #[error("the passphrase is too short; take at least {0} characters")]
    Weak(usize),
    /// A name that cannot be one.
    #[error("a secret is called by 1 to 64 letters, digits, `.`, `_` and `-`")]
    BadName,
    /// The vault does not have it.
    #[error("the vault has no secret of that name; `psa-sync secret list` shows those it has")]
    Unknown,
    /// Too much to keep.
    #[error("a secret has at most {0} bytes")]
    TooLong(usize),
    /// A part of the cryptography failed, which is no matter of the data.
    #[error("{0} failed on this machine")]
    Crypto(&'static str),
}
