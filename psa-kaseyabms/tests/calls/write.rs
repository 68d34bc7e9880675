//! Writing: exact bodies, each once, and never more than was asked.

use crate::common::*;
use serde_json::json;
use sync_core::{
    ErrorKind, Psa as _, Retry,
    model::{CompanyId, ContactId, FieldValue as F, VersionTag},
};
use wiremock::{
    ResponseTemplate,
    matchers::{body_json, header},
};

fn id() -> ContactId {
    ContactId::new("42")
}

fn person() -> Vec<(&'static str, F)> {
    vec![
        ("first_name", "Ada".into()),
        ("last_name", "Byron".into()),
        ("email", "ada@example.com".into()),
        ("phone_business", "+1 555 0100".into()),
        ("custom:Office365Id", "id-1".into()),
        ("custom:TypeMapping", "VIP".into()),
    ]
}

async fn present(server: &Server) {
    let answer = ResponseTemplate::new(200).set_body_json(record(42));
    at("GET", "crm/contacts/summary/42").respond_with(answer).expect(1).mount(&server.0).await;
}

#[tokio::test]
async fn a_create_holds_everything_but_the_title_which_a_patch_adds() {
    let server = Server::start().await;
    server.locations().await;
    at("POST", "crm/contacts/summary")
        .and(header("content-type", "application/json"))
        .and(body_json(json!({
            "FirstName": "Ada", "LastName": "Byron", "AccountId": 250, "LocationId": 72,
            "Emails": [{"EmailAddress": "ada@example.com", "EmailTypeId": 1, "IsDefault": true}],
            "Phones": [{"PhoneNumber": "+1 555 0100", "PhoneTypeId": 1, "IsDefault": true}],
            "CustomFieldsData": [
                {"CustomFieldId": 5, "Data": "id-1"}, {"CustomFieldId": 6, "Data": "VIP", "SettingsId": 61},
            ],
        })))
        .respond_with(ok(json!({"Id": 42, "FirstName": "Ada"})))
        .expect(1)
        .mount(&server.0)
        .await;
    at("PATCH", "crm/contacts/42")
        .and(header("content-type", "application/json-patch+json"))
        .and(body_json(json!([{"op": "replace", "path": "/JobTitle", "value": "Engineer"}])))
        .respond_with(ok(record(42)))
        .expect(1)
        .mount(&server.0)
        .await;
    let mut person = person();
    person.push(("title", "Engineer".into()));
    let contact = server.psa().create(&CompanyId::new("250"), &fields(&person), "key").await.unwrap();
    assert_eq!((contact.id.as_str(), value(&contact, "custom:TypeMapping")), ("42", Some(&"VIP".into())));
    assert_eq!(value(&contact, "title"), Some(&"Engineer".into()));
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_repeated() {
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>"),
        ResponseTemplate::new(200).set_body_string("{\"success\": true, \"resu"),
        ResponseTemplate::new(200).set_body_string("<html>Maintenance</html>"),
        ok(json!({"Nothing": "of use"})),
    ] {
        let server = Server::start().await;
        server.locations().await;
        at("POST", "crm/contacts/summary").respond_with(answer).expect(1).mount(&server.0).await;
        let error = server.psa().create(&CompanyId::new("250"), &fields(&person()), "key").await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Indeterminate, Retry::Never));
    }
}

#[tokio::test]
async fn a_create_refused_for_the_rate_is_repeated_after_the_pause() {
    let server = Server::start().await;
    server.locations().await;
    at("POST", "crm/contacts/summary")
        .respond_with(refusal(429, 429, "quota").insert_header("retry-after", "0"))
        .up_to_n_times(1)
        .expect(1)
        .mount(&server.0)
        .await;
    at("POST", "crm/contacts/summary").respond_with(ok(json!({"Id": 42}))).expect(1).mount(&server.0).await;
    present(&server).await;
    server.psa().create(&CompanyId::new("250"), &fields(&person()), "key").await.unwrap();
}

#[tokio::test]
async fn an_update_patches_only_what_differs() {
    let server = Server::start().await;
    present(&server).await;
    at("PATCH", "crm/contacts/42")
        .and(body_json(json!([
            {"op": "replace", "path": "/LastName", "value": "King"}, {"op": "replace", "path": "/IsActive", "value": false},
        ])))
        .respond_with(ok(record(42)))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[
        ("first_name", "Ada".into()),
        ("last_name", "King".into()),
        ("title", "Engineer".into()),
        ("email", "ada@example.com".into()),
        ("active", false.into()),
    ]);
    server.psa().update(&id(), &set, None).await.unwrap();
}

