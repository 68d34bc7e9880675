//! The one place where a status and an Autotask body become an [`Error`].
//!
//! Autotask answers 500 to bad content and missing permissions as well as to its own failures; only the text tells them
//! apart. Texts are prose that may quote values, so of them only names of fields are repeated.

use crate::{map::Refused, wire::Failure};
use sync_core::{Error, ErrorKind};
use sync_http::{Headers, Response, ResponseHook, Verdict};

/// Texts of the server's own failures. They prove nothing about the content, nor that nothing was done.
const OUTAGES: [&str; 6] = [
    "unexpected error",
    "timeout",
    "timed out",
    "deadlock",
    "service unavailable",
    "object reference not set",
];

/// Tells the transport which answers of 500 are refusals, and which are for the rate.
#[derive(Debug)]
pub(crate) struct Hook;

impl ResponseHook for Hook {
    fn verdict(&self, status: u16, _headers: &Headers, body: &[u8]) -> Verdict {
        match reason(&failure(body)) {
            Reason::Threshold => Verdict::RateLimited,
            Reason::Permission | Reason::NoMatch | Reason::Locked | Reason::Content if status >= 500 => {
                Verdict::Final
            }
            Reason::Unread
            | Reason::Outage
            | Reason::Permission
            | Reason::NoMatch
            | Reason::Locked
            | Reason::Content => Verdict::AsStatus,
        }
    }
}

/// What the texts of an answer say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    /// There is no readable text: a web page, a proxy, nothing.
    Unread,
    /// The server failed.
    Outage,
    /// Too many threads, or the hourly limit. Both are said before anything is done.
    Threshold,
    Permission,
    Locked,
    /// The record is not there.
    NoMatch,
    /// The content, whatever is wrong with it.
    Content,
}

fn failure(body: &[u8]) -> Failure {
    serde_json::from_slice(body).unwrap_or_default()
}

fn texts(failure: &Failure) -> String {
    let all: Vec<&str> = failure.errors.iter().chain(&failure.message).map(String::as_str).collect();
    all.join("\n")
}

fn reason(failure: &Failure) -> Reason {
    let text = texts(failure).to_lowercase();
    let says = |part: &str| text.contains(part);
    if text.trim().is_empty() {
        Reason::Unread
    } else if says("threshold") || says("request limit") {
        Reason::Threshold
    } else if OUTAGES.iter().any(|outage| says(outage)) {
        Reason::Outage
    } else if says("adequate permission") || says("not have permission") || says("not authorized") {
        Reason::Permission
    } else if says("locked") || says("inactive user") || says("user is inactive") {
        Reason::Locked
    } else if says("no matching records found") {
        Reason::NoMatch
    } else {
        Reason::Content
    }
}

/// The error for an answer that is not a success.
pub(crate) fn of(response: &Response) -> Error {
    let failure = failure(response.body());
    let reason = reason(&failure);
    match (response.status(), reason) {
        (401, Reason::Locked) => response.error(
            ErrorKind::Unauthenticated,
            "Autotask says that the API user is locked or inactive: unlock it on the API user's page",
        ),
        (401, _) => response.error(
            ErrorKind::Unauthenticated,
            "Autotask refused the credentials: check username, secret and integration_code, and that the API user is \
             active and not locked",
        ),
        (403, _) | (400.., Reason::Permission) => response.error(
            ErrorKind::PermissionDenied,
            "the security level of the API user does not allow this; grant it, or use \"API User (system)\"",
        ),
        (400.., Reason::NoMatch) => {
            response.error(ErrorKind::NotFound, "Autotask has no such record; it may have been deleted")
        }
        (404 | 405, Reason::Unread) => response.error(
            ErrorKind::UnexpectedResponse,
            "the server has no such path: check base_url, which must be a zone of Autotask or the place to ask for one",
        ),
        (500.., Reason::Content) | (400 | 409 | 422, Reason::Content | Reason::Unread) => {
            response.error(ErrorKind::Rejected, refused(&failure))
        }
        _ => match response.clone().error_for_status() {
            Err(error) => error,
            Ok(_) => response.error(ErrorKind::UnexpectedResponse, "Autotask answered something unexpected"),
        },
    }
}

