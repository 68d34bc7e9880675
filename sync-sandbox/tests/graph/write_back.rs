//! `PATCH /users/{id}`: what is taken, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};
use sync_sandbox::User;

use crate::client::{Answer, Api, answer};

async fn patch(api: &Api, key: &str, body: Value) -> Answer {
    answer(api.request(Method::PATCH, &format!("users/{key}")).json(&body)).await
}

fn without(api: &Api, permissions: &[&str]) {
    for permission in permissions {
        api.sandbox.inject(format!("graph:missing-permission={permission}*always").parse().unwrap());
    }
}

const BROAD: [&str; 3] = ["User.ReadWrite.All", "User.ReadUpdate.All", "Directory.ReadWrite.All"];

#[tokio::test]
async fn only_what_is_sent_changes_and_the_answer_is_empty() {
    let api = Api::start().await;
    let user = api.somebody();
    let body = json!({ "jobTitle": "Lead", "businessPhones": ["+1 206 555 0100"], "Department": null });
    assert_eq!(patch(&api, &user.user_principal_name, body).await.is(204).body, "");
    let select = "jobTitle,businessPhones,department,city,displayName";
    let read = api.get(&format!("users/{}?$select={select}", user.id)).await.is(200).body;
    assert_eq!(read["jobTitle"], "Lead");
    assert_eq!(read["businessPhones"], json!(["+1 206 555 0100"]));
    assert_eq!(read["department"], Value::Null);
    assert_eq!((&read["city"], &read["displayName"]), (&json!(user.city), &json!(user.display_name)));
    assert_eq!(api.sandbox.calls().writes(), 1);
}

#[tokio::test]
async fn a_change_by_patch_is_told_by_delta() {
    let api = Api::start().await;
    let user = api.somebody();
    let first = api.get("users/delta?$select=id,jobTitle&$deltatoken=latest").await.is(200).body;
    patch(&api, &user.id, json!({ "jobTitle": "Lead" })).await.is(204);
    let news = api.get(first["@odata.deltaLink"].as_str().unwrap()).await.is(200);
    assert_eq!(news.rows().len(), 1);
    assert_eq!(news.rows()[0]["jobTitle"], "Lead");
}

#[tokio::test]
async fn values_that_do_not_fit_are_refused_and_nothing_changes() {
    let api = Api::start().await;
    let user = api.somebody();
    for body in [
        json!({ "jobTitle": "x".repeat(129) }),
        json!({ "jobTitle": "" }),
        json!({ "jobTitle": 7 }),
        json!({ "businessPhones": ["1", "2"] }),
        json!({ "businessPhones": null }),
        json!({ "displayName": null }),
        json!({ "shoeSize": "43" }),
        json!({ "id": "00000000-0000-4000-8000-000000000001" }),
        json!({ "proxyAddresses": [] }),
        json!({ "jobTitle": "Lead", "usageLocation": "Germany" }),
    ] {
        let refused = patch(&api, &user.id, body.clone()).await.is(400);
        assert_eq!(refused.code(), "Request_BadRequest", "{body}");
    }
    let text = api.request(Method::PATCH, &format!("users/{}", user.id)).body("jobTitle=Lead");
    answer(text).await.is(400);
    assert!(api.sandbox.users().contains(&user));
    let gone = patch(&api, "00000000-0000-4000-8000-000000000009", json!({ "jobTitle": "x" })).await.is(404);
    assert_eq!(gone.code(), "Request_ResourceNotFound");
}

#[tokio::test]
async fn a_user_kept_on_premises_is_read_only_but_for_what_only_the_cloud_has() {
    let api = Api::start().await;
    let user = api.somebody();
    assert!(api.sandbox.edit_user(&user.id, |user| user.on_premises_sync_enabled = Some(true)));
    let refused = patch(&api, &user.id, json!({ "jobTitle": "Lead" })).await.is(400);
    assert_eq!(refused.code(), "Request_BadRequest");
    assert!(refused.message().contains("on-premises mastered"), "{}", refused.message());
    patch(&api, &user.id, json!({ "usageLocation": "DE" })).await.is(204);
}

#[tokio::test]
async fn phone_numbers_have_a_permission_of_their_own() {
    let api = Api::start().await;
    let user = api.somebody();
    without(&api, &BROAD);
    patch(&api, &user.id, json!({ "mobilePhone": "+1 206 555 0101", "businessPhones": [] })).await.is(204);
    let refused = patch(&api, &user.id, json!({ "mobilePhone": null, "jobTitle": "Lead" })).await.is(403);
    assert_eq!(refused.code(), "Authorization_RequestDenied");
    without(&api, &["User-Phone.ReadWrite.All"]);
    patch(&api, &user.id, json!({ "mobilePhone": null })).await.is(403);
}

#[tokio::test]
async fn sensitive_properties_of_administrators_take_a_directory_role() {
    let api = Api::start().await;
    let user = api.somebody();
    assert!(api.sandbox.edit_user(&user.id, |user| user.holds_admin_role = true));
    for body in
        [json!({ "mobilePhone": "1" }), json!({ "businessPhones": [] }), json!({ "accountEnabled": false })]
    {
        assert_eq!(patch(&api, &user.id, body).await.is(403).code(), "Authorization_RequestDenied");
    }
    patch(&api, &user.id, json!({ "jobTitle": "Lead" })).await.is(204);
    api.sandbox.grant_directory_role();
    patch(&api, &user.id, json!({ "mobilePhone": "1" })).await.is(204);
}

#[tokio::test]
async fn restricted_management_units_refuse_everybody_else() {
    let api = Api::start().await;
    let mut user = User::new("cccccccc-0000-4000-8000-000000000001", "vip@contoso.example", "V");
    user.is_management_restricted = Some(true);
    api.sandbox.add_user(user);
    let refused = patch(&api, "vip@contoso.example", json!({ "jobTitle": "Lead" })).await.is(403);
    assert!(refused.message().contains("restricted management"), "{}", refused.message());
}
