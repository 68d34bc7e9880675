//! The records as Autotask spells them: camelCase on the wire, although the official document prints PascalCase.
//!
//! Contacts and companies stay maps, because what comes back after a write is only an id: the record as stored is the one
//! read before with the sent values in it. None of these has `Debug`: they hold people's data.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use serde::{Deserialize, Deserializer, de::IgnoredAny};
use serde_json::{Map, Value};

/// Names of the fields of a contact that stand for neutral ones (Swagger document of April 2024).
pub(crate) mod contact {
    pub(crate) const COMPANY: &str = "companyID";
    pub(crate) const FIRST_NAME: &str = "firstName";
    pub(crate) const LAST_NAME: &str = "lastName";
    pub(crate) const TITLE: &str = "title";
    pub(crate) const EMAIL: &str = "emailAddress";
    pub(crate) const ALTERNATES: [&str; 2] = ["emailAddress2", "emailAddress3"];
    pub(crate) const PHONE: &str = "phone";
    pub(crate) const EXTENSION: &str = "extension";
    pub(crate) const MOBILE: &str = "mobilePhone";
    pub(crate) const FAX: &str = "faxNumber";
    pub(crate) const STREET: &str = "addressLine";
    pub(crate) const CITY: &str = "city";
    pub(crate) const STATE: &str = "state";
    pub(crate) const POSTAL_CODE: &str = "zipCode";
    pub(crate) const COUNTRY: &str = "countryID";
    pub(crate) const ROOM: &str = "roomNumber";
    pub(crate) const NOTE: &str = "note";
    pub(crate) const EXTERNAL_ID: &str = "externalID";
    /// 0 or 1; that of a company is a boolean.
    pub(crate) const ACTIVE: &str = "isActive";
    pub(crate) const PRIMARY: &str = "primaryContact";
    pub(crate) const MODIFIED: &str = "lastModifiedDate";
}

/// The user-defined fields of a record.
pub(crate) const UDFS: &str = "userDefinedFields";

/// A record with the vendor's names. A missing key and `null` are alike.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Record(Map<String, Value>);

impl Record {
    /// A text, also where it came as a number.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(text)
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name).and_then(number)
    }

    /// A flag, be it a boolean or 0 and 1.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            other => number(other).map(|number| number != 0),
        }
    }

    pub(crate) fn id(&self) -> Option<i64> {
        self.number("id")
    }

    /// The values of user-defined fields by their exact names; the key is missing where no field has a value.
    pub(crate) fn udfs(&self) -> impl Iterator<Item = (&str, Option<String>)> {
        let all = self.0.get(UDFS).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        all.iter().filter_map(|udf| Some((udf.get("name")?.as_str()?, udf.get("value").and_then(text))))
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Takes in what was sent in a body: plain fields as they are, user-defined ones one by one.
    pub(crate) fn absorb(&mut self, body: &Map<String, Value>) {
        for (name, value) in body {
            if name != UDFS {
                self.0.insert(name.clone(), value.clone());
                continue;
            }
            let stored = self.0.entry(UDFS).or_insert_with(|| Value::Array(Vec::new()));
            let Some(stored) = stored.as_array_mut() else { continue };
            for udf in value.as_array().map(Vec::as_slice).unwrap_or_default() {
                stored.retain(|old| old.get("name") != udf.get("name"));
                stored.push(udf.clone());
            }
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The answer of a query.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) page_details: Option<PageDetails>,
}

/// Of the details only whether there is more; the address itself is never followed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageDetails {
    #[serde(default, deserialize_with = "is_there")]
    pub(crate) next_page_url: bool,
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::<IgnoredAny>::deserialize(deserializer).map(|value| value.is_some())
}

/// The answer of a count.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Count {
    pub(crate) query_count: u64,
}

/// The answer of a read by id: `{"item": null}` where there is no such record.
#[derive(Deserialize)]
pub(crate) struct Item {
    /// Required: an answer without the key is not one about a record.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) item: Option<Record>,
}

/// The answer of a write: nothing but the id.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Written {
    item_id: Value,
}

impl Written {
    pub(crate) fn id(&self) -> Option<i64> {
        number(&self.item_id)
    }
}

/// Where a database is.
#[derive(Deserialize)]
pub(crate) struct ZoneInformation {
    pub(crate) url: String,
}

/// How much of the hourly limit all integrations together have used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Threshold {
    pub(crate) external_request_threshold: u64,
    pub(crate) current_timeframe_request_count: u64,
}

/// `{Entity}/entityInformation`
#[derive(Deserialize)]
pub(crate) struct Information {
    pub(crate) info: Rights,
}

/// What the API user may do with an entity.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Rights {
    pub(crate) user_access_for_create: Option<Value>,
    pub(crate) user_access_for_query: Option<Value>,
    pub(crate) user_access_for_update: Option<Value>,
}

/// `{Entity}/entityInformation/fields` and `…/userDefinedFields`
#[derive(Deserialize)]
pub(crate) struct Fields {
    pub(crate) fields: Option<Vec<Field>>,
}

/// One field. The type is in `dataType` for native fields and in `type` for user-defined ones.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Field {
    pub(crate) name: Option<String>,
    pub(crate) data_type: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    pub(crate) length: Option<u32>,
    pub(crate) is_required: Option<bool>,
    pub(crate) is_read_only: Option<bool>,
    pub(crate) is_pick_list: Option<bool>,
    pub(crate) picklist_values: Option<Vec<PicklistValue>>,
}

/// One value of a list; a text although the field holds a number.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PicklistValue {
    pub(crate) value: Option<Value>,
    pub(crate) label: Option<String>,
    pub(crate) is_active: Option<bool>,
}

impl PicklistValue {
    pub(crate) fn value(&self) -> Option<String> {
        self.value.as_ref().and_then(text)
    }
}

/// The body of an error: a list of texts, or one of the web framework itself.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Failure {
    pub(crate) errors: Vec<String>,
    #[serde(rename = "Message")]
    pub(crate) message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record(value: Value) -> Record {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_flag_is_one_in_every_spelling() {
        for (value, flag) in [
            (json!(1), Some(true)),
            (json!(0), Some(false)),
            (json!(true), Some(true)),
            (json!("1"), Some(true)),
            (json!("False"), Some(false)),
            (json!(null), None),
            (json!("x"), None),
        ] {
            assert_eq!(record(json!({ "isActive": value })).flag("isActive"), flag, "{value}");
        }
        assert_eq!(record(json!({})).flag("isActive"), None);
    }

    #[test]
    fn what_was_sent_replaces_and_what_was_not_stays() {
        let mut stored = record(json!({
            "title": "Engineer", "city": "Seattle",
            "userDefinedFields": [{"name": "Office365Id", "value": "a"}, {"name": "office365id", "value": "other"}],
        }));
        let body = json!({"title": "Director", "userDefinedFields": [{"name": "Office365Id", "value": "b"}]});
        stored.absorb(body.as_object().unwrap());
        assert_eq!(
            (stored.text("title"), stored.text("city")),
            (Some("Director".into()), Some("Seattle".into()))
        );
        let udfs: Vec<_> = stored.udfs().collect();
        assert_eq!(udfs, [("office365id", Some("other".into())), ("Office365Id", Some("b".into()))]);
    }

    #[test]
    fn a_missing_item_is_not_an_item_that_is_null() {
        assert!(serde_json::from_str::<Item>(r#"{"item":null}"#).unwrap().item.is_none());
        assert!(serde_json::from_str::<Item>(r#"{"errors":["x"]}"#).is_err());
    }
}
