//! Whether contacts are still what they were when a plan was made.

use super::{
    Plan,
    fields::{Digested, watched},
};
use crate::{
    model::{ContactId, Fingerprint},
    policy::Policy,
    snapshot::ContactSnapshot,
};

/// Contacts read again, to be held against a plan.
pub(crate) struct Fresh<'a> {
    contacts: &'a ContactSnapshot,
    digested: Digested,
}

impl<'a> Fresh<'a> {
    pub(crate) fn new(plan: &Plan, policy: &Policy, contacts: &'a ContactSnapshot) -> Self {
        Self { contacts, digested: Digested::new(contacts, &watched(&plan.basis.managed, policy)) }
    }

    /// Whether the contact is there and has this fingerprint.
    pub(crate) fn is(&self, contact: &ContactId, expect: &Fingerprint) -> bool {
        self.contacts.find(contact).is_some_and(|view| self.digested.fingerprint(view) == *expect)
    }
}
