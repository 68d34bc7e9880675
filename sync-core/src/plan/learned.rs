//! What a run remembers of a pair once a change is done: one reading, for applying and for simulating.

use super::{Action, Decision};
use crate::{
    model::{ContactField, FieldSet, FieldValue},
    store::Link,
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

/// The link after a change was done: what was written, what was seen, and by whose doing the contact is inactive.
pub(crate) fn taught(mut link: Link, decision: &Decision, at: DateTime<Utc>) -> Link {
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
pub(crate) fn stay_inactive(link: &mut Link, old: &Link) {
    link.deactivated_by_us = old.deactivated_by_us;
    link.deactivated_at = old.deactivated_at;
    link.deactivated_because.clone_from(&old.deactivated_because);
}

/// Takes over what another link remembered of the same contact.
pub(crate) fn remember(link: &mut Link, old: &Link) {
    link.last_written.extend(old.last_written.clone());
    link.last_source.extend(old.last_source.clone());
    link.rewritten.extend(old.rewritten.clone());
    link.first_linked_at = link.first_linked_at.min(old.first_linked_at);
}

/// Whether a value would be written in vain: it was written, written again, and still reads back as something else.
pub(crate) fn is_in_vain(link: &Link, field: &ContactField, after: &FieldValue) -> bool {
    link.rewritten.get(field).is_some_and(|times| *times > 0) && link.last_written.get(field) == Some(after)
}
