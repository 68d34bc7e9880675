//! A PSA in memory.

use super::lock;
use crate::{
    capability::{Access, ActiveStatus, Capabilities, Concurrency},
    error::{Error, ErrorKind, Result},
    model::{
        Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, VersionTag, email_key,
    },
    snapshot::is_list,
    traits::{CheckItem, CheckQuery, CheckStatus, ContactQuery, Page, PageEnd, Psa},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::stream::{self, BoxStream, StreamExt};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
};

/// A [`Psa`] over maps of companies and contacts, with settable capabilities.
///
/// It stores what it is given, refuses what its capabilities rule out (`Unsupported`), checks lengths and required
/// fields (`Rejected`), gives versions, and never refuses a duplicate: real PSAs do not either.
#[derive(Debug)]
pub struct MemoryPsa {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    capabilities: Capabilities,
    companies: BTreeMap<CompanyId, Company>,
    contacts: BTreeMap<ContactId, Contact>,
    /// What the clock of the PSA says, and when each contact was changed last by it.
    now: DateTime<Utc>,
    modified: BTreeMap<ContactId, DateTime<Utc>>,
    reads: u64,
    next: u64,
    writes: u64,
    cut_after: Option<usize>,
    /// What later writes answer instead of their result, and whether they are done all the same.
    write_faults: VecDeque<(ErrorKind, bool)>,
}

impl MemoryPsa {
    /// An empty PSA with these capabilities and companies.
    pub fn new(capabilities: Capabilities, companies: impl IntoIterator<Item = Company>) -> Self {
        Self {
            state: Mutex::new(State {
                capabilities,
                companies: companies.into_iter().map(|c| (c.id.clone(), c)).collect(),
                contacts: BTreeMap::new(),
                now: DateTime::UNIX_EPOCH,
                modified: BTreeMap::new(),
                reads: 0,
                next: 1,
                writes: 0,
                cut_after: None,
                write_faults: VecDeque::new(),
            }),
        }
    }

    /// Adds or replaces a contact, as a technician would.
    pub fn put(&self, contact: Contact) {
        let mut state = lock(&self.state);
        let contact = state.stored(contact);
        state.contacts.insert(contact.id.clone(), contact);
    }

    /// Takes a contact away, as a technician would.
    pub fn remove(&self, id: &ContactId) {
        lock(&self.state).contacts.remove(id);
    }

    /// Edits a contact, as a technician would; answers whether there is one.
    pub fn edit(&self, id: &ContactId, edit: impl FnOnce(&mut Contact)) -> bool {
        let mut state = lock(&self.state);
        let Some(mut contact) = state.contacts.get(id).cloned() else { return false };
        edit(&mut contact);
        let contact = state.stored(contact);
        state.contacts.insert(contact.id.clone(), contact);
        true
    }

    /// Every contact in order of id.
    #[must_use]
    pub fn contacts_now(&self) -> Vec<Contact> {
        lock(&self.state).contacts.values().cloned().collect()
    }

    /// How many creates and updates were carried out.
    #[must_use]
    pub fn writes(&self) -> u64 {
        lock(&self.state).writes
    }

    /// Forgets the faults that were asked for and did not strike yet.
    pub fn clear_faults(&self) {
        lock(&self.state).write_faults.clear();
    }

    /// How many listings and single contacts were asked for.
    #[must_use]
    pub fn reads(&self) -> u64 {
        lock(&self.state).reads
    }

    /// Sets the clock by which changes are remembered.
    pub fn set_now(&self, now: DateTime<Utc>) {
        lock(&self.state).now = now;
    }

    /// Sets the capabilities.
    pub fn set_capabilities(&self, capabilities: Capabilities) {
        lock(&self.state).capabilities = capabilities;
    }

    /// Lets later listings of contacts stop after so many, without an end; `None` mends them.
    pub fn cut_after(&self, contacts: Option<usize>) {
        lock(&self.state).cut_after = contacts;
    }

