//! The one place where a refusal by Graph becomes an [`Error`].
//!
//! Codes decide, messages are never looked at and never shown: they hold names and addresses. Graph says that its
//! messages may change and its codes will not (Microsoft Graph error responses, read 2026-08).

use crate::wire::{Refusal, RefusalBody};
use std::fmt;
use sync_core::{Error, ErrorKind, Result, Retry};
use sync_http::Response;

/// The longest chain of inner errors that is followed.
const DEPTH: usize = 8;

/// What was attempted, and the permission it takes at least.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// For the error: `"list users"`.
    pub(crate) operation: &'static str,
    /// The application permission that suffices.
    pub(crate) permission: &'static str,
    /// What it was about, where that is not plain from the operation: `"group <id>"`.
    pub(crate) subject: Option<String>,
}

impl Call {
    pub(crate) const fn new(operation: &'static str, permission: &'static str) -> Self {
        Self { operation, permission, subject: None }
    }

    pub(crate) fn about(mut self, subject: String) -> Self {
        self.subject = Some(subject);
        self
    }
}

/// The cause of an error that a listing started anew may get over.
#[derive(Debug)]
struct DeadPageToken;

impl fmt::Display for DeadPageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the link to the next page is no longer accepted")
    }
}

impl std::error::Error for DeadPageToken {}

/// Whether a listing that failed like this may be started anew.
pub(crate) fn is_dead_page_token(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<DeadPageToken>)
}

/// A decoded refusal: its codes from the outermost to the innermost, and its request id.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Codes {
    codes: Vec<String>,
    request_id: Option<String>,
}

impl Codes {
    /// Reads a body; one that is no Graph error (empty, HTML) has no codes.
    pub(crate) fn of(body: &[u8]) -> Self {
        let mut codes = Self::default();
        let mut next = serde_json::from_slice::<Refusal>(body).ok().map(|refusal| Box::new(refusal.error));
        for _ in 0..DEPTH {
            let Some(layer) = next else { break };
            let RefusalBody { code, request_id, inner } = *layer;
            codes.codes.extend(code.filter(|code| is_token(code)));
            codes.request_id = codes.request_id.or(request_id.filter(|id| is_token(id)));
            next = inner;
        }
        codes
    }

    /// Whether any layer has this code.
    pub(crate) fn has(&self, code: &str) -> bool {
        self.codes.iter().any(|own| own.eq_ignore_ascii_case(code))
    }

    /// The link to the next page is dead, and so are all of this listing; it starts again from its first page.
    ///
    /// `Directory_ExpiredPageToken`: page tokens live for minutes. `DirectoryPageTokenNotFoundException`: the token of
    /// an answer to a repeated request need not exist (paging, Microsoft Graph documentation, read 2026-08).
    fn dead_page_token(&self) -> bool {
        self.has("Directory_ExpiredPageToken") || self.has("DirectoryPageTokenNotFoundException")
    }

    fn delta_expired(&self) -> bool {
        ["syncStateNotFound", "resyncRequired", "resyncApplyDifferences", "resyncUploadDifferences"]
            .iter()
            .any(|code| self.has(code))
    }

    /// The codes for people, outermost first, each once.
    fn shown(&self) -> String {
        let mut shown: Vec<&str> = Vec::new();
        for code in &self.codes {
            if !shown.contains(&code.as_str()) {
                shown.push(code);
            }
        }
        shown.join(" / ")
    }
}

/// The answer itself if it is a success.
///
/// # Errors
/// As [`check`].
pub(crate) fn success(call: &Call, response: Response) -> Result<Response> {
    check(call, &response).map(|()| response)
}

/// Looks at the status.
///
/// # Errors
/// For anything but a success, what its status and codes mean.
pub(crate) fn check(call: &Call, response: &Response) -> Result<()> {
    if response.is_success() {
        return Ok(());
    }
    Err(refusal(call, &response.into()))
}

/// An answer that is no success, as far as an error is made of it.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    /// The `request-id` header.
    pub(crate) request_id: Option<&'a str>,
    /// What may be done if it passes with time.
    pub(crate) retry: Retry,
    pub(crate) body: &'a [u8],
}

impl<'a> From<&'a Response> for Answer<'a> {
    fn from(response: &'a Response) -> Self {
        Self {
            status: response.status(),
            request_id: response.request_id(),
            retry: response.retry_after().map_or(Retry::Safe, Retry::After),
            body: response.body(),
        }
    }
}

/// The error for an answer that is no success.
pub(crate) fn refusal(call: &Call, answer: &Answer<'_>) -> Error {
    let codes = Codes::of(answer.body);
    let (kind, hint) = verdict(call, answer.status, &codes);
    let mut message = match &call.subject {
        Some(subject) => format!("{subject}: Graph answered {}", answer.status),
        None => format!("Graph answered {}", answer.status),
    };
    let shown = codes.shown();
    if shown.is_empty() {
        message.push_str(" without an error code");
    } else {
        message.push_str(&format!(" {shown}"));
    }
    if !hint.is_empty() {
        message.push_str("; ");
        message.push_str(&hint);
    }
    let mut error = Error::new(kind, call.operation, message);
    if matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable) {
        error = error.with_retry(answer.retry);
    }
    if codes.dead_page_token() {
        error = error.with_source(DeadPageToken);
    }
    match codes.request_id.or_else(|| answer.request_id.filter(|id| is_token(id)).map(str::to_owned)) {
        Some(id) => error.with_request_id(id),
        None => error,
    }
}

