//! Lists: order, links, `fields`, the three filters, and what they refuse.

use reqwest::Method;
use serde_json::json;

use crate::client::{Api, send};

#[tokio::test]
async fn link_headers_lead_through_all_pages_and_keep_the_filter() {
    let api = Api::start().await;
    let query = [("conditions", "company/id=100"), ("pageSize", "20"), ("page", "1")];
    let first = api.get("company/contacts", &query).await.is(200);
    let link = first.header("link").unwrap().to_owned();
    let (next, last) = link.split_once(", ").unwrap();
    assert!(next.ends_with("page=2>; rel=\"next\"") && last.ends_with("page=2>; rel=\"last\""), "{link}");
    assert!(next.contains("conditions=company%2Fid%3D100"), "{link}");
    assert!(next.starts_with(&format!("<{}", api.sandbox.connectwise().base_url)), "{link}");
    let second = api.get("company/contacts", &[query[0], query[1], ("page", "2")]).await.is(200);
    assert!(!second.header("link").unwrap().contains("next"));
    assert_eq!(first.ids().len() + second.ids().len(), 32);
    assert!(first.ids().iter().all(|id| !second.ids().contains(id)));
    api.inside().set_link_base("https://api-na.myconnectwise.example");
    let first = api.get("company/contacts", &query).await;
    assert!(first.header("link").unwrap().starts_with("<https://api-na.myconnectwise.example/v4_6_release/"));
}

#[tokio::test]
async fn a_full_last_page_of_forward_only_paging_still_has_a_next_link() {
    let api = Api::start().await;
    let page = |page_id: &'static str| {
        let query =
            [("conditions", "company/id=100"), ("pageSize", "32"), ("pageId", page_id), ("fields", "id")];
        api.signed(Method::GET, "company/contacts").header("pagination-type", "forward-only").query(&query)
    };
    let full = send(page("0")).await.is(200);
    assert_eq!(full.ids().len(), 32);
    assert!(full.header("link").unwrap().contains("rel=\"next\""));
    let empty = send(page("999999")).await.is(200);
    assert_eq!((empty.ids().len(), empty.header("link")), (0, Some("")));
}

#[tokio::test]
async fn wrong_paging_parameters_are_refused() {
    let api = Api::start().await;
    for query in [("page", "0"), ("page", "-1"), ("pageSize", "0"), ("pageSize", "many")] {
        api.get("company/contacts", &[query]).await.is(400);
    }
}

#[tokio::test]
async fn order_by_sorts_by_several_fields() {
    let api = Api::start().await;
    let rows = api.get("company/companies", &[("orderBy", "deletedFlag desc, name")]).await.is(200);
    assert_eq!(rows.ids(), [300, 100, 101, 250]);
    let rows = api.get("company/companies", &[("orderBy", "id desc")]).await.is(200);
    assert_eq!(rows.ids(), [300, 250, 101, 100]);
    api.get("company/companies", &[("orderBy", "nonsense")]).await.is(400);
    api.get("company/companies", &[("orderBy", "id sideways")]).await.is(400);
}

#[tokio::test]
async fn fields_select_nested_parts_and_drop_info_unless_listed() {
    let api = Api::start().await;
    let query = [("fields", "id,company/id,communicationItems/value,nonsense")];
    let contact = api.get("company/contacts/502", &query).await.is(200).json();
    let expected = json!({"id": 502, "company": {"id": 250}, "communicationItems": [{"value": "fay.brandt@fabrikam.example"}]});
    assert_eq!(contact, expected);
    let query = [("fields", "id,_info/lastUpdated")];
    let contact = api.get("company/contacts/502", &query).await.is(200).json();
    assert_eq!(contact, json!({"id": 502, "_info": {"lastUpdated": "2025-10-01T08:00:00Z"}}));
    let path = "company/contacts/502/communications";
    api.get(path, &[("fields", "id,nonsense")]).await.is(400);
    api.get(path, &[("fields", "id,value")]).await.is(200);
}

