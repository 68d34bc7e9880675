//! A PSA as it looks to everything but people: without support PINs.
//!
//! An adapter may read custom fields that nobody asked for, and answers a write with the contact as stored. Neither may
//! reach what is kept between runs.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use std::{collections::BTreeMap, sync::Arc};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, Page, Psa, Result,
    capability::Capabilities,
    model::{Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, VersionTag},
    policy::Policy,
};

/// The PSA without the fields that hold support PINs by this policy; as it is where there are none.
pub(crate) fn veil(psa: Arc<dyn Psa>, policy: &Policy) -> Arc<dyn Psa> {
    if policy.pin_fields().is_empty() {
        return psa;
    }
    Arc::new(PinVeil { psa, fields: policy.pin_fields().to_vec() })
}

#[derive(Debug)]
struct PinVeil {
    psa: Arc<dyn Psa>,
    fields: Vec<ContactField>,
}

impl PinVeil {
    fn veiled(&self, mut contact: Contact) -> Contact {
        contact.fields.retain(|field, _| !self.fields.contains(field));
        contact
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl Psa for PinVeil {
    fn name(&self) -> &str {
        self.psa.name()
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        self.psa.capabilities().await
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        self.psa.check(query).await
    }

    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        self.psa.companies()
    }

    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        let veil = |page| match page {
            Page::Items(contacts) => {
                Page::Items(contacts.into_iter().map(|contact| self.veiled(contact)).collect())
            }
            other => other,
        };
        self.psa.contacts(query).map_ok(veil).boxed()
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        self.psa.contact(id).await.map(|contact| self.veiled(contact))
    }

    async fn create(&self, company: &CompanyId, fields: &FieldSet, key: &str) -> Result<Contact> {
        self.psa.create(company, fields, key).await.map(|contact| self.veiled(contact))
    }

    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        self.psa.update(id, fields, expect).await.map(|contact| self.veiled(contact))
    }

    async fn update_company(
        &self,
        id: &CompanyId,
        custom_fields: &BTreeMap<String, FieldValue>,
    ) -> Result<Company> {
        self.psa.update_company(id, custom_fields).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sync_core::{PsaExt as _, memory::MemoryPsa, policy::PolicyDocument};

    #[tokio::test]
    async fn no_read_and_no_answer_shows_a_pin() {
        let company = Company::new(CompanyId::new("100"), "Contoso");
        let memory = MemoryPsa::new(Capabilities::everything(), [company]);
        let field = ContactField::Custom("SupportPIN".to_owned());
        let held = Contact::new(ContactId::new("1"), CompanyId::new("100"))
            .with(field.clone(), "471108")
            .with(ContactField::Title, "Lead");
        memory.put(held);
        let mut document = PolicyDocument::defaults();
        document.write_back.support_pin_field = "SupportPIN".to_owned();
        let psa = veil(Arc::new(memory), &Policy::new(document).unwrap());
        let id = ContactId::new("1");
        let now = chrono::DateTime::UNIX_EPOCH;
        let mut query = ContactQuery::all();
        query.custom_fields.insert("SupportPIN".to_owned());
        let listed = psa.snapshot(&query, now).await.unwrap();
        assert!(listed.iter().all(|contact| contact.value(&field).is_none()));
        assert!(listed.iter().all(|contact| contact.value(&ContactField::Title).is_some()));
        assert!(!psa.contact(&id).await.unwrap().fields.contains_key(&field));
        let fields = FieldSet::from([(field.clone(), "471109".into())]);
        assert!(!psa.update(&id, &fields, None).await.unwrap().fields.contains_key(&field));
        let created = psa.create(&CompanyId::new("100"), &fields, "key").await.unwrap();
        assert!(!created.fields.contains_key(&field));
        let open = veil(Arc::clone(&psa), &Policy::new(PolicyDocument::defaults()).unwrap());
        assert!(Arc::ptr_eq(&open, &psa), "without a field for PINs nothing is in between");
    }
}
