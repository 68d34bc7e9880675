//! Reading.

use super::{Wants, marks};
use crate::{
    capability::Capabilities,
    error::{Error, ErrorKind, Result},
    ext::{DirectoryExt, PsaExt},
    model::{Contact, ContactId, DeltaToken, SourceAnchor},
    policy::{Policy, RunInput, SyncMode, Tenant},
    snapshot::{Completeness, ContactSnapshot, UserSnapshot},
    store::{
        Base, BaseChange, BaseUsers, ContactBase, DirectoryBase, Hold, LinkSet, LinkStore, Quiet, Rows,
        StateStore,
    },
    traits::{ContactQuery, Directory, DirectoryItem, Page, Psa, UserQuery},
};
use chrono::{DateTime, Duration, Utc};
use futures::StreamExt as _;
use std::collections::BTreeMap;

/// How many contacts are read one by one before listing all of them is less.
const MOST_SINGLE_READS: usize = 20;

/// How far a vendor's clock and ours may be apart: changes are asked for from that much earlier.
const CLOCK_SKEW: Duration = Duration::minutes(10);

/// What both sides are read with.
#[derive(Clone, Copy, Debug)]
pub struct CollectOptions<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The policy.
    pub policy: &'a Policy,
    /// What the run was asked for.
    pub run: &'a RunInput,
    /// The directory.
    pub directory: &'a dyn Directory,
    /// The PSA.
    pub psa: &'a dyn Psa,
    /// Where what was read is kept; `None` reads everything.
    pub store: Option<&'a dyn StateStore>,
    /// The right to write; `None` keeps nothing.
    pub hold: Option<&'a dyn Hold>,
    /// Now.
    pub now: DateTime<Utc>,
    /// After how long everything is read again.
    pub full_every: Duration,
}

/// What came of reading.
#[derive(Debug)]
pub enum Collected {
    /// Nothing changed in the directory, and the last run left nothing to do: there is nothing to plan.
    Quiet(Quiet),
    /// Both sides.
    Sides(Box<Sides>),
}

/// Both sides of a tenant.
#[derive(Debug)]
pub struct Sides {
    /// The directory side.
    pub users: UserSnapshot,
    /// The PSA side.
    pub contacts: ContactSnapshot,
    /// What the PSA can do.
    pub capabilities: Capabilities,
    /// Whether everything was read, or only changes.
    pub mode: SyncMode,
    /// How many answers of people there were when reading began.
    pub answers: u64,
}

/// Reads both sides: only changes where the run asks for no more and what is kept allows it, else everything. What was
/// read is kept for the next run, together with the mark that this one is not done yet.
///
/// # Errors
/// What kept either side from being read, or the store from being written.
pub async fn collect(options: &CollectOptions<'_>) -> Result<Collected> {
    let mut query = UserQuery::all();
    query.extensions = options.policy.extensions_needed(options.tenant);
    query.groups = options.policy.groups_needed(options.tenant);
    let name = &options.tenant.name;
    let base = match options.store {
        Some(store) => store.base(name).await?,
        None => Base::default(),
    };
    let Some((store, kept, token)) = incremental(options, &base, &query) else {
        return full(options, &base, &query).await;
    };
    query.since = Some(token.clone());
    let Some(delta) = delta(options.directory, &query).await? else {
        query.since = None;
        return full(options, &base, &query).await;
    };
    let directory = DirectoryBase { token: delta.token.clone(), read_at: options.now, ..kept.clone() };
    let quiet = Wants::of(options.policy, options.tenant).are_met(&base, options.run, options.now);
    if let (true, Some(quiet)) = (delta.is_empty(), &quiet) {
        if let Some(hold) = options.hold.filter(|_| delta.token.as_ref() != Some(token)) {
            let change = BaseChange { directory: Some(directory), ..BaseChange::default() };
            store.keep(name, hold.run(), &change).await?;
        }
        return Ok(Collected::Quiet(quiet.clone()));
    }
    let users = delta.folded_into(store.base_users(name).await?, options.now)?;
    let capabilities = options.psa.capabilities().await?;
    let known = if quiet.is_some() { delta.known_contacts(store, options).await? } else { None };
    let (contacts, rows) = changed_contacts(options, store, &base, &capabilities, known).await?;
    if let Some(hold) = options.hold {
        let change = BaseChange {
            directory: Some(directory),
            users: Rows::Fold(delta.into_rows()),
            quiet: Some(None),
            ..rows
        };
        store.keep(name, hold.run(), &change).await?;
    }
    let (mode, answers) = (SyncMode::Incremental, base.answers);
    Ok(Collected::Sides(Box::new(Sides { users, contacts, capabilities, mode, answers })))
}

