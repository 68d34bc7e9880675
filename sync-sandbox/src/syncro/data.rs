//! What the account holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// How a custom field keeps its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// `"1"` and `"0"`.
    CheckBox,
    /// The number of an answer.
    DropDown,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Text => "Text Field",
            Self::CheckBox => "Check Box",
            Self::DropDown => "Drop Down",
        }
    }
}

/// A custom field.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Numbers and labels, of a drop-down list.
    pub(crate) answers: Vec<(i64, String)>,
}

/// Entries of a contact's properties that are there without anybody's making them.
pub(crate) const BUILT_IN: [&str; 5] =
    ["notification_billing", "notification_marketing", "notification_reports", "title", "type"];

/// How the account behaves.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) token: String,
    pub(crate) subdomain: String,
    /// Permissions that the token lacks, by the vendor's names.
    pub(crate) denied: BTreeSet<String>,
    /// Rows per page; the documents say 25 everywhere, and live accounts were seen to use these.
    pub(crate) contacts_per_page: usize,
    pub(crate) customers_per_page: usize,
    /// Fields without which no contact is saved.
    pub(crate) required: Vec<String>,
    /// Properties are merged instead of replaced.
    pub(crate) merge_properties: bool,
    /// Flags that a PUT leaves out are reset.
    pub(crate) reset_flags: bool,
}

/// Everything. Records are kept as they are shown.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) settings: Settings,
    pub(crate) customers: BTreeMap<i64, Value>,
    pub(crate) contacts: BTreeMap<i64, Value>,
    pub(crate) phones: BTreeMap<i64, Value>,
    pub(crate) portal_users: BTreeMap<i64, Value>,
    pub(crate) schedules: BTreeMap<i64, Value>,
    pub(crate) contracts: BTreeMap<i64, Value>,
    pub(crate) contact_fields: Vec<Field>,
    pub(crate) customer_fields: Vec<Field>,
    /// The present, as records show it.
    pub(crate) now: String,
    last_id: i64,
}

impl Data {
    /// An empty account whose next record has an id above `last_id`.
    pub(crate) fn new(token: String, last_id: i64) -> Self {
        let settings = Settings {
            token,
            subdomain: "contoso".to_owned(),
            denied: BTreeSet::new(),
            contacts_per_page: 50,
            customers_per_page: 100,
            required: Vec::new(),
            merge_properties: false,
            reset_flags: false,
        };
        Self {
            settings,
            customers: BTreeMap::new(),
            contacts: BTreeMap::new(),
            phones: BTreeMap::new(),
            portal_users: BTreeMap::new(),
            schedules: BTreeMap::new(),
            contracts: BTreeMap::new(),
            contact_fields: Vec::new(),
            customer_fields: Vec::new(),
            now: String::new(),
            last_id,
        }
    }

    pub(crate) const fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// Defines a custom field, of contacts or of customers, and returns its id.
    pub(crate) fn add_field(&mut self, of_contacts: bool, name: &str, kind: Kind, answers: &[&str]) -> i64 {
        let id = self.next_id();
        let answers = answers.iter().map(|label| (self.next_id(), (*label).to_owned())).collect();
        let field = Field { id, name: name.to_owned(), kind, answers };
        let fields = if of_contacts { &mut self.contact_fields } else { &mut self.customer_fields };
        fields.push(field);
        id
    }

    /// The number of a drop-down list's answer.
    pub(crate) fn answer(&self, field: &str, label: &str) -> Option<i64> {
        let field = self.contact_fields.iter().find(|known| known.name == field)?;
        field.answers.iter().find(|(_, known)| known == label).map(|(id, _)| *id)
    }

    /// Whatever hangs on a customer goes with it.
    pub(crate) fn drop_customer(&mut self, id: i64) -> bool {
        let of = |record: &Value| record.get("customer_id").and_then(Value::as_i64) == Some(id);
        self.contacts.retain(|_, record| !of(record));
        self.phones.retain(|_, record| !of(record));
        self.portal_users.retain(|_, record| !of(record));
        self.schedules.retain(|_, record| !of(record));
        self.contracts.retain(|_, record| !of(record));
        self.customers.remove(&id).is_some()
    }
}

/// The properties that a record has after a write. Names that nobody defined are dropped without a word, and a value that
/// its field cannot hold leaves the field as it was.
pub(crate) fn properties(
    old: Option<&Value>,
    sent: &Map<String, Value>,
    fields: &[Field],
    built_in: &[&str],
    merge: bool,
) -> Value {
    let old = old.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut new = if merge { old.clone() } else { Map::new() };
    for (name, value) in sent {
        let field = fields.iter().find(|field| field.name == *name);
        let stored = match field {
            Some(field) => stored(field, value),
            None if built_in.contains(&name.as_str()) => Some(value.clone()),
            None => continue,
        };
        if let Some(value) = stored.or_else(|| old.get(name).cloned()) {
            new.insert(name.clone(), value);
        }
    }
    Value::Object(new)
}

fn stored(field: &Field, value: &Value) -> Option<Value> {
    let text = plain(value);
    let text = text.as_str()?;
    match field.kind {
        Kind::Text => Some(text.into()),
        Kind::CheckBox => match text.to_ascii_lowercase().as_str() {
            "1" | "true" => Some("1".into()),
            "0" | "false" | "" => Some("0".into()),
            _ => None,
        },
        Kind::DropDown if text.is_empty() => Some("".into()),
        Kind::DropDown => {
            let number: i64 = text.parse().ok()?;
            field.answers.iter().any(|(id, _)| *id == number).then(|| number.into())
        }
    }
}

/// A value as the text that a form would send.
fn plain(value: &Value) -> Value {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Null => "".into(),
        Value::Bool(flag) => flag.to_string().into(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string().into(),
    }
}
