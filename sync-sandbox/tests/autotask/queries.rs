//! Filters, pages, counts.

#![allow(clippy::needless_pass_by_value, reason = "callers write the value in place")]

use crate::client::{Answer, Api, CONTOSO, udf};
use reqwest::Method;
use serde_json::{Value, json};
use sync_sandbox::Options;

fn one(op: &str, field: &str, value: Value) -> Value {
    json!([{ "op": op, "field": field, "value": value }])
}

#[tokio::test]
async fn every_operator_finds_what_it_says() {
    let api = Api::start().await;
    let id = api.contact(json!({"title": "Chief Tester", "city": "Zürich"})).await;
    for (op, field, value, found) in [
        ("eq", "title", json!("chief tester"), true),
        ("EQ", "TITLE", json!("Chief Tester"), true),
        ("noteq", "title", json!("Chief Tester"), false),
        ("beginsWith", "title", json!("chief"), true),
        ("endsWith", "title", json!("TESTER"), true),
        ("contains", "city", json!("üri"), true),
        ("gt", "id", json!(id - 1), true),
        ("gte", "id", json!(id), true),
        ("lt", "id", json!(id), false),
        ("lte", "id", json!(id.to_string()), true),
        ("in", "id", json!([1, id]), true),
        ("notIn", "id", json!([1, id]), false),
        ("gt", "lastModifiedDate", json!("2026-01-01T00:00:00.000Z"), true),
        ("gt", "lastModifiedDate", json!("2026-01-01"), true),
    ] {
        let ids = api.contacts(one(op, field, value)).await.is(200).ids();
        assert_eq!(ids.contains(&id), found, "{op} {field}");
    }
    let missing = json!([{"op": "notExist", "field": "note"}, {"op": "exist", "field": "city"}]);
    assert!(api.contacts(missing).await.ids().contains(&id));
    let grouped = json!([{"op": "or", "items": [
        {"op": "and", "items": [{"op": "eq", "field": "title", "value": "x"}, {"op": "eq", "field": "city", "value": "Zürich"}]},
        {"op": "eq", "field": "id", "value": id},
    ]}]);
    assert_eq!(api.contacts(grouped).await.ids(), [id]);
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_said_under_500() {
    let api = Api::start().await;
    let many: Vec<i64> = (1..=501).collect();
    let each: Vec<Value> = (1..=501).map(|n| json!({"op": "eq", "field": "id", "value": n})).collect();
    let udf = |name: &str| json!({"op": "eq", "field": name, "udf": true, "value": "x"});
    for (filter, says) in [
        (one("eq", "nonsense", json!(1)), "Unable to find nonsense in the Contact Entity"),
        (one("eq", "solicitationOptOut", json!(true)), "Unable to find"),
        (
            one("eq", "id", json!("x")),
            "Conversion failed when converting the varchar value 'x' to data type int",
        ),
        (one("in", "id", json!(many)), "limited to 500 or fewer 'OR' conditions"),
        (json!([{"op": "or", "items": each}]), "limited to 500 or fewer 'OR' conditions"),
        (json!([]), "filter"),
        (json!([udf("Office365Id"), udf("SupportPIN")]), "Only one user defined field"),
        (json!([udf("office365id")]), "Unable to find office365id"),
        (one("like", "title", json!("x")), "operator"),
    ] {
        api.contacts(filter).await.refuses(500, says);
    }
    let fine: Vec<i64> = (1..=500).collect();
    api.contacts(one("in", "id", json!(fine))).await.is(200);
    for max in [0, 501] {
        let body = json!({"filter": one("gte", "id", json!(0)), "MaxRecords": max});
        api.post("Contacts/query", body).await.refuses(500, "between 1 and 500");
    }
}

#[tokio::test]
async fn is_active_is_a_number_on_contacts_and_a_boolean_on_companies() {
    let api = Api::start().await;
    let id = api.contact(json!({})).await;
    assert_eq!(api.read(id).await["isActive"], 1);
    for value in [json!(1), json!("1"), json!("true")] {
        assert!(api.contacts(one("eq", "isActive", value)).await.is(200).ids().contains(&id));
    }
    let company = api.get(&format!("Companies/{CONTOSO}")).await.json()["item"].clone();
    assert_eq!(company["isActive"], true);
    let body = |value: Value| json!({ "filter": one("eq", "isActive", value) });
    api.post("Companies/query", body(json!(1))).await.refuses(500, "Conversion failed");
    assert!(api.post("Companies/query", body(json!(true))).await.is(200).ids().contains(&CONTOSO));
}

#[tokio::test]
async fn a_user_defined_field_is_asked_for_by_its_exact_name() {
    let api = Api::start().await;
    let fields = json!([{"name": "Office365Id", "value": "id-77"}]);
    let id = api.contact(json!({ "userDefinedFields": fields })).await;
    let filter = json!([{"op": "eq", "field": "Office365Id", "udf": true, "value": "ID-77"}]);
    let found = api.contacts(filter).await.is(200);
    assert_eq!(found.ids(), [id]);
    let record = found.json()["items"][0].clone();
    assert_eq!(
        (udf(&record, "Office365Id"), udf(&record, "SupportPIN")),
        (Some("id-77".into()), Some(Value::Null))
    );
    let bare = api.contact(json!({})).await;
    assert_eq!(
        api.read(bare).await.get("userDefinedFields"),
        None,
        "the key is missing where no field has a value"
    );
}

async fn all() -> Api {
    Api::with(Options::sized(700, 620)).await
}

#[tokio::test]
async fn a_page_by_post_is_followed_by_post_only() {
    let api = all().await;
    let body = json!({"filter": one("eq", "companyID", json!(CONTOSO)), "MaxRecords": 500});
    let first = api.post("Contacts/query", body.clone()).await.is(200);
    let details = first.json()["pageDetails"].clone();
    assert_eq!((&details["count"], &details["requestCount"]), (&json!(500), &json!(500)));
    let next = details["nextPageUrl"].as_str().unwrap();
    let by_get = api.get(next).await.is(405).json();
    assert_eq!(by_get["Message"], "The requested resource does not support http method 'GET'.");
    let second = api.post(next, body).await.is(200);
    assert_eq!((second.ids().len(), &second.json()["pageDetails"]["nextPageUrl"]), (120, &Value::Null));
    assert!(second.ids().first() > first.ids().last());
}

#[tokio::test]
async fn a_search_by_get_is_followed_by_get() {
    let api = all().await;
    let search = json!({"filter": one("gte", "id", json!(0))}).to_string();
    let get = |path: String, search: Option<&str>| {
        let request = api.signed(Method::GET, &path);
        crate::client::send(match search {
            Some(search) => request.query(&[("search", search)]),
            None => request,
        })
    };
    let first = get("Contacts/query".into(), Some(&search)).await.is(200);
    let next = first.json()["pageDetails"]["nextPageUrl"].as_str().unwrap().to_owned();
    assert!(get(next, None).await.is(200).ids().first() > first.ids().last());
    let long = json!({"filter": one("eq", "title", json!("x".repeat(3000)))}).to_string();
    get("Contacts/query".into(), Some(&long)).await.is(404);
}

#[tokio::test]
async fn a_walk_along_the_ids_reads_everything_once() {
    let api = all().await;
    let (mut last, mut all): (i64, Vec<i64>) = (0, Vec::new());
    loop {
        let filter = json!([
            {"op": "eq", "field": "companyID", "value": CONTOSO}, {"op": "gt", "field": "id", "value": last},
        ]);
        let ids = api.contacts(filter).await.is(200).ids();
        let Some(new) = ids.last() else { break };
        last = *new;
        all.extend(ids);
    }
    let count =
        api.post("Contacts/query/count", json!({"filter": one("eq", "companyID", json!(CONTOSO))})).await;
    assert_eq!((all.len(), count.is(200).json()), (620, json!({"queryCount": 620})));
}

#[tokio::test]
async fn included_fields_and_no_others_are_answered() {
    let api = Api::start().await;
    let id = api
        .contact(json!({"title": "x", "userDefinedFields": [{"name": "Office365Id", "value": "1"}]}))
        .await;
    let ask = |fields: Value| json!({"filter": one("eq", "id", json!(id)), "IncludeFields": fields});
    let row = |answer: Answer| answer.is(200).json()["items"][0].clone();
    let plain = row(api.post("Contacts/query", ask(json!(["id", "FirstName"]))).await);
    assert_eq!(plain, json!({"id": id, "firstName": "Ada"}));
    let with = row(api.post("Contacts/query", ask(json!(["id", "Office365Id"]))).await);
    assert_eq!(udf(&with, "Office365Id"), Some("1".into()));
    api.post("Contacts/query", ask(json!(["id", "nonsense"]))).await.refuses(500, "Unable to find nonsense");
}

#[tokio::test]
async fn a_record_that_is_not_there_is_null_under_200() {
    let api = Api::start().await;
    assert_eq!(api.get("Contacts/999999999").await.is(200).json(), json!({"item": null}));
    assert_eq!(api.get("Companies/999999999").await.is(200).json(), json!({"item": null}));
    let children = api.get(&format!("Companies/{CONTOSO}/Contacts")).await.is(200);
    assert_eq!(children.ids().len(), 32);
}
