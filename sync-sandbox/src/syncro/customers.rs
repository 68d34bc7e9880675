//! `/customers`, which wraps its records, and their phones, which lose their formatting.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::contacts::{is_email, set};
use super::data::{Data, properties};
use super::page::paged;
use super::reply::{ApiError, Reply, ok};

/// Texts that a client may write.
const TEXTS: [&str; 11] = [
    "business_name",
    "firstname",
    "lastname",
    "email",
    "phone",
    "mobile",
    "address",
    "address_2",
    "city",
    "state",
    "zip",
];
/// Flags that a client may write; left out, they stay.
const FLAGS: [&str; 4] = ["get_sms", "opt_out", "no_email", "disabled"];

/// `GET /customers`
pub(crate) fn list(data: &mut Data, call: &Call) -> Reply {
    let mut rows: Vec<Value> =
        data.customers.values().filter(|record| matches(record, call)).cloned().collect();
    if let Some(sort) = call.param("sort") {
        let (field, direction) = sort.split_once(' ').unwrap_or((sort, "ASC"));
        let key = |record: &Value| record.get(field).map(Value::to_string).unwrap_or_default();
        rows.sort_by_key(key);
        if direction.trim().eq_ignore_ascii_case("desc") {
            rows.reverse();
        }
    }
    let rows = rows.into_iter().map(|record| shown(data, record)).collect();
    Ok(paged(call, "customers", data.settings.customers_per_page, rows))
}

fn matches(record: &Value, call: &Call) -> bool {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_lowercase();
    let like = |param: &str, name: &str| {
        call.param(param).is_none_or(|part| text(name).contains(&part.to_lowercase()))
    };
    let id = record.get("id").and_then(Value::as_i64).unwrap_or_default();
    let (only, not) = (call.numbers("id"), call.numbers("not_id"));
    let disabled = record.get("disabled") == Some(&Value::Bool(true));
    let with_disabled = call.param("include_disabled").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    like("query", "business_and_full_name")
        && like("firstname", "firstname")
        && like("lastname", "lastname")
        && like("business_name", "business_name")
        && call.param("email").is_none_or(|email| text("email") == email.to_lowercase())
        && (only.is_empty() || only.contains(&id))
        && !not.contains(&id)
        && (!disabled || with_disabled)
}

/// A customer as shown: with its contacts.
fn shown(data: &Data, mut record: Value) -> Value {
    let id = record.get("id").cloned().unwrap_or_default();
    let contacts = data.contacts.values().filter(|contact| contact.get("customer_id") == Some(&id)).cloned();
    set(&mut record, "contacts", contacts.collect());
    record
}

fn find(data: &Data, id: i64) -> Result<Value, ApiError> {
    data.customers.get(&id).cloned().ok_or(ApiError::NotFound)
}

/// `GET /customers/{id}`
pub(crate) fn get(data: &mut Data, call: &Call) -> Reply {
    let record = find(data, call.id())?;
    Ok(ok(json!({"customer": shown(data, record)})))
}

/// `GET /customers/latest`
pub(crate) fn latest(data: &mut Data, _call: &Call) -> Reply {
    let record = data.customers.values().next_back().cloned().ok_or(ApiError::NotFound)?;
    Ok(ok(json!({"customer": shown(data, record)})))
}

/// `GET /customers/autocomplete?query=`
pub(crate) fn autocomplete(data: &mut Data, call: &Call) -> Reply {
    list(data, call)
}

/// A customer with nothing but a name.
pub(crate) fn blank() -> Value {
    json!({
        "id": null, "firstname": null, "lastname": null, "fullname": "", "business_name": null, "email": null,
        "phone": null, "mobile": null, "created_at": null, "updated_at": null, "pdf_url": null, "address": null,
        "address_2": null, "city": null, "state": null, "zip": null, "latitude": null, "longitude": null, "notes": null,
        "get_sms": false, "opt_out": false, "disabled": false, "no_email": false, "location_name": null,
        "location_id": null, "properties": {}, "online_profile_url": null, "tax_rate_id": null,
        "notification_email": null, "invoice_cc_emails": null, "invoice_term_id": null, "referred_by": null,
        "ref_customer_id": null, "business_and_full_name": "", "business_then_name": "",
    })
}

/// `POST /customers`
pub(crate) fn create(data: &mut Data, call: &Call) -> Reply {
    let fields = call.fields();
    let mut record = blank();
    write(data, &mut record, &fields)?;
    let id = data.next_id();
    let now = data.now.clone();
    set(&mut record, "id", id.into());
    set(&mut record, "created_at", now.into());
    save(data, &mut record);
    Ok(ok(json!({"customer": shown(data, record)})))
}

