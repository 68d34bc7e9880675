//! `psa-sync.toml`: read, checked, layered.

mod document;
mod layers;
mod lines;
mod partner;
mod places;
mod problem;
mod secret;
mod section;
mod state;
mod vault;

pub(crate) use document::Document;
pub(crate) use lines::{Lines, Step};
pub(crate) use partner::PartnerConfig;
pub(crate) use places::{Named, Origin};
pub use problem::ConfigError;
pub(crate) use problem::explain;
pub(crate) use secret::SecretRef;
pub(crate) use section::{Section, Settings, Shape};
pub(crate) use state::{StateConfig, open as open_state};
pub(crate) use vault::vault_of;

use crate::{adapters, environment::Environment, exit::Failure, vault::VaultHandle};
use document::TenantTable;
use layers::{lay, read_policy};
use section::Place;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};
use sync_core::{
    model::{CompanyId, TenantName, nearest},
    policy::{Policy, PolicyError, Tenant},
};
use toml::{Table, Value};

/// A configuration that has been checked; secrets are fetched when they are used.
#[derive(Debug)]
pub(crate) struct Config {
    /// The folder that relative paths count from.
    pub(crate) folder: PathBuf,
    /// The PSA.
    pub(crate) psa: Section,
    /// Every tenant, enabled or not.
    pub(crate) tenants: Vec<TenantConfig>,
    /// Where what is remembered between runs is kept.
    pub(crate) state: StateConfig,
    /// The file with the key of support PINs.
    pub(crate) pin_key: PathBuf,
    /// The partner whose customers can be found.
    pub(crate) partner: Option<PartnerConfig>,
    /// The custom field in which companies hold their tenant's id; blank where there is none.
    pub(crate) company_tenant_field: String,
}

/// One tenant with its own policy.
#[derive(Debug)]
pub(crate) struct TenantConfig {
    /// Left out of runs where false.
    pub(crate) enabled: bool,
    /// Where its users are.
    pub(crate) directory: Section,
    /// Its routes, as the planner takes them.
    pub(crate) tenant: Tenant,
    /// Its policy, all layers merged.
    pub(crate) policy: Policy,
    /// Where it names companies and groups.
    pub(crate) named: Named,
}

/// Reads a configuration file and lays the environment over it.
///
/// # Errors
/// Exit code 2 for a file that is missing, that is not TOML, or that says something that cannot be meant.
pub(crate) fn load(path: &Path, environment: &Environment) -> Result<Config, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let failure = Failure::usage(format!("cannot read {}: {error}", path.display()));
        if error.kind() == std::io::ErrorKind::NotFound {
            failure.with_hint("`psa-sync init` writes one to begin with; `psa-sync demo` needs none")
        } else {
            failure
        }
    })?;
    let file = path.display().to_string();
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    read(&file, folder, &text, environment).map_err(|error| Failure::usage(error.to_string()))
}

/// Whether a text would be a configuration in the place of that file.
///
/// # Errors
/// What [`load`] would say of it.
pub(crate) fn check(path: &Path, text: &str, environment: &Environment) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let read = read(&path.display().to_string(), folder, text, environment);
    read.map(drop).map_err(|error| Failure::usage(error.to_string()))
}

fn read(file: &str, folder: PathBuf, text: &str, environment: &Environment) -> Result<Config, ConfigError> {
    let of_toml = |error: toml::de::Error| ConfigError::of_toml(file, text, &error);
    let lines = Lines::parse(file, text).map_err(of_toml)?;
    let raw: Table = text.parse().map_err(of_toml)?;
    // Adapter tables come first: a literal secret must be named as one, whatever else is wrong.
    let empty = Table::new();
    let shared = raw.get("policy").and_then(Value::as_table).unwrap_or(&empty);
    let policy_is_readable = read_policy(shared.clone()).is_ok();
    let layer = match policy_is_readable {
        true => layers::environment(environment, shared)?,
        false => Table::new(),
    };
    let vault = Arc::new(vault::read(&lines, &raw, &layer, &folder)?);
    let psa = psa_section(&lines, &raw, &layer, &vault)?;
    let directories = directory_sections(&lines, &raw, &vault)?;
    let partner = partner::read(&lines, &raw, &vault)?;
    let document: Document = toml::from_str(text).map_err(of_toml)?;
    let mut tenants = Vec::new();
    for (index, (table, directory)) in document.tenants.into_iter().zip(directories).enumerate() {
        let own = raw.get("tenants").and_then(|t| t.get(index)?.get("policy")?.as_table());
        let base = vec![Step::Key("tenants"), Step::At(index)];
        let own_policy = [base.clone(), vec![Step::Key("policy")]].concat();
        let origin = Origin {
            tenant: base,
            policies: vec![own_policy, vec![Step::Key("policy")]],
            environment: policy_of(&layer),
        };
        tenants.push(tenant(&lines, &origin, table, directory, [Some(shared), own, policy_of(&layer)])?);
    }
    check_names(&lines, &tenants)?;
    let state = state::read(file, [&layer, &raw], &folder)?;
    let pin_key = folder.join(vault::pin_key(&lines, &raw, &layer)?);
    let mut merged = shared.clone();
    lay(&mut merged, policy_of(&layer).unwrap_or(&empty));
    let company_tenant_field =
        read_policy(merged).map(|policy| policy.write_back.company_tenant_field).unwrap_or_default();
    Ok(Config { state, pin_key, folder, psa, tenants, partner, company_tenant_field })
}

