//! Creating, changing and deleting records.

use serde_json::{Value, json};

use super::contracts;
use super::data::{API_USER, Data, Row, Udf, UdfKind};
use super::query::{key, moment};
use super::reply::{ApiError, Reply};
use super::schema::{self, CONTACT_WEBHOOKS, CONTACTS, CONTRACT_SERVICE_ADJUSTMENTS, Entity, Field, Kind};
use super::webhooks::{self, Action};

/// The parent's id, where a path names one.
pub(crate) type Parent = Option<(&'static str, i64)>;

fn done(id: i64) -> Reply {
    Ok(json!({ "itemId": id }))
}

/// The value of a field as it is stored; `null` and blank text are `Null`.
fn checked(data: &Data, field: &Field, value: &Value) -> Result<Value, ApiError> {
    if value.is_null() || value.as_str().is_some_and(|text| text.is_empty() && field.kind != Kind::Bool) {
        return Ok(Value::Null);
    }
    let stored = match field.kind {
        Kind::Text => match value {
            Value::String(text) if field.length > 0 && text.chars().count() > field.length => {
                let Field { name, length, .. } = field;
                return Err(ApiError::refused(format!(
                    "The value of field: {name} exceeds the maximum length of {length}."
                )));
            }
            Value::String(text) => text.as_str().into(),
            Value::Number(number) => number.to_string().into(),
            Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => {
                return Err(ApiError::conversion(value, "varchar"));
            }
        },
        Kind::Int => value
            .as_i64()
            .or_else(|| value.as_str()?.trim().parse().ok())
            .or_else(|| value.as_bool().map(i64::from))
            .ok_or_else(|| ApiError::conversion(value, "int"))?
            .into(),
        Kind::Decimal => value
            .as_f64()
            .or_else(|| value.as_str()?.trim().parse().ok())
            .ok_or_else(|| ApiError::conversion(value, "decimal"))?
            .into(),
        Kind::Bool => value
            .as_bool()
            .or_else(|| value.as_str()?.parse().ok())
            .ok_or_else(|| ApiError::conversion(value, "bit"))?
            .into(),
        Kind::Date => {
            moment(value).ok_or_else(|| ApiError::conversion(value, "datetime"))?;
            value.clone()
        }
    };
    if let Some(id) = stored.as_i64() {
        refers(data, field, id)?;
    }
    Ok(stored)
}

/// References and picklist values must exist.
fn refers(data: &Data, field: &Field, id: i64) -> Result<(), ApiError> {
    if !field.picklist.is_empty() && !field.picklist.iter().any(|(value, _)| value.parse() == Ok(id)) {
        let name = field.name;
        return Err(ApiError::refused(format!(
            "Picklist value on field: {name} does not exist or is invalid."
        )));
    }
    let target = field.reference.and_then(schema::named);
    if let (Some(target), Some(name)) = (target, field.reference) {
        // References to inactive contacts fail, too.
        let row = data.row(target, id);
        let good = row.is_some_and(|row| target.name != CONTACTS.name || row.int("isActive") == Some(1));
        if !good {
            return Err(ApiError::reference(field.name, name));
        }
    }
    Ok(())
}

/// Takes the plain fields of a body. Names in any case; read-only and unknown ones are ignored.
fn take(data: &Data, entity: &Entity, row: &mut Row, body: &Value) -> Result<bool, ApiError> {
    let mut changed = false;
    for (name, value) in body.as_object().into_iter().flatten() {
        let Some(field) = entity.field(name).filter(|field| !field.read_only) else { continue };
        let value = checked(data, field, value)?;
        if field.required && value.is_null() {
            return Err(ApiError::refused(format!("Missing Required Field: {}.", field.name)));
        }
        if row.fields.get(field.name).unwrap_or(&Value::Null) != &value {
            changed = true;
            row.set(field.name, value);
        }
    }
    Ok(changed)
}

/// Takes the user-defined fields of a body: only those that are named.
fn take_udfs(data: &Data, entity: &Entity, row: &mut Row, body: &Value) -> Result<bool, ApiError> {
    let mut changed = false;
    let fields = key(body, "userDefinedFields").and_then(Value::as_array).into_iter().flatten();
    for field in fields {
        let name = key(field, "name").and_then(Value::as_str).unwrap_or_default();
        let Some(udf) = data.udf(entity, name) else {
            return Err(ApiError::unknown_field(name, entity.name));
        };
        if udf.read_only {
            return Err(ApiError::refused(format!("User defined field: {name} is read only.")));
        }
        let value = key(field, "value").unwrap_or(&Value::Null);
        match udf_value(udf, value)? {
            Some(value) => {
                changed |= row.udfs.insert(name.to_owned(), value.clone()).as_ref() != Some(&value);
            }
            None => changed |= row.udfs.remove(name).is_some(),
        }
    }
    Ok(changed)
}

fn udf_value(udf: &Udf, value: &Value) -> Result<Option<String>, ApiError> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            return Err(ApiError::conversion(value, "varchar"));
        }
    };
    if text.is_empty() {
        return Ok(None);
    }
    match &udf.kind {
        UdfKind::Text if udf.length > 0 && text.chars().count() > udf.length => Err(ApiError::refused(
            format!("The value of field: {} exceeds the maximum length of {}.", udf.name, udf.length),
        )),
        UdfKind::Text => Ok(Some(text)),
        UdfKind::Number if text.parse::<f64>().is_ok() => Ok(Some(text)),
        UdfKind::Number => Err(ApiError::conversion(value, "decimal")),
        UdfKind::Date if moment(value).is_some() => Ok(Some(text)),
        UdfKind::Date => Err(ApiError::conversion(value, "datetime")),
        UdfKind::List(labels) => {
            // Values are places in the list; labels are taken, too.
            let by_value = text.parse::<usize>().ok().filter(|at| (1..=labels.len()).contains(at));
            let by_label = || labels.iter().position(|label| *label == text).map(|at| at + 1);
            by_value.or_else(by_label).map(|at| Some(at.to_string())).ok_or_else(|| {
                ApiError::refused(format!(
                    "Picklist value on field: {} does not exist or is invalid.",
                    udf.name
                ))
            })
        }
    }
}

