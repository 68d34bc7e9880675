//! Secrets by reference: the configuration says where a secret is, never what it is.

use super::problem::ConfigError;
use crate::{
    environment::Environment,
    exit::Failure,
    vault::{VaultHandle, check_name, read_keyring},
};
use secrecy::SecretString;
use std::path::{Path, PathBuf};

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SecretRef {
    /// In an environment variable.
    Env(String),
    /// In a file; relative paths count from the configuration's folder.
    File(PathBuf),
    /// In the vault, by name.
    Vault(String),
    /// In the operating system's keyring, by name.
    Keyring(String),
    /// Sealed in a custom field of the tenant's company in the PSA; directories only.
    CompanyField(String),
    /// Sealed in a note of the tenant's company in the PSA, by name; directories only.
    CompanyNote(String),
}

/// What to write instead of a literal.
fn advice(key: &str) -> String {
    format!(
        "write `{key} = {{ env = \"NAME\" }}` and put the value into that environment variable, or \
         `{key} = {{ file = \"PATH\" }}`, or `{key} = {{ vault = \"NAME\" }}` after `psa-sync secret set NAME`"
    )
}

/// The refusal of a secret that was written down.
pub(crate) fn literal(place: &str, key: &str) -> ConfigError {
    ConfigError::new(
        place,
        format!(
            "`{key}` holds a secret in plain text, which is refused: {}. Replace the secret itself too, \
             since it has been in a file",
            advice(key)
        ),
    )
}

impl SecretRef {
    /// As it stands in a configuration.
    pub(crate) fn as_written(&self) -> String {
        let (word, name) = match self {
            Self::Env(name) => ("env", name.clone()),
            Self::File(path) => ("file", path.display().to_string()),
            Self::Vault(name) => ("vault", name.clone()),
            Self::Keyring(name) => ("keyring", name.clone()),
            Self::CompanyField(name) => ("company_field", name.clone()),
            Self::CompanyNote(name) => ("company_note", name.clone()),
        };
        format!("{{ {word} = \"{name}\" }}")
    }

    /// Whether it lies sealed in the tenant's company.
    pub(crate) const fn is_in_company(&self) -> bool {
        matches!(self, Self::CompanyField(_) | Self::CompanyNote(_))
    }

    /// Whether a value is meant as a reference: a table with one of the known words.
    pub(crate) fn is_one(value: &toml::Value) -> bool {
        value.as_table().is_some_and(|table| {
            let words = ["env", "file", "keyring", "vault", "company_field", "company_note"];
            words.iter().any(|word| table.contains_key(*word))
        })
    }

    /// Reads a reference; anything else under a key that holds a secret is refused without being repeated.
    pub(crate) fn read(place: &str, key: &str, value: &toml::Value) -> Result<Self, ConfigError> {
        let Some(table) = value.as_table() else { return Err(literal(place, key)) };
        let mut entries = table.iter();
        let (Some((word, value)), None) = (entries.next(), entries.next()) else {
            return Err(ConfigError::new(place, format!("`{key}` names no one place: {}", advice(key))));
        };
        let name = value.as_str().map(str::trim).filter(|name| !name.is_empty());
        match (word.as_str(), name) {
            ("env", Some(name)) => Ok(Self::Env(name.to_owned())),
            ("file", Some(path)) => Ok(Self::File(path.into())),
            ("vault", Some(name)) => Ok(Self::Vault(name.to_owned())),
            ("keyring", Some(name)) => Ok(Self::Keyring(name.to_owned())),
            ("company_field", Some(name)) => Ok(Self::CompanyField(name.to_owned())),
            ("company_note", Some(name)) => match check_name(name) {
                Ok(()) => Ok(Self::CompanyNote(name.to_owned())),
                Err(wrong) => Err(ConfigError::new(place, format!("`{key}`: {wrong}"))),
            },
            _ => Err(ConfigError::new(place, format!("`{key}` is not understood: {}", advice(key)))),
        }
    }

