//! Creating, patching and replacing contacts.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::client::{Api, custom, items, send};

fn replace(path: &str, value: impl Into<Value>) -> Value {
    let value: Value = value.into();
    json!([{"op": "replace", "path": path, "value": value}])
}

#[tokio::test]
async fn a_create_answers_the_whole_record_and_its_address() {
    let api = Api::start().await;
    let body = json!({
        "firstName": "Ada", "lastName": "Lovelace", "company": {"identifier": "Fabrikam"}, "title": "Countess",
        "typeIds": [1, 2], "notAField": true, "customFields": [{"id": 11, "value": "abc"}],
        "communicationItems": [
            {"type": {"id": 1}, "value": "a@example.com", "defaultFlag": true},
            {"type": {"id": "5"}, "value": "b@example.com", "defaultFlag": true},
            {"type": {"id": 2}, "value": "555-0100", "extension": "12", "defaultFlag": true},
        ],
    });
    let answer = api.post("company/contacts", body).await.is(201);
    let contact = answer.json();
    let address = answer.header("location").unwrap();
    assert!(address.ends_with(&format!("/company/contacts/{}", contact["id"])), "{address}");
    assert_eq!(contact["company"]["id"], 250);
    assert_eq!(contact["site"]["name"], "Main");
    assert_eq!(contact["types"], json!([{"id": 1, "name": "End User"}, {"id": 2, "name": "VIP"}]));
    assert_eq!(items(&contact).iter().map(|(_, flag)| *flag).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(contact["defaultPhoneExtension"], "12");
    assert_eq!(custom(&contact, "Office365Id")["value"], "abc");
    assert!(contact.get("notAField").is_none() && contact.get("typeIds").is_none());
    let path = format!("company/contacts/{}", contact["id"]);
    assert_eq!(api.get(&path, &[]).await.is(200).json(), contact);
}

#[tokio::test]
async fn a_create_is_refused_with_every_error_at_once_and_leaves_nothing() {
    let api = Api::start().await;
    let before = api.inside().contacts().len();
    let body = json!({
        "company": {"id": 9}, "title": 7, "typeIds": [99], "customFields": [{"id": 12, "value": "yes"}],
        "communicationItems": [{"value": "x"}, {"type": {"id": 99}, "value": "x"}, {"type": {"id": 1}}],
    });
    let body = api.post("company/contacts", body).await.is(400).json();
    let mut found: Vec<String> = body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| format!("{} {}", error["code"].as_str().unwrap(), error["field"].as_str().unwrap()))
        .collect();
    found.sort();
    let expected = [
        "InvalidField customFields",
        "InvalidField title",
        "InvalidReference company",
        "InvalidReference type",
        "InvalidReference typeIds",
        "MissingRequiredField firstName",
        "MissingRequiredField type",
        "MissingRequiredField value",
    ];
    assert_eq!(found, expected);
    assert_eq!(api.inside().contacts().len(), before);
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_there_all_the_same() {
    let api = Api::start().await;
    api.sandbox.inject("connectwise:reset-after-commit".parse().unwrap());
    let body = json!({"firstName": "Ada", "customFields": [{"id": 11, "value": "object-1"}]});
    let lost = api.signed(Method::POST, "company/contacts").json(&body).send().await;
    assert!(lost.is_err());
    let query = [("customFieldConditions", "caption=\"Office365Id\" AND value=\"object-1\"")];
    assert_eq!(api.get("company/contacts", &query).await.is(200).ids().len(), 1);
}

#[tokio::test]
async fn a_write_must_be_declared_as_json() {
    let api = Api::start().await;
    let post = |kind: &'static str| {
        api.signed(Method::POST, "company/contacts")
            .header(CONTENT_TYPE, kind)
            .body("{\"firstName\":\"Ada\"}")
    };
    send(post("text/plain")).await.is(415);
    send(api.signed(Method::POST, "company/contacts").body("{}")).await.is(415);
    send(post("application/json; charset=utf-8")).await.is(201);
    let broken =
        api.signed(Method::POST, "company/contacts").header(CONTENT_TYPE, "application/json").body("{");
    send(broken).await.is(400).code("InvalidObject");
}

#[tokio::test]
async fn patch_paths_are_case_sensitive_and_the_leading_slash_is_optional() {
    let api = Api::start().await;
    let path = api.with_items(json!([])).await;
    assert_eq!(api.patch(&path, replace("/title", "A")).await.is(200).json()["title"], "A");
    assert_eq!(api.patch(&path, replace("title", "B")).await.is(200).json()["title"], "B");
    let wrong = [
        replace("Title", "C"),
        replace("title/x", "C"),
        replace("", "C"),
        replace("title", 7),
        replace("inactiveFlag", "true"),
        replace("department", "IT"),
        replace("communicationItems", "x"),
        json!([{"op": "test", "path": "title", "value": "B"}]),
        json!([{"op": "move", "from": "title", "path": "school"}]),
        json!([{"op": "replace", "path": "title"}]),
        json!(["title"]),
    ];
    for operations in wrong {
        api.patch(&path, operations).await.is(400).code("InvalidPatch");
    }
    assert_eq!(api.get(&path, &[]).await.json()["title"], "B");
}

