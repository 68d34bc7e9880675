//! Values of contacts and companies, and where they stand in their file.

use super::{
    OfflineError,
    json::{Object, Source},
};
use serde_json::{Value, value::RawValue};
use std::{collections::BTreeMap, ops::Range};
use sync_core::model::{ContactField, FieldValue};

/// Where an object stands, and each of its values.
pub(super) struct Place {
    /// The object with its braces; `null` where one stands instead.
    pub(super) whole: Range<usize>,
    /// Where another pair can be put in.
    pub(super) insert: usize,
    pub(super) values: BTreeMap<String, Range<usize>>,
}

impl Place {
    pub(super) fn of(source: &Source, part: &RawValue, object: &Object<'_>) -> Self {
        let whole = source.range(part.get());
        let values: BTreeMap<String, Range<usize>> =
            object.0.iter().map(|(key, value)| (key.clone(), source.range(value.get()))).collect();
        let insert = values.values().map(|range| range.end).max().unwrap_or(whole.start + 1);
        Self { whole, insert, values }
    }
}

/// An id: a text, or a whole number, which is how some PSAs export theirs.
pub(super) fn id(source: &Source, part: &RawValue, what: &str) -> Result<String, OfflineError> {
    let text = match source.value(part, what)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) if number.is_u64() || number.is_i64() => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    if text.is_empty() {
        return Err(source.wrong_in(part, format!("{what}: must be a text or a whole number, and not blank")));
    }
    Ok(text)
}

/// A text that may be missing, `null` or blank.
pub(super) fn optional(
    source: &Source,
    object: &Object<'_>,
    key: &str,
    what: &dyn Fn(&str) -> String,
) -> Result<Option<String>, OfflineError> {
    let Some(part) = object.get(key) else { return Ok(None) };
    let text: Option<String> = source.value(part, &what(key))?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}

/// The value of a custom field: a text, a number (as it is written), a flag, a list of texts, or nothing.
pub(super) fn custom(source: &Source, part: &RawValue, what: &str) -> Result<FieldValue, OfflineError> {
    match source.value(part, what)? {
        Value::Null => Ok(FieldValue::Empty),
        Value::Bool(flag) => Ok(FieldValue::Flag(flag)),
        Value::Number(_) => Ok(FieldValue::text(part.get())),
        Value::String(text) => Ok(FieldValue::text(text)),
        Value::Array(_) => Ok(FieldValue::List(source.value(part, what)?)),
        Value::Object(_) => {
            Err(source.wrong_in(part, format!("{what}: must be a text, a number, a flag or a list of texts")))
        }
    }
}

/// The value of a contact field.
pub(super) fn field(
    source: &Source,
    field: &ContactField,
    part: &RawValue,
    what: &str,
) -> Result<FieldValue, OfflineError> {
    if is_list(field) {
        let items: Option<Vec<String>> = source.value(part, what)?;
        return Ok(FieldValue::List(items.unwrap_or_default()));
    }
    if *field == ContactField::Active {
        let flag: Option<bool> = source.value(part, what)?;
        return Ok(flag.map_or(FieldValue::Empty, FieldValue::Flag));
    }
    match source.value(part, what)? {
        Value::Null => Ok(FieldValue::Empty),
        Value::Number(_) => Ok(FieldValue::text(part.get())),
        Value::String(text) => Ok(FieldValue::text(text)),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(source.wrong_in(part, format!("{what}: must be a text or null")))
        }
    }
}

/// Whether a field holds several texts.
pub(super) const fn is_list(field: &ContactField) -> bool {
    matches!(field, ContactField::AlternateEmails | ContactField::ContactTypes)
}

/// What a contact holds in a field that nothing was ever written to.
pub(super) const fn blank(field: &ContactField) -> FieldValue {
    if is_list(field) {
        FieldValue::List(Vec::new())
    } else if matches!(field, ContactField::Active) {
        FieldValue::Flag(true)
    } else {
        FieldValue::Empty
    }
}
