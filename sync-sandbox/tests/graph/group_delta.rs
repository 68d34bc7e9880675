//! `/groups/delta`: direct members that came and went.

use serde_json::{Value, json};

use crate::client::{Api, rows};

const GROUP: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const INNER: &str = "aaaaaaaa-0000-4000-8000-000000000002";

async fn round(api: &Api, start: &str) -> (Vec<Value>, String) {
    let pages = api.pages(start).await;
    let link = pages.last().unwrap()["@odata.deltaLink"].as_str().unwrap().to_owned();
    (pages.iter().flat_map(rows).cloned().collect(), link)
}

#[tokio::test]
async fn a_first_round_has_every_group_with_its_direct_members() {
    let api = Api::start().await;
    let (rows, link) = round(&api, "groups/delta?$select=displayName,members").await;
    assert_eq!(rows.len(), api.sandbox.groups().len());
    let staff = rows.iter().find(|row| row["displayName"] == "All Staff").unwrap();
    let members = staff["members@delta"].as_array().unwrap();
    assert!(!members.is_empty() && members.iter().all(|one| one["@odata.type"] == "#microsoft.graph.group"));
    assert!(round(&api, &link).await.0.is_empty());
}

#[tokio::test]
async fn later_rounds_tell_who_came_who_left_and_which_group_is_gone() {
    let api = Api::start().await;
    let users = api.sandbox.users();
    for group in [GROUP, INNER] {
        api.sandbox.add_group(group, "Made");
    }
    assert!(api.sandbox.add_member(GROUP, &users[0].id));
    let (rows, link) = round(&api, "groups/delta?$select=members&$deltatoken=latest").await;
    assert!(rows.is_empty(), "from now on");
    assert!(api.sandbox.add_member(GROUP, INNER) && api.sandbox.remove_member(GROUP, &users[0].id));
    let (rows, link) = round(&api, &link).await;
    let expected = json!({ "id": GROUP, "members@delta": [
        { "@odata.type": "#microsoft.graph.group", "id": INNER },
        { "@odata.type": "#microsoft.graph.user", "id": users[0].id, "@removed": { "reason": "deleted" } },
    ] });
    let mut found = rows[0].clone();
    found["members@delta"].as_array_mut().unwrap().sort_by_key(|one| one["@odata.type"].to_string());
    assert_eq!((rows.len(), found), (1, expected));

    assert!(api.sandbox.add_member(INNER, &users[1].id));
    let (rows, link) = round(&api, &link).await;
    assert_eq!((rows.len(), rows[0]["id"].as_str().unwrap()), (1, INNER), "direct members only");
    assert!(api.sandbox.delete_group(INNER) && !api.sandbox.delete_group(INNER));
    let (rows, _) = round(&api, &link).await;
    assert_eq!(rows, [json!({ "id": INNER, "@removed": { "reason": "deleted" } })]);
}

#[tokio::test]
async fn tokens_of_users_and_groups_are_not_interchangeable() {
    let api = Api::start().await;
    let (_, link) = round(&api, "users/delta?$select=displayName&$deltatoken=latest").await;
    api.get(&link.replace("/users/delta", "/groups/delta")).await.is(400);
    api.sandbox.inject("graph:expired-delta-token[GET /groups]".parse().unwrap());
    let (_, link) = round(&api, "groups/delta?$deltatoken=latest").await;
    assert_eq!(api.get(&link).await.is(400).code(), "syncStateNotFound");
}

#[tokio::test]
async fn groups_nested_in_a_group_can_be_listed_alone() {
    let api = Api::start().await;
    for group in [GROUP, INNER] {
        api.sandbox.add_group(group, "Made");
    }
    assert!(api.sandbox.add_member(GROUP, INNER) && api.sandbox.add_member(INNER, &api.somebody().id));
    let path = format!("groups/{GROUP}/transitiveMembers/microsoft.graph.group?$select=id");
    assert_eq!(api.get(&path).await.is(200).body["value"], json!([{ "id": INNER }]));
}
