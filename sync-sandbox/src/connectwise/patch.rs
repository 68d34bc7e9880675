//! JSON Patch on a contact, with the vendor's habits.

use serde_json::Value;

use super::contact::{CONTACT_SCREEN, Contact};
use super::data::Data;
use super::reply::{ApiError, FieldError};
use super::schema::{Kind, contact_kind};
use super::shapes::Table;
use super::validate::{assign, assign_custom_fields, read_item};

/// The three operations that the vendor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Replace,
    Remove,
}

/// One operation, taken apart.
#[derive(Debug)]
pub(crate) struct Operation<'a> {
    pub(crate) op: Op,
    /// The segments of the path; a leading slash is optional.
    pub(crate) path: Vec<&'a str>,
    value: Option<&'a Value>,
}

impl<'a> Operation<'a> {
    /// Reads an array of operations.
    pub(crate) fn read_all(operations: &'a [Value]) -> Result<Vec<Self>, ApiError> {
        operations.iter().map(Self::read).collect()
    }

    fn read(operation: &'a Value) -> Result<Self, ApiError> {
        let word = |name: &str| operation.get(name).and_then(Value::as_str);
        let op = match word("op") {
            Some("add") => Op::Add,
            Some("replace") => Op::Replace,
            Some("remove") => Op::Remove,
            _ => {
                return Err(ApiError::invalid_patch(
                    "The op of a patch operation must be add, replace or remove.",
                ));
            }
        };
        let path =
            word("path").map(|path| path.strip_prefix('/').unwrap_or(path)).filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| ApiError::invalid_patch("A patch operation needs a path."))?;
        let value = operation.get("value");
        if op != Op::Remove && value.is_none() {
            return Err(ApiError::invalid_patch("A patch operation needs a value."));
        }
        Ok(Self { op, path: path.split('/').collect(), value })
    }

    /// The value; `null` for a remove.
    pub(crate) fn value(&self) -> &'a Value {
        self.value.filter(|_| self.op != Op::Remove).unwrap_or(&Value::Null)
    }
}