fn has_required(data: &Data, entity: &Entity, row: &Row) -> Result<(), ApiError> {
    let also = data.settings.also_required.get(entity.path).into_iter().flatten().map(String::as_str);
    let own = entity.fields.iter().filter(|field| field.required).map(|field| field.name);
    match own.chain(also).find(|name| !row.fields.contains_key(*name)) {
        Some(name) => Err(ApiError::refused(format!("Missing Required Field: {name}."))),
        None => Ok(()),
    }
}

/// The parent must be there.
fn parent_row(data: &Data, entity: &Entity, parent: Parent) -> Result<(), ApiError> {
    let Some((field, id)) = parent else { return Ok(()) };
    let target = entity.field(field).and_then(|field| field.reference).unwrap_or_default();
    match schema::named(target) {
        Some(of) if data.row(of, id).is_none() => Err(ApiError::reference(field, target)),
        Some(_) | None => Ok(()),
    }
}

/// `POST`. Duplicates are welcome.
pub(crate) fn create(data: &mut Data, entity: &'static Entity, parent: Parent, body: &Value) -> Reply {
    if entity.name == CONTRACT_SERVICE_ADJUSTMENTS.name {
        return done(contracts::adjust(data, parent.map(|(_, id)| id), body)?);
    }
    parent_row(data, entity, parent)?;
    let mut row = Row::default();
    take(data, entity, &mut row, body)?;
    take_udfs(data, entity, &mut row, body)?;
    if let Some((field, id)) = parent {
        row.set(field, id);
    }
    has_required(data, entity, &row)?;
    if entity.name == CONTACT_WEBHOOKS.name {
        webhooks::check(&row)?;
    }
    let id = data.next_id();
    row.set("id", id);
    let now = data.now.clone();
    for name in ["createDate", "lastModifiedDate", "lastActivityDate", "lastTrackedModifiedDateTime"] {
        if entity.field(name).is_some() {
            row.set(name, now.clone());
        }
    }
    if entity.name == CONTACT_WEBHOOKS.name {
        row.set("webhookGUID", format!("00000000-0000-4000-8000-{id:012x}"));
    }
    keep(data, entity, id, row, Action::Create);
    done(id)
}

