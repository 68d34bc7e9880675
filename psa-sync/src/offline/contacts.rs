//! Reading `contacts.json`, changing contacts in memory, and the file as it is to be after that.

use super::{
    OfflineError,
    edit::{Edits, pair, text},
    json::{Object, Source, shown},
    value::{self, Place, blank},
};
use serde_json::value::RawValue;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};
use sync_core::model::{Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, nearest};

/// The fields of a contact that CONTRACT-made files have; a file without contacts is taken to have these.
const USUAL: [ContactField; 10] = [
    ContactField::FirstName,
    ContactField::LastName,
    ContactField::Email,
    ContactField::AlternateEmails,
    ContactField::Title,
    ContactField::Department,
    ContactField::PhoneBusiness,
    ContactField::PhoneMobile,
    ContactField::Active,
    ContactField::ContactTypes,
];

/// Keys of a contact that are no fields.
const OTHER_KEYS: [&str; 4] = ["id", "company_id", "custom_fields", "protected"];

/// The contacts of a folder.
pub(super) struct Contacts {
    source: Source,
    /// The file says that these are all.
    pub(super) complete: bool,
    pub(super) rows: BTreeMap<ContactId, ContactRow>,
    /// Ids of contacts made since the file was read, in order.
    created: Vec<ContactId>,
    /// The keys that contacts of this file have, custom fields among them.
    template: BTreeSet<ContactField>,
    has_custom_fields: bool,
    append: Append,
}

/// One contact, and where it stands in the file.
pub(super) struct ContactRow {
    pub(super) contact: Contact,
    /// The contact has an object of custom fields; those it does not name are blank.
    pub(super) has_custom_fields: bool,
    place: Option<(Place, Option<Place>)>,
    changed: BTreeSet<ContactField>,
}

/// Where and how contacts are added to the list.
struct Append {
    at: usize,
    /// Before each: a comma where one is needed, and white space as before the last one.
    before_first: String,
    before_next: String,
    after: String,
}

impl Contacts {
    /// Reads the file. Remarks are what is odd in it without being wrong.
    pub(super) fn read(folder: &Path, remarks: &mut Vec<String>) -> Result<Self, OfflineError> {
        let source = Source::required(
            folder,
            "contacts.json",
            "write {\"complete\":true,\"contacts\":[]} where the PSA has no contacts yet",
        )?;
        let file = source.object()?;
        let complete = match file.get("complete") {
            Some(part) => source.value(part, "`complete`")?,
            None => true,
        };
        let list = file.get("contacts").ok_or_else(|| source.wrong(0, "has no list `contacts`"))?;
        let parts = source.list_in(list, "`contacts`")?;
        let mut rows = BTreeMap::new();
        let (mut template, mut has_custom_fields) = (BTreeSet::new(), false);
        let mut odd: BTreeMap<String, u64> = BTreeMap::new();
        for (index, part) in parts.iter().enumerate() {
            let row = contact(&source, index, part, &mut odd)?;
            let known = row.contact.fields.keys().filter(|field| field.open_name().is_none());
            template.extend(known.cloned());
            has_custom_fields |= row.has_custom_fields;
            if rows.insert(row.contact.id.clone(), row).is_some() {
                let problem = format!("contacts[{index}]: this `id` is there twice");
                return Err(source.wrong_in(part, problem));
            }
        }
        if parts.is_empty() {
            template.extend(USUAL);
            has_custom_fields = true;
        }
        for (key, times) in odd {
            let hint = nearest(&key, ContactField::KNOWN).or_else(|| nearest(&key, &OTHER_KEYS));
            let hint = hint.map(|known| format!(" (did you mean `{known}`?)")).unwrap_or_default();
            let key = shown(&key);
            remarks
                .push(format!("contacts.json: key `{key}` of {times} contacts is kept and not read{hint}"));
        }
        let append = Append::find(&source, list, parts.last().copied());
        drop((parts, file));
        Ok(Self { source, complete, rows, created: Vec::new(), template, has_custom_fields, append })
    }

    /// Adds a contact with the keys that the others have, under this id.
    pub(super) fn create(&mut self, id: ContactId, company: &Company, fields: &FieldSet) -> Contact {
        let mut contact = Contact::new(id.clone(), company.id.clone());
        contact.fields = self.template.iter().map(|field| (field.clone(), blank(field))).collect();
        contact.fields.extend(fields.iter().map(|(field, value)| (field.clone(), value.clone())));
        let has_custom_fields =
            self.has_custom_fields || fields.keys().any(|field| field.open_name().is_some());
        let row =
            ContactRow { contact: contact.clone(), has_custom_fields, place: None, changed: BTreeSet::new() };
        self.rows.insert(id.clone(), row);
        self.created.push(id);
        contact
    }

    /// The file as it is to be, or `None` where nothing changed.
    pub(super) fn rewritten(&self) -> Option<(&Source, String)> {
        let mut edits = Edits::default();
        let mut any = false;
        for row in self.rows.values() {
            let Some((place, custom)) = &row.place else { continue };
            any |= !row.changed.is_empty();
            row.edit(place, custom.as_ref(), &mut edits);
        }
        if !self.created.is_empty() {
            any = true;
            let rows: Vec<String> =
                self.created.iter().filter_map(|id| self.rows.get(id)).map(ContactRow::to_json).collect();
            let Append { at, before_first, before_next, after } = &self.append;
            edits.insert(*at, format!("{before_first}{}{after}", rows.join(before_next)));
        }
        any.then(|| (&self.source, edits.apply(&self.source.text)))
    }
}

