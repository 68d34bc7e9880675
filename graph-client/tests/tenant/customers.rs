//! A partner's customers: found, their domains read after consent, companies proposed for them.

use crate::{client, client_of, sandbox, without};
use std::collections::BTreeMap;
use sync_core::{
    Directory as _, DirectoryExt as _, ErrorKind, UserQuery,
    model::{Company, CompanyId},
    pairing::{CompanyFacts, Ground, TenantFacts, propose},
};
use sync_sandbox::{Customer, Relationship, Sandbox, User, Vendor};

const FABRIKAM: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const TAILSPIN: &str = "aaaaaaaa-0000-4000-8000-000000000002";
const WINGTIP: &str = "aaaaaaaa-0000-4000-8000-000000000003";

async fn partner() -> Sandbox {
    let sandbox = sandbox().await;
    let ends = |end: &str| Relationship::active(end);
    sandbox.add_customer(
        Customer::new(FABRIKAM, "Fabrikam", &["fabrikam.example", "fabrikam.onmicrosoft.com"])
            .with_contract()
            .with_relationship(ends("2027-01-01T00:00:00Z"))
            .with_relationship(ends("2026-06-01T00:00:00Z").with_status("expired")),
    );
    sandbox.add_customer(
        Customer::new(TAILSPIN, "Tailspin", &["tailspin.example"])
            .with_relationship(ends("2027-02-01T00:00:00Z").extending()),
    );
    let pending = ends("2027-03-01T00:00:00Z").with_status("approvalPending");
    sandbox.add_customer(Customer::new(WINGTIP, "Wingtip", &["wingtip.example"]).with_relationship(pending));
    sandbox
}

#[tokio::test]
async fn customers_are_those_with_a_contract_or_an_active_relationship_in_three_listings() {
    let sandbox = partner().await;
    let found = client(&sandbox).customers().await.unwrap();
    assert!(found.missing.is_empty());
    let shown: Vec<_> = found.tenants.iter().map(|c| (c.tenant_id.as_str(), c.name.as_str())).collect();
    assert_eq!(shown, [(FABRIKAM, "Fabrikam"), (TAILSPIN, "Tailspin")], "nobody who has not agreed yet");
    assert_eq!(found.tenants[0].ends_at, "2027-01-01T00:00:00Z".parse().ok());
    assert_eq!(found.tenants[0].default_domain.as_deref(), Some("fabrikam.example"));
    assert_eq!(found.tenants[1].ends_at, None, "it goes on by itself");
    assert_eq!(sandbox.calls().of(Vendor::Graph), 3);
}

#[tokio::test]
async fn more_customers_than_a_page_holds_are_all_found_once() {
    let sandbox = sandbox().await;
    for number in 0..730 {
        let id = format!("aaaaaaaa-0000-4000-8000-{number:012}");
        let customer = Customer::new(&id, "Customer", &["customer.example"]);
        let relationship = Relationship::active("2027-01-01T00:00:00Z");
        sandbox.add_customer(customer.with_contract().with_relationship(relationship));
    }
    let found = client(&sandbox).customers().await.unwrap();
    assert_eq!(found.tenants.len(), 730);
    assert!(found.tenants.iter().all(|customer| customer.ends_at.is_some()));
}

#[tokio::test]
async fn a_page_that_fails_ends_the_read_and_shortens_no_list() {
    let sandbox = sandbox().await;
    for number in 0..250 {
        let id = format!("aaaaaaaa-0000-4000-8000-{number:012}");
        sandbox.add_customer(Customer::new(&id, "Customer", &["customer.example"]).with_contract());
    }
    sandbox.inject("graph:401[GET /contracts]@2*always".parse().unwrap());
    let error = client(&sandbox).customers().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn a_list_that_is_not_permitted_is_said_and_the_other_is_used() {
    let sandbox = partner().await;
    without(&sandbox, &["DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All"]);
    let found = client(&sandbox).customers().await.unwrap();
    assert_eq!(found.tenants.len(), 1, "the one with a contract");
    assert_eq!(found.missing.len(), 1);
    assert!(
        found.missing[0].contains("grant the application permission DelegatedAdminRelationship.Read.All")
    );
    without(&sandbox, &["Directory.Read.All"]);
    let error = client(&sandbox).customers().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.message().contains("Directory.Read.All"), "{error}");
}

