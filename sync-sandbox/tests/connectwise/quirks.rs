//! The quirks that a client must live with, one test each.

use reqwest::Method;
use serde_json::{Value, json};
use sync_sandbox::{Options, Vendor};

use crate::client::{Api, custom, items, send};

#[tokio::test]
async fn a_page_size_above_1000_is_capped_without_a_word() {
    let api = Api::with(Options::sized(1100, 1050)).await;
    let answer = api.get("company/contacts", &[("pageSize", "5000"), ("fields", "id")]).await.is(200);
    assert_eq!(answer.ids().len(), 1000);
    let answer = api.get("company/contacts", &[]).await.is(200);
    assert_eq!(answer.ids().len(), 25);
}

#[tokio::test]
async fn a_page_past_the_end_is_an_empty_array() {
    let api = Api::start().await;
    let answer = api.get("company/contacts", &[("page", "99")]).await.is(200);
    assert_eq!(answer.json(), json!([]));
}

#[tokio::test]
async fn forward_only_paging_refuses_an_order() {
    let api = Api::start().await;
    let list = |order: &'static [(&'static str, &'static str)]| {
        api.signed(Method::GET, "company/contacts").header("pagination-type", "forward-only").query(order)
    };
    assert_eq!(send(list(&[("orderBy", "id asc")])).await.is(400).json()["errors"], Value::Null);
    send(list(&[])).await.is(200);
}

#[tokio::test]
async fn forward_only_paging_ends_with_an_empty_link_header_and_shows_each_contact_once() {
    let api = Api::start().await;
    let mut seen: Vec<i64> = Vec::new();
    let mut page_id = "0".to_owned();
    let mut pages = 0;
    loop {
        pages += 1;
        let query = [("pageSize", "10"), ("pageId", page_id.as_str()), ("page", "7")];
        let request = api.signed(Method::GET, "company/contacts").header("pagination-type", "forward-only");
        let answer = send(request.query(&query)).await.is(200);
        let ids = answer.ids();
        let link = answer.header("link").expect("the header is there even at the end").to_owned();
        seen.extend(&ids);
        let Some((_, rest)) = link.split_once("pageId=") else {
            assert_eq!(link, "");
            assert!(ids.len() < 10);
            break;
        };
        assert!(link.ends_with("; rel=\"next\""), "{link}");
        page_id = rest.split(['&', '>']).next().unwrap().to_owned();
        assert_eq!(page_id.parse().ok(), ids.last().copied());
    }
    let all: Vec<i64> = api.inside().contacts().iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert_eq!(seen, all);
    assert_eq!((all.len(), pages), (36, 4), "a short page has no next link");
}

#[tokio::test]
async fn companyinfo_answers_null_for_an_unknown_company() {
    let api = Api::start().await;
    let answer = send(api.bare(Method::GET, "login/companyinfo/nobody")).await.is(200);
    assert_eq!(answer.json(), Value::Null);
    let company = &api.sandbox.connectwise().company;
    let answer = send(api.bare(Method::GET, &format!("login/companyinfo/{company}"))).await.is(200).json();
    assert_eq!(answer["Codebase"], "v2025_1/");
    assert!(api.sandbox.connectwise().base_url.ends_with(answer["SiteUrl"].as_str().unwrap()));
}

#[tokio::test]
async fn after_a_codebase_change_the_old_one_has_no_endpoints() {
    let api = Api::start().await;
    let count = |codebase: &'static str| {
        let access = api.sandbox.connectwise();
        api.bare(Method::GET, &format!("{codebase}/apis/3.0/company/contacts/count"))
            .basic_auth(format!("{}+{}", access.company, access.public_key), Some(&access.private_key))
            .header("clientId", &access.client_id)
    };
    send(count("v2025_1")).await.is(200);
    api.inside().set_codebase("v2025_2/");
    let answer = send(count("v2025_1")).await.is(404);
    assert_eq!(answer.json(), json!({"code": "ConnectWiseApi", "message": "The endpoint does not exist."}));
    send(count("v2025_2")).await.is(200);
    send(count("v4_6_release")).await.is(200);
    let company = &api.sandbox.connectwise().company;
    let answer = send(api.bare(Method::GET, &format!("login/companyinfo/{company}"))).await.json();
    assert_eq!(answer["Codebase"], "v2025_2/");
}

