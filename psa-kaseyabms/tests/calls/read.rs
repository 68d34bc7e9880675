//! Reading: the exact queries, both spellings, and what ends a list.

use crate::common::*;
use serde_json::{Value, json};
use sync_core::{
    ContactQuery, ErrorKind, Psa as _,
    model::{CompanyId, ContactId, FieldValue as F},
};
use wiremock::{ResponseTemplate, matchers::query_param};

fn query() -> ContactQuery {
    ContactQuery::of_companies([CompanyId::new("250")])
}

fn many(from: i64, to: i64) -> Vec<Value> {
    (from..=to).map(record).collect()
}

#[tokio::test]
async fn active_and_inactive_contacts_are_two_lists_of_numbered_pages() {
    let server = Server::start().await;
    page(true, 1).respond_with(rows(&many(1, 100), 130)).expect(1).mount(&server.0).await;
    page(true, 2).respond_with(rows(&many(101, 130), 130)).expect(1).mount(&server.0).await;
    page(false, 1).respond_with(rows(&[], 0)).expect(1).mount(&server.0).await;
    let (contacts, ends, error) = read_all(&server.psa(), &query()).await;
    assert_eq!((contacts.len(), ends, error.is_none()), (130, 1, true));
}

#[tokio::test]
async fn a_full_last_page_ends_the_list_by_its_total_without_an_empty_one() {
    let server = Server::start().await;
    page(true, 1).respond_with(rows(&many(1, 100), 100)).expect(1).mount(&server.0).await;
    page(false, 1).respond_with(rows(&[], 0)).expect(1).mount(&server.0).await;
    assert_eq!(read_all(&server.psa(), &query()).await.0.len(), 100);
}

#[tokio::test]
async fn a_server_with_shorter_pages_is_read_to_its_total() {
    let server = Server::start().await;
    for (number, from) in [(1, 1), (2, 51), (3, 101)] {
        page(true, number)
            .respond_with(rows(&many(from, (from + 49).min(120)), 120))
            .expect(1)
            .mount(&server.0)
            .await;
    }
    page(false, 1).respond_with(rows(&[], 0)).expect(1).mount(&server.0).await;
    assert_eq!(read_all(&server.psa(), &query()).await.0.len(), 120);
}

#[tokio::test]
async fn a_list_without_a_total_ends_with_a_short_page() {
    let server = Server::start().await;
    let untold = |rows: Vec<Value>| ok(Value::Array(rows));
    page(true, 1).respond_with(untold(many(1, 100))).expect(1).mount(&server.0).await;
    page(true, 2).respond_with(untold(vec![])).expect(1).mount(&server.0).await;
    page(false, 1).respond_with(untold(many(201, 203))).expect(1).mount(&server.0).await;
    let (contacts, ends, _) = read_all(&server.psa(), &query()).await;
    assert_eq!((contacts.len(), ends), (103, 1));
}

#[tokio::test]
async fn a_list_that_changes_while_it_is_read_is_read_again_and_not_taken_for_whole() {
    let server = Server::start().await;
    // The total moved between the pages: one contact may have slipped from one to the other.
    page(true, 1).respond_with(rows(&many(1, 100), 150)).expect(3).mount(&server.0).await;
    page(true, 2).respond_with(rows(&many(101, 149), 149)).expect(3).mount(&server.0).await;
    let (contacts, ends, error) = read_all(&server.psa(), &query()).await;
    assert_eq!((contacts.len(), ends), (0, 0));
    assert_eq!(error.unwrap().kind(), ErrorKind::UnexpectedResponse);
}

#[tokio::test]
async fn custom_values_are_asked_for_contact_by_contact_where_the_query_names_one() {
    let server = Server::start().await;
    page(true, 1).respond_with(rows(&many(41, 42), 2)).expect(1).mount(&server.0).await;
    page(false, 1).respond_with(rows(&[], 0)).expect(1).mount(&server.0).await;
    for id in [41, 42] {
        let value = json!([{"Id": 1, "Name": "Office365Id", "Data": format!("id-{id}"), "SettingsId": 0, "CustomFieldId": 5}]);
        at("GET", &format!("system/customFields/3/{id}"))
            .respond_with(ok(value))
            .expect(1)
            .mount(&server.0)
            .await;
    }
    let mut query = query();
    query.custom_fields.insert("Office365Id".to_owned());
    let (contacts, ..) = read_all(&server.psa(), &query).await;
    let ids: Vec<_> = contacts.iter().map(|c| value(c, "custom:Office365Id").cloned()).collect();
    assert_eq!(ids, [Some(F::from("id-41")), Some("id-42".into())]);
    assert_eq!(value(&contacts[0], "custom:TypeMapping"), Some(&F::Empty));
}

#[tokio::test]
async fn a_record_is_read_bare_or_in_an_envelope_in_either_spelling() {
    let printed = json!({
        "Id": 42, "AccountId": 250, "FirstName": "Ada", "LastName": "Byron", "JobTitle": "Engineer", "IsPoc": true,
        "IsActive": true, "Emails": [{"EmailAddress": "ada@example.com", "EmailTypeId": 1, "IsDefault": true}], "Phones": [],
    });
    for body in [
        printed.clone(),
        record(42),
        json!({"Success": true, "Error": null, "Result": printed}),
        json!({"success": true, "result": record(42)}),
        json!({"result": record(42)}),
    ] {
        let server = Server::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(body);
        at("GET", "crm/contacts/summary/42").respond_with(answer).expect(1).mount(&server.0).await;
        at("GET", "system/customFields/3/42").respond_with(ok(Value::Null)).expect(1).mount(&server.0).await;
        let contact = server.psa().contact(&ContactId::new("42")).await.unwrap();
        assert_eq!(
            (value(&contact, "title"), value(&contact, "email")),
            (Some(&"Engineer".into()), Some(&"ada@example.com".into()))
        );
    }
}

#[tokio::test]
async fn types_are_learned_from_one_page_of_contacts() {
    let server = Server::start().await;
    at("GET", "crm/contacts/summary")
        .and(query_param("Filter.IsActive", "true"))
        .and(query_param("PageSize", "100"))
        .and(query_param("PageNumber", "1"))
        .respond_with(rows(&many(1, 3), 3))
        .expect(1)
        .mount(&server.0)
        .await;
    let mut config = server.config();
    config.phone_type = None;
    let psa = config.connect().unwrap();
    for _ in 0..2 {
        psa.capabilities().await.unwrap();
    }
}

#[tokio::test]
async fn what_cannot_be_an_id_of_bms_is_not_asked_for() {
    let server = Server::bare().await;
    for id in ["", "abc", "12345678901", "1/2", "-1"] {
        let error = server.psa().contact(&ContactId::new(id)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{id}");
    }
}
