//! What the suite is given to test a PSA with.

use crate::outcome::{Outcome, done, skip};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};
use sync_core::{
    ContactQuery, Psa,
    capability::{Access, ActiveStatus, Capabilities, FieldRule},
    model::{CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue},
};

/// Somebody who changes contacts past the adapter.
#[async_trait]
pub trait Technician: fmt::Debug + Send + Sync {
    /// Sets the contact's title (or another field that the adapter reads) to the text.
    ///
    /// # Errors
    /// What went wrong, for people.
    async fn edit(&self, contact: &ContactId, text: &str) -> Result<(), String>;
}

/// What the suite needs to know of the instance under test.
///
/// The suite writes contacts into one company, named after `Conformance` with addresses at `contoso.example`. There
/// is no delete, so it leaves them there, inactive where the PSA can do that: use a sandbox or a company of its own.
pub struct PsaGiven {
    pub(crate) company: CompanyId,
    pub(crate) other_company: Option<CompanyId>,
    pub(crate) unknown_company: CompanyId,
    pub(crate) unknown_contact: ContactId,
    pub(crate) ceiling: Option<Capabilities>,
    pub(crate) custom_fields: BTreeSet<String>,
    pub(crate) company_custom_field: Option<String>,
    pub(crate) website: Option<String>,
    pub(crate) territory: Option<String>,
    pub(crate) account_manager: Option<String>,
    pub(crate) contact_types: Vec<String>,
    pub(crate) secrets: Vec<String>,
    pub(crate) technician: Option<Arc<dyn Technician>>,
    pub(crate) wrong_credentials: Option<Arc<dyn Psa>>,
    pub(crate) deviations: Vec<(String, String)>,
    pub(crate) now: DateTime<Utc>,
    samples: BTreeMap<ContactField, [FieldValue; 2]>,
    tag: String,
    serial: AtomicU64,
    created: Mutex<Vec<ContactId>>,
}

/// Shows no secret and no sample.
impl fmt::Debug for PsaGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PsaGiven").field("company", &self.company).finish_non_exhaustive()
    }
}

/// Which of a field's two sample values is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    First,
    Second,
}

impl PsaGiven {
    /// The company that contacts may be written into; the rest has defaults.
    #[must_use]
    pub fn new(company: CompanyId) -> Self {
        let now = SystemTime::now();
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self {
            company,
            other_company: None,
            unknown_company: CompanyId::new("999999999"),
            unknown_contact: ContactId::new("999999999"),
            ceiling: None,
            custom_fields: BTreeSet::new(),
            company_custom_field: None,
            website: None,
            territory: None,
            account_manager: None,
            contact_types: Vec::new(),
            secrets: Vec::new(),
            technician: None,
            wrong_credentials: None,
            deviations: Vec::new(),
            now: now.into(),
            samples: BTreeMap::new(),
            tag: format!("{:x}", since.as_nanos()),
            serial: AtomicU64::new(0),
            created: Mutex::default(),
        }
    }

    /// The adapter's `ceiling()`.
    #[must_use]
    pub fn ceiling(mut self, ceiling: Capabilities) -> Self {
        self.ceiling = Some(ceiling);
        self
    }

    /// A company that holds other contacts than the first; it is only read.
    #[must_use]
    pub fn other_company(mut self, company: CompanyId) -> Self {
        self.other_company = Some(company);
        self
    }

    /// Ids that exist nowhere, in the form that the vendor's have; `999999999` at first.
    #[must_use]
    pub fn unknown(mut self, company: CompanyId, contact: ContactId) -> Self {
        (self.unknown_company, self.unknown_contact) = (company, contact);
        self
    }

