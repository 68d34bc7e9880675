//! The one place where a status and a Syncro body become an [`Error`].
//!
//! Syncro says what is wrong in sentences ("Email is not an email") that may hold values. Only what is plainly a field's
//! name and a known fault is repeated.

use crate::map::Refused;
use serde_json::Value;
use std::time::Duration;
use sync_core::{Error, ErrorKind};
use sync_http::{Feedback, Headers, Response, ResponseHook};

/// How long to wait after a 429 that does not say: Syncro counts by the minute (OpenAPI document, introduction).
const MINUTE: Duration = Duration::from_secs(60);

/// Knows that the budget is used up for a minute where a 429 names no time.
#[derive(Debug)]
pub(crate) struct Hook;

impl ResponseHook for Hook {
    fn feedback(&self, status: u16, headers: &Headers) -> Option<Feedback> {
        (status == 429 && headers.get("retry-after").is_none())
            .then_some(Feedback { remaining: 0, reset: Some(MINUTE) })
    }
}

/// The error for an answer that is not a success.
pub(crate) fn of(response: &Response) -> Error {
    let texts = texts(response);
    match response.status() {
        401 if lacks_permission(&texts) => denied(response),
        401 => response.error(
            ErrorKind::Unauthenticated,
            "Syncro refused the API token: check api_token (deleted, expired?) and the account in base_url",
        ),
        403 => denied(response),
        404 if is_web_page(response) => response.error(
            ErrorKind::UnexpectedResponse,
            "Syncro answered 404 with a web page: check the account in base_url",
        ),
        404 => response.error(ErrorKind::NotFound, "Syncro has no such record; it may have been deleted"),
        400 | 422 => response.error(ErrorKind::Rejected, refused(&texts)),
        _ => match response.clone().error_for_status() {
            Err(error) => error,
            Ok(_) => response.error(ErrorKind::UnexpectedResponse, "Syncro answered something unexpected"),
        },
    }
}

/// The error for a read that is answered with nothing, as Syncro does for some deleted records.
pub(crate) fn gone(response: &Response) -> Option<Error> {
    let nothing = response.is_success() && response.body().trim_ascii() == b"null";
    nothing.then(|| response.error(ErrorKind::NotFound, "Syncro has no such record any more"))
}

/// The error in an answer whose status says success, where its body plainly says otherwise.
pub(crate) fn inside(response: &Response) -> Option<Error> {
    let body: Value = serde_json::from_slice(response.body()).ok()?;
    let texts = texts(response);
    let refused_outright = body.get("success") == Some(&Value::Bool(false));
    if texts.is_empty() && !refused_outright {
        return None;
    }
    if lacks_permission(&texts) {
        return Some(denied(response));
    }
    Some(response.error(ErrorKind::Rejected, refused(&texts)))
}

/// The error for a write that this account cannot take; nothing was sent.
pub(crate) fn unsupported(operation: &'static str, refused: &Refused) -> Error {
    let kind = if refused.is_content { ErrorKind::Rejected } else { ErrorKind::Unsupported };
    Error::new(kind, operation, format!("{}: {}; nothing was sent", refused.field, refused.reason))
}

/// The error for custom fields that Syncro did not keep; the rest of the write was done.
pub(crate) fn ignored(operation: &'static str, what: &str, names: &[&str]) -> Error {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let message = format!(
        "the rest was written, but Syncro kept nothing in {}: {what} have no custom field of that name (case counts); \
         make it in Syncro under Admin as a text field",
        names.join(", ")
    );
    Error::new(ErrorKind::Rejected, operation, message)
}

fn denied(response: &Response) -> Error {
    response.error(
        ErrorKind::PermissionDenied,
        "the API token lacks a permission for this; `check` says which (Admin > API Tokens in Syncro)",
    )
}

fn lacks_permission(texts: &[String]) -> bool {
    texts.iter().any(|text| text.to_ascii_lowercase().contains("permission"))
}

