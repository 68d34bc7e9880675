//! What the vendor checks before it stores a contact.

use serde_json::Value;

use super::contact::{Contact, Item};
use super::data::{Data, read_id};
use super::reply::FieldError;
use super::schema::{CONTACT, Kind, contact_kind};
use super::shapes::Table;

/// Longest value of a communication item.
const MAX_ITEM_VALUE: usize = 250;
/// Longest extension.
const MAX_EXTENSION: usize = 15;

/// Puts a JSON value into a plain field or a reference. `null` unsets it. Lengths are checked later, with the whole.
pub(crate) fn assign(
    data: &Data,
    contact: &mut Contact,
    name: &str,
    value: &Value,
) -> Result<(), FieldError> {
    let wrong = |what: &str| Err(FieldError::invalid(name, what));
    let Some(kind) = contact_kind(name) else { return Ok(()) };
    match kind {
        Kind::ReadOnly | Kind::Items | Kind::CustomFields => return Ok(()),
        _ if value.is_null() => {
            let unset = (kind == Kind::Flag).then_some(Value::Bool(false));
            contact.set(name, unset);
            return Ok(());
        }
        Kind::Text(_) | Kind::Secret(_) => match value.as_str() {
            None => return wrong("a string is expected"),
            Some("") if name != "firstName" => contact.set(name, None),
            Some(_) => contact.set(name, Some(value.clone())),
        },
        Kind::Flag if !value.is_boolean() => return wrong("a boolean is expected"),
        Kind::Integer if !value.is_i64() => return wrong("an integer is expected"),
        Kind::Tags if !value.is_array() => return wrong("an array is expected"),
        Kind::Choice(words) if !value.as_str().is_some_and(|word| words.contains(&word)) => {
            return wrong("the value is not in the list");
        }
        Kind::Flag | Kind::Integer | Kind::Tags | Kind::Choice(_) => contact.set(name, Some(value.clone())),
        Kind::Reference(target) => {
            if !value.is_object() {
                return wrong("a reference is expected");
            }
            let found = data.resolve(target, value).ok_or_else(|| FieldError::reference(name))?;
            contact.set(name, Some(found));
        }
    }
    Ok(())
}

/// Reads a communication item. It gets the id 0.
pub(crate) fn read_item(data: &Data, value: &Value) -> Result<Item, FieldError> {
    let kind = value.get("type").filter(|kind| !kind.is_null()).ok_or_else(|| FieldError::missing("type"))?;
    let type_id = kind.get("id").and_then(read_id).ok_or_else(|| FieldError::missing("type"))?;
    if data.row(Table::CommunicationTypes, type_id).is_none() {
        return Err(FieldError::reference("type"));
    }
    let text = |name: &str| match value.get(name).filter(|value| !value.is_null()) {
        None => Ok(None),
        Some(value) => match value.as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(FieldError::invalid(name, "a string is expected")),
        },
    };
    let default_flag = match value.get("defaultFlag").filter(|flag| !flag.is_null()) {
        None => false,
        Some(flag) => {
            flag.as_bool().ok_or_else(|| FieldError::invalid("defaultFlag", "a boolean is expected"))?
        }
    };
    let item = Item {
        id: 0,
        type_id,
        value: text("value")?.unwrap_or_default(),
        extension: text("extension")?.filter(|text| !text.is_empty()),
        default_flag,
    };
    check_item(&item).map_or(Ok(item), Err)
}

fn check_item(item: &Item) -> Option<FieldError> {
    if item.value.trim().is_empty() {
        Some(FieldError::missing("value"))
    } else if item.value.chars().count() > MAX_ITEM_VALUE {
        Some(FieldError::too_long("value", MAX_ITEM_VALUE))
    } else if item.extension.as_ref().is_some_and(|text| text.chars().count() > MAX_EXTENSION) {
        Some(FieldError::too_long("extension", MAX_EXTENSION))
    } else {
        None
    }
}

