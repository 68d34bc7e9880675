//! A read-only look at what works, for a setup page.

use crate::{
    adapter::Syncro,
    client::{company_id, read},
    properties, wire,
};
use serde_json::Value;
use std::collections::BTreeSet;
use sync_core::{
    CheckItem, CheckQuery,
    CheckStatus::{self, Failed, Missing, Ok as Works, Warning},
    Error, ErrorKind, Result,
    model::{CompanyId, nearest},
};

pub(crate) async fn run(psa: &Syncro, query: &CheckQuery) -> Result<Vec<CheckItem>> {
    let mut items = Vec::new();
    // An error here ends the check: nothing else can work.
    token(psa, &mut items).await?;
    let sample = contacts(psa, query, &mut items).await;
    if let Some(sample) = &sample {
        contact_fields(psa, sample, query, &mut items);
        rival(psa, sample, query, &mut items);
    }
    company_fields(psa, &query.company_custom_fields, &mut items).await;
    for name in &query.contact_types {
        let detail =
            "Syncro has no contact types; name a custom field for them (write_back.type_mapping_field)";
        add(&mut items, format!("contact type {name}"), Missing, detail);
    }
    companies(psa, &query.companies, &mut items).await;
    optional(psa, &mut items).await;
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
    let gap = matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::NotFound);
    add(items, subject, if gap { Missing } else { Failed }, error.message());
}

async fn token(psa: &Syncro, items: &mut Vec<CheckItem>) -> Result<()> {
    let me = psa.client.me().await?;
    let account = me.subdomain.unwrap_or_else(|| psa.client.host());
    add(items, "credentials", Works, format!("connected to {account}"));
    let says = |what: &str| me.permissions.as_ref()?.get("customer")?.get(what).and_then(Value::as_bool);
    if me.admin != Some(true) && says("write") == Some(false) {
        let detail = "the API token may not edit customers and contacts; give it Customers - Edit";
        add(items, "permission to write", Missing, detail);
    }
    Ok(())
}

/// What some contacts look like.
struct Sample {
    contacts: usize,
    /// Every custom field that one of them has an entry for.
    names: BTreeSet<String>,
}

/// Reads one page of all contacts, and one of each company that is named.
async fn contacts(psa: &Syncro, query: &CheckQuery, items: &mut Vec<CheckItem>) -> Option<Sample> {
    let mut sample = Sample { contacts: 0, names: BTreeSet::new() };
    let companies = query.companies.iter().filter_map(|id| company_id(id, "read contacts").ok());
    for company in std::iter::once(None).chain(companies.map(Some)) {
        let mut request = read("/contacts", "read contacts");
        if let Some(company) = company {
            request = request.query("customer_id", company);
        }
        let page: wire::Contacts = match psa.client.get(request.query("page", 1)).await {
            Ok(page) => page,
            Err(error) => {
                add_error(items, "read contacts", &error);
                return None;
            }
        };
        if company.is_none() {
            let total = page.meta.and_then(|meta| meta.total_entries).unwrap_or(page.contacts.len() as u64);
            add(items, "read contacts", Works, format!("{total} contacts"));
        }
        sample.contacts += page.contacts.len();
        for entries in page.contacts.iter().filter_map(|c| properties::entries(c.properties.as_ref())) {
            sample.names.extend(entries.keys().filter(|name| !properties::is_built_in(name)).cloned());
        }
    }
    Some(sample)
}

/// The API does not list the custom fields of contacts, so they are looked for on some contacts.
fn contact_fields(psa: &Syncro, sample: &Sample, query: &CheckQuery, items: &mut Vec<CheckItem>) {
    let status = psa.config.leavers.field();
    for name in query.contact_custom_fields.iter().map(String::as_str).chain(status) {
        let subject = format!("custom field {name}");
        if properties::is_built_in(name) {
            add(
                items,
                subject,
                Missing,
                "Syncro keeps an entry of that name for itself; choose another name",
            );
        } else if sample.names.contains(name) {
            add(items, subject, Works, "found on contacts");
        } else if let Some(near) = sample.names.iter().find(|near| is_slip(near, name)) {
            let detail =
                format!("contacts have none of that name, but `{near}`; names count with their case");
            add(items, subject, Missing, detail);
        } else {
            let detail = format!(
                "none of {} contacts has a value in it, and the API does not tell which fields there are: make sure that \
                 Admin > Customers > Contact Custom Fields has a text field of exactly that name",
                sample.contacts
            );
            add(items, subject, Warning, detail);
        }
    }
}

