//! Creating, patching and replacing contacts, and their addresses and numbers.

use crate::client::{Answer, Api, send};
use reqwest::Method;
use serde_json::{Value, json};

async fn summary(api: &Api, id: i64) -> Value {
    api.get(&format!("crm/contacts/summary/{id}"), &[]).await.body
}

/// `(address, isDefault)` of each e-mail item.
fn addresses(record: &Value) -> Vec<(String, bool)> {
    let rows = record["emails"].as_array().unwrap();
    let pair =
        |row: &Value| (row["emailAddress"].as_str().unwrap().to_owned(), row["isDefault"].as_bool().unwrap());
    rows.iter().map(pair).collect()
}

async fn with_address(api: &Api) -> i64 {
    let emails = json!([{"EmailAddress": "ada@contoso.example", "EmailTypeId": 1, "IsDefault": true}]);
    api.contact(json!({"Emails": emails})).await
}

#[tokio::test]
async fn names_of_a_body_are_taken_in_either_case_and_any_json_type() {
    let api = Api::start().await;
    let body = json!({"firstName": "Ada", "LASTNAME": "Byron", "accountId": 100, "locationId": 1001});
    for kind in ["application/json", "application/json-patch+json", "text/json", "application/vnd.x+json"] {
        let request = api.signed(Method::POST, "crm/contacts/summary").header("content-type", kind);
        let made = send(request.body(body.to_string())).await;
        assert_eq!(made.result()["locationName"], "Warehouse", "{kind}");
    }
    let request = api.signed(Method::POST, "crm/contacts/summary").header("content-type", "text/plain");
    assert_eq!(send(request.body(body.to_string())).await.status.as_u16(), 415);
}

#[tokio::test]
async fn a_create_knows_no_title_and_no_active_status() {
    let api = Api::start().await;
    let id = api.contact(json!({"JobTitle": "Engineer", "IsActive": false})).await;
    let record = summary(&api, id).await;
    assert_eq!((&record["jobTitle"], &record["isActive"]), (&Value::Null, &Value::Bool(true)));
}

#[tokio::test]
async fn a_create_needs_names_and_a_location_of_its_own_account() {
    let api = Api::start().await;
    let good = json!({"FirstName": "Ada", "LastName": "Byron", "AccountId": 100, "LocationId": 1002});
    let refused = async |name: &str, value: Value, says: &str| {
        let mut body = good.clone();
        body[name] = value;
        api.post("crm/contacts/summary", body).await.refuses(says);
    };
    refused("FirstName", json!(""), "FirstName").await;
    refused("LastName", Value::Null, "LastName").await;
    refused("LastName", json!("x".repeat(51)), "LastName").await;
    refused("LocationId", Value::Null, "LocationId").await;
    refused("LocationId", json!(2502), "LocationId").await;
    refused("AccountId", json!(999), "Account not found").await;
    refused("Emails", json!([{"EmailAddress": "a@b.example", "EmailTypeId": 77}]), "EmailTypeId").await;
    api.inside().require_phone(true);
    api.post("crm/contacts/summary", good).await.refuses("PhoneNumber");
    assert_eq!(api.inside().contacts().iter().filter(|c| c["LastName"] == "Byron").count(), 0);
}

#[tokio::test]
async fn a_patch_names_properties_by_path_and_changes_only_those() {
    let api = Api::start().await;
    let id = with_address(&api).await;
    api.inside().edit_contact(id, |record| {
        record["MiddleName"] = json!("Augusta");
        record["IsPoc"] = json!(true);
    });
    let before = api.inside().contact(id).unwrap();
    let operations = json!([
        {"op": "replace", "path": "/JobTitle", "value": "Engineer"},
        {"op": "replace", "path": "/isActive", "value": false},
    ]);
    api.patch(&format!("crm/contacts/{id}"), operations).await.result();
    let mut after = api.inside().contact(id).unwrap();
    assert_eq!((&after["JobTitle"], &after["IsActive"]), (&json!("Engineer"), &json!(false)));
    for name in ["JobTitle", "IsActive", "ModifiedOn"] {
        after[name] = before[name].clone();
    }
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_patch_with_one_bad_operation_changes_nothing() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    for (bad, says) in [
        (json!({"op": "replace", "path": "/Department", "value": "x"}), "Department"),
        (json!({"op": "replace", "path": "/IsActive", "value": "yes"}), "IsActive"),
        (json!({"op": "test", "path": "/FirstName", "value": "Ada"}), "not supported"),
        (json!({"op": "replace", "path": "/FirstName", "value": ""}), "FirstName"),
        (json!({"op": "replace", "path": "/LocationId", "value": 2502}), "LocationId"),
    ] {
        let good = json!({"op": "replace", "path": "/JobTitle", "value": "Engineer"});
        api.patch(&format!("crm/contacts/{id}"), json!([good, bad])).await.refuses(says);
    }
    assert_eq!(summary(&api, id).await["jobTitle"], Value::Null);
    api.patch("crm/contacts/999999", json!([])).await.refuses("not found");
}

