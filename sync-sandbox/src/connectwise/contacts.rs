//! `/company/contacts` and its records.

use serde_json::{Value, json};

use super::call::Call;
use super::callbacks;
use super::contact::{CONTACT_SCREEN, Contact};
use super::data::{API_MEMBER, Data, read_id};
use super::listing::{self, Row};
use super::patch::{Operation, apply};
use super::reply::{ApiError, FieldError, Reply, created, no_content, ok};
use super::schema::{CONTACT, Kind, Target};
use super::shapes::{CONTACT_SHAPE, Table};
use super::validate::{assign, assign_custom_fields, read_item, validate};

/// `GET /company/contacts`
pub(crate) fn list(data: &mut Data, call: &Call) -> Reply {
    listing::list(call, CONTACT_SHAPE, rows(data), |row| whole(data, row.id))
}

/// `GET /company/contacts/count`
pub(crate) fn count(data: &mut Data, call: &Call) -> Reply {
    listing::count(call, CONTACT_SHAPE, rows(data), |row| whole(data, row.id))
}

fn rows(data: &Data) -> impl Iterator<Item = Row<'_>> {
    data.contacts.iter().map(|(id, contact)| Row { id: *id, stored: &contact.body })
}

/// The contact as shown; `null` when there is none.
pub(crate) fn whole(data: &Data, id: i64) -> Value {
    data.contacts.get(&id).map(|contact| data.contact_json(contact)).unwrap_or_default()
}

/// The contact that a path names.
pub(crate) fn find<'a>(data: &'a Data, call: &Call) -> Result<&'a Contact, ApiError> {
    data.contacts.get(&call.id()).ok_or_else(|| ApiError::not_found(CONTACT_SHAPE.title, call.id()))
}

/// `GET /company/contacts/{id}`
pub(crate) fn get(data: &mut Data, call: &Call) -> Reply {
    let contact = data.contact_json(find(data, call)?);
    listing::single(call, CONTACT_SHAPE, contact)
}

/// `GET /company/contacts/{id}/image`: nobody has a photo.
pub(crate) fn image(data: &mut Data, call: &Call) -> Reply {
    find(data, call)?;
    Err(ApiError::not_found("Image for contact", call.id()))
}

/// `POST /company/contacts`. Duplicates are welcome.
pub(crate) fn create(data: &mut Data, call: &Call) -> Reply {
    let body = call.object("contact")?;
    let mut contact = Contact::new(0);
    let mut errors = fill(data, &mut contact, body);
    for value in array(body, "communicationItems", &mut errors) {
        match read_item(data, value) {
            Ok(mut item) => {
                item.id = data.next_id();
                contact.push_item(data, item);
            }
            Err(error) => errors.push(error),
        }
    }
    let custom = array(body, "customFields", &mut errors);
    errors.extend(assign_custom_fields(data, CONTACT_SCREEN, &mut contact.values, custom).err());
    for type_id in array(body, "typeIds", &mut errors) {
        match read_id(type_id).filter(|id| data.row(Table::ContactTypes, *id).is_some()) {
            Some(type_id) => contact.types.push((data.next_id(), type_id)),
            None => errors.push(FieldError::reference("typeIds")),
        }
    }
    errors.extend(validate(data, &contact));
    if !errors.is_empty() {
        return Err(ApiError::invalid_object("contact", errors));
    }
    let id = data.next_id();
    contact.set("id", Some(id.into()));
    contact.set("mobileGuid", Contact::new(id).body.get("mobileGuid").cloned());
    if contact.body.get("site").is_none() {
        let site = contact.reference("company").and_then(|company| first_site(data, company));
        contact.set("site", site);
    }
    store(data, contact, "added");
    Ok(created(&format!("{}/{id}", call.url), whole(data, id)))
}

fn array<'a>(body: &'a Value, name: &str, errors: &mut Vec<FieldError>) -> &'a [Value] {
    match body.get(name).filter(|value| !value.is_null()) {
        None => &[],
        Some(value) => value.as_array().map_or_else(
            || {
                errors.push(FieldError::invalid(name, "an array is expected"));
                [].as_slice()
            },
            Vec::as_slice,
        ),
    }
}

/// Takes the plain fields and references of a body. Unknown names are ignored, as the vendor ignores them.
fn fill(data: &Data, contact: &mut Contact, body: &Value) -> Vec<FieldError> {
    let sent =
        CONTACT.iter().filter(|(_, kind)| !matches!(kind, Kind::ReadOnly | Kind::Items | Kind::CustomFields));
    let values =
        sent.filter_map(|(name, _)| Some((*name, body.get(*name).filter(|value| !value.is_null())?)));
    values.filter_map(|(name, value)| assign(data, contact, name, value).err()).collect()
}

