//! Customers and domains.

use super::*;
use sync_core::ErrorKind;

const ONE: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const TWO: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const THREE: &str = "aaaaaaaa-0000-4000-8000-000000000003";

fn delegated() -> MockBuilder {
    graph("/v1.0/tenantRelationships/delegatedAdminCustomers")
}

fn relationships() -> MockBuilder {
    graph("/v1.0/tenantRelationships/delegatedAdminRelationships")
        .and(query_param("$filter", "status eq 'active'"))
}

#[tokio::test]
async fn customers_of_both_kinds_are_listed_once_with_when_reading_them_ends() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    let rows = json!({ "value": [
        { "id": ONE, "tenantId": ONE, "displayName": "Fabrikam" },
        { "id": TWO, "tenantId": TWO.to_uppercase(), "displayName": "Tailspin" },
        { "id": "x", "tenantId": null, "displayName": "Nobody" },
    ] });
    tenant.expect("delegated", 1, delegated(), ok(&rows)).await;
    let customer = |id: &str| json!({ "tenantId": id });
    let rows = json!({ "value": [
        { "customer": customer(ONE), "endDateTime": "2026-03-01T00:00:00Z", "autoExtendDuration": "PT0S" },
        { "customer": customer(ONE), "endDateTime": "2026-06-01T00:00:00Z", "autoExtendDuration": "PT0S" },
        { "customer": customer(TWO), "endDateTime": "2026-03-01T00:00:00Z", "autoExtendDuration": "P180D" },
    ] });
    tenant.expect("relationships", 1, relationships(), ok(&rows)).await;
    let rows = json!({ "value": [
        { "customerId": ONE, "defaultDomainName": "Fabrikam.example.com", "displayName": "Fabrikam Inc" },
        { "customerId": THREE, "defaultDomainName": "wingtip.example.com", "displayName": "Wingtip" },
    ] });
    tenant.expect("contracts", 1, graph("/v1.0/contracts"), ok(&rows)).await;

    let found = tenant.directory().customers().await.unwrap();
    assert!(found.missing.is_empty());
    let shown: Vec<_> = found
        .tenants
        .iter()
        .map(|c| (c.tenant_id.as_str(), c.name.as_str(), c.default_domain.as_deref(), c.ends_at.is_some()))
        .collect();
    assert_eq!(
        shown,
        [
            (ONE, "Fabrikam", Some("fabrikam.example.com"), true),
            (TWO, "Tailspin", None, false),
            (THREE, "Wingtip", Some("wingtip.example.com"), false),
        ]
    );
    assert_eq!(found.tenants[0].ends_at, "2026-06-01T00:00:00Z".parse().ok());
}

#[tokio::test]
async fn one_source_without_permission_is_missing_and_said() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    tenant.expect("delegated", 1, delegated(), refused(403, "Authorization_RequestDenied")).await;
    let rows = json!({ "value": [{ "customerId": ONE, "displayName": "Fabrikam" }] });
    tenant.expect("contracts", 1, graph("/v1.0/contracts"), ok(&rows)).await;
    let found = tenant.directory().customers().await.unwrap();
    assert_eq!(found.tenants.len(), 1);
    assert!(found.missing[0].contains("DelegatedAdminRelationship.Read.All"), "{:?}", found.missing);
}

#[tokio::test]
async fn without_any_source_there_is_an_error_and_no_empty_list() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    tenant.expect("delegated", 1, delegated(), refused(403, "Authorization_RequestDenied")).await;
    tenant
        .expect("contracts", 1, graph("/v1.0/contracts"), refused(403, "Authorization_RequestDenied"))
        .await;
    assert_eq!(tenant.directory().customers().await.unwrap_err().kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn verified_domains_are_read_in_one_call() {
    let tenant = Tenant::start().await;
    tenant.token(1).await;
    let rows = json!({ "value": [{ "id": TENANT, "verifiedDomains": [
        { "name": "contoso.onmicrosoft.example.com", "isInitial": true, "isDefault": false },
        { "name": "Contoso.example.com", "isInitial": false, "isDefault": true },
    ] }] });
    let asked = graph("/v1.0/organization").and(query_param("$select", "id,verifiedDomains"));
    tenant.expect("organization", 1, asked, ok(&rows)).await;
    let domains = tenant.directory().verified_domains().await.unwrap();
    let shown: Vec<_> = domains.iter().map(|d| (d.name.as_str(), d.is_default, d.is_initial)).collect();
    assert_eq!(
        shown,
        [("contoso.example.com", true, false), ("contoso.onmicrosoft.example.com", false, true)]
    );
}