fn is_web_page(response: &Response) -> bool {
    response.body().iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// What the body says is wrong: under one of three keys, as a text, a list or an object of lists.
fn texts(response: &Response) -> Vec<String> {
    let Ok(body) = serde_json::from_slice::<Value>(response.body()) else { return Vec::new() };
    let mut texts = Vec::new();
    for key in ["errors", "error", "message"] {
        match body.get(key) {
            Some(Value::Object(fields)) => {
                for (field, faults) in fields {
                    let faults = faults.as_array().map_or(std::slice::from_ref(faults), Vec::as_slice);
                    texts.extend(faults.iter().filter_map(Value::as_str).map(|f| format!("{field} {f}")));
                }
            }
            Some(Value::Array(faults)) => {
                texts.extend(faults.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            Some(Value::String(fault)) => texts.push(fault.clone()),
            Some(_) | None => {}
        }
    }
    texts
}

/// Faults as Rails words them, and Syncro's own one of an address.
const FAULTS: [&str; 8] = [
    "can't be blank",
    "must exist",
    "is required",
    "is not an email",
    "is invalid",
    "is not valid",
    "is not a number",
    "has already been taken",
];

/// The fields of contacts and companies, as the sentences name them.
const FIELDS: [&str; 22] = [
    "address",
    "address1",
    "address2",
    "business name",
    "city",
    "customer",
    "email",
    "extension",
    "firstname",
    "lastname",
    "mobile",
    "name",
    "notes",
    "number",
    "opt out",
    "phone",
    "product",
    "properties",
    "quantity",
    "state",
    "title",
    "zip",
];

fn refused(texts: &[String]) -> String {
    let mut told: Vec<String> = texts.iter().take(10).filter_map(|text| fault(text)).collect();
    told.dedup();
    if told.is_empty() {
        "Syncro refused the content".to_owned()
    } else {
        format!("Syncro refused the content: {}", told.join(", "))
    }
}

/// A sentence, as far as it is plainly a field and a fault.
fn fault(text: &str) -> Option<String> {
    let lower = text.trim().trim_end_matches('.').to_lowercase();
    if let Some((field, _)) = lower.split_once(" is too long") {
        return FIELDS.contains(&field.trim()).then(|| format!("{} is too long", field.trim()));
    }
    let (field, fault) = FAULTS
        .iter()
        .find_map(|fault| Some((lower.strip_suffix(fault)?.trim().replace('_', " "), *fault)))?;
    // A field that is blank has no value that the sentence could hold, so its name may be any: custom fields have such.
    let blank = fault == "can't be blank" || fault == "is required";
    let plain = field.len() <= 60 && field.chars().all(|c| c.is_alphanumeric() || " -/".contains(c));
    let known = FIELDS.contains(&field.as_str()) || (blank && plain && !field.is_empty());
    Some(if known { format!("{field} {fault}") } else { format!("a field {fault}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_repeated_only_where_it_cannot_hold_a_value() {
        for (text, told) in [
            ("Email is not an email", Some("email is not an email")),
            ("Customer can't be blank", Some("customer can't be blank")),
            ("Cost center can't be blank", Some("cost center can't be blank")),
            ("mute_for is not valid", Some("a field is not valid")),
            ("Name is too long (maximum is 255 characters)", Some("name is too long")),
            ("Email Only able to parse up to \"canary\"", None),
            ("Ada Canary is invalid", Some("a field is invalid")),
            ("canary@contoso.example.com can't be blank", Some("a field can't be blank")),
            ("Not found", None),
        ] {
            assert_eq!(fault(text).as_deref(), told, "{text}");
        }
    }

    #[test]
    fn several_faults_are_told_once_each() {
        let texts =
            ["Email is not an email".to_owned(), "Email is not an email".to_owned(), "canary".to_owned()];
        assert_eq!(refused(&texts), "Syncro refused the content: email is not an email");
        assert_eq!(refused(&[]), "Syncro refused the content");
    }
}
