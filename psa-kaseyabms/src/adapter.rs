//! The adapter: the [`Psa`] seam over the calls and the translation.

use crate::{
    capability, check,
    client::{Call, Client, account_id, contact_id},
    config::Config,
    listing::{self, PAGE_SIZE, numbered},
    lookups::{Lookups, Module},
    map,
    types::ItemTypes,
    wire::{self, CustomValue},
    write,
};
use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
    time::Duration,
};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, ErrorKind, Page, PageEnd, Psa, Result,
    capability::{Capabilities, Settling},
    model::{Company, CompanyId, Contact, ContactId, FieldSet, FieldValue, VersionTag},
};
use sync_http::Clock;

/// The path of the list of contacts.
const CONTACTS: &str = "/v2/crm/contacts/summary";
/// The path of the list of accounts.
const ACCOUNTS: &str = "/v2/crm/accounts/summary";

/// Contacts and companies in one Kaseya BMS or Pulseway PSA tenant. Made by [`Config::connect`].
pub struct KaseyaBms {
    pub(crate) client: Client,
    pub(crate) config: Config,
    pub(crate) lookups: Lookups,
}

/// The tables that reading and writing contacts need.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub(crate) types: &'a ItemTypes,
    pub(crate) module: &'a Module,
}

impl KaseyaBms {
    pub(crate) fn new(config: Config, clock: Option<&Arc<dyn Clock>>) -> Result<Self> {
        let client = Client::new(&config, clock)?;
        Ok(Self { client, config, lookups: Lookups::default() })
    }

    pub(crate) async fn types(&self) -> Result<&ItemTypes> {
        self.lookups.types(&self.client, &self.config).await
    }

    pub(crate) async fn contact_module(&self) -> Result<&Module> {
        self.lookups.contact_module(&self.client, &self.config).await
    }

    pub(crate) async fn account_module(&self) -> Result<&Module> {
        self.lookups.account_module(&self.client, &self.config).await
    }

    pub(crate) async fn tables(&self) -> Result<Tables<'_>> {
        let types = self.types().await?;
        Ok(Tables { types, module: self.contact_module().await? })
    }

    /// A contact with its custom values, where they were read.
    pub(crate) fn neutral(
        record: &wire::Contact,
        tables: Tables<'_>,
        values: Option<&[CustomValue]>,
    ) -> Contact {
        map::contact(record, tables.types, values.map(|values| (values, &tables.module.definitions)))
    }

    /// The custom values of a contact; `None` where contacts have no custom fields.
    pub(crate) async fn values(&self, contact: i64, tables: Tables<'_>) -> Result<Option<Vec<CustomValue>>> {
        match tables.module.id.filter(|_| !tables.module.definitions.is_empty()) {
            Some(module) => Ok(Some(self.client.custom_values(module, contact).await?)),
            None => Ok(None),
        }
    }

    /// The rows of a list that are active, or those that are not: whether a list without the filter has both is not known.
    async fn rows<T: listing::Row>(
        &self,
        path: &'static str,
        account: Option<i64>,
        active: bool,
    ) -> Result<Vec<T>> {
        let operation = if path == ACCOUNTS { "list companies" } else { "list contacts" };
        let mut call = Call::get(path, operation).query("Filter.IsActive", active);
        if let Some(account) = account {
            call = call.query("Filter.AccountId", account);
        }
        listing::whole(&self.client, operation, |page| numbered(&call, page)).await
    }

    /// The contacts of a page as they are given out, with a call for each where custom values are wanted.
    async fn page(
        &self,
        records: Vec<wire::Contact>,
        tables: Tables<'_>,
        custom: bool,
    ) -> Result<Vec<Contact>> {
        if !custom {
            return Ok(records.iter().map(|record| Self::neutral(record, tables, None)).collect());
        }
        let whole = |record: wire::Contact| async move {
            match self.values(record.id, tables).await {
                Ok(values) => Ok(Some(Self::neutral(&record, tables, values.as_deref()))),
                // Deleted since the page was read.
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        };
        let contacts =
            futures::stream::iter(records.into_iter().map(whole)).buffered(self.client.concurrency());
        contacts.try_filter_map(async |contact| Ok(contact)).try_collect().await
    }

    async fn company(&self, record: &wire::Account, module: &Module) -> Result<Company> {
        let Some(id) = module.id.filter(|_| !module.definitions.is_empty()) else {
            return Ok(map::company(record, None));
        };
        let values = self.client.custom_values(id, record.id).await?;
        Ok(map::company(record, Some((&values, &module.definitions))))
    }
}

