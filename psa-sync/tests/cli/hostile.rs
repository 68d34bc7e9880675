//! Data that means harm, up to the terminal: every command that shows what was read.

use crate::common::{Ended, command, run};
use serde_json::{Value, json};
use std::{fs, path::Path};
use tempfile::TempDir;

/// Erases a line, rings the bell, ends the line, turns the direction of writing, names somebody else, ends in a NUL.
const HARM: &str = "\u{1b}[2K\u{7}\r\nBcc: eve@example.net\u{202e}\u{2066}\u{9b}31m\u{2028}\u{0}";

/// Users and contacts whose every text does harm, among them some who are changed, held, created and deactivated.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let user = |id: &str, mail: &str| {
        json!({
            "id": id, "accountEnabled": true, "userType": "Member", "userPrincipalName": format!("{id}@contoso.com{HARM}"),
            "mail": mail, "displayName": HARM, "givenName": format!("{id}{HARM}"), "surname": HARM, "jobTitle": HARM,
            "department": HARM, "mobilePhone": HARM, "businessPhones": [HARM], "city": HARM, "officeLocation": HARM,
            "proxyAddresses": [format!("smtp:x{HARM}@contoso.com"), format!("smtp:{id}.alias@contoso.com")],
        })
    };
    let contact = |id: &str, mail: &str| {
        json!({
            "id": format!("{id}{HARM}!"), "company_id": "100", "first_name": HARM, "last_name": id, "email": mail,
            "title": "before", "department": HARM, "phone_business": HARM, "active": true, "contact_types": [HARM],
            "custom_fields": {HARM: HARM},
        })
    };
    let users = [
        user("a", "a@contoso.com"),
        user("b", "b@contoso.com"),
        user("c", "c@contoso.com"),
        user("d", &format!("d@contoso.com{HARM}x")),
    ];
    let contacts = [
        contact("1", "a@contoso.com"),
        contact("2", "b@contoso.com"),
        contact("3", "b@contoso.com"),
        contact("4", &format!("d@contoso.com{HARM}x")),
    ];
    write(folder.path(), "users.json", &json!({ "value": users }));
    write(folder.path(), "contacts.json", &json!({ "contacts": contacts }));
    write(
        folder.path(),
        "companies.json",
        &json!({ "companies": [{ "id": "100", "name": HARM, "active": true }] }),
    );
    fs::write(folder.path().join("policy.toml"), "company_id = \"100\"\n").unwrap();
    folder
}

fn write(folder: &Path, file: &str, content: &Value) {
    fs::write(folder.join(file), content.to_string()).unwrap();
}

fn offline(folder: &TempDir, arguments: &[&str]) -> Ended {
    let mut all = vec!["--offline", ".", "--as-of", "2026-01-06T10:30:00Z", "-vv"];
    all.extend(arguments);
    run(command(folder.path(), &all))
}

#[track_caller]
fn harmless(ended: &Ended) {
    for text in [&ended.out, &ended.err] {
        let harmful = |c: char| {
            (c != '\n' && c.is_control())
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
        };
        assert!(!text.contains(harmful), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[test]
fn what_was_read_reaches_no_terminal_and_no_log_as_it_is() {
    let folder = folder();
    for arguments in [
        &["plan", "--all"][..],
        &["plan", "--format", "markdown", "--all"],
        &["plan", "--format", "json"],
        &["plan", "--readiness", "--all"],
        &["plan", "--readiness", "--format", "markdown"],
        &["plan", "--readiness", "--format", "json"],
        &["plan", "--log-format", "json"],
        &["explain", "a"],
        &["explain", "b"],
        &["explain", "d"],
        &["explain", HARM.trim_end_matches('\0')],
    ] {
        let ended = offline(&folder, arguments);
        let document = arguments.contains(&"json") && arguments.contains(&"--format");
        if document {
            // A document holds what it holds, in JSON's own escapes; marks of direction are for its reader.
            let _ = ended.json();
            assert!(!ended.out.contains(|c: char| c != '\n' && c < ' '), "{arguments:?}");
        } else {
            harmless(&ended);
        }
    }
    let applied = offline(&folder, &["apply", "--auto", "--yes"]);
    harmless(&applied);
    assert!(applied.out.contains("Created") || applied.out.contains("Updated"), "{applied:?}");
    // What was written is read again, and there is nothing more to do.
    let again = offline(&folder, &["plan", "--format", "json"]).json();
    for change in ["create", "update", "link", "reactivate", "deactivate"] {
        assert_eq!(again["summary"][change], 0, "{}", again["summary"]);
    }
}
