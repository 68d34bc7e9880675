//! `/company/companies/{id}/notes`.
//!
//! A PATCH that names `company` or `enteredBy` answers 200 and changes neither: what the vendor does is not documented.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::data::{API_MEMBER, Data};
use super::listing;
use super::patch::Operation;
use super::reply::{ApiError, Reply, created, no_content, ok};
use super::schema::Target;
use super::shapes::Table;
use super::tables::{checked_note, children, count_children, patch_row, row};

const NOTES: Table = Table::CompanyNotes;

/// `GET /company/companies/{id}/notes`
pub(crate) fn list(data: &mut Data, call: &Call) -> Reply {
    children(data, call, Table::Companies, NOTES, "company")
}

/// `GET /company/companies/{id}/notes/count`
pub(crate) fn count(data: &mut Data, call: &Call) -> Reply {
    count_children(data, call, Table::Companies, NOTES, "company")
}

/// The note that a path names, as a child of its company.
fn note(data: &Data, call: &Call) -> Result<Value, ApiError> {
    row(data, call.id(), Table::Companies)?;
    let found = data.row(NOTES, call.child_id());
    let found = found.filter(|note| note.pointer("/company/id").and_then(Value::as_i64) == Some(call.id()));
    found.cloned().ok_or_else(|| ApiError::not_found(NOTES.shape().title, call.child_id()))
}

/// `GET /company/companies/{id}/notes/{note}`
pub(crate) fn get(data: &mut Data, call: &Call) -> Reply {
    listing::single(call, NOTES.shape(), note(data, call)?)
}

/// `POST /company/companies/{id}/notes`
pub(crate) fn create(data: &mut Data, call: &Call) -> Reply {
    row(data, call.id(), Table::Companies)?;
    let sent = from_body(data, call)?;
    let stored = data.add(NOTES, sent);
    let id = stored.get("id").and_then(Value::as_i64).unwrap_or_default();
    Ok(created(&format!("{}/{id}", call.url), stored))
}

/// `PATCH /company/companies/{id}/notes/{note}`
pub(crate) fn patch(data: &mut Data, call: &Call) -> Reply {
    let before = note(data, call)?;
    let mut changed = before.clone();
    patch_row(&mut changed, &Operation::read_all(call.operations()?)?, NOTES)?;
    if let Some(fields) = changed.as_object_mut() {
        for name in ["company", "enteredBy"] {
            fields.insert(name.to_owned(), before.get(name).cloned().unwrap_or_default());
        }
    }
    let changed = checked(data, changed)?;
    data.put(NOTES, changed.clone());
    Ok(ok(changed))
}

/// `PUT /company/companies/{id}/notes/{note}`: what the body leaves out falls back to what a new note has.
pub(crate) fn put(data: &mut Data, call: &Call) -> Reply {
    let before = note(data, call)?;
    let mut sent = from_body(data, call)?;
    if let Some(fields) = sent.as_object_mut() {
        for name in ["id", "enteredBy"] {
            fields.insert(name.to_owned(), before.get(name).cloned().unwrap_or_default());
        }
    }
    data.put(NOTES, sent.clone());
    Ok(ok(sent))
}

/// `DELETE /company/companies/{id}/notes/{note}`
pub(crate) fn delete(data: &mut Data, call: &Call) -> Reply {
    note(data, call)?;
    data.remove(NOTES, call.child_id());
    Ok(no_content())
}

/// A note of the company in the path, as a body describes it.
fn from_body(data: &Data, call: &Call) -> Result<Value, ApiError> {
    let body = call.object(NOTES.shape().resource)?;
    let company = data.resolve(Target::Company, &json!({"id": call.id()}));
    let mut fields = Map::new();
    for name in ["text", "type"] {
        fields.insert(name.to_owned(), body.get(name).cloned().unwrap_or_default());
    }
    fields.insert("flagged".to_owned(), body.get("flagged").cloned().unwrap_or_else(|| false.into()));
    fields.insert("enteredBy".to_owned(), API_MEMBER.into());
    fields.insert("company".to_owned(), company.unwrap_or_default());
    checked(data, Value::Object(fields))
}

/// A note as it is stored.
fn checked(data: &Data, note: Value) -> Result<Value, ApiError> {
    let mut note = checked_note(data, note, NOTES)?;
    if let (Some(most), Some(text)) =
        (data.settings.company_note_length, note.get("text").and_then(Value::as_str))
    {
        let kept: String = text.chars().take(most).collect();
        if let Some(fields) = note.as_object_mut() {
            fields.insert("text".to_owned(), kept.into());
        }
    }
    Ok(note)
}
