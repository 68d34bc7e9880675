//! Tables that are mostly read: types, departments, statuses, members and their like; also notes and type links.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::contact::Contact;
use super::contacts::{find, keep};
use super::data::{API_MEMBER, Data, read_id};
use super::listing::{self, Row};
use super::patch::{Op, Operation, cannot_convert};
use super::reply::{ApiError, FieldError, Reply, created, no_content, ok};
use super::shapes::{TYPE_LINK_SHAPE, Table};

/// Rows of a table, for [`listing`]; with a parent, only those whose `field` (an id or a reference) is the parent's.
fn rows<'a>(data: &'a Data, table: Table, parent: Option<(&'a str, i64)>) -> impl Iterator<Item = Row<'a>> {
    let belongs = move |row: &&Value| {
        parent.is_none_or(|(field, id)| {
            let found = row.get(field);
            found.and_then(|value| value.get("id")).or(found).and_then(Value::as_i64) == Some(id)
        })
    };
    let row =
        |stored: &'a Value| Row { id: stored.get("id").and_then(Value::as_i64).unwrap_or_default(), stored };
    data.rows(table).filter(belongs).map(row)
}

/// A whole table.
pub(crate) fn list(data: &Data, call: &Call, table: Table) -> Reply {
    listing::list(call, table.shape(), rows(data, table, None), |row| row.stored.clone())
}

/// The count of a table.
pub(crate) fn count(data: &Data, call: &Call, table: Table) -> Reply {
    listing::count(call, table.shape(), rows(data, table, None), |row| row.stored.clone())
}

/// One row.
pub(crate) fn get(data: &Data, call: &Call, table: Table) -> Reply {
    listing::single(call, table.shape(), row(data, call.id(), table)?.clone())
}

/// The rows that belong to the record in the path.
pub(crate) fn children(data: &Data, call: &Call, parent: Table, table: Table, field: &str) -> Reply {
    row(data, call.id(), parent)?;
    let rows = rows(data, table, Some((field, call.id())));
    listing::list(call, table.shape(), rows, |row| row.stored.clone())
}

/// The count of the rows that belong to the record in the path.
pub(crate) fn count_children(data: &Data, call: &Call, parent: Table, table: Table, field: &str) -> Reply {
    row(data, call.id(), parent)?;
    let rows = rows(data, table, Some((field, call.id())));
    listing::count(call, table.shape(), rows, |row| row.stored.clone())
}

/// A row, or 404.
pub(crate) fn row(data: &Data, id: i64, table: Table) -> Result<&Value, ApiError> {
    data.row(table, id).ok_or_else(|| ApiError::not_found(table.shape().title, id))
}

/// Applies operations to the plain fields of a row; sub-paths answer 200 and change nothing.
pub(crate) fn patch_row(row: &mut Value, operations: &[Operation<'_>], table: Table) -> Result<(), ApiError> {
    for operation in operations {
        let [name] = operation.path.as_slice() else { continue };
        if !table.shape().fields.contains(name) {
            let message = format!("The target location specified by path segment '{name}' was not found.");
            return Err(ApiError::invalid_patch(message));
        }
        let Some(fields) = row.as_object_mut().filter(|_| !matches!(*name, "id" | "_info")) else { continue };
        let value = operation.value();
        let same_kind = |old: &Value| {
            old.is_number() == value.is_number()
                && old.is_boolean() == value.is_boolean()
                && old.is_object() == value.is_object()
        };
        if operation.op != Op::Remove && !fields.get(*name).is_none_or(same_kind) {
            return Err(cannot_convert(value, name));
        }
        if value.is_null() {
            fields.remove(*name);
        } else {
            fields.insert((*name).to_owned(), value.clone());
        }
    }
    Ok(())
}

/// `GET /company/contacts/{id}/notes`
pub(crate) fn list_notes(data: &mut Data, call: &Call) -> Reply {
    find(data, call)?;
    let rows = rows(data, Table::Notes, Some(("contactId", call.id())));
    listing::list(call, Table::Notes.shape(), rows, |row| row.stored.clone())
}

/// `GET /company/contacts/{id}/notes/count`
pub(crate) fn count_notes(data: &mut Data, call: &Call) -> Reply {
    find(data, call)?;
    let rows = rows(data, Table::Notes, Some(("contactId", call.id())));
    listing::count(call, Table::Notes.shape(), rows, |row| row.stored.clone())
}

fn note(data: &Data, call: &Call) -> Result<Value, ApiError> {
    find(data, call)?;
    let found = data.row(Table::Notes, call.child_id());
    let found = found.filter(|note| note.get("contactId") == Some(&call.id().into()));
    found.cloned().ok_or_else(|| ApiError::not_found(Table::Notes.shape().title, call.child_id()))
}

/// `GET /company/contacts/{id}/notes/{note}`
pub(crate) fn get_note(data: &mut Data, call: &Call) -> Reply {
    listing::single(call, Table::Notes.shape(), note(data, call)?)
}

/// `POST /company/contacts/{id}/notes`
pub(crate) fn create_note(data: &mut Data, call: &Call) -> Reply {
    find(data, call)?;
    let body = call.object("contactNote")?;
    let mut row = Map::new();
    row.insert("contactId".to_owned(), call.id().into());
    row.insert("text".to_owned(), body.get("text").cloned().unwrap_or_default());
    row.insert("type".to_owned(), body.get("type").cloned().unwrap_or_default());
    row.insert("flagged".to_owned(), body.get("flagged").cloned().unwrap_or_else(|| false.into()));
    row.insert("enteredBy".to_owned(), API_MEMBER.into());
    let row = checked_note(data, Value::Object(row), Table::Notes)?;
    let row = data.add(Table::Notes, row);
    let id = row.get("id").and_then(Value::as_i64).unwrap_or_default();
    Ok(created(&format!("{}/{id}", call.url), row))
}

/// `PATCH /company/contacts/{id}/notes/{note}`
pub(crate) fn patch_note(data: &mut Data, call: &Call) -> Reply {
    let mut row = note(data, call)?;
    patch_row(&mut row, &Operation::read_all(call.operations()?)?, Table::Notes)?;
    let row = checked_note(data, row, Table::Notes)?;
    data.put(Table::Notes, row.clone());
    Ok(ok(row))
}

/// `DELETE /company/contacts/{id}/notes/{note}`
pub(crate) fn delete_note(data: &mut Data, call: &Call) -> Reply {
    note(data, call)?;
    data.remove(Table::Notes, call.child_id());
    Ok(no_content())
}

/// Checks a note, completes its type (the default one when none is given) and stamps it.
pub(crate) fn checked_note(data: &Data, mut row: Value, table: Table) -> Result<Value, ApiError> {
    let invalid = |error| ApiError::invalid_object(table.shape().resource, vec![error]);
    if row.get("text").and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
        return Err(invalid(FieldError::missing("text")));
    }
    let is_default = |row: &&Value| row.get("defaultFlag") == Some(&Value::Bool(true));
    let kind = match row.get("type").filter(|kind| !kind.is_null()) {
        Some(kind) => kind.get("id").and_then(read_id).and_then(|id| data.row(Table::NoteTypes, id)),
        None => data.rows(Table::NoteTypes).find(is_default),
    };
    let kind = kind.ok_or_else(|| invalid(FieldError::reference("type")))?;
    let reference = json!({"id": kind.get("id"), "name": kind.get("name")});
    if let Some(row) = row.as_object_mut() {
        row.insert("type".to_owned(), reference);
        row.insert("_info".to_owned(), json!({"lastUpdated": data.now, "updatedBy": API_MEMBER}));
    }
    Ok(row)
}

/// `GET /company/contacts/{id}/typeAssociations`
pub(crate) fn list_type_links(data: &mut Data, call: &Call) -> Reply {
    let contact = find(data, call)?;
    let show = |(id, kind): &(i64, i64)| (*id, type_link_json(data, contact, *id, *kind));
    let mut links: Vec<(i64, Value)> = contact.types.iter().map(show).collect();
    links.sort_by_key(|(id, _)| *id);
    let rows = links.iter().map(|(id, stored)| Row { id: *id, stored });
    listing::list(call, TYPE_LINK_SHAPE, rows, |row| row.stored.clone())
}

/// `GET /company/contacts/{id}/typeAssociations/{link}`
pub(crate) fn get_type_link(data: &mut Data, call: &Call) -> Reply {
    let contact = find(data, call)?;
    let link = contact.types.iter().find(|(id, _)| *id == call.child_id());
    let (id, kind) = link.ok_or_else(|| ApiError::not_found(TYPE_LINK_SHAPE.title, call.child_id()))?;
    listing::single(call, TYPE_LINK_SHAPE, type_link_json(data, contact, *id, *kind))
}

fn type_link_json(data: &Data, contact: &Contact, id: i64, kind: i64) -> Value {
    json!({
        "id": id,
        "type": data.named(Table::ContactTypes, kind, "description"),
        "contact": {"id": contact.id(), "name": contact.name()},
    })
}

/// `POST /company/contacts/{id}/typeAssociations`
pub(crate) fn create_type_link(data: &mut Data, call: &Call) -> Reply {
    let mut contact = find(data, call)?.clone();
    let kind =
        call.object(TYPE_LINK_SHAPE.resource)?.get("type").and_then(|kind| kind.get("id")).and_then(read_id);
    let kind = kind.filter(|id| data.row(Table::ContactTypes, *id).is_some()).ok_or_else(|| {
        ApiError::invalid_object(TYPE_LINK_SHAPE.resource, vec![FieldError::reference("type")])
    })?;
    if contact.types.iter().any(|(_, present)| *present == kind) {
        return Err(ApiError::exists(TYPE_LINK_SHAPE.resource, "The contact has this type already."));
    }
    let id = data.next_id();
    contact.types.push((id, kind));
    let shown = type_link_json(data, &contact, id, kind);
    keep(data, contact);
    Ok(created(&format!("{}/{id}", call.url), shown))
}

/// `DELETE /company/contacts/{id}/typeAssociations/{link}`
pub(crate) fn delete_type_link(data: &mut Data, call: &Call) -> Reply {
    let mut contact = find(data, call)?.clone();
    let at = contact.types.iter().position(|(id, _)| *id == call.child_id());
    let at = at.ok_or_else(|| ApiError::not_found(TYPE_LINK_SHAPE.title, call.child_id()))?;
    contact.types.remove(at);
    keep(data, contact);
    Ok(no_content())
}
