//! Taking back what a run did: the plan that writes the recorded values of before.
//!
//! Only what still holds what the run wrote is put back. Whatever somebody changed since stays as it is and is named; a
//! contact that the run created is deactivated, never deleted.

use super::{
    Action, Basis, Change, Decision, Decisions, FORMAT_VERSION, FieldChange, LinkState, Plan, Reason,
    Subject, Summary, Warning, basis_fingerprints,
    compare::same_value,
    elsewhere::LinkedElsewhere,
    fields::{Digested, watched},
    guard::Tally,
};
use crate::{
    apply::Report,
    capability::{Access, ActiveStatus, Capabilities},
    model::{ContactField, ContactId, FieldValue, Fingerprint, PlanId, TenantName},
    policy::{Policy, RunInput, Tenant},
    snapshot::{Completeness, ContactSnapshot, ContactView},
    store::{Intent, IntentState, LinkSet},
};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What taking back a run depends on.
///
/// Exhaustive on purpose, as [`super::PlanInput`] is.
#[derive(Clone, Copy, Debug)]
pub struct UndoInput<'a> {
    /// The name of the run, as people know it.
    pub run: &'a str,
    /// The plan that the run applied.
    pub done: &'a Plan,
    /// What became of it.
    pub report: &'a Report,
    /// What the run sent, as it stands now ([`crate::store::History::intents`]): what became of a write whose answer was lost
    /// is not in the report.
    pub intents: &'a [Intent],
    /// The tenant as it is configured now.
    pub tenant: &'a Tenant,
    /// The PSA adapter's name.
    pub psa: &'a str,
    /// All contacts of the tenant's companies as they are now, read with the fields of [`undo_fields`].
    pub contacts: &'a ContactSnapshot,
    /// What is remembered now.
    pub links: &'a LinkSet,
    /// What other tenants of the same PSA are linked to.
    pub linked_elsewhere: &'a LinkedElsewhere,
    /// What the operator wants now.
    pub policy: &'a Policy,
    /// What the PSA can do now.
    pub capabilities: &'a Capabilities,
    /// Now.
    pub as_of: DateTime<Utc>,
}

/// Why a run cannot be taken back at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UndoError {
    /// The run was another tenant's.
    #[error("run {run} was of tenant {theirs}, not of {tenant}")]
    OtherTenant {
        /// The run.
        run: String,
        /// Whose it was.
        theirs: TenantName,
        /// The tenant at hand.
        tenant: TenantName,
    },
    /// The run wrote to another PSA.
    #[error("run {run} wrote to {theirs}, not to {psa}")]
    OtherPsa {
        /// The run.
        run: String,
        /// Where it wrote.
        theirs: String,
        /// The PSA at hand.
        psa: String,
    },
    /// The report is of another plan.
    #[error("the report of run {0} does not belong to its plan; nothing can be concluded from it")]
    NotItsReport(String),
    /// The run wrote nothing.
    #[error("run {0} was a dry run; there is nothing to take back")]
    DryRun(String),
    /// A contact that was not read may have been changed since.
    #[error("the contact list is incomplete ({0}); nothing was planned")]
    ContactsPartial(String),
}

/// The names of the custom fields that must be read to take a run back.
#[must_use]
pub fn undo_fields(done: &Plan, policy: &Policy) -> BTreeSet<String> {
    let mut fields = policy.custom_fields_needed();
    for decision in done.decisions.changes() {
        let written = decision.change.fields().iter().filter(|f| !f.after.is_generated());
        fields.extend(written.filter_map(|f| f.field.open_name().map(str::to_owned)));
    }
    fields
}

