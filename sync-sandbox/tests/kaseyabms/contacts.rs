//! Reading contacts: pages, filters, the two forms of a record.

use crate::client::Api;
use serde_json::{Value, json};
use sync_sandbox::{Options, Vendor};

const ACTIVE: (&str, &str) = ("Filter.IsActive", "true");

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn pages_hold_at_most_100_rows_and_count_from_1_and_tell_the_total() {
    let api = Api::with(Options::sized(300, 250)).await;
    let ours = ("Filter.AccountId", "100");
    let page = async |number: &str, size: &str| {
        let query = [ours, ACTIVE, ("PageNumber", number), ("PageSize", size)];
        let answer = api.get("crm/contacts/summary", &query).await;
        (ids(answer.rows()), answer.body["totalRecords"].as_u64().unwrap())
    };
    let (first, total) = page("1", "100").await;
    assert_eq!(first.len(), 100);
    assert_eq!(page("0", "100").await.0, first, "page 0 is taken for the first");
    assert_eq!(page("1", "5000").await.0.len(), 100, "a larger page is capped without a word");
    assert_eq!(page("1", "7").await.0.len(), 7);
    let rest = [page("2", "100").await.0, page("3", "100").await.0].concat();
    let inactive = api.get("crm/contacts/summary", &[ours, ("Filter.IsActive", "false")]).await;
    assert_eq!(first.len() as u64 + rest.len() as u64, total);
    assert_eq!(total + inactive.body["totalRecords"].as_u64().unwrap(), 250);
    assert_eq!(page("4", "100").await.0, [0_i64; 0], "past the end is an empty page");
    let default = api.get("crm/contacts/summary", &[]).await;
    assert_eq!(default.rows().len(), 100);
    assert_eq!(api.sandbox.calls().count(Vendor::KaseyaBms, "GET", "/v2/crm/contacts/summary"), 9);
}

#[tokio::test]
async fn inactive_contacts_are_left_out_unless_asked_for() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    api.patch(&format!("crm/contacts/{id}"), json!([{"op": "replace", "path": "/IsActive", "value": false}]))
        .await;
    let listed =
        async |query: &[(&str, &str)]| ids(api.get("crm/contacts/summary", query).await.rows()).contains(&id);
    assert!(!listed(&[("Filter.LastName", "byron")]).await);
    assert!(listed(&[("Filter.LastName", "byron"), ("Filter.IsActive", "false")]).await);
    assert!(!listed(&[("Filter.LastName", "byron"), ACTIVE]).await);
    api.inside().list_shows_inactive(true);
    assert!(listed(&[("Filter.LastName", "byron")]).await);
}

#[tokio::test]
async fn filters_look_into_every_address_and_number_without_regard_to_case() {
    let api = Api::start().await;
    let items = json!({
        "Emails": [
            {"EmailAddress": "Ada@contoso.example", "EmailTypeId": 1, "IsDefault": true},
            {"EmailAddress": "byron@contoso.example", "EmailTypeId": 2, "IsDefault": false},
        ],
        "Phones": [{"PhoneNumber": "+1 206 555 0123", "PhoneTypeId": 2, "IsDefault": true}],
    });
    let id = api.contact(items).await;
    for filter in [
        ("Filter.Email", "ada@"),
        ("filter.email", "BYRON@contoso"),
        ("Filter.Phone", "0123"),
        ("Filter.FirstName", "ada"),
        ("Filter.AccountName", "contoso"),
    ] {
        let found = api.get("crm/contacts/summary", &[filter, ("Filter.LastName", "Byron")]).await;
        assert_eq!(ids(found.rows()), [id], "{filter:?}");
    }
    let search =
        [("Filter.EmailAddress", "ada@contoso"), ("Filter.AccountIds", "250"), ("Filter.AccountIds", "100")];
    let found = api.get("crm/contacts/search", &search).await;
    assert_eq!(found.rows()[0]["emailAddress"], "Ada@contoso.example");
    assert_eq!(found.rows()[0]["hasClientPortalAccess"], false);
    assert!(found.body.get("totalRecords").is_none(), "a search does not count");
    let wrong = api.get("crm/contacts/summary", &[("Filter.AccountId", "many")]).await;
    wrong.refuses("not valid");
}

