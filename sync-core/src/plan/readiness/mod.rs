//! What is to be mended before a first sync: a report on the data of both sides, made by the planner itself.
//!
//! Nothing here decides anything: standings, pairs, holds and limits are those of the plan that would be made of the same
//! input, so the report cannot promise what the plan does not keep.

mod contacts;
mod fields;
mod report;
mod users;

pub use report::{
    Case, ContactRef, FieldReadiness, Finding, FindingKind, Keep, KeepBecause, Person, Readiness, Weight,
};

use super::{
    PlanError, PlanInput, Subject,
    change::Reason,
    document::Plan,
    downgrade::Downgrades,
    plan,
    planner::{Absence, Planner},
};
use crate::{
    model::{CompanyId, ContactId},
    policy::OnUnsupported,
    snapshot::{ContactView, UserView},
};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the readiness document this crate writes.
pub const READINESS_VERSION: &str = "1.0";

/// Looks at a tenant as a first run would and says what a person should mend before it.
///
/// Pure like [`plan`], and made of the same planner; `limits.on_unsupported = "fail"` is reported rather than obeyed,
/// because a report that ends at the first gap helps nobody.
///
/// # Errors
/// [`PlanError`] where no plan could be made of the input for another reason.
pub fn readiness(input: &PlanInput<'_>) -> Result<Readiness, PlanError> {
    let mut policy = input.policy.clone();
    let strict = policy.document.limits.on_unsupported == OnUnsupported::Fail;
    policy.document.limits.on_unsupported = OnUnsupported::Downgrade;
    let lenient = PlanInput { policy: &policy, ..*input };
    let plan = plan(&lenient)?;
    let planner = Planner::new(lenient, &mut Downgrades::default());
    let mut findings = Findings::of(&planner);
    users::find(&planner, &mut findings);
    contacts::find(&planner, &mut findings);
    decided(&plan, &mut findings);
    let refused =
        if strict { plan.downgrades.iter().map(|d| d.wanted.to_string()).collect() } else { Vec::new() };
    Ok(Readiness {
        format_version: READINESS_VERSION.to_owned(),
        tenant: input.tenant.name.clone(),
        psa: input.psa.to_owned(),
        as_of: input.as_of,
        users_complete: planner.absence == Absence::Proven,
        first_run: plan.summary,
        guards: plan.guards,
        refused,
        fields: fields::find(&planner),
        findings: findings.into_list(),
    })
}

/// The cases found so far, by kind.
struct Findings<'p, 'a> {
    planner: &'p Planner<'a>,
    /// The companies that the tenant feeds; other contacts of the read are nobody's business here.
    ours: BTreeSet<CompanyId>,
    cases: BTreeMap<FindingKind, Vec<Case>>,
}

impl<'p, 'a> Findings<'p, 'a> {
    fn of(planner: &'p Planner<'a>) -> Self {
        Self { planner, ours: planner.input.tenant.companies(), cases: BTreeMap::new() }
    }

    fn note(&mut self, kind: FindingKind, case: Case) {
        self.cases.entry(kind).or_default().push(case);
    }

    /// A case about one user.
    fn user(&mut self, kind: FindingKind, user: UserView<'_>, company: Option<&CompanyId>) {
        let case = Case { users: vec![person(user)], company: company.cloned(), ..Case::default() };
        self.note(kind, case);
    }

    /// A case about one contact.
    fn contact(&mut self, kind: FindingKind, contact: ContactView<'_>, value: Option<String>) {
        let case = Case {
            contacts: vec![contact_ref(contact)],
            company: contact.company().cloned(),
            value,
            ..Case::default()
        };
        self.note(kind, case);
    }

    fn contact_refs(&self, ids: &[ContactId]) -> Vec<ContactRef> {
        ids.iter()
            .map(|id| self.planner.input.contacts.find(id).map_or_else(|| ContactRef::gone(id), contact_ref))
            .collect()
    }

    fn into_list(self) -> Vec<Finding> {
        self.cases.into_iter().map(|(kind, cases)| Finding { kind, weight: kind.weight(), cases }).collect()
    }
}

/// What the plan holds for a person because of the data.
fn decided(plan: &Plan, findings: &mut Findings<'_, '_>) {
    for decision in plan.decisions.iter() {
        let Subject::User(anchor) = &decision.subject else { continue };
        let (kind, contacts, value) = match &decision.reason {
            // A link whose contact is gone is found among the links.
            Reason::OtherCompany { companies, .. } if companies.is_empty() => continue,
            Reason::OtherCompany { contacts, .. } => (FindingKind::OtherCompany, contacts.as_slice(), None),
            Reason::SameName { contacts } => (FindingKind::SameName, contacts.as_slice(), None),
            Reason::Ambiguous { contacts } => (FindingKind::SeveralContacts, contacts.as_slice(), None),
            Reason::ClaimedTwice { contacts, .. } => (FindingKind::ClaimedTwice, contacts.as_slice(), None),
            Reason::RelinkDecision { contacts, .. } => {
                (FindingKind::SomebodyElses, contacts.as_slice(), None)
            }
            Reason::ForeignOwner { owner } => {
                (FindingKind::SomebodyElses, [].as_slice(), Some(owner.clone()))
            }
            Reason::RequiredField { field } => {
                (FindingKind::RequiredFieldMissing, [].as_slice(), Some(field.to_string()))
            }
            Reason::InSync { .. }
            | Reason::FieldsDiffer { .. }
            | Reason::NoMatch
            | Reason::Matched { .. }
            | Reason::SourceDuplicate { .. }
            | Reason::Relink { .. }
            | Reason::Disabled
            | Reason::Deleted
            | Reason::Missing
            | Reason::Grace
            | Reason::LeftScope { .. }
            | Reason::Excluded { .. }
            | Reason::LicenseLost
            | Reason::Returned
            | Reason::NoEmail
            | Reason::IncompleteName
            | Reason::Unrouted
            | Reason::SnapshotPartial
            | Reason::SuspectSnapshot
            | Reason::Protected
            | Reason::Unsupported { .. }
            | Reason::Policy { .. }
            | Reason::Reviewed { .. }
            | Reason::Undone { .. }
            | Reason::Indeterminate { .. }
            | Reason::NonConverging { .. } => continue,
        };
        let case = Case {
            users: vec![Person {
                id: anchor.clone(),
                user_principal_name: decision.user_principal_name.clone(),
                display_name: decision.display_name.clone(),
            }],
            contacts: findings.contact_refs(contacts),
            company: decision.company.clone(),
            value,
            keep: None,
        };
        findings.note(kind, case);
    }
}

fn person(user: UserView<'_>) -> Person {
    Person {
        id: user.anchor(),
        user_principal_name: user.principal_name().to_owned(),
        display_name: user.display_name().to_owned(),
    }
}

fn contact_ref(contact: ContactView<'_>) -> ContactRef {
    ContactRef {
        id: ContactId::new(contact.id()),
        name: super::contact_name(contact),
        company: contact.company().cloned(),
        active: contact.active(),
    }
}