#[tokio::test]
async fn a_patch_is_applied_whole_or_not_at_all() {
    let api = Api::start().await;
    let path = api.with_items(json!([{"type": {"id": 1}, "value": "a@example.com"}])).await;
    let before = api.get(&path, &[]).await.json();
    let operations = json!([
        {"op": "replace", "path": "title", "value": "CEO"},
        {"op": "remove", "path": "/communicationItems/0"},
        {"op": "replace", "path": "lastName", "value": "x".repeat(31)},
    ]);
    api.patch(&path, operations).await.refuses("InvalidField", "lastName");
    assert_eq!(api.get(&path, &[]).await.json(), before);
}

#[tokio::test]
async fn scalars_and_references_are_set_and_removed() {
    let api = Api::start().await;
    let path = api.with_items(json!([])).await;
    let set = json!([
        {"op": "add", "path": "title", "value": "CEO"},
        {"op": "replace", "path": "department", "value": {"id": 1}},
        {"op": "add", "path": "managerContact", "value": {"id": 501}},
        {"op": "replace", "path": "inactiveFlag", "value": true},
    ]);
    let after = api.patch(&path, set).await.is(200).json();
    assert_eq!(after["managerContact"], json!({"id": 501, "name": "Wendy West"}));
    assert_eq!((&after["department"]["id"], &after["inactiveFlag"]), (&json!(1), &json!(true)));
    let unset = json!([
        {"op": "replace", "path": "title", "value": ""},
        {"op": "remove", "path": "department"},
        {"op": "remove", "path": "managerContact"},
    ]);
    let after = api.patch(&path, unset).await.is(200).json();
    for key in ["title", "department", "managerContact"] {
        assert!(after.get(key).is_none(), "{key}");
    }
    api.patch(&path, replace("company", json!({"id": 9}))).await.refuses("InvalidReference", "company");
    api.patch(&path, json!([{"op": "remove", "path": "firstName"}]))
        .await
        .refuses("MissingRequiredField", "firstName");
    let op = replace("defaultPhoneNbr", "555-0100");
    assert!(api.patch(&path, op).await.is(200).json().get("defaultPhoneNbr").is_none(), "a read-only mirror");
}

#[tokio::test]
async fn an_item_keeps_its_id_when_its_value_is_replaced_in_place() {
    let api = Api::start().await;
    let path = api
        .with_items(json!([
            {"type": {"id": 1}, "value": "a@example.com", "defaultFlag": true},
            {"type": {"id": 1}, "value": "b@example.com"},
        ]))
        .await;
    let before = api.get(&path, &[]).await.json();
    let mixed = json!([
        {"op": "replace", "path": "/communicationItems/1/value", "value": "c@example.com"},
        {"op": "replace", "path": "/communicationItems/1/defaultFlag", "value": true},
        {"op": "add", "path": "/communicationItems/2", "value": {"type": {"id": 4}, "value": "555-0100"}},
        {"op": "remove", "path": "/communicationItems/0"},
    ]);
    let after = api.patch(&path, mixed).await.is(200).json();
    assert_eq!(after["communicationItems"][0]["id"], before["communicationItems"][1]["id"]);
    let expected = [("c@example.com", true), ("555-0100", false)];
    assert_eq!(items(&after), expected.map(|(value, flag)| (value.to_owned(), flag)));
    let add = |index: usize| json!([{"op": "add", "path": format!("/communicationItems/{index}"), "value": {"type": {"id": 1}, "value": "x"}}]);
    api.patch(&path, add(3)).await.is(400).code("InvalidPatch");
    api.patch(&path, json!([{"op": "remove", "path": "/communicationItems/0/value"}]))
        .await
        .refuses("MissingRequiredField", "value");
}

#[tokio::test]
async fn custom_fields_that_a_patch_leaves_out_keep_their_values() {
    let api = Api::start().await;
    let contact = api.inside().contacts().into_iter().find(|contact| {
        contact["company"]["id"] == 100
            && custom(contact, "Sync365 Link").get("value").is_some()
            && custom(contact, "Office365Id").get("value").is_some()
    });
    let contact = contact.unwrap();
    let path = format!("company/contacts/{}", contact["id"]);
    let op = replace("customFields", json!([{"id": 13, "value": "4711"}]));
    let after = api.patch(&path, op).await.is(200).json();
    for caption in ["Sync365 Link", "Office365Id", "IsOffice365"] {
        assert_eq!(custom(&after, caption), custom(&contact, caption));
    }
    assert_eq!(custom(&after, "SupportPIN")["value"], "4711");
    let after = api.patch(&path, replace("/customFields", json!([]))).await.is(200).json();
    assert_eq!(custom(&after, "SupportPIN")["value"], "4711", "an empty array clears nothing");
}