#[tokio::test]
async fn a_record_by_id_has_no_envelope_unless_the_server_gives_one() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    let path = format!("crm/contacts/summary/{id}");
    let bare = api.get(&path, &[]).await;
    assert_eq!((bare.body["id"].as_i64(), bare.body.get("success")), (Some(id), None));
    api.inside().enveloped_records(true);
    assert_eq!(api.get(&path, &[]).await.result()["id"], id);
    api.get("crm/contacts/summary/999999", &[]).await.refuses("not found");
}

#[tokio::test]
async fn a_summary_and_the_answer_of_a_change_name_some_things_differently() {
    let api = Api::start().await;
    let items = json!({"Phones": [{"PhoneNumber": "+1 206 555 0123", "PhoneTypeId": 2, "IsDefault": true}]});
    let id = api.contact(items).await;
    let summary = api.get(&format!("crm/contacts/summary/{id}"), &[]).await.body;
    for name in ["isPoc", "canRecieveInvoices", "isBillable", "isActive", "modifiedOn", "locationId"] {
        assert!(summary.get(name).is_some(), "{name}");
    }
    assert_eq!(summary["phones"][0]["phone"], "+1 206 555 0123", "read as phone, written as PhoneNumber");
    assert_eq!(summary["phones"][0]["phoneType"], "Mobile");
    let title = json!([{"op": "replace", "path": "/JobTitle", "value": "Engineer"}]);
    let changed = api.patch(&format!("crm/contacts/{id}"), title).await.result().clone();
    for name in ["poc", "recieveInvoices", "billByContact", "middleName", "jobTitle"] {
        assert!(changed.get(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn names_can_be_spelled_as_the_document_prints_them() {
    let api = Api::start().await;
    api.inside().pascal_case(true);
    let answer = api.get("crm/contacts/summary", &[ACTIVE]).await;
    assert_eq!(answer.body["Success"], true);
    assert!(answer.body["Result"][0]["FirstName"].is_string() && answer.body["TotalRecords"].is_u64());
}

#[tokio::test]
async fn the_case_of_a_path_does_not_matter() {
    let api = Api::start().await;
    for path in
        ["crm/contacts/summary", "CRM/Contacts/Summary", "system/customFields/14", "System/CUSTOMFIELDS/14"]
    {
        assert!(!api.get(path, &[]).await.rows().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn changes_since_a_moment_can_be_listed() {
    let api = Api::start().await;
    api.inside().day_offset(2);
    api.sandbox.advance_clock(std::time::Duration::from_secs(10));
    let id = api.contact(json!({})).await;
    let stamp = api.get(&format!("crm/contacts/summary/{id}"), &[]).await.body["modifiedOn"].clone();
    let stamp = stamp.as_str().unwrap();
    assert!(!stamp.contains('Z') && !stamp.contains('+'), "{stamp}");
    let since = api.get("crm/contacts/summary", &[("Filter.ModifiedOnFrom", stamp)]).await;
    assert!(since.rows().len() <= 1, "at most the new one: dates are cut to the second");
    let never = api.get("crm/contacts/summary", &[("Filter.ModifiedOnFrom", "2099-01-01T00:00:00")]).await;
    assert_eq!(never.rows().len(), 0);
    api.get("crm/contacts/summary", &[("Filter.ModifiedOnFrom", "soon")]).await.refuses("not valid");
}

#[tokio::test]
async fn an_accounts_own_lookup_and_summary_exist() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    let rows = api.get("crm/accounts/100/contacts/lookup", &[("Filter.Name", "ada byron")]).await;
    assert_eq!(ids(rows.rows()), [id]);
    assert_eq!(
        api.get(&format!("crm/accounts/100/contacts/{id}/summaryinfo"), &[]).await.result()["isActive"],
        true
    );
    api.get(&format!("crm/accounts/250/contacts/{id}/summaryinfo"), &[]).await.refuses("not found");
}
