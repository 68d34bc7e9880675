//! Reads of changes against answers that contradict each other, come in part, or are none.

use super::*;
use sync_core::{
    ErrorKind,
    model::{Attribute, DeltaToken},
};
use wiremock::{Request, Respond};

const USER: &str = "00000000-0000-4000-8000-000000000001";

/// Answers reads by id with those of these users that are asked for.
struct ById(Vec<Value>);

impl Respond for ById {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let answer = |one: &Value| {
            let url = one["url"].as_str().unwrap();
            assert!(url.contains("$filter=id%20in%20("), "{url}");
            let found: Vec<&Value> =
                self.0.iter().filter(|user| url.contains(user["id"].as_str().unwrap())).collect();
            json!({ "id": one["id"], "status": 200, "headers": {}, "body": { "value": found } })
        };
        let responses: Vec<Value> = body["requests"].as_array().unwrap().iter().map(answer).collect();
        ok(&json!({ "responses": responses }))
    }
}

impl Tenant {
    /// What `place` answers once: these rows, and a place of this name to go on from.
    async fn changes(&self, place: &str, rows: &[Value], next: &str) {
        let link = format!("{}/v1.0/users/delta?$deltatoken={next}", self.server.uri());
        self.changed(place, ok(&json!({ "value": rows, "@odata.deltaLink": link }))).await;
    }

    async fn changed(&self, place: &str, answer: ResponseTemplate) {
        let mock = graph("/v1.0/users/delta").and(query_param("$deltatoken", place));
        self.expect(&format!("changes since {place}"), 1, mock, answer).await;
    }

    async fn by_id(&self, calls: u64, users: Vec<Value>) {
        let mock = Mock::given(method("POST")).and(path("/v1.0/$batch"));
        mock.respond_with(ById(users)).named("users by id").expect(calls).mount(&self.server).await;
    }

    /// A directory that has read everything, and where to go on from.
    async fn read_once(products: u64) -> (Self, GraphDirectory, DeltaToken) {
        let tenant = Self::start().await;
        tenant.token(1).await;
        tenant.skus(products).await;
        tenant.first_page(1, page(&users(0..3), Some(3), None)).await;
        let directory = tenant.directory();
        let first = read(&directory, &UserQuery::all()).await;
        let token = first.complete().resume.clone().expect("a place to go on from");
        (tenant, directory, token)
    }
}

fn since(token: &DeltaToken) -> UserQuery {
    let mut query = UserQuery::all();
    query.since = Some(token.clone());
    query
}

fn gone(reason: &str) -> Value {
    json!({ "id": USER, "@removed": { "reason": reason } })
}

#[tokio::test]
async fn nothing_new_costs_one_call() {
    let (tenant, directory, token) = Tenant::read_once(1).await;
    tenant.changes("d1", &[], "d2").await;
    let before = tenant.server.received_requests().await.unwrap().len();
    let read = read(&directory, &since(&token)).await;
    assert!(read.present.is_empty() && read.removed.is_empty());
    assert_ne!(read.complete().resume, Some(token), "the place moves on");
    assert_eq!(tenant.server.received_requests().await.unwrap().len() - before, 1);
}

#[tokio::test]
async fn a_change_that_shows_a_part_becomes_a_whole_user() {
    let (tenant, directory, token) = Tenant::read_once(2).await;
    let part = json!({ "id": USER, "jobTitle": "Director", "mobilePhone": null });
    tenant.changes("d1", &[part], "d2").await;
    let mut whole = user(1);
    // The read by id is answered by a replica that has not heard of the change yet.
    (whole["jobTitle"], whole["mobilePhone"], whole["city"]) =
        (json!("Clerk"), json!("+1 555 0100"), json!("Oslo"));
    tenant.by_id(1, vec![whole]).await;
    let read = read(&directory, &since(&token)).await;
    read.complete();
    let [user] = &read.present[..] else { panic!("{:?}", read.present) };
    assert_eq!(user.attribute(&Attribute::JobTitle), Some("Director"), "the change counts");
    assert_eq!(user.attributes.get(&Attribute::MobilePhone), Some(&None), "and so does what was cleared");
    assert_eq!(user.attribute(&Attribute::City), Some("Oslo"), "the rest is read again");
    assert_eq!(user.enabled, Some(true));
}