/// Plans to put back what a run changed. Pure. Applied as any plan is; its guards hold as well.
///
/// The next run of the tenant does again what the policy says of changes to contacts; a contact whose create was taken
/// back is not made active again by `reactivate = "ours"`.
///
/// # Errors
/// [`UndoError`].
pub fn undo(input: &UndoInput<'_>) -> Result<Plan, UndoError> {
    check(input)?;
    let applied = Applied::of(input.report, input.intents);
    let managed = managed(input);
    let digested = Digested::new(input.contacts, &watched(&managed, input.policy));
    let mut undoing = Undoing { input, digested, warnings: Vec::new() };
    let mut decisions: BTreeMap<ContactId, Decision> = BTreeMap::new();
    for decision in input.done.decisions.changes() {
        let Some(id) = applied.contact(&decision) else {
            if applied.unknown.contains(&decision.subject) {
                undoing.cannot(&decision, "nobody knows yet whether it was written".to_owned());
            }
            continue;
        };
        if let Some(inverse) = undoing.inverse(&decision, &id) {
            decisions.insert(id, inverse);
        }
    }
    Ok(undoing.into_plan(managed, decisions.into_values()))
}

fn check(input: &UndoInput<'_>) -> Result<(), UndoError> {
    let run = || input.run.to_owned();
    if input.done.tenant != input.tenant.name {
        let (theirs, tenant) = (input.done.tenant.clone(), input.tenant.name.clone());
        return Err(UndoError::OtherTenant { run: run(), theirs, tenant });
    }
    if input.done.psa != input.psa {
        let (theirs, psa) = (input.done.psa.clone(), input.psa.to_owned());
        return Err(UndoError::OtherPsa { run: run(), theirs, psa });
    }
    if input.report.plan != input.done.id {
        return Err(UndoError::NotItsReport(run()));
    }
    if input.report.dry_run {
        return Err(UndoError::DryRun(run()));
    }
    match input.contacts.completeness() {
        Completeness::Partial { because } => Err(UndoError::ContactsPartial(because.clone())),
        Completeness::Complete => Ok(()),
    }
}

/// The fields that the plan rules: those that the run wrote and that can be written now.
fn managed(input: &UndoInput<'_>) -> BTreeSet<ContactField> {
    let mut managed = BTreeSet::new();
    for decision in input.done.decisions.changes() {
        let fields = decision.change.fields().iter().filter(|f| !f.after.is_generated());
        managed.extend(fields.map(|f| f.field.clone()));
    }
    managed.retain(|field| input.capabilities.rule(field).access == Access::ReadWrite);
    managed
}

/// What a run did, by its report and by what was learnt later.
struct Applied {
    /// The contacts created, by the user's object id.
    created: BTreeMap<String, ContactId>,
    /// The contacts otherwise written.
    written: BTreeSet<ContactId>,
    /// Of whom it is open what the run did.
    unknown: BTreeSet<Subject>,
}

impl Applied {
    fn of(report: &Report, intents: &[Intent]) -> Self {
        let created = report.created_contacts.iter();
        let mut created: BTreeMap<String, ContactId> =
            created.map(|line| (line.office365_id.clone(), ContactId::new(&line.psa_contact_id))).collect();
        let lists = [&report.updated_contacts, &report.deactivated_contacts, &report.reactivated_contacts];
        let mut written: BTreeSet<ContactId> =
            lists.into_iter().flatten().map(|line| ContactId::new(&line.psa_contact_id)).collect();
        let mut unknown = BTreeSet::new();
        for intent in intents {
            match (&intent.state, &intent.decision.subject) {
                (IntentState::Done { contact }, Subject::User(user)) if intent.is_create() => {
                    created.insert(user.object_id().to_owned(), contact.clone());
                }
                (IntentState::Done { contact }, _) => {
                    written.insert(contact.clone());
                }
                (IntentState::Sent | IntentState::Indeterminate { .. }, subject) => {
                    unknown.insert(subject.clone());
                }
                (IntentState::Failed { .. } | IntentState::Lost, _) => {}
            }
        }
        Self { created, written, unknown }
    }

    /// The contact that a decision changed; `None` where it changed nothing.
    fn contact(&self, decision: &Decision) -> Option<ContactId> {
        match (decision.change.action(), &decision.subject) {
            (Action::Create, Subject::User(anchor)) => self.created.get(anchor.object_id()).cloned(),
            (Action::NoOp | Action::Hold, _) | (Action::Create, Subject::Contact(_)) => None,
            (Action::Update | Action::Link | Action::Reactivate | Action::Deactivate, _) => {
                decision.change.contact().filter(|id| self.written.contains(*id)).cloned()
            }
        }
    }
}

