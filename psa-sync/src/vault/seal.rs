//! Sealing bytes with AES-256-GCM, each time under a key and a nonce of its own.
//!
//! Salt and nonce are new for every writing, so no key is ever used for two texts. What the header says is part of what
//! is authenticated: an edited header opens nothing.

use super::{SecretList, VaultError, VaultKey, key::Derivation};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

/// What the format is called; the number behind the slash is its version.
const FORMAT: &str = "psa-sync-vault/1";
const NAME: &str = "psa-sync-vault/";
const SALT_LEN: usize = 16;
/// Bytes that authentication adds.
const TAG_LEN: usize = 16;
/// How a sealed text begins where it stands alone, such as in a custom field.
const ALONE: &str = "psa-sync-sealed:";

/// A vault as it lies in its file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    key: Derivation,
    salt: String,
    nonce: String,
    sealed: String,
}

/// Only to see a newer version before its unknown keys.
#[derive(Deserialize)]
struct Version {
    format: String,
}

struct Sealed {
    how: Derivation,
    salt: [u8; SALT_LEN],
    nonce: [u8; NONCE_LEN],
    bytes: Vec<u8>,
}

/// What is authenticated beside the sealed bytes.
fn authenticated(how: &Derivation, salt: &[u8], purpose: &str) -> Vec<u8> {
    // A derivation has plain fields only, in the order of their declaration.
    let how = serde_json::to_string(how).unwrap_or_default();
    let mut all = Vec::new();
    for part in [FORMAT.as_bytes(), how.as_bytes(), salt, purpose.as_bytes()] {
        all.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        all.extend_from_slice(part);
    }
    all
}

fn seal(key: &VaultKey, purpose: &str, mut plain: Zeroizing<Vec<u8>>) -> Result<Sealed, VaultError> {
    let random =
        |bytes: &mut [u8]| getrandom::fill(bytes).map_err(|_cause| VaultError::Crypto("the random source"));
    let (mut salt, mut nonce) = ([0u8; SALT_LEN], [0u8; NONCE_LEN]);
    random(&mut salt)?;
    random(&mut nonce)?;
    let how = key.derivation();
    let failed = |_| VaultError::Crypto("sealing");
    let derived = key.derive(&how, &salt)?.ok_or(VaultError::Crypto("deriving a key"))?;
    let cipher = UnboundKey::new(&AES_256_GCM, derived.as_ref()).map(LessSafeKey::new).map_err(failed)?;
    let aad = Aad::from(authenticated(&how, &salt, purpose));
    let tag = cipher
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, plain.as_mut_slice())
        .map_err(failed)?;
    let mut bytes = Vec::with_capacity(plain.len() + TAG_LEN);
    bytes.extend_from_slice(&plain);
    bytes.extend_from_slice(tag.as_ref());
    Ok(Sealed { how, salt, nonce, bytes })
}

/// `None` where the key does not fit or something was changed.
fn open(key: &VaultKey, purpose: &str, sealed: Sealed) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let Sealed { how, salt, nonce, bytes } = sealed;
    let Some(derived) = key.derive(&how, &salt)? else { return Ok(None) };
    let failed = |_| VaultError::Crypto("opening");
    let cipher = UnboundKey::new(&AES_256_GCM, derived.as_ref()).map(LessSafeKey::new).map_err(failed)?;
    let aad = Aad::from(authenticated(&how, &salt, purpose));
    let mut bytes = Zeroizing::new(bytes);
    let Ok(plain) = cipher.open_in_place(Nonce::assume_unique_for_key(nonce), aad, bytes.as_mut_slice())
    else {
        return Ok(None);
    };
    let length = plain.len();
    bytes.truncate(length);
    Ok(Some(bytes))
}

/// What the list of a vault file is sealed as.
const LIST: &str = "list";

/// The text of a vault file.
pub(super) fn seal_list(key: &VaultKey, list: &SecretList) -> Result<String, VaultError> {
    let Sealed { how, salt, nonce, bytes } = seal(key, LIST, list.to_bytes(TAG_LEN))?;
    let document = Document {
        format: FORMAT.to_owned(),
        key: how,
        salt: BASE64.encode(salt),
        nonce: BASE64.encode(nonce),
        sealed: BASE64.encode(bytes),
    };
    let text =
        serde_json::to_string_pretty(&document).map_err(|_cause| VaultError::Crypto("writing the vault"))?;
    Ok(text + "\n")
}

