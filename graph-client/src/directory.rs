//! The directory: one tenant, seen through Graph.

use crate::{
    auth::Credentials,
    check,
    client::{Client, GraphHook},
    config::{GraphConfig, Settings},
    skus::SubscribedSku,
    users,
};
use async_trait::async_trait;
use futures::stream::BoxStream;
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};
use sync_core::{CheckItem, CheckQuery, Directory, DirectoryItem, Page, Result, UserQuery};
use sync_http::{ClientBuilder, Clock, HttpClient, Limiter, RetryPolicy, TokioClock};

/// The window in which Graph counts resource units.
const WINDOW: Duration = Duration::from_secs(10);

/// The longest `Retry-After` that is waited for; 150 s have been seen from a throttled directory.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// How long one call is tried for in all, waits included.
const PATIENCE: Duration = Duration::from_secs(900);

/// One Entra tenant as a [`Directory`].
///
/// Made by [`GraphConfig::connect`]; keeps its token, connections and rate limit for as long as it lives, so keep it.
pub struct GraphDirectory {
    name: String,
    pub(crate) client: Client,
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) read_deleted: bool,
    pub(crate) omit_properties: BTreeSet<String>,
}

impl GraphDirectory {
    pub(crate) fn new(config: GraphConfig) -> Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::new());
        Self::with_clock(config, &clock)
    }

    pub(crate) fn with_clock(config: GraphConfig, clock: &Arc<dyn Clock>) -> Result<Self> {
        let Settings { tenant, authority, base_url } = config.validate()?;
        let name = format!("graph:{}", tenant.as_str());
        let authority = common(&authority, clock).build()?;
        let credentials = Arc::new(Credentials::new(
            authority,
            tenant,
            &config.client_id,
            config.client_secret,
            &base_url,
            Arc::clone(clock),
        ));
        let limiter = Limiter::builder()
            .window(config.resource_units_per_10_seconds, WINDOW)
            .clock(Arc::clone(clock))
            .build()?;
        let auth: Arc<Credentials> = Arc::clone(&credentials);
        let graph = common(&format!("{base_url}/v1.0"), clock)
            .auth(auth)
            .limiter(limiter)
            .hook(Arc::new(GraphHook))
            // Lets people's own calls pass first when the tenant is throttled (throttling guidance, read 2026-08).
            .header("x-ms-throttle-priority", "Low")
            .build()?;
        Ok(Self {
            name,
            client: Client::new(graph, config.page_size, config.max_pages),
            credentials,
            read_deleted: config.read_deleted,
            omit_properties: config.omit_properties,
        })
    }

    /// The products that the tenant subscribes to: one call, and at most a token.
    ///
    /// # Errors
    /// `PermissionDenied` naming the permission, and as for any call.
    pub async fn subscribed_skus(&self) -> Result<Vec<SubscribedSku>> {
        Ok(self.client.skus().await?.into_iter().map(SubscribedSku::from).collect())
    }
}

/// What the clients of the two hosts share.
fn common(base_url: &str, clock: &Arc<dyn Clock>) -> ClientBuilder {
    HttpClient::builder(base_url)
        .clock(Arc::clone(clock))
        .retry(RetryPolicy { max_delay: LONGEST_WAIT, deadline: PATIENCE, ..RetryPolicy::default() })
        .user_agent(concat!("psa-contact-sync-", env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .request_id_header("request-id")
        .client_request_id_header("client-request-id")
}

impl fmt::Debug for GraphDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, client, credentials, read_deleted, omit_properties } = self;
        f.debug_struct("GraphDirectory")
            .field("name", name)
            .field("client", client)
            .field("credentials", credentials)
            .field("read_deleted", read_deleted)
            .field("omit_properties", omit_properties)
            .finish()
    }
}

#[async_trait]
impl Directory for GraphDirectory {
    fn name(&self) -> &str {
        &self.name
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        check::check(self, query).await
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
        users::listing(self, query)
    }
}