/// Sets the given custom fields of a record; the others keep their values. `null` and `""` clear a field.
pub(crate) fn assign_custom_fields(
    data: &Data,
    screen: &str,
    values: &mut std::collections::BTreeMap<i64, Value>,
    sent: &[Value],
) -> Result<(), FieldError> {
    let wrong = |what: &str| FieldError::invalid("customFields", what);
    for entry in sent {
        let id = entry.get("id").and_then(read_id).ok_or_else(|| FieldError::missing("id"))?;
        let definition = data
            .row(Table::UserDefinedFields, id)
            .filter(|row| row.get("screenId").and_then(Value::as_str) == Some(screen))
            .ok_or_else(|| wrong("the custom field does not exist on this record"))?;
        match entry.get("value") {
            None => {
                values.remove(&id);
            }
            Some(value) if value.is_null() || value.as_str() == Some("") => {
                values.remove(&id);
            }
            Some(value) => {
                check_custom_value(definition, value).map_err(wrong)?;
                values.insert(id, value.clone());
            }
        }
    }
    Ok(())
}

fn check_custom_value(definition: &Value, value: &Value) -> Result<(), &'static str> {
    let word = |name: &str| definition.get(name).and_then(Value::as_str).unwrap_or_default();
    let options = definition.get("options").and_then(Value::as_array);
    if matches!(word("entryTypeIdentifier"), "List" | "Option") {
        let known = |option: &Value| {
            option.get("optionValue") == Some(value)
                && option.get("inactiveFlag").and_then(Value::as_bool) != Some(true)
        };
        return match options {
            Some(options) if options.iter().any(known) => Ok(()),
            _ => Err("the value is not one of the options"),
        };
    }
    match word("fieldTypeIdentifier") {
        "Checkbox" if !value.is_boolean() => Err("a boolean is expected"),
        "Number" | "Currency" | "Percent" if !value.is_number() => Err("a number is expected"),
        "Checkbox" | "Number" | "Currency" | "Percent" => Ok(()),
        "Date" => {
            let date = value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok());
            if date { Ok(()) } else { Err("a date such as 2026-01-06T00:00:00Z is expected") }
        }
        "Button" => Err("a button holds no value"),
        _ if value.is_string() => Ok(()),
        _ => Err("a string is expected"),
    }
}

/// Checks a whole contact. Every write is refused while anything here is wrong, whoever caused it.
pub(crate) fn validate(data: &Data, contact: &Contact) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if contact.text("firstName").trim().is_empty() {
        errors.push(FieldError::missing("firstName"));
    }
    let blank = |name: &&String| contact.text(name).trim().is_empty();
    errors.extend(data.settings.required.iter().filter(blank).map(|name| FieldError::missing(name)));
    for (name, kind) in CONTACT {
        let Some(value) = contact.body.get(*name) else { continue };
        match kind {
            Kind::Text(max) | Kind::Secret(max) => {
                if value.as_str().is_some_and(|text| text.chars().count() > *max) {
                    errors.push(FieldError::too_long(name, *max));
                }
            }
            Kind::Reference(target) => {
                if data.resolve(*target, value).is_none() {
                    errors.push(FieldError::reference(name));
                }
            }
            Kind::Flag
            | Kind::Integer
            | Kind::Choice(_)
            | Kind::Items
            | Kind::CustomFields
            | Kind::Tags
            | Kind::ReadOnly => {}
        }
    }
    for item in &contact.items {
        errors.extend(check_item(item));
        if data.row(Table::CommunicationTypes, item.type_id).is_none() {
            errors.push(FieldError::reference("type"));
        }
    }
    if contact.flag("inactiveFlag") && contact.flag("defaultFlag") {
        let message = "The default contact of a company cannot be inactivated.".to_owned();
        errors.push(FieldError::new("InvalidField", "inactiveFlag", message));
    }
    errors
}