struct Undoing<'i, 'a> {
    input: &'i UndoInput<'a>,
    digested: Digested,
    warnings: Vec<Warning>,
}

/// How one field stands that a run wrote.
enum Stands {
    /// As the run wrote it.
    AsWritten(FieldValue),
    /// As it was before.
    AsBefore,
    /// Otherwise, or it cannot be told or written.
    LeftAlone(&'static str),
}

impl Undoing<'_, '_> {
    /// What takes one change back; `None` where nothing is left to be done or can be.
    fn inverse(&mut self, decision: &Decision, id: &ContactId) -> Option<Decision> {
        let Some(contact) = self.input.contacts.find(id) else {
            self.cannot(decision, format!("contact {id} is gone, or in a company that is not read here"));
            return None;
        };
        let owner = self.input.linked_elsewhere.get(id);
        if let Some(owner) = owner {
            self.cannot(decision, format!("contact {id} is tenant {owner}'s by now"));
            return None;
        }
        let active = contact.active() != Some(false);
        let change = match &decision.change {
            Change::Update { fields, .. } => {
                let fields = self.fields_back(decision, contact, fields);
                self.note_generated(decision, id);
                (!fields.is_empty()).then(|| self.update(contact, fields))?
            }
            Change::Link { .. } => {
                self.cannot(decision, format!("the link to contact {id} stays; `review pin` can change it"));
                return None;
            }
            Change::Create { fields, .. } => {
                if !active {
                    return None;
                }
                let touched = fields.iter().any(|f| {
                    !f.after.is_generated()
                        && !contact.value(&f.field).is_some_and(|now| self.same(&f.field, &now, &f.after))
                });
                let change = self.deactivate(contact, Vec::new());
                if touched {
                    self.cannot(
                        decision,
                        format!("contact {id} was worked on since it was created; deactivate it by hand if that is meant"),
                    );
                    hold(change)
                } else {
                    self.switchable(contact, change)
                }
            }
            Change::Deactivate { fields, .. } => {
                let fields = self.fields_back(decision, contact, fields);
                if active {
                    (!fields.is_empty()).then(|| self.update(contact, fields))?
                } else {
                    let expect = self.fingerprint(contact);
                    let change =
                        Change::Reactivate { contact: id.clone(), link: LinkState::Existing, fields, expect };
                    self.switchable(contact, change)
                }
            }
            Change::Reactivate { fields, .. } => {
                let fields = self.fields_back(decision, contact, fields);
                if active {
                    let change = self.deactivate(contact, fields);
                    self.switchable(contact, change)
                } else {
                    (!fields.is_empty()).then(|| self.update(contact, fields))?
                }
            }
            Change::NoOp { .. } | Change::Hold { .. } => return None,
        };
        let reason = Reason::Undone { run: self.input.run.to_owned() };
        let mut inverse = Decision::new(Subject::Contact(id.clone()), change, reason);
        inverse.user_principal_name.clone_from(&decision.user_principal_name);
        inverse.display_name.clone_from(&decision.display_name);
        inverse.company = contact.company().cloned();
        Some(inverse)
    }

    fn update(&self, contact: ContactView<'_>, fields: Vec<FieldChange>) -> Change {
        let expect = self.fingerprint(contact);
        Change::Update { contact: ContactId::new(contact.id()), link: LinkState::Existing, fields, expect }
    }

    fn deactivate(&self, contact: ContactView<'_>, fields: Vec<FieldChange>) -> Change {
        let expect = self.fingerprint(contact);
        Change::Deactivate {
            contact: ContactId::new(contact.id()),
            link: LinkState::Existing,
            fields,
            expect,
            successor: None,
        }
    }

    /// A change of the active status as it is, or held where the PSA cannot or the contact is protected.
    fn switchable(&self, contact: ContactView<'_>, change: Change) -> Change {
        let can = self.input.capabilities.active_status == ActiveStatus::Writable;
        let protected = contact.protected() && change.action() == Action::Deactivate;
        if can && !protected { change } else { hold(change) }
    }

    fn fingerprint(&self, contact: ContactView<'_>) -> Fingerprint {
        self.digested.fingerprint(contact)
    }

