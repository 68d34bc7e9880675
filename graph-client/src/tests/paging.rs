//! Pages: how many calls, what each carries, and where a listing ends.

use super::*;
use sync_core::{ErrorKind, model::Attribute};
use wiremock::matchers::query_param_contains;

#[tokio::test]
async fn a_full_listing_costs_a_token_a_place_to_go_on_from_the_products_and_its_pages() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&users(0..999), Some(2001), Some(tenant.link("p2")))).await;
    tenant.page("p2", 1, page(&users(999..1998), None, Some(tenant.link("p3")))).await;
    tenant.page("p3", 1, page(&users(1998..2001), None, None)).await;

    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!(read.complete().reported_count, Some(2001));
    assert_eq!((read.present.len(), read.pages), (2001, 3));
    let anchor = read.present.last().unwrap().anchor.as_str();
    assert_eq!(anchor, format!("entra:{TENANT}:00000000-0000-4000-8000-000000002000"));
    assert_eq!(tenant.server.received_requests().await.unwrap().len(), 1 + 1 + 3 + 1);
}

#[tokio::test]
async fn an_empty_page_is_not_the_end() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&[], Some(1), Some(tenant.link("p2")))).await;
    tenant.page("p2", 1, page(&users(0..1), None, None)).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!((read.complete().reported_count, read.present.len()), (Some(1), 1));
}

#[tokio::test]
async fn an_empty_tenant_is_complete_and_a_body_without_rows_is_not() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&[], Some(0), None)).await;
    assert_eq!(read(&tenant.directory(), &UserQuery::all()).await.complete().reported_count, Some(0));

    for body in [json!({}), json!([]), json!({ "value": null }), json!({ "error": { "code": "x" } })] {
        let tenant = Tenant::with_basics().await;
        tenant.first_page(1, ok(&body)).await;
        let read = read(&tenant.directory(), &UserQuery::all()).await;
        assert_eq!(read.error().kind(), ErrorKind::UnexpectedResponse, "{body}");
    }
}

#[tokio::test]
async fn everything_the_engine_can_use_is_selected() {
    let tenant = Tenant::with_basics().await;
    let mut mock = first_page();
    for property in crate::wire::USER_PROPERTIES {
        if property != "employeeType" {
            mock = mock.and(query_param_contains("$select", property));
        }
    }
    let mut row = user(0);
    row["onPremisesExtensionAttributes"] = json!({ "extensionAttribute4": "CC-7" });
    tenant.expect("users", 1, mock, page(&[row], Some(1), None)).await;
    let mut config = tenant.config();
    config.omit_properties = ["employeeType".to_owned()].into();
    let mut query = UserQuery::all();
    let extension = Attribute::Extension("extensionAttribute4".into());
    query.extensions.insert(extension.clone());

    let read = read(&tenant.connect(config), &query).await;
    read.complete();
    assert_eq!(read.present[0].attribute(&extension), Some("CC-7"));
    let requests = tenant.server.received_requests().await.unwrap();
    let select = requests.iter().find_map(|r| r.url.query_pairs().find(|(k, _)| k == "$select")).unwrap().1;
    let selected: Vec<&str> = select.split(',').collect();
    assert!(
        !selected.contains(&"employeeType") && selected.contains(&"onPremisesExtensionAttributes"),
        "{select}"
    );
}

#[tokio::test]
async fn a_dead_page_token_starts_the_listing_anew() {
    for code in ["Directory_ExpiredPageToken", "DirectoryPageTokenNotFoundException"] {
        let tenant = Tenant::with_basics().await;
        let first = page(&users(0..3), Some(4), Some(tenant.link("dies")));
        first_page().respond_with(first).up_to_n_times(1).expect(1).mount(&tenant.server).await;
        tenant.page("dies", 1, refused(400, code)).await;
        // User 0 was deleted meanwhile.
        tenant.first_page(1, page(&users(1..3), Some(3), Some(tenant.link("lives")))).await;
        tenant.page("lives", 1, page(&users(3..4), None, None)).await;

        let read = read(&tenant.directory(), &UserQuery::all()).await;
        // The count is the last attempt's: four distinct rows against three make the read partial.
        assert_eq!(read.complete().reported_count, Some(3));
        assert_eq!(read.present.len(), 3 + 3);
    }
}

