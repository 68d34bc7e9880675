//! Syncro's records to neutral ones and back. Pure.

use crate::{
    leavers::Leavers,
    notes,
    properties::{self, Kinds, TITLE},
    wire,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::model::{
    Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, VersionTag,
};

/// What of the configuration bears on the translation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema<'a> {
    pub(crate) leavers: &'a Leavers,
    pub(crate) note_marker: Option<&'a str>,
    pub(crate) kinds: Kinds<'a>,
}

/// The longest text written. Syncro documents no limit; this is that of a usual text column.
pub(crate) const TEXT_LENGTH: u32 = 255;

/// The longest note written. Syncro documents no limit.
pub(crate) const NOTE_LENGTH: u32 = 1000;

/// One plain text field: its neutral name, its name on the wire, and how to read it.
struct Plain {
    field: ContactField,
    wire: &'static str,
    read: fn(&wire::Contact) -> Option<&str>,
}

const PLAIN: [Plain; 7] = [
    Plain { field: ContactField::Email, wire: "email", read: |c| c.email.as_deref() },
    Plain { field: ContactField::PhoneBusiness, wire: "phone", read: |c| c.phone.as_deref() },
    Plain { field: ContactField::PhoneMobile, wire: "mobile", read: |c| c.mobile.as_deref() },
    Plain { field: ContactField::AddressStreet, wire: "address1", read: |c| c.address1.as_deref() },
    Plain { field: ContactField::AddressCity, wire: "city", read: |c| c.city.as_deref() },
    Plain { field: ContactField::AddressState, wire: "state", read: |c| c.state.as_deref() },
    Plain { field: ContactField::AddressPostalCode, wire: "zip", read: |c| c.zip.as_deref() },
];

/// The fields that are one plain text each, the name and the title apart.
pub(crate) fn plain_fields() -> impl Iterator<Item = ContactField> {
    PLAIN.into_iter().map(|plain| plain.field)
}

/// A contact as this adapter reads it. `asked` are the custom fields that count as empty where the record has no entry.
pub(crate) fn contact(record: &wire::Contact, schema: Schema<'_>, asked: &BTreeSet<String>) -> Contact {
    let mut fields = FieldSet::new();
    for Plain { field, read, .. } in PLAIN {
        fields.insert(field, text(read(record)));
    }
    let (name, marked) = schema.leavers.split(record.name.as_deref().unwrap_or_default());
    fields.insert(ContactField::Name, text(Some(name)));
    fields.insert(ContactField::Title, text(properties::text(record.properties.as_ref(), TITLE)));
    let active = match schema.leavers {
        Leavers::CustomField { name, .. } => Some(!has_left(record, schema, name)),
        Leavers::Rename { .. } => Some(!marked),
        Leavers::Hold => None,
    };
    if let Some(active) = active {
        fields.insert(ContactField::Active, FieldValue::Flag(active));
    }
    if let Some(marker) = schema.note_marker {
        let note = notes::read(record.notes.as_deref().unwrap_or_default(), marker);
        fields.insert(ContactField::Note, text(note));
    }
    let status = schema.leavers.field();
    for (name, value) in properties::read(record.properties.as_ref(), asked, schema.kinds) {
        if status != Some(name.as_str()) {
            fields.insert(ContactField::Custom(name), value);
        }
    }
    let mut contact = Contact::new(ContactId::new(record.id.to_string()), CompanyId::new(""));
    contact.company = record.customer_id.map(|id| CompanyId::new(id.to_string()));
    contact.fields = fields;
    contact.version = version(record);
    contact
}

/// Whether the status field says that the contact is out of use.
fn has_left(record: &wire::Contact, schema: Schema<'_>, name: &str) -> bool {
    let Leavers::CustomField { left, .. } = schema.leavers else { return false };
    let folded = |text: &str| text.trim().to_lowercase();
    let flag = |flag: bool| if flag { ["1", "true"] } else { ["0", "false"] };
    match properties::read(record.properties.as_ref(), &BTreeSet::new(), schema.kinds).get(name) {
        Some(FieldValue::Text(text)) => folded(text) == folded(left),
        // A check box: `left` is then one of the words for its state.
        Some(FieldValue::Flag(on)) => flag(*on).contains(&folded(left).as_str()),
        Some(_) | None => false,
    }
}

/// The moment of the last change, which stands in for the version tag that Syncro does not have.
pub(crate) fn version(record: &wire::Contact) -> Option<VersionTag> {
    record.updated_at.as_deref().map(VersionTag::new)
}

/// A company as this adapter reads it. A private person has no business name.
pub(crate) fn company(record: &wire::Customer) -> Company {
    let names = [&record.business_name, &record.business_then_name, &record.fullname];
    let name = names.into_iter().flatten().map(|name| name.trim()).find(|name| !name.is_empty());
    let mut company = Company::new(CompanyId::new(record.id.to_string()), name.unwrap_or_default());
    company.active = record.disabled != Some(true);
    let (checkboxes, answers) = (BTreeSet::new(), BTreeMap::new());
    let plain = Kinds { checkboxes: &checkboxes, answers: &answers };
    company.custom_fields = properties::read(record.properties.as_ref(), &BTreeSet::new(), plain);
    company
}

