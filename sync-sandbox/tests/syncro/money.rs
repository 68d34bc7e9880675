//! Recurring invoices and their lines.

use crate::client::Api;
use serde_json::json;

#[tokio::test]
async fn a_listing_does_not_say_how_many_pages_there_are_and_ends_with_an_empty_one() {
    let api = Api::start().await;
    let first = api.get("/schedules?customer_id=100&page=1").await.is(200).json();
    assert!(first.get("meta").is_none());
    assert_eq!(first["schedules"].as_array().unwrap().len(), 1);
    assert_eq!(first["schedules"][0]["lines"].as_array().unwrap().len(), 4, "the key is lines");
    assert_eq!(api.get("/schedules?customer_id=100&page=2").await.json(), json!({"schedules": []}));
    assert_eq!(api.get("/schedules").await.json()["schedules"].as_array().unwrap().len(), 2);
    assert_eq!(api.get("/schedules/700").await.json()["schedule"]["name"], "Managed Services");
    api.get("/schedules/999999").await.is(404);
}

#[tokio::test]
async fn a_quantity_is_a_decimal_text_and_a_write_needs_the_name() {
    let api = Api::start().await;
    let refused = api.put("/schedules/700/line_items/7001", json!({"quantity": 12})).await.is(422).json();
    assert_eq!(refused, json!({"error": ["Name can't be blank"]}));
    let body = json!({"quantity": 12, "name": "Microsoft 365 Business Premium"});
    let line =
        api.put("/schedules/700/line_items/7001", body).await.is(200).json()["schedule_line_item"].clone();
    for (field, value) in
        [("quantity", json!("12.0")), ("retail_cents", json!(2200)), ("taxable", json!(true))]
    {
        assert_eq!(line[field], value, "{field}");
    }
    api.put("/schedules/700/line_items/1", json!({"name": "x"})).await.is(404);
    api.put("/schedules/701/line_items/7001", json!({"name": "x"})).await.is(404);
}

#[tokio::test]
async fn a_line_that_the_vendor_counts_has_a_recurring_type() {
    let api = Api::start().await;
    let schedule = api.inside().schedule(700).unwrap();
    let types: Vec<bool> =
        schedule["lines"].as_array().unwrap().iter().map(|l| l["recurring_type_id"].is_null()).collect();
    assert_eq!(types, [true, false, true, true]);
}

#[tokio::test]
async fn lines_are_added_and_taken_away() {
    let api = Api::start().await;
    let line = api
        .post("/schedules/700/add_line_item", json!({"name": "Backup", "quantity": 1.5}))
        .await
        .is(200)
        .json();
    assert_eq!(line["schedule_line_item"]["quantity"], "1.5");
    api.post("/schedules/700/remove_line_item", line["schedule_line_item"]["id"].clone()).await.is(200);
    api.post("/schedules/700/remove_line_item", json!(1)).await.is(404);
    api.inside().deny("Recurring Invoices - Edit");
    api.post("/schedules/700/add_line_item", json!({"name": "Backup"})).await.is(401);
}

#[tokio::test]
async fn a_paused_invoice_stays_paused_until_it_is_told_otherwise() {
    let api = Api::start().await;
    assert!(api.inside().edit_schedule(700, |schedule| schedule["paused"] = json!(true)));
    api.put("/schedules/700/line_items/7001", json!({"name": "x", "quantity": 1})).await.is(200);
    assert_eq!(api.get("/schedules/700").await.json()["schedule"]["paused"], true);
    assert_eq!(api.put("/schedules/700", json!({"paused": false})).await.json()["schedule"]["paused"], false);
}