/// The error for a zone that cannot be looked up.
pub(crate) fn of_zone(response: &Response) -> Error {
    match reason(&failure(response.body())) {
        Reason::Content | Reason::NoMatch | Reason::Locked | Reason::Permission => response
            .error(ErrorKind::Unauthenticated, "Autotask knows no zone for that API user: check username"),
        Reason::Unread | Reason::Outage | Reason::Threshold => of(response),
    }
}

/// Whether a refusal is about the company that was named.
pub(crate) fn names_company(response: &Response) -> bool {
    let text = texts(&failure(response.body())).to_lowercase();
    response.status() >= 400 && text.contains("reference value on field: companyid")
}

/// The error for a write that this database cannot take; nothing was sent.
pub(crate) fn unsent(operation: &'static str, refused: &Refused) -> Error {
    let message = format!("{}: {}; nothing was sent", refused.field, refused.reason);
    Error::new(refused.kind, operation, message)
}

fn refused(failure: &Failure) -> String {
    let text = texts(failure);
    let mut named: Vec<&str> = ["field: ", "Field: ", "Unable to find "]
        .iter()
        .flat_map(|mark| text.match_indices(mark).map(|(at, mark)| at + mark.len()))
        .filter_map(|at| field_name(text.get(at..)?))
        .take(10)
        .collect();
    named.dedup();
    let about = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
    format!("Autotask refused the content{about}; look at what the field takes, or whether one is required")
}

/// A name at the start of a text: up to a sign that ends it, and plainly a name.
fn field_name(text: &str) -> Option<&str> {
    let end = [
        " in the ", " of type", " does ", " is ", " exceeds", " must", " lies", " leaves", " cannot", ".",
        ",", "\n",
    ]
    .iter()
    .filter_map(|mark| text.find(mark))
    .min()
    .unwrap_or(text.len());
    let name = text.get(..end)?.trim();
    let plain = !name.is_empty()
        && name.chars().count() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ' || c == '_' || c == '-')
        && name.chars().filter(char::is_ascii_digit).count() <= 4;
    plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Failure {
        Failure { errors: vec![text.to_owned()], message: None }
    }

    #[test]
    fn each_text_has_its_reason() {
        for (text, expected) in [
            (
                "An unexpected error has occurred. If the problem persists, please contact Autotask Support",
                Reason::Outage,
            ),
            ("Transaction was deadlocked on lock resources", Reason::Outage),
            ("Thread Threshold Exceeded … Itgenatr005", Reason::Threshold),
            (
                "The logged in Resource does not have the adequate permissions to view this entity type.",
                Reason::Permission,
            ),
            ("The account is locked.", Reason::Locked),
            ("No matching records found for the criteria", Reason::NoMatch),
            ("Unable to find Entra ID in the Contact Entity.", Reason::Content),
            ("Conversion failed when converting the varchar value 'x' to data type int.", Reason::Content),
            ("", Reason::Unread),
        ] {
            assert_eq!(reason(&says(text)), expected, "{text}");
        }
        let message = Failure { errors: vec![], message: Some("An error has occurred.".into()) };
        assert_eq!(reason(&message), Reason::Content);
    }

    #[test]
    fn only_names_of_fields_are_repeated() {
        for (text, named) in [
            ("Unable to find Entra Object ID in the Contact Entity.", "(Entra Object ID)"),
            ("Missing Required Field: companyLocationID.", "(companyLocationID)"),
            (
                "Reference value on field: contactID of type: Contact does not exist or is invalid.",
                "(contactID)",
            ),
            ("The value of field: title exceeds the maximum length of 50.", "(title)"),
        ] {
            assert!(refused(&says(text)).contains(named), "{text}: {}", refused(&says(text)));
        }
        for text in [
            "Conversion failed when converting the varchar value 'canary@contoso.example' to data type int.",
            "Unable to find canary@contoso.example in the Contact Entity.",
            "field: 5550100123 canary",
        ] {
            assert!(!refused(&says(text)).contains("canary"), "{text}");
        }
    }
}
