//! The one place where a status and an envelope become an [`Error`].
//!
//! The vendor documents neither codes nor texts of errors but one (978001). Texts are looked at to class an error and to
//! find names of fields in them; they are never shown, for they may hold personal data.

use crate::wire::{Envelope, ErrorInfo, fold};
use serde_json::Value;
use sync_core::{Error, ErrorKind};
use sync_http::{Headers, Response, ResponseHook, Verdict};

/// The code of a token that is missing, expired or refused ("Security Error").
const SECURITY: i64 = 978_001;

/// Knows that an error with the text of an exceeded rate is one, whatever its status.
#[derive(Debug)]
pub(crate) struct Hook;

impl ResponseHook for Hook {
    fn verdict(&self, status: u16, _headers: &Headers, body: &[u8]) -> Verdict {
        let told = || serde_json::from_slice::<Value>(body).ok().and_then(|v| envelope(v).error);
        if matches!(status, 403 | 503)
            && told().is_some_and(|error| kind_of(&error) == Some(ErrorKind::RateLimited))
        {
            Verdict::RateLimited
        } else {
            Verdict::AsStatus
        }
    }
}

/// The envelope's own fields, of an answer in either spelling.
pub(crate) fn envelope(body: Value) -> Envelope {
    serde_json::from_value(fold(body)).unwrap_or_default()
}

/// Whether an answer says under HTTP 200 that the token is not good.
pub(crate) fn is_security_error(response: &Response) -> bool {
    if !response.is_success() {
        return false;
    }
    let Ok(body) = response.json::<Value>() else { return false };
    let Envelope { success, error } = envelope(body);
    success == Some(false) && error.and_then(|error| error.code) == Some(SECURITY)
}

/// The error for an answer that is not a success by its status.
pub(crate) fn of(response: &Response) -> Error {
    let info = response.json::<Value>().ok().and_then(|body| envelope(body).error);
    let told = info.as_ref().and_then(kind_of);
    match (response.status(), told) {
        (401, _) => response.error(ErrorKind::Unauthenticated, SIGN_IN),
        (403, _) => response.error(ErrorKind::PermissionDenied, ROLE),
        // An error page of a path that does not exist is not a record that does not exist.
        (404, _) if info.is_none() => response.error(
            ErrorKind::UnexpectedResponse,
            "the server knows no such path: base_url must be the host of API v2, not of the web client",
        ),
        (404, _) => response.error(ErrorKind::NotFound, MISSING),
        (400..=499, Some(kind)) if response.status() != 429 && response.status() != 408 => {
            of_kind(response, kind, info.as_ref())
        }
        (400 | 409 | 422, None) => of_kind(response, ErrorKind::Rejected, info.as_ref()),
        _ => match response.clone().error_for_status() {
            Err(error) => error,
            Ok(_) => response.error(ErrorKind::UnexpectedResponse, "BMS answered something unexpected"),
        },
    }
}

/// The error for an envelope that says `success: false`.
pub(crate) fn of_envelope(response: &Response, error: Option<&ErrorInfo>) -> Error {
    let kind = error.and_then(kind_of).unwrap_or(ErrorKind::Rejected);
    of_kind(response, kind, error)
}

const SIGN_IN: &str = "BMS refused the sign-in: check username, password, tenant and base_url";
const ROLE: &str = "the security role of the API employee lacks this";
const MISSING: &str = "BMS has no such record; it may have been deleted";

fn of_kind(response: &Response, kind: ErrorKind, info: Option<&ErrorInfo>) -> Error {
    if kind == ErrorKind::Rejected {
        return response.error(kind, refused(info));
    }
    let known = [
        (ErrorKind::Unauthenticated, SIGN_IN),
        (ErrorKind::PermissionDenied, ROLE),
        (ErrorKind::NotFound, MISSING),
        (ErrorKind::RateLimited, "the calls to this endpoint are used up for now"),
    ];
    let message =
        known.iter().find(|(known, _)| *known == kind).map_or("BMS answered an error", |(_, text)| *text);
    response.error(kind, message)
}

