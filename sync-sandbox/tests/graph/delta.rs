//! `/users/delta`: rounds, tokens, and what they say about changes.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sync_sandbox::{Options, User};

use crate::client::{Api, answer, rows};

async fn round(api: &Api, start: &str) -> (Vec<Value>, String) {
    let pages = api.pages(start).await;
    let last = pages.last().unwrap();
    assert!(pages[..pages.len() - 1].iter().all(|page| page.get("@odata.deltaLink").is_none()));
    let link = last["@odata.deltaLink"].as_str().unwrap().to_owned();
    (pages.iter().flat_map(rows).cloned().collect(), link)
}

#[tokio::test]
async fn a_first_round_brings_everybody_in_pages_of_200() {
    let api = Api::of(Options::sized(450, 0)).await;
    let pages = api.pages("users/delta?$select=displayName,mail").await;
    assert_eq!(pages.iter().map(|page| rows(page).len()).collect::<Vec<_>>(), [200, 200, 50]);
    assert!(pages[0]["@odata.nextLink"].as_str().unwrap().contains("/users/delta?$skiptoken="));
    assert!(pages[2]["@odata.deltaLink"].as_str().unwrap().contains("/users/delta?$deltatoken="));
    for row in pages.iter().flat_map(rows) {
        assert!(row["id"].is_string() && row.get("jobTitle").is_none());
        assert_ne!(row.get("mail"), Some(&Value::Null), "a property never set is absent");
    }
}

#[tokio::test]
async fn every_spelling_of_the_function_is_taken() {
    let api = Api::of(Options::sized(5, 0)).await;
    for path in
        ["users/delta", "users/delta()", "users/microsoft.graph.delta()", "users/microsoft.graph.delta"]
    {
        assert_eq!(round(&api, path).await.0.len(), 5, "{path}");
    }
    let (rows, link) = round(&api, "users/delta?$DeltaToken=latest").await;
    assert!(rows.is_empty());
    assert!(round(&api, &link).await.0.is_empty());
}

#[tokio::test]
async fn a_later_round_brings_only_tracked_changes() {
    let api = Api::start().await;
    let users = api.sandbox.users();
    let (_, link) = round(&api, "users/delta?$select=displayName,jobTitle,mail").await;
    let user = api.somebody();
    assert!(api.sandbox.edit_user(&user.id, |user| user.job_title = None));
    assert!(api.sandbox.edit_user(&users[0].id, |user| user.city = Some("Oslo".to_owned())));
    api.sandbox.add_user(User::new(
        "00000000-0000-4000-8000-00000000000b",
        "new@contoso.example",
        "New Person",
    ));
    let (rows, next) = round(&api, &link).await;
    assert_eq!(rows.len(), 2, "the city is not tracked: {rows:?}");
    let edited = rows.iter().find(|row| row["id"] == user.id.as_str()).unwrap();
    assert_eq!(edited.get("jobTitle"), Some(&Value::Null), "a property that was cleared is null");
    assert_eq!(edited["displayName"], user.display_name, "unchanged ones come too");
    assert_ne!(next, link, "the link changes each time");
    assert!(round(&api, &next).await.0.is_empty());
    assert_eq!(round(&api, &link).await.0.len(), 2, "an old link can be used again");
}

#[tokio::test]
async fn minimal_rounds_bring_the_changed_properties_only() {
    let api = Api::start().await;
    let (_, link) = round(&api, "users/delta?$select=displayName,jobTitle").await;
    let user = api.somebody();
    assert!(api.sandbox.edit_user(&user.id, |user| user.job_title = Some("Director".to_owned())));
    let request = api.request(Method::GET, &link).header("Prefer", "return=minimal");
    let minimal = answer(request).await.is(200);
    assert_eq!(minimal.body["value"], json!([{ "id": user.id, "jobTitle": "Director" }]));
}

#[tokio::test]
async fn removed_users_say_how_they_went() {
    let api = Api::start().await;
    let (_, link) = round(&api, "users/delta?$select=displayName").await;
    let users = api.sandbox.users();
    assert!(api.sandbox.delete_user(&users[0].id));
    assert!(api.sandbox.purge_user(&users[1].id));
    assert!(api.sandbox.delete_user(&users[2].id) && api.sandbox.restore_user(&users[2].id));
    let (rows, _) = round(&api, &link).await;
    assert_eq!(rows[0], json!({ "id": users[0].id, "@removed": { "reason": "changed" } }));
    assert_eq!(rows[1], json!({ "id": users[1].id, "@removed": { "reason": "deleted" } }));
    assert_eq!(rows[2]["displayName"], users[2].display_name);
    assert!(rows[2].get("@removed").is_none() && rows.len() == 3);
}

