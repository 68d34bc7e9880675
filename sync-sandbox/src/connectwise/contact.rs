//! A contact as stored, and as shown.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::data::Data;
use super::shapes::Table;

/// One communication item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) id: i64,
    pub(crate) type_id: i64,
    pub(crate) value: String,
    pub(crate) extension: Option<String>,
    pub(crate) default_flag: bool,
}

/// One contact.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Contact {
    /// Everything but the three lists below, with the vendor's names; unset fields are missing.
    pub(crate) body: Value,
    pub(crate) items: Vec<Item>,
    /// Ids of the association and of the contact type.
    pub(crate) types: Vec<(i64, i64)>,
    /// Values of custom fields by the field's id.
    pub(crate) values: BTreeMap<i64, Value>,
}

impl Contact {
    /// A contact with nothing but an id and the flags that always have a value.
    pub(crate) fn new(id: i64) -> Self {
        let body = json!({
            "id": id, "inactiveFlag": false, "marriedFlag": false, "childrenFlag": false,
            "portalSecurityLevel": 6, "disablePortalLoginFlag": true, "unsubscribeFlag": false,
            "presence": "NoAgent", "mobileGuid": format!("00000000-0000-4000-8000-{id:012x}"),
            "defaultBillingFlag": false, "defaultFlag": false, "ignoreDuplicates": false,
        });
        Self { body, ..Self::default() }
    }

    pub(crate) fn id(&self) -> i64 {
        self.body.get("id").and_then(Value::as_i64).unwrap_or_default()
    }

    /// The id behind a reference.
    pub(crate) fn reference(&self, name: &str) -> Option<i64> {
        self.body.get(name)?.get("id")?.as_i64()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.body.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Sets a field, or unsets it when there is no value.
    pub(crate) fn set(&mut self, name: &str, value: Option<Value>) {
        if let Some(body) = self.body.as_object_mut() {
            match value.filter(|value| !value.is_null()) {
                Some(value) => body.insert(name.to_owned(), value),
                None => body.remove(name),
            };
        }
    }

    /// `First Last`.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.text("firstName"), self.text("lastName")).trim().to_owned()
    }

    /// Appends an item; as a default it takes the place of the present default of its kind.
    pub(crate) fn push_item(&mut self, data: &Data, item: Item) {
        let make_default = item.default_flag;
        self.items.push(item);
        if make_default {
            self.make_default(data, self.items.len() - 1);
        }
    }

    /// Makes one item the default of its kind (Email, Phone or Fax) and turns the others of that kind off.
    pub(crate) fn make_default(&mut self, data: &Data, index: usize) {
        let Some(kind) = self.items.get(index).map(|item| data.communication_kind(item.type_id)) else {
            return;
        };
        for (at, item) in self.items.iter_mut().enumerate() {
            if data.communication_kind(item.type_id) == kind {
                item.default_flag = at == index;
            }
        }
    }

    /// Marks the contact as changed at `now` by a member.
    pub(crate) fn stamp(&mut self, now: &str, member: &str) {
        let Some(body) = self.body.as_object_mut() else { return };
        let info = body.entry("_info").or_insert_with(|| json!({"dateEntered": now, "enteredBy": member}));
        if let Some(info) = info.as_object_mut() {
            info.insert("lastUpdated".to_owned(), now.into());
            info.insert("updatedBy".to_owned(), member.into());
        }
    }
}

impl Data {
    /// A communication item as shown.
    pub(crate) fn item_json(&self, item: &Item) -> Value {
        let kind = self.communication_kind(item.type_id);
        let mut shown = Map::new();
        shown.insert("id".to_owned(), item.id.into());
        shown.insert("type".to_owned(), self.named(Table::CommunicationTypes, item.type_id, "description"));
        shown.insert("value".to_owned(), item.value.as_str().into());
        if let Some(extension) = &item.extension {
            shown.insert("extension".to_owned(), extension.as_str().into());
        }
        shown.insert("defaultFlag".to_owned(), item.default_flag.into());
        if let Some(at) = item.value.rfind('@').filter(|_| kind == "Email") {
            shown.insert("domain".to_owned(), item.value.get(at..).unwrap_or_default().into());
        }
        shown.insert("communicationType".to_owned(), kind.into());
        Value::Object(shown)
    }

    /// The whole contact as the API shows it.
    pub(crate) fn contact_json(&self, contact: &Contact) -> Value {
        let mut shown = contact.body.clone();
        let Some(fields) = shown.as_object_mut() else { return shown };
        fields.remove("portalPassword");
        let types = contact.types.iter().map(|(_, id)| self.named(Table::ContactTypes, *id, "description"));
        fields.insert("types".to_owned(), types.collect());
        let phone = |item: &&Item| item.default_flag && self.communication_kind(item.type_id) == "Phone";
        if let Some(item) = contact.items.iter().find(phone) {
            let kind = self.named(Table::CommunicationTypes, item.type_id, "description");
            fields.insert("defaultPhoneType".to_owned(), kind.get("name").cloned().unwrap_or_default());
            fields.insert("defaultPhoneNbr".to_owned(), item.value.as_str().into());
            if let Some(extension) = &item.extension {
                fields.insert("defaultPhoneExtension".to_owned(), extension.as_str().into());
            }
        }
        if !contact.items.is_empty() {
            let items = contact.items.iter().map(|item| self.item_json(item));
            fields.insert("communicationItems".to_owned(), items.collect());
        }
        let custom = self.custom_fields_json(CONTACT_SCREEN, &contact.values);
        if !custom.is_empty() {
            fields.insert("customFields".to_owned(), Value::Array(custom));
        }
        shown
    }

    /// The custom fields of a screen; an unset field has no `value` key.
    pub(crate) fn custom_fields_json(&self, screen: &str, values: &BTreeMap<i64, Value>) -> Vec<Value> {
        let on_screen = |row: &&Value| row.get("screenId").and_then(Value::as_str) == Some(screen);
        let show = |definition: &Value| {
            let take = |name: &str| definition.get(name).cloned().unwrap_or_default();
            let mut shown = json!({
                "id": take("id"), "caption": take("caption"), "type": take("fieldTypeIdentifier"),
                "entryMethod": take("entryTypeIdentifier"), "numberOfDecimals": take("numberDecimals"),
            });
            let id = definition.get("id").and_then(Value::as_i64).unwrap_or_default();
            if let (Some(value), Some(shown)) = (values.get(&id), shown.as_object_mut()) {
                shown.insert("value".to_owned(), value.clone());
            }
            shown
        };
        self.rows(Table::UserDefinedFields).filter(on_screen).map(show).collect()
    }
}

/// The screen that contact custom fields are defined for.
pub(crate) const CONTACT_SCREEN: &str = "ct300";
/// The screen that company custom fields are defined for (a made-up id: the real one is not published).
pub(crate) const COMPANY_SCREEN: &str = "co100";
