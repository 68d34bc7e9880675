//! Listings of users.

use crate::{
    CaseResult, DirectoryGiven,
    outcome::{Outcome, Stop, done, ensure, fail, shown, skip, verdict},
};
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{
    Directory, DirectoryItem, ErrorKind, Page, PageEnd, UserQuery,
    model::{DirectoryUser, SourceAnchor},
};

/// A listing never has more pages than this.
const MOST_PAGES: usize = 1_000_000;

/// What a whole listing gave; a later row of the same user replaces an earlier one.
pub(super) struct Read {
    pub(super) users: BTreeMap<SourceAnchor, DirectoryUser>,
    pub(super) end: PageEnd,
}

/// Reads to the end. Fails where the listing ends otherwise than with its one end.
pub(super) async fn read(directory: &dyn Directory, query: &UserQuery) -> Outcome<Read> {
    let mut pages = directory.users(query);
    let (mut users, mut end) = (BTreeMap::new(), None);
    for _ in 0..MOST_PAGES {
        match pages.next().await {
            None => {
                let none = || Stop::Fail("the listing stopped without `Page::End`".to_owned());
                return Ok(Read { users, end: end.ok_or_else(none)? });
            }
            Some(_) if end.is_some() => return fail("something came after `Page::End`"),
            Some(Ok(Page::Items(items))) => {
                for item in items {
                    match item {
                        DirectoryItem::Present(user) => {
                            users.insert(user.anchor.clone(), user);
                        }
                        DirectoryItem::Batch(batch) => {
                            users.extend(batch.users().map(|user| (user.anchor.clone(), user)));
                        }
                        DirectoryItem::Removed(anchor) => {
                            users.remove(&anchor);
                        }
                        DirectoryItem::Group(_) => {}
                        _ => return fail("a row of a kind that this suite does not know"),
                    }
                }
            }
            Some(Ok(Page::End(last))) => end = Some(last),
            Some(Ok(_)) => return fail("a page of a kind that this suite does not know"),
            Some(Err(error)) => return fail(format!("list users: {}", shown(&error))),
        }
    }
    fail("the listing has no end")
}

/// A listing gives rows and then exactly one end, its count agrees with the different rows, and known users are in it.
pub async fn users_listing_ends_once(directory: &dyn Directory, given: &DirectoryGiven) -> CaseResult {
    verdict(async {
        let Read { users, end } = read(directory, &UserQuery::all()).await?;
        let agrees = end.reported_count.is_none_or(|count| count == users.len() as u64);
        ensure(agrees, || "the count at the end is not the number of different users".to_owned())?;
        let missing = given.known_users.iter().find(|anchor| !users.contains_key(*anchor));
        ensure(missing.is_none(), || "a user that is there is not in the listing".to_owned())
    })
    .await
}

/// A listing that is dropped after its first page leaves the adapter as it was.
pub async fn a_dropped_listing_harms_nothing(
    directory: &dyn Directory,
    _given: &DirectoryGiven,
) -> CaseResult {
    verdict(async {
        let query = UserQuery::all();
        let before: BTreeSet<SourceAnchor> = read(directory, &query).await?.users.into_keys().collect();
        for _ in 0..3 {
            let mut pages = directory.users(&query);
            if let Some(page) = pages.next().await {
                done(page, "list the first page")?;
            }
        }
        let after: BTreeSet<SourceAnchor> = read(directory, &query).await?.users.into_keys().collect();
        ensure(before == after, || "listings before and after a dropped one differ".to_owned())
    })
    .await
}

/// Two reads give the same anchors; each names a directory and an object in it.
pub async fn anchors_are_stable(directory: &dyn Directory, _given: &DirectoryGiven) -> CaseResult {
    verdict(async {
        let query = UserQuery::all();
        let first: BTreeSet<SourceAnchor> = read(directory, &query).await?.users.into_keys().collect();
        let second: BTreeSet<SourceAnchor> = read(directory, &query).await?.users.into_keys().collect();
        ensure(first == second, || "two reads give different anchors".to_owned())?;
        ensure(first.iter().all(|a| !a.directory().is_empty() && !a.object_id().is_empty()), || {
            "an anchor does not name both a directory and an object (`entra:<tenant>:<object id>`)".to_owned()
        })?;
        ensure(!first.iter().any(|anchor| anchor.as_str().contains('@')), || {
            "an anchor holds an `@`: names and addresses change, so they are no identity".to_owned()
        })
    })
    .await
}

/// Where a listing says where to go on, going on from there works, or is `DeltaExpired`.
pub async fn resuming_gives_changes(directory: &dyn Directory, _given: &DirectoryGiven) -> CaseResult {
    verdict(async {
        let Some(token) = read(directory, &UserQuery::all()).await?.end.resume else {
            return skip("the listing does not say where to go on");
        };
        let mut query = UserQuery::all();
        query.since = Some(token);
        match read(directory, &query).await {
            Ok(_) => Ok(()),
            Err(Stop::Fail(told)) if told.contains(ErrorKind::DeltaExpired.as_str()) => Ok(()),
            Err(stop) => Err(stop),
        }
    })
    .await
}
