//! What a run teaches the link store.

use super::preflight::{Override, SUSPECT};
use crate::{
    model::ContactId,
    plan::{Decision, Plan, Subject, links_after, settled},
    store::{Link, LinkChange, LinkSet},
};
use chrono::{DateTime, Utc};

/// The links after a change was applied: the user's own, or all of the contact where its user is not in the read.
pub(super) fn applied_link(
    links: &LinkSet,
    decision: &Decision,
    contact: &ContactId,
    now: DateTime<Utc>,
    migrating: bool,
) -> Vec<LinkChange> {
    let mut changes = links_after(links, decision, contact, migrating, now);
    if let (Subject::User(_), Some(LinkChange::Set(link))) = (&decision.subject, changes.last_mut()) {
        link.last_seen_at = now;
        link.missing_since = None;
        link.missing_reads = 0;
    }
    changes
}

/// Who was seen, who was missing, and how many there were.
pub(super) fn sightings(
    plan: &Plan,
    decisions: &[Decision],
    links: &LinkSet,
    now: DateTime<Utc>,
    overrides: &[Override],
) -> Vec<LinkChange> {
    let mut changes = Vec::new();
    for decision in decisions {
        match &decision.subject {
            Subject::User(anchor) if links.links.contains_key(anchor) => {
                changes.push(LinkChange::Seen { source_id: anchor.clone(), at: now });
                changes.extend(settled(decision));
            }
            Subject::Contact(id) if plan.basis.absence_counts => {
                let read = |link: &&Link| plan.basis.directories.contains(link.source_id.directory());
                for link in links.links.of_contact(id).filter(read) {
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
