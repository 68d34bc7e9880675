//! Notes of a company.

use reqwest::Method;
use serde_json::json;

use crate::client::{Api, send};

const NOTES: &str = "company/companies/100/notes";

#[tokio::test]
async fn notes_of_a_company_can_be_written_found_changed_and_deleted() {
    let api = Api::start().await;
    assert!(api.get(NOTES, &[]).await.is(200).ids().is_empty());
    let note = api.post(NOTES, json!({"text": "[Access] door code", "flagged": true})).await.is(201).json();
    assert_eq!((&note["type"]["name"], &note["enteredBy"]), (&json!("General"), &json!("SyncApi")));
    assert_eq!((&note["company"]["id"], &note["company"]["name"]), (&json!(100), &json!("Contoso")));
    let foreign = api.inside().add_company_note(100, "Likes tea");
    let id = note["id"].as_i64().unwrap();
    let query = [("conditions", "text contains \"access\"")];
    assert_eq!(api.get(NOTES, &query).await.is(200).ids(), [id]);
    assert_eq!(api.get(&format!("{NOTES}/count"), &[]).await.is(200).json(), json!({"count": 2}));
    assert_eq!(
        api.get(NOTES, &[("fields", "id,text")]).await.json()[1],
        json!({"id": foreign, "text": "Likes tea"})
    );

    let path = format!("{NOTES}/{id}");
    let op = json!([{"op": "replace", "path": "/text", "value": "[Access] none"}]);
    let changed = api.patch(&path, op).await.is(200).json();
    assert_eq!((&changed["text"], &changed["flagged"]), (&json!("[Access] none"), &json!(true)));
    let op = json!([{"op": "replace", "path": "company", "value": {"id": 250}}]);
    assert_eq!(api.patch(&path, op).await.is(200).json()["company"]["id"], 100);
    let put = api.write(Method::PUT, &path, &json!({"text": "whole"})).await.is(200).json();
    assert_eq!((&put["id"], &put["flagged"]), (&json!(id), &json!(false)));
    api.delete(&path).await.is(204);
    api.delete(&path).await.is(404);
    let left = api.inside().company_notes(100);
    assert_eq!(left.len(), 1);
    assert_eq!((&left[0]["id"], &left[0]["text"]), (&json!(foreign), &json!("Likes tea")));
}

#[tokio::test]
async fn a_note_that_is_empty_or_of_another_company_is_refused() {
    let api = Api::start().await;
    let id = api.inside().add_company_note(100, "Likes tea");
    api.post(NOTES, json!({"flagged": true})).await.refuses("MissingRequiredField", "text");
    api.post(NOTES, json!({"text": "x", "type": {"id": 99}})).await.refuses("InvalidReference", "type");
    let path = format!("{NOTES}/{id}");
    let op = json!([{"op": "replace", "path": "text", "value": " "}]);
    api.patch(&path, op).await.refuses("MissingRequiredField", "text");
    let op = json!([{"op": "replace", "path": "colour", "value": "red"}]);
    api.patch(&path, op).await.is(400).code("InvalidPatch");
    api.write(Method::PUT, &path, &json!({})).await.refuses("MissingRequiredField", "text");
    for path in [format!("company/companies/250/notes/{id}"), "company/companies/9/notes".to_owned()] {
        api.get(&path, &[]).await.is(404).code("NotFound");
    }
    api.post("company/companies/9/notes", json!({"text": "x"})).await.is(404).code("NotFound");
    assert_eq!(api.inside().company_notes(100)[0]["text"], "Likes tea");
}

#[tokio::test]
async fn notes_of_a_company_are_cut_without_a_word_only_where_the_test_says_so() {
    let api = Api::start().await;
    api.inside().cut_company_notes(Some(4));
    assert_eq!(api.post(NOTES, json!({"text": "four and more"})).await.is(201).json()["text"], "four");
    api.inside().cut_company_notes(None);
    assert_eq!(
        api.post(NOTES, json!({"text": "four and more"})).await.is(201).json()["text"],
        "four and more"
    );
}

#[tokio::test]
async fn notes_of_a_company_are_paged_forward_only() {
    let api = Api::start().await;
    let all: Vec<i64> = (0..7).map(|_| api.inside().add_company_note(100, "note")).collect();
    api.inside().add_company_note(250, "of another company");
    let mut seen = Vec::new();
    for expected in [3, 3, 1, 0] {
        let after = seen.last().copied().unwrap_or(0_i64).to_string();
        let request = api.signed(Method::GET, NOTES).header("pagination-type", "forward-only");
        let page = send(request.query(&[("pageSize", "3"), ("pageId", &after)])).await.is(200).ids();
        assert_eq!(page.len(), expected);
        seen.extend(page);
    }
    assert_eq!(seen, all);
}
