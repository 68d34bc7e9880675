//! Creating, replacing and deleting contacts.

use serde_json::{Map, Value, json};

use super::call::{Call, flag, number, text};
use super::contact::{Contact, EMAIL_TYPES, Item, PHONE_TYPES, type_name};
use super::contacts::find;
use super::custom;
use super::data::{CONTACTS, Data};
use super::reply::{Answer, ApiError, Reply};

/// `POST /v2/crm/contacts/summary`: no title and no active status; what the body names beside its own properties is
/// dropped without a word.
pub(crate) fn create(data: &mut Data, call: &Call) -> Reply {
    let body = call.object()?;
    let account = number(body, "AccountId").unwrap_or(0);
    if !data.accounts.contains_key(&account) {
        return Err(ApiError::not_found("Account"));
    }
    let mut contact = Contact::new(0, account, data.now);
    contact.location = number(body, "LocationId").filter(|id| *id != 0);
    contact.first_name = text(body, "FirstName").unwrap_or_default();
    contact.last_name = text(body, "LastName").unwrap_or_default();
    let mut faults = Vec::new();
    for row in rows(body, "Emails") {
        let made = item(row, ["EmailAddress", "EmailTypeId"], &EMAIL_TYPES);
        made.map(|item| push(&mut contact.emails, item)).unwrap_or_else(|fault| faults.push(fault));
    }
    for row in rows(body, "Phones") {
        let made = item(row, ["PhoneNumber", "PhoneTypeId"], &PHONE_TYPES);
        made.map(|item| push(&mut contact.phones, item)).unwrap_or_else(|fault| faults.push(fault));
    }
    let fields = data.fields.get(&CONTACTS).cloned().unwrap_or_default();
    let values = custom::from_create(&fields, &rows(body, "CustomFieldsData"), &mut faults);
    faults.extend(contact.faults(data));
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    contact.id = data.next_id();
    for item in contact.emails.iter_mut().chain(&mut contact.phones) {
        item.id = data.next_id();
    }
    let id = contact.id;
    let shown = json!({
        "Id": id, "FirstName": contact.first_name, "LastName": contact.last_name, "AccountId": account,
        "AccountName": data.account_name(account), "LocationId": contact.location,
        "LocationName": contact.looked_up(data)["LocationName"], "PhoneNumber": Contact::main(&contact.phones),
        "EmailAddress": Contact::main(&contact.emails), "CustomFieldsData": custom::shown(&fields, &values),
    });
    data.contacts.insert(id, contact);
    data.values.insert((CONTACTS, id), values);
    Ok(Answer::Result(shown))
}

/// `PUT /v2/crm/contacts/{id}`: the whole record; a flag that is left out becomes false.
pub(crate) fn put(data: &mut Data, call: &Call) -> Reply {
    let mut contact = find(data, call.id(0)?)?.clone();
    let body = call.object()?;
    contact.account = number(body, "AccountId").unwrap_or(0);
    contact.location = number(body, "LocationId").filter(|id| *id != 0);
    contact.first_name = text(body, "FirstName").unwrap_or_default();
    contact.middle_name = text(body, "MiddleName");
    contact.last_name = text(body, "LastName").unwrap_or_default();
    contact.job_title = text(body, "JobTitle");
    contact.primary = flag(body, "Poc").unwrap_or(false);
    contact.active = flag(body, "IsActive").unwrap_or(false);
    contact.receive_invoices = flag(body, "ReceiveInvoices").unwrap_or(false);
    contact.bill_by_contact = flag(body, "BillByContact").unwrap_or(false);
    store(data, contact)
}

/// `DELETE /v2/crm/contacts/{Id}`
pub(crate) fn delete(data: &mut Data, call: &Call) -> Reply {
    if data.drop_contact(call.id(0)?) { Ok(Answer::Empty) } else { Err(ApiError::not_found("Contact")) }
}

/// Checks a changed contact, keeps it, and shows it.
pub(crate) fn store(data: &mut Data, mut contact: Contact) -> Reply {
    if !data.accounts.contains_key(&contact.account) {
        return Err(ApiError::not_found("Account"));
    }
    let faults = contact.faults(data);
    if !faults.is_empty() {
        return Err(ApiError::invalid(faults));
    }
    contact.modified = data.now;
    let shown = contact.output(data);
    data.contacts.insert(contact.id, contact);
    Ok(Answer::Result(shown))
}

fn rows<'b>(body: &'b Map<String, Value>, name: &str) -> Vec<&'b Map<String, Value>> {
    let rows = body.get(&name.to_lowercase()).and_then(Value::as_array);
    rows.into_iter().flatten().filter_map(Value::as_object).collect()
}

fn item(
    row: &Map<String, Value>,
    [value, kind]: [&str; 2],
    types: &[(i64, &'static str)],
) -> Result<Item, String> {
    let type_id = number(row, kind).unwrap_or(0);
    let text = text(row, value).filter(|text| !text.is_empty());
    let Some(text) = text else { return Err(format!("The {value} field is required.")) };
    if type_name(types, type_id).is_none() {
        return Err(format!("The {kind} field is invalid."));
    }
    Ok(Item { id: 0, value: text, type_id, default: flag(row, "IsDefault").unwrap_or(false) })
}

/// Adds an item; a default one takes the flag from the others.
pub(crate) fn push(items: &mut Vec<Item>, item: Item) {
    if item.default {
        items.iter_mut().for_each(|other| other.default = false);
    }
    items.push(item);
}
