//! Group membership: one listing per group, whole or not at all.

use super::*;
use std::collections::BTreeSet;
use sync_core::ErrorKind;

const SALES: &str = "AAAAAAAA-0000-4000-8000-000000000001";
const EMPTY: &str = "bbbbbbbb-0000-4000-8000-000000000002";

fn members(group: &str) -> MockBuilder {
    graph(&format!("/v1.0/groups/{group}/transitiveMembers/microsoft.graph.user"))
        .and(header("consistencylevel", "eventual"))
}

/// One call per group that is read.
async fn described(tenant: &Tenant, groups: &[&str]) {
    for group in groups {
        let asked = graph(&format!("/v1.0/groups/{group}"))
            .and(query_param("$select", "id,displayName,createdDateTime"));
        let answer = json!({ "id": group, "displayName": format!("Name of {}", &group[..4]), "createdDateTime": "2021-03-01T08:00:00Z" });
        tenant.expect("group", 1, asked, ok(&answer)).await;
    }
}

fn ids(numbers: std::ops::Range<u32>) -> Vec<Value> {
    numbers.map(|n| json!({ "id": user(n)["id"] })).collect()
}

fn asking(groups: &[&str]) -> UserQuery {
    let mut query = UserQuery::all();
    query.groups = groups.iter().map(|group| (*group).to_owned()).collect();
    query
}

#[tokio::test]
async fn membership_is_one_listing_per_group_and_none_per_user() {
    let tenant = Tenant::with_basics().await;
    described(&tenant, &[SALES, EMPTY]).await;
    let more = format!(
        "{}/v1.0/groups/{SALES}/transitiveMembers/microsoft.graph.user?$skiptoken=m2",
        tenant.server.uri()
    );
    let first = members(SALES)
        .and(query_param("$select", "id"))
        .and(query_param("$top", "999"))
        .and(query_param("$count", "true"));
    tenant.expect("members", 1, first, page(&ids(0..1), Some(2), Some(more))).await;
    let second = members(SALES).and(query_param("$skiptoken", "m2"));
    tenant.expect("more members", 1, second, page(&ids(1..2), None, None)).await;
    tenant.expect("no members", 1, members(EMPTY), page(&[], Some(0), None)).await;
    tenant.first_page(1, page(&users(0..3), Some(3), None)).await;

    let read = read(&tenant.directory(), &asking(&[SALES, EMPTY])).await;
    read.complete();
    let known: Vec<_> = read.groups.iter().map(|g| (g.id.as_str(), g.display_name.as_deref())).collect();
    assert_eq!(known, [(SALES, Some("Name of AAAA")), (EMPTY, Some("Name of bbbb"))]);
    assert!(read.groups.iter().all(|group| group.created_at.is_some()));
    // In a batch the ids of groups are in lower case.
    let sales = Some(BTreeSet::from([SALES.to_ascii_lowercase()]));
    let groups: Vec<_> = read.present.iter().map(|user| user.groups.clone()).collect();
    assert_eq!(groups, [sales.clone(), sales, Some(BTreeSet::new())]);
}

#[tokio::test]
async fn a_missing_group_or_permission_is_named_and_no_user_is_read() {
    for (status, code, kind, says) in [
        (403, "Authorization_RequestDenied", ErrorKind::PermissionDenied, "GroupMember.Read.All"),
        (404, "Request_ResourceNotFound", ErrorKind::NotFound, SALES),
    ] {
        let tenant = Tenant::with_basics().await;
        let group = graph(&format!("/v1.0/groups/{SALES}"));
        tenant.expect("group", 1, group, refused(status, code)).await;
        tenant.expect("members", 0, members(SALES), refused(status, code)).await;
        let read = read(&tenant.directory(), &asking(&[SALES])).await;
        assert_eq!(read.error().kind(), kind);
        assert!(read.error().message().contains(says), "{}", read.error());
    }
}

#[tokio::test]
async fn a_membership_that_stays_short_is_an_error_and_not_a_smaller_group() {
    let tenant = Tenant::with_basics().await;
    described(&tenant, &[SALES]).await;
    tenant.expect("members", 2, members(SALES), page(&ids(0..1), Some(2), None)).await;
    let read = read(&tenant.directory(), &asking(&[SALES])).await;
    assert_eq!(read.error().kind(), ErrorKind::UnexpectedResponse);
    assert!(read.error().message().contains("1 of the 2"), "{}", read.error());
}