#[tokio::test]
async fn rows_that_contradict_each_other_are_settled_by_reading_again() {
    let (tenant, directory, token) = Tenant::read_once(2).await;
    let row = |title: &str| json!({ "id": USER, "jobTitle": title, "city": "Oslo" });
    tenant.changes("d1", &[row("new"), row("new"), row("old")], "d2").await;
    let mut whole = user(1);
    (whole["jobTitle"], whole["city"]) = (json!("new"), json!("Bergen"));
    tenant.by_id(1, vec![whole]).await;
    let read = read(&directory, &since(&token)).await;
    read.complete();
    assert_eq!(read.present.len(), 1, "once, however often it came");
    assert_eq!(read.present[0].attribute(&Attribute::JobTitle), Some("new"));
    assert_eq!(read.present[0].attribute(&Attribute::City), Some("Oslo"));
}

#[tokio::test]
async fn both_kinds_of_removal_are_departures_once_the_user_cannot_be_found() {
    for reason in ["changed", "deleted"] {
        let (tenant, directory, token) = Tenant::read_once(2).await;
        tenant.changes("d1", &[gone(reason)], "d2").await;
        tenant.by_id(1, vec![]).await;
        let read = read(&directory, &since(&token)).await;
        read.complete();
        assert_eq!(read.removed, [format!("entra:{TENANT}:{USER}")], "{reason}");
    }
}

#[tokio::test]
async fn of_rows_that_say_there_and_gone_neither_is_the_newer_by_its_place() {
    let there = json!({ "id": USER, "displayName": "Restored" });
    for rows in [[there.clone(), gone("changed")], [gone("changed"), there]] {
        for is_there in [true, false] {
            let (tenant, directory, token) = Tenant::read_once(3).await;
            tenant.changes("d1", &rows, "d2").await;
            tenant.changes("d2", &[], "d3").await;
            let lagging = Mock::given(method("POST")).and(path("/v1.0/$batch"));
            lagging.respond_with(ById(vec![])).up_to_n_times(1).expect(1).mount(&tenant.server).await;
            tenant.by_id(1, if is_there { vec![user(1)] } else { vec![] }).await;
            let first = read(&directory, &since(&token)).await;
            assert_eq!((first.present.len(), first.removed.len()), (0, 0), "nothing is concluded yet");
            let second = read(&directory, &since(first.complete().resume.as_ref().unwrap())).await;
            second.complete();
            let expected = if is_there { (1, 0) } else { (0, 1) };
            assert_eq!((second.present.len(), second.removed.len()), expected);
        }
    }
}

#[tokio::test]
async fn a_removed_user_who_is_there_is_looked_at_again_before_anything_is_concluded() {
    for there_after_all in [true, false] {
        let (tenant, directory, token) = Tenant::read_once(3).await;
        tenant.changes("d1", &[gone("changed")], "d2").await;
        tenant.changes("d2", &[], "d3").await;
        tenant.changes("d3", &[], "d4").await;
        let found = Mock::given(method("POST")).and(path("/v1.0/$batch"));
        found.respond_with(ById(vec![user(1)])).up_to_n_times(1).expect(1).mount(&tenant.server).await;
        tenant.by_id(1, if there_after_all { vec![user(1)] } else { vec![] }).await;

        let first = read(&directory, &since(&token)).await;
        assert_eq!((first.present.len(), first.removed.len()), (1, 0), "still there, as far as one can tell");
        let second = read(&directory, &since(first.complete().resume.as_ref().unwrap())).await;
        let expected = if there_after_all { (1, 0) } else { (0, 1) };
        assert_eq!((second.present.len(), second.removed.len()), expected);
        let third = read(&directory, &since(second.complete().resume.as_ref().unwrap())).await;
        assert_eq!((third.present.len(), third.removed.len()), (0, 0), "settled");
    }
}

#[tokio::test]
async fn a_changed_user_who_cannot_be_found_is_neither_lost_nor_gone() {
    for comes in [true, false] {
        let (tenant, directory, token) = Tenant::read_once(3).await;
        tenant.changes("d1", &[json!({ "id": USER, "displayName": "New" })], "d2").await;
        tenant.changes("d2", &[], "d3").await;
        let none = Mock::given(method("POST")).and(path("/v1.0/$batch"));
        none.respond_with(ById(vec![])).up_to_n_times(1).expect(1).mount(&tenant.server).await;
        tenant.by_id(1, if comes { vec![user(1)] } else { vec![] }).await;
        let first = read(&directory, &since(&token)).await;
        assert!(first.present.is_empty() && first.removed.is_empty());
        let second = read(&directory, &since(first.complete().resume.as_ref().unwrap())).await;
        if comes {
            second.complete();
            assert_eq!(second.present.len(), 1);
        } else {
            assert_eq!(second.error().kind(), ErrorKind::DeltaExpired, "reading everything tells");
        }
    }
}

