//! `PATCH /v2/crm/contacts/{id}`: RFC 6902 operations over the properties of the PUT.

use serde_json::{Map, Value};

use super::call::{Call, text};
use super::contact::Contact;
use super::contacts::find;
use super::data::Data;
use super::reply::{ApiError, Reply};
use super::write::store;

/// All operations or none.
pub(crate) fn patch(data: &mut Data, call: &Call) -> Reply {
    let mut contact = find(data, call.id(0)?)?.clone();
    for operation in call.objects()? {
        apply(&mut contact, operation)?;
    }
    store(data, contact)
}

fn apply(contact: &mut Contact, operation: &Map<String, Value>) -> Result<(), ApiError> {
    let path = text(operation, "path").unwrap_or_default();
    let value = match text(operation, "op").unwrap_or_default().to_lowercase().as_str() {
        "replace" | "add" => operation.get("value").unwrap_or(&Value::Null),
        "remove" => &Value::Null,
        _ => {
            return Err(ApiError::invalid(vec!["The operation is not supported.".to_owned()]));
        }
    };
    let wrong = || ApiError::invalid(vec![format!("The value is invalid for target location '{path}'.")]);
    let string = || match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Err(wrong()),
    };
    let flag = || value.as_bool().or_else(|| value.is_null().then_some(false)).ok_or_else(wrong);
    let number = || value.as_i64().or_else(|| value.is_null().then_some(0)).ok_or_else(wrong);
    match path.trim_start_matches('/').to_lowercase().as_str() {
        "firstname" => contact.first_name = string()?.unwrap_or_default(),
        "middlename" => contact.middle_name = string()?,
        "lastname" => contact.last_name = string()?.unwrap_or_default(),
        "jobtitle" => contact.job_title = string()?,
        "poc" => contact.primary = flag()?,
        "isactive" => contact.active = flag()?,
        "receiveinvoices" => contact.receive_invoices = flag()?,
        "billbycontact" => contact.bill_by_contact = flag()?,
        "accountid" => contact.account = number()?,
        "locationid" => contact.location = Some(number()?).filter(|id| *id != 0),
        "effectivedate" => {}
        _ => {
            let message = format!("The target location specified by path segment '{path}' was not found.");
            return Err(ApiError::invalid(vec![message]));
        }
    }
    Ok(())
}