    /// Fetches the secret. `vault` is `None` where the vault itself is not open yet.
    pub(crate) fn resolve(
        &self,
        place: &str,
        key: &str,
        environment: &Environment,
        folder: &Path,
        vault: Option<&VaultHandle>,
    ) -> Result<SecretString, Failure> {
        let text = match self {
            Self::Env(name) => environment
                .get(name)
                .ok_or_else(|| {
                    Failure::usage(format!("{place}: `{key}`: the environment variable {name} is not set"))
                })?
                .to_owned(),
            Self::Vault(name) => {
                let vault = vault.ok_or_else(|| {
                    Failure::usage(format!(
                        "{place}: `{key}`: {self} cannot be used here; take env, file or keyring"
                    ))
                })?;
                let about = |failure: Failure| failure.about(&format!("{place}: `{key}`: {self}"));
                return vault.secret(name, environment).map_err(about);
            }
            Self::CompanyField(_) | Self::CompanyNote(_) => {
                let message =
                    format!("{place}: `{key}`: {self} is read when the PSA is, and only for a directory");
                return Err(Failure::usage(message));
            }
            Self::Keyring(name) => {
                let told = |problem: String| Failure::usage(format!("{place}: `{key}`: {problem}"));
                return read_keyring(name).map_err(told);
            }
            Self::File(path) => {
                let path = folder.join(path);
                std::fs::read_to_string(&path).map_err(|error| {
                    Failure::usage(format!("{place}: `{key}`: cannot read {}: {error}", path.display()))
                })?
            }
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() {
            return Err(Failure::usage(format!("{place}: `{key}`: {self} is empty")));
        }
        Ok(SecretString::from(text))
    }
}

impl std::fmt::Display for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Vault(name) => write!(f, "the vault's secret {name}"),
            Self::CompanyField(name) => write!(f, "the company's custom field {name}"),
            Self::CompanyNote(name) => write!(f, "the company's note {name}"),
            Self::Keyring(name) => write!(f, "the keyring's secret {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn read(text: &str) -> Result<SecretRef, String> {
        let table: toml::Table = text.parse().unwrap();
        SecretRef::read("psa-sync.toml line 1", "private_key", &table["k"]).map_err(|e| e.to_string())
    }

    #[test]
    fn a_literal_is_refused_and_not_repeated() {
        for text in ["k = \"canary-secret\"", "k = 12345", "k = [\"canary-secret\"]"] {
            let refused = read(text).unwrap_err();
            assert!(refused.contains("private_key = { env = \"NAME\" }"), "{refused}");
            assert!(!refused.contains("canary") && !refused.contains("12345"), "{refused}");
        }
    }

    #[test]
    fn every_kind_of_place_is_understood_and_nothing_else() {
        assert_eq!(read("k = { env = \"A\" }"), Ok(SecretRef::Env("A".into())));
        assert_eq!(read("k = { vault = \"A\" }"), Ok(SecretRef::Vault("A".into())));
        assert_eq!(read("k = { keyring = \"A\" }"), Ok(SecretRef::Keyring("A".into())));
        assert_eq!(read("k = { company_note = \"a.b\" }"), Ok(SecretRef::CompanyNote("a.b".into())));
        assert!(read("k = { company_note = \"a b\" }").unwrap_err().contains("is called by"));
        assert!(read("k = { vault = \"\" }").unwrap_err().contains("not understood"));
        assert!(read("k = { env = \"A\", file = \"B\" }").unwrap_err().contains("no one place"));
        assert!(read("k = { evn = \"A\" }").unwrap_err().contains("not understood"));
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_else() {
        let environment =
            Environment::new([("SET".into(), "canary-secret\n".into()), ("OTHER".into(), "canary".into())]);
        let folder = tempfile::tempdir().unwrap();
        let resolve = |r: SecretRef| r.resolve("[psa]", "private_key", &environment, folder.path(), None);
        let set = resolve(SecretRef::Env("SET".into())).unwrap();
        assert_eq!(
            set.expose_secret(),
            "canary-secret",
            "the line end belongs to the file, not to the secret"
        );
        let unset = resolve(SecretRef::Env("UNSET".into())).unwrap_err().to_string();
        assert!(unset.contains("UNSET is not set") && !unset.contains("canary"), "{unset}");
        assert!(resolve(SecretRef::File("none".into())).unwrap_err().to_string().contains("cannot read"));
    }
}
