//! Autotask records to neutral ones and back. Pure.

use crate::{
    capability::{LONGEST_EXTENSION, PLAIN, Plain},
    lookups::{CompanyNames, Schema},
    udf::{self, Definitions, Unfit},
    wire::{Record, UDFS, contact as names},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use sync_core::{
    ErrorKind,
    capability::Access,
    model::{
        Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, PhoneNumber, VersionTag,
    },
};

/// A contact as this adapter reads it: every field that this database lets be read.
pub(crate) fn contact(record: &Record, schema: &Schema) -> Contact {
    let mut fields = FieldSet::new();
    let mut show = |field: ContactField, value: FieldValue| {
        if schema.capabilities.rule(&field).access > Access::None {
            fields.insert(field, value);
        }
    };
    for Plain { field, wire, .. } in PLAIN {
        show(field, text(record.text(wire)));
    }
    show(ContactField::PhoneBusiness, text(Some(phone(record).to_string())));
    show(ContactField::AlternateEmails, list(alternates(record).into_iter().flatten().collect()));
    let country = record.number(names::COUNTRY).zip(schema.countries.as_ref());
    // A country that is not in the table is still not none.
    let country =
        country.map(|(id, countries)| countries.name(id).map_or_else(|| id.to_string(), str::to_owned));
    show(ContactField::AddressCountry, text(country));
    show(ContactField::Active, FieldValue::Flag(record.flag(names::ACTIVE) != Some(false)));
    for (name, value) in udf::read(record, &schema.udfs) {
        show(ContactField::Custom(name), value);
    }
    let mut contact =
        Contact::new(ContactId::new(record.id().unwrap_or_default().to_string()), CompanyId::new(""));
    contact.company = record.number(names::COMPANY).map(|id| CompanyId::new(id.to_string()));
    contact.fields = fields;
    contact.protected = record.flag(names::PRIMARY) == Some(true);
    contact.version = version(record);
    contact
}

/// The moment of the last change, which stands in for the version tag that Autotask does not have.
pub(crate) fn version(record: &Record) -> Option<VersionTag> {
    record.text(names::MODIFIED).map(VersionTag::new)
}

/// A company as this adapter reads it.
pub(crate) fn company(record: &Record, udfs: &Definitions, of: &CompanyNames) -> Company {
    let id = CompanyId::new(record.id().unwrap_or_default().to_string());
    let mut company = Company::new(id, record.text("companyName").unwrap_or_default());
    company.active = record.flag("isActive") != Some(false);
    company.website = record.text("webAddress").filter(|text| !text.trim().is_empty());
    company.territory = record.text("territoryID").and_then(|id| of.territories.get(&id).cloned());
    company.account_manager = record.number("ownerResourceID").and_then(|id| of.resources.get(&id).cloned());
    company.custom_fields = udf::read(record, udfs);
    company
}

fn text(value: Option<String>) -> FieldValue {
    value.map_or(FieldValue::Empty, FieldValue::text)
}

fn list(items: Vec<String>) -> FieldValue {
    if items.is_empty() { FieldValue::Empty } else { FieldValue::List(items) }
}

fn phone(record: &Record) -> PhoneNumber {
    PhoneNumber {
        number: record.text(names::PHONE).unwrap_or_default(),
        extension: record.text(names::EXTENSION).unwrap_or_default(),
    }
}

/// What the two slots hold.
fn alternates(record: &Record) -> [Option<String>; 2] {
    names::ALTERNATES.map(|slot| record.text(slot).filter(|text| !text.trim().is_empty()))
}

/// A field that cannot be written as asked; nothing has been sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) field: String,
    pub(crate) reason: &'static str,
    pub(crate) kind: ErrorKind,
}

impl Refused {
    fn unsupported(field: &ContactField, reason: &'static str) -> Self {
        Self { field: field.to_string(), reason, kind: ErrorKind::Unsupported }
    }

    fn rejected(field: &ContactField, reason: &'static str) -> Self {
        Self { field: field.to_string(), reason, kind: ErrorKind::Rejected }
    }
}

const NOT_TAKEN: &str = "Autotask contacts do not take it";

