//! Writing: one call per contact in the common case, and never more than was asked.

use crate::common::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync_core::{
    ErrorKind, Psa as _, Retry,
    model::{CompanyId, ContactId, FieldValue as F, VersionTag},
};
use wiremock::{
    ResponseTemplate,
    matchers::{body_json, header, query_param},
};

fn id() -> ContactId {
    ContactId::new("42")
}

fn created(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(201).set_body_json(body)
}

#[tokio::test]
async fn a_contact_is_created_by_one_call_and_not_read_again() {
    let server = Server::start().await;
    at("POST", "company/contacts")
        .and(header("content-type", "application/json"))
        .and(body_json(json!({
            "company": {"id": 250}, "firstName": "Ada", "inactiveFlag": false, "userDefinedField10": "id-1",
            "communicationItems": [{"type": {"id": 1}, "value": "ada@contoso.example.com", "defaultFlag": true, "communicationType": "Email"}],
            "customFields": [{"id": 5, "caption": "Office365Id", "value": "id-1"}],
        })))
        .respond_with(created(record(42)))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[
        ("first_name", "Ada".into()),
        ("email", "ada@contoso.example.com".into()),
        ("active", true.into()),
        ("custom:userDefinedField10", "id-1".into()),
        ("custom:Office365Id", "id-1".into()),
    ]);
    let contact = server.psa().create(&CompanyId::new("250"), &set, "key").await.unwrap();
    assert_eq!((contact.id.as_str(), value(&contact, "title")), ("42", Some(&F::from("Engineer"))));
    assert_eq!(server.requests().await.len(), 1 + 2 + 1);
}

#[tokio::test]
async fn types_of_a_new_contact_go_with_the_create_and_cost_one_table() {
    let server = Server::start().await;
    let types = json!([{"id": 7, "description": "VIP"}, {"id": 8, "description": "Approver"}]);
    get("company/contacts/types").respond_with(ok(types)).expect(1).mount(&server.0).await;
    at("POST", "company/contacts")
        .and(body_json(json!({"company": {"id": 250}, "firstName": "Ada", "typeIds": [7, 8]})))
        .respond_with(created(record(42)))
        .expect(1)
        .mount(&server.0)
        .await;
    let psa = server.psa();
    let names = F::List(vec!["VIP".into(), "approver".into()]);
    let set = fields(&[("first_name", "Ada".into()), ("contact_types", names)]);
    psa.create(&CompanyId::new("250"), &set, "key").await.unwrap();
    let unknown = fields(&[("first_name", "Ada".into()), ("contact_types", F::List(vec!["VPI".into()]))]);
    let error = psa.create(&CompanyId::new("250"), &unknown, "key").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("did you mean `VIP`"), "{error}");
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_repeated() {
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>"),
        ResponseTemplate::new(201).set_body_string("{\"id\": 4"),
    ] {
        let server = Server::start().await;
        at("POST", "company/contacts").respond_with(answer).expect(1).mount(&server.0).await;
        let set = fields(&[("first_name", "Ada".into())]);
        let error = server.psa().create(&CompanyId::new("250"), &set, "key").await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Indeterminate, Retry::Never));
    }
}

#[tokio::test]
async fn a_create_refused_for_the_rate_is_repeated_after_the_pause() {
    let server = Server::start().await;
    let limited =
        json!({"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 0 seconds."});
    at("POST", "company/contacts")
        .respond_with(ResponseTemplate::new(429).set_body_json(limited).insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .expect(1)
        .mount(&server.0)
        .await;
    at("POST", "company/contacts").respond_with(created(record(42))).expect(1).mount(&server.0).await;
    let set = fields(&[("first_name", "Ada".into())]);
    server.psa().create(&CompanyId::new("250"), &set, "key").await.unwrap();
}

#[tokio::test]
async fn an_update_is_one_read_and_one_patch_as_an_array() {
    let server = Server::start().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    let mut after = record(42);
    after["title"] = json!("Director");
    after["_info"]["lastUpdated"] = json!("2026-01-03T00:00:00Z");
    at("PATCH", "company/contacts/42")
        .and(header("content-type", "application/json"))
        .and(body_json(json!([
            {"op": "replace", "path": "/title", "value": "Director"},
            {"op": "replace", "path": "/customFields", "value": [
                {"id": 5, "caption": "Office365Id", "type": "Text", "entryMethod": "EntryField", "value": "id-1"},
                {"id": 6, "caption": "IsOffice365", "type": "Checkbox", "value": true},
            ]},
            {"op": "replace", "path": "/communicationItems/0/value", "value": "new@contoso.example.com"},
        ])))
        .respond_with(ok(after))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[
        ("title", "Director".into()),
        ("email", "new@contoso.example.com".into()),
        ("custom:Office365Id", "id-1".into()),
    ]);
    let expect = VersionTag::new("2026-01-02T03:04:05Z");
    let contact = server.psa().update(&id(), &set, Some(&expect)).await.unwrap();
    assert_eq!(value(&contact, "title"), Some(&F::from("Director")));
    assert_eq!(contact.version, Some(VersionTag::new("2026-01-03T00:00:00Z")));
}