    /// Names of custom text fields on contacts that exist and may be written.
    #[must_use]
    pub fn custom_fields<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.custom_fields = names.into_iter().map(str::to_owned).collect();
        self
    }

    /// The name of a custom text field on companies that exists and may be written.
    #[must_use]
    pub fn company_custom_field(mut self, name: impl Into<String>) -> Self {
        self.company_custom_field = Some(name.into());
        self
    }

    /// The website that the company under test has.
    #[must_use]
    pub fn company_website(mut self, website: impl Into<String>) -> Self {
        self.website = Some(website.into());
        self
    }

    /// The name of the territory that the company under test is in.
    #[must_use]
    pub fn company_territory(mut self, name: impl Into<String>) -> Self {
        self.territory = Some(name.into());
        self
    }

    /// The name of the account manager that the company under test has.
    #[must_use]
    pub fn company_account_manager(mut self, name: impl Into<String>) -> Self {
        self.account_manager = Some(name.into());
        self
    }

    /// Names of contact types that exist; two are needed to see them changed.
    #[must_use]
    pub fn contact_types<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        self.contact_types = names.into_iter().map(str::to_owned).collect();
        self
    }

    /// Two different values of a field that this instance takes, in place of the suite's own.
    #[must_use]
    pub fn sample(mut self, field: ContactField, first: FieldValue, second: FieldValue) -> Self {
        self.samples.insert(field, [first, second]);
        self
    }

    /// A secret that the adapter was configured with. It must not be shown by anything.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secrets.push(secret.into());
        self
    }

    /// Somebody who changes contacts past the adapter.
    #[must_use]
    pub fn technician(mut self, technician: Arc<dyn Technician>) -> Self {
        self.technician = Some(technician);
        self
    }

    /// The same adapter with credentials that the vendor refuses.
    #[must_use]
    pub fn wrong_credentials(mut self, psa: Arc<dyn Psa>) -> Self {
        self.wrong_credentials = Some(psa);
        self
    }

    /// A case that is known to fail, and why (a link to an issue). One that passes after all fails the run.
    #[must_use]
    pub fn deviation(mut self, case: impl Into<String>, reason: impl Into<String>) -> Self {
        self.deviations.push((case.into(), reason.into()));
        self
    }

    /// The vendor's clock, where it is not the machine's.
    #[must_use]
    pub const fn now(mut self, now: DateTime<Utc>) -> Self {
        self.now = now;
        self
    }

    /// A query for the company's contacts with the custom fields given.
    pub(crate) fn query(&self) -> ContactQuery {
        let mut query = ContactQuery::of_companies([self.company.clone()]);
        query.custom_fields.clone_from(&self.custom_fields);
        query
    }

    /// The fields that can be written and have samples, the active status apart.
    pub(crate) fn writable(&self, capabilities: &Capabilities) -> Vec<(ContactField, FieldRule)> {
        let custom = self.custom_fields.iter().map(|name| ContactField::Custom(name.clone()));
        let mut fields: BTreeSet<ContactField> = capabilities.fields.keys().cloned().chain(custom).collect();
        if capabilities.alternate_emails.room() == Some(0) {
            fields.remove(&ContactField::AlternateEmails);
        }
        let writable = fields.into_iter().map(|field| {
            let rule = capabilities.rule(&field);
            (field, rule)
        });
        writable
            .filter(|(field, rule)| {
                rule.access == Access::ReadWrite
                    && self.value(field, capabilities, Sample::First, 0).is_some()
                    && self.value(field, capabilities, Sample::Second, 0).is_some()
            })
            .collect()
    }

    /// A sample value of a field, unique by the serial number where the field tells people apart.
    pub(crate) fn value(
        &self,
        field: &ContactField,
        capabilities: &Capabilities,
        sample: Sample,
        serial: u64,
    ) -> Option<FieldValue> {
        let pick = |first: &str, second: &str| match sample {
            Sample::First => first.to_owned(),
            Sample::Second => second.to_owned(),
        };
        if let Some([first, second]) = self.samples.get(field) {
            return Some(if sample == Sample::First { first.clone() } else { second.clone() });
        }
        let tag = &self.tag;
        let letter = pick("a", "b");
        let text = match field {
            ContactField::FirstName => pick("Conformance", "Z\u{fc}rcher"),
            ContactField::LastName => pick("O'Neil-\u{141}uk", "Test"),
            ContactField::Name => pick("Conformance O'Neil-\u{141}uk", "Z\u{fc}rcher Test"),
            ContactField::Email => format!("conformance-{tag}-{serial}{letter}@contoso.example"),
            ContactField::AlternateEmails => {
                let room = usize::from(capabilities.alternate_emails.room().unwrap_or(2).min(2));
                let address = |n: usize| format!("other{n}-{tag}-{serial}{letter}@contoso.example");
                return Some(FieldValue::List((0..room).map(address).collect()));
            }
            ContactField::Title => pick("R&D, B\u{fc}ro", "Head of Tests"),
            ContactField::Department => pick("Sales", "Support"),
            ContactField::PhoneBusiness => pick("+1 206 555 0101", "+1 206 555 0111"),
            ContactField::PhoneMobile => pick("+1 206 555 0102", "+1 206 555 0112"),
            ContactField::PhoneFax => pick("+1 206 555 0103", "+1 206 555 0113"),
            ContactField::AddressStreet => pick("1 Test Road", "2 Proof Street"),
            ContactField::AddressCity => pick("Redmond", "Portland"),
            ContactField::AddressState => pick("WA", "OR"),
            ContactField::AddressPostalCode => pick("98052", "97201"),
            ContactField::AddressCountry => pick("United States", "Canada"),
            ContactField::Office => pick("Room 1", "Room 2"),
            ContactField::Username => format!("conformance.{tag}.{serial}{letter}"),
            ContactField::ExternalId => format!("{tag}-{serial}{letter}"),
            ContactField::Note => pick("A note.", "Another note."),
            ContactField::ContactTypes => {
                let place = usize::from(sample == Sample::Second);
                return self.contact_types.get(place).map(|name| FieldValue::List(vec![name.clone()]));
            }
            ContactField::Custom(_) => pick("first value", "second value"),
            // A picture has no plain sample, and the active status has cases of its own.
            ContactField::Photo | ContactField::Active | _ => return None,
        };
        let max = capabilities.rule(field).max_len.map_or(usize::MAX, |max| max as usize);
        Some(FieldValue::Text(text.chars().take(max).collect()))
    }

    /// The fields of a new contact: what tells people apart and what is required, or everything.
    pub(crate) fn new_fields(&self, capabilities: &Capabilities, everything: bool) -> FieldSet {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed) + 1;
        let basic =
            [ContactField::FirstName, ContactField::LastName, ContactField::Name, ContactField::Email];
        let wanted = self
            .writable(capabilities)
            .into_iter()
            .filter(|(field, rule)| everything || rule.required || basic.contains(field));
        wanted
            .filter_map(|(field, _)| {
                let value = self.value(&field, capabilities, Sample::First, serial)?;
                Some((field, value))
            })
            .collect()
    }

    /// The second sample of a field, unlike that of any other contact.
    pub(crate) fn other_value(&self, field: &ContactField, capabilities: &Capabilities) -> FieldValue {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed) + 1;
        self.value(field, capabilities, Sample::Second, serial).unwrap_or(FieldValue::Empty)
    }

    /// Creates a contact and remembers it.
    pub(crate) async fn create(&self, psa: &dyn Psa, fields: &FieldSet) -> sync_core::Result<Contact> {
        let key = format!("{}-{}", self.tag, self.serial.fetch_add(1, Ordering::Relaxed));
        let contact = psa.create(&self.company, fields, &key).await?;
        self.remember(contact.id.clone());
        Ok(contact)
    }

    pub(crate) fn remember(&self, id: ContactId) {
        self.created.lock().unwrap_or_else(PoisonError::into_inner).push(id);
    }

    /// A contact made for one case; skipped where this instance can write none.
    pub(crate) async fn fresh(
        &self,
        psa: &dyn Psa,
        capabilities: &Capabilities,
        everything: bool,
    ) -> Outcome<Contact> {
        let fields = self.new_fields(capabilities, everything);
        if fields.is_empty() {
            return skip("this instance can write no field");
        }
        done(self.create(psa, &fields).await, "create a contact to test with")
    }

    /// Deactivates what the suite made, where that can be done. What fails here is not the suite's subject.
    pub(crate) async fn tidy(&self, psa: &dyn Psa) {
        let created = std::mem::take(&mut *self.created.lock().unwrap_or_else(PoisonError::into_inner));
        let Ok(capabilities) = psa.capabilities().await else { return };
        if capabilities.active_status != ActiveStatus::Writable {
            return;
        }
        let inactive = FieldSet::from([(ContactField::Active, FieldValue::Flag(false))]);
        for id in created {
            let _ = psa.update(&id, &inactive, None).await;
        }
    }
}
