//! A read-only look at what works, for a setup page.

use crate::{
    adapter::ConnectWise,
    client::{company_id, read},
    lookups::is_closed,
    wire,
};
use std::collections::BTreeSet;
use sync_core::{
    CheckItem, CheckQuery,
    CheckStatus::{self, Failed, Missing, Ok as Works, Warning},
    Error, ErrorKind, Result,
    model::{CompanyId, nearest},
};

pub(crate) async fn run(psa: &ConnectWise, query: &CheckQuery) -> Result<Vec<CheckItem>> {
    let mut items = Vec::new();
    // Answered only with good credentials, unlike /system/info on an own server. An error here ends the check.
    let types = communication_types(psa, &mut items).await?;
    if types {
        mobile(psa, &mut items).await;
    }
    version(psa, &mut items).await;
    contacts(psa, &mut items).await;
    custom_fields(psa, &query.contact_custom_fields, &mut items).await;
    company_fields(psa, &query.company_custom_fields, &mut items).await;
    contact_types(psa, &query.contact_types, &mut items).await;
    companies(psa, &query.companies, &mut items).await;
    account_managers(psa, &query.companies, &mut items).await;
    rival(psa, &mut items).await;
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

async fn communication_types(psa: &ConnectWise, items: &mut Vec<CheckItem>) -> Result<bool> {
    match psa.communication().await {
        Ok(communication) => {
            add(items, "credentials", Works, format!("connected to {}", psa.client.host()));
            let names: Vec<&str> =
                communication.table.iter().filter_map(|t| t.description.as_deref()).collect();
            let mut lacking = Vec::new();
            if communication.types.email.is_none() {
                lacking.push("email_type");
            }
            if communication.types.business.is_none() {
                lacking.push("phone_type");
            }
            if lacking.is_empty() {
                add(items, "communication types", Works, format!("{} types", names.len()));
            } else {
                let detail = format!(
                    "no default type; set {}. ConnectWise has {}",
                    lacking.join(" and "),
                    names.join(", ")
                );
                add(items, "communication types", Missing, detail);
            }
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            add(items, "credentials", Works, format!("connected to {}", psa.client.host()));
            add(items, "communication types", Failed, error.message());
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

async fn mobile(psa: &ConnectWise, items: &mut Vec<CheckItem>) {
    if psa.config.mobile_type.is_some() {
        return;
    }
    let Ok(communication) = psa.communication().await else { return };
    let phones: Vec<&str> = communication
        .table
        .iter()
        .filter(|t| t.phone_flag == Some(true))
        .filter_map(|t| t.description.as_deref())
        .collect();
    let detail = format!(
        "mobile_type is not set, so mobile numbers are left alone. Phone types: {}",
        phones.join(", ")
    );
    add(items, "mobile phone", Warning, detail);
}

/// Old record models are kept for 12 months, and what follows is not documented.
async fn version(psa: &ConnectWise, items: &mut Vec<CheckItem>) {
    let request = read("/company/communicationTypes", "read the API version").query("pageSize", 1);
    let Ok(response) = psa.client.send(request).await else { return };
    let Some(current) = response.headers().get("api-current-version") else { return };
    let (Some(now), Some(asked)) = (months(current), months(&psa.config.api_version)) else { return };
    if now > asked + 12 {
        let detail = format!(
            "the server is at {current}; models older than a year may be dropped: raise api_version from {}",
            psa.config.api_version
        );
        add(items, "API version", Warning, detail);
    } else {
        add(
            items,
            "API version",
            Works,
            format!("asked for {}, the server is at {current}", psa.config.api_version),
        );
    }
}

/// `2025.1` in months; releases are numbered by month.
fn months(version: &str) -> Option<u32> {
    let digits = version.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
    let (year, month) = digits.split_once('.')?;
    let month: String = month.chars().take_while(char::is_ascii_digit).collect();
    Some(
        year.parse::<u32>().ok().filter(|y| *y < 10_000)? * 12
            + month.parse::<u32>().ok().filter(|m| *m < 100)?,
    )
}

async fn contacts(psa: &ConnectWise, items: &mut Vec<CheckItem>) {
    match psa.count("/company/contacts/count", "count contacts").await {
        Ok(count) => add(items, "read contacts", Works, format!("{count} contacts")),
        Err(error) => add_error(items, "read contacts", &error),
    }
}

async fn custom_fields(psa: &ConnectWise, names: &BTreeSet<String>, items: &mut Vec<CheckItem>) {
    let custom = match psa.custom().await {
        Ok(custom) => custom,
        Err(error) => return add_error(items, "custom fields", &error),
    };
    if !custom.from_table {
        let detail = "the role may not read the table of user-defined fields; they were learned from a contact instead";
        add(items, "custom fields", Warning, detail);
    }
    let known: Vec<&str> = custom.definitions.iter().map(|(caption, _)| caption).collect();
    for name in names {
        let subject = format!("custom field {name}");
        if crate::custom::is_fixed(name) || custom.definitions.get(name).is_some() {
            add(items, subject, Works, "found on contacts");
        } else if custom.definitions.is_ambiguous(name) {
            add(items, subject, Missing, "two custom fields of contacts have that caption; rename one");
        } else {
            add(items, subject, Missing, not_found("contacts have no such custom field", name, &known));
        }
    }
}

async fn company_fields(psa: &ConnectWise, names: &BTreeSet<String>, items: &mut Vec<CheckItem>) {
    if names.is_empty() {
        return;
    }
    let request = read("/company/companies", "read company custom fields")
        .query("pageSize", 1)
        .query("fields", wire::COMPANY_FIELDS)
        .query("conditions", "deletedFlag=False");
    let sample: Vec<wire::Company> = match psa.client.get(request).await {
        Ok(sample) => sample,
        Err(error) => return add_error(items, "read companies", &error),
    };
    let captions: Vec<&str> = sample
        .iter()
        .flat_map(|company| company.custom_fields.iter().flatten())
        .filter_map(|field| field.caption.as_deref().map(str::trim))
        .collect();
    for name in names {
        let subject = format!("company custom field {name}");
        match captions.iter().filter(|caption| *caption == name).count() {
            _ if crate::custom::is_fixed(name) => add(items, subject, Works, "found on companies"),
            1 => add(items, subject, Works, "found on companies"),
            0 => add(
                items,
                subject,
                Missing,
                not_found("companies have no such custom field", name, &captions),
            ),
            _ => add(items, subject, Missing, "two custom fields of companies have that caption; rename one"),
        }
    }
}

async fn contact_types(psa: &ConnectWise, names: &BTreeSet<String>, items: &mut Vec<CheckItem>) {
    if names.is_empty() {
        return;
    }
    let table = match psa.lookups.contact_types(&psa.client).await {
        Ok(table) => table,
        Err(error) => return add_error(items, "contact types", &error),
    };
    let known: Vec<&str> = table.keys().map(String::as_str).collect();
    for name in names {
        let subject = format!("contact type {name}");
        if known.iter().any(|k| k.trim().to_lowercase() == name.trim().to_lowercase()) {
            add(items, subject, Works, "found");
        } else {
            add(items, subject, Missing, not_found("there is no such contact type", name, &known));
        }
    }
}

async fn companies(psa: &ConnectWise, ids: &BTreeSet<CompanyId>, items: &mut Vec<CheckItem>) {
    for id in ids {
        let subject = format!("company {id}");
        let operation = "read company";
        let found = match company_id(id, operation) {
            Ok(number) => psa.client.company(number, operation).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(company) if company.deleted_flag == Some(true) => {
                add(items, subject, Missing, "it is deleted");
            }
            Ok(_) => add(items, subject, Works, "found"),
            Err(error) => add_error(items, subject, &error),
        }
    }
}

/// What is told of companies, and whether teams may be read where account managers are wanted.
async fn account_managers(psa: &ConnectWise, ids: &BTreeSet<CompanyId>, items: &mut Vec<CheckItem>) {
    let subject = "details of companies";
    if !psa.config.account_managers {
        let detail = "website and territory are read; account managers only with account_managers = true (one call per company)";
        return add(items, subject, Works, detail);
    }
    let operation = "read account manager";
    let Some(id) = ids.iter().find_map(|id| company_id(id, operation).ok()) else { return };
    match psa.client.account_managers(id, operation).await {
        Ok(_) => add(items, subject, Works, "website, territory and account manager are read"),
        // The company itself is looked at above.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => add_error(items, subject, &error),
    }
}

/// ConnectWise has a contact sync of its own; two would overwrite each other. Servers without it say nothing.
async fn rival(psa: &ConnectWise, items: &mut Vec<CheckItem>) {
    if let Ok(count @ 1..) = psa.count("/company/m365contact/count", "look for another contact sync").await {
        let detail = format!(
            "ConnectWise's own Microsoft 365 contact sync holds {count} contacts; switch it off for the companies kept here, or both will overwrite each other"
        );
        add(items, "another contact sync", Warning, detail);
    }
}

fn not_found(what: &str, name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("{what}; did you mean `{near}`?"),
        None if known.is_empty() => format!("{what}; there are none at all"),
        None => what.to_owned(),
    }
}