/// The body that brings a record to what is wanted: only what differs; empty where nothing does.
///
/// # Errors
/// The first field that this database cannot take.
pub(crate) fn changes(
    fields: &FieldSet,
    schema: &Schema,
    before: &Record,
) -> Result<Map<String, Value>, Refused> {
    let mut body = Map::new();
    let mut udfs = Vec::new();
    for (field, value) in fields {
        let rule = schema.capabilities.rule(field);
        if rule.access < Access::ReadWrite {
            let reason = match field.open_name().map(|name| udf::encode(schema.udfs.get(name), value)) {
                Some(Err(unfit)) => unfit.reason(),
                Some(Ok(_)) => Unfit::ReadOnly.reason(),
                None => NOT_TAKEN,
            };
            return Err(Refused::unsupported(field, reason));
        }
        if let Some(Plain { wire, .. }) = PLAIN.iter().find(|plain| plain.field == *field) {
            let wanted = one_text(field, value)?;
            if wanted.is_empty() && rule.required {
                return Err(Refused::rejected(field, "Autotask requires it, so it cannot be blank"));
            }
            let wanted = fitting(field, wanted, rule.max_len)?;
            if record_text(before, wire) != wanted {
                body.insert((*wire).to_owned(), wanted.into());
            }
            continue;
        }
        match field {
            ContactField::PhoneBusiness => phone_changes(&mut body, field, value, rule.max_len, before)?,
            ContactField::AlternateEmails => slot_changes(&mut body, field, value, rule.max_len, before)?,
            ContactField::AddressCountry => country_changes(&mut body, field, value, schema, before)?,
            ContactField::Active => {
                let FieldValue::Flag(active) = value else {
                    return Err(Refused::unsupported(field, "it takes a flag"));
                };
                if before.flag(names::ACTIVE) != Some(*active) {
                    body.insert(names::ACTIVE.to_owned(), i64::from(*active).into());
                }
            }
            ContactField::Custom(name) => udfs.extend(udf_change(field, name, value, &schema.udfs, before)?),
            // The plain ones were taken above, and no database takes the others.
            ContactField::FirstName
            | ContactField::LastName
            | ContactField::Email
            | ContactField::Title
            | ContactField::Department
            | ContactField::PhoneMobile
            | ContactField::PhoneFax
            | ContactField::AddressStreet
            | ContactField::AddressCity
            | ContactField::AddressState
            | ContactField::AddressPostalCode
            | ContactField::Office
            | ContactField::Username
            | ContactField::ContactTypes
            | ContactField::Photo
            | ContactField::Note
            | ContactField::ExternalId
            | _ => return Err(Refused::unsupported(field, NOT_TAKEN)),
        }
    }
    if !udfs.is_empty() {
        body.insert(UDFS.to_owned(), udfs.into());
    }
    Ok(body)
}

/// The body of a create. A contact is active unless the fields say otherwise.
///
/// # Errors
/// A field that this database cannot take, or one that it requires and that is not there.
pub(crate) fn new_contact(fields: &FieldSet, schema: &Schema) -> Result<Map<String, Value>, Refused> {
    let rules = schema.capabilities.fields.iter().filter(|(_, rule)| rule.required);
    for (field, _) in rules {
        if fields.get(field).is_none_or(FieldValue::is_blank) {
            return Err(Refused::rejected(field, "Autotask requires it for a new contact"));
        }
    }
    let mut body = changes(fields, schema, &Record::default())?;
    body.entry(names::ACTIVE).or_insert_with(|| 1.into());
    Ok(body)
}

/// The body that sets user-defined fields of a company, without its id; empty where nothing differs.
///
/// # Errors
/// The first field that cannot take its value.
pub(crate) fn company_changes(
    wanted: &BTreeMap<String, FieldValue>,
    known: &Definitions,
    before: &Record,
) -> Result<Map<String, Value>, Refused> {
    let mut udfs = Vec::new();
    for (name, value) in wanted {
        udfs.extend(udf_change(&ContactField::Custom(name.clone()), name, value, known, before)?);
    }
    let body = if udfs.is_empty() { Map::new() } else { Map::from_iter([(UDFS.to_owned(), udfs.into())]) };
    Ok(body)
}

fn udf_change(
    field: &ContactField,
    name: &str,
    value: &FieldValue,
    known: &Definitions,
    before: &Record,
) -> Result<Option<Value>, Refused> {
    let wanted =
        udf::encode(known.get(name), value).map_err(|unfit| Refused::unsupported(field, unfit.reason()))?;
    let stored = before.udfs().find(|(known, _)| *known == name).and_then(|(_, value)| value);
    let same = stored.as_deref().unwrap_or_default().trim() == wanted.as_deref().unwrap_or_default();
    Ok((!same).then(|| json!({ "name": name, "value": wanted })))
}

