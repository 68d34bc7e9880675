//! The tables `[partner]`: the partner's own tenant, whose customers `psa-sync tenants` finds.

use super::{
    lines::{Lines, Step},
    problem::ConfigError,
    section::{Place, Section},
};
use crate::{adapters, vault::VaultHandle};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use toml::{Table, Value};

/// The partner's own tenant.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read from the layered values; here for its errors")]
pub(crate) struct PartnerTable {
    /// The partner's own tenant, and the application that its customers consent to; `kind = "graph"`.
    pub(crate) directory: super::document::AdapterTable,
    /// Whether `psa-sync tenants --activate` may take up customers whose company holds their tenant id, without anybody
    /// confirming each. Default false.
    #[serde(default)]
    pub(crate) auto_activate: bool,
}

/// A partner that has been checked.
#[derive(Debug)]
pub(crate) struct PartnerConfig {
    /// The partner's own tenant.
    pub(crate) directory: Section,
    /// Customers whose company holds their id may be taken up unasked.
    pub(crate) auto_activate: bool,
    written: Table,
}

impl PartnerConfig {
    /// The `directory` of a customer, with the same application.
    pub(crate) fn directory_of(&self, tenant_id: &str) -> Value {
        let mut table = self.written.clone();
        table.insert("tenant_id".to_owned(), Value::String(tenant_id.to_owned()));
        Value::Table(table)
    }
}

pub(super) fn read(
    lines: &Lines<'_>,
    raw: &Table,
    vault: &Arc<VaultHandle>,
) -> Result<Option<PartnerConfig>, ConfigError> {
    let Some(partner) = raw.get("partner") else { return Ok(None) };
    let path = vec![Step::Key("partner"), Step::Key("directory")];
    let place = Place { lines, path, name: "[partner] directory".to_owned(), vault: Arc::clone(vault) };
    let here = |key: &str| lines.place(&[Step::Key("partner")], Some(key));
    let Some(table) = partner.get("directory").and_then(Value::as_table) else {
        return Err(ConfigError::new(
            here("directory"),
            "[partner]: `directory = { kind = \"graph\", … }` is missing",
        ));
    };
    let kind = super::kind_of(&place, table)?;
    if kind != "graph" {
        let problem = "[partner]: only a Microsoft partner (kind = \"graph\") lists its customers";
        return Err(ConfigError::new(here("directory"), problem));
    }
    let adapter =
        adapters::directory(&kind).map_err(|problem| ConfigError::new(here("directory"), problem))?;
    let section = Section::read(&place, adapter.shape, table.clone())?;
    if let Some(key) = ["managed_identity"].into_iter().find(|key| table.contains_key(*key)) {
        let problem = format!("[partner]: `{key}` signs in to its own tenant only, never to a customer's");
        return Err(ConfigError::new(here("directory"), problem));
    }
    if let Some(reference) = section.in_company().first() {
        let problem = format!("[partner]: {} is for tenants of one company", reference.as_written());
        return Err(ConfigError::new(here("directory"), problem));
    }
    let auto_activate = partner.get("auto_activate").and_then(Value::as_bool).unwrap_or(false);
    Ok(Some(PartnerConfig { directory: section, auto_activate, written: table.clone() }))
}
