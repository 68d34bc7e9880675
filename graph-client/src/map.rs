//! From Graph's user objects to the neutral record. Pure; decides nothing beyond what a property means.

use crate::{
    query::Extension,
    sku_names::sku_part_number,
    wire::{AssignedLicense, Property, Text, User},
};
use serde_json::Value;
use smallvec::SmallVec;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};
use sync_core::{
    model::{Attribute, DirectoryUser, SourceAnchor, UserKind},
    snapshot::{Listed, UserRecord},
};

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

impl Context {
    /// The part of every anchor of the tenant before the object's id.
    pub(crate) fn directory(&self) -> String {
        SourceAnchor::entra(&self.tenant_id, "").as_str().to_owned()
    }
}

/// The groups of a user who is in none of those asked for.
static NO_GROUPS: BTreeSet<String> = BTreeSet::new();

/// Translates one user object.
///
/// Absent properties stay unread, `null` and blank ones become "read and empty".
pub(crate) fn user(raw: &User<'_>, context: &Context) -> DirectoryUser {
    with_record(raw, context, &context.directory(), |record| record.to_user())
}

/// Translates one user object without copying its texts, and hands it on. `directory` is the context's own.
pub(crate) fn with_record<T>(
    raw: &User<'_>,
    context: &Context,
    directory: &str,
    then: impl FnOnce(&UserRecord<'_>) -> T,
) -> T {
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
        other,
    } = raw;

    let id = in_lower_case(&id.0);
    let skus = lowered_skus(assigned_licenses.read());
    let licenses = skus.as_ref().map(|skus| licenses(skus, &context.part_numbers));
    let alternates = alternate_emails(proxy_addresses.read(), text(mail));
    let extensions = extensions(context, on_premises_extension_attributes, other);
    let mut user = UserRecord::new(directory, &id);
    user.kind = match context.mailboxes.get(&*id) {
        Some(mailbox) => Some(*mailbox),
        None => kind(odata_type, user_type, text(user_principal_name)),
    };
    user.enabled = account_enabled.value().copied();
    user.immutable_id = text(on_premises_immutable_id);
    user.alternate_emails = alternates.as_deref().map(Listed::Borrowed);
    user.licenses = licenses.as_deref().map(Listed::Borrowed);
    user.groups = context.groups.as_ref().map(|members| members.get(&*id).unwrap_or(&NO_GROUPS));
    for (attribute, value) in &extensions {
        user.set(attribute, value.as_deref());
    }
    if let Some(phone) = business_phones.read() {
        let first = phone.and_then(|phones| phones.0.as_ref());
        user.set(&Attribute::BusinessPhone, first.map(|phone| &*phone.0));
    }
    for (attribute, property) in [
        (&Attribute::UserPrincipalName, user_principal_name),
        (&Attribute::DisplayName, display_name),
        (&Attribute::GivenName, given_name),
        (&Attribute::Surname, surname),
        (&Attribute::Mail, mail),
        (&Attribute::JobTitle, job_title),
        (&Attribute::Department, department),
        (&Attribute::CompanyName, company_name),
        (&Attribute::OfficeLocation, office_location),
        (&Attribute::MobilePhone, mobile_phone),
        (&Attribute::FaxNumber, fax_number),
        (&Attribute::StreetAddress, street_address),
        (&Attribute::City, city),
        (&Attribute::State, state),
        (&Attribute::PostalCode, postal_code),
        (&Attribute::Country, country),
        (&Attribute::UsageLocation, usage_location),
        (&Attribute::EmployeeId, employee_id),
        (&Attribute::EmployeeType, employee_type),
        (&Attribute::PreferredLanguage, preferred_language),
        (&Attribute::SamAccountName, on_premises_sam_account_name),
    ] {
        if let Some(value) = property.read() {
            user.set(attribute, value.map(|text| &*text.0));
        }
    }
    then(&user)
}

/// The text of a property, for uses where "not read" and "empty" come to the same.
fn text<'t>(property: &'t Property<Text<'_>>) -> Option<&'t str> {
    property.value().map(|text| &*text.0)
}