fn phone_changes(
    body: &mut Map<String, Value>,
    field: &ContactField,
    value: &FieldValue,
    max_len: Option<u32>,
    before: &Record,
) -> Result<(), Refused> {
    let mut wanted = PhoneNumber::parse(&one_text(field, value)?, LONGEST_EXTENSION);
    let room = u32::try_from(LONGEST_EXTENSION + 2).unwrap_or(0);
    let longest = max_len.map(|max| max.saturating_sub(room));
    if longest.is_some_and(|longest| is_longer(&wanted.number, longest)) {
        // The digits are what counts; people's blanks and brackets are not.
        wanted.number.retain(|c| c.is_ascii_digit() || c == '+');
    }
    wanted.number = fitting(field, wanted.number, longest)?;
    if phone(before).to_string() == wanted.to_string() {
        return Ok(());
    }
    for (name, text) in [(names::PHONE, wanted.number), (names::EXTENSION, wanted.extension)] {
        if record_text(before, name) != text {
            body.insert(name.to_owned(), text.into());
        }
    }
    Ok(())
}

/// Addresses that are wanted stay in their slot; the others give theirs up to new ones.
fn slot_changes(
    body: &mut Map<String, Value>,
    field: &ContactField,
    value: &FieldValue,
    max_len: Option<u32>,
    before: &Record,
) -> Result<(), Refused> {
    let wanted = texts(field, value)?;
    if wanted.len() > names::ALTERNATES.len() {
        return Err(Refused::unsupported(
            field,
            "Autotask has room for two addresses beside the primary one",
        ));
    }
    let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
    let held = alternates(before);
    let is_wanted = |held: &str| wanted.iter().any(|wanted| same(wanted, held));
    let is_held = |wanted: &String| held.iter().flatten().any(|held| same(held, wanted));
    let mut new = wanted.iter().filter(|wanted| !is_held(wanted));
    for (name, slot) in names::ALTERNATES.iter().zip(&held) {
        if slot.as_deref().is_some_and(is_wanted) {
            continue;
        }
        let next = new.next().cloned().unwrap_or_default();
        let next = fitting(field, next, max_len)?;
        if record_text(before, name) != next {
            body.insert((*name).to_owned(), next.into());
        }
    }
    Ok(())
}

fn country_changes(
    body: &mut Map<String, Value>,
    field: &ContactField,
    value: &FieldValue,
    schema: &Schema,
    before: &Record,
) -> Result<(), Refused> {
    let wanted = one_text(field, value)?;
    let id = if wanted.is_empty() {
        None
    } else {
        let id = schema.countries.as_ref().and_then(|countries| countries.id(&wanted));
        let unknown = "Autotask's table of countries has no such name or two-letter code";
        Some(id.ok_or_else(|| Refused::rejected(field, unknown))?)
    };
    if before.number(names::COUNTRY) != id {
        body.insert(names::COUNTRY.to_owned(), id.into());
    }
    Ok(())
}

fn record_text(record: &Record, name: &str) -> String {
    record.text(name).unwrap_or_default().trim().to_owned()
}

fn is_longer(text: &str, max: u32) -> bool {
    text.chars().count() > max as usize
}

fn fitting(field: &ContactField, text: String, max: Option<u32>) -> Result<String, Refused> {
    if max.is_some_and(|max| is_longer(&text, max)) {
        return Err(Refused::rejected(field, "the text is longer than Autotask takes"));
    }
    Ok(text)
}

fn one_text(field: &ContactField, value: &FieldValue) -> Result<String, Refused> {
    match value {
        FieldValue::Empty => Ok(String::new()),
        FieldValue::Text(text) => Ok(text.trim().to_owned()),
        FieldValue::Flag(_) | FieldValue::List(_) | _ => Err(Refused::unsupported(field, "it takes a text")),
    }
}

fn texts(field: &ContactField, value: &FieldValue) -> Result<Vec<String>, Refused> {
    let all = match value {
        FieldValue::Empty => Vec::new(),
        FieldValue::Text(text) => vec![text.trim().to_owned()],
        FieldValue::List(items) => items.iter().map(|item| item.trim().to_owned()).collect(),
        FieldValue::Flag(_) | _ => return Err(Refused::unsupported(field, "it takes a list of texts")),
    };
    let mut seen = Vec::new();
    for text in all.into_iter().filter(|text| !text.is_empty()) {
        if !seen.iter().any(|known: &String| known.to_lowercase() == text.to_lowercase()) {
            seen.push(text);
        }
    }
    Ok(seen)
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
