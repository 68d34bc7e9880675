//! Contracts and services, as far as the API shows them.

use crate::client::Api;
use serde_json::{Value, json};

#[tokio::test]
async fn contracts_are_looked_up_by_account() {
    let api = Api::start().await;
    let ours = api.get("finance/contracts/lookup", &[("AccountId", "100")]).await;
    assert_eq!(ours.rows().len(), 1);
    assert_eq!(ours.rows()[0]["name"], "Contoso Managed Services");
    assert!(ours.rows()[0].get("units").is_none() && ours.rows()[0].get("services").is_none());
    let all = api.get("finance/contracts/summary", &[("Filter.AccountName", "fabrikam")]).await;
    assert_eq!((all.rows().len(), &all.body["totalRecords"]), (1, &json!(1)));
}

#[tokio::test]
async fn where_a_service_is_sold_can_be_asked_but_not_how_often() {
    let api = Api::start().await;
    let services = api.get("admin/finance/services/lookup", &[]).await;
    let id = services.rows()[0]["id"].clone();
    let path = format!("admin/finance/services/{id}/relatedservices/search");
    let lines = api.post(&path, json!({"PageSize": 100, "PageNumber": 1})).await;
    let accounts: Vec<&Value> = lines.rows().iter().map(|row| &row["accountId"]).collect();
    assert_eq!(accounts, [&json!(100), &json!(250)]);
    assert!(lines.rows()[0].get("units").is_none());
    assert_eq!(api.post(&path, json!({"PageSize": 1, "PageNumber": 2})).await.rows()[0]["accountId"], 250);
    assert_eq!(api.sandbox.calls().writes(), 0, "a search is no write");
}

#[tokio::test]
async fn posting_a_service_again_adds_a_second_line() {
    let api = Api::start().await;
    let units = || {
        let state = api.sandbox.state();
        let lines = state["kaseyabms"]["contract_services"].as_array().unwrap().clone();
        let ours = lines.into_iter().filter(|line| line["ContractId"] == 700 && line["ServiceId"] == 31);
        ours.map(|line| line["Units"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(units(), [10]);
    let path = "finance/contracts/recurringservices/700/services";
    let made = api.post(path, json!([{"ServiceId": 31, "Units": 12}])).await;
    assert_eq!(made.rows()[0]["units"], 12);
    assert_eq!(units(), [10, 12]);
    api.post(path, json!([{"ServiceId": 99, "Units": 1}])).await.refuses("not found");
}
