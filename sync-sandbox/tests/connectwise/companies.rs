//! Companies, lookup tables, agreements, and the vendor's own sync.

use serde_json::json;
use sync_sandbox::TypeKind;

use crate::client::{Api, custom, send};

#[tokio::test]
async fn deleted_companies_are_listed_until_they_are_filtered() {
    let api = Api::start().await;
    assert_eq!(api.get("company/companies", &[]).await.is(200).ids(), [100, 101, 250, 300]);
    let query = [("conditions", "deletedFlag=False and territory/name=\"Headquarters\"")];
    assert_eq!(api.get("company/companies", &query).await.is(200).ids(), [100, 250]);
    assert_eq!(api.get("company/companies/count", &query).await.is(200).json(), json!({"count": 2}));
    let managers =
        api.get("company/companies/100/teams", &[("conditions", "accountManagerFlag=True")]).await.is(200);
    assert_eq!(managers.json()[0]["member"]["identifier"], "aadams");
    for path in ["sites", "typeAssociations"] {
        assert_eq!(api.get(&format!("company/companies/100/{path}"), &[]).await.is(200).ids().len(), 1);
    }
    api.get("company/companies/9", &[]).await.is(404).code("NotFound");
    api.get("company/companies/9/sites", &[]).await.is(404).code("NotFound");
}

#[tokio::test]
async fn a_company_keeps_its_custom_fields() {
    let api = Api::start().await;
    let before = api.get("company/companies/100", &[]).await.is(200).json();
    let field = custom(&before, "Tenant365Id");
    assert!(field.get("value").is_none());
    let op =
        json!([{"op": "replace", "path": "customFields", "value": [{"id": field["id"], "value": "t-1"}]}]);
    let after = api.patch("company/companies/100", op).await.is(200).json();
    assert_eq!(custom(&after, "Tenant365Id")["value"], "t-1");
    assert_eq!(after["_info"]["updatedBy"], "SyncApi");
    let query = [("customFieldConditions", "caption=\"Tenant365Id\" AND value=\"t-1\"")];
    assert_eq!(api.get("company/companies", &query).await.is(200).ids(), [100]);
    let op = json!([{"op": "replace", "path": "name", "value": ""}]);
    api.patch("company/companies/100", op).await.refuses("MissingRequiredField", "name");
    api.patch("company/companies/100", json!({})).await.is(400).code("InvalidPatch");
}

#[tokio::test]
async fn lookups_are_found_by_flag_and_may_be_renamed() {
    let api = Api::start().await;
    let query = [("conditions", "emailFlag=True and defaultFlag=True")];
    assert_eq!(api.get("company/communicationTypes", &query).await.is(200).ids(), [1]);
    assert!(api.inside().rename_type(TypeKind::Communication, 1, "Work mail"));
    let renamed = api.get("company/communicationTypes/1", &[]).await.is(200).json();
    assert_eq!(renamed["description"], "Work mail");
    let contact = api.get("company/contacts/502", &[]).await.json();
    assert_eq!(contact["communicationItems"][0]["type"]["name"], "Work mail");
    for path in [
        "company/communicationTypes",
        "company/noteTypes",
        "company/contacts/types",
        "company/contacts/relationships",
        "company/contacts/departments",
        "company/companies/statuses",
        "company/companies/types",
        "company/countries",
        "system/members",
        "system/userDefinedFields",
        "system/callbacks",
        "finance/agreements",
    ] {
        let rows = api.get(path, &[]).await.is(200).ids().len();
        let count = api.get(&format!("{path}/count"), &[]).await.is(200).json();
        assert!(count["count"].as_u64() >= u64::try_from(rows).ok(), "{path}");
    }
    let query = [("conditions", "screenId=\"ct300\" and caption=\"Office365Id\"")];
    assert_eq!(api.get("system/userDefinedFields", &query).await.is(200).ids(), [11]);
}

#[tokio::test]
async fn a_department_can_be_added_once() {
    let api = Api::start().await;
    let path = "company/contacts/departments";
    let added = api.post(path, json!({"name": "Skunk Works"})).await.is(201).json();
    assert_eq!(
        api.get(path, &[("conditions", "name=\"skunk works\"")]).await.ids(),
        [added["id"].as_i64().unwrap()]
    );
    api.post(path, json!({"name": "skunk works"})).await.refuses("ObjectExists", "");
    api.post(path, json!({"name": "x".repeat(31)})).await.refuses("InvalidField", "name");
}

