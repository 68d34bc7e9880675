//! Everything the imitation holds.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};

use super::contact::Contact;
use super::schema::Target;
use super::shapes::Table;

/// How the server behaves; changed by the handle's switches.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) company: String,
    pub(crate) public_key: String,
    pub(crate) private_key: String,
    pub(crate) client_id: String,
    /// What the signatures of callbacks are made with.
    pub(crate) signing_key: String,
    /// The codebase of the day, with its slash: `v2025_1/`.
    pub(crate) codebase: String,
    /// Scheme, host, port and prefix that links are made with.
    pub(crate) base_url: String,
    /// Answer wrong keys with 404, as the cloud does.
    pub(crate) hide_bad_keys: bool,
    /// Refuse a contact PATCH without a `customFields` operation.
    pub(crate) patch_needs_custom_fields: bool,
    /// Text fields that a contact needs beside its first name.
    pub(crate) required: BTreeSet<String>,
    /// Answer everything with `Security: SSL is required.`
    pub(crate) ssl_required: bool,
    /// Whether `/communications` routes touch the contact's `lastUpdated`.
    pub(crate) items_touch_contact: bool,
    /// How many characters of a company's note are kept; all where `None`.
    pub(crate) company_note_length: Option<usize>,
    /// Paths below `apis/3.0/` that the API member's role does not allow.
    pub(crate) denied: BTreeSet<String>,
}

/// The database.
#[derive(Debug, Default)]
pub(crate) struct Data {
    pub(crate) settings: Settings,
    pub(crate) contacts: BTreeMap<i64, Contact>,
    tables: BTreeMap<Table, BTreeMap<i64, Value>>,
    /// Values of company custom fields, by company and field.
    pub(crate) company_values: BTreeMap<i64, BTreeMap<i64, Value>>,
    /// Callback payloads that have not been taken yet.
    pub(crate) deliveries: VecDeque<Value>,
    last_id: i64,
    /// The present, as text; set before each request.
    pub(crate) now: String,
}

/// The API member's identifier, as `_info.updatedBy` shows it.
pub(crate) const API_MEMBER: &str = "SyncApi";

impl Data {
    /// A database whose new records get ids above `last_id`.
    pub(crate) fn new(settings: Settings, last_id: i64) -> Self {
        Self { settings, last_id, ..Self::default() }
    }

    /// A fresh id.
    pub(crate) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// The rows of a table in the order of their ids.
    pub(crate) fn rows(&self, table: Table) -> impl Iterator<Item = &Value> {
        self.tables.get(&table).into_iter().flat_map(BTreeMap::values)
    }

    pub(crate) fn row(&self, table: Table, id: i64) -> Option<&Value> {
        self.tables.get(&table)?.get(&id)
    }

    pub(crate) fn row_mut(&mut self, table: Table, id: i64) -> Option<&mut Value> {
        self.tables.get_mut(&table)?.get_mut(&id)
    }

    /// Puts a row under its `id`.
    pub(crate) fn put(&mut self, table: Table, row: Value) {
        let id = row.get("id").and_then(Value::as_i64).unwrap_or_default();
        self.last_id = self.last_id.max(id);
        self.tables.entry(table).or_default().insert(id, row);
    }

    /// Adds a row with a fresh id and returns it as stored.
    pub(crate) fn add(&mut self, table: Table, mut row: Value) -> Value {
        let id = self.next_id();
        if let Some(row) = row.as_object_mut() {
            row.insert("id".to_owned(), id.into());
        }
        self.put(table, row.clone());
        row
    }

    pub(crate) fn remove(&mut self, table: Table, id: i64) -> Option<Value> {
        self.tables.get_mut(&table)?.remove(&id)
    }

    pub(crate) fn clear(&mut self, table: Table) {
        self.tables.remove(&table);
    }

    /// A reference `{"id","name"}` to a row whose name is kept in `field`; the id alone when the row is gone.
    pub(crate) fn named(&self, table: Table, id: i64, field: &str) -> Value {
        match self.row(table, id).and_then(|row| row.get(field)) {
            Some(name) => json!({"id": id, "name": name}),
            None => json!({"id": id}),
        }
    }

