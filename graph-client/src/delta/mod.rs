//! Reading only what changed, as whole users.
//!
//! One call tells whether anything changed. What did is read again by id, so that whoever receives it gets whole users
//! and never a part that could pass for empty fields. Membership of groups is no part of a user: where groups were asked
//! for, a second call tells whether any of them (or a group nested in one) changed, and then all users are listed anew,
//! because nothing else tells who left. A manager's name and address are no part of a report either: where they were
//! asked for, all users are listed anew as soon as anybody changed.

mod listed;
mod moves;
mod resume;
mod round;
mod whole;

pub(crate) use resume::Resume;

use crate::{
    client::{READ_CHANGES, READ_GROUP_CHANGES},
    directory::GraphDirectory,
    groups, mailbox,
    map::{self, Context},
    query::{self, Select},
    rows::{self, Seen},
    skus,
    wire::User,
};
use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use moves::Moves;
use resume::{Basis, Watch};
use round::Said;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{
    DirectoryItem, Error, ErrorKind, Page, PageEnd, Result, UserQuery,
    model::{DeltaToken, SourceAnchor},
};

/// How many users are handed on at once.
const PAGE: usize = 999;

/// Where a read of changes can go on after the listing that is about to begin; `None`, with a warning in the log, where
/// this tenant's Graph gives no such place.
///
/// # Errors
/// As for any call, but for refusals.
pub(crate) async fn begin(
    directory: &GraphDirectory,
    query: &UserQuery,
    tenant_id: &str,
    select: &Select,
) -> Result<Option<Resume>> {
    match start(directory, query, tenant_id, select).await {
        Ok(resume) => Ok(Some(resume)),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Unavailable
                    | ErrorKind::RateLimited
                    | ErrorKind::Unauthenticated
                    | ErrorKind::ConfigInvalid
            ) =>
        {
            Err(error)
        }
        Err(error) => {
            tracing::warn!(
                kind = ?error.kind(),
                request_id = error.request_id(),
                "changes cannot be followed here; the next read will be a whole one"
            );
            Ok(None)
        }
    }
}

async fn start(
    directory: &GraphDirectory,
    query: &UserQuery,
    tenant_id: &str,
    select: &Select,
) -> Result<Resume> {
    let client = &directory.client;
    for group in &query.groups {
        groups::refuse_names(group)?;
    }
    let users = round::read(client, &READ_CHANGES, |_| false, || client.changes_from_now(select)).await?.link;
    let watch = watch(directory, query).await?;
    let now = client.http().clock().wall();
    Ok(Resume::new(basis(directory, query, tenant_id, select), now, users, watch))
}

/// Whether changes of users can be followed.
///
/// # Errors
/// What keeps them from being followed.
pub(crate) async fn can_begin(directory: &GraphDirectory, select: &Select) -> Result<()> {
    round::read(&directory.client, &READ_CHANGES, |_| false, || directory.client.changes_from_now(select))
        .await
        .map(drop)
}

/// The groups to watch from now on.
async fn watch(directory: &GraphDirectory, query: &UserQuery) -> Result<Option<Watch>> {
    if query.groups.is_empty() {
        return Ok(None);
    }
    let client = &directory.client;
    let link =
        round::read(client, &READ_GROUP_CHANGES, |_| false, || client.group_changes_from_now()).await?.link;
    let mut ids = BTreeSet::new();
    for group in &query.groups {
        ids.insert(group.to_ascii_lowercase());
        ids.extend(groups::nested(client, group).await?);
    }
    Ok(Some(Watch { link, ids, again: false }))
}

fn basis(directory: &GraphDirectory, query: &UserQuery, tenant_id: &str, select: &Select) -> Basis {
    Basis {
        tenant: tenant_id.to_owned(),
        root: directory.base_url.clone(),
        select: select.tracked.clone(),
        groups: query.groups.iter().map(|group| group.to_ascii_lowercase()).collect(),
        mailbox_kinds: directory.mailboxes.is_some(),
    }
}

