//! `/contacts`: flat records, duplicates welcome, deleted for good.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::data::{BUILT_IN, Data, properties};
use super::page::paged;
use super::reply::{ApiError, Reply, ok};

/// Texts that a client may write.
const TEXTS: [&str; 10] =
    ["name", "address1", "address2", "city", "state", "zip", "email", "phone", "mobile", "notes"];

/// The longest text of the columns but notes; the vendor publishes no number.
const COLUMN: usize = 255;

/// `GET /contacts?customer_id=&page=`; other parameters, such as `query`, are ignored.
pub(crate) fn list(data: &mut Data, call: &Call) -> Reply {
    let of = call.number("customer_id");
    let of_customer = |record: &&Value| of.is_none_or(|id| record.get("customer_id") == Some(&id.into()));
    let rows = data.contacts.values().filter(of_customer).cloned().collect();
    Ok(paged(call, "contacts", data.settings.contacts_per_page, rows))
}

fn find<'d>(data: &'d Data, call: &Call) -> Result<&'d Value, ApiError> {
    data.contacts.get(&call.id()).ok_or(ApiError::NotFound)
}

/// `GET /contacts/{id}`
pub(crate) fn get(data: &mut Data, call: &Call) -> Reply {
    Ok(ok(find(data, call)?.clone()))
}

/// A contact with nothing in it.
pub(crate) fn blank(customer: Option<i64>) -> Value {
    json!({
        "id": null, "name": null, "address1": null, "address2": null, "city": null, "state": null, "zip": null,
        "email": null, "phone": null, "mobile": null, "latitude": null, "longitude": null, "customer_id": customer,
        "account_id": 1, "notes": null, "created_at": null, "updated_at": null, "vendor_id": null, "properties": {},
        "opt_out": false, "extension": null, "processed_phone": null, "processed_mobile": null,
    })
}

/// `POST /contacts`
pub(crate) fn create(data: &mut Data, call: &Call) -> Reply {
    let fields = call.fields();
    let customer = customer(data, &fields)?;
    let mut record = blank(customer);
    write(data, &mut record, &fields);
    check(data, &record)?;
    let id = data.next_id();
    let now = data.now.clone();
    set(&mut record, "id", id.into());
    set(&mut record, "created_at", now.into());
    save(data, &mut record);
    Ok(ok(record))
}

/// `PUT /contacts/{id}`: what is left out stays, but the properties are one field.
pub(crate) fn update(data: &mut Data, call: &Call) -> Reply {
    let mut record = find(data, call)?.clone();
    let mut fields = call.fields();
    if fields.contains_key("customer_id") {
        let customer = customer(data, &fields)?;
        set(&mut record, "customer_id", customer.into());
    }
    // The title is a property in every answer, and a field of its own in what may be sent.
    if let Some(title) = fields.remove("title") {
        let now = record.get("properties").cloned().unwrap_or_default();
        let sent = fields.entry("properties").or_insert(now);
        if let Some(sent) = sent.as_object_mut() {
            sent.insert("title".to_owned(), title);
        }
    }
    if data.settings.reset_flags && !fields.contains_key("opt_out") {
        fields.insert("opt_out".to_owned(), false.into());
    }
    write(data, &mut record, &fields);
    if fields.get("name").is_some_and(is_blank) {
        return Err(invalid(record, "Name can't be blank"));
    }
    check(data, &record)?;
    save(data, &mut record);
    Ok(ok(record))
}

/// `DELETE /contacts/{id}`
pub(crate) fn delete(data: &mut Data, call: &Call) -> Reply {
    find(data, call)?;
    data.contacts.remove(&call.id());
    Ok(ok(json!({"success": true})))
}

/// The customer that a body names, which must exist.
fn customer(data: &Data, fields: &Map<String, Value>) -> Result<Option<i64>, ApiError> {
    let sent = fields.get("customer_id");
    let id = sent.and_then(|value| value.as_i64().or_else(|| value.as_str()?.trim().parse().ok()));
    match id {
        None => Ok(None),
        Some(id) if data.customers.contains_key(&id) => Ok(Some(id)),
        Some(_) => Err(ApiError::NotFound),
    }
}

fn write(data: &Data, record: &mut Value, fields: &Map<String, Value>) {
    for name in TEXTS {
        let Some(value) = fields.get(name) else { continue };
        let text = match value {
            Value::Number(_) | Value::Bool(_) => value.to_string().into(),
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => value.clone(),
        };
        set(record, name, text);
    }
    if let Some(flag) = fields.get("opt_out").and_then(Value::as_bool) {
        set(record, "opt_out", flag.into());
    }
    if let Some(sent) = fields.get("properties").and_then(Value::as_object) {
        let merge = data.settings.merge_properties;
        let new = properties(record.get("properties"), sent, &data.contact_fields, &BUILT_IN, merge);
        set(record, "properties", new);
    }
}

/// What the vendor refuses, in one sentence.
fn check(data: &Data, record: &Value) -> Result<(), ApiError> {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let refuse = |errors: String| Err(invalid(record.clone(), errors));
    if record.get("customer_id").is_none_or(Value::is_null) {
        return refuse("Customer can't be blank".to_owned());
    }
    let email = text("email").trim();
    if !email.is_empty() && !is_email(email) {
        return refuse("Email is not an email".to_owned());
    }
    if let Some(name) = TEXTS.iter().find(|name| **name != "notes" && text(name).chars().count() > COLUMN) {
        return refuse(format!("{} is too long (maximum is {COLUMN} characters)", title_case(name)));
    }
    for name in &data.settings.required {
        let own = record.get("properties").and_then(|all| all.get(name)).and_then(Value::as_str);
        if text(name).trim().is_empty() && own.is_none_or(|own| own.trim().is_empty()) {
            return refuse(format!("{} can't be blank", title_case(name)));
        }
    }
    Ok(())
}

fn invalid(record: Value, errors: impl Into<String>) -> ApiError {
    ApiError::Contact { record, errors: errors.into() }
}

/// Whether a text is an address, by the vendor's lights as far as they are known.
pub(crate) fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.contains('@')
            && !text.contains(char::is_whitespace)
    })
}

/// `name` as `Name`.
pub(crate) fn title_case(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

pub(crate) fn set(record: &mut Value, name: &str, value: Value) {
    if let Some(record) = record.as_object_mut() {
        record.insert(name.to_owned(), value);
    }
}

/// Stores a record as changed now.
pub(crate) fn save(data: &mut Data, record: &mut Value) {
    set(record, "updated_at", data.now.as_str().into());
    if let Some(id) = record.get("id").and_then(Value::as_i64) {
        data.contacts.insert(id, record.clone());
    }
}