#[tokio::test]
async fn a_membership_without_a_count_is_counted_apart_and_not_taken_for_a_smaller_group() {
    for (count, is_whole) in [("2", false), ("1", true)] {
        let tenant = Tenant::with_basics().await;
        described(&tenant, &[SALES]).await;
        let looks = if is_whole { 1 } else { 2 };
        tenant.expect("members", looks, members(SALES), page(&ids(0..1), None, None)).await;
        let counts = graph(&format!("/v1.0/groups/{SALES}/transitiveMembers/microsoft.graph.user/$count"))
            .and(header("consistencylevel", "eventual"));
        tenant.expect("count", looks, counts, ResponseTemplate::new(200).set_body_string(count)).await;
        if is_whole {
            tenant.first_page(1, page(&users(0..1), Some(1), None)).await;
        }
        let read = read(&tenant.directory(), &asking(&[SALES])).await;
        assert_eq!(read.error.is_none(), is_whole, "{:?}", read.error);
    }
}

#[tokio::test]
async fn a_membership_that_was_short_for_a_moment_is_read_again() {
    let tenant = Tenant::with_basics().await;
    described(&tenant, &[SALES]).await;
    let short = page(&ids(0..1), Some(2), None);
    members(SALES).respond_with(short).up_to_n_times(1).expect(1).mount(&tenant.server).await;
    tenant.expect("members", 1, members(SALES), page(&ids(0..2), Some(2), None)).await;
    tenant.first_page(1, page(&users(0..2), Some(2), None)).await;
    let read = read(&tenant.directory(), &asking(&[SALES])).await;
    read.complete();
    assert!(read.present.iter().all(|user| user.groups.as_ref().is_some_and(|groups| groups.len() == 1)));
}

#[tokio::test]
async fn a_dead_page_token_starts_a_membership_anew() {
    let tenant = Tenant::with_basics().await;
    described(&tenant, &[SALES]).await;
    let more = format!(
        "{}/v1.0/groups/{SALES}/transitiveMembers/microsoft.graph.user?$skiptoken=m2",
        tenant.server.uri()
    );
    let dies = members(SALES).and(query_param("$skiptoken", "m2"));
    tenant.expect("dead page", 1, dies, refused(400, "Directory_ExpiredPageToken")).await;
    let first = members(SALES).and(query_param_is_missing("$skiptoken"));
    first
        .respond_with(page(&ids(0..1), Some(1), Some(more)))
        .up_to_n_times(1)
        .expect(1)
        .mount(&tenant.server)
        .await;
    let again = members(SALES).and(query_param_is_missing("$skiptoken"));
    tenant.expect("members", 1, again, page(&ids(1..2), Some(1), None)).await;
    tenant.first_page(1, page(&users(0..2), Some(2), None)).await;
    let read = read(&tenant.directory(), &asking(&[SALES])).await;
    read.complete();
    let sizes: Vec<_> = read.present.iter().map(|user| user.groups.as_ref().unwrap().len()).collect();
    assert_eq!(sizes, [0, 1], "a member of the abandoned attempt lingers");
}

#[tokio::test]
async fn a_group_that_is_no_id_is_refused_without_a_look() {
    let tenant = Tenant::start().await;
    let read = read(&tenant.directory(), &asking(&["Sales"])).await;
    assert_eq!(read.error().kind(), ErrorKind::ConfigInvalid);
    assert!(read.error().message().contains("Sales"));
}

fn nested(group: &str) -> MockBuilder {
    graph(&format!("/v1.0/groups/{group}/transitiveMembers/microsoft.graph.group"))
}

