//! Tenants: a tenant's own domains, and the customers of a partner.
//!
//! Facts: delegatedAdminCustomer, delegatedAdminRelationship, contract and organization resource types (read 2026-11).

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use crate::{GraphDirectory, config::is_guid, error::Call, wire};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use sync_core::{Error, ErrorKind, Result};

const DOMAINS: Call = Call::new("read verified domains", "Organization.Read.All");
const CUSTOMERS: Call = Call::new("list customers", "DelegatedAdminRelationship.Read.All");
const RELATIONSHIPS: Call =
    Call::new("list delegated admin relationships", "DelegatedAdminRelationship.Read.All");
const CONTRACTS: Call = Call::new("list contracts", "Directory.Read.All");

/// A domain that a tenant proved to be its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct VerifiedDomain {
    /// The domain, in lower case.
    pub name: String,
    /// New users get it.
    pub is_default: bool,
    /// The one the tenant began with (`….onmicrosoft.com`).
    pub is_initial: bool,
}

/// A customer tenant of a partner.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Customer {
    /// The tenant's id, in lower case.
    pub tenant_id: String,
    /// What the partner calls it.
    pub name: String,
    /// Its default domain, where a contract names it.
    pub default_domain: Option<String>,
    /// When the last delegated admin relationship ends and does not go on by itself; reading ends with it.
    pub ends_at: Option<DateTime<Utc>>,
}

/// The customers of a partner, and what could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Customers {
    /// Each tenant once, in the order of their ids.
    pub tenants: Vec<Customer>,
    /// Why a source is missing; the list may then lack customers, and nothing may be concluded from absence.
    pub missing: Vec<String>,
}

impl GraphDirectory {
    /// The tenant's verified domains, sorted: one call.
    ///
    /// # Errors
    /// `PermissionDenied`, and as for any read. With less than `Organization.Read.All` Graph may show none.
    pub async fn verified_domains(&self) -> Result<Vec<VerifiedDomain>> {
        let query = [("$select", "id,verifiedDomains")];
        let rows: Vec<wire::OrganizationDomains> = self.client.all("organization", &query, &DOMAINS).await?;
        let mut domains: Vec<VerifiedDomain> = rows
            .into_iter()
            .flat_map(|row| row.verified_domains)
            .map(|domain| VerifiedDomain {
                name: domain.name.trim().to_ascii_lowercase(),
                is_default: domain.is_default == Some(true),
                is_initial: domain.is_initial == Some(true),
            })
            .collect();
        domains.sort();
        Ok(domains)
    }

    /// The customers of this tenant, which is a partner's: those of its active delegated admin relationships and those of
    /// its contracts, each once. Three listings.
    ///
    /// A customer that is listed can be read only after its administrator consented to the application there.
    ///
    /// # Errors
    /// As for any read, where neither source can be read. A source that alone is not permitted, or not there, is in
    /// [`Customers::missing`].
    pub async fn customers(&self) -> Result<Customers> {
        let mut found: BTreeMap<String, Customer> = BTreeMap::new();
        let mut missing = Vec::new();
        let path = "tenantRelationships/delegatedAdminCustomers";
        let delegated = self.client.all::<wire::DelegatedAdminCustomer>(path, &[], &CUSTOMERS).await;
        let delegated_denied = match delegated {
            Ok(rows) => {
                for row in rows {
                    add(&mut found, row.tenant_id.as_deref(), row.display_name, None);
                }
                self.add_ends(&mut found).await?;
                None
            }
            Err(error) => Some(optional(error, &mut missing)?),
        };
        match self.client.all::<wire::Contract>("contracts", &[], &CONTRACTS).await {
            Ok(rows) => {
                for row in rows {
                    let domain = row.default_domain_name.map(|name| name.trim().to_ascii_lowercase());
                    add(&mut found, row.customer_id.as_deref(), row.display_name, domain);
                }
            }
            Err(error) => {
                let error = optional(error, &mut missing)?;
                if delegated_denied.is_some() {
                    return Err(error);
                }
            }
        }
        Ok(Customers { tenants: found.into_values().collect(), missing })
    }

    /// When reading each customer ends, by the relationship that lasts longest.
    async fn add_ends(&self, found: &mut BTreeMap<String, Customer>) -> Result<()> {
        let path = "tenantRelationships/delegatedAdminRelationships";
        let query =
            [("$filter", "status eq 'active'"), ("$select", "customer,autoExtendDuration,endDateTime")];
        let rows: Vec<wire::DelegatedAdminRelationship> =
            self.client.all(path, &query, &RELATIONSHIPS).await?;
        let mut ends: BTreeMap<String, Option<DateTime<Utc>>> = BTreeMap::new();
        for row in rows {
            let Some(tenant) = row.customer.and_then(|customer| customer.tenant_id) else { continue };
            let goes_on = row.auto_extend_duration.as_deref().is_some_and(|d| d != "PT0S" && !d.is_empty());
            let end = row.end_date_time.filter(|_| !goes_on);
            // One that goes on by itself outlasts every other.
            ends.entry(tenant.to_ascii_lowercase())
                .and_modify(|last| *last = last.zip(end).map(|(a, b)| a.max(b)))
                .or_insert(end);
        }
        for (tenant, end) in ends {
            if let Some(customer) = found.get_mut(&tenant) {
                customer.ends_at = end;
            }
        }
        Ok(())
    }
}

/// Adds a customer, or what is not known of one yet.
fn add(
    found: &mut BTreeMap<String, Customer>,
    tenant: Option<&str>,
    name: Option<String>,
    domain: Option<String>,
) {
    let Some(tenant) = tenant.map(str::trim).filter(|tenant| is_guid(tenant)) else { return };
    let tenant = tenant.to_ascii_lowercase();
    let customer = found.entry(tenant.clone()).or_insert_with(|| Customer {
        tenant_id: tenant,
        name: String::new(),
        default_domain: None,
        ends_at: None,
    });
    if customer.name.is_empty() {
        customer.name = name.unwrap_or_default();
    }
    customer.default_domain = customer.default_domain.take().or(domain.filter(|domain| !domain.is_empty()));
}

/// A source that is not permitted, or that this cloud does not have, is only missing; anything else ends the read.
fn optional(error: Error, missing: &mut Vec<String>) -> Result<Error> {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::NotFound | ErrorKind::Rejected => {
            missing.push(error.to_string());
            Ok(error)
        }
        _ => Err(error),
    }
}
