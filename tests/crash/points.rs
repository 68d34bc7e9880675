//! Steps at which a run can be stopped: around every record of the journal and every write to the PSA.

use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    fmt,
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, Page, Psa, Result,
    capability::Capabilities,
    model::{Company, CompanyId, Contact, ContactId, FieldSet, FieldValue, TenantName, VersionTag},
    store::{Commit, LinkSet, LinkStore, StateStore},
};

/// Counts steps, and stops at one of them until a line comes in.
#[derive(Debug)]
pub(crate) struct Points {
    stop_at: Option<u64>,
    passed: AtomicU64,
}

impl Points {
    pub(crate) const fn new(stop_at: Option<u64>) -> Self {
        Self { stop_at, passed: AtomicU64::new(0) }
    }

    pub(crate) fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// The whole process stands still: there is one thread, and it waits here.
    fn pass(&self) {
        let step = self.passed.fetch_add(1, Ordering::Relaxed) + 1;
        if self.stop_at == Some(step) {
            println!("at {step}");
            std::io::stdout().flush().unwrap();
            std::io::stdin().read_line(&mut String::new()).unwrap();
        }
    }
}

/// The journal of a store.
pub(crate) struct Marked {
    inner: Arc<dyn StateStore>,
    points: Arc<Points>,
}

impl Marked {
    pub(crate) fn new(inner: Arc<dyn StateStore>, points: Arc<Points>) -> Self {
        Self { inner, points }
    }
}

impl fmt::Debug for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marked").finish_non_exhaustive()
    }
}

#[async_trait]
impl LinkStore for Marked {
    async fn load(&self, tenant: &TenantName) -> Result<LinkSet> {
        self.inner.load(tenant).await
    }

    async fn commit(&self, tenant: &TenantName, commit: &Commit) -> Result<u64> {
        self.points.pass();
        let done = self.inner.commit(tenant, commit).await;
        self.points.pass();
        done
    }
}

/// A PSA whose writes are steps.
#[derive(Debug)]
pub(crate) struct MarkedPsa<P> {
    inner: P,
    points: Arc<Points>,
}

impl<P> MarkedPsa<P> {
    pub(crate) const fn new(inner: P, points: Arc<Points>) -> Self {
        Self { inner, points }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<P: Psa> Psa for MarkedPsa<P> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        self.inner.capabilities().await
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        self.inner.check(query).await
    }

    fn companies(&self) -> futures_core::stream::BoxStream<'_, Result<Page<Company>>> {
        self.inner.companies()
    }

    fn contacts<'a>(
        &'a self,
        query: &'a ContactQuery,
    ) -> futures_core::stream::BoxStream<'a, Result<Page<Contact>>> {
        self.inner.contacts(query)
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        self.inner.contact(id).await
    }

    async fn create(&self, company: &CompanyId, fields: &FieldSet, key: &str) -> Result<Contact> {
        self.points.pass();
        let done = self.inner.create(company, fields, key).await;
        self.points.pass();
        done
    }

    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        self.points.pass();
        let done = self.inner.update(id, fields, expect).await;
        self.points.pass();
        done
    }

    async fn update_company(
        &self,
        id: &CompanyId,
        custom_fields: &BTreeMap<String, FieldValue>,
    ) -> Result<Company> {
        self.inner.update_company(id, custom_fields).await
    }
}
