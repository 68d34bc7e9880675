//! Custom fields: their definitions, and the values of one record at a time.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::call::{Call, number, text};
use super::data::{ACCOUNTS, CONTACTS, Data, TICKETS};
use super::reply::{Answer, ApiError, Reply};

/// Values by the id of their field: the text, and the id of the option where it is one.
pub(crate) type Values = BTreeMap<i64, (String, i64)>;

/// The longest text. The document gives no length; this one is made up.
const LONGEST: usize = 100;

/// The data types. Their numbers are made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DataType {
    Text,
    Checkbox,
    /// Option ids and names.
    List(Vec<(i64, String)>),
}

/// A custom field.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) data_type: DataType,
    pub(crate) required: bool,
    pub(crate) active: bool,
}

impl Field {
    const fn code(&self) -> i64 {
        match self.data_type {
            DataType::Text => 1,
            DataType::Checkbox => 2,
            DataType::List(_) => 3,
        }
    }

    fn options(&self) -> &[(i64, String)] {
        match &self.data_type {
            DataType::List(options) => options,
            DataType::Text | DataType::Checkbox => &[],
        }
    }

    /// The value as it is kept; `None` for a blank one.
    fn read(&self, value: &str, option: Option<i64>) -> Result<Option<(String, i64)>, String> {
        let value = value.trim();
        let option = option.filter(|option| *option != 0);
        if value.is_empty() && option.is_none() {
            return Ok(None);
        }
        let wrong = || format!("The value of {} is invalid.", self.name);
        match &self.data_type {
            DataType::Text if value.chars().count() > LONGEST => Err(wrong()),
            DataType::Text => Ok(Some((value.to_owned(), 0))),
            DataType::Checkbox => match value.to_lowercase().as_str() {
                // As the service's own language writes them.
                "true" | "1" => Ok(Some(("True".to_owned(), 0))),
                "false" | "0" => Ok(Some(("False".to_owned(), 0))),
                _ => Err(wrong()),
            },
            DataType::List(options) => {
                let found =
                    options.iter().find(|(id, name)| option.map_or(name == value, |wanted| wanted == *id));
                found.map(|(id, name)| Some((name.clone(), *id))).ok_or_else(wrong)
            }
        }
    }
}

/// `GET /v2/system/customFields/{moduleId}`
pub(crate) fn definitions(data: &mut Data, call: &Call) -> Reply {
    let inactive = call.flag("withInactive")?.unwrap_or(false);
    let fields = data.fields.get(&call.id(0)?).map(Vec::as_slice).unwrap_or_default();
    let rows = fields.iter().filter(|field| field.active || inactive).map(|field| {
        let option = |(id, name): &(i64, String)| json!({"Id": id, "Name": name, "IsActive": true});
        let settings: Vec<Value> = field.options().iter().map(option).collect();
        json!({
            "Id": field.id, "Name": field.name, "DataType": field.code(), "IsRequired": field.required,
            "ErrorMessage": null, "IsActive": field.active, "Settings": settings,
        })
    });
    Ok(Answer::Result(rows.collect()))
}

/// `GET /v2/system/customFields/{moduleId}/{objectId}`: only what has a value, and nothing for a record that is not there.
pub(crate) fn values(data: &mut Data, call: &Call) -> Reply {
    let (module, record) = (call.id(0)?, call.id(1)?);
    let fields = data.fields.get(&module).map(Vec::as_slice).unwrap_or_default();
    let values = data.values.get(&(module, record)).cloned().unwrap_or_default();
    Ok(Answer::Result(shown(fields, &values)))
}

/// The values of a record as they are shown.
pub(crate) fn shown(fields: &[Field], values: &Values) -> Value {
    let rows = fields.iter().filter(|field| field.active).filter_map(|field| {
        let (text, option) = values.get(&field.id)?;
        Some(json!({
            "Id": field.id * 10, "Name": field.name, "Data": text, "SettingsId": option,
            "CustomFieldType": field.code(), "CustomFieldId": field.id,
        }))
    });
    rows.collect()
}

/// `PUT /v2/system/customFields/data/{moduleId}/{entityId}/{customFieldId}`: leaves the record's moment of change alone.
pub(crate) fn put(data: &mut Data, call: &Call) -> Reply {
    let (module, record, id) = (call.id(0)?, call.id(1)?, call.id(2)?);
    let there = match module {
        CONTACTS => data.contacts.contains_key(&record),
        ACCOUNTS => data.accounts.contains_key(&record),
        _ => true,
    };
    let fields = data.fields.get(&module).map(Vec::as_slice).unwrap_or_default();
    let field = fields.iter().find(|field| field.id == id && field.active).filter(|_| there);
    let Some(field) = field.cloned() else { return Err(ApiError::not_found("Entity or custom field")) };
    let value = text(call.object()?, "Value").unwrap_or_default();
    let kept = field.read(&value, None).map_err(|fault| ApiError::invalid(vec![fault]))?;
    if kept.is_none() && field.required {
        return Err(ApiError::invalid(vec![format!("{} is required.", field.name)]));
    }
    let stored = kept.as_ref().map(|(text, _)| text.clone());
    let values = data.values.entry((module, record)).or_default();
    match kept {
        Some(kept) => values.insert(id, kept),
        None => values.remove(&id),
    };
    let module_name = match module {
        CONTACTS => "Contacts",
        ACCOUNTS => "Accounts",
        TICKETS => "Tickets",
        _ => "Other",
    };
    Ok(Answer::Result(json!({
        "Id": id * 10, "Value": stored, "EntityId": record, "CustomFieldName": field.name, "CustomFieldId": id,
        "ModuleName": module_name, "ModuleId": module,
    })))
}

/// The values that a create brings, with what is wrong about them and what is missing.
pub(crate) fn from_create(
    fields: &[Field],
    rows: &[&Map<String, Value>],
    faults: &mut Vec<String>,
) -> Values {
    let mut values = Values::new();
    for row in rows {
        let field =
            fields.iter().find(|field| Some(field.id) == number(row, "CustomFieldId") && field.active);
        let Some(field) = field else {
            faults.push("The CustomFieldId field is invalid.".to_owned());
            continue;
        };
        match field.read(&text(row, "Data").unwrap_or_default(), number(row, "SettingsId")) {
            Ok(Some(kept)) => {
                values.insert(field.id, kept);
            }
            Ok(None) => {}
            Err(fault) => faults.push(fault),
        }
    }
    let missing =
        fields.iter().filter(|field| field.active && field.required && !values.contains_key(&field.id));
    faults.extend(missing.map(|field| format!("{} is required.", field.name)));
    values
}
