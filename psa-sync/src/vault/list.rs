//! The content of a vault: secrets by name.

use super::VaultError;
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Longer values are no passwords.
const LONGEST: usize = 64 * 1024;

/// Secrets by name. Values are wiped from memory when it is dropped; `Debug` shows how many there are.
#[derive(Default)]
pub(crate) struct SecretList(BTreeMap<String, SecretString>);

impl std::fmt::Debug for SecretList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretList").field("secrets", &self.0.len()).finish_non_exhaustive()
    }
}

/// Whether something can be the name of a secret.
///
/// # Errors
/// [`VaultError::BadName`].
pub(crate) fn check_name(name: &str) -> Result<(), VaultError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
        return Err(VaultError::BadName);
    }
    Ok(())
}

impl SecretList {
    /// The names, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A secret.
    pub(crate) fn get(&self, name: &str) -> Option<&SecretString> {
        self.0.get(name)
    }

    /// Sets a secret; whether there was one of that name.
    ///
    /// # Errors
    /// [`VaultError::BadName`], [`VaultError::TooLong`].
    pub(crate) fn set(&mut self, name: &str, value: SecretString) -> Result<bool, VaultError> {
        check_name(name)?;
        if value.expose_secret().len() > LONGEST {
            return Err(VaultError::TooLong(LONGEST));
        }
        Ok(self.0.insert(name.to_owned(), value).is_some())
    }

    /// Takes a secret away.
    ///
    /// # Errors
    /// [`VaultError::Unknown`].
    pub(crate) fn remove(&mut self, name: &str) -> Result<(), VaultError> {
        self.0.remove(name).map(drop).ok_or(VaultError::Unknown)
    }

    /// As bytes: the number of secrets, then each name and value with its length before it, little-endian. Room is
    /// taken once, so that no copy is left behind by growing.
    pub(super) fn to_bytes(&self, room_behind: usize) -> Zeroizing<Vec<u8>> {
        let texts = || self.0.iter().flat_map(|(name, value)| [name.as_str(), value.expose_secret()]);
        let length: usize = 4 + texts().map(|text| 4 + text.len()).sum::<usize>();
        let mut bytes = Zeroizing::new(Vec::with_capacity(length + room_behind));
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
        bytes.extend_from_slice(&number(self.0.len()));
        for text in texts() {
            bytes.extend_from_slice(&number(text.len()));
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }

    /// Reads what [`SecretList::to_bytes`] wrote; `None` for anything else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let number = |rest: &mut &[u8]| -> Option<usize> {
            let (head, tail) = rest.split_first_chunk::<4>()?;
            *rest = tail;
            usize::try_from(u32::from_le_bytes(*head)).ok()
        };
        let count = number(&mut rest)?;
        let mut list = Self::default();
        for _ in 0..count {
            let mut text = || -> Option<&str> {
                let length = number(&mut rest)?;
                let (head, tail) = rest.split_at_checked(length)?;
                rest = tail;
                std::str::from_utf8(head).ok()
            };
            let name = text()?.to_owned();
            let value = SecretString::from(text()?);
            list.0.insert(name, value);
        }
        rest.is_empty().then_some(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_survives_its_bytes_and_nothing_else_is_taken_for_one() {
        let mut list = SecretList::default();
        assert!(!list.set("one", SecretString::from("canary \u{1f511}")).unwrap());
        assert!(!list.set("two", SecretString::from("")).unwrap());
        let bytes = list.to_bytes(0);
        let again = SecretList::from_bytes(&bytes).unwrap();
        assert_eq!(again.names().collect::<Vec<_>>(), ["one", "two"]);
        assert_eq!(again.get("one").unwrap().expose_secret(), "canary \u{1f511}");
        for end in 0..bytes.len() {
            assert!(SecretList::from_bytes(&bytes[..end]).is_none(), "{end}");
        }
        let mut longer = bytes.to_vec();
        longer.push(0);
        assert!(SecretList::from_bytes(&longer).is_none());
        assert!(SecretList::from_bytes(&[255; 12]).is_none());
        assert!(!format!("{list:?}").contains("canary"));
    }

    #[test]
    fn names_are_words() {
        let long = "x".repeat(65);
        for name in ["", "a b", "../x", "\u{e4}", "a\n", long.as_str()] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name("contoso.client-secret_2").is_ok());
        let mut list = SecretList::default();
        assert!(matches!(list.remove("none"), Err(VaultError::Unknown)));
        let huge = SecretString::from("x".repeat(LONGEST + 1));
        assert!(matches!(list.set("a", huge), Err(VaultError::TooLong(_))));
    }
}