#[tokio::test]
async fn a_listing_that_keeps_dying_is_given_up_after_five_restarts() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(6, page(&users(0..1), Some(2), Some(tenant.link("dies")))).await;
    tenant.page("dies", 6, refused(400, "Directory_ExpiredPageToken")).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::Unavailable);
    assert_eq!(read.error().request_id(), Some("req-1"));
}

#[tokio::test]
async fn a_listing_without_a_count_is_counted_apart_so_that_an_early_end_is_noticed() {
    let tenant = Tenant::with_basics().await;
    // A first page without rows and without the number; then a page that should not have been the last.
    tenant.first_page(1, page(&[], None, Some(tenant.link("p2")))).await;
    tenant.page("p2", 1, page(&users(0..2), None, None)).await;
    tenant.counted(1, ResponseTemplate::new(200).set_body_string("\u{feff}3")).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!((read.complete().reported_count, read.present.len()), (Some(3), 2));
}

#[tokio::test]
async fn a_listing_that_nobody_counts_is_not_taken_for_a_whole_one() {
    for answer in [refused(400, "Request_BadRequest"), ResponseTemplate::new(200).set_body_string("<html>")] {
        let tenant = Tenant::with_basics().await;
        tenant.first_page(1, page(&users(0..2), None, None)).await;
        tenant.counted(1, answer).await;
        let read = read(&tenant.directory(), &UserQuery::all()).await;
        assert_eq!(read.present.len(), 2);
        let _ = read.error();
    }
}

#[tokio::test]
async fn after_a_restart_the_count_is_asked_for_anew() {
    let tenant = Tenant::with_basics().await;
    let first = page(&users(0..3), Some(3), Some(tenant.link("dies")));
    first_page().respond_with(first).up_to_n_times(1).expect(1).mount(&tenant.server).await;
    tenant.page("dies", 1, refused(400, "Directory_ExpiredPageToken")).await;
    tenant.first_page(1, page(&users(1..3), None, None)).await;
    tenant.counted(1, ResponseTemplate::new(200).set_body_string("2")).await;
    assert_eq!(read(&tenant.directory(), &UserQuery::all()).await.complete().reported_count, Some(2));
}

#[tokio::test]
async fn a_link_to_another_host_is_refused_and_gets_nothing() {
    let elsewhere = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&elsewhere).await;
    let tenant = Tenant::with_basics().await;
    let link = format!("{}/v1.0/users?$skiptoken=p2", elsewhere.uri());
    tenant.first_page(1, page(&users(0..1), Some(2), Some(link))).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::UnexpectedResponse);
    assert_eq!(read.present.len(), 1);
}

#[tokio::test]
async fn a_listing_that_runs_in_a_circle_is_an_error() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&users(0..1), Some(2), Some(tenant.link("p2")))).await;
    tenant.page("p2", 1, page(&users(1..2), None, Some(tenant.link("p2")))).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::UnexpectedResponse);
}

#[tokio::test]
async fn a_listing_of_too_many_pages_is_an_error() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&users(0..1), Some(3), Some(tenant.link("p2")))).await;
    tenant.page("p2", 1, page(&users(1..2), None, Some(tenant.link("p3")))).await;
    let mut config = tenant.config();
    config.max_pages = 2;
    let read = read(&tenant.connect(config), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::UnexpectedResponse);
}

