//! A PSA that puts a new PIN in the place of what a plan says is to be made.

use super::{PinKey, make::make};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error as _,
    sync::Arc,
};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, Error, ErrorKind, Page, Psa, Result,
    capability::Capabilities,
    model::{
        Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, SourceAnchor, TenantName,
        VersionTag,
    },
    plan::{Plan, Subject},
    store::{PinRecord, PinStore},
};

const OPERATION: &str = "write support PIN";
/// Somebody else having the same PIN this often in a row is no accident.
const TRIES: usize = 100;

/// Writes PINs that nobody sees. A PIN is recorded before it is sent and marked as written after; one that was not
/// marked is made anew by the next run.
#[derive(Debug)]
pub(crate) struct PinWriter {
    psa: Arc<dyn Psa>,
    pins: Arc<dyn PinStore>,
    key: PinKey,
    tenant: TenantName,
    now: DateTime<Utc>,
    /// Whose contacts get one.
    users: BTreeMap<ContactId, SourceAnchor>,
    /// Who gets a contact with one.
    new: BTreeSet<SourceAnchor>,
}

/// Whether a plan writes PINs.
pub(crate) fn writes_pins(plan: &Plan) -> bool {
    plan.decisions.changes().any(|decision| decision.change.fields().iter().any(|f| f.after.is_generated()))
}

impl PinWriter {
    /// For the PINs of one plan.
    pub(crate) fn new(
        psa: Arc<dyn Psa>,
        pins: Arc<dyn PinStore>,
        key: PinKey,
        plan: &Plan,
        now: DateTime<Utc>,
    ) -> Self {
        let (mut users, mut new) = (BTreeMap::new(), BTreeSet::new());
        for decision in plan.decisions.changes() {
            let Subject::User(user) = &decision.subject else { continue };
            if !decision.change.fields().iter().any(|f| f.after.is_generated()) {
                continue;
            }
            match decision.change.contact() {
                Some(contact) => {
                    users.insert(contact.clone(), user.clone());
                }
                None => {
                    new.insert(user.clone());
                }
            }
        }
        Self { psa, pins, key, tenant: plan.tenant.clone(), now, users, new }
    }

    /// Makes a PIN that nobody else of the tenant has, and records it.
    async fn reserve(&self, user: &SourceAnchor) -> Result<(SecretString, PinRecord)> {
        for _ in 0..TRIES {
            let pin = make().map_err(|error| {
                Error::new(ErrorKind::Unavailable, OPERATION, "the random source does not answer")
                    .with_source(std::io::Error::other(error.to_string()))
            })?;
            let record = PinRecord::new(
                self.key.lookup(&self.tenant, &pin),
                self.key.verifier(&self.tenant, user, &pin),
                self.now,
            );
            if self.pins.set_pin(&self.tenant, user, &record).await? {
                return Ok((pin, record));
            }
        }
        let message = "no PIN is free any more that nobody else of the tenant has";
        Err(Error::new(ErrorKind::Unavailable, OPERATION, message))
    }

    async fn mark_written(&self, user: &SourceAnchor, mut record: PinRecord) {
        record.written = true;
        // Where it cannot be marked, the next run makes another one.
        if let Err(error) = self.pins.set_pin(&self.tenant, user, &record).await {
            tracing::warn!(%error, "a support PIN could not be recorded as written; the next run makes another");
        }
    }
}

fn has_generated(fields: &FieldSet) -> bool {
    fields.values().any(FieldValue::is_generated)
}

/// The fields with a PIN where one is to be made.
fn with_pin(fields: &FieldSet, pin: &SecretString) -> FieldSet {
    let put = |(field, value): (&ContactField, &FieldValue)| {
        let value = match (value, field) {
            (FieldValue::Generated { .. }, ContactField::Note) => {
                FieldValue::Text(format!("Support PIN: {}", pin.expose_secret()))
            }
            (FieldValue::Generated { .. }, _) => FieldValue::Text(pin.expose_secret().to_owned()),
            (value, _) => value.clone(),
        };
        (field.clone(), value)
    };
    fields.iter().map(put).collect()
}

/// An error without the PIN, which a PSA may repeat in its answer.
fn without_pin(error: Error, pin: &SecretString) -> Error {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    if texts.iter().any(|text| text.contains(pin.expose_secret())) {
        let message = "the PSA refused it; its answer is left out, because it repeats the support PIN";
        return Error::new(error.kind(), error.operation(), message);
    }
    error
}

