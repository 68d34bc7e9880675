//! What to tell people about an answer, by its status.

use sync_core::ErrorKind;

/// A message for an error of this kind: what the server said and what to do.
pub(crate) fn for_status(kind: ErrorKind, status: u16, attempts: u32) -> String {
    let tried = if attempts > 1 { format!(" after {attempts} attempts") } else { String::new() };
    let advice = match kind {
        ErrorKind::Unauthenticated => "the server refused the credentials; check them",
        ErrorKind::PermissionDenied => "the credentials lack a permission for this; grant it",
        ErrorKind::NotFound => "the server has no such record or address",
        ErrorKind::PreconditionFailed => "the record was changed or exists already; read it again",
        ErrorKind::Rejected => "the server refused the content",
        ErrorKind::RateLimited => "the server's request limit is used up; try again later",
        ErrorKind::Unavailable => "the server is unavailable; try again later",
        ErrorKind::Indeterminate => "whether the server acted is unknown; look before repeating it",
        ErrorKind::ConfigInvalid
        | ErrorKind::UnexpectedResponse
        | ErrorKind::DeltaExpired
        | ErrorKind::Unsupported
        | ErrorKind::Other
        | _ => "the server answered something unexpected",
    };
    format!("{advice} (HTTP {status}{tried})")
}
