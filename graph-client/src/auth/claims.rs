//! Claims: what a client says it understands, and what Graph asks for when it no longer trusts a token.
//!
//! Continuous access evaluation (claims challenges and client capabilities, Microsoft identity platform, read
//! 2026-08): a client that says `cp1` gets longer tokens, and 401s whose `claims` go into the next token request.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value, json};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// The longest challenge that is looked at.
const LONGEST: usize = 8 * 1024;

/// What the `claims` parameter of every token request says: the client understands challenges, and `asked` as well.
pub(crate) fn parameter(asked: Option<&Map<String, Value>>) -> String {
    let mut claims = asked.cloned().unwrap_or_default();
    let token = claims.entry("access_token").or_insert_with(|| json!({}));
    if !token.is_object() {
        *token = json!({});
    }
    if let Some(token) = token.as_object_mut() {
        token.insert("xms_cc".to_owned(), json!({ "values": ["cp1"] }));
    }
    Value::Object(claims).to_string()
}

/// The claims that a 401 asks for, of the `WWW-Authenticate` values of an answer.
pub(crate) fn challenged<'a>(values: impl Iterator<Item = &'a str>) -> Option<Map<String, Value>> {
    values
        .filter(|value| value.len() <= LONGEST)
        .flat_map(challenges)
        .filter(|challenge| challenge.scheme.eq_ignore_ascii_case("bearer"))
        .filter(|challenge| challenge.get("error") == Some("insufficient_claims"))
        .find_map(|challenge| decoded(challenge.get("claims")?))
}

/// Standard or URL-safe base64, padded or not, of a JSON object.
fn decoded(text: &str) -> Option<Map<String, Value>> {
    let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// One challenge: its scheme and its parameters.
struct Challenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Reads `Scheme name=value, name="quoted, value", Other name=value` (RFC 9110, section 11.6.1).
fn challenges(text: &str) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=', '"']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            return found;
        }
        let Some(value) = after.trim_start().strip_prefix('=') else {
            found.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
            rest = after;
            continue;
        };
        let (value, after) = value_of(value.trim_start());
        if let Some(challenge) = found.last_mut() {
            challenge.parameters.push((word.to_owned(), value));
        }
        rest = after;
    }
}

/// A quoted or bare value, and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return (value.to_owned(), after);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD as PADDED, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

    const ASKED: &str =
        r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"},"x":{"values":["??>>~"]}}}"#;

    fn found(values: &[&str]) -> Option<String> {
        challenged(values.iter().copied()).map(|claims| Value::Object(claims).to_string())
    }

    #[test]
    fn a_challenge_is_merged_with_what_the_client_can() {
        assert_eq!(parameter(None), r#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#);
        let header = format!(
            r#"Bearer realm="", authorization_uri="https://login.example.com/a?b=c,d", error="insufficient_claims", claims="{}""#,
            PADDED.encode(ASKED)
        );
        let asked = challenged([header.as_str()].into_iter()).unwrap();
        let merged: Value = serde_json::from_str(&parameter(Some(&asked))).unwrap();
        assert_eq!(merged["access_token"]["nbf"]["value"], "1604106651");
        assert_eq!(merged["access_token"]["xms_cc"]["values"][0], "cp1");
    }

    #[test]
    fn every_spelling_of_the_encoding_is_read() {
        for encoded in [PADDED.encode(ASKED), STANDARD_NO_PAD.encode(ASKED), URL_SAFE_NO_PAD.encode(ASKED)] {
            let header = format!("Bearer error=\"insufficient_claims\", claims=\"{encoded}\"");
            assert!(found(&[&header]).unwrap().contains("1604106651"), "{header}");
        }
    }

    #[test]
    fn the_challenge_is_found_among_others_and_nowhere_else() {
        let claims = PADDED.encode(ASKED);
        let pop = format!("PoP error=\"insufficient_claims\", claims=\"{claims}\"");
        let bearer = format!("Bearer error=\"insufficient_claims\",claims=\"{claims}\"");
        assert!(found(&["Negotiate", &pop, &bearer]).is_some());
        assert!(found(&[&format!("{pop}, {bearer}")]).is_some());
        assert_eq!(found(&[&pop]), None);
        assert_eq!(found(&[&format!("Bearer error=\"invalid_token\", claims=\"{claims}\"")]), None);
        for junk in [
            "",
            "Bearer",
            "=",
            "\"",
            "Bearer claims",
            "Bearer error=\"insufficient_claims\", claims=\"?\"",
            "Bearer a=\"\\",
        ] {
            assert_eq!(found(&[junk]), None, "{junk}");
        }
    }
}
