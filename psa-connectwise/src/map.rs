//! ConnectWise records to neutral ones and back. Pure.

use crate::{
    custom::{self, Definitions},
    items::{self, ItemChanges, ItemTypes},
    wire::{self, FIXED_FIELD_NAMES, PatchOp, Reference},
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::model::{
    Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, VersionTag,
};

/// What of an instance bears on the translation.
#[derive(Clone, Copy)]
pub(crate) struct Schema<'a> {
    pub(crate) items: &'a ItemTypes,
    pub(crate) custom: &'a Definitions,
    /// This server names the types of contacts in their records, so a record without any has none.
    pub(crate) types_told: bool,
}

/// One plain text field: its neutral name, its name on the wire, and how to read it.
struct Plain {
    field: ContactField,
    wire: &'static str,
    read: fn(&wire::Contact) -> Option<&str>,
}

const PLAIN: [Plain; 7] = [
    Plain { field: ContactField::FirstName, wire: "firstName", read: |c| c.first_name.as_deref() },
    Plain { field: ContactField::LastName, wire: "lastName", read: |c| c.last_name.as_deref() },
    Plain { field: ContactField::Title, wire: "title", read: |c| c.title.as_deref() },
    Plain { field: ContactField::AddressStreet, wire: "addressLine1", read: |c| c.address_line1.as_deref() },
    Plain { field: ContactField::AddressCity, wire: "city", read: |c| c.city.as_deref() },
    Plain { field: ContactField::AddressState, wire: "state", read: |c| c.state.as_deref() },
    Plain { field: ContactField::AddressPostalCode, wire: "zip", read: |c| c.zip.as_deref() },
];

/// A contact as this adapter reads it.
pub(crate) fn contact(record: &wire::Contact, schema: Schema<'_>) -> Contact {
    let mut fields = FieldSet::new();
    for Plain { field, read, .. } in PLAIN {
        fields.insert(field, text(read(record)));
    }
    let name = |reference: &Option<Reference>| text(reference.as_ref().and_then(|r| r.name.as_deref()));
    fields.insert(ContactField::Department, name(&record.department));
    fields.insert(ContactField::AddressCountry, name(&record.country));
    fields.insert(ContactField::Active, FieldValue::Flag(record.inactive_flag != Some(true)));

    let read = items::read(record.communication_items.as_deref().unwrap_or_default(), schema.items);
    fields.insert(ContactField::Email, text(read.email.as_deref()));
    fields.insert(ContactField::AlternateEmails, list(read.alternates));
    for (field, slot, number) in [
        (ContactField::PhoneBusiness, schema.items.business, read.business),
        (ContactField::PhoneMobile, schema.items.mobile, read.mobile),
        (ContactField::PhoneFax, schema.items.fax, read.fax),
    ] {
        if slot.is_some() {
            fields.insert(field, text(number.as_deref()));
        }
    }
    if let Some(types) = record.types.as_deref().or(schema.types_told.then_some(&[])) {
        let names = types.iter().filter_map(|t| t.name.clone()).collect();
        fields.insert(ContactField::ContactTypes, list(names));
    }
    for (name, value) in FIXED_FIELD_NAMES.iter().zip(record.fixed.values()) {
        fields.insert(ContactField::Custom((*name).to_owned()), text(value));
    }
    for (caption, value) in custom::read(record.custom_fields.as_deref(), schema.custom) {
        fields.insert(ContactField::Custom(caption), value);
    }

    let company = record.company.as_ref().and_then(|c| c.id).map(|id| CompanyId::new(id.to_string()));
    let mut contact = Contact::new(ContactId::new(record.id.to_string()), CompanyId::new(""));
    contact.company = company;
    contact.fields = fields;
    contact.protected = record.default_flag == Some(true) || record.default_billing_flag == Some(true);
    contact.version = version(record);
    contact
}

/// The moment of the last change, which stands in for the version tag that ConnectWise does not have.
pub(crate) fn version(record: &wire::Contact) -> Option<VersionTag> {
    record.info.as_ref().and_then(|info| info.last_updated.as_deref()).map(VersionTag::new)
}

/// A company as this adapter reads it.
pub(crate) fn company(record: &wire::Company) -> Company {
    let name = record.name.as_deref().or(record.identifier.as_deref()).unwrap_or_default();
    let mut company = Company::new(CompanyId::new(record.id.to_string()), name);
    company.active = record.deleted_flag != Some(true);
    company.website = record.website.clone().filter(|text| !text.trim().is_empty());
    company.territory = record.territory.as_ref().and_then(|t| t.name.clone());
    company.custom_fields = custom::read(record.custom_fields.as_deref(), &Definitions::default());
    for (name, value) in FIXED_FIELD_NAMES.iter().zip(record.fixed.values()) {
        company.custom_fields.insert((*name).to_owned(), text(value));
    }
    company
}