/// Applies operations in order. Nothing is stored and nothing is validated here.
pub(crate) fn apply(
    data: &mut Data,
    contact: &mut Contact,
    operations: &[Operation<'_>],
) -> Result<(), ApiError> {
    operations.iter().try_for_each(|operation| apply_one(data, contact, operation))
}

fn apply_one(data: &mut Data, contact: &mut Contact, operation: &Operation<'_>) -> Result<(), ApiError> {
    let Some((name, rest)) = operation.path.split_first() else { return Ok(()) };
    let kind = contact_kind(name).ok_or_else(|| no_target(name))?;
    match (kind, rest) {
        (Kind::Items, []) => replace_items(data, contact, operation),
        (Kind::Items, [index, field @ ..]) => {
            let index = index.parse().ok().ok_or_else(|| no_target(index))?;
            item(data, contact, operation, index, field)
        }
        (Kind::CustomFields, []) => {
            let Some(sent) = operation.value().as_array() else {
                // Removing the list, like an empty list, clears nothing.
                return if operation.op == Op::Remove {
                    Ok(())
                } else {
                    Err(cannot_convert(operation.value(), "CustomFieldValue[]"))
                };
            };
            assign_custom_fields(data, CONTACT_SCREEN, &mut contact.values, sent).map_err(invalid)
        }
        // `company/identifier` and its like answer 200 and change nothing.
        (Kind::Reference(_) | Kind::ReadOnly, _) => match rest {
            [] => {
                assign(data, contact, name, operation.value()).map_err(|error| wrong_value(operation, error))
            }
            _ => Ok(()),
        },
        (_, []) => {
            assign(data, contact, name, operation.value()).map_err(|error| wrong_value(operation, error))
        }
        (_, [segment, ..]) => Err(no_target(segment)),
    }
}

/// A value of the wrong type cannot be applied; a reference to nothing is found by validation.
fn wrong_value(operation: &Operation<'_>, error: FieldError) -> ApiError {
    if error.code == "InvalidReference" {
        invalid(error)
    } else {
        cannot_convert(operation.value(), &error.field)
    }
}

fn invalid(error: FieldError) -> ApiError {
    ApiError::invalid_object("contact", vec![error])
}

fn no_target(segment: &str) -> ApiError {
    ApiError::invalid_patch(format!(
        "The target location specified by path segment '{segment}' was not found."
    ))
}

pub(crate) fn cannot_convert(value: &Value, to: &str) -> ApiError {
    let from = match value {
        Value::Null => "null",
        Value::Bool(_) => "System.Boolean",
        Value::Number(_) => "System.Int64",
        Value::String(_) => "System.String",
        Value::Array(_) => "Newtonsoft.Json.Linq.JArray",
        Value::Object(_) => "Newtonsoft.Json.Linq.JObject",
    };
    ApiError::invalid_patch(format!("Could not cast or convert from {from} to {to}."))
}

/// The whole list at once: an item that carries the id of a present one keeps it.
fn replace_items(data: &mut Data, contact: &mut Contact, operation: &Operation<'_>) -> Result<(), ApiError> {
    let value = operation.value();
    let none = value.is_null().then_some([].as_slice());
    let sent = none.or_else(|| value.as_array().map(Vec::as_slice));
    let sent = sent.ok_or_else(|| cannot_convert(value, "ContactCommunicationItem[]"))?;
    let present: Vec<i64> = contact.items.iter().map(|item| item.id).collect();
    contact.items.clear();
    for value in sent {
        let mut item = read_item(data, value).map_err(invalid)?;
        let kept = value.get("id").and_then(Value::as_i64).filter(|id| present.contains(id));
        item.id = kept.unwrap_or_else(|| data.next_id());
        contact.push_item(data, item);
    }
    Ok(())
}

fn item(
    data: &mut Data,
    contact: &mut Contact,
    operation: &Operation<'_>,
    index: usize,
    field: &[&str],
) -> Result<(), ApiError> {
    let count = contact.items.len();
    let out_of_bounds = || {
        ApiError::invalid_patch(
            "The index value provided by path segment is out of bounds of the array size.",
        )
    };
    if let [field, below @ ..] = field {
        let Some(_) = contact.items.get(index) else { return Err(out_of_bounds()) };
        return if below.is_empty() { item_field(data, contact, operation, index, field) } else { Ok(()) };
    }
    match operation.op {
        Op::Add => {
            if index > count {
                return Err(out_of_bounds());
            }
            let mut item = new_item(data, operation.value())?;
            // Appends wherever it points, but only an add at the end makes a default.
            item.default_flag &= index == count;
            contact.push_item(data, item);
        }
        Op::Replace => {
            let item = new_item(data, operation.value())?;
            let make_default = item.default_flag;
            *contact.items.get_mut(index).ok_or_else(out_of_bounds)? = item;
            if make_default {
                contact.make_default(data, index);
            }
        }
        Op::Remove => {
            if index >= count {
                return Err(out_of_bounds());
            }
            contact.items.remove(index);
        }
    }
    Ok(())
}

fn new_item(data: &mut Data, value: &Value) -> Result<super::contact::Item, ApiError> {
    if !value.is_object() {
        return Err(cannot_convert(value, "ContactCommunicationItem"));
    }
    let mut item = read_item(data, value).map_err(invalid)?;
    item.id = data.next_id();
    Ok(item)
}

/// One field of an item in place; the item keeps its id.
pub(crate) fn item_field(
    data: &Data,
    contact: &mut Contact,
    operation: &Operation<'_>,
    index: usize,
    field: &str,
) -> Result<(), ApiError> {
    let Some(item) = contact.items.get_mut(index) else { return Ok(()) };
    let value = operation.value();
    match field {
        "value" | "extension" => {
            if !value.is_null() && !value.is_string() {
                return Err(cannot_convert(value, "System.String"));
            }
            let text = value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            if field == "value" {
                item.value = text.unwrap_or_default();
            } else {
                item.extension = text;
            }
        }
        "defaultFlag" => {
            let flag = if value.is_null() { Some(false) } else { value.as_bool() };
            item.default_flag = flag.ok_or_else(|| cannot_convert(value, "System.Boolean"))?;
            if item.default_flag {
                contact.make_default(data, index);
            }
        }
        "type" => {
            let id = value.get("id").and_then(super::data::read_id);
            let known = id.filter(|id| data.row(Table::CommunicationTypes, *id).is_some());
            item.type_id = known.ok_or_else(|| invalid(FieldError::reference("type")))?;
            if item.default_flag {
                contact.make_default(data, index);
            }
        }
        // Follow from the type and the value.
        "communicationType" | "domain" | "id" => {}
        _ => return Err(no_target(field)),
    }
    Ok(())
}
