//! The vault that a configuration names: opened once, when the first secret is asked for.

use super::{SecretList, VaultError, VaultKey, file};
use crate::{config::SecretRef, environment::Environment, exit::Failure};
use secrecy::SecretString;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// The variable that holds the passphrase where the configuration names none.
const PASSPHRASE: &str = "PSA_SYNC_VAULT_PASSPHRASE";

/// Where the key of the vault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyFrom {
    /// In a key file.
    File(PathBuf),
    /// A passphrase, by reference.
    Passphrase(SecretRef),
    /// In the environment, or asked for.
    Asked,
}

/// A vault that may or may not be there.
#[derive(Debug)]
pub(crate) struct VaultHandle {
    path: PathBuf,
    key: KeyFrom,
    /// The folder that relative paths count from.
    folder: PathBuf,
    opened: Mutex<Option<Arc<SecretList>>>,
}

impl VaultHandle {
    pub(crate) fn new(path: PathBuf, key: KeyFrom, folder: PathBuf) -> Self {
        Self { path, key, folder, opened: Mutex::new(None) }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The key file, where the key is in one.
    pub(crate) fn key_file(&self) -> Option<PathBuf> {
        match &self.key {
            KeyFrom::File(path) => Some(self.folder.join(path)),
            KeyFrom::Passphrase(_) | KeyFrom::Asked => None,
        }
    }

    /// The key, as far as it can be had without asking anybody; `None` where somebody must be asked.
    pub(crate) fn key(&self, environment: &Environment) -> Result<Option<VaultKey>, Failure> {
        let of_vault = |error: VaultError| failure(&error);
        match &self.key {
            KeyFrom::File(path) => VaultKey::read_file(&self.folder.join(path)).map(Some).map_err(of_vault),
            KeyFrom::Passphrase(reference) => {
                let words = reference.resolve("[secrets]", "passphrase", environment, &self.folder, None)?;
                VaultKey::passphrase(words).map(Some).map_err(of_vault)
            }
            KeyFrom::Asked => match environment.get(PASSPHRASE) {
                Some(words) => VaultKey::passphrase(SecretString::from(words)).map(Some).map_err(of_vault),
                None => Ok(None),
            },
        }
    }

    /// A secret of the vault, which is opened for the first one.
    pub(crate) fn secret(&self, name: &str, environment: &Environment) -> Result<SecretString, Failure> {
        let list = self.list(environment)?;
        list.get(name).cloned().ok_or_else(|| failure(&VaultError::Unknown))
    }

    /// Reads the vault with a key.
    pub(crate) fn read(&self, key: &VaultKey) -> Result<SecretList, Failure> {
        let list = file::read(&self.path, key).map_err(|error| failure(&error))?;
        list.ok_or_else(|| failure(&VaultError::Missing(self.path.clone())))
    }

    fn list(&self, environment: &Environment) -> Result<Arc<SecretList>, Failure> {
        // Nothing is half done while it is held: what is in it is whole or not there.
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = opened.as_ref() {
            return Ok(Arc::clone(list));
        }
        let key = self.key(environment)?.ok_or_else(|| failure(&VaultError::NoneGiven))?;
        let list = Arc::new(self.read(&key)?);
        *opened = Some(Arc::clone(&list));
        Ok(list)
    }
}

/// A vault that cannot be used is a matter of how things are set up.
pub(crate) fn failure(error: &VaultError) -> Failure {
    Failure::from_error(crate::exit::Exit::Usage, error)
}
