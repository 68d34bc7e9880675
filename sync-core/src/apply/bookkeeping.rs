//! What a run teaches the link store.

use super::preflight::{Override, SUSPECT};
use crate::{
    model::{ContactField, ContactId, FieldValue},
    plan::{Action, Change, Decision, LinkState, Plan, Subject},
    store::{Link, LinkChange, LinkSet},
};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The links after a change was applied: the user's own, or all of the contact where its user is not in the read.
pub(super) fn applied_link(
    links: &LinkSet,
    decision: &Decision,
    contact: &ContactId,
    now: DateTime<Utc>,
    migrating: bool,
) -> Vec<LinkChange> {
    let Subject::User(anchor) = &decision.subject else {
        let theirs = links.links.values().filter(|l| l.contact_id == *contact);
        return theirs.map(|link| LinkChange::Set(Box::new(written(link.clone(), decision)))).collect();
    };
    let mut link = links
        .links
        .get(anchor)
        .filter(|known| known.contact_id == *contact)
        .cloned()
        .unwrap_or_else(|| Link::new(anchor.clone(), contact.clone(), now));
    link.last_seen_at = now;
    link.missing_since = None;
    link.missing_reads = 0;
    if let Some(id) = &decision.immutable_id {
        link.immutable_id = Some(id.clone());
    }
    let (mut changes, mut inactive_by_us) = (Vec::new(), false);
    if link_state(&decision.change) == Some(LinkState::Relink) {
        // A relink takes the contact over from the object id that had it, with what was remembered of the contact.
        let old = links.links.values().filter(|old| old.contact_id == *contact && old.source_id != *anchor);
        for old in old {
            link.last_written.extend(old.last_written.clone());
            link.last_source.extend(old.last_source.clone());
            inactive_by_us |= old.deactivated_by_us;
            link.first_linked_at = link.first_linked_at.min(old.first_linked_at);
            changes.push(LinkChange::Remove(old.source_id.clone()));
        }
    }
    let mut link = written(link, decision);
    // A migration does not look at the contact, so what it is inactive by stays as it was.
    link.deactivated_by_us |= migrating && inactive_by_us;
    changes.push(LinkChange::Set(Box::new(link)));
    changes
}

/// What a change teaches about the contact: what was written, and by whose doing it is inactive.
fn written(mut link: Link, decision: &Decision) -> Link {
    link.deactivated_by_us = decision.change.action() == Action::Deactivate;
    for field in decision.change.fields() {
        link.last_written.insert(field.field.clone(), field.after.clone());
    }
    if link.deactivated_by_us {
        link.last_written.insert(ContactField::Active, FieldValue::Flag(false));
    }
    link
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
    let mut by_contact: BTreeMap<&ContactId, Vec<&Link>> = BTreeMap::new();
    for link in links.links.values() {
        by_contact.entry(&link.contact_id).or_default().push(link);
    }
    let mut changes = Vec::new();
    for decision in decisions {
        match &decision.subject {
            Subject::User(anchor) if links.links.contains_key(anchor) => {
                changes.push(LinkChange::Seen { source_id: anchor.clone(), at: now });
            }
            Subject::Contact(id) if plan.basis.absence_counts => {
                for link in by_contact.get(id).into_iter().flatten() {
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
