//! The way to the database: its zone, the keys, the threads, and when to stop asking.

use crate::{
    budget::{Budget, Place, share},
    config::{Config, zone_root},
    error::{self, Hook},
    wire,
};
use async_trait::async_trait;
use secrecy::SecretString;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use sync_core::{Error, ErrorKind, Result};
use sync_http::{
    AuthHeaders, Authenticator, Clock, HttpClient, Idempotency, Limiter, Method, Request, Response,
    RetryPolicy,
};
use tokio::sync::{OnceCell, Semaphore};

/// The window of the vendor's limit.
const HOUR: Duration = Duration::from_secs(3600);

/// How long nothing is sent after credentials were refused in the zone of the day: more attempts may lock the user.
const CLOSED: Duration = Duration::from_secs(600);

/// The kinds of records. Three threads are allowed for each (developer help, thresholds; read 2026-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Entity {
    Companies,
    Contacts,
    ContractServiceAdjustments,
    ContractServiceUnits,
    ContractServices,
    Contracts,
    Countries,
    Resources,
    Services,
}

impl Entity {
    const ALL: [Self; 9] = [
        Self::Companies,
        Self::Contacts,
        Self::ContractServiceAdjustments,
        Self::ContractServiceUnits,
        Self::ContractServices,
        Self::Contracts,
        Self::Countries,
        Self::Resources,
        Self::Services,
    ];

    /// The path below the version.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Companies => "/Companies",
            Self::Contacts => "/Contacts",
            Self::ContractServiceAdjustments => "/ContractServiceAdjustments",
            Self::ContractServiceUnits => "/ContractServiceUnits",
            Self::ContractServices => "/ContractServices",
            Self::Contracts => "/Contracts",
            Self::Countries => "/Countries",
            Self::Resources => "/Resources",
            Self::Services => "/Services",
        }
    }
}

/// A value that is looked up once, and once more when it has proved stale.
pub(crate) struct Renewable<T>(Mutex<Arc<OnceCell<T>>>);

impl<T> Default for Renewable<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Renewable<T> {
    pub(crate) fn cell(&self) -> Arc<OnceCell<T>> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An empty cell in place of a stale one; whoever comes second shares the first one's.
    pub(crate) fn renew(&self, stale: &Arc<OnceCell<T>>) -> Arc<OnceCell<T>> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, stale) {
            *current = Arc::default();
        }
        Arc::clone(&current)
    }
}

/// The three header fields that stand for the API user.
struct Keys {
    username: SecretString,
    secret: SecretString,
    integration_code: SecretString,
    impersonate: Option<SecretString>,
}