/// Streams what changed since `since`, then where to go on.
pub(crate) fn changes<'a>(
    directory: &'a GraphDirectory,
    query: &'a UserQuery,
    since: &'a DeltaToken,
) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
    stream::once(Box::pin(read(directory, query, since))).try_flatten().boxed()
}

type Pages<'a> = BoxStream<'a, Result<Page<DirectoryItem>>>;

/// Reads the round, and answers what to hand on.
async fn read<'a>(
    directory: &'a GraphDirectory,
    query: &'a UserQuery,
    since: &'a DeltaToken,
) -> Result<Pages<'a>> {
    let client = &directory.client;
    let extensions = query::extensions(&query.extensions)?;
    let select = query::select(&directory.omit_properties, &extensions);
    let tenant_id = directory.credentials.tenant_id().await?.to_owned();
    let now = client.http().clock().wall();
    let before = Resume::read(since, &basis(directory, query, &tenant_id, &select), now)?;

    // Groups first: a membership that changes after this is seen by the next read.
    let (watch, regrouped) = match before.groups {
        Some(watch) => group_round(directory, query, watch).await?,
        None => (None, false),
    };
    let round =
        round::read(client, &READ_CHANGES, |_| false, || client.changes_since(&before.users, READ_CHANGES))
            .await?;
    let mut resume = Resume::new(before.basis, now, round.link, watch);
    let mut said = round::said(round.rows);
    let ids: Vec<String> =
        said.keys().chain(before.unsure.keys().filter(|id| !said.contains_key(*id))).cloned().collect();

    let mut listed: Pages<'a> = stream::empty().boxed();
    let mut items = Vec::new();
    let managers_may_differ = select.expand.is_some() && !ids.is_empty();
    if regrouped || managers_may_differ {
        listed = listed::everybody(directory, query);
    }
    if !ids.is_empty() {
        let context = context(directory, query, tenant_id, extensions).await?;
        let mut found = whole::read(client, &select, &ids).await?;
        let mut outcome = Outcome::default();
        for id in &ids {
            let read = found.remove(id);
            match (said.remove(id), before.unsure.get(id)) {
                (Some(said), _) => outcome.first(id, said, read),
                (None, removed) => outcome.second(id, removed == Some(&true), read)?,
            }
        }
        items = outcome.items(directory, context).await?;
        resume.unsure = outcome.unsure;
    }
    let mut pages: Vec<Result<Page<DirectoryItem>>> = Vec::new();
    while !items.is_empty() {
        let rest = items.split_off(items.len().min(PAGE));
        pages.push(Ok(Page::Items(std::mem::replace(&mut items, rest))));
    }
    pages.push(Ok(Page::End(PageEnd::new().with_resume(Some(resume.token())))));
    Ok(listed.chain(stream::iter(pages)).boxed())
}

/// Whether membership is to be read again, because a watched group changed or was not read as it was told to be, and how to
/// watch on.
async fn group_round(
    directory: &GraphDirectory,
    query: &UserQuery,
    before: Watch,
) -> Result<(Option<Watch>, bool)> {
    let client = &directory.client;
    let is_watched = |id: &str| before.ids.contains(id);
    let changes = || client.changes_since(&before.link, READ_GROUP_CHANGES);
    let mut moves = Moves::default();
    let link = match round::read(client, &READ_GROUP_CHANGES, is_watched, changes).await {
        Ok(round) => {
            let ours = |row: &&Map<String, Value>| round::id(row).is_some_and(|id| is_watched(&id));
            let mut touched = false;
            for row in round.rows.iter().filter(ours) {
                touched = true;
                moves.add(row);
            }
            if !touched {
                let watch = Watch { link: round.link, ids: before.ids, again: false };
                return Ok((Some(watch), before.again));
            }
            Some(round.link)
        }
        // The directory no longer knows what changed; reading the groups again answers that too.
        Err(error) if error.kind() == ErrorKind::DeltaExpired => None,
        Err(error) => return Err(error),
    };
    let mut fresh = watch(directory, query).await?;
    if let (Some(fresh), Some(link)) = (&mut fresh, link) {
        // What changed in between is told again, rather than missed.
        fresh.link = link;
        fresh.again = !moves.is_empty()
            && moves.contradict(&groups::memberships(client, &query.groups).await?.memberships);
    }
    Ok((fresh, true))
}

