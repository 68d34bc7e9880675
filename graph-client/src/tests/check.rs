//! The connection check: every finding at once.

use super::*;
use sync_core::{CheckItem, CheckQuery, CheckStatus, ErrorKind};

const GROUP: &str = "aaaaaaaa-0000-4000-8000-000000000001";

async fn organization(tenant: &Tenant, answer: ResponseTemplate) {
    tenant.expect("organization", 1, graph("/v1.0/organization"), answer).await;
}

fn contoso(id: &str) -> ResponseTemplate {
    ok(&json!({ "value": [{ "id": id, "displayName": "Contoso", "onPremisesSyncEnabled": true,
        "onPremisesLastSyncDateTime": "2026-01-02T03:04:05Z" }] }))
}

async fn a_few_users(tenant: &Tenant, answer: ResponseTemplate) {
    let mock =
        graph("/v1.0/users").and(query_param("$top", "20")).and(query_param("$select", "id,accountEnabled"));
    tenant.expect("a few users", 1, mock, answer).await;
}

async fn look(tenant: &Tenant, groups: &[&str]) -> Vec<CheckItem> {
    let mut query = CheckQuery::default();
    query.groups = groups.iter().map(|group| (*group).to_owned()).collect();
    let items = tenant.directory().check(&query).await.unwrap();
    assert!(items.iter().all(|item| !item.detail.contains("canary")), "{items:?}");
    items
}

fn statuses(items: &[CheckItem]) -> Vec<(&str, CheckStatus)> {
    items.iter().map(|item| (item.subject.as_str(), item.status)).collect()
}

#[tokio::test]
async fn a_good_connection_is_good_in_every_point() {
    let tenant = Tenant::with_basics().await;
    organization(&tenant, contoso(TENANT)).await;
    a_few_users(
        &tenant,
        page(
            &[json!({ "id": "w", "accountEnabled": null }), json!({ "id": "x", "accountEnabled": false })],
            None,
            None,
        ),
    )
    .await;
    tenant.expect("group", 1, graph(&format!("/v1.0/groups/{GROUP}")), ok(&json!({ "id": GROUP }))).await;
    let items = look(&tenant, &[GROUP]).await;
    let (mailboxes, others): (Vec<_>, Vec<_>) =
        items.iter().partition(|item| item.subject == "read mailbox kinds");
    assert!(others.iter().all(|item| item.status == CheckStatus::Ok), "{items:?}");
    assert_eq!(items.len(), 7);
    assert_eq!(mailboxes[0].status, CheckStatus::Warning, "nobody asked, and nobody is told apart");
    assert!(mailboxes[0].detail.contains("mailbox_kinds = true"), "{items:?}");
    assert!(items[1].detail.contains("Contoso, synchronized from on-premises, last at 2026"), "{items:?}");
}

#[tokio::test]
async fn a_missing_permission_takes_one_feature_away_and_no_more() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    let denied = || refused(403, "Authorization_RequestDenied");
    organization(&tenant, denied()).await;
    a_few_users(&tenant, page(&[json!({ "id": "x", "accountEnabled": true })], None, None)).await;
    tenant.expect("products", 1, graph("/v1.0/subscribedSkus"), denied()).await;
    tenant.expect("group", 1, graph(&format!("/v1.0/groups/{GROUP}")), denied()).await;
    let items = look(&tenant, &[GROUP, "Sales"]).await;
    let group = format!("group {GROUP}");
    assert_eq!(
        statuses(&items),
        [
            ("credentials", CheckStatus::Ok),
            ("tenant", CheckStatus::Missing),
            ("read users", CheckStatus::Ok),
            ("read licences", CheckStatus::Missing),
            ("read changes", CheckStatus::Ok),
            ("read mailbox kinds", CheckStatus::Warning),
            ("group Sales", CheckStatus::Missing),
            (group.as_str(), CheckStatus::Missing),
        ]
    );
    for (item, permission) in
        [(1, "Organization.Read.All"), (3, "LicenseAssignment.Read.All"), (7, "GroupMember.Read.All")]
    {
        assert!(items[item].detail.contains(permission), "{:?}", items[item]);
        assert!(items[item].detail.contains("[request req-1]"), "{:?}", items[item]);
    }
}

#[tokio::test]
async fn without_users_nothing_works() {
    for (answer, status, says) in [
        (refused(403, "Authorization_RequestDenied"), CheckStatus::Failed, "User.Read.All"),
        (page(&[json!({ "id": "x" })], None, None), CheckStatus::Failed, "User.Read.All"),
        (
            page(&[json!({ "id": "x", "accountEnabled": null })], None, None),
            CheckStatus::Failed,
            "account state",
        ),
        (page(&[], None, None), CheckStatus::Warning, "no user"),
    ] {
        let tenant = Tenant::with_basics().await;
        organization(&tenant, contoso(TENANT)).await;
        a_few_users(&tenant, answer).await;
        let items = look(&tenant, &[]).await;
        assert_eq!(items[2].status, status, "{items:?}");
        assert!(items[2].detail.contains(says), "{items:?}");
    }
}

#[tokio::test]
async fn another_tenant_than_the_configured_one_is_a_failure() {
    let tenant = Tenant::with_basics().await;
    organization(&tenant, contoso("99999999-0000-4000-8000-000000000009")).await;
    a_few_users(&tenant, page(&[json!({ "id": "x", "accountEnabled": true })], None, None)).await;
    let items = look(&tenant, &[]).await;
    assert_eq!(items[1].status, CheckStatus::Failed);
    assert!(items[1].detail.contains("99999999") && items[1].detail.contains(TENANT), "{items:?}");
}

#[tokio::test]
async fn without_a_token_there_is_nothing_to_look_at() {
    let tenant = Tenant::start().await;
    let body = json!({ "error": "invalid_client", "error_codes": [7_000_215] });
    tenant.expect("token", 1, token(), ResponseTemplate::new(401).set_body_json(body)).await;
    let error = tenant.directory().check(&CheckQuery::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("client secret is wrong"), "{error}");
}
