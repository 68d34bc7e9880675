//! The directory: one tenant, seen through Graph.

use crate::{
    auth::{Credentials, Platform, TokenStore},
    check,
    client::{Client, GraphHook},
    config::{GraphConfig, Settings},
    delta,
    mailbox::Mailboxes,
    skus::SubscribedSku,
    users,
};
use async_trait::async_trait;
use futures::stream::BoxStream;
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};
use sync_core::{CheckItem, CheckQuery, Directory, DirectoryItem, Page, Result, UserQuery};
use sync_http::{ClientBuilder, Clock, HttpClient, Limiter, RetryPolicy};

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
    /// The Graph root without a version: a part of what a delta token depends on.
    pub(crate) base_url: String,
    pub(crate) mailboxes: Option<Mailboxes>,
}

impl GraphDirectory {
    pub(crate) fn new(
        config: GraphConfig,
        store: Option<Arc<dyn TokenStore>>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self> {
        let settings = config.validate(store.is_some())?;
        let grant = config.grant(&settings, store, clock)?;
        let Settings { tenant, authority, base_url, .. } = settings;
        let name = format!("graph:{}", tenant.as_str());
        let http = common(&authority, clock).build()?;
        let platform = Platform::new(http, authority, tenant, &config.client_id);
        let credentials = Arc::new(Credentials::new(platform, grant, &base_url, Arc::clone(clock)));
        let limiter = Limiter::builder()
            .window(config.resource_units_per_10_seconds, WINDOW)
            .clock(Arc::clone(clock))
            .build()?;
        let auth: Arc<Credentials> = Arc::clone(&credentials);
        let graph = common(&format!("{base_url}/v1.0"), clock)
            .auth(auth)
            .limiter(limiter)
            .hook(Arc::new(GraphHook { units: config.resource_units_per_10_seconds }))
            // Lets people's own calls pass first when the tenant is throttled (throttling guidance, read 2026-08).
            .header("x-ms-throttle-priority", "Low")
            .build()?;
        Ok(Self {
            name,
            client: Client::new(graph, config.page_size, config.max_pages),
            credentials,
            read_deleted: config.read_deleted,
            omit_properties: config.omit_properties,
            base_url,
            mailboxes: config.mailbox_kinds.then(Mailboxes::default),
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
pub(crate) fn common(base_url: &str, clock: &Arc<dyn Clock>) -> ClientBuilder {
    HttpClient::builder(base_url)
        .clock(Arc::clone(clock))
        .retry(RetryPolicy { max_delay: LONGEST_WAIT, deadline: PATIENCE, ..RetryPolicy::default() })
        .user_agent(concat!("psa-contact-sync-", env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
        .request_id_header("request-id")
        .client_request_id_header("client-request-id")
}

impl fmt::Debug for GraphDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, client, credentials, read_deleted, omit_properties, base_url, mailboxes } = self;
        f.debug_struct("GraphDirectory")
            .field("name", name)
            .field("client", client)
            .field("credentials", credentials)
            .field("read_deleted", read_deleted)
            .field("omit_properties", omit_properties)
            .field("base_url", base_url)
            .field("mailboxes", mailboxes)
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
        match &query.since {
            Some(since) => delta::changes(self, query, since),
            None => users::listing(self, query, true),
        }
    }
}