/// What must be known to make users of rows.
async fn context(
    directory: &GraphDirectory,
    query: &UserQuery,
    tenant_id: String,
    extensions: Vec<query::Extension>,
) -> Result<Context> {
    let part_numbers = skus::part_numbers(&directory.client).await?;
    let groups = match &query.groups {
        asked if asked.is_empty() => None,
        asked => Some(groups::memberships(&directory.client, asked).await?.memberships),
    };
    Ok(Context { tenant_id, part_numbers, groups, extensions, ..Context::default() })
}

/// What becomes of the users of a round.
#[derive(Default)]
struct Outcome {
    present: Vec<Value>,
    removed: Vec<String>,
    unsure: BTreeMap<String, bool>,
}

impl Outcome {
    /// A user of this round; `found` is the user as read again by id.
    ///
    /// Where the change and the read contradict each other, one of them is from a replica that lags, so the user is looked
    /// at again with the next read, which then decides. Until then what a row shows counts, and whether the user is there
    /// stays as it was; a wrong departure would be worse than a late one.
    fn first(&mut self, id: &str, said: Said, found: Option<Map<String, Value>>) {
        match (found, said) {
            (Some(found), Said { present: true, shown, .. }) => {
                if whole::contradicts(&found, &shown) {
                    self.unsure.insert(id.to_owned(), false);
                }
                self.present.push(whole::merged(found, shown));
            }
            (Some(found), Said { present: false, .. }) => {
                self.present.push(Value::Object(found));
                self.unsure.insert(id.to_owned(), true);
            }
            (None, Said { was_present: false, .. }) => self.removed.push(id.to_owned()),
            // Rows come in any order: of one that says deleted and one that shows the user, either may be the newer.
            (None, Said { removed, .. }) => {
                self.unsure.insert(id.to_owned(), removed);
            }
        }
    }

    /// A user left over from the round before, of whom this round says nothing; `removed`: that one had said that the
    /// user was deleted.
    fn second(&mut self, id: &str, removed: bool, found: Option<Map<String, Value>>) -> Result<()> {
        match (found, removed) {
            (Some(found), _) => self.present.push(Value::Object(found)),
            (None, true) => self.removed.push(id.to_owned()),
            (None, false) => {
                return Err(resume::expired(
                    "a user changed who cannot be found, and was not said to be deleted",
                ));
            }
        }
        Ok(())
    }

    /// As the seam wants them: users, then departures.
    async fn items(
        &mut self,
        directory: &GraphDirectory,
        mut context: Context,
    ) -> Result<Vec<DirectoryItem>> {
        let rows = std::mem::take(&mut self.present);
        let users: Vec<User<'_>> = rows
            .iter()
            .map(serde::Deserialize::deserialize)
            .collect::<Result<_, serde_json::Error>>()
            .map_err(|_unsaid| {
                let message = "Graph answered a user whose properties are of other kinds than expected";
                Error::new(ErrorKind::UnexpectedResponse, READ_CHANGES.operation, message)
            })?;
        let seen = users.iter().fold(Seen::default(), Seen::with);
        rows::believe(&directory.client, seen).await?;
        context.mailboxes = mailbox::kinds(directory, mailbox::of_users(&users)).await?;
        let present = users.iter().map(|user| DirectoryItem::Present(map::user(user, &context)));
        let removed =
            self.removed.iter().map(|id| DirectoryItem::Removed(SourceAnchor::entra(&context.tenant_id, id)));
        Ok(present.chain(removed).collect())
    }
}
