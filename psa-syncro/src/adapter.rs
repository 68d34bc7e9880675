//! The adapter: the [`Psa`] seam over the calls and the translation.

use crate::{
    capability, check,
    client::{Client, company_id, contact_id},
    config::Config,
    listing::{Listing, Step, pages},
    map::{self, Schema},
    properties::Kinds,
    wire, write,
};
use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, Page, PageEnd, Psa, Result,
    capability::{Capabilities, Settling},
    model::{Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, VersionTag},
};

/// Contacts, companies and recurring invoices in one Syncro account. Made by [`Config::connect`].
pub struct Syncro {
    pub(crate) client: Client,
    pub(crate) config: Config,
    /// Custom fields that were asked for or written. A record may leave out what is empty, and the API does not say which
    /// there are, so these are empty rather than unknown.
    asked: Mutex<BTreeSet<String>>,
}

impl Syncro {
    pub(crate) fn new(config: Config) -> Result<Self> {
        let client = Client::new(&config)?;
        Ok(Self { client, config, asked: Mutex::default() })
    }

    pub(crate) fn schema(&self) -> Schema<'_> {
        Schema {
            leavers: &self.config.leavers,
            note_marker: self.config.note_marker.as_deref(),
            kinds: Kinds { checkboxes: &self.config.checkbox_fields, answers: &self.config.answers },
        }
    }

    /// Takes note of names, and answers all that were ever named.
    pub(crate) fn asked<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> BTreeSet<String> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        for name in names {
            if !asked.contains(name) {
                asked.insert(name.clone());
            }
        }
        asked.clone()
    }

    /// A contact as read.
    pub(crate) fn neutral(&self, record: &wire::Contact) -> Contact {
        map::contact(record, self.schema(), &self.asked([]))
    }
}

/// The custom fields among these.
pub(crate) fn custom_names(fields: &FieldSet) -> impl Iterator<Item = &String> {
    fields.keys().filter_map(|field| if let ContactField::Custom(name) = field { Some(name) } else { None })
}

fn listings(query: &ContactQuery) -> Result<Vec<Listing>> {
    let listing = |company: Option<i64>| Listing {
        path: "/contacts",
        operation: "list contacts",
        query: company.map(|id| ("customer_id", id.to_string())).into_iter().collect(),
        company,
    };
    if query.companies.is_empty() {
        return Ok(vec![listing(None)]);
    }
    query.companies.iter().map(|id| Ok(listing(Some(company_id(id, "list contacts")?)))).collect()
}

/// The listing of all companies, those that are disabled included.
pub(crate) fn companies_listing() -> Listing {
    Listing {
        path: "/customers",
        operation: "list companies",
        query: vec![("include_disabled", "true".to_owned())],
        company: None,
    }
}

/// The rows as pages, and the end only after the last of them.
pub(crate) fn neutral_pages<'a, T: 'a, N>(
    steps: BoxStream<'a, Result<Step<T>>>,
    translate: impl Fn(Vec<T>) -> Vec<N> + Send + 'a,
) -> impl futures::Stream<Item = Result<Page<N>>> + Send + 'a {
    steps.map_ok(move |step| match step {
        Step::Rows(rows) => Page::Items(translate(rows)),
        Step::End(total) => Page::End(PageEnd::new().with_reported_count(total)),
    })
}

#[async_trait]
impl Psa for Syncro {
    fn name(&self) -> &'static str {
        "syncro"
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        let mut capabilities = capability::in_force(&self.config);
        // No page of Syncro's says how long a request may take or when lists show its result.
        capabilities.settling = Settling::careful(Duration::from_secs(self.config.timeout_seconds));
        Ok(capabilities)
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        check::run(self, query).await
    }

    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        let translate = |rows: Vec<wire::Customer>| rows.iter().map(map::company).collect();
        neutral_pages(pages::<wire::Customers>(&self.client, [companies_listing()]), translate).boxed()
    }

    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        let start = async move {
            let listings = listings(query)?;
            let asked = self.asked(&query.custom_fields);
            let translate = move |rows: Vec<wire::Contact>| {
                rows.iter().map(|record| map::contact(record, self.schema(), &asked)).collect()
            };
            Ok(neutral_pages(pages::<wire::Contacts>(&self.client, listings), translate))
        };
        futures::stream::once(start).try_flatten().boxed()
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        let number = contact_id(id, "read contact")?;
        Ok(self.neutral(&self.client.contact(number, "read contact").await?))
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

impl fmt::Debug for Syncro {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Syncro").field("host", &self.client.host()).finish_non_exhaustive()
    }
}
