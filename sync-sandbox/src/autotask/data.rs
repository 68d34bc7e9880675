//! Everything the imitation holds.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::schema::{CONTACTS, Entity};

/// A stored record: only fields that have a value, and user-defined ones apart.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) fields: Map<String, Value>,
    /// Values of user-defined fields by name.
    pub(crate) udfs: BTreeMap<String, String>,
}

impl Row {
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        self.fields.get(name).and_then(Value::as_i64)
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.fields.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Sets a field; `null` and blank text unset it.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        match value.into() {
            Value::Null => {
                self.fields.remove(name);
            }
            Value::String(text) if text.is_empty() => {
                self.fields.remove(name);
            }
            value => {
                self.fields.insert(name.to_owned(), value);
            }
        }
    }
}

/// What a user-defined field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UdfKind {
    Text,
    Number,
    Date,
    /// Labels; the value of each is its place, counted from 1.
    List(Vec<String>),
}

/// The definition of a user-defined field.
#[derive(Debug, Clone)]
pub(crate) struct Udf {
    pub(crate) name: String,
    pub(crate) kind: UdfKind,
    pub(crate) length: usize,
    pub(crate) read_only: bool,
    pub(crate) required: bool,
}

/// How the server behaves; changed by the handle's switches.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) username: String,
    pub(crate) secret: String,
    pub(crate) integration_code: String,
    /// Scheme, host, port and prefix.
    pub(crate) base_url: String,
    /// The path of the zone that the database is in: empty or `/zone2`.
    pub(crate) zone: &'static str,
    /// The API user is locked.
    pub(crate) locked: bool,
    /// Names of entities that the API user's security level does not allow, and whether only writes are.
    pub(crate) denied: BTreeMap<String, bool>,
    /// Native fields that a create needs beside the vendor's own, by entity.
    pub(crate) also_required: BTreeMap<String, BTreeSet<String>>,
    /// A change of user-defined fields alone moves `lastModifiedDate`.
    pub(crate) udfs_touch: bool,
    /// Webhook bodies are delivered as they are signed, not as plain JSON.
    pub(crate) deliver_as_signed: bool,
}

/// Where a listing goes on.
#[derive(Debug, Clone)]
pub(crate) struct PageToken {
    pub(crate) entity: &'static str,
    pub(crate) body: Value,
    pub(crate) after: i64,
    /// It came from a query by POST, so it is followed by POST.
    pub(crate) by_post: bool,
}

/// The database.
#[derive(Debug, Default)]
pub(crate) struct Data {
    pub(crate) settings: Settings,
    tables: BTreeMap<&'static str, BTreeMap<i64, Row>>,
    pub(crate) udfs: BTreeMap<&'static str, Vec<Udf>>,
    pub(crate) pages: BTreeMap<String, PageToken>,
    /// Webhook requests that have not been taken yet.
    pub(crate) deliveries: VecDeque<Value>,
    last_id: i64,
    /// The present, as text with milliseconds; set before each request.
    pub(crate) now: String,
}

/// The resource that the API user is.
pub(crate) const API_USER: i64 = 29_682_885;
/// The resource that edits through the handle are by.
pub(crate) const TECHNICIAN: i64 = 29_682_886;

impl Data {
    /// A database whose new records get ids above `last_id`.
    pub(crate) fn new(settings: Settings, last_id: i64) -> Self {
        Self { settings, last_id, ..Self::default() }
    }

    pub(crate) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// The rows of an entity in the order of their ids.
    pub(crate) fn rows(&self, entity: &Entity) -> impl Iterator<Item = (i64, &Row)> {
        self.tables.get(entity.path).into_iter().flatten().map(|(id, row)| (*id, row))
    }

    pub(crate) fn row(&self, entity: &Entity, id: i64) -> Option<&Row> {
        self.tables.get(entity.path)?.get(&id)
    }

    pub(crate) fn row_mut(&mut self, entity: &Entity, id: i64) -> Option<&mut Row> {
        self.tables.get_mut(entity.path)?.get_mut(&id)
    }

    /// Puts a row under its `id`.
    pub(crate) fn put(&mut self, entity: &Entity, row: Row) {
        let id = row.int("id").unwrap_or_default();
        self.last_id = self.last_id.max(id);
        self.tables.entry(entity.path).or_default().insert(id, row);
    }

    pub(crate) fn remove(&mut self, entity: &Entity, id: i64) -> Option<Row> {
        self.tables.get_mut(entity.path)?.remove(&id)
    }

    /// The definition of a user-defined field; names are compared letter for letter.
    pub(crate) fn udf(&self, entity: &Entity, name: &str) -> Option<&Udf> {
        self.udfs.get(entity.path)?.iter().find(|udf| udf.name == name)
    }

    /// A record as the API shows it.
    pub(crate) fn shown(&self, entity: &Entity, row: &Row) -> Value {
        let mut shown: Map<String, Value> = entity
            .fields
            .iter()
            .filter(|field| !field.write_only)
            .map(|field| (field.name.to_owned(), row.fields.get(field.name).cloned().unwrap_or_default()))
            .collect();
        // Without any value the key itself is missing.
        if entity.has_udfs && !row.udfs.is_empty() {
            let all = self.udfs.get(entity.path).into_iter().flatten();
            let values =
                all.map(|udf| serde_json::json!({"name": udf.name, "value": row.udfs.get(&udf.name)}));
            shown.insert("userDefinedFields".to_owned(), values.collect());
        }
        Value::Object(shown)
    }

    /// Makes one contact the primary one of its company, and no other.
    pub(crate) fn only_primary(&mut self, id: i64) {
        let company = self.row(&CONTACTS, id).and_then(|row| row.int("companyID"));
        for (other, row) in self.tables.entry(CONTACTS.path).or_default() {
            if *other != id && row.int("companyID") == company && row.flag("primaryContact") {
                row.set("primaryContact", false);
            }
        }
    }
}
