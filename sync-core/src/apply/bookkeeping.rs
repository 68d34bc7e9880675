//! What a run teaches the link store.

use super::preflight::{Override, SUSPECT};
use crate::{
    model::ContactId,
    plan::{Change, Decision, LinkState, Plan, Subject, remember, stay_inactive, taught},
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
        let theirs = links.links.of_contact(contact);
        return theirs.map(|link| LinkChange::Set(Box::new(taught(link.clone(), decision, now)))).collect();
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
    let (mut changes, mut inactive) = (Vec::new(), None);
    if link_state(&decision.change) == Some(LinkState::Relink) {
        // A relink takes the contact over from the object id that had it, with what was remembered of the contact.
        let old = links.links.of_contact(contact).filter(|old| old.source_id != *anchor);
        for old in old {
            inactive = inactive.or(Some(old).filter(|old| old.deactivated_by_us));
            remember(&mut link, old);
            changes.push(LinkChange::Remove(old.source_id.clone()));
        }
    }
    let mut link = taught(link, decision, now);
    if let Some(old) = inactive.filter(|_| migrating) {
        // A migration does not look at the contact, so what it is inactive by stays as it was.
        stay_inactive(&mut link, old);
    }
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
    let mut by_contact: BTreeMap<&ContactId, Vec<&Link>> = BTreeMap::new();
    for link in links.links.values() {
        by_contact.entry(&link.contact_id).or_default().push(link);
    }
    let mut changes = Vec::new();
    for decision in decisions {
        match &decision.subject {
            Subject::User(anchor) if links.links.contains_key(anchor) => {
                changes.push(LinkChange::Seen { source_id: anchor.clone(), at: now });
                if matches!(decision.change, Change::NoOp { .. }) && !decision.learned.settled.is_empty() {
                    let fields = decision.learned.settled.clone();
                    changes.push(LinkChange::Settled { source_id: anchor.clone(), fields });
                }
            }
            Subject::Contact(id) if plan.basis.absence_counts => {
                let read = |link: &&&Link| plan.basis.directories.contains(link.source_id.directory());
                for link in by_contact.get(id).into_iter().flatten().filter(read) {
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