/// Opens the text of a vault file.
pub(super) fn open_list(key: &VaultKey, path: &Path, text: &str) -> Result<SecretList, VaultError> {
    let no_vault = |what| VaultError::NotAVault { path: path.to_owned(), what };
    let Version { format } =
        serde_json::from_str(text).map_err(|_cause| no_vault("not a JSON object with `format`"))?;
    if format != FORMAT {
        let newer = format.strip_prefix(NAME).is_some_and(|version| version.parse::<u32>().is_ok());
        return Err(if newer { VaultError::Newer(path.to_owned()) } else { no_vault("unknown `format`") });
    }
    let document: Document =
        serde_json::from_str(text).map_err(|_cause| no_vault("an entry is missing or unknown"))?;
    let Document { format: _, key: how, salt, nonce, sealed } = document;
    if how.kind() != key.kind() {
        return Err(VaultError::OtherKind { path: path.to_owned(), sealed: how.kind(), given: key.kind() });
    }
    let bytes = |text: &str, what| BASE64.decode(text).map_err(|_cause| no_vault(what));
    let sealed = Sealed {
        how,
        salt: bytes(&salt, "`salt`")?.try_into().map_err(|_cause| no_vault("`salt`"))?,
        nonce: bytes(&nonce, "`nonce`")?.try_into().map_err(|_cause| no_vault("`nonce`"))?,
        bytes: bytes(&sealed, "`sealed`")?,
    };
    let plain = open(key, LIST, sealed)?.ok_or_else(|| VaultError::DoesNotOpen(path.to_owned()))?;
    SecretList::from_bytes(&plain).ok_or_else(|| no_vault("what was sealed is no list of secrets"))
}

/// One secret as a text of its own, bound to a purpose: it opens for nothing else.
///
/// # Errors
/// [`VaultError::Crypto`].
pub(crate) fn seal_text(key: &VaultKey, purpose: &str, secret: &SecretString) -> Result<String, VaultError> {
    let plain = Zeroizing::new(secret.expose_secret().as_bytes().to_vec());
    let Sealed { how, salt, nonce, bytes } = seal(key, purpose, plain)?;
    let kind = match how {
        Derivation::File { .. } => "f1",
        Derivation::Passphrase { .. } => "p1",
    };
    let all: Vec<u8> = salt.into_iter().chain(nonce).chain(bytes).collect();
    Ok(format!("{ALONE}{kind}:{}", BASE64.encode(all)))
}

