//! `$filter`, `$orderby`, `$search`, and when they are advanced queries.

use serde_json::Value;

use crate::client::{Api, column};

async fn count(api: &Api, filter: &str, advanced: bool) -> usize {
    let path = format!("users?$top=999&$filter={}", filter.replace('#', "%23"));
    let answer =
        if advanced { api.get_eventual(&format!("{path}&$count=true")).await } else { api.get(&path).await };
    answer.is(200).rows().len()
}

#[tokio::test]
async fn default_operators_need_no_header() {
    let api = Api::start().await;
    let users = api.sandbox.users();
    let user = api.somebody();
    let (mail, department) = (user.mail.clone().unwrap(), user.department.clone().unwrap());
    let enabled = users.iter().filter(|user| user.account_enabled).count();
    assert_eq!(count(&api, "accountEnabled eq true", false).await, enabled);
    assert_eq!(count(&api, "userType eq 'Guest'", false).await, 1);
    assert_eq!(
        count(&api, &format!("mail eq '{}'", mail.to_uppercase().replace('\'', "''")), false).await,
        1
    );
    let same = users.iter().filter(|user| user.department.as_deref() == Some(&department)).count();
    let filter = format!("department eq '{}'", department.replace('&', "%26"));
    assert_eq!(count(&api, &filter, false).await, same);
    let filter = format!("id in ('{}','{}')", users[0].id, users[1].id);
    assert_eq!(count(&api, &filter, false).await, 2);
    let filter = format!("proxyAddresses/any(p:p eq 'smtp:{}')", mail.replace('\'', "''"));
    assert_eq!(count(&api, &filter, false).await, 1);
    let both = "startsWith(displayName,'svc') and accountEnabled eq true or userType eq 'Guest'";
    assert_eq!(count(&api, both, false).await, 2);
    assert_eq!(count(&api, "(userType eq 'Guest' or userType eq 'Member') and id eq 'x'", false).await, 0);
    assert_eq!(count(&api, "createdDateTime ge 2000-01-01T00:00:00Z", false).await, 40);
    let sku = &user.assigned_licenses[0];
    let holders = users.iter().filter(|user| user.assigned_licenses.contains(sku)).count();
    assert_eq!(count(&api, &format!("assignedLicenses/any(x:x/skuId eq {sku})"), false).await, holders);
}

#[tokio::test]
async fn advanced_operators_need_the_header_and_the_count() {
    let api = Api::start().await;
    for filter in [
        "userType ne 'Guest'",
        "not(userType eq 'Guest')",
        "endsWith(mail,'@contoso.example')",
        "companyName eq 'Contoso'",
        "department eq null",
        "assignedLicenses/$count ne 0",
        "not startsWith(displayName,'A')",
    ] {
        let path = format!("users?$filter={filter}");
        assert_eq!(api.get(&path).await.is(400).code(), "Request_UnsupportedQuery", "{filter}");
        assert_eq!(api.get_eventual(&path).await.is(400).code(), "Request_UnsupportedQuery", "{filter}");
        assert!(count(&api, filter, true).await > 0, "{filter}");
    }
    assert_eq!(count(&api, "userType ne 'Guest'", true).await, 39);
}

#[tokio::test]
async fn unsupported_and_malformed_filters_are_refused() {
    let api = Api::start().await;
    for (filter, code) in [
        ("shoeSize eq 4", "BadRequest"),
        ("displayName eq", "BadRequest"),
        ("displayName like 'x'", "BadRequest"),
        ("displayName eq 'x", "BadRequest"),
        ("(displayName eq 'x'", "BadRequest"),
        ("displayName eq 'x' garbage", "BadRequest"),
        ("faxNumber eq 'x'", "Request_UnsupportedQuery"),
        ("endsWith(displayName,'x')", "Request_UnsupportedQuery"),
        ("signInActivity eq 'x'", "Request_UnsupportedQuery"),
        ("assignedLicenses/$count eq 3", "Request_UnsupportedQuery"),
    ] {
        let path = format!("users?$count=true&$filter={filter}");
        assert_eq!(api.get_eventual(&path).await.is(400).code(), code, "{filter}");
    }
    let values = vec!["'a@contoso.example'"; 16].join(",");
    let path = format!("users?$filter=mail in ({values})");
    assert!(api.get(&path).await.is(400).message().contains("Max allowed: 15"));
    let deep = format!("users?$filter={}id eq 'x'{}", "(".repeat(50), ")".repeat(50));
    api.get(&deep).await.is(400);
}

#[tokio::test]
async fn sorting_a_filtered_listing_is_advanced() {
    let api = Api::start().await;
    let path = "users?$filter=accountEnabled eq true&$orderby=displayName";
    assert_eq!(api.get(path).await.is(400).message(), "Sorting not supported for current query.");
    let sorted = api.get_eventual(&format!("{path}&$count=true")).await.is(200);
    let names: Vec<String> =
        column(sorted.rows(), "displayName").into_iter().map(str::to_lowercase).collect();
    assert!(names.len() > 30 && names.is_sorted());
    api.get("users?$orderby=department").await.is(400);
    api.get("users?$orderby=displayName sideways").await.is(400);
}

#[tokio::test]
async fn a_search_needs_the_header_and_finds_beginnings_of_words() {
    let api = Api::start().await;
    let refused = api.get("users?$search=\"displayName:conf\"").await.is(400);
    assert_eq!(refused.code(), "Request_UnsupportedQuery");
    assert!(refused.message().contains("ConsistencyLevel: eventual"));
    let found = api.get_eventual("users?$search=\"displayName:onf\" OR \"displayName:vc-\"").await.is(200);
    assert_eq!(found.rows().len(), 0, "a word begins, it does not merely occur");
    let found = api.get_eventual("users?$search=\"displayName:conf\" OR \"displayName:svc-\"").await.is(200);
    let names = column(found.rows(), "displayName");
    assert!(
        names.len() >= 2 && names.iter().all(|name| name.starts_with("Conf") || name.starts_with("svc-"))
    );
    for bad in ["displayName:x", "\"shoeSize:1\"", "\"x\"", "\"displayName:a\" XOR \"displayName:b\""] {
        api.get_eventual(&format!("users?$search={bad}")).await.is(400);
    }
}

#[tokio::test]
async fn expanding_the_manager_is_taken_and_nobody_has_one() {
    let api = Api::start().await;
    let answer = api.get("users?$expand=manager($select=id)&$select=id").await.is(200);
    assert!(answer.rows().iter().all(|row| row.get("manager").is_none()));
    api.get("users?$expand=memberOf").await.is(400);
    let user = api.somebody();
    assert_eq!(
        api.get(&format!("users/{}/manager", user.id)).await.is(404).code(),
        "Request_ResourceNotFound"
    );
    assert_ne!(answer.body["value"], Value::Null);
}
