//! The listing of users: products, groups, deleted users, pages, what the groups are called, end.
//!
//! Deleted users are asked for before the listing and told after it, without those whom it shows: the two are kept apart by
//! Graph and either may lag, and somebody who was restored must not be told as gone. Whoever is deleted meanwhile is told by
//! the next read.
//!
//! Pages are handed on as they come, so memory is bounded by a page and not by the tenant. When a page token dies and
//! the listing starts anew, rows are repeated, which the seam allows. A user who was deleted between the attempts stays
//! among the rows; that is seen, because the count in [`PageEnd`] is the last attempt's and no longer fits the number
//! of rows, which makes the read partial. A partial read proves nothing by absence, so nobody is deactivated by it.

use crate::{
    client::LIST_USERS,
    deleted,
    delta::{self, Resume},
    directory::GraphDirectory,
    error::is_dead_page_token,
    groups,
    listing::MAX_RESTARTS,
    mailbox,
    map::Context,
    query::{self, Select},
    rows::{self, ReadRows},
    skus,
};
use futures::stream::{self, BoxStream, StreamExt as _};
use std::collections::BTreeSet;
use sync_core::{DirectoryItem, Error, ErrorKind, Page, PageEnd, Result, UserQuery, model::DirectoryGroup};
use sync_http::PageStep;

/// Streams everybody, with what `query` asks for beside; with `track`, a place to read changes from later is taken too.
pub(crate) fn listing<'a>(
    directory: &'a GraphDirectory,
    query: &'a UserQuery,
    track: bool,
) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
    let walk = Walk {
        directory,
        query,
        phase: Phase::Prepare,
        context: Context::default(),
        described: Vec::new(),
        select: Select::default(),
        track,
        resume: None,
        deleted: BTreeSet::new(),
        restarts: 0,
    };
    stream::try_unfold(walk, |walk| Box::pin(walk.step())).boxed()
}

struct Walk<'a> {
    directory: &'a GraphDirectory,
    query: &'a UserQuery,
    phase: Phase,
    context: Context,
    /// The groups asked for, told with the first users, so that a read that is cut short has them too.
    described: Vec<DirectoryGroup>,
    select: Select,
    track: bool,
    /// Where a later read of changes goes on: taken before the first row, so that no change is missed.
    resume: Option<Resume>,
    /// Deleted users who were not listed so far.
    deleted: BTreeSet<String>,
    restarts: u32,
}

enum Phase {
    Prepare,
    Pages { pages: BoxStream<'static, Result<PageStep>>, count: Option<u64> },
    Deleted { count: Option<u64> },
    Described { count: Option<u64> },
    End { count: Option<u64> },
    Done,
}

impl Walk<'_> {
    async fn step(mut self) -> Result<Option<(Page<DirectoryItem>, Self)>> {
        loop {
            match self.phase {
                Phase::Prepare => {
                    self.prepare().await?;
                    self.phase = self.first_page();
                }
                Phase::Pages { ref mut pages, ref mut count } => match pages.next().await {
                    Some(Ok(PageStep::Page(response))) => {
                        let page = response.json_with(ReadRows::of(&self.context, response.body().len()))?;
                        rows::believe(&self.directory.client, page.seen).await?;
                        *count = count.or(page.count);
                        if page.batch.is_empty() {
                            continue;
                        }
                        if !self.deleted.is_empty() {
                            page.batch.iter().for_each(|user| {
                                self.deleted.remove(user.object_id());
                            });
                        }
                        let kinds = mailbox::kinds(self.directory, mailbox::of_batch(&page.batch)).await?;
                        let mut batch = page.batch;
                        batch.set_kinds(|user| kinds.get(user.object_id()).copied());
                        let described = std::mem::take(&mut self.described).into_iter();
                        let items = std::iter::once(DirectoryItem::Batch(batch));
                        let items = items.chain(described.map(DirectoryItem::Group)).collect();
                        return Ok(Some((Page::Items(items), self)));
                    }
                    Some(Ok(_)) => {
                        let mut count = *count;
                        if count.is_none() {
                            // Without a number to hold it against, an early end would look like the end.
                            count = Some(self.directory.client.count_users().await?);
                        }
                        self.phase = Phase::Deleted { count };
                    }
                    Some(Err(error)) if self.restarts < MAX_RESTARTS && is_dead_page_token(&error) => {
                        self.restarts += 1;
                        tracing::warn!(
                            restart = self.restarts,
                            request_id = error.request_id(),
                            "a page token of the user listing died; listing anew from the first page"
                        );
                        self.phase = self.first_page();
                    }
                    Some(Err(error)) => return Err(error),
                    None => {
                        let message = "the listing stopped without an end";
                        return Err(Error::new(ErrorKind::Other, LIST_USERS.operation, message));
                    }
                },
                Phase::Deleted { count } => {
                    self.phase = Phase::Described { count };
                    let gone = std::mem::take(&mut self.deleted);
                    if !gone.is_empty() {
                        return Ok(Some((
                            Page::Items(deleted::removed(&gone, &self.context.tenant_id)),
                            self,
                        )));
                    }
                }
                Phase::Described { count } => {
                    self.phase = Phase::End { count };
                    if !self.described.is_empty() {
                        let groups = std::mem::take(&mut self.described);
                        return Ok(Some((
                            Page::Items(groups.into_iter().map(DirectoryItem::Group).collect()),
                            self,
                        )));
                    }
                }
                Phase::End { count } => {
                    self.phase = Phase::Done;
                    let resume = self.resume.as_ref().map(Resume::token);
                    let end = PageEnd::new().with_reported_count(count).with_resume(resume);
                    return Ok(Some((Page::End(end), self)));
                }
                Phase::Done => return Ok(None),
            }
        }
    }

    /// Everything that must be known before the first row: what to select, the tenant, part numbers, groups.
    async fn prepare(&mut self) -> Result<()> {
        let client = &self.directory.client;
        let extensions = query::extensions(&self.query.extensions)?;
        self.select = query::select(&self.directory.omit_properties, &extensions);
        let tenant_id = self.directory.credentials.tenant_id().await?.to_owned();
        if self.track {
            self.resume = delta::begin(self.directory, self.query, &tenant_id, &self.select).await?;
        }
        let part_numbers = skus::part_numbers(client).await?;
        let groups = match &self.query.groups {
            asked if asked.is_empty() => None,
            asked => {
                let groups = groups::memberships(client, asked).await?;
                self.described = groups.described;
                Some(groups.memberships)
            }
        };
        if self.directory.read_deleted {
            self.deleted = deleted::ids(client).await?;
        }
        self.context = Context { tenant_id, part_numbers, groups, extensions, ..Context::default() };
        Ok(())
    }

    fn first_page(&self) -> Phase {
        Phase::Pages { pages: self.directory.client.users(&self.select), count: None }
    }
}
