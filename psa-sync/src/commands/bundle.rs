//! `psa-sync support-bundle`: what helps to find a fault, without anybody's name, address, id or secret.
//!
//! It is put together from numbers, flags and words that this program itself knows. No text from a configuration, a
//! directory, a PSA or the store goes into it, so there is nothing to be redacted and nothing that could be forgotten.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use crate::{
    cli::BundleArgs,
    config::{self, TenantConfig},
    context::Context,
    exit::{Exit, Failure},
    files::write_private,
    state::open_store,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use sync_core::{
    apply::{Report, Statistics},
    model::TenantName,
    store::StateStore,
};

/// How many past runs are told of.
const RUNS: u32 = 20;

/// Words of policies that are this program's own; any other text is told as "set".
const WORDS: [&str; 36] = [
    "deactivate",
    "hold",
    "ignore",
    "ours",
    "any",
    "never",
    "always",
    "on_source_change",
    "if_empty",
    "on_create",
    "keep",
    "clear",
    "clear_if_ours",
    "tiered",
    "downgrade",
    "fail",
    "warn",
    "link",
    "stored_id",
    "immutable_id",
    "primary_email",
    "alternate_email",
    "psa_alternate_email",
    "member",
    "guest",
    "shared",
    "room",
    "equipment",
    "title",
    "department",
    "email",
    "first_name",
    "last_name",
    "phone_business",
    "phone_mobile",
    "note",
];

pub(crate) async fn run(context: &mut Context, arguments: &BundleArgs) -> Result<Exit, Failure> {
    let config = config::load(&context.global.config, &context.environment)?;
    let store = open_store(context).await.ok();
    let mut tenants = Vec::new();
    for (number, tenant) in config.tenants.iter().enumerate() {
        let mut told = of_tenant(number, tenant)?;
        if let Some(store) = &store {
            told.insert("state".to_owned(), of_state(store.as_ref(), &tenant.tenant.name).await?);
        }
        tenants.push(Value::Object(told));
    }
    let bundle = json!({
        "psa_sync": env!("CARGO_PKG_VERSION"),
        "system": { "os": std::env::consts::OS, "arch": std::env::consts::ARCH },
        "made_at": context.now(),
        "psa": config.psa.kind(),
        "state_is_there": store.is_some(),
        "retention_days": config.state.retention.num_days(),
        "tenants": tenants,
    });
    let text =
        serde_json::to_string_pretty(&bundle).map_err(|error| Failure::from_error(Exit::Failed, &error))?;
    match &arguments.out {
        None => context.print(&text)?,
        Some(path) => {
            write_private(path, &text).map_err(|error| {
                Failure::new(Exit::Failed, format!("cannot write {}: {error}", path.display()))
            })?;
            context.tell(&format!("written to {}; look through it before you pass it on", path.display()));
        }
    }
    Ok(Exit::Done)
}

/// A tenant by its number, since its name is a customer's.
fn of_tenant(number: usize, tenant: &TenantConfig) -> Result<Map<String, Value>, Failure> {
    let policy = serde_json::to_value(tenant.policy.document())
        .map_err(|error| Failure::from_error(Exit::Failed, &error))?;
    let told = json!({
        "tenant": number + 1,
        "enabled": tenant.enabled,
        "directory": tenant.directory.kind(),
        "routes": tenant.tenant.routes.len(),
        "has_own_company": tenant.tenant.company.is_some(),
        "verified_domains": tenant.tenant.verified_domains.len(),
        "policy": shape(&policy),
    });
    match told {
        Value::Object(told) => Ok(told),
        _ => Ok(Map::new()),
    }
}

/// A value with its numbers, flags and known words, and of every other text only whether there is one. Keys are this
/// program's own, because the policy was read by it.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) if text.is_empty() || WORDS.contains(&text.as_str()) => value.clone(),
        Value::String(_) => Value::from("(set)"),
        Value::Array(items) if items.iter().all(|item| item.as_str().is_some_and(|t| WORDS.contains(&t))) => {
            value.clone()
        }
        Value::Array(items) if items.iter().all(Value::is_object) => items.iter().map(shape).collect(),
        Value::Array(items) => Value::from(format!("({} set)", items.len())),
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), shape(value))).collect::<Map<_, _>>().into()
        }
    }
}

async fn of_state(store: &dyn StateStore, tenant: &TenantName) -> Result<Value, Failure> {
    let links = store.load(tenant).await?;
    let mut answers: BTreeMap<&str, u64> = BTreeMap::new();
    let reviews = store.reviews(tenant).await?;
    for review in &reviews {
        *answers.entry(review.answer.as_str()).or_default() += 1;
    }
    let mut runs = Vec::new();
    for record in store.runs(Some(tenant), None, RUNS).await? {
        let report = store.report(record.run).await?;
        runs.push(json!({
            "run": record.run,
            "started_at": record.started_at,
            "ended_at": record.ended_at,
            "sync_mode": record.sync_mode,
            "undoes": record.undoes,
            "interrupted": record.interrupted,
            "success": record.success,
            "statistics": record.statistics.unwrap_or_else(Statistics::default),
            "codes": report.as_ref().map(codes),
        }));
    }
    let events = store.events(tenant, chrono::DateTime::UNIX_EPOCH).await?;
    let events: Vec<Value> = events
        .iter()
        .map(|event| json!({ "at": event.at, "kind": event.kind.as_str(), "run": event.run }))
        .collect();
    Ok(json!({
        "generation": links.generation,
        "links": links.links.len(),
        "open_writes": links.open.len(),
        "last_complete_users": links.last_complete_users,
        "answers": answers,
        "quarantine_since": store.quarantine(tenant).await?.map(|quarantine| quarantine.since),
        "runs": runs,
        "events": events,
    }))
}

/// How often each code occurs among errors, warnings and held decisions.
fn codes(report: &Report) -> BTreeMap<String, u64> {
    let errors = report.errors.iter().map(|line| &line.code);
    let warnings = report.warnings.iter().map(|line| &line.code);
    let held = report.held.iter().map(|line| &line.code);
    let mut counts = BTreeMap::new();
    for code in errors.chain(warnings).chain(held) {
        // A code is this program's own word; a text that is none is not told.
        if code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            *counts.entry(code.clone()).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::policy::PolicyDocument;

    #[test]
    fn no_text_of_a_policy_is_told_but_this_programs_own_words() {
        let mut policy = PolicyDocument::defaults();
        policy.scope.exclude = vec!["canary@contoso.com".into()];
        policy.scope.filter = "department == \"canary\"".into();
        policy.write_back.owner_mark = "canary".into();
        policy.write_back.support_pin_field = "canaryPIN".into();
        let told = shape(&serde_json::to_value(&policy).unwrap()).to_string();
        assert!(!told.to_lowercase().contains("canary"), "{told}");
        assert!(told.contains("\"grace_reads\":2") && told.contains("\"disabled\":\"deactivate\""), "{told}");
        assert!(told.contains("(1 set)"), "{told}");
    }
}
