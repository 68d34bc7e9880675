//! The adapter: the [`Psa`] seam over the calls and the translation.

use crate::{
    capability, check,
    client::{Client, company_id, contact_id, read},
    config::Config,
    error,
    listing::{Listing, pages},
    lookups::{Communication, Custom, Lookups, is_closed},
    map::{self, Schema},
    wire, write,
};
use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use std::{collections::BTreeMap, fmt, sync::atomic::AtomicBool, time::Duration};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, ErrorKind, Page, PageEnd, Psa, Result,
    capability::{Capabilities, Settling},
    model::{Company, CompanyId, Contact, ContactId, FieldSet, FieldValue, VersionTag},
};

/// How many companies are named in one condition: the vendor recommends addresses of at most 2,000 characters.
const COMPANIES_PER_CONDITION: usize = 100;

/// How far before the asked moment a read of changes starts: server clocks differ, and a self-hosted server was seen
/// to leave out rows of the same day.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);

/// Contacts and companies in one ConnectWise PSA instance. Made by [`Config::connect`].
pub struct ConnectWise {
    pub(crate) client: Client,
    pub(crate) config: Config,
    pub(crate) lookups: Lookups,
    /// This instance refused a PATCH without custom fields, so each one carries them from then on.
    pub(crate) patches_need_custom_fields: AtomicBool,
}

impl ConnectWise {
    pub(crate) fn new(config: Config) -> Result<Self> {
        let client = Client::new(&config)?;
        Ok(Self {
            client,
            config,
            lookups: Lookups::default(),
            patches_need_custom_fields: AtomicBool::new(false),
        })
    }

    pub(crate) async fn communication(&self) -> Result<&Communication> {
        self.lookups.communication(&self.client, &self.config).await
    }

    pub(crate) async fn custom(&self) -> Result<&Custom> {
        self.lookups.custom(&self.client).await
    }

    /// Both tables that reading and writing contacts need.
    pub(crate) async fn tables(&self) -> Result<(&Communication, &Custom)> {
        let communication = self.communication().await?;
        Ok((communication, self.custom().await?))
    }

    /// A contact as read, with the tables looked up before.
    pub(crate) fn neutral(&self, record: &wire::Contact, tables: (&Communication, &Custom)) -> Contact {
        map::contact(record, self.schema(tables, [record]))
    }

    fn schema<'a, 'r>(
        &self,
        (communication, custom): (&'a Communication, &'a Custom),
        records: impl IntoIterator<Item = &'r wire::Contact>,
    ) -> Schema<'a> {
        Schema {
            items: &communication.types,
            custom: &custom.definitions,
            types_told: self.lookups.types_told(records),
        }
    }
}

fn listings(query: &ContactQuery) -> Result<Vec<Listing>> {
    let listing = |conditions: Vec<String>| Listing {
        path: "/company/contacts",
        of: None,
        operation: "list contacts",
        fields: Some(wire::CONTACT_FIELDS),
        conditions: (!conditions.is_empty()).then(|| conditions.join(" and ")),
    };
    let since = query.modified_since.map(|since| format!("lastUpdated > [{}]", moment(since)));
    let mut ids =
        query.companies.iter().map(|id| company_id(id, "list contacts")).collect::<Result<Vec<_>>>()?;
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(vec![listing(since.into_iter().collect())]);
    }
    let listings = ids.chunks(COMPANIES_PER_CONDITION).map(|ids| {
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        let companies = format!("company/id in ({})", ids.join(","));
        listing([companies].into_iter().chain(since.clone()).collect())
    });
    Ok(listings.collect())
}

fn moment(since: DateTime<Utc>) -> String {
    let earlier = since.checked_sub_signed(OVERLAP).unwrap_or(since);
    earlier.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The rows as pages, and the end only after the last of them.
fn neutral_pages<'a, T: 'a, N>(
    pages: BoxStream<'a, Result<Option<Vec<T>>>>,
    translate: impl Fn(Vec<T>) -> Vec<N> + Send + 'a,
) -> impl futures::Stream<Item = Result<Page<N>>> + Send + 'a {
    pages.map_ok(move |page| match page {
        Some(rows) => Page::Items(translate(rows)),
        None => Page::End(PageEnd::new()),
    })
}

#[async_trait]
impl Psa for ConnectWise {
    fn name(&self) -> &'static str {
        "connectwise"
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        let (communication, custom) = self.tables().await?;
        let notes = self.config.note_marker.is_some();
        let mut capabilities = capability::in_force(&communication.types, &custom.definitions, notes);
        capabilities.company_details.account_manager = self.config.account_managers;
        capabilities.settling = Settling::new(
            Duration::from_secs(self.config.timeout_seconds),
            Duration::from_secs(self.config.settling_seconds),
        );
        Ok(capabilities)
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        check::run(self, query).await
    }

    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        let listing = Listing {
            path: "/company/companies",
            of: None,
            operation: "list companies",
            fields: Some(wire::COMPANY_FIELDS),
            conditions: Some("deletedFlag=False".to_owned()),
        };
        let page = move |rows: Option<Vec<wire::Company>>| async move {
            let Some(rows) = rows else { return Ok(Page::End(PageEnd::new())) };
            let company = |record: wire::Company| async move { self.company(&record).await };
            let companies = futures::stream::iter(rows.into_iter().map(company));
            Ok(Page::Items(companies.buffered(self.config.concurrency).try_collect().await?))
        };
        pages(&self.client, [listing]).and_then(page).boxed()
    }

    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        let start = async move {
            let listings = listings(query)?;
            let tables = self.tables().await?;
            let translate = move |rows: Vec<wire::Contact>| {
                let schema = self.schema(tables, &rows);
                rows.iter().map(|record| map::contact(record, schema)).collect()
            };
            Ok(neutral_pages(pages(&self.client, listings), translate))
        };
        futures::stream::once(start).try_flatten().boxed()
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        let number = contact_id(id, "read contact")?;
        let tables = self.tables().await?;
        let record = self.client.contact(number, "read contact").await?;
        Ok(self.neutral(&record, tables))
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
        let operation = "update company";
        let number = company_id(id, operation)?;
        let before = self.client.company(number, operation).await?;
        let patch = map::company_patch(&before, custom_fields)
            .map_err(|refused| error::unsupported(operation, &refused))?;
        if patch.is_empty() {
            return self.company(&before).await;
        }
        self.company(&self.client.patch_company(number, &patch).await?).await
    }
}

impl ConnectWise {
    /// A company as given out, with a call for its account manager where that is asked for.
    async fn company(&self, record: &wire::Company) -> Result<Company> {
        let mut company = map::company(record);
        if self.config.account_managers && company.active {
            company.account_manager = self.account_manager(record.id).await?;
        }
        Ok(company)
    }

    /// The first account manager of a company's team; none where the role may not read teams, which `check` tells, and
    /// where the company is gone meanwhile.
    async fn account_manager(&self, company: i64) -> Result<Option<String>> {
        match self.client.account_managers(company, "read account manager").await {
            Ok(team) => Ok(team.into_iter().find_map(|row| row.member?.name)),
            Err(error) if is_closed(&error) || error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The number that a `…/count` answers.
    pub(crate) async fn count(&self, path: &'static str, operation: &'static str) -> Result<u64> {
        let count: wire::Count = self.client.get(read(path, operation)).await?;
        Ok(count.count.unwrap_or(0))
    }
}

impl fmt::Debug for ConnectWise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectWise").field("host", &self.client.host()).finish_non_exhaustive()
    }
}
