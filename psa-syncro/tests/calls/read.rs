//! Reading: which pages are asked for, and which answers are no listing.

use crate::common::*;
use serde_json::json;
use sync_core::{ContactQuery, ErrorKind, Psa as _, model::ContactId};
use wiremock::{
    ResponseTemplate,
    matchers::{query_param, query_param_is_missing},
};

#[tokio::test]
async fn pages_are_asked_for_by_number_until_the_vendors_own_last_one() {
    let server = Server::start().await;
    for (number, ids) in [(1, &[1, 2][..]), (2, &[3, 4]), (3, &[5])] {
        get("/contacts")
            .and(query_param("customer_id", "250"))
            .and(query_param("page", number.to_string()))
            .and(query_param_is_missing("per_page"))
            .respond_with(page(ids, number, 3, 5))
            .expect(1)
            .mount(&server.0)
            .await;
    }
    let (rows, ends, error) = read_all(&server.psa(), &of_company()).await;
    assert_eq!((rows.len(), ends), (5, 1), "{error:?}");
}

#[tokio::test]
async fn all_contacts_are_asked_for_without_a_customer() {
    let server = Server::start().await;
    get("/contacts")
        .and(query_param_is_missing("customer_id"))
        .respond_with(page(&[1], 1, 1, 1))
        .expect(1)
        .mount(&server.0)
        .await;
    assert_eq!(read_all(&server.psa(), &ContactQuery::all()).await.1, 1);
}

#[tokio::test]
async fn a_listing_without_a_count_ends_with_its_empty_page_and_never_runs_in_a_circle() {
    let server = Server::start().await;
    let rows = |ids: &[i64]| ok(json!({"contacts": ids.iter().map(|id| record(*id)).collect::<Vec<_>>()}));
    for (number, ids) in [("1", &[1, 2][..]), ("2", &[3]), ("3", &[])] {
        get("/contacts")
            .and(query_param("page", number))
            .respond_with(rows(ids))
            .expect(1)
            .mount(&server.0)
            .await;
    }
    assert_eq!(read_all(&server.psa(), &of_company()).await.0.len(), 3);

    let server = Server::start().await;
    get("/contacts").respond_with(rows(&[1, 2])).expect(2).mount(&server.0).await;
    let (_, ends, error) = read_all(&server.psa(), &of_company()).await;
    assert_eq!((ends, error.unwrap().kind()), (0, ErrorKind::UnexpectedResponse));
}

#[tokio::test]
async fn an_empty_listing_is_one_call_more_to_see_whether_the_company_exists() {
    let server = Server::start().await;
    get("/contacts").respond_with(page(&[], 1, 0, 0)).expect(1).mount(&server.0).await;
    get("/customers/250").respond_with(ok(json!({"customer": {"id": 250}}))).expect(1).mount(&server.0).await;
    let (rows, ends, _) = read_all(&server.psa(), &of_company()).await;
    assert_eq!((rows.len(), ends), (0, 1));
}

#[tokio::test]
async fn an_answer_of_200_that_is_no_record_is_never_a_contact() {
    let denied =
        json!({"error": "Not authorized. Please ask account admin to update your group permissions."});
    for (answer, expected) in [
        (ok(json!({"error": "canary"})), ErrorKind::Rejected),
        (ok(denied), ErrorKind::PermissionDenied),
        (ok(json!({"success": false, "message": ["canary"]})), ErrorKind::Rejected),
        (ok(json!(null)), ErrorKind::NotFound),
        (ok(json!({})), ErrorKind::UnexpectedResponse),
        (ok(json!({"contact": record(42)})), ErrorKind::UnexpectedResponse),
        (ResponseTemplate::new(200).set_body_string("Disabled"), ErrorKind::UnexpectedResponse),
        (ResponseTemplate::new(200).set_body_string("<html>canary</html>"), ErrorKind::UnexpectedResponse),
    ] {
        let server = Server::start().await;
        get("/contacts/42").respond_with(answer).expect(1).mount(&server.0).await;
        let error = server.psa().contact(&ContactId::new("42")).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_page_with_an_error_inside_gives_no_end() {
    let server = Server::start().await;
    get("/contacts")
        .and(query_param("page", "1"))
        .respond_with(page(&[1, 2], 1, 2, 3))
        .expect(1)
        .mount(&server.0)
        .await;
    get("/contacts")
        .and(query_param("page", "2"))
        .respond_with(ok(json!({"error": "something"})))
        .expect(1)
        .mount(&server.0)
        .await;
    let (rows, ends, error) = read_all(&server.psa(), &of_company()).await;
    assert_eq!((rows.len(), ends, error.unwrap().kind()), (2, 0, ErrorKind::Rejected));
}