/// What a text says of the kind, as far as it can be told from common words.
fn kind_of(error: &ErrorInfo) -> Option<ErrorKind> {
    if error.code == Some(SECURITY) {
        return Some(ErrorKind::Unauthenticated);
    }
    let text = texts(error).collect::<Vec<_>>().join(" ").to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["quota", "rate limit", "too many requests", "throttl"]) {
        Some(ErrorKind::RateLimited)
    } else if says(&["permission", "access denied", "not authorized", "unauthorized", "access right"]) {
        Some(ErrorKind::PermissionDenied)
    } else if says(&["not found", "does not exist", "doesn't exist", "no longer exists"]) {
        Some(ErrorKind::NotFound)
    } else {
        None
    }
}

fn texts(error: &ErrorInfo) -> impl Iterator<Item = &str> {
    let more = error.sub_errors.iter().flatten().filter_map(|sub| {
        sub.as_str().or_else(|| sub.get("message").or_else(|| sub.get("details"))?.as_str())
    });
    error.message.as_deref().into_iter().chain(error.details.as_deref()).chain(more)
}

/// Properties that a refusal may be about.
const PROPERTIES: [&str; 14] = [
    "FirstName",
    "LastName",
    "JobTitle",
    "AccountId",
    "LocationId",
    "EmailAddress",
    "NewEmailAddress",
    "EmailTypeId",
    "PhoneNumber",
    "NewPhoneNumber",
    "PhoneTypeId",
    "TypeId",
    "CustomFieldId",
    "IsActive",
];

fn refused(info: Option<&ErrorInfo>) -> String {
    let mut message = "BMS refused the content".to_owned();
    let Some(info) = info else { return message };
    if let Some(code) = info.code.filter(|code| *code != 0) {
        message.push_str(&format!(" (code {code})"));
    }
    let words: Vec<&str> =
        texts(info).flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric())).collect();
    let mut named: Vec<&str> =
        PROPERTIES.into_iter().filter(|p| words.iter().any(|w| w.eq_ignore_ascii_case(p))).collect();
    let says = |word: &str| words.iter().any(|w| w.eq_ignore_ascii_case(word));
    if named.is_empty() && (says("email") || says("username")) {
        named.push("an e-mail address or user name");
    }
    if !named.is_empty() {
        message.push_str(": ");
        message.push_str(&named.join(", "));
    }
    if says("unique") || says("duplicate") || says("exists") {
        message.push_str("; it says that something of it is taken already");
    } else if says("required") {
        message.push_str("; it says that something required is missing (custom fields may be required too)");
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn info(error: &Value) -> ErrorInfo {
        envelope(json!({"Success": false, "Error": error})).error.unwrap()
    }

    #[test]
    fn a_text_is_classed_by_common_words() {
        for (message, kind) in [
            ("API calls quota exceeded.", Some(ErrorKind::RateLimited)),
            ("You do not have permission.", Some(ErrorKind::PermissionDenied)),
            ("Contact not found.", Some(ErrorKind::NotFound)),
            ("Username/Email should be unique", None),
        ] {
            assert_eq!(kind_of(&info(&json!({"Code": 7, "Message": message}))), kind, "{message}");
        }
        let token = info(&json!({"code": SECURITY, "message": "Security Error"}));
        assert_eq!(kind_of(&token), Some(ErrorKind::Unauthenticated));
        let below =
            info(&json!({"Code": 7, "Message": "x", "SubErrors": [{"Message": "Account not found."}]}));
        assert_eq!(kind_of(&below), Some(ErrorKind::NotFound));
    }

    #[test]
    fn a_refusal_names_code_and_properties_and_no_content() {
        let refusal = info(&json!({
            "Code": 1001, "Message": "canary@example.com: The LocationId field is required.",
            "SubErrors": ["The field FirstName must be shorter than Canary Canaryson."]
        }));
        let message = refused(Some(&refusal));
        assert_eq!(
            message,
            "BMS refused the content (code 1001): FirstName, LocationId; it says that something required is missing \
             (custom fields may be required too)"
        );
        let taken = info(&json!({"Code": 5, "Message": "Username/Email should be unique"}));
        assert!(refused(Some(&taken)).contains("taken already"));
    }
}
