//! Disks that are full or read-only, files that are something else, servers that go away, clocks that go back.

use crate::{
    postgres::server::Server,
    suite::{anchor, at, take},
};
use async_trait::async_trait;
use sqlx::{ConnectOptions as _, Connection as _};
use std::{
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, ErrorKind, Page, Psa, PsaExt as _, Result,
    apply::{ApplyContext, ApplyOptions, Report, SettleOptions, apply, settle},
    capability::{Capabilities, Settling},
    memory::MemoryPsa,
    model::{
        Attribute, Company, CompanyId, Contact, ContactId, DirectoryUser, FieldSet, TenantName, VersionTag,
    },
    plan::{NONE_ELSEWHERE, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    snapshot::{Completeness, UserSnapshot},
    store::{Acquired, Hold, Leases as _, LinkStore as _, RunId, StateStore, Unshared},
};
use sync_state::{PostgresStore, SqliteStore};

fn tenant() -> TenantName {
    TenantName::new("Contoso")
}

pub(crate) async fn raw(path: &Path, statements: &[&'static str]) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut conn = options.connect().await.unwrap();
    for statement in statements {
        sqlx::query(*statement).execute(&mut conn).await.unwrap();
    }
    conn.close().await.unwrap();
}

#[tokio::test]
async fn a_file_of_something_else_or_of_a_newer_version_or_damaged_is_refused_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    raw(&path("foreign"), &["CREATE TABLE customers (id INTEGER)"]).await;
    raw(&path("marked"), &["PRAGMA application_id = 7"]).await;
    std::fs::write(path("text"), "canary, not a database at all, but long enough to have a header").unwrap();
    drop(SqliteStore::open(path("newer")).await.unwrap());
    raw(&path("newer"), &["PRAGMA user_version = 99"]).await;
    drop(SqliteStore::open(path("damaged")).await.unwrap());
    raw(&path("damaged"), &["PRAGMA wal_checkpoint(TRUNCATE)"]).await;
    let mut bytes = std::fs::read(path("damaged")).unwrap();
    bytes[4096..8192].fill(0xa5);
    bytes[100..200].fill(0xff);
    std::fs::write(path("damaged"), bytes).unwrap();
    for (name, says) in [
        ("foreign", "something else"),
        ("marked", "something else"),
        ("text", "no state database"),
        ("newer", "version 99"),
        ("damaged", "damaged"),
    ] {
        let before = std::fs::read(path(name)).unwrap();
        let error = SqliteStore::open(path(name)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{name}: {error}");
        assert!(error.message().contains(says), "{name}: {error}");
        assert!(!format!("{error:?}").contains("canary"));
        assert!(std::fs::read(path(name)).unwrap() == before, "{name} was changed");
    }
}

#[tokio::test]
async fn more_left_than_was_ever_given_means_that_the_clock_was_set_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.sqlite");
    let store = SqliteStore::open(&path).await.unwrap();
    let length = Duration::from_secs(60);
    take(&store, &tenant()).await;
    // A day ahead: taken before the clock was set back by a day.
    raw(&path, &["UPDATE tenants SET until_at = until_at + 86400000000"]).await;
    let Acquired::HeldBy(lease) = store.acquire(&tenant(), "x", length).await.unwrap() else {
        panic!("its holder may be alive")
    };
    let again = store.lease(&tenant()).await.unwrap().unwrap();
    assert_eq!(again.until, lease.until);
    assert!(again.until - chrono::Utc::now() <= chrono::Duration::seconds(61), "it ends in its own time");
}

/// A disk of its own, where this process may make one.
struct Disk(tempfile::TempDir);

impl Disk {
    #[allow(clippy::print_stderr, reason = "a test that cannot run says so")]
    fn of(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let option = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &option, "tmpfs"]).arg(folder.path());
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("SKIPPED: no disk of its own: mounting a tmpfs needs root");
        None
    }

    fn remount(&self, option: &str) {
        // Connections that were dropped are closed behind the scenes, and a disk in use does not become read-only.
        for _ in 0..200 {
            let mut mount = Command::new("mount");
            mount.args(["-o", &format!("remount,{option}")]).arg(self.0.path());
            if mount.output().unwrap().status.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the disk is in use");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_a_clear_error() {
    let Some(disk) = Disk::of("4m") else { return };
    let path = disk.0.path().join("state.sqlite");
    drop(SqliteStore::open(&path).await.unwrap());
    disk.remount("ro");
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let error = SqliteStore::open(disk.0.path().join("deeper/state.sqlite")).await.unwrap_err();
    assert!(error.message().contains("cannot be created"), "{error}");
}

/// A PSA in memory that lets something happen with its n-th write.
struct Fateful<F> {
    inner: MemoryPsa,
    writes: AtomicU64,
    at: u64,
    fate: Mutex<Option<F>>,
}

impl<F> std::fmt::Debug for Fateful<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fateful").finish_non_exhaustive()
    }
}

