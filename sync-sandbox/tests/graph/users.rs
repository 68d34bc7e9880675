//! Users: what is returned, what is refused, and the rest of the tenant.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use sync_sandbox::{Fault, FaultKind, Options, User, Vendor};

use crate::client::{Api, answer, column};

#[tokio::test]
async fn without_select_only_the_default_properties_come() {
    let api = Api::start().await;
    let answer = api.get("users").await.is(200);
    let names: Vec<_> = answer.rows()[0].as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "businessPhones",
        "displayName",
        "givenName",
        "id",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
    ];
    assert_eq!(BTreeSet::from_iter(names), BTreeSet::from(expected));
    assert!(answer.body["@odata.context"].as_str().unwrap().ends_with("/v1.0/$metadata#users"));
    assert_eq!(answer.rows().len(), 40);
}

#[tokio::test]
async fn unselected_properties_are_absent_and_empty_ones_are_null() {
    let api = Api::start().await;
    let answer = api.get("users?$select=id,accountEnabled,employeeType,proxyAddresses").await.is(200);
    for row in answer.rows() {
        assert_eq!(row.as_object().unwrap().len(), 4, "{row}");
        assert_eq!(row["employeeType"], Value::Null);
        assert!(row["accountEnabled"].is_boolean() && row["proxyAddresses"].is_array());
    }
    let context = answer.body["@odata.context"].as_str().unwrap();
    assert!(context.ends_with("#users(id,accountEnabled,employeeType,proxyAddresses)"), "{context}");
}

#[tokio::test]
async fn an_unknown_property_is_refused_by_name() {
    let api = Api::start().await;
    let answer = api.get("users?$select=id,shoeSize").await.is(400);
    assert_eq!(answer.code(), "Request_BadRequest");
    assert!(answer.message().contains("'shoeSize'"), "{}", answer.message());
    assert_eq!(api.get("users?$select=id,aboutMe").await.is(501).code(), "NotImplemented");
}

#[tokio::test]
async fn one_user_is_found_by_id_by_name_and_in_quotes() {
    let api = Api::start().await;
    api.sandbox.add_user(User::new(
        "00000000-0000-4000-8000-00000000000a",
        "$o'neil@contoso.example",
        "O'Neil",
    ));
    let user = api.somebody();
    for key in [user.id.clone(), user.user_principal_name.replace('\'', "%27").to_uppercase()] {
        let found = api.get(&format!("users/{key}?$select=id,mail")).await.is(200);
        assert_eq!(found.body["id"], user.id);
        assert_eq!(found.body["mail"], json!(user.mail));
    }
    let quoted = api.get("users('$o''neil@contoso.example')").await.is(200);
    assert_eq!(quoted.body["displayName"], "O'Neil");
    assert!(quoted.body["@odata.context"].as_str().unwrap().ends_with("#users/$entity"));
    let guest =
        api.sandbox.users().into_iter().find(|user| user.user_principal_name.contains("#EXT#")).unwrap();
    let key = guest.user_principal_name.replace('#', "%23");
    assert_eq!(api.get(&format!("users/{key}")).await.is(200).body["id"], guest.id);
    let missing = api.get("users/00000000-0000-4000-8000-000000000000").await.is(404);
    assert_eq!(missing.code(), "Request_ResourceNotFound");
}

#[tokio::test]
async fn routes_and_methods_that_do_not_exist_have_graphs_error_shape() {
    let api = Api::start().await;
    let answer_of = api.get("people").await.is(400);
    assert_eq!(answer_of.code(), "BadRequest");
    assert_eq!(answer_of.message(), "Resource not found for the segment 'people'.");
    assert_eq!(api.get("users/x/calendar/events").await.is(400).code(), "BadRequest");
    answer(api.request(Method::DELETE, "users")).await.is(405).code();
    let base = &api.sandbox.graph().base_url;
    api.get(&format!("{base}/beta/users")).await.is(400).code();
    api.get("users?$skip=5").await.is(400).code();
    api.get("users?$apply=x").await.is(400).code();
    api.get("users?tracking=x").await.is(200);
}

