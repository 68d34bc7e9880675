//! What a contact list says about writes whose result was not known, and what a killed run did.

use super::{ApplyError, Outcome, Report};
use crate::{
    capability::Capabilities,
    model::{ContactField, ContactId, FieldValue},
    plan::{Action, Change, Guard, Plan, Subject, addresses_of, keys_of, same_value},
    policy::{Policy, SyncMode},
    snapshot::{ContactSnapshot, ContactView},
    store::{Intent, IntentState},
};
use chrono::{DateTime, Utc};

/// Which contact a create made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    None,
    One(ContactId),
    /// One of these may be it, or none.
    Unclear(Vec<ContactId>),
}

/// The contact that a create made: the one that carries the user's id, else the one in the company that has one of the
/// user's addresses and the name that was to be written, is nobody's, and carries nobody else's id. What another tenant has was
/// made by that tenant; under another name it may be the contact of somebody who has the address by now.
pub(super) fn find_created(
    intent: &Intent,
    policy: &Policy,
    capabilities: &Capabilities,
    contacts: &ContactSnapshot,
    (taken, elsewhere): (impl Fn(&ContactId) -> bool, impl Fn(&ContactId) -> bool),
) -> Found {
    let decision = &intent.decision;
    let Subject::User(user) = &decision.subject else { return Found::None };
    let id_fields: Vec<ContactField> =
        policy.id_field.iter().cloned().chain([ContactField::ExternalId]).collect();
    let ids = [user.object_id().to_lowercase(), user.as_str().to_lowercase()];
    let (mut marked, mut addressed) = (Vec::new(), Vec::new());
    let addresses = addresses_of(&decision.change);
    // What the new contact was made beside was there before it, also where it carries the same id.
    let beside = if let Change::Create { beside, .. } = &decision.change { beside.as_slice() } else { &[] };
    let others = |id: &str| beside.iter().any(|id_of| id_of.as_str() == id) || elsewhere(&ContactId::new(id));
    for contact in contacts.iter().filter(|contact| !others(contact.id())) {
        let mut stored = id_fields.iter().filter_map(|field| contact.text(field).text());
        let mut foreign = false;
        if stored.any(|id| {
            let ours = ids.contains(&id.trim().to_lowercase());
            foreign |= !ours;
            ours
        }) {
            marked.push(ContactId::new(contact.id()));
            continue;
        }
        let here = decision.company.is_none() || contact.company() == decision.company.as_ref();
        if here && !foreign && contact.email_keys().any(|key| addresses.contains(key)) {
            let id = ContactId::new(contact.id());
            if !taken(&id) {
                addressed.push(id);
            }
        }
    }
    let by_id = !marked.is_empty();
    match <[ContactId; 1]>::try_from(if by_id { marked } else { addressed }) {
        Ok([contact]) => {
            let named = |view| bears_the_name(view, &decision.change, capabilities);
            if by_id || contacts.find(&contact).is_some_and(named) {
                Found::One(contact)
            } else {
                Found::Unclear(vec![contact])
            }
        }
        Err(none) if none.is_empty() => Found::None,
        Err(several) => Found::Unclear(several),
    }
}

/// Whether a contact has the names that a create was to write, as far as they can be read.
fn bears_the_name(contact: ContactView<'_>, create: &Change, capabilities: &Capabilities) -> bool {
    let is_name = |field: &ContactField| matches!(field, ContactField::FirstName | ContactField::LastName);
    create.fields().iter().filter(|change| is_name(&change.field)).all(|change| {
        let compare = capabilities.rule(&change.field).compare;
        contact.value(&change.field).is_none_or(|value| same_value(compare, &change.after, &value))
    })
}

/// Whether a contact holds everything that a change was to write, as far as it can be read.
pub(super) fn holds(contact: ContactView<'_>, change: &Change, capabilities: &Capabilities) -> bool {
    let active = match change.action() {
        Action::Deactivate => Some(false),
        Action::Reactivate => Some(true),
        Action::Create | Action::Update | Action::Link | Action::Hold | Action::NoOp => None,
    };
    if active.is_some_and(|wanted| contact.active().is_some_and(|is| is != wanted)) {
        return false;
    }
    change.fields().iter().all(|change| {
        let Some(value) = contact.value(&change.field) else { return true };
        let compare = capabilities.rule(&change.field).compare;
        match (&change.after, &value) {
            (FieldValue::List(wanted), FieldValue::List(are)) => keys_of(wanted).is_subset(&keys_of(are)),
            (wanted, is) => same_value(compare, wanted, is),
        }
    })
}

/// What a run did that was killed, from its plan and from what it recorded.
///
/// Every change that was not recorded as about to be sent was not attempted; what is open still is indeterminate.
pub fn interrupted_report(plan: &Plan, intents: &[Intent], sync_mode: SyncMode, at: DateTime<Utc>) -> Report {
    // Which of them a person let pass is not recorded: what was sent in spite of one has an intent.
    let guards: Vec<&Guard> = plan.guards.iter().collect();
    let mut outcomes: Vec<Outcome> =
        plan.decisions.iter().map(|decision| Outcome::before_writing(&decision, &guards)).collect();
    for intent in intents {
        let Some(outcome) = outcomes.get_mut(intent.place as usize) else { continue };
        *outcome = match &intent.state {
            IntentState::Done { contact } => Outcome::Applied { contact: contact.clone() },
            IntentState::Failed { code, .. } if code == "NotSent" => Outcome::NotAttempted,
            IntentState::Failed { code, .. } if code == "StalePlan" => Outcome::Stale,
            IntentState::Failed { code, message } => {
                Outcome::Failed { code: code.clone(), message: message.clone() }
            }
            IntentState::Lost => Outcome::Failed {
                code: "ContactCreationFailed".to_owned(),
                message: "it was looked for and not found".to_owned(),
            },
            IntentState::Sent | IntentState::Indeterminate { .. } => Outcome::Indeterminate {
                message: "the run was killed before the answer was recorded".to_owned(),
            },
        };
    }
    let mut report = Report::of_outcomes(plan, &guards, outcomes, sync_mode, at, false);
    report.success = false;
    report
}

/// The report of a run that refused its plan as a whole: nothing was tried, and why.
pub fn refused_report(plan: &Plan, why: &ApplyError, sync_mode: SyncMode, at: DateTime<Utc>) -> Report {
    let mut report = interrupted_report(plan, &[], sync_mode, at);
    report.add_refusal(why, at);
    report
}