#[tokio::test]
async fn deactivating_is_one_flag() {
    let server = Server::start().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    at("PATCH", "company/contacts/42")
        .and(body_json(json!([{"op": "replace", "path": "/inactiveFlag", "value": true}])))
        .respond_with(ok(record(42)))
        .expect(1)
        .mount(&server.0)
        .await;
    server.psa().update(&id(), &fields(&[("active", false.into())]), None).await.unwrap();
}

#[tokio::test]
async fn nothing_to_change_sends_no_patch() {
    let server = Server::start().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    let set =
        fields(&[("title", "Engineer".into()), ("phone_mobile", F::Empty), ("contact_types", F::Empty)]);
    let contact = server.psa().update(&id(), &set, None).await.unwrap();
    assert_eq!(value(&contact, "title"), Some(&F::from("Engineer")));
}

#[tokio::test]
async fn a_contact_changed_since_it_was_read_is_left_alone() {
    let server = Server::start().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    let expect = VersionTag::new("2025-12-31T00:00:00Z");
    let set = fields(&[("title", "Director".into())]);
    assert_eq!(kind(server.psa().update(&id(), &set, Some(&expect)).await), ErrorKind::PreconditionFailed);
}

#[tokio::test]
async fn a_field_that_cannot_be_written_sends_nothing() {
    let server = Server::start().await;
    let psa = server.psa();
    psa.capabilities().await.unwrap();
    let before = server.requests().await.len();
    for (name, value) in [
        ("department", F::from("x")),
        ("office", "x".into()),
        ("note", "x".into()),
        ("phone_business", true.into()),
    ] {
        let error =
            psa.update(&id(), &fields(&[("title", "x".into()), (name, value)]), None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.message().contains(name), "{error}");
    }
    assert_eq!(server.requests().await.len(), before);
}

#[tokio::test]
async fn a_custom_field_that_is_not_there_is_refused_before_the_write() {
    let server = Server::start().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    let psa = server.psa();
    let set = fields(&[("first_name", "Ada".into()), ("custom:Nope", "x".into())]);
    assert_eq!(kind(psa.update(&id(), &set, None).await), ErrorKind::Unsupported);
    assert_eq!(kind(psa.create(&CompanyId::new("250"), &set, "k").await), ErrorKind::Unsupported);
}

#[tokio::test]
async fn an_instance_that_wants_custom_fields_in_every_patch_gets_them() {
    let server = Server::start().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(2).mount(&server.0).await;
    let title = json!({"op": "replace", "path": "/title", "value": "Director"});
    let custom = json!({"op": "replace", "path": "/customFields", "value": record(42)["customFields"]});
    at("PATCH", "company/contacts/42")
        .and(body_json(json!([title])))
        .respond_with(refusal(400, "InvalidField", "customFields"))
        .expect(1)
        .mount(&server.0)
        .await;
    at("PATCH", "company/contacts/42")
        .and(body_json(json!([custom, title])))
        .respond_with(ok(record(42)))
        .expect(2)
        .mount(&server.0)
        .await;
    let psa = server.psa();
    for _ in 0..2 {
        psa.update(&id(), &fields(&[("title", "Director".into())]), None).await.unwrap();
    }
}

#[tokio::test]
async fn a_refusal_of_something_else_is_not_sent_again() {
    let server = Server::start().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    at("PATCH", "company/contacts/42")
        .respond_with(refusal(400, "OutOfRange", "title"))
        .expect(1)
        .mount(&server.0)
        .await;
    let error = server.psa().update(&id(), &fields(&[("title", "Director".into())]), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.message().contains("title OutOfRange"), "{error}");
}

