//! The planner: one pure function from what was read to what would be done, with a reason for each.

mod change;
mod compare;
mod creating;
mod decide;
mod decisions;
mod departing;
mod document;
mod downgrade;
mod elsewhere;
mod explain;
mod fields;
mod fresh;
mod guard;
mod identity;
mod index;
mod input;
mod learned;
mod lifecycle;
mod matching;
mod membership;
mod migrate;
mod namesakes;
mod overlap;
mod ownership;
mod paired;
mod planner;
mod readiness;
mod renames;
pub mod render;
mod reviewed;
mod routing;
mod scope;
mod simulate;
mod undo;
mod unlinked;
mod unpaired;
mod warnings;
mod wording;

pub use change::{Action, Change, FieldChange, LinkState, Reason, Subject};
pub use compare::same_phone;
pub use decisions::Decisions;
pub use document::{
    Basis, Decision, DocumentError, Downgrade, FORMAT_VERSION, Instead, Plan, Summary, Wanted, Warning,
};
pub use elsewhere::{LinkedElsewhere, NONE_ELSEWHERE};
pub use explain::{Explanation, Outcome, Step, explain};
pub use guard::{EffectiveLimit, Guard, deactivation_limit, run_deactivation_limit};
pub use input::{PlanError, PlanInput, check_companies};
pub use learned::Learned;
pub use readiness::{
    Case, ContactRef, FieldReadiness, Finding, FindingKind, Keep, KeepBecause, Person, READINESS_VERSION,
    Readiness, Weight, readiness,
};
pub use simulate::simulate;
pub use undo::{UndoError, UndoInput, undo, undo_fields};

pub(crate) use compare::{keys_of, same_value};
pub(crate) use creating::addresses_of;
pub(crate) use document::{another_minor, read_document};
pub(crate) use fresh::Fresh;
pub(crate) use input::tenant_fingerprint;
pub(crate) use learned::{links_after, settled};
pub(crate) use membership::{CountsShort, Members, Membership, counts_short};
pub(crate) use renames::is_in_the_way;
pub(crate) use render::visible;

use crate::{
    capability::Capabilities,
    model::{CompanyId, ContactField, ContactId, Fingerprint, PlanId},
    policy::{OnUnsupported, Policy, RunInput, Tenant},
    snapshot::{ContactView, guid},
};
use decide::Verdict;
use decisions::{ChangeParts, Parts, SubjectParts};
use downgrade::Downgrades;
use guard::Tally;
use matching::Owner;
use planner::{Absence, Planner};

/// For how many users their contacts are asked for ahead of deciding.
const AHEAD: usize = 32;

/// Works out what one run would do. No I/O, no clock, no randomness, no logging, no hash order: the same input gives the
/// same bytes, whatever the order in which rows were read.
///
/// # Errors
/// [`PlanError`] when nothing may be planned: the policy does not fit, or contacts are missing from the read.
pub fn plan(input: &PlanInput<'_>) -> Result<Plan, PlanError> {
    match with_refusal(input)? {
        (plan, None) => Ok(plan),
        (_, Some(refusal)) => Err(refusal),
    }
}

/// The plan, and why it may not be carried out as a whole, where it may not.
pub(crate) fn with_refusal(input: &PlanInput<'_>) -> Result<(Plan, Option<PlanError>), PlanError> {
    input.check()?;
    let mut downgrades = Downgrades::default();
    let planner = Planner::new(*input, &mut downgrades);
    let mut decisions = Decisions::with_capacity(input.users.len());
    let mut tally = Tally { linked_before: !input.links.is_first_run(), ..Tally::default() };
    let mut summary = Summary {
        users_read: input.users.len() as u64,
        contacts_read: input.contacts.len() as u64,
        ..Summary::default()
    };
    for (place, user) in input.users.iter().enumerate() {
        if place % AHEAD == 0 {
            planner.touch_contacts(place..place + AHEAD);
        }
        let mut verdict = planner.decide(matching::place(place), user, &mut downgrades);
        if !input.links.open.is_empty() {
            verdict = planner.after_open_writes(verdict, &Subject::User(user.anchor()));
        }
        count(&verdict, &mut summary, &mut tally);
        let Verdict { company, change, learned, reason } = verdict;
        let guid = input.users.guid_at(place).or_else(|| guid(user.object_id()));
        let subject = SubjectParts::User { directory: user.directory(), object: user.object_id(), guid };
        decisions.push(Parts {
            subject,
            user_principal_name: user.principal_name(),
            display_name: user.display_name(),
            immutable_id: user.immutable_id(),
            company,
            change,
            learned,
            reason,
        });
    }
    for (place, gone) in unlinked::gone(input, &planner) {
        let Some(contact) = input.contacts.get(place as usize) else { continue };
        let Some(mut verdict) = planner.decide_gone(place, contact, &gone, &mut downgrades) else { continue };
        if !input.links.open.is_empty() {
            verdict = planner.after_open_writes(verdict, &Subject::Contact(ContactId::new(contact.id())));
        }
        count(&verdict, &mut summary, &mut tally);
        let Verdict { company, change, learned, reason } = verdict;
        decisions.push(Parts {
            subject: SubjectParts::Contact(contact.id()),
            user_principal_name: "",
            display_name: &contact_name(contact),
            immutable_id: None,
            company,
            change,
            learned,
            reason,
        });
    }
    decisions.shrink();
    count_linked(&planner, &mut tally);
    let findings = downgrades.take_findings();
    tally.relinks = planner.migrated();
    let downgrades = downgrades.into_list();
    let strict = input.policy.document().limits.on_unsupported == OnUnsupported::Fail;
    let first = downgrades.first().filter(|_| strict);
    let refusal = first.map(|first| PlanError::Unsupported(first.wanted.to_string()));
    let (limits, guards) = tally.judge(&input.policy.document().limits);
    let mut plan = Plan {
        format_version: FORMAT_VERSION.to_owned(),
        id: PlanId::new(""),
        tenant: input.tenant.name.clone(),
        psa: input.psa.to_owned(),
        as_of: input.as_of,
        run: input.run.clone(),
        basis: basis(input, &planner),
        summary,
        decisions,
        downgrades,
        guards,
        limits,
        warnings: warnings::warnings(&planner, &findings),
    };
    plan.id = plan.digest();
    Ok((plan, refusal))
}