#[tokio::test]
async fn a_place_that_the_directory_forgot_asks_for_a_whole_read() {
    for (status, code) in [
        (410, "resyncRequired"),
        (410, ""),
        (400, "syncStateNotFound"),
        (400, "ResyncApplyDifferences"),
        (404, "resyncUploadDifferences"),
    ] {
        let (tenant, directory, token) = Tenant::read_once(1).await;
        tenant.changed("d1", refused(status, code)).await;
        let read = read(&directory, &since(&token)).await;
        assert_eq!(read.error().kind(), ErrorKind::DeltaExpired, "{status} {code}");
    }
}

#[tokio::test]
async fn a_place_of_another_read_is_not_gone_on_from_and_nothing_is_sent() {
    let (tenant, directory, token) = Tenant::read_once(1).await;
    let before = tenant.server.received_requests().await.unwrap().len();
    let mut query = since(&token);
    query.extensions.insert(Attribute::Extension("extensionAttribute1".into()));
    assert_eq!(read(&directory, &query).await.error().kind(), ErrorKind::DeltaExpired);
    let mut config = tenant.config();
    config.omit_properties = ["faxNumber".to_owned()].into();
    let other = tenant.connect(config);
    assert_eq!(read(&other, &since(&token)).await.error().kind(), ErrorKind::DeltaExpired);
    tenant.clock.advance(std::time::Duration::from_secs(7 * 86_400));
    assert_eq!(read(&directory, &since(&token)).await.error().kind(), ErrorKind::DeltaExpired);
    assert_eq!(tenant.server.received_requests().await.unwrap().len(), before);
}

#[tokio::test]
async fn an_answer_that_is_no_round_is_an_error_and_moves_nothing() {
    let link = |host: &str| json!({ "value": [], "@odata.nextLink": format!("{host}/v1.0/users/delta?$skiptoken=x") });
    for body in [
        json!({ "value": [] }),
        json!({ "value": [], "@odata.deltaLink": "" }),
        json!({ "@odata.deltaLink": "x" }),
        json!({ "value": [{ "displayName": "x" }], "@odata.deltaLink": "x" }),
        json!({ "value": [{ "id": "a b" }], "@odata.deltaLink": "x" }),
        link("https://graph.example.org"),
    ] {
        let (tenant, directory, token) = Tenant::read_once(1).await;
        let shown = body.to_string();
        tenant.changed("d1", ok(&body)).await;
        let read = read(&directory, &since(&token)).await;
        assert_eq!(read.error().kind(), ErrorKind::UnexpectedResponse, "{shown}");
    }
}

#[tokio::test]
async fn changes_come_over_pages_and_a_dead_page_token_begins_the_round_anew() {
    let (tenant, directory, token) = Tenant::read_once(2).await;
    let next = format!("{}/v1.0/users/delta?$skiptoken=p2", tenant.server.uri());
    let first = ok(&json!({ "value": [gone("changed")], "@odata.nextLink": next }));
    let mock = graph("/v1.0/users/delta").and(query_param("$deltatoken", "d1"));
    tenant.expect("first page", 2, mock, first).await;
    let second = || graph("/v1.0/users/delta").and(query_param("$skiptoken", "p2"));
    let dead = refused(400, "Directory_ExpiredPageToken");
    second().respond_with(dead).up_to_n_times(1).expect(1).mount(&tenant.server).await;
    let link = format!("{}/v1.0/users/delta?$deltatoken=d2", tenant.server.uri());
    let last = ok(&json!({ "value": [{ "id": user(2)["id"], "city": "Oslo" }], "@odata.deltaLink": link }));
    tenant.expect("second page", 1, second(), last).await;
    tenant.by_id(1, vec![user(2)]).await;
    let read = read(&directory, &since(&token)).await;
    read.complete();
    assert_eq!((read.present.len(), read.removed.len()), (1, 1));
}