#[tokio::test]
async fn every_answer_carries_the_ids_and_the_cost() {
    let api = Api::start().await;
    let request = api.request(Method::GET, "users/nobody").header("client-request-id", "my-own-id");
    let refused = answer(request).await.is(404);
    assert_eq!(refused.header("client-request-id"), "my-own-id");
    assert_eq!(refused.body["error"]["innerError"]["client-request-id"], "my-own-id");
    assert_eq!(refused.body["error"]["innerError"]["request-id"], refused.header("request-id"));
    assert_eq!(refused.header("x-ms-resource-unit"), "2");
    assert_eq!(api.get("users?$select=id&$top=999").await.header("x-ms-resource-unit"), "1");
    assert_eq!(api.get("subscribedSkus").await.header("x-ms-resource-unit"), "3");
}

#[tokio::test]
async fn the_tenant_has_the_people_that_mappings_trip_over() {
    let api = Api::of(Options::sized(800, 700)).await;
    let users = api.sandbox.users();
    let any = |what: &str, test: &dyn Fn(&User) -> bool| assert!(users.iter().any(test), "{what}");
    any("guest", &|u| u.user_type.as_deref() == Some("Guest") && u.user_principal_name.contains("#EXT#@"));
    any("shared mailbox", &|u| u.mailbox_purpose.as_deref() == Some("shared") && !u.account_enabled);
    any("room", &|u| u.mailbox_purpose.as_deref() == Some("room") && u.assigned_licenses.is_empty());
    any("service account", &|u| u.user_principal_name.starts_with("svc-"));
    any("disabled member", &|u| !u.account_enabled && u.surname.is_some());
    any("no mail", &|u| u.mail.is_none() && u.surname.is_some());
    any("no phone", &|u| u.business_phones.is_empty() && u.surname.is_some());
    any("onmicrosoft only", &|u| {
        u.mail.as_ref().is_some_and(|m| m.ends_with(".onmicrosoft.com")) && u.surname.is_some()
    });
    any("long name", &|u| u.surname.as_ref().is_some_and(|name| name.chars().count() > 30));
    any("accent", &|u| !u.display_name.is_ascii());
    any("apostrophe", &|u| u.display_name.contains('\''));
    any("case noise", &|u| u.mail.as_ref().is_some_and(|mail| mail.chars().any(char::is_uppercase)));
    for prefix in ["SMTP:", "smtp:", "SIP:", "x500:"] {
        any(prefix, &|u| u.proxy_addresses.iter().any(|entry| entry.starts_with(prefix)));
    }
    let names: BTreeSet<_> = users.iter().map(|user| &user.display_name).collect();
    assert!(names.len() < users.len(), "two people share a name");
}

#[tokio::test]
async fn licences_and_their_usage_agree() {
    let api = Api::start().await;
    let skus = api.get("subscribedSkus").await.is(200);
    let row = skus.rows().iter().find(|row| row["skuPartNumber"] == "SPE_E3").unwrap();
    let id = row["skuId"].as_str().unwrap();
    assert_eq!(id, "05e9a617-0261-4cee-bb44-138d3ef5d965");
    assert_eq!(row["id"], format!("{}_{id}", api.sandbox.graph().tenant_id));
    let users = api.sandbox.users();
    let used = users.iter().filter(|user| user.assigned_licenses.iter().any(|sku| sku == id)).count();
    assert_eq!(row["consumedUnits"], used);
    api.get("subscribedSkus?$filter=skuId%20eq%20x").await.is(400);
    let user = api.somebody();
    let details = api.get(&format!("users/{}/licenseDetails", user.id)).await.is(200);
    assert_eq!(details.rows().len(), user.assigned_licenses.len());
}

#[tokio::test]
async fn the_organization_is_the_tenant_of_the_token() {
    let api = Api::start().await;
    let tenant = &api.get("organization").await.is(200).body["value"][0];
    assert_eq!(tenant["id"], api.sandbox.graph().tenant_id);
    let domains = tenant["verifiedDomains"].as_array().unwrap();
    assert_eq!(column(domains, "name"), ["contoso.example", "contoso.onmicrosoft.com"]);
}

