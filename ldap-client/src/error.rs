//! The one place where what a server answers, or fails to, becomes an error.
//!
//! A server's own text may hold names and addresses, so nothing of it is passed on but codes.

use rustls::CertificateError;
use std::{io, time::Duration};
use sync_core::{Error, ErrorKind, Retry};

/// `strongerAuthRequired`, RFC 4511.
const STRONGER_AUTH_REQUIRED: u32 = 8;
/// `confidentialityRequired`.
const CONFIDENTIALITY_REQUIRED: u32 = 13;
const INVALID_CREDENTIALS: u32 = 49;
pub(crate) const TIME_LIMIT: u32 = 3;
pub(crate) const ADMIN_LIMIT: u32 = 11;
pub(crate) const UNAVAILABLE_CRITICAL_EXTENSION: u32 = 12;
pub(crate) const NO_SUCH_OBJECT: u32 = 32;

/// How an exchange with the server can fail.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server answered with this code, and with a text that goes no further.
    Refused { code: u32, text: String },
    /// Connecting or TLS failed.
    Io(io::Error),
    /// The host is no name that a certificate could hold.
    Name,
    /// Nothing came for this long.
    Silent(Duration),
    /// The connection ended where an answer was due; the reason, where the system gave one.
    Ended(Option<io::Error>),
    /// Bytes came that are no LDAP.
    Unreadable,
}

impl Failure {
    /// The code that the server answered with, where it did.
    pub(crate) const fn code(&self) -> Option<u32> {
        if let Self::Refused { code, .. } = self { Some(*code) } else { None }
    }

    /// As an error of what was attempted.
    pub(crate) fn into_error(self, operation: &'static str) -> Error {
        match self {
            Self::Refused { code, text } => refused(operation, code, &text),
            Self::Io(error) => io_error(operation, error),
            Self::Name => {
                let message = "host is no name that a certificate could hold";
                Error::new(ErrorKind::ConfigInvalid, operation, message)
            }
            Self::Silent(patience) => {
                unavailable(operation, format!("no answer within {} s (timeout_seconds)", patience.as_secs()))
            }
            Self::Ended(reason) => {
                let error = unavailable(operation, "the connection ended before the answer was whole");
                match reason {
                    Some(source) => error.with_source(source),
                    None => error,
                }
            }
            Self::Unreadable => unexpected(operation, "the server's answer cannot be read"),
        }
    }
}

/// An answer that cannot be what was asked for.
pub(crate) fn unexpected(operation: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnexpectedResponse, operation, message)
}

fn unavailable(operation: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unavailable, operation, message).with_retry(Retry::Safe)
}

/// A result code (RFC 4511, appendix A) with what to do about it.
fn refused(operation: &'static str, code: u32, text: &str) -> Error {
    let (kind, retry, hint) = match code {
        TIME_LIMIT => (
            ErrorKind::Unavailable,
            Retry::Safe,
            "the server's time limit ended the search; a smaller page_size or base_dn helps",
        ),
        4 => (
            ErrorKind::Rejected,
            Retry::Never,
            "the server's size limit ended the search before its end; let this account read in pages, or raise its limit",
        ),
        7 | STRONGER_AUTH_REQUIRED | CONFIDENTIALITY_REQUIRED => (
            ErrorKind::Unauthenticated,
            Retry::Never,
            "the server takes no password over this connection; use security = \"ldaps\" or \"start_tls\"",
        ),
        10 => (
            ErrorKind::NotFound,
            Retry::Never,
            "the server refers elsewhere, which is not followed: base_dn is not held by this server",
        ),
        ADMIN_LIMIT => (
            ErrorKind::Rejected,
            Retry::Never,
            "an administrative limit of the server ended the search; a smaller page_size may help",
        ),
        UNAVAILABLE_CRITICAL_EXTENSION => (
            ErrorKind::Unsupported,
            Retry::Never,
            "the server does not know a control, or not for this account",
        ),
        NO_SUCH_OBJECT => (ErrorKind::NotFound, Retry::Never, "there is nothing at that name; check base_dn"),
        34 => (ErrorKind::Rejected, Retry::Never, "the server cannot read that distinguished name"),
        48 => (ErrorKind::Unauthenticated, Retry::Never, "the account cannot sign in with a password"),
        INVALID_CREDENTIALS => (ErrorKind::Unauthenticated, Retry::Never, invalid_credentials(text)),
        50 => (ErrorKind::PermissionDenied, Retry::Never, "the account may not do this"),
        51 | 52 => (ErrorKind::Unavailable, Retry::Safe, "the server is busy or going down; try again"),
        53 => (ErrorKind::Rejected, Retry::Never, "the server is not willing to do this"),
        // Active Directory's answer to a search before a sign-in; ours comes after one.
        1 => (ErrorKind::UnexpectedResponse, Retry::Never, "the server could not carry the search out"),
        _ => (ErrorKind::UnexpectedResponse, Retry::Never, "the server refused"),
    };
    Error::new(kind, operation, format!("{hint} (LDAP result {code})")).with_retry(retry)
}

