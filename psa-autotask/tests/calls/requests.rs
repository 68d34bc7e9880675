//! Requests, letter for letter.

use crate::common::*;
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use sync_core::{
    ContactQuery, ErrorKind, Page, Psa as _, Retry,
    model::{CompanyId, ContactId, FieldValue as F, VersionTag},
};
use wiremock::{ResponseTemplate, matchers::body_json};

#[tokio::test]
async fn contacts_are_asked_for_by_company_along_the_ids_and_counted() {
    let server = Server::start().await;
    let of = json!({"op": "in", "field": "companyID", "value": [250, 251]});
    let rows: Vec<Value> = (1..=500).map(|id| json!({"id": id, "companyID": 250})).collect();
    let from = |bound: Value| json!({"filter": [of.clone(), bound], "MaxRecords": 500});
    at("POST", "Contacts/query")
        .and(body_json(from(json!({"op": "gte", "field": "id", "value": 0}))))
        .respond_with(ok(json!({"items": rows, "pageDetails": {"count": 500, "nextPageUrl": null}})))
        .expect(1)
        .mount(&server.0)
        .await;
    // A link that leads elsewhere is not followed; that there is one says that there is more.
    let link = "https://elsewhere.example/ATServicesRest/V1.0/Contacts/query/next?paging=x";
    at("POST", "Contacts/query")
        .and(body_json(from(json!({"op": "gt", "field": "id", "value": 500}))))
        .respond_with(ok(json!({"items": [{"id": 600}], "pageDetails": {"count": 1, "nextPageUrl": link}})))
        .expect(1)
        .mount(&server.0)
        .await;
    at("POST", "Contacts/query")
        .and(body_json(from(json!({"op": "gt", "field": "id", "value": 600}))))
        .respond_with(ok(json!({"items": [{"id": 700}], "pageDetails": {"count": 1, "nextPageUrl": null}})))
        .expect(1)
        .mount(&server.0)
        .await;
    at("POST", "Contacts/query/count")
        .and(body_json(json!({"filter": [of, {"op": "gte", "field": "id", "value": 0}]})))
        .respond_with(ok(json!({"queryCount": 502})))
        .expect(1)
        .mount(&server.0)
        .await;
    let psa = server.psa();
    let query = ContactQuery::of_companies(["251", "250"].map(CompanyId::new));
    let (mut rows, mut count) = (0, None);
    let mut pages = psa.contacts(&query);
    while let Some(page) = pages.next().await {
        match page.unwrap() {
            Page::Items(items) => rows += items.len(),
            Page::End(end) => count = end.reported_count,
            _ => panic!("a page of an unknown kind"),
        }
    }
    assert_eq!((rows, count), (502, Some(502)));
}

#[tokio::test]
async fn a_company_id_that_is_no_number_is_never_sent() {
    let server = Server::bare().await;
    let psa = server.psa();
    for id in ["contoso", "1 or 1", "-1", ""] {
        let query = ContactQuery::of_companies([CompanyId::new(id)]);
        let error = psa.contacts(&query).next().await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{id}");
    }
    assert!(server.requests().await.is_empty());
}

#[tokio::test]
async fn a_contact_is_created_by_one_call_below_its_company() {
    let server = Server::start().await;
    at("POST", "Companies/250/Contacts")
        .and(body_json(json!({
            "firstName": "Ada", "lastName": "Byron", "isActive": 1, "phone": "+1 206 555 0100", "extension": "12",
            "emailAddress2": "ada@home.example", "countryID": 237,
            "userDefinedFields": [{"name": "Office365Id", "value": "id-1"}],
        })))
        .respond_with(ok(json!({"itemId": 29_683_589})))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[
        ("first_name", "Ada".into()),
        ("last_name", "Byron".into()),
        ("phone_business", "+1 206 555 0100 x12".into()),
        ("alternate_emails", F::List(vec!["ada@home.example".into()])),
        ("address_country", "US".into()),
        ("custom:Office365Id", "id-1".into()),
        ("title", F::Empty),
    ]);
    let contact = server.psa().create(&CompanyId::new("250"), &set, "key").await.unwrap();
    assert_eq!(
        (contact.id.as_str(), contact.company.as_ref().map(CompanyId::as_str)),
        ("29683589", Some("250"))
    );
    assert_eq!(contact.fields.get(&"address_country".parse().unwrap()), Some(&"United States".into()));
    assert_eq!((contact.active(), contact.version), (Some(true), None));
    // The zone, the threshold, three tables, the create.
    assert_eq!(server.requests().await.len(), 6);
}

