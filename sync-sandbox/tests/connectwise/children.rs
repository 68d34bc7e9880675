//! Communications, type associations and notes of a contact.

use serde_json::json;

use crate::client::{Api, items};

#[tokio::test]
async fn communications_are_addressed_by_their_ids() {
    let api = Api::start().await;
    let path =
        api.with_items(json!([{"type": {"id": 1}, "value": "a@example.com", "defaultFlag": true}])).await;
    let children = format!("{path}/communications");
    let body = json!({"type": {"id": 1}, "value": "b@example.com", "defaultFlag": true, "communicationType": "Email"});
    let added = api.post(&children, body).await.is(201).json();
    let expected = [("a@example.com".to_owned(), false), ("b@example.com".to_owned(), true)];
    assert_eq!(items(&api.get(&path, &[]).await.json()), expected);
    let item = format!("{children}/{}", added["id"]);
    let op = json!([{"op": "replace", "path": "value", "value": "c@example.com"}]);
    assert_eq!(api.patch(&item, op).await.is(200).json()["value"], "c@example.com");
    assert_eq!(api.get(&item, &[]).await.is(200).json()["domain"], "@example.com");
    assert_eq!(api.get(&children, &[("conditions", "value contains \"c@\"")]).await.is(200).ids().len(), 1);
    api.delete(&item).await.is(204);
    let expected = [("a@example.com".to_owned(), false)];
    assert_eq!(items(&api.get(&path, &[]).await.json()), expected, "no default is left");
    api.delete(&item).await.is(404).code("NotFound");
    api.post(&children, json!({"type": {"id": 1}})).await.refuses("MissingRequiredField", "value");
    api.post(&children, json!({"value": "x"})).await.refuses("MissingRequiredField", "type");
    api.get("company/contacts/999999/communications", &[]).await.is(404).code("NotFound");
}

#[tokio::test]
async fn an_edit_of_an_item_by_its_id_may_not_show_in_last_updated() {
    let api = Api::start().await;
    let stamp =
        || async { api.get("company/contacts/502", &[]).await.json()["_info"]["lastUpdated"].clone() };
    let body = || json!({"type": {"id": 4}, "value": "555-0100"});
    let before = stamp().await;
    api.post("company/contacts/502/communications", body()).await.is(201);
    assert_eq!(stamp().await, before);
    api.inside().items_touch_contact(true);
    api.post("company/contacts/502/communications", body()).await.is(201);
    assert_ne!(stamp().await, before);
}

#[tokio::test]
async fn types_change_by_association() {
    let api = Api::start().await;
    let links = "company/contacts/502/typeAssociations";
    let link = api.post(links, json!({"type": {"id": 3}})).await.is(201).json();
    assert_eq!(link["type"]["name"], "Approver");
    assert_eq!(
        api.get("company/contacts/502", &[]).await.json()["types"],
        json!([{"id": 3, "name": "Approver"}])
    );
    assert_eq!(api.get(links, &[]).await.is(200).ids(), [link["id"].as_i64().unwrap()]);
    api.post(links, json!({"type": {"id": 3}})).await.refuses("ObjectExists", "");
    api.post(links, json!({"type": {"id": 99}})).await.refuses("InvalidReference", "type");
    api.delete(&format!("{links}/{}", link["id"])).await.is(204);
    assert_eq!(api.get("company/contacts/502", &[]).await.json()["types"], json!([]));
    api.delete(&format!("{links}/{}", link["id"])).await.is(404);
}

#[tokio::test]
async fn notes_can_be_written_found_changed_and_deleted() {
    let api = Api::start().await;
    let notes = "company/contacts/502/notes";
    let note = api.post(notes, json!({"text": "Support PIN: 4711", "flagged": true})).await.is(201).json();
    assert_eq!((&note["type"]["name"], &note["enteredBy"]), (&json!("General"), &json!("SyncApi")));
    let foreign = api.inside().add_note(502, "Likes tea");
    let found = api.get(notes, &[("conditions", "text contains \"support pin\"")]).await.is(200);
    assert_eq!(found.ids(), [note["id"].as_i64().unwrap()]);
    let path = format!("{notes}/{}", note["id"]);
    let op = json!([{"op": "replace", "path": "text", "value": "Support PIN: 0815"}]);
    assert_eq!(api.patch(&path, op).await.is(200).json()["text"], "Support PIN: 0815");
    let op = json!([{"op": "replace", "path": "text", "value": ""}]);
    api.patch(&path, op).await.refuses("MissingRequiredField", "text");
    api.delete(&path).await.is(204);
    assert_eq!(api.get(notes, &[]).await.is(200).ids(), [foreign]);
    api.get(&format!("company/contacts/501/notes/{foreign}"), &[]).await.is(404).code("NotFound");
    api.post(notes, json!({"text": "x", "type": {"id": 99}})).await.refuses("InvalidReference", "type");
}
