//! Refusals, outages and answers that are none.

use super::*;
use std::{sync::Mutex, time::Duration};
use sync_core::{ErrorKind, Retry};

#[tokio::test]
async fn a_throttled_page_waits_as_long_as_it_is_told() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, page(&users(0..1), Some(2), Some(tenant.link("p2")))).await;
    let throttled = refused(429, "TooManyRequests").insert_header("Retry-After", "150");
    next_page("p2").respond_with(throttled).up_to_n_times(1).expect(1).mount(&tenant.server).await;
    tenant.page("p2", 1, page(&users(1..2), None, None)).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!(read.complete().reported_count, Some(2));
    assert!(tenant.clock.slept() >= Duration::from_secs(150), "{:?}", tenant.clock.slept());
}

#[tokio::test]
async fn a_web_page_in_place_of_an_answer_is_an_outage_or_a_wrong_address() {
    let html = "<html><body>canary</body></html>";
    for (status, calls, kind) in [(502, 5, ErrorKind::Unavailable), (200, 1, ErrorKind::UnexpectedResponse)] {
        let tenant = Tenant::with_basics().await;
        let answer = ResponseTemplate::new(status).set_body_raw(html, "text/html");
        tenant.first_page(calls, answer).await;
        let read = read(&tenant.directory(), &UserQuery::all()).await;
        assert_eq!(read.error().kind(), kind, "{status}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_short_listing() {
    let tenant = Tenant::with_basics().await;
    let whole = json!({ "@odata.count": 2, "value": users(0..2) }).to_string();
    let cut = &whole[..whole.len() - 20];
    tenant.first_page(1, ResponseTemplate::new(200).set_body_raw(cut, "application/json")).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::UnexpectedResponse);
    assert!(read.present.is_empty());
}

#[tokio::test]
async fn a_missing_permission_to_list_users_is_named() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, refused(403, "Authorization_RequestDenied")).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!((read.error().kind(), read.error().retry()), (ErrorKind::PermissionDenied, Retry::Never));
    assert!(read.error().message().contains("User.Read.All"), "{}", read.error());
}

#[tokio::test]
async fn users_without_their_data_are_a_missing_permission_and_not_blank_users() {
    let bare =
        json!({ "@odata.type": "#microsoft.graph.user", "id": "00000000-0000-4000-8000-000000000001" });
    let nulled = json!({ "id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": null,
        "accountEnabled": null, "displayName": null, "jobTitle": null });
    let basic = json!({ "id": "00000000-0000-4000-8000-000000000001", "userPrincipalName": "a@contoso.example.com",
        "accountEnabled": null, "displayName": "A", "jobTitle": null });
    for (looks, rows) in
        [(0, vec![bare.clone()]), (0, vec![nulled]), (1, vec![basic]), (0, vec![user(0), bare])]
    {
        let tenant = Tenant::with_basics().await;
        tenant.states(looks, &[None, None]).await;
        let shown = format!("{rows:?}");
        tenant.first_page(1, page(&rows, Some(1), None)).await;
        let read = read(&tenant.directory(), &UserQuery::all()).await;
        assert_eq!(read.error().kind(), ErrorKind::PermissionDenied, "{shown}");
        assert!(read.error().message().contains("User.Read.All"));
        assert!(read.present.is_empty());
    }
}

#[tokio::test]
async fn a_last_page_with_one_user_of_unknown_state_ends_no_listing() {
    let tenant = Tenant::with_basics().await;
    let mut unknown = user(2);
    unknown["accountEnabled"] = Value::Null;
    tenant.first_page(1, page(&users(0..2), Some(3), Some(tenant.link("p2")))).await;
    tenant.page("p2", 1, page(&[unknown], None, None)).await;
    tenant.states(1, &[None, Some(false)]).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    read.complete();
    let states: Vec<Option<bool>> = read.present.iter().map(|user| user.enabled).collect();
    assert_eq!(states, [Some(true), Some(true), None], "unknown, and not disabled");
}

#[tokio::test]
async fn a_page_on_which_anybody_has_a_state_costs_no_look_at_others() {
    let tenant = Tenant::with_basics().await;
    let mut unknown = user(0);
    unknown["accountEnabled"] = Value::Null;
    tenant.first_page(1, page(&[unknown, user(1)], Some(2), None)).await;
    tenant.states(0, &[]).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    read.complete();
    assert_eq!((read.present[0].enabled, read.present[1].enabled), (None, Some(true)));
}

