//! Whether contacts are still what they were when a plan was made.

use super::{
    Plan,
    fields::{contact_fingerprint, watched},
};
use crate::{
    model::{ContactField, ContactId, Fingerprint},
    policy::Policy,
    snapshot::ContactSnapshot,
};
use std::collections::BTreeSet;

/// Contacts read again, to be held against a plan.
pub(crate) struct Fresh<'a> {
    contacts: &'a ContactSnapshot,
    watched: BTreeSet<ContactField>,
}

impl<'a> Fresh<'a> {
    pub(crate) fn new(plan: &Plan, policy: &Policy, contacts: &'a ContactSnapshot) -> Self {
        Self { contacts, watched: watched(&plan.basis.managed, policy) }
    }

    /// Whether the contact is there and has this fingerprint.
    pub(crate) fn is(&self, contact: &ContactId, expect: &Fingerprint) -> bool {
        self.contacts
            .find(contact)
            .is_some_and(|view| contact_fingerprint(self.contacts, view, &self.watched) == *expect)
    }
}
