//! Reading: the calls made, when a listing has ended, and what is never sent.

use crate::common::*;
use futures::StreamExt as _;
use serde_json::{Value, json};
use sync_core::{
    ContactQuery, ErrorKind, Psa as _, PsaExt as _,
    model::{CompanyId, ContactId, FieldValue},
};
use wiremock::{
    Match, Mock, Request, ResponseTemplate,
    matchers::{header, header_exists, method, path, query_param, query_param_is_missing},
};

fn contacts(ids: std::ops::RangeInclusive<i64>) -> Value {
    Value::Array(ids.map(|id| json!({"id": id, "firstName": "A", "types": []})).collect())
}

fn next(page_id: i64) -> String {
    format!(
        "<https://elsewhere.example/apis/3.0/company/contacts?pageSize=1000&pageId={page_id}>; rel=\"next\""
    )
}

#[tokio::test]
async fn a_full_read_is_the_code_base_two_tables_and_the_pages() {
    let server = Server::start().await;
    for (after, ids, link) in
        [("0", 1..=1000, next(1000)), ("1000", 1001..=2000, next(2000)), ("2000", 2001..=2400, String::new())]
    {
        get("company/contacts")
            .and(query_param("pageId", after))
            .and(query_param("pageSize", "1000"))
            .and(header("pagination-type", "forward-only"))
            .and(query_param_is_missing("orderBy"))
            .respond_with(ok(contacts(ids)).insert_header("link", link))
            .expect(1)
            .mount(&server.0)
            .await;
    }
    let psa = server.psa();
    let (rows, ends, error) = read_all(&psa, &ContactQuery::all()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!((rows.len(), ends), (2400, 1));
    assert_eq!(server.requests().await.len(), 1 + 2 + 3);
}

#[tokio::test]
async fn a_full_last_page_costs_one_more_call_with_or_without_a_link() {
    for link in [next(1000), String::new()] {
        let server = Server::start().await;
        get("company/contacts")
            .and(query_param("pageId", "0"))
            .respond_with(ok(contacts(1..=1000)).insert_header("link", link))
            .expect(1)
            .mount(&server.0)
            .await;
        get("company/contacts")
            .and(query_param("pageId", "1000"))
            .respond_with(ok(json!([])))
            .expect(1)
            .mount(&server.0)
            .await;
        let (rows, ends, error) = read_all(&server.psa(), &ContactQuery::all()).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!((rows.len(), ends), (1000, 1));
    }
}

#[tokio::test]
async fn a_listing_that_fails_on_the_way_has_no_end() {
    let server = Server::start().await;
    get("company/contacts")
        .and(query_param("pageId", "0"))
        .respond_with(ok(contacts(1..=1000)).insert_header("link", next(1000)))
        .mount(&server.0)
        .await;
    get("company/contacts")
        .and(query_param("pageId", "1000"))
        .respond_with(ok(json!({"not": "a list"})))
        .mount(&server.0)
        .await;
    let (rows, ends, error) = read_all(&server.psa(), &ContactQuery::all()).await;
    assert_eq!((rows.len(), ends, error.unwrap().kind()), (1000, 0, ErrorKind::UnexpectedResponse));
}

#[tokio::test]
async fn a_server_that_repeats_a_page_does_not_pass_for_a_whole_read() {
    let server = Server::start().await;
    get("company/contacts")
        .respond_with(
            ok(contacts(1..=1000)).insert_header("link", "<https://x.example/?page=2>; rel=\"next\""),
        )
        .mount(&server.0)
        .await;
    let (rows, ends, error) = read_all(&server.psa(), &ContactQuery::all()).await;
    assert_eq!((rows.len(), ends, error.unwrap().kind()), (1000, 0, ErrorKind::UnexpectedResponse));
}

#[tokio::test]
async fn credentials_and_versions_go_with_every_call_but_the_open_one() {
    let server = Server::bare().await;
    struct NoKeys;
    impl Match for NoKeys {
        fn matches(&self, request: &Request) -> bool {
            !request.headers.contains_key("authorization")
        }
    }
    Mock::given(method("GET"))
        .and(path("/login/companyinfo/contoso"))
        .and(NoKeys)
        .respond_with(ok(json!({"Codebase": "v2025_1/"})))
        .expect(1)
        .mount(&server.0)
        .await;
    get("company/communicationTypes")
        .and(header("authorization", "Basic Y29udG9zbytjYW5hcnktcHVibGljOmNhbmFyeS1wcml2YXRl"))
        .and(header("clientId", "canary-client"))
        .and(header("accept", "application/vnd.connectwise.com+json; version=2025.1"))
        .and(header_exists("user-agent"))
        .respond_with(ok(communication_types()))
        .expect(1)
        .mount(&server.0)
        .await;
    get("system/userDefinedFields").respond_with(ok(json!([]))).expect(1).mount(&server.0).await;
    server.psa().capabilities().await.unwrap();
}

#[tokio::test]
async fn companies_are_asked_for_by_number_in_batches() {
    let server = Server::start().await;
    let ids: Vec<String> = (1..=100).map(|n| n.to_string()).collect();
    let first = format!("company/id in ({}) and lastUpdated > [2026-01-01T00:00:00Z]", ids.join(","));
    get("company/contacts")
        .and(query_param("conditions", first))
        .respond_with(ok(contacts(1..=2)))
        .expect(1)
        .mount(&server.0)
        .await;
    let second = "company/id in (101) and lastUpdated > [2026-01-01T00:00:00Z]";
    get("company/contacts")
        .and(query_param("conditions", second))
        .respond_with(ok(contacts(3..=3)))
        .expect(1)
        .mount(&server.0)
        .await;
    let mut query = ContactQuery::of_companies((1..=101).map(|n| CompanyId::new(n.to_string())));
    query.modified_since = Some("2026-01-01T00:10:00Z".parse().unwrap());
    let (rows, ends, error) = read_all(&server.psa(), &query).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!((rows.len(), ends), (3, 1));
}

#[tokio::test]
async fn an_id_that_is_no_number_reaches_no_condition_and_no_path() {
    let server = Server::bare().await;
    let psa = server.psa();
    for id in ["1) or (id > 0", "12\"", "", "-1", "1.5", "٣"] {
        let query = ContactQuery::of_companies([CompanyId::new(id)]);
        let (_, ends, error) = read_all(&psa, &query).await;
        assert_eq!((ends, error.unwrap().kind()), (0, ErrorKind::ConfigInvalid), "{id}");
        assert_eq!(kind(psa.contact(&ContactId::new(id)).await), ErrorKind::NotFound, "{id}");
        let set = fields(&[("first_name", "A".into())]);
        assert_eq!(kind(psa.create(&CompanyId::new(id), &set, "k").await), ErrorKind::ConfigInvalid, "{id}");
        assert_eq!(kind(psa.update(&ContactId::new(id), &set, None).await), ErrorKind::NotFound, "{id}");
    }
    assert!(server.requests().await.is_empty());
}

#[tokio::test]
async fn tables_are_fetched_once_even_by_many_at_once() {
    let server = Server::start().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(8).mount(&server.0).await;
    let psa = server.psa();
    let id = ContactId::new("42");
    let reads = futures::future::join_all((0..8).map(|_| psa.contact(&id))).await;
    assert!(reads.iter().all(Result::is_ok));
    assert_eq!(server.requests().await.len(), 1 + 2 + 8);
}

#[tokio::test]
async fn custom_fields_are_learned_from_a_contact_where_their_table_is_closed() {
    for status in [403, 404] {
        let server = Server::bare().await;
        // A path that is missing makes the code base be looked up once more.
        server.codebase(CODEBASE, if status == 404 { 2 } else { 1 }).await;
        get("company/communicationTypes")
            .respond_with(ok(communication_types()))
            .expect(1)
            .mount(&server.0)
            .await;
        get("system/userDefinedFields")
            .respond_with(ResponseTemplate::new(status))
            .expect(1)
            .mount(&server.0)
            .await;
        get("company/contacts")
            .and(query_param("fields", "id,customFields"))
            .respond_with(ok(json!([record(1)])))
            .expect(1)
            .mount(&server.0)
            .await;
        let capabilities = server.psa().capabilities().await.unwrap();
        assert!(capabilities.within(&psa_connectwise::ceiling()));
        assert_ne!(capabilities.custom_fields, sync_core::capability::CustomFields::None);
    }
}

#[tokio::test]
async fn a_changed_code_base_is_found_and_the_call_repeated_once() {
    let server = Server::bare().await;
    server.codebase("v2024_9", 1).await;
    server.codebase(CODEBASE, 1).await;
    server.tables().await;
    Mock::given(method("GET"))
        .and(path("/v2024_9/apis/3.0/company/communicationTypes"))
        .respond_with(
            ResponseTemplate::new(404)
                .set_body_json(json!({"code": "ConnectWiseApi", "message": "The endpoint does not exist."})),
        )
        .expect(1)
        .mount(&server.0)
        .await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    server.psa().contact(&ContactId::new("42")).await.unwrap();
}

#[tokio::test]
async fn a_404_on_every_path_says_what_to_check() {
    let server = Server::bare().await;
    server.codebase(CODEBASE, 2).await;
    get("company/communicationTypes")
        .respond_with(ResponseTemplate::new(404))
        .expect(1)
        .mount(&server.0)
        .await;
    let error = server.psa().capabilities().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(
        error.message().contains("company id")
            && error.message().contains("region")
            && error.message().contains("keys")
    );
}

#[tokio::test]
async fn an_unknown_company_and_a_strange_code_base_are_told() {
    let cases = [
        (Value::Null, ErrorKind::ConfigInvalid),
        (json!({"Codebase": "../../x"}), ErrorKind::UnexpectedResponse),
        (json!({}), ErrorKind::UnexpectedResponse),
    ];
    for (answer, expected) in cases {
        let server = Server::bare().await;
        Mock::given(method("GET"))
            .and(path("/login/companyinfo/contoso"))
            .respond_with(ok(answer))
            .expect(1)
            .mount(&server.0)
            .await;
        assert_eq!(kind(server.psa().capabilities().await), expected);
    }
}

#[tokio::test]
async fn a_fixed_code_base_is_not_looked_up() {
    let server = Server::bare().await;
    server.tables().await;
    get("company/contacts/42").respond_with(ok(record(42))).expect(1).mount(&server.0).await;
    let mut config = server.config();
    config.codebase = Some("/v2025_1/".into());
    config.connect().unwrap().contact(&ContactId::new("42")).await.unwrap();
}

#[tokio::test]
async fn companies_that_are_not_deleted_are_listed() {
    let server = Server::bare().await;
    server.codebase(CODEBASE, 1).await;
    let row = json!([{"id": 250, "name": "Contoso", "deletedFlag": false, "territory": {"id": 1, "name": "North"}}]);
    get("company/companies")
        .and(query_param("conditions", "deletedFlag=False"))
        .respond_with(ok(row))
        .expect(1)
        .mount(&server.0)
        .await;
    let psa = server.psa();
    let pages: Vec<_> = psa.companies().collect().await;
    assert_eq!(pages.len(), 2);
    assert!(
        matches!(&pages[0], Ok(sync_core::Page::Items(rows)) if rows[0].territory.as_deref() == Some("North"))
    );
    assert!(matches!(&pages[1], Ok(sync_core::Page::End(_))));
}

#[tokio::test]
async fn account_managers_cost_one_call_per_company_and_only_where_they_are_asked_for() {
    let server = Server::bare().await;
    server.codebase(CODEBASE, 2).await;
    let rows = json!([
        {"id": 250, "name": "Contoso", "website": "www.contoso.example"}, {"id": 251, "name": "Fabrikam", "website": " "},
        {"id": 252, "name": "Litware"},
    ]);
    get("company/companies").respond_with(ok(rows)).expect(2).mount(&server.0).await;
    let team = |id: i64, answer: ResponseTemplate| {
        get(&format!("company/companies/{id}/teams"))
            .and(query_param("conditions", "accountManagerFlag=True"))
            .respond_with(answer)
            .expect(1)
            .mount(&server.0)
    };
    let two = json!([{"id": 7, "member": {"id": 2, "name": "Alex Adams"}}, {"id": 8, "member": {"id": 3, "name": "Terry Green"}}]);
    team(250, ok(two)).await;
    team(251, ok(json!([]))).await;
    // The role may not read teams: the company is told without.
    team(252, ResponseTemplate::new(403)).await;
    let mut config = server.config();
    let plain = config.clone().connect().unwrap().all_companies().await.unwrap();
    assert!(plain.iter().all(|company| company.account_manager.is_none()));
    config.account_managers = true;
    let told = config.connect().unwrap().all_companies().await.unwrap();
    let told: Vec<_> = told.iter().map(|c| (c.website.as_deref(), c.account_manager.as_deref())).collect();
    assert_eq!(told, [(Some("www.contoso.example"), Some("Alex Adams")), (None, None), (None, None)]);
}

#[tokio::test]
async fn types_are_unknown_until_a_record_has_shown_some_and_none_from_then_on() {
    let server = Server::start().await;
    let mut silent = record(42);
    silent.as_object_mut().unwrap().remove("types");
    get("company/contacts/42").respond_with(ok(silent.clone())).expect(2).mount(&server.0).await;
    get("company/contacts").respond_with(ok(json!([silent, record(43)]))).expect(1).mount(&server.0).await;
    let psa = server.psa();
    let first = psa.contact(&ContactId::new("42")).await.unwrap();
    assert_eq!(value(&first, "contact_types"), None);
    let (rows, _, _) = read_all(&psa, &ContactQuery::all()).await;
    assert!(rows.iter().all(|row| value(row, "contact_types") == Some(&FieldValue::Empty)));
    let again = psa.contact(&ContactId::new("42")).await.unwrap();
    assert_eq!(value(&again, "contact_types"), Some(&FieldValue::Empty));
}

#[tokio::test]
async fn the_path_of_a_proxy_stands_before_everything() {
    let server = Server::bare().await;
    for (below, answer) in [
        ("login/companyinfo/contoso", json!({"Codebase": "v2025_1/"})),
        ("v2025_1/apis/3.0/company/communicationTypes", communication_types()),
        ("v2025_1/apis/3.0/system/userDefinedFields", json!([])),
    ] {
        let below = path(format!("/proxy/{below}"));
        Mock::given(method("GET")).and(below).respond_with(ok(answer)).expect(1).mount(&server.0).await;
    }
    let mut config = server.config();
    config.base_url.push_str("/proxy/v4_6_release/apis/3.0");
    config.connect().unwrap().capabilities().await.unwrap();
}