fn verdict(call: &Call, status: u16, codes: &Codes) -> (ErrorKind, String) {
    let permission = call.permission;
    if codes.has("Authorization_IdentityNotFound") {
        let hint =
            "the application has no identity in this tenant; have an administrator consent to it there";
        return (ErrorKind::PermissionDenied, hint.into());
    }
    if codes.dead_page_token() {
        let hint = "the page token died and so did those of every fresh start; try again at a quieter time";
        return (ErrorKind::Unavailable, hint.into());
    }
    match status {
        410 => (ErrorKind::DeltaExpired, "read everything again".into()),
        400..500 if codes.delta_expired() => (ErrorKind::DeltaExpired, "read everything again".into()),
        401 => (
            ErrorKind::Unauthenticated,
            "a fresh token was refused too; check that the cloud, the tenant and base_url belong together"
                .into(),
        ),
        403 => (
            ErrorKind::PermissionDenied,
            format!(
                "grant the application permission {permission} and have an administrator consent; \
                 it counts from the next token on"
            ),
        ),
        404 => (ErrorKind::NotFound, String::new()),
        400 | 501 => (
            ErrorKind::Rejected,
            "the tenant's cloud may not know a property that was asked for; \
             check omit_properties and the extension names"
                .into(),
        ),
        429 => (ErrorKind::RateLimited, "the tenant is throttled; let fewer things read it at once".into()),
        402..500 => (ErrorKind::Rejected, String::new()),
        500..600 => (ErrorKind::Unavailable, String::new()),
        _ => (ErrorKind::UnexpectedResponse, String::new()),
    }
}

/// Whether a text can be shown: a code or an id, not a sentence and not an address.
pub(crate) fn is_token(text: &str) -> bool {
    (1..=96).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Call = Call::new("list users", "User.Read.All");

    fn refused(status: u16, body: &str) -> Error {
        refusal(&CALL, &Answer { status, request_id: None, retry: Retry::Safe, body: body.as_bytes() })
    }

    #[test]
    fn kinds_follow_status_and_code() {
        let coded = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"canary@example.com"}}}}"#);
        for (status, code, kind) in [
            (400, "Request_UnsupportedQuery", ErrorKind::Rejected),
            (400, "syncStateNotFound", ErrorKind::DeltaExpired),
            (400, "Directory_ExpiredPageToken", ErrorKind::Unavailable),
            (401, "InvalidAuthenticationToken", ErrorKind::Unauthenticated),
            (403, "Authorization_RequestDenied", ErrorKind::PermissionDenied),
            (403, "Authorization_IdentityNotFound", ErrorKind::PermissionDenied),
            (404, "Request_ResourceNotFound", ErrorKind::NotFound),
            (409, "Conflict", ErrorKind::Rejected),
            (410, "resyncRequired", ErrorKind::DeltaExpired),
            (429, "TooManyRequests", ErrorKind::RateLimited),
            (500, "UnknownError", ErrorKind::Unavailable),
            (501, "NotImplemented", ErrorKind::Rejected),
            (503, "serviceNotAvailable", ErrorKind::Unavailable),
        ] {
            let error = refused(status, &coded(code));
            assert_eq!(error.kind(), kind, "{status} {code}");
            assert!(error.message().contains(code), "{error}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn inner_codes_and_ids_are_found_in_both_spellings() {
        for key in ["innerError", "innererror"] {
            let body = format!(
                r#"{{"error":{{"code":"","message":"m","{key}":{{"request-id":"abc-1",
                "{key}":{{"code":"Directory_ExpiredPageToken"}}}}}}}}"#
            );
            let error = refused(400, &body);
            assert!(is_dead_page_token(&error), "{key}");
            assert_eq!(error.request_id(), Some("abc-1"));
            assert!(error.message().contains("400 Directory_ExpiredPageToken"), "{error}");
        }
    }

    #[test]
    fn a_body_that_is_no_graph_error_is_not_quoted() {
        for body in
            ["", "<html>canary</html>", "[]", r#"{"error":"canary"}"#, r#"{"error":{"code":"canary mail"}}"#]
        {
            let error = refused(502, body);
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Safe));
            assert!(error.message().contains("502 without an error code"), "{error}");
            assert!(!format!("{error:?}").contains("canary"));
        }
    }

    #[test]
    fn a_missing_role_names_the_permission() {
        let error = refused(403, r#"{"error":{"code":"Authorization_RequestDenied"}}"#);
        assert!(error.message().contains("User.Read.All"), "{error}");
    }
}
