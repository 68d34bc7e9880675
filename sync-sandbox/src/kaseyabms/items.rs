//! Changing the addresses and numbers of a contact.
//!
//! The document calls the operations 0, 1 and 2 and nothing more; the order here is a setting. That a change leaves the
//! contact's own moment of change alone is made up, for it is hardest on clients.

use serde_json::{Map, Value, json};

use super::call::{Call, flag, number, text};
use super::contact::{EMAIL_TYPES, Item, PHONE_TYPES, type_name};
use super::contacts::find;
use super::data::Data;
use super::reply::{Answer, ApiError, Reply};
use super::write::push;

/// What tells the two routes apart.
struct Kind {
    /// The names of the present value and of its replacement.
    names: [&'static str; 2],
    types: &'static [(i64, &'static str)],
}

const EMAIL: Kind = Kind { names: ["EmailAddress", "NewEmailAddress"], types: &EMAIL_TYPES };
const PHONE: Kind = Kind { names: ["PhoneNumber", "NewPhoneNumber"], types: &PHONE_TYPES };

/// How many were added, updated and deleted.
#[derive(Default)]
struct Done([u64; 3]);

/// `PATCH /v2/crm/contacts/{contactId}/emails`
pub(crate) fn emails(data: &mut Data, call: &Call) -> Reply {
    let mut contact = find(data, call.id(0)?)?.clone();
    let Done([added, updated, deleted]) = change(data, call, &EMAIL, &mut contact.emails)?;
    refuse(contact.faults(data))?;
    let shown = json!({"Added": added, "Updated": updated, "Deleted": deleted, "Emails": contact.emails()});
    data.contacts.insert(contact.id, contact);
    Ok(Answer::Result(shown))
}

/// `PATCH /v2/crm/contacts/{contactId}/phones`
pub(crate) fn phones(data: &mut Data, call: &Call) -> Reply {
    let mut contact = find(data, call.id(0)?)?.clone();
    let Done([added, updated, deleted]) = change(data, call, &PHONE, &mut contact.phones)?;
    refuse(contact.faults(data))?;
    let shown = json!({"Added": added, "Updated": updated, "Deleted": deleted, "Phones": contact.phones()});
    data.contacts.insert(contact.id, contact);
    Ok(Answer::Result(shown))
}

fn refuse(faults: Vec<String>) -> Result<(), ApiError> {
    if faults.is_empty() { Ok(()) } else { Err(ApiError::invalid(faults)) }
}

fn change(data: &mut Data, call: &Call, kind: &Kind, items: &mut Vec<Item>) -> Result<Done, ApiError> {
    let mut done = Done::default();
    let [add, update, delete] = data.settings.operations;
    for row in call.objects()? {
        let [added, updated, deleted] = &mut done.0;
        match number(row, "Operation") {
            Some(code) if code == add => {
                let item = added_item(data, row, kind, items)?;
                push(items, item);
                *added += 1;
            }
            Some(code) if code == update => {
                update_item(row, kind, items)?;
                *updated += 1;
            }
            Some(code) if code == delete => {
                let place = place(row, kind, items)?;
                items.remove(place);
                *deleted += 1;
            }
            Some(_) | None => return Err(invalid("The Operation field is invalid.")),
        }
    }
    Ok(done)
}

fn added_item(
    data: &mut Data,
    row: &Map<String, Value>,
    kind: &Kind,
    items: &[Item],
) -> Result<Item, ApiError> {
    let [present, new] = kind.names;
    let given = |name: &str| text(row, name).filter(|text| !text.is_empty());
    let Some(value) = given(new).or_else(|| given(present)) else {
        return Err(invalid(&format!("The {new} field is required.")));
    };
    if items.iter().any(|item| item.value.eq_ignore_ascii_case(&value)) {
        return Err(invalid(&format!("The {present} already exists.")));
    }
    let type_id = type_id(row, kind)?.ok_or_else(|| invalid("The TypeId field is required."))?;
    let default = flag(row, "IsDefault").unwrap_or(false);
    Ok(Item { id: data.next_id(), value, type_id, default })
}

fn update_item(row: &Map<String, Value>, kind: &Kind, items: &mut [Item]) -> Result<(), ApiError> {
    let place = place(row, kind, items)?;
    let type_id = type_id(row, kind)?;
    let [_, new] = kind.names;
    let value = text(row, new).filter(|text| !text.is_empty());
    let taken = |value: &String| {
        items.iter().enumerate().any(|(other, item)| other != place && item.value.eq_ignore_ascii_case(value))
    };
    if value.as_ref().is_some_and(taken) {
        return Err(invalid(&format!("The {new} already exists.")));
    }
    let default = flag(row, "IsDefault");
    if default == Some(true) {
        items.iter_mut().for_each(|item| item.default = false);
    }
    if let Some(item) = items.get_mut(place) {
        item.default = default.unwrap_or(item.default);
        item.type_id = type_id.unwrap_or(item.type_id);
        item.value = value.unwrap_or_else(|| item.value.clone());
    }
    Ok(())
}

/// Where the item stands that a row names.
fn place(row: &Map<String, Value>, kind: &Kind, items: &[Item]) -> Result<usize, ApiError> {
    let [present, _] = kind.names;
    let value = text(row, present).unwrap_or_default();
    let found = items.iter().position(|item| item.value.eq_ignore_ascii_case(&value));
    found.ok_or_else(|| invalid(&format!("The {present} does not exist.")))
}

fn type_id(row: &Map<String, Value>, kind: &Kind) -> Result<Option<i64>, ApiError> {
    match number(row, "TypeId") {
        Some(id) if type_name(kind.types, id).is_none() => Err(invalid("The TypeId field is invalid.")),
        known => Ok(known),
    }
}

fn invalid(fault: &str) -> ApiError {
    ApiError::invalid(vec![fault.to_owned()])
}