fn text(value: Option<&str>) -> FieldValue {
    value.map_or(FieldValue::Empty, FieldValue::text)
}

fn list(items: Vec<String>) -> FieldValue {
    if items.is_empty() { FieldValue::Empty } else { FieldValue::List(items) }
}

/// A field that cannot be written as asked; nothing has been sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) field: String,
    pub(crate) reason: &'static str,
}

impl Refused {
    pub(crate) fn new(field: &ContactField, reason: &'static str) -> Self {
        Self { field: field.to_string(), reason }
    }
}

/// A write taken apart by the way it reaches ConnectWise. Every field of the set is in exactly one part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Write {
    /// Top-level texts by their wire name; an empty text clears.
    pub(crate) texts: BTreeMap<&'static str, String>,
    pub(crate) inactive: Option<bool>,
    pub(crate) items: ItemChanges,
    pub(crate) custom: BTreeMap<String, FieldValue>,
    /// Names of contact types.
    pub(crate) types: Option<BTreeSet<String>>,
    /// The text of the one note.
    pub(crate) note: Option<String>,
}

const NOT_WRITABLE: &str = "ConnectWise contacts do not take it through this adapter";
const NOT_CONFIGURED: &str = "no communication type stands for it; set its name in the configuration";

impl Write {
    /// Takes a set of fields apart.
    ///
    /// # Errors
    /// The first field that this instance cannot take.
    pub(crate) fn new(fields: &FieldSet, types: &ItemTypes, notes: bool) -> Result<Self, Refused> {
        let mut write = Self::default();
        for (field, value) in fields {
            write.take(field, value, types, notes)?;
        }
        Ok(write)
    }

    fn take(
        &mut self,
        field: &ContactField,
        value: &FieldValue,
        types: &ItemTypes,
        notes: bool,
    ) -> Result<(), Refused> {
        let slot = |place: Option<i64>| place.map(|_| ()).ok_or_else(|| Refused::new(field, NOT_CONFIGURED));
        if let Some(Plain { wire, .. }) = PLAIN.iter().find(|plain| plain.field == *field) {
            let text = one_text(field, value)?;
            if *field == ContactField::FirstName && text.is_empty() {
                return Err(Refused::new(field, "ConnectWise requires it, so it cannot be cleared"));
            }
            self.texts.insert(wire, text);
            return Ok(());
        }
        match field {
            ContactField::Active => match value {
                FieldValue::Flag(active) => self.inactive = Some(!active),
                FieldValue::Empty | FieldValue::Text(_) | FieldValue::List(_) | _ => {
                    return Err(Refused::new(field, "it takes a flag"));
                }
            },
            ContactField::Email => {
                slot(types.email)?;
                self.items.email = Some(one_text(field, value)?);
            }
            ContactField::AlternateEmails => {
                slot(types.alternate_email)?;
                self.items.alternates = Some(texts(field, value)?);
            }
            ContactField::PhoneBusiness => {
                slot(types.business)?;
                self.items.business = Some(one_text(field, value)?);
            }
            ContactField::PhoneMobile => {
                slot(types.mobile)?;
                self.items.mobile = Some(one_text(field, value)?);
            }
            ContactField::PhoneFax => {
                slot(types.fax)?;
                self.items.fax = Some(one_text(field, value)?);
            }
            ContactField::ContactTypes => self.types = Some(texts(field, value)?.into_iter().collect()),
            ContactField::Note if notes => self.note = Some(one_text(field, value)?),
            ContactField::Note => {
                return Err(Refused::new(field, "notes are off; set `note_marker` in the configuration"));
            }
            ContactField::Custom(name) => match FIXED_FIELD_NAMES.iter().find(|fixed| *fixed == name) {
                Some(fixed) => {
                    let text = match value {
                        FieldValue::Flag(flag) => flag.to_string(),
                        FieldValue::Empty | FieldValue::Text(_) | FieldValue::List(_) | _ => {
                            one_text(field, value)?
                        }
                    };
                    self.texts.insert(fixed, text);
                }
                None => {
                    self.custom.insert(name.clone(), value.clone());
                }
            },
            // The plain ones were taken above.
            ContactField::FirstName
            | ContactField::LastName
            | ContactField::Title
            | ContactField::AddressStreet
            | ContactField::AddressCity
            | ContactField::AddressState
            | ContactField::AddressPostalCode
            | ContactField::Department
            | ContactField::AddressCountry
            | ContactField::Office
            | ContactField::Username
            | ContactField::Photo
            | ContactField::ExternalId
            | _ => return Err(Refused::new(field, NOT_WRITABLE)),
        }
        Ok(())
    }