#[tokio::test]
async fn users_read_again_without_their_data_are_a_missing_permission() {
    let (tenant, directory, token) = Tenant::read_once(2).await;
    tenant.changes("d1", &[json!({ "id": USER, "city": "Oslo" })], "d2").await;
    tenant.by_id(1, vec![json!({ "id": USER, "userPrincipalName": null, "accountEnabled": null })]).await;
    let read = read(&directory, &since(&token)).await;
    assert_eq!(read.error().kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn one_changed_user_of_unknown_state_is_unknown_and_stops_nobody() {
    let (tenant, directory, token) = Tenant::read_once(2).await;
    tenant.changes("d1", &[json!({ "id": USER, "city": "Oslo", "accountEnabled": null })], "d2").await;
    let mut unknown = user(1);
    unknown["accountEnabled"] = Value::Null;
    tenant.by_id(1, vec![unknown]).await;
    tenant.states(1, &[Some(true)]).await;
    let read = read(&directory, &since(&token)).await;
    read.complete();
    let [user] = &read.present[..] else { panic!("{:?}", read.present) };
    assert_eq!((user.enabled, user.attribute(&Attribute::City)), (None, Some("Oslo")));
}

#[tokio::test]
async fn changed_users_of_whom_one_has_a_state_cost_no_look_at_others() {
    let (tenant, directory, token) = Tenant::read_once(2).await;
    let other = user(2)["id"].clone();
    tenant.changes("d1", &[json!({ "id": USER, "city": "Oslo" }), json!({ "id": other })], "d2").await;
    let mut unknown = user(1);
    unknown["accountEnabled"] = Value::Null;
    tenant.by_id(1, vec![unknown, user(2)]).await;
    tenant.states(0, &[]).await;
    let read = read(&directory, &since(&token)).await;
    read.complete();
    assert_eq!((read.present[0].enabled, read.present[1].enabled), (None, Some(true)));
}

#[tokio::test]
async fn where_nobody_has_a_state_a_change_is_not_believed() {
    for states in [&[None, None][..], &[]] {
        let (tenant, directory, token) = Tenant::read_once(2).await;
        tenant.changes("d1", &[json!({ "id": USER, "city": null })], "d2").await;
        let mut unknown = user(1);
        unknown["accountEnabled"] = Value::Null;
        tenant.by_id(1, vec![unknown]).await;
        tenant.states(1, states).await;
        assert_eq!(read(&directory, &since(&token)).await.error().kind(), ErrorKind::PermissionDenied);
    }
}

#[tokio::test]
async fn a_round_of_more_rows_than_are_worth_keeping_asks_for_a_whole_read() {
    let (tenant, directory, token) = Tenant::read_once(1).await;
    let rows: Vec<Value> = users(0..25_001).into_iter().map(|user| json!({ "id": user["id"] })).collect();
    let link = format!("{}/v1.0/users/delta?$skiptoken=p2", tenant.server.uri());
    let first = graph("/v1.0/users/delta").and(query_param("$deltatoken", "d1"));
    tenant.expect("first page", 1, first, ok(&json!({ "value": rows, "@odata.nextLink": link }))).await;
    let second = graph("/v1.0/users/delta").and(query_param("$skiptoken", "p2"));
    let end = format!("{}/v1.0/users/delta?$deltatoken=d2", tenant.server.uri());
    tenant.expect("second page", 1, second, ok(&json!({ "value": rows, "@odata.deltaLink": end }))).await;
    let read = read(&directory, &since(&token)).await;
    assert_eq!(read.error().kind(), ErrorKind::DeltaExpired);
    assert!(read.error().message().contains("costs less"), "{}", read.error());
}

#[tokio::test]
async fn where_changes_cannot_be_followed_everything_is_read_without_a_place() {
    for (status, code) in
        [(400, "Request_BadRequest"), (403, "Authorization_RequestDenied"), (501, "NotImplemented")]
    {
        let tenant = Tenant::with_basics().await;
        let mock = changes_from_now();
        tenant.expect("place", 1, mock, refused(status, code)).await;
        tenant.first_page(1, page(&users(0..1), Some(1), None)).await;
        let read = read(&tenant.directory(), &UserQuery::all()).await;
        assert_eq!(read.complete().resume, None, "{status} {code}");
    }
}

#[tokio::test]
async fn the_place_is_taken_before_the_first_user_is_read() {
    let (tenant, _, _) = Tenant::read_once(1).await;
    let requests = tenant.server.received_requests().await.unwrap();
    let at = |path: &str| requests.iter().position(|request| request.url.path() == path).unwrap();
    assert!(at("/v1.0/users/delta") < at("/v1.0/users"));
}

#[tokio::test]
async fn a_place_to_go_on_from_that_lies_elsewhere_is_not_kept() {
    for elsewhere in ["https://elsewhere.example.com/v1.0/users/delta?$deltatoken=d2", "nowhere"] {
        let (tenant, directory, token) = Tenant::read_once(1).await;
        tenant.changed("d1", ok(&json!({ "value": [], "@odata.deltaLink": elsewhere }))).await;
        let read_of_changes = read(&directory, &since(&token)).await;
        assert_eq!(read_of_changes.error().kind(), ErrorKind::UnexpectedResponse, "{elsewhere}");

        let tenant = Tenant::with_basics().await;
        let link = json!({ "value": [], "@odata.deltaLink": elsewhere });
        changes_from_now().respond_with(ok(&link)).with_priority(1).mount(&tenant.server).await;
        tenant.first_page(1, page(&users(0..1), Some(1), None)).await;
        assert_eq!(read(&tenant.directory(), &UserQuery::all()).await.complete().resume, None, "{elsewhere}");
    }
}
