//! Which mapped fields cannot be written in full.

use super::{FieldReadiness, person};
use crate::{
    capability::Access,
    model::ContactField,
    plan::{planner::Planner, scope::Standing},
};
use std::collections::BTreeMap;

/// At most this many people are named per field.
const EXAMPLES: usize = 5;

pub(super) fn find(planner: &Planner<'_>) -> Vec<FieldReadiness> {
    let mut found: BTreeMap<ContactField, FieldReadiness> = BTreeMap::new();
    let entry = |field: &ContactField, writable, limit| FieldReadiness {
        field: field.clone(),
        writable,
        limit,
        too_long: 0,
        longest: 0,
        examples: Vec::new(),
    };
    let writable = |field| planner.input.capabilities.rule(field).access == Access::ReadWrite;
    // A PSA keeps names in one piece or in two. That it has not the other form is no lack.
    let other_form: &[ContactField] = if writable(&ContactField::Name) {
        &[ContactField::FirstName, ContactField::LastName]
    } else {
        &[ContactField::Name]
    };
    for mapping in &planner.input.policy.mappings {
        if !writable(&mapping.field) && (mapping.explicit || !other_form.contains(&mapping.field)) {
            found.insert(mapping.field.clone(), entry(&mapping.field, false, None));
        }
    }
    for (user, standing) in planner.input.users.iter().zip(&planner.standings) {
        if *standing != Standing::InScope {
            continue;
        }
        planner.fields.texts(user, |field, rule, text| {
            // A text has at most as many characters as bytes, so most need no counting.
            let Some(limit) = rule.max_len.filter(|max| text.len() > *max as usize) else { return };
            let length = text.chars().count() as u64;
            if length <= u64::from(limit) {
                return;
            }
            let row = found.entry(field.clone()).or_insert_with(|| entry(field, true, Some(limit)));
            row.too_long += 1;
            row.longest = row.longest.max(length);
            if row.examples.len() < EXAMPLES {
                row.examples.push(person(user));
            }
        });
    }
    found.into_values().collect()
}
