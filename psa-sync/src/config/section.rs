//! The settings of one adapter: checked when the file is read, given to the adapter with its secrets when it is used.

use super::{
    lines::{Lines, Step},
    problem::{ConfigError, explain},
    secret::SecretRef,
};
use crate::{
    environment::Environment,
    exit::{Exit, Failure},
    vault::VaultHandle,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{
    Deserializer,
    de::{DeserializeOwned, IntoDeserializer, Visitor, value::MapDeserializer},
    forward_to_deserialize_any,
};
use std::{collections::BTreeMap, path::Path, sync::Arc};
use toml::{Table, Value};

/// What an adapter says about its settings.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// Its name in configurations.
    pub(crate) kind: &'static str,
    /// The keys that hold secrets and take references only.
    pub(crate) secrets: &'static [&'static str],
    /// Whether the keys and their types are right.
    pub(crate) validate: fn(Value) -> Result<(), toml::de::Error>,
}

/// The settings of one adapter.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    place: String,
    /// Where each of its keys stands, and under a blank name where it begins.
    lines: BTreeMap<String, String>,
    kind: &'static str,
    plain: Table,
    references: BTreeMap<String, SecretRef>,
    vault: Arc<VaultHandle>,
    /// Secrets that were read from the company.
    given: BTreeMap<SecretRef, SecretString>,
}

/// Where a section stands, for messages.
pub(crate) struct Place<'a> {
    pub(crate) lines: &'a Lines<'a>,
    pub(crate) path: Vec<Step<'a>>,
    /// `[psa]`, or `tenant Contoso, directory`.
    pub(crate) name: String,
    /// Where `{ vault = "NAME" }` is looked up.
    pub(crate) vault: Arc<VaultHandle>,
}

impl Section {
    /// Checks a table: no literal secret, no unknown key, no wrong type.
    pub(crate) fn read(place: &Place<'_>, shape: Shape, mut table: Table) -> Result<Self, ConfigError> {
        table.remove("kind");
        let at = |key: Option<&str>| format!("{} {}", place.lines.place(&place.path, key), place.name);
        let mut references = BTreeMap::new();
        let mut filled = table.clone();
        for (key, value) in &table {
            if shape.secrets.contains(&key.as_str()) || SecretRef::is_one(value) {
                references.insert(key.clone(), SecretRef::read(&at(Some(key)), key, value)?);
                // Stands in for the secret while the rest is checked.
                filled.insert(key.clone(), Value::String(String::new()));
            }
        }
        (shape.validate)(Value::Table(filled)).map_err(|error| {
            let key = error.message().split('`').nth(1).filter(|key| table.contains_key(*key));
            ConfigError::new(at(key), explain(error.message()))
        })?;
        let keys = table.keys().map(|key| (key.clone(), place.lines.place(&place.path, Some(key))));
        let begins = (String::new(), place.lines.place(&place.path, None));
        let lines = keys.chain([begins]).collect();
        table.retain(|key, _| !references.contains_key(key));
        Ok(Self {
            place: place.name.clone(),
            lines,
            kind: shape.kind,
            plain: table,
            references,
            vault: Arc::clone(&place.vault),
            given: BTreeMap::new(),
        })
    }

    /// The places of the company that hold a secret of this section.
    pub(crate) fn in_company(&self) -> Vec<SecretRef> {
        self.references.values().filter(|reference| reference.is_in_company()).cloned().collect()
    }

    /// The section with secrets that were read from the company.
    pub(crate) fn with_given(mut self, given: BTreeMap<SecretRef, SecretString>) -> Self {
        self.given = given;
        self
    }

    /// The section with another tenant in the place of its own.
    pub(crate) fn with_tenant(mut self, tenant_id: &str) -> Self {
        self.plain.insert("tenant_id".to_owned(), Value::String(tenant_id.to_owned()));
        self
    }

    /// The vault that its references are looked up in.
    pub(crate) fn vault(&self) -> &VaultHandle {
        &self.vault
    }

    /// What an adapter says against its settings, with the line of the key that it names first, or of the section.
    pub(crate) fn locate(&self, failure: Failure) -> Failure {
        if failure.exit() != Exit::Usage {
            return failure;
        }
        let named = failure.to_string();
        let words = named.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let line = words.filter(|word| !word.is_empty()).find_map(|word| self.lines.get(word));
        match line.or_else(|| self.lines.get("")) {
            Some(line) => failure.about(line),
            None => failure,
        }
    }

    /// The adapter's name.
    pub(crate) const fn kind(&self) -> &'static str {
        self.kind
    }

    /// A text among the settings that are not secret.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.plain.get(key)?.as_str()
    }

    /// Everything with its secrets fetched.
    pub(crate) fn settings(&self, environment: &Environment, folder: &Path) -> Result<Settings, Failure> {
        let mut settings: Vec<(String, Setting)> =
            self.plain.iter().map(|(key, value)| (key.clone(), Setting::Plain(value.clone()))).collect();
        let mut missing = Vec::new();
        for (key, reference) in &self.references {
            if let Some(secret) = self.given.get(reference) {
                settings.push((key.clone(), Setting::Secret(secret.clone())));
                continue;
            }
            match reference.resolve(&self.place, key, environment, folder, Some(&self.vault)) {
                Ok(secret) => settings.push((key.clone(), Setting::Secret(secret))),
                Err(failure) => missing.push(failure.to_string()),
            }
        }
        if !missing.is_empty() {
            return Err(Failure::usage(missing.join("\n  ")));
        }
        Ok(Settings { place: self.place.clone(), settings })
    }
}

/// Settings with their secrets, to be read by one adapter at once.
pub(crate) struct Settings {
    place: String,
    settings: Vec<(String, Setting)>,
}

impl Settings {
    /// Reads the adapter's own type.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Failure> {
        let Self { place, settings } = self;
        T::deserialize(MapDeserializer::new(settings.into_iter())).map_err(|error: toml::de::Error| {
            Failure::usage(format!("{place}: {}", explain(error.message())))
        })
    }
}

enum Setting {
    Plain(Value),
    Secret(SecretString),
}

impl<'de> IntoDeserializer<'de, toml::de::Error> for Setting {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Hands a secret to its reader without a copy that outlives it.
impl<'de> Deserializer<'de> for Setting {
    type Error = toml::de::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Self::Plain(value) => value.deserialize_any(visitor),
            Self::Secret(secret) => visitor.visit_str(secret.expose_secret()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self {
            Self::Plain(value) => value.deserialize_enum(name, variants, visitor),
            Self::Secret(secret) => visitor.visit_str(secret.expose_secret()),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}
