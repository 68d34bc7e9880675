//! Pages, links, counts and the ends of page tokens.

use std::collections::BTreeSet;
use std::time::Duration;

use sync_sandbox::{Options, Vendor};

use crate::client::{Api, column, rows};

#[tokio::test]
async fn three_pages_hold_everybody_once() {
    let api = Api::of(Options::sized(2500, 2400)).await;
    let pages = api.pages("users?$select=id,displayName&$top=999&$count=true").await;
    assert_eq!(pages.iter().map(|page| rows(page).len()).collect::<Vec<_>>(), [999, 999, 502]);
    let ids: BTreeSet<_> = pages.iter().flat_map(|page| column(rows(page), "id")).collect();
    assert_eq!(ids.len(), 2500);
    assert_eq!(api.sandbox.calls().count(Vendor::Graph, "GET", "/v1.0/users"), 3);
    let next = pages[0]["@odata.nextLink"].as_str().unwrap();
    assert!(next.starts_with(&format!("{}/v1.0/users?", api.sandbox.graph().base_url)), "{next}");
    assert!(next.contains("$select=id,displayName&$top=999"), "{next}");
}

#[tokio::test]
async fn a_page_is_100_rows_unless_told_and_999_at_most() {
    let api = Api::of(Options::sized(130, 0)).await;
    assert_eq!(api.get("users").await.is(200).rows().len(), 100);
    assert_eq!(api.get("users?$top=7").await.is(200).rows().len(), 7);
    for top in ["0", "1000", "many"] {
        api.get(&format!("users?$top={top}")).await.is(400).code();
    }
    assert!(api.get("users?$top=1000").await.message().starts_with("Invalid page size specified"));
    api.get("users?$top=501&$select=id,signInActivity").await.is(400);
    let exact = api.pages("users?$top=65").await;
    assert_eq!(exact.len(), 2, "a full last page has no next link");
}

#[tokio::test]
async fn a_count_needs_the_header_and_comes_on_the_first_page_only() {
    let api = Api::start().await;
    assert!(api.get("users?$count=true&$top=30").await.is(200).body.get("@odata.count").is_none());
    let first = api.get_eventual("users?$count=true&$top=30").await.is(200);
    assert_eq!(first.body["@odata.count"], 40);
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    let second = api.get_eventual(next).await.is(200);
    assert!(second.body.get("@odata.count").is_none());
    assert_eq!(second.rows().len(), 10);
    assert_eq!(api.get("users/$count").await.is(400).message(), "$count is not currently supported.");
    assert_eq!(api.get_eventual("users/$count").await.is(200).body, 40);
}

#[tokio::test]
async fn headers_are_not_carried_by_the_next_link() {
    let api = Api::of(Options::sized(130, 0)).await;
    let path = "users?$count=true&$top=20&$filter=endsWith(userPrincipalName,'contoso.example')";
    let first = api.get_eventual(path).await.is(200);
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    assert_eq!(api.get(next).await.is(400).code(), "Request_UnsupportedQuery");
    api.get_eventual(next).await.is(200);
}

#[tokio::test]
async fn page_tokens_expire() {
    let api = Api::of(Options::sized(130, 0)).await;
    let first = api.get("users?$top=20").await;
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    api.get(next).await.is(200);
    api.sandbox.advance_clock(Duration::from_secs(601));
    assert_eq!(api.get(next).await.is(400).code(), "Directory_ExpiredPageToken");
    assert_eq!(api.get("users?$skiptoken=abc").await.is(400).code(), "DirectoryPageTokenNotFoundException");
}

#[tokio::test]
async fn page_token_faults_strike_the_second_page() {
    let api = Api::of(Options::sized(130, 0)).await;
    api.sandbox.inject("graph:expired-page-token".parse().unwrap());
    api.sandbox.inject("graph:lost-page-token@2".parse().unwrap());
    let next = api.get("users?$top=20").await.body["@odata.nextLink"].as_str().unwrap().to_owned();
    assert_eq!(api.get(&next).await.is(400).code(), "Directory_ExpiredPageToken");
    assert_eq!(api.get(&next).await.is(400).code(), "DirectoryPageTokenNotFoundException");
    api.get(&next).await.is(200);
    assert_eq!(api.sandbox.faults_struck(), 2);
}

#[tokio::test]
async fn a_licence_filter_loses_its_page_tokens_unless_the_query_is_advanced() {
    let api = Api::of(Options::sized(130, 0)).await;
    let path = "users?$top=5&$filter=assignedLicenses/any(x:x/skuId eq 05e9a617-0261-4cee-bb44-138d3ef5d965)";
    let first = api.get(path).await.is(200);
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    assert_eq!(api.get(next).await.is(400).code(), "Directory_ExpiredPageToken");
    let first = api.get_eventual(&format!("{path}&$count=true")).await.is(200);
    api.get_eventual(first.body["@odata.nextLink"].as_str().unwrap()).await.is(200);
}

#[tokio::test]
async fn an_ordered_listing_pages_in_its_order() {
    let api = Api::of(Options::sized(50, 0)).await;
    let pages = api.pages("users?$top=20&$orderby=displayName desc&$select=displayName,id").await;
    let names: Vec<String> =
        pages.iter().flat_map(|page| column(rows(page), "displayName")).map(str::to_lowercase).collect();
    assert_eq!(names.len(), 50);
    assert!(names.is_sorted_by(|one, other| one >= other));
}

#[tokio::test]
async fn an_empty_page_with_a_next_link_is_not_the_end() {
    let api = Api::of(Options::sized(50, 0)).await;
    for path in ["users?$top=20&$select=id", "users?$top=20&$select=id&$orderby=displayName"] {
        api.sandbox.inject("graph:hollow-page*2".parse().unwrap());
        let pages = api.pages(path).await;
        assert_eq!(pages.iter().map(|page| rows(page).len()).collect::<Vec<_>>(), [0, 0, 20, 20, 10]);
        let ids: BTreeSet<_> = pages.iter().flat_map(|page| column(rows(page), "id")).collect();
        assert_eq!(ids.len(), 50);
    }
}
