//! Webhooks about contacts: payloads are signed and kept; the imitation opens no connection.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::data::{Data, Row};
use super::reply::ApiError;
use super::schema::{CONTACT_WEBHOOK_EXCLUDED, CONTACT_WEBHOOK_FIELDS, CONTACT_WEBHOOKS, CONTACTS};

/// Payloads kept; the oldest goes first.
const MAX_DELIVERIES: usize = 10_000;

/// What happened to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Update,
    Delete,
}

impl Action {
    const fn name(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Delete => "Delete",
        }
    }

    const fn flag(self) -> &'static str {
        match self {
            Self::Create => "isSubscribedToCreateEvents",
            Self::Update => "isSubscribedToUpdateEvents",
            Self::Delete => "isSubscribedToDeleteEvents",
        }
    }
}

/// Both addresses must be `https`, or `http` on loopback, which is where tests listen.
pub(crate) fn check(row: &Row) -> Result<(), ApiError> {
    for name in ["webhookUrl", "deactivationUrl"] {
        let url = row.text(name);
        let good = url.starts_with("https://") || url.starts_with("http://127.0.0.1");
        if !good {
            return Err(ApiError::refused(format!("The value of field: {name} is not a valid URL.")));
        }
    }
    Ok(())
}

/// Whether a webhook has a field that it is about; without one nothing is sent.
fn is_ready(data: &Data, webhook: i64) -> bool {
    let of = |row: &Row| row.int("webhookID") == Some(webhook) && row.flag("isSubscribedField");
    data.rows(&CONTACT_WEBHOOK_FIELDS).any(|(_, row)| of(row))
}

/// Sets `isReady` of every webhook.
pub(crate) fn refresh(data: &mut Data) {
    let all: Vec<i64> = data.rows(&CONTACT_WEBHOOKS).map(|(id, _)| id).collect();
    for id in all {
        let ready = is_ready(data, id);
        if let Some(row) = data.row_mut(&CONTACT_WEBHOOKS, id) {
            row.set("isReady", ready);
        }
    }
}

/// Queues the payloads of a change by that resource.
pub(crate) fn announce(data: &mut Data, action: Action, contact: i64, by: i64) {
    refresh(data);
    let Some(row) = data.row(&CONTACTS, contact).cloned() else { return };
    let excluded = |webhook: i64| {
        let of = |row: &Row| row.int("webhookID") == Some(webhook) && row.int("resourceID") == Some(by);
        data.rows(&CONTACT_WEBHOOK_EXCLUDED).any(|(_, row)| of(row))
    };
    let listening: Vec<Row> = data
        .rows(&CONTACT_WEBHOOKS)
        .filter(|(id, hook)| {
            hook.flag("isActive") && hook.flag("isReady") && hook.flag(action.flag()) && !excluded(*id)
        })
        .map(|(_, hook)| hook.clone())
        .collect();
    for hook in listening {
        let mut fields = Map::new();
        if action != Action::Delete {
            for name in ["firstName", "lastName", "emailAddress", "companyID"] {
                fields.insert(name.to_owned(), row.fields.get(name).cloned().unwrap_or_default());
            }
        }
        let sequence = data.next_id();
        let payload = json!({
            "Action": action.name(), "Guid": hook.text("webhookGUID"), "EntityType": "Contact", "Id": contact,
            "Fields": fields, "EventTime": data.now, "SequenceNumber": sequence, "PersonID": by,
        });
        deliver(data, &hook, &payload, true);
    }
}

/// Queues the notice that a webhook was switched off, which is not signed.
pub(crate) fn deactivate(data: &mut Data, webhook: i64) -> bool {
    let now = data.now.clone();
    let Some(hook) = data.row_mut(&CONTACT_WEBHOOKS, webhook) else { return false };
    hook.set("isActive", false);
    let hook = hook.clone();
    let payload = json!({
        "Action": "Deactivated", "Guid": hook.text("webhookGUID"), "EntityType": "Contact", "Id": webhook, "Fields": {},
        "EventTime": now, "SequenceNumber": 0, "PersonID": 0,
    });
    deliver(data, &hook, &payload, false);
    true
}

fn deliver(data: &mut Data, hook: &Row, payload: &Value, signed: bool) {
    let plain = payload.to_string();
    let escaped = escaped(&plain);
    let url = hook.text(if signed { "webhookUrl" } else { "deactivationUrl" });
    let signature = signed.then(|| sign(hook.text("secretKey"), &escaped));
    let body = if data.settings.deliver_as_signed { &escaped } else { &plain };
    data.deliveries.push_back(json!({ "url": url, "signature": signature, "body": body }));
    while data.deliveries.len() > MAX_DELIVERIES {
        data.deliveries.pop_front();
    }
}

/// `sha1=` and the base64 of HMAC-SHA1.
fn sign(secret: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    format!("sha1={}", STANDARD.encode(hmac::sign(&key, body.as_bytes())))
}

/// The body as the server's own serializer writes it: `& < > ' " ` +` within texts, and everything that is not ASCII,
/// as `\uXXXX`.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut in_text = false;
    let mut chars = json.chars();
    let unicode = |out: &mut String, c: char| {
        let mut units = [0_u16; 2];
        for unit in c.encode_utf16(&mut units) {
            out.push_str(&format!("\\u{unit:04X}"));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                in_text = !in_text;
                out.push(c);
            }
            '\\' => match chars.next() {
                Some('"') => unicode(&mut out, '"'),
                Some(next) => {
                    out.push('\\');
                    out.push(next);
                }
                None => out.push('\\'),
            },
            '&' | '<' | '>' | '\'' | '`' | '+' if in_text => unicode(&mut out, c),
            c if !c.is_ascii() => unicode(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn texts_are_escaped_and_structure_is_not() {
        let json = r#"{"a":"R&D <b> 'x' +1 `q` \"é\" \\n \u0041","n":1}"#;
        let wanted = r#"{"a":"R\u0026D \u003Cb\u003E \u0027x\u0027 \u002B1 \u0060q\u0060 \u0022\u00E9\u0022 \\n \u0041","n":1}"#;
        assert_eq!(escaped(json), wanted);
    }
}