fn policy_of(layer: &Table) -> Option<&Table> {
    layer.get("policy").and_then(Value::as_table)
}

fn kind_of(place: &Place<'_>, table: &Table) -> Result<String, ConfigError> {
    let at = place.lines.place(&place.path, Some("kind"));
    match table.get("kind") {
        Some(Value::String(kind)) => Ok(kind.clone()),
        Some(_) => Err(ConfigError::new(at, format!("{}: `kind` is a text", place.name))),
        None => Err(ConfigError::new(at, format!("{}: `kind` is missing", place.name))),
    }
}

fn psa_section(
    lines: &Lines<'_>,
    raw: &Table,
    layer: &Table,
    vault: &Arc<VaultHandle>,
) -> Result<Section, ConfigError> {
    let vault = Arc::clone(vault);
    let place = Place { lines, path: vec![Step::Key("psa")], name: "[psa]".to_owned(), vault };
    let mut table = match raw.get("psa") {
        Some(Value::Table(table)) => table.clone(),
        Some(_) => return Err(ConfigError::new(lines.place(&[], Some("psa")), "`psa` is a table: [psa]")),
        None => Table::new(),
    };
    let over = layer.get("psa").and_then(Value::as_table);
    if let Some(Value::String(kind)) = over.and_then(|over| over.get("kind")) {
        table.insert("kind".to_owned(), Value::String(kind.clone()));
    }
    if table.is_empty() {
        return Err(ConfigError::new(lines.place(&[], None), "the table [psa] is missing"));
    }
    let kind = kind_of(&place, &table)?;
    let adapter = adapters::psa(&kind).map_err(|problem| {
        ConfigError::new(lines.place(&place.path, Some("kind")), format!("[psa]: {problem}"))
    })?;
    for (key, value) in over.into_iter().flatten() {
        let variable = format!("environment variable {}PSA__{}", layers::PREFIX, key.to_uppercase());
        if adapter.shape.secrets.contains(&key.as_str()) {
            SecretRef::read(&variable, key, value)?;
        }
        // Setting by setting: a reference of the environment takes the place of the file's.
        table.insert(key.clone(), value.clone());
    }
    let section = Section::read(&place, adapter.shape, table)?;
    if let Some(reference) = section.in_company().first() {
        let problem =
            format!("[psa]: {} is for directories: the PSA itself holds it", reference.as_written());
        return Err(ConfigError::new(lines.place(&place.path, None), problem));
    }
    Ok(section)
}

fn directory_sections(
    lines: &Lines<'_>,
    raw: &Table,
    vault: &Arc<VaultHandle>,
) -> Result<Vec<Section>, ConfigError> {
    let Some(tenants) = raw.get("tenants") else { return Ok(Vec::new()) };
    let Some(tenants) = tenants.as_array() else {
        let at = lines.place(&[], Some("tenants"));
        return Err(ConfigError::new(at, "`tenants` is an array of tables: [[tenants]]"));
    };
    let mut sections = Vec::new();
    for (index, tenant) in tenants.iter().enumerate() {
        let name = tenant.get("name").and_then(Value::as_str).unwrap_or("(without a name)");
        let path = vec![Step::Key("tenants"), Step::At(index), Step::Key("directory")];
        let vault = Arc::clone(vault);
        let place = Place { lines, path, name: format!("tenant {name}, directory"), vault };
        let Some(table) = tenant.get("directory").and_then(Value::as_table) else {
            let at = lines.place(&[Step::Key("tenants"), Step::At(index)], Some("directory"));
            return Err(ConfigError::new(
                at,
                format!("tenant {name}: `directory = {{ kind = … }}` is missing"),
            ));
        };
        let kind = kind_of(&place, table)?;
        let adapter = adapters::directory(&kind).map_err(|problem| {
            let at = lines.place(&place.path, Some("kind"));
            ConfigError::new(at, format!("{}: {problem}", place.name))
        })?;
        sections.push(Section::read(&place, adapter.shape, table.clone())?);
    }
    Ok(sections)
}

