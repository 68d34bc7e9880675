//! What a plan depends on.

use super::elsewhere::LinkedElsewhere;
use crate::{
    capability::{Access, Capabilities, Compare, FieldRule},
    model::{Company, CompanyId, ContactField, Fingerprint, Fingerprinter, nearest},
    policy::{Policy, PolicyError, RunInput, SyncMode, Tenant, fold},
    review::Reviews,
    snapshot::{ContactSnapshot, UserSnapshot},
    store::LinkSet,
};
use chrono::{DateTime, Utc};

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
    /// What other tenants of the same PSA are linked to; [`NONE_ELSEWHERE`](super::NONE_ELSEWHERE) where there is no other.
    pub linked_elsewhere: &'a LinkedElsewhere,
    /// What people answered to decisions held earlier; [`crate::review::NO_REVIEWS`] where nobody is asked.
    pub reviews: &'a Reviews,
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
    #[error("company {id} {problem}; correct `company_id` or the route that names it")]
    Company {
        /// The company that is configured.
        id: CompanyId,
        /// What is wrong with it, with the nearest one that there is.
        problem: String,
    },
}

/// Whether every company that users of a tenant can go to is there and in use.
///
/// `companies` are all of the PSA.
///
/// # Errors
/// [`PlanError::Company`] for the first that is not.
pub fn check_companies(tenant: &Tenant, companies: &[Company]) -> Result<(), PlanError> {
    for id in tenant.companies() {
        let problem = match companies.iter().find(|company| company.id == id) {
            Some(company) if company.active => continue,
            Some(_) => "is not in use in the PSA".to_owned(),
            None => format!("does not exist in the PSA{}", nearest_company(&id, companies)),
        };
        return Err(PlanError::Company { id, problem });
    }
    Ok(())
}

/// The company that is meant by an id that none has, in words: the one of that name, else the one of the nearest name or
/// id.
fn nearest_company(wanted: &CompanyId, companies: &[Company]) -> String {
    let wanted = wanted.as_str();
    let named = companies.iter().find(|company| fold(&company.name) == fold(wanted)).or_else(|| {
        let names: Vec<&str> = companies.iter().map(|company| company.name.as_str()).collect();
        let name = nearest(wanted, &names)?;
        companies.iter().find(|company| company.name == name)
    });
    let meant = named.or_else(|| {
        let ids: Vec<&str> = companies.iter().map(|company| company.id.as_str()).collect();
        let id = nearest(wanted, &ids)?;
        companies.iter().find(|company| company.id.as_str() == id)
    });
    meant.map_or_else(String::new, |company| {
        format!(" (did you mean {}, {}?)", company.id, company.name.chars().take(60).collect::<String>())
    })
}

impl PlanInput<'_> {
    pub(super) fn check(&self) -> Result<(), PlanError> {
        self.policy.check_tenant(self.tenant)?;
        if let crate::snapshot::Completeness::Partial { because } = self.contacts.completeness() {
            return Err(PlanError::ContactsPartial(because.clone()));
        }
        if !self.companies.is_empty() {
            check_companies(self.tenant, self.companies)?;
        }
        super::migrate::check(self)
    }
}

/// The digest of the tenant's routes and the run's inputs.
pub(crate) fn tenant_fingerprint(tenant: &Tenant, run: &RunInput) -> Fingerprint {
    let Tenant { name, directory_id, verified_domains, company, routes } = tenant;
    let mut printer = Fingerprinter::new("tenant/v1");
    printer.json(&(name, directory_id, verified_domains, company, routes));
    let mut run = run.clone();
    // How much is read and whether the plan is applied at once do not change what it says.
    (run.dry_run, run.sync_mode) = (false, SyncMode::Full);
    printer.json(&run);
    printer.finish()
}

/// The digest of capabilities. Every plan takes it, and field rules are what there is most of, so they go in as bytes.
pub(super) fn capabilities_fingerprint(capabilities: &Capabilities) -> Fingerprint {
    let Capabilities {
        fields,
        alternate_emails,
        active_status,
        custom_fields,
        anchor_storage,
        company_custom_fields,
        // No plan of contacts looks at these.
        company_details: _,
        company_notes: _,
        concurrency,
        update_style,
        idempotent_create,
        modified_since,
        quantities,
        settling,
    } = capabilities;
    let mut printer = Fingerprinter::new("capabilities/v2");
    printer.number(fields.len() as u64);
    for (field, rule) in fields {
        let FieldRule { access, max_len, compare, required } = rule;
        let access = match access {
            Access::None => 0,
            Access::Read => 1,
            Access::ReadWrite => 2,
        };
        let compare = match compare {
            Compare::Exact => 0,
            Compare::IgnoreCase => 1,
            Compare::PhoneDigits => 2,
        };
        let known = field.ordinal().and_then(|ordinal| ContactField::KNOWN.get(usize::from(ordinal)));
        printer.text(field.open_name().or(known.copied()).unwrap_or(""));
        let [open, required, limited] =
            [field.open_name().is_some(), *required, max_len.is_some()].map(u8::from);
        printer.bytes(&[open, access, compare, required, limited]);
        printer.bytes(&max_len.unwrap_or(0).to_le_bytes());
    }
    printer.json(&(alternate_emails, active_status, custom_fields, anchor_storage, company_custom_fields));
    printer.json(&(concurrency, update_style, idempotent_create, modified_since, quantities, settling));
    printer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capability::CompanyDetails;

    #[test]
    fn what_no_plan_looks_at_makes_no_saved_plan_stale() {
        let mut told = Capabilities::everything();
        (told.company_details, told.company_notes) = (CompanyDetails::ALL, true);
        let mut untold = told.clone();
        (untold.company_details, untold.company_notes) = (CompanyDetails::NONE, false);
        assert!(capabilities_fingerprint(&told) == capabilities_fingerprint(&untold));
        let mut less = told.clone();
        less.modified_since = !less.modified_since;
        assert!(capabilities_fingerprint(&told) != capabilities_fingerprint(&less));
    }

    #[test]
    fn every_part_of_a_field_rule_counts() {
        let of = |field: ContactField, rule: FieldRule| {
            let mut capabilities = Capabilities::none();
            capabilities.fields.insert(field, rule);
            capabilities_fingerprint(&capabilities)
        };
        let rule = FieldRule::new(Access::Read);
        let required = FieldRule { required: true, ..rule };
        let all = [
            capabilities_fingerprint(&Capabilities::none()),
            of(ContactField::Email, rule),
            of(ContactField::Title, rule),
            of(ContactField::Custom("email".into()), rule),
            of(ContactField::Email, FieldRule::new(Access::None)),
            of(ContactField::Email, FieldRule::new(Access::ReadWrite)),
            of(ContactField::Email, FieldRule { compare: Compare::IgnoreCase, ..rule }),
            of(ContactField::Email, FieldRule { compare: Compare::PhoneDigits, ..rule }),
            of(ContactField::Email, required),
            of(ContactField::Email, rule.max_len(0)),
            of(ContactField::Email, rule.max_len(1)),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|other| one != other), "{at}");
        }
    }
}
