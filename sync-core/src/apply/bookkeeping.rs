//! What a run teaches the link store.

use super::preflight::{Override, SUSPECT};
use crate::{
    model::{ContactField, ContactId, FieldValue},
    plan::{Action, Change, Decision, LinkState, Plan, Subject},
    store::{Link, LinkChange, LinkSet},
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The link after a change was applied.
pub(super) fn applied_link(
    links: &LinkSet,
    decision: &Decision,
    contact: &ContactId,
    now: DateTime<Utc>,
) -> Vec<LinkChange> {
    let known = match &decision.subject {
        Subject::User(anchor) => links.links.get(anchor),
        Subject::Contact(id) => links.links.values().find(|l| l.contact_id == *id),
    };
    let mut link = match (&decision.subject, known) {
        (_, Some(known)) => known.clone(),
        (Subject::User(anchor), None) => Link::new(anchor.clone(), contact.clone(), now),
        (Subject::Contact(_), None) => return Vec::new(),
    };
    link.contact_id = contact.clone();
    if matches!(decision.subject, Subject::User(_)) {
        link.last_seen_at = now;
        link.missing_since = None;
        link.missing_reads = 0;
    }
    if let Some(id) = &decision.immutable_id {
        link.immutable_id = Some(id.clone());
    }
    match decision.change.action() {
        Action::Deactivate => link.deactivated_by_us = true,
        Action::Reactivate | Action::Create => link.deactivated_by_us = false,
        Action::Update | Action::Link | Action::Hold | Action::NoOp => {}
    }
    for field in decision.change.fields() {
        link.last_written.insert(field.field.clone(), field.after.clone());
    }
    if decision.change.action() == Action::Deactivate {
        link.last_written.insert(ContactField::Active, FieldValue::Flag(false));
    }
    // A relink takes the contact over from the object id that had it.
    let replaced =
        links.links.values().filter(|old| old.contact_id == *contact && old.source_id != link.source_id);
    let relinks = matches!(link_state(&decision.change), Some(LinkState::Relink));
    let mut changes: Vec<LinkChange> =
        replaced.filter(|_| relinks).map(|old| LinkChange::Remove(old.source_id.clone())).collect();
    changes.push(LinkChange::Set(Box::new(link)));
    changes
}

const fn link_state(change: &Change) -> Option<LinkState> {
    match change {
        Change::NoOp { link, .. }
        | Change::Update { link, .. }
        | Change::Link { link, .. }
        | Change::Reactivate { link, .. }
        | Change::Deactivate { link, .. } => Some(*link),
        Change::Create { .. } | Change::Hold { .. } => None,
    }
}

/// Who was seen, who was missing, and how many there were.
pub(super) fn sightings(
    plan: &Plan,
    decisions: &[Decision],
    links: &LinkSet,
    now: DateTime<Utc>,
    overrides: &[Override],
) -> Vec<LinkChange> {
    let by_contact: BTreeMap<&ContactId, &Link> = links.links.values().map(|l| (&l.contact_id, l)).collect();
    let mut changes = Vec::new();
    for decision in decisions {
        match &decision.subject {
            Subject::User(anchor) if links.links.contains_key(anchor) => {
                changes.push(LinkChange::Seen { source_id: anchor.clone(), at: now });
            }
            Subject::Contact(id) if plan.basis.absence_counts => {
                if let Some(link) = by_contact.get(id) {
                    changes.push(LinkChange::Missing { source_id: link.source_id.clone(), at: now });
                }
            }
            Subject::User(_) | Subject::Contact(_) => {}
        }
    }
    let accepted = overrides.iter().any(|o| o.guard == SUSPECT && o.plan == plan.id);
    if plan.basis.users_complete && (plan.basis.absence_counts || accepted) {
        changes.push(LinkChange::CompleteRead { users: plan.summary.users_read });
    }
    changes
}