impl ContactRow {
    /// Writes fields in memory.
    pub(super) fn update(&mut self, fields: &FieldSet) {
        for (field, value) in fields {
            if self.contact.fields.get(field) == Some(value) {
                continue;
            }
            self.contact.fields.insert(field.clone(), value.clone());
            self.changed.insert(field.clone());
            self.has_custom_fields |= field.open_name().is_some();
        }
    }

    fn edit(&self, place: &Place, custom: Option<&Place>, edits: &mut Edits) {
        let mut custom_fields = Vec::new();
        for field in &self.changed {
            let Some(value) = self.contact.fields.get(field) else { continue };
            match field.open_name() {
                Some(name) => custom_fields.push((name, value)),
                None => edits.set(place, &field.to_string(), value),
            }
        }
        edits.custom_fields(place, custom, custom_fields);
    }

    fn to_json(&self) -> String {
        let Contact { id, company, fields, protected, .. } = &self.contact;
        let company = company.as_ref().map_or_else(|| "null".to_owned(), |id| text(id.as_str()));
        let mut pairs = vec![format!("\"id\": {}", text(id.as_str())), format!("\"company_id\": {company}")];
        let known = fields.iter().filter(|(field, _)| field.open_name().is_none());
        pairs.extend(known.map(|(field, value)| pair(&field.to_string(), value)));
        if self.has_custom_fields {
            let custom = fields.iter().filter_map(|(field, value)| Some(pair(field.open_name()?, value)));
            pairs.push(format!("\"custom_fields\": {{{}}}", custom.collect::<Vec<_>>().join(", ")));
        }
        pairs.push(format!("\"protected\": {protected}"));
        format!("{{{}}}", pairs.join(", "))
    }
}

impl Append {
    fn find(source: &Source, list: &RawValue, last: Option<&RawValue>) -> Self {
        let Some(last) = last else {
            let at = source.range(list.get()).start + 1;
            let (line, end) = ("\n    ".to_owned(), "\n  ".to_owned());
            return Self { at, before_next: format!(",{line}"), before_first: line, after: end };
        };
        let range = source.range(last.get());
        let before = source.text.get(..range.start).unwrap_or_default();
        let indent = before.get(before.trim_end().len()..).unwrap_or_default();
        let line = if indent.is_empty() { ",".to_owned() } else { format!(",{indent}") };
        Self { at: range.end, before_first: line.clone(), before_next: line, after: String::new() }
    }
}

fn contact(
    source: &Source,
    index: usize,
    part: &RawValue,
    odd: &mut BTreeMap<String, u64>,
) -> Result<ContactRow, OfflineError> {
    let what = |key: &str| format!("contacts[{index}], `{}`", shown(key));
    let object = source.object_in(part, &format!("contacts[{index}]"))?;
    let id =
        object.get("id").ok_or_else(|| source.wrong_in(part, format!("contacts[{index}] has no `id`")))?;
    let id = ContactId::new(value::id(source, id, &what("id"))?);
    let mut contact = Contact::new(id, CompanyId::new(""));
    contact.company = match object.get("company_id").filter(|part| part.get() != "null") {
        Some(part) => Some(CompanyId::new(value::id(source, part, &what("company_id"))?)),
        None => None,
    };
    let mut custom = None;
    for (key, raw) in &object.0 {
        match key.as_str() {
            "id" | "company_id" => {}
            "protected" => {
                contact.protected = source.value::<Option<bool>>(raw, &what(key))?.unwrap_or(false);
            }
            "custom_fields" => {
                let fields: Object<'_> = if raw.get() == "null" {
                    Object::default()
                } else {
                    source.object_in(raw, &what(key))?
                };
                for (name, raw) in &fields.0 {
                    let value = value::custom(source, raw, &what(&format!("custom_fields.{name}")))?;
                    contact.fields.insert(ContactField::Custom(name.clone()), value);
                }
                custom = Some(Place::of(source, raw, &fields));
            }
            known if ContactField::KNOWN.contains(&known) => {
                // A known name is a field by definition.
                if let Ok(field) = known.parse::<ContactField>() {
                    let value = value::field(source, &field, raw, &what(key))?;
                    contact.fields.insert(field, value);
                }
            }
            _ => *odd.entry(key.clone()).or_default() += 1,
        }
    }
    let has_custom_fields = custom.is_some();
    let place = Some((Place::of(source, part, &object), custom));
    Ok(ContactRow { contact, has_custom_fields, place, changed: BTreeSet::new() })
}

/// A custom field that a contact with custom fields does not name is blank; without custom fields nothing is known.
pub(super) fn with_custom_fields(row: &ContactRow, names: &BTreeSet<String>) -> Contact {
    let mut contact = row.contact.clone();
    if row.has_custom_fields {
        for name in names {
            contact.fields.entry(ContactField::Custom(name.clone())).or_insert(FieldValue::Empty);
        }
    }
    contact
}
