//! `psa-sync capabilities`: what each adapter can do at best.

use crate::{
    adapters::{self, PSAS},
    cli::{CapabilitiesArgs, PlanFormat},
    context::Context,
    exit::{Exit, Failure},
    render::{markdown_table, text_table},
};
use std::collections::BTreeMap;
use sync_core::{
    capability::{
        Access, ActiveStatus, AlternateEmails, AnchorStorage, Capabilities, Concurrency, CustomFields,
        FieldRule,
    },
    model::ContactField,
};

pub(crate) fn run(context: &mut Context, arguments: &CapabilitiesArgs) -> Result<Exit, Failure> {
    let adapters = match &arguments.psa {
        Some(kind) => vec![adapters::psa(kind).map_err(|e| Failure::usage(format!("--psa: {e}")))?],
        None => PSAS.to_vec(),
    };
    let ceilings: BTreeMap<&str, Capabilities> =
        adapters.iter().map(|adapter| (adapter.shape.kind, (adapter.ceiling)())).collect();
    let text = match arguments.format {
        PlanFormat::Json => {
            let only = ceilings.values().next().filter(|_| arguments.psa.is_some());
            let json = match only {
                Some(one) => serde_json::to_string_pretty(one),
                None => serde_json::to_string_pretty(&ceilings),
            };
            json.map_err(|error| Failure::from_error(Exit::Failed, &error))?
        }
        PlanFormat::Text => text_table(&matrix(&ceilings)),
        PlanFormat::Markdown => markdown_table(&matrix(&ceilings)),
    };
    context.print(&text)?;
    Ok(Exit::Done)
}

/// One row per ability, one column per adapter.
fn matrix(ceilings: &BTreeMap<&str, Capabilities>) -> Vec<Vec<String>> {
    let row = |name: &str, cell: &dyn Fn(&Capabilities) -> String| {
        std::iter::once(name.to_owned()).chain(ceilings.values().map(cell)).collect::<Vec<_>>()
    };
    let mut rows =
        vec![std::iter::once("ability".to_owned()).chain(ceilings.keys().map(|k| (*k).to_owned())).collect()];
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
    rows.push(row("quantities of agreements", &|c| access(c.quantities).to_owned()));
    rows.push(row("notices lost updates", &|c| {
        match c.concurrency {
            Concurrency::ReadBeforeWrite => "by reading first",
            Concurrency::VersionTag | _ => "by version tag",
        }
        .to_owned()
    }));
    rows.push(row("creates can be repeated", &|c| yes(c.idempotent_create)));
    rows.push(row("lists changes only", &|c| yes(c.modified_since)));
    rows
}

fn field_cell(rule: FieldRule) -> String {
    if rule.access == Access::None {
        return access(rule.access).to_owned();
    }
    let length = rule.max_len.map(|max| format!(", up to {max} characters")).unwrap_or_default();
    let required = if rule.required { ", required" } else { "" };
    format!("{}{length}{required}", access(rule.access))
}

const fn access(access: Access) -> &'static str {
    match access {
        Access::None => "no",
        Access::Read => "read",
        Access::ReadWrite => "read and write",
    }
}

fn yes(can: bool) -> String {
    if can { "yes" } else { "no" }.to_owned()
}