#[async_trait]
impl Authenticator for Keys {
    async fn authorize(&self, headers: &mut AuthHeaders) -> Result<()> {
        headers.set("UserName", &self.username)?;
        headers.set("Secret", &self.secret)?;
        headers.set("ApiIntegrationCode", &self.integration_code)?;
        if let Some(resource) = &self.impersonate {
            headers.set("ImpersonationResourceId", resource)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// One zone, and a client for it.
struct Zone {
    root: String,
    http: HttpClient,
}

/// The way to one database.
pub(crate) struct Link {
    /// Where the zone is asked for, without credentials.
    asking: HttpClient,
    asked: String,
    username: String,
    fixed: bool,
    keys: Arc<Keys>,
    limiter: Limiter,
    place: Arc<Place>,
    timeout: Duration,
    retry: RetryPolicy,
    threads: BTreeMap<Entity, Semaphore>,
    clock: Arc<dyn Clock>,
    closed_until: Mutex<Option<Duration>>,
    zone: Renewable<Zone>,
}

impl Link {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        config.validate()?;
        let asked = config.root()?;
        let place = Arc::new(Place::default());
        let budget = Budget { place: Arc::clone(&place), percent: config.budget_percent };
        let most = share(u64::from(config.requests_per_hour), config.budget_percent);
        let limiter = Limiter::builder().window(most, HOUR).meter(Arc::new(budget)).build()?;
        let wait = Duration::from_secs(config.longest_wait_minutes.saturating_mul(60));
        let retry = RetryPolicy {
            max_delay: wait,
            deadline: wait.saturating_add(Duration::from_secs(300)),
            ..RetryPolicy::default()
        };
        let timeout = Duration::from_secs(config.timeout_seconds);
        let asking = HttpClient::builder(format!("{asked}/ATServicesRest/v1.0/"))
            .hook(Arc::new(Hook))
            .retry(retry)
            .timeout(timeout)
            .clock(limiter.clock())
            .build()?;
        Ok(Self {
            asking,
            asked,
            username: config.username.trim().to_owned(),
            fixed: config.fixed_zone,
            keys: Arc::new(Keys {
                username: config.username.trim().to_owned().into(),
                secret: config.secret.clone(),
                integration_code: config.integration_code.clone(),
                impersonate: config.impersonate_resource_id.map(|id| id.to_string().into()),
            }),
            clock: limiter.clock(),
            limiter,
            place,
            timeout,
            retry,
            threads: Entity::ALL.into_iter().map(|e| (e, Semaphore::new(config.concurrency))).collect(),
            closed_until: Mutex::default(),
            zone: Renewable::default(),
        })
    }

    /// Where requests go, for logs: the zone once it is known.
    pub(crate) fn host(&self) -> String {
        self.zone.cell().get().map_or_else(|| self.asking.host(), |zone| zone.http.host())
    }

    /// The time of day.
    pub(crate) fn wall(&self) -> SystemTime {
        self.clock.wall()
    }

    /// How much of the hourly limit everybody together has used.
    pub(crate) async fn threshold(&self) -> Result<wire::Threshold> {
        self.place.threshold().await
    }

    /// Sends a request about one kind of record, as a thread of it. Where the credentials are refused, the zone is looked
    /// up once more, and the request is sent once more if it has changed.
    pub(crate) async fn send(&self, entity: Entity, request: Request) -> Result<Response> {
        // The semaphores are never closed, and each kind has one.
        let _thread = match self.threads.get(&entity) {
            Some(threads) => threads.acquire().await.ok(),
            None => None,
        };
        self.check_open(request.operation())?;
        let cell = self.zone.cell();
        let zone = cell.get_or_try_init(|| self.open()).await?;
        let response = zone.http.send(request.clone()).await?;
        if response.status() != 401 {
            return Ok(response);
        }
        if self.fixed {
            self.close();
            return Ok(response);
        }
        let renewed = self.zone.renew(&cell);
        let fresh = renewed.get_or_try_init(|| self.open()).await?;
        if fresh.root == zone.root {
            self.close();
            return Ok(response);
        }
        tracing::info!(host = %fresh.http.host(), "the database has moved to another zone");
        let response = fresh.http.send(request).await?;
        if response.status() == 401 {
            self.close();
        }
        Ok(response)
    }

    async fn open(&self) -> Result<Zone> {
        let root = if self.fixed { self.asked.clone() } else { self.zone_information().await? };
        let client = |limiter: Limiter, retry| {
            HttpClient::builder(format!("{root}/ATServicesRest/v1.0/"))
                .auth(Arc::clone(&self.keys) as Arc<dyn Authenticator>)
                .hook(Arc::new(Hook))
                .limiter(limiter)
                .clock(Arc::clone(&self.clock))
                .retry(retry)
                .timeout(self.timeout)
                .build()
        };
        self.place.set(client(Limiter::unlimited(), RetryPolicy::once())?);
        let http = client(self.limiter.clone(), self.retry)?;
        Ok(Zone { root, http })
    }

    /// `GET /zoneInformation?user=`, which needs no credentials and gets none.
    async fn zone_information(&self) -> Result<String> {
        let request = Request::new(Method::Get, "/zoneInformation", Idempotency::Read, "look up the zone")
            .query("user", &self.username)
            .no_auth();
        let response = self.asking.send(request).await?;
        if !response.is_success() {
            return Err(error::of_zone(&response));
        }
        let zone: wire::ZoneInformation = response.json()?;
        zone_root(&zone.url, &self.asked)
    }

    fn close(&self) {
        let until = self.clock.now().saturating_add(CLOSED);
        *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    /// After refused credentials nothing is sent for a while, by nobody.
    fn check_open(&self, operation: &'static str) -> Result<()> {
        let until = *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.is_some_and(|until| until > self.clock.now()) {
            let message = "Autotask refused the credentials a moment ago; nothing was sent, so that the API user is not \
                           locked. Check username, secret and integration_code";
            return Err(Error::new(ErrorKind::Unauthenticated, operation, message));
        }
        Ok(())
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("host", &self.host()).finish_non_exhaustive()
    }
}
