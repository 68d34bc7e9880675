//! Reading `policy.toml`: the policy tables without their prefix, and where the tenant's people go.

use super::{
    OfflineError,
    json::{Source, shown},
};
use crate::config::{Lines, Named, Origin, explain};
use serde::Deserialize;
use std::{collections::BTreeSet, path::Path};
use sync_core::{
    model::{CompanyId, TenantName},
    policy::{
        LifecyclePolicy, LimitsPolicy, MappingEntry, MatchingPolicy, Policy, PolicyDocument, PolicyError,
        QuantityRule, Route, ScopePolicy, Tenant, WriteBackPolicy,
    },
};

/// The name and directory id of a tenant that is given none.
const UNNAMED: &str = "offline";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    tenant_id: Option<String>,
    #[serde(default)]
    verified_domains: BTreeSet<String>,
    #[serde(default)]
    company_id: Option<CompanyId>,
    #[serde(default)]
    routes: Vec<Route>,
    #[serde(default)]
    scope: ScopePolicy,
    #[serde(default)]
    matching: MatchingPolicy,
    #[serde(default)]
    mapping: Vec<MappingEntry>,
    #[serde(default)]
    lifecycle: LifecyclePolicy,
    #[serde(default)]
    write_back: WriteBackPolicy,
    #[serde(default)]
    limits: LimitsPolicy,
    #[serde(default)]
    quantities: Vec<QuantityRule>,
}

/// Reads and checks the policy of a folder, and the tenant it is for.
pub(super) fn read(folder: &Path) -> Result<(Tenant, Policy, Named), OfflineError> {
    let source = Source::required(
        folder,
        "policy.toml",
        "write at least `company_id = \"…\"` there, the id of a company in companies.json",
    )?;
    let document: Document = toml::from_str(&source.text).map_err(|error| {
        let problem = without_values(error.message());
        match error.span() {
            Some(span) => source.wrong(span.start, problem),
            None => OfflineError::new(&source.path, problem),
        }
    })?;
    let Document {
        tenant_id,
        verified_domains,
        company_id,
        routes,
        scope,
        matching,
        mapping,
        lifecycle,
        write_back,
        limits,
        quantities,
    } = document;
    let mut policy = PolicyDocument::defaults();
    policy.scope = scope;
    policy.matching = matching;
    policy.mapping = mapping;
    policy.lifecycle = lifecycle;
    policy.write_back = write_back;
    policy.limits = limits;
    policy.quantities = quantities;
    let file = source.path.display().to_string();
    let of_toml = |error: toml::de::Error| OfflineError::new(&source.path, without_values(error.message()));
    let lines = Lines::parse(&file, &source.text).map_err(of_toml)?;
    let merged: toml::Table = source.text.parse().map_err(of_toml)?;
    let origin = Origin { tenant: Vec::new(), policies: vec![Vec::new()], environment: None };
    let refuse = |error: PolicyError| {
        // The library names keys as in psa-sync.toml, where the tables have a prefix.
        let problem = format!("{}: {}", error.key(), error.problem());
        match origin.find(&lines, &merged, &error) {
            Some(found) => source.wrong(found.offset, problem),
            None => OfflineError::new(&source.path, problem),
        }
    };
    let policy = Policy::new(policy).map_err(refuse)?;
    let id = tenant_id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
    let id = id.unwrap_or_else(|| UNNAMED.to_owned());
    if id.contains(':') {
        return Err(OfflineError::new(&source.path, "`tenant_id` has a colon in it; give the GUID alone"));
    }
    let company = company_id.filter(|id| !id.as_str().trim().is_empty());
    // Built with a company, because a tenant has no other constructor; what was given replaces it.
    let mut tenant =
        Tenant::to_company(TenantName::new(&id), &id, company.clone().unwrap_or_else(|| CompanyId::new("")));
    tenant.company = company;
    tenant.verified_domains = verified_domains;
    tenant.routes = routes;
    policy.check_tenant(&tenant).map_err(refuse)?;
    let named = Named::new(&lines, &origin, &tenant, &policy);
    Ok((tenant, policy, named))
}

/// What the decoder says, with the nearest known name, and without a value it quotes.
fn without_values(message: &str) -> String {
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).take(300).collect::<String>();
    let message = message.lines().next().unwrap_or_default();
    if let Some((name, rest)) =
        message.strip_prefix("unknown field `").and_then(|rest| rest.split_once("`, expected"))
    {
        return explain(&format!("unknown field `{}`, expected{rest}", shown(name)));
    }
    let plain = explain(message);
    match plain.rsplit_once(", expected ") {
        Some((_, kind)) if plain.starts_with("invalid ") => clean(&format!("expected {kind}")),
        _ => clean(&plain),
    }
}
