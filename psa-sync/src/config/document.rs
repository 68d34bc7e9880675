//! `psa-sync.toml` as it is written.

use super::partner::PartnerTable;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use std::{borrow::Cow, collections::BTreeSet, path::PathBuf};
use sync_core::policy::{PolicyDocument, Route};

/// The whole file.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(title = "psa-sync.toml")]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "adapters, policy and state are read from the layered values; here for their errors"
)]
pub(crate) struct Document {
    /// The one PSA of this service provider.
    pub(crate) psa: AdapterTable,
    /// The directories under sync.
    #[serde(default)]
    pub(crate) tenants: Vec<TenantTable>,
    /// The policy of every tenant, where the tenant does not say otherwise.
    #[serde(default = "PolicyDocument::defaults")]
    pub(crate) policy: PolicyDocument,
    /// Where what is remembered between runs is kept.
    #[serde(default)]
    pub(crate) state: StateSetting,
    /// Where secrets are kept that are references to the vault.
    #[serde(default)]
    pub(crate) secrets: SecretsTable,
    /// The partner whose customers `psa-sync tenants` finds.
    #[serde(default)]
    pub(crate) partner: Option<PartnerTable>,
}

/// The vault, and what opens it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read from the layered values; here for its errors")]
pub(crate) struct SecretsTable {
    /// The vault; relative paths count from the configuration's folder. Default `psa-sync.vault`.
    #[serde(default)]
    pub(crate) vault: Option<PathBuf>,
    /// The key by which support PINs are recognised; made where there is none. Default `psa-sync.pin-key`. The same file on
    /// every machine.
    #[serde(default)]
    pub(crate) pin_key_file: Option<PathBuf>,
    /// The key file that opens the vault.
    #[serde(default)]
    pub(crate) key_file: Option<PathBuf>,
    /// The passphrase that opens the vault, by reference: { env = "NAME" }, { file = "PATH" } or { keyring = "NAME" }.
    #[serde(default)]
    pub(crate) passphrase: Option<Reference>,
}

/// A reference to a secret. Not kept: a literal may be in its place.
#[derive(Clone, Debug)]
pub(crate) struct Reference;

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        toml::Value::deserialize(deserializer).map(|_| Self)
    }
}

impl JsonSchema for Reference {
    fn schema_name() -> Cow<'static, str> {
        "SecretReference".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Where a secret is: { env = \"NAME\" }, { file = \"PATH\" }, { vault = \"NAME\" } or { keyring = \"NAME\" }.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

/// One directory under sync.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "adapter and policy are read from the layered values; here for their errors")]
pub(crate) struct TenantTable {
    /// The name under which links and runs are kept.
    pub(crate) name: String,
    /// A tenant that is not enabled is left out of every run.
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    /// Where its users are.
    pub(crate) directory: AdapterTable,
    /// The company of users that no route takes.
    #[serde(default)]
    pub(crate) company_id: Option<String>,
    /// Routes to companies, the lowest `order` first.
    #[serde(default)]
    pub(crate) routes: Vec<Route>,
    /// What this tenant wants otherwise than `[policy]` says.
    #[serde(default = "PolicyDocument::defaults")]
    pub(crate) policy: PolicyDocument,
    /// The domains that are this tenant's own; without them, those of its users' sign-in names.
    #[serde(default)]
    pub(crate) verified_domains: BTreeSet<String>,
}

/// Where what is remembered between runs is kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "read from the layered values; here for its errors")]
pub(crate) enum StateSetting {
    /// The address of a PostgreSQL database, `postgres://USER@HOST/DATABASE`, without a password.
    Address(String),
    /// A table.
    Table(StateTable),
}

impl Default for StateSetting {
    fn default() -> Self {
        Self::Table(StateTable::default())
    }
}

/// Where what is remembered between runs is kept, and how.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read from the layered values; here for its errors")]
pub(crate) struct StateTable {
    /// The folder of the SQLite file; relative paths count from the configuration's folder. Default `psa-sync-state`.
    #[serde(default)]
    pub(crate) dir: Option<PathBuf>,
    /// For how many days plans, reports and the journal of past runs are kept; 400 unless set. Links and answers have no
    /// age.
    #[serde(default)]
    pub(crate) retention_days: Option<u32>,
    /// The address of a PostgreSQL database, for several machines; where it holds a password, a reference to it.
    #[serde(default)]
    pub(crate) url: Option<StateUrl>,
    /// How long a run whose death cannot be proved keeps its tenant, in seconds; longer than one and a half times the PSA's
    /// `timeout_seconds`. Default 360.
    #[serde(default)]
    pub(crate) lease_seconds: Option<u64>,
    /// After how many hours an incremental run reads everything again; at most 168. Default 24.
    #[serde(default)]
    pub(crate) full_every_hours: Option<u32>,
}

/// An address, or where it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "read from the layered values; here for its errors")]
pub(crate) enum StateUrl {
    /// The address itself.
    Address(String),
    /// Where it is: `{ env = "NAME" }` or `{ file = "PATH" }`.
    Reference(std::collections::BTreeMap<String, String>),
}

const fn yes() -> bool {
    true
}

/// The settings of one adapter: `kind`, and what that adapter takes. Not kept: a literal secret may be in it.
#[derive(Clone, Debug)]
pub(crate) struct AdapterTable;

impl<'de> Deserialize<'de> for AdapterTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        toml::Table::deserialize(deserializer).map(|_| Self)
    }
}

impl JsonSchema for AdapterTable {
    fn schema_name() -> Cow<'static, str> {
        "Adapter".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The settings of one adapter. Secrets are references: { env = \"NAME\" }, { file = \"PATH\" }, { vault = \"NAME\" } or { keyring = \"NAME\" }.",
            "type": "object",
            "required": ["kind"],
            "properties": { "kind": { "type": "string" } },
        })
    }
}