#[tokio::test]
async fn a_deleted_user_moves_to_the_deleted_items_under_a_mangled_name() {
    let api = Api::start().await;
    let list = "directory/deletedItems/microsoft.graph.user?$select=id,userPrincipalName,deletedDateTime";
    let before = api.get(list).await.is(200).rows().len();
    assert_eq!(before, 1, "the seeded leaver");
    let user = api.somebody();
    assert!(api.sandbox.delete_user(&user.id));
    api.get(&format!("users/{}", user.id)).await.is(404);
    let deleted = api.get(list).await.is(200);
    let row = deleted.rows().iter().find(|row| row["id"] == user.id.as_str()).unwrap();
    let mangled = format!("{}{}", user.id.replace('-', ""), user.user_principal_name);
    assert_eq!(row["userPrincipalName"], mangled);
    assert!(row["deletedDateTime"].is_string());
    api.get(&format!("directory/deletedItems/{}", user.id)).await.is(200);
    api.get("directory/deletedItems").await.is(400);
    assert!(api.sandbox.restore_user(&user.id));
    let back = api.get(&format!("users/{}", user.id)).await.is(200);
    assert_eq!(back.body["userPrincipalName"], user.user_principal_name);
    assert!(api.sandbox.purge_user(&user.id));
    assert_eq!(api.get(list).await.rows().len(), before);
    assert!(!api.sandbox.delete_user(&user.id));
}

#[tokio::test]
async fn mailbox_purposes_and_photos_answer_as_documented() {
    let api = Api::start().await;
    let shared =
        api.sandbox.users().into_iter().find(|u| u.mailbox_purpose.as_deref() == Some("shared")).unwrap();
    let path = |id: &str| format!("users/{id}/mailboxSettings/userPurpose");
    assert_eq!(api.get(&path(&shared.id)).await.is(200).body["value"], "shared");
    let guest = api.sandbox.users().into_iter().find(|u| u.user_type.as_deref() == Some("Guest")).unwrap();
    assert_eq!(api.get(&path(&guest.id)).await.is(404).code(), "MailboxNotEnabledForRESTAPI");
    assert_eq!(api.get(&format!("users/{}/photo/$value", shared.id)).await.is(404).code(), "ImageNotFound");
}

#[tokio::test]
async fn a_missing_permission_is_403_on_its_routes_only() {
    let api = Api::start().await;
    api.sandbox.inject("missing-permission:LicenseAssignment.Read.All".parse().unwrap());
    api.get("subscribedSkus").await.is(200);
    api.sandbox.inject(Fault::new(FaultKind::MissingPermission("Organization.Read.All".to_owned())));
    api.sandbox.inject(
        Fault::new(FaultKind::MissingPermission("Directory.Read.All".to_owned())).vendor(Vendor::Graph),
    );
    assert_eq!(api.get("subscribedSkus").await.is(403).code(), "Authorization_RequestDenied");
    api.get("users").await.is(200);
    api.sandbox.clear_faults();
    api.get("subscribedSkus").await.is(200);
}

#[tokio::test]
async fn a_photo_has_metadata_and_comes_in_every_size() {
    let api = Api::start().await;
    let user = api.somebody();
    assert!(api.sandbox.edit_user(&user.id, |user| user.photo = Some(vec![0xFF, 0xD8, 0xFF])));
    let metadata = api.get(&format!("users/{}/photo", user.id)).await.is(200).body;
    assert_eq!(metadata["@odata.mediaContentType"], "image/jpeg");
    for path in ["photo/$value", "photos/48x48/$value"] {
        let bytes = api.request(Method::GET, &format!("users/{}/{path}", user.id)).send().await.unwrap();
        assert_eq!(bytes.headers()["etag"], metadata["@odata.mediaEtag"].as_str().unwrap());
        assert_eq!(bytes.bytes().await.unwrap(), &[0xFF_u8, 0xD8, 0xFF][..]);
    }
    api.get(&format!("users/{}/photos/50x50/$value", user.id)).await.is(400);
}
