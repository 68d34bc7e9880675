//! `/company/contacts/{id}/communications`: items addressed by their ids.

use serde_json::Value;

use super::call::Call;
use super::contact::{Contact, Item};
use super::contacts::{find, keep};
use super::data::{API_MEMBER, Data};
use super::listing::{self, Row};
use super::patch::{Operation, item_field};
use super::reply::{ApiError, Reply, created, no_content, ok};
use super::shapes::COMMUNICATION_SHAPE;
use super::validate::{read_item, validate};

/// `GET /company/contacts/{id}/communications`
pub(crate) fn list(data: &mut Data, call: &Call) -> Reply {
    let rows = shown(data, call)?;
    let rows = rows.iter().map(|(id, stored)| Row { id: *id, stored });
    listing::list(call, COMMUNICATION_SHAPE, rows, |row| row.stored.clone())
}

/// `GET /company/contacts/{id}/communications/count`
pub(crate) fn count(data: &mut Data, call: &Call) -> Reply {
    let rows = shown(data, call)?;
    let rows = rows.iter().map(|(id, stored)| Row { id: *id, stored });
    listing::count(call, COMMUNICATION_SHAPE, rows, |row| row.stored.clone())
}

fn shown(data: &Data, call: &Call) -> Result<Vec<(i64, Value)>, ApiError> {
    let contact = find(data, call)?;
    let mut rows: Vec<_> = contact.items.iter().map(|item| (item.id, show(data, contact, item))).collect();
    rows.sort_by_key(|(id, _)| *id);
    Ok(rows)
}

fn show(data: &Data, contact: &Contact, item: &Item) -> Value {
    let mut shown = data.item_json(item);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("contactId".to_owned(), contact.id().into());
    }
    shown
}

/// `GET /company/contacts/{id}/communications/{item}`
pub(crate) fn get(data: &mut Data, call: &Call) -> Reply {
    let contact = find(data, call)?;
    let item = contact.items.get(position(contact, call)?).ok_or_else(|| missing(call))?;
    listing::single(call, COMMUNICATION_SHAPE, show(data, contact, item))
}

fn position(contact: &Contact, call: &Call) -> Result<usize, ApiError> {
    contact.items.iter().position(|item| item.id == call.child_id()).ok_or_else(|| missing(call))
}

fn missing(call: &Call) -> ApiError {
    ApiError::not_found(COMMUNICATION_SHAPE.title, call.child_id())
}

/// `POST /company/contacts/{id}/communications`
pub(crate) fn create(data: &mut Data, call: &Call) -> Reply {
    let mut contact = find(data, call)?.clone();
    let body = call.object(COMMUNICATION_SHAPE.resource)?;
    let invalid = |error| ApiError::invalid_object(COMMUNICATION_SHAPE.resource, vec![error]);
    let mut item = read_item(data, body).map_err(invalid)?;
    item.id = data.next_id();
    let id = item.id;
    contact.push_item(data, item);
    answer(data, call, contact, id, true)
}

/// `PATCH /company/contacts/{id}/communications/{item}`
pub(crate) fn patch(data: &mut Data, call: &Call) -> Reply {
    let mut contact = find(data, call)?.clone();
    let index = position(&contact, call)?;
    for operation in &Operation::read_all(call.operations()?)? {
        match operation.path.as_slice() {
            [field] => item_field(data, &mut contact, operation, index, field)?,
            _ => continue,
        }
    }
    answer(data, call, contact, call.child_id(), false)
}

/// `DELETE /company/contacts/{id}/communications/{item}`
pub(crate) fn delete(data: &mut Data, call: &Call) -> Reply {
    let mut contact = find(data, call)?.clone();
    contact.items.remove(position(&contact, call)?);
    touch_and_keep(data, contact);
    Ok(no_content())
}

fn answer(data: &mut Data, call: &Call, contact: Contact, item: i64, is_new: bool) -> Reply {
    let errors = validate(data, &contact);
    if !errors.is_empty() {
        return Err(ApiError::invalid_object(COMMUNICATION_SHAPE.resource, errors));
    }
    touch_and_keep(data, contact);
    let contact = find(data, call)?;
    let stored = contact.items.iter().find(|stored| stored.id == item).ok_or_else(|| missing(call))?;
    let body = show(data, contact, stored);
    Ok(if is_new { created(&format!("{}/{item}", call.url), body) } else { ok(body) })
}

/// Whether these routes move the contact's `lastUpdated` is not documented: a switch decides.
fn touch_and_keep(data: &mut Data, mut contact: Contact) {
    if data.settings.items_touch_contact {
        let now = data.now.clone();
        contact.stamp(&now, API_MEMBER);
    }
    keep(data, contact);
}
