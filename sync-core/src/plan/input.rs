//! What a plan depends on.

use crate::{
    capability::Capabilities,
    model::{Company, ContactId, Fingerprint, Fingerprinter, TenantName},
    policy::{Policy, PolicyError, RunInput, SyncMode, Tenant},
    snapshot::{ContactSnapshot, UserSnapshot},
    store::LinkSet,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// For [`PlanInput::linked_elsewhere`] where one tenant alone uses a PSA.
pub static NONE_ELSEWHERE: BTreeMap<ContactId, TenantName> = BTreeMap::new();

/// Everything a plan depends on. The clock is an input.
///
/// Exhaustive on purpose: a new input must make every caller decide.
#[derive(Clone, Copy, Debug)]
pub struct PlanInput<'a> {
    /// The tenant and its routes.
    pub tenant: &'a Tenant,
    /// The PSA adapter's name.
    pub psa: &'a str,
    /// The directory side.
    pub users: &'a UserSnapshot,
    /// The PSA side: all contacts, active and inactive, of the tenant's companies at least.
    pub contacts: &'a ContactSnapshot,
    /// Companies that were read; empty where they were not, and then none is checked.
    pub companies: &'a [Company],
    /// What is remembered.
    pub links: &'a LinkSet,
    /// Contacts that other tenants of the same PSA are linked to, by whom; [`NONE_ELSEWHERE`] where there is no other.
    pub linked_elsewhere: &'a BTreeMap<ContactId, TenantName>,
    /// What the operator wants.
    pub policy: &'a Policy,
    /// What the PSA can do now.
    pub capabilities: &'a Capabilities,
    /// How this run differs from the standing policy.
    pub run: &'a RunInput,
    /// Now.
    pub as_of: DateTime<Utc>,
}

/// Why no plan could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The policy and the tenant do not go together.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The policy is strict and the PSA cannot do what it asks.
    #[error(
        "this PSA cannot do what the policy asks: {0}; set limits.on_unsupported = \"downgrade\" to do less instead"
    )]
    Unsupported(String),
    /// A contact that was not read may be the match, so nothing can be created or paired safely.
    #[error(
        "the contact list is incomplete ({0}); nothing was planned, because a contact not read may be the match"
    )]
    ContactsPartial(String),
    /// The migration asked for cannot be meant.
    #[error("nothing was planned to migrate from tenant {0:?}: {1}")]
    Migration(String, String),
    /// A company that users would go to does not exist or is not in use.
    #[error("company {0} {1}; correct `company_id` or the route that names it")]
    Company(String, &'static str),
}

impl PlanInput<'_> {
    pub(super) fn check(&self) -> Result<(), PlanError> {
        self.policy.check_tenant(self.tenant)?;
        if let crate::snapshot::Completeness::Partial { because } = self.contacts.completeness() {
            return Err(PlanError::ContactsPartial(because.clone()));
        }
        if !self.companies.is_empty() {
            for id in self.tenant.companies() {
                match self.companies.iter().find(|c| c.id == id) {
                    None => return Err(PlanError::Company(id.to_string(), "does not exist in the PSA")),
                    Some(company) if !company.active => {
                        return Err(PlanError::Company(id.to_string(), "is not in use in the PSA"));
                    }
                    Some(_) => {}
                }
            }
        }
        super::migrate::check(self)
    }
}

/// The digest of the tenant's routes and the run's inputs.
pub(super) fn tenant_fingerprint(tenant: &Tenant, run: &RunInput) -> Fingerprint {
    let Tenant { name, directory_id, verified_domains, company, routes } = tenant;
    let mut printer = Fingerprinter::new("tenant/v1");
    printer.json(&(name, directory_id, verified_domains, company, routes));
    let mut run = run.clone();
    // How much is read and whether the plan is applied at once do not change what it says.
    (run.dry_run, run.sync_mode) = (false, SyncMode::Full);
    printer.json(&run);
    printer.finish()
}

/// The digest of capabilities.
pub(super) fn capabilities_fingerprint(capabilities: &Capabilities) -> Fingerprint {
    let mut printer = Fingerprinter::new("capabilities/v1");
    printer.json(capabilities);
    printer.finish()
}
