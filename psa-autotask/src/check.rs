//! A read-only look at what works, for a setup page.

use crate::{
    adapter::Autotask,
    client::{company_id, condition},
    link::Entity,
    lookups::{Schema, is_closed, is_denied, labels},
    write::unread,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use sync_core::{
    CheckItem, CheckQuery,
    CheckStatus::{self, Failed, Missing, Ok as Works, Warning},
    Error, Result,
    model::{CompanyId, nearest},
};

/// Parts of names of user-defined fields that other tools are known to fill.
const RIVALS: [&str; 3] = ["sync365", "cloudradial", "deskdirector"];

/// Rows looked at to tell what the field for foreign ids is used for.
const SAMPLE: usize = 25;

pub(crate) async fn run(psa: &Autotask, query: &CheckQuery) -> Result<Vec<CheckItem>> {
    let mut items = Vec::new();
    // Answered only with good credentials. An error here ends the check.
    let cell = psa.schema().await?;
    let schema = cell.get().ok_or_else(|| unread("check"))?;
    add(&mut items, "credentials", Works, format!("connected to {}", psa.client.host()));
    budget(psa, &mut items).await;
    rights(psa, &mut items).await;
    count(psa, Entity::Contacts, "read contacts", "contacts", &mut items).await;
    count(psa, Entity::Companies, "read companies", "companies", &mut items).await;
    required(schema, &mut items);
    custom_fields(schema, &query.contact_custom_fields, &mut items);
    contact_types(schema, query, &mut items);
    company_fields(psa, &query.company_custom_fields, &mut items).await;
    companies(psa, &query.companies, &mut items).await;
    company_details(psa, &mut items).await;
    if schema.countries.is_none() {
        add(
            &mut items,
            "countries",
            Warning,
            "the security level may not read them, so countries are left alone",
        );
    }
    rivals(psa, schema, query, &mut items).await;
    Ok(items)
}

fn add(
    items: &mut Vec<CheckItem>,
    subject: impl Into<String>,
    status: CheckStatus,
    detail: impl Into<String>,
) {
    items.push(CheckItem::new(subject, status, detail));
}

/// A finding for a call that failed: a closed module is a gap, anything else a failure of that one thing.
fn add_error(items: &mut Vec<CheckItem>, subject: impl Into<String>, error: &Error) {
    let status = if is_closed(error) { Missing } else { Failed };
    add(items, subject, status, error.message());
}

/// How much of the hour is used, by everybody.
async fn budget(psa: &Autotask, items: &mut Vec<CheckItem>) {
    let subject = "request budget";
    match psa.client.threshold().await {
        Ok(threshold) => {
            let (used, limit) =
                (threshold.current_timeframe_request_count, threshold.external_request_threshold);
            let percent = used.saturating_mul(100) / limit.max(1);
            let stop = psa.config.budget_percent;
            let detail = format!(
                "{used} of {limit} requests of the last hour are used ({percent} %); stops at {stop} %"
            );
            let status = if percent >= u64::from(stop) || percent >= 50 { Warning } else { Works };
            add(items, subject, status, detail);
        }
        Err(error) => add_error(items, subject, &error),
    }
}

/// What the security level allows with contacts.
async fn rights(psa: &Autotask, items: &mut Vec<CheckItem>) {
    let rights = match psa.client.rights(Entity::Contacts, "read permissions").await {
        Ok(rights) => rights,
        Err(error) => return add_error(items, "permissions", &error),
    };
    for (subject, access) in [
        ("create contacts", &rights.user_access_for_create),
        ("update contacts", &rights.user_access_for_update),
        ("query contacts", &rights.user_access_for_query),
    ] {
        if is_denied(access.as_ref()) {
            add(items, subject, Missing, "the security level of the API user does not allow it");
        } else {
            add(items, subject, Works, "allowed");
        }
    }
}

async fn count(psa: &Autotask, entity: Entity, subject: &str, what: &str, items: &mut Vec<CheckItem>) {
    match psa.client.count(entity, &[condition("gte", "id", 0)], "count records").await {
        Ok(count) => add(items, subject, Works, format!("{count} {what}")),
        Err(error) => add_error(items, subject, &error),
    }
}

/// A native field that a create needs and nobody here writes makes every create fail.
fn required(schema: &Schema, items: &mut Vec<CheckItem>) {
    let names = schema.required_and_unknown();
    if !names.is_empty() {
        let detail =
            format!("Autotask requires {} of a new contact, which is not written here", names.join(", "));
        add(items, "required fields", Warning, detail);
    }
}

fn custom_fields(schema: &Schema, names: &BTreeSet<String>, items: &mut Vec<CheckItem>) {
    let known: Vec<&str> = schema.udfs.keys().map(String::as_str).collect();
    for name in names {
        let subject = format!("custom field {name}");
        match schema.udfs.get(name) {
            Some(definition) if definition.read_only => {
                add(items, subject, Missing, "it is read-only for the API user");
            }
            Some(_) => add(items, subject, Works, "found on contacts"),
            None => {
                add(
                    items,
                    subject,
                    Missing,
                    not_found("contacts have no such user-defined field", name, &known),
                );
            }
        }
    }
}

/// Contact types are entries of a list or words in a text, in the user-defined field that stands for them.
fn contact_types(schema: &Schema, query: &CheckQuery, items: &mut Vec<CheckItem>) {
    let lists: Vec<(&String, Vec<&str>)> = query
        .contact_custom_fields
        .iter()
        .filter_map(|name| Some((name, schema.udfs.get(name).and_then(labels)?)))
        .collect();
    for name in &query.contact_types {
        let subject = format!("contact type {name}");
        let same = |label: &&str| label.trim().to_lowercase() == name.trim().to_lowercase();
        match lists.as_slice() {
            [] => add(items, subject, Works, "kept as text"),
            lists if lists.iter().any(|(_, labels)| labels.iter().any(&same)) => {
                add(items, subject, Works, "found");
            }
            lists => {
                let known: Vec<&str> = lists.iter().flat_map(|(_, labels)| labels.iter().copied()).collect();
                add(items, subject, Missing, not_found("no list has such an entry", name, &known));
            }
        }
    }
}

async fn company_fields(psa: &Autotask, names: &BTreeSet<String>, items: &mut Vec<CheckItem>) {
    if names.is_empty() {
        return;
    }
    let cell = match psa.lookups.company_udfs(&psa.client).await {
        Ok(cell) => cell,
        Err(error) => return add_error(items, "company custom fields", &error),
    };
    let Some(udfs) = cell.get() else { return };
    let known: Vec<&str> = udfs.keys().map(String::as_str).collect();
    for name in names {
        let subject = format!("company custom field {name}");
        if udfs.contains_key(name) {
            add(items, subject, Works, "found on companies");
        } else {
            add(
                items,
                subject,
                Missing,
                not_found("companies have no such user-defined field", name, &known),
            );
        }
    }
    match psa.client.rights(Entity::Companies, "read permissions").await {
        Ok(rights) if is_denied(rights.user_access_for_update.as_ref()) => {
            let detail =
                "the security level of the API user does not allow it, so the tenant's id cannot be written";
            add(items, "update companies", Missing, detail);
        }
        Ok(_) => add(items, "update companies", Works, "allowed"),
        Err(error) => add_error(items, "update companies", &error),
    }
}

async fn companies(psa: &Autotask, ids: &BTreeSet<CompanyId>, items: &mut Vec<CheckItem>) {
    for id in ids {
        let subject = format!("company {id}");
        let operation = "read company";
        let found = match company_id(id, operation) {
            Ok(number) => psa.company_record(number, operation).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(company) if company.flag("isActive") == Some(false) => {
                add(items, subject, Warning, "it is inactive");
            }
            Ok(_) => add(items, subject, Works, "found"),
            Err(error) => add_error(items, subject, &error),
        }
    }
}

/// The names of territories and account managers are in tables of their own, which may be closed.
async fn company_details(psa: &Autotask, items: &mut Vec<CheckItem>) {
    let subject = "details of companies";
    let cell = match psa.lookups.company_names(&psa.client).await {
        Ok(cell) => cell,
        Err(error) => return add_error(items, subject, &error),
    };
    let closed = cell.get().map(|names| names.closed.join(" and ")).unwrap_or_default();
    if closed.is_empty() {
        add(items, subject, Works, "website, territory and account manager are read");
    } else {
        let detail = format!("the security level may not read the names of {closed}, so they are left out");
        add(items, subject, Missing, detail);
    }
}

/// Autotask has no contact sync of its own; other tools leave their marks in fields.
async fn rivals(psa: &Autotask, schema: &Schema, query: &CheckQuery, items: &mut Vec<CheckItem>) {
    let is_rival = |name: &&String| {
        let name = name.to_lowercase();
        RIVALS.iter().any(|rival| name.contains(rival))
    };
    let theirs: Vec<&str> = schema
        .udfs
        .keys()
        .filter(is_rival)
        .filter(|name| !query.contact_custom_fields.contains(*name))
        .map(String::as_str)
        .collect();
    if !theirs.is_empty() {
        let detail = format!(
            "contacts have the user-defined field {}: see that only one tool keeps a contact (matching.foreign_marks)",
            theirs.join(", ")
        );
        add(items, "another contact sync", Warning, detail);
    }
    let body: Vec<Value> = vec![json!({ "op": "exist", "field": "externalID" }), condition("gte", "id", 0)];
    let Ok((page, _)) = psa.client.query(Entity::Contacts, &body, "look at foreign ids").await else {
        return;
    };
    let foreign = |text: &String| !is_object_id(text);
    let sample = page.items.iter().filter_map(|row| row.text("externalID"));
    let others = sample.filter(|text| !text.trim().is_empty()).take(SAMPLE).filter(foreign).count();
    if others > 0 {
        let detail = "externalID of some contacts holds what is no directory's id: another tool uses it, so do not write \
                      the directory's id there";
        add(items, "external ids", Warning, detail);
    }
}

/// Whether a text looks like the id of a directory's object: five groups of hexadecimal digits.
fn is_object_id(text: &str) -> bool {
    let groups: Vec<&str> = text.trim().split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12]) && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn not_found(what: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("{what}; did you mean `{near}`?"),
        None if known.is_empty() => format!("{what}; there are none at all"),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_object_id;

    #[test]
    fn a_directory_id_is_told_from_other_tools_ids() {
        assert!(is_object_id("0f8fad5b-d9cb-469f-a165-70867728950e"));
        for other in
            ["", "s365:42", "0f8fad5b", "0f8fad5b-d9cb-469f-a165-70867728950z", "12345678-1234-1234-1234"]
        {
            assert!(!is_object_id(other), "{other}");
        }
    }
}