    fn merged_custom(
        &self,
        current: Option<&[wire::CustomField]>,
        known: &Definitions,
    ) -> Result<Option<Value>, Refused> {
        if self.custom.is_empty() {
            return Ok(None);
        }
        let wanted = self.custom.iter().map(|(caption, value)| (caption.as_str(), value));
        let array = custom::merge(current, wanted, known).map_err(|(caption, unfit)| {
            Refused::new(&ContactField::Custom(caption.to_owned()), unfit.reason())
        })?;
        Ok(array.map(|array| json!(array)))
    }

    /// The body of a create: everything in one, contact types included.
    ///
    /// # Errors
    /// A custom field that cannot take its value, or no first name.
    pub(crate) fn create_body(
        &self,
        company: i64,
        type_ids: &[i64],
        schema: Schema<'_>,
    ) -> Result<Value, Refused> {
        if !self.texts.contains_key("firstName") {
            return Err(Refused::new(&ContactField::FirstName, "ConnectWise requires it for a new contact"));
        }
        let mut body = Map::new();
        body.insert("company".into(), json!({ "id": company }));
        for (name, text) in self.texts.iter().filter(|(_, text)| !text.is_empty()) {
            body.insert((*name).into(), text.as_str().into());
        }
        if let Some(inactive) = self.inactive {
            body.insert("inactiveFlag".into(), inactive.into());
        }
        let items = items::for_create(&self.items, schema.items);
        if !items.is_empty() {
            body.insert("communicationItems".into(), items.into());
        }
        if let Some(array) = self.merged_custom(None, schema.custom)? {
            body.insert("customFields".into(), array);
        }
        if !type_ids.is_empty() {
            body.insert("typeIds".into(), json!(type_ids));
        }
        Ok(body.into())
    }

    /// The operations that bring a record to what is wanted; none where it is so already.
    ///
    /// # Errors
    /// A custom field that cannot take its value.
    pub(crate) fn patch(&self, record: &wire::Contact, schema: Schema<'_>) -> Result<Vec<PatchOp>, Refused> {
        let mut operations = Vec::new();
        for (name, wanted) in &self.texts {
            let now = PLAIN
                .iter()
                .find(|plain| plain.wire == *name)
                .map_or_else(|| record.fixed.get(name), |plain| (plain.read)(record));
            if now.unwrap_or_default().trim() != wanted {
                operations.push(PatchOp::replace(format!("/{name}"), wanted.as_str()));
            }
        }
        if let Some(inactive) = self.inactive.filter(|wanted| *wanted != (record.inactive_flag == Some(true)))
        {
            operations.push(PatchOp::replace("/inactiveFlag", inactive));
        }
        if let Some(array) = self.merged_custom(record.custom_fields.as_deref(), schema.custom)? {
            operations.push(PatchOp::replace(CUSTOM_FIELDS_PATH, array));
        }
        let items = record.communication_items.as_deref().unwrap_or_default();
        operations.extend(items::patch(items, &self.items, schema.items));
        Ok(operations)
    }
}

/// Where a PATCH finds the custom fields.
pub(crate) const CUSTOM_FIELDS_PATH: &str = "/customFields";

/// The operations that set custom fields of a company.
///
/// # Errors
/// The first field that cannot take its value.
pub(crate) fn company_patch(
    record: &wire::Company,
    wanted: &BTreeMap<String, FieldValue>,
) -> Result<Vec<PatchOp>, Refused> {
    let mut operations = Vec::new();
    for (name, value) in wanted.iter().filter(|(name, _)| custom::is_fixed(name)) {
        let text = one_text(&ContactField::Custom(name.clone()), value)?;
        if record.fixed.get(name).unwrap_or_default().trim() != text {
            operations.push(PatchOp::replace(format!("/{name}"), text));
        }
    }
    let captions = wanted.iter().filter(|(name, _)| !custom::is_fixed(name)).map(|(n, v)| (n.as_str(), v));
    let array = custom::merge(record.custom_fields.as_deref(), captions, &Definitions::default()).map_err(
        |(caption, unfit)| Refused::new(&ContactField::Custom(caption.to_owned()), unfit.reason()),
    )?;
    if let Some(array) = array {
        operations.push(PatchOp::replace(CUSTOM_FIELDS_PATH, json!(array)));
    }
    Ok(operations)
}

fn one_text(field: &ContactField, value: &FieldValue) -> Result<String, Refused> {
    match value {
        FieldValue::Empty => Ok(String::new()),
        FieldValue::Text(text) => Ok(text.trim().to_owned()),
        FieldValue::Flag(_) | FieldValue::List(_) | _ => Err(Refused::new(field, "it takes a text")),
    }
}

fn texts(field: &ContactField, value: &FieldValue) -> Result<Vec<String>, Refused> {
    match value {
        FieldValue::Empty => Ok(Vec::new()),
        FieldValue::Text(text) => Ok(vec![text.trim().to_owned()]),
        FieldValue::List(items) => Ok(items.clone()),
        FieldValue::Flag(_) | _ => Err(Refused::new(field, "it takes a list of texts")),
    }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
