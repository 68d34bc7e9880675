//! Questions to people and their answers, over a folder of files.

use crate::common::{Ended, command, run};
use std::path::Path;

/// One user, and two contacts with the user's address.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("policy.toml", "tenant_id = \"11111111-2222-4333-8444-555555555555\"\ncompany_id = \"100\"\n");
    write("companies.json", r#"{"companies":[{"id":"100","name":"Contoso","active":true}]}"#);
    write(
        "users.json",
        r#"{"value":[{"id":"a0000000-0000-4000-8000-000000000001","userPrincipalName":"ada@contoso.example.com",
           "mail":"ada@contoso.example.com","displayName":"Ada Example","givenName":"Ada","surname":"Example",
           "accountEnabled":true,"userType":"Member"}]}"#,
    );
    let contact = |id: &str| {
        format!(
            r#"{{"id":"{id}","company_id":"100","first_name":"Ada","last_name":"Example","email":"ada@contoso.example.com",
               "alternate_emails":[],"active":true,"contact_types":[]}}"#
        )
    };
    write("contacts.json", &format!(r#"{{"complete":true,"contacts":[{},{}]}}"#, contact("1"), contact("2")));
    folder
}

fn psa_sync(folder: &Path, arguments: &[&str]) -> Ended {
    let mut all = vec!["--offline", ".", "--as-of", "2026-03-01T12:00:00Z"];
    all.extend(arguments);
    run(command(folder, &all))
}

fn question(folder: &Path) -> String {
    let listed = psa_sync(folder, &["review", "--format", "json"]).code(3).json();
    assert_eq!(listed[0]["questions"].as_array().unwrap().len(), 1, "{listed}");
    listed[0]["questions"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_question_is_listed_answered_obeyed_cited_and_not_asked_again() {
    let folder = folder();
    let shown = psa_sync(folder.path(), &["review"]).code(3).out;
    assert!(
        shown.contains("several contacts fit: 1, 2") && shown.contains("contact 2: Ada Example"),
        "{shown}"
    );
    let id = question(folder.path());
    psa_sync(folder.path(), &["review", "pin", &id]).code(2).one_error(&["name one with --contact"]);
    psa_sync(folder.path(), &["review", "pin", &id, "--contact", "9"])
        .code(2)
        .one_error(&["not among the contacts"]);
    psa_sync(folder.path(), &["review", "pin", &id, "--contact", "2", "--note", "asked her"]).code(0);
    let plan = psa_sync(folder.path(), &["plan", "--format", "json"]).code(0).json();
    let decision = &plan["decisions"][0];
    assert_eq!(decision["change"]["contact"], "2");
    assert_eq!(
        (&decision["reason"]["code"], &decision["reason"]["review"]),
        (&"reviewed".into(), &id.as_str().into())
    );
    psa_sync(folder.path(), &["apply", "--auto"]).code(0);
    psa_sync(folder.path(), &["plan", "--detailed-exitcode"]).code(0);
    let listed = psa_sync(folder.path(), &["review"]).code(0).out;
    assert!(listed.contains("0 held"), "{listed}");
    let answered = psa_sync(folder.path(), &["review", "--answered"]).code(0).out;
    assert!(
        answered.contains(&id) && answered.contains("pin contact 2") && answered.contains("asked her"),
        "{answered}"
    );
}

#[test]
fn an_answer_stands_until_it_is_replaced_or_taken_back() {
    let folder = folder();
    let id = question(folder.path());
    psa_sync(folder.path(), &["review", "accept", &id]).code(2).one_error(&["nothing is proposed", "pin"]);
    psa_sync(folder.path(), &["review", "reject", &id]).code(0);
    psa_sync(folder.path(), &["review", "pin", &id, "--contact", "1"])
        .code(1)
        .one_error(&["answered with reject"]);
    psa_sync(folder.path(), &["review", "reopen", &id]).code(0);
    assert_eq!(question(folder.path()), id, "the same question has the same id");
    psa_sync(folder.path(), &["review", "pin", &id, "--contact", "1"]).code(0);
    psa_sync(folder.path(), &["review", "reopen", "000000000000"])
        .code(1)
        .one_error(&["no answer is called"]);
    psa_sync(folder.path(), &["review", "reject", "000000000000"])
        .code(1)
        .one_error(&["no question is called"]);
}

#[test]
fn an_answer_that_no_longer_fits_is_asked_again_and_says_why() {
    let folder = folder();
    let id = question(folder.path());
    psa_sync(folder.path(), &["review", "reject", &id]).code(0);
    let contacts = std::fs::read_to_string(folder.path().join("contacts.json")).unwrap();
    let third = contacts.replacen(
        r#"{"id":"1""#,
        r#"{"id":"3","company_id":"100","email":"ada@contoso.example.com","active":true},{"id":"1""#,
        1,
    );
    std::fs::write(folder.path().join("contacts.json"), third).unwrap();
    let shown = psa_sync(folder.path(), &["review"]).code(3).out;
    assert!(shown.contains("asked again") && shown.contains("1, 2, 3"), "{shown}");
}

#[test]
fn a_file_of_answers_that_was_edited_is_told_and_left_alone() {
    let folder = folder();
    let id = question(folder.path());
    psa_sync(folder.path(), &["review", "reject", &id]).code(0);
    let path = folder.path().join("reviews.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("\"reject\"", "\"perhaps\"")).unwrap();
    psa_sync(folder.path(), &["plan"]).code(1).one_error(&["reviews.json", "not understood"]);
    std::fs::write(&path, text.replace("\"1.0\"", "\"9.0\"")).unwrap();
    psa_sync(folder.path(), &["review"]).code(1).one_error(&["another version"]);
}

#[test]
fn somebody_new_gets_a_contact_beside_the_two() {
    let folder = folder();
    let id = question(folder.path());
    psa_sync(folder.path(), &["review", "create", &id]).code(0);
    let report = psa_sync(folder.path(), &["apply", "--auto", "--format", "json"]).code(0).json();
    assert_eq!(report["statistics"]["contacts_created"], 1, "{report}");
    psa_sync(folder.path(), &["plan", "--detailed-exitcode"]).code(0);
}

/// The contact that the user is linked to.
fn linked(folder: &Path) -> String {
    let links: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("links.json")).unwrap()).unwrap();
    assert_eq!(links["links"].as_array().unwrap().len(), 1, "{links}");
    links["links"][0]["contact_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_pin_that_was_wrong_is_put_right_after_it_was_applied() {
    let folder = folder();
    let at = folder.path();
    let id = question(at);
    psa_sync(at, &["review", "pin", &id, "--contact", "1"]).code(0);
    psa_sync(at, &["apply", "--auto"]).code(0);
    assert_eq!(linked(at), "1");
    let refused = psa_sync(at, &["review", "pin", &id, "--contact", "2"]).code(1);
    refused.one_error(&["was answered with pin", "--replace"]);
    psa_sync(at, &["review", "pin", &id, "--contact", "9", "--replace"]).code(1);
    psa_sync(at, &["review", "pin", &id, "--contact", "2", "--replace"]).code(0);
    psa_sync(at, &["apply", "--auto"]).code(0);
    assert_eq!(linked(at), "2");
}

#[test]
fn a_link_that_is_wrong_is_put_right_by_naming_the_user() {
    let folder = folder();
    let at = folder.path();
    let id = question(at);
    psa_sync(at, &["review", "pin", &id, "--contact", "1"]).code(0);
    psa_sync(at, &["apply", "--auto"]).code(0);
    let reopened = psa_sync(at, &["review", "reopen", &id]).code(0);
    assert!(reopened.err.contains("a link that it made stays") && reopened.err.contains("review pin USER"));
    psa_sync(at, &["plan"]).code(0);
    let user = "ada@contoso.example.com";
    psa_sync(at, &["review", "pin", user, "--contact", "9"])
        .code(1)
        .one_error(&["no question", "review pin USER"]);
    psa_sync(at, &["review", "pin", "bea@contoso.example.com", "--contact", "2"]).code(1);
    psa_sync(at, &["review", "pin", user, "--contact", "2"]).code(0);
    psa_sync(at, &["apply", "--auto"]).code(0);
    assert_eq!(linked(at), "2");
    psa_sync(at, &["plan"]).code(0);
}

/// Ada and Bea, who are linked to each other's contact: `1` is the one that Ada should have.
fn crosswise() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("policy.toml", "tenant_id = \"11111111-2222-4333-8444-555555555555\"\ncompany_id = \"100\"\n");
    write("companies.json", r#"{"companies":[{"id":"100","name":"Contoso","active":true}]}"#);
    let people = [("Ada", "ada", "1", "2"), ("Bea", "bea", "2", "1")];
    let users = people.map(|(given, name, number, _)| {
        format!(
            r#"{{"id":"a0000000-0000-4000-8000-00000000000{number}","userPrincipalName":"{name}@contoso.example.com",
               "mail":"{name}@contoso.example.com","displayName":"{given} Example","givenName":"{given}",
               "surname":"Example","accountEnabled":true,"userType":"Member"}}"#
        )
    });
    write("users.json", &format!(r#"{{"value":[{}]}}"#, users.join(",")));
    let contacts = people.map(|(given, name, _, contact)| {
        format!(
            r#"{{"id":"{contact}","company_id":"100","first_name":"{given}","last_name":"Example",
               "email":"{name}@contoso.example.com","alternate_emails":[],"active":true,"contact_types":[]}}"#
        )
    });
    write("contacts.json", &format!(r#"{{"complete":true,"contacts":[{}]}}"#, contacts.join(",")));
    let links = people.map(|(_, _, number, contact)| {
        format!(
            r#"{{"source_id":"entra:11111111-2222-4333-8444-555555555555:a0000000-0000-4000-8000-00000000000{number}",
               "immutable_id":null,"contact_id":"{contact}","first_linked_at":"2026-01-01T00:00:00Z",
               "last_seen_at":"2026-02-28T00:00:00Z","deactivated_by_us":false,"missing_since":null,"missing_reads":0,
               "last_written":{{}},"last_source":{{}}}}"#
        )
    });
    write("links.json", &format!(r#"{{"generation":1,"links":[{}]}}"#, links.join(",")));
    folder
}

/// Who is linked to which contact, in order of user.
fn pairs(folder: &Path) -> Vec<String> {
    let links: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("links.json")).unwrap()).unwrap();
    let links = links["links"].as_array().unwrap().iter();
    links.map(|link| link["contact_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn two_people_who_were_linked_crosswise_change_contacts_by_two_answers() {
    let folder = crosswise();
    let at = folder.path();
    let (ada, bea) = ("ada@contoso.example.com", "bea@contoso.example.com");
    psa_sync(at, &["plan", "--detailed-exitcode"]).code(0);
    psa_sync(at, &["review", "pin", ada, "--contact", "1"])
        .code(2)
        .one_error(&["is linked to", "review relink"]);
    let first = psa_sync(at, &["review", "relink", ada, "--contact", "1", "--note", "mixed up"]).code(3);
    assert!(first.err.contains("which waits") && first.err.contains("another contact"), "{}", first.err);
    assert!(
        first.err.contains("psa-sync review relink bea@contoso.example.com --contact 2"),
        "{}",
        first.err
    );
    // Alone it changes nothing, and both the plan and the list of questions say so.
    let plan = psa_sync(at, &["plan", "--format", "json"]).code(0).json();
    assert_eq!((&plan["summary"]["update"], &plan["summary"]["link"]), (&0.into(), &0.into()), "{plan}");
    let waiting = psa_sync(at, &["review"]).code(3).out;
    assert!(waiting.contains("not carried out, ada@contoso.example.com"), "{waiting}");
    let listed = psa_sync(at, &["review", "--format", "json"]).code(3).json();
    assert_eq!(listed[0]["not_carried_out"].as_array().unwrap().len(), 1, "{listed}");
    psa_sync(at, &["apply", "--auto"]).code(0);
    assert_eq!(pairs(at), ["2", "1"]);
    let second = psa_sync(at, &["review", "relink", bea, "--contact", "2"]).code(0);
    assert!(second.err.contains("the next plan does so"), "{}", second.err);
    let shown = psa_sync(at, &["plan"]).code(0).out;
    assert!(shown.matches("review ").count() >= 2, "{shown}");
    psa_sync(at, &["apply", "--auto"]).code(0);
    assert_eq!(pairs(at), ["1", "2"]);
    psa_sync(at, &["plan", "--detailed-exitcode"]).code(0);
    psa_sync(at, &["review"]).code(0);
    let answered = psa_sync(at, &["review", "--answered"]).code(0).out;
    assert!(answered.contains("mixed up"), "{answered}");
}