fn first_site(data: &Data, company: i64) -> Option<Value> {
    let of_company =
        |row: &&Value| row.get("company").and_then(|found| found.get("id")) == Some(&company.into());
    let site = data.rows(Table::Sites).find(of_company)?;
    data.resolve(Target::Site, site)
}

/// `PATCH /company/contacts/{id}`
pub(crate) fn patch(data: &mut Data, call: &Call) -> Reply {
    let mut contact = find(data, call)?.clone();
    let operations = Operation::read_all(call.operations()?)?;
    let names_custom = operations.iter().any(|operation| operation.path.first() == Some(&"customFields"));
    if data.settings.patch_needs_custom_fields && !names_custom {
        let error = FieldError::missing("customFields");
        return Err(ApiError::invalid_object("contact", vec![error]));
    }
    let old = contact.clone();
    apply(data, &mut contact, &operations)?;
    stay_default(&old, &mut contact);
    let errors = validate(data, &contact);
    if !errors.is_empty() {
        return Err(ApiError::invalid_object("contact", errors));
    }
    store(data, contact, "updated");
    Ok(ok(whole(data, call.id())))
}

/// A company's default contact stays that until another one is made the default, or it goes to another company.
fn stay_default(old: &Contact, new: &mut Contact) {
    if old.flag("defaultFlag") {
        let stays = old.reference("company") == new.reference("company");
        new.set("defaultFlag", Some(stays.into()));
    }
}

/// `PUT /company/contacts/{id}`: what the body leaves out is lost, except custom fields, which are never touched.
pub(crate) fn put(data: &mut Data, call: &Call) -> Reply {
    let old = find(data, call)?.clone();
    let body = call.object("contact")?;
    if body.get("communicationItems").and_then(Value::as_array).is_some_and(|items| !items.is_empty()) {
        // The vendor complains about items that are in order.
        return Err(ApiError::invalid_object("contact", vec![FieldError::missing("value")]));
    }
    let mut contact = Contact::new(call.id());
    contact.types = old.types.clone();
    contact.values = old.values.clone();
    contact.set("_info", old.body.get("_info").cloned());
    let mut errors = fill(data, &mut contact, body);
    stay_default(&old, &mut contact);
    errors.extend(validate(data, &contact));
    if !errors.is_empty() {
        return Err(ApiError::invalid_object("contact", errors));
    }
    store(data, contact, "updated");
    Ok(ok(whole(data, call.id())))
}

/// `DELETE /company/contacts/{id}?transferContactId=`
pub(crate) fn delete(data: &mut Data, call: &Call) -> Reply {
    let id = find(data, call)?.id();
    if !data.usages(id).is_empty() {
        let heir = call.param("transferContactId").and_then(|text| text.parse::<i64>().ok());
        let heir = heir.filter(|heir| *heir != id && data.contacts.contains_key(heir));
        let Some(heir) = heir else {
            let message = "The contact is referenced by other records and cannot be deleted.".to_owned();
            return Err(ApiError::invalid_object(
                "contact",
                vec![FieldError::new("InvalidReference", "id", message)],
            ));
        };
        data.transfer(id, Some(heir));
        let was_default = data.contacts.get(&id).is_some_and(|contact| contact.flag("defaultFlag"));
        if let Some(mut heir) = data.contacts.get(&heir).filter(|_| was_default).cloned() {
            heir.set("defaultFlag", Some(true.into()));
            keep(data, heir);
        }
    }
    if let Some(gone) = data.drop_contact(id) {
        callbacks::announce(data, "deleted", &gone, true);
    }
    Ok(no_content())
}

/// `GET /company/contacts/{id}/usages` and `/usages/list`
pub(crate) fn usages(data: &mut Data, call: &Call) -> Reply {
    let id = find(data, call)?.id();
    let rows = data.usages(id).into_iter();
    let rows = rows.map(|(kind, id, name)| json!({"type": kind, "count": 1, "id": id, "description": name}));
    Ok(ok(rows.collect()))
}

/// Stores a checked contact that the API member wrote, and tells whoever listens.
fn store(data: &mut Data, mut contact: Contact, action: &'static str) {
    let now = data.now.clone();
    contact.stamp(&now, API_MEMBER);
    keep(data, contact.clone());
    callbacks::announce(data, action, &contact, true);
}

/// Stores a contact. A new default contact takes the flag from the company's old one.
pub(crate) fn keep(data: &mut Data, contact: Contact) {
    let id = contact.id();
    let company = contact.reference("company").filter(|_| contact.flag("defaultFlag"));
    if let Some(company) = company {
        for other in data.contacts.values_mut() {
            if other.id() != id && other.flag("defaultFlag") && other.reference("company") == Some(company) {
                other.set("defaultFlag", Some(false.into()));
            }
        }
        if let Some(row) = data.row_mut(Table::Companies, company).and_then(Value::as_object_mut) {
            row.insert("defaultContact".to_owned(), json!({"id": id, "name": contact.name()}));
        }
    }
    data.contacts.insert(id, contact);
}