#[tokio::test]
async fn wrong_keys_are_401_on_an_own_installation_and_404_in_the_cloud() {
    let api = Api::start().await;
    let wrong = || {
        api.bare(Method::GET, "v4_6_release/apis/3.0/company/contacts")
            .basic_auth("contoso_msp+wrong", Some("wrong"))
            .header("clientId", &api.sandbox.connectwise().client_id)
    };
    send(wrong()).await.is(401).code("Unauthorized");
    api.inside().hide_bad_keys(true);
    send(wrong()).await.is(404).code("ConnectWiseApi");
    let answer = send(api.bare(Method::GET, "v4_6_release/apis/3.0/company/contacts")).await.is(401);
    assert_eq!(answer.json(), json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}));
    let access = api.sandbox.connectwise();
    let no_client_id = api
        .bare(Method::GET, "v4_6_release/apis/3.0/company/contacts")
        .basic_auth(format!("{}+{}", access.company, access.public_key), Some(&access.private_key));
    send(no_client_id).await.is(403);
    api.get("company/contacts", &[]).await.is(200);
}

#[tokio::test]
async fn a_contact_without_items_has_no_communication_items_key() {
    let api = Api::start().await;
    let contact = api.contact(json!({"firstName": "Ada", "company": {"id": 100}})).await;
    let shown = api.get(&format!("company/contacts/{}", contact["id"]), &[]).await.is(200).json();
    for key in ["communicationItems", "lastName", "title", "department", "managerContact"] {
        assert!(shown.get(key).is_none(), "{key}: {shown}");
    }
    assert_eq!(shown["company"], json!({"id": 100, "identifier": "Contoso", "name": "Contoso"}));
}

#[tokio::test]
async fn a_new_default_item_turns_the_old_default_of_its_kind_off() {
    let api = Api::start().await;
    let path = api
        .with_items(json!([
            {"type": {"id": 2}, "value": "555-0100", "defaultFlag": true},
            {"type": {"id": 1}, "value": "one@example.com", "defaultFlag": true},
        ]))
        .await;
    let op = json!([{"op": "add", "path": "/communicationItems/2",
        "value": {"type": {"id": 5}, "value": "two@example.com", "defaultFlag": true}}]);
    let after = api.patch(&path, op).await.is(200).json();
    let expected = [("555-0100", true), ("one@example.com", false), ("two@example.com", true)];
    assert_eq!(items(&after), expected.map(|(value, flag)| (value.to_owned(), flag)));
    assert_eq!(after["communicationItems"][2]["domain"], "@example.com");
    assert_eq!(after["communicationItems"][2]["communicationType"], "Email");
    assert_eq!(after["defaultPhoneNbr"], "555-0100");
}

#[tokio::test]
async fn an_add_at_the_front_appends_and_ignores_the_default_flag() {
    let api = Api::start().await;
    let path =
        api.with_items(json!([{"type": {"id": 1}, "value": "one@example.com", "defaultFlag": true}])).await;
    let op = json!([{"op": "add", "path": "/communicationItems/0",
        "value": {"type": {"id": 1}, "value": "two@example.com", "defaultFlag": true}}]);
    let after = api.patch(&path, op).await.is(200).json();
    let expected = [("one@example.com", true), ("two@example.com", false)];
    assert_eq!(items(&after), expected.map(|(value, flag)| (value.to_owned(), flag)));
}

#[tokio::test]
async fn removing_an_item_shifts_the_indexes_of_the_following_operations() {
    let api = Api::start().await;
    let new = || async {
        let item = |value: &str| json!({"type": {"id": 4}, "value": value});
        api.with_items(json!([item("a"), item("b"), item("c")])).await
    };
    let remove = |index: usize| json!({"op": "remove", "path": format!("/communicationItems/{index}")});
    let left = |contact: &Value| items(contact).into_iter().map(|(value, _)| value).collect::<String>();
    let ascending = api.patch(&new().await, json!([remove(0), remove(1)])).await.is(200).json();
    assert_eq!(left(&ascending), "b");
    let descending = api.patch(&new().await, json!([remove(1), remove(0)])).await.is(200).json();
    assert_eq!(left(&descending), "c");
    let all = api.patch(&new().await, json!([remove(2), remove(1), remove(0)])).await.is(200).json();
    assert!(all.get("communicationItems").is_none());
    api.patch(&new().await, json!([remove(0), remove(1), remove(2)])).await.is(400).code("InvalidPatch");
}