/// The kept users and the token, where reading changes is enough.
fn incremental<'a>(
    options: &CollectOptions<'a>,
    base: &'a Base,
    query: &UserQuery,
) -> Option<(&'a dyn StateStore, &'a DirectoryBase, &'a DeltaToken)> {
    let store = options.store.filter(|_| options.run.sync_mode == SyncMode::Incremental)?;
    let directory = base.directory.as_ref()?;
    let contacts = base.contacts.as_ref()?;
    let contact_query = contact_query(options);
    let fits = directory.depends == marks::of_directory(options, query)
        && contacts.depends == marks::of_contacts(options, &contact_query);
    // A clock that was set back makes what was kept come from the future: how old it is, nobody knows.
    let is_young = |at: DateTime<Utc>| at <= options.now && options.now - at < options.full_every;
    let young = is_young(directory.full_at) && is_young(contacts.full_at);
    (fits && young && options.run.migrate_from.is_none()).then_some((
        store,
        directory,
        directory.token.as_ref()?,
    ))
}

fn contact_query(options: &CollectOptions<'_>) -> ContactQuery {
    let mut query = ContactQuery::of_companies(options.tenant.companies());
    query.custom_fields = options.policy.custom_fields_needed();
    query
}

async fn full(options: &CollectOptions<'_>, base: &Base, query: &UserQuery) -> Result<Collected> {
    let contact_query = contact_query(options);
    let users = options.directory.snapshot_with_token(query, options.now);
    let contacts = async {
        let capabilities = options.psa.capabilities().await?;
        Ok((capabilities, options.psa.snapshot(&contact_query, options.now).await?))
    };
    let ((users, token), (capabilities, contacts)) = futures::future::try_join(users, contacts).await?;
    if let (Some(store), Some(hold)) = (options.store, options.hold) {
        let mut change = BaseChange { quiet: Some(None), ..BaseChange::default() };
        if *users.completeness() == Completeness::Complete {
            let (depends, now) = (marks::of_directory(options, query), options.now);
            change.directory = Some(DirectoryBase { token, depends, full_at: now, read_at: now });
            change.users = Rows::Replace(rows_of(&users));
        }
        if *contacts.completeness() == Completeness::Complete {
            let (depends, now) = (marks::of_contacts(options, &contact_query), options.now);
            change.contacts = Some(ContactBase { depends, full_at: now, read_at: now });
            change.rows =
                Rows::Replace(contacts.iter().map(crate::snapshot::ContactView::to_contact).collect());
        }
        store.keep(&options.tenant.name, hold.run(), &change).await?;
    }
    let (mode, answers) = (SyncMode::Full, base.answers);
    Ok(Collected::Sides(Box::new(Sides { users, contacts, capabilities, mode, answers })))
}

fn rows_of(users: &UserSnapshot) -> BaseUsers {
    BaseUsers {
        users: users.iter().map(crate::snapshot::UserView::to_user).collect(),
        removed: users.removed().iter().cloned().collect(),
        groups: users.groups_described().cloned().collect(),
    }
}

/// What changed in the directory, each user once and as it is now.
#[derive(Debug, Default)]
struct Delta {
    users: BTreeMap<SourceAnchor, crate::model::DirectoryUser>,
    removed: std::collections::BTreeSet<SourceAnchor>,
    groups: Vec<crate::model::DirectoryGroup>,
    token: Option<DeltaToken>,
}