    /// `Email`, `Fax` or `Phone`: what a communication type is for.
    pub(crate) fn communication_kind(&self, type_id: i64) -> &'static str {
        let flag = |name: &str| {
            let row = self.row(Table::CommunicationTypes, type_id);
            row.and_then(|row| row.get(name)).and_then(Value::as_bool).unwrap_or(false)
        };
        if flag("emailFlag") {
            "Email"
        } else if flag("faxFlag") {
            "Fax"
        } else {
            "Phone"
        }
    }

    /// The full reference that a client's `{"id"}`, `{"identifier"}` or `{"name"}` means, if the record exists.
    pub(crate) fn resolve(&self, target: Target, reference: &Value) -> Option<Value> {
        let by_id = reference.get("id").filter(|id| !id.is_null()).map(read_id);
        if target == Target::Contact {
            let contact = self.contacts.get(&by_id??)?;
            return Some(json!({"id": contact.id(), "name": contact.name()}));
        }
        let (table, names): (Table, &[&str]) = match target {
            Target::Company => (Table::Companies, &["identifier", "name"]),
            Target::Country => (Table::Countries, &["name"]),
            Target::Department => (Table::Departments, &["name"]),
            Target::Location => (Table::Locations, &["name"]),
            Target::Relationship => (Table::Relationships, &["name"]),
            Target::Site => (Table::Sites, &["name"]),
            Target::Contact => return None,
        };
        let row = match by_id {
            Some(id) => self.row(table, id?)?,
            None => self.rows(table).find(|row| {
                let same =
                    |name: &&str| row.get(*name).is_some_and(|value| Some(value) == reference.get(*name));
                names.iter().any(same)
            })?,
        };
        let mut found = Map::new();
        for name in ["id", "identifier", "name"] {
            if let Some(value) = row.get(name) {
                found.insert(name.to_owned(), value.clone());
            }
        }
        Some(Value::Object(found))
    }

    /// Who refers to a contact: kind, id and description of each.
    pub(crate) fn usages(&self, contact: i64) -> Vec<(&'static str, i64, String)> {
        let points = |row: &Value, field: &str| {
            row.get(field).and_then(|found| found.get("id")).and_then(Value::as_i64) == Some(contact)
        };
        let describe = |row: &Value| {
            let id = row.get("id").and_then(Value::as_i64).unwrap_or_default();
            (id, row.get("name").and_then(Value::as_str).unwrap_or_default().to_owned())
        };
        let mut usages = Vec::new();
        for (table, field, kind) in [
            (Table::Companies, "defaultContact", "Company"),
            (Table::Agreements, "contact", "Agreement"),
            (Table::Teams, "contact", "CompanyTeam"),
        ] {
            for row in self.rows(table).filter(|row| points(row, field)) {
                let (id, name) = describe(row);
                usages.push((kind, id, name));
            }
        }
        for other in self.contacts.values().filter(|other| {
            other.id() != contact
                && (points(&other.body, "managerContact") || points(&other.body, "assistantContact"))
        }) {
            usages.push(("Contact", other.id(), other.name()));
        }
        usages
    }

    /// Points everything that refers to one contact at another, or at nothing.
    pub(crate) fn transfer(&mut self, from: i64, to: Option<i64>) {
        let target = to.and_then(|to| self.resolve(Target::Contact, &json!({"id": to})));
        let rewrite = |row: &mut Value, field: &str| {
            let Some(fields) = row.as_object_mut() else { return };
            let points = |found: &Value| found.get("id").and_then(Value::as_i64) == Some(from);
            if fields.get(field).is_some_and(points) {
                match &target {
                    Some(target) => fields.insert(field.to_owned(), target.clone()),
                    None => fields.remove(field),
                };
            }
        };
        for (table, field) in
            [(Table::Companies, "defaultContact"), (Table::Agreements, "contact"), (Table::Teams, "contact")]
        {
            for row in self.tables.get_mut(&table).into_iter().flat_map(BTreeMap::values_mut) {
                rewrite(row, field);
            }
        }
        for contact in self.contacts.values_mut() {
            rewrite(&mut contact.body, "managerContact");
            rewrite(&mut contact.body, "assistantContact");
        }
    }

    /// Drops a contact and what hangs on it.
    pub(crate) fn drop_contact(&mut self, id: i64) -> Option<Contact> {
        let gone = self.contacts.remove(&id)?;
        if let Some(notes) = self.tables.get_mut(&Table::Notes) {
            notes.retain(|_, note| note.get("contactId").and_then(Value::as_i64) != Some(id));
        }
        Some(gone)
    }
}

/// An id sent as a number, or as text (seen live for communication types).
pub(crate) fn read_id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
