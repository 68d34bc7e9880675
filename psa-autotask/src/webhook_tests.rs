//! Signatures in every form a body can arrive in, and what may not follow from an unsigned one.

use super::*;
use proptest::prelude::*;

fn secret() -> SecretString {
    "made-up".to_owned().into()
}

fn sign(body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"made-up");
    format!("sha1={}", STANDARD.encode(hmac::sign(&key, body.as_bytes())))
}

fn body(action: &str, kind: &str) -> String {
    serde_json::json!({
        "Action": action, "Guid": "g", "EntityType": kind, "Id": 42, "Fields": {"lastName": "O'Neil & Łuk", "companyID": 250},
        "EventTime": "2026-01-06T10:30:00Z", "SequenceNumber": 7, "PersonID": 1,
    })
    .to_string()
}

#[test]
fn a_signed_change_is_a_hint_and_carries_no_value() {
    for (action, change) in
        [("Create", HintChange::Created), ("Update", HintChange::Updated), ("Delete", HintChange::Deleted)]
    {
        let text = body(action, "Contact");
        let hint = callout(&secret(), Some(&sign(&text)), text.as_bytes()).unwrap();
        let company = Some(CompanyId::new("250"));
        assert_eq!(hint, Callout::Changed(Hint::Contact { id: ContactId::new("42"), company, change }));
    }
    for kind in ["Account", "Company"] {
        let text = body("Update", kind);
        let hint = callout(&secret(), Some(&sign(&text)), text.as_bytes()).unwrap();
        let company = Hint::Company { id: CompanyId::new("42"), change: HintChange::Updated };
        assert_eq!(hint, Callout::Changed(company));
    }
}

#[test]
fn the_form_that_was_signed_is_found_again_from_plain_json() {
    let signed = r#"{"Action":"Update","EntityType":"Contact","Id":1,"Fields":{"n":"R\u0026D \u0027\u00E9\uD83D\uDE00\u0022 \\ \u002B1\n"}}"#;
    let plain = "{ \"Action\": \"Update\", \"EntityType\": \"Contact\", \"Id\": 1, \"Fields\": { \"n\": \"R&D 'é😀\\\" \\\\ +1\\n\" } }";
    assert_eq!(as_autotask_writes(plain).as_deref(), Some(signed));
    assert_eq!(as_autotask_writes(signed).as_deref(), Some(signed));
    for arrived in [signed, plain] {
        assert!(callout(&secret(), Some(&sign(signed)), arrived.as_bytes()).is_ok(), "{arrived}");
    }
}

#[test]
fn what_is_not_signed_says_nothing() {
    let text = body("Update", "Contact");
    let other = sign(&body("Delete", "Contact"));
    for signature in [
        None,
        Some(""),
        Some("sha1="),
        Some("sha1=AAAA"),
        Some("sha256=AAAA"),
        Some("ß"),
        Some(other.as_str()),
    ] {
        let error = callout(&secret(), signature, text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{signature:?}");
        assert!(!format!("{error:?}").contains("Neil"), "{error:?}");
    }
    let wrong_secret = callout(&"another".to_owned().into(), Some(&sign(&text)), text.as_bytes());
    assert_eq!(wrong_secret.unwrap_err().kind(), ErrorKind::Unauthenticated);
}

#[test]
fn an_unsigned_deactivation_is_told_and_is_never_a_change() {
    for kind in ["Contact", "Account", ""] {
        let text = body("Deactivated", kind);
        assert_eq!(callout(&secret(), None, text.as_bytes()).unwrap(), Callout::Deactivated);
        assert_eq!(callout(&secret(), Some("sha1=AAAA"), text.as_bytes()).unwrap(), Callout::Deactivated);
    }
}

#[test]
fn what_is_not_about_contacts_and_companies_is_refused() {
    for text in [
        body("Update", "Ticket"),
        body("Merge", "Contact"),
        "{}".to_owned(),
        "not json".to_owned(),
        String::new(),
    ] {
        let error = callout(&secret(), Some(&sign(&text)), text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{text}");
    }
    let huge = " ".repeat(LARGEST + 1);
    assert!(callout(&secret(), Some(&sign(&huge)), huge.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn any_body_and_signature_can_be_read(body in proptest::collection::vec(any::<u8>(), 0..200), signature in "\\PC{0,40}") {
        let read = callout(&secret(), Some(&signature), &body);
        prop_assert!(!matches!(read, Ok(Callout::Changed(_))));
    }

    #[test]
    fn the_signed_form_of_a_text_means_the_same(text in "\\PC{0,60}") {
        let json = serde_json::json!({ "a": text }).to_string();
        let written = as_autotask_writes(&json).unwrap();
        prop_assert!(written.is_ascii());
        prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), serde_json::from_str::<Value>(&json).unwrap());
    }
}
