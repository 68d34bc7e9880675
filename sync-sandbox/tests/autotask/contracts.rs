//! Contract services and their units.

use crate::client::Api;
use chrono::{Datelike as _, NaiveDate, Utc};
use serde_json::json;

const LINE: i64 = 29_691_001;

fn next_year(month: u32, day: u32) -> NaiveDate {
    let year = chrono::DateTime::<Utc>::from(std::time::SystemTime::now()).year() + 1;
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn units(api: &Api, on: NaiveDate) -> i64 {
    let on = format!("{on}T00:00:00.000");
    api.inside().units(LINE).into_iter().find(|(from, to, _)| *from <= on && *to >= on).unwrap().2
}

#[tokio::test]
async fn an_adjustment_is_a_difference_from_its_day_on_and_counts_twice_when_sent_twice() {
    let api = Api::start().await;
    let body = json!({"id": 0, "contractServiceID": LINE, "unitChange": 3, "effectiveDate": format!("{}T00:00:00Z", next_year(3, 1))});
    api.post("ContractServiceAdjustments", body.clone()).await.is(200).item_id();
    assert_eq!((units(&api, next_year(2, 28)), units(&api, next_year(3, 1))), (10, 13));
    api.post("ContractServiceAdjustments", body).await.is(200);
    assert_eq!((units(&api, next_year(3, 1)), api.inside().adjustments()), (16, 2));
    // By contract and service, below the contract.
    let body =
        json!({"serviceID": 29_680_001, "unitChange": -6, "effectiveDate": next_year(6, 1).to_string()});
    api.post("Contracts/29690001/ServiceAdjustments", body).await.is(200);
    assert_eq!((units(&api, next_year(5, 31)), units(&api, next_year(12, 31))), (16, 10));
}

#[tokio::test]
async fn what_is_wrong_with_an_adjustment_is_said() {
    let api = Api::start().await;
    for (line, change, day, says) in [
        (LINE, 0, next_year(3, 1), "unitChange"),
        (LINE, -11, next_year(3, 1), "less than no units"),
        (LINE, 1, next_year(3, 1).with_year(1999).unwrap(), "outside of the contract"),
        (1, 1, next_year(3, 1), "contractServiceID"),
    ] {
        let body = json!({"contractServiceID": line, "unitChange": change, "effectiveDate": day.to_string()});
        api.post("ContractServiceAdjustments", body).await.refuses(500, says);
    }
    api.post("ContractServiceAdjustments", json!({"contractServiceID": LINE, "unitChange": 1}))
        .await
        .refuses(500, "effectiveDate");
    api.inside().post_periods(LINE);
    let body =
        json!({"contractServiceID": LINE, "unitChange": 1, "effectiveDate": next_year(3, 1).to_string()});
    api.post("ContractServiceAdjustments", body).await.refuses(500, "posted");
    assert_eq!(api.inside().adjustments(), 0);
}

#[tokio::test]
async fn units_are_read_by_line_and_written_by_nobody() {
    let api = Api::start().await;
    let filter = json!({"filter": [{"op": "eq", "field": "contractServiceID", "value": LINE}]});
    let rows = api.post("ContractServiceUnits/query", filter).await.is(200).json();
    assert_eq!((rows["items"].as_array().unwrap().len(), &rows["items"][0]["units"]), (2, &json!(10)));
    api.post("ContractServiceUnits", json!({"units": 5})).await.is(404);
    api.get("ContractServiceAdjustments/1").await.is(404);
}