#[tokio::test]
async fn absent_null_and_licences_survive_the_way() {
    let tenant = Tenant::with_basics().await;
    let mut row = user(0);
    row["assignedLicenses"] =
        json!([{ "skuId": "c7df2760-2c81-4ef7-b578-5b5392b571df", "disabledPlans": [] }]);
    tenant.first_page(1, page(&[row], Some(1), None)).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    let user = &read.present[0];
    assert_eq!(user.attributes.get(&Attribute::Mail), Some(&None), "null is read and empty");
    assert_eq!(user.attributes.get(&Attribute::JobTitle), None, "absent is not read");
    assert_eq!(user.licenses.as_ref().unwrap()[0].part_number.as_deref(), Some("ENTERPRISEPREMIUM"));
    assert_eq!(user.groups, None);
}

#[tokio::test]
async fn deleted_users_are_read_on_request_only() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    tenant.skus(2).await;
    tenant.first_page(2, page(&users(0..1), Some(1), None)).await;
    let deleted = json!({ "value": [{ "id": "DDDDDDDD-0000-4000-8000-000000000001" }] });
    let mock = graph("/v1.0/directory/deletedItems/microsoft.graph.user").and(query_param("$top", "999"));
    tenant.expect("deleted users", 1, mock, ok(&deleted)).await;

    let mut directory = tenant.directory();
    assert!(read(&directory, &UserQuery::all()).await.removed.is_empty());
    directory.read_deleted = true;
    let read = read(&directory, &UserQuery::all()).await;
    assert_eq!(read.removed, [format!("entra:{TENANT}:dddddddd-0000-4000-8000-000000000001")]);
    assert_eq!(
        read.complete().reported_count,
        Some(1),
        "the count is that of the users, not of the deleted ones"
    );
}

#[tokio::test]
async fn somebody_who_is_listed_and_told_as_deleted_is_there() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&users(0..1), Some(2), Some(tenant.link("p2")))).await;
    tenant.page("p2", 1, page(&users(1..2), None, None)).await;
    // The second was restored, which the deleted ones do not know yet.
    let restored = user(1)["id"].clone();
    let deleted = json!({ "value": [{ "id": restored }, { "id": user(2)["id"] }] });
    let mock = graph("/v1.0/directory/deletedItems/microsoft.graph.user");
    tenant.expect("deleted users", 1, mock, ok(&deleted)).await;
    let mut directory = tenant.directory();
    directory.read_deleted = true;
    let read = sync_core::DirectoryExt::read(&directory, &UserQuery::all()).await.unwrap();
    let sync_core::store::Rows::Replace(rows) = read.rows else { panic!("not a whole read") };
    let gone: Vec<&str> = rows.removed.iter().map(|anchor| anchor.object_id()).collect();
    assert_eq!((rows.users.len(), gone), (2, vec!["00000000-0000-4000-8000-000000000002"]));
    assert!(read.completeness.is_complete());
}

#[tokio::test]
async fn without_the_permission_for_deleted_users_the_others_are_read() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&users(0..1), Some(1), None)).await;
    let mock = graph("/v1.0/directory/deletedItems/microsoft.graph.user");
    tenant.expect("deleted users", 1, mock, refused(403, "Authorization_RequestDenied")).await;
    let mut directory = tenant.directory();
    directory.read_deleted = true;
    let read = read(&directory, &UserQuery::all()).await;
    read.complete();
    assert_eq!((read.present.len(), read.removed.len()), (1, 0));
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before_any_call() {
    let tenant = Tenant::start().await;
    let directory = tenant.directory();
    let mut since = UserQuery::all();
    since.since = Some(sync_core::model::DeltaToken::new("canary"));
    assert_eq!(read(&directory, &since).await.error().kind(), ErrorKind::DeltaExpired);
    let mut extension = UserQuery::all();
    extension.extensions.insert(Attribute::Extension("costCenter".into()));
    assert_eq!(read(&directory, &extension).await.error().kind(), ErrorKind::ConfigInvalid);
}
