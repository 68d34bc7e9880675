//! Autotask's webhooks: signature and content of one request, for whoever receives it.
//!
//! What a request says is a hint where to look and nothing else: requests get lost, repeat, and come out of order.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sync_core::{
    Error, ErrorKind, Hint, HintChange, Result,
    model::{CompanyId, ContactId},
};

const OPERATION: &str = "receive a webhook";

/// No body of Autotask's is as large.
const LARGEST: usize = 1024 * 1024;

/// What one request of a webhook says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Callout {
    /// Something changed. Signed by Autotask.
    Changed(Hint),
    /// Autotask has switched the webhook off, most likely after failures. **Not signed**: anybody can send this, so tell a
    /// person, and let nothing follow from it by itself.
    Deactivated,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Payload {
    action: String,
    entity_type: Option<String>,
    id: Option<Value>,
    fields: Option<Value>,
}

/// Reads one request: `signature` is its header `X-Hook-Signature`, `secret` the webhook's `secretKey`.
///
/// # Errors
/// `Unauthenticated` where the signature is missing or wrong; `UnexpectedResponse` for a body that is not one of
/// Autotask's, or is about something else than contacts and companies.
pub fn callout(secret: &SecretString, signature: Option<&str>, body: &[u8]) -> Result<Callout> {
    let wrong = |message: &str| Error::new(ErrorKind::UnexpectedResponse, OPERATION, message);
    if body.len() > LARGEST {
        return Err(wrong("the body is larger than any of Autotask's"));
    }
    let signed = signature.is_some_and(|signature| is_signed(secret, signature, body));
    // Not the parser's own error: it may quote what it read.
    let Ok(payload) = serde_json::from_slice::<Payload>(body) else {
        return Err(wrong("the body is not a webhook of Autotask's"));
    };
    if !signed && payload.action.eq_ignore_ascii_case("deactivated") {
        return Ok(Callout::Deactivated);
    }
    if !signed {
        let message = "the signature is missing or wrong; check the webhook's secretKey";
        return Err(Error::new(ErrorKind::Unauthenticated, OPERATION, message));
    }
    let change = match payload.action.to_ascii_lowercase().as_str() {
        "create" => HintChange::Created,
        "update" => HintChange::Updated,
        "delete" => HintChange::Deleted,
        "deactivated" => return Ok(Callout::Deactivated),
        _ => return Err(wrong("the action is not known")),
    };
    let id = payload.id.as_ref().and_then(number).ok_or_else(|| wrong("no id is named"))?;
    let hint = match payload.entity_type.unwrap_or_default().to_ascii_lowercase().as_str() {
        "contact" => {
            let company = payload.fields.as_ref().and_then(company).map(|id| CompanyId::new(id.to_string()));
            Hint::Contact { id: ContactId::new(id.to_string()), company, change }
        }
        "account" | "company" => Hint::Company { id: CompanyId::new(id.to_string()), change },
        _ => return Err(wrong("it is about something else than contacts and companies")),
    };
    Ok(Callout::Changed(hint))
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn company(fields: &Value) -> Option<u64> {
    let names = ["companyid", "accountid"];
    let found =
        fields.as_object()?.iter().find(|(name, _)| names.contains(&name.to_ascii_lowercase().as_str()));
    found.and_then(|(_, value)| number(value))
}

/// Whether Autotask signed this body: over its bytes, or over the form in which Autotask writes JSON, since whatever lies
/// in between may have read and written it.
fn is_signed(secret: &SecretString, signature: &str, body: &[u8]) -> bool {
    let signature = signature.trim();
    let encoded = signature
        .get(..5)
        .filter(|prefix| prefix.eq_ignore_ascii_case("sha1="))
        .and_then(|_| signature.get(5..));
    let Some(expected) = encoded.and_then(|encoded| STANDARD.decode(encoded).ok()) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose_secret().as_bytes());
    // In constant time.
    let fits = |bytes: &[u8]| hmac::verify(&key, bytes, &expected).is_ok();
    fits(body)
        || std::str::from_utf8(body)
            .ok()
            .and_then(as_autotask_writes)
            .is_some_and(|text| fits(text.as_bytes()))
}

/// JSON as Autotask's serializer writes it: `& < > ' " ` +` within texts and everything that is not ASCII as `\uXXXX`,
/// nothing between the tokens. `None` for a text that is not JSON so far as that matters.
fn as_autotask_writes(json: &str) -> Option<String> {
    let mut out = String::with_capacity(json.len());
    let mut chars = json.chars();
    while let Some(c) = chars.next() {
        if c == '"' {
            out.push(c);
            write_text(&mut chars, &mut out)?;
        } else if !c.is_ascii_whitespace() {
            out.push(c);
        }
    }
    Some(out)
}

/// One text, after its first quotation mark.
fn write_text(chars: &mut std::str::Chars<'_>, out: &mut String) -> Option<()> {
    loop {
        match chars.next()? {
            '"' => {
                out.push('"');
                return Some(());
            }
            '\\' => match chars.next()? {
                'u' => {
                    let digits = chars.as_str().get(..4)?;
                    let unit = u16::from_str_radix(digits, 16).ok()?;
                    *chars = chars.as_str().get(4..)?.chars();
                    match u8::try_from(unit).ok().filter(u8::is_ascii).map(char::from) {
                        Some(c) => write_char(c, out),
                        // Halves of a pair, too, are written one by one.
                        None => push_unit(unit, out),
                    }
                }
                'b' => out.push_str("\\b"),
                'f' => out.push_str("\\f"),
                'n' => out.push_str("\\n"),
                'r' => out.push_str("\\r"),
                't' => out.push_str("\\t"),
                c @ ('"' | '\\' | '/') => write_char(c, out),
                _ => return None,
            },
            c => write_char(c, out),
        }
    }
}

fn write_char(c: char, out: &mut String) {
    match c {
        '\\' => out.push_str("\\\\"),
        '&' | '<' | '>' | '\'' | '"' | '`' | '+' => push_unit(c as u16, out),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_ascii() && !c.is_ascii_control() => out.push(c),
        c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| push_unit(*unit, out)),
    }
}

fn push_unit(unit: u16, out: &mut String) {
    out.push_str(&format!("\\u{unit:04X}"));
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