#[tokio::test]
async fn an_update_is_one_read_and_one_patch_with_the_id_in_its_body() {
    let server = Server::start().await;
    at("GET", "Contacts/42").respond_with(ok(json!({ "item": record() }))).expect(1).mount(&server.0).await;
    at("PATCH", "Companies/250/Contacts")
        .and(body_json(json!({
            "id": 42, "title": "Director", "emailAddress2": "", "isActive": 0,
            "userDefinedFields": [{"name": "Office365Id", "value": "id-1"}],
        })))
        .respond_with(ok(json!({"itemId": 42})))
        .expect(1)
        .mount(&server.0)
        .await;
    let set = fields(&[
        ("title", "Director".into()),
        ("last_name", "Byron".into()),
        ("alternate_emails", F::List(vec![])),
        ("active", false.into()),
        ("custom:Office365Id", "id-1".into()),
    ]);
    let expect = VersionTag::new("2026-01-02T03:04:05.678Z");
    let contact = server.psa().update(&ContactId::new("42"), &set, Some(&expect)).await.unwrap();
    assert_eq!((contact.active(), contact.version), (Some(false), None));
    assert_eq!(contact.fields.get(&"email".parse().unwrap()), Some(&"ada@contoso.example".into()));
}

#[tokio::test]
async fn a_contact_that_moved_on_is_not_patched() {
    let server = Server::start().await;
    at("GET", "Contacts/42").respond_with(ok(json!({ "item": record() }))).expect(1).mount(&server.0).await;
    let expect = VersionTag::new("2026-01-01T00:00:00Z");
    let set = fields(&[("title", "Director".into())]);
    let error = server.psa().update(&ContactId::new("42"), &set, Some(&expect)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PreconditionFailed);
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_before_anything_is_asked() {
    let server = Server::start().await;
    let psa = server.psa();
    for (field, value) in [
        ("department", "Sales".into()),
        ("custom:office365id", "x".into()),
        ("alternate_emails", F::List(["a@x.example", "b@x.example", "c@x.example"].map(String::from).into())),
        ("title", "x".repeat(51).into()),
    ] {
        let set = fields(&[("first_name", "A".into()), ("last_name", "B".into()), (field, value)]);
        for error in [
            psa.update(&ContactId::new("42"), &set, None).await.unwrap_err(),
            psa.create(&CompanyId::new("250"), &set, "key").await.unwrap_err(),
        ] {
            assert!(matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Rejected), "{field}: {error}");
            assert!(error.message().ends_with("nothing was sent"), "{error}");
        }
    }
    let requests = server.requests().await;
    assert!(requests.iter().all(|r| !r.contains("/42") && !r.contains("Companies")), "{requests:?}");
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_repeated() {
    for answer in [
        refusal(
            500,
            "An unexpected error has occurred. If the problem persists, please contact Autotask Support",
        ),
        ResponseTemplate::new(500),
        ResponseTemplate::new(502).set_body_string("<html>Bad gateway</html>"),
        ResponseTemplate::new(503).insert_header("retry-after", "1"),
        ok(json!({"errors": ["something went wrong"]})),
        ok(json!({"itemId": null})),
        ResponseTemplate::new(200).set_body_string("{\"itemId\": 4"),
        ResponseTemplate::new(200).set_body_string("<html>maintenance</html>"),
    ] {
        let server = Server::start().await;
        at("POST", "Companies/250/Contacts").respond_with(answer).expect(1).mount(&server.0).await;
        let set = fields(&[("first_name", "Ada".into()), ("last_name", "Byron".into())]);
        let error = server.psa().create(&CompanyId::new("250"), &set, "key").await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Indeterminate, Retry::Never), "{error}");
    }
}