/// Reads what changed; `None` where the directory does not accept the token any more.
async fn delta(directory: &dyn Directory, query: &UserQuery) -> Result<Option<Delta>> {
    let mut delta = Delta::default();
    let mut pages = directory.users(query);
    while let Some(page) = pages.next().await {
        match page {
            Ok(Page::Items(items)) => items.into_iter().for_each(|item| delta.take(item)),
            Ok(Page::End(end)) => {
                delta.token = end.resume;
                return Ok(Some(delta));
            }
            Err(error) if error.kind() == ErrorKind::DeltaExpired => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Err(Error::new(ErrorKind::Unavailable, "list changed users", "the listing stopped without an end"))
}

impl Delta {
    fn take(&mut self, item: DirectoryItem) {
        match item {
            DirectoryItem::Present(user) => self.put(user),
            DirectoryItem::Batch(batch) => batch.users().for_each(|user| self.put(user)),
            DirectoryItem::Removed(anchor) => {
                self.users.remove(&anchor);
                self.removed.insert(anchor);
            }
            DirectoryItem::Group(group) => self.groups.push(group),
        }
    }

    fn put(&mut self, user: crate::model::DirectoryUser) {
        self.removed.remove(&user.anchor);
        self.users.insert(user.anchor.clone(), user);
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.removed.is_empty()
    }

    fn folded_into(&self, base: BaseUsers, now: DateTime<Utc>) -> Result<UserSnapshot> {
        let mut builder = UserSnapshot::builder();
        for user in &base.users {
            if !self.users.contains_key(&user.anchor) && !self.removed.contains(&user.anchor) {
                builder.push(user);
            }
        }
        self.users.values().for_each(|user| builder.push(user));
        let still = base.removed.iter().filter(|anchor| !self.users.contains_key(anchor));
        still.chain(&self.removed).for_each(|anchor| builder.remove(anchor.clone()));
        base.groups.iter().chain(&self.groups).for_each(|group| builder.group(group.clone()));
        builder.finish(now, Completeness::Complete).map_err(|error| {
            Error::new(ErrorKind::Rejected, "take snapshot", error.to_string()).with_source(error)
        })
    }

    fn into_rows(self) -> BaseUsers {
        let Self { users, removed, groups, token: _ } = self;
        BaseUsers { users: users.into_values().collect(), removed: removed.into_iter().collect(), groups }
    }

    /// The contacts of everybody who changed, where each has one by link and they are few.
    async fn known_contacts(
        &self,
        store: &dyn StateStore,
        options: &CollectOptions<'_>,
    ) -> Result<Option<Vec<ContactId>>> {
        let people = self.users.len() + self.removed.len();
        if people > MOST_SINGLE_READS {
            return Ok(None);
        }
        let links: LinkSet = LinkStore::load(store, &options.tenant.name).await?;
        let linked = |anchor| links.links.get(anchor).map(|link| link.contact_id.clone());
        Ok(self.users.keys().chain(&self.removed).map(linked).collect())
    }
}

/// The contacts as they are now: what changed since the last read where the PSA can tell, single ones where it is known
/// which matter, else all.
async fn changed_contacts(
    options: &CollectOptions<'_>,
    store: &dyn StateStore,
    base: &Base,
    capabilities: &Capabilities,
    known: Option<Vec<ContactId>>,
) -> Result<(ContactSnapshot, BaseChange)> {
    let mut query = contact_query(options);
    let mut change = BaseChange::default();
    let Some(kept) = base.contacts.as_ref() else { return Err(lost()) };
    let read_at = options.now;
    let (mut changed, mut gone) = (Vec::new(), Vec::new());
    if capabilities.modified_since {
        let lag = Duration::from_std(capabilities.settling.grace()).unwrap_or(CLOCK_SKEW);
        query.modified_since = Some(kept.read_at - CLOCK_SKEW - lag);
        let read = options.psa.snapshot(&query, options.now).await?;
        if let Completeness::Partial { because } = read.completeness() {
            return Err(Error::new(ErrorKind::Unavailable, "list changed contacts", because.clone()));
        }
        changed.extend(read.iter().map(crate::snapshot::ContactView::to_contact));
    } else if let Some(known) = known {
        for id in known {
            match options.psa.contact(&id).await {
                Ok(contact) => changed.push(contact),
                Err(error) if error.kind() == ErrorKind::NotFound => gone.push(id),
                Err(error) => return Err(error),
            }
        }
    } else {
        let all = options.psa.snapshot(&query, options.now).await?;
        if *all.completeness() == Completeness::Complete {
            change.contacts = Some(ContactBase { full_at: read_at, read_at, ..kept.clone() });
            change.rows = Rows::Replace(all.iter().map(crate::snapshot::ContactView::to_contact).collect());
        }
        return Ok((all, change));
    }
    let ours = options.tenant.companies();
    // Who moved to another company is not of this tenant any more.
    let (here, left): (Vec<Contact>, Vec<Contact>) =
        changed.into_iter().partition(|c| c.company.as_ref().is_some_and(|id| ours.contains(id)));
    gone.extend(left.into_iter().map(|contact| contact.id));
    let mut rows: BTreeMap<ContactId, Contact> = BTreeMap::new();
    for contact in store.base_contacts(&options.tenant.name).await?.into_iter().chain(here.iter().cloned()) {
        rows.insert(contact.id.clone(), contact);
    }
    gone.iter().for_each(|id| {
        rows.remove(id);
    });
    let mut builder = ContactSnapshot::builder().keep_custom_fields(query.custom_fields.clone());
    rows.values().for_each(|contact| builder.push(contact));
    let snapshot = builder.finish(options.now, Completeness::Complete).map_err(|error| {
        Error::new(ErrorKind::Rejected, "take snapshot", error.to_string()).with_source(error)
    })?;
    let modified = capabilities.modified_since;
    change.contacts =
        Some(ContactBase { read_at: if modified { read_at } else { kept.read_at }, ..kept.clone() });
    (change.rows, change.gone) = (Rows::Fold(here), gone);
    Ok((snapshot, change))
}

fn lost() -> Error {
    Error::new(ErrorKind::Other, "list changed contacts", "nothing is kept to fold them into")
}