#[tokio::test]
async fn a_put_makes_every_flag_false_that_it_leaves_out() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    api.inside().edit_contact(id, |record| {
        for flag in ["IsPoc", "IsBillable", "CanRecieveInvoices"] {
            record[flag] = json!(true);
        }
    });
    let body = json!({"AccountId": 100, "LocationId": 1002, "FirstName": "Ada", "LastName": "King"});
    let record = api.write(Method::PUT, &format!("crm/contacts/{id}"), body).await.result().clone();
    for flag in ["isActive", "poc", "recieveInvoices", "billByContact"] {
        assert_eq!(record[flag], false, "{flag}");
    }
}

#[tokio::test]
async fn addresses_are_added_updated_and_deleted_by_code() {
    let api = Api::start().await;
    let id = with_address(&api).await;
    let path = format!("crm/contacts/{id}/emails");
    let done = api
        .patch(
            &path,
            json!([
                {"Operation": 0, "EmailAddress": "a2@contoso.example", "TypeId": 2},
                {"Operation": 1, "EmailAddress": "ADA@contoso.example", "NewEmailAddress": "ada2@contoso.example"},
            ]),
        )
        .await;
    assert_eq!((&done.result()["added"], &done.result()["updated"]), (&json!(1), &json!(1)));
    let expected = [("ada2@contoso.example".to_owned(), true), ("a2@contoso.example".to_owned(), false)];
    assert_eq!(addresses(done.result()), expected);
    let moved = json!([{"Operation": 1, "EmailAddress": "a2@contoso.example", "IsDefault": true}]);
    let shown = api.patch(&path, moved).await;
    assert_eq!(
        addresses(shown.result()).iter().filter(|(_, default)| *default).count(),
        1,
        "one default at most"
    );
    let gone = api.patch(&path, json!([{"Operation": 2, "EmailAddress": "a2@contoso.example"}])).await;
    assert_eq!(
        addresses(gone.result()),
        [("ada2@contoso.example".to_owned(), false)],
        "no other one becomes the default"
    );
}

#[tokio::test]
async fn a_list_of_operations_is_done_whole_or_not_at_all() {
    let api = Api::start().await;
    let id = with_address(&api).await;
    let path = format!("crm/contacts/{id}/emails");
    let good = json!({"Operation": 0, "EmailAddress": "a2@contoso.example", "TypeId": 2});
    let refused = async |bad: Value, says: &str| api.patch(&path, json!([good, bad])).await.refuses(says);
    refused(json!({"Operation": 0, "EmailAddress": "ADA@contoso.example", "TypeId": 1}), "already exists")
        .await;
    refused(json!({"Operation": 0, "EmailAddress": "a3@contoso.example"}), "TypeId").await;
    refused(json!({"Operation": 1, "EmailAddress": "none@contoso.example"}), "does not exist").await;
    refused(json!({"Operation": 2, "EmailAddress": "none@contoso.example"}), "does not exist").await;
    refused(json!({"Operation": 9, "EmailAddress": "ada@contoso.example"}), "Operation").await;
    assert_eq!(addresses(&summary(&api, id).await).len(), 1);
}

#[tokio::test]
async fn the_order_of_the_codes_is_a_setting() {
    let api = Api::start().await;
    let id = with_address(&api).await;
    api.inside().operation_codes([2, 1, 0]);
    let path = format!("crm/contacts/{id}/emails");
    let gone = api.patch(&path, json!([{"Operation": 0, "EmailAddress": "ada@contoso.example"}])).await;
    assert_eq!(
        (&gone.result()["deleted"], gone.result()["emails"].as_array().unwrap().len()),
        (&json!(1), 0)
    );
}

#[tokio::test]
async fn numbers_change_as_addresses_do_and_the_contacts_date_stays() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    let stamp = summary(&api, id).await["modifiedOn"].clone();
    api.sandbox.advance_clock(std::time::Duration::from_secs(60));
    let path = format!("crm/contacts/{id}/phones");
    let add = json!([{"Operation": 0, "NewPhoneNumber": "+1 206 555 0101", "TypeId": 1, "IsDefault": true}]);
    let shown = api.patch(&path, add).await;
    assert_eq!(shown.result()["phones"][0]["phone"], "+1 206 555 0101");
    assert_eq!(summary(&api, id).await["modifiedOn"], stamp);
}

#[tokio::test]
async fn two_portal_contacts_cannot_share_an_address_and_others_can() {
    let api = Api::start().await;
    let (first, second) = (with_address(&api).await, with_address(&api).await);
    for id in [first, second] {
        api.inside().edit_contact(id, |record| record["HasClientPortalAccess"] = json!(true));
    }
    let title = json!([{"op": "replace", "path": "/JobTitle", "value": "Engineer"}]);
    let path = format!("crm/contacts/{second}");
    let answer: Answer = api.patch(&path, title.clone()).await;
    answer.refuses("Username/Email should be unique");
    api.inside().edit_contact(first, |record| record["HasClientPortalAccess"] = json!(false));
    assert_eq!(api.patch(&path, title).await.result()["jobTitle"], "Engineer");
}

#[tokio::test]
async fn the_same_create_twice_makes_two_contacts() {
    let api = Api::start().await;
    let (first, second) = (with_address(&api).await, with_address(&api).await);
    assert_ne!(first, second, "there is no idempotency key");
    let answer = send(api.signed(Method::DELETE, &format!("crm/contacts/{second}"))).await;
    assert_eq!((answer.status.as_u16(), answer.body), (200, Value::Null));
    assert!(api.inside().contact(second).is_none());
}
