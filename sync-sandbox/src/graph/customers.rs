//! The customers of the imitated tenant, which may be a partner's: `/contracts` and `/tenantRelationships`.
//!
//! Each customer is a tenant of its own, with its own directory behind its own tokens.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::entity::Entity;
use super::error::Problem;
use super::page::{self, Shape};
use super::{Caller, Graph};
use crate::rng::Rng;

type Answer = Result<Response, Problem>;

const READ_RELATIONS: [&str; 2] =
    ["DelegatedAdminRelationship.Read.All", "DelegatedAdminRelationship.ReadWrite.All"];

/// A customer tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Customer {
    /// The tenant's id, a GUID.
    pub tenant_id: String,
    /// Its display name.
    pub name: String,
    /// Its verified domains. The first is the default one, one below `onmicrosoft.com` the initial one.
    pub domains: Vec<String>,
    /// There is a reseller's contract.
    pub contract: bool,
    /// Its delegated admin relationships.
    pub relationships: Vec<Relationship>,
    /// An administrator there consented to the app.
    pub consented: bool,
}

/// A delegated admin relationship.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Relationship {
    /// `active`, `expired`, `approvalPending` and so on.
    pub status: String,
    /// RFC 3339, UTC.
    pub end_date_time: String,
    /// It goes on by itself for half a year at a time.
    pub auto_extends: bool,
}

impl Relationship {
    /// One that is active until then.
    #[must_use]
    pub fn active(end_date_time: &str) -> Self {
        Self { status: "active".to_owned(), end_date_time: end_date_time.to_owned(), auto_extends: false }
    }

    /// Makes it go on by itself.
    #[must_use]
    pub const fn extending(mut self) -> Self {
        self.auto_extends = true;
        self
    }

    /// Gives it another status.
    #[must_use]
    pub fn with_status(mut self, status: &str) -> Self {
        status.clone_into(&mut self.status);
        self
    }
}

impl Customer {
    /// A customer whose administrator has consented to nothing and who is listed nowhere yet.
    #[must_use]
    pub fn new(tenant_id: &str, name: &str, domains: &[&str]) -> Self {
        Self {
            tenant_id: tenant_id.to_ascii_lowercase(),
            name: name.to_owned(),
            domains: domains.iter().map(|&domain| domain.to_owned()).collect(),
            contract: false,
            relationships: Vec::new(),
            consented: false,
        }
    }

    /// With a reseller's contract.
    #[must_use]
    pub const fn with_contract(mut self) -> Self {
        self.contract = true;
        self
    }

    /// With one more delegated admin relationship.
    #[must_use]
    pub fn with_relationship(mut self, relationship: Relationship) -> Self {
        self.relationships.push(relationship);
        self
    }

    /// With the consent of its administrator to the app.
    #[must_use]
    pub const fn with_consent(mut self) -> Self {
        self.consented = true;
        self
    }
}

pub(super) async fn contracts(State(graph): State<Arc<Graph>>, caller: Caller) -> Answer {
    caller.need(&graph, &["Directory.Read.All"])?;
    let rows: Vec<Contract> =
        graph.customers().into_iter().filter(|customer| customer.contract).map(Contract::of).collect();
    list(&graph, &caller, rows)
}

pub(super) async fn customers(State(graph): State<Arc<Graph>>, caller: Caller) -> Answer {
    caller.need(&graph, &READ_RELATIONS)?;
    let rows: Vec<DelegatedCustomer> = graph
        .customers()
        .into_iter()
        .filter(|customer| customer.relationships.iter().any(|relation| relation.status == "active"))
        .map(DelegatedCustomer)
        .collect();
    list(&graph, &caller, rows)
}

pub(super) async fn relationships(State(graph): State<Arc<Graph>>, caller: Caller) -> Answer {
    caller.need(&graph, &READ_RELATIONS)?;
    let mut rows = Vec::new();
    for customer in graph.customers() {
        for (number, relationship) in customer.relationships.iter().enumerate() {
            let id = id(&customer.tenant_id, &format!("relationship-{number}"));
            rows.push(Relation { id, customer: customer.clone(), relationship: relationship.clone() });
        }
    }
    list(&graph, &caller, rows)
}

fn list<E: Entity>(graph: &Graph, caller: &Caller, mut rows: Vec<E>) -> Answer {
    rows.sort_by(|a, b| a.id().cmp(b.id()));
    page::list(graph, caller, rows.iter(), Shape::default())
}

/// An id that always is the same for the same thing.
fn id(tenant: &str, what: &str) -> String {
    let seed = tenant.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    Rng::new(seed, what).uuid()
}

/// A row of `/contracts`.
struct Contract {
    id: String,
    customer: Customer,
}

impl Contract {
    fn of(customer: Customer) -> Self {
        Self { id: id(&customer.tenant_id, "contract"), customer }
    }
}

