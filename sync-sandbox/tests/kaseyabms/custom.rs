//! Custom fields: definitions by module, values by record.

use crate::client::Api;
use reqwest::Method;
use serde_json::{Value, json};

async fn values(api: &Api, id: i64) -> Vec<Value> {
    api.get(&format!("system/customFields/14/{id}"), &[]).await.rows().clone()
}

#[tokio::test]
async fn a_module_is_found_only_by_what_it_holds() {
    let api = Api::start().await;
    let mut found = Vec::new();
    for module in 1..=30 {
        let rows = api.get(&format!("system/customFields/{module}"), &[]).await.rows().clone();
        if rows.iter().any(|row| row["name"] == "Office365Id") {
            found.push(module);
        }
    }
    assert_eq!(found, [14]);
    let tickets = api.get("system/customFields/22", &[]).await;
    assert_eq!(tickets.rows()[0]["name"], "Asset Tag");
}

#[tokio::test]
async fn definitions_name_type_options_and_whether_they_are_required() {
    let api = Api::start().await;
    api.inside().add_field("Cost Centre", true);
    let rows = api.get("system/customFields/14", &[]).await.rows().clone();
    let field = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(field("Cost Centre")["isRequired"], true);
    assert_eq!(field("Office365Id")["settings"], json!([]));
    let options: Vec<&str> = field("TypeMapping")["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["name"].as_str().unwrap())
        .collect();
    assert_eq!(options, ["End User", "VIP", "Vendor"]);
}

#[tokio::test]
async fn a_value_is_written_alone_and_read_with_the_records_others() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    assert_eq!(values(&api, id).await, [] as [Value; 0], "only what has a value is shown");
    for (field, value, shown) in [(41, "id-1", "id-1"), (42, "true", "True"), (44, "VIP", "VIP")] {
        let path = format!("system/customFields/data/14/{id}/{field}");
        let answer = api.write(Method::PUT, &path, json!({"Value": value})).await;
        assert_eq!(
            (&answer.result()["value"], &answer.result()["moduleName"]),
            (&json!(shown), &json!("Contacts"))
        );
    }
    let rows = values(&api, id).await;
    assert_eq!(rows.len(), 3);
    assert_eq!((&rows[2]["data"], &rows[2]["settingsId"]), (&json!("VIP"), &json!(442)));
    let path = format!("system/customFields/data/14/{id}/41");
    api.write(Method::PUT, &path, json!({"Value": ""})).await.result();
    assert_eq!(values(&api, id).await.len(), 2);
}

#[tokio::test]
async fn bad_values_records_and_fields_are_refused() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    let put = async |path: String, value: &str| {
        api.write(Method::PUT, &format!("system/customFields/data/{path}"), json!({"Value": value})).await
    };
    put(format!("14/{id}/44"), "Nobody").await.refuses("TypeMapping");
    put(format!("14/{id}/42"), "perhaps").await.refuses("IsOffice365");
    put(format!("14/{id}/41"), &"x".repeat(101)).await.refuses("Office365Id");
    put(format!("14/{id}/999"), "x").await.refuses("not found");
    put("14/999999/41".to_owned(), "x").await.refuses("not found");
    assert_eq!(values(&api, 999_999).await, [] as [Value; 0], "a record that is not there has no values");
}

#[tokio::test]
async fn a_create_brings_values_and_must_bring_the_required_ones() {
    let api = Api::start().await;
    let rows =
        json!([{"CustomFieldId": 41, "Data": "id-1"}, {"CustomFieldId": 44, "Data": "", "SettingsId": 441}]);
    let id = api.contact(json!({"CustomFieldsData": rows})).await;
    assert_eq!(api.inside().value(id, "Office365Id").as_deref(), Some("id-1"));
    assert_eq!(api.inside().value(id, "TypeMapping").as_deref(), Some("End User"));
    api.inside().add_field("Cost Centre", true);
    let body = json!({"FirstName": "Ada", "LastName": "Byron", "AccountId": 100, "LocationId": 1002});
    api.post("crm/contacts/summary", body).await.refuses("Cost Centre is required");
}

#[tokio::test]
async fn a_value_leaves_the_date_of_its_record_alone() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    let stamp = api.inside().contact(id).unwrap()["ModifiedOn"].clone();
    api.sandbox.advance_clock(std::time::Duration::from_secs(60));
    api.write(Method::PUT, &format!("system/customFields/data/14/{id}/41"), json!({"Value": "x"}))
        .await
        .result();
    assert_eq!(api.inside().contact(id).unwrap()["ModifiedOn"], stamp);
}
