//! One tenant as the planner sees it: its directory, its domains, and the company each user belongs to.

use super::Expression;
use crate::model::{Attribute, CompanyId, TenantName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One directory under sync and where its people go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tenant {
    /// The name under which links and runs are kept.
    pub name: TenantName,
    /// The directory's id (the Entra tenant id), written to the company where the policy asks for it.
    pub directory_id: String,
    /// The domains that the directory has proved to own; empty where that is not known.
    pub verified_domains: BTreeSet<String>,
    /// The company of users that no route takes; `None` leaves them unrouted.
    pub company: Option<CompanyId>,
    /// Routes, tried by ascending `order`.
    pub routes: Vec<Route>,
}

impl Tenant {
    /// A tenant whose people all go to one company.
    #[must_use]
    pub fn to_company(name: TenantName, directory_id: impl Into<String>, company: CompanyId) -> Self {
        Self {
            name,
            directory_id: directory_id.into(),
            verified_domains: BTreeSet::new(),
            company: Some(company),
            routes: Vec::new(),
        }
    }

    /// Every company that people of this tenant can go to.
    #[must_use]
    pub fn companies(&self) -> BTreeSet<CompanyId> {
        self.routes.iter().map(|r| r.company_id.clone()).chain(self.company.clone()).collect()
    }

    /// Whether users of the tenant can belong to a company.
    pub(crate) fn goes_to(&self, company: &CompanyId) -> bool {
        self.company.as_ref() == Some(company) || self.routes.iter().any(|r| r.company_id == *company)
    }

    /// The groups that routes name.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<String> {
        let named = self.routes.iter().filter_map(|r| r.when.group.as_ref()).map(|g| g.to_ascii_lowercase());
        named.chain(self.filters().flat_map(Expression::groups).map(str::to_owned)).collect()
    }

    /// The attributes outside the neutral set that filters of routes use.
    pub(crate) fn extensions(&self) -> impl Iterator<Item = &Attribute> {
        self.filters().flat_map(Expression::extensions)
    }

    fn filters(&self) -> impl Iterator<Item = &Expression> {
        self.routes.iter().filter_map(|route| route.when.filter.as_ref())
    }
}

/// Sends the users it describes to one company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Route {
    /// Lowest first.
    pub order: i64,
    /// Whom it takes; all conditions given must hold.
    pub when: RouteCondition,
    /// The company.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub company_id: CompanyId,
    /// Contact types of contacts created by this route.
    #[serde(default)]
    pub contact_types: Vec<String>,
}

impl Route {
    /// A route without contact types.
    #[must_use]
    pub const fn new(order: i64, when: RouteCondition, company_id: CompanyId) -> Self {
        Self { order, when, company_id, contact_types: Vec::new() }
    }
}

/// Whom a route takes. Texts are compared without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct RouteCondition {
    /// Members of this group (by id), nested ones included.
    pub group: Option<String>,
    /// Users of this department.
    pub department: Option<String>,
    /// Users of this office.
    pub office_location: Option<String>,
    /// Users whose address (or sign-in name where there is none) is in this domain.
    pub domain: Option<String>,
    /// Users whose own company name is this.
    pub company_name: Option<String>,
    /// Users for whom this holds. Where it asks for something that was not read, no later route is tried either: the
    /// user stays without a company.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub filter: Option<Expression>,
}

impl RouteCondition {
    /// Whether nothing is asked for, which is refused: a route must say whom it takes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