/// The record that the body of a change names.
fn named(data: &Data, entity: &Entity, parent: Parent, body: &Value) -> Result<Row, ApiError> {
    let id = key(body, "id").and_then(|id| id.as_i64().or_else(|| id.as_str()?.parse().ok()));
    let Some(id) = id else { return Err(ApiError::refused("Missing Required Field: id.")) };
    let row = data.row(entity, id).filter(|row| match parent {
        Some((field, parent)) => row.int(field) == Some(parent),
        None => true,
    });
    row.cloned().ok_or_else(ApiError::no_match)
}

/// `PATCH`: only what the body names.
pub(crate) fn patch(data: &mut Data, entity: &'static Entity, parent: Parent, body: &Value) -> Reply {
    parent_row(data, entity, parent)?;
    let mut row = named(data, entity, parent, body)?;
    stays_in_company(entity, &row, body)?;
    let plain = take(data, entity, &mut row, body)?;
    let udfs = take_udfs(data, entity, &mut row, body)?;
    save(data, entity, row, plain || (udfs && data.settings.udfs_touch))
}

/// `PUT`: what the body leaves out is lost.
pub(crate) fn put(data: &mut Data, entity: &'static Entity, parent: Parent, body: &Value) -> Reply {
    parent_row(data, entity, parent)?;
    let old = named(data, entity, parent, body)?;
    stays_in_company(entity, &old, body)?;
    let mut row = Row::default();
    for field in entity.fields.iter().filter(|field| field.read_only) {
        row.set(field.name, old.fields.get(field.name).cloned().unwrap_or_default());
    }
    take(data, entity, &mut row, body)?;
    take_udfs(data, entity, &mut row, body)?;
    has_required(data, entity, &row)?;
    save(data, entity, row, true)
}

/// A contact cannot go to another company.
fn stays_in_company(entity: &Entity, row: &Row, body: &Value) -> Result<(), ApiError> {
    let sent = key(body, "companyID").and_then(Value::as_i64);
    if entity.name == CONTACTS.name && sent.is_some_and(|sent| row.int("companyID") != Some(sent)) {
        return Err(ApiError::refused("The value of field: companyID cannot be changed."));
    }
    Ok(())
}

/// Puts a row in its place. Of a company's contacts one is the primary one, and changes of contacts are announced.
fn keep(data: &mut Data, entity: &'static Entity, id: i64, row: Row, action: Action) {
    let primary = row.flag("primaryContact");
    data.put(entity, row);
    if entity.name == CONTACTS.name {
        if primary {
            data.only_primary(id);
        }
        webhooks::announce(data, action, id, API_USER);
    }
}

fn save(data: &mut Data, entity: &'static Entity, mut row: Row, touched: bool) -> Reply {
    let id = row.int("id").unwrap_or_default();
    let now = data.now.clone();
    for name in ["lastModifiedDate", "lastActivityDate", "lastTrackedModifiedDateTime"] {
        if touched && entity.field(name).is_some() {
            row.set(name, now.clone());
        }
    }
    keep(data, entity, id, row, Action::Update);
    done(id)
}

/// `DELETE`: refused while other records refer to it.
pub(crate) fn delete(data: &mut Data, entity: &'static Entity, parent: Parent, id: i64) -> Reply {
    let found = data.row(entity, id).filter(|row| match parent {
        Some((field, parent)) => row.int(field) == Some(parent),
        None => true,
    });
    if found.is_none() {
        return Err(ApiError::no_match());
    }
    if is_used(data, entity, id) {
        let name = entity.name;
        return Err(ApiError::refused(format!(
            "This {name} cannot be deleted because it is referenced by other records."
        )));
    }
    if entity.name == CONTACTS.name {
        webhooks::announce(data, Action::Delete, id, API_USER);
    }
    data.remove(entity, id);
    done(id)
}

fn is_used(data: &Data, entity: &Entity, id: i64) -> bool {
    schema::ENTITIES.into_iter().any(|other| {
        let points = other.fields.iter().filter(|field| field.reference == Some(entity.name));
        points.into_iter().any(|field| data.rows(other).any(|(_, row)| row.int(field.name) == Some(id)))
    })
}
