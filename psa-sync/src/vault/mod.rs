//! Secrets at rest: a file of names and values, encrypted as a whole.
//!
//! One key opens it, made of a passphrase or of a key file. Whoever has the file without the key learns how long it is,
//! and nothing else: names are encrypted too, and any change to it is noticed.

mod error;
mod file;
mod handle;
mod key;
mod keyring;
mod list;
mod seal;

pub(crate) use error::VaultError;
pub(crate) use file::{change, change_key};
pub(crate) use handle::{KeyFrom, VaultHandle, failure as vault_failure};
pub(crate) use key::{VaultKey, make_key_file};
pub(crate) use keyring::read_keyring;
pub(crate) use list::{SecretList, check_name};
pub(crate) use seal::{open_text, seal_text};
