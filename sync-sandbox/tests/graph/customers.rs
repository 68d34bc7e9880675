//! A partner's customers: lists of them, and their tenants behind tokens of their own.

use std::collections::BTreeSet;

use serde_json::json;
use sync_sandbox::{Customer, Options, Relationship, User};

use crate::client::{Answer, Api, answer, column};

const ONE: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const TWO: &str = "aaaaaaaa-0000-4000-8000-000000000002";

fn fabrikam() -> Customer {
    Customer::new(ONE, "Fabrikam", &["fabrikam.example", "fabrikam.onmicrosoft.com"])
        .with_contract()
        .with_relationship(Relationship::active("2027-01-01T00:00:00Z").extending())
}

async fn partner() -> Api {
    let api = Api::start().await;
    api.sandbox.add_customer(fabrikam());
    let pending = Relationship::active("2027-06-01T00:00:00Z").with_status("approvalPending");
    let two = Customer::new(TWO, "Tailspin", &["tailspin.example"]).with_relationship(pending);
    api.sandbox.add_customer(two);
    api
}

/// A token request in a customer's tenant.
async fn token(api: &Api, tenant: &str) -> Answer {
    let access = api.sandbox.graph();
    let scope = format!("{}/.default", access.base_url);
    let form = [
        ("client_id", access.client_id.as_str()),
        ("client_secret", access.client_secret.as_str()),
        ("grant_type", "client_credentials"),
        ("scope", scope.as_str()),
    ];
    let url = format!("{}/{tenant}/oauth2/v2.0/token", access.authority);
    answer(api.client.post(url).form(&form)).await
}

#[tokio::test]
async fn contracts_name_the_customer_and_its_domain_of_that_time() {
    let api = partner().await;
    let rows = api.get("contracts").await.is(200).body["value"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 1, "one has a contract");
    assert_eq!(rows[0]["customerId"], ONE);
    assert_ne!(rows[0]["id"], ONE, "the contract's own id");
    assert_eq!(rows[0]["defaultDomainName"], "fabrikam.example");
    assert_eq!(rows[0]["contractType"], "ResellerPartner");
    let found = api.get(&format!("contracts?$filter=customerId eq '{TWO}'&$select=id")).await.is(200);
    assert!(found.rows().is_empty());
}

#[tokio::test]
async fn a_tenant_that_is_no_partner_has_empty_lists() {
    let api = Api::start().await;
    for path in [
        "contracts",
        "tenantRelationships/delegatedAdminCustomers",
        "tenantRelationships/delegatedAdminRelationships",
    ] {
        assert!(api.get(path).await.is(200).rows().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn relationships_are_filtered_by_status_and_tell_whether_they_go_on() {
    let api = partner().await;
    let path = "tenantRelationships/delegatedAdminRelationships";
    assert_eq!(api.get(path).await.is(200).rows().len(), 2);
    let query = format!("{path}?$filter=status eq 'active'&$select=customer,autoExtendDuration,endDateTime");
    let body = api.get(&query).await.is(200).body;
    let row = &body["value"][0];
    assert_eq!(
        *row,
        json!({
            "customer": { "tenantId": ONE, "displayName": "Fabrikam" }, "autoExtendDuration": "P180D",
            "endDateTime": "2027-01-01T00:00:00Z",
        })
    );
    let customers = api.get("tenantRelationships/delegatedAdminCustomers").await.is(200);
    assert_eq!(column(customers.rows(), "tenantId"), [ONE], "whose relationship is active");
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let api = Api::start().await;
    for number in 0..250 {
        let id = format!("aaaaaaaa-0000-4000-8000-{number:012}");
        let end = Relationship::active("2027-01-01T00:00:00Z");
        api.sandbox.add_customer(
            Customer::new(&id, "Customer", &["customer.example"]).with_contract().with_relationship(end),
        );
    }
    for (path, size, pages) in [
        ("contracts", 100, 3),
        ("contracts?$top=200", 200, 2),
        ("tenantRelationships/delegatedAdminRelationships?$top=100", 100, 3),
        ("tenantRelationships/delegatedAdminCustomers", 100, 3),
    ] {
        let listed = api.pages(path).await;
        assert_eq!(listed.len(), pages, "{path}");
        assert_eq!(listed[0]["value"].as_array().unwrap().len(), size, "{path}");
        let ids: BTreeSet<&str> =
            listed.iter().flat_map(|page| column(page["value"].as_array().unwrap(), "id")).collect();
        assert_eq!(ids.len(), 250, "{path}");
    }
    let answer = api.get("tenantRelationships/delegatedAdminRelationships?$top=301").await.is(400);
    assert_eq!(answer.code(), "Request_BadRequest");
}

#[tokio::test]
async fn each_list_needs_its_permission() {
    for (path, permissions) in [
        ("contracts", vec!["Directory.Read.All"]),
        (
            "tenantRelationships/delegatedAdminCustomers",
            vec!["DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All"],
        ),
    ] {
        let api = partner().await;
        for permission in permissions {
            api.sandbox.inject(format!("graph:missing-permission={permission}*always").parse().unwrap());
        }
        assert_eq!(api.get(path).await.is(403).code(), "Authorization_RequestDenied", "{path}");
    }
}

#[tokio::test]
async fn a_customers_token_takes_consent_there_and_opens_that_tenant_only() {
    let mut api = partner().await;
    let refused = token(&api, ONE).await.is(400);
    assert_eq!(refused.body["error_codes"], json!([700_016]));
    assert!(api.sandbox.consent(ONE) && !api.sandbox.consent("nobody"));
    let somebody = User::new("bbbbbbbb-0000-4000-8000-000000000001", "a@fabrikam.example", "A");
    assert!(api.sandbox.add_customer_user(ONE, somebody));

    let home = api.token.clone();
    api.token =
        token(&api, "fabrikam.example").await.is(200).body["access_token"].as_str().unwrap().to_owned();
    let users = api.get("users").await.is(200);
    assert_eq!(column(users.rows(), "userPrincipalName"), ["a@fabrikam.example"]);
    let organization = api.get("organization").await.is(200).body["value"][0].clone();
    assert_eq!(organization["id"], ONE);
    let domains = organization["verifiedDomains"].as_array().unwrap();
    assert_eq!(column(domains, "name"), ["fabrikam.example", "fabrikam.onmicrosoft.com"]);
    assert_eq!((&domains[0]["isDefault"], &domains[1]["isInitial"]), (&json!(true), &json!(true)));
    let id = "bbbbbbbb-0000-4000-8000-000000000001";
    assert_eq!(api.get(&format!("users/{id}")).await.is(200).body["id"], id);

    api.token = home;
    assert_eq!(api.get("users").await.is(200).rows().len(), 40);
    api.get(&format!("users/{id}")).await.is(404);
    api.sandbox.revoke_tokens();
    assert_eq!(api.get("users").await.is(401).code(), "InvalidAuthenticationToken");
}

#[tokio::test]
async fn without_its_permission_an_organization_shows_no_domains() {
    let api = Api::of(Options::sized(5, 0)).await;
    let select = "organization?$select=id,verifiedDomains";
    let whole = api.get(select).await.is(200).body["value"][0].clone();
    assert_eq!(whole.as_object().unwrap().len(), 2);
    assert_eq!(whole["verifiedDomains"].as_array().unwrap().len(), 2);
    for permission in ["Organization.Read.All", "Directory.Read.All"] {
        api.sandbox.inject(format!("graph:missing-permission={permission}*always").parse().unwrap());
    }
    let limited = api.get(select).await.is(200).body["value"][0].clone();
    assert_eq!(limited["verifiedDomains"], json!([]));
}
