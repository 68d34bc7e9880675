//! The companies and contacts of a folder.

use super::{
    companies::{Companies, CompanyRow},
    contacts::{Contacts, with_custom_fields},
};
use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, ContactQuery, Error, ErrorKind, Page, PageEnd, Psa, Result,
    capability::{Access, ActiveStatus, Capabilities},
    model::{
        Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, VersionTag, email_key,
    },
};

/// `companies.json` and `contacts.json` as a [`Psa`], in memory until the folder is written back.
///
/// Refuses what its capabilities rule out, as the PSA they describe would.
pub struct OfflinePsa {
    capabilities: Capabilities,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) companies: Companies,
    pub(super) contacts: Contacts,
    /// The number of the next contact that is created.
    pub(super) next: u64,
}

impl OfflinePsa {
    pub(super) fn new(capabilities: Capabilities, state: State) -> Self {
        Self { capabilities, state: Mutex::new(state) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is made in one step, so a panic elsewhere leaves whole records.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn readable(&self, mut contact: Contact) -> Contact {
        contact.fields.retain(|field, _| self.capabilities.rule(field).access >= Access::Read);
        contact
    }

    fn refusal(&self, operation: &'static str, fields: &FieldSet) -> Result<()> {
        let refuse = |kind, message| Err(Error::new(kind, operation, message));
        for (field, value) in fields {
            let rule = self.capabilities.rule(field);
            let active =
                *field == ContactField::Active && self.capabilities.active_status != ActiveStatus::Writable;
            if rule.access < Access::ReadWrite || active {
                return refuse(ErrorKind::Unsupported, format!("this PSA cannot write {field}"));
            }
            if let (FieldValue::Text(text), Some(max)) = (value, rule.max_len)
                && text.chars().nth(usize::try_from(max).unwrap_or(usize::MAX)).is_some()
            {
                return refuse(ErrorKind::Rejected, format!("{field} takes at most {max} characters"));
            }
            if let (ContactField::AlternateEmails, FieldValue::List(items), Some(room)) =
                (field, value, self.capabilities.alternate_emails.room())
                && items.len() > usize::from(room)
            {
                return refuse(ErrorKind::Unsupported, format!("there is room for {room} alternate e-mails"));
            }
            if let (ContactField::Email, FieldValue::Text(text)) = (field, value)
                && email_key(text).is_none()
            {
                return refuse(ErrorKind::Rejected, "email is no e-mail address".to_owned());
            }
        }
        Ok(())
    }
}

/// The highest N among ids of the form `new-N`.
pub(super) fn highest_new<'a>(ids: impl Iterator<Item = &'a ContactId>) -> u64 {
    ids.filter_map(|id| id.as_str().strip_prefix(NEW)?.parse().ok()).max().unwrap_or(0)
}

/// Before the number of a contact that was created here.
const NEW: &str = "new-";

impl fmt::Debug for OfflinePsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflinePsa").finish_non_exhaustive()
    }
}

#[async_trait]
impl Psa for OfflinePsa {
    fn name(&self) -> &'static str {
        "offline"
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        Ok(self.capabilities.clone())
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        let state = self.lock();
        let item = |id: &CompanyId| {
            let (status, detail) = match state.companies.rows.get(id) {
                Some(row) if row.company.active => (CheckStatus::Ok, "found"),
                Some(_) => (CheckStatus::Failed, "is not in use"),
                None => (CheckStatus::Failed, "is not in companies.json"),
            };
            CheckItem::new(format!("company {id}"), status, detail)
        };
        Ok(query.companies.iter().map(item).collect())
    }

    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        let told = self.capabilities.company_details;
        let shown = |row: &CompanyRow| {
            let mut company = row.company.clone();
            told.hide(&mut company);
            company
        };
        let companies = self.lock().companies.rows.values().map(shown).collect();
        stream::iter([Ok(Page::Items(companies)), Ok(Page::End(PageEnd::new()))]).boxed()
    }

    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        let state = self.lock();
        let wanted = |contact: &Contact| {
            query.companies.is_empty()
                || contact.company.as_ref().is_some_and(|company| query.companies.contains(company))
        };
        let contacts: Vec<Contact> = state
            .contacts
            .rows
            .values()
            .filter(|row| wanted(&row.contact))
            .map(|row| self.readable(with_custom_fields(row, &query.custom_fields)))
            .collect();
        let end = if state.contacts.complete {
            Ok(Page::End(PageEnd::new()))
        } else {
            let message = "contacts.json says \"complete\": false; export all contacts of the companies";
            Err(Error::new(ErrorKind::Unavailable, "list contacts", message))
        };
        stream::iter([Ok(Page::Items(contacts)), end]).boxed()
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        let state = self.lock();
        let row = state.contacts.rows.get(id).ok_or_else(|| not_found("read contact", id.as_str()))?;
        Ok(self.readable(row.contact.clone()))
    }

    async fn create(&self, company: &CompanyId, fields: &FieldSet, _key: &str) -> Result<Contact> {
        const OPERATION: &str = "create contact";
        self.refusal(OPERATION, fields)?;
        let missing = self
            .capabilities
            .fields
            .iter()
            .find(|(field, rule)| rule.required && fields.get(*field).is_none_or(FieldValue::is_blank));
        if let Some((field, _)) = missing {
            return Err(Error::new(ErrorKind::Rejected, OPERATION, format!("{field} is required")));
        }
        let mut state = self.lock();
        let State { companies, contacts, next } = &mut *state;
        let company = companies.rows.get(company).ok_or_else(|| not_found(OPERATION, company.as_str()))?;
        let id = ContactId::new(format!("{NEW}{next}"));
        *next += 1;
        Ok(self.readable(contacts.create(id, &company.company, fields)))
    }

    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        _expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        const OPERATION: &str = "update contact";
        self.refusal(OPERATION, fields)?;
        let mut state = self.lock();
        let row = state.contacts.rows.get_mut(id).ok_or_else(|| not_found(OPERATION, id.as_str()))?;
        row.update(fields);
        Ok(self.readable(row.contact.clone()))
    }

    async fn update_company(
        &self,
        id: &CompanyId,
        custom_fields: &BTreeMap<String, FieldValue>,
    ) -> Result<Company> {
        const OPERATION: &str = "update company";
        if !self.capabilities.company_custom_fields {
            let message = "this PSA cannot write custom fields of companies";
            return Err(Error::new(ErrorKind::Unsupported, OPERATION, message));
        }
        let mut state = self.lock();
        let row = state.companies.rows.get_mut(id).ok_or_else(|| not_found(OPERATION, id.as_str()))?;
        row.update(custom_fields);
        Ok(row.company.clone())
    }
}

fn not_found(operation: &'static str, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, operation, format!("there is no {id} in the folder"))
}
