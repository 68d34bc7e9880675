//! Whether somebody has a contact by now.

use crate::{
    model::{ContactField, ContactId, FieldValue, email_key},
    plan::{Decision, FieldChange, Subject},
    policy::Policy,
    snapshot::ContactSnapshot,
};
use std::collections::{BTreeMap, BTreeSet};

/// The addresses and stored ids of contacts read again before writing.
pub(super) struct Taken {
    /// Who has each address.
    addresses: BTreeMap<String, BTreeSet<ContactId>>,
    ids: BTreeSet<String>,
}

impl Taken {
    pub(super) fn new(policy: &Policy, fresh: &ContactSnapshot) -> Self {
        let id_fields: Vec<ContactField> =
            policy.id_field.iter().cloned().chain([ContactField::ExternalId]).collect();
        let mut addresses: BTreeMap<String, BTreeSet<ContactId>> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for contact in fresh.iter() {
            for key in contact.email_keys() {
                addresses.entry(key.to_owned()).or_default().insert(ContactId::new(contact.id()));
            }
            let stored = id_fields.iter().filter_map(|field| contact.text(field).text());
            ids.extend(stored.map(|id| id.trim().to_lowercase()));
        }
        Self { addresses, ids }
    }

    /// Whether no contact holds the user's id, and none but those that a person said are somebody else's holds one of the
    /// user's addresses or an address that would be written.
    pub(super) fn leaves_room_for(
        &self,
        decision: &Decision,
        fields: &[FieldChange],
        unless_email: &[String],
        beside: &[ContactId],
    ) -> bool {
        if let Subject::User(anchor) = &decision.subject
            && [anchor.object_id(), anchor.as_str()].iter().any(|id| self.ids.contains(&id.to_lowercase()))
        {
            return false;
        }
        let is_taken = |key: &String| {
            self.addresses
                .get(key)
                .is_some_and(|holders| holders.iter().any(|holder| !beside.contains(holder)))
        };
        if unless_email.iter().any(is_taken) {
            return false;
        }
        let addresses = fields.iter().flat_map(|f| match (&f.field, &f.after) {
            (ContactField::Email, FieldValue::Text(text)) => vec![text.clone()],
            (ContactField::AlternateEmails, FieldValue::List(items)) => items.clone(),
            _ => Vec::new(),
        });
        addresses.filter_map(|a| email_key(&a)).all(|key| !is_taken(&key))
    }
}