#[tokio::test]
async fn a_patch_that_adds_or_removes_is_sent_once() {
    for set in [
        fields(&[("phone_mobile", "555 0111".into())]),
        fields(&[("title", "Director".into()), ("email", F::Empty)]),
    ] {
        let server = Server::start().await;
        get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
        at("PATCH", "company/contacts/42")
            .respond_with(ResponseTemplate::new(500))
            .expect(1)
            .mount(&server.0)
            .await;
        let error = server.psa().update(&id(), &set, None).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Indeterminate, Retry::Never));
    }
}

#[tokio::test]
async fn a_patch_that_only_sets_is_repeated() {
    let server = Server::start().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    let lost = ResponseTemplate::new(500);
    at("PATCH", "company/contacts/42").respond_with(lost).up_to_n_times(1).expect(1).mount(&server.0).await;
    at("PATCH", "company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    server.psa().update(&id(), &fields(&[("title", "Director".into())]), None).await.unwrap();
}

#[tokio::test]
async fn a_contact_without_items_gets_them_at_the_end_of_an_empty_list() {
    let server = Server::start().await;
    let mut bare = record(42);
    bare.as_object_mut().unwrap().remove("communicationItems");
    get("company/contacts/42").respond_with(ok(bare)).expect(1).mount(&server.0).await;
    at("PATCH", "company/contacts/42")
        .and(body_json(json!([{"op": "add", "path": "/communicationItems/0", "value":
            {"type": {"id": 1}, "value": "ada@contoso.example.com", "defaultFlag": true, "communicationType": "Email"}}])))
        .respond_with(ok(record(42)))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[("email", "ada@contoso.example.com".into())]);
    server.psa().update(&id(), &set, None).await.unwrap();
}

#[tokio::test]
async fn a_first_item_that_did_not_become_the_default_is_made_so() {
    let server = Server::start().await;
    let mut bare = record(42);
    bare["communicationItems"] = json!([]);
    let mut flawed = record(42);
    flawed["communicationItems"][0]["defaultFlag"] = json!(false);
    get("company/contacts/42").respond_with(ok(bare)).expect(1).mount(&server.0).await;
    at("PATCH", "company/contacts/42")
        .and(body_json(
            json!([{"op": "replace", "path": "/communicationItems/0/defaultFlag", "value": true}]),
        ))
        .respond_with(ok(record(42)))
        .with_priority(1)
        .expect(1)
        .mount(&server.0)
        .await;
    at("PATCH", "company/contacts/42")
        .respond_with(ok(flawed))
        .with_priority(2)
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[("email", "ada@contoso.example.com".into())]);
    let contact = server.psa().update(&id(), &set, None).await.unwrap();
    assert_eq!(value(&contact, "email"), Some(&F::from("ada@contoso.example.com")));
}

#[tokio::test]
async fn types_are_changed_by_their_associations_and_the_contact_read_again() {
    let server = Server::start().await;
    let mut before = record(42);
    before["types"] = json!([{"id": 7, "name": "VIP"}]);
    let mut after = record(42);
    after["types"] = json!([{"id": 8, "name": "Approver"}]);
    get("company/contacts/42").respond_with(ok(before)).up_to_n_times(1).expect(1).mount(&server.0).await;
    get("company/contacts/42").respond_with(ok(after)).expect(1).mount(&server.0).await;
    let table = json!([{"id": 7, "description": "VIP"}, {"id": 8, "description": "Approver"}]);
    get("company/contacts/types").respond_with(ok(table)).expect(1).mount(&server.0).await;
    let now = json!([{"id": 70, "type": {"id": 7, "name": "VIP"}}]);
    get("company/contacts/42/typeAssociations").respond_with(ok(now)).expect(1).mount(&server.0).await;
    at("POST", "company/contacts/42/typeAssociations")
        .and(body_json(json!({"type": {"id": 8}})))
        .respond_with(created(json!({"id": 80})))
        .expect(1)
        .mount(&server.0)
        .await;
    at("DELETE", "company/contacts/42/typeAssociations/70")
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[("contact_types", F::List(vec!["Approver".into()]))]);
    let contact = server.psa().update(&id(), &set, None).await.unwrap();
    assert_eq!(value(&contact, "contact_types"), Some(&F::List(vec!["Approver".into()])));
}