#[tokio::test]
async fn an_address_is_replaced_by_name_and_alternates_are_added_before_others_go() {
    let server = Server::start().await;
    let mut before = record(42);
    let old = json!({"id": 3, "emailAddress": "old@example.com", "emailTypeId": 2, "isDefault": false});
    before["emails"].as_array_mut().unwrap().push(old);
    let answer = ResponseTemplate::new(200).set_body_json(before);
    at("GET", "crm/contacts/summary/42").respond_with(answer).expect(1).mount(&server.0).await;
    at("PATCH", "crm/contacts/42/emails")
        .and(header("content-type", "application/json"))
        .and(body_json(json!([
            {"Operation": 1, "EmailAddress": "ada@example.com", "NewEmailAddress": "king@example.com", "TypeId": 1},
            {"Operation": 0, "EmailAddress": "a2@example.com", "NewEmailAddress": "a2@example.com", "TypeId": 1, "IsDefault": false},
            {"Operation": 2, "EmailAddress": "old@example.com", "TypeId": 2},
        ])))
        .respond_with(ok(json!({"Added": 1, "Updated": 1, "Deleted": 1, "Emails": [
            {"EmailAddress": "king@example.com", "EmailTypeId": 1, "IsDefault": true},
            {"EmailAddress": "a2@example.com", "EmailTypeId": 1, "IsDefault": false},
        ]})))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[
        ("email", "king@example.com".into()),
        ("alternate_emails", F::List(vec!["a2@example.com".into()])),
    ]);
    let contact = server.psa().update(&id(), &set, None).await.unwrap();
    assert_eq!(value(&contact, "alternate_emails"), Some(&F::List(vec!["a2@example.com".into()])));
}

#[tokio::test]
async fn numbers_are_written_as_phone_number_and_other_types_are_not_named() {
    let server = Server::start().await;
    present(&server).await;
    at("PATCH", "crm/contacts/42/phones")
        .and(body_json(json!([
            {"Operation": 0, "PhoneNumber": "+1 555 0122", "NewPhoneNumber": "+1 555 0122", "TypeId": 2, "IsDefault": false},
            {"Operation": 2, "PhoneNumber": "+1 555 0100", "TypeId": 1},
        ])))
        .respond_with(ok(json!({"Added": 1, "Updated": 0, "Deleted": 1, "Phones": [
            {"Phone": "+1 555 0122", "PhoneTypeId": 2, "IsDefault": false},
        ]})))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[("phone_mobile", "+1 555 0122".into()), ("phone_business", F::Empty)]);
    let contact = server.psa().update(&id(), &set, None).await.unwrap();
    assert_eq!(value(&contact, "phone_business"), Some(&F::Empty));
}

#[tokio::test]
async fn one_custom_value_is_put_alone_and_one_that_is_there_is_not() {
    let server = Server::start().await;
    present(&server).await;
    let values = json!([{"CustomFieldId": 6, "Data": "VIP", "SettingsId": 61}, {"CustomFieldId": 77, "Data": "foreign"}]);
    at("GET", "system/customFields/3/42").respond_with(ok(values)).expect(1).mount(&server.0).await;
    at("PUT", "system/customFields/data/3/42/5")
        .and(body_json(json!({"Value": "id-1"})))
        .respond_with(ok(json!({"Value": "id-1", "ModuleName": "Contacts"})))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[("custom:Office365Id", "id-1".into()), ("custom:TypeMapping", "VIP".into())]);
    let contact = server.psa().update(&id(), &set, None).await.unwrap();
    assert_eq!(value(&contact, "custom:Office365Id"), Some(&"id-1".into()));
}

#[tokio::test]
async fn nothing_is_sent_for_what_cannot_be_written() {
    let server = Server::start().await;
    let psa = server.psa();
    for (name, wanted, kind) in [
        ("department", F::from("Sales"), ErrorKind::Unsupported),
        ("custom:Nothing", "x".into(), ErrorKind::Unsupported),
        ("custom:TypeMapping", "Nobody".into(), ErrorKind::Unsupported),
        ("phone_fax", "+1".into(), ErrorKind::Unsupported),
        ("last_name", F::Empty, ErrorKind::Rejected),
        ("title", "x".repeat(101).into(), ErrorKind::Rejected),
    ] {
        let mut person = person();
        person.retain(|(known, _)| *known != name);
        person.push((name, wanted.clone()));
        let error = psa.create(&CompanyId::new("250"), &fields(&person), "key").await.unwrap_err();
        assert_eq!(error.kind(), kind, "create {name}");
        let error = psa.update(&id(), &fields(&[(name, wanted)]), None).await.unwrap_err();
        assert_eq!(error.kind(), kind, "update {name}");
        assert!(error.message().contains(name), "{error}");
    }
    let sent = server.requests().await;
    assert!(
        sent.iter().all(|request| request.contains("security") || request.starts_with("GET")),
        "{sent:?}"
    );
}

#[tokio::test]
async fn a_stale_version_stops_before_the_write() {
    let server = Server::start().await;
    present(&server).await;
    let stale = VersionTag::new("2026-01-01T00:00:00");
    let set = fields(&[("title", "Chief".into())]);
    let error = server.psa().update(&id(), &set, Some(&stale)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
}

#[tokio::test]
async fn what_was_asked_and_what_came_of_it_are_compared() {
    let server = Server::start().await;
    present(&server).await;
    // Says that it is done, and shows that it is not.
    let unchanged = json!({"Added": 0, "Updated": 1, "Deleted": 0, "Emails": record(42)["emails"]});
    at("PATCH", "crm/contacts/42/emails").respond_with(ok(unchanged)).expect(1).mount(&server.0).await;
    let set = fields(&[("email", "king@example.com".into())]);
    let error = server.psa().update(&id(), &set, None).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::UnexpectedResponse, Retry::Never));
    assert!(!error.to_string().contains('@'), "{error}");
}
