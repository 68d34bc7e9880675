//! The users of a folder.

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::fmt;
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, Directory, DirectoryItem, Error, ErrorKind, Page, PageEnd, Result,
    UserQuery,
    model::{DirectoryGroup, DirectoryUser, SourceAnchor},
};

/// `users.json`, `deleted_users.json`, `groups.json` and `skus.json` as a [`Directory`].
pub struct OfflineDirectory {
    pub(super) users: Vec<DirectoryUser>,
    pub(super) removed: Vec<SourceAnchor>,
    pub(super) groups: Vec<DirectoryGroup>,
    pub(super) reported_count: Option<u64>,
    /// Why these are not all users.
    pub(super) partial: Option<&'static str>,
}

impl fmt::Debug for OfflineDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflineDirectory").field("users", &self.users.len()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Directory for OfflineDirectory {
    fn name(&self) -> &'static str {
        "offline"
    }

    async fn check(&self, _query: &CheckQuery) -> Result<Vec<CheckItem>> {
        let (status, detail) = match self.partial {
            None => (CheckStatus::Ok, format!("{} users", self.users.len())),
            Some(because) => {
                (CheckStatus::Warning, format!("{} users, not all: {because}", self.users.len()))
            }
        };
        Ok(vec![CheckItem::new("read users", status, detail)])
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
        const OPERATION: &str = "list users";
        if query.since.is_some() {
            let error = Error::new(ErrorKind::DeltaExpired, OPERATION, "a folder keeps no changes");
            return stream::iter([Err(error)]).boxed();
        }
        let present = self
            .users
            .chunks(1_000)
            .map(|users| Ok(Page::Items(users.iter().cloned().map(DirectoryItem::Present).collect())));
        let asked = |group: &&DirectoryGroup| query.groups.contains(&group.id.to_ascii_lowercase());
        let groups = self.groups.iter().filter(asked).cloned().map(DirectoryItem::Group);
        let removed = self.removed.iter().cloned().map(DirectoryItem::Removed).chain(groups).collect();
        let end = match self.partial {
            None => Some(Ok(Page::End(PageEnd::new().with_reported_count(self.reported_count)))),
            // Without a row an error would keep the plan from being made; a listing without an end says enough.
            Some(_) if self.users.is_empty() => None,
            Some(because) => Some(Err(Error::new(ErrorKind::Unavailable, OPERATION, because))),
        };
        stream::iter(present.chain([Ok(Page::Items(removed))]).chain(end)).boxed()
    }
}
