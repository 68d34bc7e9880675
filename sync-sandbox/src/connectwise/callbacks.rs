//! `/system/callbacks`, and the payloads that contact changes make.
//!
//! Payloads are kept for [`take_callbacks`](super::ConnectWise::take_callbacks); the imitation opens no connection.

use aws_lc_rs::{digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::{Host, Url};

use super::call::Call;
use super::contact::Contact;
use super::data::{API_MEMBER, Data};
use super::patch::Operation;
use super::reply::{ApiError, FieldError, Reply, created, no_content, ok};
use super::shapes::Table;
use super::tables::{patch_row, row};

/// Levels by type (official table, read 2026-11).
const LEVELS: [(&str, &[&str]); 2] = [
    ("contact", &["owner", "type", "territory", "company", "contact"]),
    ("company", &["owner", "status", "type", "territory", "company", "integratortag"]),
];
/// Longest description.
const MAX_DESCRIPTION: usize = 100;
/// Payloads kept; the oldest goes first.
const MAX_DELIVERIES: usize = 10_000;

/// Where the key of the signatures is. The vendor's own path is not documented; clients follow what a payload names.
pub(crate) const KEY_PATH: &str = "/login/callbackkey";

/// `GET` of the address that a payload's `Metadata.key_url` names.
pub(crate) fn signing_key(data: &mut Data) -> Value {
    json!({"signing_key": data.settings.signing_key})
}

/// The header `x-content-signature`: HMAC-SHA256 over the body, with the SHA-256 of the signing key as its key.
fn signature(signing_key: &str, body: &str) -> String {
    let key = digest::digest(&digest::SHA256, signing_key.as_bytes());
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_ref());
    STANDARD.encode(hmac::sign(&key, body.as_bytes()))
}

fn invalid(error: FieldError) -> ApiError {
    ApiError::invalid_object("callbackEntry", vec![error])
}

/// `POST /system/callbacks`
pub(crate) fn create(data: &mut Data, call: &Call) -> Reply {
    let body = call.object("callbackEntry")?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    for name in ["url", "type", "level"] {
        if text(name).is_empty() {
            return Err(invalid(FieldError::missing(name)));
        }
    }
    let Some(object_id) = body.get("objectId").and_then(Value::as_i64) else {
        return Err(invalid(FieldError::missing("objectId")));
    };
    let (kind, level, url) = (text("type").to_lowercase(), text("level").to_lowercase(), text("url"));
    let levels = LEVELS.iter().find(|(known, _)| *known == kind).map(|(_, levels)| *levels);
    if !levels.is_some_and(|levels| levels.contains(&level.as_str())) {
        let message = format!("Unrecognized level for type {kind}");
        return Err(invalid(FieldError::new("InvalidObject", "level", message)));
    }
    if !is_acceptable(url) {
        return Err(invalid(FieldError::new("InvalidField", "url", "Invalid URL".to_owned())));
    }
    if text("description").chars().count() > MAX_DESCRIPTION {
        return Err(invalid(FieldError::too_long("description", MAX_DESCRIPTION)));
    }
    let same = |row: &Value| {
        let is = |name: &str, wanted: &str| {
            row.get(name).and_then(Value::as_str).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
        };
        is("url", url) && is("type", &kind) && is("level", &level)
    };
    if data.rows(Table::Callbacks).any(same) {
        return Err(ApiError::exists("callbackEntry", "A matching callback entry already exists"));
    }
    let entry = json!({
        "description": text("description"), "url": url, "objectId": object_id, "type": kind, "level": level,
        "memberId": 1, "payloadVersion": "3.0.0", "inactiveFlag": false, "isSoapCallbackFlag": false,
        "isSelfSuppressedFlag": body.get("isSelfSuppressedFlag").and_then(Value::as_bool).unwrap_or(false),
        "_info": {"lastUpdated": data.now, "updatedBy": API_MEMBER},
    });
    let entry = data.add(Table::Callbacks, entry);
    let id = entry.get("id").and_then(Value::as_i64).unwrap_or_default();
    Ok(created(&format!("{}/{id}", call.url), entry))
}

/// HTTPS anywhere; plain HTTP on loopback only, which is where tests listen.
fn is_acceptable(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// `PATCH /system/callbacks/{id}`: for instance to enable a disabled entry again.
pub(crate) fn patch(data: &mut Data, call: &Call) -> Reply {
    let mut entry = row(data, call.id(), Table::Callbacks)?.clone();
    patch_row(&mut entry, &Operation::read_all(call.operations()?)?, Table::Callbacks)?;
    data.put(Table::Callbacks, entry.clone());
    Ok(ok(entry))
}

/// `DELETE /system/callbacks/{id}`
pub(crate) fn delete(data: &mut Data, call: &Call) -> Reply {
    row(data, call.id(), Table::Callbacks)?;
    data.remove(Table::Callbacks, call.id());
    Ok(no_content())
}

/// Queues the payloads of a change to a contact. `by_api` says that the API member made it.
pub(crate) fn announce(data: &mut Data, action: &'static str, contact: &Contact, by_api: bool) {
    let id = contact.id();
    let company = contact.reference("company");
    let listens = |entry: &&Value| {
        let is = |name: &str, wanted: &str| entry.get(name).and_then(Value::as_str) == Some(wanted);
        let flag = |name: &str| entry.get(name).and_then(Value::as_bool).unwrap_or(false);
        let object = entry.get("objectId").and_then(Value::as_i64);
        let concerned = (is("level", "owner") && object == Some(1))
            || (is("level", "company") && object.is_some() && object == company)
            || (is("level", "contact") && object == Some(id))
            || (is("level", "type") && contact.types.iter().any(|(_, kind)| Some(*kind) == object));
        let suppressed = by_api && flag("isSelfSuppressedFlag");
        is("type", "contact") && concerned && !flag("inactiveFlag") && !suppressed
    };
    let entity = match action {
        "deleted" => Value::Null,
        _ => entity(data, contact).to_string().into(),
    };
    let message = data.next_id();
    let payloads: Vec<Value> = data
        .rows(Table::Callbacks)
        .filter(listens)
        .map(|entry| {
            let url = entry.get("url").and_then(Value::as_str).unwrap_or_default();
            let url = if url.ends_with("recordId=") {
                format!("{url}{id}&action={action}")
            } else {
                url.to_owned()
            };
            let body = json!({
                "Action": action, "CallbackObjectRecId": entry.get("id"), "CompanyId": data.settings.company,
                "Entity": entity, "FromUrl": "localhost", "ID": id,
                "MemberId": if by_api { API_MEMBER } else { "technician" },
                "MessageId": format!("00000000-0000-4000-8000-{message:012x}"),
                "Metadata": {"key_url": format!("{}{KEY_PATH}", data.settings.base_url)},
                "PartnerId": "sandbox", "ProductInstanceId": "sandbox", "Type": "contact",
            });
            let text = body.to_string();
            let signature = signature(&data.settings.signing_key, &text);
            json!({"url": url, "body": body, "text": text, "signature": signature})
        })
        .collect();
    data.deliveries.extend(payloads);
    while data.deliveries.len() > MAX_DELIVERIES {
        data.deliveries.pop_front();
    }
}

/// The contact inside a payload: flat names, and no communication items.
fn entity(data: &Data, contact: &Contact) -> Value {
    let mut shown = data.contact_json(contact);
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("communicationItems");
    }
    shown
}