#[tokio::test]
async fn custom_field_values_are_checked_by_type_and_options() {
    let api = Api::start().await;
    let path = api.with_items(json!([])).await;
    let number = api.inside().add_contact_field("Age", "Number");
    let date = api.inside().add_contact_field("Joined", "Date");
    let list = api.inside().add_contact_list_field("Size", &["S", "M"]);
    for (id, good, bad) in [
        (11, json!("text"), json!(7)),
        (12, json!(true), json!("true")),
        (17, json!("Email"), json!("Pigeon")),
        (number, json!(7.5), json!("7")),
        (date, json!("2026-01-06T00:00:00Z"), json!("yesterday")),
        (list, json!("M"), json!("XL")),
    ] {
        let op = |value: &Value| replace("customFields", json!([{"id": id, "value": value}]));
        api.patch(&path, op(&bad)).await.refuses("InvalidField", "customFields");
        api.patch(&path, op(&good)).await.is(200);
    }
    let op = replace("customFields", json!([{"id": 16, "value": "a company's field"}]));
    api.patch(&path, op).await.refuses("InvalidField", "customFields");
}

#[tokio::test]
async fn a_put_loses_what_it_leaves_out_except_custom_fields() {
    let api = Api::start().await;
    let body = json!({"firstName": "Ada", "title": "CEO", "company": {"id": 100}, "customFields": [{"id": 11, "value": "x"}],
        "communicationItems": [{"type": {"id": 1}, "value": "a@example.com"}]});
    let contact = api.contact(body).await;
    let path = format!("company/contacts/{}", contact["id"]);
    api.write(Method::PUT, &path, &contact).await.refuses("MissingRequiredField", "value");
    let after = api.write(Method::PUT, &path, &json!({"firstName": "Ada"})).await.is(200).json();
    for key in ["title", "company", "communicationItems"] {
        assert!(after.get(key).is_none(), "{key}");
    }
    assert_eq!(custom(&after, "Office365Id")["value"], "x");
}

#[tokio::test]
async fn a_default_contact_cannot_be_inactivated_until_there_is_another() {
    let api = Api::start().await;
    let inactivate = replace("inactiveFlag", true);
    let both = json!([{"op": "replace", "path": "defaultFlag", "value": false}, inactivate[0]]);
    api.patch("company/contacts/502", both).await.refuses("InvalidField", "inactiveFlag");
    api.patch("company/contacts/502", inactivate.clone()).await.refuses("InvalidField", "inactiveFlag");
    let after = api.patch("company/contacts/503", replace("defaultFlag", true)).await.is(200).json();
    assert_eq!(after["defaultFlag"], true);
    assert_eq!(api.get("company/contacts/502", &[]).await.json()["defaultFlag"], false);
    api.patch("company/contacts/502", inactivate).await.is(200);
}

#[tokio::test]
async fn the_heir_of_a_deleted_default_contact_is_the_default() {
    let api = Api::start().await;
    api.delete("company/contacts/502?transferContactId=503").await.is(204);
    assert_eq!(api.get("company/contacts/503", &[]).await.is(200).json()["defaultFlag"], true);
    assert_eq!(api.get("finance/agreements/701", &[]).await.is(200).json()["contact"]["id"], 503);
    api.delete("company/contacts/503?transferContactId=503").await.refuses("InvalidReference", "id");
    assert!(api.inside().delete_contact(503), "a technician may");
    assert!(api.get("company/companies/250", &[]).await.json().get("defaultContact").is_none());
}

#[tokio::test]
async fn nobody_in_the_directory_stands_behind_contosos_default_contact() {
    let api = Api::start().await;
    let id = api.get("company/companies/100", &[]).await.json()["defaultContact"]["id"].clone();
    let contact = api.get(&format!("company/contacts/{id}"), &[]).await.is(200).json();
    assert_eq!(contact["types"][0]["name"], "Vendor");
    assert!(custom(&contact, "Office365Id").get("value").is_none());
}

#[tokio::test]
async fn equal_seeds_make_equal_databases() {
    let (one, two) = (Api::start().await, Api::start().await);
    assert_eq!(one.inside().contacts(), two.inside().contacts());
    let other = Api::with(sync_sandbox::Options::sized(40, 32).seed(7)).await;
    assert_ne!(one.inside().contacts(), other.inside().contacts());
    assert_eq!(one.sandbox.state()["connectwise"]["contacts"].as_array().unwrap().len(), 32 + 4);
}
