//! All users, within a read of changes.

use super::resume;
use crate::{directory::GraphDirectory, users};
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};
use sync_core::{DirectoryItem, Page, Result, UserQuery};

/// A listing within a read of changes: its pages without its end, which is looked at. The changes are not told again, so a
/// listing that ended short of its count would leave those whom it did not show as they were for good.
pub(super) fn everybody<'a>(
    directory: &'a GraphDirectory,
    query: &'a UserQuery,
) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
    let mut seen = Distinct::default();
    users::listing(directory, query, false)
        .try_filter_map(move |page| {
            let kept = match page {
                Page::Items(items) => {
                    seen.add(&items);
                    Ok(Some(Page::Items(items)))
                }
                Page::End(end) => seen.agrees(end.reported_count).map(|()| None),
                other => Ok(Some(other)),
            };
            std::future::ready(kept)
        })
        .boxed()
}

/// How many different users a listing showed.
#[derive(Default)]
struct Distinct {
    hasher: RandomState,
    users: HashSet<u64>,
}

impl Distinct {
    fn add(&mut self, items: &[DirectoryItem]) {
        let batches = items
            .iter()
            .filter_map(|item| if let DirectoryItem::Batch(batch) = item { Some(batch) } else { None });
        let ids = batches.flat_map(|batch| batch.iter().map(|user| self.hasher.hash_one(user.object_id())));
        self.users.extend(ids);
    }

    fn agrees(&self, count: Option<u64>) -> Result<()> {
        match count.filter(|count| *count != self.users.len() as u64) {
            None => Ok(()),
            Some(_) => Err(resume::expired("the listing of all users ended short of their number")),
        }
    }
}