/// Whether one name is the other but for case, spaces and punctuation.
fn is_slip(a: &str, b: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    plain(a) == plain(b)
}

/// Words in the names of custom fields that Syncro's own Entra ID sync, or another tool of its kind, fills.
const RIVAL_WORDS: [&str; 7] =
    ["azure", "entra", "microsoft 365", "office 365", "secure score", "mfa", "sync365"];

/// Syncro has an Entra ID sync of its own, which would overwrite what is written here. The API does not say whether it is
/// on, so its traces are looked for.
fn rival(psa: &Syncro, sample: &Sample, query: &CheckQuery, items: &mut Vec<CheckItem>) {
    let ours = |name: &&String| {
        query.contact_custom_fields.contains(*name) || psa.config.leavers.field() == Some(name.as_str())
    };
    let speaks = |name: &&String| {
        let lower = name.to_lowercase();
        RIVAL_WORDS.iter().any(|word| {
            lower.split(|c: char| !c.is_alphanumeric()).any(|part| part == *word)
                || (word.contains(' ') && lower.contains(word))
        })
    };
    let traces: Vec<&str> =
        sample.names.iter().filter(|name| !ours(name)).filter(speaks).map(String::as_str).collect();
    if traces.is_empty() {
        let detail = format!(
            "no trace on {} contacts; the API does not tell whether Syncro's own Entra ID sync is on (App Center)",
            sample.contacts
        );
        add(items, "another contact sync", Works, detail);
    } else {
        let detail = format!(
            "contacts have the custom fields {}, which Syncro's own Entra ID sync or another tool may fill; switch it off for \
             the companies kept here (App Center), or both will overwrite each other",
            traces.join(", ")
        );
        add(items, "another contact sync", Warning, detail);
    }
}

async fn company_fields(psa: &Syncro, names: &BTreeSet<String>, items: &mut Vec<CheckItem>) {
    if names.is_empty() {
        return;
    }
    let settings = match psa.client.settings().await {
        Ok(settings) => settings,
        Err(error) => return add_error(items, "company custom fields", &error),
    };
    let fields = settings.customers.and_then(|customers| customers.customer_fields);
    let Some(fields) = fields else {
        return add(items, "company custom fields", Warning, "the settings do not list them");
    };
    let known: Vec<&str> = fields.iter().filter_map(|field| field.name.as_deref()).collect();
    for name in names {
        let subject = format!("company custom field {name}");
        if known.contains(&name.as_str()) {
            add(items, subject, Works, "found on customers");
        } else {
            let hint =
                nearest(name, &known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            add(items, subject, Missing, format!("customers have no such custom field{hint}"));
        }
    }
}

async fn companies(psa: &Syncro, ids: &BTreeSet<CompanyId>, items: &mut Vec<CheckItem>) {
    for id in ids {
        let subject = format!("company {id}");
        let operation = "read company";
        let found = match company_id(id, operation) {
            Ok(number) => psa.client.customer(number, operation).await,
            Err(error) => Err(error),
        };
        match found {
            Ok(company) if company.disabled == Some(true) => add(items, subject, Missing, "it is disabled"),
            Ok(_) => add(items, subject, Works, "found"),
            Err(error) => add_error(items, subject, &error),
        }
    }
}

/// What is only needed for some features.
async fn optional(psa: &Syncro, items: &mut Vec<CheckItem>) {
    let schedules = psa
        .client
        .get::<wire::Schedules>(read("/schedules", "read recurring invoices").query("page", 1))
        .await;
    match schedules {
        Ok(_) => add(items, "recurring invoices", Works, "readable"),
        Err(error) => {
            let detail = format!(
                "quantities cannot be read (give the token Recurring Invoices - List): {}",
                error.message()
            );
            add(items, "recurring invoices", Warning, detail);
        }
    }
    if !psa.config.revoke_portal_access {
        return;
    }
    match psa
        .client
        .get::<wire::PortalUsers>(read("/portal_users", "list portal users").query("page", 1))
        .await
    {
        Ok(_) => add(items, "portal access", Works, "readable"),
        Err(error) => add_error(items, "portal access", &error),
    }
}
