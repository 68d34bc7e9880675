//! What a refused token request means to whoever set the connection up.
//!
//! `error` and the status decide what kind of failure it is. The `AADSTS` number chooses the hint, and tells the few
//! failures that pass with time; no more, because Microsoft reserves the right to change the numbers (Microsoft Entra
//! authentication error codes, read 2026-08).

use super::wire::TokenRefusal;
use crate::error::is_token;
use sync_core::{Error, ErrorKind, Retry};

/// The error for a request to the identity platform that was answered with something else than a success.
///
/// `later` is what may be done if it passes with time.
pub(crate) fn refusal(operation: &'static str, status: u16, later: Retry, body: &[u8]) -> Error {
    let refusal: TokenRefusal = serde_json::from_slice(body).unwrap_or_default();
    let code =
        refusal.error_codes.first().copied().or_else(|| described(refusal.error_description.as_deref()?));
    let name = refusal.error.as_deref().filter(|name| is_token(name));

    let mut message = format!("the identity platform answered {status}");
    if let Some(name) = name {
        message.push_str(&format!(" {name}"));
    }
    if let Some(suberror) = refusal.suberror.as_deref().filter(|text| is_token(text)) {
        message.push_str(&format!(" / {suberror}"));
    }
    if let Some(code) = code {
        message.push_str(&format!(" (AADSTS{code})"));
    }
    let kind = kind(status, name, code);
    match code.and_then(hint) {
        Some(hint) => message.push_str(&format!("; {hint}")),
        None if name.is_none() && kind == ErrorKind::UnexpectedResponse => {
            message.push_str(" by something that is no Microsoft identity platform; check authority");
        }
        None => {}
    }
    let mut error = Error::new(kind, operation, message);
    if matches!(kind, ErrorKind::RateLimited | ErrorKind::Unavailable) {
        error = error.with_retry(later);
    }
    match refusal.trace_id.or(refusal.correlation_id).filter(|id| is_token(id)) {
        Some(id) => error.with_request_id(id),
        None => error,
    }
}

fn kind(status: u16, name: Option<&str>, code: Option<u64>) -> ErrorKind {
    let transient = code.is_some_and(|code| TRANSIENT.contains(&code));
    match (name, status) {
        (_, 429) => ErrorKind::RateLimited,
        (Some("temporarily_unavailable"), _) | (_, 500..) => ErrorKind::Unavailable,
        _ if transient => ErrorKind::Unavailable,
        (Some(_), _) | (None, 401 | 403) => ErrorKind::Unauthenticated,
        (None, _) => ErrorKind::UnexpectedResponse,
    }
}

/// Numbers that pass with time; 90055 is a throttled tenant.
const TRANSIENT: [u64; 7] = [90_055, 90_006, 90_012, 90_024, 90_033, 90_090, 50_000];

/// The error for a sign-in that came back with an error in place of a code.
pub(crate) fn returned(operation: &'static str, error: &str, description: Option<&str>) -> Error {
    let mut message = "the sign-in was refused".to_owned();
    if is_token(error) {
        message.push_str(&format!(": {error}"));
    }
    let code = description.and_then(described);
    if let Some(code) = code {
        message.push_str(&format!(" (AADSTS{code})"));
    }
    if let Some(hint) = code.and_then(hint) {
        message.push_str(&format!("; {hint}"));
    }
    Error::new(ErrorKind::Unauthenticated, operation, message)
}

