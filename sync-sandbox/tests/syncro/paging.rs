//! Pages by number.

use crate::client::Api;
use serde_json::json;
use std::collections::BTreeSet;
use sync_sandbox::Options;

#[tokio::test]
async fn the_page_size_is_the_vendors_own_and_the_page_after_the_last_is_empty() {
    let api = Api::with(Options::sized(150, 120)).await;
    let mut ids = BTreeSet::new();
    for (page, rows) in [(1, 50), (2, 50), (3, 20), (4, 0), (99, 0)] {
        let answer =
            api.get(&format!("/contacts?customer_id=100&page={page}&per_page=7")).await.is(200).json();
        let expected = json!({"total_pages": 3, "total_entries": 120, "per_page": 50, "page": page});
        assert_eq!(answer["meta"], expected);
        let found = answer["contacts"].as_array().unwrap();
        assert_eq!(found.len(), rows, "page {page}");
        ids.extend(found.iter().map(|row| row["id"].as_i64().unwrap()));
    }
    assert_eq!(ids.len(), 120);
    assert_eq!(api.get("/customers").await.json()["meta"]["per_page"], 100);
}

#[tokio::test]
async fn what_is_no_page_is_the_first_and_what_is_no_filter_is_ignored() {
    let api = Api::start().await;
    let whole = api.get("/contacts?customer_id=100").await.json();
    for query in
        ["page=0", "page=-1", "page=x", "page=", "query=Nobody", "sort=name", "since_updated=2030-01-01"]
    {
        assert_eq!(api.get(&format!("/contacts?customer_id=100&{query}")).await.json(), whole, "{query}");
    }
}

#[tokio::test]
async fn a_customer_that_does_not_exist_has_an_empty_list_like_one_without_contacts() {
    let api = Api::start().await;
    for customer in [300, 999_999] {
        let answer = api.get(&format!("/contacts?customer_id={customer}")).await.is(200).json();
        assert_eq!(
            (&answer["contacts"], &answer["meta"]["total_entries"]),
            (&json!([]), &json!(0)),
            "{customer}"
        );
    }
}

#[tokio::test]
async fn a_contact_deleted_between_two_pages_shifts_the_rest_and_the_count_tells() {
    let api = Api::with(Options::sized(150, 120)).await;
    let first = api.get("/contacts?customer_id=100&page=1").await.json();
    let gone = first["contacts"][3]["id"].as_i64().unwrap();
    assert!(api.inside().delete_contact(gone));
    let second = api.get("/contacts?customer_id=100&page=2").await.json();
    assert_eq!(second["meta"]["total_entries"], 119);
    let third = api.get("/contacts?customer_id=100&page=3").await.json();
    let ids = |rows: &serde_json::Value| -> BTreeSet<i64> {
        rows.as_array()
            .unwrap()
            .iter()
            .filter(|c| c["customer_id"] == 100)
            .map(|c| c["id"].as_i64().unwrap())
            .collect()
    };
    let seen: BTreeSet<i64> = [first, second, third].iter().flat_map(|page| ids(&page["contacts"])).collect();
    let there = ids(&api.inside().contacts().into());
    assert_eq!(there.difference(&seen).count(), 1, "one contact slipped through");
}

#[tokio::test]
async fn faults_of_pages_know_how_this_vendor_counts() {
    let api = Api::with(Options::sized(150, 120)).await;
    api.sandbox.inject("syncro:early-end[GET /contacts]".parse().unwrap());
    let cut = api.get("/contacts?customer_id=100&page=1").await.json();
    assert_eq!(
        (cut["meta"]["total_pages"].as_i64(), cut["meta"]["total_entries"].as_i64()),
        (Some(1), Some(120))
    );
    api.sandbox.inject("syncro:repeat-page[GET /contacts]".parse().unwrap());
    let again = api.get("/contacts?customer_id=100&page=2").await.json();
    assert_eq!(again["contacts"], cut["contacts"]);
    api.sandbox.inject("syncro:empty-page[GET /contacts]".parse().unwrap());
    assert_eq!(api.get("/contacts?customer_id=100&page=2").await.json()["contacts"], json!([]));
}
