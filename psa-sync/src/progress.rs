//! Bars for whoever watches, and the wrappers that move them. Away from a terminal they draw nothing.

use async_trait::async_trait;
use futures::{StreamExt as _, stream::BoxStream};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, Directory, DirectoryItem, Page, Psa, Result, UserQuery,
    capability::Capabilities,
    model::{Company, CompanyId, Contact, ContactId, FieldSet, FieldValue, VersionTag},
};

/// How often a bar shows that the program is alive.
const TICK: Duration = Duration::from_millis(120);

/// The bars of one command.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    bars: Option<MultiProgress>,
    lines: Arc<Mutex<Vec<ProgressBar>>>,
}

impl Progress {
    /// Bars on stderr where somebody watches.
    pub(crate) fn new(watched: bool) -> Self {
        let bars = watched.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { bars, lines: Arc::default() }
    }

    fn line(&self) -> Line {
        let bar = match &self.bars {
            Some(bars) => bars.add(ProgressBar::new_spinner()),
            None => ProgressBar::hidden(),
        };
        bar.finish_and_clear();
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(bar.clone());
        Line { bar, count: AtomicU64::new(0) }
    }

    /// Takes the bars away, so that texts can be written where they stood; the next count brings its bar back.
    pub(crate) fn quiet(&self) {
        for bar in self.lines.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            bar.finish_and_clear();
        }
    }

    /// Counts the users that a directory gives.
    pub(crate) fn directory(&self, inner: Arc<dyn Directory>) -> Arc<dyn Directory> {
        Arc::new(WatchedDirectory { inner, line: self.line() })
    }

    /// Counts the contacts that a PSA gives and takes.
    pub(crate) fn psa(&self, inner: Arc<dyn Psa>) -> Arc<dyn Psa> {
        Arc::new(WatchedPsa { inner, reads: self.line(), writes: self.line() })
    }
}

#[derive(Debug)]
struct Line {
    bar: ProgressBar,
    count: AtomicU64,
}

impl Line {
    /// Starts to count anew, until the answer is dropped.
    fn counting(&self) -> Counting<'_> {
        self.count.store(0, Ordering::Relaxed);
        self.bar.reset();
        self.bar.enable_steady_tick(TICK);
        Counting(self)
    }

    fn add(&self, more: usize, what: &str) {
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        let count = self.count.fetch_add(more, Ordering::Relaxed).saturating_add(more);
        if self.bar.is_finished() {
            self.bar.reset();
        }
        self.bar.set_message(format!("{count} {what}"));
    }
}

/// One listing; its bar goes when it ends, however it ends.
struct Counting<'a>(&'a Line);

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        self.0.bar.disable_steady_tick();
        self.0.bar.finish_and_clear();
    }
}

#[derive(Debug)]
struct WatchedDirectory {
    inner: Arc<dyn Directory>,
    line: Line,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Directory for WatchedDirectory {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        self.inner.check(query).await
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
        let counting = self.line.counting();
        let pages = self.inner.users(query).inspect(move |page| {
            if let Ok(Page::Items(items)) = page {
                counting.0.add(items.iter().map(DirectoryItem::count).sum(), "users read");
            }
        });
        pages.boxed()
    }
}

#[derive(Debug)]
struct WatchedPsa {
    inner: Arc<dyn Psa>,
    reads: Line,
    writes: Line,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Psa for WatchedPsa {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn capabilities(&self) -> Result<Capabilities> {
        self.inner.capabilities().await
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        self.inner.check(query).await
    }

    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        self.inner.companies()
    }

    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        let counting = self.reads.counting();
        let pages = self.inner.contacts(query).inspect(move |page| {
            if let Ok(Page::Items(items)) = page {
                counting.0.add(items.len(), "contacts read");
            }
        });
        pages.boxed()
    }

    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        self.inner.contact(id).await
    }

    async fn create(&self, company: &CompanyId, fields: &FieldSet, key: &str) -> Result<Contact> {
        let created = self.inner.create(company, fields, key).await;
        self.writes.add(1, "contacts written");
        created
    }

    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        let updated = self.inner.update(id, fields, expect).await;
        self.writes.add(1, "contacts written");
        updated
    }

    async fn update_company(
        &self,
        id: &CompanyId,
        custom_fields: &BTreeMap<String, FieldValue>,
    ) -> Result<Company> {
        self.inner.update_company(id, custom_fields).await
    }
}