fn unexpected(what: &str) -> Error {
    Error::new(ErrorKind::Other, OPERATION, format!("{what} is to get a support PIN that no plan speaks of"))
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl Psa for PinWriter {
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
        self.psa.contacts(query)
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        self.psa.contact(id).await
    }

    async fn create(&self, company: &CompanyId, fields: &FieldSet, key: &str) -> Result<Contact> {
        if !has_generated(fields) {
            return self.psa.create(company, fields, key).await;
        }
        // The key of a create ends with the user it is for.
        let user = self
            .new
            .iter()
            .filter(|user| key.ends_with(user.as_str()))
            .max_by_key(|user| user.as_str().len());
        let user = user.ok_or_else(|| unexpected("a new contact"))?;
        let (pin, record) = self.reserve(user).await?;
        let created = self.psa.create(company, &with_pin(fields, &pin), key).await;
        let created = created.map_err(|error| without_pin(error, &pin))?;
        self.mark_written(user, record).await;
        Ok(created)
    }

    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        if !has_generated(fields) {
            return self.psa.update(id, fields, expect).await;
        }
        let user = self.users.get(id).ok_or_else(|| unexpected("a contact"))?;
        let (pin, record) = self.reserve(user).await?;
        let updated = self.psa.update(id, &with_pin(fields, &pin), expect).await;
        let updated = updated.map_err(|error| without_pin(error, &pin))?;
        self.mark_written(user, record).await;
        Ok(updated)
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
    use sync_core::memory::{MemoryPsa, MemoryStore};

    const FIELD: &str = "SupportPIN";

    fn field() -> ContactField {
        ContactField::Custom(FIELD.to_owned())
    }

    fn writer(psa: &Arc<MemoryPsa>, store: &Arc<MemoryStore>, folder: &tempfile::TempDir) -> PinWriter {
        PinWriter {
            psa: Arc::clone(psa) as Arc<dyn Psa>,
            pins: Arc::clone(store) as Arc<dyn PinStore>,
            key: PinKey::open(&folder.path().join("key")).unwrap(),
            tenant: TenantName::new("Contoso"),
            now: DateTime::UNIX_EPOCH,
            users: BTreeMap::from([(ContactId::new("1"), SourceAnchor::new("entra:t:a"))]),
            new: BTreeSet::from([SourceAnchor::new("entra:t:b")]),
        }
    }

    fn world() -> (Arc<MemoryPsa>, Arc<MemoryStore>, tempfile::TempDir) {
        let company = Company::new(CompanyId::new("100"), "Contoso");
        let psa = MemoryPsa::new(Capabilities::everything(), [company]);
        psa.put(Contact::new(ContactId::new("1"), CompanyId::new("100")));
        (Arc::new(psa), Arc::new(MemoryStore::new()), tempfile::tempdir().unwrap())
    }

    fn generated() -> FieldSet {
        FieldSet::from([(field(), FieldValue::support_pin()), (ContactField::Title, "Lead".into())])
    }

    #[tokio::test]
    async fn a_pin_is_written_and_recorded_and_can_be_verified() {
        let (psa, store, folder) = world();
        let writer = writer(&psa, &store, &folder);
        let tenant = TenantName::new("Contoso");
        let updated = writer.update(&ContactId::new("1"), &generated(), None).await.unwrap();
        let created = writer.create(&CompanyId::new("100"), &generated(), "0011:entra:t:b").await.unwrap();
        for (contact, user) in [(&updated, "entra:t:a"), (&created, "entra:t:b")] {
            let Some(FieldValue::Text(pin)) = contact.fields.get(&field()) else { panic!("no PIN written") };
            let said = SecretString::from(pin.as_str());
            let user = SourceAnchor::new(user);
            let verdict = super::super::verify(
                store.as_ref(),
                &writer.key,
                &tenant,
                &user,
                &said,
                DateTime::UNIX_EPOCH,
            );
            assert_eq!(verdict.await.unwrap(), super::super::Verdict::Right);
        }
        assert_eq!(store.pins(&tenant).await.unwrap().len(), 2);
        let kept = serde_json::to_string(&store.pins(&tenant).await.unwrap()).unwrap();
        let Some(FieldValue::Text(pin)) = updated.fields.get(&field()) else { panic!("no PIN written") };
        assert!(!kept.contains(pin.as_str()));
    }

    #[tokio::test]
    async fn a_pin_whose_write_failed_is_not_taken_for_written() {
        let (psa, store, folder) = world();
        let writer = writer(&psa, &store, &folder);
        psa.fail_next_write(ErrorKind::Unavailable, false);
        assert!(writer.update(&ContactId::new("1"), &generated(), None).await.is_err());
        let pins = store.pins(&TenantName::new("Contoso")).await.unwrap();
        assert!(pins.iter().all(|(_, record)| !record.written), "{pins:?}");
    }

    #[tokio::test]
    async fn nobody_gets_a_pin_that_no_plan_speaks_of_and_nothing_is_sent() {
        let (psa, store, folder) = world();
        let writer = writer(&psa, &store, &folder);
        let before = psa.writes();
        assert!(writer.update(&ContactId::new("2"), &generated(), None).await.is_err());
        assert!(writer.create(&CompanyId::new("100"), &generated(), "0011:entra:t:z").await.is_err());
        assert_eq!(psa.writes(), before);
        let plain = FieldSet::from([(ContactField::Title, "Lead".into())]);
        assert!(writer.update(&ContactId::new("1"), &plain, None).await.is_ok());
    }

    #[test]
    fn an_error_that_repeats_the_pin_is_told_without_it() {
        let pin = SecretString::from("471108");
        let cause = std::io::Error::other("value 471108 is not a number");
        let error = Error::new(ErrorKind::Rejected, "update contact", "refused").with_source(cause);
        let told = without_pin(error, &pin);
        assert_eq!(told.kind(), ErrorKind::Rejected);
        assert!(!format!("{told} {:?}", told.source()).contains("471108"));
        let other = Error::new(ErrorKind::Rejected, "update contact", "no such field");
        assert!(without_pin(other, &pin).to_string().contains("no such field"));
    }
}