fn tenant(
    lines: &Lines<'_>,
    origin: &Origin<'_>,
    table: TenantTable,
    directory: Section,
    policies: [Option<&Table>; 3],
) -> Result<TenantConfig, ConfigError> {
    let TenantTable { name, enabled, directory: _, company_id, routes, policy: _, verified_domains } = table;
    let own_place = || lines.place(&origin.tenant, None);
    let mut merged = Table::new();
    for layer in policies.into_iter().flatten() {
        lay(&mut merged, layer);
    }
    let whose = format!("tenant {name}: ");
    let document = read_policy(merged.clone())
        .map_err(|problem| ConfigError::new(own_place(), format!("{whose}{problem}")))?;
    let refuse = |error: PolicyError| {
        let place = origin.place(lines, &merged, &error).unwrap_or_else(own_place);
        let whose = if error.is_of_tenant() { "" } else { &whose };
        ConfigError::new(place, format!("{whose}{error}"))
    };
    let policy = Policy::new(document).map_err(refuse)?;
    if let Some(blank) = company_id.iter().find(|id| id.trim().is_empty()) {
        let place = lines.place(&origin.tenant, Some("company_id"));
        return Err(ConfigError::new(place, format!("{whose}`company_id` is blank: \"{blank}\"")));
    }
    let directory_id = adapters::directory(directory.kind())
        .map_or_else(|_| String::new(), |adapter| (adapter.id)(&directory));
    let company = CompanyId::new(company_id.clone().unwrap_or_default());
    let mut tenant = Tenant::to_company(TenantName::new(name), directory_id, company);
    tenant.company = company_id.map(CompanyId::new);
    tenant.routes = routes;
    tenant.verified_domains = verified_domains;
    policy.check_tenant(&tenant).map_err(refuse)?;
    let named = Named::new(lines, origin, &tenant, &policy);
    Ok(TenantConfig { enabled, directory, tenant, policy, named })
}

fn check_names(lines: &Lines<'_>, tenants: &[TenantConfig]) -> Result<(), ConfigError> {
    let mut seen = BTreeSet::new();
    for (index, TenantConfig { tenant, .. }) in tenants.iter().enumerate() {
        let at = || lines.place(&[Step::Key("tenants"), Step::At(index)], Some("name"));
        if tenant.name.as_str().trim().is_empty() {
            return Err(ConfigError::new(at(), "a tenant has a blank `name`"));
        }
        if !seen.insert(tenant.name.as_str().to_lowercase()) {
            return Err(ConfigError::new(
                at(),
                format!("two tenants are called {}; links are kept by name", tenant.name),
            ));
        }
    }
    Ok(())
}

impl Config {
    /// The tenants that a run is about: the one that was named, or all that are enabled.
    ///
    /// # Errors
    /// Exit code 2 for a name that is not there or not enabled, and where there is no tenant at all.
    pub(crate) fn chosen(&self, name: Option<&str>) -> Result<Vec<&TenantConfig>, Failure> {
        let Some(name) = name else {
            let enabled: Vec<&TenantConfig> = self.tenants.iter().filter(|t| t.enabled).collect();
            if enabled.is_empty() {
                return Err(Failure::usage("no tenant is enabled; add [[tenants]] to the configuration"));
            }
            return Ok(enabled);
        };
        let names: Vec<&str> = self.tenants.iter().map(|t| t.tenant.name.as_str()).collect();
        match self.tenants.iter().find(|t| t.tenant.name.as_str() == name) {
            Some(tenant) if tenant.enabled => Ok(vec![tenant]),
            Some(_) => Err(Failure::usage(format!("tenant {name} is not enabled (`enabled = false`)"))),
            None => Err(Failure::usage(match nearest(name, &names) {
                Some(near) => format!("there is no tenant {name}; did you mean {near}?"),
                None => format!("there is no tenant {name}; configured: {}", names.join(", ")),
            })),
        }
    }
}

#[cfg(test)]
mod tests;
