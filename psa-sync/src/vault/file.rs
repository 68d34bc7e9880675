//! The file of a vault: read whole, written whole, one writer at a time.

use super::{
    SecretList, VaultError, VaultKey,
    seal::{open_list, seal_list},
};
use crate::files::write_private;
use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

/// A vault of this size holds more than anybody's secrets.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Reads a vault; `None` where there is none.
pub(super) fn read(path: &Path, key: &VaultKey) -> Result<Option<SecretList>, VaultError> {
    let io = |source| VaultError::Io { path: path.to_owned(), what: "the vault cannot be read", source };
    let size = match std::fs::metadata(path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    if size > LARGEST {
        return Err(VaultError::NotAVault { path: path.to_owned(), what: "far too large" });
    }
    let bytes = std::fs::read(path).map_err(io)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_cause| VaultError::NotAVault { path: path.to_owned(), what: "not text" })?;
    open_list(key, path, text).map(Some)
}

/// Changes a vault, which is made where there is none. Others who change it at the same time are refused; who reads it
/// sees the old content or the new one.
///
/// # Errors
/// [`VaultError`]; the vault is then as it was.
pub(crate) fn change<T>(
    path: &Path,
    key: &VaultKey,
    edit: impl FnOnce(&mut SecretList) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    let _lock = lock(path)?;
    let mut list = read(path, key)?.unwrap_or_default();
    let answer = edit(&mut list)?;
    write(path, key, &list)?;
    Ok(answer)
}

/// Gives a vault another key; its secrets stay as they are.
///
/// # Errors
/// [`VaultError`]; the vault then still has its old key.
pub(crate) fn change_key(path: &Path, old: &VaultKey, new: &VaultKey) -> Result<(), VaultError> {
    let _lock = lock(path)?;
    let list = read(path, old)?.ok_or_else(|| VaultError::Missing(path.to_owned()))?;
    write(path, new, &list)
}

fn write(path: &Path, key: &VaultKey, list: &SecretList) -> Result<(), VaultError> {
    let text = seal_list(key, list)?;
    write_private(path, &text).map_err(|source| VaultError::Io {
        path: path.to_owned(),
        what: "the vault cannot be written",
        source,
    })
}

/// The lock lies beside the vault, because the vault itself is replaced at every change.
fn lock(path: &Path) -> Result<File, VaultError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let io = |source| VaultError::Io { path: beside.clone(), what: "the lock cannot be opened", source };
    let file = options.open(&beside).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(VaultError::Busy(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::make_key_file;
    use secrecy::{ExposeSecret as _, SecretString};

    fn set(path: &Path, key: &VaultKey, name: &str, value: &str) -> Result<bool, VaultError> {
        change(path, key, |list| list.set(name, SecretString::from(value)))
    }

    #[test]
    fn a_vault_is_made_changed_and_read_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (path, key_path) = (folder.path().join("vault"), folder.path().join("key"));
        make_key_file(&key_path).unwrap();
        assert!(make_key_file(&key_path).is_err(), "a key is never overwritten");
        let key = VaultKey::read_file(&key_path).unwrap();
        assert!(read(&path, &key).unwrap().is_none());
        assert!(!set(&path, &key, "a", "1").unwrap());
        assert!(set(&path, &key, "a", "2").unwrap());
        let list = read(&path, &key).unwrap().unwrap();
        assert_eq!(list.get("a").unwrap().expose_secret(), "2");
        #[cfg(unix)]
        for file in [&path, &key_path] {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_change_that_fails_leaves_the_vault_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (path, key_path) = (folder.path().join("vault"), folder.path().join("key"));
        make_key_file(&key_path).unwrap();
        let key = VaultKey::read_file(&key_path).unwrap();
        set(&path, &key, "a", "1").unwrap();
        let before = std::fs::read(&path).unwrap();
        assert!(change(&path, &key, |list| list.remove("b")).is_err());
        let other = folder.path().join("other");
        make_key_file(&other).unwrap();
        let wrong = VaultKey::read_file(&other).unwrap();
        assert!(matches!(set(&path, &wrong, "a", "2"), Err(VaultError::DoesNotOpen(_))));
        assert_eq!(std::fs::read(&path).unwrap(), before);
        let held = lock(&path).unwrap();
        assert!(matches!(set(&path, &key, "a", "2"), Err(VaultError::Busy(_))));
        drop(held);
        assert!(set(&path, &key, "a", "2").unwrap());
    }

    #[test]
    #[cfg(unix)]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        make_key_file(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(VaultKey::read_file(&path), Err(VaultError::Exposed(_))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "not a key").unwrap();
        assert!(matches!(VaultKey::read_file(&path), Err(VaultError::NoKey(_))));
    }
}
