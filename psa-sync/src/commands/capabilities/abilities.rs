//! What each vendor can do, field by field.

use super::Table;
use std::collections::BTreeMap;
use sync_core::{
    capability::{
        Access, ActiveStatus, AlternateEmails, AnchorStorage, Capabilities, Concurrency, CustomFields,
        FieldRule,
    },
    model::ContactField,
};

/// One row per ability, one column per adapter.
pub(super) fn table(ceilings: &BTreeMap<&str, Capabilities>) -> Table {
    let row = |name: &str, cell: &dyn Fn(&Capabilities) -> String| super::row(name, ceilings, cell);
    let mut rows = vec![super::head("Ability", ceilings)];
    for name in ContactField::KNOWN {
        if let Ok(field) = name.parse::<ContactField>() {
            rows.push(row(name, &|c| field_cell(c.rule(&field))));
        }
    }
    rows.push(row("other e-mail addresses", &|c| match c.alternate_emails {
        AlternateEmails::None => "no".to_owned(),
        AlternateEmails::Slots { max } => format!("{max}"),
        AlternateEmails::Unbounded | _ => "any number".to_owned(),
    }));
    rows.push(row("active status", &|c| {
        match c.active_status {
            ActiveStatus::Absent => "no",
            ActiveStatus::Readable => "read",
            ActiveStatus::Writable => "read and write",
        }
        .to_owned()
    }));
    rows.push(row("custom fields", &|c| match c.custom_fields {
        CustomFields::None => "no".to_owned(),
        CustomFields::Text { max_len } => format!("up to {max_len} characters"),
        _ => "yes".to_owned(),
    }));
    rows.push(row("place for the directory's id", &|c| {
        match c.anchor_storage {
            AnchorStorage::None => "no",
            AnchorStorage::CustomField => "custom field",
            AnchorStorage::ExternalId | _ => "own field or custom field",
        }
        .to_owned()
    }));
    rows.push(row("custom fields of companies", &|c| yes(c.company_custom_fields)));
    rows.push(row("notes of companies", &|c| yes(c.company_notes)));
    rows.push(row("details of companies", &|c| {
        let told = c.company_details;
        let details = [
            ("website", told.website),
            ("territory", told.territory),
            ("account manager", told.account_manager),
        ];
        let told: Vec<&str> = details.into_iter().filter_map(|(name, told)| told.then_some(name)).collect();
        if told.is_empty() { "no".to_owned() } else { told.join(", ") }
    }));
    rows.push(row("notices lost updates", &|c| {
        match c.concurrency {
            Concurrency::ReadBeforeWrite => "by reading first",
            Concurrency::VersionTag | _ => "by version tag",
        }
        .to_owned()
    }));
    rows.push(row("creates can be repeated", &|c| yes(c.idempotent_create)));
    rows.push(row("lists changes only", &|c| yes(c.modified_since)));
    rows.push(row("agreement quantities", &|c| {
        match c.quantities {
            Access::None => "no",
            Access::Read => "read",
            Access::ReadWrite => "read and write",
        }
        .to_owned()
    }));
    rows.push(row("a write is looked up after", &|c| format!("{} s", c.settling.grace().as_secs())));
    rows
}

fn field_cell(rule: FieldRule) -> String {
    let access = match rule.access {
        Access::None => return "no".to_owned(),
        Access::Read => "read",
        Access::ReadWrite => "read and write",
    };
    let length = rule.max_len.map(|max| format!(", up to {max} characters")).unwrap_or_default();
    let required = if rule.required { ", required" } else { "" };
    format!("{access}{length}{required}")
}

fn yes(can: bool) -> String {
    if can { "yes" } else { "no" }.to_owned()
}