#[tokio::test]
async fn a_delta_filter_takes_ids_only() {
    let api = Api::start().await;
    let users = api.sandbox.users();
    let filter = format!("id eq '{}' or id eq '{}'", users[3].id, users[4].id);
    let (rows, link) = round(&api, &format!("users/delta?$filter={filter}")).await;
    assert_eq!(rows.len(), 2);
    assert!(api.sandbox.disable_user(&users[5].id));
    assert!(round(&api, &link).await.0.is_empty());
    api.get("users/delta?$filter=displayName eq 'x'").await.is(400);
    let many = vec!["id eq 'a'"; 51].join(" or ");
    api.get(&format!("users/delta?$filter={many}")).await.is(400);
    for option in ["$top=5", "$orderby=displayName", "$expand=manager", "$search=\"displayName:a\""] {
        api.get(&format!("users/delta?{option}")).await.is(400);
    }
}

#[tokio::test]
async fn delta_tokens_expire_after_seven_days() {
    let mut api = Api::start().await;
    let (_, link) = round(&api, "users/delta").await;
    api.sandbox.advance_clock(Duration::from_secs(7 * 24 * 3600 - 60));
    api.sign_in().await;
    api.get(&link).await.is(200);
    api.sandbox.advance_clock(Duration::from_secs(120));
    assert_eq!(api.get(&link).await.is(400).code(), "syncStateNotFound");
    api.get("users/delta?$deltatoken=made-up").await.is(400);
}

#[tokio::test]
async fn a_resync_says_where_to_start_again() {
    let api = Api::start().await;
    let (_, link) = round(&api, "users/delta?$select=id").await;
    api.sandbox.inject("graph:resync".parse().unwrap());
    api.sandbox.inject("graph:expired-delta-token@2".parse().unwrap());
    let reset = api.get(&link).await.is(410);
    assert_eq!(reset.code(), "resyncRequired");
    let location = reset.header("location").to_owned();
    assert!(location.ends_with("/v1.0/users/delta?$deltatoken="), "{location}");
    assert_eq!(api.get(&link).await.is(400).code(), "syncStateNotFound");
    assert_eq!(round(&api, "users/delta").await.0.len(), 40);
}

#[tokio::test]
async fn a_scrambled_page_repeats_itself_backwards_with_older_states_last() {
    let api = Api::start().await;
    let users = api.sandbox.users();
    let (_, link) = round(&api, "users/delta?$select=displayName,jobTitle").await;
    assert!(api.sandbox.edit_user(&users[0].id, |user| user.job_title = Some("Director".to_owned())));
    assert!(api.sandbox.delete_user(&users[1].id));
    api.sandbox.inject("graph:scrambled-delta".parse().unwrap());
    let (rows, _) = round(&api, &link).await;
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    let [first, second] = [users[0].id.as_str(), users[1].id.as_str()];
    assert_eq!(ids, [second, second, first, first, first]);
    assert_eq!(rows[2]["jobTitle"], "Director");
    assert_eq!(rows[4].get("jobTitle").cloned().unwrap_or_default(), json!(users[0].job_title));
    assert_eq!(round(&api, &link).await.0.len(), 2, "once");
}

#[tokio::test]
async fn a_partial_page_keeps_ids_and_removals() {
    let api = Api::start().await;
    let user = api.somebody();
    let (_, link) = round(&api, "users/delta?$select=displayName,jobTitle,mail,department").await;
    assert!(api.sandbox.disable_user(&user.id), "not tracked");
    assert!(api.sandbox.edit_user(&user.id, |user| user.job_title = Some("Director".to_owned())));
    api.sandbox.inject("graph:partial-delta".parse().unwrap());
    let (rows, _) = round(&api, &link).await;
    assert_eq!((rows.len(), rows[0]["id"].as_str().unwrap()), (1, user.id.as_str()));
    assert!(rows[0].as_object().unwrap().len() < 5, "{rows:?}");
}

#[tokio::test]
async fn a_manager_is_tracked_where_it_is_selected() {
    let api = Api::start().await;
    let users = api.sandbox.users();
    let (_, with) = round(&api, "users/delta?$select=displayName,manager").await;
    let (_, without) = round(&api, "users/delta?$select=displayName").await;
    let boss = users[1].id.clone();
    assert!(api.sandbox.edit_user(&users[0].id, |user| user.manager = Some(boss.clone())));
    let (rows, _) = round(&api, &with).await;
    assert_eq!(rows[0]["manager@delta"][0]["id"], boss.as_str());
    assert!(round(&api, &without).await.0.is_empty());
    let listed = api
        .get(&format!(
            "users?$select=id&$filter=id eq '{}'&$expand=manager($select=displayName)",
            users[0].id
        ))
        .await
        .is(200);
    assert_eq!(listed.rows()[0]["manager"]["displayName"], users[1].display_name);
    assert_eq!(
        api.get(&format!("users/{}/manager?$select=id", users[0].id)).await.is(200).body["id"],
        boss.as_str()
    );
    let advanced = api.get_eventual("users?$select=id&$count=true&$expand=manager").await;
    assert_eq!(advanced.is(400).code(), "Request_UnsupportedQuery");
}