fn text(value: Option<&str>) -> FieldValue {
    value.map_or(FieldValue::Empty, FieldValue::text)
}

/// A field that cannot be written as asked; nothing has been sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) field: String,
    pub(crate) reason: &'static str,
    /// Syncro would refuse the content, rather than the field itself.
    pub(crate) is_content: bool,
}

impl Refused {
    pub(crate) fn new(field: &ContactField, reason: &'static str) -> Self {
        Self { field: field.to_string(), reason, is_content: false }
    }

    fn content(field: &ContactField, reason: &'static str) -> Self {
        Self { is_content: true, ..Self::new(field, reason) }
    }
}

/// A write taken apart by where it goes in the record.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Write {
    /// Top-level texts by their wire name; an empty text clears.
    texts: BTreeMap<&'static str, String>,
    name: Option<String>,
    pub(crate) active: Option<bool>,
    note: Option<String>,
    /// Entries of `properties`; an empty text clears. The active status is not among them.
    entries: BTreeMap<String, Value>,
}

const NOT_WRITABLE: &str = "Syncro contacts do not have it";

impl Write {
    /// Takes a set of fields apart.
    ///
    /// # Errors
    /// The first field that this account cannot take.
    pub(crate) fn new(fields: &FieldSet, schema: Schema<'_>) -> Result<Self, Refused> {
        let mut write = Self::default();
        for (field, value) in fields {
            write.take(field, value, schema)?;
        }
        Ok(write)
    }

    fn take(&mut self, field: &ContactField, value: &FieldValue, schema: Schema<'_>) -> Result<(), Refused> {
        let most = if *field == ContactField::Note { NOTE_LENGTH } else { TEXT_LENGTH };
        if value.as_text().is_some_and(|text| text.chars().count() > most as usize) {
            return Err(Refused::content(field, "the text is longer than is assumed to fit"));
        }
        if let Some(plain) = PLAIN.iter().find(|plain| plain.field == *field) {
            self.texts.insert(plain.wire, one_text(field, value)?);
            return Ok(());
        }
        match field {
            ContactField::Name => {
                let name = one_text(field, value)?;
                if name.is_empty() {
                    return Err(Refused::content(field, "Syncro requires it, so it cannot be cleared"));
                }
                if schema.leavers.split(&name).1 {
                    let reason = "it ends in the mark of contacts that are out of use (leavers.rename)";
                    return Err(Refused::content(field, reason));
                }
                self.name = Some(name);
            }
            ContactField::Title => {
                self.entries.insert(TITLE.to_owned(), one_text(field, value)?.into());
            }
            ContactField::Active => match (value, schema.leavers) {
                (_, Leavers::Hold) => {
                    return Err(Refused::new(field, "Syncro has none; `leavers` says where to keep it"));
                }
                (FieldValue::Flag(active), _) => self.active = Some(*active),
                _ => return Err(Refused::new(field, "it takes a flag")),
            },
            ContactField::Note if schema.note_marker.is_some() => self.note = Some(one_text(field, value)?),
            ContactField::Note => {
                return Err(Refused::new(field, "notes are off; set `note_marker` in the configuration"));
            }
            ContactField::Custom(name) if properties::is_built_in(name) => {
                return Err(Refused::new(field, "Syncro keeps an entry of that name for itself"));
            }
            ContactField::Custom(name) if schema.leavers.field() == Some(name) => {
                return Err(Refused::new(field, "it holds the active status (leavers); write that instead"));
            }
            ContactField::Custom(name) => {
                self.entries.insert(name.clone(), properties::written(name, value, schema.kinds)?);
            }
            // The plain ones were taken above.
            ContactField::Email
            | ContactField::PhoneBusiness
            | ContactField::PhoneMobile
            | ContactField::AddressStreet
            | ContactField::AddressCity
            | ContactField::AddressState
            | ContactField::AddressPostalCode
            | ContactField::FirstName
            | ContactField::LastName
            | ContactField::AlternateEmails
            | ContactField::Department
            | ContactField::PhoneFax
            | ContactField::AddressCountry
            | ContactField::Office
            | ContactField::Username
            | ContactField::ContactTypes
            | ContactField::Photo
            | ContactField::ExternalId
            | _ => return Err(Refused::new(field, NOT_WRITABLE)),
        }
        Ok(())
    }

    /// The custom fields it names, the one of the active status included where it is written.
    pub(crate) fn entries(&self, schema: Schema<'_>) -> Result<BTreeMap<String, Value>, Refused> {
        let mut entries = self.entries.clone();
        if let (Some(active), Leavers::CustomField { name, active: yes, left: no }) =
            (self.active, schema.leavers)
        {
            let value = FieldValue::text(if active { yes } else { no });
            entries.insert(name.clone(), properties::written(name, &value, schema.kinds)?);
        }
        Ok(entries)
    }

