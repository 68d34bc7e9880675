//! `[secrets]`: where the vault is, and what opens it.

use super::{
    lines::{Lines, Step},
    problem::ConfigError,
    secret::{SecretRef, literal},
};
use crate::{
    environment::Environment,
    exit::Failure,
    vault::{KeyFrom, VaultHandle},
};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Where the vault is unless the configuration says otherwise.
const DEFAULT: &str = "psa-sync.vault";

/// Reads `[secrets]` with the environment laid over it.
pub(super) fn read(
    lines: &Lines<'_>,
    raw: &Table,
    layer: &Table,
    folder: &Path,
) -> Result<VaultHandle, ConfigError> {
    let table = |of: &Table| of.get("secrets").and_then(Value::as_table).cloned().unwrap_or_default();
    let mut merged = table(raw);
    for (key, value) in table(layer) {
        merged.insert(key, value);
    }
    let place = |key: &str| format!("{} [secrets]", lines.place(&[Step::Key("secrets")], Some(key)));
    let path = |key: &str| match merged.get(key) {
        None => Ok(None),
        Some(Value::String(path)) if !path.trim().is_empty() => Ok(Some(PathBuf::from(path.trim()))),
        Some(_) => Err(ConfigError::new(place(key), format!("`{key}` is the path of a file"))),
    };
    let (vault, key_file) = (path("vault")?, path("key_file")?);
    let key = match (key_file, merged.get("passphrase")) {
        (Some(_), Some(_)) => {
            let problem = "a vault has one key: `key_file` or `passphrase`, not both";
            return Err(ConfigError::new(place("passphrase"), problem));
        }
        (Some(path), None) => KeyFrom::File(path),
        (None, None) => KeyFrom::Asked,
        (None, Some(value)) => {
            if !SecretRef::is_one(value) {
                return Err(literal(&place("passphrase"), "passphrase"));
            }
            match SecretRef::read(&place("passphrase"), "passphrase", value)? {
                SecretRef::Vault(_) | SecretRef::CompanyField(_) | SecretRef::CompanyNote(_) => {
                    let problem = "`passphrase`: what opens the vault cannot be kept in it";
                    return Err(ConfigError::new(place("passphrase"), problem));
                }
                reference @ (SecretRef::Env(_) | SecretRef::File(_) | SecretRef::Keyring(_)) => {
                    KeyFrom::Passphrase(reference)
                }
            }
        }
    };
    let vault = folder.join(vault.unwrap_or_else(|| PathBuf::from(DEFAULT)));
    Ok(VaultHandle::new(vault, key, folder.to_owned()))
}

/// The file with the key of support PINs.
pub(super) fn pin_key(lines: &Lines<'_>, raw: &Table, layer: &Table) -> Result<PathBuf, ConfigError> {
    let value = |table: &Table| table.get("secrets").and_then(|secrets| secrets.get("pin_key_file").cloned());
    match value(layer).or_else(|| value(raw)) {
        None => Ok(PathBuf::from(crate::job::PIN_KEY)),
        Some(Value::String(path)) if !path.trim().is_empty() => Ok(PathBuf::from(path.trim())),
        Some(_) => {
            let place = lines.place(&[Step::Key("secrets")], Some("pin_key_file"));
            Err(ConfigError::new(place, "[secrets]: `pin_key_file` is the path of a file"))
        }
    }
}

/// The vault of a configuration, whose other tables may still be missing or wrong: secrets are set before the rest works.
///
/// # Errors
/// Exit code 2 where the file is there and is no TOML, or its `[secrets]` cannot be meant.
pub(crate) fn vault_of(path: &Path, environment: &Environment) -> Result<VaultHandle, Failure> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
    };
    let file = path.display().to_string();
    let read = || -> Result<VaultHandle, ConfigError> {
        let of_toml = |error: toml::de::Error| ConfigError::of_toml(&file, &text, &error);
        let lines = Lines::parse(&file, &text).map_err(of_toml)?;
        let raw: Table = text.parse().map_err(of_toml)?;
        let layer = super::layers::secrets(environment);
        read(&lines, &raw, &layer, folder)
    };
    read().map_err(|error| Failure::usage(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<VaultHandle, String> {
        let lines = Lines::parse("psa-sync.toml", text).unwrap();
        read(&lines, &text.parse().unwrap(), &Table::new(), Path::new("/etc/sync")).map_err(|e| e.to_string())
    }

    #[test]
    fn the_vault_lies_beside_the_configuration_unless_it_says_otherwise() {
        assert_eq!(read_text("").unwrap().path(), Path::new("/etc/sync/psa-sync.vault"));
        let named = read_text("[secrets]\nvault = \"/var/v\"\nkey_file = \"key\"").unwrap();
        assert_eq!(named.path(), Path::new("/var/v"));
        assert_eq!(named.key_file(), Some(PathBuf::from("/etc/sync/key")));
    }

    #[test]
    fn what_cannot_open_a_vault_is_refused_with_its_line() {
        for (text, says) in [
            ("[secrets]\npassphrase = \"canary-passphrase\"", "plain text"),
            ("[secrets]\nkey_file = \"k\"\npassphrase = { env = \"P\" }", "not both"),
            ("[secrets]\npassphrase = { vault = \"P\" }", "cannot be kept in it"),
            ("[secrets]\nvault = 7", "path of a file"),
        ] {
            let refused = read_text(text).unwrap_err();
            assert!(refused.contains(says) && refused.contains("line"), "{refused}");
            assert!(!refused.contains("canary"), "{refused}");
        }
    }
}
