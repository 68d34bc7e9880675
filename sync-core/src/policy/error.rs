//! What is wrong with a policy or with a tenant's routes, and where.

use crate::model::TenantName;
use std::fmt;

/// What is wrong with a policy or with a tenant's routes, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{key}: {problem}", tenant.as_ref().map_or_else(|| "policy.".to_owned(), |tenant| format!("tenant {tenant}: ")))]
pub struct PolicyError {
    tenant: Option<TenantName>,
    key: String,
    problem: String,
}

impl PolicyError {
    pub(crate) fn new(key: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { tenant: None, key: key.into(), problem: problem.to_string() }
    }

    /// A problem with what is configured beside the policy.
    pub(crate) fn of_tenant(tenant: &TenantName, key: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { tenant: Some(tenant.clone()), key: key.into(), problem: problem.to_string() }
    }

    /// The key at fault, such as `scope.required_skus`, `mapping[2].from` or, of a tenant, `routes[0].when`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether the key is one of the tenant and not one of the policy.
    #[must_use]
    pub const fn is_of_tenant(&self) -> bool {
        self.tenant.is_some()
    }

    /// What is wrong, without the key.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}
