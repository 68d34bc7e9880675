//! A read-only look at what works, for a setup page.

use crate::{
    adapter::KaseyaBms,
    client::{Answer, Call, account_id},
    config::Config,
    listing::numbered,
    lookups::{Found, Module, is_closed},
    wire,
};
use std::collections::BTreeSet;
use sync_core::{
    CheckItem, CheckQuery,
    CheckStatus::{self, Failed, Missing, Ok as Works, Warning},
    Error, Result,
    model::{CompanyId, nearest},
};

pub(crate) async fn run(psa: &KaseyaBms, query: &CheckQuery) -> Result<Vec<CheckItem>> {
    let mut items = Vec::new();
    // The one call that needs no right but to sign in. An error here ends the check.
    let user = psa.client.user_info().await?;
    let product =
        user.product_name.filter(|name| name.chars().count() <= 40).unwrap_or_else(|| "BMS".to_owned());
    add(&mut items, "credentials", Works, format!("connected to {product} at {}", psa.client.host()));
    contacts(psa, &mut items).await;
    types(psa, &mut items).await;
    contact_fields(psa, &query.contact_custom_fields, &mut items).await;
    company_fields(psa, &query.company_custom_fields, &mut items).await;
    for name in &query.contact_types {
        let detail =
            "BMS contacts have no types; name a custom field in policy.write_back.type_mapping_field";
        add(&mut items, format!("contact type {name}"), Missing, detail);
    }
    companies(psa, &query.companies, &mut items).await;
    employees(psa, &mut items).await;
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

async fn contacts(psa: &KaseyaBms, items: &mut Vec<CheckItem>) {
    for (active, subject) in [(true, "read contacts"), (false, "read inactive contacts")] {
        let call = Call::get("/v2/crm/contacts/summary", "count contacts").query("Filter.IsActive", active);
        match psa.client.call::<Option<Vec<wire::Contact>>>(numbered(&call, 1)).await {
            Ok(Answer { total: Some(total), .. }) => add(items, subject, Works, format!("{total} contacts")),
            Ok(Answer { total: None, .. }) => {
                let detail =
                    "the list does not tell its length, so a change while it is read may go unnoticed";
                add(items, subject, Warning, detail);
            }
            Err(error) => add_error(items, subject, &error),
        }
    }
}

async fn types(psa: &KaseyaBms, items: &mut Vec<CheckItem>) {
    match psa.types().await {
        Ok(types) => {
            let detail = format!(
                "new addresses are of type {}, business phones of type {}",
                types.email, types.business
            );
            add(items, "types of addresses and numbers", Works, detail);
            if types.mobile.is_none() {
                let detail = "mobile_type is not set, so mobile numbers are left alone";
                add(items, "mobile phone", Warning, detail);
            }
        }
        Err(error) => add_error(items, "types of addresses and numbers", &error),
    }
}

async fn contact_fields(psa: &KaseyaBms, names: &BTreeSet<String>, items: &mut Vec<CheckItem>) {
    match psa.contact_module().await {
        Ok(module) => {
            tell_module(module, "custom fields", "contact_module_id", &psa.config, items, !names.is_empty());
            for name in names {
                tell_field(module, format!("custom field {name}"), name, "contacts", items);
            }
            if !names.is_empty() && !module.definitions.is_empty() {
                let detail = "each of them costs one call per contact and read: BMS has no list of custom values, and \
                              allows 1,500 calls to one endpoint in an hour";
                add(items, "cost of custom fields", Warning, detail);
            }
            required(module, items);
        }
        Err(error) => add_error(items, "custom fields", &error),
    }
}

async fn company_fields(psa: &KaseyaBms, names: &BTreeSet<String>, items: &mut Vec<CheckItem>) {
    if names.is_empty() {
        return;
    }
    if !psa.config.company_custom_fields {
        let detail =
            "custom fields of companies are off; set company_custom_fields = true (one call per company)";
        return add(items, "company custom fields", Missing, detail);
    }
    match psa.account_module().await {
        Ok(module) => {
            tell_module(module, "company custom fields", "account_module_id", &psa.config, items, true);
            for name in names {
                tell_field(module, format!("company custom field {name}"), name, "companies", items);
            }
        }
        Err(error) => add_error(items, "company custom fields", &error),
    }
}

fn tell_module(
    module: &Module,
    subject: &str,
    key: &str,
    config: &Config,
    items: &mut Vec<CheckItem>,
    needed: bool,
) {
    let number = module.id.map(|id| id.to_string()).unwrap_or_default();
    let gap = if needed { Missing } else { Warning };
    match module.found {
        Found::NotSought if !needed => {}
        Found::NotSought => add(items, subject, gap, format!("set {key}, or names to find the module by")),
        Found::Configured if module.definitions.is_empty() => {
            add(items, subject, gap, format!("module {number} has no custom fields; is {key} right?"));
        }
        Found::Configured => add(items, subject, Works, format!("module {number}")),
        Found::Probed => {
            let detail =
                format!("found in module {number}; set {key} = {number} to save 60 calls per connection");
            add(items, subject, Works, detail);
        }
        Found::Nowhere => {
            let names = [&config.probe_contact_fields, &config.probe_account_fields];
            let names = if key.starts_with("contact") { names[0] } else { names[1] };
            let detail =
                format!("no module has any of {}; create them in BMS, or set {key}", names.join(", "));
            add(items, subject, gap, detail);
        }
        Found::Twice => {
            add(items, subject, gap, format!("two modules have as many of the names to look for; set {key}"));
        }
        Found::Closed => add(items, subject, gap, "the security role may not read custom fields"),
    }
}

fn tell_field(module: &Module, subject: String, name: &str, of: &str, items: &mut Vec<CheckItem>) {
    let known: Vec<&str> = module.definitions.iter().map(|(name, _)| name).collect();
    if module.definitions.get(name).is_some() {
        add(items, subject, Works, format!("found on {of}"));
    } else if module.definitions.is_ambiguous(name) {
        add(items, subject, Missing, format!("two custom fields of {of} have that name; rename one"));
    } else {
        let detail = match nearest(name, &known) {
            Some(near) => format!("{of} have no such custom field; did you mean `{near}`?"),
            None => format!("{of} have no such custom field; spelling and case count"),
        };
        add(items, subject, Missing, detail);
    }
}

/// A custom field that every new contact needs makes creates fail that do not bring it.
fn required(module: &Module, items: &mut Vec<CheckItem>) {
    let required: Vec<&str> = module
        .definitions
        .iter()
        .filter(|(_, definition)| definition.is_some_and(|definition| definition.required))
        .map(|(name, _)| name)
        .collect();
    if !required.is_empty() {
        let detail =
            format!("new contacts need {}; map them, or people without are held", required.join(", "));
        add(items, "required custom fields", Warning, detail);
    }
}

async fn companies(psa: &KaseyaBms, ids: &BTreeSet<CompanyId>, items: &mut Vec<CheckItem>) {
    for id in ids {
        let subject = format!("company {id}");
        let found = match account_id(id, "read company") {
            Ok(number) => match psa.client.account(number, "read company").await {
                Ok(account) => psa.lookups.location(&psa.client, number).await.map(|_| account),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        match found {
            Ok(account) if account.is_active == Some(false) => add(items, subject, Warning, "it is inactive"),
            Ok(_) => add(items, subject, Works, "found, with a main location"),
            Err(error) => add_error(items, subject, &error),
        }
    }
}

/// BMS has an Entra ID sync of its own, which no route tells of: it leaves archived employees, and goes with single
/// sign-on. Two would overwrite each other.
async fn employees(psa: &KaseyaBms, items: &mut Vec<CheckItem>) {
    let mut signs = Vec::new();
    if psa.config.check_employees {
        match psa.lookups.employees(&psa.client).await {
            Ok(employees) if employees.closed => {
                let detail =
                    "the security role may not read employees, so their addresses are not recognised";
                add(items, "employees", Warning, detail);
            }
            Ok(employees) => {
                add(
                    items,
                    "employees",
                    Works,
                    format!("{} employees, whose addresses are refused", employees.count),
                );
                if employees.archived > 0 {
                    signs.push(format!(
                        "{} employees are marked _Archived, as it marks them",
                        employees.archived
                    ));
                }
            }
            Err(error) => add_error(items, "employees", &error),
        }
    }
    if let Ok(status) = psa.client.sso_status(&psa.config.tenant).await
        && status.enabled == Some(true)
    {
        signs.push("people sign in through an identity provider".to_owned());
    }
    if !signs.is_empty() {
        let detail = format!(
            "BMS's own Entra ID sync may be on ({}); switch it off for the companies kept here, or both will overwrite \
             each other",
            signs.join(", ")
        );
        add(items, "another contact sync", Warning, detail);
    }
}
