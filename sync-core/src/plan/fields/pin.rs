//! Support PINs: that one is to be written, never which.

use super::{FieldRule, Fields};
use crate::{
    capability::Access,
    model::{ContactField, FieldValue},
    plan::{
        FieldChange,
        document::{Instead, Wanted},
        downgrade::Downgrades,
        input::PlanInput,
    },
    store::Link,
};

/// The fields that hold the support PIN, as far as the PSA can write them.
pub(super) fn pin_fields<'a>(input: &PlanInput<'a>, downgrades: &mut Downgrades) -> Vec<&'a ContactField> {
    let mut fields = Vec::new();
    for field in &input.policy.pin_fields {
        let FieldRule { access, .. } = input.capabilities.rule(field);
        if access == Access::ReadWrite {
            fields.push(field);
        } else {
            downgrades.note_once(Wanted::WriteField { field: field.clone() }, Instead::FieldLeftAlone);
        }
    }
    fields
}

impl Fields<'_> {
    /// What gives a contact its support PIN, where the link does not remember that it has one. The fields are written
    /// together, so that all of them show the same PIN.
    pub(crate) fn pin(&self, link: Option<&Link>) -> Vec<FieldChange> {
        let after = FieldValue::support_pin();
        let has =
            |field: &ContactField| link.is_some_and(|link| link.last_written.get(field) == Some(&after));
        if self.pin.iter().all(|field| has(field)) {
            return Vec::new();
        }
        let change = |field: &&ContactField| FieldChange {
            field: (*field).clone(),
            // Read by nobody, so that no plan and no log can show it.
            before: FieldValue::Empty,
            after: after.clone(),
        };
        self.pin.iter().map(change).collect()
    }
}
