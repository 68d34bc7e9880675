//! From Graph's user objects to the neutral record. Pure; decides nothing beyond what a property means.

use crate::{
    query::Extension,
    wire::{Property, Text, User},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use sync_core::model::{Attribute, DirectoryUser, License, SourceAnchor, UserKind};

/// What a listing knows beside the user objects.
#[derive(Default)]
pub(crate) struct Context {
    /// The tenant's GUID.
    pub(crate) tenant_id: String,
    /// Part numbers by product id in lower case; empty where the products could not be read.
    pub(crate) part_numbers: HashMap<String, String>,
    /// Groups by user id in lower case, of the groups asked for; `None` where none was asked for.
    pub(crate) groups: Option<HashMap<String, BTreeSet<String>>>,
    /// Extensions asked for.
    pub(crate) extensions: Vec<Extension>,
    /// What a mailbox is for, by user id in lower case, of those that are no person's.
    pub(crate) mailboxes: HashMap<String, UserKind>,
}

/// Translates one user object.
///
/// Absent properties stay unread, `null` and blank ones become "read and empty".
pub(crate) fn user(raw: User<'_>, context: &Context) -> DirectoryUser {
    let User {
        id,
        odata_type,
        account_enabled,
        assigned_licenses,
        business_phones,
        city,
        company_name,
        country,
        department,
        display_name,
        employee_id,
        employee_type,
        fax_number,
        given_name,
        job_title,
        mail,
        mobile_phone,
        office_location,
        on_premises_extension_attributes,
        on_premises_immutable_id,
        on_premises_sam_account_name,
        postal_code,
        preferred_language,
        proxy_addresses,
        state,
        street_address,
        surname,
        usage_location,
        user_principal_name,
        user_type,
        mut other,
    } = raw;

    let mut user = DirectoryUser::new(SourceAnchor::entra(&context.tenant_id, &id));
    user.kind = match context.mailboxes.get(&id.to_ascii_lowercase()) {
        Some(mailbox) => Some(*mailbox),
        None => kind(&odata_type, &user_type, user_principal_name.value()),
    };
    user.enabled = account_enabled.into_value();
    user.immutable_id = on_premises_immutable_id.into_value().filter(|text| !text.trim().is_empty());
    user.alternate_emails = alternate_emails(proxy_addresses, mail.value());
    user.licenses = licenses(assigned_licenses, &context.part_numbers);
    user.groups = context
        .groups
        .as_ref()
        .map(|members| members.get(&id.to_ascii_lowercase()).cloned().unwrap_or_default());

    for extension in &context.extensions {
        let value = match extension {
            Extension::Numbered { number, .. } => numbered(&on_premises_extension_attributes, *number),
            Extension::Directory { name } => other.remove(name).map(|value| extension_text(&value)),
            // Whoever has no manager has no such object, though it was asked for.
            Extension::Manager { property, .. } => {
                Some(other.get("manager").and_then(|manager| extension_text(manager.get(property)?)))
            }
        };
        if let Some(value) = value {
            user.attributes.insert(Attribute::Extension(extension.asked_as().to_owned()), filled(value));
        }
    }
    let business_phone = match business_phones {
        Property::Absent => Property::Absent,
        Property::Null => Property::Null,
        Property::Value(phones) => {
            phones.into_iter().next().flatten().map_or(Property::Null, Property::Value)
        }
    };
    let texts = [
        (Attribute::UserPrincipalName, user_principal_name),
        (Attribute::DisplayName, display_name),
        (Attribute::GivenName, given_name),
        (Attribute::Surname, surname),
        (Attribute::Mail, mail),
        (Attribute::JobTitle, job_title),
        (Attribute::Department, department),
        (Attribute::CompanyName, company_name),
        (Attribute::OfficeLocation, office_location),
        (Attribute::BusinessPhone, business_phone),
        (Attribute::MobilePhone, mobile_phone),
        (Attribute::FaxNumber, fax_number),
        (Attribute::StreetAddress, street_address),
        (Attribute::City, city),
        (Attribute::State, state),
        (Attribute::PostalCode, postal_code),
        (Attribute::Country, country),
        (Attribute::UsageLocation, usage_location),
        (Attribute::EmployeeId, employee_id),
        (Attribute::EmployeeType, employee_type),
        (Attribute::PreferredLanguage, preferred_language),
        (Attribute::SamAccountName, on_premises_sam_account_name),
    ];
    for (attribute, property) in texts {
        if let Some(value) = property.into_read() {
            user.attributes.insert(attribute, filled(value));
        }
    }
    user
}

/// A blank text is "read and empty".
fn filled(value: Option<String>) -> Option<String> {
    value.filter(|text| !text.trim().is_empty())
}

/// `#EXT#` marks the sign-in name of a person invited from elsewhere, whatever `userType` says of them.
///
/// `userType` is `null` on users synchronized long ago, who are members. Agent identities are listed as users since
/// 2026 (`#microsoft.graph.agentUser`) and have a kind of their own, so that no policy takes them for people.
fn kind(
    odata_type: &Property<Text<'_>>,
    user_type: &Property<Text<'_>>,
    name: Option<&String>,
) -> Option<UserKind> {
    let agent = odata_type.value().is_some_and(|t| ends_with_ignore_case(&t.0, ".agentUser"));
    let invited = name.is_some_and(|name| contains_ignore_case(name, "#EXT#"));
    match user_type {
        _ if agent => Some(UserKind::Agent),
        _ if invited => Some(UserKind::Guest),
        Property::Null => Some(UserKind::Member),
        Property::Value(text) if text.0.eq_ignore_ascii_case("guest") => Some(UserKind::Guest),
        Property::Value(text) if text.0.eq_ignore_ascii_case("member") => Some(UserKind::Member),
        Property::Absent | Property::Value(_) => None,
    }
}

fn ends_with_ignore_case(text: &str, end: &str) -> bool {
    text.len()
        .checked_sub(end.len())
        .and_then(|start| text.get(start..))
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

fn contains_ignore_case(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// The e-mail addresses in `proxyAddresses` (`SMTP:` primary, `smtp:` others) beside `mail`, each once, in order.
///
/// `SIP:`, `x500:`, `SPO:`, `EUM:` and other entries are no e-mail addresses and are left out.
fn alternate_emails(proxies: Property<Vec<Option<Text<'_>>>>, mail: Option<&String>) -> Option<Vec<String>> {
    let mut alternates: Vec<String> = Vec::new();
    let mut known: HashSet<String> = mail.map(|mail| mail.trim().to_ascii_lowercase()).into_iter().collect();
    for proxy in proxies.into_read()?.unwrap_or_default().iter().flatten() {
        let address = match proxy.0.split_once(':') {
            Some((kind, address)) if kind.trim().eq_ignore_ascii_case("smtp") => address.trim(),
            Some(_) => continue,
            None => proxy.0.trim(),
        };
        if address.contains('@') && known.insert(address.to_ascii_lowercase()) {
            alternates.push(address.to_owned());
        }
    }
    Some(alternates)
}

/// The licences with part numbers where they are known, each once, in Graph's order.
fn licenses(
    assigned: Property<Vec<crate::wire::AssignedLicense<'_>>>,
    part_numbers: &HashMap<String, String>,
) -> Option<Vec<License>> {
    let mut licenses: Vec<License> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for assigned in assigned.into_read()?.unwrap_or_default() {
        let mut license = License::new(&assigned.sku_id.0);
        license.part_number = part_numbers.get(&license.sku_id).cloned();
        // One id has one part number.
        if known.insert(license.sku_id.clone()) {
            licenses.push(license);
        }
    }
    Some(licenses)
}

/// `extensionAttributeN`; a `null` object means that all fifteen are empty.
fn numbered(attributes: &Property<BTreeMap<String, Option<String>>>, number: u8) -> Option<Option<String>> {
    match attributes {
        Property::Absent => None,
        Property::Null => Some(None),
        Property::Value(values) => values.get(&format!("extensionAttribute{number}")).cloned(),
    }
}

/// A directory extension as text: flags and numbers as JSON writes them, lists joined, anything else empty.
fn extension_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(extension_text).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        }
        Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;