impl<F: FnOnce() + Send + 'static> Fateful<F> {
    fn new(at: u64, fate: F) -> Self {
        let mut capabilities = Capabilities::everything();
        capabilities.settling = Settling::new(Duration::ZERO, Duration::ZERO);
        let inner = MemoryPsa::new(capabilities, [Company::new(CompanyId::new("100"), "Contoso")]);
        Self { inner, writes: AtomicU64::new(0), at, fate: Mutex::new(Some(fate)) }
    }

    fn count(&self) {
        if self.writes.fetch_add(1, Ordering::Relaxed) + 1 == self.at
            && let Some(fate) = self.fate.lock().unwrap().take()
        {
            fate();
        }
    }
}

#[async_trait]
impl<F: FnOnce() + Send + 'static> Psa for Fateful<F> {
    fn name(&self) -> &str {
        self.inner.name()
    }
    async fn capabilities(&self) -> Result<Capabilities> {
        self.inner.capabilities().await
    }
    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        self.inner.check(query).await
    }
    fn companies(&self) -> futures::stream::BoxStream<'_, Result<Page<Company>>> {
        self.inner.companies()
    }
    fn contacts<'a>(
        &'a self,
        query: &'a ContactQuery,
    ) -> futures::stream::BoxStream<'a, Result<Page<Contact>>> {
        self.inner.contacts(query)
    }
    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        self.inner.contact(id).await
    }
    async fn create(&self, company: &CompanyId, fields: &FieldSet, key: &str) -> Result<Contact> {
        self.count();
        self.inner.create(company, fields, key).await
    }
    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        self.count();
        self.inner.update(id, fields, expect).await
    }
    async fn update_company(
        &self,
        id: &CompanyId,
        custom_fields: &std::collections::BTreeMap<String, sync_core::model::FieldValue>,
    ) -> Result<Company> {
        self.inner.update_company(id, custom_fields).await
    }
}

/// One run over a store: what is open is looked up, everybody without a contact gets one.
async fn run(psa: &dyn Psa, store: &dyn StateStore, hold: &dyn Hold, people: usize) -> Result<Report> {
    let mut document = PolicyDocument::defaults();
    document.write_back.contact_id_field = "Office365Id".to_owned();
    let policy = Policy::new(document).unwrap();
    let tenant = Tenant::to_company(tenant(), "t", CompanyId::new("100"));
    let capabilities = psa.capabilities().await?;
    let options = SettleOptions {
        tenant: &tenant,
        policy: &policy,
        capabilities: &capabilities,
        psa,
        links: store,
        linked_elsewhere: &NONE_ELSEWHERE,
        hold,
        now: at(1),
        waited: Duration::ZERO,
    };
    settle(&options).await?;
    let mut users = UserSnapshot::builder();
    for person in 0..people {
        let mail = format!("p{person:04}@contoso.example.com");
        let user = DirectoryUser::new(anchor(&format!("p{person:04}"))).with(Attribute::Mail, mail.clone());
        users
            .push(&user.with(Attribute::UserPrincipalName, mail).with(Attribute::DisplayName, "Ada Example"));
    }
    let mut query = ContactQuery::of_companies(tenant.companies());
    query.custom_fields = policy.custom_fields_needed();
    let contacts = psa.snapshot(&query, at(1)).await?;
    let input = RunInput::default();
    let plan = plan(&PlanInput {
        tenant: &tenant,
        psa: "memory",
        users: &users.finish(at(1), Completeness::Complete).unwrap(),
        contacts: &contacts,
        companies: &[],
        links: &store.load(&tenant.name).await?,
        linked_elsewhere: &NONE_ELSEWHERE,
        reviews: &sync_core::review::NO_REVIEWS,
        policy: &policy,
        capabilities: &capabilities,
        run: &input,
        as_of: at(1),
    })
    .unwrap();
    let context = ApplyContext {
        tenant: &tenant,
        policy: &policy,
        capabilities: &capabilities,
        run: &input,
        psa,
        links: store,
        hold,
    };
    Ok(apply(&plan, &context, &ApplyOptions::at(at(1))).await.unwrap())
}

