//! Groups and their members.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::client::{Api, column};

async fn group(api: &Api, name: &str) -> String {
    let path = format!("groups?$filter=displayName eq '{name}'&$select=id");
    let found = api.get(&path).await.is(200);
    assert_eq!(found.rows().len(), 1, "{name}");
    found.rows()[0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn transitive_members_open_nested_groups() {
    let api = Api::start().await;
    let id = group(&api, "All Staff").await;
    let direct = api.get(&format!("groups/{id}/members/microsoft.graph.user?$select=id")).await.is(200);
    assert_eq!(direct.rows().len(), 0, "only groups are direct members");
    let all =
        api.get(&format!("groups/{id}/transitiveMembers/microsoft.graph.user?$select=id&$top=999")).await;
    let expected: BTreeSet<_> = api
        .sandbox
        .users()
        .into_iter()
        .filter(|user| user.department.is_some())
        .map(|user| user.id)
        .collect();
    let found: BTreeSet<_> = column(all.rows(), "id").into_iter().map(str::to_owned).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn uncast_members_are_of_several_types_and_page() {
    let api = Api::start().await;
    let id = group(&api, "All Staff").await;
    let direct = api.get(&format!("groups/{id}/members")).await.is(200);
    assert!(!direct.rows().is_empty());
    assert!(direct.rows().iter().all(|row| row["@odata.type"] == "#microsoft.graph.group"));
    assert!(direct.rows()[0].get("surname").is_none(), "groups have no surname");
    let pages = api.pages(&format!("groups/{id}/transitiveMembers?$select=id,displayName&$top=7")).await;
    let types: BTreeSet<_> = pages
        .iter()
        .flat_map(|page| page["value"].as_array().unwrap())
        .map(|row| row["@odata.type"].as_str().unwrap())
        .collect();
    assert_eq!(types, BTreeSet::from(["#microsoft.graph.group", "#microsoft.graph.user"]));
}

#[tokio::test]
async fn filtering_members_is_advanced() {
    let api = Api::start().await;
    let id = group(&api, "All Staff").await;
    let path = format!("groups/{id}/transitiveMembers/microsoft.graph.user?$filter=accountEnabled eq true");
    assert_eq!(api.get(&path).await.is(400).code(), "Request_UnsupportedQuery");
    api.get_eventual(&format!("{path}&$count=true")).await.is(200);
}

#[tokio::test]
async fn members_without_the_user_permission_are_ids_only() {
    let api = Api::start().await;
    let id = group(&api, "All Staff").await;
    for name in ["User.Read.All", "Directory.Read.All"] {
        api.sandbox.inject(format!("missing-permission={name}").parse().unwrap());
    }
    let path = format!("groups/{id}/transitiveMembers/microsoft.graph.user");
    let limited = api.get(&path).await.is(200);
    let row = &limited.rows()[0];
    assert_eq!(row["@odata.type"], "#microsoft.graph.user");
    assert!(row["id"].is_string());
    assert_eq!((&row["displayName"], &row["mail"]), (&Value::Null, &Value::Null));
    api.get("users").await.is(403);
}

#[tokio::test]
async fn groups_show_their_kind() {
    let api = Api::start().await;
    let unified = group(&api, "Leadership Team").await;
    let one = api.get(&format!("groups/{unified}")).await.is(200).body;
    assert_eq!((&one["groupTypes"][0], &one["securityEnabled"]), (&"Unified".into(), &false.into()));
    api.get("groups/00000000-0000-4000-8000-000000000000").await.is(404);
    api.get("groups?$select=members").await.is(400);
    assert!(api.get("groups?$filter=groupTypes/any(c:c eq 'Unified')").await.is(200).rows().len() == 1);
}
