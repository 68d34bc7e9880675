//! The `links.json` document.
#![allow(clippy::unwrap_used, reason = "a test that cannot set up fails")]

use chrono::{DateTime, Utc};
use sync_core::{
    model::{ContactField, ContactId, FieldValue, SourceAnchor},
    plan::{Change, Decision, Reason, Subject},
    store::{Commit, Intent, Link, LinkChange, LinkSet, RunId},
};
use sync_state::{decode_links, encode_links};

fn at() -> DateTime<Utc> {
    "2026-01-06T10:30:00Z".parse().unwrap()
}

fn anchor(object: &str) -> SourceAnchor {
    SourceAnchor::entra("t", object)
}

fn set(object: &str, contact: &str) -> LinkChange {
    LinkChange::Set(Box::new(Link::new(anchor(object), ContactId::new(contact), at())))
}

/// Every part of a set filled.
fn full() -> LinkSet {
    let mut link = Link::new(anchor("a"), ContactId::new("42"), at());
    link.immutable_id = Some("3q2+7w==".into());
    link.deactivated_by_us = true;
    link.deactivated_at = Some(at());
    link.deactivated_because = Some("disabled".into());
    link.rewritten.insert(ContactField::Title, 2);
    link.missing_since = Some(at());
    link.missing_reads = 3;
    link.last_written.insert(ContactField::Title, FieldValue::text("Engineer"));
    link.last_written.insert(ContactField::Active, FieldValue::Flag(false));
    link.last_source.insert(ContactField::Custom("Entra ID".into()), FieldValue::Empty);
    link.last_source.insert(ContactField::AlternateEmails, FieldValue::List(vec!["x\n\u{202e}\0".into()]));
    let links = [LinkChange::Set(Box::new(link)), set("b", "43"), LinkChange::CompleteRead { users: 7 }];
    let mut commit = step(0, &links);
    let change = Change::Create { fields: Vec::new(), unless_email: Vec::new(), beside: Vec::new() };
    let decision = Decision::new(Subject::User(anchor("c")), change, Reason::NoMatch);
    let mut create = Intent::new(RunId::default(), 0, decision, at());
    create.key = Some("k".into());
    commit.opened.push(create);
    LinkSet::new().after(&commit)
}

fn step(expected: u64, links: &[LinkChange]) -> Commit {
    Commit::new(RunId::default(), expected).with_links(links.to_vec())
}

#[test]
fn what_is_written_is_read_again_and_equal_sets_are_equal_bytes() {
    for set in [LinkSet::new(), full()] {
        let text = encode_links(&set);
        let read = decode_links(&text).unwrap();
        assert!(read == set, "{text}");
        assert_eq!(encode_links(&read), text);
    }
}

#[test]
fn the_document_of_the_contract_is_read_and_missing_keys_have_defaults() {
    let json = r#"{"generation":4,"links":[{"source_id":"entra:t:o","immutable_id":null,"contact_id":"42",
        "first_linked_at":"2026-01-06T10:30:00Z","last_seen_at":"2026-01-06T10:30:00Z","deactivated_by_us":false,
        "missing_since":null,"missing_reads":0,"last_written":{},"last_source":{}},
        {"source_id":"entra:t:p","contact_id":"43","first_linked_at":"2026-01-06T10:30:00Z",
        "last_seen_at":"2026-01-06T10:30:00Z"}]}"#;
    let links = decode_links(json).unwrap();
    assert_eq!((links.generation, links.links.len(), links.last_complete_users), (4, 2, None));
    assert!(decode_links("{}").unwrap() == LinkSet::new());
}

#[test]
fn what_is_not_understood_is_an_error_that_names_the_key_and_shows_no_value() {
    let link = |more: &str| {
        format!(
            r#"{{"links":[{{"source_id":"entra:t:canary","contact_id":"canary","first_linked_at":"2026-01-06T10:30:00Z","last_seen_at":"2026-01-06T10:30:00Z"{more}}}]}}"#
        )
    };
    for (json, says) in [
        (link(r#","lastWritten":{"title":"canary"}"#), "unknown field `lastWritten`"),
        (link(r#","missing_reads":"canary""#), "wrong kind"),
        (link(r#","last_written":{"canary":1}"#), "wrong kind"),
        (r#"{"generations":1}"#.to_owned(), "unknown field `generations`"),
        (r#"{"links":[{"source_id":"canary"}]}"#.to_owned(), "missing field"),
        (r#"{"generation":-1}"#.to_owned(), "wrong kind"),
        ("{\"links\":[\n  {".to_owned(), "line 2, column 3: the text ends too early"),
        ("not json canary".to_owned(), "not JSON"),
        (String::new(), "ends too early"),
    ] {
        let error = decode_links(&json).unwrap_err();
        assert!(error.message().contains(says), "{json}: {error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    let twice = link("").replace("}]}", "},{}]}");
    let row = link("").replace(r#"{"links":["#, "").replace("]}", "");
    let error = decode_links(&twice.replace("{}", &row)).unwrap_err();
    assert!(error.message().contains("linked twice"), "{error}");
}

#[test]
fn every_key_that_a_link_is_written_with_is_read() {
    let written = serde_json::to_value(Link::new(anchor("o"), ContactId::new("1"), at())).unwrap();
    let document = serde_json::json!({ "links": [written] }).to_string();
    assert!(decode_links(&document).is_ok());
}