/// What to do about a number.
fn hint(code: u64) -> Option<&'static str> {
    Some(match code {
        7_000_215 => {
            "the client secret is wrong; a common slip is to paste the secret's id in place of its value"
        }
        7_000_222 => "the client secret has expired; make a new one in the app registration",
        7_000_218 => {
            "the application must prove who it is: give a client secret, a certificate or a federated token, \
             or allow public client flows in the app registration"
        }
        700_025 => "the application is a public client; leave the credential out",
        700_016 => {
            "the application is not in this tenant: tenant_id or client_id is wrong, \
             or no administrator of the tenant has consented to it"
        }
        700_027 => {
            "the certificate is not registered with the application, or it has expired; \
             upload it in the app registration"
        }
        50_012 => "the client credential does not fit the application",
        700_024 | 500_133 => {
            "the credential is not valid at this time; check this machine's clock, and that the token is fresh"
        }
        70_021 | 700_211 | 700_212 | 700_213 => {
            "no federated credential of the application fits the token; \
             compare issuer, subject and audience in the app registration"
        }
        700_229 => "only tokens of applications can stand in for the application's credential",
        90_002 | 900_023 => "the tenant was not found; check tenant_id, and the cloud it lives in",
        50_059 => "the request names no tenant; check tenant_id",
        90_038 | 900_382 => "the tenant lives in another cloud; set cloud",
        500_011 => "the tenant does not know this Graph address; cloud and base_url do not belong together",
        70_011 | 28_002 | 700_022 | 1_002_012 => "the scope was refused; check base_url",
        65_001 | 90_094 => {
            "consent is missing; have an administrator of the tenant consent to the application"
        }
        65_004 => "the person declined the consent",
        90_099 => {
            "the partner application is not authorised in the customer's tenant; consent to it there first"
        }
        50_076 | 50_079 | 50_158 => {
            "multi-factor authentication is asked for; sign in to the tenant anew, with it"
        }
        53_000..=53_004 | 530_032 | 530_034 | 50_097 | 50_105 | 50_131 => {
            "a Conditional Access policy of the tenant blocks the sign-in; exempt the application or its network"
        }
        50_020 | 50_177 | 50_178 => {
            "the person is a guest in this tenant or not in the group that may act for it; \
             use an account of the tenant, or mend the delegated administration"
        }
        50_173 | 70_043 | 70_008 | 700_082 | 700_084 | 50_078 => {
            "the sign-in is no longer valid (password change, revocation, age); sign in to the tenant anew"
        }
        50_011 => "the redirect address is not one of the app registration's",
        54_005 | 700_005 => "the code was used already or belongs to another tenant; sign in anew",
        501_481 => "the code does not belong to this sign-in; begin again",
        70_016 | 70_018 | 70_019 | 70_020 => "the device code is wrong, declined or too old; begin again",
        50_057 => "the account is disabled",
        5_000_224 => "the tenant is deleted or blocked",
        7_000_112 => "the application is disabled in this tenant",
        90_055 => "the tenant is throttled",
        _ => return None,
    })
}

/// The number in `"AADSTS<number>: …"`, for answers without `error_codes`.
fn described(description: &str) -> Option<u64> {
    let rest = description.strip_prefix("AADSTS")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, name: &str, code: u64) -> Error {
        let body = format!(
            r#"{{"error":"{name}","error_description":"AADSTS{code}: canary@example.com is wrong.\r\nTrace ID: t",
            "error_codes":[{code}],"trace_id":"t-1","correlation_id":"c-1"}}"#
        );
        refusal("get token", status, Retry::Safe, body.as_bytes())
    }

    #[test]
    fn each_common_slip_is_named() {
        for (name, code, says) in [
            ("invalid_client", 7_000_215, "the client secret is wrong"),
            ("invalid_client", 7_000_222, "expired"),
            ("unauthorized_client", 700_016, "not in this tenant"),
            ("invalid_request", 90_002, "the tenant was not found"),
            ("invalid_request", 900_382, "another cloud"),
            ("invalid_grant", 65_001, "consent is missing"),
            ("invalid_client", 700_027, "certificate is not registered"),
            ("invalid_client", 700_024, "clock"),
            ("invalid_request", 700_213, "issuer, subject and audience"),
            ("invalid_grant", 700_082, "sign in to the tenant anew"),
            ("invalid_grant", 50_173, "sign in to the tenant anew"),
            ("interaction_required", 50_076, "multi-factor"),
            ("invalid_grant", 50_020, "guest"),
            ("interaction_required", 53_003, "Conditional Access"),
            ("invalid_resource", 500_011, "do not belong together"),
        ] {
            let error = refused(400, name, code);
            assert_eq!((error.kind(), error.retry()), (ErrorKind::Unauthenticated, Retry::Never));
            assert!(error.message().contains(says) && error.message().contains(name), "{error}");
            assert!(error.message().contains(&format!("AADSTS{code}")), "{error}");
            assert_eq!(error.request_id(), Some("t-1"));
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn what_passes_with_time_is_not_the_operators_fault() {
        for (status, name, code, kind) in [
            (400, "temporarily_unavailable", 1, ErrorKind::Unavailable),
            (400, "invalid_request", 90_055, ErrorKind::Unavailable),
            (400, "server_error", 90_033, ErrorKind::Unavailable),
            (429, "throttled", 90_055, ErrorKind::RateLimited),
            (503, "server_error", 1, ErrorKind::Unavailable),
        ] {
            let error = refused(status, name, code);
            assert_eq!((error.kind(), error.retry()), (kind, Retry::Safe), "{status} {name}");
        }
        let wait = Retry::After(std::time::Duration::from_secs(7));
        assert_eq!(refusal("get token", 429, wait, b"").retry(), wait);
    }

    #[test]
    fn the_number_is_found_in_the_description_too() {
        let body = br#"{"error":"invalid_client","error_description":"AADSTS7000222: The secret of canary"}"#;
        let error = refusal("get token", 401, Retry::Safe, body);
        assert!(error.message().contains("expired") && !error.message().contains("canary"), "{error}");
    }

    #[test]
    fn an_answer_of_something_else_says_so() {
        let error = refusal("get token", 404, Retry::Safe, b"<html>canary</html>");
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse);
        assert!(
            error.message().contains("check authority") && !error.message().contains("canary"),
            "{error}"
        );
    }
}