    /// The fields that can be put back; the others are named.
    fn fields_back(
        &mut self,
        decision: &Decision,
        contact: ContactView<'_>,
        fields: &[FieldChange],
    ) -> Vec<FieldChange> {
        let mut back = Vec::new();
        for field in fields.iter().filter(|field| !field.after.is_generated()) {
            match self.stands(contact, field) {
                Stands::AsWritten(now) => back.push(FieldChange {
                    field: field.field.clone(),
                    before: now,
                    after: field.before.clone(),
                }),
                Stands::AsBefore => {}
                Stands::LeftAlone(why) => {
                    self.cannot(decision, format!("{} of contact {} {why}", field.field, contact.id()));
                }
            }
        }
        back
    }

    fn stands(&self, contact: ContactView<'_>, written: &FieldChange) -> Stands {
        let rule = self.input.capabilities.rule(&written.field);
        let Some(now) = contact.value(&written.field) else { return Stands::LeftAlone("cannot be read") };
        if self.same(&written.field, &now, &written.before) {
            return Stands::AsBefore;
        }
        if !self.same(&written.field, &now, &written.after) {
            return Stands::LeftAlone("was changed since and stays as it is");
        }
        if rule.access < Access::ReadWrite {
            return Stands::LeftAlone("cannot be written by this PSA");
        }
        let vital = rule.required || written.field == ContactField::Email;
        if vital && written.before.is_blank() {
            return Stands::LeftAlone("was empty before, and is not emptied: the contact would be of no use");
        }
        Stands::AsWritten(now)
    }

    /// Whether two values of a field are the same for this PSA.
    fn same(&self, field: &ContactField, a: &FieldValue, b: &FieldValue) -> bool {
        same_value(self.input.capabilities.rule(field).compare, a, b)
    }

    fn note_generated(&mut self, decision: &Decision, id: &ContactId) {
        if decision.change.fields().iter().any(|f| f.after.is_generated()) {
            self.cannot(decision, format!("the support PIN of contact {id} stays; it was not recorded"));
        }
    }

    fn cannot(&mut self, decision: &Decision, message: String) {
        let name = &decision.user_principal_name;
        self.warnings.push(Warning {
            code: "NotPutBack".to_owned(),
            user_principal_name: (!name.is_empty()).then(|| name.clone()),
            message,
        });
    }

    fn into_plan(self, managed: BTreeSet<ContactField>, inverses: impl Iterator<Item = Decision>) -> Plan {
        let Self { input, warnings, .. } = self;
        let mut decisions = Decisions::new();
        let mut summary = Summary { contacts_read: input.contacts.len() as u64, ..Summary::default() };
        let mut tally = Tally { linked_before: true, ..Tally::default() };
        for contact in input.contacts.iter().filter(|contact| contact.active() != Some(false)) {
            let id = ContactId::new(contact.id());
            if input.links.links.of_contact(&id).next().is_some() {
                tally.companies.entry(contact.company().cloned()).or_default().1 += 1;
            }
        }
        for decision in inverses {
            super::count_action(
                decision.change.action(),
                decision.company.as_ref(),
                &mut summary,
                &mut tally,
            );
            decisions.push_owned(&decision);
        }
        let (limits, guards) = tally.judge(&input.policy.document().limits);
        let run = RunInput::default();
        let (policy, tenant, capabilities) =
            basis_fingerprints(input.policy, input.tenant, &run, input.capabilities);
        let mut plan = Plan {
            format_version: FORMAT_VERSION.to_owned(),
            id: PlanId::new(""),
            tenant: input.tenant.name.clone(),
            psa: input.psa.to_owned(),
            as_of: input.as_of,
            run,
            basis: Basis {
                policy,
                tenant,
                capabilities,
                link_generation: input.links.generation,
                managed,
                // No user was read, and nothing is concluded from that.
                users_complete: true,
                users_suspect: false,
                directories: BTreeSet::new(),
                absence_counts: false,
            },
            summary,
            decisions,
            downgrades: Vec::new(),
            guards,
            limits,
            warnings,
        };
        plan.id = plan.digest();
        plan
    }
}

fn hold(change: Change) -> Change {
    Change::Hold { proposed: Some(Box::new(change)) }
}
