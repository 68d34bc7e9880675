//! Whether somebody has a contact by now.

use crate::{
    model::{ContactField, ContactId},
    plan::{Decision, Subject, addresses_of},
    policy::Policy,
    snapshot::ContactSnapshot,
};
use std::collections::{BTreeMap, BTreeSet};

/// The addresses and stored ids of contacts read again before writing.
pub(super) struct Taken {
    /// Who has each address.
    addresses: BTreeMap<String, BTreeSet<ContactId>>,
    /// Who has each stored id.
    ids: BTreeMap<String, BTreeSet<ContactId>>,
}

impl Taken {
    pub(super) fn new(policy: &Policy, fresh: &ContactSnapshot) -> Self {
        let id_fields: Vec<ContactField> =
            policy.id_field.iter().cloned().chain([ContactField::ExternalId]).collect();
        let mut addresses: BTreeMap<String, BTreeSet<ContactId>> = BTreeMap::new();
        let mut ids: BTreeMap<String, BTreeSet<ContactId>> = BTreeMap::new();
        for contact in fresh.iter() {
            for key in contact.email_keys() {
                addresses.entry(key.to_owned()).or_default().insert(ContactId::new(contact.id()));
            }
            let stored = id_fields.iter().filter_map(|field| contact.text(field).text());
            for id in stored {
                ids.entry(id.trim().to_lowercase()).or_default().insert(ContactId::new(contact.id()));
            }
        }
        Self { addresses, ids }
    }

    /// Whether no contact holds the user's id, one of the user's addresses or an address that would be written; those that
    /// a person spoke of do not count: they are somebody else's, or the one that the user moves away from.
    pub(super) fn leaves_room_for(&self, decision: &Decision, beside: &[ContactId]) -> bool {
        let is_held = |holders: Option<&BTreeSet<ContactId>>| {
            holders.is_some_and(|holders| holders.iter().any(|holder| !beside.contains(holder)))
        };
        if let Subject::User(anchor) = &decision.subject
            && [anchor.object_id(), anchor.as_str()]
                .iter()
                .any(|id| is_held(self.ids.get(&id.to_lowercase())))
        {
            return false;
        }
        !addresses_of(&decision.change).iter().any(|key| is_held(self.addresses.get(key)))
    }
}
