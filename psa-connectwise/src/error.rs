//! The one place where a status and a ConnectWise body become an [`Error`].
//!
//! Field names and error codes are kept, checked to be plain words; messages and values of the body are not, for
//! they may hold personal data.

use crate::{map::Refused, wire::Failure};
use sync_core::{Error, ErrorKind};
use sync_http::{Headers, Response, ResponseHook, Verdict};

/// The codes that mean "the content is wrong", whatever the status.
const VALIDATION_CODES: [&str; 8] = [
    "InvalidObject",
    "InvalidField",
    "MissingRequiredField",
    "OutOfRange",
    "ObjectExists",
    "InvalidPatch",
    "InvalidReference",
    "ApiFindCondition",
];

/// Knows that an answer of 500 with a validation code is a refusal: a record with an old bad value answers so.
#[derive(Debug)]
pub(crate) struct Hook;

impl ResponseHook for Hook {
    fn verdict(&self, status: u16, _headers: &Headers, body: &[u8]) -> Verdict {
        if status >= 500 && serde_json::from_slice::<Failure>(body).is_ok_and(|f| is_validation(&f)) {
            Verdict::Final
        } else {
            Verdict::AsStatus
        }
    }
}

/// Why there is a 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The record does not exist.
    Record,
    /// The path does not: a changed code base, a wrong region, or, in the cloud, wrong keys.
    Route,
}

/// What a 404 means; `None` for any other status.
pub(crate) fn missing(response: &Response) -> Option<Missing> {
    if response.status() != 404 {
        return None;
    }
    let code = body(response).code;
    Some(if code.as_deref() == Some("NotFound") { Missing::Record } else { Missing::Route })
}

/// The error for an answer that is not a success.
pub(crate) fn of(response: &Response) -> Error {
    let failure = body(response);
    let code = failure.code.as_deref().or(failure.error.as_deref()).and_then(word);
    if is_validation(&failure) && (400..600).contains(&response.status()) {
        return response.error(ErrorKind::Rejected, refused(&failure));
    }
    match (response.status(), missing(response)) {
        (401, _) => response.error(
            ErrorKind::Unauthenticated,
            "ConnectWise refused the credentials: check company, public_key and private_key",
        ),
        (403, _) if code == Some("Security") => response.error(
            ErrorKind::PermissionDenied,
            "ConnectWise refused the connection: base_url must be an API host (api-na.myconnectwise.net)",
        ),
        (403, _) => response.error(
            ErrorKind::PermissionDenied,
            "the security role of the API member lacks this, or client_id is missing or unknown",
        ),
        (_, Some(Missing::Record)) => {
            response.error(ErrorKind::NotFound, "ConnectWise has no such record; it may have been deleted")
        }
        (_, Some(Missing::Route)) => response.error(
            ErrorKind::Unauthenticated,
            "ConnectWise answered 404 for the path itself: check the company id, the region in base_url, and the \
             keys (the cloud answers so to wrong keys)",
        ),
        _ => match response.clone().error_for_status() {
            Err(error) => error,
            Ok(_) => response.error(ErrorKind::UnexpectedResponse, "ConnectWise answered something unexpected"),
        },
    }
}

/// Whether a refusal is about custom fields; some instances refuse a PATCH that does not carry them.
pub(crate) fn names_custom_fields(response: &Response) -> bool {
    let failure = body(response);
    let says = |text: &Option<String>| {
        text.as_deref().is_some_and(|t| {
            let t = t.to_ascii_lowercase();
            t.contains("customfield") || t.contains("custom field")
        })
    };
    response.status() == 400
        && (says(&failure.message)
            || failure.errors.iter().flatten().any(|e| says(&e.field) || says(&e.message)))
}

/// Whether a refusal is about the company that was named.
pub(crate) fn names_company(response: &Response) -> bool {
    let names =
        |field: &Option<String>| field.as_deref().is_some_and(|f| f.trim_matches('/').starts_with("company"));
    body(response)
        .errors
        .iter()
        .flatten()
        .any(|e| names(&e.field) && matches!(e.code.as_deref(), Some("InvalidReference" | "NotFound")))
}

/// The error for a write that this instance cannot take; nothing was sent.
pub(crate) fn unsupported(operation: &'static str, refused: &Refused) -> Error {
    let message = format!("{}: {}; nothing was sent", refused.field, refused.reason);
    Error::new(ErrorKind::Unsupported, operation, message)
}

fn body(response: &Response) -> Failure {
    response.json().unwrap_or_default()
}

fn is_validation(failure: &Failure) -> bool {
    let known = |code: &Option<String>| code.as_deref().is_some_and(|c| VALIDATION_CODES.contains(&c));
    known(&failure.code) || failure.errors.iter().flatten().any(|e| known(&e.code))
}

fn refused(failure: &Failure) -> String {
    let mut message = String::from("ConnectWise refused the content");
    if let Some(code) = failure.code.as_deref().and_then(word) {
        message.push_str(&format!(" ({code})"));
    }
    let fields: Vec<String> = failure
        .errors
        .iter()
        .flatten()
        .take(10)
        .map(|e| {
            let field = e.field.as_deref().and_then(word).unwrap_or("a field");
            let code = e.code.as_deref().and_then(word).unwrap_or("invalid");
            format!("{field} {code}")
        })
        .collect();
    if !fields.is_empty() {
        message.push_str(": ");
        message.push_str(&fields.join(", "));
        message.push_str(". It checks the whole record, so a field that was not written may be at fault");
    }
    message
}

/// A name or code that is plainly one: letters, digits and path signs, and short.
fn word(text: &str) -> Option<&str> {
    let plain = !text.is_empty()
        && text.len() <= 64
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./[]".contains(c))
        && text.chars().filter(char::is_ascii_digit).count() <= 4;
    plain.then_some(text)
}