#[tokio::test]
async fn a_patch_that_is_not_an_array_is_refused() {
    let api = Api::start().await;
    let path = api.with_items(json!([])).await;
    api.patch(&path, json!({"op": "replace", "path": "title", "value": "CEO"}))
        .await
        .is(400)
        .code("InvalidPatch");
    let after =
        api.patch(&path, json!([{"op": "replace", "path": "title", "value": "CEO"}])).await.is(200).json();
    assert_eq!(after["title"], "CEO");
}

#[tokio::test]
async fn a_patch_of_company_identifier_answers_200_and_changes_nothing() {
    let api = Api::start().await;
    let path = api.with_items(json!([])).await;
    let op = json!([{"op": "replace", "path": "company/identifier", "value": "Fabrikam"}]);
    let after = api.patch(&path, op).await.is(200).json();
    assert_eq!(after["company"]["id"], 100);
    let op = json!([{"op": "replace", "path": "company", "value": {"identifier": "Fabrikam"}}]);
    let after = api.patch(&path, op).await.is(200).json();
    assert_eq!(after["company"], json!({"id": 250, "identifier": "Fabrikam", "name": "Fabrikam"}));
}

#[tokio::test]
async fn a_patch_fails_for_a_bad_value_in_a_field_that_it_does_not_touch() {
    let api = Api::start().await;
    let contact = api.contact(json!({"firstName": "Ada", "company": {"id": 100}})).await;
    let id = contact["id"].as_i64().unwrap();
    assert!(api.inside().edit_contact(id, |contact| contact["zip"] = "98101-0000-000".into()));
    let path = format!("company/contacts/{id}");
    let op = json!([{"op": "replace", "path": "title", "value": "CEO"}]);
    api.patch(&path, op.clone()).await.refuses("InvalidField", "zip");
    assert_eq!(api.get(&path, &[]).await.json()["_info"]["updatedBy"], "tgreen");
    let repair = json!([op[0], {"op": "replace", "path": "zip", "value": "98101"}]);
    assert_eq!(api.patch(&path, repair).await.is(200).json()["title"], "CEO");
}

#[tokio::test]
async fn an_instance_may_refuse_a_patch_without_a_custom_fields_operation() {
    let api = Api::start().await;
    let path = api.with_items(json!([])).await;
    api.inside().require_custom_fields_in_patch(true);
    let title = json!({"op": "replace", "path": "title", "value": "CEO"});
    api.patch(&path, json!([title])).await.refuses("MissingRequiredField", "customFields");
    let custom_fields = json!({"op": "replace", "path": "/customFields", "value": []});
    assert_eq!(api.patch(&path, json!([title, custom_fields])).await.is(200).json()["title"], "CEO");
}

#[tokio::test]
async fn an_unset_custom_field_has_no_value_key() {
    let api = Api::start().await;
    let path = api.with_items(json!([])).await;
    let before = api.get(&path, &[]).await.json();
    let field = custom(&before, "SupportPIN");
    assert!(field.get("value").is_none() && field["type"] == "Text", "{field}");
    let id = field["id"].as_i64().unwrap();
    let set = |value: Value| json!([{"op": "replace", "path": "customFields", "value": [{"id": id, "value": value}]}]);
    let after = api.patch(&path, set("1234".into())).await.is(200).json();
    assert_eq!(custom(&after, "SupportPIN")["value"], "1234");
    let after = api.patch(&path, set(Value::Null)).await.is(200).json();
    assert!(custom(&after, "SupportPIN").get("value").is_none());
}

