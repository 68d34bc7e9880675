//! Where a refresh token is kept from one exchange to the next.

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    fmt, fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use sync_core::{Error, ErrorKind, Result};

const OPERATION: &str = "keep refresh token";

/// Keeps the refresh token of one delegated sign-in.
///
/// Every exchange may bring a new refresh token; the old one dies sooner or later, so the newest must be kept.
#[async_trait]
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// The token kept last; `None` before the first sign-in.
    ///
    /// # Errors
    /// Whatever keeps it from being read.
    async fn load(&self) -> Result<Option<SecretString>>;

    /// Keeps this token in place of the earlier one.
    ///
    /// # Errors
    /// Whatever keeps it from being kept; the token is then kept in memory and given again.
    async fn save(&self, token: &SecretString) -> Result<()>;
}

/// Keeps the token for as long as the process lives.
#[derive(Default)]
pub struct MemoryTokenStore(Mutex<Option<SecretString>>);

impl MemoryTokenStore {
    /// Starts with this token.
    #[must_use]
    pub fn new(token: SecretString) -> Self {
        Self(Mutex::new(Some(token)))
    }

    fn token(&self) -> MutexGuard<'_, Option<SecretString>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTokenStore").field("holds_one", &self.token().is_some()).finish()
    }
}

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn load(&self) -> Result<Option<SecretString>> {
        Ok(self.token().clone())
    }

    async fn save(&self, token: &SecretString) -> Result<()> {
        *self.token() = Some(token.clone());
        Ok(())
    }
}

/// Keeps the token in a file that only its owner can read, replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTokenStore(PathBuf);

impl FileTokenStore {
    /// In this file; its folder must exist.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    fn problem(&self, what: &str, source: std::io::Error) -> Error {
        let message = format!("{} cannot be {what}", self.0.display());
        Error::new(ErrorKind::ConfigInvalid, OPERATION, message).with_source(source)
    }

    fn write(&self, token: &str) -> std::io::Result<()> {
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
        file.write_all(token.as_bytes())?;
        file.as_file().sync_all()?;
        // The name changes at once, so that a crash leaves the old token or the new one.
        file.persist(&self.0).map(drop).map_err(|error| error.error)
    }
}

#[async_trait]
impl TokenStore for FileTokenStore {
    async fn load(&self) -> Result<Option<SecretString>> {
        match fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(text.trim()).filter(|token| !token.is_empty()).map(SecretString::from)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.problem("read", error)),
        }
    }

    async fn save(&self, token: &SecretString) -> Result<()> {
        self.write(token.expose_secret()).map_err(|error| self.problem("written", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_gives_back_what_it_was_given_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contoso.refresh");
        let store = FileTokenStore::new(&path);
        assert!(store.load().await.unwrap().is_none());
        for token in ["first", "second"] {
            store.save(&SecretString::from(token)).await.unwrap();
            assert_eq!(store.load().await.unwrap().unwrap().expose_secret(), token);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0);
        }
        let nowhere = FileTokenStore::new(folder.path().join("none").join("file"));
        let error = nowhere.save(&SecretString::from("canary")).await.unwrap_err();
        assert!(error.message().contains("cannot be written"), "{error}");
        assert!(!format!("{error:?} {store:?}").contains("canary"));
    }
}