#[tokio::test]
async fn a_create_refused_for_the_rate_is_repeated_after_the_pause() {
    for answer in [
        ResponseTemplate::new(429).insert_header("retry-after", "0"),
        refusal(500, "Thread Threshold Exceeded for this integration. Itgenatr005"),
    ] {
        let server = Server::start().await;
        at("POST", "Companies/250/Contacts")
            .respond_with(answer)
            .up_to_n_times(1)
            .expect(1)
            .mount(&server.0)
            .await;
        at("POST", "Companies/250/Contacts")
            .respond_with(ok(json!({"itemId": 7})))
            .expect(1)
            .mount(&server.0)
            .await;
        let set = fields(&[("first_name", "Ada".into()), ("last_name", "Byron".into())]);
        server.psa().create(&CompanyId::new("250"), &set, "key").await.unwrap();
    }
}

#[tokio::test]
async fn user_defined_fields_of_a_company_go_to_its_root() {
    let server = Server::start().await;
    let company = json!({"id": 250, "companyName": "Contoso", "isActive": true, "ownerResourceID": 5, "territoryID": 7});
    at("GET", "Companies/250").respond_with(ok(json!({ "item": company }))).expect(1).mount(&server.0).await;
    let udfs = json!({"fields": [{"name": "Tenant365Id", "type": "string", "length": 100}]});
    at("GET", "Companies/entityInformation/userDefinedFields")
        .respond_with(ok(udfs))
        .expect(1)
        .mount(&server.0)
        .await;
    let territory =
        json!({"name": "territoryID", "picklistValues": [{"value": "7", "label": "West", "isActive": true}]});
    at("GET", "Companies/entityInformation/fields")
        .respond_with(ok(json!({"fields": [territory]})))
        .expect(1)
        .mount(&server.0)
        .await;
    let resources =
        json!({"items": [{"id": 5, "firstName": "Terry", "lastName": "Green"}], "pageDetails": null});
    at("POST", "Resources/query").respond_with(ok(resources)).expect(1).mount(&server.0).await;
    at("PATCH", "Companies")
        .and(body_json(json!({"id": 250, "userDefinedFields": [{"name": "Tenant365Id", "value": "t-1"}]})))
        .respond_with(ok(json!({"itemId": 250})))
        .expect(1)
        .mount(&server.0)
        .await;
    let values = BTreeMap::from([("Tenant365Id".to_owned(), F::from("t-1"))]);
    let company = server.psa().update_company(&CompanyId::new("250"), &values).await.unwrap();
    assert_eq!(
        (company.territory.as_deref(), company.account_manager.as_deref()),
        (Some("West"), Some("Terry Green"))
    );
    assert_eq!(company.custom_fields.get("Tenant365Id"), Some(&"t-1".into()));
}

#[tokio::test]
async fn contacts_can_be_written_as_a_resource() {
    let server = Server::start().await;
    at("POST", "Companies/250/Contacts")
        .and(wiremock::matchers::header("ImpersonationResourceId", "29682885"))
        .respond_with(ok(json!({"itemId": 7})))
        .expect(1)
        .mount(&server.0)
        .await;
    let mut config = server.config();
    config.impersonate_resource_id = Some(29_682_885);
    let set = fields(&[("first_name", "Ada".into()), ("last_name", "Byron".into())]);
    config.connect().unwrap().create(&CompanyId::new("250"), &set, "key").await.unwrap();
}