#[tokio::test]
async fn a_first_name_is_required_and_has_at_most_30_characters() {
    let api = Api::start().await;
    let answer = api.post("company/contacts", json!({"lastName": "Lovelace"})).await;
    let expected = json!({
        "code": "InvalidObject", "message": "contact object is invalid",
        "errors": [{
            "code": "MissingRequiredField", "message": "The firstName field is required.",
            "resource": "contact", "field": "firstName",
        }],
    });
    assert_eq!(answer.is(400).json(), expected);
    let name = |length: usize| json!({"firstName": "é".repeat(length)});
    api.post("company/contacts", name(31)).await.refuses("InvalidField", "firstName");
    api.post("company/contacts", name(30)).await.is(201);
}

#[tokio::test]
async fn the_same_contact_can_be_created_twice() {
    let api = Api::start().await;
    let body = json!({"firstName": "Ada", "company": {"id": 100}, "ignoreDuplicates": false,
        "communicationItems": [{"type": {"id": 1}, "value": "ada@example.com", "defaultFlag": true}]});
    let (one, two) = (api.contact(body.clone()).await, api.contact(body).await);
    assert_ne!(one["id"], two["id"]);
    let query = [("childConditions", "communicationItems/value=\"ADA@example.com\"")];
    assert_eq!(api.get("company/contacts/count", &query).await.is(200).json(), json!({"count": 2}));
}

#[tokio::test]
async fn throttling_has_another_body_shape() {
    let api = Api::start().await;
    api.sandbox.inject("connectwise:429=30s".parse().unwrap());
    let answer = api.get("company/contacts", &[]).await.is(429);
    let message = "Too many requests. Please try again in 30 seconds.";
    assert_eq!(answer.json(), json!({"error": "ConnectWiseAPI", "message": message}));
    assert_eq!(answer.header("retry-after"), Some("30"));
    api.get("company/contacts", &[]).await.is(200);
}

#[tokio::test]
async fn a_contact_that_others_refer_to_cannot_be_deleted_without_an_heir() {
    let api = Api::start().await;
    let default = api.get("company/companies/250", &[]).await.json()["defaultContact"]["id"].clone();
    let path = format!("company/contacts/{default}");
    api.delete(&path).await.refuses("InvalidReference", "id");
    let usages = api.get(&format!("{path}/usages"), &[]).await.is(200).json();
    assert!(usages.as_array().unwrap().iter().any(|usage| usage["type"] == "Company"), "{usages}");
    api.delete(&format!("{path}?transferContactId=503")).await.is(204);
    assert_eq!(api.get("company/companies/250", &[]).await.json()["defaultContact"]["id"], 503);
    let answer = api.get(&path, &[]).await.is(404);
    assert_eq!(answer.json(), json!({"code": "NotFound", "message": format!("Contact {default} not found")}));

    let boss = api.contact(json!({"firstName": "Boss"})).await["id"].clone();
    api.contact(json!({"firstName": "Worker", "managerContact": {"id": boss}})).await;
    api.delete(&format!("company/contacts/{boss}")).await.refuses("InvalidReference", "id");
}

#[tokio::test]
async fn errors_may_be_null() {
    let api = Api::start().await;
    api.inside().require_ssl(true);
    let answer = api.get("company/contacts", &[]).await.is(403);
    assert_eq!(answer.json(), json!({"code": "Security", "message": "SSL is required.", "errors": null}));
    api.inside().require_ssl(false);
    api.inside().deny("company/noteTypes");
    let body = api.get("company/noteTypes", &[]).await.is(403).json();
    assert_eq!((&body["code"], body.get("errors")), (&json!("Security"), Some(&Value::Null)));
    api.get("company/contacts", &[]).await.is(200);
}

