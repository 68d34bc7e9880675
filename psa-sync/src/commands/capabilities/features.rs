//! What people ask of a contact sync, PSA by PSA.

use super::Table;
use std::collections::BTreeMap;
use sync_core::{
    capability::{Access, ActiveStatus, AlternateEmails, AnchorStorage, Capabilities, CustomFields},
    model::ContactField,
};

/// A feature, and how one PSA offers it.
type Feature = (&'static str, fn(&Capabilities) -> &'static str);

/// Every feature, in the order in which people look for them. What the engine does alone is a "yes" everywhere.
const FEATURES: [Feature; 30] = [
    ("Contacts from the directory", always),
    ("Reads what the PSA holds", always),
    ("Matches users with contacts", always),
    ("Manages by contact type", type_mapping),
    ("Excludes users by address or filter", always),
    ("Tells every decision and its reason", always),
    ("Updates details", |c| yes(c.fields.values().any(|rule| rule.access == Access::ReadWrite))),
    ("Updates the business phone", |c| written(c, &ContactField::PhoneBusiness)),
    ("Updates the mobile phone", |c| written(c, &ContactField::PhoneMobile)),
    ("Updates department", |c| written(c, &ContactField::Department)),
    ("Sets the active status", |c| match c.active_status {
        ActiveStatus::Writable => "yes",
        ActiveStatus::Readable => "read only",
        ActiveStatus::Absent => "no",
    }),
    ("Account presence (IsOffice365)", custom),
    ("Support PIN", support_pin),
    ("Directory id on the contact (Office365Id)", |c| match c.anchor_storage {
        AnchorStorage::ExternalId => "own field or custom field",
        AnchorStorage::CustomField => "custom field",
        AnchorStorage::None | _ => "no",
    }),
    (
        "Tenant id on the company (Tenant365Id)",
        |c| if c.company_custom_fields { "custom field" } else { "no" },
    ),
    ("Ignores name updates", always),
    ("Matches on the user's other addresses", always),
    ("Matches on the contact's other addresses", |c| {
        yes(c.rule(&ContactField::AlternateEmails).access >= Access::Read)
    }),
    ("Writes other addresses", |c| match c.alternate_emails {
        AlternateEmails::None => "no",
        AlternateEmails::Slots { .. } => "as many as fit",
        AlternateEmails::Unbounded | _ => "all",
    }),
    ("Leaves out licences by SKU", always),
    ("Leaves out users without a listed licence", always),
    ("Leaves out users without first and last name", always),
    ("Notes that hold one fact each", |c| written(c, &ContactField::Note)),
    ("Photo", |c| written(c, &ContactField::Photo)),
    ("Reads territory and account manager", |c| {
        match (c.company_details.territory, c.company_details.account_manager) {
            (true, true) => "yes",
            (true, false) => "territory only",
            (false, true) => "account manager only",
            (false, false) => "no",
        }
    }),
    ("Reads the company's website", |c| yes(c.company_details.website)),
    ("Agreement quantities", |c| match c.quantities {
        Access::ReadWrite => "planned and set",
        Access::Read => "planned only",
        Access::None => "from a file only",
    }),
    ("Reads changes only", |c| yes(c.modified_since)),
    ("Several companies of one tenant", always),
    ("Never deletes", always),
];

const fn yes(can: bool) -> &'static str {
    if can { "yes" } else { "no" }
}

const fn always(_: &Capabilities) -> &'static str {
    "yes"
}

fn written(capabilities: &Capabilities, field: &ContactField) -> &'static str {
    match capabilities.rule(field).access {
        Access::ReadWrite => "yes",
        Access::Read => "read only",
        Access::None => "no",
    }
}

const fn custom(capabilities: &Capabilities) -> &'static str {
    match capabilities.custom_fields {
        CustomFields::Text { .. } => "custom field",
        CustomFields::None | _ => "no",
    }
}

fn type_mapping(capabilities: &Capabilities) -> &'static str {
    if capabilities.rule(&ContactField::ContactTypes).access == Access::ReadWrite {
        "contact types"
    } else if matches!(capabilities.custom_fields, CustomFields::Text { .. }) {
        "custom field TypeMapping"
    } else {
        "no"
    }
}

fn support_pin(capabilities: &Capabilities) -> &'static str {
    match (capabilities.custom_fields, capabilities.rule(&ContactField::Note).access) {
        (CustomFields::Text { .. }, Access::ReadWrite) => "custom field, or the one note",
        (CustomFields::Text { .. }, _) => "custom field",
        _ => "no",
    }
}

/// One row per feature, one column per adapter.
pub(super) fn table(ceilings: &BTreeMap<&str, Capabilities>) -> Table {
    let rows = FEATURES.iter().map(|(name, cell)| super::row(name, ceilings, |c| cell(c).to_owned()));
    std::iter::once(super::head("Feature", ceilings)).chain(rows).collect()
}