#[tokio::test]
async fn a_tenant_that_is_no_partner_has_no_customers_and_that_is_no_error() {
    let found = client(&sandbox().await).customers().await.unwrap();
    assert!(found.tenants.is_empty() && found.missing.is_empty());
}

#[tokio::test]
async fn a_customer_is_read_only_after_its_administrator_consented() {
    let sandbox = partner().await;
    let somebody = User::new("bbbbbbbb-0000-4000-8000-000000000001", "a@fabrikam.example", "A");
    assert!(sandbox.add_customer_user(FABRIKAM, somebody));
    let there = client_of(&sandbox, FABRIKAM);
    let error = there.verified_domains().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.message().contains("no administrator of the tenant has consented"), "{error}");

    assert!(sandbox.consent(FABRIKAM));
    let domains = there.verified_domains().await.unwrap();
    let shown: Vec<_> = domains.iter().map(|d| (d.name.as_str(), d.is_default, d.is_initial)).collect();
    assert_eq!(shown, [("fabrikam.example", true, false), ("fabrikam.onmicrosoft.com", false, true)]);
    let users = there.snapshot(&UserQuery::all(), chrono::DateTime::UNIX_EPOCH).await.unwrap();
    assert_eq!(users.len(), 1, "the customer's people and no others");
    assert_eq!(there.name(), format!("graph:{FABRIKAM}"));
    let home = client(&sandbox).snapshot(&UserQuery::all(), chrono::DateTime::UNIX_EPOCH).await.unwrap();
    assert_eq!(home.len(), 12);
}

#[tokio::test]
async fn without_the_permission_no_domain_is_shown_and_none_is_made_up() {
    let sandbox = partner().await;
    assert!(sandbox.consent(TAILSPIN));
    without(&sandbox, &["Organization.Read.All", "Directory.Read.All"]);
    assert!(client_of(&sandbox, TAILSPIN).verified_domains().await.unwrap().is_empty());
}

#[tokio::test]
async fn companies_are_proposed_by_what_the_tenants_proved_and_never_by_name_alone() {
    let sandbox = partner().await;
    let mut tenants = Vec::new();
    for customer in client(&sandbox).customers().await.unwrap().tenants {
        assert!(sandbox.consent(&customer.tenant_id));
        let domains = client_of(&sandbox, &customer.tenant_id).verified_domains().await.unwrap();
        tenants.push(TenantFacts {
            directory_id: customer.tenant_id,
            name: customer.name,
            verified_domains: domains.into_iter().map(|domain| domain.name).collect(),
        });
    }
    let company = |id: &str, name: &str| Company::new(CompanyId::new(id), name);
    let companies = [
        CompanyFacts::new(company("1", "Fabrikam Ltd"), None, ["b@fabrikam.example"]),
        CompanyFacts::new(
            company("2", "Tailspin"),
            Some("https://tailspin.invalid".into()),
            ["c@mail.invalid"],
        ),
    ];
    let proposals = propose(&tenants, &companies, &BTreeMap::new(), "Tenant365Id");
    let shown: Vec<_> = proposals
        .iter()
        .map(|p| (p.ground, p.company.as_ref().map(CompanyId::as_str), p.may_activate()))
        .collect();
    assert_eq!(shown, [(Some(Ground::VerifiedDomain), Some("1"), false), (Some(Ground::Name), None, false)]);
    assert_eq!(proposals[1].candidates, [CompanyId::new("2")]);
}