#[tokio::test]
async fn a_proxy_answers_502_in_html() {
    let api = Api::start().await;
    api.sandbox.inject("connectwise:html-502".parse().unwrap());
    let answer = api.get("company/contacts", &[]).await.is(502);
    assert!(answer.text.starts_with("<html>"), "{}", answer.text);
    assert!(answer.header("content-type").unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn types_in_conditions_are_refused_and_belong_in_child_conditions() {
    let api = Api::start().await;
    for condition in ["types/id=4", "types/name=\"VIP\"", "communicationItems/value=\"x\"", "unknownField=1"]
    {
        let answer = api.get("company/contacts", &[("conditions", condition)]).await.is(400);
        answer.code("ApiFindCondition");
    }
    let vendors = api.get("company/contacts", &[("childConditions", "types/id=4")]).await.is(200);
    let expected: Vec<i64> = api
        .inside()
        .contacts()
        .iter()
        .filter(|contact| contact["types"].as_array().unwrap().iter().any(|kind| kind["id"] == 4))
        .map(|contact| contact["id"].as_i64().unwrap())
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(vendors.ids(), expected);
}

#[tokio::test]
async fn a_callback_has_no_items_and_no_entity_at_all_after_a_delete() {
    let api = Api::start().await;
    let callback = |suppressed: bool, url: &str| json!({"url": url, "objectId": 1, "type": "contact", "level": "owner", "isSelfSuppressedFlag": suppressed});
    api.post("system/callbacks", callback(false, "http://127.0.0.1:9/hook?recordId=")).await.is(201);
    api.post("system/callbacks", callback(true, "http://127.0.0.1:9/quiet?recordId=")).await.is(201);
    let path = api.with_items(json!([{"type": {"id": 1}, "value": "ada@example.com"}])).await;
    let id: i64 = path.rsplit('/').next().unwrap().parse().unwrap();
    api.delete(&path).await.is(204);
    let due = api.inside().take_callbacks();
    assert_eq!(due.len(), 2, "own writes are suppressed where that was asked for: {due:?}");
    assert_eq!(due[0]["url"], format!("http://127.0.0.1:9/hook?recordId={id}&action=added"));
    let entity: Value = serde_json::from_str(due[0]["body"]["Entity"].as_str().unwrap()).unwrap();
    assert_eq!(entity["firstName"], "Ada");
    assert!(entity.get("communicationItems").is_none());
    assert_eq!(due[1]["body"]["Action"], "deleted");
    assert_eq!(due[1]["body"]["Entity"], Value::Null);
    assert_eq!(due[1]["body"]["ID"], id);

    api.inside().edit_contact(501, |contact| contact["title"] = "Lead".into());
    assert_eq!(api.inside().take_callbacks().len(), 2, "a technician's edit goes to both");
    assert!(api.inside().take_callbacks().is_empty());
}

#[tokio::test]
async fn the_same_callback_twice_is_object_exists() {
    let api = Api::start().await;
    let entry = |kind: &str, level: &str, url: &str| json!({"url": url, "objectId": 1, "type": kind, "level": level, "description": "sync"});
    let url = "https://sync.example.com/hook?recordId=";
    let first = api.post("system/callbacks", entry("contact", "Owner", url)).await.is(201).json();
    let again = api.post("system/callbacks", entry("contact", "owner", url)).await;
    let again = again.refuses("ObjectExists", "").json();
    assert_eq!(again["errors"][0]["message"], "A matching callback entry already exists");
    api.post("system/callbacks", entry("contact", "Company", url)).await.is(201);
    api.post("system/callbacks", entry("contact", "Board", url)).await.refuses("InvalidObject", "level");
    api.post("system/callbacks", entry("contact", "Owner", "http://sync.example.com"))
        .await
        .refuses("InvalidField", "url");
    api.delete(&format!("system/callbacks/{}", first["id"])).await.is(204);
    api.post("system/callbacks", entry("contact", "owner", url)).await.is(201);
}

#[tokio::test]
async fn a_contact_may_have_no_company() {
    let api = Api::start().await;
    let contact = api.get("company/contacts/504", &[]).await.is(200).json();
    assert!(contact.get("company").is_none() && contact["firstName"].is_string(), "{contact}");
    let alone = api.get("company/contacts", &[("conditions", "company/id = null")]).await.is(200);
    assert_eq!(alone.ids(), [504]);
    let contoso = api.get("company/contacts/count", &[("conditions", "company/id=100")]).await.is(200);
    assert_eq!(contoso.json()["count"], 32);
}

#[tokio::test]
async fn calls_are_counted_by_route_template() {
    let api = Api::start().await;
    api.get("company/contacts/504", &[]).await.is(200);
    api.get("company/contacts/501", &[]).await.is(200);
    let route = "/{codebase}/apis/3.0/company/contacts/{id}";
    assert_eq!(api.sandbox.calls().count(Vendor::ConnectWise, "GET", route), 2);
}
