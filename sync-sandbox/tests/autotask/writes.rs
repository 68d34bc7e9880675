//! Creating, changing, deleting.

use crate::client::{Api, CONTOSO, send, udf};
use reqwest::Method;
use serde_json::{Value, json};

fn below() -> String {
    format!("Companies/{CONTOSO}/Contacts")
}

#[tokio::test]
async fn contacts_are_written_below_their_company_and_the_root_is_nowhere() {
    let api = Api::start().await;
    let id = api.contact(json!({"title": "Engineer"})).await;
    for method in [Method::PATCH, Method::POST, Method::PUT] {
        let answer = api.write(method.clone(), "Contacts", &json!({"id": id, "title": "x"})).await.is(404);
        assert!(answer.text.starts_with("<!DOCTYPE"), "{method}: {}", answer.text);
        let answer =
            api.write(method.clone(), &format!("Contacts/{id}"), &json!({"title": "x"})).await.is(405);
        let says = format!("The requested resource does not support http method '{method}'.");
        assert_eq!(answer.json(), json!({ "Message": says }));
    }
    assert_eq!(api.patch(&below(), json!({"id": id, "title": "Director"})).await.is(200).item_id(), id);
    assert_eq!(api.read(id).await["title"], "Director");
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_or_nothing_clears() {
    let api = Api::start().await;
    let more = json!({
        "title": "Engineer", "city": "Redmond", "countryID": 1,
        "userDefinedFields": [{"name": "Office365Id", "value": "1"}, {"name": "SupportPIN", "value": "2"}],
    });
    let id = api.contact(more).await;
    let body = json!({
        "id": id, "title": "", "countryID": null, "lastModifiedDate": "1999-01-01T00:00:00Z", "nonsense": 1,
        "userDefinedFields": [{"name": "SupportPIN", "value": null}],
    });
    api.patch(&below(), body).await.is(200);
    let record = api.read(id).await;
    assert_eq!(
        (&record["title"], &record["countryID"], &record["city"]),
        (&Value::Null, &Value::Null, &json!("Redmond"))
    );
    assert_eq!(
        (udf(&record, "Office365Id"), udf(&record, "SupportPIN")),
        (Some("1".into()), Some(Value::Null))
    );
    assert!(record["lastModifiedDate"].as_str().unwrap() > "2020");
}

#[tokio::test]
async fn a_put_loses_what_it_leaves_out() {
    let api = Api::start().await;
    let id = api
        .contact(json!({"title": "Engineer", "userDefinedFields": [{"name": "SupportPIN", "value": "2"}]}))
        .await;
    let body = json!({"id": id, "firstName": "Ada", "lastName": "King", "isActive": 1});
    api.write(Method::PUT, &below(), &body).await.is(200);
    let record = api.read(id).await;
    assert_eq!(
        (&record["lastName"], &record["title"], udf(&record, "SupportPIN")),
        (&json!("King"), &Value::Null, None)
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_record_is_said_under_500() {
    let api = Api::start().await;
    let good = json!({"firstName": "Ada", "lastName": "Byron", "isActive": 1});
    for (name, value, says) in [
        ("lastName", Value::Null, "Missing Required Field: lastName"),
        ("isActive", Value::Null, "Missing Required Field: isActive"),
        ("title", json!("x".repeat(51)), "exceeds the maximum length of 50"),
        ("isActive", json!("soon"), "Conversion failed"),
        ("countryID", json!(99_999), "Reference value on field: countryID of type: Country"),
        ("namePrefix", json!(99), "Picklist value on field: namePrefix"),
        (
            "userDefinedFields",
            json!([{"name": "office365id", "value": "x"}]),
            "Unable to find office365id in the Contact Entity",
        ),
        (
            "userDefinedFields",
            json!([{"name": "Contact Type", "value": "Guest"}]),
            "Picklist value on field: Contact Type",
        ),
        ("userDefinedFields", json!([{"name": "Badge Number", "value": "x"}]), "Conversion failed"),
    ] {
        let mut body = good.clone();
        body[name] = value;
        api.post(&below(), body).await.refuses(500, says);
    }
    let nowhere = api.post("Companies/999999999/Contacts", good).await;
    nowhere.refuses(500, "Reference value on field: companyID of type: Company");
    api.patch(&below(), json!({"title": "x"})).await.refuses(500, "Missing Required Field: id");
    api.patch(&below(), json!({"id": 999_999_999, "title": "x"}))
        .await
        .refuses(500, "No matching records found");
    let broken = api.signed(Method::POST, &below()).body("{");
    send(broken).await.refuses(500, "not valid JSON");
}

#[tokio::test]
async fn a_contact_stays_in_its_company() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    api.patch(&below(), json!({"id": id, "companyID": 29_762_250}))
        .await
        .refuses(500, "companyID cannot be changed");
    let elsewhere = api.patch("Companies/29762250/Contacts", json!({"id": id, "title": "x"})).await;
    elsewhere.refuses(500, "No matching records found");
}

#[tokio::test]
async fn two_contacts_that_are_the_same_are_two() {
    let api = Api::start().await;
    let same = json!({"emailAddress": "twin@contoso.example"});
    let (one, two) = (api.contact(same.clone()).await, api.contact(same).await);
    let filter = json!([{"op": "eq", "field": "emailAddress", "value": "twin@contoso.example"}]);
    assert_eq!(api.contacts(filter).await.ids(), [one, two]);
}

#[tokio::test]
async fn a_new_primary_contact_takes_the_mark_from_the_old_one() {
    let api = Api::start().await;
    let (one, two) = (api.contact(json!({"primaryContact": true})).await, api.contact(json!({})).await);
    api.patch(&below(), json!({"id": two, "primaryContact": true})).await.is(200);
    assert_eq!(
        (&api.read(one).await["primaryContact"], &api.read(two).await["primaryContact"]),
        (&json!(false), &json!(true))
    );
    let marked = json!([
        {"op": "eq", "field": "companyID", "value": CONTOSO}, {"op": "eq", "field": "primaryContact", "value": true},
    ]);
    assert_eq!(api.contacts(marked).await.ids(), [two]);
}

#[tokio::test]
async fn a_contact_that_is_referred_to_is_not_deleted() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    let note = json!({
        "actionType": 1, "assignedResourceID": 29_682_886, "contactID": id, "startDateTime": "2026-01-01T09:00:00Z",
        "endDateTime": "2026-01-01T10:00:00Z", "name": "Call",
    });
    api.post(&format!("Companies/{CONTOSO}/Notes"), note).await.is(200);
    let delete = |id: i64| send(api.signed(Method::DELETE, &format!("{}/{id}", below())));
    delete(id).await.refuses(500, "referenced by other records");
    let free = api.contact(json!({})).await;
    assert_eq!(delete(free).await.is(200).item_id(), free);
    delete(free).await.refuses(500, "No matching records found");
}

#[tokio::test]
async fn references_to_inactive_contacts_fail() {
    let api = Api::start().await;
    let id = api.contact(json!({"isActive": 0})).await;
    let note = json!({
        "actionType": 1, "assignedResourceID": 29_682_886, "contactID": id, "startDateTime": "2026-01-01T09:00:00Z",
        "endDateTime": "2026-01-01T10:00:00Z",
    });
    let answer = api.post(&format!("Companies/{CONTOSO}/Notes"), note).await;
    answer.refuses(500, "Reference value on field: contactID of type: Contact does not exist or is invalid.");
}

#[tokio::test]
async fn permissions_are_refused_under_500_per_entity() {
    let api = Api::start().await;
    api.inside().deny_writes("Contacts");
    let body = json!({"firstName": "Ada", "lastName": "Byron", "isActive": 1});
    api.post(&below(), body).await.refuses(500, "does not have the adequate permissions to create");
    api.contacts(json!([{"op": "gte", "field": "id", "value": 0}])).await.is(200);
    api.inside().deny("Contacts");
    api.get("Contacts/1").await.refuses(500, "does not have the adequate permissions to view");
    api.get(&format!("Companies/{CONTOSO}")).await.is(200);
}

#[tokio::test]
async fn an_edit_of_user_defined_fields_alone_need_not_move_the_date() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    let change =
        |value: &str| json!({"id": id, "userDefinedFields": [{"name": "SupportPIN", "value": value}]});
    for (touches, value) in [(false, "1"), (true, "2")] {
        api.inside().udfs_touch_contact(touches);
        let before = api.read(id).await["lastModifiedDate"].clone();
        api.sandbox.advance_clock(std::time::Duration::from_secs(5));
        api.patch(&below(), change(value)).await.is(200);
        assert_eq!(api.read(id).await["lastModifiedDate"] != before, touches);
    }
}

#[tokio::test]
async fn companies_are_patched_at_their_root() {
    let api = Api::start().await;
    let body = json!({"id": CONTOSO, "userDefinedFields": [{"name": "Tenant365Id", "value": "t"}]});
    assert_eq!(api.patch("Companies", body).await.is(200).item_id(), CONTOSO);
    let company = api.get(&format!("Companies/{CONTOSO}")).await.json()["item"].clone();
    assert_eq!(
        (udf(&company, "Tenant365Id"), udf(&company, "Region")),
        (Some("t".into()), Some("Pacific Northwest".into()))
    );
    api.post("Companies", json!({"companyName": "x"})).await.refuses(500, "Missing Required Field");
}
