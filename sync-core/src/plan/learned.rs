//! What a run remembers of a pair once a change is done: one reading, for applying and for simulating.

use super::{Action, Change, Decision, LinkState, Subject};
use crate::{
    model::{ContactField, ContactId, FieldSet, FieldValue},
    store::{Link, LinkChange, LinkSet},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What is recorded of a pair beside what the change itself says, once the change is done. A change that fails or turns
/// out stale records nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Learned {
    /// What the directory says now, of the fields that are written when that changes.
    #[serde(skip_serializing_if = "FieldSet::is_empty")]
    pub sources: FieldSet,
    /// Fields that read back as they were written, after they had not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settled: Vec<ContactField>,
}

impl Learned {
    /// Whether there is nothing to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { sources, settled } = self;
        sources.is_empty() && settled.is_empty()
    }
}

/// The links after a change to a contact was done: the user's own, or all of the contact where its user is not in the read.
///
/// `migrating` says that the run moves links from another tenant.
pub(crate) fn links_after(
    links: &LinkSet,
    decision: &Decision,
    contact: &ContactId,
    migrating: bool,
    at: DateTime<Utc>,
) -> Vec<LinkChange> {
    let set = |link| LinkChange::Set(Box::new(link));
    let Subject::User(anchor) = &decision.subject else {
        let theirs = links.links.of_contact(contact);
        return theirs.map(|link| set(taught(link.clone(), decision, at))).collect();
    };
    let known = links.links.get(anchor).filter(|known| known.contact_id == *contact);
    let mut link = known.cloned().unwrap_or_else(|| Link::new(anchor.clone(), contact.clone(), at));
    if let Some(id) = &decision.immutable_id {
        link.immutable_id = Some(id.clone());
    }
    let (mut changes, mut inactive) = (Vec::new(), None);
    if decision.change.link() == Some(LinkState::Relink) {
        // A relink takes the contact over from the object id that had it, with what was remembered of the contact.
        for old in links.links.of_contact(contact).filter(|old| old.source_id != *anchor) {
            inactive = inactive.or(Some(old).filter(|old| old.deactivated_by_us));
            remember(&mut link, old);
            // Two people who change contacts with each other are recorded one by one.
            changes
                .push(LinkChange::Release { source_id: old.source_id.clone(), contact_id: contact.clone() });
        }
    }
    let mut link = taught(link, decision, at);
    if let Some(old) = inactive.filter(|_| migrating) {
        // A migration does not look at the contact, so what it is inactive by stays as it was.
        stay_inactive(&mut link, old);
    }
    changes.push(set(link));
    changes
}

/// The fields that a decision without a change found as they were written; nothing where there are none.
pub(crate) fn settled(decision: &Decision) -> Option<LinkChange> {
    let (Subject::User(source_id), Change::NoOp { .. }) = (&decision.subject, &decision.change) else {
        return None;
    };
    let fields = decision.learned.settled.clone();
    (!fields.is_empty()).then(|| LinkChange::Settled { source_id: source_id.clone(), fields })
}

/// The link after a change was done: what was written, what was seen, and by whose doing the contact is inactive.
fn taught(mut link: Link, decision: &Decision, at: DateTime<Utc>) -> Link {
    let deactivated = decision.change.action() == Action::Deactivate;
    link.deactivated_by_us = deactivated;
    link.deactivated_at = deactivated.then_some(at);
    link.deactivated_because = deactivated.then(|| decision.reason.code().to_owned());
    for field in decision.change.fields() {
        if link.last_written.get(&field.field) == Some(&field.after) {
            let times = link.rewritten.entry(field.field.clone()).or_default();
            *times = times.saturating_add(1);
        } else {
            link.rewritten.remove(&field.field);
        }
        link.last_written.insert(field.field.clone(), field.after.clone());
    }
    if deactivated {
        link.last_written.insert(ContactField::Active, FieldValue::Flag(false));
    }
    let Learned { sources, settled } = &decision.learned;
    link.last_source.extend(sources.clone());
    for field in settled {
        link.rewritten.remove(field);
    }
    link
}

/// What a contact is inactive by stays as another link remembers it.
fn stay_inactive(link: &mut Link, old: &Link) {
    link.deactivated_by_us = old.deactivated_by_us;
    link.deactivated_at = old.deactivated_at;
    link.deactivated_because.clone_from(&old.deactivated_because);
}

/// Takes over what another link remembered of the same contact.
fn remember(link: &mut Link, old: &Link) {
    link.last_written.extend(old.last_written.clone());
    link.last_source.extend(old.last_source.clone());
    link.rewritten.extend(old.rewritten.clone());
    link.first_linked_at = link.first_linked_at.min(old.first_linked_at);
}

/// Whether a value would be written in vain: it was written, written again, and still reads back as something else.
pub(crate) fn is_in_vain(link: &Link, field: &ContactField, after: &FieldValue) -> bool {
    link.rewritten.get(field).is_some_and(|times| *times > 0) && link.last_written.get(field) == Some(after)
}
