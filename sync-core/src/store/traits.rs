//! The traits of a store. Each is small, and usable as a trait object; one store may implement them all.

use super::{
    Acquired, Base, BaseChange, BaseUsers, Commit, Event, FieldWrite, Forgotten, Intent, Lease, LinkSet,
    Person, PersonData, PinRecord, Pruned, Quarantine, Review, ReviewId, RunEnd, RunId, RunRecord, RunStart,
    WriteQuery,
};
use crate::{
    apply::Report,
    error::Result,
    model::{Contact, SourceAnchor, TenantName},
    plan::Plan,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::{fmt, time::Duration};

/// Where links and the journal are kept: all that applying a plan needs.
#[async_trait]
pub trait LinkStore: fmt::Debug + Send + Sync + 'static {
    /// Everything known of one tenant; an unknown tenant has an empty set at generation 0.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read, `UnexpectedResponse` when it holds something else.
    async fn load(&self, tenant: &TenantName) -> Result<LinkSet>;

    /// Records one step if its run still holds the tenant and the generation is still the one that it was made from,
    /// durably and all or nothing, and answers the new generation.
    ///
    /// # Errors
    /// `PreconditionFailed` when another run holds the tenant or another commit was first; `Unavailable` when the store
    /// cannot be written. Nothing was recorded then.
    async fn commit(&self, tenant: &TenantName, commit: &Commit) -> Result<u64>;
}

/// One run per tenant.
#[async_trait]
pub trait Leases: fmt::Debug + Send + Sync + 'static {
    /// Takes a tenant for `length`, or says who has it. A lease that has run out is nobody's.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    async fn acquire(&self, tenant: &TenantName, holder: &str, length: Duration) -> Result<Acquired>;

    /// Takes a tenant that is still held by this run for another `length`.
    ///
    /// # Errors
    /// `PreconditionFailed` when another run has taken it; `Unavailable`.
    async fn renew(&self, tenant: &TenantName, run: RunId, length: Duration) -> Result<Lease>;

    /// Gives a tenant back; nothing happens where it is not this run's any more.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn release(&self, tenant: &TenantName, run: RunId) -> Result<()>;

    /// Who holds a tenant, if anybody does.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn lease(&self, tenant: &TenantName) -> Result<Option<Lease>>;
}

/// Runs that were, with their plans, reports and everything they wrote.
#[async_trait]
pub trait History: fmt::Debug + Send + Sync + 'static {
    /// Records that a run begins to apply a plan.
    ///
    /// # Errors
    /// As for [`LinkStore::commit`].
    async fn begin(&self, tenant: &TenantName, run: RunId, start: &RunStart<'_>) -> Result<()>;

    /// Records the end of a run, `of`, by the run that holds the tenant now, `by`; the same but for a run that was killed.
    ///
    /// # Errors
    /// As for [`LinkStore::commit`]; `NotFound` where `of` never began.
    async fn finish(&self, tenant: &TenantName, by: RunId, of: RunId, end: &RunEnd<'_>) -> Result<()>;

    /// Runs in falling order of number: of one tenant or of all, below a number, at most so many.
    ///
    /// # Errors
    /// `Unavailable`, `UnexpectedResponse`.
    async fn runs(
        &self,
        tenant: Option<&TenantName>,
        below: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunRecord>>;

    /// One run.
    ///
    /// # Errors
    /// As for [`History::runs`].
    async fn run(&self, run: RunId) -> Result<Option<RunRecord>>;

    /// The plan that a run applied.
    ///
    /// # Errors
    /// As for [`History::runs`].
    async fn plan(&self, run: RunId) -> Result<Option<Plan>>;

    /// What a run did, once it ended.
    ///
    /// # Errors
    /// As for [`History::runs`].
    async fn report(&self, run: RunId) -> Result<Option<Report>>;

    /// Everything that a run sent, in order of place.
    ///
    /// # Errors
    /// As for [`History::runs`].
    async fn intents(&self, run: RunId) -> Result<Vec<Intent>>;

    /// Who wrote which values, and when; the oldest first.
    ///
    /// # Errors
    /// As for [`History::runs`].
    async fn written(&self, tenant: &TenantName, query: &WriteQuery) -> Result<Vec<FieldWrite>>;
}

/// What both sides looked like when they were last read.
#[async_trait]
pub trait BaseStore: fmt::Debug + Send + Sync + 'static {
    /// What is kept of a tenant, without the rows.
    ///
    /// # Errors
    /// `Unavailable`, `UnexpectedResponse`.
    async fn base(&self, tenant: &TenantName) -> Result<Base>;

    /// The directory side.
    ///
    /// # Errors
    /// As for [`BaseStore::base`].
    async fn base_users(&self, tenant: &TenantName) -> Result<BaseUsers>;

    /// The PSA side.
    ///
    /// # Errors
    /// As for [`BaseStore::base`].
    async fn base_contacts(&self, tenant: &TenantName) -> Result<Vec<Contact>>;

    /// Records what was read, all or nothing. It can be read again, so it need not survive a loss of power; if any of it
    /// does, all of it does.
    ///
    /// # Errors
    /// As for [`LinkStore::commit`].
    async fn keep(&self, tenant: &TenantName, run: RunId, change: &BaseChange) -> Result<()>;
}

/// What people decided.
#[async_trait]
pub trait ReviewStore: fmt::Debug + Send + Sync + 'static {
    /// Every answer of a tenant, in order of id.
    ///
    /// # Errors
    /// `Unavailable`, `UnexpectedResponse`.
    async fn reviews(&self, tenant: &TenantName) -> Result<Vec<Review>>;

    /// Records an answer in the place of `instead_of`, the one to the same question that was seen, durably. Needs no
    /// lease: a run that goes on does not see it, the next one does.
    ///
    /// # Errors
    /// `PreconditionFailed` where another answer is there than the one seen; `Unavailable`. Nothing was recorded then.
    async fn answer(&self, tenant: &TenantName, review: &Review, instead_of: Option<&Review>) -> Result<()>;

    /// Takes an answer back; answers whether there was one.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn take_back(&self, tenant: &TenantName, id: &ReviewId) -> Result<bool>;
}

