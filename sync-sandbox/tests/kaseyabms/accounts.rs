//! Accounts, locations, employees and small tables.

use crate::client::Api;
use serde_json::{Value, json};

fn names(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn accounts_are_listed_active_or_inactive_and_looked_up_without_a_count() {
    let api = Api::start().await;
    let active = api.get("crm/accounts/summary", &[("Filter.IsActive", "true")]).await;
    assert_eq!(names(active.rows(), "accountName"), ["Contoso", "Contoso West", "Fabrikam"]);
    assert_eq!(active.rows()[0]["accountManagerUserName"], "aadams");
    let inactive = api.get("crm/accounts/summary", &[("Filter.IsActive", "false")]).await;
    assert_eq!(names(inactive.rows(), "accountName"), ["Litware"]);
    let all = api.get("crm/accounts/lookup", &[("Filter.WithInactiveAccounts", "true")]).await;
    assert_eq!((all.rows().len(), all.body.get("totalRecords")), (4, None));
    let one = api.get("crm/accounts/lookup", &[("Filter.Ids", "250")]).await;
    assert_eq!(names(one.rows(), "name"), ["Fabrikam"]);
    assert_eq!(api.get("crm/accounts/summary/250", &[]).await.body["accountName"], "Fabrikam");
}

#[tokio::test]
async fn the_main_location_is_not_always_the_first() {
    let api = Api::start().await;
    let rows = api.get("crm/accounts/100/locations/lookup", &[]).await.rows().clone();
    assert_eq!((&rows[0]["isMain"], &rows[1]["isMain"]), (&json!(false), &json!(true)));
    api.get("crm/accounts/999/locations/lookup", &[]).await.refuses("not found");
}

#[tokio::test]
async fn employees_can_be_read_with_their_archived_ones() {
    let api = Api::start().await;
    api.inside().add_employee("casey@msp.example_Archived", "casey_Archived", false);
    let all = api.get("hr/employees/searchselect", &[]).await;
    assert_eq!((all.rows().len(), &all.body["totalRecords"]), (3, &json!(3)));
    let archived = api.get("hr/employees/searchselect", &[("Filter.Filter_Text", "_archived")]).await;
    assert_eq!(names(archived.rows(), "username"), ["casey_Archived"]);
    assert_eq!(api.get("hr/employees/lookup", &[]).await.rows().len(), 2);
}

#[tokio::test]
async fn tables_of_types_exist_under_names_that_are_not_documented() {
    let api = Api::start().await;
    assert_eq!(names(api.get("system/lookup/PhoneTypes", &[]).await.rows(), "name")[1], "Mobile");
    api.get("system/lookup/Phones", &[]).await.refuses("not found");
}