fn in_lower_case(text: &str) -> Cow<'_, str> {
    // Without a branch for each byte, so that many bytes are looked at together.
    if text.bytes().fold(false, |any, byte| any | byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// The extensions asked for and read, and what they hold.
fn extensions(
    context: &Context,
    numbers: &Property<BTreeMap<String, Option<String>>>,
    other: &BTreeMap<String, Value>,
) -> Vec<(Attribute, Option<String>)> {
    let value = |extension: &Extension| match extension {
        Extension::Numbered { number, .. } => numbered(numbers, *number),
        Extension::Directory { name } => other.get(name).map(extension_text),
        // Whoever has no manager has no such object, though it was asked for.
        Extension::Manager { property, .. } => {
            Some(other.get("manager").and_then(|manager| extension_text(manager.get(property)?)))
        }
    };
    let read = context.extensions.iter().filter_map(|extension| {
        Some((Attribute::Extension(extension.asked_as().to_owned()), value(extension)?))
    });
    read.collect()
}

/// `#EXT#` marks the sign-in name of a person invited from elsewhere, whatever `userType` says of them.
///
/// `userType` is `null` on users synchronized long ago, who are members. Agent identities are listed as users since
/// 2026 (`#microsoft.graph.agentUser`) and have a kind of their own, so that no policy takes them for people.
fn kind(
    odata_type: &Property<Text<'_>>,
    user_type: &Property<Text<'_>>,
    name: Option<&str>,
) -> Option<UserKind> {
    let agent = odata_type.value().is_some_and(|t| ends_with_ignore_case(&t.0, ".agentUser"));
    let invited = name.is_some_and(|name| name.contains('#') && contains_ignore_case(name, "#EXT#"));
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

/// Texts of which more than this are looked through by hash.
const FEW: usize = 16;

/// What nearly every user has few of, so that no user costs an allocation for it.
type Short<T> = SmallVec<[T; 4]>;

/// Texts in the order in which they came, each once whatever the case of its ASCII letters.
#[derive(Default)]
struct EachOnce<'t> {
    texts: Short<&'t str>,
    /// All of them in lower case, once they are many.
    many: HashSet<String>,
}

impl<'t> EachOnce<'t> {
    fn add(&mut self, text: &'t str) {
        let known = if self.texts.len() < FEW {
            self.texts.iter().any(|known| *known == text || known.eq_ignore_ascii_case(text))
        } else {
            if self.many.is_empty() {
                self.many.extend(self.texts.iter().map(|known| known.to_ascii_lowercase()));
            }
            !self.many.insert(text.to_ascii_lowercase())
        };
        if !known {
            self.texts.push(text);
        }
    }
}

/// The e-mail addresses in `proxyAddresses` (`SMTP:` primary, `smtp:` others) beside `mail`, each once, in order.
///
/// `SIP:`, `x500:`, `SPO:`, `EUM:` and other entries are no e-mail addresses and are left out.
fn alternate_emails<'t>(
    proxies: Option<&'t [Option<Text<'_>>]>,
    mail: Option<&'t str>,
) -> Option<Short<&'t str>> {
    let mut addresses = EachOnce::default();
    mail.into_iter().for_each(|mail| addresses.add(mail.trim()));
    for proxy in proxies?.iter().flatten() {
        let address = match proxy.0.split_once(':') {
            Some((kind, address)) if kind.trim().eq_ignore_ascii_case("smtp") => address.trim(),
            Some(_) => continue,
            None => proxy.0.trim(),
        };
        if address.contains('@') {
            addresses.add(address);
        }
    }
    let mut alternates = addresses.texts;
    if mail.is_some() {
        alternates.remove(0);
    }
    Some(alternates)
}

/// The products of the licences in lower case; `None` where they were not read.
fn lowered_skus<'t>(assigned: Option<&'t [AssignedLicense<'_>]>) -> Option<Short<Cow<'t, str>>> {
    Some(assigned?.iter().map(|license| in_lower_case(&license.sku_id.0)).collect())
}

/// The licences with part numbers where they are known, each once, in Graph's order.
fn licenses<'t>(
    skus: &'t [Cow<'_, str>],
    part_numbers: &'t HashMap<String, String>,
) -> Short<(&'t str, Option<&'t str>)> {
    // One id has one part number.
    let mut once = EachOnce::default();
    skus.iter().for_each(|sku| once.add(sku));
    // A tenant that does not tell its products has those that Microsoft names all the same.
    let part = |sku: &str| part_numbers.get(sku).map(String::as_str).or_else(|| sku_part_number(sku));
    once.texts.into_iter().map(|sku| (sku, part(sku))).collect()
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