/// A row of `/tenantRelationships/delegatedAdminCustomers`; its id is the tenant's.
struct DelegatedCustomer(Customer);

/// A row of `/tenantRelationships/delegatedAdminRelationships`.
struct Relation {
    id: String,
    customer: Customer,
    relationship: Relationship,
}

/// The spelling of a property among these.
fn known(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().copied().find(|known| known.eq_ignore_ascii_case(name))
}

const CONTRACT: [&str; 6] =
    ["id", "contractType", "customerId", "defaultDomainName", "deletedDateTime", "displayName"];

impl Entity for Contract {
    const TYPE: &'static str = "contract";
    const SET: &'static str = "contracts";

    fn id(&self) -> &str {
        &self.id
    }
    fn known(name: &str) -> Option<&'static str> {
        known(&CONTRACT, name)
    }
    fn properties() -> Vec<&'static str> {
        CONTRACT.to_vec()
    }
    fn defaults() -> &'static [&'static str] {
        &CONTRACT
    }
    fn single_only(_: &str) -> bool {
        false
    }
    fn filters(name: &str) -> &'static str {
        if matches!(name, "customerId" | "defaultDomainName" | "displayName") {
            "d-------"
        } else {
            "--------"
        }
    }
    fn sorts(_: &str, _: bool) -> bool {
        false
    }
    fn searches(_: &str) -> bool {
        false
    }
    fn property(&self, name: &str) -> Value {
        match name {
            "id" => json!(self.id),
            "contractType" => json!("ResellerPartner"),
            "customerId" => json!(self.customer.tenant_id),
            "defaultDomainName" => json!(self.customer.domains.first()),
            "displayName" => json!(self.customer.name),
            _ => Value::Null,
        }
    }
}

const CUSTOMER: [&str; 3] = ["id", "displayName", "tenantId"];

impl Entity for DelegatedCustomer {
    const TYPE: &'static str = "delegatedAdminCustomer";
    const SET: &'static str = "tenantRelationships/delegatedAdminCustomers";

    fn id(&self) -> &str {
        &self.0.tenant_id
    }
    fn known(name: &str) -> Option<&'static str> {
        known(&CUSTOMER, name)
    }
    fn properties() -> Vec<&'static str> {
        CUSTOMER.to_vec()
    }
    fn defaults() -> &'static [&'static str] {
        &CUSTOMER
    }
    fn single_only(_: &str) -> bool {
        false
    }
    fn filters(_: &str) -> &'static str {
        "--------"
    }
    fn sorts(name: &str, _: bool) -> bool {
        name == "displayName"
    }
    fn searches(_: &str) -> bool {
        false
    }
    fn property(&self, name: &str) -> Value {
        match name {
            "id" | "tenantId" => json!(self.0.tenant_id),
            "displayName" => json!(self.0.name),
            _ => Value::Null,
        }
    }
}

const RELATION: [&str; 11] = [
    "id",
    "accessDetails",
    "activatedDateTime",
    "autoExtendDuration",
    "createdDateTime",
    "customer",
    "displayName",
    "duration",
    "endDateTime",
    "lastModifiedDateTime",
    "status",
];

impl Entity for Relation {
    const TYPE: &'static str = "delegatedAdminRelationship";
    const SET: &'static str = "tenantRelationships/delegatedAdminRelationships";
    const LARGEST_PAGE: usize = 300;

    fn id(&self) -> &str {
        &self.id
    }
    fn known(name: &str) -> Option<&'static str> {
        known(&RELATION, name)
    }
    fn properties() -> Vec<&'static str> {
        RELATION.to_vec()
    }
    fn defaults() -> &'static [&'static str] {
        &RELATION
    }
    fn single_only(_: &str) -> bool {
        false
    }
    fn filters(name: &str) -> &'static str {
        if name == "status" { "d-------" } else { "--------" }
    }
    fn sorts(name: &str, _: bool) -> bool {
        matches!(name, "status" | "displayName")
    }
    fn searches(_: &str) -> bool {
        false
    }
    fn property(&self, name: &str) -> Value {
        let Self { id, customer, relationship } = self;
        match name {
            "id" => json!(id),
            // The directory readers role.
            "accessDetails" => json!({
                "unifiedRoles": [{ "roleDefinitionId": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b" }],
            }),
            "activatedDateTime" | "createdDateTime" | "lastModifiedDateTime" => json!("2024-01-01T00:00:00Z"),
            "autoExtendDuration" => json!(if relationship.auto_extends { "P180D" } else { "PT0S" }),
            "customer" => json!({ "tenantId": customer.tenant_id, "displayName": customer.name }),
            "displayName" => json!(format!("{} administration", customer.name)),
            "duration" => json!("P730D"),
            "endDateTime" => json!(relationship.end_date_time),
            "status" => json!(relationship.status),
            _ => Value::Null,
        }
    }
}
