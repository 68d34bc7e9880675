//! The seams: a directory to read users from, a PSA to keep contacts in.

use crate::{
    capability::Capabilities,
    error::Result,
    model::{
        Attribute, Company, CompanyId, Contact, ContactId, DeltaToken, DirectoryGroup, DirectoryUser,
        FieldSet, SourceAnchor, VersionTag,
    },
    snapshot::UserBatch,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_core::stream::BoxStream;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// One piece of a listing.
///
/// A listing is some `Items` and then exactly one `End`. A stream that stops without `End` was cut short,
/// whatever the cause, and nothing may be concluded from what is absent. An empty page is only an empty page.
#[derive(Debug)]
#[non_exhaustive]
pub enum Page<T> {
    /// Some rows, in the vendor's order.
    Items(Vec<T>),
    /// The vendor said that this is all.
    End(PageEnd),
}

/// What a vendor says at the end of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageEnd {
    /// Where an incremental read can go on from here.
    pub resume: Option<DeltaToken>,
    /// How many rows the vendor says there are; a different number of distinct rows makes the read partial.
    pub reported_count: Option<u64>,
}

impl PageEnd {
    /// The end of a listing of which the vendor says no more.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the vendor's own count of rows.
    #[must_use]
    pub fn with_reported_count(mut self, count: Option<u64>) -> Self {
        self.reported_count = count;
        self
    }

    /// Adds where an incremental read can go on.
    #[must_use]
    pub fn with_resume(mut self, resume: Option<DeltaToken>) -> Self {
        self.resume = resume;
        self
    }
}

/// One row of a directory listing.
#[derive(Debug)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "rows are moved once, and a box for each would be an allocation for each"
)]
pub enum DirectoryItem {
    /// The object exists and looks like this. A later row of the same anchor replaces an earlier one.
    Present(DirectoryUser),
    /// Many objects that exist, packed by the adapter while it reads a page. Means what their rows one by one would.
    Batch(UserBatch),
    /// The directory itself says that the object was deleted.
    Removed(SourceAnchor),
    /// A group of [`UserQuery::groups`], where the directory describes groups. Not counted among the users.
    Group(DirectoryGroup),
}

impl DirectoryItem {
    /// How many objects or groups it is about.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Present(_) | Self::Removed(_) | Self::Group(_) => 1,
            Self::Batch(batch) => batch.len(),
        }
    }
}

/// What to read from a directory.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct UserQuery {
    /// Read only changes since this point, where the directory can.
    pub since: Option<DeltaToken>,
    /// Attributes that the policy uses beside the neutral set (extensions); others may be left unread.
    pub extensions: BTreeSet<Attribute>,
    /// Groups whose nested membership must be resolved into [`DirectoryUser::groups`].
    pub groups: BTreeSet<String>,
}

impl UserQuery {
    /// Everything, without groups and extensions.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }
}

/// Which contacts to read from a PSA.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ContactQuery {
    /// Only contacts of these companies; empty means all companies.
    pub companies: BTreeSet<CompanyId>,
    /// Only contacts changed since then, where [`Capabilities::modified_since`] says so.
    pub modified_since: Option<DateTime<Utc>>,
    /// Names of the custom fields that the policy uses; an adapter may leave others unread.
    pub custom_fields: BTreeSet<String>,
}

impl ContactQuery {
    /// All contacts of all companies.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// All contacts of these companies.
    pub fn of_companies(companies: impl IntoIterator<Item = CompanyId>) -> Self {
        Self { companies: companies.into_iter().collect(), ..Self::default() }
    }
}

/// One finding of a connection check, for a setup page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckItem {
    /// What was looked at (`"credentials"`, `"read users"`, `"custom field Office365Id"`).
    pub subject: String,
    /// How it went.
    pub status: CheckStatus,
    /// What was seen, and what to do about it. No personal data, no secrets.
    pub detail: String,
}

impl CheckItem {
    /// A finding.
    pub fn new(subject: impl Into<String>, status: CheckStatus, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), status, detail: detail.into() }
    }
}

/// How one looked-at thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CheckStatus {
    /// Works.
    Ok,
    /// Works, but something should be known or done.
    Warning,
    /// A feature does not work; the rest does.
    Missing,
    /// Nothing works until this is mended.
    Failed,
}