#[tokio::test]
async fn last_updated_finds_what_changed_though_it_lies_in_info() {
    let api = Api::start().await;
    let query = [("conditions", "lastUpdated > [2025-10-01T08:00:00Z]")];
    assert!(api.get("company/contacts", &query).await.is(200).ids().is_empty());
    let op = json!([{"op": "replace", "path": "title", "value": "CEO"}]);
    let after = api.patch("company/contacts/501", op).await.is(200).json();
    assert_eq!(after["_info"]["updatedBy"], "SyncApi");
    assert_eq!(api.get("company/contacts", &query).await.is(200).ids(), [501]);
}

#[tokio::test]
async fn child_conditions_ask_one_element_for_everything() {
    let api = Api::start().await;
    let path = api
        .with_items(json!([
            {"type": {"id": 1}, "value": "ada@example.com"},
            {"type": {"id": 3}, "value": "555-0101"},
        ]))
        .await;
    let count = |filter: &'static str| {
        let api = &api;
        async move {
            let answer = api.get("company/contacts/count", &[("childConditions", filter)]).await.is(200);
            answer.json()["count"].as_i64().unwrap()
        }
    };
    let same = "communicationItems/value like \"ada@*\" AND communicationItems/communicationType=\"Email\"";
    let other =
        "communicationItems/value like \"ada@example.com\" AND communicationItems/communicationType=\"Fax\"";
    assert_eq!(count(same).await, 1, "{path}");
    assert_eq!(count(other).await, 0);
    for refused in ["types/id in (4)", "company/id=100", "types/id=4 and communicationItems/id=1", "types=4"]
    {
        api.get("company/contacts", &[("childConditions", refused)]).await.is(400).code("ApiFindCondition");
    }
}

#[tokio::test]
async fn custom_field_conditions_find_the_stored_id() {
    let api = Api::start().await;
    let linked = api.get(
        "company/contacts",
        &[("pageSize", "1000"), ("customFieldConditions", "caption=\"Office365Id\" AND value != null")],
    );
    let linked = linked.await.is(200).json();
    let linked = linked.as_array().unwrap();
    assert!(linked.len() > 10, "most of the 32 contacts are linked");
    let stored = crate::client::custom(&linked[0], "Office365Id")["value"].as_str().unwrap().to_owned();
    let filter = format!("caption=\"Office365Id\" AND value=\"{stored}\"");
    let found = api.get("company/contacts", &[("customFieldConditions", filter.as_str())]).await.is(200);
    assert_eq!(found.ids(), [linked[0]["id"].as_i64().unwrap()]);
    let answer = api.get("company/contacts", &[("customFieldConditions", "nonsense=1")]).await;
    answer.is(400).code("ApiFindCondition");
}

#[tokio::test]
async fn an_address_beyond_10000_bytes_is_refused_in_html() {
    let api = Api::start().await;
    let ids = (1..2500).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    let filter = format!("id in ({ids})");
    let answer = api.get("company/contacts", &[("conditions", filter.as_str())]).await.is(414);
    assert!(answer.text.starts_with("<html>"));
    let answer = api.get("company/contacts", &[("conditions", "id in (501,502,77)")]).await.is(200);
    assert_eq!(answer.ids(), [501, 502]);
}

#[tokio::test]
async fn a_quote_cannot_be_escaped_and_a_plus_means_a_space() {
    let api = Api::start().await;
    let answer = api.get("company/contacts", &[("conditions", "lastName=\"O\"Hara\"")]).await;
    answer.is(400).code("ApiFindCondition");
    let raw = "company/companies?conditions=name=%22Contoso+West%22";
    assert_eq!(api.get(raw, &[]).await.is(200).ids(), [101]);
}

#[tokio::test]
async fn unknown_paths_methods_and_ids_are_told_apart() {
    let api = Api::start().await;
    api.get("company/nonsense", &[]).await.is(404).code("ConnectWiseApi");
    api.get("company/contacts/abc", &[]).await.is(404).code("ConnectWiseApi");
    api.get("company/contacts/999999", &[]).await.is(404).code("NotFound");
    api.delete("company/contacts").await.is(405);
    api.get("company/contacts/501/image", &[]).await.is(404).code("NotFound");
    assert_eq!(api.get("company/contacts", &[]).await.header("api-current-version"), Some("2025.1"));
}
