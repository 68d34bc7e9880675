//! Reading.

use super::{Wants, marks};
use crate::{
    capability::Capabilities,
    error::{Error, ErrorKind, Result},
    ext::{DirectoryExt, PsaExt},
    model::{Contact, ContactId, DeltaToken},
    policy::{Policy, RunInput, SyncMode, Tenant},
    read::UsersRead,
    snapshot::{Completeness, ContactSnapshot, ContactView, UserSnapshot},
    store::{
        Base, BaseChange, BaseUsers, ContactBase, DirectoryBase, Hold, LinkSet, LinkStore, Quiet, Rows,
        StateStore,
    },
    traits::{ContactQuery, Directory, Psa, UserQuery},
};
use chrono::{DateTime, Duration, Utc};
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
    let Some(store) = options.store else { return unkept(options, &query).await };
    let base = store.base(name).await?;
    let Some((kept, token)) = incremental(options, &base, &query) else {
        return full(options, store, &base, &query, None).await;
    };
    query.since = Some(token.clone());
    let read = options.directory.read(&query).await?;
    query.since = None;
    let changed = match read.rows {
        Rows::Fold(changed) => changed,
        // The directory does not know the token any more, and was read whole.
        Rows::Replace(_) | Rows::Keep => return full(options, store, &base, &query, Some(read)).await,
    };
    let directory = DirectoryBase { token: read.resume.clone(), read_at: options.now, ..kept.clone() };
    let quiet = Wants::of(options.policy, options.tenant).are_met(&base, options.run, options.now);
    let nothing = changed.users.is_empty() && changed.removed.is_empty();
    if let (true, Some(quiet)) = (nothing, &quiet) {
        if let Some(hold) = options.hold.filter(|_| read.resume.as_ref() != Some(token)) {
            let change = BaseChange { directory: Some(directory), ..BaseChange::default() };
            store.keep(name, hold.run(), &change).await?;
        }
        return Ok(Collected::Quiet(quiet.clone()));
    }
    let mut users = store.base_users(name).await?;
    users.fold(changed.clone());
    let users = users.snapshot(options.now, Completeness::Complete)?;
    let capabilities = options.psa.capabilities().await?;
    let known = if quiet.is_some() { known_contacts(&changed, store, options).await? } else { None };
    let (contacts, rows) = changed_contacts(options, store, &base, &capabilities, known).await?;
    if let Some(hold) = options.hold {
        let users = Rows::Fold(changed);
        let change = BaseChange { directory: Some(directory), users, quiet: Some(None), ..rows };
        store.keep(name, hold.run(), &change).await?;
    }
    let (mode, answers) = (SyncMode::Incremental, base.answers);
    Ok(Collected::Sides(Box::new(Sides { users, contacts, capabilities, mode, answers })))
}

/// The kept users and the token, where reading changes is enough.
fn incremental<'a>(
    options: &CollectOptions<'_>,
    base: &'a Base,
    query: &UserQuery,
) -> Option<(&'a DirectoryBase, &'a DeltaToken)> {
    if options.run.sync_mode != SyncMode::Incremental {
        return None;
    }
    let directory = base.directory.as_ref()?;
    let contacts = base.contacts.as_ref()?;
    let contact_query = contact_query(options);
    let fits = directory.depends == marks::of_directory(options, query)
        && contacts.depends == marks::of_contacts(options, &contact_query);
    // A clock that was set back makes what was kept come from the future: how old it is, nobody knows.
    let is_young = |at: DateTime<Utc>| at <= options.now && options.now - at < options.full_every;
    let young = is_young(directory.full_at) && is_young(contacts.full_at);
    (fits && young && options.run.migrate_from.is_none()).then_some((directory, directory.token.as_ref()?))
}

fn contact_query(options: &CollectOptions<'_>) -> ContactQuery {
    let mut query = ContactQuery::of_companies(options.tenant.companies());
    query.custom_fields = options.policy.custom_fields_needed();
    query
}

/// Reads everything and keeps nothing.
async fn unkept(options: &CollectOptions<'_>, query: &UserQuery) -> Result<Collected> {
    let users = options.directory.snapshot(query, options.now);
    let (users, (capabilities, contacts)) = futures::future::try_join(users, all_contacts(options)).await?;
    Ok(Collected::Sides(Box::new(Sides { users, contacts, capabilities, mode: SyncMode::Full, answers: 0 })))
}

