//! The adapter: the [`Psa`] seam over the calls and the translation.

use crate::{
    check,
    client::{Client, company_id, contact_id},
    config::Config,
    link::Entity,
    listing::{Listing, pages},
    lookups::{Lookups, Schema},
    map, quantities,
    wire::Record,
    write::{self, unread},
};
use async_trait::async_trait;
use chrono::NaiveDate;
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, Error, ErrorKind, Page, Psa, Result,
    capability::{Capabilities, Settling},
    model::{Company, CompanyId, Contact, ContactId, FieldSet, FieldValue, LineId, VersionTag},
    quantity::{Agreements, QuantityLine},
};
use tokio::sync::OnceCell;

/// Contacts, companies and contract services in one Autotask database. Made by [`Config::connect`].
pub struct Autotask {
    pub(crate) client: Client,
    pub(crate) config: Config,
    pub(crate) lookups: Lookups,
}

impl Autotask {
    pub(crate) fn new(config: Config) -> Result<Self> {
        let client = Client::new(&config)?;
        Ok(Self { client, config, lookups: Lookups::default() })
    }

    /// The fields of contacts and what can be done with them; the cell is filled.
    pub(crate) async fn schema(&self) -> Result<Arc<OnceCell<Schema>>> {
        self.lookups.contacts(&self.client).await
    }

    pub(crate) async fn contact_record(&self, id: i64, operation: &'static str) -> Result<Record> {
        let missing = || {
            let message = format!("Autotask has no contact {id}; it may have been deleted");
            Error::new(ErrorKind::NotFound, operation, message)
        };
        self.client.get(Entity::Contacts, id, operation).await?.ok_or_else(missing)
    }

    pub(crate) async fn company_record(&self, id: i64, operation: &'static str) -> Result<Record> {
        let missing = || {
            Error::new(
                ErrorKind::NotFound,
                operation,
                format!("Autotask has no company {id}; check company_id"),
            )
        };
        self.client.get(Entity::Companies, id, operation).await?.ok_or_else(missing)
    }
}

fn contacts_of(query: &ContactQuery) -> Result<Listing> {
    let operation = "list contacts";
    let mut ids = query.companies.iter().map(|id| company_id(id, operation)).collect::<Result<Vec<_>>>()?;
    ids.sort_unstable();
    ids.dedup();
    let listing = if ids.is_empty() {
        Listing::all(Entity::Contacts, operation)
    } else {
        Listing::with(Entity::Contacts, operation, crate::wire::contact::COMPANY, &ids)
    };
    Ok(listing.counted())
}

#[async_trait]
impl Psa for Autotask {
    fn name(&self) -> &'static str {
        "autotask"
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        let cell = self.schema().await?;
        let schema = cell.get().ok_or_else(|| unread("read capabilities"))?;
        let mut capabilities = schema.capabilities.clone();
        // Autotask gives a request up after five minutes, which the careful constant covers whatever our own timeout is. When
        // queries show a result, no page says.
        capabilities.settling = Settling::careful(Duration::from_secs(self.config.timeout_seconds));
        Ok(capabilities)
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        check::run(self, query).await
    }

    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        let start = async move {
            let udfs = self.lookups.company_udfs(&self.client).await?;
            let names = self.lookups.company_names(&self.client).await?;
            let translate = move |rows: Vec<Record>| {
                let (Some(udfs), Some(names)) = (udfs.get(), names.get()) else {
                    return Err(unread("list companies"));
                };
                Ok(rows.iter().map(|row| map::company(row, udfs, names)).collect())
            };
            Ok(pages(&self.client, Listing::all(Entity::Companies, "list companies"), translate))
        };
        futures::stream::once(start).try_flatten().boxed()
    }

    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        let start = async move {
            let listing = contacts_of(query)?;
            let cell = self.schema().await?;
            let translate = move |rows: Vec<Record>| {
                self.lookups.check_fresh(&cell, &rows, "list contacts")?;
                let schema = cell.get().ok_or_else(|| unread("list contacts"))?;
                Ok(rows.iter().map(|row| map::contact(row, schema)).collect())
            };
            Ok(pages(&self.client, listing, translate))
        };
        futures::stream::once(start).try_flatten().boxed()
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        let operation = "read contact";
        let number = contact_id(id, operation)?;
        let cell = self.schema().await?;
        let record = self.contact_record(number, operation).await?;
        self.lookups.check_fresh(&cell, [&record], operation)?;
        let schema = cell.get().ok_or_else(|| unread(operation))?;
        Ok(map::contact(&record, schema))
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

#[async_trait]
impl Agreements for Autotask {
    fn name(&self) -> &'static str {
        "autotask"
    }

    fn lines<'a>(&'a self, companies: &'a BTreeSet<CompanyId>) -> BoxStream<'a, Result<Page<QuantityLine>>> {
        quantities::lines(&self.client, companies)
    }

    async fn set_quantity(
        &self,
        line: &LineId,
        from: u64,
        to: u64,
        effective: NaiveDate,
    ) -> Result<QuantityLine> {
        quantities::set(&self.client, line, from, to, effective).await
    }
}

impl fmt::Debug for Autotask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Autotask").field("host", &self.client.host()).finish_non_exhaustive()
    }
}