#[tokio::test]
async fn a_user_without_an_id_is_no_user() {
    for id in ["", " ", "a:b", "canary@contoso.example.com"] {
        let tenant = Tenant::with_basics().await;
        let mut row = user(0);
        row["id"] = json!(id);
        tenant.first_page(1, page(&[row], Some(1), None)).await;
        let read = read(&tenant.directory(), &UserQuery::all()).await;
        assert_eq!(read.error().kind(), ErrorKind::UnexpectedResponse, "{id}");
    }
}

#[tokio::test]
async fn no_log_line_holds_a_secret_a_name_or_a_page_token() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let tenant = Tenant::start().await;
    tenant.token(2).await;
    tenant
        .expect("products", 1, graph("/v1.0/subscribedSkus"), refused(403, "Authorization_RequestDenied"))
        .await;
    let throttled = refused(429, "TooManyRequests").insert_header("Retry-After", "1");
    first_page().respond_with(throttled).up_to_n_times(1).expect(1).mount(&tenant.server).await;
    let mut row = user(0);
    row["displayName"] = json!("canary");
    tenant.first_page(2, page(&[row], Some(1), Some(tenant.link("p2")))).await;
    let dead = refused(400, "Directory_ExpiredPageToken");
    next_page("p2").respond_with(dead).up_to_n_times(1).expect(1).mount(&tenant.server).await;
    tenant.page("p2", 2, refused(401, "InvalidAuthenticationToken")).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::Unauthenticated);

    let shown = log.text();
    for line in ["LicenseAssignment.Read.All", "listing anew"] {
        assert!(shown.contains(line), "nothing was logged: {shown}");
    }
    for secret in ["canary", "contoso.example.com", "skiptoken"] {
        assert!(!shown.contains(secret), "{secret} is in the log: {shown}");
    }
}

/// Log lines kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn without_the_permission_for_products_licences_keep_their_ids() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    let denied = refused(403, "Authorization_RequestDenied");
    tenant.expect("products", 1, graph("/v1.0/subscribedSkus"), denied).await;
    let mut row = user(0);
    row["assignedLicenses"] = json!([{ "skuId": "AAAA" }]);
    tenant.first_page(1, page(&[row], Some(1), None)).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    read.complete();
    let license = &read.present[0].licenses.as_ref().unwrap()[0];
    assert_eq!((license.sku_id.as_str(), license.part_number.as_deref()), ("aaaa", None));
}

#[tokio::test]
async fn an_outage_of_the_products_is_an_outage() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    tenant.expect("products", 5, graph("/v1.0/subscribedSkus"), refused(503, "serviceNotAvailable")).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_property_that_cannot_be_listed_is_not_asked_for_again_and_again() {
    let tenant = Tenant::with_basics().await;
    tenant.first_page(1, refused(501, "NotImplemented")).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!(read.error().kind(), ErrorKind::Rejected);
    assert!(read.error().message().contains("omit_properties"), "{}", read.error());
}

#[tokio::test]
async fn products_are_listed_for_an_embedder() {
    let tenant = Tenant::with_basics().await;
    let skus = tenant.directory().subscribed_skus().await.unwrap();
    assert_eq!(skus.len(), 1);
    assert_eq!(skus[0].sku_id, "c7df2760-2c81-4ef7-b578-5b5392b571df");
    assert_eq!(
        (skus[0].enabled_units, skus[0].consumed_units, skus[0].assignable),
        (Some(25), Some(14), true)
    );
}

#[tokio::test]
async fn a_name_that_ends_in_half_a_character_keeps_nobody_from_being_read() {
    let tenant = Tenant::with_basics().await;
    let body = json!({ "@odata.count": 2, "value": users(0..2) }).to_string();
    let body = body.replace("User 0", r"User \ud83d");
    tenant.first_page(1, ResponseTemplate::new(200).set_body_raw(body, "application/json")).await;
    let read = read(&tenant.directory(), &UserQuery::all()).await;
    assert_eq!((read.complete().reported_count, read.present.len()), (Some(2), 2));
    let name = read.present[0].attribute(&sync_core::model::Attribute::DisplayName);
    assert_eq!(name, Some("User \u{fffd}"));
}