async fn all_contacts(options: &CollectOptions<'_>) -> Result<(Capabilities, ContactSnapshot)> {
    let query = contact_query(options);
    let capabilities = options.psa.capabilities().await?;
    Ok((capabilities, options.psa.snapshot(&query, options.now).await?))
}

/// Reads everything; the directory only where it was not read already.
async fn full(
    options: &CollectOptions<'_>,
    store: &dyn StateStore,
    base: &Base,
    query: &UserQuery,
    read: Option<UsersRead>,
) -> Result<Collected> {
    let users = async {
        match read {
            Some(read) => Ok(read),
            None => options.directory.read(query).await,
        }
    };
    let (read, (capabilities, contacts)) = futures::future::try_join(users, all_contacts(options)).await?;
    let UsersRead { rows, resume: token, completeness } = read;
    let rows = match rows {
        Rows::Replace(rows) | Rows::Fold(rows) => rows,
        Rows::Keep => BaseUsers::default(),
    };
    let users = rows.snapshot(options.now, completeness)?;
    if let Some(hold) = options.hold {
        let mut change = BaseChange { quiet: Some(None), ..BaseChange::default() };
        let now = options.now;
        if *users.completeness() == Completeness::Complete {
            let depends = marks::of_directory(options, query);
            change.directory = Some(DirectoryBase { token, depends, full_at: now, read_at: now });
            change.users = Rows::Replace(rows);
        }
        if *contacts.completeness() == Completeness::Complete {
            let depends = marks::of_contacts(options, &contact_query(options));
            change.contacts = Some(ContactBase { depends, full_at: now, read_at: now });
            change.rows = Rows::Replace(contacts.iter().map(ContactView::to_contact).collect());
        }
        store.keep(&options.tenant.name, hold.run(), &change).await?;
    }
    let (mode, answers) = (SyncMode::Full, base.answers);
    Ok(Collected::Sides(Box::new(Sides { users, contacts, capabilities, mode, answers })))
}

/// The contacts of everybody who changed, where each has one by link and they are few.
async fn known_contacts(
    changed: &BaseUsers,
    store: &dyn StateStore,
    options: &CollectOptions<'_>,
) -> Result<Option<Vec<ContactId>>> {
    let BaseUsers { users, removed, groups: _ } = changed;
    if users.len() + removed.len() > MOST_SINGLE_READS {
        return Ok(None);
    }
    let links: LinkSet = LinkStore::load(store, &options.tenant.name).await?;
    let linked = |anchor| links.links.get(anchor).map(|link| link.contact_id.clone());
    Ok(users.iter().map(|user| &user.anchor).chain(removed).map(linked).collect())
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
    let ended = !was_interrupted(options, store, base).await?;
    if ended && capabilities.modified_since {
        let lag = Duration::from_std(capabilities.settling.grace()).unwrap_or(CLOCK_SKEW);
        query.modified_since = Some(kept.read_at - CLOCK_SKEW - lag);
        let read = options.psa.snapshot(&query, options.now).await?;
        if let Completeness::Partial { because } = read.completeness() {
            return Err(Error::new(ErrorKind::Unavailable, "list changed contacts", because.clone()));
        }
        changed.extend(read.iter().map(ContactView::to_contact));
    } else if ended && let Some(known) = known {
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
            change.rows = Rows::Replace(all.iter().map(ContactView::to_contact).collect());
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

/// Whether the last run did not come to its end. It may have made contacts and links to them without keeping the contacts:
/// that the PSA tells them as changed hangs on two clocks, and a link whose contact is not seen is held.
async fn was_interrupted(options: &CollectOptions<'_>, store: &dyn StateStore, base: &Base) -> Result<bool> {
    if base.quiet.is_some() {
        return Ok(false);
    }
    let last = store.runs(Some(&options.tenant.name), None, 1).await?.pop();
    Ok(last.is_some_and(|run| run.interrupted || run.ended_at.is_none()))
}

fn lost() -> Error {
    Error::new(ErrorKind::Other, "list changed contacts", "nothing is kept to fold them into")
}
