//! What other tenants of the same PSA are linked to.

use crate::{
    model::{ContactId, TenantName},
    store::Link,
};
use std::collections::{BTreeMap, BTreeSet};

/// For [`PlanInput::linked_elsewhere`](super::PlanInput::linked_elsewhere) where one tenant alone uses a PSA.
pub static NONE_ELSEWHERE: LinkedElsewhere = LinkedElsewhere::new();

/// The contacts that other tenants are linked to, and the immutable ids of the people they are linked for: one person may
/// be in a domain and in Entra, and each of them may be a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkedElsewhere {
    owners: BTreeMap<ContactId, TenantName>,
    people: BTreeMap<String, BTreeSet<ContactId>>,
}

impl LinkedElsewhere {
    /// Nobody's.
    #[must_use]
    pub const fn new() -> Self {
        Self { owners: BTreeMap::new(), people: BTreeMap::new() }
    }

    /// Notes a link of another tenant.
    pub fn add(&mut self, link: &Link, tenant: &TenantName) {
        self.insert(link.contact_id.clone(), tenant.clone());
        if let Some(id) = &link.immutable_id {
            self.people.entry(id.clone()).or_default().insert(link.contact_id.clone());
        }
    }

    /// Notes a contact of which no more is known than whose it is.
    pub fn insert(&mut self, contact: ContactId, tenant: TenantName) {
        self.owners.insert(contact, tenant);
    }

    /// Whether no other tenant is linked to anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// The tenant that a contact is linked by.
    #[must_use]
    pub fn get(&self, contact: &ContactId) -> Option<&TenantName> {
        self.owners.get(contact)
    }

    /// The contacts, in order.
    pub fn contacts(&self) -> impl Iterator<Item = &ContactId> {
        self.owners.keys()
    }

    /// The contacts of the person with an immutable id: one, unless the account was made anew, or the person is of two companies.
    pub fn of_person(&self, immutable_id: &str) -> impl Iterator<Item = &ContactId> {
        self.people.get(immutable_id).into_iter().flatten()
    }

    /// Whether no other tenant's person is known by an immutable id.
    pub(super) fn knows_nobody(&self) -> bool {
        self.people.is_empty()
    }
}

impl FromIterator<(ContactId, TenantName)> for LinkedElsewhere {
    fn from_iter<I: IntoIterator<Item = (ContactId, TenantName)>>(contacts: I) -> Self {
        Self { owners: contacts.into_iter().collect(), people: BTreeMap::new() }
    }
}