/// `PUT /customers/{id}`
pub(crate) fn update(data: &mut Data, call: &Call) -> Reply {
    let mut record = find(data, call.id())?;
    write(data, &mut record, &call.fields())?;
    save(data, &mut record);
    Ok(ok(json!({"customer": shown(data, record)})))
}

/// `DELETE /customers/{id}`
pub(crate) fn delete(data: &mut Data, call: &Call) -> Reply {
    find(data, call.id())?;
    data.drop_customer(call.id());
    Ok(ok(json!({"message": "Customer was deleted from the system."})))
}

fn write(data: &Data, record: &mut Value, fields: &Map<String, Value>) -> Result<(), ApiError> {
    for name in TEXTS.iter().chain(&["notes"]) {
        if let Some(value) = fields.get(*name) {
            set(record, name, value.clone());
        }
    }
    for name in FLAGS {
        if let Some(flag) = fields.get(name).and_then(Value::as_bool) {
            set(record, name, flag.into());
        }
    }
    if let Some(sent) = fields.get("properties").and_then(Value::as_object) {
        let merge = data.settings.merge_properties;
        let new = properties(record.get("properties"), sent, &data.customer_fields, &[], merge);
        set(record, "properties", new);
    }
    let email = record.get("email").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    if !email.is_empty() && !is_email(&email) {
        let parsed = format!("Email Only able to parse up to \"{email}\"");
        let message = vec!["Email is not an email".to_owned(), parsed];
        return Err(ApiError::Listed { message, params: fields.clone().into() });
    }
    Ok(())
}

/// Stores a record as changed now, its made-up names included.
pub(crate) fn save(data: &mut Data, record: &mut Value) {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let full = format!("{} {}", text("firstname"), text("lastname")).trim().to_owned();
    let business = text("business_name");
    let both = [business.as_str(), full.as_str()].into_iter().filter(|name| !name.is_empty());
    let both = both.collect::<Vec<_>>().join(" - ");
    set(record, "fullname", full.as_str().into());
    set(record, "business_and_full_name", both.into());
    set(record, "business_then_name", if business.is_empty() { full.into() } else { business.into() });
    set(record, "updated_at", data.now.as_str().into());
    if let Some(id) = record.get("id").and_then(Value::as_i64) {
        data.customers.insert(id, record.clone());
    }
}

/// `GET /customers/{id}/phones`
pub(crate) fn phones(data: &mut Data, call: &Call) -> Reply {
    find(data, call.id())?;
    let of = |phone: &&Value| phone.get("customer_id") == Some(&call.id().into());
    Ok(ok(json!({"phones": data.phones.values().filter(of).collect::<Vec<_>>()})))
}

/// `POST /customers/{id}/phones`
pub(crate) fn add_phone(data: &mut Data, call: &Call) -> Reply {
    find(data, call.id())?;
    let id = data.next_id();
    let phone = json!({
        "id": id, "label": null, "number": null, "customer_id": call.id(), "created_at": data.now,
        "updated_at": data.now, "extension": null,
    });
    save_phone(data, phone, &call.fields())
}

fn phone(data: &Data, call: &Call) -> Result<Value, ApiError> {
    let of = |phone: &&Value| phone.get("customer_id") == Some(&call.id().into());
    data.phones.get(&call.child_id()).filter(of).cloned().ok_or(ApiError::NotFound)
}

/// `PUT /customers/{id}/phones/{phone}`
pub(crate) fn update_phone(data: &mut Data, call: &Call) -> Reply {
    let phone = phone(data, call)?;
    save_phone(data, phone, &call.fields())
}

/// `DELETE /customers/{id}/phones/{phone}`
pub(crate) fn delete_phone(data: &mut Data, call: &Call) -> Reply {
    phone(data, call)?;
    data.phones.remove(&call.child_id());
    Ok(ok(json!({"success": true})))
}

fn save_phone(data: &mut Data, mut phone: Value, fields: &Map<String, Value>) -> Reply {
    for name in ["label", "extension"] {
        if let Some(value) = fields.get(name) {
            set(&mut phone, name, value.clone());
        }
    }
    if let Some(number) = fields.get("number").and_then(Value::as_str) {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        set(&mut phone, "number", digits.into());
    }
    if phone.get("number").and_then(Value::as_str).unwrap_or_default().is_empty() {
        let message = vec!["Number can't be blank".to_owned()];
        return Err(ApiError::Listed { message, params: fields.clone().into() });
    }
    set(&mut phone, "updated_at", data.now.as_str().into());
    if let Some(id) = phone.get("id").and_then(Value::as_i64) {
        data.phones.insert(id, phone.clone());
    }
    Ok(ok(phone))
}
