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
///
/// Somebody who is absent from a tenant, or whose contact it deactivated, may be in another one by now: a person can say so, and
/// gives the contact to that one's user.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkedElsewhere {
    owners: BTreeMap<ContactId, TenantName>,
    gone: BTreeMap<ContactId, Link>,
    people: BTreeMap<String, BTreeSet<ContactId>>,
}

impl LinkedElsewhere {
    /// Nobody's.
    #[must_use]
    pub const fn new() -> Self {
        Self { owners: BTreeMap::new(), gone: BTreeMap::new(), people: BTreeMap::new() }
    }

    /// Notes a link of another tenant.
    pub fn add(&mut self, link: &Link, tenant: &TenantName) {
        if link.missing_since.is_none() && !link.deactivated_by_us {
            self.insert(link.contact_id.clone(), tenant.clone());
        } else if !self.owners.contains_key(&link.contact_id) {
            self.gone.insert(link.contact_id.clone(), link.clone());
        }
        if let Some(id) = &link.immutable_id {
            self.people.entry(id.clone()).or_default().insert(link.contact_id.clone());
        }
    }

    /// Notes a contact of which no more is known than whose it is.
    pub fn insert(&mut self, contact: ContactId, tenant: TenantName) {
        self.gone.remove(&contact);
        self.owners.insert(contact, tenant);
    }

    /// Whether no other tenant is linked to anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty() && self.gone.is_empty()
    }

    /// The tenant that has somebody for a contact.
    #[must_use]
    pub fn get(&self, contact: &ContactId) -> Option<&TenantName> {
        self.owners.get(contact)
    }

    /// The link of another tenant to a contact whose person is absent there, or not served any more; none where yet another
    /// tenant has somebody for the contact.
    #[must_use]
    pub fn of_somebody_gone(&self, contact: &ContactId) -> Option<&Link> {
        self.gone.get(contact)
    }

    /// Whether any other tenant is linked to a contact, also for somebody who is gone there.
    #[must_use]
    pub fn knows(&self, contact: &ContactId) -> bool {
        self.owners.contains_key(contact) || self.gone.contains_key(contact)
    }

    /// The contacts that other tenants have somebody for, in order.
    pub fn contacts(&self) -> impl Iterator<Item = &ContactId> {
        self.owners.keys()
    }

    /// The contacts whose people are gone from other tenants, in order.
    pub fn let_go(&self) -> impl Iterator<Item = &ContactId> {
        self.gone.keys()
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
        Self { owners: contacts.into_iter().collect(), ..Self::default() }
    }
}