/// The digests of what a plan depends on beside what was read: policy, tenant with run inputs, capabilities.
pub(crate) fn basis_fingerprints(
    policy: &Policy,
    tenant: &Tenant,
    run: &RunInput,
    capabilities: &Capabilities,
) -> (Fingerprint, Fingerprint, Fingerprint) {
    (
        policy.fingerprint().clone(),
        tenant_fingerprint(tenant, run),
        input::capabilities_fingerprint(capabilities),
    )
}

fn basis(input: &PlanInput<'_>, planner: &Planner<'_>) -> Basis {
    let (policy, tenant, capabilities) =
        basis_fingerprints(input.policy, input.tenant, input.run, input.capabilities);
    Basis {
        policy,
        tenant,
        capabilities,
        link_generation: input.links.generation,
        managed: planner.managed.clone(),
        users_complete: input.users.completeness().is_complete(),
        users_suspect: planner.absence == Absence::Suspect,
        directories: planner.directories.clone(),
        absence_counts: planner.absence == Absence::Proven
            && input.run.migrate_from.is_none()
            && !input.run.is_targeted()
            && input.policy.principal_names.is_empty(),
    }
}

/// What people call a contact.
fn contact_name(contact: ContactView<'_>) -> String {
    let parts = [ContactField::FirstName, ContactField::LastName, ContactField::Name];
    parts.iter().filter_map(|field| contact.text(field).text()).collect::<Vec<_>>().join(" ")
}

fn count(verdict: &Verdict<'_>, summary: &mut Summary, tally: &mut Tally) {
    let action = match &verdict.change {
        ChangeParts::NoOp { .. } => Action::NoOp,
        ChangeParts::Other(change) => change.action(),
    };
    count_action(action, verdict.company, summary, tally);
}

fn count_action(action: Action, company: Option<&CompanyId>, summary: &mut Summary, tally: &mut Tally) {
    let slot = match action {
        Action::Create => &mut summary.create,
        Action::Update => &mut summary.update,
        Action::Link => &mut summary.link,
        Action::Reactivate => &mut summary.reactivate,
        Action::Deactivate => &mut summary.deactivate,
        Action::Hold => &mut summary.hold,
        Action::NoOp => &mut summary.no_op,
    };
    *slot += 1;
    match action {
        Action::Create => tally.creates += 1,
        Action::Update => tally.updates += 1,
        Action::Deactivate => {
            tally.companies.entry(company.cloned()).or_default().0 += 1;
        }
        Action::Link | Action::Reactivate | Action::Hold | Action::NoOp => {}
    }
}

/// Counts active linked contacts per company: those with a user by link, under an earlier object id too, or by stored id, and
/// those of absent users.
fn count_linked(planner: &Planner<'_>, tally: &mut Tally) {
    let contacts = planner.input.contacts;
    let mut counts: Vec<(Option<&CompanyId>, u64)> = Vec::new();
    for (place, owner) in planner.matches.owners.iter().enumerate() {
        let linked = match owner {
            Owner::User(user) => {
                planner.matches.relinked.contains_key(user)
                    || matches!(
                        planner.matches.pairings.get(*user as usize),
                        Some(matching::Pairing::Paired {
                            rule: crate::policy::MatchRule::Link | crate::policy::MatchRule::StoredId,
                            ..
                        })
                    )
            }
            Owner::Absent => true,
            Owner::Free | Owner::Contested | Owner::Elsewhere | Owner::LetGo => false,
        };
        let Some(contact) = contacts.get(place).filter(|c| linked && c.active() != Some(false)) else {
            continue;
        };
        let company = contact.company();
        match counts.iter_mut().find(|(c, _)| *c == company) {
            Some((_, count)) => *count += 1,
            None => counts.push((company, 1)),
        }
    }
    for (company, count) in counts {
        tally.companies.entry(company.cloned()).or_default().1 += count;
    }
}