    /// Lets the next write fail with this kind; `done` says whether it is carried out all the same.
    pub fn fail_next_write(&self, kind: ErrorKind, done: bool) {
        lock(&self.state).write_faults.push_back((kind, done));
    }
}

impl State {
    /// The contact as it is kept: with a new version, and every readable field present.
    fn stored(&mut self, mut contact: Contact) -> Contact {
        self.next += 1;
        contact.version = Some(VersionTag::new(format!("v{}", self.next)));
        self.modified.insert(contact.id.clone(), self.now);
        for (field, rule) in &self.capabilities.fields {
            if rule.access >= Access::Read && !contact.fields.contains_key(field) {
                let blank = if *field == ContactField::Active {
                    FieldValue::Flag(true)
                } else if is_list(field) {
                    FieldValue::List(Vec::new())
                } else {
                    FieldValue::Empty
                };
                contact.fields.insert(field.clone(), blank);
            }
        }
        contact
    }

    fn refusal(&self, operation: &'static str, fields: &FieldSet) -> Option<Error> {
        for (field, value) in fields {
            if value.is_generated() {
                let message = format!("{field} is to be made when it is written, and nobody made it");
                return Some(Error::new(ErrorKind::Unsupported, operation, message));
            }
            let rule = self.capabilities.rule(field);
            let active =
                *field == ContactField::Active && self.capabilities.active_status != ActiveStatus::Writable;
            if rule.access < Access::ReadWrite || active {
                let message = format!("this instance cannot write {field}");
                return Some(Error::new(ErrorKind::Unsupported, operation, message));
            }
            if let (FieldValue::Text(text), Some(max)) = (value, rule.max_len)
                && text.chars().count() > max as usize
            {
                let message = format!("{field} takes at most {max} characters");
                return Some(Error::new(ErrorKind::Rejected, operation, message));
            }
            if *field == ContactField::AlternateEmails
                && let (FieldValue::List(items), Some(room)) =
                    (value, self.capabilities.alternate_emails.room())
                && items.len() > usize::from(room)
            {
                let message = format!("there is room for {room} alternate e-mails");
                return Some(Error::new(ErrorKind::Unsupported, operation, message));
            }
        }
        None
    }

    fn after_write(&mut self, operation: &'static str, contact: Contact) -> Result<Contact> {
        let contact = self.stored(contact);
        let (fault, done) = match self.write_faults.pop_front() {
            Some((kind, done)) => (Some(kind), done),
            None => (None, true),
        };
        if done {
            self.writes += 1;
            self.contacts.insert(contact.id.clone(), contact.clone());
        }
        fault.map_or(Ok(contact), |kind| Err(Error::new(kind, operation, "a fault was asked for")))
    }
}