#[tokio::test]
async fn types_that_fail_after_the_patch_say_what_was_written() {
    let server = Server::start().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    get("company/contacts/types")
        .respond_with(ok(json!([{"id": 7, "description": "VIP"}])))
        .expect(1)
        .mount(&server.0)
        .await;
    at("PATCH", "company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    get("company/contacts/42/typeAssociations")
        .respond_with(ResponseTemplate::new(403))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[("title", "Director".into()), ("contact_types", F::List(vec!["VIP".into()]))]);
    let error = server.psa().update(&id(), &set, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.message().contains("the fields were written"), "{error}");
}

#[tokio::test]
async fn the_one_note_is_updated_in_place_or_added_and_otherwise_left_alone() {
    let foreign = json!({"id": 1, "text": "Call about Contact sync tomorrow"});
    let ours = |text: &str| json!({"id": 2, "text": text});
    let patch = json!([{"op": "replace", "path": "/text", "value": "Contact sync\nPIN 1234"}]);
    for (notes, verb, path, body) in [
        (
            json!([foreign, ours("Contact sync PIN 9999")]),
            "PATCH",
            "company/contacts/42/notes/2",
            Some(patch),
        ),
        (
            json!([foreign]),
            "POST",
            "company/contacts/42/notes",
            Some(json!({"text": "Contact sync\nPIN 1234"})),
        ),
        (json!([ours("Contact sync PIN 1234")]), "PATCH", "company/contacts/42/notes/2", None),
    ] {
        let server = Server::start().await;
        let reads = if body.is_some() { 2 } else { 1 };
        get("company/contacts/42").respond_with(ok(record(42))).expect(reads).mount(&server.0).await;
        get("company/contacts/42/notes")
            .and(query_param("conditions", "text contains \"Contact sync\""))
            .respond_with(ok(notes))
            .expect(1)
            .mount(&server.0)
            .await;
        if let Some(body) = body {
            at(verb, path)
                .and(body_json(body))
                .respond_with(created(json!({"id": 2})))
                .expect(1)
                .mount(&server.0)
                .await;
        }
        let mut config = server.config();
        config.note_marker = Some("Contact sync".into());
        config.connect().unwrap().update(&id(), &fields(&[("note", "PIN 1234".into())]), None).await.unwrap();
    }
}

#[tokio::test]
async fn a_note_that_fails_after_a_create_leaves_no_doubt_that_something_was_made() {
    let server = Server::start().await;
    at("POST", "company/contacts").respond_with(created(record(42))).expect(1).mount(&server.0).await;
    at("POST", "company/contacts/42/notes")
        .respond_with(ResponseTemplate::new(403))
        .expect(1)
        .mount(&server.0)
        .await;
    let mut config = server.config();
    config.note_marker = Some("Contact sync".into());
    let set = fields(&[("first_name", "Ada".into()), ("note", "PIN 1234".into())]);
    let error = config.connect().unwrap().create(&CompanyId::new("250"), &set, "k").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Indeterminate);
    assert!(error.message().contains("42"), "{error}");
}

#[tokio::test]
async fn a_company_field_is_set_within_the_whole_array() {
    let server = Server::bare().await;
    server.codebase(CODEBASE, 1).await;
    let fields = |value: Value| json!([{"id": 9, "caption": "Tenant365Id", "type": "Text", "value": value}, {"id": 10, "caption": "Tier", "type": "Text", "value": "gold"}]);
    let company = |value: Value| json!({"id": 250, "name": "Contoso", "customFields": fields(value)});
    get("company/companies/250").respond_with(ok(company(Value::Null))).expect(1).mount(&server.0).await;
    let sent = json!([{"op": "replace", "path": "/customFields", "value": fields(json!("t-1"))}]);
    at("PATCH", "company/companies/250")
        .and(body_json(sent))
        .respond_with(ok(company(json!("t-1"))))
        .expect(1)
        .mount(&server.0)
        .await;
    let psa = server.psa();
    let wanted = BTreeMap::from([("Tenant365Id".to_owned(), F::from("t-1"))]);
    let after = psa.update_company(&CompanyId::new("250"), &wanted).await.unwrap();
    assert_eq!(after.custom_fields.get("Tenant365Id"), Some(&F::from("t-1")));
}