#[tokio::test]
async fn nested_groups_that_were_not_all_listed_give_no_place_to_read_changes_from() {
    for (count, is_whole) in [(Some(2), false), (None, false), (Some(1), true)] {
        let tenant = Tenant::with_basics().await;
        described(&tenant, &[SALES]).await;
        tenant.expect("members", 1, members(SALES), page(&ids(0..1), Some(1), None)).await;
        tenant.first_page(1, page(&users(0..1), Some(1), None)).await;
        let looks = if is_whole { 1 } else { 2 };
        tenant
            .expect("nested groups", looks, nested(SALES), page(&[json!({ "id": EMPTY })], count, None))
            .await;
        if count.is_none() {
            let counts =
                graph(&format!("/v1.0/groups/{SALES}/transitiveMembers/microsoft.graph.group/$count"));
            tenant.expect("count", looks, counts, ResponseTemplate::new(200).set_body_string("2")).await;
        }
        let read = read(&tenant.directory(), &asking(&[SALES])).await;
        assert_eq!(
            read.complete().resume.is_some(),
            is_whole,
            "{count:?}: who joins the other would not be told"
        );
    }
}

fn group_changes(place: &str) -> MockBuilder {
    graph("/v1.0/groups/delta").and(query_param("$deltatoken", place))
}

/// What `place` answers: who came to the group (`false`) or left it (`true`), and where to go on.
async fn moved(tenant: &Tenant, place: &str, moves: &[(u32, bool)], next: &str) {
    let member = |(number, left): &(u32, bool)| {
        let mut member = json!({ "@odata.type": "#microsoft.graph.user", "id": user(*number)["id"] });
        if *left {
            member["@removed"] = json!({ "reason": "deleted" });
        }
        member
    };
    let members: Vec<Value> = moves.iter().map(member).collect();
    let rows = if moves.is_empty() { vec![] } else { vec![json!({ "id": SALES, "members@delta": members })] };
    let link = format!("{}/v1.0/groups/delta?$deltatoken={next}", tenant.server.uri());
    tenant
        .expect(place, 1, group_changes(place), ok(&json!({ "value": rows, "@odata.deltaLink": link })))
        .await;
    let number = &place[1..];
    let link = format!("{}/v1.0/users/delta?$deltatoken=d{}", tenant.server.uri(), &next[1..]);
    let users = graph("/v1.0/users/delta").and(query_param("$deltatoken", format!("d{number}").as_str()));
    tenant.expect("users", 1, users, ok(&json!({ "value": [], "@odata.deltaLink": link }))).await;
}

#[tokio::test]
async fn a_member_whom_the_listing_does_not_show_yet_is_looked_for_once_more() {
    // Who was there before, the move, how often the listing lags, and who is there in the end.
    for (before, moves, after) in [(0..1, (1, false), 0..2), (0..2, (1, true), 0..1)] {
        let tenant = Tenant::start().await;
        tenant.token(1).await;
        tenant.skus(3).await;
        let asked = graph(&format!("/v1.0/groups/{SALES}"));
        let answer = ok(&json!({ "id": SALES, "displayName": "Sales" }));
        asked.respond_with(answer).mount(&tenant.server).await;
        let list = |range: std::ops::Range<u32>| page(&ids(range.clone()), Some(range.len() as u64), None);
        // The first whole read, the look at what the change says, and the listing that follows it.
        members(SALES)
            .respond_with(list(before.clone()))
            .up_to_n_times(3)
            .expect(3)
            .mount(&tenant.server)
            .await;
        tenant.expect("members at last", 1, members(SALES), list(after.clone())).await;
        tenant.first_page(3, page(&users(0..2), Some(2), None)).await;
        let directory = tenant.directory();
        let query = asking(&[SALES]);
        let since = |read: &Read| {
            let mut query = query.clone();
            query.since = read.complete().resume.clone();
            query
        };
        moved(&tenant, "g1", &[moves], "g2").await;
        moved(&tenant, "g2", &[], "g3").await;
        moved(&tenant, "g3", &[], "g4").await;
        let in_it =
            |read: &Read| read.present.iter().filter(|u| !u.groups.as_ref().unwrap().is_empty()).count();
        let first = read(&directory, &query).await;
        let second = read(&directory, &since(&first)).await;
        assert_eq!(in_it(&second), before.len(), "the index lags");
        let third = read(&directory, &since(&second)).await;
        assert_eq!(in_it(&third), after.len(), "nothing is told again, and all the same it is looked at");
        let fourth = read(&directory, &since(&third)).await;
        assert!(fourth.present.is_empty(), "once");
        fourth.complete();
    }
}