#[async_trait]
impl Psa for MemoryPsa {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        Ok(lock(&self.state).capabilities.clone())
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        let state = lock(&self.state);
        Ok(query
            .companies
            .iter()
            .map(|id| {
                let there = state.companies.contains_key(id);
                let status = if there { CheckStatus::Ok } else { CheckStatus::Failed };
                CheckItem::new(
                    format!("company {id}"),
                    status,
                    if there { "found" } else { "does not exist" },
                )
            })
            .collect())
    }

    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        let state = lock(&self.state);
        let told = state.capabilities.company_details;
        let mut companies: Vec<Company> = state.companies.values().cloned().collect();
        companies.iter_mut().for_each(|company| told.hide(company));
        stream::iter([Ok(Page::Items(companies)), Ok(Page::End(PageEnd::new()))]).boxed()
    }

    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        let mut state = lock(&self.state);
        state.reads += 1;
        let since = query.modified_since.filter(|_| state.capabilities.modified_since);
        let wanted = |c: &&Contact| {
            let here = query.companies.is_empty()
                || c.company.as_ref().is_some_and(|id| query.companies.contains(id));
            let told = |since| state.modified.get(&c.id).is_none_or(|modified| *modified >= since);
            here && since.is_none_or(told)
        };
        let shown = state.cut_after.unwrap_or(usize::MAX);
        let mut contacts: Vec<Contact> =
            state.contacts.values().filter(wanted).take(shown).cloned().collect();
        for contact in &mut contacts {
            for name in &query.custom_fields {
                // Every contact has every custom field; unset ones are empty.
                contact.fields.entry(ContactField::Custom(name.clone())).or_insert(FieldValue::Empty);
            }
            contact.fields.retain(|field, _| state.capabilities.rule(field).access >= Access::Read);
        }
        let mut pages: Vec<Result<Page<Contact>>> =
            contacts.chunks(100).map(|chunk| Ok(Page::Items(chunk.to_vec()))).collect();
        if state.cut_after.is_none() {
            pages.push(Ok(Page::End(PageEnd::new())));
        }
        stream::iter(pages).boxed()
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        let mut state = lock(&self.state);
        state.reads += 1;
        let mut contact =
            state.contacts.get(id).cloned().ok_or_else(|| not_found("read contact", id.as_str()))?;
        contact.fields.retain(|field, _| state.capabilities.rule(field).access >= Access::Read);
        Ok(contact)
    }

    async fn create(&self, company: &CompanyId, fields: &FieldSet, _key: &str) -> Result<Contact> {
        const OPERATION: &str = "create contact";
        let mut state = lock(&self.state);
        if let Some(refusal) = state.refusal(OPERATION, fields) {
            return Err(refusal);
        }
        if !state.companies.contains_key(company) {
            return Err(not_found(OPERATION, company.as_str()));
        }
        let missing = state
            .capabilities
            .fields
            .iter()
            .find(|(field, rule)| rule.required && fields.get(*field).is_none_or(FieldValue::is_blank));
        if let Some((field, _)) = missing {
            return Err(Error::new(ErrorKind::Rejected, OPERATION, format!("{field} is required")));
        }
        let bad_email = fields
            .get(&ContactField::Email)
            .and_then(FieldValue::as_text)
            .is_some_and(|e| email_key(e).is_none());
        if bad_email {
            return Err(Error::new(ErrorKind::Rejected, OPERATION, "email is no e-mail address"));
        }
        state.next += 1;
        let mut contact = Contact::new(ContactId::new(format!("{:06}", state.next)), company.clone());
        contact.fields.clone_from(fields);
        state.after_write(OPERATION, contact)
    }

    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        const OPERATION: &str = "update contact";
        let mut state = lock(&self.state);
        if let Some(refusal) = state.refusal(OPERATION, fields) {
            return Err(refusal);
        }
        let mut contact = state.contacts.get(id).cloned().ok_or_else(|| not_found(OPERATION, id.as_str()))?;
        if state.capabilities.concurrency == Concurrency::VersionTag
            && expect.is_some()
            && expect != contact.version.as_ref()
        {
            let message = format!("contact {id} changed since it was read");
            return Err(Error::new(ErrorKind::PreconditionFailed, OPERATION, message));
        }
        for (field, value) in fields {
            contact.fields.insert(field.clone(), value.clone());
        }
        state.after_write(OPERATION, contact)
    }

    async fn update_company(
        &self,
        id: &CompanyId,
        custom_fields: &BTreeMap<String, FieldValue>,
    ) -> Result<Company> {
        const OPERATION: &str = "update company";
        let mut state = lock(&self.state);
        if !state.capabilities.company_custom_fields {
            return Err(Error::new(
                ErrorKind::Unsupported,
                OPERATION,
                "this instance cannot write custom fields of companies",
            ));
        }
        let company = state.companies.get_mut(id).ok_or_else(|| not_found(OPERATION, id.as_str()))?;
        company.custom_fields.extend(custom_fields.iter().map(|(k, v)| (k.clone(), v.clone())));
        Ok(company.clone())
    }
}

fn not_found(operation: &'static str, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, operation, format!("there is no {id}"))
}