/// Opens what [`seal_text`] sealed for the same purpose; `Ok(None)` where the key or the purpose is another one, or the
/// text was changed.
///
/// # Errors
/// [`VaultError::Crypto`].
pub(crate) fn open_text(
    key: &VaultKey,
    purpose: &str,
    text: &str,
) -> Result<Option<SecretString>, VaultError> {
    let parts = text.trim().strip_prefix(ALONE).and_then(|rest| rest.split_once(':'));
    let Some((kind, encoded)) = parts else { return Ok(None) };
    let how = key.derivation();
    let fits = match how {
        Derivation::File { .. } => kind == "f1",
        Derivation::Passphrase { .. } => kind == "p1",
    };
    let Some(all) = BASE64.decode(encoded).ok().filter(|_| fits) else { return Ok(None) };
    let Some((salt, rest)) = all.split_first_chunk::<SALT_LEN>() else { return Ok(None) };
    let Some((nonce, bytes)) = rest.split_first_chunk::<NONCE_LEN>() else { return Ok(None) };
    let sealed = Sealed { how, salt: *salt, nonce: *nonce, bytes: bytes.to_vec() };
    let Some(plain) = open(key, purpose, sealed)? else { return Ok(None) };
    Ok(std::str::from_utf8(&plain).ok().map(SecretString::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> VaultKey {
        VaultKey::File(Zeroizing::new([byte; 32]))
    }

    fn list() -> SecretList {
        let mut list = SecretList::default();
        list.set("contoso.client-secret", SecretString::from("canary-value")).unwrap();
        list
    }

    #[test]
    fn what_was_sealed_opens_with_its_key_and_shows_nothing_without() {
        let path = Path::new("vault");
        let text = seal_list(&key(1), &list()).unwrap();
        assert!(!text.contains("canary") && !text.contains("contoso"), "{text}");
        let opened = open_list(&key(1), path, &text).unwrap();
        assert_eq!(opened.get("contoso.client-secret").unwrap().expose_secret(), "canary-value");
        assert!(matches!(open_list(&key(2), path, &text), Err(VaultError::DoesNotOpen(_))));
        assert_ne!(
            text,
            seal_list(&key(1), &list()).unwrap(),
            "every writing has a key and a nonce of its own"
        );
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let path = Path::new("vault");
        let text = seal_list(&key(1), &list()).unwrap();
        let places = text.char_indices().filter(|(_, c)| c.is_ascii_alphanumeric());
        let mut looked_at = 0;
        for (at, was) in places {
            let mut edited = text.clone();
            edited.replace_range(at..=at, if was == 'A' { "B" } else { "A" });
            let refused = open_list(&key(1), path, &edited).unwrap_err().to_string();
            assert!(!refused.contains("canary"), "{refused}");
            looked_at += 1;
        }
        assert!(looked_at > 150, "{looked_at}");
    }

    #[test]
    fn a_passphrase_opens_what_it_sealed_and_says_so_where_a_key_file_was_meant() {
        let words = |text: &str| VaultKey::passphrase(SecretString::from(text)).unwrap();
        let path = Path::new("vault");
        let text = seal_list(&words("correct horse battery"), &list()).unwrap();
        assert!(open_list(&words("correct horse battery"), path, &text).is_ok());
        let wrong = open_list(&words("correct horse batterie"), path, &text).unwrap_err();
        assert!(matches!(wrong, VaultError::DoesNotOpen(_)), "{wrong}");
        let other = open_list(&key(1), path, &text).unwrap_err().to_string();
        assert!(other.contains("sealed with a passphrase"), "{other}");
        assert!(matches!(VaultKey::passphrase(SecretString::from("short")), Err(VaultError::Weak(_))));
    }

    #[test]
    fn a_header_that_asks_for_all_the_memory_there_is_is_refused_at_once() {
        let words = VaultKey::passphrase(SecretString::from("correct horse battery")).unwrap();
        let text = seal_list(&words, &list()).unwrap();
        let greedy = text.replace("\"memory_kib\": 65536", "\"memory_kib\": 4294967295");
        assert_ne!(greedy, text);
        assert!(open_list(&words, Path::new("vault"), &greedy).is_err());
    }

    #[test]
    fn a_newer_vault_and_something_else_are_told_apart() {
        let text = seal_list(&key(1), &list()).unwrap();
        let open = |text: &str| open_list(&key(1), Path::new("vault"), text).unwrap_err();
        assert!(matches!(open(&text.replace("vault/1", "vault/2")), VaultError::Newer(_)));
        assert!(matches!(open(&text.replace("psa-sync-vault", "other")), VaultError::NotAVault { .. }));
        for broken in ["", "{}", "[]", "\u{0}", &text[..text.len() / 2]] {
            assert!(matches!(open(broken), VaultError::NotAVault { .. }), "{broken:?}");
        }
    }

    #[test]
    fn a_sealed_text_opens_for_its_own_purpose_only() {
        let secret = SecretString::from("canary-password");
        let sealed = seal_text(&key(1), "tenant Contoso", &secret).unwrap();
        assert!(sealed.starts_with(ALONE) && !sealed.contains("canary"), "{sealed}");
        let opened = open_text(&key(1), "tenant Contoso", &sealed).unwrap().unwrap();
        assert_eq!(opened.expose_secret(), "canary-password");
        assert!(open_text(&key(1), "tenant Fabrikam", &sealed).unwrap().is_none());
        assert!(open_text(&key(2), "tenant Contoso", &sealed).unwrap().is_none());
        for other in
            ["", "canary-password", "psa-sync-sealed:", "psa-sync-sealed:f1:AAAA", "psa-sync-sealed:p1:AAAA"]
        {
            assert!(open_text(&key(1), "tenant Contoso", other).unwrap().is_none(), "{other}");
        }
    }
}