    /// The body of a create: everything in one.
    ///
    /// # Errors
    /// No name, or a custom field that cannot take its value.
    pub(crate) fn create_body(
        &self,
        company: i64,
        schema: Schema<'_>,
    ) -> Result<Map<String, Value>, Refused> {
        let Some(name) = &self.name else {
            return Err(Refused::content(&ContactField::Name, "Syncro requires it for a new contact"));
        };
        let mut body = Map::new();
        body.insert("customer_id".into(), company.into());
        let left = self.active == Some(false);
        body.insert(
            "name".into(),
            if left { schema.leavers.marked(name).into() } else { name.as_str().into() },
        );
        for (wire, text) in self.texts.iter().filter(|(_, text)| !text.is_empty()) {
            body.insert((*wire).into(), text.as_str().into());
        }
        if let (Some(marker), Some(note)) =
            (schema.note_marker, self.note.as_deref().filter(|n| !n.is_empty()))
        {
            body.insert("notes".into(), notes::write("", marker, note).into());
        }
        let mut entries = self.entries(schema)?;
        // A new contact is in use without being told so.
        if let Some(status) = schema.leavers.field().filter(|_| !left) {
            entries.remove(status);
        }
        entries.retain(|_, value| value.as_str() != Some(""));
        if !entries.is_empty() {
            body.insert("properties".into(), Map::from_iter(entries).into());
        }
        Ok(body)
    }

    /// The body that brings a record to what is wanted: what differs, and beside it what Syncro requires or might reset.
    /// `None` where everything is so already.
    ///
    /// # Errors
    /// A custom field that cannot take its value.
    pub(crate) fn update_body(
        &self,
        record: &wire::Contact,
        schema: Schema<'_>,
    ) -> Result<Option<Map<String, Value>>, Refused> {
        let mut body = Map::new();
        for (wire, wanted) in &self.texts {
            let now = PLAIN.iter().find(|plain| plain.wire == *wire).and_then(|plain| (plain.read)(record));
            if now.unwrap_or_default().trim() != wanted {
                body.insert((*wire).into(), wanted.as_str().into());
            }
        }
        let name_now = record.name.as_deref().unwrap_or_default();
        let (bare, marked) = schema.leavers.split(name_now);
        let bare = self.name.as_deref().unwrap_or(bare);
        let left = self.active.map_or(marked, |active| !active);
        let name = if left { schema.leavers.marked(bare) } else { bare.to_owned() };
        let renamed = name != name_now.trim();
        let notes_now = record.notes.as_deref().unwrap_or_default();
        if let (Some(marker), Some(note)) = (schema.note_marker, &self.note) {
            let same = notes::read(notes_now, marker).unwrap_or_default() == note.trim();
            if !same {
                body.insert("notes".into(), notes::write(notes_now, marker, note).into());
            }
        }
        if let Some(whole) =
            properties::merged(record.properties.as_ref(), &self.changed_entries(record, schema)?)?
        {
            body.insert("properties".into(), whole.into());
        }
        if body.is_empty() && !renamed {
            return Ok(None);
        }
        // `name` is required; a contact without a customer would be refused; a flag that is left out may be reset.
        if !name.is_empty() {
            body.insert("name".into(), name.into());
        }
        if let Some(customer) = record.customer_id {
            body.insert("customer_id".into(), customer.into());
        }
        if let Some(opt_out) = record.opt_out {
            body.insert("opt_out".into(), opt_out.into());
        }
        Ok(Some(body))
    }

    /// As [`Write::entries`], without a status that the record has already, in whatever words.
    fn changed_entries(
        &self,
        record: &wire::Contact,
        schema: Schema<'_>,
    ) -> Result<BTreeMap<String, Value>, Refused> {
        let mut entries = self.entries(schema)?;
        if let Some(status) = schema.leavers.field()
            && self.active == Some(!has_left(record, schema, status))
        {
            entries.remove(status);
        }
        Ok(entries)
    }
}

/// The entries that set custom fields of a company.
///
/// # Errors
/// The first field that cannot take its value.
pub(crate) fn company_entries(
    wanted: &BTreeMap<String, FieldValue>,
) -> Result<BTreeMap<String, Value>, Refused> {
    let (checkboxes, answers) = (BTreeSet::new(), BTreeMap::new());
    let plain = Kinds { checkboxes: &checkboxes, answers: &answers };
    let entries =
        wanted.iter().map(|(name, value)| Ok((name.clone(), properties::written(name, value, plain)?)));
    entries.collect()
}

fn one_text(field: &ContactField, value: &FieldValue) -> Result<String, Refused> {
    match value {
        FieldValue::Empty => Ok(String::new()),
        FieldValue::Text(text) => Ok(text.trim().to_owned()),
        FieldValue::Flag(_) | FieldValue::List(_) | _ => Err(Refused::new(field, "it takes a text")),
    }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