/// What is left of a listing of contacts.
struct Left<'a> {
    tables: Tables<'a>,
    /// Custom values are wanted.
    custom: bool,
    /// Parts that were not read: an account, or all of them, and the active status.
    parts: VecDeque<(Option<i64>, bool)>,
    /// Pages that were read and not given out.
    ready: VecDeque<Vec<wire::Contact>>,
}

#[async_trait]
impl Psa for KaseyaBms {
    fn name(&self) -> &'static str {
        "kaseyabms"
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        let Tables { types, module } = self.tables().await?;
        let accounts = self.account_module().await?;
        let mut capabilities = capability::in_force(types, module, accounts, self.config.phone_required);
        // No page of Kaseya's says how long a request may take or when lists show its result.
        capabilities.settling = Settling::careful(Duration::from_secs(self.config.timeout_seconds));
        Ok(capabilities)
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        check::run(self, query).await
    }

    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        let parts = VecDeque::from([true, false]);
        let step = move |left: Option<VecDeque<bool>>| async move {
            let Some(mut left) = left else { return Ok(None) };
            let Some(active) = left.pop_front() else { return Ok(Some((Page::End(PageEnd::new()), None))) };
            let module = self.account_module().await?;
            let mut records: Vec<wire::Account> = self.rows(ACCOUNTS, None, active).await?;
            for record in &mut records {
                record.is_active.get_or_insert(active);
            }
            let company = |record: wire::Account| async move { self.company(&record, module).await };
            let companies = futures::stream::iter(records.into_iter().map(company));
            let companies = companies.buffered(self.client.concurrency()).try_collect().await?;
            Ok(Some((Page::Items(companies), Some(left))))
        };
        futures::stream::try_unfold(Some(parts), step).boxed()
    }

    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        let start = async move {
            let accounts: Result<Vec<_>> =
                query.companies.iter().map(|id| account_id(id, "list contacts").map(Some)).collect();
            let mut accounts = accounts?;
            if accounts.is_empty() {
                accounts.push(None);
            }
            let tables = self.tables().await?;
            let parts =
                accounts.into_iter().flat_map(|account| [(account, true), (account, false)]).collect();
            let custom = !query.custom_fields.is_empty() && !tables.module.definitions.is_empty();
            let left = Left { tables, custom, parts, ready: VecDeque::new() };
            Ok(futures::stream::try_unfold(Some(left), move |left| self.step(left)))
        };
        futures::stream::once(start).try_flatten().boxed()
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        let number = contact_id(id, "read contact")?;
        let tables = self.tables().await?;
        let record = self.client.contact(number, "read contact").await?;
        let values = self.values(number, tables).await?;
        Ok(Self::neutral(&record, tables, values.as_deref()))
    }

    async fn create(&self, company: &CompanyId, fields: &FieldSet, _key: &str) -> Result<Contact> {
        write::create(self, company, fields).await
    }

    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        write::update(self, id, fields, expect).await
    }

    async fn update_company(
        &self,
        id: &CompanyId,
        custom_fields: &BTreeMap<String, FieldValue>,
    ) -> Result<Company> {
        write::update_company(self, id, custom_fields).await
    }
}

impl KaseyaBms {
    /// The next page of a listing of contacts: one that was read, one of the next part, or the end.
    async fn step<'a>(&'a self, left: Option<Left<'a>>) -> Result<Option<(Page<Contact>, Option<Left<'a>>)>> {
        let Some(mut left) = left else { return Ok(None) };
        loop {
            if let Some(records) = left.ready.pop_front() {
                let contacts = self.page(records, left.tables, left.custom).await?;
                return Ok(Some((Page::Items(contacts), Some(left))));
            }
            let Some((account, active)) = left.parts.pop_front() else {
                return Ok(Some((Page::End(PageEnd::new()), None)));
            };
            let mut records: Vec<wire::Contact> = self.rows(CONTACTS, account, active).await?;
            for record in &mut records {
                record.is_active.get_or_insert(active);
            }
            let mut records = records.into_iter().peekable();
            while records.peek().is_some() {
                left.ready.push_back(records.by_ref().take(PAGE_SIZE).collect());
            }
        }
    }
}

impl fmt::Debug for KaseyaBms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KaseyaBms").field("host", &self.client.host()).finish_non_exhaustive()
    }
}
