//! Callbacks: what is signed is a hint, and what is not is refused.

#![allow(clippy::disallowed_methods, reason = "a stranger's client, and the time that a test takes")]

use crate::support::World;
use psa_connectwise::verify_callback;
use secrecy::SecretString;
use serde_json::{Value, json};
use sync_core::{
    ErrorKind, Hint, HintChange,
    model::{CompanyId, ContactId},
};

/// A world that announces every change of a contact, and the announcement of one.
async fn announced() -> (World, Value) {
    let world = World::of(10).await;
    let access = world.sandbox.connectwise();
    let entry = json!({"url": "https://sync.example.com/hook?recordId=", "objectId": 1, "type": "contact", "level": "owner"});
    let url = format!("{}/v2025_1/apis/3.0/system/callbacks", access.base_url);
    let answer = reqwest::Client::new()
        .post(url)
        .basic_auth(format!("{}+{}", access.company, access.public_key), Some(&access.private_key))
        .header("clientId", &access.client_id)
        .json(&entry)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    let inside = world.sandbox.connectwise_data();
    assert!(inside.edit_contact(501, |contact| contact["title"] = "Lead".into()));
    let due = inside.take_callbacks().remove(0);
    (world, due)
}

fn text<'a>(due: &'a Value, name: &str) -> &'a str {
    due[name].as_str().unwrap()
}

#[tokio::test]
async fn a_signed_callback_is_a_hint_that_the_contact_changed() {
    let (world, due) = announced().await;
    let psa = world.psa();
    let hint = psa.callback(text(&due, "text").as_bytes(), text(&due, "signature")).await.unwrap();
    let expected = Hint::Contact { id: ContactId::new("501"), company: None, change: HintChange::Updated };
    assert_eq!(hint, Some(expected));
    let key = psa.signing_key(text(&due, "text").as_bytes()).await.unwrap();
    assert!(verify_callback(text(&due, "text").as_bytes(), text(&due, "signature"), &key).is_ok());
}

#[tokio::test]
async fn a_body_or_a_signature_that_was_touched_is_refused() {
    let (world, due) = announced().await;
    let psa = world.psa();
    let touched = text(&due, "text").replace("501", "502");
    for (body, signature) in [
        (touched.as_str(), text(&due, "signature")),
        (text(&due, "text"), ""),
        (text(&due, "text"), "AAAA"),
        (text(&due, "text"), "not base64!"),
    ] {
        let error = psa.callback(body.as_bytes(), signature).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{signature}");
    }
}

#[tokio::test]
async fn the_key_is_fetched_from_the_configured_host_only() {
    let (world, due) = announced().await;
    let psa = world.psa();
    world.sandbox.reset_calls();
    for url in ["http://127.0.0.1:9/key", "https://keys.example.com/key", "//keys.example.com/key"] {
        let mut body = due["body"].clone();
        body["Metadata"]["key_url"] = json!(url);
        let error = psa.signing_key(body.to_string().as_bytes()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{url}");
    }
    for (pointer, value) in [("/Metadata", json!({})), ("/CompanyId", json!("another"))] {
        let mut body = due["body"].clone();
        *body.pointer_mut(pointer).unwrap() = value;
        let error = psa.signing_key(body.to_string().as_bytes()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{pointer}");
    }
    assert_eq!(psa.signing_key(b"<html>").await.unwrap_err().kind(), ErrorKind::UnexpectedResponse);
    assert_eq!(world.all_calls(), 0, "nothing was sent for any of them");
}

#[test]
fn companies_are_hinted_at_too_and_other_records_are_not() {
    let key = SecretString::from("canary-key");
    let signed = |body: &Value| {
        let body = body.to_string();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"canary-key");
        let hmac = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, digest.as_ref());
        let signature = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            aws_lc_rs::hmac::sign(&hmac, body.as_bytes()),
        );
        verify_callback(body.as_bytes(), &signature, &key).unwrap()
    };
    let company = signed(&json!({"Action": "added", "ID": 7, "Type": "Company"}));
    assert_eq!(company, Some(Hint::Company { id: CompanyId::new("7"), change: HintChange::Created }));
    let gone = signed(&json!({"Action": "deleted", "ID": 8, "Type": "contact", "Entity": null}));
    let expected = Hint::Contact { id: ContactId::new("8"), company: None, change: HintChange::Deleted };
    assert_eq!(gone, Some(expected));
    for other in [
        json!({"Action": "updated", "ID": 7, "Type": "ticket"}),
        json!({"Action": "renamed", "ID": 7, "Type": "contact"}),
        json!({"Action": "updated", "ID": 0, "Type": "contact"}),
        json!({}),
    ] {
        assert_eq!(signed(&other), None, "{other}");
    }
}