/// What Active Directory says about a refused password: `… AcceptSecurityContext error, data 52e, v4563`.
///
/// The codes are Windows' logon errors in hexadecimal (ERROR_LOGON_FAILURE 0x52e and so on); the last is
/// SEC_E_BAD_BINDINGS.
fn invalid_credentials(text: &str) -> &'static str {
    let data = text.split("data ").nth(1).and_then(|rest| rest.split([',', ' ']).next()).unwrap_or_default();
    match data {
        "525" => "there is no such user; check username",
        "52e" => "the user name or the password is wrong",
        "530" => "the account may not sign in at this hour",
        "531" => "the account may not sign in from this machine",
        "532" => {
            "the account's password has expired; set a new one, and let it not expire for a service account"
        }
        "533" => "the account is disabled",
        "568" => "the account is in too many groups",
        "701" => "the account has expired",
        "773" => "the account must change its password first; set one without `must change at next logon`",
        "775" => "the account is locked out; unlock it and look for who keeps trying",
        _ if text.contains("80090346") => {
            "the server asks for channel binding, which a sign-in with a password cannot give"
        }
        _ => "the user name or the password is wrong",
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the system's other failures are alike here")]
fn io_error(operation: &'static str, error: io::Error) -> Error {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls_error(operation, tls);
    }
    let hint = match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there; check host, port and security",
        io::ErrorKind::TimedOut => "the server cannot be reached; check host, port and firewalls",
        io::ErrorKind::InvalidData => "the server does not speak TLS there; check port and security",
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
            "the server ended the connection"
        }
        _ => "the server cannot be reached; check host and port",
    };
    unavailable(operation, hint).with_source(error)
}

/// TLS that failed. Repeating it changes nothing: somebody has to look at the certificate.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other reasons against a certificate are alike here")]
fn tls_error(operation: &'static str, error: &rustls::Error) -> Error {
    let hint = if let rustls::Error::InvalidCertificate(reason) = error {
        match reason {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the server's certificate is for another name; `host` must be a name that stands in it"
            }
            CertificateError::UnknownIssuer => {
                "the authority behind the server's certificate is not trusted; give it as ca_pem"
            }
            CertificateError::BadSignature => {
                "the server's certificate is not signed by the authority of that name in ca_pem; give the right one"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the server's certificate has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet; check the clocks"
            }
            CertificateError::Revoked => "the server's certificate has been revoked",
            _ => "the server's certificate cannot be verified",
        }
    } else {
        "no TLS could be agreed with the server; check port and security"
    };
    // The library's text names the names in the certificate, which are no secret but may be people's machines.
    Error::new(ErrorKind::Unavailable, operation, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: u32, text: &str) -> Error {
        Failure::Refused { code, text: text.to_owned() }.into_error("sign in")
    }

    #[test]
    fn each_reason_of_active_directory_becomes_a_hint() {
        let text = |data: &str| {
            format!(
                "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {data}, v4563"
            )
        };
        for (data, hint) in [
            ("525", "no such user"),
            ("52e", "password is wrong"),
            ("530", "hour"),
            ("531", "machine"),
            ("532", "expired"),
            ("533", "disabled"),
            ("701", "account has expired"),
            ("773", "must change"),
            ("775", "locked"),
            ("999", "password is wrong"),
        ] {
            let error = told(49, &text(data));
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(error.message().contains(hint), "{data}: {error}");
            assert!(!error.to_string().contains("DSID"), "{error}");
        }
        assert!(told(49, "80090346: LdapErr: x, data 80090346, v1").message().contains("channel binding"));
        assert!(told(49, "").message().contains("password is wrong"));
        assert!(told(49, "data ").message().contains("password is wrong"));
    }

    #[test]
    fn a_limit_is_never_taken_for_an_end() {
        for (code, kind) in [
            (3, ErrorKind::Unavailable),
            (4, ErrorKind::Rejected),
            (11, ErrorKind::Rejected),
            (10, ErrorKind::NotFound),
            (32, ErrorKind::NotFound),
            (50, ErrorKind::PermissionDenied),
            (8, ErrorKind::Unauthenticated),
            (12, ErrorKind::Unsupported),
            (51, ErrorKind::Unavailable),
            (80, ErrorKind::UnexpectedResponse),
        ] {
            let error = told(code, "canary");
            assert_eq!(error.kind(), kind, "{code}");
            assert!(error.to_string().contains(&format!("LDAP result {code}")), "{error}");
            assert!(!error.to_string().contains("canary"));
        }
        assert!(told(8, "").message().contains("start_tls"));
    }

    #[test]
    fn a_lost_connection_may_be_tried_again_and_a_wrong_certificate_may_not() {
        let lost = Failure::Ended(None).into_error("list users");
        assert_eq!((lost.kind(), lost.retry()), (ErrorKind::Unavailable, Retry::Safe));
        for (reason, hint) in [
            (CertificateError::NotValidForName, "another name"),
            (CertificateError::UnknownIssuer, "ca_pem"),
            (CertificateError::Expired, "expired"),
            (CertificateError::NotValidYet, "not valid yet"),
            (CertificateError::BadSignature, "ca_pem"),
            (CertificateError::BadEncoding, "cannot be verified"),
        ] {
            let inner = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::InvalidCertificate(reason));
            let error = Failure::Io(inner).into_error("connect");
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Never));
            assert!(error.message().contains(hint), "{error}");
        }
    }
}
