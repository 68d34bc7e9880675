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
    /// The same value may stand there once for each type.
    by_type: bool,
}

impl Kind {
    /// Whether a value is there already: an address at all, a number as the same type.
    fn same(&self, item: &Item, value: &str, type_id: i64) -> bool {
        (!self.by_type || item.type_id == type_id) && item.value.eq_ignore_ascii_case(value)
    }
}

const EMAIL: Kind = Kind { names: ["EmailAddress", "NewEmailAddress"], types: &EMAIL_TYPES, by_type: false };
const PHONE: Kind = Kind { names: ["PhoneNumber", "NewPhoneNumber"], types: &PHONE_TYPES, by_type: true };

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
    let type_id = type_id(row, kind)?.ok_or_else(|| invalid("The TypeId field is required."))?;
    if items.iter().any(|item| kind.same(item, &value, type_id)) {
        return Err(invalid(&format!("The {present} already exists.")));
    }
    let default = flag(row, "IsDefault").unwrap_or(false);
    Ok(Item { id: data.next_id(), value, type_id, default })
}

fn update_item(row: &Map<String, Value>, kind: &Kind, items: &mut [Item]) -> Result<(), ApiError> {
    let place = place(row, kind, items)?;
    let type_id = type_id(row, kind)?;
    let [_, new] = kind.names;
    let value = text(row, new).filter(|text| !text.is_empty());
    let own_type = items.get(place).map(|item| item.type_id);
    let taken = |value: &String| {
        let kept = type_id.or(own_type).unwrap_or_default();
        items.iter().enumerate().any(|(other, item)| other != place && kind.same(item, value, kept))
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
    let named = |item: &Item| item.value.eq_ignore_ascii_case(&value);
    let type_id = number(row, "TypeId");
    // One number may stand there twice, as two types; then the type tells which is meant.
    let exact = items.iter().position(|item| named(item) && Some(item.type_id) == type_id);
    exact
        .or_else(|| items.iter().position(named))
        .ok_or_else(|| invalid(&format!("The {present} does not exist.")))
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
