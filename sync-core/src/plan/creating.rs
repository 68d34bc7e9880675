//! What a create names, so that it makes nobody's second contact.

use super::{Change, matching::Owner, planner::Planner};
use crate::model::{ContactField, ContactId, FieldValue, email_key};
use std::collections::BTreeSet;

/// The addresses that a created contact has, and those that the user has beside them, in comparable form.
pub(crate) fn addresses_of(change: &Change) -> BTreeSet<String> {
    let Change::Create { fields, unless_email, .. } = change else { return BTreeSet::new() };
    let written = fields.iter().flat_map(|change| match (&change.field, &change.after) {
        (ContactField::Email, FieldValue::Text(text)) => vec![text.clone()],
        (ContactField::AlternateEmails, FieldValue::List(items)) => items.clone(),
        _ => Vec::new(),
    });
    written.filter_map(|text| email_key(&text)).chain(unless_email.iter().cloned()).collect()
}

impl Planner<'_> {
    /// Adds to what a create is made beside the contacts that have one of its addresses and are those of other users in the
    /// read. `Err` names one that has such an address and may be anybody's: with it the create would never be carried out.
    pub(super) fn beside_others(&self, change: Change, me: u32) -> Result<Change, String> {
        let addresses = addresses_of(&change);
        let Change::Create { fields, unless_email, mut beside } = change else { return Ok(change) };
        for (contact, owner) in self.input.contacts.iter().zip(&self.matches.owners) {
            let id = ContactId::new(contact.id());
            if beside.contains(&id) || !contact.email_keys().any(|key| addresses.contains(key)) {
                continue;
            }
            match owner {
                Owner::User(other) if *other != me => beside.push(id),
                Owner::User(_) | Owner::Free | Owner::Absent | Owner::Contested | Owner::Elsewhere => {
                    return Err(format!("contact {id} has one of the user's addresses as well"));
                }
            }
        }
        Ok(Change::Create { fields, unless_email, beside })
    }
}