#[tokio::test]
async fn quantities_of_agreement_additions_can_be_changed() {
    let api = Api::start().await;
    let query = [("conditions", "company/id=100 and agreementStatus=\"Active\"")];
    assert_eq!(api.get("finance/agreements", &query).await.is(200).ids(), [700]);
    let op = json!([{"op": "replace", "path": "quantity", "value": 17}]);
    let path = "finance/agreements/700/additions/800";
    assert_eq!(api.patch(path, op).await.is(200).json()["quantity"], 17);
    let op = json!([{"op": "replace", "path": "quantity", "value": "17"}]);
    api.patch(path, op).await.is(400).code("InvalidPatch");
    let list = "finance/agreements/700/additions";
    let body = json!({"product": {"identifier": "M365-E5"}, "quantity": 3, "billCustomer": "Billable"});
    api.post(list, body).await.is(201);
    assert_eq!(api.get(list, &[]).await.is(200).ids().len(), 2);
    api.post(list, json!({"product": {"id": 1}, "billCustomer": "Maybe"}))
        .await
        .refuses("InvalidField", "billCustomer");
    api.post(list, json!({"billCustomer": "Billable"})).await.refuses("MissingRequiredField", "product");
    api.get("finance/agreements/701/additions/800", &[]).await.is(404).code("NotFound");
}

#[tokio::test]
async fn the_vendors_own_sync_is_empty_until_it_is_switched_on() {
    let api = Api::start().await;
    let count = || async { api.get("company/m365contact/count", &[]).await.is(200).json()["count"].clone() };
    assert_eq!(count().await, 0);
    api.inside()
        .set_m365_contacts(vec![json!({"m365ContactId": "o-1", "contactRecId": 501, "tenantId": "t-1"})]);
    assert_eq!(count().await, 1);
    let rows = api.get("company/m365contact", &[("conditions", "tenantId=\"t-1\"")]).await.is(200).json();
    assert_eq!(rows[0]["contactRecId"], 501);
}

#[tokio::test]
async fn system_info_needs_no_credentials_and_proves_nothing() {
    let api = Api::start().await;
    let path = "v4_6_release/apis/3.0/system/info";
    let answer = send(api.bare(reqwest::Method::GET, path)).await.is(200);
    assert!(answer.json()["version"].is_string());
}

#[tokio::test]
async fn a_technician_adds_edits_and_deletes_without_validation() {
    let api = Api::start().await;
    let id = api.inside().add_contact(json!({
        "firstName": "Tess", "company": {"id": 100}, "typeIds": [2],
        "communicationItems": [{"type": {"id": 1}, "value": "tess@example.com", "defaultFlag": true}],
        "customFields": [{"id": 15, "value": "s365:1"}],
    }));
    let path = format!("company/contacts/{id}");
    let contact = api.get(&path, &[]).await.is(200).json();
    assert_eq!(contact["types"][0]["name"], "VIP");
    assert_eq!(contact["company"]["name"], "Contoso");
    assert_eq!(contact["_info"]["enteredBy"], "tgreen");
    assert_eq!(Some(&contact), api.inside().contact(id).as_ref());
    assert!(api.inside().edit_contact(id, |contact| {
        contact["communicationItems"][0]["value"] = "tess@fabrikam.example".into();
        contact["lastName"] = "Quick".into();
    }));
    let edited = api.get(&path, &[]).await.is(200).json();
    assert_eq!(edited["communicationItems"][0]["id"], contact["communicationItems"][0]["id"]);
    assert_eq!((&edited["lastName"], &edited["types"]), (&json!("Quick"), &contact["types"]));
    assert_eq!(custom(&edited, "Sync365 Link")["value"], "s365:1");
    assert!(api.inside().delete_contact(id) && !api.inside().delete_contact(id));
    assert!(!api.inside().edit_contact(id, |_| ()));
    api.get(&path, &[]).await.is(404);
}