/// Everything that was written was announced, and once the store is back everybody has exactly one contact.
async fn nothing_is_lost<F: FnOnce() + Send + 'static>(
    psa: &Fateful<F>,
    store: &dyn StateStore,
    broken: RunId,
    people: usize,
) {
    let written = psa.inner.writes();
    let announced = store.intents(broken).await.unwrap().len() as u64;
    assert!(0 < written && written <= announced, "{written} written, {announced} announced");
    assert!(written < people as u64, "the run ended when the store did");
    let next = take(store, &tenant()).await;
    let report = run(psa, store, &Unshared(next), people).await.unwrap();
    assert!(report.success, "{:?}", report.statistics);
    let contacts = psa.inner.contacts_now().len();
    assert_eq!(contacts, people, "one contact each, none twice");
    assert!(store.load(&tenant()).await.unwrap().open.is_empty());
    assert_eq!(store.load(&tenant()).await.unwrap().links.len(), people);
}

#[tokio::test]
async fn a_disk_that_fills_up_in_the_middle_of_an_apply_ends_the_run_and_loses_nothing() {
    let Some(disk) = Disk::of("1m") else { return };
    let store = SqliteStore::open(disk.0.path().join("state.sqlite")).await.unwrap();
    let psa = Fateful::new(u64::MAX, || {});
    let broken = take(&store, &tenant()).await;
    let report = run(&psa, &store, &Unshared(broken), 1_500).await.unwrap();
    assert!(!report.success);
    let trouble = report.errors.iter().find(|error| error.code == "LinksNotRecorded").unwrap();
    assert!(trouble.psa_error.contains("full"), "{}", trouble.psa_error);
    disk.remount("size=64m");
    store.release(&tenant(), broken).await.unwrap();
    nothing_is_lost(&psa, &store, broken, 1_500).await;
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_middle_of_an_apply_ends_the_run_and_loses_nothing() {
    let Some(server) = Server::start() else { return };
    let url = server.url();
    let store = PostgresStore::connect(&url).await.unwrap();
    let broken = take(&store, &tenant()).await;
    let server = Arc::new(Mutex::new(server));
    let victim = Arc::clone(&server);
    let psa = Fateful::new(100, move || victim.lock().unwrap().kill());
    let report = run(&psa, &store, &Unshared(broken), 400).await.unwrap();
    assert!(!report.success);
    assert!(report.errors.iter().any(|error| error.code == "LinksNotRecorded"));
    assert!(report.statistics.not_attempted > 0);
    // One call waits for the server. Those that follow when a run ends do not wait as long again, one after the other.
    assert!(store.load(&tenant()).await.is_err());
    let began = std::time::Instant::now();
    for _ in 0..5 {
        assert_eq!(store.load(&tenant()).await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    assert!(began.elapsed() < Duration::from_secs(14), "{:?}", began.elapsed());
    store.close().await;
    server.lock().unwrap().restart();
    let store = PostgresStore::connect(&url).await.unwrap();
    store.release(&tenant(), broken).await.unwrap();
    nothing_is_lost(&psa, &store, broken, 400).await;
}

#[tokio::test]
async fn an_address_that_is_none_and_a_server_that_is_not_there_are_told_without_the_address() {
    let error = PostgresStore::connect("postgres://canary:canary@:bad:/").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    let error = PostgresStore::connect("postgres://canary:canary@127.0.0.1:1/x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}