/// Tenants that only plan, and events.
#[async_trait]
pub trait QuarantineStore: fmt::Debug + Send + Sync + 'static {
    /// Whether a tenant only plans, and since when.
    ///
    /// # Errors
    /// `Unavailable`, `UnexpectedResponse`.
    async fn quarantine(&self, tenant: &TenantName) -> Result<Option<Quarantine>>;

    /// Begins or ends a quarantine and records what is to be told of it, all or nothing.
    ///
    /// # Errors
    /// As for [`LinkStore::commit`].
    async fn set_quarantine(
        &self,
        tenant: &TenantName,
        run: RunId,
        quarantine: Option<&Quarantine>,
        event: &Event,
    ) -> Result<()>;

    /// Records an event.
    ///
    /// # Errors
    /// As for [`LinkStore::commit`].
    async fn tell(&self, tenant: &TenantName, run: RunId, event: &Event) -> Result<()>;

    /// Events since a moment, the oldest first.
    ///
    /// # Errors
    /// `Unavailable`, `UnexpectedResponse`.
    async fn events(&self, tenant: &TenantName, since: DateTime<Utc>) -> Result<Vec<Event>>;
}

/// How support PINs are recognised.
#[async_trait]
pub trait PinStore: fmt::Debug + Send + Sync + 'static {
    /// Everybody of a tenant who has a PIN, in order of user.
    ///
    /// # Errors
    /// `Unavailable`, `UnexpectedResponse`.
    async fn pins(&self, tenant: &TenantName) -> Result<Vec<(SourceAnchor, PinRecord)>>;

    /// The person of a tenant whose PIN has this digest.
    ///
    /// # Errors
    /// As for [`PinStore::pins`].
    async fn pin_by_lookup(
        &self,
        tenant: &TenantName,
        lookup: &str,
    ) -> Result<Option<(SourceAnchor, PinRecord)>>;

    /// Records a PIN in the place of an earlier one; `false`, and nothing recorded, where another person of the tenant
    /// has the same.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn set_pin(&self, tenant: &TenantName, user: &SourceAnchor, pin: &PinRecord) -> Result<bool>;

    /// Forgets a PIN; answers whether there was one.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn remove_pin(&self, tenant: &TenantName, user: &SourceAnchor) -> Result<bool>;
}

/// The end of what is kept.
#[async_trait]
pub trait Retention: fmt::Debug + Send + Sync + 'static {
    /// Removes runs, settled intents and events older than a moment. Links, answers and open intents have no age.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn prune(&self, before: DateTime<Utc>) -> Result<Pruned>;

    /// Every tenant of which something is kept, in order of name; also those that no configuration names any more.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn tenants(&self) -> Result<Vec<TenantName>>;

    /// Everything that is kept about one person.
    ///
    /// # Errors
    /// `Unavailable`, `UnexpectedResponse`.
    async fn about(&self, tenant: &TenantName, person: &Person) -> Result<PersonData>;

    /// Removes everything that is kept about one person, also from plans and reports, and what waits for a person's word
    /// about a create.
    ///
    /// # Errors
    /// `Unavailable`; `PreconditionFailed` while a run holds the tenant, and while a write about the person was sent and is not
    /// looked up: whoever forgets a create that may still arrive makes a second contact.
    async fn forget(&self, tenant: &TenantName, person: &Person) -> Result<Forgotten>;
}

/// A store that keeps everything.
pub trait StateStore:
    LinkStore + Leases + History + BaseStore + ReviewStore + QuarantineStore + PinStore + Retention
{
}

impl<T> StateStore for T where
    T: LinkStore
        + Leases
        + History
        + BaseStore
        + ReviewStore
        + QuarantineStore
        + PinStore
        + Retention
        + ?Sized
{
}

const _: fn(&dyn LinkStore, &dyn StateStore) = |_, _| {};