/// What a connection check should look for beside credentials: the names that the configuration uses.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CheckQuery {
    /// Custom fields on contacts by name.
    pub contact_custom_fields: BTreeSet<String>,
    /// Custom fields on companies by name.
    pub company_custom_fields: BTreeSet<String>,
    /// Contact types by name.
    pub contact_types: BTreeSet<String>,
    /// Companies by id.
    pub companies: BTreeSet<CompanyId>,
    /// Groups by id (directories).
    pub groups: BTreeSet<String>,
}

/// A source of users. Read-only by construction: there is no write method.
///
/// Implementations translate and decide nothing: no filtering, no matching, no defaults.
/// Conveniences for callers are in the extension trait; there are no default methods to keep in step.
#[async_trait]
pub trait Directory: fmt::Debug + Send + Sync + 'static {
    /// A stable name for logs and reports; holds no secret.
    fn name(&self) -> &str;

    /// Looks, read-only, at credentials and at what the query names, and reports each.
    ///
    /// # Errors
    /// Only what keeps anything from being looked at: `ConfigInvalid`, `Unauthenticated`, `Unavailable`.
    /// A missing permission on one feature is a [`CheckItem`], not an error.
    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>>;

    /// Streams users, then exactly one [`Page::End`].
    ///
    /// May repeat a row; the last one counts. After an `Err` the stream ends.
    ///
    /// # Errors
    /// `DeltaExpired` when `query.since` is no longer accepted; `Unauthenticated`, `PermissionDenied`,
    /// `RateLimited`, `Unavailable`, `UnexpectedResponse`.
    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>>;
}

/// A PSA that holds contacts. There is deliberately no delete: contacts carry ticket history.
///
/// Implementations translate and decide nothing. Deactivating is an update of `active`.
#[async_trait]
pub trait Psa: fmt::Debug + Send + Sync + 'static {
    /// A stable name for logs and reports; holds no secret.
    fn name(&self) -> &str;

    /// What this instance can do now; may call the vendor the first time. Never more than the adapter's ceiling.
    ///
    /// # Errors
    /// As for any read.
    async fn capabilities(&self) -> Result<Capabilities>;

    /// Looks, read-only, at credentials and at what the query names, and reports each.
    ///
    /// # Errors
    /// Only what keeps anything from being looked at.
    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>>;

    /// Streams companies, then exactly one [`Page::End`].
    ///
    /// # Errors
    /// As for any read; after an `Err` the stream ends.
    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>>;

    /// Streams contacts, active and inactive, then exactly one [`Page::End`].
    ///
    /// # Errors
    /// As for any read; after an `Err` the stream ends.
    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>>;

    /// Reads one contact with the same fields as [`Psa::contacts`] gives.
    ///
    /// # Errors
    /// `NotFound`, and as for any read.
    async fn contact(&self, id: &ContactId) -> Result<Contact>;

    /// Creates a contact and answers it as stored.
    ///
    /// `key` is unique to this intent and stable over repeats; it is passed on where the vendor knows idempotency
    /// keys. The call is sent at most once: where its result is unknown the answer is `Indeterminate`.
    ///
    /// # Errors
    /// `Rejected` (validation), `Unsupported` (a field this instance cannot write; nothing was sent),
    /// `NotFound` (the company), `Indeterminate`, and as for any call.
    async fn create(&self, company: &CompanyId, fields: &FieldSet, key: &str) -> Result<Contact>;

    /// Writes the fields named, and only those, and answers the contact as stored.
    ///
    /// `expect` is passed to the vendor where it honours version tags.
    ///
    /// # Errors
    /// `PreconditionFailed` (changed since `expect`), `NotFound`, `Rejected`, `Unsupported` (nothing was sent),
    /// `Indeterminate`, and as for any call.
    async fn update(&self, id: &ContactId, fields: &FieldSet, expect: Option<&VersionTag>)
    -> Result<Contact>;

    /// Writes custom fields of a company, and only those (the tenant's id, for one).
    ///
    /// # Errors
    /// As for [`Psa::update`].
    async fn update_company(
        &self,
        id: &CompanyId,
        custom_fields: &BTreeMap<String, crate::model::FieldValue>,
    ) -> Result<Company>;
}

/// Both traits must stay dyn-compatible: services choose adapters at run time.
const _: fn(&dyn Directory, &dyn Psa) = |_, _| {};
